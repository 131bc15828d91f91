/* list.c: the lists, as data: what a column is called, what it holds, and the SQL that fills it. One loop reads them all. */
#include <string.h>

#include "base/json.h"
#include "report/report_int.h"

#define COLUMNS(array) (array), sizeof (array) / sizeof *(array)
/* $1 company, $2 last id seen, $3 rows a page, $4 kind, $5 state (empty = any). */
#define PAGE " ORDER BY id LIMIT $3"

static const struct report_column DOCUMENT_COLUMNS[] = {
    {"number", N_("Number"), REPORT_TEXT, false},
    {"kind", N_("Kind"), REPORT_WORD, false},
    {"state", N_("State"), REPORT_WORD, false},
    {"date", N_("Date"), REPORT_DAY, false},
    {"customer", N_("Customer"), REPORT_TEXT, false},
    {"total_cents", N_("Total"), REPORT_CENTS, false},
    {"tax_cents", N_("VAT"), REPORT_CENTS, false},
    {"paid_cents", N_("Paid"), REPORT_CENTS, false},
    {"link", N_("Link"), REPORT_TEXT, true},
    {"till_sale", N_("Till sale"), REPORT_TEXT, true},
    {"till_number", N_("Ticket"), REPORT_TEXT, false},
    {"block", N_("Blocked by"), REPORT_JSON, false},
};
/* What an order was paid are its deposits; what an invoice was paid is what is allocated to it. */
static const char DOCUMENT_SQL[] =
    "SELECT COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT)), d.kind, d.state, d.day, c.code, d.total_cents, d.tax_cents,"
    " CASE WHEN d.kind = 'order' THEN (SELECT COALESCE(SUM(p.amount_cents), 0) FROM payment p WHERE p.company_id = d.company_id AND p.document_id = d.document_id)"
    " ELSE (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a WHERE a.company_id = d.company_id AND a.document_id = d.document_id) END,"
    " l.name, d.till_sale_id, d.till_number, d.block, d.document_id AS id"
    " FROM document d JOIN customer c ON c.company_id = d.company_id AND c.customer_id = d.customer_id"
    " LEFT JOIN link l ON l.company_id = d.company_id AND l.link_id = d.link_id"
    " WHERE d.company_id = $1 AND d.document_id > $2 AND (d.kind = $4 OR $4 = '') AND (d.state = $5 OR $5 = '')" PAGE;

static const struct report_column PAYMENT_COLUMNS[] = {
    {"date", N_("Date"), REPORT_DAY, false},
    {"means", N_("Means"), REPORT_TEXT, false},
    {"amount_cents", N_("Amount"), REPORT_CENTS, false},
    {"allocated_cents", N_("Allocated"), REPORT_CENTS, false},
    {"document", N_("Document"), REPORT_TEXT, false},
    {"till_payment", N_("Till payment"), REPORT_TEXT, false},
};
static const char PAYMENT_SQL[] =
    "SELECT p.day, m.code, p.amount_cents,"
    " (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a WHERE a.company_id = p.company_id AND a.document_id = p.document_id AND a.payment_id = p.payment_id),"
    " COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT)), p.till_payment_id, p.payment_id AS id"
    " FROM payment p JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
    " JOIN document d ON d.company_id = p.company_id AND d.document_id = p.document_id"
    " WHERE p.company_id = $1 AND p.payment_id > $2 AND $4 = $4 AND $5 = $5" PAGE;

static const struct report_column STOCK_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false},
    {"quantity_milli", N_("Quantity"), REPORT_MILLI, false},
};
static const char STOCK_SQL[] =
    "SELECT a.code, COALESCE(s.quantity_milli, 0), a.article_id AS id FROM article a"
    " LEFT JOIN stock_level s ON s.company_id = a.company_id AND s.article_id = a.article_id"
    " WHERE a.company_id = $1 AND a.article_id > $2 AND a.stock_managed = 1 AND $4 = $4 AND $5 = $5" PAGE;

static const struct report_column CUSTOMER_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false},
    {"company_name", N_("Company"), REPORT_TEXT, false},
    {"last_name", N_("Surname"), REPORT_TEXT, false},
    {"first_name", N_("First name"), REPORT_TEXT, false},
    {"email", N_("E-mail"), REPORT_TEXT, false},
    {"phone", N_("Phone"), REPORT_TEXT, false},
    {"address", N_("Address"), REPORT_TEXT, true},
    {"postcode", N_("Postcode"), REPORT_TEXT, false},
    {"town", N_("Town"), REPORT_TEXT, false},
    {"country", N_("Country"), REPORT_TEXT, true},
    {"vat_number", N_("VAT number"), REPORT_TEXT, true},
};
static const char CUSTOMER_SQL[] =
    "SELECT code, company_name, last_name, first_name, email, phone, address, postcode, town, country, vat_number, customer_id AS id FROM customer"
    " WHERE company_id = $1 AND customer_id > $2 AND $4 = $4 AND $5 = $5" PAGE;

static const struct report_column TAX_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false},
    {"label", N_("Label"), REPORT_TEXT, false},
    {"rate_bp", N_("Rate"), REPORT_RATE, false},
};
static const char TAX_SQL[] = "SELECT code, label, rate_bp, tax_id AS id FROM tax WHERE company_id = $1 AND tax_id > $2 AND $4 = $4 AND $5 = $5" PAGE;

static const struct report_column MEANS_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false},
    {"label", N_("Label"), REPORT_TEXT, false},
};
static const char MEANS_SQL[] = "SELECT code, label, means_id AS id FROM means WHERE company_id = $1 AND means_id > $2 AND $4 = $4 AND $5 = $5" PAGE;

static const struct report_column FAMILY_COLUMNS[] = {{"name", N_("Family"), REPORT_TEXT, false}};
static const char FAMILY_SQL[] = "SELECT name, family_id AS id FROM family WHERE company_id = $1 AND family_id > $2 AND $4 = $4 AND $5 = $5" PAGE;

static const struct report_column ARTICLE_COLUMNS[] = {
    {"code", N_("Code"), REPORT_TEXT, false},
    {"label", N_("Label"), REPORT_TEXT, false},
    {"family", N_("Family"), REPORT_TEXT, false},
    {"tax", N_("VAT code"), REPORT_TEXT, false},
    {"rate_bp", N_("Rate"), REPORT_RATE, true},
    {"price_e4", N_("Price incl. VAT"), REPORT_E4, false},
    {"net_price_e4", N_("Price excl. VAT"), REPORT_E4, true},
    {"buy_price_e4", N_("Purchase price"), REPORT_E4, true},
    {"barcode", N_("Barcode"), REPORT_TEXT, false},
    {"unit", N_("Unit"), REPORT_TEXT, false},
    {"weight_milli", N_("Weight"), REPORT_MILLI, true},
    {"stock_managed", N_("Stock followed"), REPORT_BOOL, false},
    {"archived", N_("Archived"), REPORT_BOOL, false},
};
static const char ARTICLE_SQL[] =
    "SELECT a.code, a.label, f.name, t.code, t.rate_bp, a.price_e4, a.net_price_e4, a.buy_price_e4, a.barcode, a.unit, a.weight_milli, a.stock_managed, a.archived,"
    " a.article_id AS id FROM article a JOIN tax t ON t.company_id = a.company_id AND t.tax_id = a.tax_id"
    " LEFT JOIN family f ON f.company_id = a.company_id AND f.family_id = a.family_id"
    " WHERE a.company_id = $1 AND a.article_id > $2 AND $4 = $4 AND $5 = $5" PAGE;

static const struct report_column RUN_COLUMNS[] = {
    {"run", N_("Run"), REPORT_INT, false},
    {"link", N_("Link"), REPORT_TEXT, false},
    {"state", N_("State"), REPORT_WORD, false},
    {"started", N_("Started"), REPORT_INSTANT, false},
    {"ended", N_("Ended"), REPORT_INSTANT, false},
    {"from", N_("Sales from"), REPORT_INSTANT, true},
    {"to", N_("Sales to"), REPORT_INSTANT, true},
    {"requests", N_("Requests"), REPORT_INT, false},
    {"retries", N_("Retries"), REPORT_INT, false},
    {"counts", N_("Counts"), REPORT_JSON, true},
    {"error", N_("Error"), REPORT_JSON, true},
};
static const char RUN_SQL[] =
    "SELECT r.run_id, l.name, r.state, r.started_utc, r.ended_utc, r.from_utc, r.to_utc, r.requests, r.retries, r.counts, r.error, r.run_id AS id"
    " FROM run r JOIN link l ON l.company_id = r.company_id AND l.link_id = r.link_id"
    " WHERE r.company_id = $1 AND r.run_id > $2 AND $4 = $4 AND (r.state = $5 OR $5 = '')" PAGE;

static const struct report_list LISTS[] = {
    {"document", DOCUMENT_SQL, COLUMNS(DOCUMENT_COLUMNS)}, {"payment", PAYMENT_SQL, COLUMNS(PAYMENT_COLUMNS)}, {"stock", STOCK_SQL, COLUMNS(STOCK_COLUMNS)},
    {"customer", CUSTOMER_SQL, COLUMNS(CUSTOMER_COLUMNS)}, {"tax", TAX_SQL, COLUMNS(TAX_COLUMNS)},         {"means", MEANS_SQL, COLUMNS(MEANS_COLUMNS)},
    {"family", FAMILY_SQL, COLUMNS(FAMILY_COLUMNS)},       {"article", ARTICLE_SQL, COLUMNS(ARTICLE_COLUMNS)}, {"run", RUN_SQL, COLUMNS(RUN_COLUMNS)},
};

const struct report_list *report_list_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++)
        if (strcmp(LISTS[i].name, name) == 0)
            return &LISTS[i];
    return NULL;
}

struct db_value report_value_of(struct db_rows *rows, int column, enum report_type type)
{
    if (db_is_null(rows, column))
        return DB_NIL;
    return type == REPORT_TEXT || type == REPORT_WORD || type == REPORT_JSON ? DB_STR(db_text(rows, column)) : DB_INT(db_int(rows, column));
}

int report_each(struct db *db, int64_t company_id, const struct report_list *list, const struct report_filter *filter, report_row_fn *on_row, void *context,
                struct err *err)
{
    enum { ROWS_PER_PAGE = 500 };
    struct db_value values[REPORT_COLUMNS_MAX];
    struct str kind = filter && filter->kind.p ? filter->kind : STR(""), state = filter && filter->state.p ? filter->state : STR("");
    int64_t last_id = 0;
    for (;;) {
        int64_t count = 0;
        DB_ROWS_AUTO rows = {0};
        int rc = db_query(db, &rows, list->sql, err, DB_INT(company_id), DB_INT(last_id), DB_INT(ROWS_PER_PAGE), DB_STR(kind), DB_STR(state));
        while (rc == OK && (rc = db_next(&rows, err)) == 1) {
            for (size_t i = 0; i < list->column_count; i++)
                values[i] = report_value_of(&rows, (int)i, list->columns[i].type);
            last_id = db_int(&rows, (int)list->column_count);
            count++;
            rc = on_row(context, list, values, err);
        }
        if (rc < 0 || count < ROWS_PER_PAGE)
            return rc;
    }
}

void report_put_member(struct json_out *json, const struct report_column *column, const struct db_value *value)
{
    BUF_AUTO text = {0};

    json_key(json, column->name);
    if (value->type == DB_NULL)
        json_put_null(json);
    else if (column->type == REPORT_TEXT || column->type == REPORT_WORD)
        json_put_str(json, value->s);
    else if (column->type == REPORT_JSON)
        json_put_raw(json, value->s);
    else if (column->type == REPORT_BOOL)
        json_put_bool(json, value->i != 0);
    else if (column->type == REPORT_DAY || column->type == REPORT_INSTANT) {
        if (column->type == REPORT_DAY)
            civil_append_day(&text, (int32_t)value->i);
        else
            instant_append(&text, value->i);
        json_put_str(json, buf_str(&text));
    } else
        json_put_int(json, value->i);
}

void report_append_json(struct buf *out, const struct report_list *list, const struct db_value *values)
{
    struct json_out json = {.buf = out};

    json_begin_object(&json);
    for (size_t i = 0; i < list->column_count; i++)
        report_put_member(&json, &list->columns[i], &values[i]);
    json_end_object(&json);
}
