/* payload_int.h: what a client sends, checked against a resource's table and turned into a record's text. Private to sandbox.
 * The check stops at the first error, in the order of the table, as the live server does. */
#ifndef SANDBOX_PAYLOAD_INT_H
#define SANDBOX_PAYLOAD_INT_H
#include "base/arena.h"
#include "base/json.h"
#include "sandbox/model_int.h"

enum { ID_SIZE = 24 };

/* The first thing that is wrong, in parts, because the two dialects put them together differently. */
struct problem {
    bool found;
    struct str field;    /* "movements" */
    int64_t position;    /* inside an array, else -1 */
    struct str child;    /* "units", {NULL,0} when the element itself is wrong */
    struct str sentence; /* what follows the quoted name: "is required" */
};

struct payload {
    struct arena *arena;
    int64_t now_utc;
    /* Writes a fresh id of ID_SIZE digits and a terminator. */
    void (*new_id)(void *context, int64_t at_utc, char ret[ID_SIZE + 1]);
    void *context;
    struct problem problem;
};

/* A POST: the new record's text, defaults filled in. False with payload->problem set, or with buf_failed(out). */
bool payload_create(struct payload *payload, const struct resource *resource, const struct json *body, struct buf *out);
/* A PUT on the record `old`. */
bool payload_update(struct payload *payload, const struct resource *resource, const struct json *body, struct str old, struct buf *out);
/* A record of a fixture: its members as written, then the defaults of those that are missing; nothing is checked. */
void payload_adopt(struct payload *payload, const struct field *fields, size_t count, const struct json *record, struct buf *out);
/* "2026-01-30T10:00:00.123Z" with its quotes, in the arena. */
struct str payload_stamp(struct arena *arena, int64_t at_utc);
bool is_hex_id(struct str s);
#endif
