/* catalog.c: the till's taxes and categories, read once a run for both article flows. They are few, so they stay in memory, sorted by id. Private
 * to sync. */
#include "sync/articles_int.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading a list of unknown length ---- */

/* All of it stays in memory, so that a till whose list never ends must find one. */
enum { CATALOG_ENTRIES_MAX = 50000 };

/* Elements of one size in a growing array; the arena gets a copy of the right size at the end. */
struct gathering {
    struct sync_run *run;
    char *items;               /* owned */
    size_t item_size, count, capacity;
    void (*take)(void *item, const struct json *record);
    bool (*keep)(struct arena *arena, void *item);
};

static int gathering_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    struct gathering *gathering = context;

    (void)skip;
    (void)bytes;
    if (gathering->count + array->count > CATALOG_ENTRIES_MAX)
        return err_set(err, ERR_TILL, N_("the till lists more than %s VAT rates or categories: this is no shop's catalogue, check the address of the link"),
                       ERR_INT(CATALOG_ENTRIES_MAX));
    if (gathering->count + array->count > gathering->capacity) {
        size_t capacity = 2 * (gathering->count + array->count);
        char *items = mem_resize(gathering->items, capacity * gathering->item_size);

        if (!items)
            return err_memory(err);
        gathering->items = items;
        gathering->capacity = capacity;
    }
    for (const struct json *record = array->first; record; record = record->next) {
        void *item = gathering->items + gathering->count * gathering->item_size;

        gathering->take(item, record);
        if (!gathering->keep(&gathering->run->arena, item))
            return err_memory(err);
        gathering->count++;
    }
    return run_heartbeat(gathering->run, err);
}

/* All records of a resource, sorted; *ret in the run's arena. */
static int gather(struct gathering *gathering, enum till_resource resource, int (*compare)(const void *, const void *), void **ret, size_t *ret_count,
                  struct err *err)
{
    struct till_list list = till_catalog_list(resource, &gathering->run->account);
    void *items;
    int rc = till_list_read(gathering->run->till, &list, SYNC_ARTICLES_IN_FLIGHT, gathering_page, gathering, err);

    if (rc != OK)
        goto out;
    items = arena_array(&gathering->run->arena, gathering->count + 1, gathering->item_size);
    if (!items) {
        rc = err_memory(err);
        goto out;
    }
    if (gathering->count > 0) {
        memcpy(items, gathering->items, gathering->count * gathering->item_size);
        qsort(items, gathering->count, gathering->item_size, compare);
    }
    *ret = items;
    *ret_count = gathering->count;
out:
    mem_free(gathering->items);
    return rc;
}

static bool keep_text(struct arena *arena, struct str *text)
{
    const struct str borrowed = *text;

    *text = arena_copy(arena, borrowed);
    return text->p || !borrowed.p;
}

/* ---- taxes and categories ---- */

void text_mark(struct str text, unsigned char ret[8])
{
    unsigned char digest[SHA256_SIZE];

    sha256(text, digest);
    memcpy(ret, digest, 8);
}

static void tax_take(void *item, const struct json *record)
{
    struct till_tax tax = till_tax_read(record);

    *(struct catalog_tax *)item = (struct catalog_tax){.id = tax.id, .name = tax.name, .rate_bp = tax.rate_bp, .readable = tax.readable, .deleted = tax.deleted};
}

static bool tax_keep(struct arena *arena, void *item)
{
    struct catalog_tax *tax = item;

    return keep_text(arena, &tax->id) && keep_text(arena, &tax->name);
}

static void category_take(void *item, const struct json *record)
{
    struct till_category category = till_category_read(record);

    *(struct catalog_category *)item = (struct catalog_category){.id = category.id, .name = category.name, .deleted = category.deleted, .is_default = category.is_default};
}

static bool category_keep(struct arena *arena, void *item)
{
    struct catalog_category *category = item;

    text_mark(category->name, category->name_mark);
    return keep_text(arena, &category->id) && keep_text(arena, &category->name);
}

static int tax_compare(const void *a, const void *b)
{
    return str_compare(((const struct catalog_tax *)a)->id, ((const struct catalog_tax *)b)->id);
}

static int category_compare(const void *a, const void *b)
{
    return str_compare(((const struct catalog_category *)a)->id, ((const struct catalog_category *)b)->id);
}

int catalog_read(struct sync_run *run, struct catalog *ret, struct err *err)
{
    struct gathering taxes = {.run = run, .item_size = sizeof(struct catalog_tax), .take = tax_take, .keep = tax_keep};
    struct gathering categories = {.run = run, .item_size = sizeof(struct catalog_category), .take = category_take, .keep = category_keep};
    struct catalog catalog = {0};
    void *items;
    int rc = gather(&taxes, TILL_TAXES, tax_compare, &items, &catalog.tax_count, err);

    if (rc != OK)
        return rc;
    catalog.taxes = items;
    rc = gather(&categories, TILL_CATEGORIES, category_compare, &items, &catalog.category_count, err);
    if (rc != OK)
        return rc;
    catalog.categories = items;
    *ret = catalog;
    return OK;
}

const struct catalog_tax *catalog_tax_by_id(const struct catalog *catalog, struct str id)
{
    const struct catalog_tax key = {.id = id};

    return bsearch(&key, catalog->taxes, catalog->tax_count, sizeof key, tax_compare);
}

const struct catalog_category *catalog_category_by_id(const struct catalog *catalog, struct str id)
{
    const struct catalog_category key = {.id = id};

    return bsearch(&key, catalog->categories, catalog->category_count, sizeof key, category_compare);
}
