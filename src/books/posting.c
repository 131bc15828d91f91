/* posting.c: batches of postings become documents, in the caller's transaction. Everything is decided in memory first (VAT, refusals, numbers), then
 * written table by table as drafts, then validated by one statement, so that the database's own refusal to touch a validated document never
 * stands in the way. Used by the grid through books.h. */
#include "base/mem.h"
#include "books/document_int.h"

struct posting_session {
    struct db *db;
    int64_t company_id;
    struct posting_options options;
    struct stock_levels levels;
    struct arena arena; /* of one posting_run */
    struct buf text;    /* scratch: block JSON, canonical text */
};

/* What is decided about one posting before anything is written. */
struct plan {
    const struct posting *posting;
    struct document_row row;
    int64_t *nets;
    struct document_tax *taxes;
    size_t tax_count;
    struct str block;
    int64_t first_payment_id;
    bool validated, reconciled;
};
struct batch {
    struct posting_session *session;
    struct plan *plans;
    size_t count;
    size_t validated_count;
};

int posting_session_new(struct posting_session **ret, struct db *db, int64_t company_id, const struct posting_options *options, struct err *err)
{
    struct posting_session *session = mem_alloc_zero(1, sizeof *session);

    if (session == NULL)
        return err_memory(err);
    session->db = db;
    session->company_id = company_id;
    session->options = *options;
    stock_levels_init(&session->levels, db, company_id, options->refuse_negative_stock);
    *ret = session;
    return OK;
}

void posting_session_free(struct posting_session *session)
{
    if (session == NULL)
        return;
    stock_levels_release(&session->levels);
    arena_release(&session->arena);
    buf_release(&session->text);
    mem_free(session);
}

void posting_session_reset(struct posting_session *session)
{
    stock_levels_reset(&session->levels);
}

/* ---- what is decided in memory ---- */

static void plan_row(struct plan *plan, const struct posting_options *options)
{
    const struct posting *posting = plan->posting;

    plan->row = (struct document_row){
        .kind = posting->kind,
        .number = posting->number,
        .day = posting->day,
        .at_utc = posting->at_utc,
        .customer_id = posting->customer_id,
        .salesperson = posting->salesperson,
        .total_cents = posting->total_cents,
        .tip_cents = posting->tip_cents,
        .link_id = posting->link_id,
        .till_sale_id = posting->till_sale_id,
        .till_number = posting->till_number,
        .revision = posting->revision,
        .origin_id = posting->origin_id,
        .run_id = options->run_id,
        .validated_utc = options->now_utc,
    };
    for (size_t i = 0; i < plan->tax_count; i++)
        plan->row.tax_cents += plan->taxes[i].tax_cents;
}

static bool line_moves_stock(const struct posting_line *line)
{
    return line->stock_managed && line->article_id != 0 && line->quantity_milli != 0;
}

/* Takes the stock that the document needs, or sets the block. */
static int plan_stock(struct posting_session *session, struct plan *plan, struct err *err)
{
    const struct posting *posting = plan->posting;

    stock_levels_document(&session->levels);
    for (size_t i = 0; i < posting->line_count; i++) {
        const struct posting_line *line = &posting->lines[i];
        if (!line_moves_stock(line))
            continue;
        int code = stock_levels_use(&session->levels, line->article_id, text_or_empty(line->code), line->quantity_milli, err);
        if (code < 0)
            return code;
    }
    buf_reset(&session->text);
    int code = stock_levels_settle(&session->levels, posting->kind == DOCUMENT_INVOICE, &session->text, err);
    if (code < 0)
        return code;
    if (buf_failed(&session->text))
        return err_memory(err);
    if (session->text.n == 0)
        return OK;
    plan->block = arena_copy(&session->arena, buf_str(&session->text));
    return plan->block.p == NULL ? err_memory(err) : OK;
}

static int plan_one(struct posting_session *session, const struct posting *posting, struct plan *plan, struct err *err)
{
    plan->posting = posting;
    plan->nets = arena_array(&session->arena, posting->line_count, sizeof *plan->nets);
    plan->taxes = arena_array(&session->arena, posting->line_count + posting->tax_count, sizeof *plan->taxes);
    if (plan->nets == NULL || plan->taxes == NULL)
        return err_memory(err);
    int code = document_compute(posting, plan->nets, plan->taxes, &plan->tax_count, err);
    if (code < 0)
        return code;
    plan_row(plan, &session->options);
    if (posting->kind == DOCUMENT_ORDER) { /* moves nothing, so nothing can block it */
        plan->validated = true;
        return OK;
    }
    if (!session->options.validate)
        return OK;
    code = plan_stock(session, plan, err);
    plan->validated = plan->block.p == NULL;
    return code;
}

static int batch_plan(struct batch *batch, const struct posting *postings, struct err *err)
{
    batch->plans = arena_array(&batch->session->arena, batch->count, sizeof *batch->plans);
    if (batch->plans == NULL)
        return err_memory(err);
    for (size_t i = 0; i < batch->count; i++) {
        int code = plan_one(batch->session, &postings[i], &batch->plans[i], err);
        if (code < 0)
            return code;
        batch->validated_count += batch->plans[i].validated;
    }
    return OK;
}

/* ---- identities and numbers ---- */

static int batch_reserve_ids(struct batch *batch, struct err *err)
{
    struct posting_session *session = batch->session;
    int64_t document_id, payment_id = 0, payments = 0;

    for (size_t i = 0; i < batch->count; i++)
        payments += (int64_t)batch->plans[i].posting->payment_count;
    int code = db_reserve_ids(session->db, session->company_id, "document", (int64_t)batch->count, &document_id, err);
    if (code >= 0 && payments > 0)
        code = db_reserve_ids(session->db, session->company_id, "payment", payments, &payment_id, err);
    if (code < 0)
        return code;
    for (size_t i = 0; i < batch->count; i++) {
        batch->plans[i].row.id = document_id + (int64_t)i;
        batch->plans[i].first_payment_id = payment_id;
        payment_id += (int64_t)batch->plans[i].posting->payment_count;
    }
    return OK;
}

static bool takes_number(const struct plan *plan, enum document_kind kind)
{
    return plan->posting->kind == kind && plan->validated && plan->posting->number.p == NULL;
}

static int batch_number(struct batch *batch, enum document_kind kind, struct err *err)
{
    struct posting_session *session = batch->session;
    size_t wanted = 0, taken = 0;

    for (size_t i = 0; i < batch->count; i++)
        wanted += takes_number(&batch->plans[i], kind);
    struct str *numbers = arena_array(&session->arena, wanted, sizeof *numbers);
    if (numbers == NULL)
        return err_memory(err);
    int code = sequence_take(session->db, session->company_id, kind, wanted, &session->arena, numbers, err);
    if (code < 0)
        return code;
    for (size_t i = 0; i < batch->count; i++) {
        if (takes_number(&batch->plans[i], kind))
            batch->plans[i].row.number = numbers[taken++];
    }
    return OK;
}

/* ---- the rows, table by table ---- */

static int insert_lines(struct posting_session *session, const struct plan *plan, struct err *err)
{
    int code = OK;

    for (size_t i = 0; code >= 0 && i < plan->posting->line_count; i++) {
        struct document_line_row row = {.line_no = (int64_t)i + 1, .net_cents = plan->nets[i], .line = plan->posting->lines[i]};
        code = row_insert_line(session->db, session->company_id, plan->row.id, &row, err);
    }
    return code;
}

static int insert_taxes(struct posting_session *session, const struct plan *plan, struct err *err)
{
    int code = OK;

    for (size_t i = 0; code >= 0 && i < plan->tax_count; i++)
        code = row_insert_tax(session->db, session->company_id, plan->row.id, &plan->taxes[i], err);
    return code;
}

static int insert_payments(struct posting_session *session, const struct plan *plan, struct err *err)
{
    int code = OK;

    for (size_t i = 0; code >= 0 && i < plan->posting->payment_count; i++)
        code = row_insert_payment(session->db, session->company_id, plan->first_payment_id + (int64_t)i, &plan->row, &plan->posting->payments[i], err);
    return code;
}

static int insert_allocations(struct posting_session *session, struct plan *plan, struct err *err)
{
    int64_t open_cents = plan->row.total_cents;
    int code = OK;

    for (size_t i = 0; code >= 0 && i < plan->posting->payment_count; i++) {
        int64_t part = allocation_part(plan->posting->payments[i].amount_cents, &open_cents);
        if (part != 0)
            code = row_insert_allocation(session->db, session->company_id, plan->row.id, plan->first_payment_id + (int64_t)i, part, err);
    }
    plan->reconciled = open_cents == 0;
    return code;
}

static int insert_moves(struct posting_session *session, const struct plan *plan, struct err *err)
{
    int code = OK;

    for (size_t i = 0; code >= 0 && i < plan->posting->line_count; i++) {
        const struct posting_line *line = &plan->posting->lines[i];
        if (line_moves_stock(line))
            code = row_insert_move(session->db, session->company_id, &plan->row, (int64_t)i + 1, line->article_id, -line->quantity_milli, err);
    }
    return code;
}

/* Table by table rather than document by document: each table's tree is then filled at its end, page after page. */
static int batch_insert(struct batch *batch, struct err *err)
{
    struct posting_session *session = batch->session;
    int code = OK;

    for (size_t i = 0; code >= 0 && i < batch->count; i++)
        code = row_insert_document(session->db, session->company_id, &batch->plans[i].row, batch->plans[i].block, err);
    for (size_t i = 0; code >= 0 && i < batch->count; i++)
        code = insert_lines(session, &batch->plans[i], err);
    for (size_t i = 0; code >= 0 && i < batch->count; i++)
        code = insert_taxes(session, &batch->plans[i], err);
    for (size_t i = 0; code >= 0 && i < batch->count; i++) {
        const struct document_row *row = &batch->plans[i].row;
        code = row_insert_due(session->db, session->company_id, row->id, row->day, row->total_cents, err);
    }
    for (size_t i = 0; code >= 0 && i < batch->count; i++)
        code = insert_payments(session, &batch->plans[i], err);
    for (size_t i = 0; code >= 0 && i < batch->count; i++) {
        struct plan *plan = &batch->plans[i];
        if (!plan->validated || plan->row.kind == DOCUMENT_ORDER)
            continue; /* its payments wait, or stand as deposits */
        code = insert_allocations(session, plan, err);
        if (code >= 0)
            code = insert_moves(session, plan, err);
    }
    return code;
}

/* ---- validation and journal ---- */

static const char VALIDATE_RANGE[] =
    "UPDATE document SET state = 'validated', validated_utc = $4 "
    "WHERE company_id = $1 AND document_id BETWEEN $2 AND $3 AND block IS NULL AND ($5 = 1 OR kind = 'order')";

static int batch_validate(struct batch *batch, struct err *err)
{
    struct posting_session *session = batch->session;
    int64_t rows;
    int code = db_exec_count(session->db, VALIDATE_RANGE, &rows, err, DB_INT(session->company_id), DB_INT(batch->plans[0].row.id),
                             DB_INT(batch->plans[batch->count - 1].row.id), DB_INT(session->options.now_utc), DB_INT(session->options.validate));
    if (code < 0)
        return code;
    if (rows != (int64_t)batch->validated_count)
        return err_set(err, ERR_INTERNAL, N_("%s documents were to be validated, but %s were: nothing was written"),
                       ERR_INT((int64_t)batch->validated_count), ERR_INT(rows));
    return OK;
}

static int plan_sha256(struct posting_session *session, const struct plan *plan, unsigned char ret[SHA256_SIZE], struct err *err)
{
    struct buf *text = &session->text;

    buf_reset(text);
    canonical_begin(text, &plan->row);
    for (size_t i = 0; i < plan->posting->line_count; i++) {
        struct document_line_row row = {.line_no = (int64_t)i + 1, .net_cents = plan->nets[i], .line = plan->posting->lines[i]};
        canonical_line(text, &row);
    }
    for (size_t i = 0; i < plan->tax_count; i++)
        canonical_tax(text, &plan->taxes[i]);
    canonical_due(text, DUE_NO, plan->row.day, plan->row.total_cents);
    if (buf_failed(text))
        return err_memory(err);
    sha256(buf_str(text), ret);
    return OK;
}

static int batch_journal(struct batch *batch, struct err *err)
{
    struct posting_session *session = batch->session;
    size_t count = 0;
    int64_t first_seq;
    struct journal_entry *entries = arena_array(&session->arena, batch->validated_count, sizeof *entries);

    if (entries == NULL)
        return err_memory(err);
    for (size_t i = 0; i < batch->count; i++) {
        const struct plan *plan = &batch->plans[i];
        if (!plan->validated)
            continue;
        struct journal_entry *entry = &entries[count++];
        *entry = (struct journal_entry){
            .kind = "document",
            .link_id = plan->row.link_id,
            .subject = arena_format(&session->arena, "%lld", (long long)plan->row.id),
            .at_utc = session->options.now_utc,
            .run_id = session->options.run_id,
        };
        if (entry->subject.p == NULL)
            return err_memory(err);
        int code = plan_sha256(session, plan, entry->sha256, err);
        if (code < 0)
            return code;
    }
    return journal_append(session->db, session->company_id, entries, count, &first_seq, err);
}

static int batch_run(struct batch *batch, const struct posting *postings, struct err *err)
{
    int code = batch_plan(batch, postings, err);

    for (enum document_kind kind = 0; code >= 0 && kind < DOCUMENT_KINDS; kind++)
        code = batch_number(batch, kind, err);
    if (code >= 0)
        code = batch_reserve_ids(batch, err);
    if (code >= 0)
        code = batch_insert(batch, err);
    if (code >= 0)
        code = batch_validate(batch, err);
    if (code >= 0)
        code = stock_levels_flush(&batch->session->levels, err);
    if (code >= 0)
        code = batch_journal(batch, err);
    return code;
}

int posting_run(struct posting_session *session, struct posting *postings, size_t count, struct err *err)
{
    struct batch batch = {.session = session, .count = count};

    if (count == 0)
        return OK;
    arena_reset(&session->arena);
    stock_levels_begin(&session->levels);
    int code = batch_run(&batch, postings, err);
    if (code < 0) {
        posting_session_reset(session);
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        postings[i].document_id = batch.plans[i].row.id;
        postings[i].validated = batch.plans[i].validated;
        postings[i].reconciled = batch.plans[i].reconciled;
    }
    return OK;
}
