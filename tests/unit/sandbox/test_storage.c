/* test_storage.c: fixtures, and the state file across restarts. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "till.h"

#define ONE "e1e1e1e1e1e1e1e1e1e1e1e1"
#define ORDERS "/v1/shop/orders"

static void a_fixture_is_served_as_written(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "\"orders\":[{\"_id\":\"" ONE "\",\"number\":\"7\",\"total\":10.005,\"closed_at\":\"2026-10-05T10:00:00Z\","
              "\"lines\":[{\"quantity\":1e400,\"name\":\"a\"}],\"payments\":[{\"type\":\"cash\",\"amount\":\"12\"}],\"extra\":[1.0, 2]}]");
    const char *list = till_list(&till, ORDERS, "shop_id=" SHOP, NULL, NULL);
    const char *begin = "[{\"_id\":\"" ONE "\",\"number\":\"7\",\"total\":10.005,\"closed_at\":\"2026-10-05T10:00:00Z\",\"lines\":[{\"quantity\":1e400,\"name\":\"a\",\"_id\":\"";
    assert_memory_equal(list, begin, strlen(begin));
    assert_non_null(strstr(list, ",\"extra\":[1.0,2],\"state\":\"paid\","));
    assert_non_null(strstr(list, "\"discount\":0,\"options\":[]}]"));
    assert_string_equal(till_column(&till, list, "refund_of"), "null");
    assert_string_equal(till_column(&till, list, "total_tax"), "-");
    till_close(&till);
}

/* Records without an id get one; a table that is not named keeps the built-in records. */
static void what_a_fixture_leaves_out(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "\"articles\":[{\"name\":\"Café\"}]");
    const char *list = till_list(&till, ARTICLES, "node_id=" NODE, NULL, NULL);
    assert_string_equal(till_column(&till, list, "name"), "Café");
    assert_string_equal(till_column(&till, list, "icon_text"), "Café");
    assert_string_equal(till_column(&till, list, "ignore_stock"), "true");
    assert_string_equal(till_column(&till, list, "taxes"), "-");
    assert_int_equal(strlen(till_column(&till, list, "_id")), 24);
    till_close(&till);
    till_open(&till, SANDBOX_2026, "");
    struct sandbox_options options = sandbox_default_options;
    till_close(&till);
    options.shop = SANDBOX_SHOP_EMPTY;
    options.key = KEY;
    till_open_options(&till, &options);
    struct json *account = till_json(&till, till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL));
    const char *node = till_format(&till, "node_id=%.*s", STR_ARG(json_text(json_get(json_get(account, STR("nodes"))->first, STR("_id")))));
    const char *company = till_format(&till, "company_id=%.*s", STR_ARG(json_text(json_get(json_get(account, STR("companies"))->first, STR("_id")))));
    assert_string_equal(till_column(&till, till_list(&till, ARTICLES, node, NULL, NULL), "name"), "default");
    assert_string_equal(till_column(&till, till_list(&till, ARTICLES, node, "is_default=false", NULL), "name"), "");
    assert_string_equal(till_column(&till, till_list(&till, "/v1/catalog/categories", company, NULL, NULL), "name"), "Non catégorisé");
    till_close(&till);
}

/* The account follows the ids of the records when the fixture has none of its own. */
static void scopes_without_an_account(void **state)
{
    (void)state;
    struct till till, scratch = {0};
    struct sandbox_options options = sandbox_default_options;
    const char *path = till_write_file(&scratch, "{\"articles\":[{\"node_id\":\"" NODE "\",\"name\":\"x\"}]}");
    options.shop = SANDBOX_SHOP_EMPTY;
    options.fixture_path = path;
    options.key = KEY;
    till_open_options(&till, &options);
    unlink(path);
    assert_non_null(strstr(till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL), "\"nodes\":[{\"_id\":\"" NODE "\""));
    assert_string_equal(till_column(&till, till_list(&till, ARTICLES, "node_id=" NODE, NULL, NULL), "name"), "x");
    till_close(&till);
    arena_release(&scratch.arena);
}

static void assert_refused(const char *content, bool as_state)
{
    struct till scratch = {0};
    struct sandbox_options options = sandbox_default_options;
    struct sandbox *sandbox;
    struct err err = {0};
    assert_int_equal(hash_init(&err), OK);
    const char *path = till_write_file(&scratch, content);
    options.shop = SANDBOX_SHOP_EMPTY;
    if (as_state)
        options.state_path = path;
    else
        options.fixture_path = path;
    assert_int_equal(sandbox_open(&sandbox, &options, &system_clock, &err), ERR_DATA);
    unlink(path);
    arena_release(&scratch.arena);
}

static void bad_files(void **state)
{
    (void)state;
    static const char *const fixtures[] = {"", "[]", "{\"articles\":{}}", "{\"articles\":[1]}", "{\"sales\":[]}", "{\"articles\":[", "{\"account\":{}}", "{\"account\":7}"};
    static const char *const states[] = {"", "{}", "{\"tactill_sandbox\":1,\"account\":{}}", "nonsense\n"};
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++)
        assert_refused(fixtures[i], false);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        assert_refused(states[i], true);
}

static void state_survives(void **state)
{
    (void)state;
    struct till till, scratch = {0};
    struct sandbox_options options = sandbox_default_options;
    const char *path = till_write_file(&scratch, "");
    unlink(path); /* a state that is not there yet */
    options.articles = 40;
    options.sales = 30;
    options.state_path = path;
    options.key = KEY;
    till_open_options(&till, &options);
    struct json *account = till_json(&till, till_expect(&till, 200, "GET", "/v1/account/account", NULL, NULL));
    struct str id = json_text(json_get(json_get(account, STR("nodes"))->first, STR("_id")));
    const char *node = arena_copy(&scratch.arena, id).p;
    const char *body = till_format(&till, "{\"node_id\":\"%s\",\"category_id\":\"" ONE "\",\"taxes\":[],\"name\":\"kept\"}", node);
    const char *made = till_member(&till, till_expect(&till, 201, "POST", ARTICLES, NULL, body), "_id");
    made = arena_copy(&scratch.arena, str_from(made)).p;
    const char *scope = till_format(&scratch, "node_id=%s", node);
    const char *before = arena_copy(&scratch.arena, str_from(till_list(&till, ARTICLES, scope, NULL, "name=ASC"))).p;
    till_close(&till); /* without a last save: each write was kept */

    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    options.seed = 99; /* what is in the state counts, not what would be generated */
    options.key = NULL;
    till_open_options(&till, &options);
    assert_string_equal(till_list(&till, ARTICLES, scope, NULL, "name=ASC"), before);
    till_expect(&till, 200, "GET", till_format(&till, ARTICLES "/%s", made), NULL, NULL);
    /* The clock stands still, yet ids do not come again. */
    assert_string_not_equal(till_member(&till, till_expect(&till, 201, "POST", ARTICLES, NULL, body = till_format(&till, "{\"node_id\":\"%s\",\"category_id\":\"" ONE
                            "\",\"taxes\":[],\"name\":\"other\"}", node)), "_id"), made);
    till_close(&till);
    unlink(path);
    arena_release(&scratch.arena);
}

/* A disk that refuses is not hidden from the client. */
static void a_write_that_cannot_be_kept(void **state)
{
    (void)state;
    struct till till;
    struct sandbox_options options = sandbox_default_options;
    options.shop = SANDBOX_SHOP_EMPTY;
    options.key = KEY;
    options.state_path = "/nonexistent-folder/state";
    till_open_options(&till, &options);
    till_expect(&till, 500, "POST", "/v1/catalog/options", NULL, "{\"node_id\":\"" NODE "\",\"name\":\"n\"}");
    till_close(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixture_is_served_as_written), cmocka_unit_test(what_a_fixture_leaves_out), cmocka_unit_test(scopes_without_an_account),
        cmocka_unit_test(bad_files),                      cmocka_unit_test(state_survives),            cmocka_unit_test(a_write_that_cannot_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
