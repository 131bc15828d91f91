/* check.c: what must always hold in the books (architecture.md), each rule as a query for what breaks it. One loop runs them all; a new rule is a new row. */
#include "report/report_int.h"

/* The query gives what breaks the rule: a name, the figure found, the figure expected; the message takes them in that order. */
struct invariant { const char *message; enum report_type type; const char *sql; };
#define DOCUMENT_NAME "COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT))"
static const struct invariant INVARIANTS[] = {
    {N_("document %s: its lines add up to %s, it says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(l.total_cents), 0) AS BIGINT), d.total_cents FROM document d"
        " LEFT JOIN document_line l ON l.company_id = d.company_id AND l.document_id = d.document_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, d.total_cents HAVING COALESCE(SUM(l.total_cents), 0) <> d.total_cents"},
    {N_("document %s: its VAT rates add up to %s, it says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(t.total_cents), 0) AS BIGINT), d.total_cents FROM document d"
        " LEFT JOIN document_tax t ON t.company_id = d.company_id AND t.document_id = d.document_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, d.total_cents HAVING COALESCE(SUM(t.total_cents), 0) <> d.total_cents"},
    {N_("document %s: the VAT of its rates is %s, it says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(t.tax_cents), 0) AS BIGINT), d.tax_cents FROM document d"
        " LEFT JOIN document_tax t ON t.company_id = d.company_id AND t.document_id = d.document_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, d.tax_cents HAVING COALESCE(SUM(t.tax_cents), 0) <> d.tax_cents"},
    {N_("document %s: the lines of a rate come to %s without VAT, the rate says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(l.net_cents), 0) AS BIGINT), t.net_cents FROM document d"
        " JOIN document_tax t ON t.company_id = d.company_id AND t.document_id = d.document_id"
        " LEFT JOIN document_line l ON l.company_id = t.company_id AND l.document_id = t.document_id AND l.tax_id = t.tax_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, t.tax_id, t.net_cents HAVING COALESCE(SUM(l.net_cents), 0) <> t.net_cents"},
    {N_("document %s: its due lines add up to %s, it says %s"), REPORT_CENTS,
        "SELECT d.number, CAST(COALESCE(SUM(u.amount_cents), 0) AS BIGINT), d.total_cents FROM document d"
        " LEFT JOIN due_line u ON u.company_id = d.company_id AND u.document_id = d.document_id"
        " WHERE d.company_id = $1 AND d.state <> 'draft' AND d.kind <> 'order'"
        " GROUP BY d.document_id, d.number, d.total_cents HAVING COALESCE(SUM(u.amount_cents), 0) <> d.total_cents"},
    {N_("payment %s: %s of it is allocated, it is of %s"), REPORT_CENTS,
        "SELECT p.till_payment_id, CAST(SUM(a.amount_cents) AS BIGINT), p.amount_cents FROM payment p"
        " JOIN allocation a ON a.company_id = p.company_id AND a.payment_id = p.payment_id WHERE p.company_id = $1"
        " GROUP BY p.payment_id, p.till_payment_id, p.amount_cents"
        " HAVING SUM(a.amount_cents) NOT BETWEEN CASE WHEN p.amount_cents < 0 THEN p.amount_cents ELSE 0 END AND CASE WHEN p.amount_cents > 0 THEN p.amount_cents ELSE 0 END"},
    {N_("document %s: %s is allocated to a due line of %s"), REPORT_CENTS,
        "SELECT d.number, CAST(SUM(a.amount_cents) AS BIGINT), u.amount_cents FROM document d"
        " JOIN due_line u ON u.company_id = d.company_id AND u.document_id = d.document_id"
        " JOIN allocation a ON a.company_id = u.company_id AND a.document_id = u.document_id AND a.due_no = u.due_no WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, u.due_no, u.amount_cents"
        " HAVING SUM(a.amount_cents) NOT BETWEEN CASE WHEN u.amount_cents < 0 THEN u.amount_cents ELSE 0 END AND CASE WHEN u.amount_cents > 0 THEN u.amount_cents ELSE 0 END"},
    {N_("article %s: its moves (counts, invoices, credit notes) come to %s, its stock says %s"), REPORT_MILLI,
        "SELECT a.code, CAST(COALESCE(m.quantity_milli, 0) AS BIGINT), COALESCE(s.quantity_milli, 0) FROM article a"
        " LEFT JOIN stock_level s ON s.company_id = a.company_id AND s.article_id = a.article_id"
        " LEFT JOIN (SELECT company_id, article_id, SUM(quantity_milli) AS quantity_milli FROM stock_move GROUP BY company_id, article_id) m"
        " ON m.company_id = a.company_id AND m.article_id = a.article_id"
        " WHERE a.company_id = $1 AND COALESCE(m.quantity_milli, 0) <> COALESCE(s.quantity_milli, 0)"},
    {N_("document %s: a stock move of %s does not undo its line of %s"), REPORT_MILLI,
        "SELECT " DOCUMENT_NAME ", m.quantity_milli, COALESCE(l.quantity_milli, 0) FROM stock_move m"
        " JOIN document d ON d.company_id = m.company_id AND d.document_id = m.source_id"
        " LEFT JOIN document_line l ON l.company_id = m.company_id AND l.document_id = m.source_id AND l.line_no = m.line_no"
        " WHERE m.company_id = $1 AND m.source = 'document' AND (m.quantity_milli <> -COALESCE(l.quantity_milli, 0) OR d.state = 'draft' OR d.kind = 'order')"},
    {N_("sale %s is said to be in the grid, but is not there"), REPORT_INT,
        "SELECT s.till_sale_id, 0, 1 FROM sale s LEFT JOIN grid_sale g ON g.company_id = s.company_id AND g.link_id = s.link_id AND g.till_sale_id = s.till_sale_id"
        " WHERE s.company_id = $1 AND s.state = 'staged' AND g.grid_sale_id IS NULL"},
    {N_("sale %s is said to be a document, but there is none"), REPORT_INT,
        "SELECT s.till_sale_id, 0, 1 FROM sale s LEFT JOIN document d ON d.company_id = s.company_id AND d.document_id = s.document_id"
        " WHERE s.company_id = $1 AND s.state = 'document' AND d.document_id IS NULL"},
};

static void append_finding(struct buf *out, const struct invariant *invariant, struct db_rows *rows)
{
    BUF_AUTO found = {0};
    BUF_AUTO expected = {0};
    char name[ERR_ARG_SIZE];

    report_append_value(&found, invariant->type, &DB_INT(db_int(rows, 1)), NULL);
    report_append_value(&expected, invariant->type, &DB_INT(db_int(rows, 2)), NULL);
    const char *args[] = {err_str(db_text(rows, 0), name), found.p ? found.p : "", expected.p ? expected.p : ""};
    message_format(out, text_translate(invariant->message), args, 3);
}

static int check_invariant(struct db *db, int64_t company_id, const struct invariant *invariant, report_finding_fn *on_finding, void *context, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, invariant->sql, err, DB_INT(company_id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        BUF_AUTO text = {0};
        append_finding(&text, invariant, &rows);
        rc = buf_failed(&text) ? err_memory(err) : on_finding(context, buf_str(&text), err);
    }
    return rc;
}

int report_check(struct db *db, int64_t company_id, report_finding_fn *on_finding, void *context, struct err *err)
{
    int rc = OK;

    for (size_t i = 0; rc == OK && i < sizeof INVARIANTS / sizeof *INVARIANTS; i++)
        rc = check_invariant(db, company_id, &INVARIANTS[i], on_finding, context, err);
    return rc;
}
