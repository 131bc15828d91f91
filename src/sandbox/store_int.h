/* store_int.h: everything the training till holds: account, tables, stock, ids; and what a write does. Private to sandbox.
 * Not thread-safe: the server calls on one thread at a time. */
#ifndef SANDBOX_STORE_INT_H
#define SANDBOX_STORE_INT_H
#include "sandbox/payload_int.h"
#include "sandbox/table_int.h"

struct store {
    struct arena arena;     /* account, key and scope ids */
    struct table tables[RESOURCE_COUNT];
    struct str account;     /* the body of GET /v1/account/account */
    struct str key;         /* 24 hex digits */
    struct str node_id, company_id, shop_id;
    uint64_t id_middle;     /* ten hex digits in the middle of every id, from the seed */
    uint32_t id_counter;
};

void store_release(struct store *store);
/* An id in the form of the till: eight digits of time, ten of the seed, six of a counter; unlike all that is there. */
void store_new_id(struct store *store, int64_t at_utc, char ret[ID_SIZE + 1]);
/* The account's id for "node_id", "company_id" or "shop_id". */
struct str store_scope_id(const struct store *store, struct str scope);
/* Takes the account's text; keys and scope ids are read from its element 0 as every client does. ERR_DATA when one is missing. */
int store_set_account(struct store *store, struct str text, struct err *err) MUST_CHECK;
/* Puts another key into the account. */
int store_set_key(struct store *store, struct str key, struct err *err) MUST_CHECK;
/* A record made by the demo, a fixture or a state file. */
int store_add(struct store *store, enum resource_id resource, struct str text, int64_t stock_milli, struct err *err) MUST_CHECK;
/* What GET answers: the record, with stock_quantity where it is due. */
void store_append_record(const struct store *store, enum resource_id resource, size_t row, struct buf *out);

/* The writes of the interface. `problem` tells what the client did wrong; then nothing was changed and the return is OK. */
int store_create(struct store *store, enum resource_id resource, const struct json *body, int64_t now_utc, struct arena *arena,
                 struct problem *problem, size_t *ret_row, struct err *err) MUST_CHECK;
int store_update(struct store *store, enum resource_id resource, size_t row, const struct json *body, int64_t now_utc, struct arena *arena,
                 struct problem *problem, struct err *err) MUST_CHECK;
/* Soft: deprecated becomes true, updated_at moves. */
int store_delete(struct store *store, enum resource_id resource, size_t row, int64_t now_utc, struct arena *arena, struct err *err) MUST_CHECK;
/* Whether every id of the array `ids` is a record of that resource (NULL: yes). */
bool store_knows_all(const struct store *store, enum resource_id resource, const struct json *ids);

/* Replaces the tables that the fixture names; see the outer contract. ERR_DATA names the file and the place. */
int fixture_load(struct store *store, const char *path, int64_t at_utc, struct err *err) MUST_CHECK;

/* The state file: one JSON object a line, the account first, then the records, so that any size loads in little memory. */
int state_save(const struct store *store, const char *path, struct err *err) MUST_CHECK;
/* *ret_found is false, and nothing is changed, when the file does not exist. */
int state_load(struct store *store, const char *path, bool *ret_found, struct err *err) MUST_CHECK;
#endif
