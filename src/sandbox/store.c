/* store.c: account, ids, stock and the writes of the training till. Private to sandbox. */
#include "sandbox/store_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/money.h"
#include "sandbox/document_int.h"

void store_release(struct store *store)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        table_clear(&store->tables[i]);
    arena_release(&store->arena);
    *store = (struct store){0};
}

static bool id_taken(const struct store *store, struct str id)
{
    size_t row;
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (table_find(&store->tables[i], id, &row))
            return true;
    return false;
}

void store_new_id(struct store *store, int64_t at_utc, char ret[ID_SIZE + 1])
{
    uint32_t seconds = (uint32_t)(at_utc / CIVIL_SECOND);
    do {
        store->id_counter = (store->id_counter + 1) & 0xFFFFFFU;
        snprintf(ret, ID_SIZE + 1, "%08" PRIx32 "%010" PRIx64 "%06" PRIx32, seconds, store->id_middle & UINT64_C(0xFFFFFFFFFF), store->id_counter);
    } while (id_taken(store, (struct str){ret, ID_SIZE}));
}

static void new_id(void *context, int64_t at_utc, char ret[ID_SIZE + 1])
{
    store_new_id(context, at_utc, ret);
}

/* ---- account ---- */

struct str store_scope_id(const struct store *store, struct str scope)
{
    if (str_equal(scope, STR("node_id")))
        return store->node_id;
    return str_equal(scope, STR("company_id")) ? store->company_id : store->shop_id;
}

/* The `_id` of element 0 of an array of the account. */
static struct str first_id(struct arena *arena, struct str account, struct str list)
{
    size_t at = 0;
    struct str element;
    if (!document_next(document_get(account, list), &at, &element))
        return STR_NULL;
    return document_string(arena, document_get(element, STR("_id")));
}

int store_set_account(struct store *store, struct str text, struct err *err)
{
    struct str copy = arena_copy(&store->arena, text);
    if (copy.p == NULL)
        return err_memory(err);
    struct str node = first_id(&store->arena, copy, STR("nodes"));
    struct str company = first_id(&store->arena, copy, STR("companies"));
    struct str shop = first_id(&store->arena, copy, STR("shops"));
    if (node.p == NULL || company.p == NULL || shop.p == NULL)
        return err_set(err, ERR_DATA, N_("the account lacks %s[0]._id: every client of the till reads it; add it"),
                       node.p == NULL ? "nodes" : company.p == NULL ? "companies" : "shops");
    struct str key = document_string(&store->arena, document_get(copy, STR("api_key")));
    store->account = copy;
    store->node_id = node;
    store->company_id = company;
    store->shop_id = shop;
    if (key.p != NULL)
        store->key = key;
    return OK;
}

int store_set_key(struct store *store, struct str key, struct err *err)
{
    BUF_AUTO raw = {0};
    BUF_AUTO text = {0};
    struct document account = {.arena = &store->arena};
    json_append_quoted(&raw, key);
    document_read(&account, store->account);
    document_put(&account, STR("api_key"), buf_str(&raw));
    document_append(&text, &account);
    if (buf_failed(&raw) || buf_failed(&text))
        return err_memory(err);
    return store_set_account(store, buf_str(&text), err);
}

/* ---- records ---- */

static void refresh_stock_rule(struct record *record)
{
    struct str text = record_text(record);
    record->shows_stock = str_equal(document_get(text, STR("in_stock")), STR("true")) &&
                          str_equal(document_get(text, STR("declinations")), STR("[]"));
}

int store_add(struct store *store, enum resource_id resource, struct str text, int64_t stock_milli, struct err *err)
{
    struct table *table = &store->tables[resource];
    size_t row;
    int rc = table_add(table, text, &row, err);
    if (rc != OK)
        return rc;
    table->records[row].stock_milli = stock_milli;
    if (resource == RESOURCE_ARTICLES)
        refresh_stock_rule(&table->records[row]);
    return OK;
}

void store_append_record(const struct store *store, enum resource_id resource, size_t row, struct buf *out)
{
    const struct record *record = &store->tables[resource].records[row];
    struct str text = record_text(record);
    if (!record->shows_stock) {
        buf_append(out, text);
        return;
    }
    buf_append(out, (struct str){text.p, text.n - 1});
    buf_append(out, STR(",\"stock_quantity\":"));
    decimal_append(out, record->stock_milli, 3, 0);
    buf_append_char(out, '}');
}

/* ---- stock movements ---- */

/* One more than the last number of that shop; an empty shop begins at 1. */
static int64_t next_number(struct store *store, struct str shop_raw)
{
    const struct table *table = &store->tables[RESOURCE_MOVEMENTS];
    for (size_t row = table->count; row-- > 0;) {
        struct str text = record_text(&table->records[row]);
        int64_t number;
        if (str_equal(document_get(text, STR("shop_id")), shop_raw) &&
            str_parse_u63(document_string(&store->arena, document_get(text, STR("number"))), &number))
            return number + 1;
    }
    return 1;
}

/* `number` stands before `__v`, the last member. */
static void append_numbered(struct store *store, struct arena *arena, struct str text, struct buf *out)
{
    struct document document = {.arena = arena};
    document_read(&document, text);
    struct str number = arena_format(arena, "\"%" PRId64 "\"", next_number(store, document_get(text, STR("shop_id"))));
    document_remove(&document, STR("__v"));
    document_put(&document, STR("number"), number);
    document_put(&document, STR("__v"), STR("0"));
    document_append(out, &document);
}

static bool is_done(struct str text)
{
    return str_equal(document_get(text, STR("state")), STR("\"done\""));
}

/* The article's stock changes at once; its updated_at does not. Ids of no article are taken without a word, as the live server does. */
static void apply_movement(struct store *store, struct arena *arena, struct str text)
{
    bool out = str_equal(document_get(text, STR("type")), STR("\"out\""));
    struct str lines = document_get(text, STR("movements")), line;
    struct table *articles = &store->tables[RESOURCE_ARTICLES];
    if (!is_done(text))
        return;
    for (size_t at = 0; document_next(lines, &at, &line);) {
        size_t row;
        int64_t units_milli;
        if (!is_done(line) || !table_find(articles, document_string(arena, document_get(line, STR("article_id"))), &row))
            continue;
        if (decimal_parse_rounded(document_get(line, STR("units")), 3, &units_milli) == DECIMAL_OK)
            articles->records[row].stock_milli += out ? -units_milli : units_milli;
    }
}

/* ---- writes ---- */

int store_create(struct store *store, enum resource_id resource, const struct json *body, int64_t now_utc, struct arena *arena,
                 struct problem *problem, size_t *ret_row, struct err *err)
{
    BUF_AUTO text = {0};
    BUF_AUTO numbered = {0};
    struct payload payload = {.arena = arena, .now_utc = now_utc, .new_id = new_id, .context = store};
    bool made = payload_create(&payload, &resources[resource], body, &text);
    *problem = payload.problem;
    if (problem->found)
        return OK;
    struct str record = buf_str(&text);
    if (made && resource == RESOURCE_MOVEMENTS) {
        append_numbered(store, arena, record, &numbered);
        made = !buf_failed(&numbered);
        record = buf_str(&numbered);
    }
    if (!made)
        return err_memory(err);
    int rc = store_add(store, resource, record, 0, err);
    if (rc != OK)
        return rc;
    *ret_row = store->tables[resource].count - 1;
    if (resource == RESOURCE_MOVEMENTS)
        apply_movement(store, arena, record);
    return OK;
}

static int replace(struct store *store, enum resource_id resource, size_t row, struct str text, struct err *err)
{
    struct table *table = &store->tables[resource];
    int rc = table_replace(table, row, text, err);
    if (rc == OK && resource == RESOURCE_ARTICLES)
        refresh_stock_rule(&table->records[row]);
    return rc;
}

int store_update(struct store *store, enum resource_id resource, size_t row, const struct json *body, int64_t now_utc, struct arena *arena,
                 struct problem *problem, struct err *err)
{
    BUF_AUTO text = {0};
    struct payload payload = {.arena = arena, .now_utc = now_utc, .new_id = new_id, .context = store};
    bool made = payload_update(&payload, &resources[resource], body, record_text(&store->tables[resource].records[row]), &text);
    *problem = payload.problem;
    if (problem->found)
        return OK;
    return made ? replace(store, resource, row, buf_str(&text), err) : err_memory(err);
}

int store_delete(struct store *store, enum resource_id resource, size_t row, int64_t now_utc, struct arena *arena, struct err *err)
{
    /* As a PUT of `deprecated` alone, without the resets that a PUT of an article brings. */
    static const struct field fields[] = {{"deprecated", FIELD_BOOL, 0, "false"}};
    static const struct resource deletion = {.fields = fields, .field_count = 1};
    struct json yes = {.type = JSON_TRUE, .key = STR("deprecated")};
    struct json body = {.type = JSON_OBJECT, .first = &yes, .count = 1};
    BUF_AUTO text = {0};
    struct payload payload = {.arena = arena, .now_utc = now_utc, .new_id = new_id, .context = store};
    if (!payload_update(&payload, &deletion, &body, record_text(&store->tables[resource].records[row]), &text))
        return err_memory(err);
    return replace(store, resource, row, buf_str(&text), err);
}

bool store_knows_all(const struct store *store, enum resource_id resource, const struct json *ids)
{
    size_t row;
    for (const struct json *id = ids != NULL ? ids->first : NULL; id != NULL; id = id->next)
        if (!table_find(&store->tables[resource], json_text(id), &row))
            return false;
    return true;
}
