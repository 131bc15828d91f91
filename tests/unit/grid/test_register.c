/* test_register.c: the register of till sales: purge and re-receive, and the holes and repeats in ticket numbers. */
#include "grid_shop.h"

static void a_purged_sale_comes_back_only_when_asked(void **state)
{
    struct grid_shop shop;
    int64_t count = 0;
    shop_open(&shop, *state);
    struct sale *old = sale_simple(&shop, 1, 500), *recent = sale_simple(&shop, 2, 700);
    old->closed_utc -= 10 * CIVIL_DAY;
    receive(&shop, old);
    receive(&shop, recent);
    stage_all(&shop);
    struct str names[] = {old->id};
    assert_ok(shop.f, grid_purge(shop.f->db, shop.f->company_id, LINK, names, 1, &count, &shop.f->err));
    assert_int_equal(count, 1);
    assert_int_equal(count_of(&shop, "grid_sale WHERE 1 = 1"), 1);
    assert_ok(shop.f, grid_purge(shop.f->db, shop.f->company_id, LINK, NULL, 0, &count, &shop.f->err));
    assert_int_equal(count, 1);
    assert_int_equal(count_of(&shop, "sale WHERE state = 'skipped' AND reason = 'purged'"), 2);
    assert_int_equal(count_of(&shop, "grid_line WHERE 1 = 1") + count_of(&shop, "grid_payment WHERE 1 = 1"), 0);
    assert_int_equal(stage_all(&shop).staged, 0);
    assert_ok(shop.f, grid_receive_purged(shop.f->db, shop.f->company_id, LINK, TODAY - 1, &shop.f->err));
    assert_int_equal(stage_all(&shop).staged, 1);
    assert_str(register_state(&shop, recent->id), "staged");
    assert_str(register_state(&shop, old->id), "skipped");
    assert_ok(shop.f, grid_receive_purged(shop.f->db, shop.f->company_id, LINK, TODAY - 10, &shop.f->err));
    assert_int_equal(stage_all(&shop).staged, 1);
    assert_int_equal(validate(&shop).documents, 2);
    /* a document does not come back */
    assert_ok(shop.f, grid_receive_purged(shop.f->db, shop.f->company_id, LINK, TODAY - 10, &shop.f->err));
    assert_int_equal(stage_all(&shop).staged, 0);
    shop_close(&shop);
}

static void a_large_grid_is_purged_whole(void **state)
{
    struct grid_shop shop;
    int64_t count = 0;
    shop_open(&shop, *state);
    for (int i = 1; i <= 510; i++)
        receive(&shop, sale_simple(&shop, i, 500));
    stage_all(&shop);
    assert_ok(shop.f, grid_purge(shop.f->db, shop.f->company_id, LINK, NULL, 0, &count, &shop.f->err));
    assert_int_equal(count, 510);
    assert_int_equal(count_of(&shop, "grid_sale WHERE 1 = 1"), 0);
    shop_close(&shop);
}

static void check_numbers(struct grid_shop *shop, int32_t from_day, int64_t expected_holes, int64_t expected_repeats)
{
    int64_t holes = -1, repeats = -1;
    assert_ok(shop->f, grid_check_numbers(shop->f->db, shop->f->company_id, LINK, from_day, &holes, &repeats, &shop->f->err));
    assert_int_equal(holes, expected_holes);
    assert_int_equal(repeats, expected_repeats);
}

static int64_t number_anomaly(struct grid_shop *shop, const char *code, const char *subject)
{
    static const char COUNT_ANOMALIES[] = "SELECT COUNT(*) FROM anomaly WHERE company_id = $1 AND subject_kind = 'number' AND code = $2 AND subject = $3";
    return query_number(shop->f, COUNT_ANOMALIES, DB_INT(shop->f->company_id), DB_STR(str_from(code)), DB_STR(str_from(subject)));
}

static void holes_and_repeats_are_found_and_go(void **state)
{
    static const int64_t numbers[] = {8, 9, 10, 13, 14, 14, 16, 90000};
    struct grid_shop shop;
    shop_open(&shop, *state);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sale *sale = sale_simple(&shop, 100 + (int64_t)i, 500);
        sale->number = text(&shop, "%" PRId64, numbers[i]);
        receive(&shop, sale);
    }
    struct sale *lettered = sale_simple(&shop, 200, 500);
    lettered->number = STR("A-12");
    receive(&shop, lettered);
    stage_all(&shop);
    check_numbers(&shop, 0, 3, 1);  /* 11, 12 and 15; the far jump is a new series */
    assert_int_equal(number_anomaly(&shop, "hole_in_numbers", "11-12"), 1);
    assert_int_equal(number_anomaly(&shop, "hole_in_numbers", "15"), 1);
    assert_int_equal(number_anomaly(&shop, "repeat_in_numbers", "14"), 1);
    /* a cancelled ticket fills its place too: it was seen */
    struct sale *cancelled = sale_simple(&shop, 300, 500);
    cancelled->number = STR("15");
    cancelled->state = SALE_CANCELLED;
    bring_in(&shop, cancelled);
    struct sale *late = sale_simple(&shop, 301, 500);
    late->number = STR("11");
    bring_in(&shop, late);
    check_numbers(&shop, 0, 1, 1);
    assert_int_equal(number_anomaly(&shop, "hole_in_numbers", "12"), 1);
    assert_int_equal(number_anomaly(&shop, "hole_in_numbers", "11-12"), 0);
    check_numbers(&shop, TODAY + 1, 0, 0);
    shop_close(&shop);
}

/* A hole is a hole whether the numbers have leading zeros or not, and in their order, not that of texts. */
static void numbers_are_in_their_own_order(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    for (int64_t i = 95; i <= 105; i++)
        receive(&shop, sale_simple(&shop, i, 500));
    stage_all(&shop);
    check_numbers(&shop, 0, 0, 0);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(a_purged_sale_comes_back_only_when_asked),
        engine_test(a_large_grid_is_purged_whole),
        engine_test(holes_and_repeats_are_found_and_go),
        engine_test(numbers_are_in_their_own_order),
    };

    return run_on_engines(tests);
}
