/* why.c: why a document is as it is: the ticket as it was received, the run that brought it, the options of the link, what was mapped to what, and the rules that made its number, its VAT and its
 * state, each as a sentence about this document. Reads only what the books say. */
#include <stdarg.h>

#include "report/report_int.h"

struct why { struct db *db; const struct company *company; int64_t document_id; struct arena *arena; struct json_out *json; };

/* ---- the ticket ---- */

static const char SELECT_TICKET[] =
    "SELECT j.seq, j.at_utc, j.sha256, j.body FROM document d JOIN sale s ON s.company_id = d.company_id AND s.link_id = d.link_id AND s.till_sale_id = d.till_sale_id"
    " JOIN journal j ON j.company_id = s.company_id AND j.seq = s.journal_seq WHERE d.company_id = $1 AND d.document_id = $2";

/* JSON as it is; what a file brought is a text. */
static int put_body(const struct why *why, struct str body)
{
    struct json *parsed = NULL;
    struct err ignored = {0};

    json_key(why->json, "body");
    if (json_parse(why->arena, body, &parsed, &ignored) == OK)
        json_put_raw(why->json, body);
    else
        json_put_str(why->json, text_is_utf8(body) ? body : STR_NULL);
    return OK;
}

static int put_ticket(const struct why *why, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    BUF_AUTO text = {0};
    int rc = db_query(why->db, &rows, SELECT_TICKET, err, DB_INT(why->company->id), DB_INT(why->document_id));

    if (rc == OK)
        rc = db_next(&rows, err);
    json_key(why->json, "ticket");
    if (rc <= 0) {
        json_put_null(why->json);
        return rc;
    }
    json_begin_object(why->json);
    json_member_int(why->json, "seq", db_int(&rows, 0));
    json_member_instant(why->json, "received", true, db_int(&rows, 1));
    struct str hash = db_bytes(&rows, 2);
    hex_append(&text, (const unsigned char *)hash.p, hash.n);
    json_member_str(why->json, "sha256", buf_str(&text));
    rc = put_body(why, db_bytes(&rows, 3));
    json_end_object(why->json);
    return rc;
}

/* ---- the run, the options, the mappings: rows as they are ---- */

#define COLUMNS(array) (array), sizeof (array) / sizeof *(array)
static const struct report_column RUN_COLUMNS[] = {
    {"run", N_("Run"), REPORT_INT},         {"link", N_("Link"), REPORT_TEXT},     {"state", N_("State"), REPORT_WORD}, {"started", N_("Started"), REPORT_INSTANT},
    {"ended", N_("Ended"), REPORT_INSTANT}, {"from", N_("Sales from"), REPORT_INSTANT}, {"to", N_("Sales to"), REPORT_INSTANT}};
static const struct report_column LINK_COLUMNS[] = {
    {"name", N_("Link"), REPORT_TEXT},       {"profile", N_("Profile"), REPORT_TEXT},          {"document", N_("Documents made"), REPORT_TEXT},
    {"numbers", N_("Numbers"), REPORT_TEXT}, {"auto_validate", N_("Validated by itself"), REPORT_BOOL}, {"unknown_article", N_("Unknown articles"), REPORT_TEXT},
    {"unknown_customer", N_("Unknown customers"), REPORT_TEXT}, {"missing_reference", N_("Missing references"), REPORT_TEXT}, {"negative_stock", N_("Negative stock"), REPORT_TEXT},
    {"since", N_("Since"), REPORT_INSTANT}};
static const struct report_column MAPPING_COLUMNS[] = {
    {"kind", N_("Kind"), REPORT_TEXT}, {"from", N_("At the till"), REPORT_TEXT}, {"rate_bp", N_("Rate"), REPORT_RATE}, {"to", N_("Here"), REPORT_TEXT}, {"by_hand", N_("By hand"), REPORT_BOOL}};

static const struct report_section RUN = {NULL, "run",
    "SELECT r.run_id, l.name, r.state, r.started_utc, r.ended_utc, r.from_utc, r.to_utc FROM document d JOIN run r ON r.company_id = d.company_id AND r.run_id = d.run_id"
    " JOIN link l ON l.company_id = r.company_id AND l.link_id = r.link_id WHERE d.company_id = $1 AND d.document_id = $2", COLUMNS(RUN_COLUMNS)};
/* As they were noted when the document was validated, or else when its run began (sync/rules.c). */
static const struct report_section RULES = {NULL, "link",
    "SELECT u.name, u.profile, u.document, u.numbers, u.auto_validate, u.unknown_article, u.unknown_customer, u.no_reference, u.negative_stock, u.since FROM document d"
    " LEFT JOIN run r ON r.company_id = d.company_id AND r.run_id = d.run_id JOIN link_rules u ON u.company_id = d.company_id AND u.link_id = d.link_id"
    " AND u.from_utc = (SELECT MAX(m.from_utc) FROM link_rules m WHERE m.company_id = d.company_id AND m.link_id = d.link_id"
    " AND (m.from_utc <= COALESCE(d.validated_utc, r.started_utc) OR COALESCE(d.validated_utc, r.started_utc) IS NULL))"
    " WHERE d.company_id = $1 AND d.document_id = $2", COLUMNS(LINK_COLUMNS)};
/* Of a document that was made before they were noted, as they are now. */
static const struct report_section LINK = {NULL, "link",
    "SELECT l.name, CASE WHEN LENGTH(l.profile) <= 40 THEN l.profile END, l.document, l.numbers, l.auto_validate, l.unknown_article, l.unknown_customer, l.no_reference, l.negative_stock, l.since"
    " FROM document d JOIN link l ON l.company_id = d.company_id AND l.link_id = d.link_id WHERE d.company_id = $1 AND d.document_id = $2", COLUMNS(LINK_COLUMNS)};
/* A rate without a mapping goes to the code of that rate; a means to the one of the same code. */
static const struct report_section MAPPINGS = {NULL, "mappings",
    "SELECT 'tax', NULL, v.rate_bp, t.code, CASE WHEN m.tax_id IS NULL THEN 0 ELSE 1 END FROM document d"
    " JOIN document_tax v ON v.company_id = d.company_id AND v.document_id = d.document_id JOIN tax t ON t.company_id = v.company_id AND t.tax_id = v.tax_id"
    " LEFT JOIN tax_mapping m ON m.company_id = d.company_id AND m.link_id = d.link_id AND m.rate_bp = v.rate_bp AND m.tax_id = v.tax_id"
    " WHERE d.company_id = $1 AND d.document_id = $2"
    " UNION ALL SELECT DISTINCT 'means', m.till_type, CAST(NULL AS BIGINT), e.code, 1 FROM document d JOIN payment p ON p.company_id = d.company_id AND p.document_id = d.document_id"
    " JOIN means e ON e.company_id = p.company_id AND e.means_id = p.means_id"
    " JOIN means_mapping m ON m.company_id = d.company_id AND m.link_id = d.link_id AND m.means_id = p.means_id WHERE d.company_id = $1 AND d.document_id = $2"
    " UNION ALL SELECT DISTINCT 'article', t.till_article_id, CAST(NULL AS BIGINT), n.code, 1 FROM document d"
    " JOIN document_line n ON n.company_id = d.company_id AND n.document_id = d.document_id"
    " JOIN till_article t ON t.company_id = d.company_id AND t.link_id = d.link_id AND t.bound_code = n.code WHERE d.company_id = $1 AND d.document_id = $2",
    COLUMNS(MAPPING_COLUMNS)};

struct rows_out { struct json_out *json; int64_t count; };

static int put_row(void *context, const struct report_section *section, const struct db_value *values, struct err *err)
{
    struct rows_out *out = context;

    report_put_row(out->json, section->columns, section->column_count, values);
    out->count++;
    return buf_failed(out->json->buf) ? err_memory(err) : OK;
}

/* The one row of the section, or else of the other one (NULL: none). */
static int put_one(const struct why *why, const struct report_section *section, const struct report_section *otherwise, struct err *err)
{
    struct rows_out out = {.json = why->json};

    json_key(why->json, section->name);
    int rc = report_section_each(why->db, why->company->id, section, why->document_id, put_row, &out, err);
    if (rc == OK && !out.count && otherwise)
        rc = report_section_each(why->db, why->company->id, otherwise, why->document_id, put_row, &out, err);
    if (!out.count)
        json_put_null(why->json);
    return rc;
}

static int put_many(const struct why *why, const struct report_section *section, struct err *err)
{
    struct rows_out out = {.json = why->json};

    json_key(why->json, section->name);
    json_begin_array(why->json);
    int rc = report_section_each(why->db, why->company->id, section, why->document_id, put_row, &out, err);
    json_end_array(why->json);
    return rc;
}

/* ---- the rules ---- */

/* A sentence with its arguments, which end with NULL. */
static void put_rule(const struct why *why, const char *rule, const char *message, ...) __attribute__((sentinel));
static void put_rule(const struct why *why, const char *rule, const char *message, ...)
{
    BUF_AUTO text = {0};
    va_list args;

    va_start(args, message);
    message_append(&text, message, args);
    va_end(args);
    json_begin_object(why->json);
    json_member_str(why->json, "rule", str_from(rule));
    json_member_str(why->json, "text", buf_str(&text));
    json_end_object(why->json);
}

/* A value as people read it, in the arena. */
static const char *shown(const struct why *why, enum report_type type, int64_t value)
{
    BUF_AUTO text = {0};

    report_append_value(&text, type, &DB_INT(value), why->company->zone);
    struct str copy = arena_copy(why->arena, text.p ? buf_str(&text) : STR(""));
    return copy.p ? copy.p : "";
}

static const char *worded(const struct why *why, struct str text)
{
    struct str copy = arena_copy(why->arena, text);
    return copy.p ? copy.p : "";
}

static const char SELECT_HEAD[] =
    "SELECT d.number, d.till_number, d.kind, d.state, d.total_cents, d.tip_cents, d.revision, d.validated_utc, d.block,"
    " (SELECT o.number FROM document o WHERE o.company_id = d.company_id AND o.document_id = d.origin_id),"
    " (SELECT COUNT(*) FROM stock_move m WHERE m.company_id = d.company_id AND m.source = 'document' AND m.source_id = d.document_id),"
    " (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a WHERE a.company_id = d.company_id AND a.document_id = d.document_id),"
    " (SELECT h.user_name FROM reconciliation_by_hand h WHERE h.company_id = d.company_id AND h.document_id = d.document_id ORDER BY h.at_utc DESC, h.payment_id LIMIT 1)"
    " FROM document d WHERE d.company_id = $1 AND d.document_id = $2";
enum { HEAD_NUMBER, HEAD_TILL_NUMBER, HEAD_KIND, HEAD_STATE, HEAD_TOTAL, HEAD_TIP, HEAD_REVISION, HEAD_VALIDATED, HEAD_BLOCK, HEAD_ORIGIN, HEAD_MOVES, HEAD_ALLOCATED, HEAD_BY_HAND };

static void put_number_rule(const struct why *why, struct db_rows *rows)
{
    if (db_is_null(rows, HEAD_NUMBER))
        put_rule(why, "number_later", N_("It gets its number when it is validated, from a series without holes."), NULL);
    else if (!db_is_null(rows, HEAD_TILL_NUMBER) && str_equal(db_text(rows, HEAD_NUMBER), db_text(rows, HEAD_TILL_NUMBER)))
        put_rule(why, "number_kept", N_("Its number %s is the ticket's own: the link keeps the till's numbers."), worded(why, db_text(rows, HEAD_NUMBER)), NULL);
    else
        put_rule(why, "number_series", N_("Its number %s is the next one of a series without holes."), worded(why, db_text(rows, HEAD_NUMBER)), NULL);
}

static void put_kind_rule(const struct why *why, struct db_rows *rows)
{
    struct str kind = db_text(rows, HEAD_KIND);

    if (str_equal(kind, STR("order")))
        put_rule(why, "order", N_("It is an order, because the link makes orders of sales: it moves no stock, and what was paid is a deposit."), NULL);
    else if (str_equal(kind, STR("credit_note")) && !db_is_null(rows, HEAD_ORIGIN))
        put_rule(why, "credit_note", N_("It is a credit note on %s, because the ticket takes that sale back."), worded(why, db_text(rows, HEAD_ORIGIN)), NULL);
    else if (str_equal(kind, STR("credit_note")))
        put_rule(why, "credit_note", N_("It is a credit note without an invoice: the ticket takes back what is not known here, and a person accepted that."), NULL);
    if (db_int(rows, HEAD_REVISION) > 0)
        put_rule(why, "revision", N_("The sale changed at the till after it had become a document: this is correction %s of it, and what was validated stays."),
                 shown(why, REPORT_INT, db_int(rows, HEAD_REVISION)), NULL);
    if (db_int(rows, HEAD_TIP))
        put_rule(why, "tip", N_("%s of what was paid is a tip: kept for the staff, and no part of the sale."), shown(why, REPORT_CENTS, db_int(rows, HEAD_TIP)), NULL);
}

/* {"code":"stock","args":[{"code","missing_milli"}]} or {"code":"closed","args":[day]} */
static int put_block_rules(const struct why *why, struct str text, struct err *err)
{
    struct json *block = NULL;
    int rc = json_parse(why->arena, text, &block, err);
    const struct json *args = rc == OK ? json_get(block, STR("args")) : NULL;

    for (const struct json *item = args ? args->first : NULL; item; item = item->next) {
        const struct json *missing = json_get(item, STR("missing_milli"));
        int64_t milli = 0;
        int32_t day = 0;
        if (civil_parse_day(json_text(item), &day))
            put_rule(why, "closed", N_("It is not validated: its date is in a period that is closed until %s."), shown(why, REPORT_DAY, day), NULL);
        else if (missing && decimal_parse(missing->text, 0, &milli) == DECIMAL_OK)
            put_rule(why, "stock", N_("It is not validated: %s of article %s are missing in stock, and the link refuses a negative one."), shown(why, REPORT_MILLI, milli),
                     worded(why, json_text(json_get(item, STR("code")))), NULL);
    }
    return rc;
}

static int put_state_rules(const struct why *why, struct db_rows *rows, struct err *err)
{
    bool draft = str_equal(db_text(rows, HEAD_STATE), STR("draft"));

    if (draft && !db_is_null(rows, HEAD_BLOCK))
        return put_block_rules(why, db_text(rows, HEAD_BLOCK), err);
    if (draft)
        put_rule(why, "draft", N_("It is a draft until a person validates it: the link does not do it by itself."), NULL);
    else
        put_rule(why, "validated", N_("It was validated on %s, since nothing stood against it; nobody can change it since."), shown(why, REPORT_INSTANT, db_int(rows, HEAD_VALIDATED)), NULL);
    if (db_int(rows, HEAD_MOVES))
        put_rule(why, "moves", N_("Its lines of articles whose stock is followed made %s stock moves."), shown(why, REPORT_INT, db_int(rows, HEAD_MOVES)), NULL);
    return OK;
}

static void put_payment_rules(const struct why *why, struct db_rows *rows)
{
    int64_t total = db_int(rows, HEAD_TOTAL), allocated = db_int(rows, HEAD_ALLOCATED);

    if (str_equal(db_text(rows, HEAD_STATE), STR("draft")) || str_equal(db_text(rows, HEAD_KIND), STR("order")))
        put_rule(why, "waiting", N_("Its payments are allocated to nothing: only what is due on a validated invoice or credit note takes them."), NULL);
    else if (total == allocated)
        put_rule(why, "reconciled", N_("It is paid: %s of payments are allocated to it, the payments of its ticket first."), shown(why, REPORT_CENTS, allocated), NULL);
    else
        put_rule(why, "open", N_("%s of %s is paid: its ticket brought no more."), shown(why, REPORT_CENTS, allocated), shown(why, REPORT_CENTS, total), NULL);
    if (!db_is_null(rows, HEAD_BY_HAND))
        put_rule(why, "by_hand", N_("A person changed what is allocated to it: %s."), worded(why, db_text(rows, HEAD_BY_HAND)), NULL);
}

/* Per rate: what the till states is kept; without that, half-up on the rate's total. */
static int put_tax_rules(const struct why *why, struct err *err)
{
    static const char SELECT_TAXES[] = "SELECT rate_bp, total_cents, tax_cents FROM document_tax WHERE company_id = $1 AND document_id = $2 ORDER BY rate_bp DESC, tax_id";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(why->db, &rows, SELECT_TAXES, err, DB_INT(why->company->id), DB_INT(why->document_id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        int64_t rate = db_int(&rows, 0), total = db_int(&rows, 1), tax = db_int(&rows, 2), computed = money_tax_inside(total, rate, ROUND_HALF_UP);
        const char *rate_shown = shown(why, REPORT_RATE, rate), *tax_shown = shown(why, REPORT_CENTS, tax);
        if (tax == computed)
            put_rule(why, "tax_computed", N_("VAT at %s: %s is contained in the %s of that rate, half a cent rounded up."), rate_shown, tax_shown, shown(why, REPORT_CENTS, total), NULL);
        else
            put_rule(why, "tax_stated", N_("VAT at %s: %s is what the till states, which is kept to the cent; computed on the total it would be %s."), rate_shown, tax_shown,
                     shown(why, REPORT_CENTS, computed), NULL);
        rc = OK;
    }
    return rc;
}

static int put_rules(const struct why *why, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(why->db, &rows, SELECT_HEAD, err, DB_INT(why->company->id), DB_INT(why->document_id));

    if (rc == OK)
        rc = db_next(&rows, err);
    json_key(why->json, "rules");
    json_begin_array(why->json);
    if (rc == 1) {
        put_number_rule(why, &rows);
        put_kind_rule(why, &rows);
        rc = put_tax_rules(why, err);
        if (rc == OK)
            rc = put_state_rules(why, &rows, err);
        if (rc == OK)
            put_payment_rules(why, &rows);
    }
    json_end_array(why->json);
    return rc;
}

int report_why_json(struct db *db, const struct company *company, int64_t document_id, struct arena *arena, struct buf *out, struct err *err)
{
    struct json_out json = {.buf = out};
    const struct why why = {db, company, document_id, arena, &json};

    json_begin_object(&json);
    int rc = put_ticket(&why, err);
    if (rc >= 0)
        rc = put_one(&why, &RUN, NULL, err);
    if (rc == OK)
        rc = put_one(&why, &RULES, &LINK, err);
    if (rc == OK)
        rc = put_many(&why, &MAPPINGS, err);
    if (rc == OK)
        rc = put_rules(&why, err);
    json_end_object(&json);
    return rc == OK && buf_failed(out) ? err_memory(err) : rc;
}
