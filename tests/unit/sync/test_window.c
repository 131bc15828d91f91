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
        cmocka_unit_test(the_overlap_counts_from_the_newest_sale),
        cmocka_unit_test(the_window_keeps_to_its_limits),
        cmocka_unit_test(a_date_at_the_cursor_leaves_no_gap),
        cmocka_unit_test(sales_of_the_future_are_read_and_move_nothing),
    };

    return run_on_engines(tests, sizeof tests / sizeof *tests);
}
