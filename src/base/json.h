/* json.h: JSON in and out. simdjson (behind json.cc, the only C++ file) does the reading; a number keeps its digits and is never
 * turned into a double: decimal_parse reads them. Everyone may use it. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/arena.h"
#include "base/err.h"

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A parsed value. Children hang in order on `first`/`next`. All of it, texts included, lives in the arena given to json_parse. */
struct json {
    enum json_type type;
    struct str key;   /* member name when the parent is an object, else {NULL,0} */
    struct str text;  /* string: unescaped UTF-8, half a surrogate pair and \u0000 as U+FFFD; number: its digits as written */
    struct str raw;   /* objects and arrays: the very bytes received, for journals and hashes (inside the arena's copy of the source) */
    struct json *first, *next;
    size_t count;     /* children */
};

/* Deeper or larger is refused: a bomb, not a till. */
enum { JSON_DEPTH_MAX = 64 };
#define JSON_SIZE_MAX ((size_t)64 << 20)
/* Values in a document: each takes 88 bytes, so that a document of commas would take forty times its size. A page of a till has a few hundred thousand. */
enum { JSON_VALUES_MAX = 2000000 };

/* Parses one whole document (trailing bytes are an error; invalid UTF-8, a bare NaN, a repeated member too).
 * ERR_DATA with the byte offset where known. The source need not outlive the call. */
int json_parse(struct arena *arena, struct str source, struct json **ret, struct err *err) MUST_CHECK;
/* The member, or NULL when absent or when `object` is not an object (or is NULL). */
struct json *json_get(const struct json *object, struct str name);
/* By path "customer.address.city" through objects; NULL when any step is absent. */
struct json *json_get_path(const struct json *object, struct str path);
bool json_is(const struct json *value, enum json_type type); /* false for NULL */
/* The text of a string, else {NULL,0}. */
struct str json_text(const struct json *value);
/* Canonical form: members sorted by name, no blanks, numbers normalised (1.0 = 1 = 1e0), minimal escapes. Members of the root named
 * in `ignored` are left out. The base of "has it changed?". */
void json_append_canonical(struct buf *out, const struct json *value, const struct str *ignored, size_t ignored_count);

/* Writer: commas and nesting are its business. */
struct json_out {
    struct buf *buf;
    uint64_t has_item; /* a bit per depth: a comma is due */
    int depth;
    bool after_key;
};
void json_begin_object(struct json_out *out);
void json_end_object(struct json_out *out);
void json_begin_array(struct json_out *out);
void json_end_array(struct json_out *out);
void json_key(struct json_out *out, const char *name);
void json_put_str(struct json_out *out, struct str s); /* absent writes null */
void json_put_int(struct json_out *out, int64_t value);
void json_put_bool(struct json_out *out, bool value);
void json_put_null(struct json_out *out);
/* value * 10^-places as a number with no trailing zeros: 710 with 2 places writes 7.1 */
void json_put_decimal(struct json_out *out, int64_t value, int places);
/* Bytes that are JSON already. */
void json_put_raw(struct json_out *out, struct str json);
/* Shorthands for members. */
void json_member_str(struct json_out *out, const char *name, struct str s);
void json_member_int(struct json_out *out, const char *name, int64_t value);
void json_member_bool(struct json_out *out, const char *name, bool value);
void json_member_decimal(struct json_out *out, const char *name, int64_t value, int places);
/* "2026-01-30T10:00:00.000Z" and "2026-01-30"; what is not known writes null. */
void json_member_instant(struct json_out *out, const char *name, bool known, int64_t at_utc);
void json_member_day(struct json_out *out, const char *name, bool known, int32_t day);
/* A string with its escapes and quotes. */
void json_append_quoted(struct buf *out, struct str s);
#endif
