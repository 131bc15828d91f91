/* document_int.h: a record of the till as the compact text of one JSON object. Private to sandbox.
 * The text is what goes over the wire, so a page is served by copying; a write rebuilds the members it touches. Only texts that this
 * module wrote itself are scanned here: what comes from outside goes through json_parse first. */
#ifndef SANDBOX_DOCUMENT_INT_H
#define SANDBOX_DOCUMENT_INT_H
#include "base/arena.h"
#include "base/json.h"

/* The JSON text of a member's value, borrowed from `text`; {NULL,0} when absent. Linear in what stands before the member. */
struct str document_get(struct str text, struct str name);
/* The content of a JSON string, borrowed, or decoded into the arena when it has escapes; {NULL,0} when `raw` is no string. */
struct str document_string(struct arena *arena, struct str raw);
/* The JSON text of the next element of an array: *at is 0 at first. False after the last one, and when `raw` is no array. */
bool document_next(struct str raw, size_t *at, struct str *ret_element);

struct member {
    struct str name; /* as written between its quotes */
    struct str raw;  /* the value's JSON text */
};
/* An object being changed; names and values are borrowed or lie in the arena. Failure of memory is sticky. */
struct document {
    struct arena *arena;
    struct member *members;
    size_t count, capacity;
    bool failed;
};
void document_read(struct document *document, struct str text);
/* Replaces the value in place, or appends the member. */
void document_put(struct document *document, struct str name, struct str raw);
void document_remove(struct document *document, struct str name);
void document_append(struct buf *out, const struct document *document);

enum document_numbers {
    NUMBERS_AS_WRITTEN, /* a fixture may hold what no till would send */
    NUMBERS_NORMAL,     /* as the till gives them back: 1.0 is 1 */
};
/* A parsed value as compact text. */
void document_append_json(struct buf *out, const struct json *value, enum document_numbers numbers);
/* The digits of a JSON number as JavaScript prints it: no trailing zeros, an exponent only below 1e-6 and from 1e21. */
void number_append(struct buf *out, struct str digits);
#endif
