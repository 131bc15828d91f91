/* posting_rows.c: the rows of a document, one cached statement per table, and the rule that shares payments over a due line.
 * Private to src/books; called by posting.c and resume.c inside their transaction. */
#include "books/document_int.h"

static const char INSERT_DOCUMENT[] =
    "INSERT INTO document (company_id, document_id, kind, state, number, day, at_utc, customer_id, salesperson, total_cents, tax_cents, tip_cents, "
    "link_id, till_sale_id, till_number, revision, origin_id, block, run_id) "
    "VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
static const char INSERT_LINE[] =
    "INSERT INTO document_line (company_id, document_id, line_no, article_id, code, label, quantity_milli, unit, unit_price_e4, discount_cents, "
    "total_cents, net_cents, tax_cents, tax_id, rate_bp) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
static const char INSERT_TAX[] =
    "INSERT INTO document_tax (company_id, document_id, tax_id, rate_bp, total_cents, net_cents, tax_cents) VALUES ($1, $2, $3, $4, $5, $6, $7)";
static const char INSERT_DUE[] = "INSERT INTO due_line (company_id, document_id, due_no, day, amount_cents) VALUES ($1, $2, $3, $4, $5)";
static const char INSERT_PAYMENT[] =
    "INSERT INTO payment (company_id, payment_id, document_id, customer_id, day, at_utc, means_id, amount_cents, link_id, till_payment_id) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
static const char INSERT_ALLOCATION[] =
    "INSERT INTO allocation (company_id, document_id, due_no, payment_id, amount_cents) VALUES ($1, $2, $3, $4, $5)";
static const char INSERT_MOVE[] =
    "INSERT INTO stock_move (company_id, source, source_id, line_no, article_id, quantity_milli, at_utc) VALUES ($1, 'document', $2, $3, $4, $5, $6)";

static struct db_value id_or_null(int64_t id)
{
    return id == 0 ? DB_NIL : DB_INT(id);
}

int row_insert_document(struct db *db, int64_t company_id, const struct document_row *document, struct str block, struct err *err)
{
    int code = db_exec(db, INSERT_DOCUMENT, err, DB_INT(company_id), DB_INT(document->id), DB_STR(str_from(document_kind_names[document->kind])),
                       DB_STR(document->number), DB_INT(document->day), DB_INT(document->at_utc), DB_INT(document->customer_id),
                       DB_STR(document->salesperson), DB_INT(document->total_cents), DB_INT(document->tax_cents), DB_INT(document->tip_cents),
                       DB_INT(document->link_id), DB_STR(document->till_sale_id), DB_STR(document->till_number), DB_INT(document->revision),
                       id_or_null(document->origin_id), DB_STR(block), DB_INT(document->run_id));

    if (code == ERR_DATA && db_is_unique_violation(db))
        return err_set(err, ERR_DATA, N_("there is already a document for sale %s, or with the number %s: nothing was written; see `liaison document list`"),
                       ERR_STR(document->till_sale_id), ERR_STR(document->number));
    return code;
}

int row_insert_line(struct db *db, int64_t company_id, int64_t document_id, const struct document_line_row *row, struct err *err)
{
    const struct posting_line *line = &row->line;

    return db_exec(db, INSERT_LINE, err, DB_INT(company_id), DB_INT(document_id), DB_INT(row->line_no), id_or_null(line->article_id),
                   DB_STR(text_or_empty(line->code)), DB_STR(text_or_empty(line->label)), DB_INT(line->quantity_milli),
                   DB_STR(text_or_empty(line->unit)), DB_INT(line->unit_price_e4), DB_INT(line->discount_cents), DB_INT(line->total_cents),
                   DB_INT(row->net_cents), DB_INT(line->total_cents - row->net_cents), DB_INT(line->tax_id), DB_INT(line->rate_bp));
}

int row_insert_tax(struct db *db, int64_t company_id, int64_t document_id, const struct document_tax *tax, struct err *err)
{
    return db_exec(db, INSERT_TAX, err, DB_INT(company_id), DB_INT(document_id), DB_INT(tax->tax_id), DB_INT(tax->rate_bp), DB_INT(tax->total_cents),
                   DB_INT(tax->net_cents), DB_INT(tax->tax_cents));
}

int row_insert_due(struct db *db, int64_t company_id, int64_t document_id, int32_t day, int64_t amount_cents, struct err *err)
{
    return db_exec(db, INSERT_DUE, err, DB_INT(company_id), DB_INT(document_id), DB_INT(DUE_NO), DB_INT(day), DB_INT(amount_cents));
}

int row_insert_payment(struct db *db, int64_t company_id, int64_t payment_id, const struct document_row *document, const struct posting_payment *payment,
                       struct err *err)
{
    int code = db_exec(db, INSERT_PAYMENT, err, DB_INT(company_id), DB_INT(payment_id), DB_INT(document->id), DB_INT(document->customer_id),
                       DB_INT(payment->day), DB_INT(payment->at_utc), DB_INT(payment->means_id), DB_INT(payment->amount_cents),
                       DB_INT(document->link_id), DB_STR(payment->till_payment_id));

    if (code == ERR_DATA && db_is_unique_violation(db))
        return err_set(err, ERR_DATA, N_("the payment %s of sale %s is recorded already: nothing was written; see `liaison payment list`"),
                       ERR_STR(payment->till_payment_id), ERR_STR(document->till_sale_id));
    return code;
}

int row_insert_allocation(struct db *db, int64_t company_id, int64_t document_id, int64_t payment_id, int64_t amount_cents, struct err *err)
{
    return db_exec(db, INSERT_ALLOCATION, err, DB_INT(company_id), DB_INT(document_id), DB_INT(DUE_NO), DB_INT(payment_id), DB_INT(amount_cents));
}

int row_insert_move(struct db *db, int64_t company_id, const struct document_row *document, int64_t line_no, int64_t article_id, int64_t quantity_milli,
                    struct err *err)
{
    return db_exec(db, INSERT_MOVE, err, DB_INT(company_id), DB_INT(document->id), DB_INT(line_no), DB_INT(article_id), DB_INT(quantity_milli),
                   DB_INT(document->at_utc));
}

int64_t allocation_part(int64_t payment_cents, int64_t *open_cents)
{
    int64_t part = 0;

    if (payment_cents > 0 && *open_cents > 0)
        part = payment_cents < *open_cents ? payment_cents : *open_cents;
    else if (payment_cents < 0 && *open_cents < 0)
        part = payment_cents > *open_cents ? payment_cents : *open_cents;
    *open_cents -= part;
    return part;
}
