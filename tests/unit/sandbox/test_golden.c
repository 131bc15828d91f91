/* test_golden.c: the golden exchanges of the till's sheet, to the byte, ids aside. */
#include <string.h>

#include "till.h"

#define CATEGORY "c1c1c1c1c1c1c1c1c1c1c1c1"
#define TAX "d1d1d1d1d1d1d1d1d1d1d1d1"
#define STAMP "2025-06-21T16:06:03.313Z"
#define STAMPS "{\"created_at\":\"" STAMP "\",\"updated_at\":\"" STAMP "\",\"deprecated\":false,"

/* Creates, and compares with the expected text in which %s stands for the id. Returns the id. */
static const char *create(struct till *till, const char *path, const char *body, const char *before_id, const char *after_id)
{
    const char *answer = till_expect(till, 201, "POST", path, NULL, body);
    const char *id = till_member(till, answer, "_id");
    assert_int_equal(strlen(id), 24);
    assert_string_equal(answer, till_format(till, "%s\"_id\":\"%s\"%s", before_id, id, after_id));
    return id;
}

static void article(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2025, "");
    const char *before = STAMPS "\"test\":false,\"node_id\":\"" NODE "\",\"category_id\":\"" CATEGORY "\",\"discounts\":[],\"taxes\":[\"" TAX "\"],\"is_default\":false,"
                         "\"name\":\"TEST\",\"icon_text\":\"TEST\",\"image\":\"\",\"color\":\"#57DB47\",\"full_price\":1,\"unit\":\"\",\"in_stock\":true,"
                         "\"ignore_stock\":true,\"options\":[],";
    const char *after = ",\"variations\":[],\"declinations\":[],\"__v\":0}";
    const char *id = create(&till, ARTICLES, "{\"category_id\":\"" CATEGORY "\",\"taxes\":[\"" TAX "\"],\"name\":\"TEST\",\"full_price\":1.0,\"in_stock\":true,"
                            "\"node_id\":\"" NODE "\"}", before, after);
    const char *path = till_format(&till, ARTICLES "/%s", id);
    till.now_utc += 61 * CIVIL_SECOND;
    assert_string_equal(till_expect(&till, 200, "PUT", path, NULL, "{\"taxes\":[\"" TAX "\"],\"name\":\"NEW NAME\",\"in_stock\":true}"),
                        "{\"statusCode\":200,\"error\":\"\",\"message\":\"article successfully updated\"}");
    assert_string_equal(till_expect(&till, 200, "GET", path, NULL, NULL),
                        till_format(&till, "{\"created_at\":\"" STAMP "\",\"updated_at\":\"2025-06-21T16:07:04.313Z\",\"deprecated\":false,\"test\":false,\"node_id\":\"" NODE
                                    "\",\"category_id\":\"" CATEGORY "\",\"discounts\":[],\"taxes\":[\"" TAX "\"],\"is_default\":false,\"name\":\"NEW NAME\","
                                    "\"icon_text\":\"TEST\",\"image\":\"\",\"color\":\"#57DB47\",\"full_price\":1,\"unit\":\"\",\"in_stock\":true,\"ignore_stock\":true,"
                                    "\"options\":[],\"_id\":\"%s\",\"variations\":[],\"declinations\":[],\"__v\":0,\"stock_quantity\":0}", id));
    assert_string_equal(till_expect(&till, 200, "DELETE", path, NULL, NULL), "{\"statusCode\":200,\"error\":\"\",\"message\":\"article successfully deleted\"}");
    till_close(&till);
}

static void tax_discount_pack(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "");
    create(&till, "/v1/catalog/taxes", "{\"is_default\":false,\"name\":\"TEST\",\"in_price\":true,\"rate\":20.0,\"company_id\":\"" COMPANY "\"}",
           STAMPS "\"test\":false,\"company_id\":\"" COMPANY "\",\"is_default\":false,\"name\":\"TEST\",\"in_price\":true,\"rate\":20,", ",\"__v\":0}");
    create(&till, "/v1/catalog/discounts", "{\"name\":\"TEST\",\"shop_id\":\"" SHOP "\"}",
           STAMPS "\"test\":false,\"shop_id\":\"" SHOP "\",\"name\":\"TEST\",\"type\":\"numeric\",\"barcode\":\"\",\"icon_text\":\"TEST\",\"color\":\"#57DB47\",", ",\"__v\":0}");
    create(&till, "/v1/catalog/packs", "{\"articles\":[\"" TAX "\"],\"full_price\":1.0,\"taxes\":[],\"discounts\":[],\"node_id\":\"" NODE "\"}",
           STAMPS "\"node_id\":\"" NODE "\",\"articles\":[\"" TAX "\"],\"full_price\":1,\"taxes\":[],\"discounts\":[],", ",\"__v\":0}");
    till_close(&till);
}

static void movement(void **state)
{
    (void)state;
    struct till till;
    till_open(&till, SANDBOX_2026, "\"movements\":[{\"number\":\"2443\"}]");
    create(&till, "/v1/stock/movements",
           "{\"validated_by\":[],\"type\":\"in\",\"state\":\"done\",\"movements\":[{\"article_id\":\"" TAX "\",\"article_name\":\"TEST\",\"category_name\":\"BIÈRE\","
           "\"state\":\"done\",\"units\":10.0,\"done_on\":\"2025-06-21T16:08:37.374012+00:00\"}],\"shop_id\":\"" SHOP "\"}",
           "{\"deprecated\":false,\"validated_by\":[],",
           ",\"type\":\"in\",\"state\":\"done\",\"movements\":[{\"article_id\":\"" TAX "\",\"article_name\":\"TEST\",\"category_name\":\"BIÈRE\",\"state\":\"done\","
           "\"units\":10,\"done_on\":\"2025-06-21T16:08:37.374Z\",\"declination_name\":\"\",\"reference\":\"\",\"barcode\":\"\",\"buy_price\":0,\"out_price\":0}],"
           "\"shop_id\":\"" SHOP "\",\"created_at\":\"" STAMP "\",\"updated_at\":\"" STAMP "\",\"number\":\"2444\",\"__v\":0}");
    till_close(&till);
}

/* The words of the other resources; their paths, nouns and parameters are the sheet's table. */
static void every_resource_has_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *noun, *parameter;
    } rows[] = {
        {"categories", "{\"company_id\":\"" COMPANY "\",\"name\":\"Bières\"}", "category", "category_id"},
        {"taxes", "{\"company_id\":\"" COMPANY "\",\"name\":\"TVA\",\"rate\":5.50}", "tax", "tax_id"},
        {"discounts", "{\"shop_id\":\"" SHOP "\",\"name\":\"Remise\"}", "discount", "discount_id"},
        {"options", "{\"node_id\":\"" NODE "\",\"name\":\"Œuf\",\"price\":0.80}", "option", "option_id"},
        {"option_lists", "{\"node_id\":\"" NODE "\",\"name\":\"Suppléments\"}", "optionlist", "option_list_id"},
        {"packs", "{\"node_id\":\"" NODE "\"}", "set", "set_id"},
    };
    struct till till;
    till_open(&till, SANDBOX_2026, "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = till_format(&till, "/v1/catalog/%s", rows[i].path);
        const char *id = till_member(&till, till_expect(&till, 201, "POST", path, NULL, rows[i].body), "_id");
        const char *item = till_format(&till, "%s/%s", path, id);
        assert_string_equal(till_expect(&till, 200, "PUT", item, NULL, "{}"),
                            till_format(&till, "{\"statusCode\":200,\"error\":\"\",\"message\":\"%s successfully updated\"}", rows[i].noun));
        assert_string_equal(till_expect(&till, 200, "DELETE", item, NULL, NULL),
                            till_format(&till, "{\"statusCode\":200,\"error\":\"\",\"message\":\"%s successfully deleted\"}", rows[i].noun));
        assert_string_equal(till_member(&till, till_expect(&till, 200, "GET", item, NULL, NULL), "deprecated"), "true");
        assert_string_equal(till_expect(&till, 404, "GET", till_format(&till, "%s/ffffffffffffffffffffffff", path), NULL, NULL),
                            till_format(&till, "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"\\\"%s\\\" specified in \\\"params\\\" could not be found\"}",
                                        rows[i].parameter));
    }
    till_close(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(article),
        cmocka_unit_test(tax_discount_pack),
        cmocka_unit_test(movement),
        cmocka_unit_test(every_resource_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
