/* canonical.c: the canonical text of a document and its SHA-256, the very same from memory (when it is posted) and from its rows (when the
 * journal is verified). The format is described in document_int.h; changing it would break every chain that exists. */
#include "books/document_int.h"

static void append_int(struct buf *out, int64_t value)
{
    buf_append_char(out, '\t');
    buf_append_int(out, value);
}

/* Almost no text needs an escape, so runs of plain bytes are copied whole. */
static void append_text(struct buf *out, struct str s)
{
    size_t plain = 0;

    buf_append_char(out, '\t');
    if (s.p == NULL)
        return;
    buf_append_char(out, '=');
    for (size_t i = 0; i < s.n; i++) {
        char escape = s.p[i] == '\\' ? '\\' : s.p[i] == '\t' ? 't' : s.p[i] == '\n' ? 'n' : 0;
        if (escape == 0)
            continue;
        buf_append(out, (struct str){s.p + plain, i - plain});
        buf_append_char(out, '\\');
        buf_append_char(out, escape);
        plain = i + 1;
    }
    buf_append(out, (struct str){s.p + plain, s.n - plain});
}

struct str text_or_empty(struct str s)
{
    return s.p == NULL ? STR("") : s;
}

void canonical_begin(struct buf *out, const struct document_row *document)
{
    buf_append(out, STR("liaison-document 1\ndocument"));
    append_int(out, document->id);
    append_text(out, str_from(document_kind_names[document->kind]));
    append_text(out, document->number);
    append_int(out, document->day);
    append_int(out, document->at_utc);
    append_int(out, document->customer_id);
    append_text(out, document->salesperson);
    append_int(out, document->total_cents);
    append_int(out, document->tax_cents);
    append_int(out, document->tip_cents);
    append_int(out, document->link_id);
    append_text(out, document->till_sale_id);
    append_text(out, document->till_number);
    append_int(out, document->revision);
    append_int(out, document->origin_id);
    append_int(out, document->run_id);
    append_int(out, document->validated_utc);
    buf_append_char(out, '\n');
}

void canonical_line(struct buf *out, const struct document_line_row *row)
{
    const struct posting_line *line = &row->line;

    buf_append(out, STR("line"));
    append_int(out, row->line_no);
    append_int(out, line->article_id);
    append_text(out, text_or_empty(line->code));
    append_text(out, text_or_empty(line->label));
    append_int(out, line->quantity_milli);
    append_text(out, text_or_empty(line->unit));
    append_int(out, line->unit_price_e4);
    append_int(out, line->discount_cents);
    append_int(out, line->total_cents);
    append_int(out, row->net_cents);
    append_int(out, line->total_cents - row->net_cents);
    append_int(out, line->tax_id);
    append_int(out, line->rate_bp);
    buf_append_char(out, '\n');
}

void canonical_tax(struct buf *out, const struct document_tax *tax)
{
    buf_append(out, STR("tax"));
    append_int(out, tax->tax_id);
    append_int(out, tax->rate_bp);
    append_int(out, tax->total_cents);
    append_int(out, tax->net_cents);
    append_int(out, tax->tax_cents);
    buf_append_char(out, '\n');
}

void canonical_due(struct buf *out, int64_t due_no, int32_t day, int64_t amount_cents)
{
    buf_append(out, STR("due"));
    append_int(out, due_no);
    append_int(out, day);
    append_int(out, amount_cents);
    buf_append_char(out, '\n');
}

/* ---- from the rows ---- */

static const char SELECT_DOCUMENT[] =
    "SELECT kind, number, day, at_utc, customer_id, salesperson, total_cents, tax_cents, tip_cents, link_id, till_sale_id, till_number, "
    "revision, origin_id, run_id, validated_utc FROM document WHERE company_id = $1 AND document_id = $2";
static const char SELECT_LINES[] =
    "SELECT line_no, article_id, code, label, quantity_milli, unit, unit_price_e4, discount_cents, total_cents, net_cents, tax_id, rate_bp "
    "FROM document_line WHERE company_id = $1 AND document_id = $2 ORDER BY line_no";
static const char SELECT_TAXES[] =
    "SELECT tax_id, rate_bp, total_cents, net_cents, tax_cents FROM document_tax WHERE company_id = $1 AND document_id = $2 ORDER BY tax_id";
static const char SELECT_DUES[] =
    "SELECT due_no, day, amount_cents FROM due_line WHERE company_id = $1 AND document_id = $2 ORDER BY due_no";

static int append_document(struct db *db, int64_t company_id, int64_t document_id, struct buf *out, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct document_row document = {.id = document_id};
    int code = db_query(db, &rows, SELECT_DOCUMENT, err, DB_INT(company_id), DB_INT(document_id));

    if (code < 0 || (code = db_next(&rows, err)) < 0)
        return code;
    if (code == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no document with the identity %s"), ERR_INT(document_id));
    code = document_kind_parse(db_text(&rows, 0), &document.kind, err);
    if (code < 0)
        return code;
    document.number = db_text(&rows, 1);
    document.day = (int32_t)db_int(&rows, 2);
    document.at_utc = db_int(&rows, 3);
    document.customer_id = db_int(&rows, 4);
    document.salesperson = db_text(&rows, 5);
    document.total_cents = db_int(&rows, 6);
    document.tax_cents = db_int(&rows, 7);
    document.tip_cents = db_int(&rows, 8);
    document.link_id = db_int(&rows, 9);
    document.till_sale_id = db_text(&rows, 10);
    document.till_number = db_text(&rows, 11);
    document.revision = db_int(&rows, 12);
    document.origin_id = db_int(&rows, 13);
    document.run_id = db_int(&rows, 14);
    document.validated_utc = db_int(&rows, 15);
    canonical_begin(out, &document);
    return OK;
}

static int append_lines(struct db *db, int64_t company_id, int64_t document_id, struct buf *out, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, SELECT_LINES, err, DB_INT(company_id), DB_INT(document_id));

    while (code >= 0 && (code = db_next(&rows, err)) > 0) {
        struct document_line_row row = {.line_no = db_int(&rows, 0), .net_cents = db_int(&rows, 9)};
        row.line.article_id = db_int(&rows, 1);
        row.line.code = db_text(&rows, 2);
        row.line.label = db_text(&rows, 3);
        row.line.quantity_milli = db_int(&rows, 4);
        row.line.unit = db_text(&rows, 5);
        row.line.unit_price_e4 = db_int(&rows, 6);
        row.line.discount_cents = db_int(&rows, 7);
        row.line.total_cents = db_int(&rows, 8);
        row.line.tax_id = db_int(&rows, 10);
        row.line.rate_bp = db_int(&rows, 11);
        canonical_line(out, &row);
    }
    return code;
}

static int append_taxes(struct db *db, int64_t company_id, int64_t document_id, struct buf *out, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, SELECT_TAXES, err, DB_INT(company_id), DB_INT(document_id));

    while (code >= 0 && (code = db_next(&rows, err)) > 0) {
        struct document_tax tax = {
            .tax_id = db_int(&rows, 0),
            .rate_bp = db_int(&rows, 1),
            .total_cents = db_int(&rows, 2),
            .net_cents = db_int(&rows, 3),
            .tax_cents = db_int(&rows, 4),
        };
        canonical_tax(out, &tax);
    }
    return code;
}

static int append_dues(struct db *db, int64_t company_id, int64_t document_id, struct buf *out, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, SELECT_DUES, err, DB_INT(company_id), DB_INT(document_id));

    while (code >= 0 && (code = db_next(&rows, err)) > 0)
        canonical_due(out, db_int(&rows, 0), (int32_t)db_int(&rows, 1), db_int(&rows, 2));
    return code;
}

int document_sha256(struct db *db, int64_t company_id, int64_t document_id, unsigned char ret[SHA256_SIZE], struct err *err)
{
    BUF_AUTO text = {0};
    int code = append_document(db, company_id, document_id, &text, err);

    if (code >= 0)
        code = append_lines(db, company_id, document_id, &text, err);
    if (code >= 0)
        code = append_taxes(db, company_id, document_id, &text, err);
    if (code >= 0)
        code = append_dues(db, company_id, document_id, &text, err);
    if (code < 0)
        return code;
    if (buf_failed(&text))
        return err_memory(err);
    sha256(buf_str(&text), ret);
    return OK;
}
