/* check.c: what must always hold in the books (architecture.md), each rule as a query for what breaks it. One loop runs them all; a new rule is a new row. What a
 * validated document says is protected by the journal (books/journal.c); the rules here are about what belongs together: documents with their journal records,
 * payments, stock and numbers, and each till sale with its one place. */
#include "report/report_int.h"

/* The query gives what breaks the rule: a name, the figure found, the figure expected; the message takes them in that order, as many as it has use for. */
struct invariant { const char *message; enum report_type type; const char *sql; };
#define DOCUMENT_NAME "COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT))"
/* The number that a sequence gives for n, as books/sequence.c writes it. */
#define NUMBER_OF(n) \
    "q.prefix || CASE WHEN LENGTH(CAST(" n " AS TEXT)) >= q.digits THEN CAST(" n " AS TEXT)" \
    " ELSE SUBSTR('000000000000' || CAST(" n " AS TEXT), 13 + LENGTH(CAST(" n " AS TEXT)) - CAST(q.digits AS INTEGER)) END"
/* The due line takes of the payments what has its own sign, and no more than it is of. */
#define PAYABLE \
    "CASE WHEN d.total_cents > 0 AND COALESCE(p.in_cents, 0) < d.total_cents THEN COALESCE(p.in_cents, 0)" \
    " WHEN d.total_cents < 0 AND COALESCE(p.out_cents, 0) > d.total_cents THEN COALESCE(p.out_cents, 0) ELSE d.total_cents END"
#define MAX_ID(table, column) "SELECT '" table "' AS name, MAX(" column ") AS id FROM " table " WHERE company_id = $1"

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
        " WHERE m.company_id = $1 AND m.source = 'document' AND (m.quantity_milli <> -COALESCE(l.quantity_milli, 0)"
        " OR m.article_id <> COALESCE(l.article_id, 0) OR d.state = 'draft' OR d.kind = 'order')"},
    /* Documents, their payments, and the journal. */
    {N_("document %s: its payments come to %s, with the tip it says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(p.amount_cents), 0) AS BIGINT), d.total_cents + d.tip_cents FROM document d"
        " LEFT JOIN payment p ON p.company_id = d.company_id AND p.document_id = d.document_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, d.link_id, d.total_cents, d.tip_cents"
        /* A file may bring sales without payments. */
        " HAVING COALESCE(SUM(p.amount_cents), 0) <> d.total_cents + d.tip_cents AND (d.link_id <> 0 OR COUNT(p.payment_id) > 0)"},
    {N_("document %s: %s of it is reconciled, its payments allow %s"), REPORT_CENTS,
        "SELECT d.number, CAST(COALESCE(a.amount_cents, 0) AS BIGINT), CAST(" PAYABLE " AS BIGINT) FROM document d"
        " LEFT JOIN (SELECT document_id, SUM(CASE WHEN amount_cents > 0 THEN amount_cents ELSE 0 END) AS in_cents,"
        " SUM(CASE WHEN amount_cents < 0 THEN amount_cents ELSE 0 END) AS out_cents FROM payment WHERE company_id = $1 GROUP BY document_id) p"
        " ON p.document_id = d.document_id"
        " LEFT JOIN (SELECT document_id, SUM(amount_cents) AS amount_cents FROM allocation WHERE company_id = $1 GROUP BY document_id) a"
        " ON a.document_id = d.document_id"
        " WHERE d.company_id = $1 AND d.state <> 'draft' AND d.kind <> 'order' AND COALESCE(a.amount_cents, 0) <> " PAYABLE
        " AND NOT EXISTS (SELECT 1 FROM reconciliation_by_hand h WHERE h.company_id = d.company_id AND h.document_id = d.document_id)"},
    {N_("payment %s is allocated to another document than it came with"), REPORT_INT,
        "SELECT p.till_payment_id, a.document_id, p.document_id FROM allocation a"
        " JOIN payment p ON p.company_id = a.company_id AND p.payment_id = a.payment_id WHERE a.company_id = $1 AND a.document_id <> p.document_id"
        " AND NOT EXISTS (SELECT 1 FROM reconciliation_by_hand h WHERE h.company_id = a.company_id AND h.payment_id = a.payment_id AND h.document_id = a.document_id)"},
    {N_("payment %s is of customer number %s, its document is of number %s"), REPORT_INT,
        "SELECT p.till_payment_id, p.customer_id, d.customer_id FROM payment p"
        " JOIN document d ON d.company_id = p.company_id AND d.document_id = p.document_id WHERE p.company_id = $1 AND p.customer_id <> d.customer_id"},
    {N_("document %s: the journal holds %s records of it, there should be %s"), REPORT_INT,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(j.records, 0) AS BIGINT), CASE WHEN d.state = 'draft' THEN 0 ELSE 1 END FROM document d"
        " LEFT JOIN (SELECT subject, COUNT(*) AS records FROM journal WHERE company_id = $1 AND kind = 'document' GROUP BY subject) j"
        " ON j.subject = CAST(d.document_id AS TEXT)"
        " WHERE d.company_id = $1 AND COALESCE(j.records, 0) <> CASE WHEN d.state = 'draft' THEN 0 ELSE 1 END"},
    {N_("number %s was given, but no document bears it"), REPORT_INT,
        "WITH RECURSIVE given (kind, prefix, digits, n, last) AS ("
        " SELECT q.kind, q.prefix, q.digits, q.first_number, q.next_number - 1 FROM number_sequence q WHERE q.company_id = $1 AND q.next_number > q.first_number"
        /* Only where the count is not right: most books have no hole, and then nothing is counted up. */
        " AND (LENGTH(CAST(q.next_number - 1 AS TEXT)) > q.digits OR q.next_number - q.first_number <> (SELECT COUNT(*) FROM document d WHERE d.company_id = $1"
        " AND d.kind = q.kind AND d.number BETWEEN " NUMBER_OF("q.first_number") " AND " NUMBER_OF("(q.next_number - 1)") " AND LENGTH(d.number) = LENGTH(q.prefix) + q.digits))"
        " UNION ALL SELECT kind, prefix, digits, n + 1, last FROM given WHERE n < last)"
        " SELECT " NUMBER_OF("q.n") ", 0, 1 FROM given q"
        " WHERE NOT EXISTS (SELECT 1 FROM document d WHERE d.company_id = $1 AND d.kind = q.kind AND d.number = " NUMBER_OF("q.n") ")"},
    {N_("counter %s gives %s next, but %s is taken already"), REPORT_INT,
        "SELECT m.name, COALESCE(c.next_id, 1), m.id FROM (" MAX_ID("document", "document_id") " UNION ALL " MAX_ID("payment", "payment_id")
        " UNION ALL " MAX_ID("article", "article_id") " UNION ALL " MAX_ID("customer", "customer_id") " UNION ALL " MAX_ID("tax", "tax_id")
        " UNION ALL " MAX_ID("means", "means_id") " UNION ALL " MAX_ID("family", "family_id") " UNION ALL " MAX_ID("link", "link_id")
        " UNION ALL " MAX_ID("run", "run_id") " UNION ALL " MAX_ID("grid_sale", "grid_sale_id") ") m"
        " LEFT JOIN id_counter c ON c.company_id = $1 AND c.name = m.name WHERE m.id IS NOT NULL AND COALESCE(c.next_id, 1) <= m.id"},
    /* Each till sale has one place, and its record in the journal. */
    {N_("sale %s is said to be in the grid, but is not there"), REPORT_INT,
        "SELECT s.till_sale_id, 0, 1 FROM sale s LEFT JOIN grid_sale g ON g.company_id = s.company_id AND g.link_id = s.link_id AND g.till_sale_id = s.till_sale_id"
        " WHERE s.company_id = $1 AND s.state = 'staged' AND g.grid_sale_id IS NULL"},
    {N_("sale %s is in the grid, but is not said to be there"), REPORT_INT,
        "SELECT g.till_sale_id, 1, 0 FROM grid_sale g LEFT JOIN sale s ON s.company_id = g.company_id AND s.link_id = g.link_id AND s.till_sale_id = g.till_sale_id"
        /* One that changed at the till is received again before it is staged again. */
        " WHERE g.company_id = $1 AND COALESCE(s.state, '') NOT IN ('staged', 'received')"},
    {N_("sale %s is in the grid and a document as well"), REPORT_INT,
        "SELECT DISTINCT g.till_sale_id, 2, 1 FROM grid_sale g JOIN document d ON d.company_id = g.company_id AND d.link_id = g.link_id AND d.till_sale_id = g.till_sale_id"
        /* A correction bears a revision above those of the sale's documents. */
        " WHERE g.company_id = $1 AND d.revision >= g.revision"},
    {N_("sale %s is said to be a document, but there is none"), REPORT_INT,
        "SELECT s.till_sale_id, 0, 1 FROM sale s LEFT JOIN document d ON d.company_id = s.company_id AND d.document_id = s.document_id"
        " AND d.link_id = s.link_id AND d.till_sale_id = s.till_sale_id WHERE s.company_id = $1 AND d.document_id IS NULL"
        " AND (s.state = 'document' OR s.document_id IS NOT NULL)"},
    {N_("document %s is of a sale that is not said to be one"), REPORT_INT,
        "SELECT " DOCUMENT_NAME ", 1, 0 FROM document d LEFT JOIN sale s ON s.company_id = d.company_id AND s.link_id = d.link_id AND s.till_sale_id = d.till_sale_id"
        " WHERE d.company_id = $1 AND d.till_sale_id IS NOT NULL AND s.document_id IS NULL"},
    {N_("sale %s: the journal has not kept it under its record %s"), REPORT_INT,
        "SELECT s.till_sale_id, s.journal_seq, 0 FROM sale s LEFT JOIN journal j ON j.company_id = s.company_id AND j.seq = s.journal_seq"
        " AND j.kind = 'sale' AND j.link_id = s.link_id AND j.subject = s.till_sale_id WHERE s.company_id = $1 AND j.seq IS NULL"},
    {N_("sale %s is in the journal, but nothing is known of it"), REPORT_INT,
        "SELECT DISTINCT j.subject, 0, 1 FROM journal j LEFT JOIN sale s ON s.company_id = j.company_id AND s.link_id = j.link_id AND s.till_sale_id = j.subject"
        " WHERE j.company_id = $1 AND j.kind = 'sale' AND s.till_sale_id IS NULL"},
    {N_("link %s says that all sales are read up to %s, but its last run began at %s"), REPORT_INSTANT,
        "SELECT l.name, l.cursor_utc, COALESCE(MAX(r.started_utc), 0) FROM link l LEFT JOIN run r ON r.company_id = l.company_id AND r.link_id = l.link_id"
        " WHERE l.company_id = $1 AND l.cursor_utc IS NOT NULL GROUP BY l.link_id, l.name, l.cursor_utc HAVING l.cursor_utc > COALESCE(MAX(r.started_utc), 0)"},
};

/* The rules know no company's zone: instants as ISO 8601. */
static void append_figure(struct buf *out, enum report_type type, int64_t value)
{
    if (type == REPORT_INSTANT)
        instant_append(out, value);
    else
        report_append_value(out, type, &DB_INT(value), NULL);
}

static void append_finding(struct buf *out, const struct invariant *invariant, struct db_rows *rows)
{
    BUF_AUTO found = {0};
    BUF_AUTO expected = {0};
    char name[ERR_ARG_SIZE];

    append_figure(&found, invariant->type, db_int(rows, 1));
    append_figure(&expected, invariant->type, db_int(rows, 2));
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
