/* demo_catalogue.c: account, categories, taxes, articles and stock of the demo shop. Private to sandbox. */
#include "sandbox/demo_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/json.h"
#include "base/money.h"

/* The catalogue was begun so long before the first sale, an article every 13 seconds: a million of them are there in time. */
enum { CATALOGUE_DAYS = 200, ARTICLE_SECONDS = 13, ARTICLE_CHANGES_DAYS = 30, RECEPTION_LINES = 500 };
#define SHOP_NAME "Épicerie du Canal"

/* ---- dice ---- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

uint64_t dice_next(struct dice *dice)
{
    dice->state += UINT64_C(0x9E3779B97F4A7C15);
    return mix(dice->state);
}

int64_t dice_roll(struct dice *dice, int64_t sides)
{
    return (int64_t)(dice_next(dice) % (uint64_t)sides);
}

bool dice_percent(struct dice *dice, int64_t percent)
{
    return dice_roll(dice, 100) < percent;
}

struct dice dice_for(uint64_t seed, uint64_t kind, uint64_t index)
{
    return (struct dice){mix(mix(seed + 1) ^ mix(kind * UINT64_C(0x9E3779B97F4A7C15)) ^ index * UINT64_C(0xD6E8FEB86659FD93))};
}

/* ---- ids ---- */

void demo_id(uint64_t seed, int64_t at_utc, char kind, int64_t index, char ret[ID_SIZE + 1])
{
    snprintf(ret, ID_SIZE + 1, "%08" PRIx32 "%02x%08" PRIx32 "%06" PRIx32, (uint32_t)(at_utc / CIVIL_SECOND), (unsigned)kind & 0xFFU,
             (uint32_t)mix(seed ^ UINT64_C(0x7461637469)), (uint32_t)index & 0xFFFFFFU);
}

static int64_t catalogue_start(const struct demo *demo)
{
    return (demo->size.from_day - CATALOGUE_DAYS) * CIVIL_DAY + 8 * CIVIL_HOUR;
}

void demo_category_id(const struct demo *demo, int index, char ret[ID_SIZE + 1])
{
    demo_id(demo->seed, catalogue_start(demo) - CIVIL_HOUR, 'c', index, ret);
}

void demo_tax_id(const struct demo *demo, int index, char ret[ID_SIZE + 1])
{
    demo_id(demo->seed, catalogue_start(demo) - 2 * CIVIL_HOUR, 't', index, ret);
}

void demo_ids(struct store *store, uint64_t seed)
{
    struct dice dice = dice_for(seed, 'k', 0);
    store->id_middle = dice_next(&dice);
}

/* "0000" and an upper-case UUID: what a device gives the records it creates. */
static void member_original_id(struct json_out *out, struct dice dice)
{
    char text[48];
    uint64_t a = dice_next(&dice), b = dice_next(&dice);
    snprintf(text, sizeof text, "0000%08" PRIX32 "-%04X-4%03X-%04X-%012" PRIX64, (uint32_t)a, (unsigned)(a >> 32) & 0xFFFFU, (unsigned)(a >> 48) & 0xFFFU,
             0x8000U | ((unsigned)(b >> 48) & 0x3FFFU), b & UINT64_C(0xFFFFFFFFFFFF));
    json_member_str(out, "original_id", str_from(text));
}

/* ---- writing records ---- */

static void member_ids(struct json_out *out, const char *name, const char *id)
{
    json_key(out, name);
    json_begin_array(out);
    if (id != NULL)
        json_put_str(out, str_from(id));
    json_end_array(out);
}

/* The members that every record begins with. */
static void begin_record(struct json_out *out, int64_t created_utc, int64_t updated_utc)
{
    json_begin_object(out);
    json_member_instant(out, "created_at", true, created_utc);
    json_member_instant(out, "updated_at", true, updated_utc);
}

static int end_record(struct store *store, enum resource_id resource, struct json_out *out, int64_t stock_milli, struct err *err)
{
    json_end_object(out);
    int rc = buf_failed(out->buf) ? err_memory(err) : store_add(store, resource, buf_str(out->buf), stock_milli, err);
    buf_reset(out->buf);
    return rc;
}

static void put_place(struct json_out *out, const char *list, const char *id, const char *name)
{
    json_key(out, list);
    json_begin_array(out);
    json_begin_object(out);
    json_member_str(out, "_id", str_from(id));
    json_member_str(out, "name", str_from(name));
    json_end_object(out);
    json_end_array(out);
}

int demo_account(struct store *store, const struct demo *demo, struct err *err)
{
    BUF_AUTO text = {0};
    struct json_out out = {.buf = &text};
    struct dice dice = dice_for(demo->seed, 'k', 1);
    int64_t at_utc = catalogue_start(demo) - CIVIL_DAY;
    char id[ID_SIZE + 1], key[ID_SIZE + 1], owner[ID_SIZE + 8];
    demo_id(demo->seed, at_utc, 'a', 0, id);
    snprintf(key, sizeof key, "%012" PRIx64 "%012" PRIx64, dice_next(&dice) >> 16, dice_next(&dice) >> 16);
    json_begin_object(&out);
    json_member_str(&out, "_id", str_from(id));
    demo_id(demo->seed, at_utc, 'o', 0, id);
    snprintf(owner, sizeof owner, "auth0|%s", id);
    json_member_str(&out, "account_id", str_from(owner));
    json_member_str(&out, "api_key", str_from(key));
    json_member_int(&out, "__v", 0);
    demo_id(demo->seed, at_utc, 'p', 0, id);
    json_member_str(&out, "profile_id", str_from(id));
    json_key(&out, "permissions");
    json_begin_array(&out);
    json_end_array(&out);
    demo_id(demo->seed, at_utc, 'n', 0, id);
    put_place(&out, "nodes", id, SHOP_NAME);
    demo_id(demo->seed, at_utc, 's', 0, id);
    put_place(&out, "shops", id, SHOP_NAME);
    demo_id(demo->seed, at_utc, 'e', 0, id);
    put_place(&out, "companies", id, SHOP_NAME " SARL");
    json_member_instant(&out, "last_connected", true, demo->size.from_day * CIVIL_DAY);
    json_member_bool(&out, "deprecated", false);
    json_member_str(&out, "email", STR("bonjour@epicerie-du-canal.example"));
    json_member_instant(&out, "updated_at", true, at_utc);
    json_member_instant(&out, "created_at", true, at_utc);
    json_end_object(&out);
    return buf_failed(&text) ? err_memory(err) : store_set_account(store, buf_str(&text), err);
}

static int add_default_article(struct store *store, const struct demo *demo, const char *category, struct err *err)
{
    BUF_AUTO text = {0};
    struct json_out out = {.buf = &text};
    char id[ID_SIZE + 1];
    int64_t at_utc = catalogue_start(demo) - 3 * CIVIL_HOUR;
    demo_id(demo->seed, at_utc, 'd', 0, id);
    begin_record(&out, at_utc, at_utc);
    json_put_raw(&out, STR("\"deprecated\":false,\"test\":false"));
    json_member_str(&out, "node_id", store->node_id);
    json_member_str(&out, "category_id", str_from(category));
    json_put_raw(&out, STR("\"discounts\":[],\"taxes\":[],\"is_default\":true,\"name\":\"default\",\"icon_text\":\"defa\",\"image\":\"\",\"color\":\"#57DB47\","
                           "\"unit\":\"\",\"in_stock\":false,\"ignore_stock\":true,\"options\":[]"));
    json_member_str(&out, "_id", str_from(id));
    json_put_raw(&out, STR("\"variations\":[],\"declinations\":[],\"__v\":0"));
    return end_record(store, RESOURCE_ARTICLES, &out, 0, err);
}

static int add_category(struct store *store, int64_t at_utc, const char *id, const char *name, const char *icon, const char *color, bool is_default,
                        struct err *err)
{
    BUF_AUTO text = {0};
    struct json_out out = {.buf = &text};
    begin_record(&out, at_utc, at_utc);
    json_member_bool(&out, "deprecated", false);
    json_member_bool(&out, "test", false);
    json_member_str(&out, "company_id", store->company_id);
    json_member_bool(&out, "is_default", is_default);
    json_member_str(&out, "name", str_from(name));
    json_member_str(&out, "icon_text", str_from(icon));
    json_member_str(&out, "image", STR(""));
    json_member_str(&out, "color", str_from(color));
    json_member_str(&out, "_id", str_from(id));
    json_member_int(&out, "__v", 0);
    return end_record(store, RESOURCE_CATEGORIES, &out, 0, err);
}

int demo_empty_shop(struct store *store, const struct demo *demo, struct err *err)
{
    char id[ID_SIZE + 1];
    demo_category_id(demo, DEMO_CATEGORIES, id);
    int rc = add_category(store, catalogue_start(demo) - CIVIL_HOUR, id, "Non catégorisé", "Non ", model_colors[0], true, err);
    return rc == OK ? add_default_article(store, demo, id, err) : rc;
}

/* ---- articles ---- */

bool demo_is_special(int64_t index)
{
    return index == DEMO_NO_REFERENCE_A || index == DEMO_NO_REFERENCE_B || index == DEMO_NO_REFERENCE_C || index == DEMO_NO_REFERENCE_D ||
           index == DEMO_TWIN_A || index == DEMO_TWIN_B || index == DEMO_DEPRECATED;
}

static int64_t article_created(const struct demo *demo, int64_t index)
{
    return catalogue_start(demo) + index * ARTICLE_SECONDS * CIVIL_SECOND + 313000;
}

/* GS1 country prefix 376, three digits of a maker, six of the item, and the check digit: weights 1 and 3 from the left. */
static void ean13(int maker, int64_t item, char ret[14])
{
    int sum = 0;
    snprintf(ret, 14, "376%03u%06u0", (unsigned)maker % 1000U, (unsigned)(item % 1000000) % 1000000U);
    for (int i = 0; i < 12; i++)
        sum += (ret[i] - '0') * (i % 2 ? 3 : 1);
    ret[12] = (char)('0' + (10 - sum % 10) % 10);
}

struct declination_set {
    const char *key;
    const char *values[DEMO_DECLINATIONS_MAX];
    const char *codes[DEMO_DECLINATIONS_MAX];
    int percents[DEMO_DECLINATIONS_MAX]; /* of the article's price */
    int count;
};
static const struct declination_set declination_sets[] = {
    [KIND_COLOURS] = {"Couleur", {"Bleu", "Rouge", "Vert", "Écru"}, {"BLE", "ROU", "VER", "ECR"}, {100, 100, 100, 100}, 4},
    [KIND_SIZES] = {"Format", {"Petit", "Moyen", "Grand"}, {"P", "M", "G"}, {100, 180, 320}, 3},
    [KIND_SCENTS] = {"Parfum", {"Lavande", "Figuier", "Verveine"}, {"LAV", "FIG", "VEV"}, {100, 100, 110}, 3},
};

static int64_t round_to_5(int64_t cents)
{
    return (cents + 4) / 5 * 5;
}

/* The sixteen products of each category first, then the same from makers and in formats. */
static void article_name(const char *product, int64_t variant, char *ret, size_t size)
{
    if (variant == 0) {
        snprintf(ret, size, "%s", product);
        return;
    }
    int64_t maker = (variant - 1) % DEMO_MAKERS, rest = (variant - 1) / DEMO_MAKERS;
    int64_t format = rest % DEMO_FORMATS, series = rest / DEMO_FORMATS;
    if (series == 0)
        snprintf(ret, size, "%s, %s, %s", product, demo_makers[maker], demo_formats[format]);
    else
        snprintf(ret, size, "%s, %s, %s, série %" PRId64, product, demo_makers[maker], demo_formats[format], series + 1);
}

static void article_declinations(const struct demo *demo, int64_t index, struct demo_article *ret)
{
    const struct declination_set *set = &declination_sets[ret->kind];
    ret->declinations = set->count;
    for (int i = 0; i < set->count; i++) {
        demo_id(demo->seed, article_created(demo, index), 'x', index * DEMO_DECLINATIONS_MAX + i, ret->declination_ids[i]);
        snprintf(ret->declination_references[i], sizeof ret->declination_references[i], "%s-%s", ret->reference, set->codes[i]);
        ret->declination_values[i] = set->values[i];
        ret->declination_cents[i] = round_to_5(ret->price_cents * set->percents[i] / 100);
    }
}

static void article_codes(int64_t index, struct demo_article *ret)
{
    int64_t serial = index / DEMO_CATEGORIES + 1;
    bool no_reference = index == DEMO_NO_REFERENCE_A || index == DEMO_NO_REFERENCE_B || index == DEMO_NO_REFERENCE_C || index == DEMO_NO_REFERENCE_D;
    bool barcode = no_reference ? index == DEMO_NO_REFERENCE_A || index == DEMO_NO_REFERENCE_C : ret->kind != KIND_WEIGHED;
    if (index == DEMO_TWIN_B)
        serial = DEMO_TWIN_A / DEMO_CATEGORIES + 1;
    if (!no_reference)
        snprintf(ret->reference, sizeof ret->reference, "%s-%04" PRId64, demo_categories[ret->category].prefix, serial);
    if (barcode)
        ean13(100 + ret->category * 17, index, ret->barcode);
}

void demo_article(const struct demo *demo, int64_t index, struct demo_article *ret)
{
    struct dice dice = dice_for(demo->seed, 'i', (uint64_t)index);
    int64_t variant = index / ((int64_t)DEMO_CATEGORIES * DEMO_PRODUCTS);
    *ret = (struct demo_article){.category = (int)(index % DEMO_CATEGORIES)};
    const struct demo_category *category = &demo_categories[ret->category];
    const struct demo_product *product = &category->products[index / DEMO_CATEGORIES % DEMO_PRODUCTS];
    demo_id(demo->seed, article_created(demo, index), 'i', index, ret->id);
    article_name(product->name, variant, ret->name, sizeof ret->name);
    ret->price_cents = variant == 0 ? product->price_cents : round_to_5(product->price_cents * (80 + dice_roll(&dice, 60)) / 100);
    ret->buy_price_cents = ret->price_cents * (45 + dice_roll(&dice, 15)) / 100;
    bool many = product->kind >= KIND_COLOURS && !demo_is_special(index) && variant < 50;
    ret->kind = product->kind >= KIND_COLOURS && !many ? KIND_PLAIN : product->kind;
    article_codes(index, ret);
    if (many)
        article_declinations(demo, index, ret);
    ret->deprecated = index == DEMO_DEPRECATED;
    ret->in_stock = category->stocked && !many && dice_percent(&dice, 65);
    ret->received_units = ret->in_stock ? 30 + dice_roll(&dice, 170) : 0;
}

static void put_variations(struct json_out *out, const struct demo_article *article)
{
    json_key(out, "variations");
    json_begin_array(out);
    if (article->declinations > 0) {
        json_begin_object(out);
        json_member_str(out, "key", str_from(declination_sets[article->kind].key));
        json_member_int(out, "priority", 0);
        json_key(out, "values");
        json_begin_array(out);
        for (int i = 0; i < article->declinations; i++) {
            json_begin_object(out);
            json_member_str(out, "value", str_from(article->declination_values[i]));
            json_member_int(out, "priority", i);
            json_end_object(out);
        }
        json_end_array(out);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_declination(struct json_out *out, const struct demo_article *article, int64_t index, int i, const char *tax)
{
    char barcode[14];
    ean13(500 + article->category, index * DEMO_DECLINATIONS_MAX + i, barcode);
    json_begin_object(out);
    json_member_str(out, "id", str_from(article->declination_ids[i]));
    member_ids(out, "taxes", tax);
    json_key(out, "variations");
    json_begin_array(out);
    json_begin_object(out);
    json_member_str(out, "key", str_from(declination_sets[article->kind].key));
    json_member_str(out, "value", str_from(article->declination_values[i]));
    json_member_int(out, "priority", 0);
    json_end_object(out);
    json_end_array(out);
    json_member_decimal(out, "full_price", article->declination_cents[i], 2);
    json_member_str(out, "reference", str_from(article->declination_references[i]));
    json_member_str(out, "barcode", str_from(barcode));
    json_put_raw(out, STR("\"in_stock\":false,\"ignore_stock\":true,\"deprecated\":false,\"test\":false"));
    json_end_object(out);
}

static void put_declinations(struct json_out *out, const struct demo_article *article, int64_t index, const char *tax)
{
    json_key(out, "declinations");
    json_begin_array(out);
    for (int i = 0; i < article->declinations; i++)
        put_declination(out, article, index, i, tax);
    json_end_array(out);
}

static void put_prices(struct json_out *out, const struct demo_article *article, int64_t index)
{
    int64_t rate_bp = demo_taxes[demo_categories[article->category].tax].rate_bp;
    json_member_decimal(out, "full_price", article->price_cents, 2);
    /* Where the till keeps a price without tax it is often stale. */
    if (index % 7 == 0)
        json_member_decimal(out, "taxfree_price", article->price_cents * 8 / 10, 2);
    else if (index % 3 == 0)
        json_member_decimal(out, "taxfree_price", article->price_cents - money_tax_inside(article->price_cents, rate_bp, ROUND_HALF_UP), 2);
}

static void put_article(struct json_out *out, const struct store *store, const struct demo *demo, int64_t index, const struct demo_article *article)
{
    const struct demo_category *category = &demo_categories[article->category];
    struct dice dice = dice_for(demo->seed, 'u', (uint64_t)index);
    char category_id[ID_SIZE + 1], tax_id[ID_SIZE + 1];
    demo_category_id(demo, article->category, category_id);
    demo_tax_id(demo, category->tax, tax_id);
    int64_t created_utc = article_created(demo, index);
    begin_record(out, created_utc, created_utc + dice_roll(&dice, ARTICLE_CHANGES_DAYS * INT64_C(86400000)) * 1000);
    if (index % 5 == 0)
        member_original_id(out, dice);
    json_member_bool(out, "deprecated", article->deprecated);
    json_member_bool(out, "test", false);
    json_member_str(out, "node_id", store->node_id);
    json_member_str(out, "category_id", str_from(category_id));
    member_ids(out, "discounts", NULL);
    member_ids(out, "taxes", tax_id);
    json_member_bool(out, "is_default", false);
    json_member_str(out, "name", str_from(article->name));
    json_member_str(out, "icon_text", str_from(category->icon));
    json_member_str(out, "image", STR(""));
    json_member_str(out, "color", str_from(model_colors[category->color]));
    put_prices(out, article, index);
    if (article->barcode[0] != '\0')
        json_member_str(out, "barcode", str_from(article->barcode));
    if (article->reference[0] != '\0')
        json_member_str(out, "reference", str_from(article->reference));
    json_member_str(out, "unit", article->kind == KIND_WEIGHED ? STR("kg") : STR(""));
    json_member_bool(out, "in_stock", article->in_stock);
    json_member_bool(out, "ignore_stock", true);
    json_member_decimal(out, "buy_price", article->buy_price_cents, 2);
    member_ids(out, "options", NULL);
    json_member_str(out, "_id", str_from(article->id));
    put_variations(out, article);
    put_declinations(out, article, index, tax_id);
    json_member_int(out, "__v", 0);
}

static int add_articles(struct store *store, const struct demo *demo, struct err *err)
{
    BUF_AUTO text = {0};
    int rc = OK;
    for (int64_t i = 0; i < demo->size.articles && rc == OK; i++) {
        struct json_out out = {.buf = &text};
        struct demo_article article;
        demo_article(demo, i, &article);
        put_article(&out, store, demo, i, &article);
        rc = end_record(store, RESOURCE_ARTICLES, &out, article.received_units * 1000, err);
    }
    return rc;
}

/* ---- taxes, options, discounts, packs ---- */

static int add_taxes(struct store *store, const struct demo *demo, struct err *err)
{
    BUF_AUTO text = {0};
    int64_t at_utc = catalogue_start(demo) - 2 * CIVIL_HOUR;
    int rc = OK;
    for (int i = 0; i < DEMO_TAXES && rc == OK; i++) {
        struct json_out out = {.buf = &text};
        char id[ID_SIZE + 1];
        demo_tax_id(demo, i, id);
        begin_record(&out, at_utc, at_utc);
        json_member_bool(&out, "deprecated", false);
        json_member_bool(&out, "test", false);
        json_member_str(&out, "company_id", store->company_id);
        json_member_bool(&out, "is_default", i == 0);
        json_member_str(&out, "name", str_from(demo_taxes[i].name));
        json_member_bool(&out, "in_price", true);
        json_key(&out, "rate");
        json_put_raw(&out, str_from(demo_taxes[i].rate));
        json_member_str(&out, "_id", str_from(id));
        json_member_int(&out, "__v", 0);
        rc = end_record(store, RESOURCE_TAXES, &out, 0, err);
    }
    return rc;
}

static int add_options(struct store *store, const struct demo *demo, struct err *err)
{
    BUF_AUTO text = {0};
    BUF_AUTO ids = {0};
    char id[ID_SIZE + 1];
    int64_t at_utc = catalogue_start(demo) - CIVIL_HOUR;
    int rc = OK;
    for (int i = 0; i < DEMO_OPTIONS && rc == OK; i++) {
        struct json_out out = {.buf = &text};
        demo_id(demo->seed, at_utc, 'q', i, id);
        if (i < 2)
            buf_printf(&ids, "%s\"%s\"", i > 0 ? "," : "", id);
        begin_record(&out, at_utc, at_utc);
        json_member_bool(&out, "deprecated", false);
        json_member_bool(&out, "test", false);
        json_member_str(&out, "node_id", store->node_id);
        json_member_str(&out, "name", str_from(demo_options[i].name));
        json_member_decimal(&out, "price", demo_options[i].price_cents, 2);
        json_member_str(&out, "_id", str_from(id));
        json_member_int(&out, "__v", 0);
        rc = end_record(store, RESOURCE_OPTIONS, &out, 0, err);
    }
    if (rc != OK)
        return rc;
    struct json_out out = {.buf = &text};
    demo_id(demo->seed, at_utc, 'l', 0, id);
    begin_record(&out, at_utc, at_utc);
    json_member_bool(&out, "deprecated", false);
    json_member_str(&out, "node_id", store->node_id);
    json_member_str(&out, "name", STR("Suppléments des plats"));
    json_key(&out, "options");
    json_begin_array(&out);
    json_put_raw(&out, buf_str(&ids));
    json_end_array(&out);
    json_member_bool(&out, "multiple", true);
    json_member_bool(&out, "mandatory", false);
    json_member_str(&out, "_id", str_from(id));
    json_member_int(&out, "__v", 0);
    return end_record(store, RESOURCE_OPTION_LISTS, &out, 0, err);
}

static int add_discounts(struct store *store, const struct demo *demo, struct err *err)
{
    static const struct {
        const char *name, *type, *icon;
        int rate;
    } discounts[] = {{"Remise fidélité", "rate", "Fidé", 5}, {"Remise fin de journée", "rate", "Fin", 10}, {"Bon de 2 €", "numeric", "Bon", 2}};
    BUF_AUTO text = {0};
    int64_t at_utc = catalogue_start(demo) - CIVIL_HOUR;
    int rc = OK;
    for (int i = 0; i < 3 && rc == OK; i++) {
        struct json_out out = {.buf = &text};
        char id[ID_SIZE + 1];
        demo_id(demo->seed, at_utc, 'r', i, id);
        begin_record(&out, at_utc, at_utc);
        json_member_bool(&out, "deprecated", false);
        json_member_bool(&out, "test", false);
        json_member_str(&out, "shop_id", store->shop_id);
        json_member_str(&out, "name", str_from(discounts[i].name));
        json_member_int(&out, "rate", discounts[i].rate);
        json_member_str(&out, "type", str_from(discounts[i].type));
        json_member_str(&out, "barcode", STR(""));
        json_member_str(&out, "icon_text", str_from(discounts[i].icon));
        json_member_str(&out, "color", str_from(model_colors[3]));
        json_member_str(&out, "_id", str_from(id));
        json_member_int(&out, "__v", 0);
        rc = end_record(store, RESOURCE_DISCOUNTS, &out, 0, err);
    }
    return rc;
}

/* A basket of two articles at one price. */
static int add_pack(struct store *store, const struct demo *demo, struct err *err)
{
    BUF_AUTO text = {0};
    struct json_out out = {.buf = &text};
    struct demo_article first, second;
    char id[ID_SIZE + 1];
    int64_t at_utc = catalogue_start(demo) + CIVIL_DAY;
    if (demo->size.articles < 2)
        return OK;
    demo_article(demo, 0, &first);
    demo_article(demo, 1, &second);
    demo_id(demo->seed, at_utc, 'b', 0, id);
    begin_record(&out, at_utc, at_utc);
    json_member_bool(&out, "deprecated", false);
    json_member_str(&out, "node_id", store->node_id);
    json_key(&out, "articles");
    json_begin_array(&out);
    json_put_str(&out, str_from(first.id));
    json_put_str(&out, str_from(second.id));
    json_end_array(&out);
    json_member_decimal(&out, "full_price", (first.price_cents + second.price_cents) * 9 / 10, 2);
    member_ids(&out, "taxes", NULL);
    member_ids(&out, "discounts", NULL);
    json_member_str(&out, "_id", str_from(id));
    json_member_int(&out, "__v", 0);
    return end_record(store, RESOURCE_PACKS, &out, 0, err);
}

static int add_categories(struct store *store, const struct demo *demo, struct err *err)
{
    int rc = OK;
    for (int i = 0; i < DEMO_CATEGORIES && rc == OK; i++) {
        char id[ID_SIZE + 1];
        const struct demo_category *category = &demo_categories[i];
        demo_category_id(demo, i, id);
        rc = add_category(store, catalogue_start(demo) - CIVIL_HOUR, id, category->name, category->icon, model_colors[category->color], false, err);
    }
    return rc;
}

/* ---- receptions ---- */

static void put_reception_line(struct json_out *out, const struct demo_article *article, int64_t at_utc)
{
    json_begin_object(out);
    json_member_str(out, "article_id", str_from(article->id));
    json_member_str(out, "article_name", str_from(article->name));
    json_member_str(out, "category_name", str_from(demo_categories[article->category].name));
    json_member_str(out, "state", STR("done"));
    json_member_int(out, "units", article->received_units);
    json_member_instant(out, "done_on", true, at_utc);
    json_member_str(out, "declination_name", STR(""));
    json_member_str(out, "reference", str_from(article->reference));
    json_member_str(out, "barcode", str_from(article->barcode));
    json_member_decimal(out, "buy_price", article->buy_price_cents, 2);
    json_member_int(out, "out_price", 0);
    json_end_object(out);
}

static int end_reception(struct store *store, struct json_out *out, int64_t at_utc, int64_t number, struct err *err)
{
    BUF_AUTO digits = {0};
    buf_append_int(&digits, number);
    json_end_array(out);
    json_member_str(out, "shop_id", store->shop_id);
    json_member_instant(out, "created_at", true, at_utc);
    json_member_instant(out, "updated_at", true, at_utc);
    json_member_str(out, "number", buf_str(&digits));
    json_member_int(out, "__v", 0);
    return end_record(store, RESOURCE_MOVEMENTS, out, 0, err);
}

/* The stock that the articles began with, as movements of the week before the first sale. */
static int add_receptions(struct store *store, const struct demo *demo, struct err *err)
{
    BUF_AUTO text = {0};
    struct json_out out = {.buf = &text};
    int64_t number = 0, lines = 0, at_utc = 0;
    int rc = OK;
    for (int64_t i = 0; i < demo->size.articles && rc == OK; i++) {
        struct demo_article article;
        demo_article(demo, i, &article);
        if (article.received_units == 0)
            continue;
        if (lines == 0) {
            char id[ID_SIZE + 1];
            at_utc = (demo->size.from_day - 7) * CIVIL_DAY + 7 * CIVIL_HOUR + ++number * 61 * CIVIL_SECOND;
            demo_id(demo->seed, at_utc, 'm', number, id);
            json_begin_object(&out);
            json_put_raw(&out, STR("\"deprecated\":false,\"validated_by\":[]"));
            json_member_str(&out, "_id", str_from(id));
            json_put_raw(&out, STR("\"type\":\"in\",\"state\":\"done\",\"note\":\"Inventaire de rentrée\""));
            json_key(&out, "movements");
            json_begin_array(&out);
        }
        put_reception_line(&out, &article, at_utc);
        if (++lines == RECEPTION_LINES) {
            rc = end_reception(store, &out, at_utc, number, err);
            lines = 0;
            out = (struct json_out){.buf = &text};
        }
    }
    return rc == OK && lines > 0 ? end_reception(store, &out, at_utc, number, err) : rc;
}

int demo_shop(struct store *store, const struct demo *demo, struct err *err)
{
    static int (*const steps[])(struct store *, const struct demo *, struct err *) = {
        demo_empty_shop, add_taxes, add_categories, add_options, add_discounts, add_articles, add_pack, add_receptions, demo_sales,
    };
    int rc = OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && rc == OK; i++)
        rc = steps[i](store, demo, err);
    return rc;
}
