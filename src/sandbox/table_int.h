/* table_int.h: the records of one resource: texts in order of creation, an index by id, and the lists that clients page through.
 * Private to sandbox. Not thread-safe: the server calls on one thread at a time. */
#ifndef SANDBOX_TABLE_INT_H
#define SANDBOX_TABLE_INT_H
#include "base/err.h"
#include "sandbox/filter_int.h"

struct record {
    char *text;          /* owned; one compact JSON object */
    uint32_t size;
    uint32_t id_at, id_size; /* where the value of `_id` stands in the text */
    bool shows_stock;    /* an article in stock without declinations: GET adds stock_quantity */
    int64_t stock_milli;
};

/* Rows that match a filter, in an order: kept until the table changes, so that a page costs no more than its rows. */
struct view {
    char *key;           /* owned: scope, filter and order; NULL: unused */
    size_t key_size;
    uint32_t *rows;      /* owned */
    size_t count;
    uint64_t last_used;
};
enum { TABLE_VIEWS = 8 };

struct table {
    struct record *records;
    size_t count, capacity;
    uint32_t *slots;     /* open addressing: row + 1, 0 = free */
    size_t slot_count;
    struct view views[TABLE_VIEWS];
    uint64_t uses;
};

/* Copies the text; a record whose `_id` exists already is kept too, and found by nobody. ERR_INTERNAL on memory. */
int table_add(struct table *table, struct str text, size_t *ret_row, struct err *err) MUST_CHECK;
int table_replace(struct table *table, size_t row, struct str text, struct err *err) MUST_CHECK;
/* Ids are compared as written, then in lower case. */
bool table_find(const struct table *table, struct str id, size_t *ret_row);
struct str record_text(const struct record *record);
struct str record_id(const struct record *record);
void table_clear(struct table *table);

struct list_query {
    struct str scope_name, scope_id;
    struct str filter_text, order_text; /* the key of the view */
    const struct filter *filter;
    const struct order *order;
};
/* *ret_rows stays valid until the table changes. Equal records stand in a fixed order that is neither that of creation nor that of ids. */
int table_list(struct table *table, const struct list_query *query, const uint32_t **ret_rows, size_t *ret_count, struct err *err) MUST_CHECK;
#endif
