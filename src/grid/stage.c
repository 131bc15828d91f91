/* stage.c: received sales into the grid. A sale goes to exactly one place: the grid, or skipped with a reason; one that is a document already and
 * changed at the till comes back as a correction that waits for a person. */
#include "grid/file_int.h"

bool sale_is_zero(const struct sale *sale)
{
    if (sale->total_cents || sale->tip_cents)
        return false;
    for (size_t i = 0; i < sale->line_count; i++)
        if (sale->lines[i].total_cents)
            return false;
    for (size_t i = 0; i < sale->payment_count; i++)
        if (sale->payments[i].amount_cents)
            return false;
    return true;
}

/* Why a sale is not for the grid, or NULL. */
static const char *skip_reason(const struct sale *sale)
{
    switch (sale->state) {
    case SALE_OPEN: return "open";
    case SALE_CANCELLED: return "cancelled";
    case SALE_TRAINING: return "training";
    case SALE_DELETED: return "deleted";
    case SALE_PAID:
    case SALE_UNKNOWN_STATE: break;
    }
    return sale->fault_count == 0 && sale_is_zero(sale) ? "zero" : NULL;
}

/* ---- rows ---- */

int staged_delete_range(struct db *db, int64_t company_id, int64_t first_id, int64_t last_id, struct err *err)
{
    static const char *const DELETES[] = {
        "DELETE FROM grid_line WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3",
        "DELETE FROM grid_tax WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3",
        "DELETE FROM grid_payment WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3",
        "DELETE FROM grid_sale WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3",
    };
    int rc = OK;
    for (size_t i = 0; rc == OK && i < sizeof DELETES / sizeof *DELETES; i++)
        rc = db_exec(db, DELETES[i], err, DB_INT(company_id), DB_INT(first_id), DB_INT(last_id));
    return rc;
}

static int write_children(struct db *db, int64_t company_id, int64_t id, const struct sale *sale, struct err *err)
{
    static const char INSERT_LINE[] =
        "INSERT INTO grid_line (company_id, grid_sale_id, line_no, till_article_id, declination_id, reference, label, category, quantity_milli, unit,"
        " unit_price_e4, discount_cents, total_cents, rate_bp, options) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    static const char INSERT_TAX[] =
        "INSERT INTO grid_tax (company_id, grid_sale_id, rate_bp, tax_cents) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (company_id, grid_sale_id, rate_bp) DO UPDATE SET tax_cents = grid_tax.tax_cents + excluded.tax_cents";
    static const char INSERT_PAYMENT[] =
        "INSERT INTO grid_payment (company_id, grid_sale_id, payment_no, till_payment_id, till_type, label, amount_cents, paid_utc)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    int rc = OK;
    for (size_t i = 0; rc == OK && i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];
        rc = db_exec(db, INSERT_LINE, err, DB_INT(company_id), DB_INT(id), DB_INT((int64_t)i + 1), DB_STR(line->article_id), DB_STR(line->declination_id),
                     DB_STR(line->reference), DB_STR(line->label.p ? line->label : STR("")), DB_STR(line->category), DB_INT(line->quantity_milli),
                     DB_STR(line->unit.p ? line->unit : STR("")), DB_INT(line->unit_price_e4), DB_INT(line->discount_cents), DB_INT(line->total_cents),
                     line->has_rate ? DB_INT(line->rate_bp) : DB_NIL, DB_STR(line->options));
    }
    for (size_t i = 0; rc == OK && i < sale->tax_count; i++)
        rc = db_exec(db, INSERT_TAX, err, DB_INT(company_id), DB_INT(id), DB_INT(sale->taxes[i].rate_bp), DB_INT(sale->taxes[i].tax_cents));
    for (size_t i = 0; rc == OK && i < sale->payment_count; i++) {
        const struct sale_payment *payment = &sale->payments[i];
        rc = db_exec(db, INSERT_PAYMENT, err, DB_INT(company_id), DB_INT(id), DB_INT((int64_t)i + 1), DB_STR(payment->id),
                     DB_STR(payment->type.p ? payment->type : STR("")), DB_STR(payment->label.p ? payment->label : STR("")), DB_INT(payment->amount_cents),
                     payment->has_paid_utc ? DB_INT(payment->paid_utc) : DB_NIL);
    }
    return rc;
}

int staged_write(struct db *db, int64_t company_id, struct staged *staged, struct err *err)
{
    static const char INSERT_SALE[] =
        "INSERT INTO grid_sale (company_id, grid_sale_id, link_id, till_sale_id, number, kind, day, closed_utc, refund_of, customer_key, customer_code,"
        " company_name, last_name, first_name, email, phone, address, postcode, town, country, vat_number, salesperson, total_cents, tip_cents, revision,"
        " accepted, edited, blocked)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, 0)";
    int rc = staged->id ? staged_delete_range(db, company_id, staged->id, staged->id, err) : db_reserve_ids(db, company_id, "grid_sale", 1, &staged->id, err);
    if (rc != OK)
        return rc;
    const struct sale *sale = &staged->sale;
    const struct sale_customer *customer = &sale->customer;
    rc = db_exec(db, INSERT_SALE, err, DB_INT(company_id), DB_INT(staged->id), DB_INT(staged->link_id), DB_STR(sale->id), DB_STR(sale->number.p ? sale->number : STR("")),
                 DB_STR(sale->is_refund ? STR("refund") : STR("sale")), staged->has_day ? DB_INT(staged->day) : DB_NIL,
                 sale->has_closed_utc ? DB_INT(sale->closed_utc) : DB_NIL, DB_STR(sale->refund_of), DB_STR(customer->id), DB_STR(customer->code),
                 DB_STR(customer->company_name), DB_STR(customer->last_name), DB_STR(customer->first_name), DB_STR(customer->email), DB_STR(customer->phone),
                 DB_STR(customer->address), DB_STR(customer->postcode), DB_STR(customer->town), DB_STR(customer->country), DB_STR(customer->vat_number),
                 DB_STR(sale->salesperson), DB_INT(sale->total_cents), DB_INT(sale->tip_cents), DB_INT(staged->revision), DB_INT(staged->accepted),
                 DB_INT(staged->edited));
    return rc == OK ? write_children(db, company_id, staged->id, sale, err) : rc;
}

/* ---- one received sale ---- */

struct received { struct str id; int64_t seq, previous_seq, document_id; };
struct staging_outcome { struct str id; enum grid_outcome outcome; const char *reason; };

struct staging {
    struct grid_session *session;
    int limit;
    grid_reader_fn *reader;
    void *reader_context;
    struct arena batch;
    struct staging_outcome *outcomes; /* told only once they are committed */
    int64_t count;
    int runs;                  /* how often the body began */
};

static int grid_id_of(struct grid_session *session, struct str till_sale_id, int64_t *ret, struct err *err)
{
    static const char SELECT_GRID_ID[] = "SELECT grid_sale_id FROM grid_sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    *ret = 0;
    int rc = db_query_int(session->db, ret, SELECT_GRID_ID, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_STR(till_sale_id));
    return rc < 0 ? rc : OK;
}

/* What the register shows of a sale beside its place: its number and day. */
static int register_describe(struct grid_session *session, const struct staged *staged, struct err *err)
{
    static const char UPDATE_DESCRIPTION[] =
        "UPDATE sale SET number = $4, day = $5, closed_utc = $6 WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    const struct sale *sale = &staged->sale;
    return db_exec(session->db, UPDATE_DESCRIPTION, err, DB_INT(session->company->id), DB_INT(staged->link_id), DB_STR(sale->id), DB_STR(sale->number),
                   staged->has_day ? DB_INT(staged->day) : DB_NIL, sale->has_closed_utc ? DB_INT(sale->closed_utc) : DB_NIL);
}

static int remove_staged(struct grid_session *session, int64_t grid_id, struct str till_sale_id, struct err *err)
{
    if (!grid_id)
        return OK;
    int rc = anomaly_set(session->db, session->company->id, session->rules.link_id, "sale", till_sale_id, NULL, 0, err);
    return rc == OK ? staged_delete_range(session->db, session->company->id, grid_id, grid_id, err) : rc;
}

/* Writes the row, checks it, and stores what is wrong with it together with what could not be read. */
static int stage_row(struct grid_session *session, struct arena *arena, struct staged *staged, struct err *err)
{
    int rc = staged_write(session->db, session->company->id, staged, err);
    struct check check = {0};
    if (rc == OK)
        rc = staged_check(session, staged, false, arena, &check, err);
    return rc == OK ? check_store(session->db, session->company->id, staged, &check, err) : rc;
}

static struct staged staged_of(const struct grid_session *session, const struct sale *sale)
{
    struct staged staged = {.link_id = session->rules.link_id, .sale = *sale, .has_day = sale->has_closed_utc};
    if (sale->has_closed_utc)
        staged.day = zone_business_day(session->company->zone, sale->closed_utc, session->company->cutoff_minutes);
    return staged;
}

/* Revision of the correction to come: one above what documents of the sale have. */
static int next_revision(struct grid_session *session, struct str till_sale_id, int *ret, struct err *err)
{
    static const char SELECT_REVISION[] = "SELECT MAX(revision) FROM document WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    int64_t revision = 0;
    int rc = db_query_int(session->db, &revision, SELECT_REVISION, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_STR(till_sale_id));
    *ret = (int)revision + 1;
    return rc < 0 ? rc : OK;
}

/* A journal body into a sale: a record of the till by its profile's reader; rows of a file of ours, which a till's sale may have gone through, by our own. */
static int read_body(const struct staging *staging, struct str body, struct arena *arena, struct sale *ret, struct err *err)
{
    return file_body_is(body) ? file_body_read(body, staging->session->company, arena, ret, err) : staging->reader(staging->reader_context, body, arena, ret, err);
}

/* A sale that is no longer one differs by that alone; so does one that came back. */
static struct str difference_with_state(struct arena *arena, const struct sale *before, const struct sale *after)
{
    const char *gone_before = skip_reason(before), *gone = skip_reason(after);
    if (gone && gone_before)
        return STR("");
    if (gone)
        return str_from(gone);
    return gone_before ? arena_format(arena, "%s → paid", gone_before) : sale_difference(arena, before, after);
}

/* The sale is a document: does what changed matter? */
static int stage_correction(struct staging *staging, struct arena *arena, const struct received *received, struct staged *staged, enum grid_outcome *ret_outcome,
                            const char **ret_reason, struct err *err)
{
    struct grid_session *session = staging->session;
    struct str body = {0};
    struct sale before = {0};
    int rc = journal_body(session->db, session->company->id, received->previous_seq, arena, &body, err);
    if (rc < 0)
        return rc;
    rc = read_body(staging, body, arena, &before, err);
    if (rc != OK)
        return rc;
    const char *gone = skip_reason(&staged->sale);
    staged->difference = difference_with_state(arena, &before, &staged->sale);
    if (!staged->difference.p)
        return err_memory(err);
    int64_t grid_id = 0;
    rc = grid_id_of(session, received->id, &grid_id, err);
    if (rc == OK && !staged->difference.n) {
        /* Changed back, perhaps: a correction that was proposed has lost its reason. */
        rc = remove_staged(session, grid_id, received->id, err);
        *ret_outcome = GRID_SKIPPED;
        *ret_reason = "no figure changed";
        return rc != OK ? rc : register_move(session->db, session->company->id, staged->link_id, received->id, "document", NULL, received->document_id, err);
    }
    if (rc == OK && gone) {
        /* Cancelled at the till: the correction is a credit note alone. */
        staged->sale.line_count = staged->sale.payment_count = staged->sale.tax_count = 0;
        staged->sale.total_cents = staged->sale.tip_cents = 0;
    }
    staged->id = grid_id;
    if (rc == OK)
        rc = next_revision(session, received->id, &staged->revision, err);
    if (rc == OK)
        rc = stage_row(session, arena, staged, err);
    *ret_outcome = GRID_CORRECTION;
    return rc == OK ? register_move(session->db, session->company->id, staged->link_id, received->id, "staged", NULL, received->document_id, err) : rc;
}

static int stage_new(struct staging *staging, struct arena *arena, const struct received *received, struct staged *staged, enum grid_outcome *ret_outcome,
                     const char **ret_reason, struct err *err)
{
    struct grid_session *session = staging->session;
    int64_t company_id = session->company->id;
    const char *reason = skip_reason(&staged->sale);
    int rc = grid_id_of(session, received->id, &staged->id, err);
    if (rc == OK && reason) {
        rc = remove_staged(session, staged->id, received->id, err);
        *ret_outcome = GRID_SKIPPED;
        *ret_reason = reason;
        return rc == OK ? register_move(session->db, company_id, staged->link_id, received->id, "skipped", reason, 0, err) : rc;
    }
    *ret_outcome = staged->id ? GRID_REPLACED : GRID_STAGED;
    if (rc == OK)
        rc = stage_row(session, arena, staged, err);
    return rc == OK ? register_move(session->db, company_id, staged->link_id, received->id, "staged", NULL, 0, err) : rc;
}

static int stage_one(struct staging *staging, struct arena *arena, const struct received *received, struct staging_outcome *ret, struct err *err)
{
    struct grid_session *session = staging->session;
    struct str body = {0};
    struct sale sale = {0};
    int rc = journal_body(session->db, session->company->id, received->seq, arena, &body, err);
    if (rc == 0)
        return err_set(err, ERR_DATA, N_("the journal has lost record %s: restore the database from a backup"), ERR_INT(received->seq));
    if (rc > 0)
        rc = read_body(staging, body, arena, &sale, err);
    if (rc != OK)
        return rc;
    sale.id = received->id;
    struct staged staged = staged_of(session, &sale);
    enum grid_outcome outcome = GRID_STAGED;
    const char *reason = NULL;
    rc = register_describe(session, &staged, err);
    if (rc == OK)
        rc = received->document_id ? stage_correction(staging, arena, received, &staged, &outcome, &reason, err)
                                   : stage_new(staging, arena, received, &staged, &outcome, &reason, err);
    *ret = (struct staging_outcome){.id = received->id, .outcome = outcome, .reason = reason};
    return rc;
}

static int stage_body(struct db *db, void *context, struct err *err)
{
    static const char SELECT_RECEIVED[] =
        "SELECT till_sale_id, journal_seq, COALESCE(previous_seq, 0), COALESCE(document_id, 0) FROM sale"
        " WHERE company_id = $1 AND link_id = $2 AND state = 'received' ORDER BY journal_seq LIMIT $3";
    struct staging *staging = context;
    struct grid_session *session = staging->session;
    if (staging->runs++)
        session_forget(session);
    arena_reset(&staging->batch);
    ARENA_AUTO arena = {0};
    struct received *received = NULL;
    size_t count = 0;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_RECEIVED, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_INT(staging->limit));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        received = array_grown(&staging->batch, received, count, sizeof *received);
        if (!received)
            return err_memory(err);
        received[count] = (struct received){.id = arena_copy(&staging->batch, db_text(&rows, 0)), .seq = db_int(&rows, 1), .previous_seq = db_int(&rows, 2),
                                            .document_id = db_int(&rows, 3)};
        if (!received[count++].id.p)
            return err_memory(err);
        rc = OK;
    }
    db_rows_close(&rows);
    staging->outcomes = arena_array(&staging->batch, count, sizeof *staging->outcomes);
    if (rc == OK && !staging->outcomes)
        return err_memory(err);
    for (size_t i = 0; rc == OK && i < count; i++) {
        arena_reset(&arena);
        rc = stage_one(staging, &arena, &received[i], &staging->outcomes[i], err);
    }
    staging->count = (int64_t)count;
    return rc;
}

int grid_stage_received(struct grid_session *session, int limit, grid_reader_fn *reader, void *reader_context, grid_outcome_fn *on_outcome, void *outcome_context,
                        int64_t *ret_count, struct err *err)
{
    struct staging staging = {.session = session, .limit = limit, .reader = reader, .reader_context = reader_context};
    int rc = db_transact(session->db, stage_body, &staging, err);
    for (int64_t i = 0; rc == OK && i < staging.count; i++)
        rc = on_outcome(outcome_context, staging.outcomes[i].id, staging.outcomes[i].outcome, staging.outcomes[i].reason, err);
    if (rc == OK)
        *ret_count = staging.count;
    arena_release(&staging.batch);
    return rc;
}

int stage_from_file(struct grid_session *session, const struct staged *file, struct str body, enum grid_seen *ret_seen, struct err *err)
{
    const struct sale *sale = &file->sale;
    int64_t company_id = session->company->id, link_id = session->rules.link_id;
    ARENA_AUTO arena = {0};
    struct registered known = {0};
    int rc = register_find(session->db, company_id, link_id, &arena, sale->id, &known, err);
    if (rc != OK)
        return rc;
    if (known.found && known.document_id)
        return err_set(err, ERR_DATA, N_("sale %s is a document already: correct it by a credit note, or give the file's sale another number"), ERR_STR(sale->id));
    struct grid_record record = {.id = sale->id, .body = body};
    sha256(body, record.fingerprint);
    enum grid_seen seen = GRID_NEW;
    rc = grid_receive(session->db, company_id, link_id, session->run_id, session->now_utc, &record, 1, &seen, err);
    if (rc != OK)
        return rc;
    if (seen == GRID_UNCHANGED && str_equal(known.state, STR("staged"))) {
        *ret_seen = seen;
        return OK;
    }
    struct staged staged = staged_of(session, sale);
    staged.accepted = file->accepted;
    staged.edited = file->edited;
    rc = grid_id_of(session, sale->id, &staged.id, err);
    if (rc == OK)
        rc = register_describe(session, &staged, err);
    if (rc == OK)
        rc = stage_row(session, &arena, &staged, err);
    if (rc == OK)
        rc = register_move(session->db, company_id, link_id, sale->id, "staged", NULL, 0, err);
    if (rc == OK)
        *ret_seen = seen == GRID_UNCHANGED ? GRID_NEW : seen;  /* known, but it had been purged or skipped: new to the grid */
    return rc;
}

int grid_stage_sale(struct grid_session *session, const struct sale *sale, struct str body, enum grid_seen *ret_seen, struct err *err)
{
    return stage_from_file(session, &(struct staged){.sale = *sale}, body, ret_seen, err);
}
