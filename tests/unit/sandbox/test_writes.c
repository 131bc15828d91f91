/* test_writes.c: the odd PUT of articles, soft deletion, stock, packs. */
#include <stdlib.h>
#include <string.h>

#include "till.h"

#define ONE "e1e1e1e1e1e1e1e1e1e1e1e1"
#define TWO "e2e2e2e2e2e2e2e2e2e2e2e2"
#define TAX "d1d1d1d1d1d1d1d1d1d1d1d1"
#define FIXTURE                                                                                                                                      \
    "\"articles\":[{\"_id\":\"" ONE "\",\"name\":\"Miel\",\"taxes\":[\"" TAX "\"],\"category_id\":\"" TAX "\",\"color\":\"#F44F60\",\"in_stock\":true,"  \
    "\"stock_quantity\":7,\"reference\":\"M1\",\"original_id\":\"0000ABCD\",\"created_at\":\"2024-01-01T00:00:00.000Z\","                                 \
    "\"updated_at\":\"2024-02-01T00:00:00.000Z\"},"                                                                                                    \
    "{\"_id\":\"" TWO "\",\"name\":\"Thé\",\"taxes\":[],\"in_stock\":true,\"declinations\":[{\"id\":\"x\"}],\"stock_quantity\":3}]"

static const char *get(struct till *till, const char *id, const char *member)
{
    return till_member(till, till_expect(till, 200, "GET", till_format(till, ARTICLES "/%s", id), NULL, NULL), member);
}

static void put_of_an_article_resets(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, FIXTURE);
    assert_string_equal(get(&till, ONE, "stock_quantity"), "7");
    till_expect(&till, 200, "PUT", ARTICLES "/" ONE, NULL, "{\"taxes\":[\"" TAX "\"],\"name\":\"Miel de lavande\"}");
    assert_string_equal(get(&till, ONE, "name"), "Miel de lavande");
    assert_string_equal(get(&till, ONE, "in_stock"), "false");
    assert_string_equal(get(&till, ONE, "stock_quantity"), "-");
    assert_string_equal(get(&till, ONE, "color"), "#57DB47");
    assert_string_equal(get(&till, ONE, "reference"), "M1");
    assert_string_equal(get(&till, ONE, "original_id"), "0000ABCD");
    assert_string_equal(get(&till, ONE, "created_at"), "2024-01-01T00:00:00.000Z");
    assert_string_equal(get(&till, ONE, "updated_at"), "2025-06-21T16:06:03.313Z");
    assert_string_equal(get(&till, ONE, "__v"), "0");
    till_expect(&till, 200, "PUT", ARTICLES "/" ONE, NULL, "{\"taxes\":[],\"color\":\"#1E8CFF\",\"in_stock\":true,\"_id\":\"" TWO "\",\"__v\":9,\"created_at\":\"2000-01-01\"}");
    assert_string_equal(get(&till, ONE, "color"), "#1E8CFF");
    assert_string_equal(get(&till, ONE, "stock_quantity"), "7");
    assert_string_equal(get(&till, ONE, "created_at"), "2024-01-01T00:00:00.000Z");
    /* Two writes in one millisecond still move it. */
    assert_string_equal(get(&till, ONE, "updated_at"), "2025-06-21T16:06:03.314Z");
    till_close(&till);
}

static void put_without_taxes_is_refused(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, FIXTURE);
    assert_string_equal(till_expect(&till, 400, "PUT", ARTICLES "/" ONE, NULL, "{\"name\":\"X\"}"),
                        "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"\\\"taxes\\\" is required\",\"validation\":{\"source\":\"payload\",\"keys\":[\"taxes\"]}}");
    assert_string_equal(get(&till, ONE, "name"), "Miel");
    assert_string_equal(get(&till, ONE, "updated_at"), "2024-02-01T00:00:00.000Z");
    till_close(&till);
}

static void deletion_is_soft(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, FIXTURE);
    till_expect(&till, 200, "DELETE", ARTICLES "/" ONE, NULL, NULL);
    assert_string_equal(get(&till, ONE, "deprecated"), "true");
    assert_string_equal(get(&till, ONE, "color"), "#F44F60");
    assert_string_equal(get(&till, ONE, "in_stock"), "true");
    assert_string_equal(get(&till, ONE, "updated_at"), "2025-06-21T16:06:03.313Z");
    till_expect(&till, 200, "PUT", ARTICLES "/" ONE, NULL, "{\"taxes\":[],\"name\":\"still here\"}");
    assert_string_equal(get(&till, ONE, "deprecated"), "true");
    /* Ids are read without regard to case. */
    till_expect(&till, 200, "GET", ARTICLES "/E1E1E1E1E1E1E1E1E1E1E1E1", NULL, NULL);
    till_close(&till);
}

static const char *move(struct till *till, const char *type, const char *state, const char *units)
{
    const char *body = till_format(till, "{\"shop_id\":\"" SHOP "\",\"type\":\"%s\",\"state\":\"%s\",\"movements\":[{\"article_id\":\"" ONE "\",\"units\":%s},"
                                   "{\"article_id\":\"" ONE "\",\"units\":100,\"state\":\"planned\"},{\"article_id\":\"" TAX "\",\"units\":1}]}", type, state, units);
    return till_member(till, till_expect(till, 201, "POST", "/v1/stock/movements", NULL, body), "number");
}

static void stock_moves_at_once(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, FIXTURE);
    assert_string_equal(move(&till, "in", "done", "2.5"), "1");
    assert_string_equal(get(&till, ONE, "stock_quantity"), "9.5");
    assert_string_equal(move(&till, "out", "done", "20"), "2");
    assert_string_equal(get(&till, ONE, "stock_quantity"), "-10.5");
    assert_string_equal(move(&till, "in", "planned", "99"), "3");
    assert_string_equal(get(&till, ONE, "stock_quantity"), "-10.5");
    assert_string_equal(get(&till, ONE, "updated_at"), "2024-02-01T00:00:00.000Z");
    /* Declinations have no stock of the article. */
    assert_string_equal(get(&till, TWO, "stock_quantity"), "-");
    assert_string_equal(till_column(&till, till_list(&till, "/v1/stock/movements", "shop_id=" SHOP, NULL, "number=ASC"), "number"), "1 2 3");
    assert_string_equal(till_column(&till, till_list(&till, "/v1/stock/movements", "shop_id=" SHOP, "type=out", NULL), "number"), "2");
    till_close(&till);
}

static void defaults_of_a_full_article(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "");
    const char *answer = till_expect(&till, 201, "POST", ARTICLES, NULL,
                                     "{\"node_id\":\"" NODE "\",\"category_id\":\"" TAX "\",\"taxes\":[],\"name\":\"Épices\",\"summary\":\"s\",\"barcode\":\"\","
                                     "\"reference\":\"R\",\"taxfree_price\":0.50,\"weight\":1e0,\"unknown\":1,\"stock_quantity\":5,"
                                     "\"declinations\":[{\"variations\":[{\"key\":\"k\",\"value\":\"v\",\"priority\":0.0}],\"full_price\":2.0}]}");
    assert_string_equal(till_member(&till, answer, "icon_text"), "Épic");
    assert_string_equal(till_member(&till, answer, "summary"), "s");
    assert_string_equal(till_member(&till, answer, "barcode"), "");
    assert_string_equal(till_member(&till, answer, "taxfree_price"), "0.5");
    assert_string_equal(till_member(&till, answer, "weight"), "1");
    assert_string_equal(till_member(&till, answer, "full_price"), "-");
    assert_string_equal(till_member(&till, answer, "unknown"), "-");
    assert_string_equal(till_member(&till, answer, "stock_quantity"), "-");
    const char *declination = till_member(&till, answer, "declinations");
    assert_non_null(strstr(declination, "\"variations\":[{\"key\":\"k\",\"value\":\"v\",\"priority\":0}],\"full_price\":2,\"in_stock\":false,\"ignore_stock\":true"));
    till_close(&till);
}

static void packs_check_their_discounts(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "\"packs\":[{\"_id\":\"" ONE "\"}],\"discounts\":[{\"_id\":\"" TWO "\",\"name\":\"d\"}]");
    assert_string_equal(till_expect(&till, 404, "PUT", "/v1/catalog/packs/" ONE, NULL, "{\"discounts\":[\"" TWO "\",\"" TAX "\"]}"),
                        "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"ELEMENTS_NOT_FOUND\"}");
    assert_string_equal(till_expect(&till, 200, "PUT", "/v1/catalog/packs/" ONE, NULL, "{\"discounts\":[\"" TWO "\"]}"),
                        "{\"statusCode\":200,\"error\":\"\",\"message\":\"set successfully updated\"}");
    till_close(&till);
}

/* Property: an article's stock is the sum of its done movements. */
static void stock_is_the_sum_of_movements(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, FIXTURE);
    long expected_milli = 7000;
    srandom(20261121);
    for (int i = 0; i < 200; i++) {
        long units_milli = random() % 20000;
        bool out = random() % 2;
        move(&till, out ? "out" : "in", "done", till_format(&till, "%ld.%03ld", units_milli / 1000, units_milli % 1000));
        expected_milli += out ? -units_milli : units_milli;
    }
    assert_int_equal(strtol(get(&till, ONE, "stock_quantity"), NULL, 10), expected_milli / 1000);
    till_close(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_of_an_article_resets),   cmocka_unit_test(put_without_taxes_is_refused), cmocka_unit_test(deletion_is_soft),
        cmocka_unit_test(stock_moves_at_once),        cmocka_unit_test(defaults_of_a_full_article),   cmocka_unit_test(packs_check_their_discounts),
        cmocka_unit_test(stock_is_the_sum_of_movements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
