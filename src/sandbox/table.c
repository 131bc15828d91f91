/* table.c: storage, index and cached lists of one resource. Private to sandbox. */
#include "sandbox/table_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "sandbox/document_int.h"

struct str record_text(const struct record *record)
{
    return (struct str){record->text, record->size};
}

struct str record_id(const struct record *record)
{
    return (struct str){record->text + record->id_at, record->id_size};
}

static void views_forget(struct table *table)
{
    for (size_t i = 0; i < TABLE_VIEWS; i++) {
        mem_free(table->views[i].key);
        mem_free(table->views[i].rows);
        table->views[i] = (struct view){0};
    }
}

void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        mem_free(table->records[i].text);
    mem_free(table->records);
    mem_free(table->slots);
    views_forget(table);
    *table = (struct table){0};
}

static void record_set_text(struct record *record, char *copy, struct str text)
{
    mem_free(record->text);
    record->text = copy;
    record->size = (uint32_t)text.n;
    struct str id = document_get((struct str){copy, text.n}, STR("_id"));
    bool is_text = id.n >= 2 && id.p[0] == '"';
    record->id_at = is_text ? (uint32_t)(id.p + 1 - copy) : 0;
    record->id_size = is_text ? (uint32_t)(id.n - 2) : 0;
}

static char *copy_text(struct str text, struct err *err)
{
    char *copy = text.n < UINT32_MAX ? mem_alloc(text.n + 1) : NULL;
    if (copy == NULL) {
        err_memory(err);
        return NULL;
    }
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return copy;
}

/* The first row that bears an id wins: a fixture may repeat one. */
static void index_row(struct table *table, size_t row)
{
    struct str id = record_id(&table->records[row]);
    size_t mask = table->slot_count - 1;
    for (size_t at = (size_t)hash_table_key(id) & mask;; at = (at + 1) & mask) {
        if (table->slots[at] == 0) {
            table->slots[at] = (uint32_t)row + 1;
            return;
        }
        if (str_equal(record_id(&table->records[table->slots[at] - 1]), id))
            return;
    }
}

static int grow(struct table *table, struct err *err)
{
    if (table->count < table->capacity)
        return OK;
    size_t capacity = table->capacity ? table->capacity * 2 : 64;
    uint32_t *slots = mem_alloc_zero(capacity * 2, sizeof *slots);
    struct record *records = mem_resize(table->records, capacity * sizeof *records);
    if (records != NULL)
        table->records = records;
    if (slots == NULL || records == NULL || capacity > UINT32_MAX / 2) {
        mem_free(slots);
        return err_memory(err);
    }
    table->capacity = capacity;
    mem_free(table->slots);
    table->slots = slots;
    table->slot_count = capacity * 2;
    for (size_t i = 0; i < table->count; i++)
        index_row(table, i);
    return OK;
}

int table_add(struct table *table, struct str text, size_t *ret_row, struct err *err)
{
    int rc = grow(table, err);
    if (rc != OK)
        return rc;
    char *copy = copy_text(text, err);
    if (copy == NULL)
        return err->code;
    size_t row = table->count++;
    table->records[row] = (struct record){0};
    record_set_text(&table->records[row], copy, text);
    index_row(table, row);
    views_forget(table);
    *ret_row = row;
    return OK;
}

int table_replace(struct table *table, size_t row, struct str text, struct err *err)
{
    char *copy = copy_text(text, err);
    if (copy == NULL)
        return err->code;
    record_set_text(&table->records[row], copy, text);
    views_forget(table);
    return OK;
}

static bool find_exactly(const struct table *table, struct str id, size_t *ret_row)
{
    size_t mask = table->slot_count - 1;
    for (size_t at = (size_t)hash_table_key(id) & mask; table->slots[at] != 0; at = (at + 1) & mask) {
        size_t row = table->slots[at] - 1;
        if (str_equal(record_id(&table->records[row]), id)) {
            *ret_row = row;
            return true;
        }
    }
    return false;
}

bool table_find(const struct table *table, struct str id, size_t *ret_row)
{
    char lower[64];
    if (table->slot_count == 0 || id.n > sizeof lower)
        return false;
    if (find_exactly(table, id, ret_row))
        return true;
    for (size_t i = 0; i < id.n; i++)
        lower[i] = id.p[i] >= 'A' && id.p[i] <= 'F' ? (char)(id.p[i] | 0x20) : id.p[i];
    return find_exactly(table, (struct str){lower, id.n}, ret_row);
}

/* ---- lists ---- */

/* A row on its way to its place; `keys` follow those of the other rows in one array. */
struct sorted_row {
    const struct sort_key *keys;
    uint32_t row;
    uint32_t tie;
};

/* Ties stand in a fixed order of no meaning: whoever counts on that of `_id` must be found out. */
static uint32_t tie_of(uint32_t row)
{
    uint32_t x = row * UINT32_C(0x9E3779B1);
    x ^= x >> 15;
    x *= UINT32_C(0x85EBCA77);
    return x ^ x >> 13;
}

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct sorted_row *a = left, *b = right;
    const struct order *order = context;
    for (size_t i = 0; i < order->count; i++) {
        int result = sort_key_compare(&a->keys[i], &b->keys[i]);
        if (result != 0)
            return order->terms[i].descending ? -result : result;
    }
    if (a->tie != b->tie)
        return a->tie < b->tie ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static int sort_rows(struct table *table, const struct order *order, uint32_t *rows, size_t count, struct err *err)
{
    ARENA_AUTO arena = {0};
    struct sorted_row *sorted = arena_array(&arena, count + 1, sizeof *sorted);
    struct sort_key *keys = arena_array(&arena, count * order->count + 1, sizeof *keys);
    if (sorted == NULL || keys == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (struct sorted_row){&keys[i * order->count], rows[i], tie_of(rows[i])};
        struct str text = record_text(&table->records[rows[i]]);
        for (size_t k = 0; k < order->count; k++)
            keys[i * order->count + k] = sort_key_read(&arena, document_get(text, str_from(order->terms[k].field->name)));
    }
    struct order copy = *order;
    qsort_r(sorted, count, sizeof *sorted, compare_rows, &copy);
    for (size_t i = 0; i < count; i++)
        rows[i] = sorted[i].row;
    return OK;
}

static bool in_scope(const struct list_query *query, struct str text)
{
    struct str raw = document_get(text, query->scope_name);
    return raw.n == query->scope_id.n + 2 && memcmp(raw.p + 1, query->scope_id.p, query->scope_id.n) == 0;
}

static int build_view(struct table *table, const struct list_query *query, struct view *view, struct err *err)
{
    uint32_t *rows = mem_alloc((table->count + 1) * sizeof *rows);
    if (rows == NULL)
        return err_memory(err);
    size_t count = 0;
    for (size_t row = 0; row < table->count; row++) {
        struct str text = record_text(&table->records[row]);
        if (in_scope(query, text) && filter_matches(query->filter, text))
            rows[count++] = (uint32_t)row;
    }
    int rc = query->order->count > 0 ? sort_rows(table, query->order, rows, count, err) : OK;
    if (rc != OK) {
        mem_free(rows);
        return rc;
    }
    view->rows = rows;
    view->count = count;
    return OK;
}

/* The view with that key, or the one to give up for it. */
static struct view *pick_view(struct table *table, struct str key, bool *ret_found)
{
    struct view *oldest = &table->views[0];
    *ret_found = true;
    for (size_t i = 0; i < TABLE_VIEWS; i++) {
        struct view *view = &table->views[i];
        if (view->key != NULL && str_equal((struct str){view->key, view->key_size}, key))
            return view;
        if (view->last_used < oldest->last_used)
            oldest = view;
    }
    *ret_found = false;
    return oldest;
}

int table_list(struct table *table, const struct list_query *query, const uint32_t **ret_rows, size_t *ret_count, struct err *err)
{
    BUF_AUTO key = {0};
    bool found;
    buf_append(&key, query->scope_id);
    buf_append_char(&key, '\0');
    buf_append(&key, query->filter_text);
    buf_append_char(&key, '\0');
    buf_append(&key, query->order_text);
    if (buf_failed(&key))
        return err_memory(err);
    struct view *view = pick_view(table, buf_str(&key), &found);
    if (!found) {
        struct view made = {.key_size = key.n};
        made.key = copy_text(buf_str(&key), err);
        if (made.key == NULL)
            return err->code;
        int rc = build_view(table, query, &made, err);
        if (rc != OK) {
            mem_free(made.key);
            return rc;
        }
        mem_free(view->key);
        mem_free(view->rows);
        *view = made;
    }
    view->last_used = ++table->uses;
    *ret_rows = view->rows;
    *ret_count = view->count;
    return OK;
}
