/* articles_create.c: makes records that the till lacks, once even when an answer is lost on the way: the till is asked before each POST. Before the first one
 * too, because its list may have moved while it was read, page by page, and then lacks a record that is there. Private to sync (articles_int.h). */
#include "sync/articles_int.h"

#include <string.h>

/* ---- one POST ---- */

/* A live record whose `field` is `value`: 1 = *ret_id in the arena, 0 = none. */
static int find_on_till(struct sync_run *run, enum till_resource resource, const char *field, struct str value, struct arena *arena, struct str *ret_id, struct err *err)
{
    enum { SAME_NAMED = 100 };
    const struct till_filter filters[] = {{str_from(field), STR(""), value}, {STR("deprecated"), STR(""), STR("false")}};
    struct till_list list = till_catalog_list(resource, &run->account);
    struct str bytes;
    struct json *array;

    list.filters = filters;
    list.filter_count = sizeof filters / sizeof filters[0];
    list.limit = SAME_NAMED;
    int rc = till_page_get(run->till, &list, 0, arena, &bytes, &array, err);
    if (rc != OK)
        return rc;
    for (const struct json *record = array->first; record; record = record->next) {
        if (!str_equal(json_text(json_get(record, str_from(field))), value) || json_is(json_get(record, STR("deprecated")), JSON_TRUE))
            continue;
        *ret_id = json_text(json_get(record, STR("_id")));
        return 1;
    }
    return 0;
}

int till_create_once(struct sync_run *run, enum till_resource resource, const char *field, struct str value, struct str body, struct arena *arena, struct str *ret_id,
                     struct err *refusal, struct err *err)
{
    enum { ATTEMPTS = 2 };
    int rc = find_on_till(run, resource, field, value, arena, ret_id, err);

    for (int attempt = 0; rc == 0 && attempt < ATTEMPTS; attempt++) {
        struct json *created;

        err_clear(refusal);
        rc = till_create(run->till, resource, body, arena, &created, refusal);
        if (rc == OK) {
            *ret_id = json_text(json_get(created, STR("_id")));
            return 1;
        }
        if (rc != ERR_TILL) {
            *err = *refusal;
            return rc;
        }
        rc = find_on_till(run, resource, field, value, arena, ret_id, err);
    }
    return rc;
}

/* ---- categories ---- */

/* The catalog stays sorted by id; what was borrowed from it before stays as it was. */
static bool catalog_add_category(struct arena *arena, struct catalog *catalog, struct str id, struct str name)
{
    struct catalog_category *grown = arena_array(arena, catalog->category_count + 1, sizeof *grown);
    struct catalog_category category = {.id = arena_copy(arena, id), .name = arena_copy(arena, name)};
    size_t at = 0;

    if (!grown || !category.id.p || !category.name.p)
        return false;
    text_mark(name, category.name_mark);
    while (at < catalog->category_count && str_compare(catalog->categories[at].id, category.id) < 0)
        at++;
    memcpy(grown, catalog->categories, at * sizeof *grown);
    grown[at] = category;
    memcpy(grown + at + 1, catalog->categories + at, (catalog->category_count - at) * sizeof *grown);
    catalog->categories = grown;
    catalog->category_count++;
    return true;
}

static bool category_body(struct buf *body, const struct sync_run *run, struct str name)
{
    struct json_out json = {.buf = body};

    json_begin_object(&json);
    json_member_str(&json, "company_id", run->account.company_id);
    json_member_str(&json, "name", name);
    json_end_object(&json);
    return !buf_failed(body);
}

int till_category_ensure(struct sync_run *run, struct catalog *catalog, struct str name, struct str *ret_id, struct err *refusal, struct err *err)
{
    ARENA_AUTO scratch = {0};
    BUF_AUTO body = {0};
    struct str id = STR("");

    for (size_t i = 0; i < catalog->category_count; i++) {
        if (!catalog->categories[i].deleted && str_equal(catalog->categories[i].name, name)) {
            *ret_id = catalog->categories[i].id;
            return 1;
        }
    }
    run_change(run, FLOW_ARTICLES_OUT, "create_category", name, STR_NULL, STR_NULL, name);
    if (!run->options->dry_run) {
        if (!category_body(&body, run, name))
            return err_memory(err);
        int rc = till_create_once(run, TILL_CATEGORIES, "name", name, buf_str(&body), &scratch, &id, refusal, err);
        if (rc <= 0)
            return rc;
    }
    *ret_id = arena_copy(&run->arena, id);
    return ret_id->p && catalog_add_category(&run->arena, catalog, id, name) ? 1 : err_memory(err);
}

/* ---- taxes ---- */

static bool catalog_add_tax(struct arena *arena, struct catalog *catalog, struct str id, int64_t rate_bp)
{
    struct catalog_tax *grown = arena_array(arena, catalog->tax_count + 1, sizeof *grown);
    struct catalog_tax tax = {.id = arena_copy(arena, id), .rate_bp = rate_bp, .readable = true};
    size_t at = 0;

    if (!grown || !tax.id.p)
        return false;
    while (at < catalog->tax_count && str_compare(catalog->taxes[at].id, tax.id) < 0)
        at++;
    memcpy(grown, catalog->taxes, at * sizeof *grown);
    grown[at] = tax;
    memcpy(grown + at + 1, catalog->taxes + at, (catalog->tax_count - at) * sizeof *grown);
    catalog->taxes = grown;
    catalog->tax_count++;
    return true;
}

static bool tax_body(struct buf *body, const struct sync_run *run, struct str name, int64_t rate_bp)
{
    struct json_out json = {.buf = body};

    json_begin_object(&json);
    json_member_str(&json, "company_id", run->account.company_id);
    json_member_str(&json, "name", name);
    json_member_decimal(&json, "rate", rate_bp, 2);
    json_member_bool(&json, "in_price", true);
    json_member_bool(&json, "is_default", false);
    json_end_object(&json);
    return !buf_failed(body);
}

int till_tax_ensure(struct sync_run *run, struct catalog *catalog, int64_t rate_bp, struct str *ret_id, struct err *refusal, struct err *err)
{
    ARENA_AUTO scratch = {0};
    BUF_AUTO body = {0};
    struct str id = STR("");

    for (size_t i = 0; i < catalog->tax_count; i++) {
        const struct catalog_tax *tax = &catalog->taxes[i];

        if (!tax->deleted && tax->readable && tax->rate_bp == rate_bp) {
            *ret_id = tax->id;
            return 1;
        }
    }
    struct str percent = text_of_percent(&scratch, rate_bp), name = arena_format(&scratch, "TVA %.*s %%", STR_ARG(percent));
    if (!name.p || !tax_body(&body, run, name, rate_bp))
        return err_memory(err);
    run_change(run, FLOW_ARTICLES_OUT, "create_tax", name, STR_NULL, STR_NULL, percent);
    if (!run->options->dry_run) {
        int rc = till_create_once(run, TILL_TAXES, "name", name, buf_str(&body), &scratch, &id, refusal, err);
        if (rc <= 0)
            return rc;
    }
    *ret_id = arena_copy(&run->arena, id);
    return ret_id->p && catalog_add_tax(&run->arena, catalog, id, rate_bp) ? 1 : err_memory(err);
}
