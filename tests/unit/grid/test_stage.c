/* test_stage.c: received sales into the grid: what is skipped and why, what replaces what, and that every sale ever received is in exactly one place. */
#include "grid_shop.h"

static struct str skip_reason_of(struct grid_shop *shop, struct str till_sale_id)
{
    static const char SELECT_REASON[] = "SELECT reason FROM sale WHERE company_id = $1 AND till_sale_id = $2 AND state = 'skipped'";
    struct str reason = STR_NULL;
    assert_int_equal(db_query_text(shop->f->db, &shop->f->arena, &reason, SELECT_REASON, &shop->f->err, DB_INT(shop->f->company_id), DB_STR(till_sale_id)), 1);
    return reason;
}

static void what_is_no_sale_is_skipped_with_its_reason(void **state)
{
    static const struct { enum sale_state state; const char *reason; } cases[] = {
        {SALE_OPEN, "open"}, {SALE_CANCELLED, "cancelled"}, {SALE_TRAINING, "training"}, {SALE_DELETED, "deleted"}, {SALE_PAID, "zero"},
    };
    struct grid_shop shop;
    shop_open(&shop, *state);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sale *sale = cases[i].state == SALE_PAID ? sale_simple(&shop, 10 + (int64_t)i, 0) : sale_simple(&shop, 10 + (int64_t)i, 500);
        sale->state = cases[i].state;
        struct staging_seen seen = bring_in(&shop, sale);
        assert_int_equal(seen.skipped, 1);
        assert_string_equal(seen.reason, cases[i].reason);
        struct str reason = skip_reason_of(&shop, sale->id);
        assert_int_equal(reason.n, strlen(cases[i].reason));
        assert_memory_equal(reason.p, cases[i].reason, reason.n);
    }
    assert_int_equal(count_of(&shop, "grid_sale WHERE 1 = 1"), 0);
    shop_close(&shop);
}

/* Nothing could be read of it: that is no reason to think that nothing was sold. */
static void unreadable_zero_is_not_skipped(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 0);
    sale->faults[sale->fault_count++] = (struct sale_fault){.path = STR("total"), .text = STR("1e400"), .reason = "too large"};
    struct staging_seen seen = bring_in(&shop, sale);
    assert_int_equal(seen.staged, 1);
    assert_int_equal(has_anomaly(&shop, sale->id, "unreadable_value"), 1);
    /* a second check, from the tables alone, still knows */
    assert_int_equal(validate(&shop).anomalies, 1);
    assert_int_equal(has_anomaly(&shop, sale->id, "unreadable_value"), 1);
    shop_close(&shop);
}

/* A value that could not be read stands as nothing. Whatever a person corrects or accepts elsewhere in the sale, it waits for the right one. */
static void an_edit_elsewhere_does_not_let_an_unreadable_value_through(void **state)
{
    struct sale_fault faults[] = {{STR("lines[0].quantity"), STR("deux"), "not a number"}, {STR("payments[0].amount"), STR("dix"), "not a number"}};
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 1000);
    sale->lines[0].quantity_milli = 0;
    sale->faults = faults;
    sale->fault_count = 2;
    bring_in(&shop, sale);
    edit(&shop, sale->id, "number", "4711");
    assert_int_equal(validate(&shop).documents, 0);
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 0);
    edit(&shop, sale->id, "payment.1.amount", "10.00");
    assert_int_equal(validate(&shop).documents, 0);
    assert_int_equal(count_of(&shop, "anomaly WHERE code = 'unreadable_value'"), 1);
    edit(&shop, sale->id, "line.1.quantity", "2");
    assert_int_equal(validate(&shop).documents, 1);
    shop_close(&shop);
}

/* A page that moved names a sale twice; the bytes of both are the same. */
static void a_sale_named_twice_counts_once(void **state)
{
    struct grid_shop shop;
    enum grid_seen seen[3];
    shop_open(&shop, *state);
    bodies[body_count++] = *sale_simple(&shop, 1, 500);
    struct grid_record records[] = {{.id = STR("t-1"), .body = STR("0")}, {.id = STR("t-1"), .body = STR("0")}, {.id = STR("t-1"), .body = STR("0")}};
    for (int i = 0; i < 3; i++)
        sha256(records[i].body, records[i].fingerprint);
    assert_ok(shop.f, grid_receive(shop.f->db, shop.f->company_id, LINK, 7, test_now_utc, records, 3, seen, &shop.f->err));
    assert_int_equal(seen[0], GRID_NEW);
    assert_int_equal(seen[1], GRID_UNCHANGED);
    assert_int_equal(seen[2], GRID_UNCHANGED);
    assert_int_equal(stage_all(&shop).staged, 1);
    assert_ok(shop.f, grid_receive(shop.f->db, shop.f->company_id, LINK, 7, test_now_utc, records, 1, seen, &shop.f->err));
    assert_int_equal(seen[0], GRID_UNCHANGED);
    assert_int_equal(count_of(&shop, "journal WHERE 1 = 1"), 1);
    shop_close(&shop);
}

static void a_change_replaces_while_it_is_in_the_grid(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *first = sale_simple(&shop, 1, 500);
    first->payments[0].type = STR("bitcoin");
    assert_int_equal(bring_in(&shop, first).staged, 1);
    assert_int_equal(has_anomaly(&shop, first->id, "unmapped_means"), 1);
    int64_t id = grid_id(&shop, first->id);
    struct sale *second = sale_simple(&shop, 1, 700);
    sale_line(second, "PAIN", 1000, 100, 550);
    struct staging_seen seen = bring_in(&shop, second);
    assert_int_equal(seen.replaced, 1);
    struct grid_content content = grid_content_of(&shop, first->id);
    assert_int_equal(content.row.id, id);
    assert_int_equal(content.sale.total_cents, 800);
    assert_int_equal(content.sale.line_count, 2);
    assert_int_equal(has_anomaly(&shop, first->id, "unmapped_means"), 0);
    assert_int_equal(has_anomaly(&shop, first->id, "payments_total"), 1);
    assert_int_equal(count_of(&shop, "grid_line WHERE 1 = 1"), 2);
    struct sale *cancelled = sale_copy(&shop, second);
    cancelled->state = SALE_CANCELLED;
    assert_int_equal(bring_in(&shop, cancelled).skipped, 1);
    assert_int_equal(count_of(&shop, "grid_sale WHERE 1 = 1"), 0);
    assert_int_equal(count_of(&shop, "anomaly WHERE 1 = 1"), 0);
    assert_int_equal(bring_in(&shop, second).staged, 1);
    shop_close(&shop);
}

static void a_file_sale_is_staged_and_replaced(void **state)
{
    struct grid_shop shop;
    enum grid_seen seen;
    shop_open(&shop, *state);
    shop.rules = grid_default_rules;
    shop_session(&shop);
    struct sale *sale = sale_simple(&shop, 1, 500);
    assert_ok(shop.f, grid_stage_sale(shop.session, sale, STR("a"), &seen, &shop.f->err));
    assert_int_equal(seen, GRID_NEW);
    assert_ok(shop.f, grid_stage_sale(shop.session, sale, STR("a"), &seen, &shop.f->err));
    assert_int_equal(seen, GRID_UNCHANGED);
    assert_ok(shop.f, grid_stage_sale(shop.session, sale_simple(&shop, 1, 600), STR("b"), &seen, &shop.f->err));
    assert_int_equal(seen, GRID_CHANGED);
    assert_int_equal(grid_content_of(&shop, STR("t-1")).sale.total_cents, 600);
    assert_int_equal(validate(&shop).documents, 1);
    assert_refused(shop.f, ERR_DATA, grid_stage_sale(shop.session, sale, STR("c"), &seen, &shop.f->err));
    shop_close(&shop);
}

static int count_row(void *context, const struct grid_sale_row *row, struct err *err)
{
    (void)err;
    assert_true(row->till_sale_id.n > 0);
    ++*(int *)context;
    return OK;
}

static void sales_are_listed_and_found(void **state)
{
    struct grid_shop shop;
    struct grid_filter filter = {.link_id = LINK};
    int rows = 0;
    int64_t id;
    shop_open(&shop, *state);
    for (int i = 1; i <= 510; i++)
        receive(&shop, sale_simple(&shop, i, i % 100 ? 500 : 501));
    struct sale *twin = sale_simple(&shop, 511, 900);
    twin->number = STR("7");
    twin->payments[0].amount_cents = 1;
    receive(&shop, twin);
    stage_all(&shop);
    assert_ok(shop.f, grid_each(shop.f->db, shop.f->company_id, &filter, count_row, &rows, &shop.f->err));
    assert_int_equal(rows, 511);
    filter.only_anomalies = true;
    rows = 0;
    assert_ok(shop.f, grid_each(shop.f->db, shop.f->company_id, &filter, count_row, &rows, &shop.f->err));
    assert_int_equal(rows, 1);  /* when the first of the twins was staged, the second was not there: validation will see both */
    assert_refused(shop.f, ERR_DATA, grid_find(shop.f->db, shop.f->company_id, STR("7"), &id, &shop.f->err));
    assert_refused(shop.f, ERR_NOT_FOUND, grid_find(shop.f->db, shop.f->company_id, STR("t-9999"), &id, &shop.f->err));
    assert_str(grid_content_of(&shop, STR("t-7")).row.number, "7");
    shop_close(&shop);
}

/* An identity that is another sale's ticket number names the identity. */
static void an_identity_wins_over_a_number(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *a = sale_simple(&shop, 1, 500), *b = sale_simple(&shop, 2, 700);
    a->number = STR("X");
    b->id = STR("X");
    receive(&shop, a);
    receive(&shop, b);
    stage_all(&shop);
    assert_int_equal(grid_content_of(&shop, STR("X")).sale.total_cents, 700);
    shop_close(&shop);
}

static void a_cut_off_hour_moves_the_day(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    shop.company.cutoff_minutes = 240;
    struct sale *night = sale_simple(&shop, 1, 500);
    night->closed_utc = INT64_C(1769738400) * CIVIL_SECOND; /* 2026-01-30 02:00 UTC, 03:00 in Paris */
    bring_in(&shop, night);
    assert_int_equal(grid_content_of(&shop, night->id).row.day, TODAY - 1);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(what_is_no_sale_is_skipped_with_its_reason),
        engine_test(unreadable_zero_is_not_skipped),
        engine_test(an_edit_elsewhere_does_not_let_an_unreadable_value_through),
        engine_test(a_sale_named_twice_counts_once),
        engine_test(a_change_replaces_while_it_is_in_the_grid),
        engine_test(a_file_sale_is_staged_and_replaced),
        engine_test(sales_are_listed_and_found),
        engine_test(an_identity_wins_over_a_number),
        engine_test(a_cut_off_hour_moves_the_day),
    };

    return run_on_engines(tests);
}
