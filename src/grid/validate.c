/* validate.c: from the grid to documents: a batch is loaded, checked, posted and taken out of the grid in one transaction. One bad sale stays with its
 * anomalies; the others go on. Sales first, then refunds, so that a refund finds the invoice it is on. */
#include "grid/grid_int.h"

struct validating {
    struct grid_session *session;
    struct str kind;           /* of this pass: "sale" or "refund" */
    int64_t first_id, last_id; /* range to look in */
    struct grid_validation batch;
    int limit;                 /* sales of a batch: GRID_BATCH, or 1 where a batch failed */
    int64_t reached_id;        /* last sale of the batch */
    int64_t next_id;           /* where the following batch begins; 0 = there is none */
    int runs;
};

/* A clean sale, and the postings that it became. */
struct outgoing { const struct staged *staged; size_t first_posting, posting_count; };

static int leave_grid(struct grid_session *session, const struct outgoing *outgoing, size_t count, struct err *err)
{
    int rc = OK;
    for (size_t i = 0; rc == OK && i < count;) {
        size_t end = i + 1;    /* consecutive ids go with one statement a table */
        while (end < count && outgoing[end].staged->id == outgoing[end - 1].staged->id + 1)
            end++;
        rc = staged_delete_range(session->db, session->company->id, outgoing[i].staged->id, outgoing[end - 1].staged->id, err);
        i = end;
    }
    return rc;
}

static int settle(struct validating *v, const struct outgoing *outgoing, size_t count, const struct posting *postings, struct err *err)
{
    struct grid_session *session = v->session;
    int rc = OK;
    for (size_t i = 0; rc == OK && i < count; i++) {
        const struct posting *last = &postings[outgoing[i].first_posting + outgoing[i].posting_count - 1];
        const struct staged *staged = outgoing[i].staged;
        rc = register_move(session->db, session->company->id, staged->link_id, staged->sale.id, "document", NULL, last->document_id, err);
        if (rc == OK && staged->blocked)
            rc = anomaly_set(session->db, session->company->id, staged->link_id, "sale", staged->sale.id, NULL, 0, err);
    }
    return rc == OK ? leave_grid(session, outgoing, count, err) : rc;
}

static void count_postings(struct grid_validation *counts, const struct posting *postings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        counts->documents++;
        counts->validated += postings[i].validated;
        counts->blocked += !postings[i].validated;
        counts->payments += (int64_t)postings[i].payment_count;
        counts->reconciled += postings[i].reconciled;
    }
}

/* Checks one sale: a posting (two for a correction) when it is clean, its anomalies in the database when it is not. */
static int check_one(struct validating *v, struct arena *arena, const struct staged *staged, struct posting *postings, size_t *ret_count, struct err *err)
{
    struct grid_session *session = v->session;
    struct check check = {0};
    *ret_count = 0;
    int rc = staged_check(session, staged, true, arena, &check, err);
    if (rc != OK)
        return rc;
    v->batch.checked++;
    if (check.blocked) {
        v->batch.anomalies++;
        return check_store(session->db, session->company->id, staged, &check, err);
    }
    if (staged->revision)
        return correction_postings(session, staged, &check.posting, arena, postings, ret_count, err);
    postings[0] = check.posting;
    *ret_count = 1;
    return OK;
}

/* Two sales of one batch may bear the same kept number only when one of them is stopped here: the database would refuse both. check.c sees the grid, which
 * still holds all of them, so nothing more is to be done. */
static int validate_batch(struct db *db, void *context, struct err *err)
{
    struct validating *v = context;
    struct grid_session *session = v->session;
    if (v->runs++)
        session_forget(session);
    v->batch = (struct grid_validation){0};
    v->next_id = 0;
    ARENA_AUTO arena = {0};
    struct staged *sales = NULL;
    size_t count = 0;
    /* A run that was killed may have received a change that it did not stage: no document is made of what the till has changed since. */
    struct staged_query query = {.link_id = session->rules.link_id, .first_id = v->first_id, .last_id = v->last_id, .kind = v->kind, .limit = v->limit, .settled = true};
    int rc = staged_load(db, session->company->id, &arena, &query, &sales, &count, err);
    if (rc != OK || !count)
        return rc;
    v->reached_id = sales[count - 1].id;
    struct posting *postings = arena_array(&arena, 2 * count, sizeof *postings);
    struct outgoing *outgoing = arena_array(&arena, count, sizeof *outgoing);
    if (!postings || !outgoing)
        return err_memory(err);
    size_t posting_count = 0, outgoing_count = 0;
    for (size_t i = 0; rc == OK && i < count; i++) {
        size_t made = 0;
        rc = check_one(v, &arena, &sales[i], postings + posting_count, &made, err);
        if (rc == OK && made)
            outgoing[outgoing_count++] = (struct outgoing){.staged = &sales[i], .first_posting = posting_count, .posting_count = made};
        posting_count += made;
    }
    if (rc == OK && posting_count)
        rc = posting_run(session->posting, postings, posting_count, err);
    if (rc == OK)
        rc = settle(v, outgoing, outgoing_count, postings, err);
    if (rc != OK)
        return rc;
    count_postings(&v->batch, postings, posting_count);
    v->next_id = count == (size_t)v->limit ? v->reached_id + 1 : 0;
    return OK;
}

void grid_validation_add(struct grid_validation *sum, const struct grid_validation *part)
{
    sum->checked += part->checked;
    sum->documents += part->documents;
    sum->validated += part->validated;
    sum->blocked += part->blocked;
    sum->payments += part->payments;
    sum->reconciled += part->reconciled;
    sum->anomalies += part->anomalies;
}

/* ---- a sale that the books refuse ----
 * What no check foresees (a payment that is known already, a figure beyond all bounds) fails the whole batch. The batch is then gone through sale by sale, and the
 * sale that fails by itself stays, with the refusal as its anomaly. */

struct refusal { struct validating *v; const struct err *cause; };

static int store_refusal(struct db *db, void *context, struct err *err)
{
    const struct refusal *refusal = context;
    struct grid_session *session = refusal->v->session;
    int64_t company_id = session->company->id, id = refusal->v->reached_id;
    ARENA_AUTO arena = {0};
    BUF_AUTO text = {0};
    struct staged *staged = NULL;
    size_t count = 0;
    struct staged_query query = {.link_id = session->rules.link_id, .first_id = id, .last_id = id, .limit = 1};
    int rc = staged_load(db, company_id, &arena, &query, &staged, &count, err);
    if (rc != OK || !count)
        return rc;
    err_format(refusal->cause, &text);
    if (buf_failed(&text))
        return err_memory(err);
    struct anomaly anomaly = {.code = ANOMALY_NOT_POSTED, .cause_key = staged->sale.id, .args = {buf_str(&text)}, .arg_count = 1, .amount_cents = staged->sale.total_cents};
    return check_store(db, company_id, staged, &(struct check){.anomalies = &anomaly, .count = 1, .blocked = true}, err);
}

/* One batch in its transaction. Only a refusal of the data is the sale's fault; a full disk refuses the anomaly as well, and ends the run. */
static int run_batch(struct validating *v, struct err *err)
{
    v->runs = 0;
    v->reached_id = 0;
    int rc = db_transact(v->session->db, validate_batch, v, err);
    if (rc == OK)
        return OK;
    session_forget(v->session);
    if (rc != ERR_DATA || !v->reached_id || v->limit > 1)
        return rc;
    struct err cause = *err;
    err_clear(err);
    rc = db_transact(v->session->db, store_refusal, &(struct refusal){.v = v, .cause = &cause}, err);
    v->batch = (struct grid_validation){.checked = 1, .anomalies = 1};
    v->next_id = v->reached_id + 1;
    return rc;
}

/* The failed batch again, sale by sale. */
static int run_singly(struct validating *v, struct grid_validation *sum, struct err *err)
{
    int64_t last_id = v->reached_id;
    int rc = OK;
    err_clear(err);
    v->limit = 1;
    do {
        rc = run_batch(v, err);
        if (rc == OK)
            grid_validation_add(sum, &v->batch);
        v->first_id = v->next_id;
    } while (rc == OK && v->next_id && v->next_id <= last_id);
    v->limit = GRID_BATCH;
    return rc;
}

static int validate_range(struct validating *v, int64_t total, grid_progress_fn *progress, void *progress_context, struct grid_validation *sum, struct err *err)
{
    do {
        if (interrupt_requested())
            return err_set(err, ERR_CANCELLED, N_("interrupted: what was done stays, start again to go on"));
        int rc = run_batch(v, err);
        if (rc == OK)
            grid_validation_add(sum, &v->batch);
        else if (rc == ERR_DATA && v->reached_id)
            rc = run_singly(v, sum, err);
        if (rc != OK)
            return rc;
        if (progress)
            progress(progress_context, sum->checked, total);
        v->first_id = v->next_id;
    } while (v->next_id);
    return OK;
}

static int count_staged(struct grid_session *session, struct str kind, int64_t *ret, struct err *err)
{
    static const char COUNT_STAGED[] = "SELECT COUNT(*) FROM grid_sale WHERE company_id = $1 AND link_id = $2 AND kind = $3";
    int rc = db_query_int(session->db, ret, COUNT_STAGED, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_STR(kind));
    return rc < 0 ? rc : OK;
}

static int validate_all(struct grid_session *session, grid_progress_fn *progress, void *progress_context, struct grid_validation *sum, struct err *err)
{
    enum { KINDS = 2 };
    const struct str kinds[KINDS] = {STR("sale"), STR("refund")};
    int64_t counts[KINDS];
    int rc = OK;
    for (size_t i = 0; rc == OK && i < KINDS; i++)
        rc = count_staged(session, kinds[i], &counts[i], err);
    for (size_t i = 0; rc == OK && i < KINDS; i++) {
        struct validating v = {.session = session, .kind = kinds[i], .limit = GRID_BATCH, .first_id = 0, .last_id = INT64_MAX};
        if (counts[i] > 0)
            rc = validate_range(&v, counts[0] + counts[1], progress, progress_context, sum, err);
    }
    return rc;
}

static int validate_named(struct grid_session *session, const struct str *selection, size_t count, grid_progress_fn *progress, void *progress_context,
                          struct grid_validation *sum, struct err *err)
{
    static const char SELECT_LINK[] = "SELECT link_id FROM grid_sale WHERE company_id = $1 AND grid_sale_id = $2";
    int rc = OK;
    for (size_t i = 0; rc == OK && i < count; i++) {
        int64_t id = 0, link_id = 0;
        rc = grid_find(session->db, session->company->id, selection[i], &id, err);
        if (rc == OK)
            rc = db_query_int(session->db, &link_id, SELECT_LINK, err, DB_INT(session->company->id), DB_INT(id));
        if (rc < 0 || (rc >= 0 && link_id != session->rules.link_id)) {
            rc = rc < 0 ? rc : OK;  /* another link's session validates it by its own rules */
            continue;
        }
        struct validating v = {.session = session, .kind = STR(""), .limit = 1, .first_id = id, .last_id = id};
        rc = validate_range(&v, (int64_t)count, progress, progress_context, sum, err);
    }
    return rc;
}

int grid_validate(struct grid_session *session, const struct str *selection, size_t selection_count, grid_progress_fn *progress, void *progress_context,
                  struct grid_validation *ret, struct err *err)
{
    struct grid_validation sum = {0};
    int rc = selection_count ? validate_named(session, selection, selection_count, progress, progress_context, &sum, err)
                             : validate_all(session, progress, progress_context, &sum, err);
    *ret = sum;  /* told even when it stopped half-way: those batches are committed */
    return rc;
}
