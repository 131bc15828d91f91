/* test_articles_in.c: articles from the till to the back office: what is written, what is not, what is said of it, on both engines. Expected
 * values are worked out by hand from tactill-v4.md and the rules of architecture.md. */
#include "article_shop.h"

/* A plain article: id, reference, name, price, and more members (beginning with a comma). */
#define ART(id, reference, name, price, more) \
    "{\"_id\":\"" ID(id) "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"" reference "\",\"name\":\"" name "\",\"full_price\":" price more "}"

static void test_import_creates(void **state)
{
    struct shop *shop = *state;

    shop_till(shop,
              "[{\"_id\":\"" ID("a1") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"BLONDE\",\"name\":\"Blonde 33 cl\","
              "\"full_price\":3.2,\"barcode\":\"3760000000017\",\"unit\":\"\",\"weight\":0.35,\"buy_price\":1.105,\"in_stock\":true},"
              "{\"_id\":\"" ID("a2") "\",\"category_id\":\"" ID("c2") "\",\"taxes\":[\"" ID("f2") "\"],\"reference\":\"RIZ\",\"name\":\"Riz\",\"full_price\":2.11,\"unit\":\"kg\"},"
              ART("a3", "OLD", "Ancienne", "1", ",\"deprecated\":true") "," ART("a4", "DEF", "default", "1", ",\"is_default\":true") ","
              ART("a5", "TEST", "Essai", "1", ",\"test\":true") "]",
              NULL, NULL);
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 5, 2, 0, 0, 3, 0);
    /* 3.2000 / 1.2 = 2.6667 (half-up), 2.1100 / 1.055 = 2.0000 */
    assert_string_equal(shop_rows(shop, ARTICLES),
                        "BLONDE|Blonde 33 cl|Bières|2000|32000|26667|11050|3760000000017||350|1|0\n"
                        "RIZ|Riz|Épicerie|550|21100|20000|-|-|kg|-|0|0\n");
    assert_string_equal(shop->changes.p, "create BLONDE Blonde 33 cl\ncreate RIZ Riz\n");
    assert_string_equal(shop_rows(shop, ANOMALIES), "");
    assert_string_equal(shop_rows(shop, "SELECT COUNT(*) FROM stock_move WHERE company_id = $1"), "0\n");
    assert_string_equal(shop_rows(shop, "SELECT outcomes FROM run_page WHERE company_id = $1 ORDER BY page_no"),
                        "created " ID("a1") "\ncreated " ID("a2") "\nskipped " ID("a3") " deleted\nskipped " ID("a4") " default\nskipped " ID("a5") " training\n\n");
}

static void test_unchanged_writes_nothing(void **state)
{
    static const char stamps[] = "SELECT code, updated_utc FROM article WHERE company_id = $1 ORDER BY code";
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "," ART("a2", "B", "Deux", "2", "") "]", NULL, NULL);
    shop_link(shop);
    shop_sync(shop, FLOW_ARTICLES_IN, false);
    const char *before = shop_rows(shop, stamps);
    shop_exec(shop, "UPDATE article SET label = 'corrigé ici' WHERE company_id = $1 AND code = 'A'");
    /* A sale moves the quantity, and a person may save without a change: neither is one. */
    shop_at_till(shop, "PUT", "articles/" ID("a2"), "{\"taxes\":[\"" ID("f1") "\"],\"name\":\"Deux\",\"color\":\"#57DB47\",\"in_stock\":false}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 0, 2, 0, 0);
    assert_string_equal(shop_rows(shop, stamps), before);
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "A|corrigé ici|0\nB|Deux|0\n");
    assert_string_equal(shop->changes.p, "");
}

static void test_changes_are_told_field_by_field(void **state)
{
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "," ART("a2", "B", "Deux", "2", "") "]", NULL, NULL);
    shop_link(shop);
    shop_sync(shop, FLOW_ARTICLES_IN, false);
    shop_at_till(shop, "PUT", "articles/" ID("a2"),
                 "{\"taxes\":[\"" ID("f2") "\"],\"name\":\"Deux bis\",\"full_price\":2.5,\"category_id\":\"" ID("c2") "\",\"in_stock\":true,\"unit\":\"kg\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 1, 1, 0, 0);
    assert_string_equal(shop->changes.p,
                        "update B label: Deux -> Deux bis\nupdate B family: Bières -> Épicerie\nupdate B unit:  -> kg\nupdate B vat: 20 -> 5.5\n"
                        "update B price: 2.00 -> 2.50\nupdate B stock_managed: no -> yes\n");
    assert_string_equal(shop_rows(shop, ARTICLES), "A|Un|Bières|2000|10000|8333|-|-||-|0|0\nB|Deux bis|Épicerie|550|25000|23697|-|-|kg|-|1|0\n");
}

static void test_what_the_till_leaves_empty_stays(void **state)
{
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "]", NULL, NULL);
    shop_link(shop);
    shop_sync(shop, FLOW_ARTICLES_IN, false);
    shop_exec(shop, "UPDATE article SET barcode = '123', buy_price_e4 = 5000, unit = 'pièce', weight_milli = 9 WHERE company_id = $1");
    shop_at_till(shop, "PUT", "articles/" ID("a1"), "{\"taxes\":[\"" ID("f1") "\"],\"full_price\":1.2}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 1, 0, 1, 0, 0, 0);
    assert_string_equal(shop_rows(shop, ARTICLES), "A|Un|Bières|2000|12000|10000|5000|123|pièce|9|0|0\n");
}

/* An article of the back office with the same code is the one. */
static void test_existing_code_is_updated(void **state)
{
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "]", NULL, NULL);
    shop_link(shop);
    shop_exec(shop, "INSERT INTO article (company_id, article_id, code, label, tax_id, updated_utc) SELECT $1, 999, 'A', 'saisi ici', MIN(tax_id), 0 FROM tax WHERE company_id = $1");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 1, 0, 1, 0, 0, 0);
    assert_string_equal(shop_rows(shop, "SELECT article_id , code, label FROM article WHERE company_id = $1"), "999|A|Un\n");
}

/* A corrected reference renames the article that it always was; two that change places follow their references. */
static void test_references_that_move(void **state)
{
    static const char rows[] = "SELECT article_id , code, label FROM article WHERE company_id = $1 ORDER BY article_id";
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "," ART("a2", "B", "Deux", "2", "") "," ART("a3", "C", "Trois", "3", "") "]", NULL, NULL);
    shop_link(shop);
    shop_sync(shop, FLOW_ARTICLES_IN, false);
    assert_string_equal(shop_rows(shop, rows), "1|A|Un\n2|B|Deux\n3|C|Trois\n");
    shop_at_till(shop, "PUT", "articles/" ID("a1"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"B\"}");
    shop_at_till(shop, "PUT", "articles/" ID("a2"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"A\"}");
    shop_at_till(shop, "PUT", "articles/" ID("a3"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"C-2\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 0, 3, 0, 0, 0);
    assert_string_equal(shop_rows(shop, rows), "1|A|Deux\n2|B|Un\n3|C-2|Trois\n");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 0, 0, 3, 0, 0);
    /* C-2 goes to a new till article, and the old one becomes D: a code is never taken from the one that has it now. */
    shop_at_till(shop, "PUT", "articles/" ID("a3"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"D\"}");
    shop_at_till(shop, "PUT", "articles/" ID("a1"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"C-2\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 1, 1, 1, 0, 0);
    assert_string_equal(shop_rows(shop, "SELECT code, label FROM article WHERE company_id = $1 ORDER BY code"), "A|Deux\nB|Un\nC-2|Un\nD|Trois\n");
}

static void test_declinations(void **state)
{
    struct shop *shop = *state;

    shop_till(shop,
              "[" ART("a1", "", "Tee-shirt", "15", ",\"variations\":[{\"key\":\"Taille\",\"priority\":1,\"values\":[{\"value\":\"S\",\"priority\":1},{\"value\":\"L\",\"priority\":2}]}],"
                      "\"declinations\":[{\"id\":\"d1\",\"taxes\":[\"" ID("f1") "\"],\"variations\":[{\"key\":\"Taille\",\"value\":\"S\",\"priority\":1}],\"full_price\":15,\"reference\":\"TS-S\"},"
                      "{\"id\":\"d2\",\"taxes\":[\"" ID("f1") "\"],\"variations\":[{\"key\":\"Taille\",\"value\":\"L\",\"priority\":1}],\"full_price\":17}]") "]",
              NULL, NULL);
    shop_link(shop);
    /* The heading is no article; the second declination has no reference of its own. */
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 1, 0, 0, 1, 1);
    assert_string_equal(shop_rows(shop, "SELECT code, price_e4 FROM article WHERE company_id = $1"), "TS-S|150000\n");
    assert_non_null(strstr(shop_rows(shop, ARTICLE_LABELS), "Tee-shirt"));
    assert_string_equal(shop_rows(shop, ANOMALIES), ID("a1") "/d2|article_no_reference|" ID("a1") "\n");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 0, 0, 1, 1, 1);
}

static void test_deleted_ones_are_archived(void **state)
{
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "," ART("a2", "B", "Deux", "2", "") "]", NULL, NULL);
    shop_link(shop);
    shop_sync(shop, FLOW_ARTICLES_IN, false);
    shop_at_till(shop, "DELETE", "articles/" ID("a1"), NULL);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 1, 1, 0, 0);
    assert_string_equal(shop->changes.p, "archive A Un\n");
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "A|Un|1\nB|Deux|0\n");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 0, 2, 0, 0);
    /* A new till article takes the reference of the deleted one: it is that article, alive again. */
    shop_at_till(shop, "PUT", "articles/" ID("a2"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"A\",\"name\":\"Un neuf\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 1, 1, 0, 0);
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "A|Un neuf|0\nB|Deux|0\n");
}

static void test_collisions(void **state)
{
    struct shop *shop = *state;

    shop_till(shop,
              "[" ART("a1", "X1", "Un", "1", "") "," ART("a2", "X1", "Deux", "2", "") "," ART("b1", "café", "Trois", "3", "") "," ART("b2", "CAFE", "Quatre", "4", "") ","
              ART("b3", "0 Cafe", "Cinq", "5", "") "," ART("d1", "SEUL", "Six", "6", "") "]",
              NULL, NULL);
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 6, 1, 0, 0, 0, 5);
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "SEUL|Six|0\n");
    assert_string_equal(shop_rows(shop, ANOMALY_ARGS),
                        ID("a1") "|article_same_reference|[\"X1\",\"Un (" ID("a1") "), Deux (" ID("a2") ")\"]\n"
                        ID("a2") "|article_same_reference|[\"X1\",\"Un (" ID("a1") "), Deux (" ID("a2") ")\"]\n"
                        ID("b1") "|article_similar_reference|[\"cafe\",\"café (Trois), CAFE (Quatre), 0 Cafe (Cinq)\"]\n"
                        ID("b2") "|article_similar_reference|[\"cafe\",\"café (Trois), CAFE (Quatre), 0 Cafe (Cinq)\"]\n"
                        ID("b3") "|article_similar_reference|[\"cafe\",\"café (Trois), CAFE (Quatre), 0 Cafe (Cinq)\"]\n");
    /* Told apart at the till, the anomalies go. */
    shop_at_till(shop, "PUT", "articles/" ID("a2"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"X2\"}");
    shop_at_till(shop, "PUT", "articles/" ID("b2"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"THE\"}");
    shop_at_till(shop, "PUT", "articles/" ID("b3"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"LAIT\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 6, 5, 0, 1, 0, 0);
    assert_string_equal(shop_rows(shop, ANOMALIES), "");
}

/* What was bound before and has not changed is not troubled by a newcomer that is only similar, but by one that is the same. */
static void test_collisions_with_what_is_known(void **state)
{
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "," ART("a2", "B", "Deux", "2", "") "," ART("a3", "", "Trois", "3", "") "]", NULL, NULL);
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 2, 0, 0, 0, 1);
    shop_at_till(shop, "PUT", "articles/" ID("a3"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"a\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 0, 0, 2, 0, 1);
    assert_string_equal(shop_rows(shop, ANOMALIES), ID("a3") "|article_similar_reference|a\n");
    shop_at_till(shop, "PUT", "articles/" ID("a3"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"B\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 0, 0, 1, 0, 2);
    assert_string_equal(shop_rows(shop, ANOMALIES), ID("a2") "|article_same_reference|B\n" ID("a3") "|article_same_reference|B\n");
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "A|Un|0\nB|Deux|0\n");
}

static void test_each_fault_is_an_anomaly(void **state)
{
    struct shop *shop = *state;

    shop_till(shop,
              "[" ART("a1", "", "Sans référence", "1", "") ","
              "{\"_id\":\"" ID("a2") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f3") "\"],\"reference\":\"R2\",\"name\":\"Corse\",\"full_price\":1},"
              "{\"_id\":\"" ID("a3") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f9") "\"],\"reference\":\"R3\",\"name\":\"Inconnue\",\"full_price\":1},"
              "{\"_id\":\"" ID("a4") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\",\"" ID("f2") "\"],\"reference\":\"R4\",\"name\":\"Menu\",\"full_price\":1},"
              "{\"_id\":\"" ID("a5") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"R5\",\"name\":\"Prix libre\"},"
              "{\"_id\":\"" ID("a6") "\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"R6\",\"name\":\"Trop cher\",\"full_price\":1e400},"
              ART("a8", "R8", "Bon", "1", "") "]",
              NULL, NULL);
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 7, 1, 0, 0, 0, 6);
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "R8|Bon|0\n");
    assert_string_equal(shop_rows(shop, ANOMALIES),
                        ID("a1") "|article_no_reference|" ID("a1") "\n" ID("a2") "|article_unknown_tax|8.5\n" ID("a3") "|article_unknown_tax|" ID("f9") "\n"
                        ID("a4") "|article_several_taxes|" ID("a4") "\n" ID("a5") "|article_no_price|" ID("a5") "\n" ID("a6") "|article_unreadable|" ID("a6") "\n");
    /* A mapping frees what waits for it, and nothing else. */
    shop_exec(shop, "INSERT INTO tax_mapping (company_id, link_id, rate_bp, tax_id) SELECT $1, 1, 850, MIN(tax_id) FROM tax WHERE company_id = $1 AND rate_bp = 1000");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 7, 1, 0, 1, 0, 5);
    /* 1.0000 / 1.10 */
    assert_non_null(strstr(shop_rows(shop, ARTICLES), "R2|Corse|Bières|1000|10000|9091|"));
}

static void test_references_from_elsewhere(void **state)
{
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "", "Un", "1", ",\"barcode\":\"3760000000017\"") "," ART("a2", "", "Deux", "2", "") "," ART("a3", "R3", "Trois", "3", "") "]", NULL, NULL);
    shop->options.reference_from_barcode = true;
    shop_link(shop);
    shop_exec(shop, "INSERT INTO till_article (company_id, link_id, till_article_id, bound_code) VALUES ($1, 1, '" ID("a2") "', 'MAIN')");
    shop_exec(shop, "INSERT INTO till_article (company_id, link_id, till_article_id, bound_code) VALUES ($1, 1, '" ID("a3") "', 'AUTRE')");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 3, 0, 0, 0, 0);
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "3760000000017|Un|0\nAUTRE|Trois|0\nMAIN|Deux|0\n");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 3, 0, 0, 3, 0, 0);
}

static void test_filters(void **state)
{
    struct shop *shop = *state;
    struct sync_result result;

    shop_till(shop,
              "[" ART("a1", "X1", "Un", "1", ",\"in_stock\":true") "," ART("a2", "Y2", "Deux", "2", "") ","
              "{\"_id\":\"" ID("a3") "\",\"category_id\":\"" ID("c2") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"X3\",\"name\":\"Trois\",\"full_price\":1},"
              ART("a4", "X4", "Partie", "1", ",\"deprecated\":true") "]",
              NULL, NULL);
    shop->options.families[0] = STR("Bières");
    shop->options.family_count = 1;
    shop->options.archived = STR("no");
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, true), 2, 2, 0, 0, 0, 0);
    shop->options.code_pattern = STR("X*");
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, true), 2, 1, 0, 0, 1, 0);
    shop->options.family_count = 0;
    shop->options.only_in_stock = true;
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, true), 1, 1, 0, 0, 0, 0);
    shop->options.only_in_stock = false;
    shop->options.archived = STR("only");
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, true), 1, 0, 0, 0, 1, 0);
    shop->options.archived = STR("any");
    shop->options.families[0] = STR("Bieres");
    shop->options.family_count = 1;
    shop_link(shop);
    assert_int_equal(shop_try_sync(shop, FLOW_ARTICLES_IN, false, &result), ERR_DATA);
    BUF_AUTO text = {0};
    err_format(&shop->err, &text);
    assert_non_null(strstr(text.p, "Bieres"));
    assert_non_null(strstr(text.p, "Non catégorisé, Bières, Épicerie"));
    err_clear(&shop->err);
    shop->options.family_count = 0;
    shop->options.code_pattern = STR_NULL;
    shop->options.has_changed_since = true;
    shop->options.changed_since_utc = INT64_C(4102444800) * CIVIL_SECOND; /* 2100 */
    shop_link(shop);
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, true), 0, 0, 0, 0, 0, 0);
}

/* A reference may collide with one of an article that a filter hides now. */
static void test_collision_with_what_a_filter_hides(void **state)
{
    struct shop *shop = *state;

    shop_till(shop,
              "[{\"_id\":\"" ID("a1") "\",\"category_id\":\"" ID("c2") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"X1\",\"name\":\"Caché\",\"full_price\":1},"
              ART("a2", "", "Deux", "2", "") "," ART("a3", "Z", "Trois", "2", "") "]",
              NULL, NULL);
    shop_link(shop);
    shop_sync(shop, FLOW_ARTICLES_IN, false);
    shop->options.families[0] = STR("Bières");
    shop->options.family_count = 1;
    shop_link(shop);
    shop_at_till(shop, "PUT", "articles/" ID("a2"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"x1\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 0, 1, 0, 1);
    assert_string_equal(shop_rows(shop, ANOMALY_ARGS), ID("a2") "|article_similar_reference|[\"x1\",\"x1 (Deux), X1 (Caché)\"]\n");
    shop_at_till(shop, "PUT", "articles/" ID("a2"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"X1\"}");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2, 0, 0, 1, 0, 1);
    assert_string_equal(shop_rows(shop, ANOMALIES), ID("a2") "|article_same_reference|X1\n");
    assert_string_equal(shop_rows(shop, ARTICLE_LABELS), "X1|Caché|0\nZ|Trois|0\n");
}

/* A catalogue of several pages; the ids count up from the first. */
static const char *many_articles(struct shop *shop, int count)
{
    struct buf text = {0};

    buf_append_char(&text, '[');
    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s{\"_id\":\"a%023d\",\"category_id\":\"" ID("c1") "\",\"taxes\":[\"" ID("f1") "\"],\"reference\":\"R%d\",\"name\":\"Article %d\",\"full_price\":%d.%02d}",
                   i ? "," : "", i, i, i, i % 50, i % 100);
    buf_append_char(&text, ']');
    const char *copy = arena_copy(&shop->arena, buf_str(&text)).p;
    buf_release(&text);
    return copy;
}

static void test_a_cut_page_writes_nothing(void **state)
{
    struct shop *shop = *state;
    struct sync_result result;

    shop_till(shop, many_articles(shop, 2300), NULL, NULL);
    shop_link(shop);
    shop->faults.cut_skip = 2000;
    assert_int_equal(shop_try_sync(shop, FLOW_ARTICLES_IN, false, &result), ERR_TILL);
    err_clear(&shop->err);
    assert_string_equal(shop_rows(shop, "SELECT COUNT(*) FROM article WHERE company_id = $1"), "0\n");
    assert_string_equal(shop_rows(shop, "SELECT COUNT(*) FROM till_article WHERE company_id = $1"), "0\n");
    assert_string_equal(shop_rows(shop, "SELECT state FROM run WHERE company_id = $1"), "failed\n");
    shop->faults.cut_skip = 0;
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2300, 2300, 0, 0, 0, 0);
    assert_string_equal(shop_rows(shop, "SELECT COUNT(*) FROM article WHERE company_id = $1"), "2300\n");
    assert_counts(shop_sync(shop, FLOW_ARTICLES_IN, false), 2300, 0, 0, 2300, 0, 0);
}

/* The rehearsal tells what the run then tells, and leaves no trace. */
static void test_rehearsal(void **state)
{
    struct shop *shop = *state;

    shop_till(shop, "[" ART("a1", "A", "Un", "1", "") "," ART("a2", "B", "Deux", "2", "") "," ART("a3", "B", "Trois", "3", "") "]", NULL, NULL);
    shop_link(shop);
    for (int round = 0; round < 2; round++) {
        const char *before = shop_rows(shop, ARTICLES);
        struct article_counts rehearsed = shop_sync(shop, FLOW_ARTICLES_IN, true);
        const char *told = arena_copy(&shop->arena, buf_str(&shop->changes)).p;

        assert_string_equal(shop_rows(shop, ARTICLES), before);
        assert_string_equal(shop_rows(shop, "SELECT COUNT(*) FROM run WHERE company_id = $1"), round == 0 ? "0\n" : "1\n");
        struct article_counts done = shop_sync(shop, FLOW_ARTICLES_IN, false);
        assert_memory_equal(&rehearsed, &done, sizeof done);
        assert_string_equal(shop->changes.p, told);
        assert_true(told[0] != '\0');
        shop_at_till(shop, "PUT", "articles/" ID("a1"), "{\"taxes\":[\"" ID("f1") "\"],\"name\":\"Un bis\",\"full_price\":1.5}");
        shop_at_till(shop, "PUT", "articles/" ID("a3"), "{\"taxes\":[\"" ID("f1") "\"],\"reference\":\"C\"}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shop_test(test_import_creates), shop_test(test_unchanged_writes_nothing), shop_test(test_changes_are_told_field_by_field),
        shop_test(test_what_the_till_leaves_empty_stays), shop_test(test_existing_code_is_updated), shop_test(test_references_that_move),
        shop_test(test_declinations), shop_test(test_deleted_ones_are_archived), shop_test(test_collisions), shop_test(test_collisions_with_what_is_known),
        shop_test(test_each_fault_is_an_anomaly), shop_test(test_references_from_elsewhere), shop_test(test_filters),
        shop_test(test_collision_with_what_a_filter_hides), shop_test(test_a_cut_page_writes_nothing), shop_test(test_rehearsal),
    };

    return shop_run(tests, sizeof tests / sizeof tests[0]);
}
