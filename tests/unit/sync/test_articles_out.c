/* test_articles_out.c: articles from the back office to the till: what is created and overwritten there, what is sent back, what is said, on both engines. */
#include "article_shop.h"

/* Beside the usual categories and taxes the till has two articles: one in another colour whose stock it follows, one that is the same here and there. */
static const char two_articles[] =
    "[{\"_id\":\"" ID("a1") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"BLONDE\",\"name\":\"Blonde\",\"full_price\":3,\"color\":\"#F44F60\","
    "\"in_stock\":true,\"ignore_stock\":false,\"summary\":\"au fût\"},"
    "{\"_id\":\"" ID("a2") "\",\"category_id\":\"" ID("c2") "\",\"taxes\":[\"" ID("f2") "\"],\"reference\":\"RIZ\",\"name\":\"Riz\",\"full_price\":2.1}]";

/* Both are in the back office after an import. */
static void begin(struct shop *shop)
{
    shop_till(shop, two_articles, NULL, NULL);
    shop->options.export_articles = true;
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 2, 0, 0, 0, 0);
}

static void add_article(struct shop *shop, const char *values)
{
    static int added;
    struct str sql = arena_format(&shop->arena,
                                  "INSERT INTO article (company_id, article_id, tax_id, code, label, family_id, price_e4, barcode, unit, buy_price_e4, stock_managed, updated_utc)"
                                  " SELECT $1, %d, MIN(tax_id), %s, 1 FROM tax WHERE company_id = $1 AND rate_bp = 210",
                                  1000 + added++, values);

    shop_exec(shop, sql.p);
}

static void test_nothing_to_say(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 2, 0, 0, 2, 0, 0);
    assert_string_equal(shop->requests.p, "");
    assert_string_equal(shop->changes.p, "");
}

static void test_update(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    shop_exec(shop, "UPDATE article SET label = 'Blonde 33 cl', price_e4 = 33500, buy_price_e4 = 11050 WHERE company_id = $1 AND code = 'BLONDE'");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, true), 2, 0, 1, 1, 0, 0);
    assert_string_equal(shop->requests.p, "");
    const char *told = arena_copy(&shop->arena, buf_str(&shop->changes)).p;
    assert_string_equal(told, "update BLONDE name: Blonde -> Blonde 33 cl\nupdate BLONDE full_price: 3.00 -> 3.35\nupdate BLONDE buy_price:  -> 1.105\n");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 2, 0, 1, 1, 0, 0);
    assert_string_equal(shop->changes.p, told);
    assert_string_equal(shop->requests.p,
                        "PUT /v1/catalog/articles/" ID("a1") " {\"name\":\"Blonde 33 cl\",\"full_price\":3.35,\"buy_price\":1.105,\"taxes\":[\"" ID("f1") "\"],"
                        "\"color\":\"#F44F60\",\"in_stock\":true,\"ignore_stock\":false}\n");
    const char *there = shop_at_till(shop, "GET", "articles/" ID("a1"), NULL);
    assert_non_null(strstr(there, "\"name\":\"Blonde 33 cl\""));
    assert_non_null(strstr(there, "\"color\":\"#F44F60\""));
    assert_non_null(strstr(there, "\"in_stock\":true"));
    assert_non_null(strstr(there, "\"summary\":\"au fût\""));
    /* Both sides agree: neither way has anything to do. */
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 2, 0, 0, 2, 0, 0);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 0, 2, 0, 0);
}

/* A new article, with a family and a rate that the till lacks; an archived one is none. */
static void test_create(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    shop_exec(shop, "INSERT INTO family (company_id, family_id, name) VALUES ($1, 900, 'Presse')");
    add_article(shop, "'LM-01', 'Le journal', 900, 30000, '3760000000024', 'pièce', NULL, 1");
    add_article(shop, "'LM-02', 'Le mensuel', 900, 59000, NULL, '', NULL, 0");
    shop_exec(shop, "INSERT INTO article (company_id, article_id, code, label, tax_id, archived, updated_utc) SELECT $1, 990, 'VIEUX', 'Vieux', MIN(tax_id), 1, 1 FROM tax WHERE company_id = $1");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, true), 4, 2, 0, 2, 0, 0);
    assert_string_equal(shop->requests.p, "");
    const char *told = arena_copy(&shop->arena, buf_str(&shop->changes)).p;
    assert_string_equal(told, "create_category Presse Presse\ncreate_tax TVA 2.1 % 2.1\ncreate LM-01 Le journal\ncreate LM-02 Le mensuel\n");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 4, 2, 0, 2, 0, 0);
    assert_string_equal(shop->changes.p, told);
    assert_non_null(strstr(shop->requests.p, "POST /v1/catalog/categories {"));
    assert_non_null(strstr(shop->requests.p, "\"rate\":2.1,\"in_price\":true"));
    assert_non_null(strstr(shop->requests.p, "\"name\":\"Le journal\",\"reference\":\"LM-01\",\"full_price\":3,\"barcode\":\"3760000000024\",\"category_id\":"));
    assert_null(strstr(shop->requests.p, "stock_quantity"));
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 4, 0, 0, 4, 0, 0);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 4, 0, 0, 4, 0, 0);
}

/* The answer of a POST is lost: the till is asked before it is sent again. */
static void test_lost_answer(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    add_article(shop, "'P1', 'Pain', NULL, 11000, NULL, '', NULL, 0");
    shop->faults.lose_posts = 1; /* of the tax */
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 1, 0, 2, 0, 0);
    add_article(shop, "'P2', 'Pain long', NULL, 11000, NULL, '', NULL, 0");
    shop->faults.lose_posts = 1; /* of the article */
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 4, 1, 0, 3, 0, 0);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 4, 0, 0, 4, 0, 0);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 4, 0, 0, 4, 0, 0);
}

/* Killed between the POST and the memory of it: what comes back is ours, and the category that the till gave it is none that anybody chose. */
static void test_forgotten_export(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    add_article(shop, "'P1', 'Pain', NULL, 11000, NULL, '', NULL, 0");
    const char *families = arena_copy(&shop->arena, str_from(shop_rows(shop, "SELECT name FROM family WHERE company_id = $1 ORDER BY name"))).p;
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 1, 0, 2, 0, 0);
    shop_exec(shop, "DELETE FROM till_article WHERE company_id = $1 AND article_id = (SELECT article_id FROM article WHERE company_id = $1 AND code = 'P1')");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 0, 0, 3, 0, 0);
    assert_string_equal(shop_rows(shop, "SELECT code FROM article WHERE company_id = $1 AND family_id IS NULL"), "P1\n");
    assert_string_equal(shop_rows(shop, "SELECT name FROM family WHERE company_id = $1 ORDER BY name"), families);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 0, 0, 3, 0, 0);
    assert_string_equal(shop->requests.p, "");
}

/* What could not come in is not overwritten there either, until a person has said who is right; where nothing is to come in, ours counts. */
static void test_import_waits(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    shop_at_till(shop, "PUT", "articles/" ID("a1"), "{\"name\":\"Blonde\",\"taxes\":[\"" ID("f1") "\",\"" ID("f2") "\"],\"in_stock\":true,\"ignore_stock\":false}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 0, 1, 0, 1);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 2, 0, 0, 1, 0, 1);
    assert_string_equal(shop->requests.p, "");
    shop->link.options.import_articles = false;
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 2, 0, 1, 1, 0, 0);
    assert_non_null(strstr(shop->requests.p, "PUT /v1/catalog/articles/" ID("a1")));
}

static int refused_runs;

/* A second run, while the first one waits as the till asks it to. */
static void run_beside(struct shop *shop)
{
    struct sync_result result;

    assert_int_equal(shop_try_sync(shop, FLOW_ARTICLES_OUT, false, &result), ERR_BUSY);
    err_clear(&shop->err);
    refused_runs++;
}

/* The till asks for more time than a lease lasts: the run that waits is alive all the same, and another one that took its place would create what it creates. */
static void test_long_wait_keeps_the_link(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    add_article(shop, "'P1', 'Pain', NULL, 11000, NULL, '', NULL, 0");
    refused_runs = 0;
    shop->faults.busy_posts = 1;
    shop->on_sleep = run_beside;
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 1, 0, 2, 0, 0);
    assert_in_range(refused_runs, 120 / 60 + 1, 1000); /* at least once more than the lease fits into the wait */
    shop->on_sleep = NULL;
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 0, 0, 3, 0, 0);
}

static void test_refused_and_not_kept(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    add_article(shop, "'P1', 'Pain', NULL, 11000, NULL, '', NULL, 0");
    shop_exec(shop, "UPDATE article SET label = 'Riz rond' WHERE company_id = $1 AND code = 'RIZ'");
    shop->faults.refuse_posts = 2;
    shop->faults.ignore_puts = true;
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 0, 0, 1, 0, 2);
    assert_string_equal(shop_rows(shop, ANOMALIES), "P1|article_not_exported|P1\nRIZ|article_not_exported|RIZ\n");
    const char *args = shop_rows(shop, ANOMALY_ARGS);
    assert_non_null(strstr(args, "Invalid request payload input"));
    assert_non_null(strstr(args, "Riz rond"));
    /* An import leaves these alone; an export that goes well takes them away. */
    shop_sync(shop, FLOW_ARTICLES_IN, false);
    assert_string_equal(shop_rows(shop, ANOMALIES), "P1|article_not_exported|P1\nRIZ|article_not_exported|RIZ\n");
    shop->faults = (struct shop_faults){0};
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 1, 1, 1, 0, 0);
    assert_string_equal(shop_rows(shop, ANOMALIES), "");
}

/* Nothing is guessed on the way out either. */
static void test_shared_and_similar(void **state)
{
    struct shop *shop = *state;

    shop_till(shop,
              "[{\"_id\":\"" ID("a1") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"X\",\"name\":\"Un\",\"full_price\":3},"
              "{\"_id\":\"" ID("a2") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"X\",\"name\":\"Deux\",\"full_price\":3},"
              "{\"_id\":\"" ID("a3") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"007\",\"name\":\"Trois\",\"full_price\":3},"
              "{\"_id\":\"" ID("a4") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"OLD\",\"name\":\"Partie\",\"full_price\":3,\"deprecated\":true}]",
              NULL, NULL);
    shop_link(shop);
    add_article(shop, "'X', 'Ici', NULL, 11000, NULL, '', NULL, 0");
    add_article(shop, "'7', 'Sept', NULL, 11000, NULL, '', NULL, 0");
    add_article(shop, "'OLD', 'Revenue', NULL, 11000, NULL, '', NULL, 0");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, false), 3, 1, 0, 0, 0, 2);
    const char *args = shop_rows(shop, ANOMALY_ARGS);
    assert_non_null(strstr(args, "007"));
    assert_non_null(strstr(args, "Un (" ID("a1") "), Deux (" ID("a2") ")"));
}

static void test_filters(void **state)
{
    struct shop *shop = *state;

    begin(shop);
    shop->options.families[0] = STR("Bières");
    shop->options.family_count = 1;
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, true), 1, 0, 0, 1, 0, 0);
    shop->options.family_count = 0;
    shop->options.code_pattern = STR("R*");
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, true), 1, 0, 0, 1, 0, 0);
    shop->options.code_pattern = STR_NULL;
    shop->options.archived = STR("only");
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_OUT, true), 0, 0, 0, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shop_test(test_nothing_to_say), shop_test(test_update), shop_test(test_create), shop_test(test_lost_answer), shop_test(test_forgotten_export),
        shop_test(test_import_waits), shop_test(test_long_wait_keeps_the_link), shop_test(test_refused_and_not_kept),
        shop_test(test_shared_and_similar), shop_test(test_filters),
    };

    return shop_run(tests, sizeof tests / sizeof tests[0]);
}
