/* test_window.c: which sales a run asks for, and what its cursors become: each limit at its very instant. The till in memory and its world are those of
 * test_orders.c; what is expected follows from the instants given to it, never from the program. */
#include "world.h"

static struct sync_result run_ok(struct world *world, const struct link *link, const struct sync_options *options)
{
    struct sync_result result;
    assert_ok(world, sync_run(&world->environment, link, options, &result, &world->err));
    return result;
}

/* A minute after the run before it. */
static struct sync_result run_plain(struct world *world, const struct link *link)
{
    const struct sync_options options = {.dry_run = false};
    world->now_utc += CIVIL_MINUTE;
    return run_ok(world, link, &options);
}

static int64_t cursor_of(struct world *world)
{
    return number_of(world, "SELECT COALESCE(cursor_utc, -1) FROM link WHERE company_id = $1");
}

/* Where the window of the last run began, in seconds before NOON. */
static int64_t window_begin_of_last_run(struct world *world)
{
    return (NOON - number_of(world, "SELECT from_utc FROM run r WHERE company_id = $1 AND run_id = (SELECT MAX(run_id) FROM run WHERE company_id = r.company_id)")) / CIVIL_SECOND;
}

struct cursors { struct world *world; int64_t closed_utc, changed_utc; };
static int set_cursors_body(struct db *db, void *context, struct err *err)
{
    const struct cursors *cursors = context;
    return db_exec(db, "UPDATE link SET cursor_utc = $2, changed_cursor_utc = $3 WHERE company_id = $1", err, DB_INT(cursors->world->company.id),
                   cursors->closed_utc < 0 ? DB_NIL : DB_INT(cursors->closed_utc), cursors->changed_utc < 0 ? DB_NIL : DB_INT(cursors->changed_utc));
}

static void set_cursors(struct world *world, int64_t closed_utc, int64_t changed_utc)
{
    struct cursors cursors = {world, closed_utc, changed_utc};
    assert_ok(world, db_transact(world->db, set_cursors_body, &cursors, &world->err));
}

static int64_t changed_cursor_of(struct world *world)
{
    return number_of(world, "SELECT COALESCE(changed_cursor_utc, -1) FROM link WHERE company_id = $1");
}

/* Each reading has a cursor of its own, and moves no other. */
static void each_reading_keeps_its_own_cursor(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.overlap_minutes = 0;
    struct link link = make_link(world, &options);
    add_sale(world, 1, NOON - 3 * CIVIL_DAY);          /* before the one cursor, changed since the other */
    sale_by_id(world, 1)->updated_utc = NOON - 2 * CIVIL_HOUR;
    add_sale(world, 2, NOON - 5 * CIVIL_DAY);          /* before both */
    sale_by_id(world, 2)->updated_utc = NOON - 5 * CIVIL_DAY;
    add_sale(world, 3, NOON - CIVIL_HOUR);
    set_cursors(world, NOON - CIVIL_DAY, NOON - 4 * CIVIL_DAY);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 2);
    assert_int_equal(window_begin_of_last_run(world), 24 * 3600);
    assert_int_equal(cursor_of(world), world->now_utc);
    assert_int_equal(changed_cursor_of(world), world->now_utc);
    /* The other way round: nothing is known by closing time, so all is read; changes are not watched yet, and begin to be. */
    set_cursors(world, -1, -1);
    result = run_plain(world, &link);
    assert_int_equal(result.orders.read, 3);
    assert_int_equal(cursor_of(world), world->now_utc);
    assert_int_equal(changed_cursor_of(world), world->now_utc);
    set_cursors(world, -1, NOON - CIVIL_DAY);
    result = run_plain(world, &link);
    assert_int_equal(result.orders.already, 3);
    assert_int_equal(changed_cursor_of(world), world->now_utc);
}

/* What is known by closing time says nothing of changes: a link that did not watch them begins to, and does not read what changed since ever. */
static void changes_that_were_not_watched_are_not_read(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.overlap_minutes = 0;
    struct link link = make_link(world, &options);
    add_sale(world, 1, NOON - 5 * CIVIL_DAY);
    set_cursors(world, NOON - CIVIL_DAY, -1);
    assert_int_equal(run_plain(world, &link).orders.read, 0);
    assert_int_equal(changed_cursor_of(world), world->now_utc);
    sale_by_id(world, 1)->updated_utc = world->now_utc;
    assert_int_equal(run_plain(world, &link).orders.staged, 1);
}

/* A stretch of one instant that is longer than a page is passed over twice when nothing moves, and not a third time: each pass takes its pages and the empty one
 * that ends it. */
static void a_stretch_that_holds_still_is_passed_over_twice(void **state)
{
    enum { PER_PAGE = 10, PAGES = 3 };
    struct world *world = *state;
    struct link link = plain_link(world);
    world->limit_max = PER_PAGE;
    for (int i = 1; i <= PAGES * PER_PAGE - 3; i++)
        add_sale(world, i, NOON - CIVIL_HOUR);
    assert_int_equal(run_plain(world, &link).orders.staged, PAGES * PER_PAGE - 3);
    assert_in_range(world->sale_requests, 2 * (PAGES + 1), 3 * (PAGES + 1));
}

/* All of one instant, in an order that turns by one with every answer: each pass misses some and has others twice, and none is like the one before. */
static void turn_round(struct world *world)
{
    struct till_sale first = world->sales[0];
    memmove(world->sales, world->sales + 1, (size_t)(world->sale_count - 1) * sizeof *world->sales);
    world->sales[world->sale_count - 1] = first;
    world->hook_at = world->sale_requests + 1;
}

/* Where something always moves, passes that bring nothing new are believed at last, once every sale is there. */
static void a_stretch_that_never_holds_still_ends(void **state)
{
    enum { SALES = 27 };
    struct world *world = *state;
    struct link link = plain_link(world);
    world->limit_max = 10;
    world->no_order = true;
    for (int i = 1; i <= SALES; i++)
        add_sale(world, i, NOON - CIVIL_HOUR);
    world->hook = turn_round;
    world->hook_at = 1;
    assert_int_equal(run_plain(world, &link).orders.staged, SALES);
    assert_in_range(world->sale_requests, 1, 50);
}

/* One of three sales of an instant goes elsewhere while what is behind them is asked for, so that the answer leaves out the first of that. */
static void a_sale_leaves_the_stretch(struct world *world)
{
    sale_by_id(world, 3)->closed_utc = NOON - 9 * CIVIL_HOUR;
    add_sale(world, 4, NOON - CIVIL_HOUR + 1000);
    add_sale(world, 5, NOON - CIVIL_HOUR + 2000);
}

static void what_moves_up_behind_a_stretch_is_not_passed_over(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    for (int i = 1; i <= 3; i++)
        add_sale(world, i, NOON - CIVIL_HOUR);
    for (int i = 6; i <= 9; i++)
        add_sale(world, i, NOON - i * CIVIL_HOUR);
    world->hook = a_sale_leaves_the_stretch;
    world->hook_at = 3; /* after all seven, and the three alone */
    assert_int_equal(run_plain(world, &link).orders.staged, 9);
}

/* Sales 4, 3, 2 and 6 are of one instant, in this order; the till lowers its limit to two, and then the first of them goes elsewhere: what stood third is now second, and
 * the next page begins behind it. So a stretch of which more than one page has shown something is passed over again. */
static void the_first_leaves(struct world *world)
{
    sale_by_id(world, 4)->closed_utc = NOON - 9 * CIVIL_HOUR;
}

static void limit_of_two(struct world *world)
{
    world->limit_max = 2;
    world->hook_at = world->sale_requests + 1;
    world->hook = the_first_leaves;
}

static void what_moves_up_within_a_stretch_is_not_passed_over(void **state)
{
    static const int of_one_instant[] = {4, 3, 2, 6};
    struct world *world = *state;
    struct link link = plain_link(world);
    for (int i = 11; i <= 14; i++)
        add_sale(world, i, NOON - (20 - i) * CIVIL_HOUR);
    for (size_t i = 0; i < sizeof of_one_instant / sizeof *of_one_instant; i++)
        add_sale(world, of_one_instant[i], NOON - CIVIL_HOUR);
    world->limit_max = 5;
    world->hook_at = 2;
    world->hook = limit_of_two;
    assert_int_equal(run_plain(world, &link).orders.staged, 8);
}

/* The same where the till gives one sale a page: a page of one is then a full one. */
static void limit_of_one(struct world *world)
{
    world->limit_max = 1;
    world->hook_at = 6; /* the fifth sale, what is behind it, that again from its own instant, and the first of that */
    world->hook = the_first_leaves;
}

static void a_page_of_one_may_be_full(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    for (int i = 11; i <= 15; i++)
        add_sale(world, i, NOON - (20 - i) * CIVIL_HOUR);
    add_sale(world, 4, NOON - CIVIL_HOUR);
    add_sale(world, 3, NOON - CIVIL_HOUR);
    world->limit_max = 5;
    world->hook_at = 2;
    world->hook = limit_of_one;
    assert_int_equal(run_plain(world, &link).orders.staged, 7);
}

/* A sale that is closed anew while the window is read, and so comes once more, is received once more. */
static void a_sale_is_closed_anew(struct world *world)
{
    sale_by_id(world, 1)->closed_utc = sale_by_id(world, 1)->updated_utc = NOON - CIVIL_MINUTE;
    sale_by_id(world, 1)->cents = 4711;
}

static void what_comes_again_otherwise_is_received_again(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    for (int i = 1; i <= 9; i++)
        add_sale(world, i, NOON - (10 - i) * CIVIL_HOUR);
    world->limit_max = 3;
    world->hook_at = 3;
    world->hook = a_sale_is_closed_anew;
    run_plain(world, &link);
    assert_int_equal(number_of(world, "SELECT total_cents FROM grid_sale WHERE company_id = $1 AND number = '1'"), 4711);
}

/* What a till gives although it lies at the end of the window, or behind, waits for the run that asks for it. */
static void a_sale_at_the_end_of_the_window_waits(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    world->no_filter = true;
    add_sale(world, 1, NOON + CIVIL_MINUTE - 1000);
    add_sale(world, 2, NOON + CIVIL_MINUTE);
    assert_int_equal(run_plain(world, &link).orders.staged, 1);
    assert_int_equal(run_plain(world, &link).orders.staged, 1);
}

/* A store on the way that gives an old answer, once: nothing, where a sale stood a moment ago. It is asked again before it is believed. */
static int hidden_sales;
static void sales_stand_there(struct world *world)
{
    world->sale_count = hidden_sales;
}

static void nothing_stands_there(struct world *world)
{
    hidden_sales = world->sale_count;
    world->sale_count = 0;
    world->hook_at = world->sale_requests + 1;
    world->hook = sales_stand_there;
}

static void an_answer_that_contradicts_another_is_asked_for_again(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    for (int i = 1; i <= 30; i++)
        add_sale(world, i, NOON - CIVIL_HOUR + i * CIVIL_SECOND);
    world->limit_max = 10;
    world->hook_at = 2;
    world->hook = nothing_stands_there;
    assert_int_equal(run_plain(world, &link).orders.staged, 30);
}

static int count_page(void *context, const struct sales_page *page, struct err *err)
{
    (void)err;
    *(size_t *)context += page->count;
    return OK;
}

/* Both ends of a window are taken to the millisecond below, before 1970 as after it: what one reading leaves at its end, the next one has at its beginning. */
static void a_window_ends_where_the_next_begins(void **state)
{
    static const struct { int64_t from_utc, to_utc, closed_utc; bool inside; } cases[] = {
        {1500, 9500, 1000, true}, {1500, 9500, 0, false}, {1500, 9500, 8000, true}, {1500, 9500, 9000, false}, {1000, 9000, 1000, true}, {1000, 9000, 9000, false},
        {-1500, 500, -2000, true}, {-1500, 500, -3000, false}, {-1500, 500, -1000, true}, {-1500, 500, 0, false}, {-2000, -1000, -2000, true}, {-9500, -1500, -2000, false},
        {-9500, -1500, -3000, true}, {-9500, -1500, -10000, true}, {1000, 1999, 1000, false}, {-1000, -1, -1000, false},
    };
    struct world *world = *state;
    struct link link = plain_link(world);
    struct till_client *till = NULL;
    struct sales_profile *profile = NULL;
    struct till_account account;
    assert_ok(world, link_profile(&link.options, &world->arena, &profile, &world->err));
    assert_ok(world, link_connect(&world->environment, &link, NULL, NULL, &till, &world->err));
    assert_ok(world, till_account_get(till, &world->arena, &account, &world->err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sales_query query = {.till = till, .account = &account, .profile = profile, .from_utc = cases[i].from_utc, .to_utc = cases[i].to_utc};
        size_t count = 0;
        world->sale_count = 0;
        add_sale(world, 1, cases[i].closed_utc);
        assert_ok(world, sales_read(&query, count_page, &count, &world->err));
        if (count != cases[i].inside)
            fail_msg("case %zu: %zu sales", i, count);
    }
    till_client_free(till);
}

/* Pages of what is known already move no cursor, and write none: only the end of each reading does. */
static void what_is_known_moves_no_cursor(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    for (int i = 1; i <= 60; i++)
        add_sale(world, i, NOON - CIVIL_HOUR + i * CIVIL_SECOND);
    world->limit_max = 10;
    run_plain(world, &link);
    assert_ok(world, db_run_script(world->db, db_engine(world->db) == DB_SQLITE
        ? "CREATE TABLE moved (n INTEGER);"
          "CREATE TRIGGER planted AFTER UPDATE OF cursor_utc, changed_cursor_utc ON link BEGIN INSERT INTO moved (n) VALUES (1); END"
        : "CREATE TABLE moved (n INTEGER);"
          "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO moved (n) VALUES (1); RETURN NULL; END $$;"
          "CREATE TRIGGER planted AFTER UPDATE OF cursor_utc, changed_cursor_utc ON link FOR EACH ROW EXECUTE FUNCTION planted()", &world->err));
    assert_int_equal(run_plain(world, &link).orders.already, 60);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM moved WHERE $1 > 0"), 2);
}

/* The overlap counts back from the newest sale that is stored, or from the cursor when that is earlier or nothing is stored. */
static void the_overlap_counts_from_the_newest_sale(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.overlap_minutes = 60;
    struct link link = make_link(world, &options);
    set_cursors(world, NOON - CIVIL_HOUR, NOON - CIVIL_HOUR);
    run_plain(world, &link);
    assert_int_equal(window_begin_of_last_run(world), 2 * 3600);
    add_sale(world, 1, NOON - 90 * CIVIL_MINUTE);
    set_cursors(world, NOON - CIVIL_HOUR, NOON - CIVIL_HOUR);
    assert_int_equal(run_plain(world, &link).orders.staged, 1);
    set_cursors(world, NOON - CIVIL_HOUR, NOON - CIVIL_HOUR);
    run_plain(world, &link);
    assert_int_equal(window_begin_of_last_run(world), 150 * 60);
    set_cursors(world, NOON - 3 * CIVIL_HOUR, NOON - CIVIL_HOUR);
    run_plain(world, &link);
    assert_int_equal(window_begin_of_last_run(world), 4 * 3600);
}

/* Never before the link's own date, unless a person asks; and the instant asked for is a whole millisecond of our time. */
static void the_window_keeps_to_its_limits(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.has_since = true;
    options.since_utc = NOON - CIVIL_HOUR;
    struct link link = make_link(world, &options);
    run_plain(world, &link);
    assert_int_equal(window_begin_of_last_run(world), 3600);
    run_plain(world, &link);                           /* the overlap of 7 days would begin earlier */
    assert_int_equal(window_begin_of_last_run(world), 3600);
    struct sync_options asked = {.has_since = true, .since_utc = NOON - 2 * CIVIL_HOUR + 1234567};
    run_ok(world, &link, &asked);
    assert_int_equal(number_of(world, "SELECT MIN(from_utc) FROM run WHERE company_id = $1"), NOON - 2 * CIVIL_HOUR + 1234000);
    asked.since_utc = -CIVIL_DAY;
    run_ok(world, &link, &asked);
    assert_int_equal(number_of(world, "SELECT MIN(from_utc) FROM run WHERE company_id = $1"), 0);
    world->now_utc += 1567;
    run_plain(world, &link);
    assert_int_equal(number_of(world, "SELECT MAX(to_utc) FROM run WHERE company_id = $1"), world->now_utc - 567);
}

/* Asked for from the very place that is stored, or before it, the reading leaves no gap and moves the cursor; a millisecond after it, it does. */
static void a_date_at_the_cursor_leaves_no_gap(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    const int64_t known_utc = NOON - CIVIL_DAY;
    struct sync_options asked = {.has_since = true, .since_utc = known_utc + 1000};
    set_cursors(world, known_utc, known_utc);
    run_ok(world, &link, &asked);
    assert_int_equal(cursor_of(world), known_utc);
    asked.since_utc = known_utc;
    run_ok(world, &link, &asked);
    assert_int_equal(cursor_of(world), world->now_utc);
    /* A cursor never goes back, whatever the clock says. */
    set_cursors(world, NOON + CIVIL_DAY, NOON + CIVIL_DAY);
    run_plain(world, &link);
    assert_int_equal(cursor_of(world), NOON + CIVIL_DAY);
    assert_int_equal(changed_cursor_of(world), NOON + CIVIL_DAY);
}

/* A sale that a clock closed in the future: read as well, beyond what clocks differ by, without moving a cursor. */
static void sales_of_the_future_are_read_and_move_nothing(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sale(world, 1, NOON + CIVIL_MINUTE + GRID_CLOCK_TOLERANCE - 1000);
    add_sale(world, 2, NOON + CIVIL_MINUTE + GRID_CLOCK_TOLERANCE);
    add_sale(world, 3, NOON + 400 * CIVIL_DAY);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 2);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM anomaly WHERE company_id = $1 AND code = 'future_date'"), 1); /* exactly as much is not more */
    assert_int_equal(cursor_of(world), world->now_utc);
    assert_int_equal(changed_cursor_of(world), world->now_utc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reading_keeps_its_own_cursor),
        cmocka_unit_test(changes_that_were_not_watched_are_not_read),
        cmocka_unit_test(a_stretch_that_holds_still_is_passed_over_twice),
        cmocka_unit_test(a_stretch_that_never_holds_still_ends),
        cmocka_unit_test(what_moves_up_behind_a_stretch_is_not_passed_over),
        cmocka_unit_test(what_moves_up_within_a_stretch_is_not_passed_over),
        cmocka_unit_test(a_page_of_one_may_be_full),
        cmocka_unit_test(what_comes_again_otherwise_is_received_again),
        cmocka_unit_test(a_sale_at_the_end_of_the_window_waits),
        cmocka_unit_test(an_answer_that_contradicts_another_is_asked_for_again),
        cmocka_unit_test(a_window_ends_where_the_next_begins),
        cmocka_unit_test(what_is_known_moves_no_cursor),
        cmocka_unit_test(the_overlap_counts_from_the_newest_sale),
        cmocka_unit_test(the_window_keeps_to_its_limits),
        cmocka_unit_test(a_date_at_the_cursor_leaves_no_gap),
        cmocka_unit_test(sales_of_the_future_are_read_and_move_nothing),
    };

    return run_on_engines(tests, sizeof tests / sizeof *tests);
}
