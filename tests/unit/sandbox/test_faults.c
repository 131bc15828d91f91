/* test_faults.c: faults come when their number says so, and do what they say. */
#include <string.h>

#include "sandbox/faults_int.h"
#include "till.h"

static void open_with(struct till *till, const char *faults)
{
    struct sandbox_options options = sandbox_default_options;
    options.articles = 60;
    options.sales = 20;
    options.key = KEY;
    options.faults = faults;
    till_open_options(till, &options);
}

/* The statuses of the next `count` requests, joined by blanks. */
static const char *statuses(struct till *till, int count)
{
    const char *text = "";
    for (int i = 0; i < count; i++) {
        till_call(till, "GET", "/v1/account/account", NULL, NULL);
        text = till_format(till, "%s%s%d", text, i > 0 ? " " : "", till->response.status);
    }
    return text;
}

static void statuses_by_number(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"429:every=3", "200 200 429 200 200 429 200 200"},
        {"503:at=5", "200 200 200 200 503 200 200 200"},
        {"401:after=4", "200 200 200 200 401 401 401 401"},
        {"500:times=2", "500 500 200 200 200 200 200 200"},
        {"429:at=1,503:every=2", "429 503 200 503 200 503 200 503"},
        {"502:path=articles", "200 200 200 200 200 200 200 200"},
        {"504:path=account:method=GET:after=6", "200 200 200 200 200 200 504 504"},
        {"408:method=POST", "200 200 200 200 200 200 200 200"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct till till;
        open_with(&till, cases[i][0]);
        assert_string_equal(statuses(&till, 8), cases[i][1]);
        till_close(&till);
    }
}

static void retry_after(void **state)
{
    (void)state;
    struct till till;
    open_with(&till, "429:at=1:retry_after=3,429:at=2,429:at=3:retry_after=0,429:at=4,empty_retry_after:at=4");
    const char *body = till_expect(&till, 429, "GET", "/v1/account/account", NULL, NULL);
    assert_string_equal(till_member(&till, body, "error"), "Too Many Requests");
    assert_string_equal(till_header(&till, "Retry-After"), "3");
    till_call(&till, "GET", "/v1/account/account", NULL, NULL);
    assert_null(till_header(&till, "Retry-After"));
    till_call(&till, "GET", "/v1/account/account", NULL, NULL);
    assert_string_equal(till_header(&till, "Retry-After"), "0");
    till_call(&till, "GET", "/v1/account/account", NULL, NULL);
    assert_string_equal(till_header(&till, "Retry-After"), "");
    till_close(&till);
}

static void spoilt_answers(void **state)
{
    (void)state;
    struct till till;
    open_with(&till, "cut:at=1,delay=200:at=2,html:at=3,not_json:at=4,plain:at=5,503:at=6");
    till.accept_encoding = STR("gzip");
    till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL);
    assert_true(till.response.cut);
    till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL);
    assert_int_equal(till.response.delay_ms, 200);
    assert_false(till.response.cut);
    assert_int_equal(till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL)[0], '<');
    assert_string_equal(till_header(&till, "Content-Type"), "text/html; charset=utf-8");
    ARENA_AUTO arena = {0};
    struct json *json;
    struct err err = {0};
    assert_int_equal(json_parse(&arena, str_from(till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL)), &json, &err), ERR_DATA);
    till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL);
    assert_false(till.response.gzip);
    till_expect(&till, 503, "GET", "/v1/account/account", NULL, NULL);
    assert_string_equal(till_header(&till, "Content-Type"), "text/html; charset=utf-8");
    till_close(&till);
}

static void lists_that_deceive(void **state)
{
    (void)state;
    struct till till;
    open_with(&till, "limit=50:path=articles,unordered:path=articles");
    struct json *account = till_json(&till, till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL));
    struct str node = json_text(json_get(json_get(account, STR("nodes"))->first, STR("_id")));
    const char *query = till_format(&till, "node_id=%.*s&limit=1000", STR_ARG(node));
    const char *first = till_expect(&till, 200, "GET", ARTICLES, query, NULL);
    assert_int_equal(till_json(&till, first)->count, 50);
    assert_string_not_equal(till_expect(&till, 200, "GET", ARTICLES, query, NULL), first);
    const char *ordered = till_format(&till, "%s&order=_id%%3DASC", query);
    assert_string_equal(till_expect(&till, 200, "GET", ARTICLES, ordered, NULL), till_expect(&till, 200, "GET", ARTICLES, ordered, NULL));
    till_close(&till);
}

/* Carried out, the answer lost: the record is there. */
static void lost_posts(void **state)
{
    (void)state;
    struct till till;
    open_with(&till, "lost_post:at=2,503:at=4:method=POST");
    struct json *account = till_json(&till, till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL));
    struct str node = json_text(json_get(json_get(account, STR("nodes"))->first, STR("_id")));
    for (int i = 1; i <= 4; i++) {
        till_call(&till, "POST", "/v1/catalog/options", NULL, till_format(&till, "{\"node_id\":\"%.*s\",\"name\":\"new%d\"}", STR_ARG(node), i));
        assert_int_equal(till.response.cut, i == 2);
    }
    const char *scope = till_format(&till, "node_id=%.*s", STR_ARG(node));
    assert_string_equal(till_column(&till, till_list(&till, "/v1/catalog/options", scope, "name[gte]=new&name[lt]=nex", "name=ASC"), "name"), "new1 new2 new3");
    till_close(&till);
}

static void grammar(void **state)
{
    (void)state;
    static const char *const bad[] = {"x", "200", "99", "600", "429:every", "429:every=0", "429:often=3", "delay", "delay=x", "delay=0", "cut=1", "limit=-1", ",", "429:", "429:path="};
    struct faults faults;
    struct err err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (faults_parse(&faults, str_from(bad[i]), &err) != ERR_USAGE)
            fail_msg("%s was taken", bad[i]);
    assert_int_equal(faults_parse(&faults, STR("429:every=7:retry_after=1, 503:at=5,cut:at=9"), &err), OK);
    assert_int_equal(faults.count, 3);
    assert_int_equal(faults_parse(&faults, STR(""), &err), OK);
    assert_int_equal(faults.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_by_number), cmocka_unit_test(retry_after), cmocka_unit_test(spoilt_answers),
        cmocka_unit_test(lists_that_deceive), cmocka_unit_test(lost_posts),  cmocka_unit_test(grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
