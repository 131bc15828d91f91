/* test_till_sandbox.c: the client and the built-in profile against the training till, without a socket: every article, tax and category of the demo
 * shop, and every sale of its month, is read without a fault, and each paid sale adds up. */
#include "fake_till.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "sandbox/sandbox.h"

enum { SALES = 2000 };

struct shop {
    struct sandbox *sandbox;
    struct fake_till till;
    struct till_client *client;
    struct arena arena;
    struct till_account account;
    const struct sales_profile *profile;
};

static void answer_sandbox(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    struct shop *shop = till->context;
    struct str rest = str_from(url + strlen(FAKE_URL)), path, query;
    struct http_server_response response = {0};
    ARENA_AUTO arena = {0};

    str_cut(rest, '?', &path, &query);
    sandbox_answer(shop->sandbox, &(struct sandbox_request){.method = STR("GET"), .path = path, .query = query, .key = STR(FAKE_KEY)}, &arena, &response);
    reply->status = response.status;
    reply->content_type = NULL;
    for (size_t i = 0; i < response.header_count; i++) {
        if (str_equal_ignore_case(response.headers[i].name, STR("content-type")))
            reply->content_type = "application/json; charset=utf-8";
    }
    buf_append(&reply->body, response.body);
}

static int set_up(void **state)
{
    static struct shop shop;
    struct sandbox_options options = sandbox_default_options;
    struct sales_profile *profile = NULL;
    struct err err = {0};

    options.key = FAKE_KEY;
    options.sales = SALES;
    assert_int_equal(hash_init(&err), OK);
    assert_int_equal(sandbox_open(&shop.sandbox, &options, &system_clock, &err), OK);
    shop.till = (struct fake_till){.answer = answer_sandbox, .order = FAKE_SHUFFLED, .seed = 11, .context = &shop};
    shop.client = fake_client(&shop.till);
    assert_int_equal(till_account_get(shop.client, &shop.arena, &shop.account, &err), OK);
    assert_int_equal(sales_profile_parse(&shop.arena, sales_profile_builtin(STR("tactill-v4")), "tactill-v4", &profile, &err), OK);
    shop.profile = profile;
    *state = &shop;
    return 0;
}

static int tear_down(void **state)
{
    struct shop *shop = *state;

    till_client_free(shop->client);
    sandbox_free(shop->sandbox);
    arena_release(&shop->arena);
    return 0;
}

/* ---- the catalogue ---- */

struct counts { int64_t records, readable, stocked; };

static int count_articles(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    struct counts *counts = context;
    ARENA_AUTO arena = {0};

    (void)skip;
    (void)bytes;
    for (const struct json *record = array->first; record != NULL; record = record->next) {
        struct till_article *articles = NULL;
        size_t count = 0;
        int rc = till_article_read(&arena, record, &articles, &count, err);

        if (rc != OK)
            return rc;
        counts->records++;
        for (size_t i = 0; i < count; i++) {
            if (articles[i].fault != NULL)
                fail_msg("%.*s: %.*s: %s", STR_ARG(articles[i].name), STR_ARG(articles[i].fault_path), articles[i].fault);
            /* the till states a quantity exactly for what it follows */
            if (articles[i].declination_id.n == 0 && !articles[i].has_declinations)
                assert_int_equal(articles[i].has_stock_quantity, articles[i].stock_managed);
            counts->stocked += articles[i].stock_managed;
        }
    }
    return OK;
}

static int count_taxes(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    struct counts *counts = context;

    (void)skip;
    (void)bytes;
    (void)err;
    for (const struct json *record = array->first; record != NULL; record = record->next) {
        counts->records++;
        counts->readable += till_tax_read(record).readable;
    }
    return OK;
}

static void test_catalogue(void **state)
{
    struct shop *shop = *state;
    struct counts articles = {0}, taxes = {0};
    struct till_list list = till_catalog_list(TILL_ARTICLES, &shop->account);
    struct err err = {0};

    list.limit = 50;
    assert_int_equal(till_list_read(shop->client, &list, 4, count_articles, &articles, &err), OK);
    assert_true(articles.records >= 300 && articles.stocked > 0);
    list = till_catalog_list(TILL_TAXES, &shop->account);
    assert_int_equal(till_list_read(shop->client, &list, 1, count_taxes, &taxes, &err), OK);
    assert_true(taxes.records >= 5 && taxes.readable == taxes.records);
}

/* ---- the sales ---- */

struct month {
    struct shop *shop;
    int64_t by_state[SALE_UNKNOWN_STATE + 1], refunds, tied_refunds, with_change, split, anonymous, free_lines, last_utc;
};

static void look_at_sale(struct month *month, const struct sale *sale)
{
    int64_t lines = 0, payments = 0, below_zero = 0;

    for (size_t i = 0; i < sale->line_count; i++) {
        lines += sale->lines[i].total_cents;
        month->free_lines += sale->lines[i].article_id.n == 0;
    }
    for (size_t i = 0; i < sale->payment_count; i++) {
        payments += sale->payments[i].amount_cents;
        below_zero += sale->payments[i].amount_cents < 0;
    }
    month->by_state[sale->state]++;
    if (sale->state != SALE_PAID)
        return;
    assert_int_equal(lines, sale->total_cents);
    assert_int_equal(payments, sale->total_cents + sale->tip_cents);
    month->refunds += sale->is_refund;
    month->tied_refunds += sale->is_refund && sale->refund_of.n > 0;
    month->with_change += !sale->is_refund && below_zero > 0;
    month->split += sale->payment_count - (size_t)below_zero > 1;
    month->anonymous += !sale->has_customer;
}

static int look_at_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    struct month *month = context;
    const struct sales_profile *profile = month->shop->profile;
    ARENA_AUTO arena = {0};

    (void)skip;
    (void)bytes;
    for (const struct json *record = array->first; record != NULL; record = record->next) {
        struct sale sale;
        int64_t at_utc = 0;
        int rc = sales_profile_read(profile, record, &arena, &sale, err);

        if (rc != OK)
            return rc;
        if (sale.fault_count > 0)
            fail_msg("%.*s: %.*s: %s", STR_ARG(sale.number), STR_ARG(sale.faults[0].path), sale.faults[0].reason);
        assert_true(str_equal(sale.id, sales_profile_sale_id(profile, record)));
        assert_true(sales_profile_sale_instant(profile, record, false, &at_utc));
        assert_true(at_utc >= month->last_utc); /* oldest first */
        month->last_utc = at_utc;
        look_at_sale(month, &sale);
    }
    return OK;
}

static int64_t look_at_window(struct month *month, int64_t from_utc, int64_t to_utc)
{
    struct shop *shop = month->shop;
    struct till_list list;
    struct err err = {0};
    ARENA_AUTO arena = {0};
    int64_t sum = 0;

    assert_true(sales_profile_list(shop->profile, &shop->account, &arena, false, from_utc, to_utc, 100, &list));
    assert_int_equal(till_list_read(shop->client, &list, 4, look_at_page, month, &err), OK);
    for (size_t i = 0; i <= SALE_UNKNOWN_STATE; i++)
        sum += month->by_state[i];
    return sum;
}

static void test_every_sale(void **state)
{
    struct month month = {.shop = *state, .last_utc = INT64_MIN};
    int64_t from_utc = (sandbox_default_options.from_day - INT64_C(1)) * CIVIL_DAY, to_utc = from_utc + 60 * CIVIL_DAY;

    assert_true(look_at_window(&month, from_utc, to_utc) >= SALES - 10); /* sales still open have no closing */
    assert_int_equal(month.by_state[SALE_UNKNOWN_STATE], 0);
    assert_true(month.by_state[SALE_PAID] > SALES / 2 && month.by_state[SALE_CANCELLED] > 0 && month.by_state[SALE_TRAINING] > 0);
    assert_true(month.refunds > 0 && month.tied_refunds > 0 && month.with_change > 0 && month.split > 0 && month.anonymous > 0 && month.free_lines > 0);
}

/* Windows that follow each other give every sale once: the half-open bounds meet. */
static void test_windows_meet(void **state)
{
    struct month whole = {.shop = *state, .last_utc = INT64_MIN}, parts = {.shop = *state, .last_utc = INT64_MIN};
    int64_t from_utc = sandbox_default_options.from_day * CIVIL_DAY, to_utc = from_utc + 10 * CIVIL_DAY, step_utc = CIVIL_DAY / 3 + 123456, sum = 0;
    int64_t expected = look_at_window(&whole, from_utc, to_utc);

    for (int64_t at_utc = from_utc; at_utc < to_utc; at_utc += step_utc)
        sum = look_at_window(&parts, at_utc, at_utc + step_utc < to_utc ? at_utc + step_utc : to_utc);
    assert_int_equal(sum, expected);
    assert_true(expected > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_every_sale),
        cmocka_unit_test(test_windows_meet),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
