/* list.c: the lists, as data: what a column is called, what it holds, and the SQL that gives it. Lists for people, lines of JSON, pages of the web and exports are all made of these rows, and
 * of nothing else; page.c puts the SQL together. */
#include <string.h>

#include "report/report_int.h"

/* A column that people at a terminal do not see in the table; one that pages alone have stands after column_count. */
#define JSON_ONLY true
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#define DOCUMENT_NUMBER "COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT))"
#define LINK_CHOICES "SELECT name, name FROM link WHERE company_id = $1 ORDER BY name"
#define MEANS_CHOICES "SELECT code, label FROM means WHERE company_id = $1 ORDER BY code"
#define TAX_CHOICES "SELECT code, label FROM tax WHERE company_id = $1 ORDER BY rate_bp DESC, code"

/* What an order was paid are its deposits; what an invoice was paid is what is allocated to it. */
static const struct report_column DOCUMENT_COLUMNS[] = {
    {"number", N_("Number"), REPORT_TEXT, false, DOCUMENT_NUMBER, COLUMN_SEARCHED},
    {"kind", N_("Kind"), REPORT_WORD, false, "d.kind", 0, "invoice order credit_note"},
    {"state", N_("State"), REPORT_WORD, false, "d.state", 0, "draft validated"},
    {"date", N_("Date"), REPORT_DAY, false, "d.day", 0},
    {"customer", N_("Customer"), REPORT_TEXT, false, "c.code", COLUMN_JOINED | COLUMN_SEARCHED},
    {"total_cents", N_("Total"), REPORT_CENTS, false, "d.total_cents", 0},
    {"tax_cents", N_("VAT"), REPORT_CENTS, false, "d.tax_cents", 0},
    {"paid_cents", N_("Paid"), REPORT_CENTS, false,
        "CASE WHEN d.kind = 'order' THEN (SELECT COALESCE(SUM(p.amount_cents), 0) FROM payment p WHERE p.company_id = d.company_id AND p.document_id = d.document_id)"
        " ELSE (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a WHERE a.company_id = d.company_id AND a.document_id = d.document_id) END",
        COLUMN_UNSORTED},
    {"link", N_("Link"), REPORT_TEXT, JSON_ONLY, "l.name", COLUMN_JOINED | COLUMN_NULLABLE, LINK_CHOICES},
    {"till_sale", N_("Till sale"), REPORT_TEXT, JSON_ONLY, "d.till_sale_id", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"till_number", N_("Ticket"), REPORT_TEXT, false, "d.till_number", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"block", N_("Blocked by"), REPORT_JSON, false, "d.block", COLUMN_UNSORTED | COLUMN_UNFILTERED},
    /* of pages */
    {"customer_name", N_("Customer’s name"), REPORT_TEXT, false, REPORT_NAME_OF("c"), COLUMN_JOINED | COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"blocked", N_("Blocked"), REPORT_BOOL, false, "CASE WHEN d.block IS NULL THEN 0 ELSE 1 END", 0},
    {"salesperson", N_("Salesperson"), REPORT_TEXT, false, "d.salesperson", COLUMN_NULLABLE},
    {"sold", N_("Sold"), REPORT_INSTANT, false, "d.at_utc", 0},
    {"run", N_("Run"), REPORT_INT, false, "NULLIF(d.run_id, 0)", COLUMN_NULLABLE},
};

static const struct report_column PAYMENT_COLUMNS[] = {
    {"date", N_("Date"), REPORT_DAY, false, "p.day", 0},
    {"means", N_("Means"), REPORT_TEXT, false, "m.code", COLUMN_JOINED, MEANS_CHOICES},
    {"amount_cents", N_("Amount"), REPORT_CENTS, false, "p.amount_cents", 0},
    {"allocated_cents", N_("Allocated"), REPORT_CENTS, false, REPORT_ALLOCATED_OF_PAYMENT, COLUMN_UNSORTED},
    {"document", N_("Document"), REPORT_TEXT, false, DOCUMENT_NUMBER, COLUMN_JOINED | COLUMN_SEARCHED},
    {"till_payment", N_("Till payment"), REPORT_TEXT, false, "p.till_payment_id", COLUMN_SEARCHED},
    /* of pages */
    {"id", N_("Payment number"), REPORT_INT, false, "p.payment_id", 0},
    {"customer", N_("Customer"), REPORT_TEXT, false, "c.code", COLUMN_JOINED | COLUMN_SEARCHED},
    {"customer_name", N_("Customer’s name"), REPORT_TEXT, false, REPORT_NAME_OF("c"), COLUMN_JOINED | COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"link", N_("Link"), REPORT_TEXT, false, "l.name", COLUMN_JOINED | COLUMN_NULLABLE, LINK_CHOICES},
    {"means_label", N_("Means of payment"), REPORT_TEXT, false, "m.label", COLUMN_JOINED | COLUMN_SEARCHED},
};

static const struct report_column STOCK_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false, "a.code", COLUMN_SEARCHED},
    {"quantity_milli", N_("Quantity"), REPORT_MILLI, false, "COALESCE(s.quantity_milli, 0)", COLUMN_JOINED},
    /* of pages */
    {"label", N_("Label"), REPORT_TEXT, false, "a.label", COLUMN_SEARCHED},
    {"unit", N_("Unit"), REPORT_TEXT, false, "a.unit", 0},
    {"family", N_("Family"), REPORT_TEXT, false, "f.name", COLUMN_JOINED | COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"archived", N_("Archived"), REPORT_BOOL, false, "a.archived", 0},
};

/* A move has no number of its own: its source's, its line's and its kind of source make one. A document has far fewer lines than 2^20. */
static const struct report_column MOVE_COLUMNS[] = {
    {"at", N_("When"), REPORT_INSTANT, false, "m.at_utc", 0},
    {"code", N_("Code"), REPORT_TEXT, false, "a.code", COLUMN_JOINED | COLUMN_SEARCHED},
    {"label", N_("Label"), REPORT_TEXT, false, "a.label", COLUMN_JOINED | COLUMN_SEARCHED},
    {"quantity_milli", N_("Quantity"), REPORT_MILLI, false, "m.quantity_milli", 0},
    {"source", N_("Source"), REPORT_WORD, false, "m.source", 0, "document count"},
    {"document", N_("Document"), REPORT_TEXT, false, "CASE WHEN m.source = 'document' THEN " DOCUMENT_NUMBER " END", COLUMN_JOINED | COLUMN_NULLABLE | COLUMN_SEARCHED},
};

static const struct report_column CUSTOMER_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false, "c.code", COLUMN_SEARCHED},
    {"company_name", N_("Company"), REPORT_TEXT, false, "c.company_name", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"last_name", N_("Surname"), REPORT_TEXT, false, "c.last_name", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"first_name", N_("First name"), REPORT_TEXT, false, "c.first_name", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"email", N_("E-mail"), REPORT_TEXT, false, "c.email", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"phone", N_("Phone"), REPORT_TEXT, false, "c.phone", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"address", N_("Address"), REPORT_TEXT, JSON_ONLY, "c.address", COLUMN_NULLABLE},
    {"postcode", N_("Postcode"), REPORT_TEXT, false, "c.postcode", COLUMN_NULLABLE},
    {"town", N_("Town"), REPORT_TEXT, false, "c.town", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"country", N_("Country"), REPORT_TEXT, JSON_ONLY, "c.country", COLUMN_NULLABLE},
    {"vat_number", N_("VAT number"), REPORT_TEXT, JSON_ONLY, "c.vat_number", COLUMN_NULLABLE},
    {"siren", N_("SIREN"), REPORT_TEXT, JSON_ONLY, "c.siren", COLUMN_NULLABLE},
};

static const struct report_column TAX_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false, "t.code", COLUMN_SEARCHED},
    {"label", N_("Label"), REPORT_TEXT, false, "t.label", COLUMN_SEARCHED},
    {"rate_bp", N_("Rate"), REPORT_RATE, false, "t.rate_bp", 0},
};

static const struct report_column MEANS_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false, "m.code", COLUMN_SEARCHED},
    {"label", N_("Label"), REPORT_TEXT, false, "m.label", COLUMN_SEARCHED},
};

static const struct report_column FAMILY_COLUMNS[] = {{"name", N_("Family"), REPORT_TEXT, false, "f.name", COLUMN_SEARCHED}};

static const struct report_column ARTICLE_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false, "a.code", COLUMN_SEARCHED},
    {"label", N_("Label"), REPORT_TEXT, false, "a.label", COLUMN_SEARCHED},
    {"family", N_("Family"), REPORT_TEXT, false, "f.name", COLUMN_JOINED | COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"tax", N_("VAT code"), REPORT_TEXT, false, "t.code", COLUMN_JOINED, TAX_CHOICES},
    {"rate_bp", N_("Rate"), REPORT_RATE, JSON_ONLY, "t.rate_bp", COLUMN_JOINED},
    {"price_e4", N_("Price incl. VAT"), REPORT_E4, false, "a.price_e4", COLUMN_NULLABLE},
    {"net_price_e4", N_("Price excl. VAT"), REPORT_E4, JSON_ONLY, "a.net_price_e4", COLUMN_NULLABLE},
    {"buy_price_e4", N_("Purchase price"), REPORT_E4, JSON_ONLY, "a.buy_price_e4", COLUMN_NULLABLE},
    {"barcode", N_("Barcode"), REPORT_TEXT, false, "a.barcode", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"unit", N_("Unit"), REPORT_TEXT, false, "a.unit", 0},
    {"weight_milli", N_("Weight"), REPORT_MILLI, JSON_ONLY, "a.weight_milli", COLUMN_NULLABLE},
    {"stock_managed", N_("Stock followed"), REPORT_BOOL, false, "a.stock_managed", 0},
    {"archived", N_("Archived"), REPORT_BOOL, false, "a.archived", 0},
    /* of pages */
    {"stock_milli", N_("In stock"), REPORT_MILLI, false, "CASE WHEN a.stock_managed = 1 THEN COALESCE(s.quantity_milli, 0) END", COLUMN_JOINED | COLUMN_NULLABLE},
    {"updated", N_("Changed"), REPORT_INSTANT, false, "a.updated_utc", 0},
};

static const struct report_column RUN_COLUMNS[] = {
    {"run", N_("Run"), REPORT_INT, false, "r.run_id", 0},
    {"link", N_("Link"), REPORT_TEXT, false, "l.name", COLUMN_JOINED, LINK_CHOICES},
    {"state", N_("State"), REPORT_WORD, false, "r.state", 0, "running done failed interrupted"},
    {"started", N_("Started"), REPORT_INSTANT, false, "r.started_utc", 0},
    {"ended", N_("Ended"), REPORT_INSTANT, false, "r.ended_utc", COLUMN_NULLABLE},
    {"from", N_("Sales from"), REPORT_INSTANT, JSON_ONLY, "r.from_utc", COLUMN_NULLABLE},
    {"to", N_("Sales to"), REPORT_INSTANT, JSON_ONLY, "r.to_utc", COLUMN_NULLABLE},
    {"requests", N_("Requests"), REPORT_INT, false, "r.requests", 0},
    {"retries", N_("Retries"), REPORT_INT, false, "r.retries", 0},
    {"counts", N_("Counts"), REPORT_JSON, JSON_ONLY, "r.counts", COLUMN_UNSORTED | COLUMN_UNFILTERED},
    {"error", N_("Error"), REPORT_JSON, JSON_ONLY, "r.error", COLUMN_UNSORTED | COLUMN_UNFILTERED},
};

#define ANOMALIES_OF_SALE "FROM anomaly n WHERE n.company_id = g.company_id AND n.link_id = g.link_id AND n.subject_kind = 'sale' AND n.subject = g.till_sale_id"
static const struct report_column GRID_SALE_COLUMNS[] = {
    {"id", N_("Row"), REPORT_INT, false, "g.grid_sale_id", 0},
    {"sale", N_("Till sale"), REPORT_TEXT, false, "g.till_sale_id", COLUMN_SEARCHED},
    {"number", N_("Ticket"), REPORT_TEXT, false, "g.number", COLUMN_SEARCHED},
    {"kind", N_("Kind"), REPORT_WORD, false, "g.kind", 0, "sale refund"},
    {"date", N_("Date"), REPORT_DAY, false, "g.day", COLUMN_NULLABLE},
    {"customer", N_("Customer"), REPORT_TEXT, false, REPORT_NAME_OF("g"), COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"total_cents", N_("Total"), REPORT_CENTS, false, "g.total_cents", 0},
    {"lines", N_("Lines"), REPORT_INT, false, "(SELECT COUNT(*) FROM grid_line n WHERE n.company_id = g.company_id AND n.grid_sale_id = g.grid_sale_id)",
        COLUMN_UNSORTED | COLUMN_UNFILTERED},
    {"anomaly", N_("Anomaly"), REPORT_WORD, false, "CASE WHEN g.blocked = 1 THEN (SELECT n.code " ANOMALIES_OF_SALE " ORDER BY n.line_no, n.code LIMIT 1) END",
        COLUMN_UNSORTED, REPORT_ANOMALY_CHOICES,
        "g.blocked = 1 AND (g.link_id, g.till_sale_id) IN (SELECT n.link_id, n.subject FROM anomaly n WHERE n.company_id = $1 AND n.subject_kind = 'sale' AND n.code = ?)"},
    {"link", N_("Link"), REPORT_TEXT, false, "l.name", COLUMN_JOINED | COLUMN_NULLABLE, LINK_CHOICES},
    {"edited", N_("Corrected by hand"), REPORT_BOOL, false, "g.edited", 0},
    {"revision", N_("Revision"), REPORT_INT, false, "g.revision", 0},
    {"blocked", N_("Blocked"), REPORT_BOOL, false, "g.blocked", 0},
    {"salesperson", N_("Salesperson"), REPORT_TEXT, false, "g.salesperson", COLUMN_NULLABLE | COLUMN_SEARCHED},
    {"closed", N_("Sold"), REPORT_INSTANT, false, "g.closed_utc", COLUMN_NULLABLE},
};

static const struct report_column JOURNAL_COLUMNS[] = {
    {"seq", N_("Journal record"), REPORT_INT, false, "j.seq", 0},
    {"kind", N_("Kind"), REPORT_WORD, false, "j.kind", 0, "sale document"},
    {"link", N_("Link"), REPORT_TEXT, false, "l.name", COLUMN_JOINED | COLUMN_NULLABLE, LINK_CHOICES},
    {"subject", N_("Subject"), REPORT_TEXT, false, "j.subject", COLUMN_SEARCHED},
    {"document", N_("Document"), REPORT_TEXT, false,
        "CASE WHEN j.kind = 'document' THEN (SELECT " DOCUMENT_NUMBER " FROM document d WHERE d.company_id = j.company_id AND d.document_id = CAST(j.subject AS BIGINT)) END",
        COLUMN_UNSORTED | COLUMN_UNFILTERED},
    {"at", N_("When"), REPORT_INSTANT, false, "j.at_utc", 0},
    {"run", N_("Run"), REPORT_INT, false, "NULLIF(j.run_id, 0)", COLUMN_NULLABLE},
    {"sha256", N_("SHA-256"), REPORT_HASH, false, "j.sha256", COLUMN_UNSORTED | COLUMN_UNFILTERED},
};

#define JOIN_CUSTOMER(t) " JOIN customer c ON c.company_id = " t ".company_id AND c.customer_id = " t ".customer_id"
#define JOIN_LINK(t) " LEFT JOIN link l ON l.company_id = " t ".company_id AND l.link_id = " t ".link_id"
#define JOIN_FAMILY " LEFT JOIN family f ON f.company_id = a.company_id AND f.family_id = a.family_id"
#define JOIN_STOCK " LEFT JOIN stock_level s ON s.company_id = a.company_id AND s.article_id = a.article_id"
#define COLUMNS(array, count) (array), (count), COUNT_OF(array)

static const struct report_list LISTS[] = {
    {"document", "documents", "document d", JOIN_CUSTOMER("d") JOIN_LINK("d"), "d.company_id = $1", "d.document_id", "-date", COLUMNS(DOCUMENT_COLUMNS, 12)},
    {"payment", "payments", "payment p",
        " JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id JOIN document d ON d.company_id = p.company_id AND d.document_id = p.document_id"
        JOIN_CUSTOMER("p") JOIN_LINK("p"), "p.company_id = $1", "p.payment_id", "-date", COLUMNS(PAYMENT_COLUMNS, 6)},
    {"stock", "stock", "article a", JOIN_STOCK JOIN_FAMILY, "a.company_id = $1 AND a.stock_managed = 1", "a.article_id", "code", COLUMNS(STOCK_COLUMNS, 2)},
    {"move", "stock-moves", "stock_move m",
        " JOIN article a ON a.company_id = m.company_id AND a.article_id = m.article_id"
        " LEFT JOIN document d ON d.company_id = m.company_id AND d.document_id = m.source_id AND m.source = 'document'",
        "m.company_id = $1", "((m.source_id * 1048576 + m.line_no) * 2 + CASE WHEN m.source = 'count' THEN 1 ELSE 0 END)", "-at",
        COLUMNS(MOVE_COLUMNS, COUNT_OF(MOVE_COLUMNS))},
    {"customer", "customers", "customer c", "", "c.company_id = $1", "c.customer_id", "code", COLUMNS(CUSTOMER_COLUMNS, COUNT_OF(CUSTOMER_COLUMNS))},
    {"article", "articles", "article a", " JOIN tax t ON t.company_id = a.company_id AND t.tax_id = a.tax_id" JOIN_FAMILY JOIN_STOCK, "a.company_id = $1", "a.article_id", "code",
        COLUMNS(ARTICLE_COLUMNS, 13)},
    {"family", "families", "family f", "", "f.company_id = $1", "f.family_id", "name", COLUMNS(FAMILY_COLUMNS, COUNT_OF(FAMILY_COLUMNS))},
    {"tax", "taxes", "tax t", "", "t.company_id = $1", "t.tax_id", "code", COLUMNS(TAX_COLUMNS, COUNT_OF(TAX_COLUMNS))},
    {"means", "means", "means m", "", "m.company_id = $1", "m.means_id", "code", COLUMNS(MEANS_COLUMNS, COUNT_OF(MEANS_COLUMNS))},
    {"run", "runs", "run r", " JOIN link l ON l.company_id = r.company_id AND l.link_id = r.link_id", "r.company_id = $1", "r.run_id", "-run",
        COLUMNS(RUN_COLUMNS, COUNT_OF(RUN_COLUMNS))},
    {"grid_sale", "grid/sales", "grid_sale g", JOIN_LINK("g"), "g.company_id = $1", "g.grid_sale_id", "id", COLUMNS(GRID_SALE_COLUMNS, COUNT_OF(GRID_SALE_COLUMNS))},
    {"journal", "journal", "journal j", JOIN_LINK("j"), "j.company_id = $1", "j.seq", "-seq", COLUMNS(JOURNAL_COLUMNS, COUNT_OF(JOURNAL_COLUMNS)),
        "SELECT seq FROM journal_head WHERE company_id = $1"},
};

const struct report_list *report_list_at(size_t index)
{
    return index < COUNT_OF(LISTS) ? &LISTS[index] : NULL;
}

const struct report_list *report_list_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(LISTS); i++)
        if (strcmp(LISTS[i].name, name) == 0)
            return &LISTS[i];
    return NULL;
}
