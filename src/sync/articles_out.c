/* articles_out.c: articles from the back office to the till: created or overwritten by reference, only where a field differs, and read again afterwards. A
 * rehearsal goes the same way and writes nothing there. The stock is never sent. */
#include "sync/articles_int.h"

#include <string.h>

enum { NOTES_PER_PAGE = 500 };

struct article_export {
    struct sync_run *run;
    struct catalog catalog;
    struct article_reader reader;
    struct article_list list;          /* what the till holds */
    struct spool_reader spool;
    struct arena arena;                /* of one article */
    int64_t noted;
};

/* One article on its way. What the till or we refuse is no failure of the run: it is told in `refusal`, and the others go on. */
struct transfer {
    const struct article *article;
    struct field_texts wanted, there;
    struct article_record record;      /* what the till holds of it; texts in the export's arena */
    struct str till_id;
    enum record_fate fate;
    struct err refusal;
};

/* ---- what is there ---- */

/* The record with the article's code: 1 = transfer->record, 0 = none. The texts are copied, since the spool is read again. */
static int find_record(struct article_export *export, struct transfer *transfer, struct err *err)
{
    int64_t place = article_list_find(&export->list, transfer->article->code);
    struct article_record record;

    if (place < 0)
        return 0;
    int rc = spool_read(&export->spool, export->list.keys[place].offset, &record, err);
    if (rc != OK)
        return rc;
    if (!str_equal(record.text[RECORD_CODE], transfer->article->code))
        return 0;
    if (export->list.keys[place].same)
        err_set(&transfer->refusal, ERR_DATA, N_("its reference is on several till articles: %s"), ERR_STR(export->list.groups[export->list.keys[place].same].names));
    for (size_t i = 0; i < RECORD_TEXT_COUNT; i++) {
        record.text[i] = arena_copy(&export->arena, record.text[i]);
        if (!record.text[i].p)
            return err_memory(err);
    }
    transfer->record = record;
    return 1;
}

static void refuse(struct transfer *transfer)
{
    transfer->fate = FATE_ANOMALY;
}

/* ---- after a write: what the till holds now ---- */

static bool same_bytes(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Refuses when what was wanted is not what is there now, or when what was to stay did not. */
static int compare_again(struct article_export *export, struct transfer *transfer, const struct article_record *now, const struct article_record *before, struct err *err)
{
    static const char not_kept[] = N_("the till took it but did not keep %s: it holds “%s” instead of “%s”");
    struct field_texts there;

    if (!fields_there(&export->arena, now, transfer->article, &there))
        return err_memory(err);
    for (enum export_field field = 0; field < FIELD_COUNT; field++) {
        if (!field_differs(&transfer->wanted, &there, field))
            continue;
        err_set(&transfer->refusal, ERR_DATA, not_kept, export_field_names[field], ERR_STR(there.text[field]), ERR_STR(transfer->wanted.text[field]));
        refuse(transfer);
        return OK;
    }
    if (before && before->text[RECORD_COLOR].n > 0 && !same_bytes(before->text[RECORD_COLOR], now->text[RECORD_COLOR])) {
        err_set(&transfer->refusal, ERR_DATA, not_kept, "color", ERR_STR(now->text[RECORD_COLOR]), ERR_STR(before->text[RECORD_COLOR]));
        refuse(transfer);
    } else if (before && before->values.in_stock != now->values.in_stock) {
        err_set(&transfer->refusal, ERR_DATA, not_kept, "in_stock", now->values.in_stock ? "true" : "false", before->values.in_stock ? "true" : "false");
        refuse(transfer);
    }
    return OK;
}

struct binding { const struct sync_run *run; const struct article_record *record; int64_t article_id; };

static int bind_body(struct db *db, void *context, struct err *err)
{
    const struct binding *binding = context;

    return till_article_bind(db, binding->run, binding->record, binding->article_id, err);
}

static int remember(struct article_export *export, const struct transfer *transfer, const struct article_record *record, struct err *err)
{
    struct binding binding = {export->run, record, transfer->article->id};

    return db_transact(export->run->environment->db, bind_body, &binding, err);
}

/* Reads it again, compares, and remembers it as it is there, so that the next import finds nothing new. */
static int verify(struct article_export *export, struct transfer *transfer, const struct article_record *before, struct err *err)
{
    struct article_record *records;
    struct json *json;
    size_t count;
    int rc = till_get(export->run->till, TILL_ARTICLES, transfer->till_id, &export->arena, &json, err);

    if (rc == OK)
        rc = article_reader_one(&export->reader, json, &export->arena, &records, &count, err);
    if (rc != OK)
        return rc;
    const struct article_record *now = &records[0]; /* ordered by declination: the article itself comes first */
    rc = compare_again(export, transfer, now, before, err);
    if (rc != OK || transfer->fate == FATE_ANOMALY)
        return rc;
    return remember(export, transfer, now, err);
}

/* ---- create ---- */

/* Where an article stands on the till: its family's category, or the till's own default one. 1 = *ret_id, 0 = refused. */
static int category_for(struct article_export *export, struct transfer *transfer, struct str *ret_id, struct err *err)
{
    const struct catalog *catalog = &export->catalog;

    if (transfer->wanted.text[FIELD_CATEGORY].p)
        return till_category_ensure(export->run, &export->catalog, transfer->article->family, ret_id, &transfer->refusal, err);
    for (size_t i = 0; i < catalog->category_count; i++) {
        if (catalog->categories[i].is_default && !catalog->categories[i].deleted) {
            *ret_id = catalog->categories[i].id;
            return 1;
        }
    }
    err_set(&transfer->refusal, ERR_DATA, N_("it has no family, and the till has no default category: give it a family"));
    return 0;
}

/* A reference that a person would take for one of the till's is not created beside it. */
static int refuse_similar(struct article_export *export, struct transfer *transfer, struct err *err)
{
    struct str folded = text_fold_key(&export->arena, transfer->article->code);
    struct article_record record;

    if (!folded.p)
        return err_memory(err);
    int64_t place = article_list_find_similar(&export->list, folded);
    if (place < 0)
        return OK;
    int rc = spool_read(&export->spool, export->list.keys[place].offset, &record, err);
    if (rc != OK)
        return rc;
    err_set(&transfer->refusal, ERR_DATA, N_("the till has the reference %s (%s), which differs only by case, blanks, accents or leading zeros"),
            ERR_STR(record.text[RECORD_CODE]), ERR_STR(record.text[RECORD_NAME]));
    refuse(transfer);
    return OK;
}

static int create_on_till(struct article_export *export, struct transfer *transfer, struct err *err)
{
    const struct article *article = transfer->article;
    struct str category_id = STR_NULL, tax_id = STR_NULL;
    BUF_AUTO body = {0};
    int rc = refuse_similar(export, transfer, err);

    if (rc != OK || transfer->fate == FATE_ANOMALY)
        return rc;
    rc = category_for(export, transfer, &category_id, err);
    if (rc == 1)
        rc = till_tax_ensure(export->run, &export->catalog, article->rate_bp, &tax_id, &transfer->refusal, err);
    if (rc <= 0) {
        refuse(transfer);
        return rc;
    }
    run_change(export->run, FLOW_ARTICLES_OUT, "create", article->code, STR_NULL, STR_NULL, article->label);
    transfer->fate = FATE_CREATED;
    if (export->run->options->dry_run)
        return OK;
    append_create_body(&body, article, &transfer->wanted, export->run->account.node_id, category_id, tax_id);
    if (buf_failed(&body))
        return err_memory(err);
    rc = till_create_once(export->run, TILL_ARTICLES, "reference", article->code, buf_str(&body), &export->arena, &transfer->till_id, &transfer->refusal, err);
    if (rc <= 0) {
        refuse(transfer);
        return rc;
    }
    return verify(export, transfer, NULL, err);
}

/* ---- update ---- */

static size_t tell_differences(struct article_export *export, const struct transfer *transfer, bool tell)
{
    size_t count = 0;

    for (enum export_field field = 0; field < FIELD_COUNT; field++) {
        if (!field_differs(&transfer->wanted, &transfer->there, field))
            continue;
        count++;
        if (tell)
            run_change(export->run, FLOW_ARTICLES_OUT, "update", transfer->article->code, str_from(export_field_names[field]), transfer->there.text[field],
                       transfer->wanted.text[field]);
    }
    return count;
}

/* What is needed for the fields that differ; 1, 0 = refused. */
static int ensure_for_update(struct article_export *export, struct transfer *transfer, struct str *ret_category_id, struct str *ret_tax_id, struct err *err)
{
    int rc = 1;

    if (field_differs(&transfer->wanted, &transfer->there, FIELD_CATEGORY))
        rc = till_category_ensure(export->run, &export->catalog, transfer->article->family, ret_category_id, &transfer->refusal, err);
    if (rc == 1 && field_differs(&transfer->wanted, &transfer->there, FIELD_TAX))
        rc = till_tax_ensure(export->run, &export->catalog, transfer->article->rate_bp, ret_tax_id, &transfer->refusal, err);
    return rc;
}

/* An update whose answer was lost is told by what the till holds afterwards. */
static int put_and_verify(struct article_export *export, struct transfer *transfer, struct str body, struct err *err)
{
    struct err failure = {0};
    int put = till_update(export->run->till, TILL_ARTICLES, transfer->till_id, body, &failure);

    if (put != OK && put != ERR_TILL) {
        *err = failure;
        return put;
    }
    int rc = verify(export, transfer, &transfer->record, err);
    if (rc == OK && put != OK && transfer->fate == FATE_ANOMALY)
        transfer->refusal = failure;
    return rc;
}

static int update_on_till(struct article_export *export, struct transfer *transfer, struct err *err)
{
    const struct article_record *record = &transfer->record;
    struct str category_id = STR_NULL, tax_id = STR_NULL;
    BUF_AUTO body = {0};

    if (!fields_there(&export->arena, record, transfer->article, &transfer->there))
        return err_memory(err);
    transfer->fate = FATE_UNCHANGED;
    if (tell_differences(export, transfer, false) == 0) /* a run that died after its write could not remember it */
        return record->values.unchanged || export->run->options->dry_run ? OK : remember(export, transfer, record, err);
    if (record->values.problems & PROBLEM_UNREADABLE)
        err_set(&transfer->refusal, ERR_DATA, N_("%s of the till article cannot be read: correct it at the till"), ERR_STR(record->text[RECORD_CAUSE]));
    else if (record->values.problems && export->run->link->options.import_articles) /* who is right is for a person to say */
        err_set(&transfer->refusal, ERR_DATA, N_("its import from the till has an anomaly, and nothing is overwritten there before that is cured"));
    else if (record->text[RECORD_DECLINATION].n > 0)
        err_set(&transfer->refusal, ERR_DATA, N_("it is a declination of a till article, and those are only changed at the till"));
    if (transfer->refusal.code) {
        refuse(transfer);
        return OK;
    }
    int rc = ensure_for_update(export, transfer, &category_id, &tax_id, err);
    if (rc <= 0) {
        refuse(transfer);
        return rc;
    }
    tell_differences(export, transfer, true);
    transfer->fate = FATE_UPDATED;
    if (export->run->options->dry_run)
        return OK;
    append_update_body(&body, transfer->article, &transfer->wanted, &transfer->there, record, category_id, tax_id);
    if (buf_failed(&body))
        return err_memory(err);
    transfer->till_id = record->text[RECORD_ID];
    return put_and_verify(export, transfer, buf_str(&body), err);
}

static int transfer_article(struct article_export *export, struct transfer *transfer, struct err *err)
{
    if (!fields_wanted(&export->arena, transfer->article, &transfer->wanted))
        return err_memory(err);
    if (!transfer->wanted.text[FIELD_NAME].p) {
        err_set(&transfer->refusal, ERR_DATA, N_("it has no label, and the till takes no article without a name"));
        refuse(transfer);
        return OK;
    }
    int found = find_record(export, transfer, err);
    if (found < 0)
        return found;
    if (transfer->refusal.code) {
        refuse(transfer);
        return OK;
    }
    return found ? update_on_till(export, transfer, err) : create_on_till(export, transfer, err);
}

/* ---- outcomes ---- */

static const char sql_clear_anomalies[] = "DELETE FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'article' AND code = 'article_not_exported'";

static int clear_body(struct db *db, void *context, struct err *err)
{
    const struct sync_run *run = context;

    return db_exec(db, sql_clear_anomalies, err, DB_INT(run->environment->company->id), DB_INT(run->link->id));
}

struct not_exported { const struct sync_run *run; struct str code, reason; };

static int anomaly_body(struct db *db, void *context, struct err *err)
{
    const struct not_exported *what = context;
    const struct anomaly anomaly = {.code = ANOMALY_ARTICLE_NOT_EXPORTED, .cause_key = what->code, .args = {what->code, what->reason}, .arg_count = 2};

    return anomaly_set(db, what->run->environment->company->id, what->run->link->id, "article", what->code, &anomaly, 1, err);
}

/* Counts and notes it; an anomaly is kept at once, since the till was written to article by article. */
static int settle(struct article_export *export, const struct transfer *transfer, struct err *err)
{
    struct sync_run *run = export->run;
    struct article_counts *counts = &run->result.articles_out;
    const char *outcome = transfer->fate == FATE_CREATED ? "created" : transfer->fate == FATE_UPDATED ? "updated" : transfer->fate == FATE_UNCHANGED ? "unchanged" : "anomaly";
    BUF_AUTO reason = {0};
    int rc = OK;

    counts->read++;
    counts->created += transfer->fate == FATE_CREATED;
    counts->updated += transfer->fate == FATE_UPDATED;
    counts->unchanged += transfer->fate == FATE_UNCHANGED;
    counts->anomalies += transfer->fate == FATE_ANOMALY;
    if (transfer->fate == FATE_ANOMALY) {
        err_format(&transfer->refusal, &reason);
        struct not_exported what = {run, transfer->article->code, buf_str(&reason)};

        rc = buf_failed(&reason) ? err_memory(err) : db_transact(run->environment->db, anomaly_body, &what, err);
    }
    if (rc == OK)
        rc = run_note(run, FLOW_ARTICLES_OUT, transfer->article->code, outcome, buf_str(&reason), err);
    if (rc == OK && ++export->noted % NOTES_PER_PAGE == 0)
        rc = run_flush(run, FLOW_ARTICLES_OUT, err);
    return rc;
}

static int export_article(void *context, const struct article *article, struct err *err)
{
    struct article_export *export = context;
    struct transfer transfer = {.article = article};
    int rc;

    arena_reset(&export->arena);
    rc = transfer_article(export, &transfer, err);
    if (rc == OK)
        rc = settle(export, &transfer, err);
    if (rc != OK)
        return rc;
    run_progress(export->run, FLOW_ARTICLES_OUT, N_("writing"), export->run->result.articles_out.read, 0);
    return run_heartbeat(export->run, err);
}

/* ---- the flow ---- */

/* The link's filters, on our side; an archived article is none for the till. */
static int export_all(struct article_export *export, struct err *err)
{
    const struct link_options *options = &export->run->link->options;
    struct db *db = export->run->environment->db;
    struct article_filter filter = {
        .code_pattern = options->code_pattern, .only_stock_managed = options->only_in_stock,
        .has_changed_since = options->has_changed_since, .changed_since_utc = options->changed_since_utc,
    };
    int rc = OK;

    if (str_equal(options->archived, STR("only")))
        return OK;
    if (options->family_count == 0)
        return article_each(db, export->run->environment->company->id, &filter, export_article, export, err);
    for (size_t i = 0; rc == OK && i < options->family_count; i++) {
        filter.family = options->families[i];
        rc = article_each(db, export->run->environment->company->id, &filter, export_article, export, err);
    }
    return rc;
}

static int export_open(struct article_export *export, struct err *err)
{
    int rc = catalog_read(export->run, &export->catalog, err);

    if (rc == OK)
        rc = article_reader_init(&export->reader, export->run, FLOW_ARTICLES_OUT, &export->catalog, err);
    if (rc == OK)
        rc = article_reader_read(&export->reader, NULL, 0, &export->list, err);
    if (rc == OK)
        rc = article_list_group(&export->list, err);
    return rc;
}

int flow_articles_out(struct sync_run *run, struct err *err)
{
    struct article_export export = {.run = run, .list = ARTICLE_LIST_EMPTY};
    int rc = export_open(&export, err);

    export.spool = (struct spool_reader){.spool = &export.list.spool, .window_size = SPOOL_WINDOW_HERE_AND_THERE};
    if (rc == OK)
        rc = db_transact(run->environment->db, clear_body, run, err);
    if (rc == OK)
        rc = export_all(&export, err);
    if (rc == OK)
        rc = run_flush(run, FLOW_ARTICLES_OUT, err);
    article_list_close(&export.list);
    article_reader_release(&export.reader);
    buf_release(&export.spool.window);
    arena_release(&export.arena);
    return rc;
}
