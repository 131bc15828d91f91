/* payload.c: validation and defaults by table. Private to sandbox. */
#include "sandbox/payload_int.h"

#include <string.h>

#include "base/civil.h"
#include "sandbox/document_int.h"

bool is_hex_id(struct str s)
{
    if (s.n != ID_SIZE)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || ((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'f')))
            return false;
    return true;
}

struct str payload_stamp(struct arena *arena, int64_t at_utc)
{
    BUF_AUTO text = {0};
    buf_append_char(&text, '"');
    instant_append(&text, at_utc);
    buf_append_char(&text, '"');
    return arena_copy(arena, buf_str(&text));
}

static bool wrong(struct payload *payload, const char *sentence)
{
    payload->problem.found = true;
    payload->problem.sentence = str_from(sentence);
    return false;
}

/* Code points, as far as `s` is UTF-8 (json_parse saw to that). */
static size_t characters(struct str s, size_t limit, size_t *ret_bytes)
{
    size_t count = 0, at = 0;
    while (at < s.n && count < limit) {
        at++;
        while (at < s.n && ((unsigned char)s.p[at] & 0xC0U) == 0x80U)
            at++;
        count++;
    }
    *ret_bytes = at;
    return count;
}

static bool choice_allowed(struct payload *payload, const char *const *choices, struct str text)
{
    BUF_AUTO list = {0};
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (str_equal(text, str_from(choices[i])))
            return true;
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", choices[i]);
    }
    return wrong(payload, arena_format(payload->arena, "must be one of [%.*s]", STR_ARG(buf_str(&list))).p);
}

static bool text_append(struct payload *payload, const struct field *field, const struct json *value, struct buf *out)
{
    size_t bytes;
    if (value->type != JSON_STRING)
        return wrong(payload, "must be a string");
    if (value->text.n == 0 && (field->flags & FIELD_NOT_EMPTY))
        return wrong(payload, "is not allowed to be empty");
    if (field->type == FIELD_ICON && characters(value->text, 3, &bytes) < 2)
        return wrong(payload, "length must be at least 2 characters long");
    if (field->type == FIELD_ICON && characters(value->text, 5, &bytes) > 4)
        return wrong(payload, "length must be less than or equal to 4 characters long");
    if (field->choices != NULL && !choice_allowed(payload, field->choices, value->text))
        return false;
    json_append_quoted(out, value->text);
    return true;
}

static bool id_append_checked(struct payload *payload, const struct json *value, struct buf *out)
{
    if (value->type != JSON_STRING)
        return wrong(payload, "must be a string");
    if (value->text.n == 0)
        return wrong(payload, "is not allowed to be empty");
    if (!is_hex_id(value->text))
        return wrong(payload, arena_format(payload->arena, "with value \"%.*s\" fails to match the required pattern: /^[0-9A-Fa-f]{24}$/",
                                           STR_ARG(value->text)).p);
    json_append_quoted(out, value->text);
    return true;
}

static bool number_append_checked(struct payload *payload, const struct json *value, struct buf *out)
{
    BUF_AUTO digits = {0};
    if (value->type != JSON_NUMBER)
        return wrong(payload, "must be a number");
    number_append(&digits, value->text);
    /* JavaScript reads such a number as Infinity, which is no number to the validator. */
    const char *exponent = digits.p ? strstr(digits.p, "e+") : NULL;
    int64_t power = 0;
    if (exponent != NULL && (!str_parse_u63(str_from(exponent + 2), &power) || power > 307))
        return wrong(payload, "must be a number");
    buf_append(out, buf_str(&digits));
    return true;
}

static bool date_append(struct payload *payload, const struct json *value, struct buf *out)
{
    int64_t at_utc;
    if (value->type != JSON_STRING || !instant_parse(value->text, &at_utc))
        return wrong(payload, "must be a valid ISO 8601 date");
    buf_append_char(out, '"');
    instant_append(out, at_utc);
    buf_append_char(out, '"');
    return true;
}

static void default_append(struct payload *payload, const struct field *field, const struct json *object, struct buf *out)
{
    if (strcmp(field->absent, DEFAULT_NOW) == 0) {
        buf_append(out, payload_stamp(payload->arena, payload->now_utc));
    } else if (strcmp(field->absent, DEFAULT_NEW_ID) == 0) {
        char id[ID_SIZE + 1];
        payload->new_id(payload->context, payload->now_utc, id);
        json_append_quoted(out, (struct str){id, ID_SIZE});
    } else if (strcmp(field->absent, DEFAULT_ICON) == 0) {
        struct str name = json_text(json_get(object, STR("name")));
        size_t bytes;
        characters(name, 4, &bytes);
        json_append_quoted(out, (struct str){name.p ? name.p : "", bytes});
    } else {
        buf_append_z(out, field->absent);
    }
}

static bool value_append(struct payload *payload, const struct field *field, const struct json *value, struct buf *out);

/* The members of one object in table order; *first says whether a comma is due. */
static bool fields_append(struct payload *payload, const struct field *fields, size_t count, const struct json *object, bool nested, struct buf *out)
{
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        const struct json *value = field->flags & FIELD_SERVER ? NULL : json_get(object, str_from(field->name));
        if (value == NULL && field->absent == NULL && !(field->flags & FIELD_REQUIRED))
            continue;
        if (nested)
            payload->problem.child = str_from(field->name);
        else
            payload->problem.field = str_from(field->name);
        if (value == NULL && (field->flags & FIELD_REQUIRED))
            return wrong(payload, "is required");
        buf_printf(out, "%s\"%s\":", first ? "" : ",", field->name);
        first = false;
        if (value == NULL)
            default_append(payload, field, object, out);
        else if (!value_append(payload, field, value, out))
            return false;
    }
    return true;
}

static bool element_append(struct payload *payload, const struct field *field, const struct json *element, struct buf *out)
{
    payload->problem.child = STR_NULL;
    if (field->type == FIELD_IDS)
        return id_append_checked(payload, element, out);
    if (element->type != JSON_OBJECT)
        return wrong(payload, "must be an object");
    if (field->parts == NULL) {
        document_append_json(out, element, NUMBERS_NORMAL);
        return true;
    }
    buf_append_char(out, '{');
    if (!fields_append(payload, field->parts, field->part_count, element, true, out))
        return false;
    buf_append_char(out, '}');
    return true;
}

static bool array_append(struct payload *payload, const struct field *field, const struct json *value, struct buf *out)
{
    if (value->type != JSON_ARRAY)
        return wrong(payload, "must be an array");
    if (value->count < field->items_min)
        return wrong(payload, arena_format(payload->arena, "must contain at least %zu items", field->items_min).p);
    if (field->items_max > 0 && value->count > field->items_max)
        return wrong(payload, arena_format(payload->arena, "must contain less than or equal to %zu items", field->items_max).p);
    buf_append_char(out, '[');
    int64_t position = 0;
    for (const struct json *element = value->first; element != NULL; element = element->next, position++) {
        /* An array inside a declination keeps the outer position: the error names the declination. */
        bool outer = payload->problem.child.p == NULL;
        struct str child = payload->problem.child;
        if (outer)
            payload->problem.position = position;
        if (position > 0)
            buf_append_char(out, ',');
        if (!element_append(payload, field, element, out)) {
            if (!outer)
                payload->problem.child = child;
            return false;
        }
        payload->problem.child = child;
    }
    payload->problem.position = payload->problem.child.p == NULL ? -1 : payload->problem.position;
    buf_append_char(out, ']');
    return true;
}

static bool value_append(struct payload *payload, const struct field *field, const struct json *value, struct buf *out)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_ICON: return text_append(payload, field, value, out);
    case FIELD_ID: return id_append_checked(payload, value, out);
    case FIELD_NUMBER: return number_append_checked(payload, value, out);
    case FIELD_DATE: return date_append(payload, value, out);
    case FIELD_IDS:
    case FIELD_OBJECTS: return array_append(payload, field, value, out);
    case FIELD_BOOL:
        if (value->type != JSON_TRUE && value->type != JSON_FALSE)
            return wrong(payload, "must be a boolean");
        document_append_json(out, value, NUMBERS_NORMAL);
        return true;
    case FIELD_OBJECT:
        if (value->type != JSON_OBJECT)
            return wrong(payload, "must be an object");
        document_append_json(out, value, NUMBERS_NORMAL);
        return true;
    }
    return false;
}

static bool body_is_object(struct payload *payload, const struct json *body)
{
    payload->problem = (struct problem){.field = STR("value"), .position = -1};
    return json_is(body, JSON_OBJECT) || wrong(payload, "must be an object");
}

bool payload_create(struct payload *payload, const struct resource *resource, const struct json *body, struct buf *out)
{
    if (!body_is_object(payload, body))
        return false;
    buf_append_char(out, '{');
    if (!fields_append(payload, resource->fields, resource->field_count, body, false, out))
        return false;
    buf_append_char(out, '}');
    return !buf_failed(out);
}

/* updated_at moves even when two writes fall into one millisecond. */
static struct str next_stamp(struct payload *payload, struct str old)
{
    int64_t before_utc, at_utc = payload->now_utc;
    struct str text = document_string(payload->arena, document_get(old, STR("updated_at")));
    if (instant_parse(text, &before_utc) && at_utc - before_utc < CIVIL_SECOND / 1000)
        at_utc = before_utc + CIVIL_SECOND / 1000;
    return payload_stamp(payload->arena, at_utc);
}

bool payload_update(struct payload *payload, const struct resource *resource, const struct json *body, struct str old, struct buf *out)
{
    if (!body_is_object(payload, body))
        return false;
    struct document document = {.arena = payload->arena};
    document_read(&document, old);
    for (size_t i = 0; i < resource->field_count; i++) {
        const struct field *field = &resource->fields[i];
        if (field->flags & (FIELD_SERVER | FIELD_CREATE_ONLY))
            continue;
        struct str name = str_from(field->name);
        const struct json *value = json_get(body, name);
        payload->problem.field = name;
        if (value == NULL && (field->flags & FIELD_PUT_REQUIRED))
            return wrong(payload, "is required");
        if (value == NULL && !(field->flags & FIELD_PUT_RESET))
            continue;
        BUF_AUTO raw = {0};
        if (value == NULL)
            default_append(payload, field, body, &raw);
        else if (!value_append(payload, field, value, &raw))
            return false;
        document_put(&document, name, arena_copy(payload->arena, buf_str(&raw)));
        out->failed |= buf_failed(&raw);
    }
    document_put(&document, STR("updated_at"), next_stamp(payload, old));
    document_append(out, &document);
    return !buf_failed(out);
}

static const struct field *field_named(const struct field *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from(fields[i].name), name))
            return &fields[i];
    return NULL;
}

static void adopt_value(struct payload *payload, const struct field *field, const struct json *value, struct buf *out)
{
    if (field == NULL || field->parts == NULL || value->type != JSON_ARRAY) {
        document_append_json(out, value, NUMBERS_AS_WRITTEN);
        return;
    }
    buf_append_char(out, '[');
    for (const struct json *element = value->first; element != NULL; element = element->next) {
        if (element != value->first)
            buf_append_char(out, ',');
        if (element->type == JSON_OBJECT)
            payload_adopt(payload, field->parts, field->part_count, element, out);
        else
            document_append_json(out, element, NUMBERS_AS_WRITTEN);
    }
    buf_append_char(out, ']');
}

void payload_adopt(struct payload *payload, const struct field *fields, size_t count, const struct json *record, struct buf *out)
{
    bool first = true;
    buf_append_char(out, '{');
    for (const struct json *member = record->first; member != NULL; member = member->next) {
        if (!first)
            buf_append_char(out, ',');
        first = false;
        json_append_quoted(out, member->key);
        buf_append_char(out, ':');
        adopt_value(payload, field_named(fields, count, member->key), member, out);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].absent == NULL || json_get(record, str_from(fields[i].name)) != NULL)
            continue;
        buf_printf(out, "%s\"%s\":", first ? "" : ",", fields[i].name);
        first = false;
        default_append(payload, &fields[i], record, out);
    }
    buf_append_char(out, '}');
}
