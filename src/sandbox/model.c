/* model.c: the tables of model_int.h. Private to sandbox. */
#include "sandbox/model_int.h"

const char *const model_colors[] = {"#57DB47", "#6868DC", "#30BEA5", "#F44F60", "#1E8CFF", "#F2BA43",
                                    "#B455C8", "#FF6347", "#A06E58", "#9EA09E", NULL};
static const char *const units[] = {"", "kg", "l", "m", "min", NULL};
static const char *const discount_types[] = {"numeric", "rate", NULL};
static const char *const movement_types[] = {"in", "out", NULL};
static const char *const movement_states[] = {"done", "planned", "partial", NULL};
static const char *const movement_motives[] = {"transfer", "unsaleable", "faulty", NULL};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define COLOR "\"#57DB47\""
#define STAMPS                                                                \
    {"created_at", FIELD_DATE, FIELD_SERVER, DEFAULT_NOW},                    \
    {"updated_at", FIELD_DATE, FIELD_SERVER, DEFAULT_NOW},                    \
    {"original_id", FIELD_TEXT, FIELD_SERVER, NULL},                          \
    {"deprecated", FIELD_BOOL, 0, "false"}
#define TEST {"test", FIELD_BOOL, 0, "false"}
#define SCOPE(name) {name, FIELD_ID, FIELD_REQUIRED | FIELD_CREATE_ONLY, NULL}
#define NAME {"name", FIELD_TEXT, FIELD_REQUIRED | FIELD_NOT_EMPTY, NULL}
#define TAIL_ID {"_id", FIELD_ID, FIELD_SERVER, DEFAULT_NEW_ID}
#define TAIL_VERSION {"__v", FIELD_NUMBER, FIELD_SERVER, "0"}

static const struct field declination[] = {
    {"id", FIELD_TEXT, 0, DEFAULT_NEW_ID},
    {"taxes", FIELD_IDS, 0, "[]"},
    {"variations", FIELD_OBJECTS, 0, "[]"},
    {"full_price", FIELD_NUMBER, 0, NULL},
    {"reference", FIELD_TEXT, 0, NULL},
    {"barcode", FIELD_TEXT, 0, NULL},
    {"in_stock", FIELD_BOOL, 0, "false"},
    {"ignore_stock", FIELD_BOOL, 0, "true"},
    {"deprecated", FIELD_BOOL, 0, "false"},
    {"test", FIELD_BOOL, 0, "false"},
};
static const struct field article[] = {
    STAMPS,
    TEST,
    SCOPE("node_id"),
    {"category_id", FIELD_ID, FIELD_REQUIRED, NULL},
    {"discounts", FIELD_IDS, 0, "[]"},
    {"taxes", FIELD_IDS, FIELD_REQUIRED | FIELD_PUT_REQUIRED, NULL},
    {"is_default", FIELD_BOOL, 0, "false"},
    NAME,
    {"icon_text", FIELD_ICON, 0, DEFAULT_ICON},
    {"summary", FIELD_TEXT, 0, NULL},
    {"image", FIELD_TEXT, 0, "\"\""},
    {"color", FIELD_TEXT, FIELD_PUT_RESET, COLOR, model_colors},
    {"full_price", FIELD_NUMBER, 0, NULL},
    {"taxfree_price", FIELD_NUMBER, 0, NULL},
    {"barcode", FIELD_TEXT, 0, NULL},
    {"reference", FIELD_TEXT, 0, NULL},
    {"unit", FIELD_TEXT, 0, "\"\"", units},
    {"weight", FIELD_NUMBER, 0, NULL},
    {"in_stock", FIELD_BOOL, FIELD_PUT_RESET, "false"},
    {"ignore_stock", FIELD_BOOL, 0, "true"},
    {"buy_price", FIELD_NUMBER, 0, NULL},
    {"options", FIELD_IDS, 0, "[]"},
    TAIL_ID,
    {"variations", FIELD_OBJECTS, 0, "[]"},
    {"declinations", FIELD_OBJECTS, 0, "[]", .parts = declination, .part_count = COUNT(declination)},
    TAIL_VERSION,
};
static const struct field category[] = {
    STAMPS,
    TEST,
    SCOPE("company_id"),
    {"is_default", FIELD_BOOL, 0, "false"},
    NAME,
    {"icon_text", FIELD_ICON, 0, DEFAULT_ICON},
    {"image", FIELD_TEXT, 0, "\"\""},
    {"color", FIELD_TEXT, 0, COLOR, model_colors},
    TAIL_ID,
    TAIL_VERSION,
};
static const struct field tax[] = {
    STAMPS,
    TEST,
    SCOPE("company_id"),
    {"is_default", FIELD_BOOL, 0, "false"},
    NAME,
    {"in_price", FIELD_BOOL, 0, "true"},
    {"rate", FIELD_NUMBER, FIELD_REQUIRED, NULL},
    TAIL_ID,
    TAIL_VERSION,
};
static const struct field discount[] = {
    STAMPS,
    TEST,
    SCOPE("shop_id"),
    NAME,
    {"rate", FIELD_NUMBER, 0, NULL},
    {"type", FIELD_TEXT, 0, "\"numeric\"", discount_types},
    {"start_date", FIELD_DATE, 0, NULL},
    {"end_date", FIELD_DATE, 0, NULL},
    {"barcode", FIELD_TEXT, 0, "\"\""},
    {"icon_text", FIELD_ICON, 0, DEFAULT_ICON},
    {"color", FIELD_TEXT, 0, COLOR, model_colors},
    TAIL_ID,
    TAIL_VERSION,
};
static const struct field option[] = {
    STAMPS, TEST, SCOPE("node_id"), NAME, {"price", FIELD_NUMBER, 0, "0"}, TAIL_ID, TAIL_VERSION,
};
static const struct field option_list[] = {
    STAMPS,
    SCOPE("node_id"),
    NAME,
    {"options", FIELD_IDS, 0, "[]"},
    {"multiple", FIELD_BOOL, 0, "false"},
    {"mandatory", FIELD_BOOL, 0, "false"},
    TAIL_ID,
    TAIL_VERSION,
};
static const struct field pack[] = {
    STAMPS,
    SCOPE("node_id"),
    {"articles", FIELD_IDS, 0, "[]"},
    {"full_price", FIELD_NUMBER, 0, NULL},
    {"taxfree_price", FIELD_NUMBER, 0, NULL},
    {"taxes", FIELD_IDS, 0, "[]"},
    {"discounts", FIELD_IDS, 0, "[]"},
    TAIL_ID,
    TAIL_VERSION,
};
static const struct field movement_line[] = {
    {"article_id", FIELD_ID, FIELD_REQUIRED, NULL},
    {"article_name", FIELD_TEXT, 0, "\"\""},
    {"category_name", FIELD_TEXT, 0, "\"\""},
    {"state", FIELD_TEXT, 0, "\"done\"", movement_states},
    {"units", FIELD_NUMBER, FIELD_REQUIRED, NULL},
    {"done_on", FIELD_DATE, 0, DEFAULT_NOW},
    {"declination_name", FIELD_TEXT, 0, "\"\""},
    {"reference", FIELD_TEXT, 0, "\"\""},
    {"barcode", FIELD_TEXT, 0, "\"\""},
    {"buy_price", FIELD_NUMBER, 0, "0"},
    {"out_price", FIELD_NUMBER, 0, "0"},
};
static const struct field movement[] = {
    {"deprecated", FIELD_BOOL, 0, "false"},
    {"validated_by", FIELD_IDS, 0, "[]"},
    TAIL_ID,
    {"type", FIELD_TEXT, FIELD_REQUIRED, NULL, movement_types},
    {"state", FIELD_TEXT, 0, "\"done\"", movement_states},
    {"motive", FIELD_TEXT, 0, NULL, movement_motives},
    {"note", FIELD_TEXT, 0, NULL},
    {"supplier", FIELD_TEXT, 0, NULL},
    {"reference", FIELD_TEXT, 0, NULL},
    {"movements", FIELD_OBJECTS, FIELD_REQUIRED, NULL, .parts = movement_line, .part_count = COUNT(movement_line),
     .items_min = 1, .items_max = 1502},
    SCOPE("shop_id"),
    {"created_at", FIELD_DATE, FIELD_SERVER, DEFAULT_NOW},
    {"updated_at", FIELD_DATE, FIELD_SERVER, DEFAULT_NOW},
    {"number", FIELD_TEXT, FIELD_SERVER, NULL},
    TAIL_VERSION,
};

/* Sales: all guess. Only fixtures and filters read these tables; a sale that lacks its number, lines, payments or total is served so. */
static const struct field order_line[] = {
    {"_id", FIELD_ID, FIELD_SERVER, DEFAULT_NEW_ID},
    {"discount", FIELD_NUMBER, 0, "0"},
    {"options", FIELD_OBJECTS, 0, "[]"},
};
static const struct field order_payment[] = {{"_id", FIELD_ID, FIELD_SERVER, DEFAULT_NEW_ID}};
static const struct field order[] = {
    TAIL_ID,
    {"shop_id", FIELD_ID, FIELD_REQUIRED, NULL},
    {"node_id", FIELD_ID, 0, NULL},
    {"number", FIELD_TEXT, 0, NULL},
    {"original_id", FIELD_TEXT, 0, NULL},
    {"state", FIELD_TEXT, 0, "\"paid\""},
    {"opened_at", FIELD_DATE, 0, NULL},
    {"closed_at", FIELD_DATE, 0, NULL},
    {"created_at", FIELD_DATE, 0, DEFAULT_NOW},
    {"updated_at", FIELD_DATE, 0, DEFAULT_NOW},
    TEST,
    {"deprecated", FIELD_BOOL, 0, "false"},
    {"customer", FIELD_OBJECT, 0, "null"},
    {"lines", FIELD_OBJECTS, 0, NULL, .parts = order_line, .part_count = COUNT(order_line)},
    {"discount", FIELD_NUMBER, 0, "0"},
    {"total", FIELD_NUMBER, 0, NULL},
    {"total_tax", FIELD_NUMBER, 0, NULL},
    {"tip", FIELD_NUMBER, 0, "0"},
    {"taxes", FIELD_OBJECTS, 0, NULL},
    {"payments", FIELD_OBJECTS, 0, NULL, .parts = order_payment, .part_count = COUNT(order_payment)},
    {"refund_of", FIELD_ID, 0, "null"},
};

#define FIELDS(table) .fields = (table), .field_count = COUNT(table)
const struct resource resources[RESOURCE_COUNT] = {
    [RESOURCE_ARTICLES] = {"articles", "/v1/catalog/articles", "node_id", "article", "article_id", NULL, METHODS_ALL, FIELDS(article)},
    [RESOURCE_CATEGORIES] = {"categories", "/v1/catalog/categories", "company_id", "category", "category_id", NULL, METHODS_ALL, FIELDS(category)},
    [RESOURCE_TAXES] = {"taxes", "/v1/catalog/taxes", "company_id", "tax", "tax_id", NULL, METHODS_ALL, FIELDS(tax)},
    [RESOURCE_DISCOUNTS] = {"discounts", "/v1/catalog/discounts", "shop_id", "discount", "discount_id", NULL, METHODS_ALL, FIELDS(discount)},
    [RESOURCE_OPTIONS] = {"options", "/v1/catalog/options", "node_id", "option", "option_id", NULL, METHODS_ALL, FIELDS(option)},
    [RESOURCE_OPTION_LISTS] = {"option_lists", "/v1/catalog/option_lists", "node_id", "optionlist", "option_list_id", NULL, METHODS_ALL, FIELDS(option_list)},
    [RESOURCE_PACKS] = {"packs", "/v1/catalog/packs", "node_id", "set", "set_id", "discounts", METHODS_ALL, FIELDS(pack)},
    [RESOURCE_MOVEMENTS] = {"movements", "/v1/stock/movements", "shop_id", "movement", "movement_id", NULL, METHOD_LIST | METHOD_POST, FIELDS(movement)},
    [RESOURCE_ORDERS] = {"orders", "/v1/shop/orders", "shop_id", "order", "order_id", NULL, METHOD_LIST, FIELDS(order)},
};

const struct field *resource_find_field(const struct resource *resource, struct str name)
{
    for (size_t i = 0; i < resource->field_count; i++)
        if (str_equal(str_from(resource->fields[i].name), name))
            return &resource->fields[i];
    return NULL;
}
