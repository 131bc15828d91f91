/* filter.c: reading a filter and an order, and applying a filter to a record's text. Private to sandbox. */
#include "sandbox/filter_int.h"

#include "base/civil.h"
#include "base/money.h"
#include "sandbox/document_int.h"

static const struct {
    struct str name;
    enum filter_operator operator;
} operators[] = {
    {{"ne", 2}, FILTER_NE},   {{"gt", 2}, FILTER_GT}, {{"gte", 3}, FILTER_GTE}, {{"lt", 2}, FILTER_LT},
    {{"lte", 3}, FILTER_LTE}, {{"in", 2}, FILTER_IN}, {{"nin", 3}, FILTER_NIN},
};

/* Prices, rates and quantities need four decimals at most; a figure beyond the range of money sorts as the greatest. */
static bool number_read(struct str digits, int64_t *ret)
{
    switch (decimal_parse_rounded(digits, 4, ret)) {
    case DECIMAL_OK: return true;
    case DECIMAL_TOO_LARGE: *ret = digits.p[0] == '-' ? INT64_MIN : INT64_MAX; return true;
    case DECIMAL_TOO_PRECISE:
    case DECIMAL_NOT_A_NUMBER: break;
    }
    return false;
}

/* Values are coerced to the type of the field. */
static bool operand_read(const struct field *field, struct str text, struct operand *ret)
{
    ret->text = text;
    switch (field->type) {
    case FIELD_NUMBER: return number_read(text, &ret->number);
    case FIELD_DATE: return instant_parse(text, &ret->number);
    case FIELD_BOOL:
        ret->number = str_equal(text, STR("true"));
        return ret->number || str_equal(text, STR("false"));
    case FIELD_TEXT:
    case FIELD_ICON:
    case FIELD_ID:
    case FIELD_IDS:
    case FIELD_OBJECTS:
    case FIELD_OBJECT: break;
    }
    return true;
}

/* "name[op]" or "name"; *ret_name is without the operator. */
static bool operator_read(struct str key, struct str *ret_name, enum filter_operator *ret)
{
    struct str inside;
    *ret = FILTER_EQ;
    if (!str_cut(key, '[', ret_name, &inside))
        return true;
    if (inside.n == 0 || inside.p[inside.n - 1] != ']')
        return false;
    inside.n--;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (str_equal(inside, operators[i].name)) {
            *ret = operators[i].operator;
            return true;
        }
    }
    return false;
}

static size_t count_terms(struct str text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '&';
    return count;
}

/* The set that a repeated [in] or [nin] on the same field goes on, or a new term. */
static struct filter_term *term_for(struct arena *arena, struct filter *filter, const struct field *field, enum filter_operator operator, size_t room)
{
    for (size_t i = 0; i < filter->count; i++)
        if (operator >= FILTER_IN && filter->terms[i].field == field && filter->terms[i].operator == operator)
            return &filter->terms[i];
    struct filter_term *term = &filter->terms[filter->count];
    *term = (struct filter_term){field, operator, arena_array(arena, operator >= FILTER_IN ? room : 1, sizeof(struct operand)), 0};
    if (term->values == NULL)
        return NULL;
    filter->count++;
    return term;
}

enum filter_result filter_parse(struct arena *arena, const struct resource *resource, struct str text, struct filter *ret, struct str *ret_culprit)
{
    size_t room = count_terms(text);
    struct str rest = text, term_text;
    *ret = (struct filter){.scratch = arena, .terms = arena_array(arena, room, sizeof(struct filter_term))};
    if (ret->terms == NULL)
        return FILTER_BAD_VALUE;
    while (rest.n > 0) {
        struct str key, value, name;
        enum filter_operator operator;
        str_cut(rest, '&', &term_text, &rest);
        room--;
        if (term_text.n == 0)
            continue;
        if (!str_cut(term_text, '=', &key, &value))
            value = STR("");
        *ret_culprit = key;
        if (!operator_read(key, &name, &operator))
            return FILTER_NOT_IN_MODEL;
        const struct field *field = resource_find_field(resource, name);
        *ret_culprit = name;
        if (field == NULL)
            return FILTER_NOT_IN_MODEL;
        struct filter_term *term = term_for(arena, ret, field, operator, room + 1);
        if (term == NULL || !operand_read(field, value, &term->values[term->count]))
            return FILTER_BAD_VALUE;
        term->count++;
    }
    return FILTER_OK;
}

enum filter_result order_parse(const struct resource *resource, struct str text, struct order *ret, struct str *ret_culprit)
{
    struct str rest = text, term;
    *ret = (struct order){0};
    while (rest.n > 0) {
        struct str name, direction;
        str_cut(rest, '&', &term, &rest);
        bool has_direction = str_cut(term, '=', &name, &direction);
        *ret_culprit = name;
        const struct field *field = resource_find_field(resource, name);
        if (field == NULL)
            return FILTER_NOT_IN_MODEL;
        bool descending = has_direction && str_equal(direction, STR("DESC"));
        if (ret->count == ORDER_TERMS_MAX || (has_direction && !descending && !str_equal(direction, STR("ASC"))))
            return FILTER_BAD_VALUE;
        ret->terms[ret->count++] = (struct order_term){field, descending};
    }
    return FILTER_OK;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* False when the record has no value of the field's type: then only ne and nin match. */
static bool compare_to(struct arena *scratch, const struct field *field, struct str raw, const struct operand *operand, int *ret)
{
    int64_t number;
    switch (field->type) {
    case FIELD_NUMBER:
        if (raw.n == 0 || !number_read(raw, &number))
            return false;
        *ret = compare_numbers(number, operand->number);
        return true;
    case FIELD_DATE:
        if (!instant_parse(document_string(scratch, raw), &number))
            return false;
        *ret = compare_numbers(number, operand->number);
        return true;
    case FIELD_BOOL:
        number = str_equal(raw, STR("true"));
        *ret = compare_numbers(number, operand->number);
        return number || str_equal(raw, STR("false"));
    case FIELD_TEXT:
    case FIELD_ICON:
    case FIELD_ID:
    case FIELD_IDS:
    case FIELD_OBJECTS:
    case FIELD_OBJECT: break;
    }
    struct str text = document_string(scratch, raw);
    if (text.p == NULL)
        return false;
    *ret = str_compare(text, operand->text);
    return true;
}

/* An array equals a value that it holds. */
static bool value_equals(struct arena *scratch, const struct field *field, struct str raw, const struct operand *operand)
{
    int order;
    if (field->type != FIELD_IDS)
        return compare_to(scratch, field, raw, operand, &order) && order == 0;
    struct str element;
    for (size_t at = 0; document_next(raw, &at, &element);)
        if (compare_to(scratch, field, element, operand, &order) && order == 0)
            return true;
    return false;
}

static bool term_matches(struct arena *scratch, const struct filter_term *term, struct str record)
{
    struct str raw = document_get(record, str_from(term->field->name));
    bool equal = false;
    int order = 0;
    if (term->operator <= FILTER_NE || term->operator >= FILTER_IN) {
        for (size_t i = 0; i < term->count && !equal; i++)
            equal = value_equals(scratch, term->field, raw, &term->values[i]);
        return (term->operator == FILTER_EQ || term->operator == FILTER_IN) == equal;
    }
    if (!compare_to(scratch, term->field, raw, &term->values[0], &order))
        return false;
    if (term->operator == FILTER_GT)
        return order > 0;
    if (term->operator == FILTER_GTE)
        return order >= 0;
    return term->operator == FILTER_LT ? order < 0 : order <= 0;
}

bool filter_matches(const struct filter *filter, struct str record)
{
    for (size_t i = 0; i < filter->count; i++)
        if (!term_matches(filter->scratch, &filter->terms[i], record))
            return false;
    return true;
}

struct sort_key sort_key_read(struct arena *arena, struct str raw)
{
    struct sort_key key = {0};
    if (raw.n == 0 || str_equal(raw, STR("null")))
        return key;
    if (raw.p[0] == '"') {
        key.rank = 2;
        key.text = document_string(arena, raw);
    } else if (raw.p[0] == '[' || raw.p[0] == '{') {
        key.rank = 3;
        key.text = raw;
    } else if (raw.p[0] == 't' || raw.p[0] == 'f') {
        key.rank = 4;
        key.number = raw.p[0] == 't';
    } else if (number_read(raw, &key.number)) {
        key.rank = 1;
    }
    return key;
}

int sort_key_compare(const struct sort_key *a, const struct sort_key *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return str_compare(a->text, b->text);
}
