/* test_till_sales.c: records of the till read through a sales profile: the demo format of tactill-v4.md, the other till's format, each kind of bad
 * value, and the law that ties both formats: the same sale written in either reads to the same neutral sale. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/money.h"
#include "till/till.h"

#define assert_text(s, literal) assert_true(str_equal((s), STR(literal)))

struct fixture {
    struct arena arena;
    const struct sales_profile *builtin, *other;
};

static const struct sales_profile *load(struct arena *arena, const char *path)
{
    enum { ROOM = 1 << 16 };
    char *text = arena_alloc(arena, ROOM);
    FILE *file = fopen(path, "rb");
    struct sales_profile *profile = NULL;
    struct err err = {0};

    assert_non_null(file);
    assert_non_null(text);
    size_t n = fread(text, 1, ROOM, file);
    fclose(file);
    assert_int_equal(sales_profile_parse(arena, (struct str){text, n}, path, &profile, &err), OK);
    return profile;
}

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture.builtin = load(&fixture.arena, BUILTIN_PROFILES "/tactill-v4.ini");
    fixture.other = load(&fixture.arena, TEST_PROFILES "/other-till.ini");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_release(&fixture->arena);
    return 0;
}

static const struct json *parse(struct arena *arena, const char *text)
{
    struct json *json = NULL;
    struct err err = {0};

    if (json_parse(arena, str_from(text), &json, &err) != OK)
        fail_msg("no JSON: %s", text);
    return json;
}

static struct sale read_sale(struct arena *arena, const struct sales_profile *profile, const char *text)
{
    struct sale sale = {0};
    struct err err = {0};

    assert_int_equal(sales_profile_read(profile, parse(arena, text), arena, &sale, &err), OK);
    return sale;
}

static void assert_adds_up(const struct sale *sale)
{
    int64_t lines = 0, payments = 0;

    for (size_t i = 0; i < sale->line_count; i++)
        lines += sale->lines[i].total_cents;
    for (size_t i = 0; i < sale->payment_count; i++)
        payments += sale->payments[i].amount_cents;
    assert_int_equal(lines, sale->total_cents);
    assert_int_equal(payments, sale->total_cents + sale->tip_cents);
}

/* ---- the demo format ---- */

/* The order of tactill-v4.md with every member. 2026-01-30T10:00:00.123Z is 1769767200123000. */
#define ORDER_BEGIN "{\"_id\":\"0a\",\"shop_id\":\"S\",\"node_id\":\"N\",\"number\":\"1042\",\"original_id\":\"0000-A\"," \
    "\"opened_at\":\"2026-01-30T09:58:00.000Z\",\"closed_at\":\"2026-01-30T10:00:00.123Z\",\"created_at\":\"2026-01-30T09:58:00.000Z\","
#define ORDER_REST "\"test\":false,\"deprecated\":false,\"customer\":{\"_id\":\"c1\",\"first_name\":\"Zoé\",\"last_name\":\"Le Gall\",\"company_name\":\"Le Gall SARL\"," \
    "\"email\":\"zoe@example.org\",\"phone\":\"0102030405\",\"address\":\"1 rue du Port\",\"zipcode\":\"29200\",\"city\":\"Brest\",\"country\":\"FR\",\"vat_number\":\"FR00\"}," \
    "\"lines\":[{\"_id\":\"l1\",\"article_id\":\"A\",\"declination_id\":\"d1\",\"reference\":\"COM-1\",\"barcode\":\"3017620422003\",\"name\":\"Comté\"," \
    "\"category_name\":\"Fromage\",\"quantity\":1.5,\"unit\":\"kg\",\"unit_price\":7.1,\"discount\":0,\"total\":10.65,\"tax_id\":\"T\",\"tax_rate\":5.5,\"tax_amount\":0.55," \
    "\"options\":[{\"name\":\"lait d'avoine\",\"price\":0.5},{\"name\":\"sans sucre\",\"price\":0},{\"name\":\"petit\",\"price\":-1}]}]," \
    "\"discount\":0,\"total\":10.65,\"total_tax\":0.55,\"tip\":0,\"taxes\":[{\"tax_id\":\"T\",\"rate\":5.5,\"base\":10.10,\"amount\":0.55}]," \
    "\"payments\":[{\"_id\":\"p1\",\"type\":\"cash\",\"label\":\"Espèces\",\"amount\":20.00,\"paid_at\":\"2026-01-30T10:00:00.000Z\"}," \
    "{\"_id\":\"p2\",\"type\":\"cash\",\"label\":\"Rendu monnaie\",\"amount\":-9.35,\"paid_at\":\"2026-01-30T10:00:00.000Z\"}],\"refund_of\":null}"
#define ORDER(state, updated, version) ORDER_BEGIN "\"state\":\"" state "\",\"updated_at\":\"" updated "\",\"__v\":" version "," ORDER_REST

static void test_whole_order(void **state)
{
    const struct fixture *fixture = *state;
    ARENA_AUTO arena = {0};
    struct sale sale = read_sale(&arena, fixture->builtin, ORDER("paid", "2026-01-30T10:00:01.000Z", "0"));

    assert_int_equal(sale.fault_count, 0);
    assert_text(sale.id, "0a");
    assert_text(sale.number, "1042");
    assert_int_equal(sale.state, SALE_PAID);
    assert_false(sale.is_refund);
    assert_null(sale.refund_of.p);
    assert_true(sale.has_closed_utc);
    assert_true(sale.closed_utc == INT64_C(1769767200123000));
    assert_true(sale.has_customer);
    assert_text(sale.customer.id, "c1");
    assert_null(sale.customer.code.p);
    assert_text(sale.customer.company_name, "Le Gall SARL");
    assert_text(sale.customer.last_name, "Le Gall");
    assert_text(sale.customer.first_name, "Zoé");
    assert_text(sale.customer.postcode, "29200");
    assert_text(sale.customer.town, "Brest");
    assert_text(sale.customer.vat_number, "FR00");
    assert_int_equal(sale.total_cents, 1065);
    assert_int_equal(sale.line_count, 1);
    assert_text(sale.lines[0].article_id, "A");
    assert_text(sale.lines[0].declination_id, "d1");
    assert_text(sale.lines[0].reference, "COM-1");
    assert_text(sale.lines[0].label, "Comté");
    assert_text(sale.lines[0].category, "Fromage");
    assert_text(sale.lines[0].unit, "kg");
    assert_text(sale.lines[0].options, "lait d'avoine (+0.50), sans sucre, petit (-1.00)");
    assert_int_equal(sale.lines[0].quantity_milli, 1500);
    assert_int_equal(sale.lines[0].unit_price_e4, 71000);
    assert_int_equal(sale.lines[0].total_cents, 1065);
    assert_true(sale.lines[0].has_rate);
    assert_int_equal(sale.lines[0].rate_bp, 550);
    assert_int_equal(sale.tax_count, 1);
    assert_int_equal(sale.taxes[0].rate_bp, 550);
    assert_int_equal(sale.taxes[0].tax_cents, 55);
    assert_int_equal(sale.payment_count, 2);
    assert_text(sale.payments[0].id, "p1");
    assert_text(sale.payments[0].type, "cash");
    assert_text(sale.payments[0].label, "Espèces");
    assert_int_equal(sale.payments[0].amount_cents, 2000);
    assert_int_equal(sale.payments[1].amount_cents, -935);
    assert_true(sale.payments[1].has_paid_utc);
    assert_true(sale.payments[1].paid_utc == INT64_C(1769767200000000));
    assert_adds_up(&sale);
}

/* A small order with chosen members; %s in this order: state, test, deprecated, customer, refund_of, total, tip, lines, taxes, payments. */
struct order { const char *state, *test, *deprecated, *customer, *refund_of, *total, *tip, *lines, *taxes, *payments; };
#define LINE(quantity, price, total) "{\"article_id\":null,\"name\":\"x\",\"quantity\":" quantity ",\"unit_price\":" price ",\"total\":" total ",\"tax_rate\":20}"
#define PAID(amount) "{\"type\":\"card\",\"amount\":" amount "}"
static const struct order plain = {"\"paid\"", "false", "false", "null", "null", "1", "0", LINE("1", "1", "1"), "", PAID("1")};

static struct sale read_order(struct arena *arena, const struct fixture *fixture, struct order order)
{
    struct str text = arena_format(arena, "{\"_id\":\"0a\",\"number\":\"1\",\"state\":%s,\"closed_at\":\"2026-01-30T10:00:00.000Z\",\"test\":%s,\"deprecated\":%s,"
                                   "\"customer\":%s,\"refund_of\":%s,\"total\":%s,\"tip\":%s,\"lines\":[%s],\"taxes\":[%s],\"payments\":[%s]}",
                                   order.state, order.test, order.deprecated, order.customer, order.refund_of, order.total, order.tip, order.lines, order.taxes,
                                   order.payments);

    return read_sale(arena, fixture->builtin, text.p);
}

static void test_states(void **state)
{
    static const struct { const char *state, *test, *deprecated; enum sale_state expected; size_t faults; } cases[] = {
        {"\"paid\"", "false", "false", SALE_PAID, 0}, {"\"refunded\"", "false", "false", SALE_PAID, 0}, {"\"open\"", "false", "false", SALE_OPEN, 0},
        {"\"cancelled\"", "false", "false", SALE_CANCELLED, 0}, {"\"paid\"", "true", "false", SALE_TRAINING, 0}, {"\"paid\"", "false", "true", SALE_DELETED, 0},
        {"\"paid\"", "true", "true", SALE_DELETED, 0}, {"\"Paid\"", "false", "false", SALE_UNKNOWN_STATE, 1}, {"null", "false", "false", SALE_UNKNOWN_STATE, 1},
        {"[]", "false", "false", SALE_UNKNOWN_STATE, 1}, {"\"paid\"", "\"no\"", "false", SALE_PAID, 1}, {"\"paid\"", "null", "null", SALE_PAID, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct order order = plain;

        order.state = cases[i].state;
        order.test = cases[i].test;
        order.deprecated = cases[i].deprecated;
        struct sale sale = read_order(&arena, *state, order);
        assert_int_equal(sale.state, cases[i].expected);
        assert_int_equal(sale.fault_count, cases[i].faults);
    }
}

static void test_free_amount_and_anonymous(void **state)
{
    ARENA_AUTO arena = {0};
    struct sale sale = read_order(&arena, *state, plain);

    assert_int_equal(sale.fault_count, 0);
    assert_null(sale.lines[0].article_id.p);
    assert_null(sale.lines[0].options.p);
    assert_false(sale.has_customer);
    assert_int_equal(sale.tax_count, 0);
    assert_false(sale.payments[0].has_paid_utc);
    assert_text(sale.payments[0].id, "0a#1");
    assert_adds_up(&sale);
}

static void test_customer_with_only_an_id(void **state)
{
    static const char *const customers[] = {"{\"_id\":\"c1\"}", "\"c1\""};

    for (size_t i = 0; i < 2; i++) {
        ARENA_AUTO arena = {0};
        struct order order = plain;

        order.customer = customers[i];
        struct sale sale = read_order(&arena, *state, order);
        assert_true(sale.has_customer);
        assert_text(sale.customer.id, "c1");
        assert_null(sale.customer.last_name.p);
        assert_int_equal(sale.fault_count, 0);
    }
}

static void test_refunds(void **state)
{
    static const struct { const char *refund_of, *total; bool refund; } cases[] = {
        {"null", "1", false}, {"\"0f\"", "-1", true}, {"null", "-1", true}, {"\"0f\"", "0", true}, {"\"\"", "1", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct order order = plain;

        order.refund_of = cases[i].refund_of;
        order.total = cases[i].total;
        order.lines = LINE("-1", "1", "-1");
        order.payments = PAID("-1");
        struct sale sale = read_order(&arena, *state, order);
        assert_int_equal(sale.is_refund, cases[i].refund);
        assert_int_equal(sale.lines[0].quantity_milli, -1000);
        assert_int_equal(sale.lines[0].total_cents, -100);
        assert_int_equal(sale.fault_count, 0);
    }
}

static void test_tip_and_split_payment(void **state)
{
    ARENA_AUTO arena = {0};
    struct order order = plain;

    order.total = "30.3";
    order.tip = "2.70";
    order.lines = LINE("3", "10.1", "30.30");
    order.payments = PAID("20") "," PAID("13.00");
    struct sale sale = read_order(&arena, *state, order);
    assert_int_equal(sale.total_cents, 3030);
    assert_int_equal(sale.tip_cents, 270);
    assert_text(sale.payments[1].id, "0a#2");
    assert_adds_up(&sale);
}

/* Two payments with one identity stay two payments. */
static void test_payment_id_twice(void **state)
{
    ARENA_AUTO arena = {0};
    struct order order = plain;

    order.payments = "{\"_id\":\"p\",\"type\":\"card\",\"amount\":0.4},{\"_id\":\"p\",\"type\":\"card\",\"amount\":0.6}";
    struct sale sale = read_order(&arena, *state, order);
    assert_text(sale.payments[0].id, "p");
    assert_text(sale.payments[1].id, "0a#2");
    assert_int_equal(sale.fault_count, 1);
    assert_text(sale.faults[0].path, "payments[1]._id");
    assert_adds_up(&sale);
}

/* ---- bad values ---- */

static void test_bad_amounts(void **state)
{
    static const struct { const char *total; int64_t cents; const char *reason; } cases[] = {
        {"10.649999999999999", 1065, NULL}, {"0.30000000000000004", 30, NULL}, {"-10.649999999999999", -1065, NULL}, {"1e1", 1000, NULL}, {"10.50000", 1050, NULL},
        {"10.005", 0, "decimals"}, {"-0.005", 0, "decimals"}, {"10.004999", 0, "decimals"}, {"1e400", 0, "too large"}, {"-1e400", 0, "too large"},
        {"1e-400", 0, NULL}, {"\"10\"", 0, "not a number"}, {"null", 0, "missing"}, {"true", 0, "not a number"}, {"{\"a\":1}", 0, "not a number"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct order order = plain;

        order.total = cases[i].total;
        struct sale sale = read_order(&arena, *state, order);
        assert_int_equal(sale.total_cents, cases[i].cents);
        assert_int_equal(sale.fault_count, cases[i].reason != NULL);
        assert_int_equal(sale.lines[0].total_cents, 100); /* the rest is read all the same */
        if (cases[i].reason == NULL)
            continue;
        assert_text(sale.faults[0].path, "total");
        assert_non_null(strstr(sale.faults[0].reason, cases[i].reason));
        if (cases[i].total[0] != '"')
            assert_true(str_equal(sale.faults[0].text, str_from(cases[i].total)));
    }
}

/* Every member of a good order is taken away, then given another type: one fault at most each, never a crash, and the others stay. */
static void test_bad_members(void **state)
{
    static const struct { const char *good, *bad, *path; } cases[] = {
        {"\"closed_at\":\"2026-01-30T10:00:00.123Z\"", "\"closed_at\":\"2026-02-30T10:00:00.123Z\"", "closed_at"},
        {"\"closed_at\":\"2026-01-30T10:00:00.123Z\"", "\"closed_at\":1769767200", "closed_at"},
        {"\"closed_at\":\"2026-01-30T10:00:00.123Z\"", "\"gone\":0", "closed_at"},
        {"\"number\":\"1042\"", "\"number\":{}", "number"},
        {"\"quantity\":1.5", "\"quantity\":1.5005", "lines[0].quantity"},
        {"\"quantity\":1.5", "\"gone\":0", "lines[0].quantity"},
        {"\"unit_price\":7.1", "\"unit_price\":7.10005", "lines[0].unit_price"},
        {"\"name\":\"Comté\"", "\"name\":null", "lines[0].name"},
        {"\"tax_rate\":5.5", "\"tax_rate\":-5.5", "lines[0].tax_rate"},
        {"\"tax_rate\":5.5", "\"tax_rate\":550", "lines[0].tax_rate"},
        {"\"tax_rate\":5.5", "\"tax_rate\":\"5.5\"", "lines[0].tax_rate"},
        {"\"price\":0.5}", "\"price\":0.555}", "lines[0].options[0].price"},
        {"\"rate\":5.5,\"base\"", "\"base2\":1,\"base\"", "taxes[0].rate"},
        {"\"amount\":0.55}", "\"amount\":\"0.55\"}", "taxes[0].amount"},
        {"\"type\":\"cash\",\"label\":\"Espèces\"", "\"label\":\"Espèces\"", "payments[0].type"},
        {"\"amount\":-9.35", "\"amount\":-9.355", "payments[1].amount"},
        {"\"zipcode\":\"29200\"", "\"zipcode\":[29200]", "customer.zipcode"},
    };
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        const char *order = ORDER("paid", "2026-01-30T10:00:01.000Z", "0"), *at = strstr(order, cases[i].good);

        assert_non_null(at);
        struct str text = arena_format(&arena, "%.*s%s%s", (int)(at - order), order, cases[i].bad, at + strlen(cases[i].good));
        struct sale sale = read_sale(&arena, fixture->builtin, text.p);
        if (sale.fault_count != 1 || !str_equal(sale.faults[0].path, str_from(cases[i].path)))
            fail_msg("%s: %zu faults, first at %.*s", cases[i].bad, sale.fault_count, STR_ARG(sale.faults[0].path));
        assert_int_equal(sale.total_cents, 1065);
        assert_int_equal(sale.line_count, 1);
        assert_int_equal(sale.payment_count, 2);
    }
}

/* What is shown of a bad value is short and harmless. */
static void test_fault_text_is_clean(void **state)
{
    ARENA_AUTO arena = {0};
    struct order order = plain;

    order.total = "\"\\u001b[31m0123456789012345678901234567890123456789012345678901234567890123456789\"";
    struct sale sale = read_order(&arena, *state, order);
    assert_int_equal(sale.fault_count, 1);
    assert_true(sale.faults[0].text.n <= 64);
    assert_null(memchr(sale.faults[0].text.p, '\033', sale.faults[0].text.n));
}

/* Records that are hardly records: faults, never a failure. */
static void test_hardly_records(void **state)
{
    static const char *const records[] = {
        "{\"_id\":\"0a\"}", "{\"_id\":\"0a\",\"lines\":7,\"taxes\":{},\"payments\":\"x\",\"customer\":[]}",
        "{\"_id\":\"0a\",\"lines\":[7,null,[]],\"taxes\":[null],\"payments\":[\"x\"],\"customer\":true}",
        "{\"_id\":\"0a\",\"lines\":[{}],\"taxes\":[{}],\"payments\":[{}],\"customer\":{}}", "{}", "[]", "7",
    };
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        ARENA_AUTO arena = {0};
        struct sale one = read_sale(&arena, fixture->builtin, records[i]), other = read_sale(&arena, fixture->other, records[i]);

        assert_true(one.fault_count >= 3);
        assert_true(other.fault_count >= 3);
        for (size_t j = 0; j < one.fault_count; j++) {
            assert_non_null(one.faults[j].path.p);
            assert_non_null(one.faults[j].text.p);
            assert_non_null(one.faults[j].reason);
        }
    }
}

/* ---- identity, instant, content ---- */

static void test_identity_and_instant(void **state)
{
    const struct fixture *fixture = *state;
    ARENA_AUTO arena = {0};
    const struct json *one = parse(&arena, "{\"_id\":\"0a\",\"closed_at\":\"2026-01-30T10:00:00.123Z\",\"updated_at\":\"x\"}");
    const struct json *other = parse(&arena, "{\"uid\":17,\"times\":{\"closed\":\"2026-01-30T11:00:00.123+01:00\"},\"modified\":\"2026-01-31T10:00:00.123Z\"}");
    int64_t at_utc = 0;

    assert_text(sales_profile_sale_id(fixture->builtin, one), "0a");
    assert_text(sales_profile_sale_id(fixture->other, other), "17");
    assert_null(sales_profile_sale_id(fixture->other, one).p);
    assert_true(sales_profile_sale_instant(fixture->builtin, one, false, &at_utc));
    assert_true(at_utc == INT64_C(1769767200123000));
    assert_false(sales_profile_sale_instant(fixture->builtin, one, true, &at_utc));
    assert_true(sales_profile_sale_instant(fixture->other, other, false, &at_utc));
    assert_true(at_utc == INT64_C(1769767200123000));
    assert_true(sales_profile_sale_instant(fixture->other, other, true, &at_utc));
    assert_true(at_utc == INT64_C(1769767200123000) + CIVIL_DAY);
}

static bool same_content(const struct sales_profile *profile, const char *a, const char *b)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO one = {0}, other = {0};

    sales_profile_append_canonical(profile, parse(&arena, a), &one);
    sales_profile_append_canonical(profile, parse(&arena, b), &other);
    assert_false(buf_failed(&one) || buf_failed(&other));
    parse(&arena, one.p); /* it is JSON */
    return str_equal(buf_str(&one), buf_str(&other));
}

static void test_content(void **state)
{
    const struct fixture *fixture = *state;
    const char *paid = ORDER("paid", "2026-01-30T10:00:01.000Z", "0");

    assert_true(same_content(fixture->builtin, paid, ORDER("paid", "2026-02-01T00:00:00.000Z", "4")));
    assert_true(same_content(fixture->builtin, paid, ORDER("refunded", "2026-02-01T00:00:00.000Z", "0")));
    assert_false(same_content(fixture->builtin, paid, ORDER("cancelled", "2026-01-30T10:00:01.000Z", "0")));
    assert_false(same_content(fixture->builtin, ORDER("odd", "", "0"), ORDER("strange", "", "0")));
    assert_true(same_content(fixture->builtin, "{\"total\":1.0,\"a\":2}", "{\"a\":2,\"total\":1}"));
    assert_false(same_content(fixture->builtin, "{\"total\":1}", "{\"total\":2}"));
    assert_false(same_content(fixture->builtin, "{\"lines\":[{\"updated_at\":1}]}", "{\"lines\":[{\"updated_at\":2}]}"));
}

/* The other till keeps its state deeper: only the word itself is left out. */
static void test_content_with_a_deep_state(void **state)
{
    const struct fixture *fixture = *state;
    const char *closed = "{\"uid\":1,\"revision\":1,\"status\":{\"code\":\"CLOSED\",\"by\":\"Ana\"}}";

    assert_true(same_content(fixture->other, closed, "{\"uid\":1,\"revision\":2,\"status\":{\"code\":\"SETTLED\",\"by\":\"Ana\"}}"));
    assert_false(same_content(fixture->other, closed, "{\"uid\":1,\"revision\":1,\"status\":{\"code\":\"CLOSED\",\"by\":\"Bob\"}}"));
    assert_false(same_content(fixture->other, closed, "{\"uid\":1,\"revision\":1,\"status\":{\"code\":\"VOID\",\"by\":\"Ana\"}}"));
    assert_false(same_content(fixture->other, closed, "{\"uid\":1,\"revision\":1}"));
}

/* ---- the other till ---- */

#define TICKET(kind, origin) "{\"uid\":17,\"ticket_no\":\"A-9\",\"kind\":\"" kind "\",\"origin\":" origin ",\"status\":{\"code\":\"SETTLED\"},\"training\":false,\"removed\":false," \
    "\"times\":{\"closed\":\"2026-01-30T11:00:00.123+01:00\"},\"amounts\":{\"gross\":1065,\"tip\":0,\"change\":935},\"cashier\":{\"name\":\"Ana\"}," \
    "\"buyer\":{\"uid\":\"b1\",\"account\":\"C0042\",\"family\":\"Le Gall\",\"contact\":{\"mail\":\"zoe@example.org\"},\"place\":{\"town\":\"Brest\"}}," \
    "\"items\":[{\"product\":\"A\",\"sku\":\"COM-1\",\"title\":\"Comté\",\"group\":\"Fromage\",\"qty\":1500,\"uom\":\"kg\",\"price\":710,\"rebate\":0,\"gross\":1065,\"vat_bp\":550}]," \
    "\"vat\":[{\"bp\":550,\"tax\":55}],\"tenders\":[{\"kind\":\"CASH\",\"text\":\"Espèces\",\"value\":2000}]}"

static void test_other_till_sale(void **state)
{
    const struct fixture *fixture = *state;
    ARENA_AUTO arena = {0};
    struct sale sale = read_sale(&arena, fixture->other, TICKET("sale", "null"));

    assert_int_equal(sale.fault_count, 0);
    assert_text(sale.id, "17");
    assert_text(sale.number, "A-9");
    assert_text(sale.salesperson, "Ana");
    assert_int_equal(sale.state, SALE_PAID);
    assert_true(sale.closed_utc == INT64_C(1769767200123000));
    assert_text(sale.customer.code, "C0042");
    assert_text(sale.customer.email, "zoe@example.org");
    assert_text(sale.customer.town, "Brest");
    assert_int_equal(sale.lines[0].unit_price_e4, 71000);
    assert_int_equal(sale.lines[0].quantity_milli, 1500);
    assert_int_equal(sale.payment_count, 2);
    assert_text(sale.payments[0].id, "17#1");
    assert_text(sale.payments[1].id, "17#change");
    assert_text(sale.payments[1].type, "CASH");
    assert_int_equal(sale.payments[1].amount_cents, -935);
    assert_false(sale.is_refund);
    assert_adds_up(&sale);
}

static void test_other_till_credit_note(void **state)
{
    const struct fixture *fixture = *state;
    ARENA_AUTO arena = {0};
    struct sale sale = read_sale(&arena, fixture->other, TICKET("credit", "12"));

    assert_int_equal(sale.fault_count, 0);
    assert_true(sale.is_refund);
    assert_text(sale.refund_of, "12");
    assert_int_equal(sale.total_cents, -1065);
    assert_int_equal(sale.lines[0].quantity_milli, -1500);
    assert_int_equal(sale.lines[0].unit_price_e4, 71000);
    assert_int_equal(sale.lines[0].total_cents, -1065);
    assert_int_equal(sale.taxes[0].tax_cents, -55);
    assert_int_equal(sale.payments[0].amount_cents, -2000);
    assert_adds_up(&sale);
}

/* Whole cents only: a fraction of a cent is a fault there, but not in a unit price. */
static void test_other_till_cents(void **state)
{
    const struct fixture *fixture = *state;
    ARENA_AUTO arena = {0};
    struct sale sale = read_sale(&arena, fixture->other, "{\"uid\":1,\"kind\":\"sale\",\"status\":{\"code\":\"CLOSED\"},\"times\":{\"closed\":\"2026-01-30\"},"
        "\"amounts\":{\"gross\":10.5},\"items\":[{\"title\":\"vis\",\"qty\":3000,\"price\":7.25,\"gross\":22}],\"tenders\":[]}");

    assert_int_equal(sale.fault_count, 1);
    assert_text(sale.faults[0].path, "amounts.gross");
    assert_int_equal(sale.lines[0].unit_price_e4, 725);
}

/* ---- other choices of a profile ---- */

static const char small_profile[] =
    "[profile]\nname=small\nstatus=confirmed\n[request]\npath=/s\nscope=none\nclosed_field=at\norder={field}\n"
    "[money]\nform=text\nquantity=decimal\nrate=fraction\n[sale]\nid=id\nstate=st\nclosed_at=at\ntotal=sum\n[states]\npaid=1\n"
    "[line]\nlist=l\nlabel=n\nquantity=q\nunit_price=p\ntotal=t\nrate=r\n[payment]\nlist=pay\ntype=k\namount=a\n"
    "[change]\nform=negative_payment\n[refund]\nform=negative_quantity\nsign=positive\n";

static void test_text_money_and_fractions(void **state)
{
    ARENA_AUTO arena = {0};
    struct sales_profile *profile = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(sales_profile_parse(&arena, str_from(small_profile), "small", &profile, &err), OK);
    struct sale sale = read_sale(&arena, profile, "{\"id\":\"a\",\"st\":1,\"at\":\"2026-01-30\",\"sum\":\"10.65\",\"l\":[{\"n\":\"x\",\"q\":\"-1.5\",\"p\":\"7.10\",\"t\":\"10.65\","
                                                  "\"r\":0.055}],\"pay\":[{\"k\":\"c\",\"a\":\"10.65\"}]}");
    assert_int_equal(sale.fault_count, 0);
    assert_int_equal(sale.state, SALE_PAID);
    assert_int_equal(sale.lines[0].rate_bp, 550);
    /* a negative quantity makes it a refund, whose positive amounts are turned; the quantity had its sign already */
    assert_true(sale.is_refund);
    assert_int_equal(sale.total_cents, -1065);
    assert_int_equal(sale.lines[0].quantity_milli, -1500);
    assert_int_equal(sale.lines[0].total_cents, -1065);
    assert_adds_up(&sale);
    sale = read_sale(&arena, profile, "{\"id\":\"a\",\"st\":1,\"at\":\"2026-01-30\",\"sum\":\"10,65\",\"l\":[{\"n\":\"x\",\"q\":1,\"p\":\"7\",\"t\":\"7\"}],\"pay\":[]}");
    assert_int_equal(sale.fault_count, 1);
    assert_text(sale.faults[0].text, "10,65");
}

/* What makes a sale a refund, by the form that the profile names; a negative total does in every form. */
static void test_refund_forms(void **state)
{
    static const struct { const char *form, *total, *quantities[2]; bool refund; } cases[] = {
        {"negative_quantity", "5", {"-1", "-1"}, true}, {"negative_quantity", "5", {"-1", "0"}, false}, {"negative_quantity", "5", {"0", "-1"}, false},
        {"negative_quantity", "5", {"-1", "0.001"}, false}, {"negative_quantity", "-5", {"1", "1"}, true},
        {"negative_total", "5", {"-1", "-1"}, false}, {"negative_total", "0", {"-1", "-1"}, false}, {"negative_total", "-0.01", {"1", "1"}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct sales_profile *profile = NULL;
        struct err err = {0};
        const char *form = strstr(small_profile, "negative_quantity");
        struct str text = arena_format(&arena, "%.*s%s\nsign=negative\n", (int)(form - small_profile), small_profile, cases[i].form);

        assert_int_equal(sales_profile_parse(&arena, text, "small", &profile, &err), OK);
        text = arena_format(&arena, "{\"id\":\"a\",\"st\":1,\"at\":\"2026-01-30\",\"sum\":\"%s\",\"l\":[{\"n\":\"x\",\"q\":%s,\"p\":\"1\",\"t\":\"1\"},"
                                    "{\"n\":\"x\",\"q\":%s,\"p\":\"1\",\"t\":\"1\"}],\"pay\":[]}", cases[i].total, cases[i].quantities[0], cases[i].quantities[1]);
        struct sale sale = read_sale(&arena, profile, text.p);
        assert_int_equal(sale.fault_count, 0);
        if (sale.is_refund != cases[i].refund)
            fail_msg("%s, %s, %s and %s", cases[i].form, cases[i].total, cases[i].quantities[0], cases[i].quantities[1]);
    }
}

/* A till whose change stands among the payments has no other, whatever its profile says besides. */
static void test_change_is_read_where_the_profile_has_it(void **state)
{
    static const char *const forms[] = {"negative_payment", "field"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ARENA_AUTO arena = {0};
        struct sales_profile *profile = NULL;
        struct err err = {0};
        const char *form = strstr(small_profile, "negative_payment"), *rest = form + strlen("negative_payment");
        struct str text = arena_format(&arena, "%.*s%s\nfield=ch\ntype=cash%s", (int)(form - small_profile), small_profile, forms[i], rest);

        assert_int_equal(sales_profile_parse(&arena, text, "small", &profile, &err), OK);
        struct sale sale = read_sale(&arena, profile, "{\"id\":\"a\",\"st\":1,\"at\":\"2026-01-30\",\"sum\":\"1\",\"ch\":\"0.50\",\"l\":[{\"n\":\"x\",\"q\":1,\"p\":\"1\","
                                                      "\"t\":\"1\"}],\"pay\":[{\"k\":\"c\",\"a\":\"1.50\"}]}");
        assert_int_equal(sale.fault_count, 0);
        assert_int_equal(sale.payment_count, 1 + i);
        if (i == 1)
            assert_adds_up(&sale);
    }
}

/* ---- the law: one sale in two formats ---- */

static uint64_t seed;

static int64_t draw(int64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

struct drawn_line { int64_t quantity_milli, unit_price_cents, discount_cents, total_cents, rate_bp; };
struct drawn {
    int64_t total_cents, tip_cents, card_cents, cash_cents, change_cents;
    bool refund;
    size_t line_count;
    struct drawn_line lines[8];
};

static struct drawn draw_sale(void)
{
    static const int64_t rates[] = {0, 210, 550, 1000, 2000};
    struct drawn drawn = {.refund = draw(5) == 0, .line_count = (size_t)draw(8) + 1};

    for (size_t i = 0; i < drawn.line_count; i++) {
        struct drawn_line *line = &drawn.lines[i];

        line->quantity_milli = draw(3) == 0 ? draw(4000) + 1 : 1000 * (draw(5) + 1);
        line->unit_price_cents = draw(10000);
        line->discount_cents = draw(4) == 0 ? draw(100) : 0;
        line->total_cents = line->quantity_milli * line->unit_price_cents / 1000 - line->discount_cents;
        line->rate_bp = rates[draw(5)];
        drawn.total_cents += line->total_cents;
    }
    drawn.total_cents = 0;
    for (size_t i = 0; i < drawn.line_count; i++) {
        if (drawn.lines[i].total_cents < 0)
            drawn.lines[i].total_cents = 0;
        drawn.total_cents += drawn.lines[i].total_cents;
    }
    drawn.tip_cents = draw(6) == 0 ? draw(500) : 0;
    drawn.card_cents = draw(2) == 0 ? drawn.total_cents / 2 : 0;
    drawn.change_cents = draw(2) == 0 ? draw(2000) : 0;
    drawn.cash_cents = drawn.total_cents + drawn.tip_cents - drawn.card_cents + drawn.change_cents;
    return drawn;
}

/* As a till that adds floats writes it: sometimes with its noise. */
static void put_euros(struct buf *out, int64_t cents)
{
    if (draw(10) == 0) {
        decimal_append(out, cents, 2, 2);
        buf_append_z(out, "000000000000004");
    } else {
        decimal_append(out, cents, 2, 0);
    }
}

static void write_order(struct buf *out, const struct drawn *drawn)
{
    int64_t sign = drawn->refund ? -1 : 1;

    buf_printf(out, "{\"_id\":\"7\",\"number\":\"7\",\"state\":\"paid\",\"closed_at\":\"2026-01-30T10:00:00.000Z\",\"refund_of\":%s,\"total\":", drawn->refund ? "\"3\"" : "null");
    put_euros(out, sign * drawn->total_cents);
    buf_append_z(out, ",\"tip\":");
    put_euros(out, sign * drawn->tip_cents);
    buf_append_z(out, ",\"lines\":[");
    for (size_t i = 0; i < drawn->line_count; i++) {
        const struct drawn_line *line = &drawn->lines[i];

        buf_append_z(out, i > 0 ? ",{\"name\":\"x\",\"quantity\":" : "{\"name\":\"x\",\"quantity\":");
        decimal_append(out, sign * line->quantity_milli, 3, 0);
        buf_append_z(out, ",\"unit_price\":");
        put_euros(out, line->unit_price_cents);
        buf_append_z(out, ",\"discount\":");
        put_euros(out, sign * line->discount_cents);
        buf_append_z(out, ",\"total\":");
        put_euros(out, sign * line->total_cents);
        buf_append_z(out, ",\"tax_rate\":");
        decimal_append(out, line->rate_bp, 2, 0);
        buf_append_char(out, '}');
    }
    buf_append_z(out, "],\"payments\":[{\"type\":\"CARD\",\"amount\":");
    put_euros(out, sign * drawn->card_cents);
    buf_append_z(out, "},{\"type\":\"CASH\",\"amount\":");
    put_euros(out, sign * drawn->cash_cents);
    if (drawn->change_cents != 0) {
        buf_append_z(out, "},{\"_id\":\"7#change\",\"type\":\"CASH\",\"amount\":");
        put_euros(out, -sign * drawn->change_cents);
    }
    buf_append_z(out, "}]}");
}

static void write_ticket(struct buf *out, const struct drawn *drawn)
{
    buf_printf(out, "{\"uid\":7,\"ticket_no\":7,\"kind\":\"%s\",\"origin\":%s,\"status\":{\"code\":\"CLOSED\"},\"times\":{\"closed\":\"2026-01-30T10:00:00.000Z\"},"
                    "\"amounts\":{\"gross\":%" PRId64 ",\"tip\":%" PRId64 ",\"change\":%" PRId64 "},\"items\":[",
               drawn->refund ? "credit" : "sale", drawn->refund ? "3" : "null", drawn->total_cents, drawn->tip_cents, drawn->change_cents);
    for (size_t i = 0; i < drawn->line_count; i++) {
        const struct drawn_line *line = &drawn->lines[i];

        buf_printf(out, "%s{\"title\":\"x\",\"qty\":%" PRId64 ",\"price\":%" PRId64 ",\"rebate\":%" PRId64 ",\"gross\":%" PRId64 ",\"vat_bp\":%" PRId64 "}", i > 0 ? "," : "",
                   line->quantity_milli, line->unit_price_cents, line->discount_cents, line->total_cents, line->rate_bp);
    }
    buf_printf(out, "],\"tenders\":[{\"kind\":\"CARD\",\"value\":%" PRId64 "},{\"kind\":\"CASH\",\"value\":%" PRId64 "}]}", drawn->card_cents, drawn->cash_cents);
}

static void assert_same_sale(const struct sale *a, const struct sale *b)
{
    assert_true(str_equal(a->id, b->id) && str_equal(a->number, b->number) && str_equal(a->refund_of, b->refund_of));
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->is_refund, b->is_refund);
    assert_true(a->closed_utc == b->closed_utc);
    assert_true(a->total_cents == b->total_cents && a->tip_cents == b->tip_cents);
    assert_int_equal(a->line_count, b->line_count);
    for (size_t i = 0; i < a->line_count; i++) {
        assert_true(a->lines[i].quantity_milli == b->lines[i].quantity_milli);
        assert_true(a->lines[i].unit_price_e4 == b->lines[i].unit_price_e4);
        assert_true(a->lines[i].discount_cents == b->lines[i].discount_cents);
        assert_true(a->lines[i].total_cents == b->lines[i].total_cents);
        assert_true(a->lines[i].rate_bp == b->lines[i].rate_bp && a->lines[i].has_rate && b->lines[i].has_rate);
    }
    assert_int_equal(a->payment_count, b->payment_count);
    for (size_t i = 0; i < a->payment_count; i++) {
        assert_true(str_equal(a->payments[i].id, b->payments[i].id) && str_equal(a->payments[i].type, b->payments[i].type));
        assert_true(a->payments[i].amount_cents == b->payments[i].amount_cents);
    }
    assert_int_equal(a->fault_count, 0);
    assert_int_equal(b->fault_count, 0);
}

static void test_both_formats_give_the_same_sale(void **state)
{
    const struct fixture *fixture = *state;

    seed = 20260130;
    for (int i = 0; i < 2000; i++) {
        ARENA_AUTO arena = {0};
        BUF_AUTO order = {0}, ticket = {0};
        struct drawn drawn = draw_sale();

        write_order(&order, &drawn);
        write_ticket(&ticket, &drawn);
        struct sale one = read_sale(&arena, fixture->builtin, order.p), other = read_sale(&arena, fixture->other, ticket.p);
        assert_same_sale(&one, &other);
        assert_int_equal(one.total_cents, drawn.refund ? -drawn.total_cents : drawn.total_cents);
        assert_adds_up(&one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_order),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_free_amount_and_anonymous),
        cmocka_unit_test(test_customer_with_only_an_id),
        cmocka_unit_test(test_refunds),
        cmocka_unit_test(test_tip_and_split_payment),
        cmocka_unit_test(test_payment_id_twice),
        cmocka_unit_test(test_bad_amounts),
        cmocka_unit_test(test_bad_members),
        cmocka_unit_test(test_fault_text_is_clean),
        cmocka_unit_test(test_hardly_records),
        cmocka_unit_test(test_identity_and_instant),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_content_with_a_deep_state),
        cmocka_unit_test(test_other_till_sale),
        cmocka_unit_test(test_other_till_credit_note),
        cmocka_unit_test(test_other_till_cents),
        cmocka_unit_test(test_text_money_and_fractions),
        cmocka_unit_test(test_refund_forms),
        cmocka_unit_test(test_change_is_read_where_the_profile_has_it),
        cmocka_unit_test(test_both_formats_give_the_same_sale),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
