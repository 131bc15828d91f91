/* test_dialects.c: error bodies and headers of the two generations of the live server. */
#include "till.h"

#define CATEGORIES "/v1/catalog/categories"
#define ONE "e1e1e1e1e1e1e1e1e1e1e1e1"
#define FIXTURE "\"categories\":[{\"_id\":\"" ONE "\",\"name\":\"Bières\"}]"

static void assert_error(struct till *till, int status, const char *method, const char *path, const char *body, const char *expected)
{
    assert_string_equal(till_expect(till, status, method, path, NULL, body), expected);
}

static void errors_of_2025(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2025, FIXTURE);
    assert_error(&till, 400, "GET", ARTICLES "/1", NULL,
                 "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"child \\\"article_id\\\" fails because [\\\"article_id\\\" with value \\\"1\\\" fails to match "
                 "the required pattern: /^[0-9A-Fa-f]{24}$/]\",\"validation\":{\"source\":\"params\",\"keys\":[\"article_id\"]}}");
    const char *empty_name = "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"child \\\"name\\\" fails because [\\\"name\\\" is not allowed to be empty]\","
                             "\"validation\":{\"source\":\"payload\",\"keys\":[\"name\"]}}";
    assert_error(&till, 400, "POST", CATEGORIES, "{\"company_id\":\"" COMPANY "\",\"name\":\"\"}", empty_name);
    assert_error(&till, 400, "PUT", CATEGORIES "/" ONE, "{\"name\":\"\"}", empty_name);
    assert_error(&till, 400, "PUT", CATEGORIES "/" ONE, "{\"name\":7}",
                 "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"child \\\"name\\\" fails because [\\\"name\\\" must be a string]\","
                 "\"validation\":{\"source\":\"payload\",\"keys\":[\"name\"]}}");
    till_close(&till);
}

static void errors_of_2026(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, FIXTURE);
    assert_error(&till, 400, "GET", ARTICLES "/1", NULL, "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Invalid request params input\"}");
    assert_error(&till, 400, "POST", CATEGORIES, "{\"company_id\":\"" COMPANY "\",\"name\":\"\"}",
                 "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Invalid request payload input\"}");
    assert_error(&till, 400, "PUT", CATEGORIES "/" ONE, "{\"name\":\"\"}",
                 "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"\\\"name\\\" is not allowed to be empty\",\"validation\":{\"source\":\"payload\",\"keys\":[\"name\"]}}");
    till_close(&till);
}

static void errors_of_both(void **state)
{
    (void)state;
    for (enum sandbox_dialect dialect = SANDBOX_2025; dialect <= SANDBOX_2026; dialect++) {
        struct till till;
        till_open(&till, dialect, FIXTURE);
        assert_error(&till, 404, "GET", ARTICLES "/ffffffffffffffffffffffff", NULL,
                     "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"\\\"article_id\\\" specified in \\\"params\\\" could not be found\"}");
        const char *no_route = "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"Not Found\"}";
        assert_error(&till, 404, "GET", "/v1/catalog/nothing", NULL, no_route);
        assert_error(&till, 404, "POST", ARTICLES "/" ONE, "{}", no_route);
        assert_error(&till, 404, "DELETE", "/v1/stock/movements/" ONE, NULL, no_route);
        assert_error(&till, 404, "POST", "/v1/shop/orders", "{}", no_route);
        assert_error(&till, 404, "GET", ARTICLES "/", NULL, no_route);
        assert_error(&till, 400, "PUT", CATEGORIES "/" ONE, "{\"name\":", "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Invalid request payload JSON format\"}");
        till_expect(&till, 400, "POST", CATEGORIES, NULL, NULL);
        till_expect(&till, 400, "PUT", CATEGORIES "/" ONE, NULL, "[]");
        till_close(&till);
    }
}

static void keys(void **state)
{
    (void)state;
    static const struct str bad[] = {{NULL, 0}, {"", 0}, {"0123456789abcdef01234568", 24}, {"0123456789abcdef0123456", 23}};
    struct till till;
    till_open(&till, SANDBOX_2026, "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        till.key = bad[i];
        assert_string_equal(till_member(&till, till_expect(&till, 401, "GET", "/v1/account/account", NULL, NULL), "statusCode"), "401");
    }
    till.key = STR(KEY);
    assert_string_equal(till_member(&till, till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL), "api_key"), KEY);
    till_close(&till);
}

/* Every dialect, accepted encoding and size against the sheet's table of transport. */
static void headers(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        bool old = i & 1, accepted = i & 2, large = i & 4;
        struct till till;
        till_open(&till, old ? SANDBOX_2025 : SANDBOX_2026, large ? "\"options\":[{\"name\":\"" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" "\"},{},{},{},{},{}]" : "");
        till.accept_encoding = accepted ? STR("deflate, gzip") : STR("identity, gzip;q=0");
        const char *body = till_expect(&till, 200, "GET", "/v1/catalog/options", "node_id=" NODE, NULL);
        assert_true(large == (till.response.body.n >= 1024));
        assert_non_null(body);
        bool gzip = accepted && (old || large);
        assert_int_equal(till.response.gzip, gzip);
        assert_int_equal(till.response.chunked, old || gzip);
        assert_string_equal(till_header(&till, "vary"), old || gzip ? "origin,accept-encoding" : "origin");
        assert_string_equal(till_header(&till, "cache-control"), "no-cache");
        assert_string_equal(till_header(&till, "Content-Type"), "application/json; charset=utf-8");
        assert_string_equal(till_header(&till, "Connection"), "keep-alive");
        if (old)
            assert_null(till_header(&till, "access-control-expose-headers"));
        else
            assert_string_equal(till_header(&till, "access-control-expose-headers"), "WWW-Authenticate,Server-Authorization");
        till_close(&till);
    }
}

/* Types, choices, lengths: the first error in the order of the table, and nothing is written. */
static void validation_stops_at_the_first_error(void **state)
{
    (void)state;
#define BASE "\"node_id\":\"" NODE "\",\"category_id\":\"" ONE "\",\"taxes\":[],\"name\":\"n\""
    static const struct {
        const char *body, *key, *text;
    } rows[] = {
        {"{}", "node_id", "\"node_id\" is required"},
        {"{\"node_id\":\"" NODE "\",\"name\":5}", "category_id", "\"category_id\" is required"},
        {"{\"node_id\":\"x\",\"name\":5}", "node_id", "\"node_id\" with value \"x\" fails to match the required pattern: /^[0-9A-Fa-f]{24}$/"},
        {"{" BASE ",\"full_price\":\"1\"}", "full_price", "\"full_price\" must be a number"},
        {"{" BASE ",\"full_price\":1e400}", "full_price", "\"full_price\" must be a number"},
        {"{" BASE ",\"in_stock\":1}", "in_stock", "\"in_stock\" must be a boolean"},
        {"{" BASE ",\"unit\":\"g\"}", "unit", "\"unit\" must be one of [, kg, l, m, min]"},
        {"{" BASE ",\"icon_text\":\"ABCDE\"}", "icon_text", "\"icon_text\" length must be less than or equal to 4 characters long"},
        {"{" BASE ",\"icon_text\":\"É\"}", "icon_text", "\"icon_text\" length must be at least 2 characters long"},
        {"{" BASE ",\"options\":{}}", "options", "\"options\" must be an array"},
        {"{" BASE ",\"reference\":null}", "reference", "\"reference\" must be a string"},
        {"[]", "value", "\"value\" must be an object"},
    };
    struct till till;
    till_open(&till, SANDBOX_2025, "\"articles\":[]");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *answer = till_expect(&till, 400, "POST", ARTICLES, NULL, rows[i].body);
        assert_string_equal(till_member(&till, answer, "message"), till_format(&till, "child \"%s\" fails because [%s]", rows[i].key, rows[i].text));
    }
    const char *answer = till_expect(&till, 400, "POST", ARTICLES, NULL, "{\"node_id\":\"" NODE "\",\"category_id\":\"" ONE "\",\"taxes\":[\"" ONE "\",\"no\"],\"name\":\"n\"}");
    assert_string_equal(till_member(&till, answer, "message"), "child \"taxes\" fails because [\"taxes\" at position 1 fails because [\"1\" with value \"no\" fails to match "
                        "the required pattern: /^[0-9A-Fa-f]{24}$/]]");
    answer = till_expect(&till, 400, "POST", "/v1/stock/movements", NULL, "{\"shop_id\":\"" SHOP "\",\"type\":\"in\",\"movements\":[{\"article_id\":\"" ONE "\"}]}");
    assert_string_equal(till_member(&till, answer, "message"),
                        "child \"movements\" fails because [\"movements\" at position 0 fails because [child \"units\" fails because [\"units\" is required]]]");
    till_expect(&till, 400, "POST", "/v1/stock/movements", NULL, "{\"shop_id\":\"" SHOP "\",\"type\":\"in\",\"movements\":[]}");
    assert_string_equal(till_list(&till, ARTICLES, "node_id=" NODE, NULL, NULL), "[]");
    till_close(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_2025), cmocka_unit_test(errors_of_2026), cmocka_unit_test(errors_of_both),
        cmocka_unit_test(keys),           cmocka_unit_test(headers),        cmocka_unit_test(validation_stops_at_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
