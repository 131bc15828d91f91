/* record.c: single records, as data: the head of a document, an article or a run, and the parts that hang on it, each with its columns and the SQL that fills them.
 * The edge decides how to show them. */
#include <string.h>

#include "report/report_int.h"

#define COLUMNS(array) (array), sizeof (array) / sizeof *(array)

/* ---- document ---- */

/* Whether a person had a hand in the allocation a. */
#define BY_HAND \
    " (SELECT COUNT(*) FROM reconciliation_by_hand h WHERE h.company_id = a.company_id AND h.payment_id = a.payment_id AND h.document_id = a.document_id)"

static const struct report_column DOCUMENT_HEAD_COLUMNS[] = {
    {"number", N_("Number"), REPORT_TEXT},         {"kind", N_("Kind"), REPORT_WORD},
    {"state", N_("State"), REPORT_WORD},           {"date", N_("Date"), REPORT_DAY},
    {"sold", N_("Sold"), REPORT_INSTANT},          {"customer", N_("Customer"), REPORT_TEXT},
    {"customer_name", N_("Customer’s name"), REPORT_TEXT}, {"salesperson", N_("Salesperson"), REPORT_TEXT},
    {"total_cents", N_("Total"), REPORT_CENTS},
    {"tax_cents", N_("VAT"), REPORT_CENTS},        {"tip_cents", N_("Tip"), REPORT_CENTS},
    {"link", N_("Link"), REPORT_TEXT},             {"till_sale", N_("Till sale"), REPORT_TEXT},
    {"till_number", N_("Ticket"), REPORT_TEXT},    {"revision", N_("Revision"), REPORT_INT, true},
    {"origin", N_("Credit on"), REPORT_TEXT},      {"run", N_("Run"), REPORT_INT},
    {"journal", N_("Journal record"), REPORT_INT}, {"validated", N_("Validated"), REPORT_INSTANT},
    {"block", N_("Blocked by"), REPORT_JSON, true},
};

static const struct report_column DOCUMENT_LINE_COLUMNS[] = {
    {"line", N_("Line"), REPORT_INT},          {"code", N_("Code"), REPORT_TEXT},
    {"label", N_("Label"), REPORT_TEXT},       {"quantity_milli", N_("Quantity"), REPORT_MILLI},
    {"unit", N_("Unit"), REPORT_TEXT},         {"unit_price_e4", N_("Price incl. VAT"), REPORT_E4},
    {"discount_cents", N_("Discount"), REPORT_CENTS}, {"total_cents", N_("Total"), REPORT_CENTS},
    {"net_cents", N_("Excl. VAT"), REPORT_CENTS}, {"tax_cents", N_("VAT"), REPORT_CENTS},
    {"rate_bp", N_("Rate"), REPORT_RATE},
};
static const struct report_column DOCUMENT_TAX_COLUMNS[] = {
    {"tax", N_("VAT code"), REPORT_TEXT},         {"rate_bp", N_("Rate"), REPORT_RATE}, {"net_cents", N_("Excl. VAT"), REPORT_CENTS},
    {"tax_cents", N_("VAT"), REPORT_CENTS}, {"total_cents", N_("Total"), REPORT_CENTS},
};
static const struct report_column DOCUMENT_DUE_COLUMNS[] = {
    {"date", N_("Date"), REPORT_DAY}, {"amount_cents", N_("Amount"), REPORT_CENTS}, {"allocated_cents", N_("Allocated"), REPORT_CENTS},
    {"due_no", N_("Due line"), REPORT_INT, true}};
static const struct report_column DOCUMENT_PAYMENT_COLUMNS[] = {
    {"date", N_("Date"), REPORT_DAY}, {"means", N_("Means"), REPORT_TEXT}, {"amount_cents", N_("Amount"), REPORT_CENTS},
    {"allocated_cents", N_("Allocated"), REPORT_CENTS}, {"till_payment", N_("Till payment"), REPORT_TEXT}, {"id", N_("Payment number"), REPORT_INT, true},
    {"means_label", N_("Label"), REPORT_TEXT, true}};
static const struct report_column DOCUMENT_ALLOCATION_COLUMNS[] = {
    {"payment", N_("Payment number"), REPORT_INT}, {"due_no", N_("Due line"), REPORT_INT}, {"date", N_("Date"), REPORT_DAY}, {"means", N_("Means"), REPORT_TEXT},
    {"amount_cents", N_("Amount"), REPORT_CENTS}, {"by_hand", N_("By hand"), REPORT_BOOL}, {"means_label", N_("Label"), REPORT_TEXT, true}};
static const struct report_column DOCUMENT_MOVE_COLUMNS[] = {{"code", N_("Code"), REPORT_TEXT}, {"quantity_milli", N_("Quantity"), REPORT_MILLI}};
static const struct report_column DOCUMENT_CREDIT_COLUMNS[] = {
    {"number", N_("Number"), REPORT_TEXT}, {"kind", N_("Kind"), REPORT_WORD}, {"date", N_("Date"), REPORT_DAY}, {"total_cents", N_("Total"), REPORT_CENTS}};

static const struct report_section DOCUMENT_PARTS[] = {
    {N_("Lines"), "lines",
        "SELECT line_no, code, label, quantity_milli, unit, unit_price_e4, discount_cents, total_cents, net_cents, tax_cents, rate_bp FROM document_line"
        " WHERE company_id = $1 AND document_id = $2 ORDER BY line_no", COLUMNS(DOCUMENT_LINE_COLUMNS)},
    {N_("VAT by rate"), "tax",
        "SELECT t.code, d.rate_bp, d.net_cents, d.tax_cents, d.total_cents FROM document_tax d JOIN tax t ON t.company_id = d.company_id AND t.tax_id = d.tax_id"
        " WHERE d.company_id = $1 AND d.document_id = $2 ORDER BY d.rate_bp DESC, d.tax_id", COLUMNS(DOCUMENT_TAX_COLUMNS)},
    {N_("Due lines"), "due",
        "SELECT u.day, u.amount_cents, (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a"
        " WHERE a.company_id = u.company_id AND a.document_id = u.document_id AND a.due_no = u.due_no), u.due_no"
        " FROM due_line u WHERE u.company_id = $1 AND u.document_id = $2 ORDER BY u.due_no", COLUMNS(DOCUMENT_DUE_COLUMNS)},
    {N_("Payments"), "payments",
        "SELECT p.day, m.code, p.amount_cents, " REPORT_ALLOCATED_OF_PAYMENT ", p.till_payment_id, p.payment_id, m.label"
        " FROM payment p JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
        " WHERE p.company_id = $1 AND p.document_id = $2 ORDER BY p.payment_id", COLUMNS(DOCUMENT_PAYMENT_COLUMNS)},
    {N_("Stock moves"), "moves",
        "SELECT a.code, m.quantity_milli FROM stock_move m JOIN article a ON a.company_id = m.company_id AND a.article_id = m.article_id"
        " WHERE m.company_id = $1 AND m.source = 'document' AND m.source_id = $2 ORDER BY m.line_no", COLUMNS(DOCUMENT_MOVE_COLUMNS)},
    {N_("Credit notes on it"), "credit_notes",
        "SELECT COALESCE(number, 'draft-' || CAST(document_id AS TEXT)), kind, day, total_cents FROM document"
        " WHERE company_id = $1 AND origin_id = $2 ORDER BY document_id", COLUMNS(DOCUMENT_CREDIT_COLUMNS)},
    {N_("Allocations"), "allocations",
        "SELECT a.payment_id, a.due_no, p.day, m.code, a.amount_cents," BY_HAND ", m.label FROM allocation a"
        " JOIN payment p ON p.company_id = a.company_id AND p.payment_id = a.payment_id JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
        " WHERE a.company_id = $1 AND a.document_id = $2 ORDER BY a.due_no, a.payment_id", COLUMNS(DOCUMENT_ALLOCATION_COLUMNS), true},
};

/* ---- payment ---- */

static const struct report_column PAYMENT_HEAD_COLUMNS[] = {
    {"id", N_("Payment number"), REPORT_INT}, {"date", N_("Date"), REPORT_DAY}, {"at", N_("When"), REPORT_INSTANT}, {"means", N_("Means"), REPORT_TEXT},
    {"means_label", N_("Label"), REPORT_TEXT}, {"amount_cents", N_("Amount"), REPORT_CENTS}, {"allocated_cents", N_("Allocated"), REPORT_CENTS},
    {"document", N_("Document"), REPORT_TEXT}, {"document_kind", N_("Kind"), REPORT_WORD}, {"customer", N_("Customer"), REPORT_TEXT}, {"link", N_("Link"), REPORT_TEXT},
    {"till_payment", N_("Till payment"), REPORT_TEXT},
};
static const struct report_column PAYMENT_ALLOCATION_COLUMNS[] = {
    {"document", N_("Document"), REPORT_TEXT}, {"due_no", N_("Due line"), REPORT_INT}, {"date", N_("Date"), REPORT_DAY}, {"amount_cents", N_("Amount"), REPORT_CENTS},
    {"by_hand", N_("By hand"), REPORT_BOOL}};
/* Those of its own document, then those that a person made. */
static const struct report_section PAYMENT_PARTS[] = {{N_("Allocations"), "allocations",
    "SELECT d.number, a.due_no, d.day, a.amount_cents," BY_HAND
    " FROM (SELECT p.document_id FROM payment p WHERE p.company_id = $1 AND p.payment_id = $2"
    " UNION SELECT h.document_id FROM reconciliation_by_hand h WHERE h.company_id = $1 AND h.payment_id = $2) w"
    " JOIN allocation a ON a.company_id = $1 AND a.document_id = w.document_id AND a.payment_id = $2"
    " JOIN document d ON d.company_id = $1 AND d.document_id = a.document_id ORDER BY a.document_id, a.due_no",
    COLUMNS(PAYMENT_ALLOCATION_COLUMNS)}};

/* ---- customer ---- */

static const struct report_column CUSTOMER_HEAD_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT},        {"company_name", N_("Company"), REPORT_TEXT}, {"last_name", N_("Surname"), REPORT_TEXT},
    {"first_name", N_("First name"), REPORT_TEXT}, {"email", N_("E-mail"), REPORT_TEXT},    {"phone", N_("Phone"), REPORT_TEXT},
    {"address", N_("Address"), REPORT_TEXT},  {"postcode", N_("Postcode"), REPORT_TEXT},    {"town", N_("Town"), REPORT_TEXT},
    {"country", N_("Country"), REPORT_TEXT},  {"vat_number", N_("VAT number"), REPORT_TEXT}, {"siren", N_("SIREN"), REPORT_TEXT},
    {"counter", N_("Counter customer"), REPORT_BOOL},
};

/* ---- article ---- */

static const struct report_column ARTICLE_HEAD_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT},                 {"label", N_("Label"), REPORT_TEXT},
    {"family", N_("Family"), REPORT_TEXT},             {"tax", N_("VAT code"), REPORT_TEXT},
    {"rate_bp", N_("Rate"), REPORT_RATE},              {"price_e4", N_("Price incl. VAT"), REPORT_E4},
    {"net_price_e4", N_("Price excl. VAT"), REPORT_E4}, {"buy_price_e4", N_("Purchase price"), REPORT_E4},
    {"barcode", N_("Barcode"), REPORT_TEXT},           {"unit", N_("Unit"), REPORT_TEXT},
    {"weight_milli", N_("Weight"), REPORT_MILLI},      {"stock_managed", N_("Stock followed"), REPORT_BOOL},
    {"stock_milli", N_("In stock"), REPORT_MILLI},     {"archived", N_("Archived"), REPORT_BOOL},
    {"updated", N_("Changed"), REPORT_INSTANT},
};
static const struct report_column ARTICLE_TILL_COLUMNS[] = {
    {"link", N_("Link"), REPORT_TEXT}, {"till_article", N_("Till article"), REPORT_TEXT}, {"declination", N_("Declination"), REPORT_TEXT},
    {"bound_by_hand", N_("By hand"), REPORT_BOOL}};
static const struct report_section ARTICLE_PARTS[] = {{N_("At the till"), "till_articles",
    "SELECT l.name, t.till_article_id, NULLIF(t.declination_id, ''), CASE WHEN t.bound_code IS NULL THEN 0 ELSE 1 END FROM till_article t"
    " JOIN link l ON l.company_id = t.company_id AND l.link_id = t.link_id WHERE t.company_id = $1 AND t.article_id = $2"
    " ORDER BY l.name, t.till_article_id, t.declination_id",
    COLUMNS(ARTICLE_TILL_COLUMNS)}};

/* ---- run ---- */

static const struct report_column RUN_HEAD_COLUMNS[] = {
    {"run", N_("Run"), REPORT_INT},           {"link", N_("Link"), REPORT_TEXT},
    {"state", N_("State"), REPORT_WORD},      {"started", N_("Started"), REPORT_INSTANT},
    {"ended", N_("Ended"), REPORT_INSTANT},   {"from", N_("Sales from"), REPORT_INSTANT},
    {"to", N_("Sales to"), REPORT_INSTANT},   {"requests", N_("Requests"), REPORT_INT},
    {"retries", N_("Retries"), REPORT_INT},   {"counts", N_("Counts"), REPORT_JSON},
    {"error", N_("Error"), REPORT_JSON, true},
};

static const struct report_record RECORDS[] = {
    {{NULL, "document",
    "SELECT COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT)), d.kind, d.state, d.day, d.at_utc, c.code, " REPORT_NAME_OF("c") ", d.salesperson, d.total_cents, d.tax_cents,"
    " NULLIF(d.tip_cents, 0), l.name, d.till_sale_id, d.till_number, d.revision,"
    " (SELECT o.number FROM document o WHERE o.company_id = d.company_id AND o.document_id = d.origin_id), NULLIF(d.run_id, 0),"
    " (SELECT s.journal_seq FROM sale s WHERE s.company_id = d.company_id AND s.link_id = d.link_id AND s.till_sale_id = d.till_sale_id), d.validated_utc, d.block"
    " FROM document d JOIN customer c ON c.company_id = d.company_id AND c.customer_id = d.customer_id"
    " LEFT JOIN link l ON l.company_id = d.company_id AND l.link_id = d.link_id WHERE d.company_id = $1 AND d.document_id = $2",
    COLUMNS(DOCUMENT_HEAD_COLUMNS)}, COLUMNS(DOCUMENT_PARTS)},
    {{NULL, "article",
    "SELECT a.code, a.label, f.name, t.code, t.rate_bp, a.price_e4, a.net_price_e4, a.buy_price_e4, a.barcode, a.unit, a.weight_milli, a.stock_managed,"
    " CASE WHEN a.stock_managed = 1 THEN COALESCE(s.quantity_milli, 0) END, a.archived, a.updated_utc"
    " FROM article a JOIN tax t ON t.company_id = a.company_id AND t.tax_id = a.tax_id"
    " LEFT JOIN family f ON f.company_id = a.company_id AND f.family_id = a.family_id"
    " LEFT JOIN stock_level s ON s.company_id = a.company_id AND s.article_id = a.article_id WHERE a.company_id = $1 AND a.article_id = $2",
    COLUMNS(ARTICLE_HEAD_COLUMNS)}, COLUMNS(ARTICLE_PARTS)},
    {{NULL, "run",
    "SELECT r.run_id, l.name, r.state, r.started_utc, r.ended_utc, r.from_utc, r.to_utc, r.requests, r.retries, r.counts, r.error FROM run r"
    " JOIN link l ON l.company_id = r.company_id AND l.link_id = r.link_id WHERE r.company_id = $1 AND r.run_id = $2",
    COLUMNS(RUN_HEAD_COLUMNS)}, NULL, 0},
    {{NULL, "customer",
    "SELECT code, company_name, last_name, first_name, email, phone, address, postcode, town, country, vat_number, siren, is_counter FROM customer"
    " WHERE company_id = $1 AND customer_id = $2",
    COLUMNS(CUSTOMER_HEAD_COLUMNS)}, NULL, 0},
    {{NULL, "payment",
    "SELECT p.payment_id, p.day, p.at_utc, m.code, m.label, p.amount_cents, " REPORT_ALLOCATED_OF_PAYMENT ", COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT)), d.kind, c.code, l.name,"
    " p.till_payment_id FROM payment p JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
    " JOIN document d ON d.company_id = p.company_id AND d.document_id = p.document_id JOIN customer c ON c.company_id = p.company_id AND c.customer_id = p.customer_id"
    " LEFT JOIN link l ON l.company_id = p.company_id AND l.link_id = p.link_id WHERE p.company_id = $1 AND p.payment_id = $2",
    COLUMNS(PAYMENT_HEAD_COLUMNS)}, COLUMNS(PAYMENT_PARTS)},
};

const struct report_record *report_record_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof RECORDS / sizeof *RECORDS; i++)
        if (strcmp(RECORDS[i].head.name, name) == 0)
            return &RECORDS[i];
    return NULL;
}

int report_section_each(struct db *db, int64_t company_id, const struct report_section *section, int64_t id, report_section_fn *on_row, void *context, struct err *err)
{
    struct db_value values[REPORT_COLUMNS_MAX];
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, section->sql, err, DB_INT(company_id), DB_INT(id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        for (size_t i = 0; i < section->column_count; i++)
            values[i] = report_value_of(&rows, (int)i, section->columns[i].type);
        rc = on_row(context, section, values, err);
    }
    return rc;
}

/* ---- JSON ---- */

struct putting { struct json_out *json; bool as_object; int64_t rows; };

static int put_row(void *context, const struct report_section *section, const struct db_value *values, struct err *err)
{
    struct putting *putting = context;

    if (putting->as_object)
        report_put_row(putting->json, section->columns, section->column_count, values);
    else
        for (size_t i = 0; i < section->column_count; i++)
            report_put_member(putting->json, &section->columns[i], &values[i]);
    putting->rows++;
    return buf_failed(putting->json->buf) ? err_memory(err) : OK;
}

int report_put_head(struct db *db, int64_t company_id, const struct report_record *record, int64_t id, struct json_out *json, struct err *err)
{
    struct putting putting = {.json = json};
    int rc = report_section_each(db, company_id, &record->head, id, put_row, &putting, err);

    return rc == OK ? putting.rows > 0 : rc;
}

int report_put_parts(struct db *db, int64_t company_id, const struct report_record *record, int64_t id, struct json_out *json, struct err *err)
{
    int rc = OK;

    for (size_t i = 0; rc == OK && i < record->part_count; i++) {
        struct putting putting = {.json = json, .as_object = true};
        json_key(json, record->parts[i].name);
        json_begin_array(json);
        rc = report_section_each(db, company_id, &record->parts[i], id, put_row, &putting, err);
        json_end_array(json);
    }
    return rc;
}

int report_record_json(struct db *db, int64_t company_id, const struct report_record *record, int64_t id, struct buf *out, struct err *err)
{
    struct json_out json = {.buf = out};
    size_t before = out->n;

    json_begin_object(&json);
    int found = report_put_head(db, company_id, record, id, &json, err);
    int rc = found > 0 ? report_put_parts(db, company_id, record, id, &json, err) : found;
    json_end_object(&json);
    if (rc < 0 || found == 0)
        out->n = before;
    return rc < 0 ? rc : buf_failed(out) ? err_memory(err) : found;
}

void report_put_company_details(struct json_out *json, const struct str details[COMPANY_DETAILS])
{
    for (int i = 0; i < COMPANY_DETAILS; i++) {
        const struct company_detail_kind *kind = &company_detail_kinds[i];
        json_key(json, kind->name);
        if (kind->type == DETAIL_TRUTH)
            json_put_bool(json, details[i].n > 0);
        else if (kind->type == DETAIL_CENTS && details[i].p)
            json_put_raw(json, details[i]);
        else
            json_put_str(json, details[i]);
    }
}
