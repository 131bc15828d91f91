/* test_demo.c: the demo shop is what it promises: counts, codes, sums and every kind of sale; and the same seed gives the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/money.h"
#include "till.h"

#define ORDERS "/v1/shop/orders"

struct shop {
    struct till till;
    const char *node, *company, *shop; /* scope parameters */
};

static const char *scope(struct till *till, const struct json *account, const char *list, const char *name)
{
    return till_format(till, "%s=%.*s", name, STR_ARG(json_text(json_get(json_get(account, str_from(list))->first, STR("_id")))));
}

static void shop_open(struct shop *shop, uint64_t seed, int64_t articles, int64_t sales)
{
    struct sandbox_options options = sandbox_default_options;
    options.seed = seed;
    options.articles = articles;
    options.sales = sales;
    options.key = KEY;
    till_open_options(&shop->till, &options);
    struct json *account = till_json(&shop->till, till_expect(&shop->till, 200, "GET", "/v1/account/account", NULL, NULL));
    shop->node = scope(&shop->till, account, "nodes", "node_id");
    shop->company = scope(&shop->till, account, "companies", "company_id");
    shop->shop = scope(&shop->till, account, "shops", "shop_id");
}

static struct json *list(struct shop *shop, const char *path, const char *of, const char *filter)
{
    return till_json(&shop->till, till_list(&shop->till, path, of, filter, "_id=ASC"));
}

static int64_t cents(const struct json *object, const char *name)
{
    int64_t value = 0;
    const struct json *number = json_get(object, str_from(name));
    assert_true(json_is(number, JSON_NUMBER));
    assert_int_equal(decimal_parse(number->text, 2, &value), DECIMAL_OK);
    return value;
}

static bool is_true(const struct json *object, const char *name)
{
    return json_is(json_get(object, str_from(name)), JSON_TRUE);
}

/* ---- same seed, same bytes ---- */

static void digest(uint64_t seed, char ret[2 * SHA256_SIZE + 1])
{
    static const struct {
        const char *path;
        int scope;
    } lists[] = {{ARTICLES, 0}, {"/v1/catalog/options", 0}, {"/v1/catalog/option_lists", 0}, {"/v1/catalog/packs", 0}, {"/v1/catalog/categories", 1},
                 {"/v1/catalog/taxes", 1}, {"/v1/catalog/discounts", 2}, {"/v1/stock/movements", 2}, {ORDERS, 2}};
    struct shop shop;
    BUF_AUTO all = {0};
    BUF_AUTO hex = {0};
    unsigned char hash[SHA256_SIZE];
    shop_open(&shop, seed, 100, 200);
    buf_append_z(&all, till_call(&shop.till, "GET", "/v1/account/account", NULL, NULL));
    const char *scopes[] = {shop.node, shop.company, shop.shop};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        buf_append_z(&all, till_list(&shop.till, lists[i].path, scopes[lists[i].scope], NULL, NULL));
    sha256(buf_str(&all), hash);
    hex_append(&hex, hash, sizeof hash);
    memcpy(ret, hex.p, 2 * SHA256_SIZE + 1);
    till_close(&shop.till);
}

static void same_seed_same_bytes(void **state)
{
    (void)state;
    char first[2 * SHA256_SIZE + 1], again[2 * SHA256_SIZE + 1], other[2 * SHA256_SIZE + 1];
    digest(7, first);
    digest(7, again);
    digest(8, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
}

/* ---- catalogue ---- */

static bool check_digit_is_right(struct str code)
{
    int sum = 0;
    for (size_t i = 0; i < code.n; i++)
        sum += (code.p[i] - '0') * (i % 2 ? 3 : 1);
    return code.n == 13 && sum % 10 == 0;
}

static int compare_str(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* How many of the texts are there more than once. */
static size_t repeated(struct str *texts, size_t count)
{
    size_t found = 0;
    qsort(texts, count, sizeof texts[0], compare_str);
    for (size_t i = 1; i < count; i++)
        found += str_equal(texts[i - 1], texts[i]);
    return found;
}

static void collect(struct str *texts, size_t *count, const struct json *record, const char *name)
{
    struct str text = json_text(json_get(record, str_from(name)));
    if (text.p != NULL)
        texts[(*count)++] = text;
}

static void catalogue(void **state)
{
    (void)state;
    enum { ARTICLES_MADE = 5000, ROOM = 3 * ARTICLES_MADE };
    struct shop shop;
    shop_open(&shop, 1, ARTICLES_MADE, 0);
    struct str *names = arena_array(&shop.till.arena, ROOM, sizeof *names), *barcodes = arena_array(&shop.till.arena, ROOM, sizeof *names);
    struct str *references = arena_array(&shop.till.arena, ROOM, sizeof *names);
    size_t name_count = 0, barcode_count = 0, reference_count = 0, deprecated = 0, weighed = 0, declined = 0, stocked = 0, without = 0;
    struct json *articles = list(&shop, ARTICLES, shop.node, "is_default=false");
    assert_int_equal(articles->count, ARTICLES_MADE);
    for (const struct json *article = articles->first; article != NULL; article = article->next) {
        collect(names, &name_count, article, "name");
        collect(barcodes, &barcode_count, article, "barcode");
        collect(references, &reference_count, article, "reference");
        without += json_get(article, STR("reference")) == NULL;
        deprecated += is_true(article, "deprecated");
        weighed += str_equal(json_text(json_get(article, STR("unit"))), STR("kg"));
        const struct json *declinations = json_get(article, STR("declinations"));
        declined += declinations->count > 0;
        for (const struct json *declination = declinations->first; declination != NULL; declination = declination->next) {
            collect(barcodes, &barcode_count, declination, "barcode");
            collect(references, &reference_count, declination, "reference");
        }
        bool shows = json_get(article, STR("stock_quantity")) != NULL;
        assert_int_equal(shows, is_true(article, "in_stock") && declinations->count == 0);
        stocked += shows;
        assert_true(cents(article, "full_price") > 0);
    }
    for (size_t i = 0; i < barcode_count; i++)
        assert_true(check_digit_is_right(barcodes[i]));
    assert_int_equal(repeated(names, name_count), 0);
    assert_int_equal(repeated(barcodes, barcode_count), 0);
    assert_int_equal(repeated(references, reference_count), 1);
    assert_int_equal(without, 4);
    assert_int_equal(deprecated, 1);
    assert_true(weighed > 100 && declined > 100 && stocked > 100);
    till_close(&shop.till);
}

static void the_shop_in_its_default_size(void **state)
{
    (void)state;
    struct shop shop;
    shop_open(&shop, 1, 320, 2000);
    assert_int_equal(list(&shop, ARTICLES, shop.node, "is_default=false")->count, 320);
    assert_int_equal(list(&shop, ARTICLES, shop.node, "is_default=true")->count, 1);
    assert_int_equal(list(&shop, "/v1/catalog/categories", shop.company, "is_default=false")->count, 20);
    assert_string_equal(till_column(&shop.till, till_list(&shop.till, "/v1/catalog/taxes", shop.company, NULL, "rate=ASC"), "rate"), "0 2.1 5.5 10 20");
    assert_int_equal(list(&shop, ORDERS, shop.shop, NULL)->count, 2000);
    till_close(&shop.till);
}

/* ---- sales ---- */

/* VAT as the till states it: per ticket and rate, truncated towards zero; rates are in tenths of a percent here. */
static int64_t stated_tax(int64_t total_cents, int64_t rate_tenths)
{
    return total_cents * rate_tenths / (1000 + rate_tenths);
}

static void check_taxes(const struct json *sale)
{
    int64_t tax_sum = 0, total_sum = 0;
    const struct json *lines = json_get(sale, STR("lines"));
    for (const struct json *tax = json_get(sale, STR("taxes"))->first; tax != NULL; tax = tax->next) {
        int64_t rate_tenths, total = 0, line_taxes = 0;
        const struct json *rate = json_get(tax, STR("rate"));
        assert_int_equal(decimal_parse(rate->text, 1, &rate_tenths), DECIMAL_OK);
        for (const struct json *line = lines->first; line != NULL; line = line->next) {
            if (!str_equal(json_get(line, STR("tax_rate"))->text, rate->text))
                continue;
            total += cents(line, "total");
            line_taxes += cents(line, "tax_amount");
        }
        assert_int_equal(cents(tax, "amount"), stated_tax(total, rate_tenths));
        assert_int_equal(cents(tax, "base") + cents(tax, "amount"), total);
        assert_int_equal(line_taxes, cents(tax, "amount"));
        tax_sum += cents(tax, "amount");
        total_sum += total;
    }
    assert_int_equal(tax_sum, cents(sale, "total_tax"));
    assert_int_equal(total_sum, cents(sale, "total"));
}

/* Quantity times price, half a cent away from zero, less the discounts of lines and ticket, is the total. */
static void check_lines(const struct json *sale)
{
    int64_t gross = 0;
    for (const struct json *line = json_get(sale, STR("lines"))->first; line != NULL; line = line->next) {
        int64_t quantity_milli;
        assert_int_equal(decimal_parse(json_get(line, STR("quantity"))->text, 3, &quantity_milli), DECIMAL_OK);
        int64_t thousandths = quantity_milli * cents(line, "unit_price");
        gross += (thousandths + (thousandths < 0 ? -500 : 500)) / 1000 - cents(line, "discount");
    }
    assert_int_equal(gross - cents(sale, "discount"), cents(sale, "total"));
}

static void check_payments(const struct json *sale)
{
    int64_t paid = 0;
    for (const struct json *payment = json_get(sale, STR("payments"))->first; payment != NULL; payment = payment->next)
        paid += cents(payment, "amount");
    assert_int_equal(paid, cents(sale, "total") + cents(sale, "tip"));
}

struct census {
    int split, change, vouchers, line_discounts, ticket_discounts, weights, options, free_lines, named, companies, anonymous, same_day, later_day, cancelled, training,
        zero, tips, midnight, clock_night, ties, declinations;
};

static void count_lines(struct census *census, const struct json *sale)
{
    for (const struct json *line = json_get(sale, STR("lines"))->first; line != NULL; line = line->next) {
        census->line_discounts += cents(line, "discount") > 0;
        census->weights += str_equal(json_text(json_get(line, STR("unit"))), STR("kg"));
        census->options += json_get(line, STR("options"))->count > 0;
        census->free_lines += json_is(json_get(line, STR("article_id")), JSON_NULL);
        census->declinations += json_get(line, STR("declination_id")) != NULL;
    }
}

static void count_sale(struct census *census, const struct json *sale)
{
    int real_payments = 0;
    for (const struct json *payment = json_get(sale, STR("payments"))->first; payment != NULL; payment = payment->next) {
        bool change = str_equal(json_text(json_get(payment, STR("label"))), STR("Rendu monnaie"));
        assert_true(!change || cents(payment, "amount") < 0);
        census->change += change;
        real_payments += !change;
        census->vouchers += str_equal(json_text(json_get(payment, STR("type"))), STR("meal_voucher"));
    }
    struct str time = json_text(json_get(sale, STR("closed_at")));
    const struct json *customer = json_get(sale, STR("customer"));
    census->split += real_payments > 1;
    census->ticket_discounts += cents(sale, "discount") > 0;
    census->named += customer->type == JSON_OBJECT;
    census->companies += json_text(json_get(customer, STR("vat_number"))).n > 0;
    census->anonymous += customer->type == JSON_NULL;
    census->cancelled += str_equal(json_text(json_get(sale, STR("state"))), STR("cancelled"));
    census->training += is_true(sale, "test");
    census->zero += cents(sale, "total") == 0;
    census->tips += cents(sale, "tip") > 0;
    census->midnight += str_starts_with((struct str){time.p + 11, 5}, STR("21:5")) || str_starts_with((struct str){time.p + 11, 5}, STR("22:0"));
    census->clock_night += str_starts_with(time, STR("2026-10-25T00:30")) || str_starts_with(time, STR("2026-10-25T01:30"));
    count_lines(census, sale);
}

/* A refund goes back to a sale that is there, once, with the opposite sign. */
static void check_refund(struct census *census, const struct json *sales, const struct json *refund)
{
    struct str origin_id = json_text(json_get(refund, STR("refund_of")));
    if (origin_id.p == NULL)
        return;
    const struct json *origin = sales->first;
    while (origin != NULL && !str_equal(json_text(json_get(origin, STR("_id"))), origin_id))
        origin = origin->next;
    assert_non_null(origin);
    assert_true(cents(refund, "total") < 0);
    assert_true(-cents(refund, "total") <= cents(origin, "total"));
    assert_true(str_equal(json_text(json_get(origin, STR("state"))), STR("paid")));
    assert_true(str_equal(json_text(json_get(refund, STR("state"))), STR("paid")));
    struct str then = json_text(json_get(origin, STR("closed_at"))), now = json_text(json_get(refund, STR("closed_at")));
    assert_true(str_compare(then, now) <= 0);
    bool same_day = memcmp(then.p, now.p, 10) == 0;
    census->same_day += same_day;
    census->later_day += !same_day;
}

static void sales_add_up_and_every_kind_is_there(void **state)
{
    (void)state;
    struct shop shop;
    struct census census = {0};
    int64_t number = 0;
    struct str before = STR("");
    shop_open(&shop, 1, 320, 2000);
    struct json *sales = list(&shop, ORDERS, shop.shop, NULL);
    for (const struct json *sale = sales->first; sale != NULL; sale = sale->next) {
        struct str closed = json_text(json_get(sale, STR("closed_at")));
        check_lines(sale);
        check_taxes(sale);
        check_payments(sale);
        count_sale(&census, sale);
        check_refund(&census, sales, sale);
        assert_true(str_equal(json_text(json_get(sale, STR("number"))), str_from(till_format(&shop.till, "%d", (int)++number))));
        assert_true(str_compare(before, closed) <= 0);
        census.ties += str_equal(before, closed);
        before = closed;
    }
    const int *counts = (const int *)&census;
    for (size_t i = 0; i < sizeof census / sizeof counts[0]; i++)
        if (counts[i] == 0)
            fail_msg("the kind of sale %zu is missing", i);
    assert_int_equal(census.zero, 2);
    assert_int_equal(census.clock_night, 2);
    assert_true(census.anonymous > census.named);
    till_close(&shop.till);
}

/* The articles that are not as they should be are sold, each in a handful of sales; the deprecated one is not. */
static void odd_articles_are_sold(void **state)
{
    (void)state;
    struct shop shop;
    shop_open(&shop, 1, 320, 2000);
    struct json *sales = list(&shop, ORDERS, shop.shop, NULL), *articles = list(&shop, ARTICLES, shop.node, "is_default=false");
    for (const struct json *article = articles->first; article != NULL; article = article->next) {
        bool odd = json_get(article, STR("reference")) == NULL || str_equal(json_text(json_get(article, STR("reference"))), STR("HYG-0001"));
        int sold = 0;
        if (!odd && !is_true(article, "deprecated"))
            continue;
        for (const struct json *sale = sales->first; sale != NULL; sale = sale->next)
            for (const struct json *line = json_get(sale, STR("lines"))->first; line != NULL; line = line->next)
                sold += str_equal(json_text(json_get(line, STR("article_id"))), json_text(json_get(article, STR("_id"))));
        assert_true(odd ? sold >= 3 && sold <= 12 : sold == 0);
    }
    till_close(&shop.till);
}

/* However small the shop, it opens; and sums hold for other seeds. */
static void other_sizes(void **state)
{
    (void)state;
    for (int64_t size = 0; size < 45; size += 4) {
        struct shop shop;
        shop_open(&shop, (uint64_t)size, size, size * 3);
        struct json *sales = list(&shop, ORDERS, shop.shop, NULL);
        assert_int_equal(sales->count, size * 3);
        for (const struct json *sale = sales->first; sale != NULL; sale = sale->next) {
            check_lines(sale);
            check_taxes(sale);
            check_payments(sale);
        }
        till_close(&shop.till);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(catalogue),
        cmocka_unit_test(the_shop_in_its_default_size),
        cmocka_unit_test(sales_add_up_and_every_kind_is_there),
        cmocka_unit_test(odd_articles_are_sold),
        cmocka_unit_test(other_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
