/* test_till_lists.c: the key, the query of a list to the byte, the account, and reading whole lists from a till that lowers its limit, moves its
 * pages, cuts, refuses, or answers in any order. */
#include "fake_till.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_text(s, literal) assert_true(str_equal((s), STR(literal)))

static void assert_says(const struct err *err, const char *part)
{
    BUF_AUTO text = {0};

    err_format(err, &text);
    if (strstr(text.p, part) == NULL)
        fail_msg("“%s” is not in “%s”", part, text.p);
}

static void assert_never_says(const struct err *err, const char *part)
{
    BUF_AUTO text = {0};

    err_format(err, &text);
    if (strstr(text.p, part) != NULL)
        fail_msg("“%s” is in “%s”", part, text.p);
}

/* ---- key and address ---- */

static void test_keys(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(till_key_check(STR("0123456789abcdefABCDEF01"), &err), OK);
    assert_int_equal(till_key_check(STR(""), &err), ERR_DATA);
    assert_says(&err, "empty");
    assert_int_equal(till_key_check(STR("v5_0123456789abcdef01234"), &err), ERR_DATA);
    assert_says(&err, "not supported yet");
    assert_int_equal(till_key_check(STR("0123456789abcdef0123456"), &err), ERR_DATA);
    assert_says(&err, "23 characters");
    assert_int_equal(till_key_check(STR("0123456789abcdef0123456g"), &err), ERR_DATA);
    assert_says(&err, "place 24");
    assert_never_says(&err, "0123456");
}

static void answer_account(struct fake_till *till, const char *url, struct fake_reply *reply);

static void test_addresses(void **state)
{
    static const struct { const char *url, *asked; } cases[] = {
        {"https://till.example", "https://till.example/v1/account/account"},
        {" https://till.example/ ", "https://till.example/v1/account/account"},
        {"https://till.example/v1", "https://till.example/v1/account/account"},
        {"https://till.example/v1//", "https://till.example/v1/account/account"},
        {"https://till.example/proxy/v1/", "https://till.example/proxy/v1/account/account"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/account/account"},
        {"http://till.example", NULL},
        {"https://till.example?x=1", NULL},
        {"till.example", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_till till = {.answer = answer_account};
        struct till_client *client = NULL;
        struct till_account account;
        ARENA_AUTO arena = {0};
        struct err err = {0};
        int rc = fake_client_try(&till, cases[i].url, FAKE_KEY, &client, &err);

        if (cases[i].asked == NULL) {
            assert_int_equal(rc, ERR_DATA);
            assert_null(client);
            continue;
        }
        assert_int_equal(rc, OK);
        assert_int_equal(till_account_get(client, &arena, &account, &err), OK);
        assert_string_equal(till.last_url, cases[i].asked);
        till_client_free(client);
    }
}

/* ---- the query ---- */

/* The example of tactill-v4.md, with the ids A1 and A2. */
static void test_filter_golden(void **state)
{
    const struct till_filter filters[] = {
        {STR("deprecated"), STR(""), STR("false")},
        {STR("is_default"), STR(""), STR("false")},
        {STR("category_id"), STR("in"), STR("A1")},
        {STR("category_id"), STR("in"), STR("A2")},
    };
    struct till_list list = {
        .path = STR("/v1/catalog/articles"), .scope_name = STR("node_id"), .scope_id = STR("N"), .filters = filters, .filter_count = 4,
        .order = STR("name=ASC"), .limit = 100,
    };
    BUF_AUTO out = {0};

    (void)state;
    till_append_list_query(&out, &list, 200);
    assert_string_equal(out.p, "/v1/catalog/articles?node_id=N&limit=100&skip=200"
                               "&filter=deprecated%3Dfalse%26is_default%3Dfalse%26category_id%5Bin%5D%3DA1%26category_id%5Bin%5D%3DA2"
                               "&order=name%3DASC");
}

static void test_filter_lone_values(void **state)
{
    const struct till_filter filters[] = {
        {STR("category_id"), STR("in"), STR("A1")},
        {STR("_id"), STR("nin"), STR("B1")},
        {STR("updated_at"), STR("gte"), STR("2026-01-01 00:00:00")},
        {STR("name"), STR(""), STR("Thé & café = 1+1")},
    };
    struct till_list list = {.path = STR("/p"), .filters = filters, .filter_count = 4, .order = STR("_id=ASC"), .limit = 1};
    BUF_AUTO out = {0};

    (void)state;
    till_append_list_query(&out, &list, 0);
    assert_string_equal(out.p, "/p?limit=1&skip=0&filter=category_id%3DA1%26_id%5Bne%5D%3DB1%26updated_at%5Bgte%5D%3D2026-01-01%2000%3A00%3A00"
                               "%26name%3DTh%C3%A9%20%2526%20caf%C3%A9%20%253D%201%252B1&order=_id%3DASC");
}

static void test_catalog_scopes(void **state)
{
    static const struct { enum till_resource resource; const char *path, *scope; } cases[] = {
        {TILL_ARTICLES, "/v1/catalog/articles", "node_id"}, {TILL_CATEGORIES, "/v1/catalog/categories", "company_id"},
        {TILL_TAXES, "/v1/catalog/taxes", "company_id"}, {TILL_DISCOUNTS, "/v1/catalog/discounts", "shop_id"},
        {TILL_OPTIONS, "/v1/catalog/options", "node_id"}, {TILL_OPTION_LISTS, "/v1/catalog/option_lists", "node_id"},
        {TILL_PACKS, "/v1/catalog/packs", "node_id"},
    };
    const struct till_account account = {.node_id = STR("node_id"), .company_id = STR("company_id"), .shop_id = STR("shop_id")};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct till_list list = till_catalog_list(cases[i].resource, &account);

        assert_true(str_equal(list.path, str_from(cases[i].path)));
        assert_true(str_equal(list.scope_name, str_from(cases[i].scope)));
        assert_true(str_equal(list.scope_id, str_from(cases[i].scope)));
        assert_text(list.order, "_id=ASC");
    }
}

/* ---- the account ---- */

static void answer_account(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)till;
    (void)url;
    buf_append_z(&reply->body, "{\"_id\":\"a\",\"api_key\":\"" FAKE_KEY "\",\"email\":\"a@b.fr\",\"nodes\":[{\"_id\":\"N\",\"name\":\"Ma boutique\"}],"
                               "\"companies\":[{\"_id\":\"K\"}],\"shops\":[\"S\"]}");
}

static void answer_account_without_shop(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)till;
    (void)url;
    buf_append_z(&reply->body, "{\"api_key\":\"" FAKE_KEY "\",\"nodes\":[{\"_id\":\"N\"}],\"companies\":[{\"_id\":\"K\"}],\"shops\":[]}");
}

/* The key stands in the text that a message quotes, once whole and once cut. */
static void answer_account_cut(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)url;
    buf_append_z(&reply->body, "{\"api_key\":\"" FAKE_KEY "\",\"again\":\"0123456789ab");
    reply->truncated = till->records == 1;
}

static void answer_account_404(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)till;
    (void)url;
    reply->status = 404;
    reply->content_type = "text/html";
    buf_append_z(&reply->body, "<html>not here");
}

static void test_account(void **state)
{
    struct fake_till till = {.answer = answer_account};
    struct till_client *client = fake_client(&till);
    struct till_account account = {0};
    ARENA_AUTO arena = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(till_account_get(client, &arena, &account, &err), OK);
    assert_string_equal(till.last_url, FAKE_URL "/v1/account/account");
    assert_string_equal(till.last_key, FAKE_KEY);
    assert_text(account.node_id, "N");
    assert_text(account.node_name, "Ma boutique");
    assert_text(account.company_id, "K");
    assert_null(account.company_name.p);
    assert_text(account.shop_id, "S");
    assert_text(account.email, "a@b.fr");
    till.answer = answer_account_without_shop;
    assert_int_equal(till_account_get(client, &arena, &account, &err), ERR_TILL);
    assert_says(&err, "shops");
    till.answer = answer_account_404;
    assert_int_equal(till_account_get(client, &arena, &account, &err), ERR_TILL);
    assert_says(&err, "no Tactill till");
    till_client_free(client);
}

static void test_key_is_never_quoted(void **state)
{
    struct fake_till till = {.answer = answer_account_cut};
    struct till_client *client = fake_client(&till);
    struct till_account account;
    ARENA_AUTO arena = {0};

    (void)state;
    for (till.records = 0; till.records < 2; till.records++) {
        struct err err = {0};

        assert_int_equal(till_account_get(client, &arena, &account, &err), ERR_TILL);
        assert_says(&err, "api_key");
        assert_never_says(&err, "012345");
    }
    till_client_free(client);
}

/* ---- whole lists ---- */

/* `records` records r0, r1, …, at most server_limit a page. */
static void answer_records(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    int64_t limit = fake_query_number(url, "limit"), skip = fake_query_number(url, "skip");

    till->page_requests++;
    if (till->server_limit > 0 && limit > till->server_limit)
        limit = till->server_limit;
    buf_append_char(&reply->body, '[');
    for (int64_t i = skip; i < skip + limit && i < till->records; i++)
        buf_printf(&reply->body, "%s{\"_id\":\"r%d\"}", i > skip ? "," : "", (int)i);
    buf_append_char(&reply->body, ']');
}

struct seen {
    int64_t next;              /* the records must be r0, r1, … without a gap */
    int pages;
    int stop_at_page;
};

static int on_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    struct seen *seen = context;

    assert_int_equal(skip, seen->next);
    assert_true(bytes.n > 0 && bytes.p[0] == '[');
    for (const struct json *one = array->first; one != NULL; one = one->next) {
        BUF_AUTO expected = {0};

        buf_printf(&expected, "r%d", (int)seen->next++);
        assert_true(str_equal(json_text(json_get(one, STR("_id"))), buf_str(&expected)));
    }
    seen->pages++;
    return seen->pages == seen->stop_at_page ? err_set(err, ERR_DATA, N_("enough")) : OK;
}

static struct till_list list_of(int limit)
{
    return (struct till_list){.path = STR("/v1/catalog/articles"), .scope_name = STR("node_id"), .scope_id = STR("N"), .order = STR("_id=ASC"), .limit = limit};
}

static int read_all(struct fake_till *till, int limit, int in_flight, struct seen *seen, struct err *err)
{
    struct till_client *client = fake_client(till);
    struct till_list list = list_of(limit);
    int rc = till_list_read(client, &list, in_flight, on_page, seen, err);

    till_client_free(client);
    return rc;
}

static void test_all_sizes_and_orders(void **state)
{
    static const int records[] = {0, 1, 9, 10, 11, 20, 99, 100, 101, 250};
    static const int server_limits[] = {0, 1, 3, 7, 10, 50};
    static const int in_flight[] = {1, 2, 5, 32};

    (void)state;
    for (size_t r = 0; r < sizeof(records) / sizeof(*records); r++) {
        for (size_t s = 0; s < sizeof(server_limits) / sizeof(*server_limits); s++) {
            for (size_t f = 0; f < sizeof(in_flight) / sizeof(*in_flight); f++) {
                struct fake_till till = {
                    .answer = answer_records, .order = (enum fake_order)((r + s + f) % 3), .seed = r, .records = records[r], .server_limit = server_limits[s],
                };
                struct seen seen = {0};
                struct err err = {0};

                assert_int_equal(read_all(&till, 10, in_flight[f], &seen, &err), OK);
                assert_int_equal(seen.next, records[r]);
                assert_true(till.most_waiting <= (size_t)in_flight[f]);
            }
        }
    }
}

static void test_several_in_flight(void **state)
{
    struct fake_till till = {.answer = answer_records, .order = FAKE_LAST_FIRST, .records = 500};
    struct seen seen = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(read_all(&till, 10, 8, &seen, &err), OK);
    assert_int_equal(seen.next, 500);
    assert_int_equal(seen.pages, 50);
    assert_int_equal(till.most_waiting, 8);
}

static void test_requests_of_a_short_list(void **state)
{
    struct fake_till till = {.answer = answer_records, .records = 7};
    struct seen seen = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(read_all(&till, 10, 8, &seen, &err), OK);
    assert_int_equal(till.requests, 2);
    assert_string_equal(till.last_url, FAKE_URL "/v1/catalog/articles?node_id=N&limit=10&skip=7&order=_id%3DASC");
}

/* The server changes its mind in the middle: 10 a page, later 4, later 10 again. */
static void answer_changing(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    int64_t skip = fake_query_number(url, "skip");

    till->server_limit = skip >= 100 && skip < 160 ? 4 : 10;
    answer_records(till, url, reply);
}

static void test_changing_limit(void **state)
{
    (void)state;
    for (int in_flight = 1; in_flight <= 16; in_flight *= 2) {
        struct fake_till till = {.answer = answer_changing, .order = FAKE_SHUFFLED, .seed = 7, .records = 333};
        struct seen seen = {0};
        struct err err = {0};

        assert_int_equal(read_all(&till, 10, in_flight, &seen, &err), OK);
        assert_int_equal(seen.next, 333);
    }
}

/* The list grows while it is read: an empty page alone is the end. */
static void answer_growing(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    if (till->page_requests == 3)
        till->records += 5;
    answer_records(till, url, reply);
}

static void test_growing_list(void **state)
{
    struct fake_till till = {.answer = answer_growing, .records = 25};
    struct seen seen = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(read_all(&till, 10, 1, &seen, &err), OK);
    assert_int_equal(seen.next, 30);
}

/* Records that go away from the front move the pages: some are then missed here and found by the overlap of the next run, but what is handed over
 * stays in order, and the end is reached. */
static int count_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    int64_t *due = context;

    (void)bytes;
    (void)err;
    assert_int_equal(skip, *due);
    *due += (int64_t)array->count;
    return OK;
}

static void answer_moving(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    int64_t limit = fake_query_number(url, "limit"), skip = fake_query_number(url, "skip"), moved = 3 * till->page_requests++;

    buf_append_char(&reply->body, '[');
    for (int64_t i = skip + moved; i < skip + moved + limit && i < till->records; i++)
        buf_printf(&reply->body, "%s{\"_id\":\"r%d\"}", i > skip + moved ? "," : "", (int)i);
    buf_append_char(&reply->body, ']');
}

static void test_moved_pages(void **state)
{
    struct fake_till till = {.answer = answer_moving, .order = FAKE_SHUFFLED, .records = 200};
    struct till_client *client = fake_client(&till);
    struct till_list list = list_of(10);
    int64_t due = 0;
    struct err err = {0};

    (void)state;
    assert_int_equal(till_list_read(client, &list, 4, count_page, &due, &err), OK);
    assert_true(due > 100 && due < 200);
    till_client_free(client);
}

static void answer_same_page(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)till;
    (void)url;
    buf_append_z(&reply->body, "[{\"_id\":\"r0\"},{\"_id\":\"r1\"}]");
}

static void test_skip_ignored(void **state)
{
    struct fake_till till = {.answer = answer_same_page};
    struct till_client *client = fake_client(&till);
    struct till_list list = list_of(2);
    int64_t due = 0;
    struct err err = {0};

    (void)state;
    assert_int_equal(till_list_read(client, &list, 1, count_page, &due, &err), ERR_TILL);
    assert_says(&err, "skip");
    assert_true(till.requests <= 4);
    till_client_free(client);
}

/* ---- bad pages ---- */

enum bad { BAD_CUT, BAD_HALF_JSON, BAD_HTML, BAD_NO_TYPE, BAD_OBJECT, BAD_NO_ID, BAD_EMPTY_ID, BAD_401, BAD_403, BAD_400, BAD_503, BAD_NO_ANSWER, BAD_CASES };

/* The third page is bad in the way that server_limit names. */
static void answer_bad(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    if (fake_query_number(url, "skip") != 20) {
        int way = till->server_limit;

        till->server_limit = 0;
        answer_records(till, url, reply);
        till->server_limit = way;
        return;
    }
    switch ((enum bad)till->server_limit) {
    case BAD_CUT:
        reply->truncated = true;
        buf_append_z(&reply->body, "[{\"_id\":\"r20\"}]");
        break;
    case BAD_HALF_JSON:
        buf_append_z(&reply->body, "[{\"_id\":\"r20\"},{\"_id\":");
        break;
    case BAD_HTML:
        reply->content_type = "text/html";
        buf_append_z(&reply->body, "<!doctype html>\n<title>Portail Wi-Fi</title> \033[2J and much more text that nobody wants to read in a message");
        break;
    case BAD_NO_TYPE:
        reply->content_type = NULL;
        buf_append_z(&reply->body, "[]");
        break;
    case BAD_OBJECT:
        buf_append_z(&reply->body, "{\"statusCode\":200}");
        break;
    case BAD_NO_ID:
        buf_append_z(&reply->body, "[{\"_id\":\"r20\"},{\"name\":\"x\"}]");
        break;
    case BAD_EMPTY_ID:
        buf_append_z(&reply->body, "[{\"_id\":\"\"}]");
        break;
    case BAD_401:
        reply->status = 401;
        buf_append_z(&reply->body, "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Bad token\"}");
        break;
    case BAD_403:
        reply->status = 403;
        break;
    case BAD_400:
        reply->status = 400;
        buf_append_z(&reply->body, "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"NOT_IN_MODEL,bad\"}");
        break;
    case BAD_503:
        reply->status = 503;
        reply->content_type = "text/plain";
        buf_append_z(&reply->body, "upstream");
        break;
    default:
        reply->status = 0;
    }
}

static void test_bad_pages(void **state)
{
    static const char *const parts[BAD_CASES][3] = {
        [BAD_CUT] = {"cut off", "skip=20 ", "15 bytes"},
        [BAD_HALF_JSON] = {"JSON", "skip=20 ", "[{\"_id\""},
        [BAD_HTML] = {"text/html", "skip=20 ", "Portail Wi-Fi"},
        [BAD_NO_TYPE] = {"did not answer with JSON", "skip=20 ", "status 200"},
        [BAD_OBJECT] = {"not a list", "skip=20 ", "statusCode"},
        [BAD_NO_ID] = {"element 2", "skip=20 ", "no identity"},
        [BAD_EMPTY_ID] = {"element 1", "skip=20 ", "no identity"},
        [BAD_401] = {"refuses the API key", "401", "Bad token"},
        [BAD_403] = {"refuses the API key", "403", "skip=20 "},
        [BAD_400] = {"400", "skip=20 ", "NOT_IN_MODEL,bad"},
        [BAD_503] = {"503", "skip=20 ", "upstream"},
        [BAD_NO_ANSWER] = {"nothing listens", "", ""},
    };

    (void)state;
    for (int way = 0; way < BAD_CASES; way++) {
        for (int in_flight = 1; in_flight <= 6; in_flight += 5) {
            struct fake_till till = {.answer = answer_bad, .order = FAKE_LAST_FIRST, .records = 100, .server_limit = way};
            struct seen seen = {0};
            struct err err = {0};

            assert_int_equal(read_all(&till, 10, in_flight, &seen, &err), ERR_TILL);
            assert_int_equal(seen.next, 20); /* what stands before the bad page was handed over */
            for (size_t i = 0; i < 3; i++)
                assert_says(&err, parts[way][i]);
            assert_never_says(&err, "\033");
            assert_never_says(&err, "wants to read");
        }
    }
}

/* A page past the end may be refused: it is not the list's business. */
static void answer_refusing_past_end(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    if (fake_query_number(url, "skip") > till->records)
        reply->status = 400;
    else
        answer_records(till, url, reply);
}

static void test_refusal_past_the_end(void **state)
{
    struct fake_till till = {.answer = answer_refusing_past_end, .order = FAKE_LAST_FIRST, .records = 55};
    struct seen seen = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(read_all(&till, 10, 6, &seen, &err), OK);
    assert_int_equal(seen.next, 55);
}

/* After a list that stopped half-way its late answers are not taken for the answer of what comes next. */
static void test_client_after_a_stop(void **state)
{
    struct fake_till till = {.answer = answer_records, .order = FAKE_LAST_FIRST, .records = 1000};
    struct till_client *client = fake_client(&till);
    struct till_list list = list_of(10);
    struct seen seen = {.stop_at_page = 3}, again = {0};
    struct json *array;
    struct str bytes;
    ARENA_AUTO arena = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(till_list_read(client, &list, 8, on_page, &seen, &err), ERR_DATA);
    assert_true(till.waiting_count > 0);
    till.order = FAKE_FIRST_FIRST;
    assert_int_equal(till_page_get(client, &list, 990, &arena, &bytes, &array, &err), OK);
    assert_int_equal(array->count, 10);
    assert_text(json_text(json_get(array->first, STR("_id"))), "r990");
    assert_true(bytes.n > 0);
    assert_int_equal(till_list_read(client, &list, 32, on_page, &again, &err), OK);
    assert_int_equal(again.next, 1000);
    till_client_free(client);
}

/* ---- single records ---- */

static void answer_single(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)url;
    switch (till->last_method) {
    case HTTP_POST:
        reply->status = 201;
        buf_append_z(&reply->body, "{\"_id\":\"A\",\"name\":\"TEST\"}");
        break;
    case HTTP_PUT:
        buf_append_z(&reply->body, "{\"statusCode\":200,\"error\":\"\",\"message\":\"article successfully updated\"}");
        break;
    default:
        buf_append_z(&reply->body, "{\"_id\":\"A\",\"name\":\"TEST\"}");
    }
}

static void answer_refused_name(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)till;
    (void)url;
    reply->status = 400;
    buf_append_z(&reply->body, "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"\\\"name\\\" is not allowed to be empty\","
                               "\"validation\":{\"source\":\"payload\",\"keys\":[\"name\"]}}");
}

static void test_single_records(void **state)
{
    struct fake_till till = {.answer = answer_single};
    struct till_client *client = fake_client(&till);
    struct json *record = NULL;
    ARENA_AUTO arena = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(till_create(client, TILL_ARTICLES, STR("{\"name\":\"TEST\"}"), &arena, &record, &err), OK);
    assert_string_equal(till.last_url, FAKE_URL "/v1/catalog/articles");
    assert_string_equal(till.last_body, "{\"name\":\"TEST\"}");
    assert_text(json_text(json_get(record, STR("name"))), "TEST");
    assert_int_equal(till_update(client, TILL_TAXES, STR("A/../B"), STR("{}"), &err), OK);
    assert_string_equal(till.last_url, FAKE_URL "/v1/catalog/taxes/A%2F..%2FB");
    assert_int_equal(till_get(client, TILL_PACKS, STR("A"), &arena, &record, &err), OK);
    assert_string_equal(till.last_url, FAKE_URL "/v1/catalog/packs/A");
    assert_int_equal(till_get(client, TILL_PACKS, STR("B"), &arena, &record, &err), ERR_TILL);
    assert_says(&err, "another record");
    till.answer = answer_refused_name;
    assert_int_equal(till_create(client, TILL_ARTICLES, STR("{}"), &arena, &record, &err), ERR_TILL);
    assert_says(&err, "\"name\" is not allowed to be empty");
    till_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_filter_golden),
        cmocka_unit_test(test_filter_lone_values),
        cmocka_unit_test(test_catalog_scopes),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_key_is_never_quoted),
        cmocka_unit_test(test_all_sizes_and_orders),
        cmocka_unit_test(test_several_in_flight),
        cmocka_unit_test(test_requests_of_a_short_list),
        cmocka_unit_test(test_changing_limit),
        cmocka_unit_test(test_growing_list),
        cmocka_unit_test(test_moved_pages),
        cmocka_unit_test(test_skip_ignored),
        cmocka_unit_test(test_bad_pages),
        cmocka_unit_test(test_refusal_past_the_end),
        cmocka_unit_test(test_client_after_a_stop),
        cmocka_unit_test(test_single_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
