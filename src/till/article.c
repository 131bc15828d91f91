/* article.c: the till's catalogue records (articles with their declinations, taxes, categories) read into neutral ones. Used by sync through
 * till/till.h. Reading never fails for what stands in a record: the first value that cannot be read is that article's fault, and the others are
 * read all the same. Texts are borrowed from the record. Source of the members and their meaning: tactill-v4.md, Records. */
#include <string.h>

#include "base/hash.h"
#include "base/money.h"
#include "till/till_int.h"

/* The members that are read, in one walk over the record: a catalogue has 100 000 of them, with 25 members each. */
enum member {
    MEMBER_ID, MEMBER_DECLINATION_ID, MEMBER_NAME, MEMBER_CATEGORY_ID, MEMBER_UNIT, MEMBER_COLOR, MEMBER_ICON_TEXT, MEMBER_IS_DEFAULT, MEMBER_UPDATED_AT, MEMBER_BUY_PRICE,
    MEMBER_WEIGHT, MEMBER_STOCK_QUANTITY, MEMBER_REFERENCE, MEMBER_BARCODE, MEMBER_FULL_PRICE, MEMBER_IN_STOCK, MEMBER_IGNORE_STOCK, MEMBER_DEPRECATED, MEMBER_TEST,
    MEMBER_TAXES, MEMBER_VARIATIONS, MEMBER_DECLINATIONS, MEMBER_COUNT
};
#define NAME(literal) {literal, sizeof(literal) - 1}
static const struct str member_names[MEMBER_COUNT] = {
    [MEMBER_ID] = NAME("_id"), [MEMBER_DECLINATION_ID] = NAME("id"), [MEMBER_NAME] = NAME("name"), [MEMBER_CATEGORY_ID] = NAME("category_id"),
    [MEMBER_UNIT] = NAME("unit"), [MEMBER_COLOR] = NAME("color"), [MEMBER_ICON_TEXT] = NAME("icon_text"), [MEMBER_IS_DEFAULT] = NAME("is_default"),
    [MEMBER_UPDATED_AT] = NAME("updated_at"), [MEMBER_BUY_PRICE] = NAME("buy_price"), [MEMBER_WEIGHT] = NAME("weight"),
    [MEMBER_STOCK_QUANTITY] = NAME("stock_quantity"), [MEMBER_REFERENCE] = NAME("reference"), [MEMBER_BARCODE] = NAME("barcode"),
    [MEMBER_FULL_PRICE] = NAME("full_price"), [MEMBER_IN_STOCK] = NAME("in_stock"), [MEMBER_IGNORE_STOCK] = NAME("ignore_stock"),
    [MEMBER_DEPRECATED] = NAME("deprecated"), [MEMBER_TEST] = NAME("test"), [MEMBER_TAXES] = NAME("taxes"), [MEMBER_VARIATIONS] = NAME("variations"),
    [MEMBER_DECLINATIONS] = NAME("declinations"),
};

/* One record, or one declination in it, while it is read. */
struct reading {
    struct arena *arena;
    struct till_article *article;
    const struct json *object;
    const struct json *members[MEMBER_COUNT]; /* NULL: absent, or null */
    struct str prefix;          /* of fault paths: "declinations[1]." */
    bool out_of_memory;
};

/* Only the first fault is kept: the person corrects it at the till, and the next run finds the next. `member` NULL is the object itself. */
static void fault(struct reading *reading, const char *member, const char *reason)
{
    struct str prefix = reading->prefix;

    if (reading->article->fault != NULL)
        return;
    if (member == NULL && prefix.n > 0)
        prefix.n--; /* without its point */
    reading->article->fault = reason;
    reading->article->fault_path = arena_format(reading->arena, "%.*s%s", STR_ARG(prefix), member == NULL ? "" : member);
    if (reading->article->fault_path.p == NULL)
        reading->out_of_memory = true;
}

static void read_members(struct reading *reading)
{
    memset(reading->members, 0, sizeof(reading->members));
    if (!json_is(reading->object, JSON_OBJECT))
        return;
    for (const struct json *one = reading->object->first; one != NULL; one = one->next) {
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
            if (!str_equal(member_names[i], one->key))
                continue;
            reading->members[i] = json_is(one, JSON_NULL) ? NULL : one;
            break;
        }
    }
}

static struct str read_text(struct reading *reading, enum member member)
{
    const struct json *value = reading->members[member];
    struct str text = json_identity(value);

    if (value != NULL && text.p == NULL)
        fault(reading, member_names[member].p, N_("this is not a text"));
    return text;
}

static bool read_bool(struct reading *reading, enum member member, bool otherwise)
{
    const struct json *value = reading->members[member];

    if (value == NULL)
        return otherwise;
    if (json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE))
        return json_is(value, JSON_TRUE);
    fault(reading, member_names[member].p, N_("this is neither true nor false"));
    return otherwise;
}

/* Further decimals than `places` are the till's float noise, and are rounded away. */
static bool read_decimal(struct reading *reading, enum member member, int places, int64_t *ret)
{
    const struct json *value = reading->members[member];

    if (value == NULL)
        return false;
    enum decimal_result result = json_is(value, JSON_NUMBER) ? decimal_parse_rounded(value->text, places, ret) : DECIMAL_NOT_A_NUMBER;
    if (result == DECIMAL_TOO_LARGE)
        fault(reading, member_names[member].p, N_("this number is too large"));
    else if (result != DECIMAL_OK)
        fault(reading, member_names[member].p, N_("this is not a number"));
    return result == DECIMAL_OK;
}

static void read_taxes(struct reading *reading)
{
    const struct json *taxes = reading->members[MEMBER_TAXES];
    struct till_article *article = reading->article;

    if (taxes == NULL)
        return;
    if (!json_is(taxes, JSON_ARRAY)) {
        fault(reading, "taxes", N_("this is not a list"));
        return;
    }
    if (taxes->count == 0)
        return;
    struct str *ids = arena_array(reading->arena, taxes->count, sizeof(*ids));
    if (ids == NULL) {
        reading->out_of_memory = true;
        return;
    }
    article->tax_ids = ids;
    article->tax_count = 0;
    for (const struct json *tax = taxes->first; tax != NULL; tax = tax->next) {
        struct str id = json_identity(tax);

        if (id.n == 0)
            fault(reading, "taxes", N_("this is not a list of tax identities"));
        else
            ids[article->tax_count++] = id;
    }
}

/* What an article and a declination both have of their own. `in_stock` says that the till follows the quantity; `ignore_stock` only that
 * it may be sold when none is left, so it does not decide whether the article is stock-managed. */
static void read_own(struct reading *reading)
{
    struct till_article *article = reading->article;

    article->reference = read_text(reading, MEMBER_REFERENCE);
    article->barcode = read_text(reading, MEMBER_BARCODE);
    article->has_price = read_decimal(reading, MEMBER_FULL_PRICE, 4, &article->price_e4);
    article->in_stock = read_bool(reading, MEMBER_IN_STOCK, false);
    article->ignore_stock = read_bool(reading, MEMBER_IGNORE_STOCK, true);
    article->stock_managed = article->in_stock;
    article->deleted = read_bool(reading, MEMBER_DEPRECATED, false) || article->deleted;
    article->is_test = read_bool(reading, MEMBER_TEST, false) || article->is_test;
    read_taxes(reading);
}

static void read_article(struct reading *reading)
{
    struct till_article *article = reading->article;

    article->id = json_identity(reading->members[MEMBER_ID]);
    article->declination_id = STR("");
    article->name = read_text(reading, MEMBER_NAME);
    if (article->name.n == 0)
        fault(reading, "name", N_("the article has no name"));
    article->category_id = read_text(reading, MEMBER_CATEGORY_ID);
    article->unit = read_text(reading, MEMBER_UNIT);
    article->color = read_text(reading, MEMBER_COLOR);
    article->icon_text = read_text(reading, MEMBER_ICON_TEXT);
    article->is_default = read_bool(reading, MEMBER_IS_DEFAULT, false);
    article->updated_at = read_text(reading, MEMBER_UPDATED_AT);
    article->has_buy_price = read_decimal(reading, MEMBER_BUY_PRICE, 4, &article->buy_price_e4);
    article->has_weight = read_decimal(reading, MEMBER_WEIGHT, 3, &article->weight_milli);
    article->has_stock_quantity = read_decimal(reading, MEMBER_STOCK_QUANTITY, 3, &article->stock_quantity_milli);
    read_own(reading);
}

/* ---- declinations ---- */

static int64_t priority_of(const struct json *variation)
{
    int64_t priority = 0;
    const struct json *value = json_get(variation, STR("priority"));

    if (json_is(value, JSON_NUMBER) && decimal_parse_rounded(value->text, 0, &priority) != DECIMAL_OK)
        priority = 0;
    return priority;
}

/* The variation after `last` in order of priority, ties in order of place; NULL after the last one. */
static const struct json *next_variation(const struct json *variations, const struct json *last)
{
    const struct json *best = NULL;
    bool behind_last = false;

    for (const struct json *one = variations->first; one != NULL; one = one->next) {
        bool later = last == NULL || priority_of(one) > priority_of(last) || (behind_last && priority_of(one) == priority_of(last));

        if (one == last)
            behind_last = true;
        else if (later && (best == NULL || priority_of(one) < priority_of(best)))
            best = one;
    }
    return best;
}

/* "T-shirt (L, rouge)". */
static void read_declination_name(struct reading *reading, struct str article_name)
{
    const struct json *variations = reading->members[MEMBER_VARIATIONS];
    BUF_AUTO name = {0};
    bool any = false;

    buf_append(&name, article_name);
    if (json_is(variations, JSON_ARRAY)) {
        for (const struct json *one = next_variation(variations, NULL); one != NULL; one = next_variation(variations, one)) {
            struct str value = json_identity(json_get(one, STR("value")));

            if (value.n == 0)
                continue;
            buf_append_z(&name, any ? ", " : " (");
            buf_append(&name, value);
            any = true;
        }
    }
    if (any)
        buf_append_char(&name, ')');
    reading->article->name = arena_copy(reading->arena, buf_str(&name));
    if (buf_failed(&name) || (reading->article->name.p == NULL && article_name.p != NULL))
        reading->out_of_memory = true;
}

static void read_declination(struct reading *reading, const struct till_article *parent, size_t place)
{
    struct till_article *article = reading->article;

    /* What the till does not repeat in a declination is the article's; its price, reference, barcode and stock are never. */
    *article = (struct till_article){
        .id = parent->id,
        .category_id = parent->category_id,
        .unit = parent->unit,
        .color = parent->color,
        .icon_text = parent->icon_text,
        .tax_ids = parent->tax_ids,
        .tax_count = parent->tax_count,
        .has_buy_price = parent->has_buy_price,
        .buy_price_e4 = parent->buy_price_e4,
        .has_weight = parent->has_weight,
        .weight_milli = parent->weight_milli,
        .deleted = parent->deleted,
        .is_default = parent->is_default,
        .is_test = parent->is_test,
        .updated_at = parent->updated_at,
    };
    if (!json_is(reading->object, JSON_OBJECT))
        fault(reading, NULL, N_("this is not a record"));
    article->declination_id = read_text(reading, MEMBER_DECLINATION_ID);
    if (article->declination_id.n == 0) {
        fault(reading, "id", N_("the declination has no identity"));
        article->declination_id = arena_format(reading->arena, "#%zu", place + 1);
        if (article->declination_id.p == NULL)
            reading->out_of_memory = true;
    }
    read_declination_name(reading, parent->name);
    read_own(reading);
}

/* ---- the fingerprint ---- */

enum { FINGERPRINT_TEXTS = 11 };
/* What has a fixed size stands first, the lengths of the texts with it, so that no two contents give the same bytes. */
struct fingerprint_head {
    int64_t price_e4, buy_price_e4, weight_milli;
    int32_t lengths[FINGERPRINT_TEXTS]; /* -1: absent */
    int32_t tax_count;
    uint8_t flags[16];
};

static void put_bytes(struct buf *out, const void *bytes, size_t n)
{
    buf_append(out, (struct str){bytes, n});
}

/* updated_at is left out because the till moves it without a change, the quantity because the back office never takes it. */
static bool set_fingerprint(struct till_article *article, struct buf *scratch)
{
    const struct str texts[FINGERPRINT_TEXTS] = {
        article->id, article->declination_id, article->name, article->reference, article->barcode, article->category_id,
        article->unit, article->color, article->icon_text, str_from(article->fault), article->fault_path,
    };
    struct fingerprint_head head = {
        .price_e4 = article->has_price ? article->price_e4 : 0,
        .buy_price_e4 = article->has_buy_price ? article->buy_price_e4 : 0,
        .weight_milli = article->has_weight ? article->weight_milli : 0,
        .tax_count = (int32_t)article->tax_count,
        .flags = {article->stock_managed, article->in_stock, article->ignore_stock, article->deleted, article->is_default, article->is_test,
                  article->has_declinations, article->has_price, article->has_buy_price, article->has_weight},
    };

    for (size_t i = 0; i < FINGERPRINT_TEXTS; i++)
        head.lengths[i] = texts[i].p ? (int32_t)texts[i].n : -1;
    buf_reset(scratch);
    put_bytes(scratch, &head, sizeof head);
    for (size_t i = 0; i < FINGERPRINT_TEXTS; i++)
        buf_append(scratch, texts[i]);
    for (size_t i = 0; i < article->tax_count; i++) {
        put_bytes(scratch, &article->tax_ids[i].n, sizeof article->tax_ids[i].n);
        buf_append(scratch, article->tax_ids[i]);
    }
    if (buf_failed(scratch))
        return false;
    hash_fingerprint(buf_str(scratch), article->fingerprint);
    return true;
}

/* ---- whole records ---- */

static bool read_declinations(struct reading *reading, const struct json *list, struct till_article *articles)
{
    size_t place = 0;

    for (const struct json *one = list->first; one != NULL; one = one->next, place++) {
        reading->article = &articles[1 + place];
        reading->object = one;
        reading->prefix = arena_format(reading->arena, "declinations[%zu].", place);
        if (reading->prefix.p == NULL)
            return false;
        read_members(reading);
        read_declination(reading, &articles[0], place);
    }
    return !reading->out_of_memory;
}

int till_article_read(struct arena *arena, const struct json *record, struct till_article **ret, size_t *ret_count, struct err *err)
{
    const struct json *declinations = json_present(record, STR("declinations"));
    size_t count = 1 + (json_is(declinations, JSON_ARRAY) ? declinations->count : 0);
    struct till_article *articles = arena_array(arena, count, sizeof(*articles));
    struct reading reading = {.arena = arena, .article = articles, .object = record};
    BUF_AUTO scratch = {0};

    if (articles == NULL)
        return err_memory(err);
    read_members(&reading);
    read_article(&reading);
    if (declinations != NULL && !json_is(declinations, JSON_ARRAY))
        fault(&reading, "declinations", N_("this is not a list"));
    articles[0].has_declinations = count > 1;
    if (reading.out_of_memory || (count > 1 && !read_declinations(&reading, declinations, articles)))
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (!set_fingerprint(&articles[i], &scratch))
            return err_memory(err);
    }
    *ret = articles;
    *ret_count = count;
    return OK;
}

struct till_tax till_tax_read(const struct json *record)
{
    enum { RATE_MAX_BP = 10000 };
    const struct json *rate = json_get(record, STR("rate"));
    struct till_tax tax = {
        .id = json_identity(json_get(record, STR("_id"))),
        .name = json_text(json_get(record, STR("name"))),
        .deleted = json_is(json_get(record, STR("deprecated")), JSON_TRUE),
    };

    tax.readable = json_is(rate, JSON_NUMBER) && decimal_parse(rate->text, 2, &tax.rate_bp) == DECIMAL_OK && tax.rate_bp >= 0 && tax.rate_bp <= RATE_MAX_BP;
    if (!tax.readable)
        tax.rate_bp = 0;
    return tax;
}

struct till_category till_category_read(const struct json *record)
{
    return (struct till_category){
        .id = json_identity(json_get(record, STR("_id"))),
        .name = json_text(json_get(record, STR("name"))),
        .deleted = json_is(json_get(record, STR("deprecated")), JSON_TRUE),
        .is_default = json_is(json_get(record, STR("is_default")), JSON_TRUE),
    };
}
