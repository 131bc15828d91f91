/* articles_write.c: from the list of the till's catalogue to the back office: creates, updates, archives, and says what is wrong with the others.
 * Everything was read before, and all collisions are known. Private to sync (articles_int.h). */
#include "sync/articles_int.h"

#include <string.h>

/* One transaction up to this many articles; beyond, each chunk stands by itself and a killed run goes on by the fingerprints. */
enum { WRITE_CHUNK = 100000, IDS_AT_ONCE = 1000, NOTES_PER_PAGE = 5000 };

/* What till_article is told, several at once: a statement costs as much to begin as a row to write. */
enum { BINDINGS_AT_ONCE = 8 };
struct pending_binding {
    struct str id, declination;    /* in the arena */
    int64_t article_id;
    struct record_fingerprint fingerprint;
};
struct bindings {
    struct pending_binding items[BINDINGS_AT_ONCE];
    size_t count;
    struct arena arena;
};

struct article_writer {
    struct sync_run *run;
    struct article_list *list;
    size_t begin, end;             /* of the chunk in the list */
    struct spool_reader reader;
    struct change_log changes;
    struct bindings bindings;
    struct arena arena;            /* of one record */
    int64_t *families;             /* family of each category of the catalog; 0 = not asked yet */
    size_t family_count;
    int64_t next_id, ids_left;     /* reserved for articles to come */
};

/* ---- anomalies ---- */

static struct anomaly group_anomaly(const struct article_list *list, uint32_t group, enum anomaly_code code)
{
    const struct article_group *found = &list->groups[group];

    return (struct anomaly){.code = code, .cause_key = found->cause, .args = {found->cause, found->names}, .arg_count = 2};
}

size_t record_anomalies(const struct article_list *list, const struct record_key *key, const struct article_record *record, struct anomaly *ret)
{
    const struct str id = record->text[RECORD_ID], name = record->text[RECORD_NAME], code = record->text[RECORD_CODE], cause = record->text[RECORD_CAUSE];
    unsigned problems = record->values.problems;
    size_t count = 0;

    if (problems & PROBLEM_UNREADABLE)
        ret[count++] = (struct anomaly){.code = ANOMALY_ARTICLE_UNREADABLE, .cause_key = id, .args = {id, cause}, .arg_count = 2};
    if (problems & PROBLEM_NO_REFERENCE)
        ret[count++] = (struct anomaly){.code = ANOMALY_ARTICLE_NO_REFERENCE, .cause_key = id, .args = {id, name}, .arg_count = 2};
    if (key->same)
        ret[count++] = group_anomaly(list, key->same, ANOMALY_ARTICLE_SAME_REFERENCE);
    if (key->similar)
        ret[count++] = group_anomaly(list, key->similar, ANOMALY_ARTICLE_SIMILAR_REFERENCE);
    if (problems & PROBLEM_UNKNOWN_TAX)
        ret[count++] = (struct anomaly){.code = ANOMALY_ARTICLE_UNKNOWN_TAX, .cause_key = cause, .args = {cause}, .arg_count = 1};
    if (problems & PROBLEM_SEVERAL_TAXES)
        ret[count++] = (struct anomaly){.code = ANOMALY_ARTICLE_SEVERAL_TAXES, .cause_key = id, .args = {code, name}, .arg_count = 2};
    if (problems & PROBLEM_NO_PRICE)
        ret[count++] = (struct anomaly){.code = ANOMALY_ARTICLE_NO_PRICE, .cause_key = id, .args = {code, name}, .arg_count = 2};
    return count;
}

static int write_anomalies(struct article_writer *writer, struct db *db, const struct record_key *key, const struct article_record *record, struct err *err)
{
    const struct sync_run *run = writer->run;
    struct anomaly anomalies[RECORD_ANOMALIES_MAX];
    size_t count = record_anomalies(writer->list, key, record, anomalies);
    struct str subject = record_subject(&writer->arena, record);

    if (!subject.p)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < anomalies[i].arg_count; k++)
            if (!anomalies[i].args[k].p)
                anomalies[i].args[k] = STR("");
    return anomaly_set(db, run->environment->company->id, run->link->id, "article", subject, anomalies, count, err);
}

/* ---- one article ---- */

/* Nothing is asked of the database for the thousands of articles of one family. */
static int family_of(struct article_writer *writer, struct db *db, const struct article_record *record, int64_t *ret_id, struct err *err)
{
    int64_t place = record->values.category;
    int rc;

    *ret_id = 0;
    if (place < 0)
        return OK;
    if (writer->families[place] == 0) {
        rc = family_find_or_create(db, writer->run->environment->company->id, record->text[RECORD_CATEGORY], &writer->families[place], err);
        if (rc < 0)
            return rc;
    }
    *ret_id = writer->families[place];
    return OK;
}

static int next_article_id(struct article_writer *writer, struct db *db, int64_t *ret_id, struct err *err)
{
    if (writer->ids_left == 0) {
        size_t rest = writer->end - writer->begin;
        int64_t count = rest < IDS_AT_ONCE ? (int64_t)rest : IDS_AT_ONCE;
        int rc = db_reserve_ids(db, writer->run->environment->company->id, "article", count, &writer->next_id, err);

        if (rc != OK)
            return rc;
        writer->ids_left = count;
    }
    writer->ids_left--;
    *ret_id = writer->next_id++;
    return OK;
}

/* What the till says an article is. What the till leaves empty (barcode, unit, weight, purchase price) stays as it is here: an empty field is not
 * a statement, and the back office is where such things are usually kept. */
static struct article article_from(const struct article_record *record, int64_t family_id, const struct article *before)
{
    const struct record_values *values = &record->values;
    struct article article = before ? *before : (struct article){.unit = STR("")};

    article.code = record->text[RECORD_CODE];
    article.label = record->text[RECORD_NAME];
    if (family_id != 0) {
        article.family_id = family_id;
        article.family = record->text[RECORD_CATEGORY];
    }
    article.tax_id = values->tax_id;
    article.rate_bp = values->rate_bp;
    article.has_price = values->has_price;
    article.price_e4 = values->price_e4;
    if (record->text[RECORD_BARCODE].n > 0)
        article.barcode = record->text[RECORD_BARCODE];
    if (record->text[RECORD_UNIT].n > 0)
        article.unit = record->text[RECORD_UNIT];
    if (values->has_buy_price) {
        article.has_buy_price = true;
        article.buy_price_e4 = values->buy_price_e4;
    }
    if (values->has_weight) {
        article.has_weight = true;
        article.weight_milli = values->weight_milli;
    }
    article.stock_managed = values->stock_managed;
    article.archived = false;
    return article;
}

/* The same statement for one row and for many: company and link are $1 and $2, and each row has four values. */
#define BIND_INSERT "INSERT INTO till_article (company_id, link_id, till_article_id, declination_id, article_id, fingerprint) VALUES "
#define BIND_UPDATE                                                                                                    \
    " ON CONFLICT (company_id, link_id, till_article_id, declination_id) DO UPDATE SET article_id = excluded.article_id, fingerprint = excluded.fingerprint"
#define BIND_ROW(a, b, c, d) "($1, $2, $" #a ", $" #b ", $" #c ", $" #d ")"
static const char sql_bind_one[] = BIND_INSERT BIND_ROW(3, 4, 5, 6) BIND_UPDATE;
static const char sql_bind_many[] = BIND_INSERT BIND_ROW(3, 4, 5, 6) ", " BIND_ROW(7, 8, 9, 10) ", " BIND_ROW(11, 12, 13, 14) ", " BIND_ROW(15, 16, 17, 18) ", " BIND_ROW(
    19, 20, 21, 22) ", " BIND_ROW(23, 24, 25, 26) ", " BIND_ROW(27, 28, 29, 30) ", " BIND_ROW(31, 32, 33, 34) BIND_UPDATE;

/* Copied, because the record's texts go with the next one. */
static bool binding_put(struct bindings *bindings, const struct article_record *record, int64_t article_id)
{
    struct pending_binding *binding = &bindings->items[bindings->count++];

    *binding = (struct pending_binding){
        .id = arena_copy(&bindings->arena, record->text[RECORD_ID]),
        .declination = arena_copy(&bindings->arena, record->text[RECORD_DECLINATION].p ? record->text[RECORD_DECLINATION] : STR("")),
        .article_id = article_id,
        .fingerprint = record->values.fingerprint,
    };
    return binding->id.p && binding->declination.p;
}

static size_t binding_values(const struct pending_binding *binding, struct db_value *values)
{
    values[0] = DB_STR(binding->id);
    values[1] = DB_STR(binding->declination);
    values[2] = DB_INT(binding->article_id);
    values[3] = DB_BLOB(((struct str){(const char *)&binding->fingerprint, sizeof binding->fingerprint}));
    return 4;
}

/* Writes what waits: all in one statement when they are as many as it takes, else one by one. */
static int bindings_flush(struct bindings *bindings, struct db *db, const struct sync_run *run, struct err *err)
{
    struct db_value values[2 + 4 * BINDINGS_AT_ONCE] = {DB_INT(run->environment->company->id), DB_INT(run->link->id)};
    int rc = OK;

    if (bindings->count == BINDINGS_AT_ONCE) {
        size_t used = 2;

        for (size_t i = 0; i < BINDINGS_AT_ONCE; i++)
            used += binding_values(&bindings->items[i], values + used);
        rc = db_exec_(db, sql_bind_many, values, used, NULL, err);
    } else {
        for (size_t i = 0; rc == OK && i < bindings->count; i++) {
            size_t used = 2 + binding_values(&bindings->items[i], values + 2);

            rc = db_exec_(db, sql_bind_one, values, used, NULL, err);
        }
    }
    bindings->count = 0;
    arena_reset(&bindings->arena);
    return rc;
}

static int bind_later(struct article_writer *writer, struct db *db, const struct article_record *record, int64_t article_id, struct err *err)
{
    if (!binding_put(&writer->bindings, record, article_id))
        return err_memory(err);
    return writer->bindings.count == BINDINGS_AT_ONCE ? bindings_flush(&writer->bindings, db, writer->run, err) : OK;
}

int till_article_bind(struct db *db, const struct sync_run *run, const struct article_record *record, int64_t article_id, struct err *err)
{
    struct bindings bindings = {0};
    int rc = binding_put(&bindings, record, article_id) ? bindings_flush(&bindings, db, run, err) : err_memory(err);

    arena_release(&bindings.arena);
    return rc;
}

/* ---- create, update, archive ---- */

static int update_article(struct article_writer *writer, struct db *db, const struct article *before, const struct article *after, enum record_fate *ret_fate,
                          struct err *err)
{
    const struct sync_run *run = writer->run;

    *ret_fate = FATE_UNCHANGED;
    if (article_differences(&writer->changes, before, after) == 0)
        return OK;
    *ret_fate = FATE_UPDATED;
    return article_update(db, run->environment->company->id, after, run->started_utc, err);
}

/* Tries to insert first: on a first import there is nothing to look up. 1 = created, 0 = the code is there (*ret_found), negative = error. */
static int create_article(struct article_writer *writer, struct db *db, struct article *article, struct article *ret_found, struct err *err)
{
    const struct sync_run *run = writer->run;
    struct err refused = {0};
    int rc = next_article_id(writer, db, &article->id, err);

    if (rc != OK)
        return rc;
    rc = article_insert(db, run->environment->company->id, article, run->started_utc, &refused);
    if (rc == OK) {
        change_log_put(&writer->changes, "create", article->code, NULL, STR_NULL, article->label);
        return 1;
    }
    if (rc == ERR_DATA) {
        rc = article_find_by_code(db, run->environment->company->id, &writer->arena, article->code, ret_found, err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    *err = refused;
    return refused.code;
}

/* Which article a record of an article that was synchronised before is now: 1 = *ret; 0 = a new one. Its reference may have changed since: then the article
 * that has this code wins; else the one it was takes the new code, unless another till article has the old one now. */
static int find_bound(struct article_writer *writer, struct db *db, const struct article_record *record, struct article *ret, struct err *err)
{
    const int64_t company_id = writer->run->environment->company->id;
    const struct str code = record->text[RECORD_CODE];
    struct article bound;
    int found = article_find_by_id(db, company_id, &writer->arena, record->values.article_id, &bound, err);

    if (found < 0)
        return found;
    if (found && str_equal(bound.code, code)) {
        *ret = bound;
        return 1;
    }
    int rc = article_find_by_code(db, company_id, &writer->arena, code, ret, err);
    if (rc != 0)
        return rc;
    if (!found || article_list_find(writer->list, bound.code) >= 0)
        return 0;
    *ret = bound;
    return 1;
}

/* The till's default category says no more than an empty field of an article that has no family here: what is exported without one stands there, and a run that died
 * before it could remember its export reads it back as somebody else's. */
static bool stays_without_family(const struct article_record *record, const struct article *before)
{
    return record->values.in_default_category && before->family_id == 0;
}

static int write_live(struct article_writer *writer, struct db *db, const struct article_record *record, enum record_fate *ret_fate, struct err *err)
{
    const int64_t company_id = writer->run->environment->company->id;
    struct article before, after;
    int64_t family_id = 0;
    int found = record->values.article_id ? find_bound(writer, db, record, &before, err) : 0;
    int rc = OK;

    /* Who may need no family is looked for before one is made, until the first article that needs it. */
    if (found == 0 && record->values.in_default_category && record->values.category >= 0 && writer->families[record->values.category] == 0)
        found = article_find_by_code(db, company_id, &writer->arena, record->text[RECORD_CODE], &before, err);
    if (found == 0 || (found > 0 && !stays_without_family(record, &before)))
        rc = family_of(writer, db, record, &family_id, err);
    if (rc != OK)
        return rc;
    if (found == 0) {
        after = article_from(record, family_id, NULL);
        int created = create_article(writer, db, &after, &before, err);

        if (created < 0)
            return created;
        *ret_fate = FATE_CREATED;
        found = !created;
    }
    if (found < 0)
        return found;
    if (found) {
        after = article_from(record, stays_without_family(record, &before) ? 0 : family_id, &before);
        rc = update_article(writer, db, &before, &after, ret_fate, err);
        if (rc != OK)
            return rc;
    }
    return bind_later(writer, db, record, after.id, err);
}

/* Archives the article of a till article that was deleted, unless another till article has its code now. */
static int write_deleted(struct article_writer *writer, struct db *db, const struct article_record *record, enum record_fate *ret_fate, struct err *err)
{
    const struct sync_run *run = writer->run;
    struct article before;
    int rc = article_find_by_id(db, run->environment->company->id, &writer->arena, record->values.article_id, &before, err);

    if (rc < 0)
        return rc;
    *ret_fate = FATE_UNCHANGED;
    if (rc == 1 && !before.archived && article_list_find(writer->list, before.code) < 0) {
        struct article after = before;

        after.archived = true;
        change_log_put(&writer->changes, "archive", before.code, NULL, STR_NULL, before.label);
        rc = article_update(db, run->environment->company->id, &after, run->started_utc, err);
        if (rc != OK)
            return rc;
        *ret_fate = FATE_UPDATED;
    }
    return bind_later(writer, db, record, record->values.article_id, err);
}

/* ---- chunks ---- */

static int write_record(struct article_writer *writer, struct db *db, struct record_key *key, struct err *err)
{
    struct article_record record;
    enum record_fate fate = FATE_ANOMALY;
    int rc;

    if (key->fate != FATE_WRITE && key->fate != FATE_ANOMALY)
        return OK;
    arena_reset(&writer->arena);
    rc = spool_read(&writer->reader, key->offset, &record, err);
    if (rc != OK)
        return rc;
    if (key->fate == FATE_ANOMALY)
        rc = write_anomalies(writer, db, key, &record, err);
    else if (record.values.deleted)
        rc = write_deleted(writer, db, &record, &fate, err);
    else
        rc = write_live(writer, db, &record, &fate, err);
    key->outcome = (uint8_t)fate;
    return rc;
}

/* Those of the articles' way out are the other flow's. */
static const char sql_clear_anomalies[] =
    "DELETE FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'article' AND code <> 'article_not_exported'";

/* May be run again: what it remembers of the attempt before is forgotten first. */
static int write_chunk(struct db *db, void *context, struct err *err)
{
    struct article_writer *writer = context;
    const struct sync_run *run = writer->run;
    const int64_t company_id = run->environment->company->id;
    int rc = run->lease.until_utc ? lease_confirm(db, company_id, run->link, &run->lease, err) : OK;

    memset(writer->families, 0, writer->family_count * sizeof *writer->families);
    writer->ids_left = 0;
    writer->bindings.count = 0;
    arena_reset(&writer->bindings.arena);
    buf_reset(&writer->changes.bytes);
    if (rc == OK && writer->begin == 0)
        rc = db_exec(db, sql_clear_anomalies, err, DB_INT(company_id), DB_INT(run->link->id));
    for (size_t i = writer->begin; rc == OK && i < writer->end; i++)
        rc = write_record(writer, db, &writer->list->keys[i], err);
    return rc == OK ? bindings_flush(&writer->bindings, db, run, err) : rc;
}

/* ---- the journal of the run ---- */

static const char *outcome_name(enum record_fate outcome)
{
    static const char *const names[] = {[FATE_SKIPPED] = "skipped", [FATE_ANOMALY] = "anomaly", [FATE_UNCHANGED] = "unchanged",
                                        [FATE_CREATED] = "created", [FATE_UPDATED] = "updated"};

    return names[outcome];
}

static struct str outcome_detail(const struct article_list *list, const struct record_key *key, const struct article_record *record)
{
    struct anomaly anomalies[RECORD_ANOMALIES_MAX];

    if (key->outcome == FATE_SKIPPED)
        return str_from(record_skip_reasons[record->values.skip]);
    if (key->outcome == FATE_ANOMALY && record_anomalies(list, key, record, anomalies) > 0)
        return str_from(anomaly_catalogue[anomalies[0].code].code);
    return STR_NULL;
}

static void count_outcome(struct article_counts *counts, enum record_fate outcome)
{
    counts->read++;
    counts->skipped += outcome == FATE_SKIPPED;
    counts->anomalies += outcome == FATE_ANOMALY;
    counts->unchanged += outcome == FATE_UNCHANGED;
    counts->created += outcome == FATE_CREATED;
    counts->updated += outcome == FATE_UPDATED;
}

static int note_record(struct article_writer *writer, const struct record_key *key, struct err *err)
{
    struct article_record record;
    int rc;

    count_outcome(&writer->run->result.articles_in, key->outcome);
    if (writer->run->options->dry_run)
        return OK;
    arena_reset(&writer->arena);
    rc = spool_read(&writer->reader, key->offset, &record, err);
    if (rc != OK)
        return rc;
    struct str subject = record_subject(&writer->arena, &record);
    if (!subject.p)
        return err_memory(err);
    return run_note(writer->run, FLOW_ARTICLES_IN, subject, outcome_name(key->outcome), outcome_detail(writer->list, key, &record), err);
}

/* After the commit, since a transaction may be run again and the journal is told only once. What is counted is what was noted, page by page. */
static int note_chunk(struct article_writer *writer, struct err *err)
{
    int rc = OK;

    for (size_t i = writer->begin; rc == OK && i < writer->end; i++) {
        const struct record_key *key = &writer->list->keys[i];

        if (key->outcome != FATE_NONE)
            rc = note_record(writer, key, err);
        if (rc == OK && (i + 1) % NOTES_PER_PAGE == 0)
            rc = run_flush(writer->run, FLOW_ARTICLES_IN, err);
    }
    return rc == OK ? run_flush(writer->run, FLOW_ARTICLES_IN, err) : rc;
}

static int run_chunk(struct article_writer *writer, struct err *err)
{
    struct sync_run *run = writer->run;
    int rc = db_transact(run->environment->db, write_chunk, writer, err);

    if (rc != OK)
        return rc;
    rc = change_log_tell(&writer->changes, err);
    if (rc == OK)
        rc = note_chunk(writer, err);
    if (rc != OK)
        return rc;
    run_progress(run, FLOW_ARTICLES_IN, N_("writing"), (int64_t)writer->end, (int64_t)writer->list->count);
    return run_heartbeat(run, err);
}

int article_list_write(struct sync_run *run, const struct catalog *catalog, struct article_list *list, struct err *err)
{
    struct article_writer writer = {
        .run = run, .list = list, .family_count = catalog->category_count,
        .reader = {.spool = &list->spool, .window_size = SPOOL_WINDOW_IN_ORDER}, .changes = {.run = run, .flow = FLOW_ARTICLES_IN},
    };
    int rc = OK;

    writer.families = mem_alloc_zero(catalog->category_count + 1, sizeof *writer.families);
    if (!writer.families)
        return err_memory(err);
    do {
        writer.end = list->count - writer.begin > WRITE_CHUNK ? writer.begin + WRITE_CHUNK : list->count;
        rc = run_chunk(&writer, err);
        writer.begin = writer.end;
    } while (rc == OK && writer.begin < list->count);
    mem_free(writer.families);
    buf_release(&writer.reader.window);
    buf_release(&writer.changes.bytes);
    arena_release(&writer.arena);
    arena_release(&writer.bindings.arena);
    return rc;
}
