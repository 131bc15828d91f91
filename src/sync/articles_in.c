/* articles_in.c: articles from the till to the back office: reads the whole catalogue with the link's filters, finds what collides, and only then
 * writes. A page that is cut, or anything else that goes wrong while reading, leaves the back office as it was. */
#include "sync/articles_int.h"

/* ---- the link's filters, in the till's own grammar ---- */

struct filter_set { struct till_filter *filters; size_t count; };

static void filter_add(struct filter_set *set, const char *field, const char *op, struct str value)
{
    set->filters[set->count++] = (struct till_filter){str_from(field), str_from(op), value};
}

static int unknown_family(const struct catalog *catalog, struct str family, struct err *err)
{
    BUF_AUTO names = {0};

    for (size_t i = 0; i < catalog->category_count; i++) {
        if (catalog->categories[i].deleted || catalog->categories[i].name.n == 0)
            continue;
        buf_append_z(&names, names.n > 0 ? ", " : "");
        buf_append(&names, catalog->categories[i].name);
    }
    return err_set(err, ERR_DATA, N_("the link takes only some families, but the till has no category “%s”. It has: %s. Correct the families of the link; nothing was imported"),
                   ERR_STR(family), ERR_STR(buf_str(&names)));
}

/* A name may stand for several categories of the till; all of them are meant. */
static int add_families(const struct link_options *options, const struct catalog *catalog, struct filter_set *set, struct err *err)
{
    for (size_t i = 0; i < options->family_count; i++) {
        bool found = false;

        for (size_t k = 0; k < catalog->category_count; k++) {
            if (!str_equal(catalog->categories[k].name, options->families[i]))
                continue;
            filter_add(set, "category_id", "in", catalog->categories[k].id);
            found = true;
        }
        if (!found)
            return unknown_family(catalog, options->families[i], err);
    }
    return OK;
}

static int make_filters(struct sync_run *run, const struct catalog *catalog, struct filter_set *ret, struct err *err)
{
    enum { OTHERS = 3 };
    const struct link_options *options = &run->link->options;
    struct filter_set set = {.filters = arena_array(&run->arena, options->family_count * catalog->category_count + OTHERS, sizeof *set.filters)};
    BUF_AUTO since = {0};

    if (!set.filters)
        return err_memory(err);
    int rc = add_families(options, catalog, &set, err);
    if (rc != OK)
        return rc;
    if (options->has_changed_since) {
        instant_append(&since, options->changed_since_utc);
        filter_add(&set, "updated_at", "gte", arena_copy(&run->arena, buf_str(&since)));
        if (buf_failed(&since) || !set.filters[set.count - 1].value.p)
            return err_memory(err);
    }
    if (options->only_in_stock)
        filter_add(&set, "in_stock", "", STR("true"));
    if (str_equal(options->archived, STR("no")))
        filter_add(&set, "deprecated", "", STR("false"));
    else if (str_equal(options->archived, STR("only")))
        filter_add(&set, "deprecated", "", STR("true"));
    *ret = set;
    return OK;
}

/* Whether a live article of the till may be missing from the list that was read. */
static bool hides_live_articles(const struct link_options *options)
{
    return options->family_count > 0 || options->has_changed_since || options->only_in_stock || str_equal(options->archived, STR("only"));
}

/* ---- what the filters hid ---- */

static const char sql_bound_codes[] =
    "SELECT t.till_article_id, t.declination_id, a.code, a.label FROM till_article t JOIN article a ON a.company_id = t.company_id AND a.article_id = t.article_id"
    " WHERE t.company_id = $1 AND t.link_id = $2 AND a.archived = 0 AND (t.till_article_id > $3 OR (t.till_article_id = $3 AND t.declination_id > $4))"
    " ORDER BY t.till_article_id, t.declination_id LIMIT CAST($5 AS BIGINT)";

/* One page of the articles that the till's articles were synchronised with; the place of the last one is in `after`. */
static int add_bound_page(struct sync_run *run, struct article_list *list, struct buf after[2], int64_t page_size, int64_t *ret_count, struct err *err)
{
    ARENA_AUTO arena = {0};
    DB_ROWS_AUTO rows = {0};
    int64_t count = 0;
    int rc = db_query(run->environment->db, &rows, sql_bound_codes, err, DB_INT(run->environment->company->id), DB_INT(run->link->id),
                      DB_STR(buf_str(&after[0])), DB_STR(buf_str(&after[1])), DB_INT(page_size));

    if (rc != OK)
        return rc;
    while ((rc = db_next(&rows, err)) > 0) {
        const struct article_record record = {
            .text = {[RECORD_ID] = db_text(&rows, 0), [RECORD_DECLINATION] = db_text(&rows, 1), [RECORD_CODE] = db_text(&rows, 2), [RECORD_NAME] = db_text(&rows, 3)},
            .values = {.category = -1},
        };

        rc = article_list_add(list, &record, true, FATE_NONE, &arena, err);
        if (rc != OK)
            return rc;
        if (++count < page_size)
            continue;
        for (size_t i = 0; i < 2; i++) {
            buf_reset(&after[i]);
            buf_append(&after[i], record.text[i == 0 ? RECORD_ID : RECORD_DECLINATION]);
        }
    }
    *ret_count = count;
    return rc;
}

/* A reference may collide with one of an article that the filters left out: those we know from earlier imports are taken into the list. One that was
 * read now is a repeat there, and dropped. */
static int add_hidden(struct sync_run *run, struct article_list *list, struct err *err)
{
    enum { PAGE = 1000 };
    struct buf after[2] = {{0}, {0}};
    int64_t count = PAGE;
    int rc = OK;

    while (rc == OK && count == PAGE) {
        if (buf_failed(&after[0]) || buf_failed(&after[1]))
            rc = err_memory(err);
        else
            rc = add_bound_page(run, list, after, PAGE, &count, err);
    }
    buf_release(&after[0]);
    buf_release(&after[1]);
    return rc;
}

/* ---- the flow ---- */

static int read_list(struct sync_run *run, const struct catalog *catalog, struct article_list *list, struct err *err)
{
    struct article_reader reader;
    struct filter_set filters = {0};
    int rc = make_filters(run, catalog, &filters, err);

    if (rc == OK)
        rc = article_reader_init(&reader, run, FLOW_ARTICLES_IN, catalog, err);
    if (rc != OK)
        return rc;
    rc = article_reader_read(&reader, filters.filters, filters.count, list, err);
    if (rc == OK && list->to_write > 0 && hides_live_articles(&run->link->options))
        rc = add_hidden(run, list, err);
    article_reader_release(&reader);
    return rc;
}

int flow_articles_in(struct sync_run *run, struct err *err)
{
    struct article_list list = ARTICLE_LIST_EMPTY;
    struct catalog catalog;
    int rc = catalog_read(run, &catalog, err);

    if (rc != OK)
        return rc;
    rc = read_list(run, &catalog, &list, err);
    if (rc == OK)
        rc = article_list_group(&list, err);
    if (rc == OK)
        rc = article_list_write(run, &catalog, &list, err);
    article_list_close(&list);
    return rc;
}
