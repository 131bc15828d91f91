/* test_document.c: the compact JSON text of a record: reading, changing, and numbers as the till gives them back. */
#include "sandbox/document_int.h"
#include "till.h"

static void assert_str(struct str found, const char *expected)
{
    if (!str_equal(found, str_from(expected)))
        fail_msg("`%.*s` instead of `%s`", STR_ARG(found), expected);
}

static void numbers_as_javascript_prints_them(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1.0", "1"},       {"20.0", "20"},      {"7.10", "7.1"},     {"-0.0", "0"},         {"0", "0"},           {"0.05", "0.05"},
        {"1e3", "1000"},    {"1.5e2", "150"},    {"12E-1", "1.2"},    {"-0.0050", "-0.005"}, {"100", "100"},       {"0.000001", "0.000001"},
        {"1e-7", "1e-7"},   {"1e21", "1e+21"},   {"123e20", "1.23e+22"}, {"1e20", "100000000000000000000"}, {"0.10e1", "1"}, {"10.005", "10.005"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO out = {0};
        number_append(&out, str_from(cases[i][0]));
        assert_str(buf_str(&out), cases[i][1]);
    }
}

static void members_are_found_wherever_they_stand(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct str text = STR("{\"a\":{\"b\":[1,\"}\"]},\"b\":\"x\\\"y,}\",\"c\":[{\"b\":2},[]],\"d\":-1.5,\"e\":null}");
    assert_str(document_get(text, STR("a")), "{\"b\":[1,\"}\"]}");
    assert_str(document_get(text, STR("b")), "\"x\\\"y,}\"");
    assert_str(document_string(&arena, document_get(text, STR("b"))), "x\"y,}");
    assert_str(document_get(text, STR("c")), "[{\"b\":2},[]]");
    assert_str(document_get(text, STR("d")), "-1.5");
    assert_str(document_get(text, STR("e")), "null");
    assert_null(document_get(text, STR("f")).p);
    assert_null(document_get(STR("{}"), STR("f")).p);
}

static void arrays_are_walked(void **state)
{
    (void)state;
    size_t at = 0;
    struct str element, array = STR("[1,{\"a\":[2,3]},\"x,y\"]");
    assert_true(document_next(array, &at, &element));
    assert_str(element, "1");
    assert_true(document_next(array, &at, &element));
    assert_str(element, "{\"a\":[2,3]}");
    assert_true(document_next(array, &at, &element));
    assert_str(element, "\"x,y\"");
    assert_false(document_next(array, &at, &element));
    at = 0;
    assert_false(document_next(STR("[]"), &at, &element));
    at = 0;
    assert_false(document_next(STR("null"), &at, &element));
}

static void changes_keep_the_order(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUF_AUTO out = {0};
    struct document document = {.arena = &arena};
    document_read(&document, STR("{\"a\":1,\"b\":[2],\"c\":3}"));
    document_put(&document, STR("b"), STR("\"new\""));
    document_put(&document, STR("d"), STR("4"));
    document_remove(&document, STR("a"));
    document_append(&out, &document);
    assert_str(buf_str(&out), "{\"b\":\"new\",\"c\":3,\"d\":4}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_javascript_prints_them),
        cmocka_unit_test(members_are_found_wherever_they_stand),
        cmocka_unit_test(arrays_are_walked),
        cmocka_unit_test(changes_keep_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
