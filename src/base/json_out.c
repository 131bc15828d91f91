/* json_out.c: writes JSON: texts with their escapes, the comma-keeping writer, and the canonical form by which two records are found
 * equal. Everyone may use it, through base/json.h. */
#include "base/civil.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/utf8_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

static void append_escape(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"': buf_append(out, STR("\\\"")); break;
    case '\\': buf_append(out, STR("\\\\")); break;
    case '\b': buf_append(out, STR("\\b")); break;
    case '\f': buf_append(out, STR("\\f")); break;
    case '\n': buf_append(out, STR("\\n")); break;
    case '\r': buf_append(out, STR("\\r")); break;
    case '\t': buf_append(out, STR("\\t")); break;
    default: buf_printf(out, "\\u%04x", c); break;
    }
}

/* C1 controls are control characters of one more byte: a terminal that shows JSON would obey them. */
static bool is_c1(struct str s)
{
    return s.n >= 2 && (unsigned char)s.p[0] == 0xC2 && (unsigned char)s.p[1] < 0xA0;
}

/* The bytes at the beginning of `s` that are written as they are. */
static size_t unchanged_run(struct str s)
{
    size_t at = 0;

    while (at < s.n) {
        unsigned char c = (unsigned char)s.p[at];

        if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
            at++;
            continue;
        }
        struct str rest = {s.p + at, s.n - at};
        size_t length = c < 0x80 || is_c1(rest) ? 0 : utf8_step(rest.p, rest.n);
        if (length == 0)
            break;
        at += length;
    }
    return at;
}

/* Whole runs are copied; controls are escaped, C1 and DEL too; what is not UTF-8 becomes U+FFFD, since a document with a bad byte would be refused as a whole. */
void json_append_quoted(struct buf *out, struct str s)
{
    size_t run = unchanged_run(s);
    char *room = buf_reserve(out, s.n + 2); /* exact when nothing needs an escape */

    if (room == NULL)
        return;
    room[0] = '"';
    if (run > 0)
        memcpy(room + 1, s.p, run);
    out->n += run + 1;
    out->p[out->n] = '\0';
    for (size_t at = run; at < s.n; at += run) {
        struct str odd = {s.p + at, s.n - at};
        unsigned char c = (unsigned char)s.p[at++];

        if (c < 0x80)
            append_escape(out, c);
        else if (is_c1(odd))
            append_escape(out, (unsigned char)s.p[at++]);
        else
            buf_append(out, STR("\xEF\xBF\xBD"));
        struct str rest = {s.p + at, s.n - at};
        run = unchanged_run(rest);
        buf_append(out, (struct str){rest.p, run});
    }
    buf_append_char(out, '"');
}

/* ---- writer ---- */

/* A comma is due before a value, unless its key or the container's beginning stands before it. */
static void before_value(struct json_out *out)
{
    uint64_t bit = UINT64_C(1) << out->depth;

    if (out->after_key) {
        out->after_key = false;
        return;
    }
    if (out->has_item & bit)
        buf_append_char(out->buf, ',');
    out->has_item |= bit;
}

static void begin(struct json_out *out, char bracket)
{
    before_value(out);
    buf_append_char(out->buf, bracket);
    out->depth++;
    assert(out->depth < JSON_DEPTH_MAX);
    out->has_item &= ~(UINT64_C(1) << out->depth);
}

static void end(struct json_out *out, char bracket)
{
    assert(out->depth > 0 && !out->after_key);
    out->depth--;
    buf_append_char(out->buf, bracket);
}

void json_begin_object(struct json_out *out)
{
    begin(out, '{');
}

void json_end_object(struct json_out *out)
{
    end(out, '}');
}

void json_begin_array(struct json_out *out)
{
    begin(out, '[');
}

void json_end_array(struct json_out *out)
{
    end(out, ']');
}

void json_key(struct json_out *out, const char *name)
{
    before_value(out);
    json_append_quoted(out->buf, str_from(name));
    buf_append_char(out->buf, ':');
    out->after_key = true;
}

void json_put_str(struct json_out *out, struct str s)
{
    if (s.p == NULL) {
        json_put_null(out);
        return;
    }
    before_value(out);
    json_append_quoted(out->buf, s);
}

void json_put_int(struct json_out *out, int64_t value)
{
    before_value(out);
    buf_append_int(out->buf, value);
}

void json_put_bool(struct json_out *out, bool value)
{
    before_value(out);
    buf_append_z(out->buf, value ? "true" : "false");
}

void json_put_null(struct json_out *out)
{
    before_value(out);
    buf_append_z(out->buf, "null");
}

void json_put_decimal(struct json_out *out, int64_t value, int places)
{
    before_value(out);
    decimal_append(out->buf, value, places, 0);
}

void json_put_raw(struct json_out *out, struct str json)
{
    before_value(out);
    buf_append(out->buf, json);
}

void json_member_str(struct json_out *out, const char *name, struct str s)
{
    json_key(out, name);
    json_put_str(out, s);
}

void json_member_int(struct json_out *out, const char *name, int64_t value)
{
    json_key(out, name);
    json_put_int(out, value);
}

void json_member_bool(struct json_out *out, const char *name, bool value)
{
    json_key(out, name);
    json_put_bool(out, value);
}

void json_member_decimal(struct json_out *out, const char *name, int64_t value, int places)
{
    json_key(out, name);
    json_put_decimal(out, value, places);
}

/* A date that memory does not allow for is no other one: the whole fails. */
static void member_date(struct json_out *out, const char *name, bool known, const struct buf *text)
{
    if (buf_failed(text))
        out->buf->failed = true;
    json_member_str(out, name, known ? buf_str(text) : STR_NULL);
}

void json_member_instant(struct json_out *out, const char *name, bool known, int64_t at_utc)
{
    BUF_AUTO text = {0};

    if (known)
        instant_append(&text, at_utc);
    member_date(out, name, known, &text);
}

void json_member_day(struct json_out *out, const char *name, bool known, int32_t day)
{
    BUF_AUTO text = {0};

    if (known)
        civil_append_day(&text, day);
    member_date(out, name, known, &text);
}

/* ---- canonical form ---- */

/* A number is digits × 10^exponent; the digits are those written, from the first to the last that is not 0. They may have the
 * decimal point among them, which is why they are taken one by one. */
struct significand {
    struct str span; /* from the first to the last significant digit, the point perhaps inside */
    size_t count;    /* digits in it */
    int64_t exponent;
};

/* Beyond this an exponent is no quantity of anything; the number is then compared as it is written. */
enum { EXPONENT_DIGITS_MAX = 17 };
/* Up to here a number is written without an exponent. */
enum { PLAIN_DIGITS_MAX = 32 };

/* The part after `e`; false when it is beyond all reason. */
static bool read_exponent(struct str s, int64_t *ret)
{
    bool negative = s.n > 0 && s.p[0] == '-';

    if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
        s = (struct str){s.p + 1, s.n - 1};
    while (s.n > 0 && s.p[0] == '0')
        s = (struct str){s.p + 1, s.n - 1};
    if (s.n > EXPONENT_DIGITS_MAX)
        return false;
    *ret = 0;
    if (s.n > 0 && !str_parse_u63(s, ret))
        return false;
    if (negative)
        *ret = -*ret;
    return true;
}

static size_t exponent_mark(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == 'e' || s.p[i] == 'E')
            return i;
    }
    return s.n;
}

/* `s` is a number without its sign. False when the exponent is beyond all reason. A zero has no significant digits. */
static bool read_significand(struct str s, struct significand *ret)
{
    size_t mark = exponent_mark(s);
    struct str mantissa = {s.p, mark}, whole, decimals;
    size_t first = 0, last = mark;
    int64_t exponent = 0;

    while (first < last && (s.p[first] == '0' || s.p[first] == '.'))
        first++;
    while (last > first && (s.p[last - 1] == '0' || s.p[last - 1] == '.'))
        last--;
    *ret = (struct significand){.span = {s.p + first, last - first}};
    if (ret->span.n == 0)
        return true;
    if (mark < s.n && !read_exponent((struct str){s.p + mark + 1, s.n - mark - 1}, &exponent))
        return false;
    str_cut(mantissa, '.', &whole, &decimals);
    bool point_inside = whole.n > first && whole.n < last;
    ret->count = ret->span.n - (point_inside ? 1 : 0);
    /* The last significant digit's place: before the point zeros were dropped, behind it decimals remain. */
    ret->exponent = exponent + (last <= whole.n ? (int64_t)(whole.n - last) : -(int64_t)(last - whole.n - 1));
    return true;
}

static void append_zeros(struct buf *out, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        buf_append_char(out, '0');
}

/* The significant digits, with a point before the one at `point` (none when negative). */
static void append_digits(struct buf *out, const struct significand *number, int64_t point)
{
    bool as_written = number->count == number->span.n ? point < 0 : point >= 0 && number->span.p[point] == '.';
    int64_t at = 0;

    if (as_written) {
        buf_append(out, number->span);
        return;
    }
    for (size_t i = 0; i < number->span.n; i++) {
        if (number->span.p[i] == '.')
            continue;
        if (at == point)
            buf_append_char(out, '.');
        buf_append_char(out, number->span.p[i]);
        at++;
    }
}

/* One way of writing for each value: 1.0, 1e0 and 10e-1 are all 1. */
static void append_number(struct buf *out, struct str text)
{
    bool negative = str_starts_with(text, STR("-"));
    struct str magnitude = negative ? (struct str){text.p + 1, text.n - 1} : text;
    struct significand number;

    if (!read_significand(magnitude, &number)) {
        buf_append(out, text);
        return;
    }
    int64_t digits = (int64_t)number.count, point = digits + number.exponent;
    if (negative && digits > 0)
        buf_append_char(out, '-');
    if (digits == 0) {
        buf_append_char(out, '0');
    } else if (number.exponent >= 0 && point <= PLAIN_DIGITS_MAX) {
        append_digits(out, &number, -1);
        append_zeros(out, number.exponent);
    } else if (number.exponent < 0 && point > 0) {
        append_digits(out, &number, point);
    } else if (number.exponent < 0 && point > -PLAIN_DIGITS_MAX) {
        buf_append(out, STR("0."));
        append_zeros(out, -point);
        append_digits(out, &number, -1);
    } else {
        append_digits(out, &number, -1);
        buf_append_char(out, 'e');
        buf_append_int(out, number.exponent);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct json *const *left = a, *const *right = b;

    return str_compare((*left)->key, (*right)->key);
}

static bool is_among(struct str name, const struct str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(name, names[i]))
            return true;
    }
    return false;
}

static void append_members(struct buf *out, const struct json *object, const struct str *ignored, size_t ignored_count)
{
    MEM_AUTO const struct json **members = mem_alloc(object->count * sizeof(struct json *));
    size_t count = 0;

    if (members == NULL) {
        out->failed = true;
        return;
    }
    for (const struct json *member = object->first; member != NULL; member = member->next) {
        if (!is_among(member->key, ignored, ignored_count))
            members[count++] = member;
    }
    qsort(members, count, sizeof(struct json *), by_key);
    buf_append_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        json_append_quoted(out, members[i]->key);
        buf_append_char(out, ':');
        json_append_canonical(out, members[i], NULL, 0);
    }
    buf_append_char(out, '}');
}

static void append_elements(struct buf *out, const struct json *array)
{
    buf_append_char(out, '[');
    for (const struct json *element = array->first; element != NULL; element = element->next) {
        if (element != array->first)
            buf_append_char(out, ',');
        json_append_canonical(out, element, NULL, 0);
    }
    buf_append_char(out, ']');
}

void json_append_canonical(struct buf *out, const struct json *value, const struct str *ignored, size_t ignored_count)
{
    switch (value->type) {
    case JSON_NULL: buf_append(out, STR("null")); break;
    case JSON_FALSE: buf_append(out, STR("false")); break;
    case JSON_TRUE: buf_append(out, STR("true")); break;
    case JSON_NUMBER: append_number(out, value->text); break;
    case JSON_STRING: json_append_quoted(out, value->text); break;
    case JSON_ARRAY: append_elements(out, value); break;
    case JSON_OBJECT: append_members(out, value, ignored, ignored_count); break;
    }
}
