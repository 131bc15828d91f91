/* document.c: finding documents, and the one that undoes another. Used by grid, report and cli through books.h. */
#include "books/document_int.h"

const char *const document_kind_names[] = {"invoice", "order", "credit_note"};

/* Each kind is one look-up in the unique index; an invoice comes first. */
static const char SELECT_BY_NUMBER[] = "SELECT document_id FROM document WHERE company_id = $1 AND kind = $2 AND number = $3";
static const char SELECT_DRAFT[] = "SELECT document_id FROM document WHERE company_id = $1 AND document_id = $2 AND state = 'draft'";

int document_kind_parse(struct str name, enum document_kind *ret, struct err *err)
{
    for (enum document_kind kind = 0; kind < DOCUMENT_KINDS; kind++) {
        if (str_equal(name, str_from(document_kind_names[kind]))) {
            *ret = kind;
            return OK;
        }
    }
    return err_set(err, ERR_DATA, N_("the database holds a document of unknown kind %s: run `liaison db check`"), ERR_STR(name));
}

static int find_by_number(struct db *db, int64_t company_id, enum document_kind kind, struct str number, int64_t *ret_id, struct err *err)
{
    return db_query_int(db, ret_id, SELECT_BY_NUMBER, err, DB_INT(company_id), DB_STR(str_from(document_kind_names[kind])), DB_STR(number));
}

int document_number_taken(struct db *db, int64_t company_id, enum document_kind kind, struct str number, struct err *err)
{
    int64_t document_id;

    return find_by_number(db, company_id, kind, number, &document_id, err);
}

int document_find(struct db *db, int64_t company_id, struct str number, int64_t *ret_id, struct err *err)
{
    const struct str draft = STR("draft-");
    int64_t document_id;
    int code = 0;

    for (enum document_kind kind = 0; code == 0 && kind < DOCUMENT_KINDS; kind++)
        code = find_by_number(db, company_id, kind, number, ret_id, err);
    if (code != 0 || !str_starts_with(number, draft))
        return code;
    if (!str_parse_u63((struct str){number.p + draft.n, number.n - draft.n}, &document_id))
        return 0;
    return db_query_int(db, ret_id, SELECT_DRAFT, err, DB_INT(company_id), DB_INT(document_id));
}

/* ---- the reversal ---- */

static const char SELECT_ORIGIN[] =
    "SELECT kind, state, day, at_utc, customer_id, salesperson, total_cents, tip_cents, link_id, till_sale_id, till_number, revision "
    "FROM document WHERE company_id = $1 AND document_id = $2";
static const char SELECT_REVISION[] =
    "SELECT MAX(revision) FROM document WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
static const char COUNT_LINES[] = "SELECT COUNT(*) FROM document_line WHERE company_id = $1 AND document_id = $2";
static const char SELECT_LINES[] =
    "SELECT l.article_id, a.stock_managed, l.code, l.label, l.unit, l.quantity_milli, l.unit_price_e4, l.discount_cents, l.total_cents, l.tax_id, l.rate_bp "
    "FROM document_line l LEFT JOIN article a ON a.company_id = l.company_id AND a.article_id = l.article_id "
    "WHERE l.company_id = $1 AND l.document_id = $2 ORDER BY l.line_no";
static const char COUNT_TAXES[] = "SELECT COUNT(*) FROM document_tax WHERE company_id = $1 AND document_id = $2";
static const char SELECT_TAXES[] = "SELECT tax_id, rate_bp, tax_cents FROM document_tax WHERE company_id = $1 AND document_id = $2 ORDER BY tax_id";

struct origin {
    struct db *db;
    int64_t company_id, document_id;
    struct arena *arena;
    bool failed; /* memory was exhausted */
};

static struct str column_copy(struct origin *origin, struct db_rows *rows, int column)
{
    struct str copy = arena_copy(origin->arena, db_text(rows, column));

    if (copy.p == NULL && !db_is_null(rows, column))
        origin->failed = true;
    return copy;
}

static int origin_head(struct origin *origin, struct posting *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    enum document_kind kind;
    int code = db_query(origin->db, &rows, SELECT_ORIGIN, err, DB_INT(origin->company_id), DB_INT(origin->document_id));

    if (code < 0 || (code = db_next(&rows, err)) < 0)
        return code;
    if (code == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no document with the identity %s"), ERR_INT(origin->document_id));
    if (str_equal(db_text(&rows, 1), STR("draft")))
        return err_set(err, ERR_DATA, N_("the document draft-%s is not validated: there is nothing to undo"), ERR_INT(origin->document_id));
    code = document_kind_parse(db_text(&rows, 0), &kind, err);
    if (code < 0)
        return code;
    *ret = (struct posting){
        .kind = kind == DOCUMENT_ORDER ? DOCUMENT_ORDER : DOCUMENT_CREDIT_NOTE,
        .day = (int32_t)db_int(&rows, 2),
        .at_utc = db_int(&rows, 3),
        .customer_id = db_int(&rows, 4),
        .salesperson = column_copy(origin, &rows, 5),
        .total_cents = -db_int(&rows, 6),
        .tip_cents = -db_int(&rows, 7),
        .link_id = db_int(&rows, 8),
        .till_sale_id = column_copy(origin, &rows, 9),
        .till_number = column_copy(origin, &rows, 10),
        .revision = (int)db_int(&rows, 11),
        .origin_id = origin->document_id,
    };
    return OK;
}

/* A sale bears at most one document per revision: the reversal takes the next one. */
static int origin_revision(struct origin *origin, struct posting *posting, struct err *err)
{
    int64_t revision;

    if (posting->till_sale_id.p == NULL)
        return OK;
    int code = db_query_int(origin->db, &revision, SELECT_REVISION, err, DB_INT(origin->company_id), DB_INT(posting->link_id), DB_STR(posting->till_sale_id));
    if (code > 0)
        posting->revision = (int)revision + 1;
    return code;
}

static int origin_count(struct origin *origin, const char *sql, size_t *ret, struct err *err)
{
    int64_t count = 0;
    int code = db_query_int(origin->db, &count, sql, err, DB_INT(origin->company_id), DB_INT(origin->document_id));

    *ret = (size_t)count;
    return code;
}

static int origin_lines(struct origin *origin, struct posting *posting, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    size_t room, count = 0;
    int code = origin_count(origin, COUNT_LINES, &room, err);

    if (code < 0)
        return code;
    struct posting_line *lines = arena_array(origin->arena, room, sizeof *lines);
    if (lines == NULL)
        return err_memory(err);
    code = db_query(origin->db, &rows, SELECT_LINES, err, DB_INT(origin->company_id), DB_INT(origin->document_id));
    while (code >= 0 && count < room && (code = db_next(&rows, err)) > 0) {
        lines[count++] = (struct posting_line){
            .article_id = db_int(&rows, 0),
            .stock_managed = db_int(&rows, 1) != 0,
            .code = column_copy(origin, &rows, 2),
            .label = column_copy(origin, &rows, 3),
            .unit = column_copy(origin, &rows, 4),
            .quantity_milli = -db_int(&rows, 5),
            .unit_price_e4 = db_int(&rows, 6),
            .discount_cents = -db_int(&rows, 7),
            .total_cents = -db_int(&rows, 8),
            .tax_id = db_int(&rows, 9),
            .rate_bp = db_int(&rows, 10),
        };
    }
    posting->lines = lines;
    posting->line_count = count;
    return code;
}

static int origin_taxes(struct origin *origin, struct posting *posting, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    size_t room, count = 0;
    int code = origin_count(origin, COUNT_TAXES, &room, err);

    if (code < 0)
        return code;
    struct posting_tax *taxes = arena_array(origin->arena, room, sizeof *taxes);
    if (taxes == NULL)
        return err_memory(err);
    code = db_query(origin->db, &rows, SELECT_TAXES, err, DB_INT(origin->company_id), DB_INT(origin->document_id));
    while (code >= 0 && count < room && (code = db_next(&rows, err)) > 0)
        taxes[count++] = (struct posting_tax){.tax_id = db_int(&rows, 0), .rate_bp = db_int(&rows, 1), .tax_cents = -db_int(&rows, 2), .stated = true};
    posting->taxes = taxes;
    posting->tax_count = count;
    return code;
}

int document_reversal(struct db *db, int64_t company_id, int64_t document_id, struct arena *arena, struct posting *ret, struct err *err)
{
    struct origin origin = {.db = db, .company_id = company_id, .document_id = document_id, .arena = arena};
    struct posting posting;
    int code = origin_head(&origin, &posting, err);

    if (code >= 0)
        code = origin_revision(&origin, &posting, err);
    if (code >= 0)
        code = origin_lines(&origin, &posting, err);
    if (code >= 0)
        code = origin_taxes(&origin, &posting, err);
    if (code < 0)
        return code;
    if (origin.failed)
        return err_memory(err);
    *ret = posting;
    return OK;
}
