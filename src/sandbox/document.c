/* document.c: scanning and rebuilding the compact JSON text of a record. Private to sandbox. */
#include "sandbox/document_int.h"

#include <string.h>

/* The scanners stand on a text that document_append or json_out wrote: valid JSON; they stop at its end all the same. */
static size_t skip_string(struct str text, size_t at)
{
    for (at++; at < text.n && text.p[at] != '"'; at++)
        if (text.p[at] == '\\')
            at++;
    return at < text.n ? at + 1 : text.n;
}

static size_t skip_value(struct str text, size_t at)
{
    size_t depth = 0;
    while (at < text.n) {
        char c = text.p[at];
        if (c == '"') {
            at = skip_string(text, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return at;
            depth--;
            at++;
        } else if (c == ',' && depth == 0) {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth == 0)
            return at;
    }
    return text.n;
}

/* The member that begins at *at (after the brace or comma); false at the end of the object. */
static bool next_member(struct str text, size_t *at, struct member *ret)
{
    if (*at >= text.n || text.p[*at] != '"')
        return false;
    size_t name_end = skip_string(text, *at);
    ret->name = (struct str){text.p + *at + 1, name_end - *at - 2};
    size_t end = skip_value(text, name_end + 1);
    ret->raw = (struct str){text.p + name_end + 1, end - name_end - 1};
    *at = end + 1;
    return true;
}

struct str document_get(struct str text, struct str name)
{
    struct member member;
    size_t at = 1;
    while (next_member(text, &at, &member))
        if (str_equal(member.name, name))
            return member.raw;
    return STR_NULL;
}

static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a' + 10) & 15U;
}

/* Appends the character of `\uXXXX` at `p`. We ourselves write that form for control characters only. */
static size_t decode_unicode(char *out, const char *p)
{
    unsigned code = hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 | hex_digit(p[3]);
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 63));
    out[2] = (char)(0x80 | (code & 63));
    return 3;
}

struct str document_string(struct arena *arena, struct str raw)
{
    if (raw.n < 2 || raw.p[0] != '"')
        return STR_NULL;
    struct str inner = {raw.p + 1, raw.n - 2};
    if (memchr(inner.p, '\\', inner.n) == NULL)
        return inner;
    char *out = arena_alloc(arena, inner.n + 1);
    if (out == NULL)
        return inner;
    static const char escapes[] = "n\nt\tr\rb\bf\f";
    size_t n = 0;
    for (size_t i = 0; i < inner.n; i++) {
        if (inner.p[i] != '\\' || i + 1 == inner.n) {
            out[n++] = inner.p[i];
            continue;
        }
        char c = inner.p[++i];
        const char *escape = strchr(escapes, c);
        if (c == 'u' && i + 4 < inner.n) {
            n += decode_unicode(out + n, inner.p + i + 1);
            i += 4;
        } else if (escape != NULL && c != '\0' && (escape - escapes) % 2 == 0) {
            out[n++] = escape[1];
        } else {
            out[n++] = c;
        }
    }
    return (struct str){out, n};
}

bool document_next(struct str raw, size_t *at, struct str *ret_element)
{
    if (raw.n < 2 || raw.p[0] != '[')
        return false;
    if (*at == 0)
        *at = 1;
    if (*at >= raw.n || raw.p[*at] == ']')
        return false;
    size_t end = skip_value(raw, *at);
    *ret_element = (struct str){raw.p + *at, end - *at};
    *at = end < raw.n && raw.p[end] == ',' ? end + 1 : end;
    return true;
}

static void document_push(struct document *document, struct member member)
{
    if (document->count == document->capacity) {
        size_t capacity = document->capacity ? document->capacity * 2 : 32;
        struct member *grown = arena_array(document->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            document->failed = true;
            return;
        }
        if (document->count > 0)
            memcpy(grown, document->members, document->count * sizeof *grown);
        document->members = grown;
        document->capacity = capacity;
    }
    document->members[document->count++] = member;
}

void document_read(struct document *document, struct str text)
{
    struct member member;
    size_t at = 1;
    while (next_member(text, &at, &member))
        document_push(document, member);
}

void document_put(struct document *document, struct str name, struct str raw)
{
    for (size_t i = 0; i < document->count; i++) {
        if (str_equal(document->members[i].name, name)) {
            document->members[i].raw = raw;
            return;
        }
    }
    document_push(document, (struct member){name, raw});
}

void document_remove(struct document *document, struct str name)
{
    for (size_t i = 0; i < document->count; i++) {
        if (str_equal(document->members[i].name, name)) {
            document->count--;
            memmove(document->members + i, document->members + i + 1, (document->count - i) * sizeof *document->members);
            return;
        }
    }
}

void document_append(struct buf *out, const struct document *document)
{
    buf_append_char(out, '{');
    for (size_t i = 0; i < document->count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        buf_append_char(out, '"');
        buf_append(out, document->members[i].name);
        buf_append(out, STR("\":"));
        buf_append(out, document->members[i].raw);
    }
    buf_append_char(out, '}');
    if (document->failed)
        out->failed = true;
}

static void append_children(struct buf *out, const struct json *value, enum document_numbers numbers)
{
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        if (child != value->first)
            buf_append_char(out, ',');
        if (value->type == JSON_OBJECT) {
            json_append_quoted(out, child->key);
            buf_append_char(out, ':');
        }
        document_append_json(out, child, numbers);
    }
}

/* Recursion is bounded by JSON_DEPTH_MAX, which the parser enforces. */
void document_append_json(struct buf *out, const struct json *value, enum document_numbers numbers)
{
    switch (value->type) {
    case JSON_NULL: buf_append(out, STR("null")); break;
    case JSON_FALSE: buf_append(out, STR("false")); break;
    case JSON_TRUE: buf_append(out, STR("true")); break;
    case JSON_STRING: json_append_quoted(out, value->text); break;
    case JSON_NUMBER:
        if (numbers == NUMBERS_NORMAL)
            number_append(out, value->text);
        else
            buf_append(out, value->text);
        break;
    case JSON_ARRAY:
        buf_append_char(out, '[');
        append_children(out, value, numbers);
        buf_append_char(out, ']');
        break;
    case JSON_OBJECT:
        buf_append_char(out, '{');
        append_children(out, value, numbers);
        buf_append_char(out, '}');
        break;
    }
}

/* The power of ten of an exponent part; saturates far outside what is printed plainly. */
static int64_t read_exponent(struct str digits, size_t at)
{
    bool negative = at < digits.n && digits.p[at] == '-';
    if (at < digits.n && (digits.p[at] == '-' || digits.p[at] == '+'))
        at++;
    int64_t exponent = 0;
    for (; at < digits.n; at++)
        if (exponent < 100000)
            exponent = exponent * 10 + (digits.p[at] - '0');
    return negative ? -exponent : exponent;
}

/* 0.<significand> * 10^point */
static void append_plain(struct buf *out, struct str significand, int64_t point)
{
    if (point <= 0) {
        buf_append(out, STR("0."));
        for (; point < 0; point++)
            buf_append_char(out, '0');
        buf_append(out, significand);
        return;
    }
    for (size_t i = 0; (int64_t)i < point || i < significand.n; i++) {
        if ((int64_t)i == point)
            buf_append_char(out, '.');
        buf_append_char(out, i < significand.n ? significand.p[i] : '0');
    }
}

void number_append(struct buf *out, struct str digits)
{
    BUF_AUTO significand = {0};
    int64_t point = 0; /* place of the decimal point, counted from the first digit kept */
    bool after_point = false;
    size_t at = digits.n > 0 && digits.p[0] == '-';
    for (; at < digits.n && digits.p[at] != 'e' && digits.p[at] != 'E'; at++) {
        char c = digits.p[at];
        if (c == '.') {
            after_point = true;
            continue;
        }
        bool leading_zero = c == '0' && significand.n == 0;
        if (!leading_zero)
            buf_append_char(&significand, c);
        if (after_point ? leading_zero : !leading_zero)
            point += after_point ? -1 : 1;
    }
    if (at < digits.n)
        point += read_exponent(digits, at + 1);
    struct str kept = buf_str(&significand);
    while (kept.n > 0 && kept.p[kept.n - 1] == '0')
        kept.n--;
    if (kept.n == 0) {
        buf_append_char(out, '0');
        return;
    }
    if (digits.p[0] == '-')
        buf_append_char(out, '-');
    if (point > -6 && point <= 21) {
        append_plain(out, kept, point);
        return;
    }
    buf_append_char(out, kept.p[0]);
    if (kept.n > 1) {
        buf_append_char(out, '.');
        buf_append(out, (struct str){kept.p + 1, kept.n - 1});
    }
    buf_append(out, point > 0 ? STR("e+") : STR("e"));
    buf_append_int(out, point - 1);
}
