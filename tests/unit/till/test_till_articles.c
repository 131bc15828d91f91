/* test_till_articles.c: articles, declinations, taxes and categories of the till, read into neutral records: every member, every kind of bad value,
 * and what moves the fingerprint and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "till/till.h"

#define assert_text(s, literal) assert_true(str_equal((s), STR(literal)))

static struct json *parse(struct arena *arena, const char *text)
{
    struct json *json = NULL;
    struct err err = {0};

    assert_int_equal(json_parse(arena, str_from(text), &json, &err), OK);
    return json;
}

static struct till_article *read_articles(struct arena *arena, const char *text, size_t *ret_count)
{
    struct till_article *articles = NULL;
    struct err err = {0};

    assert_int_equal(till_article_read(arena, parse(arena, text), &articles, ret_count, &err), OK);
    return articles;
}

static struct till_article read_one(struct arena *arena, const char *text)
{
    size_t count = 0;
    struct till_article *articles = read_articles(arena, text, &count);

    assert_int_equal(count, 1);
    return articles[0];
}

/* As the live server answers a GET (tactill-v4.md, golden exchanges), with every optional member. */
#define WHOLE "{\"created_at\":\"2025-06-21T16:06:03.313Z\",\"updated_at\":\"2025-06-21T16:08:00.000Z\",\"deprecated\":false,\"test\":false,\"node_id\":\"N\"," \
    "\"category_id\":\"C\",\"discounts\":[],\"taxes\":[\"T\"],\"is_default\":false,\"name\":\"Comté\",\"icon_text\":\"Comt\",\"image\":\"\",\"color\":\"#57DB47\"," \
    "\"full_price\":7.1,\"unit\":\"kg\",\"in_stock\":true,\"ignore_stock\":true,\"options\":[],\"_id\":\"A\",\"variations\":[],\"declinations\":[],\"__v\":0," \
    "\"stock_quantity\":-1.5,\"reference\":\"COM-1\",\"barcode\":\"3017620422003\",\"buy_price\":4.25,\"weight\":0.25}"

static void test_whole_article(void **state)
{
    ARENA_AUTO arena = {0};
    struct till_article article = read_one(&arena, WHOLE);

    (void)state;
    assert_text(article.id, "A");
    assert_text(article.declination_id, "");
    assert_text(article.name, "Comté");
    assert_text(article.reference, "COM-1");
    assert_text(article.barcode, "3017620422003");
    assert_text(article.category_id, "C");
    assert_text(article.unit, "kg");
    assert_text(article.color, "#57DB47");
    assert_text(article.icon_text, "Comt");
    assert_text(article.updated_at, "2025-06-21T16:08:00.000Z");
    assert_int_equal(article.tax_count, 1);
    assert_text(article.tax_ids[0], "T");
    assert_true(article.has_price && article.price_e4 == 71000);
    assert_true(article.has_buy_price && article.buy_price_e4 == 42500);
    assert_true(article.has_weight && article.weight_milli == 250);
    assert_true(article.has_stock_quantity && article.stock_quantity_milli == -1500);
    assert_true(article.stock_managed && article.in_stock && article.ignore_stock);
    assert_false(article.deleted || article.is_default || article.is_test || article.has_declinations);
    assert_null(article.fault);
}

/* What the till leaves out is absent, not zero or empty. */
static void test_bare_article(void **state)
{
    ARENA_AUTO arena = {0};
    struct till_article article = read_one(&arena, "{\"_id\":\"A\",\"name\":\"Prix libre\",\"taxes\":[],\"full_price\":null,\"deprecated\":true,\"is_default\":true,\"test\":true}");

    (void)state;
    assert_null(article.reference.p);
    assert_null(article.barcode.p);
    assert_false(article.has_price || article.has_buy_price || article.has_weight || article.has_stock_quantity || article.stock_managed);
    assert_true(article.ignore_stock && article.deleted && article.is_default && article.is_test);
    assert_int_equal(article.tax_count, 0);
    assert_null(article.fault);
}

/* The till follows the quantity exactly when in_stock is true; ignore_stock has no say in it. */
static void test_stock_rule(void **state)
{
    ARENA_AUTO arena = {0};

    (void)state;
    assert_true(read_one(&arena, "{\"_id\":\"A\",\"name\":\"x\",\"in_stock\":true,\"ignore_stock\":false}").stock_managed);
    assert_true(read_one(&arena, "{\"_id\":\"A\",\"name\":\"x\",\"in_stock\":true,\"ignore_stock\":true}").stock_managed);
    assert_false(read_one(&arena, "{\"_id\":\"A\",\"name\":\"x\",\"in_stock\":false,\"ignore_stock\":false}").stock_managed);
    assert_false(read_one(&arena, "{\"_id\":\"A\",\"name\":\"x\",\"in_stock\":false,\"ignore_stock\":true}").stock_managed);
}

static void test_price_noise(void **state)
{
    static const struct { const char *number; int64_t price_e4; } cases[] = {
        {"0", 0}, {"1.0", 10000}, {"1e1", 100000}, {"7.12345", 71235}, {"7.12344999999", 71234}, {"2.3000000000000003", 23000}, {"-0.5", -5000}, {"0.0001", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct str text = arena_format(&arena, "{\"_id\":\"A\",\"name\":\"x\",\"full_price\":%s}", cases[i].number);
        struct till_article article = read_one(&arena, text.p);

        assert_true(article.has_price);
        assert_int_equal(article.price_e4, cases[i].price_e4);
        assert_null(article.fault);
    }
}

static void test_faults(void **state)
{
    static const struct { const char *members, *path; } cases[] = {
        {"\"name\":\"x\",\"full_price\":\"7.10\"", "full_price"},
        {"\"name\":\"x\",\"full_price\":1e400", "full_price"},
        {"\"name\":\"x\",\"buy_price\":{}", "buy_price"},
        {"\"name\":\"x\",\"weight\":true", "weight"},
        {"\"name\":\"x\",\"stock_quantity\":\"12\"", "stock_quantity"},
        {"\"name\":\"x\",\"taxes\":\"T\"", "taxes"},
        {"\"name\":\"x\",\"taxes\":[{}]", "taxes"},
        {"\"name\":\"x\",\"in_stock\":\"yes\"", "in_stock"},
        {"\"name\":\"x\",\"reference\":[]", "reference"},
        {"\"name\":\"x\",\"reference\":1.5", "reference"},
        {"\"name\":\"x\",\"declinations\":{}", "declinations"},
        {"\"name\":\"\"", "name"},
        {"\"name\":null", "name"},
        {"\"unit\":\"kg\"", "name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct str text = arena_format(&arena, "{\"_id\":\"A\",%s,\"category_id\":\"C\"}", cases[i].members);
        struct till_article article = read_one(&arena, text.p);

        assert_non_null(article.fault);
        assert_true(str_equal(article.fault_path, str_from(cases[i].path)));
        assert_text(article.category_id, "C"); /* the others are read all the same */
    }
}

/* A barcode that was typed as a number keeps its digits. */
static void test_number_as_text(void **state)
{
    ARENA_AUTO arena = {0};
    struct till_article article = read_one(&arena, "{\"_id\":\"A\",\"name\":\"x\",\"barcode\":3017620422003}");

    (void)state;
    assert_text(article.barcode, "3017620422003");
    assert_null(article.fault);
}

/* ---- declinations ---- */

#define SHIRT(deleted, second_price) "{\"_id\":\"A\",\"name\":\"T-shirt\",\"category_id\":\"C\",\"taxes\":[\"T20\"],\"full_price\":15,\"unit\":\"\",\"buy_price\":6,\"deprecated\":" deleted "," \
    "\"reference\":\"TS\",\"in_stock\":false,\"variations\":[{\"key\":\"taille\",\"priority\":0,\"values\":[{\"value\":\"L\",\"priority\":0}]}],\"declinations\":[" \
    "{\"id\":\"d1\",\"taxes\":[\"T5\"],\"variations\":[{\"key\":\"couleur\",\"value\":\"rouge\",\"priority\":1},{\"key\":\"taille\",\"value\":\"L\",\"priority\":0}]," \
    "\"full_price\":15.5,\"reference\":\"TS-L-R\",\"barcode\":\"3760000000017\",\"in_stock\":true,\"ignore_stock\":false,\"deprecated\":false,\"test\":false}," \
    "{\"id\":\"d2\",\"taxes\":[],\"variations\":[],\"full_price\":" second_price ",\"in_stock\":false,\"ignore_stock\":true,\"deprecated\":true,\"test\":true}]}"

static void test_declinations(void **state)
{
    ARENA_AUTO arena = {0};
    size_t count = 0;
    struct till_article *articles = read_articles(&arena, SHIRT("false", "16"), &count);

    (void)state;
    assert_int_equal(count, 3);
    assert_true(articles[0].has_declinations);
    assert_text(articles[0].reference, "TS");
    assert_false(articles[0].stock_managed);

    assert_text(articles[1].id, "A");
    assert_text(articles[1].declination_id, "d1");
    assert_text(articles[1].name, "T-shirt (L, rouge)");
    assert_text(articles[1].reference, "TS-L-R");
    assert_text(articles[1].barcode, "3760000000017");
    assert_text(articles[1].category_id, "C");
    assert_text(articles[1].tax_ids[0], "T5");
    assert_int_equal(articles[1].price_e4, 155000);
    assert_int_equal(articles[1].buy_price_e4, 60000);
    assert_true(articles[1].stock_managed && !articles[1].ignore_stock && !articles[1].deleted && !articles[1].is_test && !articles[1].has_declinations);

    assert_text(articles[2].declination_id, "d2");
    assert_text(articles[2].name, "T-shirt");
    assert_null(articles[2].reference.p); /* the heading's reference is not its own */
    assert_int_equal(articles[2].tax_count, 1);
    assert_text(articles[2].tax_ids[0], "T20");
    assert_true(articles[2].deleted && articles[2].is_test && !articles[2].stock_managed);
    for (size_t i = 0; i < count; i++)
        assert_null(articles[i].fault);
}

static void test_declinations_of_a_deleted_article(void **state)
{
    ARENA_AUTO arena = {0};
    size_t count = 0;
    struct till_article *articles = read_articles(&arena, SHIRT("true", "16"), &count);

    (void)state;
    assert_true(articles[0].deleted && articles[1].deleted && articles[2].deleted);
}

static void test_declination_faults(void **state)
{
    ARENA_AUTO arena = {0};
    size_t count = 0;
    struct till_article *articles = read_articles(&arena, SHIRT("false", "\"free\""), &count);

    (void)state;
    assert_null(articles[0].fault);
    assert_null(articles[1].fault);
    assert_non_null(articles[2].fault);
    assert_text(articles[2].fault_path, "declinations[1].full_price");
    articles = read_articles(&arena, "{\"_id\":\"A\",\"name\":\"x\",\"declinations\":[7,{\"full_price\":1}]}", &count);
    assert_int_equal(count, 3);
    assert_text(articles[1].fault_path, "declinations[0]");
    assert_text(articles[1].declination_id, "#1");
    assert_text(articles[2].fault_path, "declinations[1].id");
    assert_text(articles[2].declination_id, "#2");
}

/* ---- the fingerprint ---- */

static bool same_fingerprint(const char *a, const char *b)
{
    ARENA_AUTO arena = {0};
    struct till_article one = read_one(&arena, a), other = read_one(&arena, b);

    return memcmp(one.fingerprint, other.fingerprint, sizeof(one.fingerprint)) == 0;
}

#define BASE_MEMBERS "\"_id\":\"A\",\"name\":\"x\",\"taxes\":[\"T\"],\"full_price\":1,\"in_stock\":true"

static void test_fingerprint(void **state)
{
    static const char *const moves[] = {
        "{\"_id\":\"A\",\"name\":\"y\",\"taxes\":[\"T\"],\"full_price\":1,\"in_stock\":true}",
        "{\"_id\":\"A\",\"name\":\"x\",\"taxes\":[\"U\"],\"full_price\":1,\"in_stock\":true}",
        "{\"_id\":\"A\",\"name\":\"x\",\"taxes\":[\"T\",\"T\"],\"full_price\":1,\"in_stock\":true}",
        "{\"_id\":\"A\",\"name\":\"x\",\"taxes\":[\"T\"],\"full_price\":1.01,\"in_stock\":true}",
        "{\"_id\":\"A\",\"name\":\"x\",\"taxes\":[\"T\"],\"in_stock\":true}",
        "{\"_id\":\"A\",\"name\":\"x\",\"taxes\":[\"T\"],\"full_price\":1,\"in_stock\":false}",
        "{" BASE_MEMBERS ",\"reference\":\"r\"}", "{" BASE_MEMBERS ",\"reference\":\"\"}", "{" BASE_MEMBERS ",\"barcode\":\"r\"}",
        "{" BASE_MEMBERS ",\"category_id\":\"C\"}", "{" BASE_MEMBERS ",\"unit\":\"kg\"}", "{" BASE_MEMBERS ",\"color\":\"#57DB47\"}",
        "{" BASE_MEMBERS ",\"icon_text\":\"xx\"}", "{" BASE_MEMBERS ",\"buy_price\":0}", "{" BASE_MEMBERS ",\"weight\":0}",
        "{" BASE_MEMBERS ",\"deprecated\":true}", "{" BASE_MEMBERS ",\"ignore_stock\":false}", "{" BASE_MEMBERS ",\"is_default\":true}",
        "{" BASE_MEMBERS ",\"test\":true}", "{" BASE_MEMBERS ",\"buy_price\":\"bad\"}",
    };
    static const char *const stays[] = {
        "{" BASE_MEMBERS ",\"updated_at\":\"2026-01-01T00:00:00.000Z\"}", "{" BASE_MEMBERS ",\"stock_quantity\":12}",
        "{" BASE_MEMBERS ",\"__v\":3,\"image\":\"z.png\",\"taxfree_price\":0.5}",
        "{\"in_stock\":true,\"full_price\":1.0,\"taxes\":[\"T\"],\"name\":\"x\",\"_id\":\"A\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (same_fingerprint("{" BASE_MEMBERS "}", moves[i]))
            fail_msg("no other fingerprint: %s", moves[i]);
        for (size_t j = 0; j < i; j++)
            assert_false(same_fingerprint(moves[i], moves[j]));
    }
    for (size_t i = 0; i < sizeof(stays) / sizeof(stays[0]); i++) {
        if (!same_fingerprint("{" BASE_MEMBERS "}", stays[i]))
            fail_msg("another fingerprint: %s", stays[i]);
    }
}

/* ---- taxes and categories ---- */

static void test_taxes(void **state)
{
    static const struct { const char *rate; int64_t rate_bp; bool readable; } cases[] = {
        {"20", 2000, true}, {"10.0", 1000, true}, {"5.5", 550, true}, {"2.1", 210, true}, {"0", 0, true}, {"8.5", 850, true},
        {"\"20\"", 0, false}, {"null", 0, false}, {"-5.5", 0, false}, {"200", 0, false}, {"5.555", 0, false}, {"1e400", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct str text = arena_format(&arena, "{\"_id\":\"T\",\"name\":\"TVA\",\"rate\":%s,\"in_price\":true,\"deprecated\":true}", cases[i].rate);
        struct till_tax tax = till_tax_read(parse(&arena, text.p));

        assert_text(tax.id, "T");
        assert_text(tax.name, "TVA");
        assert_true(tax.deleted);
        assert_int_equal(tax.readable, cases[i].readable);
        assert_int_equal(tax.rate_bp, cases[i].rate_bp);
    }
}

static void test_categories(void **state)
{
    ARENA_AUTO arena = {0};
    struct till_category category = till_category_read(parse(&arena, "{\"_id\":\"C\",\"name\":\"Non catégorisé\",\"is_default\":true,\"deprecated\":false}"));

    (void)state;
    assert_text(category.id, "C");
    assert_text(category.name, "Non catégorisé");
    assert_true(category.is_default);
    assert_false(category.deleted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_article),
        cmocka_unit_test(test_bare_article),
        cmocka_unit_test(test_stock_rule),
        cmocka_unit_test(test_price_noise),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_number_as_text),
        cmocka_unit_test(test_declinations),
        cmocka_unit_test(test_declinations_of_a_deleted_article),
        cmocka_unit_test(test_declination_faults),
        cmocka_unit_test(test_fingerprint),
        cmocka_unit_test(test_taxes),
        cmocka_unit_test(test_categories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
