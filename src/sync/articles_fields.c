/* articles_fields.c: the fields of an article that the back office exports, as texts that are compared and told, and as the JSON that the till takes.
 * Private to sync (articles_int.h). */
#include "sync/articles_int.h"

#include <string.h>

const char *const export_field_names[FIELD_COUNT] = {
    [FIELD_NAME] = "name", [FIELD_REFERENCE] = "reference", [FIELD_PRICE] = "full_price", [FIELD_TAX] = "taxes", [FIELD_CATEGORY] = "category_id",
    [FIELD_BARCODE] = "barcode", [FIELD_UNIT] = "unit", [FIELD_WEIGHT] = "weight", [FIELD_BUY_PRICE] = "buy_price",
};

/* The till takes these units only; another one of ours is nothing it could hold. */
static bool till_has_unit(struct str unit)
{
    static const struct str units[] = {{"kg", 2}, {"l", 1}, {"m", 1}, {"min", 3}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_equal(unit, units[i]))
            return true;
    return false;
}

static struct str present(struct str text)
{
    return text.n > 0 ? text : STR_NULL;
}

bool fields_wanted(struct arena *arena, const struct article *article, struct field_texts *ret)
{
    struct field_texts wanted = {{
        [FIELD_NAME] = present(article->label),
        [FIELD_REFERENCE] = present(article->code),
        [FIELD_TAX] = text_of_percent(arena, article->rate_bp),
        [FIELD_CATEGORY] = present(article->family),
        [FIELD_BARCODE] = present(article->barcode),
        [FIELD_UNIT] = till_has_unit(article->unit) ? article->unit : STR_NULL,
    }};

    if (article->has_price)
        wanted.text[FIELD_PRICE] = article_text_of_price(arena, true, article->price_e4);
    if (article->has_weight)
        wanted.text[FIELD_WEIGHT] = text_of_weight(arena, true, article->weight_milli);
    if (article->has_buy_price)
        wanted.text[FIELD_BUY_PRICE] = article_text_of_price(arena, true, article->buy_price_e4);
    *ret = wanted;
    return wanted.text[FIELD_TAX].p && (wanted.text[FIELD_PRICE].p || !article->has_price) && (wanted.text[FIELD_WEIGHT].p || !article->has_weight) &&
           (wanted.text[FIELD_BUY_PRICE].p || !article->has_buy_price);
}

bool fields_there(struct arena *arena, const struct article_record *record, const struct article *article, struct field_texts *ret)
{
    const struct record_values *values = &record->values;
    bool mapped = values->tax_id == article->tax_id && !(values->problems & (PROBLEM_SEVERAL_TAXES | PROBLEM_UNKNOWN_TAX));
    struct field_texts there = {{
        [FIELD_NAME] = record->text[RECORD_NAME],
        [FIELD_REFERENCE] = record->text[RECORD_REFERENCE],
        [FIELD_PRICE] = article_text_of_price(arena, values->has_price, values->price_e4),
        [FIELD_TAX] = mapped ? text_of_percent(arena, article->rate_bp) : values->problems & PROBLEM_SEVERAL_TAXES ? STR("?") : record->text[RECORD_RATE],
        [FIELD_CATEGORY] = record->text[RECORD_CATEGORY],
        [FIELD_BARCODE] = record->text[RECORD_BARCODE],
        [FIELD_UNIT] = record->text[RECORD_UNIT],
        [FIELD_WEIGHT] = text_of_weight(arena, values->has_weight, values->weight_milli),
        [FIELD_BUY_PRICE] = article_text_of_price(arena, values->has_buy_price, values->buy_price_e4),
    }};

    *ret = there;
    return there.text[FIELD_PRICE].p && there.text[FIELD_WEIGHT].p && there.text[FIELD_BUY_PRICE].p && (!mapped || there.text[FIELD_TAX].p);
}

bool field_differs(const struct field_texts *wanted, const struct field_texts *there, enum export_field field)
{
    const struct str want = wanted->text[field], have = there->text[field];

    return want.p && (want.n != have.n || memcmp(want.p, have.p, want.n) != 0);
}

/* ---- JSON ---- */

static void put_field(struct json_out *json, const struct article *article, enum export_field field, struct str category_id)
{
    const char *name = export_field_names[field];

    switch (field) {
    case FIELD_NAME:
        json_member_str(json, name, article->label);
        break;
    case FIELD_REFERENCE:
        json_member_str(json, name, article->code);
        break;
    case FIELD_PRICE:
        json_member_decimal(json, name, article->price_e4, 4);
        break;
    case FIELD_CATEGORY:
        json_member_str(json, name, category_id);
        break;
    case FIELD_BARCODE:
        json_member_str(json, name, article->barcode);
        break;
    case FIELD_UNIT:
        json_member_str(json, name, article->unit);
        break;
    case FIELD_WEIGHT:
        json_member_decimal(json, name, article->weight_milli, 3);
        break;
    case FIELD_BUY_PRICE:
        json_member_decimal(json, name, article->buy_price_e4, 4);
        break;
    case FIELD_TAX: /* always sent: put_taxes */
    case FIELD_COUNT:
        break;
    }
}

/* `ids` parted by commas, as in RECORD_TAXES. */
static void put_taxes(struct json_out *json, struct str ids)
{
    json_key(json, export_field_names[FIELD_TAX]);
    json_begin_array(json);
    for (struct str rest = ids, id; rest.n > 0;) {
        str_cut(rest, ',', &id, &rest);
        json_put_str(json, id);
    }
    json_end_array(json);
}

void append_create_body(struct buf *out, const struct article *article, const struct field_texts *wanted, struct str node_id, struct str category_id, struct str tax_id)
{
    struct json_out json = {.buf = out};

    json_begin_object(&json);
    json_member_str(&json, "node_id", node_id);
    for (enum export_field field = 0; field < FIELD_COUNT; field++)
        if (wanted->text[field].p && field != FIELD_CATEGORY)
            put_field(&json, article, field, category_id);
    put_field(&json, article, FIELD_CATEGORY, category_id); /* required there, also when it is the till's default one */
    put_taxes(&json, tax_id);
    json_member_bool(&json, "in_stock", article->stock_managed);
    json_end_object(&json);
}

void append_update_body(struct buf *out, const struct article *article, const struct field_texts *wanted, const struct field_texts *there,
                        const struct article_record *record, struct str category_id, struct str tax_id)
{
    struct json_out json = {.buf = out};

    json_begin_object(&json);
    for (enum export_field field = 0; field < FIELD_COUNT; field++)
        if (field_differs(wanted, there, field))
            put_field(&json, article, field, category_id);
    put_taxes(&json, field_differs(wanted, there, FIELD_TAX) ? tax_id : record->text[RECORD_TAXES]);
    if (record->text[RECORD_COLOR].n > 0)
        json_member_str(&json, "color", record->text[RECORD_COLOR]);
    json_member_bool(&json, "in_stock", record->values.in_stock);
    json_member_bool(&json, "ignore_stock", record->values.ignore_stock);
    json_end_object(&json);
}
