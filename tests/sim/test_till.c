/* test_till.c: the simulated till itself: what it shows is what it says is true, however it misbehaved on the way, and whatever is taken away from the plan. A
 * simulation proves nothing when its till is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "till.h"
#include "till/till.h"

enum { SEEDS = 400, SHOPS = 120, FEW = 5 };
#define ORDERS "https://till.example/v1/shop/orders?shop_id=S"

/* A till with one transport, and the profile that reads it. */
struct shop {
    struct sim_clock clock;
    struct sim_till *till;
    struct http_transport wire;
    struct arena arena;
    struct sales_profile *profile;
    struct err err;
};

static void shop_open(struct shop *shop, const struct plan *plan, bool disturbed)
{
    *shop = (struct shop){.clock.now_utc = SIM_BEGIN};
    shop->till = sim_till_new(plan, disturbed, &shop->clock);
    sim_till_begin(shop->till, 0);
    assert_int_equal(sim_till_transport(shop->till, &shop->wire, &shop->err), OK);
    assert_int_equal(sales_profile_parse(&shop->arena, sales_profile_builtin(STR("tactill-v4")), "tactill-v4", &shop->profile, &shop->err), OK);
}

static void shop_close(struct shop *shop)
{
    shop->wire.free(shop->wire.context);
    sim_till_free(shop->till);
    arena_release(&shop->arena);
}

/* Another life, with a transport of its own. */
static void shop_begin(struct shop *shop, int round)
{
    shop->wire.free(shop->wire.context);
    sim_till_begin(shop->till, round);
    assert_int_equal(sim_till_transport(shop->till, &shop->wire, &shop->err), OK);
}

/* The next seed whose shop has enough sales to get them into disorder. */
static uint64_t seed_after(uint64_t seed)
{
    for (;;) {
        const struct plan plan = {.seed = ++seed, .rounds = 1};
        struct sim_clock clock = {SIM_BEGIN};
        size_t count;
        struct sim_till *till = sim_till_new(&plan, false, &clock);
        sim_till_sales(till, &count);
        sim_till_free(till);
        if (count >= FEW)
            return seed;
    }
}

/* ---- requests ---- */

static int ask_on(struct http_transport *wire, enum http_method method, const char *url, const char *body, struct http_response *ret, struct err *failure)
{
    const struct http_header key = {STR("x-api-key"), STR(SIM_KEY)};
    const struct http_request request = {.method = method, .url = str_from(url), .body = str_from(body), .headers = &key, .header_count = 1};
    if (wire->submit(wire->context, &request, 0, failure) != OK)
        return -1;
    return wire->wait(wire->context, 200, ret, failure);
}

static struct http_response ask(struct shop *shop, enum http_method method, const char *url, const char *body)
{
    struct http_response response = {0};
    struct err failure = {0};
    assert_int_equal(ask_on(&shop->wire, method, url, body, &response, &failure), 1);
    assert_int_equal(failure.code != OK, response.status == 0);
    return response;
}

static struct http_response ask_sales(struct shop *shop, int64_t limit, int64_t skip)
{
    char url[256];
    snprintf(url, sizeof url, ORDERS "&limit=%lld&skip=%lld&filter=closed_at%%5Bgte%%5D%%3D1970-01-01T00%%3A00%%3A00.000Z&order=closed_at%%3DASC", (long long)limit,
             (long long)skip);
    return ask(shop, HTTP_GET, url, NULL);
}

/* All sales that the till shows now, parsed into the shop's arena. */
static const struct json *all_sales(struct shop *shop)
{
    struct http_response response = ask_sales(shop, 500, 0);
    struct json *array;
    assert_int_equal(response.status, 200);
    assert_int_equal(json_parse(&shop->arena, response.body, &array, &shop->err), OK);
    assert_true(json_is(array, JSON_ARRAY));
    return array;
}

/* ---- plans ---- */

static struct plan plan_of(uint64_t seed)
{
    struct plan plan = {.seed = seed, .rounds = 3};
    struct sim_random random = {seed * 77};
    plan.count = (size_t)sim_below(&random, DISTURBANCES_MAX + 1);
    for (size_t i = 0; i < plan.count; i++)
        plan.disturbances[i] = (struct disturbance){.kind = (enum sim_kind)sim_below(&random, SIM_KIND_COUNT), .round = (int)sim_below(&random, plan.rounds),
                                                    .at = sim_below(&random, 14), .argument = sim_below(&random, 1000)};
    return plan;
}

static struct plan plan_with(uint64_t seed, enum sim_kind kind, int64_t at, int64_t argument)
{
    return (struct plan){.seed = seed, .rounds = 1, .count = 1, .disturbances = {{kind, 0, at, argument}}};
}

/* ---- what is shown is what is true ---- */

static const struct sim_sale *sale_by_id(const struct sim_till *till, struct str id)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(till, &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from(sales[i].id), id))
            return &sales[i];
    fail_msg("no sale %.*s", STR_ARG(id));
    return NULL;
}

static void compare_lines(const struct sim_till *till, const struct sim_sale *expected, const struct sale *found)
{
    size_t article_count;
    const struct sim_article *articles = sim_till_articles(till, &article_count);
    assert_int_equal(found->line_count, expected->line_count);
    for (size_t i = 0; i < expected->line_count; i++) {
        const struct sim_line *line = &expected->lines[i];
        const struct sale_line *read = &found->lines[i];
        assert_int_equal(read->quantity_milli, line->quantity_milli);
        assert_int_equal(read->unit_price_e4, 100 * line->unit_price_cents);
        assert_int_equal(read->discount_cents, line->discount_cents);
        assert_int_equal(read->total_cents, line->total_cents);
        assert_true(read->has_rate);
        assert_int_equal(read->rate_bp, line->rate_bp);
        assert_true(line->article < (int)article_count);
        assert_true(line->article < 0 ? read->article_id.p == NULL : str_equal(read->article_id, str_from(articles[line->article].id)));
        assert_true(line->article < 0 || str_equal(read->reference, str_from(articles[line->article].reference)));
        assert_true(line->article < 0 || str_equal(read->label, str_from(articles[line->article].name)));
    }
}

/* VAT by rate, truncated, worked out without the till's code: the greatest t with t * (100 % + rate) <= total * rate. */
static void compare_vat(const struct sim_sale *expected, const struct sale *found)
{
    assert_int_equal(found->tax_count > 0, expected->states_vat);
    for (size_t i = 0; i < found->tax_count; i++) {
        int64_t total_cents = 0, tax_cents = found->taxes[i].tax_cents, rate_bp = found->taxes[i].rate_bp;
        for (size_t k = 0; k < expected->line_count; k++)
            total_cents += expected->lines[k].rate_bp == rate_bp ? expected->lines[k].total_cents : 0;
        int64_t size = total_cents < 0 ? -1 : 1, rest = size * (total_cents * rate_bp - tax_cents * (10000 + rate_bp));
        assert_true(rest >= 0 && rest < 10000 + rate_bp);
    }
}

static void compare_payments(const struct sim_sale *expected, const struct sale *found)
{
    int64_t sum_cents = 0;
    assert_int_equal(found->payment_count, expected->payment_count);
    for (size_t i = 0; i < expected->payment_count; i++) {
        sum_cents += expected->payments[i].amount_cents;
        assert_int_equal(found->payments[i].amount_cents, expected->payments[i].amount_cents);
        assert_true(str_equal(found->payments[i].type, str_from(sim_means[expected->payments[i].means])));
        assert_int_equal(found->payments[i].paid_utc, expected->closed_utc);
    }
    assert_int_equal(sum_cents, expected->total_cents);
}

static void compare_sale(const struct sim_till *till, const struct sim_sale *expected, const struct sale *found)
{
    char number[16];
    size_t count;
    const struct sim_sale *sales = sim_till_sales(till, &count);
    bool gone = found->state == SALE_CANCELLED || found->state == SALE_DELETED;
    snprintf(number, sizeof number, "%d", expected->number);
    assert_true(str_equal(found->number, str_from(number)));
    assert_int_equal(found->closed_utc, expected->closed_utc);
    assert_int_equal(found->state == SALE_TRAINING, expected->training);
    assert_int_equal(gone, expected->state == SIM_CANCELLED);
    assert_int_equal(found->state == SALE_OPEN, expected->state == SIM_OPEN);
    assert_int_equal(found->has_customer, expected->customer >= 0);
    assert_int_equal(found->is_refund, expected->refund_of >= 0);
    if (expected->refund_of >= 0)
        assert_true(str_equal(found->refund_of, str_from(sales[expected->refund_of].id)));
    if (expected->faulty)
        return;
    assert_int_equal(found->fault_count, 0);
    assert_int_equal(found->total_cents, expected->total_cents);
    compare_lines(till, expected, found);
    compare_vat(expected, found);
    compare_payments(expected, found);
}

static void the_profile_reads_what_is_true(void **state)
{
    (void)state;
    uint64_t seed = 0;
    for (int shops = 0; shops < SHOPS; shops++) {
        seed = seed_after(seed);
        const struct plan plan = {.seed = seed, .rounds = 1};
        struct shop shop;
        size_t count;
        shop_open(&shop, &plan, false);
        const struct json *sales = all_sales(&shop);
        sim_till_sales(shop.till, &count);
        assert_int_equal(sales->count, count);
        for (const struct json *one = sales->first; one; one = one->next) {
            struct sale sale;
            assert_int_equal(sales_profile_read(shop.profile, one, &shop.arena, &sale, &shop.err), OK);
            compare_sale(shop.till, sale_by_id(shop.till, sale.id), &sale);
        }
        shop_close(&shop);
    }
}

static int64_t lines_sum(const struct sim_sale *sale)
{
    int64_t sum_cents = 0;
    for (size_t i = 0; i < sale->line_count; i++)
        sum_cents += sale->lines[i].total_cents;
    return sum_cents;
}

/* The shops hold what they are there for. */
static void the_shops_are_worth_the_trouble(void **state)
{
    enum { SAME_INSTANT, REFUND, TRAINING, OPEN, CANCELLED, FAULTY, HOLE, REPEAT, CHANGE, WEIGHED, UNKNOWN_MEANS, UNKNOWN_ARTICLE, AUTUMN, MIDNIGHT, KINDS };
    int seen[KINDS] = {0};
    (void)state;
    uint64_t seed = 0;
    for (int shops = 0; shops < SHOPS; shops++) {
        seed = seed_after(seed);
        const struct plan plan = {.seed = seed, .rounds = 1};
        struct shop shop;
        size_t count, article_count;
        shop_open(&shop, &plan, false);
        const struct sim_sale *sales = sim_till_sales(shop.till, &count);
        const struct sim_article *articles = sim_till_articles(shop.till, &article_count);
        for (size_t i = 0; i < count; i++) {
            const struct sim_sale *sale = &sales[i];
            int step = i > 0 ? sale->number - sales[i - 1].number : 1;
            assert_int_equal(lines_sum(sale), sale->total_cents);
            assert_int_not_equal(sale->total_cents, 0);
            assert_true(sale->closed_utc < SIM_BEGIN);
            seen[SAME_INSTANT] += i > 0 && sale->closed_utc == sales[i - 1].closed_utc;
            seen[REFUND] += sale->refund_of >= 0;
            seen[TRAINING] += sale->training;
            seen[OPEN] += sale->state == SIM_OPEN;
            seen[CANCELLED] += sale->state == SIM_CANCELLED;
            seen[FAULTY] += sale->faulty;
            seen[HOLE] += step > 1;
            seen[REPEAT] += step == 0;
            seen[CHANGE] += sale->total_cents > 0 && sale->payments[sale->payment_count - 1].amount_cents < 0;
            seen[WEIGHED] += sale->lines[0].quantity_milli % 1000 != 0;
            seen[UNKNOWN_MEANS] += sim_means[sale->payments[0].means + 1] == NULL;
            seen[UNKNOWN_ARTICLE] += sale->lines[0].article >= 0 && articles[sale->lines[0].article].unknown_here;
            seen[AUTUMN] += sale->closed_utc < SIM_BEGIN - 60 * CIVIL_DAY;
            seen[MIDNIGHT] += (sale->closed_utc + CIVIL_HOUR + CIVIL_SECOND) % CIVIL_DAY <= 2 * CIVIL_SECOND;
        }
        shop_close(&shop);
    }
    for (int kind = 0; kind < KINDS; kind++)
        if (seen[kind] < SHOPS / 12)
            fail_msg("kind %d was seen %d times only", kind, seen[kind]);
}

static void every_page_size_gives_each_sale_once(void **state)
{
    (void)state;
    uint64_t seed = 0;
    for (int shops = 0; shops < SHOPS; shops++) {
        seed = seed_after(seed);
        const struct plan plan = {.seed = seed, .rounds = 1};
        struct shop shop;
        size_t count;
        shop_open(&shop, &plan, false);
        const struct sim_sale *sales = sim_till_sales(shop.till, &count);
        int64_t limit = 1 + (int64_t)(seed % 7), skip = 0, last_utc = INT64_MIN;
        int seen[SIM_SALES_MAX] = {0};
        for (;;) {
            struct http_response response = ask_sales(&shop, limit, skip);
            struct json *page;
            assert_int_equal(json_parse(&shop.arena, response.body, &page, &shop.err), OK);
            assert_true((int64_t)page->count <= limit);
            for (const struct json *one = page->first; one; one = one->next) {
                const struct sim_sale *sale = sale_by_id(shop.till, sales_profile_sale_id(shop.profile, one));
                seen[sale - sales]++;
                assert_true(sale->closed_utc >= last_utc);
                last_utc = sale->closed_utc;
            }
            if (page->count == 0)
                break;
            skip += (int64_t)page->count;
        }
        for (size_t i = 0; i < count; i++)
            assert_int_equal(seen[i], 1);
        shop_close(&shop);
    }
}

/* ---- the final truth ---- */

/* What decides whether a sale changed, of all sales in order of their ids. */
static void append_content(struct shop *shop, struct buf *out)
{
    const struct json *array = all_sales(shop);
    size_t count;
    const struct sim_sale *sales = sim_till_sales(shop->till, &count);
    assert_int_equal(array->count, count);
    for (size_t i = 0; i < count; i++)
        for (const struct json *one = array->first; one; one = one->next)
            if (sale_by_id(shop->till, sales_profile_sale_id(shop->profile, one)) == &sales[i])
                sales_profile_append_canonical(shop->profile, one, out);
}

/* All lives of the plan, some requests each; then what is shown. */
static void live_through(const struct plan *plan, bool disturbed, struct buf *out)
{
    struct shop shop;
    shop_open(&shop, plan, disturbed);
    for (int round = 0; round < plan->rounds; round++) {
        shop_begin(&shop, round);
        for (uint64_t i = 0; i < 10 + plan->seed % 5; i++)
            ask_sales(&shop, 3, 0);
    }
    shop_begin(&shop, plan->rounds);
    assert_true(sim_till_is_final(shop.till));
    append_content(&shop, out);
    sim_till_dump(shop.till, out);
    shop_close(&shop);
}

static void the_truth_is_the_same_whatever_is_taken_away(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct plan plan = plan_of(seed);
        BUF_AUTO undisturbed = {0};
        live_through(&plan, false, &undisturbed);
        while (true) {
            BUF_AUTO found = {0};
            live_through(&plan, true, &found);
            if (!str_equal(buf_str(&undisturbed), buf_str(&found)))
                fail_msg("seed %llu with %zu disturbances ends otherwise", (unsigned long long)seed, plan.count);
            if (plan.count == 0)
                break;
            for (uint64_t i = 0; i < 1 + seed % 3 && plan.count > 0; i++) {
                size_t gone = (size_t)((seed + i) % plan.count);
                memmove(&plan.disturbances[gone], &plan.disturbances[gone + 1], (plan.count - gone - 1) * sizeof *plan.disturbances);
                plan.count--;
            }
        }
    }
}

static void the_same_plan_gives_the_same_bytes(void **state)
{
    (void)state;
    uint64_t seed = 0;
    for (int shops = 0; shops < SHOPS; shops++) {
        seed = seed_after(seed);
        const struct plan plan = plan_of(seed);
        struct shop both[2];
        shop_open(&both[0], &plan, true);
        shop_open(&both[1], &plan, true);
        for (int i = 0; i < 20; i++) {
            struct http_response first = ask_sales(&both[0], 4, i % 3), second = ask_sales(&both[1], 4, i % 3);
            assert_int_equal(first.status, second.status);
            assert_true(str_equal(first.body, second.body));
            assert_int_equal(both[0].clock.now_utc, both[1].clock.now_utc);
        }
        shop_close(&both[0]);
        shop_close(&both[1]);
    }
}

/* ---- disturbances ---- */

/* How many sales are shown, and their content, before and after the second request. */
struct glimpse { size_t count; struct buf content; };

static struct glimpse glimpse_of(struct shop *shop)
{
    struct glimpse glimpse = {0};
    const struct json *array = all_sales(shop);
    glimpse.count = array->count;
    for (const struct json *one = array->first; one; one = one->next)
        sales_profile_append_canonical(shop->profile, one, &glimpse.content);
    return glimpse;
}

/* In how many of the shops a disturbance at the second request changed how many sales are shown (`ret_counts`), or what is (`ret_contents`). */
static void watch(enum sim_kind kind, int *ret_counts, int *ret_contents)
{
    *ret_counts = *ret_contents = 0;
    uint64_t seed = 0;
    for (int shops = 0; shops < SHOPS; shops++) {
        seed = seed_after(seed);
        const struct plan plan = plan_with(seed, kind, 2, (int64_t)seed);
        struct shop shop;
        shop_open(&shop, &plan, true);
        struct glimpse before = glimpse_of(&shop), after = glimpse_of(&shop);
        *ret_counts += before.count != after.count;
        *ret_contents += !str_equal(buf_str(&before.content), buf_str(&after.content));
        buf_release(&before.content);
        buf_release(&after.content);
        shop_close(&shop);
    }
}

static void records_change_in_the_midst(void **state)
{
    int counts, contents;
    (void)state;
    watch(TILL_APPEAR_LATE, &counts, &contents);
    assert_int_equal(counts, SHOPS);
    watch(TILL_SHIFT, &counts, &contents);
    assert_int_equal(counts, SHOPS);
    watch(TILL_EDIT, &counts, &contents);
    assert_int_equal(counts, 0);
    assert_true(contents > SHOPS * 3 / 4);
    watch(TILL_CANCEL, &counts, &contents);
    assert_true(counts == 0 && contents > SHOPS / 2);
    watch(TILL_REFUND, &counts, &contents);
    assert_true(counts > SHOPS / 3);
    watch(TILL_RESORT, &counts, &contents);
    assert_true(counts == 0 && contents > SHOPS / 3);
    watch(TILL_TOUCH, &counts, &contents);
    assert_true(counts == 0 && contents == 0);
}

/* A change moves the stamp that the reading by last change is ordered by. */
static void a_change_is_found_by_its_stamp(void **state)
{
    (void)state;
    for (enum sim_kind kind = TILL_APPEAR_LATE; kind <= TILL_EDIT; kind++) {
        const struct plan plan = plan_with(seed_after(0), kind, 2, 5);
        struct shop shop;
        int64_t found[2];
        if (kind == TILL_SHIFT || kind == TILL_RESORT || kind == TILL_CLOCK)
            continue;
        shop_open(&shop, &plan, true);
        for (int i = 0; i < 2; i++) {
            struct http_response response =
                ask(&shop, HTTP_GET, ORDERS "&limit=9&skip=0&filter=updated_at%5Bgte%5D%3D2026-01-30T10%3A00%3A00.000Z&order=updated_at%3DASC", NULL);
            struct json *array;
            assert_int_equal(json_parse(&shop.arena, response.body, &array, &shop.err), OK);
            found[i] = (int64_t)array->count;
        }
        assert_int_equal(found[0], 0);
        assert_int_equal(found[1], 1);
        shop_close(&shop);
    }
}

struct expected_fault { enum sim_kind kind; int status; bool truncated, json; int64_t retry_after_ms; };

static void the_wire_misbehaves_as_planned(void **state)
{
    static const struct expected_fault faults[] = {
        {WIRE_401, 401, false, true, -1}, {WIRE_429_WITH_RETRY_AFTER, 429, false, true, 1000}, {WIRE_429_WITHOUT, 429, false, true, -1},
        {WIRE_429_EMPTY, 429, false, true, -1}, {WIRE_500, 500, false, true, -1}, {WIRE_502, 502, false, true, -1}, {WIRE_NO_ANSWER, 0, false, true, -1},
        {WIRE_CUT, 200, true, true, -1}, {WIRE_WRONG_TYPE, 200, false, false, -1}, {WIRE_LOST_ANSWER, 0, false, true, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct plan plan = plan_with(seed_after(0), faults[i].kind, 2, 1);
        struct shop shop;
        shop_open(&shop, &plan, true);
        assert_int_equal(ask_sales(&shop, 5, 0).status, 200);
        struct http_response response = ask_sales(&shop, 5, 5);
        assert_int_equal(response.status, faults[i].status);
        assert_int_equal(response.truncated, faults[i].truncated);
        assert_int_equal(str_starts_with(response.content_type, STR("application/json")), faults[i].json);
        assert_int_equal(response.retry_after_ms, faults[i].retry_after_ms);
        assert_int_equal(sim_till_faults_met(shop.till), 1);
        assert_int_equal(ask_sales(&shop, 5, 5).status, 200);
        shop_close(&shop);
    }
}

static void a_fault_may_outlast_patience(void **state)
{
    const struct plan plan = plan_with(seed_after(0), WIRE_502, 2, 3);
    struct shop shop;
    int failed = 0;
    (void)state;
    shop_open(&shop, &plan, true);
    for (int i = 0; i < 12; i++)
        failed += ask_sales(&shop, 5, 0).status == 502;
    assert_int_equal(failed, 7);
    shop_close(&shop);
}

static void slow_answers_cost_time(void **state)
{
    const struct plan plan = plan_with(seed_after(0), WIRE_SLOW, 1, 89);
    struct shop shop;
    (void)state;
    shop_open(&shop, &plan, true);
    assert_int_equal(ask_sales(&shop, 5, 0).status, 200);
    assert_true(shop.clock.now_utc >= SIM_BEGIN + 90 * CIVIL_SECOND && shop.clock.now_utc < SIM_BEGIN + 91 * CIVIL_SECOND);
    shop_close(&shop);
}

static void a_duplicate_is_the_page_before(void **state)
{
    const struct plan plan = plan_with(seed_after(0), WIRE_DUPLICATE, 2, 1);
    struct shop shop;
    (void)state;
    shop_open(&shop, &plan, true);
    struct http_response response = ask_sales(&shop, 2, 0);
    struct str first = arena_copy(&shop.arena, response.body);
    response = ask_sales(&shop, 2, 2);
    assert_true(str_equal(first, response.body));
    response = ask_sales(&shop, 2, 2);
    assert_false(str_equal(first, response.body));
    shop_close(&shop);
}

static void the_limit_is_lowered_for_good(void **state)
{
    const struct plan plan = plan_with(seed_after(0), WIRE_LOWER_LIMIT, 2, 2);
    struct shop shop;
    (void)state;
    shop_open(&shop, &plan, true);
    assert_true(all_sales(&shop)->count > 2);
    assert_int_equal(all_sales(&shop)->count, 2);
    assert_int_equal(all_sales(&shop)->count, 2);
    shop_begin(&shop, 1);
    assert_true(all_sales(&shop)->count > 2);
    shop_close(&shop);
}

/* ---- writes ---- */

#define ARTICLES "https://till.example/v1/catalog/articles"
#define NEW_ARTICLE "{\"node_id\":\"N\",\"name\":\"Neuf\",\"reference\":\"N1\",\"category_id\":\"C\",\"taxes\":[\"T\"],\"full_price\":1.25,\"in_stock\":true}"

static size_t articles_with_reference(struct shop *shop, const char *reference)
{
    char url[200];
    struct json *array;
    snprintf(url, sizeof url, ARTICLES "?node_id=N&limit=50&skip=0&filter=reference%%3D%s%%26deprecated%%3Dfalse&order=_id%%3DASC", reference);
    assert_int_equal(json_parse(&shop->arena, ask(shop, HTTP_GET, url, NULL).body, &array, &shop->err), OK);
    return array->count;
}

static void a_lost_answer_was_carried_out_all_the_same(void **state)
{
    static const struct { enum sim_kind kind; int64_t argument; int status; size_t made; } cases[] = {
        {WIRE_LOST_ANSWER, 1, 0, 1}, {WIRE_NO_ANSWER, 1, 0, 0}, {WIRE_500, 2, 500, 1}, {WIRE_500, 1, 500, 0}, {WIRE_CUT, 1, 201, 1}, {WIRE_SLOW, 1, 201, 1},
        {WIRE_429_WITHOUT, 1, 429, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct plan plan = plan_with(9, cases[i].kind, 2, cases[i].argument);
        struct shop shop;
        shop_open(&shop, &plan, true);
        assert_int_equal(articles_with_reference(&shop, "N1"), 0);
        assert_int_equal(ask(&shop, HTTP_POST, ARTICLES, NEW_ARTICLE).status, cases[i].status);
        assert_int_equal(articles_with_reference(&shop, "N1"), cases[i].made);
        shop_close(&shop);
    }
}

static void a_partial_put_resets_what_the_real_one_resets(void **state)
{
    const struct plan plan = {.seed = 9, .rounds = 1};
    struct shop shop;
    struct json *created, *read;
    char url[120];
    (void)state;
    shop_open(&shop, &plan, false);
    assert_int_equal(json_parse(&shop.arena, ask(&shop, HTTP_POST, ARTICLES, NEW_ARTICLE).body, &created, &shop.err), OK);
    snprintf(url, sizeof url, ARTICLES "/%.*s", STR_ARG(json_text(json_get(created, STR("_id")))));
    assert_int_equal(ask(&shop, HTTP_PUT, url, "{\"name\":\"Vieux\",\"taxes\":[\"T\"]}").status, 200);
    assert_int_equal(json_parse(&shop.arena, ask(&shop, HTTP_GET, url, NULL).body, &read, &shop.err), OK);
    assert_true(str_equal(json_text(json_get(read, STR("name"))), STR("Vieux")));
    assert_true(str_equal(json_text(json_get(read, STR("reference"))), STR("N1")));
    assert_true(json_is(json_get(created, STR("in_stock")), JSON_TRUE) && json_is(json_get(read, STR("in_stock")), JSON_FALSE));
    assert_int_equal(ask(&shop, HTTP_PUT, url, "{\"name\":\"Vieux\"}").status, 400);
    shop_close(&shop);
}

/* ---- death, and two at once ---- */

static void a_dead_process_asks_nothing_more(void **state)
{
    const struct plan plan = {.seed = 9, .rounds = 1};
    const struct http_request post = {.method = HTTP_POST, .url = STR(ARTICLES), .body = STR(NEW_ARTICLE),
                                      .headers = (struct http_header[]){{STR("x-api-key"), STR(SIM_KEY)}}, .header_count = 1};
    struct shop shop;
    struct http_response response;
    (void)state;
    shop_open(&shop, &plan, true);
    assert_int_equal(shop.wire.submit(shop.wire.context, &post, 0, &shop.err), OK);
    sim_till_die(shop.till);
    assert_int_equal(shop.wire.wait(shop.wire.context, 200, &response, &shop.err), ERR_CANCELLED);
    err_clear(&shop.err);
    assert_int_equal(shop.wire.submit(shop.wire.context, &post, 0, &shop.err), ERR_CANCELLED);
    shop_begin(&shop, 1);
    assert_int_equal(articles_with_reference(&shop, "N1"), 0);
    shop_close(&shop);
}

struct second { struct http_transport *wire; int64_t requests[8]; size_t count; };

static void ask_in_between(void *context, int64_t request)
{
    struct second *second = context;
    struct http_response response;
    struct err failure = {0};
    second->requests[second->count++] = request;
    assert_int_equal(ask_on(second->wire, HTTP_GET, ORDERS "&limit=1&skip=1&order=closed_at%3DASC", NULL, &response, &failure), 1);
    assert_int_equal(response.status, 200);
}

static void a_second_transport_in_the_midst_disturbs_nothing(void **state)
{
    const struct plan plan = {.seed = 9, .rounds = 1};
    struct shop shop;
    struct http_transport other;
    (void)state;
    shop_open(&shop, &plan, true);
    struct http_response response = ask_sales(&shop, 3, 0);
    struct str alone = arena_copy(&shop.arena, response.body);
    assert_int_equal(sim_till_transport(shop.till, &other, &shop.err), OK);
    struct second second = {.wire = &other};
    sim_till_on_request(shop.till, ask_in_between, &second);
    response = ask_sales(&shop, 3, 0);
    assert_true(str_equal(alone, response.body));
    ask_sales(&shop, 3, 0);
    /* The request in between counts, and calls nobody. */
    assert_int_equal(second.count, 2);
    assert_int_equal(second.requests[0], 2);
    assert_int_equal(second.requests[1], 4);
    other.free(other.context);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_profile_reads_what_is_true),
        cmocka_unit_test(the_shops_are_worth_the_trouble),
        cmocka_unit_test(every_page_size_gives_each_sale_once),
        cmocka_unit_test(the_truth_is_the_same_whatever_is_taken_away),
        cmocka_unit_test(the_same_plan_gives_the_same_bytes),
        cmocka_unit_test(records_change_in_the_midst),
        cmocka_unit_test(a_change_is_found_by_its_stamp),
        cmocka_unit_test(the_wire_misbehaves_as_planned),
        cmocka_unit_test(a_fault_may_outlast_patience),
        cmocka_unit_test(slow_answers_cost_time),
        cmocka_unit_test(a_duplicate_is_the_page_before),
        cmocka_unit_test(the_limit_is_lowered_for_good),
        cmocka_unit_test(a_lost_answer_was_carried_out_all_the_same),
        cmocka_unit_test(a_partial_put_resets_what_the_real_one_resets),
        cmocka_unit_test(a_dead_process_asks_nothing_more),
        cmocka_unit_test(a_second_transport_in_the_midst_disturbs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
