/* test_lists.c: limit, skip, order and the whole filter grammar. */
#include <stdlib.h>
#include <string.h>

#include "till.h"

#define T1 "d1d1d1d1d1d1d1d1d1d1d1d1"
#define T2 "d2d2d2d2d2d2d2d2d2d2d2d2"
/* Eight articles with what filters and orders bite on; `summary` is the short name by which the tests speak of them. */
#define EIGHT                                                                                                                                      \
    "\"articles\":["                                                                                                                               \
    "{\"summary\":\"a\",\"name\":\"Zèbre\",\"full_price\":1,\"taxes\":[\"" T1 "\"],\"created_at\":\"2025-12-31T23:59:59.999Z\"},"                 \
    "{\"summary\":\"b\",\"name\":\"abricot\",\"full_price\":2.5,\"taxes\":[\"" T2 "\"],\"reference\":\"R1\",\"created_at\":\"2026-01-01T00:00:00.000Z\"}," \
    "{\"summary\":\"c\",\"name\":\"Abricot\",\"full_price\":10,\"taxes\":[\"" T1 "\",\"" T2 "\"],\"reference\":\"r1\",\"created_at\":\"2026-01-01T00:00:00.001Z\"}," \
    "{\"summary\":\"d\",\"name\":\"Éclair\",\"full_price\":-1,\"taxes\":[],\"reference\":\"\",\"created_at\":\"2026-01-10T00:00:00.000Z\"},"     \
    "{\"summary\":\"e\",\"name\":\"Eau \\\"plate\\\"\",\"taxes\":[],\"reference\":\"R 2\",\"deprecated\":true,\"created_at\":\"2026-02-01T00:00:00.000Z\"}," \
    "{\"summary\":\"f\",\"name\":\"eau\",\"full_price\":2.50,\"taxes\":[\"" T1 "\"],\"in_stock\":true,\"stock_quantity\":-1.5,\"created_at\":\"2026-03-01T00:00:00.000Z\"}," \
    "{\"summary\":\"g\",\"name\":\"10\",\"full_price\":100,\"taxes\":[\"" T2 "\"],\"reference\":\"R2\",\"is_default\":true,\"created_at\":\"2026-04-01T00:00:00.000Z\"}," \
    "{\"summary\":\"h\",\"name\":\"9\",\"full_price\":9,\"taxes\":[\"" T1 "\"],\"node_id\":\"" SHOP "\"}]"

static void filters(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {NULL, "a b c d e f g"},
        {"", "a b c d e f g"},
        {"deprecated=false", "a b c d f g"},
        {"deprecated=true", "e"},
        {"deprecated=false&is_default=false", "a b c d f"},
        {"full_price=1.0", "a"},
        {"full_price=1e1", "c"},
        {"full_price=2.500", "b f"},
        {"full_price[gt]=2.5", "c g"},
        {"full_price[gte]=2.5", "b c f g"},
        {"full_price[lt]=1", "d"},
        {"full_price[lte]=1", "a d"},
        {"full_price[ne]=2.5", "a c d e g"},
        {"full_price[in]=1&full_price[in]=100", "a g"},
        {"full_price[nin]=1&full_price[nin]=100", "b c d e f"},
        {"full_price[gt]=1&full_price[lt]=10", "b f"},
        {"reference=R1", "b"},
        {"reference=", "d"},
        {"reference=R 2", "e"},
        {"reference[ne]=", "a b c e f g"},
        {"reference[gt]=R", "b c e g"},
        {"name=Abricot", "c"},
        {"name=Eau \"plate\"", "e"},
        {"name[gte]=a&name[lt]=b", "b"},
        {"taxes=" T1, "a c f"},
        {"taxes[ne]=" T1, "b d e g"},
        {"taxes[in]=" T1 "&taxes[in]=" T2, "a b c f g"},
        {"created_at[gte]=2026-01-01", "b c d e f g"},
        {"created_at[gt]=2026-01-01 00:00:00", "c d e f g"},
        {"created_at[lt]=2026-01-01T01:00:00.000+01:00", "a"},
        {"created_at=2026-01-10", "d"},
        {"node_id=" SHOP, ""},
        {"in_stock=true&deprecated=false", "f"},
    };
    struct till till;
    till_open(&till, SANDBOX_2026, EIGHT);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = till_column(&till, till_list(&till, ARTICLES, "node_id=" NODE, cases[i][0], NULL), "summary");
        if (strcmp(found, cases[i][1]) != 0)
            fail_msg("filter %s: `%s` instead of `%s`", cases[i][0], found, cases[i][1]);
    }
    till_close(&till);
}

static void refused_parameters(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, EIGHT);
    assert_string_equal(till_expect(&till, 400, "GET", ARTICLES, "node_id=" NODE "&filter=bad%3D1", NULL),
                        "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"NOT_IN_MODEL,bad\"}");
    static const char *const queries[] = {
        "", "node_id=", "node_id=" NODE "&limit=x", "node_id=" NODE "&limit=0", "node_id=" NODE "&skip=-1", "node_id=" NODE "&order=nothing%3DASC",
        "node_id=" NODE "&order=name%3DUP", "node_id=" NODE "&filter=full_price%3Dx", "node_id=" NODE "&filter=created_at%5Bgt%5D%3D2026-02-30",
        "node_id=" NODE "&filter=name%5Blike%5D%3Dx", "node_id=" NODE "&filter=deprecated%3Dno", "node_id=" NODE "&filter=stock_quantity%3D1",
    };
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        till_expect(&till, 400, "GET", ARTICLES, queries[i], NULL);
    till_close(&till);
}

static void orders(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"name=ASC", "g c e a b f d"},  /* 10 Abricot Eau Zèbre abricot eau Éclair */
        {"name=DESC", "d f b a e c g"},
        {"full_price=DESC&name=ASC", "g c b f a d e"},
        {"created_at=ASC", "a b c d e f g"},
    };
    struct till till;
    till_open(&till, SANDBOX_2026, EIGHT);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(till_column(&till, till_list(&till, ARTICLES, "node_id=" NODE, NULL, cases[i][0]), "summary"), cases[i][1]);
    /* Without the member: first, in whatever order. */
    const char *found = till_column(&till, till_list(&till, ARTICLES, "node_id=" NODE, NULL, "reference=ASC"), "summary");
    assert_string_equal(found + 4, "d e b g c");
    assert_true(strncmp(found, "a f", 3) == 0 || strncmp(found, "f a", 3) == 0);
    till_close(&till);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Equal records: the same order each time, over pages too, which is neither that of the ids nor that of creation. */
static void ties(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "\"options\":[]");
    for (int i = 0; i < 60; i++)
        till_expect(&till, 201, "POST", "/v1/catalog/options", NULL, "{\"node_id\":\"" NODE "\",\"name\":\"same\"}");
    const char *whole = till_column(&till, till_list(&till, "/v1/catalog/options", "node_id=" NODE, NULL, "name=ASC"), "_id");
    const char *paged = "";
    char *ids[64], *save = NULL;
    size_t count = 0;
    for (int skip = 0; skip < 60; skip += 7) {
        const char *page = till_call(&till, "GET", "/v1/catalog/options", till_format(&till, "node_id=" NODE "&order=name%%3DASC&limit=7&skip=%d", skip), NULL);
        paged = till_format(&till, "%s%s%s", paged, skip > 0 ? " " : "", till_column(&till, page, "_id"));
    }
    assert_string_equal(paged, whole);
    for (char *id = strtok_r((char *)(uintptr_t)till_format(&till, "%s", whole), " ", &save); id != NULL; id = strtok_r(NULL, " ", &save))
        ids[count++] = id;
    assert_int_equal(count, 60);
    bool sorted = true;
    for (size_t i = 1; i < count; i++)
        sorted = sorted && strcmp(ids[i - 1], ids[i]) < 0;
    assert_false(sorted);
    qsort(ids, count, sizeof ids[0], compare_texts);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    till_close(&till);
}

static void pages(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, EIGHT);
    assert_string_equal(till_column(&till, till_expect(&till, 200, "GET", ARTICLES, "node_id=" NODE "&limit=3&skip=2&order=created_at%3DASC", NULL), "summary"), "c d e");
    assert_string_equal(till_column(&till, till_expect(&till, 200, "GET", ARTICLES, "limit=3&order=created_at%3DASC&skip=6&node_id=" NODE, NULL), "summary"), "g");
    assert_string_equal(till_expect(&till, 200, "GET", ARTICLES, "node_id=" NODE "&skip=7", NULL), "[]");
    assert_string_equal(till_expect(&till, 200, "GET", ARTICLES, "node_id=" NODE "&skip=9223372036854775807", NULL), "[]");
    assert_string_equal(till_expect(&till, 200, "GET", ARTICLES, "node_id=ffffffffffffffffffffffff", NULL), "[]");
    till_close(&till);
}

/* 100 when nothing is said, 10 000 at most however much is asked. */
static void limits(void **state)
{
    (void)state;
    struct sandbox_options options = sandbox_default_options;
    struct till till;
    options.articles = 10050;
    options.sales = 0;
    options.key = KEY;
    till_open_options(&till, &options);
    const char *account = till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL);
    struct str node = json_text(json_get(json_get(till_json(&till, account), STR("nodes"))->first, STR("_id")));
    static const struct {
        const char *tail;
        size_t count;
    } rows[] = {{"", 100}, {"&limit=1", 1}, {"&limit=10000", 10000}, {"&limit=20000", 10000}, {"&limit=20000&skip=10000", 51}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(till_json(&till, till_expect(&till, 200, "GET", ARTICLES, till_format(&till, "node_id=%.*s%s", STR_ARG(node), rows[i].tail), NULL))->count, rows[i].count);
    till_close(&till);
}

/* A write is seen by the next list, whatever was asked before. */
static void lists_follow_writes(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "\"options\":[{\"_id\":\"" T1 "\",\"name\":\"m\"}]");
    const char *scope = "node_id=" NODE;
    assert_string_equal(till_column(&till, till_list(&till, "/v1/catalog/options", scope, NULL, "name=ASC"), "name"), "m");
    till_expect(&till, 201, "POST", "/v1/catalog/options", NULL, "{\"node_id\":\"" NODE "\",\"name\":\"a\"}");
    assert_string_equal(till_column(&till, till_list(&till, "/v1/catalog/options", scope, NULL, "name=ASC"), "name"), "a m");
    till_expect(&till, 200, "PUT", "/v1/catalog/options/" T1, NULL, "{\"name\":\"A\"}");
    assert_string_equal(till_column(&till, till_list(&till, "/v1/catalog/options", scope, NULL, "name=ASC"), "name"), "A a");
    till_expect(&till, 200, "DELETE", "/v1/catalog/options/" T1, NULL, NULL);
    assert_string_equal(till_column(&till, till_list(&till, "/v1/catalog/options", scope, "deprecated=false", "name=ASC"), "name"), "a");
    assert_string_equal(till_column(&till, till_list(&till, "/v1/catalog/options", scope, NULL, "name=ASC"), "name"), "A a");
    till_close(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters), cmocka_unit_test(refused_parameters), cmocka_unit_test(orders), cmocka_unit_test(ties),
        cmocka_unit_test(pages),   cmocka_unit_test(limits),             cmocka_unit_test(lists_follow_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
