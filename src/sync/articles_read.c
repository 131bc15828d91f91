/* articles_read.c: from the till's pages to the list of its articles: what each is for us (its code, its VAT code, what is wrong with it) and
 * whether it changed since it was last synchronised. All of it happens while the next pages are on their way. Private to sync (articles_int.h). */
#include "sync/articles_int.h"

#include "base/hash.h"
#include "base/money.h"

#include <stdlib.h>
#include <string.h>

/* One record of a page, with what the database knows of it. */
struct page_entry {
    const struct till_article *article;
    struct str bound_code;
    int64_t article_id;
    bool has_fingerprint;
    struct record_fingerprint fingerprint;
};
struct page_entries { struct page_entry *items; size_t count; };

/* ---- VAT ---- */

static const char sql_tax_mapping[] =
    "SELECT m.rate_bp, t.tax_id, t.rate_bp FROM tax_mapping m JOIN tax t ON t.company_id = m.company_id AND t.tax_id = m.tax_id"
    " WHERE m.company_id = $1 AND m.link_id = $2";
/* MIN: the rule of tax_find_by_rate. */
static const char sql_tax_rates[] = "SELECT rate_bp, MIN(tax_id), rate_bp FROM tax WHERE company_id = $1 AND $2 = $2 GROUP BY rate_bp";

static int vat_read(struct article_reader *reader, const char *sql, struct err *err)
{
    struct sync_run *run = reader->run;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(run->environment->db, &rows, sql, err, DB_INT(run->environment->company->id), DB_INT(run->link->id));

    if (rc != OK)
        return rc;
    while ((rc = db_next(&rows, err)) > 0) {
        struct vat_code *grown = arena_array(&run->arena, reader->vat_count + 1, sizeof *grown); /* a handful: growing one by one is fine */

        if (!grown)
            return err_memory(err);
        if (reader->vat_count > 0)
            memcpy(grown, reader->vat, reader->vat_count * sizeof *grown);
        grown[reader->vat_count++] = (struct vat_code){.till_rate_bp = db_int(&rows, 0), .tax_id = db_int(&rows, 1), .rate_bp = db_int(&rows, 2)};
        reader->vat = grown;
    }
    return rc;
}

int article_reader_init(struct article_reader *ret, struct sync_run *run, enum sync_flow flow, const struct catalog *catalog, struct err *err)
{
    struct article_reader reader = {.run = run, .flow = flow, .catalog = catalog};
    int rc = vat_read(&reader, sql_tax_mapping, err);

    if (rc == OK)
        rc = vat_read(&reader, sql_tax_rates, err);
    if (rc == OK)
        *ret = reader;
    return rc;
}

void article_reader_release(struct article_reader *reader)
{
    arena_release(&reader->page);
}

struct str text_of_percent(struct arena *arena, int64_t rate_bp)
{
    BUF_AUTO text = {0};

    decimal_append(&text, rate_bp, 2, 0);
    return buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
}

/* The one rate of an article, or what is wrong with its taxes. False when memory is exhausted. */
static bool read_tax(const struct article_reader *reader, const struct till_article *article, struct arena *arena, struct article_record *record)
{
    const struct catalog_tax *first = NULL;

    for (size_t i = 0; i < article->tax_count; i++) {
        const struct catalog_tax *tax = catalog_tax_by_id(reader->catalog, article->tax_ids[i]);

        if (!tax || !tax->readable) {
            record->values.problems |= PROBLEM_UNKNOWN_TAX;
            record->text[RECORD_CAUSE] = article->tax_ids[i];
            return true;
        }
        if (first && first->rate_bp != tax->rate_bp) {
            record->values.problems |= PROBLEM_SEVERAL_TAXES;
            return true;
        }
        first = tax;
    }
    if (!first) {
        record->values.problems |= PROBLEM_UNKNOWN_TAX;
        record->text[RECORD_CAUSE] = STR("?");
        return true;
    }
    record->text[RECORD_RATE] = text_of_percent(arena, first->rate_bp);
    if (!record->text[RECORD_RATE].p)
        return false;
    for (size_t i = 0; i < reader->vat_count && record->values.tax_id == 0; i++) {
        if (reader->vat[i].till_rate_bp == first->rate_bp) {
            record->values.tax_id = reader->vat[i].tax_id;
            record->values.rate_bp = reader->vat[i].rate_bp;
        }
    }
    if (record->values.tax_id == 0) {
        record->values.problems |= PROBLEM_UNKNOWN_TAX;
        record->text[RECORD_CAUSE] = record->text[RECORD_RATE];
    }
    return true;
}

static bool join_taxes(const struct till_article *article, struct arena *arena, struct article_record *record)
{
    if (article->tax_count == 1)
        record->text[RECORD_TAXES] = article->tax_ids[0];
    for (size_t i = 0; article->tax_count > 1 && i < article->tax_count; i++) {
        struct str *text = &record->text[RECORD_TAXES];

        *text = arena_format(arena, "%.*s%s%.*s", STR_ARG(*text), i > 0 ? "," : "", STR_ARG(article->tax_ids[i]));
        if (!text->p)
            return false;
    }
    return true;
}

/* ---- one record ---- */

static bool is_blank(struct str text)
{
    return str_trim(text).n == 0;
}

/* A reference given by hand wins; a heading has only one that is its own. */
static struct str code_of(const struct article_reader *reader, const struct page_entry *entry)
{
    const struct till_article *article = entry->article;

    if (entry->bound_code.n > 0)
        return entry->bound_code;
    if (!is_blank(article->reference))
        return article->reference;
    if (reader->run->link->options.reference_from_barcode && !article->has_declinations && !is_blank(article->barcode))
        return article->barcode;
    return STR("");
}

static enum record_skip skip_of(const struct article_reader *reader, const struct page_entry *entry, const struct article_record *record)
{
    const struct till_article *article = entry->article;
    const struct str pattern = reader->run->link->options.code_pattern;

    if (article->is_default)
        return SKIP_DEFAULT;
    if (article->is_test)
        return SKIP_TRAINING;
    if (article->has_declinations && record->text[RECORD_CODE].n == 0)
        return SKIP_HEADING;
    if (pattern.p && !str_matches(record->text[RECORD_CODE], pattern))
        return SKIP_FILTER;
    if (article->deleted && entry->article_id == 0)
        return SKIP_DELETED;
    return SKIP_NOT;
}

/* The category's name is marked once a run and the till's own reference is in the content, so that nearly every article costs no hash here. */
static void set_fingerprint(struct article_record *record, const struct till_article *article, const struct catalog_category *category)
{
    struct record_values *values = &record->values;
    struct record_fingerprint *fingerprint = &values->fingerprint;

    memcpy(fingerprint->content, article->fingerprint, sizeof fingerprint->content);
    if (category)
        memcpy(fingerprint->category_mark, category->name_mark, sizeof fingerprint->category_mark);
    if (!str_equal(record->text[RECORD_CODE], article->reference))
        text_mark(record->text[RECORD_CODE], fingerprint->code_mark);
    fingerprint->tax_id = (uint32_t)values->tax_id;
    fingerprint->rate_bp = (uint32_t)values->rate_bp;
}

/* Texts are the till article's, the catalog's and the arena's. False when memory is exhausted. */
static bool record_of_entry(const struct article_reader *reader, const struct page_entry *entry, struct arena *arena, struct article_record *ret)
{
    const struct till_article *article = entry->article;
    const struct catalog_category *category = catalog_category_by_id(reader->catalog, article->category_id);
    struct article_record record = {
        .text = {
            [RECORD_ID] = article->id, [RECORD_DECLINATION] = article->declination_id, [RECORD_NAME] = article->name, [RECORD_CODE] = code_of(reader, entry),
            [RECORD_REFERENCE] = article->reference, [RECORD_BARCODE] = article->barcode, [RECORD_UNIT] = article->unit, [RECORD_COLOR] = article->color,
            [RECORD_CATEGORY] = category ? category->name : STR_NULL,
        },
        .values = {
            .article_id = entry->article_id, .category = category && !is_blank(category->name) ? category - reader->catalog->categories : -1,
            .in_default_category = category && category->is_default,
            .has_price = article->has_price, .price_e4 = article->price_e4, .has_buy_price = article->has_buy_price, .buy_price_e4 = article->buy_price_e4,
            .has_weight = article->has_weight, .weight_milli = article->weight_milli, .stock_managed = article->stock_managed,
            .in_stock = article->in_stock, .ignore_stock = article->ignore_stock, .deleted = article->deleted,
        },
    };

    if (!read_tax(reader, article, arena, &record) || !join_taxes(article, arena, &record))
        return false;
    if (record.text[RECORD_CODE].n == 0)
        record.values.problems |= PROBLEM_NO_REFERENCE;
    if (!record.values.has_price)
        record.values.problems |= PROBLEM_NO_PRICE;
    if (article->fault) {
        record.values.problems = PROBLEM_UNREADABLE;
        record.text[RECORD_CAUSE] = article->fault_path;
    }
    record.values.skip = (uint8_t)skip_of(reader, entry, &record);
    if (record.values.deleted)
        record.values.problems = 0; /* nothing is read from it but that it is gone */
    set_fingerprint(&record, article, category);
    record.values.unchanged = entry->article_id != 0 && entry->has_fingerprint && memcmp(&entry->fingerprint, &record.values.fingerprint, sizeof entry->fingerprint) == 0;
    *ret = record;
    return true;
}

/* ---- what the database knows of a page ---- */

static int entry_compare(const void *a, const void *b)
{
    const struct page_entry *left = a, *right = b;
    int order = str_compare(left->article->id, right->article->id);

    return order ? order : str_compare(left->article->declination_id, right->article->declination_id);
}

/* They were asked for in order of their ids and mostly are. */
static void sort_entries(struct page_entries *entries)
{
    for (size_t i = 1; i < entries->count; i++) {
        if (entry_compare(&entries->items[i - 1], &entries->items[i]) <= 0)
            continue;
        qsort(entries->items, entries->count, sizeof *entries->items, entry_compare);
        return;
    }
}

/* A page is a range of ids: one query, and a walk through both in the same order. */
static const char sql_bindings[] =
    "SELECT till_article_id, declination_id, article_id, bound_code, fingerprint FROM till_article"
    " WHERE company_id = $1 AND link_id = $2 AND till_article_id >= $3 AND till_article_id <= $4 ORDER BY till_article_id, declination_id";

static bool entry_take(struct page_entry *entry, struct db_rows *rows, struct arena *arena)
{
    struct str bound = db_text(rows, 3), fingerprint = db_bytes(rows, 4);

    entry->article_id = db_int(rows, 2);
    entry->bound_code = arena_copy(arena, bound);
    entry->has_fingerprint = fingerprint.n == sizeof entry->fingerprint;
    if (entry->has_fingerprint)
        memcpy(&entry->fingerprint, fingerprint.p, sizeof entry->fingerprint);
    return entry->bound_code.p || !bound.p;
}

static int read_bindings(struct article_reader *reader, struct page_entries *entries, struct arena *arena, struct err *err)
{
    struct sync_run *run = reader->run;
    DB_ROWS_AUTO rows = {0};
    size_t at = 0;

    if (entries->count == 0)
        return OK;
    sort_entries(entries);
    int rc = db_query(run->environment->db, &rows, sql_bindings, err, DB_INT(run->environment->company->id), DB_INT(run->link->id),
                      DB_STR(entries->items[0].article->id), DB_STR(entries->items[entries->count - 1].article->id));

    if (rc != OK)
        return rc;
    while ((rc = db_next(&rows, err)) > 0) {
        const struct till_article wanted = {.id = db_text(&rows, 0), .declination_id = db_text(&rows, 1)};
        const struct page_entry key = {.article = &wanted};

        while (at < entries->count && entry_compare(&entries->items[at], &key) < 0)
            at++;
        for (size_t same = at; same < entries->count && entry_compare(&entries->items[same], &key) == 0; same++)
            if (!entry_take(&entries->items[same], &rows, arena))
                return err_memory(err);
    }
    return rc;
}

/* ---- pages ---- */

/* The entries of `array` (or of the one object `single`), declinations as entries of their own. */
static int read_entries(const struct json *array, const struct json *single, struct arena *arena, struct page_entries *ret, struct err *err)
{
    size_t capacity = (array ? array->count : 1) * 2 + 16;
    struct page_entries entries = {.items = arena_array(arena, capacity, sizeof *entries.items)};

    for (const struct json *record = array ? array->first : single; record; record = array ? record->next : NULL) {
        struct till_article *articles;
        size_t count;
        int rc = till_article_read(arena, record, &articles, &count, err);

        if (rc != OK)
            return rc;
        if (entries.count + count > capacity) {
            struct page_entry *grown = arena_array(arena, 2 * (entries.count + count), sizeof *grown);

            if (grown && entries.items)
                memcpy(grown, entries.items, entries.count * sizeof *grown);
            entries.items = grown;
            capacity = 2 * (entries.count + count);
        }
        if (!entries.items)
            return err_memory(err);
        for (size_t i = 0; i < count; i++)
            entries.items[entries.count++] = (struct page_entry){.article = &articles[i]};
    }
    *ret = entries;
    return OK;
}

static enum record_fate fate_of(const struct article_record *record)
{
    if (record->values.skip != SKIP_NOT)
        return FATE_SKIPPED;
    if (record->values.problems)
        return FATE_ANOMALY;
    return record->values.unchanged ? FATE_UNCHANGED : FATE_WRITE;
}

/* What a person takes for the same article may also stand outside the code pattern; a deleted or built-in one is nobody's rival. */
static bool takes_part(const struct article_reader *reader, const struct article_record *record)
{
    const struct record_values *values = &record->values;

    if (values->deleted || record->text[RECORD_CODE].n == 0 || values->skip == SKIP_DEFAULT)
        return false;
    return reader->flow == FLOW_ARTICLES_OUT || values->skip == SKIP_NOT || values->skip == SKIP_FILTER;
}

static int reader_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    struct article_reader *reader = context;
    struct page_entries entries;
    struct article_record record;
    int rc;

    (void)skip;
    (void)bytes;
    arena_reset(&reader->page);
    rc = read_entries(array, NULL, &reader->page, &entries, err);
    if (rc == OK)
        rc = read_bindings(reader, &entries, &reader->page, err);
    for (size_t i = 0; rc == OK && i < entries.count; i++) {
        if (!record_of_entry(reader, &entries.items[i], &reader->page, &record))
            return err_memory(err);
        rc = article_list_add(reader->list, &record, takes_part(reader, &record), fate_of(&record), &reader->page, err);
    }
    if (rc != OK)
        return rc;
    run_progress(reader->run, reader->flow, N_("reading"), (int64_t)reader->list->count, 0);
    return run_heartbeat(reader->run, err);
}

int article_reader_read(struct article_reader *reader, const struct till_filter *filters, size_t filter_count, struct article_list *list, struct err *err)
{
    struct till_list query = till_catalog_list(TILL_ARTICLES, &reader->run->account);

    query.filters = filters;
    query.filter_count = filter_count;
    query.limit = SYNC_ARTICLES_PER_PAGE;
    reader->list = list;
    return till_list_read(reader->run->till, &query, SYNC_ARTICLES_IN_FLIGHT, reader_page, reader, err);
}

int article_reader_one(struct article_reader *reader, const struct json *json, struct arena *arena, struct article_record **ret, size_t *ret_count, struct err *err)
{
    struct page_entries entries;
    struct article_record *records;
    int rc = read_entries(NULL, json, arena, &entries, err);

    if (rc == OK)
        rc = read_bindings(reader, &entries, arena, err);
    if (rc != OK)
        return rc;
    records = arena_array(arena, entries.count, sizeof *records);
    for (size_t i = 0; records && i < entries.count; i++)
        if (!record_of_entry(reader, &entries.items[i], arena, &records[i]))
            return err_memory(err);
    if (!records)
        return err_memory(err);
    *ret = records;
    *ret_count = entries.count;
    return OK;
}
