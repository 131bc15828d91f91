/* test_orders.c: the flow of the paid sales against a till in memory, on both engines: nothing lost and nothing doubled, whatever the till's pages do, wherever a run
 * stops. Expected counts come from the till's own array, never from the program. */
#include <sys/wait.h>

#include "world.h"

static struct sync_result run_ok(struct world *world, const struct link *link, const struct sync_options *options)
{
    struct sync_result result;
    assert_ok(world, sync_run(&world->environment, link, options, &result, &world->err));
    assert_int_equal(result.orders.read, result.orders.staged + result.orders.already + result.orders.changed + result.orders.skipped);
    return result;
}

static struct sync_result run_plain(struct world *world, const struct link *link)
{
    const struct sync_options options = {.dry_run = false};
    world->sale_requests = 0;
    world->now_utc += CIVIL_MINUTE;
    return run_ok(world, link, &options);
}

static int run_fails(struct world *world, const struct link *link)
{
    const struct sync_options options = {.dry_run = false};
    struct sync_result result;
    world->sale_requests = 0;
    world->now_utc += CIVIL_MINUTE;
    return sync_run(&world->environment, link, &options, &result, &world->err);
}

static int64_t cursor_of(struct world *world)
{
    return number_of(world, "SELECT COALESCE(cursor_utc, -1) FROM link WHERE company_id = $1");
}

/* Every sale of the till with this state is in the grid, once. */
static void assert_grid(struct world *world, int64_t expected)
{
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM grid_sale WHERE company_id = $1"), expected);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM sale WHERE company_id = $1 AND state = 'received'"), 0);
}

/* Sales every `step`, the last one an hour ago. */
static void add_sales(struct world *world, int first_id, int count, int64_t step)
{
    for (int i = 0; i < count; i++)
        add_sale(world, first_id + i, NOON - CIVIL_HOUR - (count - 1 - i) * step);
}

/* ---- pages ---- */

static void first_run_reads_everything(void **state)
{
    struct world *world = *state;
    add_sales(world, 1, 1203, CIVIL_MINUTE);
    struct link link = plain_link(world);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.read, 1203);
    assert_int_equal(result.orders.staged, 1203);
    assert_int_equal(result.orders.anomalies, 0);
    assert_true(result.ok);
    assert_grid(world, 1203);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM journal WHERE company_id = $1 AND kind = 'sale'"), 1203);
    assert_int_equal(number_of(world, "SELECT SUM(total_cents) FROM grid_sale WHERE company_id = $1"), 1203 * 100 + 1203 * 1204 / 2);
    assert_int_equal(number_of(world, "SELECT SUM(records) FROM run_page WHERE company_id = $1"), 1203);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM run WHERE company_id = $1 AND state = 'done' AND error IS NULL AND requests = 7 AND retries = 0"), 1);
    assert_int_equal(cursor_of(world), NOON + CIVIL_MINUTE);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM link WHERE company_id = $1 AND lease_owner IS NULL AND lease_until_utc IS NULL"), 1);
    assert_int_equal(world->documents_told, 1203);

    result = run_plain(world, &link);
    assert_int_equal(result.orders.already, 1203); /* all within the overlap of 7 days */
    assert_int_equal(result.orders.read, 1203);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM journal WHERE company_id = $1"), 1203);
}

static void nothing_to_read(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.read, 0);
    assert_true(result.ok);
    assert_int_equal(cursor_of(world), NOON + CIVIL_MINUTE);
}

/* P3: a whole page and more of one instant. */
static void equal_stamps_over_page_boundaries(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 1201; i++)
        add_sale(world, i + 1, NOON - CIVIL_DAY);
    add_sale(world, 2001, NOON - CIVIL_DAY - 1000);
    add_sale(world, 2002, NOON - CIVIL_DAY + 1000);
    struct link link = plain_link(world);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 1203);
    assert_grid(world, 1203);
}

/* Whatever the till makes of the limit, and however its stamps cluster, every sale comes once. */
static void lowered_limits(void **state)
{
    static const int limits[] = {1, 2, 3, 7, 50};
    struct world *world = *state;
    struct link link = plain_link(world);
    int total = 0;
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        for (int i = 0; i < 60; i++) {
            unsigned char random[2];
            world_fill(world, random, sizeof random);
            add_sale(world, ++total, NOON - CIVIL_HOUR - (random[0] % 12) * CIVIL_SECOND);
        }
        world->limit_max = limits[k];
        struct sync_result result = run_plain(world, &link);
        assert_int_equal(result.orders.staged, 60);
        assert_int_equal(result.orders.already, total - 60);
    }
    assert_grid(world, total);
}

static void limit_falls_while_reading(struct world *world)
{
    world->limit_max = 2;
}

static void limit_lowered_in_the_middle(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 520; i++)
        add_sale(world, i + 1, NOON - CIVIL_DAY + (i < 495 ? i : 495) * CIVIL_SECOND);
    world->hook_at = 2;
    world->hook = limit_falls_while_reading;
    struct link link = plain_link(world);
    assert_int_equal(run_plain(world, &link).orders.staged, 520);
}

static void sales_arrive(struct world *world)
{
    add_sale(world, 5001, NOON - 2 * CIVIL_DAY);              /* before what has been read */
    add_sale(world, 5002, NOON - CIVIL_HOUR - CIVIL_SECOND);  /* in the page that comes */
    add_sale(world, 5003, NOON - CIVIL_HOUR - 401 * CIVIL_MINUTE - CIVIL_SECOND);
    sale_by_id(world, 5001)->updated_utc = NOON;
}

static void sales_inserted_while_reading(void **state)
{
    struct world *world = *state;
    world->limit_max = 200;
    add_sales(world, 1, 1000, CIVIL_MINUTE);
    struct link link = plain_link(world);
    world->hook_at = 3;
    world->hook = sales_arrive;
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 1002);
    world->hook = NULL;
    result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 1);
    assert_int_equal(result.orders.already, 1002);
    assert_grid(world, 1003);
}

static void till_without_order(void **state)
{
    struct world *world = *state;
    add_sales(world, 1, 700, CIVIL_MINUTE);
    for (int i = 0; i < 700; i++) { /* a natural order that is none */
        int other = (i * 389) % 700;
        struct till_sale swap = world->sales[i];
        world->sales[i] = world->sales[other];
        world->sales[other] = swap;
    }
    world->no_order = true;
    struct link link = plain_link(world);
    assert_int_equal(run_plain(world, &link).orders.staged, 700);
    assert_int_equal(cursor_of(world), NOON + CIVIL_MINUTE);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.already, 700);
    assert_grid(world, 700);
}

static void till_that_loses_its_order(struct world *world)
{
    world->no_order = true;
}

/* What was handed over before the till showed that it keeps no order is not counted twice, and the cursor waits for the end. */
static void order_lost_in_the_middle(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 900, CIVIL_MINUTE);
    run_plain(world, &link);
    add_sale(world, 901, NOON - CIVIL_HOUR);
    world->sales[100] = (struct till_sale){.id = 902, .closed_utc = NOON - 10 * CIVIL_MINUTE, .updated_utc = NOON, .cents = 5, .state = "paid"};
    world->limit_max = 50;
    world->hook_at = 2;
    world->hook = till_that_loses_its_order;
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 2);
    assert_int_equal(result.orders.already, 899);
}

static void till_that_ignores_the_filter(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.has_since = true;
    options.since_utc = NOON - CIVIL_HOUR - 600 * CIVIL_MINUTE;
    world->no_filter = true;
    add_sales(world, 1, 1500, CIVIL_MINUTE);
    add_sale(world, 2000, NOON + CIVIL_HOUR);
    struct link link = make_link(world, &options);
    /* 601 of the window, and the one that a wrong clock closed in an hour: it stands in the grid with its anomaly. */
    assert_int_equal(run_plain(world, &link).orders.staged, 602);
    assert_grid(world, 602);
}

static void till_that_ignores_skip(void **state)
{
    struct world *world = *state;
    add_sales(world, 1, 10, CIVIL_MINUTE);
    world->no_skip = true;
    struct link link = plain_link(world);
    assert_int_equal(run_fails(world, &link), ERR_TILL);
    assert_refused(world, ERR_TILL, "again and again", world->err.code);
    assert_true(cursor_of(world) < NOON);
}

/* ---- the window ---- */

static void a_sale_of_the_future_waits(void **state)
{
    struct world *world = *state;
    add_sale(world, 1, NOON - CIVIL_HOUR);
    add_sale(world, 2, NOON + CIVIL_MINUTE);           /* at the very instant of the run's start */
    add_sale(world, 3, NOON + 3 * CIVIL_MINUTE);
    struct link link = plain_link(world);
    assert_int_equal(run_plain(world, &link).orders.read, 1);
    assert_int_equal(run_plain(world, &link).orders.staged, 1);
    world->now_utc += CIVIL_HOUR;
    assert_int_equal(run_plain(world, &link).orders.staged, 1);
}

static void overlap_finds_late_sales(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.overlap_minutes = 120;
    add_sales(world, 1, 10, CIVIL_MINUTE);
    struct link link = make_link(world, &options);
    run_plain(world, &link);
    add_sale(world, 11, NOON - 2 * CIVIL_HOUR);        /* a tablet that was offline: closed within the overlap of the newest sale */
    assert_int_equal(run_plain(world, &link).orders.staged, 1);
    add_sale(world, 12, NOON - 5 * CIVIL_HOUR);        /* beyond it, but the till says that it changed since */
    sale_by_id(world, 12)->updated_utc = world->now_utc;
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 1);
    assert_int_equal(result.orders.already, 11);
    assert_grid(world, 12);
}

static void since_is_a_floor(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.has_since = true;
    options.since_utc = NOON - CIVIL_DAY;
    add_sale(world, 1, NOON - CIVIL_DAY - 1000);
    add_sale(world, 2, NOON - CIVIL_DAY);
    add_sale(world, 3, NOON - CIVIL_HOUR);
    struct link link = make_link(world, &options);
    assert_int_equal(run_plain(world, &link).orders.read, 2);
    sale_by_id(world, 1)->updated_utc = world->now_utc; /* changed, but before the floor */
    assert_int_equal(run_plain(world, &link).orders.read, 2);
    assert_grid(world, 2);

    struct sync_options earlier = {.has_since = true, .since_utc = NOON - 3 * CIVIL_DAY};
    assert_int_equal(run_ok(world, &link, &earlier).orders.staged, 1);
    assert_grid(world, 3);
}

/* An explicit later date leaves a gap: the cursor stays before it, so that the next run fills it. */
static void a_later_since_moves_no_cursor(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 30, CIVIL_DAY);
    const struct sync_options later = {.has_since = true, .since_utc = NOON - 5 * CIVIL_DAY};
    assert_int_equal(run_ok(world, &link, &later).orders.staged, 5);
    assert_int_equal(cursor_of(world), -1);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 25);
    assert_int_equal(result.orders.already, 5);
    assert_int_equal(cursor_of(world), world->now_utc);
}

static int purge_body(struct db *db, void *context, struct err *err)
{
    const struct world *world = context;
    int64_t count;
    return grid_purge(db, world->company.id, number_of((struct world *)context, "SELECT link_id FROM link WHERE company_id = $1"), NULL, 0, &count, err);
}

static void since_brings_purged_sales_back(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 300, CIVIL_HOUR);
    run_plain(world, &link);
    assert_ok(world, db_transact(world->db, purge_body, world, &world->err));
    assert_grid(world, 0);
    assert_int_equal(run_plain(world, &link).orders.staged, 0);
    assert_grid(world, 0);
    const struct sync_options again = {.has_since = true, .since_utc = NOON - 2 * CIVIL_DAY - 10 * CIVIL_HOUR}; /* midnight in Paris, less an hour */
    struct sync_result result = run_ok(world, &link, &again);
    assert_int_equal(result.orders.read, result.orders.staged + result.orders.already);
    assert_true(result.orders.staged >= 58);
    assert_grid(world, result.orders.staged);
}

/* ---- changes ---- */

static void changes_are_found_by_both_readings(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.overlap_minutes = 60;
    struct link link = make_link(world, &options);
    add_sales(world, 1, 100, CIVIL_HOUR);
    run_plain(world, &link);
    sale_by_id(world, 100)->cents = 7;                 /* in the overlap: not even its stamp moves */
    sale_by_id(world, 3)->cents = 9;                   /* long ago: only the last change tells */
    sale_by_id(world, 3)->updated_utc = world->now_utc;
    sale_by_id(world, 5)->state = "cancelled";
    sale_by_id(world, 5)->updated_utc = world->now_utc;
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.changed, 2);
    assert_int_equal(result.orders.skipped, 1);
    assert_int_equal(result.orders.already, 1);        /* the other one in the overlap */
    assert_int_equal(result.orders.staged, 0);
    assert_grid(world, 99);
    assert_int_equal(number_of(world, "SELECT total_cents FROM grid_sale WHERE company_id = $1 AND number = '100'"), 7);
    assert_int_equal(number_of(world, "SELECT total_cents FROM grid_sale WHERE company_id = $1 AND number = '3'"), 9);
    result = run_plain(world, &link);
    assert_int_equal(result.orders.read, result.orders.already);
}

/* A stamp that moves without a change is none: the profile says that updated_at is volatile. */
static void a_moved_stamp_is_no_change(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 10, CIVIL_HOUR);
    run_plain(world, &link);
    sale_by_id(world, 4)->updated_utc = world->now_utc;
    assert_int_equal(run_plain(world, &link).orders.already, 10);
}

static void cancelled_and_open_sales_are_skipped(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 6, CIVIL_MINUTE);
    sale_by_id(world, 2)->state = "cancelled";
    sale_by_id(world, 3)->state = "open";
    sale_by_id(world, 4)->cents = 0;
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.skipped, 3);
    assert_int_equal(result.orders.staged, 3);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM run_page WHERE company_id = $1 AND outcomes LIKE '%skipped 000000000000000000000002 cancelled%'"), 1);
    assert_grid(world, 3);
}

/* ---- where a run stops ---- */

static void a_cut_page_moves_no_cursor(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    world->limit_max = 100;
    add_sales(world, 1, 500, CIVIL_MINUTE);
    world->cut_at = 1;
    assert_int_equal(run_fails(world, &link), ERR_TILL);
    assert_refused(world, ERR_TILL, "cut off", world->err.code);
    assert_int_equal(cursor_of(world), -1);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM journal WHERE company_id = $1"), 0);

    world->cut_at = 3;
    assert_int_equal(run_fails(world, &link), ERR_TILL);
    err_clear(&world->err);
    /* Two pages came, that share the sale on their boundary; before it all is stored. */
    assert_int_equal(cursor_of(world), sale_by_id(world, 199)->closed_utc);
    assert_grid(world, 199);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM run WHERE company_id = $1 AND state = 'failed' AND error LIKE '{\"message\":%' AND retries > 0"), 2);
    assert_int_equal(number_of(world, "SELECT SUM(records) FROM run_page WHERE company_id = $1"), 199);

    world->cut_at = 0;
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 301);
    assert_int_equal(result.orders.already, 199);
    assert_grid(world, 500);
}

static void key_refused_in_the_middle(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    world->limit_max = 100;
    add_sales(world, 1, 300, CIVIL_MINUTE);
    world->status = 401;
    world->status_at = 2;
    assert_int_equal(run_fails(world, &link), ERR_TILL);
    assert_refused(world, ERR_TILL, "refuses the API key", world->err.code);
    assert_grid(world, 100);
    world->status = 0;
    assert_int_equal(run_plain(world, &link).orders.staged, 200);
    assert_grid(world, 300);
}

static void a_record_without_identity_stops_the_run(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 5, CIVIL_MINUTE);
    sale_by_id(world, 3)->no_identity = true;
    assert_int_equal(run_fails(world, &link), ERR_TILL);
    assert_refused(world, ERR_TILL, "no identity", world->err.code);
    assert_int_equal(cursor_of(world), -1);
    assert_grid(world, 0);
}

/* Killed between the commit that receives and the one that stages: those sales are the next run's to count, once. */
static void killed_between_receiving_and_staging(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 600, CIVIL_MINUTE);
    run_plain(world, &link);
    static const char *const back[] = {
        "DELETE FROM grid_line WHERE grid_sale_id <= 250", "DELETE FROM grid_tax WHERE grid_sale_id <= 250", "DELETE FROM grid_payment WHERE grid_sale_id <= 250",
        "DELETE FROM grid_sale WHERE grid_sale_id <= 250",
        ("UPDATE sale SET state = 'received', day = NULL, closed_utc = NULL, number = NULL"
         " WHERE NOT EXISTS (SELECT 1 FROM grid_sale g WHERE g.till_sale_id = sale.till_sale_id)"),
    };
    for (size_t i = 0; i < sizeof back / sizeof *back; i++)
        assert_ok(world, db_run_script(world->db, back[i], &world->err));
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 250);
    assert_int_equal(result.orders.already, 350);
    assert_grid(world, 600);
}

/* ---- rehearsal ---- */

/* A number that any byte of the database file moves. */
static uint64_t file_sum(const struct world *world)
{
    static const char *const names[] = {"test.db", "test.db-wal"};
    uint64_t sum = 1469598103934665603u;
    char path[300], bytes[4096];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", world->folder, names[i]);
        FILE *file = fopen(path, "rb");
        for (size_t n; file && (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
            for (size_t j = 0; j < n; j++)
                sum = (sum ^ (unsigned char)bytes[j]) * 1099511628211u;
        if (file)
            fclose(file);
    }
    return sum;
}

static void a_rehearsal_writes_nothing_and_foretells_the_run(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.auto_validate = true;
    struct link link = make_link(world, &options);
    add_sales(world, 1, 640, CIVIL_MINUTE);
    sale_by_id(world, 7)->state = "cancelled";
    for (int round = 0; round < 2; round++) {
        const struct sync_options dry = {.dry_run = true};
        uint64_t before = world->postgresql ? 0 : file_sum(world);
        int64_t journal = number_of(world, "SELECT COUNT(*) FROM journal WHERE company_id = $1");
        world->documents_told = 0;
        world->cents_told = 0;
        struct sync_result rehearsed = run_ok(world, &link, &dry);
        int told = world->documents_told;
        int64_t cents_told = world->cents_told;
        assert_true(rehearsed.dry_run);
        assert_int_equal(rehearsed.run_id, 0);
        if (!world->postgresql)
            assert_true(file_sum(world) == before);
        assert_int_equal(number_of(world, "SELECT COUNT(*) FROM journal WHERE company_id = $1"), journal);
        assert_int_equal(number_of(world, "SELECT COUNT(*) FROM run WHERE company_id = $1"), round);

        world->documents_told = 0;
        world->cents_told = 0;
        struct sync_result result = run_ok(world, &link, &(struct sync_options){.dry_run = false});
        assert_memory_equal(&result.orders, &rehearsed.orders, sizeof result.orders);
        assert_int_equal(result.ok, rehearsed.ok);
        assert_int_equal(world->documents_told, told);
        assert_int_equal(world->cents_told, cents_told);
        assert_int_equal(told, round == 0 ? 639 : 1);
        /* And a second round with something new, something changed. */
        add_sale(world, 1000, NOON - CIVIL_MINUTE);
        sale_by_id(world, 8)->cents = 3;
    }
}

static void validation_follows_when_the_link_says_so(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.auto_validate = true;
    struct link link = make_link(world, &options);
    add_sales(world, 1, 40, CIVIL_MINUTE);
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.staged, 40);
    assert_int_equal(result.orders.documents, 40);
    assert_int_equal(result.orders.validated, 40);
    assert_int_equal(result.orders.payments, 40);
    assert_int_equal(result.orders.reconciled, 40);
    assert_int_equal(result.orders.blocked, 0);
    assert_true(result.ok);
    assert_grid(world, 0);
    assert_int_equal(number_of(world, "SELECT SUM(total_cents) FROM document WHERE company_id = $1 AND state = 'validated'"), 40 * 100 + 40 * 41 / 2);
    BUF_AUTO json = {0};
    sync_append_json(&json, &result);
    assert_str(buf_str(&json),
               "{\"run\":1,\"dry_run\":false,\"articles_in\":{\"read\":0,\"created\":0,\"updated\":0,\"unchanged\":0,\"skipped\":0,\"anomalies\":0},"
               "\"articles_out\":{\"read\":0,\"created\":0,\"updated\":0,\"unchanged\":0,\"skipped\":0,\"anomalies\":0},"
               "\"orders\":{\"read\":40,\"staged\":40,\"already\":0,\"changed\":0,\"skipped\":0,\"documents\":40,\"validated\":40,\"blocked\":0,\"payments\":40,"
               "\"reconciled\":40,\"anomalies\":0},\"ok\":true}");
}

/* One bad sale stays, the others go on, and the run is not green. */
static void a_bad_sale_stays_in_the_grid(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    options.auto_validate = true;
    struct link link = make_link(world, &options);
    add_sales(world, 1, 10, CIVIL_MINUTE);
    world->sales[4].id = 6; /* the same identity twice: one sale; and ticket number 5 is missing */
    struct sync_result result = run_plain(world, &link);
    assert_int_equal(result.orders.read, 9);
    assert_int_equal(result.orders.documents, 9);
    assert_int_equal(result.open_anomalies, 1);
    assert_false(result.ok);
}

static void the_grid_is_validated_by_hand(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    struct grid_validation made;
    struct resume_result resumed;
    const struct str names[] = {STR("3"), STR("000000000000000000000003"), STR("4")}, unknown[] = {STR("5"), STR("nothing")};
    add_sales(world, 1, 10, CIVIL_MINUTE);
    run_plain(world, &link);
    assert_refused(world, ERR_NOT_FOUND, "nothing", sync_validate_grid(&world->environment, unknown, 2, false, &made, &world->err));
    assert_grid(world, 10);
    assert_ok(world, sync_validate_grid(&world->environment, names, 3, false, &made, &world->err));
    assert_int_equal(made.documents, 2);
    assert_ok(world, sync_validate_grid(&world->environment, NULL, 0, true, &made, &world->err));
    assert_int_equal(made.documents, 8);
    assert_grid(world, 8);
    assert_ok(world, sync_validate_grid(&world->environment, NULL, 0, false, &made, &world->err));
    assert_int_equal(made.documents, 8);
    assert_grid(world, 0);
    assert_ok(world, sync_validate_documents(&world->environment, NULL, 0, &resumed, &world->err));
    assert_int_equal(resumed.tried, 0);
    assert_refused(world, ERR_NOT_FOUND, "FA-X", sync_validate_documents(&world->environment, (struct str[]){STR("FA-X")}, 1, &resumed, &world->err));
}

/* ---- one run at a time ---- */

static void set_lease(struct world *world, const char *owner, int64_t until_utc)
{
    char script[512];
    snprintf(script, sizeof script, "UPDATE link SET lease_owner = '%s', lease_until_utc = %lld", owner, (long long)until_utc);
    assert_ok(world, db_run_script(world->db, script, &world->err));
}

static void a_live_run_elsewhere_is_waited_for(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    struct sync_result result;
    struct grid_validation made;
    const struct sync_options dry = {.dry_run = true};
    add_sales(world, 1, 3, CIVIL_MINUTE);
    set_lease(world, "elsewhere:8d8bcd1f-0000-0000-0000-000000000000:17:4711", world->now_utc + 5 * CIVIL_MINUTE);
    assert_int_equal(run_fails(world, &link), ERR_BUSY);
    assert_refused(world, ERR_BUSY, "Boutique", world->err.code);
    assert_refused(world, ERR_BUSY, "Boutique", sync_run(&world->environment, &link, &dry, &result, &world->err));
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM run WHERE company_id = $1"), 0);
    world->now_utc += 5 * CIVIL_MINUTE;                /* it has said nothing for too long */
    assert_int_equal(run_plain(world, &link).orders.staged, 3);
    set_lease(world, "elsewhere:8d8bcd1f-0000-0000-0000-000000000000:17:4711", world->now_utc + 5 * CIVIL_MINUTE);
    assert_refused(world, ERR_BUSY, "Boutique", sync_validate_grid(&world->environment, NULL, 0, false, &made, &world->err));
}

/* The lease of a process of this machine, as it would write it itself. */
struct child { pid_t pid; int stop; char owner[LEASE_OWNER_SIZE], other_start[LEASE_OWNER_SIZE]; };

static struct child child_with_lease(struct world *world, const struct link *link)
{
    struct child child;
    struct lease lease;
    int stop[2];
    assert_int_equal(pipe(stop), 0);
    assert_ok(world, lease_take(&world->environment, link, &lease, &world->err));
    assert_ok(world, lease_release(&world->environment, link, &lease, &world->err));
    child.pid = fork();
    if (child.pid == 0) { /* lives until the parent lets go of the pipe */
        char byte;
        close(stop[1]);
        _exit(read(stop[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(stop[0]);
    child.stop = stop[1];
    char path[64], stat[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)child.pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(stat, 1, sizeof stat - 1, file) > 0);
    fclose(file);
    char *field = strrchr(stat, ')') + 2;
    for (int i = 3; i < 22; i++)
        field = strchr(field, ' ') + 1;
    *strchr(field, ' ') = '\0';
    /* host:boot: of this process, then the child's number and start. */
    int colons = 0;
    size_t machine = 0;
    while (colons < 2)
        colons += lease.owner[machine++] == ':';
    snprintf(child.owner, sizeof child.owner, "%.*s%d:%s", (int)machine, lease.owner, (int)child.pid, field);
    snprintf(child.other_start, sizeof child.other_start, "%.*s%d:%s1", (int)machine, lease.owner, (int)child.pid, field);
    return child;
}

static void a_dead_run_is_followed_at_once(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    add_sales(world, 1, 3, CIVIL_MINUTE);
    struct child child = child_with_lease(world, &link);
    set_lease(world, child.other_start, world->now_utc + CIVIL_HOUR); /* its number was given again: this is another process */
    assert_int_equal(run_plain(world, &link).orders.staged, 3);
    set_lease(world, child.owner, world->now_utc + CIVIL_HOUR);
    assert_ok(world, db_run_script(world->db, "INSERT INTO run (company_id, run_id, link_id, state, started_utc, counts) VALUES (2, 77, 1, 'running', 1769763600000000, '{}')",
                                   &world->err));
    assert_int_equal(run_fails(world, &link), ERR_BUSY);
    assert_refused(world, ERR_BUSY, "since 2026-01-30T09:00:00.000Z", world->err.code);
    close(child.stop);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0); /* ended, and still a zombie */
    assert_int_equal(run_plain(world, &link).orders.already, 3);
    assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM run WHERE company_id = $1 AND run_id = 77 AND state = 'interrupted' AND ended_utc IS NOT NULL"), 1);
    set_lease(world, child.owner, world->now_utc + CIVIL_HOUR);
    assert_int_equal(run_plain(world, &link).orders.already, 3);
}

static const struct link *hook_link;

static void second_run(struct world *world)
{
    const struct sync_options options = {.dry_run = false};
    struct sync_result result;
    struct err err = {0};
    assert_int_equal(sync_run(&world->environment, hook_link, &options, &result, &err), ERR_BUSY);
    world->documents_told = -1;
}

static void the_same_process_runs_a_link_once(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    hook_link = &link;
    world->hook_at = 1;
    world->hook = second_run;
    run_plain(world, &link);
    assert_int_equal(world->documents_told, -1);
    world->hook = NULL;
}

static void two_runs_of_one_process_are_told_apart(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    struct lease first, second;
    assert_ok(world, lease_take(&world->environment, &link, &first, &world->err));
    world->now_utc += LEASE_TIME; /* it said nothing for too long, and is followed by one of the same process */
    assert_ok(world, lease_take(&world->environment, &link, &second, &world->err));
    assert_refused(world, ERR_BUSY, "took its place", lease_confirm(world->db, world->company.id, &link, &first, &world->err));
    assert_refused(world, ERR_BUSY, "took its place", lease_renew(&world->environment, &link, &first, &world->err));
    assert_ok(world, lease_release(&world->environment, &link, &first, &world->err));
    assert_ok(world, lease_confirm(world->db, world->company.id, &link, &second, &world->err));
    assert_ok(world, lease_release(&world->environment, &link, &second, &world->err));
}

static void lose_lease(struct world *world)
{
    set_lease(world, "elsewhere:0:1:1", world->now_utc + CIVIL_HOUR);
}

static void stand_still(struct world *world)
{
    world->now_utc += 45 * CIVIL_SECOND;
}

static void a_lost_lease_stops_the_run(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    world->limit_max = 100;
    add_sales(world, 1, 300, CIVIL_MINUTE);
    world->hook_at = 2;
    world->hook = lose_lease;
    assert_int_equal(run_fails(world, &link), ERR_BUSY);
    assert_refused(world, ERR_BUSY, "took its place", world->err.code);
    assert_grid(world, 100);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM link WHERE company_id = $1 AND lease_owner = 'elsewhere:0:1:1'"), 1);
    world->now_utc += CIVIL_HOUR;
    world->hook = stand_still;                          /* long, but nobody else came */
    assert_int_equal(run_plain(world, &link).orders.staged, 200);
}

/* ---- the proof's reading ---- */

struct days { int64_t count, cents; };

static int add_day(void *context, const struct sale *sale, struct err *err)
{
    struct days *days = context;
    (void)err;
    days->count++;
    days->cents += sale->total_cents;
    return OK;
}

static void the_tills_days_are_read_for_the_proof(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    struct days days = {0};
    int32_t day = civil_day(2026, 1, 29);
    add_sale(world, 1, INT64_C(1769641199999) * 1000);  /* 2026-01-28 23:59:59.999 in Paris */
    add_sale(world, 2, INT64_C(1769641200000) * 1000);  /* midnight */
    add_sale(world, 3, INT64_C(1769727599999) * 1000);  /* the last millisecond of the day */
    add_sale(world, 4, INT64_C(1769727600000) * 1000);
    assert_ok(world, sync_read_sales(&world->environment, &link, day, day, add_day, &days, &world->err));
    assert_int_equal(days.count, 2);
    assert_int_equal(days.cents, 102 + 103);
    assert_grid(world, 0);
    add_sales(world, 10, 900, CIVIL_SECOND);
    world->limit_max = 100;
    world->no_order = true;
    days = (struct days){0};
    assert_ok(world, sync_read_sales(&world->environment, &link, day - 1, day + 1, add_day, &days, &world->err));
    assert_int_equal(days.count, 904);
}

/* ---- Ctrl-C: last of all, since a process is interrupted once ---- */

static void interrupt(struct world *world)
{
    (void)world;
    interrupt_request();
}

static void an_interrupted_run_leaves_a_state_to_go_on_from(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    world->limit_max = 100;
    add_sales(world, 1, 300, CIVIL_MINUTE);
    world->hook_at = 2;
    world->hook = interrupt;
    assert_int_equal(run_fails(world, &link), ERR_CANCELLED);
    assert_grid(world, 100);
    assert_int_equal(cursor_of(world), sale_by_id(world, 100)->closed_utc);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM run WHERE company_id = $1 AND state = 'interrupted'"), 1);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM link WHERE company_id = $1 AND lease_owner IS NULL"), 1);
}

int main(void)
{
    const struct CMUnitTest last[] = {cmocka_unit_test_setup_teardown(an_interrupted_run_leaves_a_state_to_go_on_from, sqlite_setup, world_teardown)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_run_reads_everything),
        cmocka_unit_test(nothing_to_read),
        cmocka_unit_test(equal_stamps_over_page_boundaries),
        cmocka_unit_test(lowered_limits),
        cmocka_unit_test(limit_lowered_in_the_middle),
        cmocka_unit_test(sales_inserted_while_reading),
        cmocka_unit_test(till_without_order),
        cmocka_unit_test(order_lost_in_the_middle),
        cmocka_unit_test(till_that_ignores_the_filter),
        cmocka_unit_test(till_that_ignores_skip),
        cmocka_unit_test(a_sale_of_the_future_waits),
        cmocka_unit_test(overlap_finds_late_sales),
        cmocka_unit_test(since_is_a_floor),
        cmocka_unit_test(a_later_since_moves_no_cursor),
        cmocka_unit_test(since_brings_purged_sales_back),
        cmocka_unit_test(changes_are_found_by_both_readings),
        cmocka_unit_test(a_moved_stamp_is_no_change),
        cmocka_unit_test(cancelled_and_open_sales_are_skipped),
        cmocka_unit_test(a_cut_page_moves_no_cursor),
        cmocka_unit_test(key_refused_in_the_middle),
        cmocka_unit_test(a_record_without_identity_stops_the_run),
        cmocka_unit_test(killed_between_receiving_and_staging),
        cmocka_unit_test(a_rehearsal_writes_nothing_and_foretells_the_run),
        cmocka_unit_test(validation_follows_when_the_link_says_so),
        cmocka_unit_test(a_bad_sale_stays_in_the_grid),
        cmocka_unit_test(the_grid_is_validated_by_hand),
        cmocka_unit_test(a_live_run_elsewhere_is_waited_for),
        cmocka_unit_test(a_dead_run_is_followed_at_once),
        cmocka_unit_test(the_same_process_runs_a_link_once),
        cmocka_unit_test(two_runs_of_one_process_are_told_apart),
        cmocka_unit_test(a_lost_lease_stops_the_run),
        cmocka_unit_test(the_tills_days_are_read_for_the_proof),
    };
    int failed = run_on_engines(tests, sizeof tests / sizeof *tests);
    return failed + cmocka_run_group_tests_name("interrupted", last, NULL, NULL);
}
