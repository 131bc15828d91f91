/* resume.c: blocked drafts try again: the stock may have come. What is no longer blocked gets its number if it has none, moves the stock, takes the
 * payments that waited, and is frozen. Used by sync, grid and cli through books.h; it runs its own transactions, some hundred drafts each. */
#include "base/json.h"
#include "books/document_int.h"

enum { DRAFTS_PER_TRANSACTION = 200 };

static const char SELECT_BLOCKED[] =
    "SELECT document_id, kind, number, day, at_utc, total_cents, link_id, block FROM document WHERE company_id = $1 AND state = 'draft' "
    "AND block IS NOT NULL AND document_id > $2 AND (CAST($3 AS BIGINT) = 0 OR link_id = $3) ORDER BY document_id LIMIT $4";
static const char SELECT_ONE[] =
    "SELECT document_id, kind, number, day, at_utc, total_cents, link_id, block FROM document WHERE company_id = $1 AND state = 'draft' "
    "AND document_id = $2 AND (CAST($3 AS BIGINT) = 0 OR link_id = $3)";
static const char SELECT_CLOSED[] = "SELECT closed_until FROM company WHERE company_id = $1";
static const char SELECT_MOVES[] =
    "SELECT l.line_no, l.article_id, l.code, l.quantity_milli FROM document_line l "
    "JOIN article a ON a.company_id = l.company_id AND a.article_id = l.article_id "
    "WHERE l.company_id = $1 AND l.document_id = $2 AND a.stock_managed = 1 AND l.quantity_milli <> 0 ORDER BY l.line_no";
static const char SELECT_PAYMENTS[] = "SELECT payment_id, amount_cents FROM payment WHERE company_id = $1 AND document_id = $2 ORDER BY payment_id";
static const char VALIDATE_ONE[] =
    "UPDATE document SET state = 'validated', block = NULL, number = $3, validated_utc = $4 WHERE company_id = $1 AND document_id = $2";
static const char SET_BLOCK[] = "UPDATE document SET block = $3 WHERE company_id = $1 AND document_id = $2";

struct draft_move {
    struct draft_move *next;
    int64_t line_no, article_id, quantity_milli;
    struct str code;
};
struct draft {
    struct document_row row;
    struct str old_block, block;
    struct draft_move *moves;
};
struct resume {
    int64_t company_id, link_id;
    const struct posting_options *options;
    int64_t only_id;            /* 0 = every blocked draft */
    int64_t after_id;           /* drafts up to this one have been tried */
    struct stock_levels levels;
    struct arena arena;         /* of one transaction */
    /* set by the body, again at each of its runs: */
    struct draft *drafts;
    size_t count;
    bool has_closed;
    int64_t closed_until;
    struct resume_result result;
};

/* ---- reading ---- */

static int draft_read(struct resume *resume, struct db_rows *rows, struct draft *ret, struct err *err)
{
    *ret = (struct draft){
        .row = {
            .id = db_int(rows, 0),
            .number = arena_copy(&resume->arena, db_text(rows, 2)),
            .day = (int32_t)db_int(rows, 3),
            .at_utc = db_int(rows, 4),
            .total_cents = db_int(rows, 5),
            .link_id = db_int(rows, 6),
        },
        .old_block = arena_copy(&resume->arena, db_text(rows, 7)),
    };
    if ((ret->row.number.p == NULL && !db_is_null(rows, 2)) || (ret->old_block.p == NULL && !db_is_null(rows, 7)))
        return err_memory(err);
    return document_kind_parse(db_text(rows, 1), &ret->row.kind, err);
}

static int drafts_read(struct resume *resume, struct db *db, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code;

    resume->drafts = arena_array(&resume->arena, DRAFTS_PER_TRANSACTION, sizeof *resume->drafts);
    if (resume->drafts == NULL)
        return err_memory(err);
    if (resume->only_id != 0)
        code = db_query(db, &rows, SELECT_ONE, err, DB_INT(resume->company_id), DB_INT(resume->only_id), DB_INT(resume->link_id));
    else
        code = db_query(db, &rows, SELECT_BLOCKED, err, DB_INT(resume->company_id), DB_INT(resume->after_id), DB_INT(resume->link_id),
                        DB_INT(DRAFTS_PER_TRANSACTION));
    while (code >= 0 && (code = db_next(&rows, err)) > 0) {
        code = draft_read(resume, &rows, &resume->drafts[resume->count], err);
        if (code >= 0)
            resume->count++;
    }
    return code;
}

static int closed_read(struct resume *resume, struct db *db, struct err *err)
{
    int code = db_query_int(db, &resume->closed_until, SELECT_CLOSED, err, DB_INT(resume->company_id));

    resume->has_closed = code == 1;
    return code < 0 ? code : OK;
}

/* The moves that its lines ask for, in order, and their use of the stock. */
static int moves_read(struct resume *resume, struct db *db, struct draft *draft, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct draft_move **end = &draft->moves;
    int code = db_query(db, &rows, SELECT_MOVES, err, DB_INT(resume->company_id), DB_INT(draft->row.id));

    while (code >= 0 && (code = db_next(&rows, err)) > 0) {
        struct draft_move *move = arena_alloc(&resume->arena, sizeof *move);
        if (move == NULL)
            return err_memory(err);
        move->line_no = db_int(&rows, 0);
        move->article_id = db_int(&rows, 1);
        move->code = arena_copy(&resume->arena, db_text(&rows, 2));
        move->quantity_milli = db_int(&rows, 3);
        if (move->code.p == NULL)
            return err_memory(err);
        *end = move;
        end = &move->next;
    }
    return code;
}

/* ---- deciding ---- */

static bool is_closed(const struct resume *resume, const struct draft *draft)
{
    return resume->has_closed && draft->row.day <= resume->closed_until;
}

/* {"code":"closed","args":["2026-01-31"]}: the period up to that day was closed while the draft waited. */
static void append_closed(struct buf *block, int64_t closed_until)
{
    struct json_out out = {.buf = block};

    json_begin_object(&out);
    json_member_str(&out, "code", STR("closed"));
    json_key(&out, "args");
    json_begin_array(&out);
    BUF_AUTO day = {0};
    civil_append_day(&day, (int32_t)closed_until);
    json_put_str(&out, buf_str(&day));
    json_end_array(&out);
    json_end_object(&out);
}

static int draft_decide(struct resume *resume, struct db *db, struct draft *draft, struct err *err)
{
    BUF_AUTO block = {0};
    int code = OK;

    if (is_closed(resume, draft)) {
        append_closed(&block, resume->closed_until);
    } else {
        code = moves_read(resume, db, draft, err);
        stock_levels_document(&resume->levels);
        for (const struct draft_move *move = draft->moves; code >= 0 && move != NULL; move = move->next)
            code = stock_levels_use(&resume->levels, move->article_id, move->code, move->quantity_milli, err);
        if (code >= 0)
            code = stock_levels_settle(&resume->levels, draft->row.kind == DOCUMENT_INVOICE, &block, err);
    }
    if (code < 0)
        return code;
    if (buf_failed(&block))
        return err_memory(err);
    if (block.n == 0)
        return OK;
    draft->block = arena_copy(&resume->arena, buf_str(&block));
    return draft->block.p == NULL ? err_memory(err) : OK;
}

static bool takes_number(const struct draft *draft, enum document_kind kind)
{
    return draft->block.p == NULL && draft->row.kind == kind && draft->row.number.p == NULL;
}

static int drafts_number(struct resume *resume, struct db *db, enum document_kind kind, struct err *err)
{
    size_t indexes[DRAFTS_PER_TRANSACTION], wanted = 0;
    struct str numbers[DRAFTS_PER_TRANSACTION];

    for (size_t i = 0; i < resume->count; i++) {
        if (takes_number(&resume->drafts[i], kind))
            indexes[wanted++] = i;
    }
    int code = sequence_take(db, resume->company_id, kind, wanted, &resume->arena, numbers, err);
    if (code < 0)
        return code;
    for (size_t i = 0; i < wanted; i++)
        resume->drafts[indexes[i]].row.number = numbers[i];
    return OK;
}

/* ---- writing ---- */

static int draft_allocate(struct resume *resume, struct db *db, const struct draft *draft, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int64_t open_cents = draft->row.total_cents;
    int code = db_query(db, &rows, SELECT_PAYMENTS, err, DB_INT(resume->company_id), DB_INT(draft->row.id));

    while (code >= 0 && (code = db_next(&rows, err)) > 0) {
        int64_t part = allocation_part(db_int(&rows, 1), &open_cents);
        if (part != 0)
            code = row_insert_allocation(db, resume->company_id, draft->row.id, db_int(&rows, 0), part, err);
    }
    if (code >= 0 && open_cents == 0)
        resume->result.reconciled++;
    return code;
}

static int draft_validate(struct resume *resume, struct db *db, const struct draft *draft, struct err *err)
{
    int code = OK;

    for (const struct draft_move *move = draft->moves; code >= 0 && move != NULL; move = move->next)
        code = row_insert_move(db, resume->company_id, &draft->row, move->line_no, move->article_id, -move->quantity_milli, err);
    if (code >= 0)
        code = draft_allocate(resume, db, draft, err);
    if (code >= 0)
        code = db_exec(db, VALIDATE_ONE, err, DB_INT(resume->company_id), DB_INT(draft->row.id), DB_STR(draft->row.number),
                       DB_INT(resume->options->now_utc));
    resume->result.validated++;
    return code;
}

/* Still blocked: the reason is brought up to date, and the row left alone when it is the same. */
static int draft_keep(struct resume *resume, struct db *db, const struct draft *draft, struct err *err)
{
    resume->result.still_blocked++;
    if (str_equal(draft->block, draft->old_block))
        return OK;
    return db_exec(db, SET_BLOCK, err, DB_INT(resume->company_id), DB_INT(draft->row.id), DB_STR(draft->block));
}

static int drafts_journal(struct resume *resume, struct db *db, struct err *err)
{
    struct journal_entry *entries = arena_array(&resume->arena, DRAFTS_PER_TRANSACTION, sizeof *entries);
    size_t count = 0;
    int64_t first_seq;

    if (entries == NULL)
        return err_memory(err);
    for (size_t i = 0; i < resume->count; i++) {
        const struct draft *draft = &resume->drafts[i];
        if (draft->block.p != NULL)
            continue;
        struct journal_entry *entry = &entries[count++];
        *entry = (struct journal_entry){
            .kind = "document",
            .link_id = draft->row.link_id,
            .subject = arena_format(&resume->arena, "%lld", (long long)draft->row.id),
            .at_utc = resume->options->now_utc,
            .run_id = resume->options->run_id,
        };
        if (entry->subject.p == NULL)
            return err_memory(err);
        int code = document_sha256(db, resume->company_id, draft->row.id, entry->sha256, err);
        if (code < 0)
            return code;
    }
    return count == 0 ? OK : journal_append(db, resume->company_id, entries, count, &first_seq, err);
}

static int resume_body(struct db *db, void *context, struct err *err)
{
    struct resume *resume = context;

    arena_reset(&resume->arena);
    stock_levels_reset(&resume->levels);
    stock_levels_begin(&resume->levels);
    resume->count = 0;
    resume->result = (struct resume_result){0};
    int code = drafts_read(resume, db, err);
    if (code >= 0)
        code = closed_read(resume, db, err);
    for (size_t i = 0; code >= 0 && i < resume->count; i++)
        code = draft_decide(resume, db, &resume->drafts[i], err);
    for (enum document_kind kind = 0; code >= 0 && kind < DOCUMENT_KINDS; kind++)
        code = drafts_number(resume, db, kind, err);
    for (size_t i = 0; code >= 0 && i < resume->count; i++) {
        const struct draft *draft = &resume->drafts[i];
        code = draft->block.p == NULL ? draft_validate(resume, db, draft, err) : draft_keep(resume, db, draft, err);
    }
    if (code >= 0)
        code = stock_levels_flush(&resume->levels, err);
    if (code >= 0)
        code = drafts_journal(resume, db, err);
    resume->result.tried = (int64_t)resume->count;
    return code < 0 ? code : OK;
}

static void result_add(struct resume_result *sum, const struct resume_result *part)
{
    sum->tried += part->tried;
    sum->validated += part->validated;
    sum->still_blocked += part->still_blocked;
    sum->reconciled += part->reconciled;
}

int document_resume(struct db *db, int64_t company_id, int64_t link_id, struct str number, const struct posting_options *options, struct resume_result *ret, struct err *err)
{
    struct resume resume = {.company_id = company_id, .link_id = link_id, .options = options};
    struct resume_result sum = {0};
    bool more;
    int code = OK;

    if (number.p != NULL) {
        code = document_find(db, company_id, number, &resume.only_id, err);
        if (code < 0)
            return code;
        if (code == 0)
            return err_set(err, ERR_NOT_FOUND, N_("there is no document %s: see `liaison document list`"), ERR_STR(number));
    }
    stock_levels_init(&resume.levels, db, company_id, options->refuse_negative_stock);
    do {
        code = db_transact(db, resume_body, &resume, err);
        if (code < 0)
            break;
        result_add(&sum, &resume.result);
        more = resume.only_id == 0 && resume.count == DRAFTS_PER_TRANSACTION;
        if (more)
            resume.after_id = resume.drafts[resume.count - 1].row.id;
    } while (more);
    stock_levels_release(&resume.levels);
    arena_release(&resume.arena);
    if (code >= 0)
        *ret = sum;
    return code < 0 ? code : OK;
}
