/* correct.c: what a person does to the grid: edit a value, accept, purge, map; and the two documents that correct one that changed at the till. */
#include <assert.h>

#include "grid/grid_int.h"

/* ---- corrections ---- */

static struct str with_revision(struct arena *arena, struct str text, int revision)
{
    return arena_format(arena, "%.*s~%d", STR_ARG(text), revision);
}

/* The payments of a document, negated: what the credit note gives back. */
static int reversed_payments(struct grid_session *session, int64_t document_id, int revision, struct arena *arena, struct posting *reversal, struct err *err)
{
    static const char SELECT_PAYMENTS[] =
        "SELECT means_id, amount_cents, till_payment_id, at_utc, day FROM payment WHERE company_id = $1 AND document_id = $2 ORDER BY payment_id LIMIT 200";
    struct posting_payment *payments = arena_array(arena, 200, sizeof *payments);
    if (!payments)
        return err_memory(err);
    size_t count = 0;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(session->db, &rows, SELECT_PAYMENTS, err, DB_INT(session->company->id), DB_INT(document_id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        payments[count] = (struct posting_payment){.means_id = db_int(&rows, 0), .amount_cents = -db_int(&rows, 1),
                                                   .till_payment_id = with_revision(arena, db_text(&rows, 2), revision), .at_utc = db_int(&rows, 3),
                                                   .day = (int32_t)db_int(&rows, 4)};
        if (!payments[count++].till_payment_id.p)
            return err_memory(err);
        rc = OK;
    }
    reversal->payments = payments;
    reversal->payment_count = count;
    return rc;
}

static int renamed_payments(struct arena *arena, struct posting *posting, int revision, struct err *err)
{
    struct posting_payment *payments = arena_array(arena, posting->payment_count, sizeof *payments);
    if (!payments)
        return err_memory(err);
    for (size_t i = 0; i < posting->payment_count; i++) {
        payments[i] = posting->payments[i];
        payments[i].till_payment_id = with_revision(arena, posting->payments[i].till_payment_id, revision);
        if (!payments[i].till_payment_id.p)
            return err_memory(err);
    }
    posting->payments = payments;
    return OK;
}

static int corrected_posting(const struct staged *staged, const struct posting *corrected, int revision, bool keep, struct arena *arena, struct posting *ret, struct err *err)
{
    *ret = *corrected;
    ret->revision = revision;
    ret->number = keep ? arena_format(arena, "%.*s-%d", STR_ARG(staged->sale.number), revision) : STR_NULL;
    if (keep && !ret->number.p)
        return err_memory(err);
    return renamed_payments(arena, ret, revision, err);
}

/* First the credit note that undoes the document as it stands, under the next revision; then, unless the sale was cancelled, the new document. Both keep the
 * sale's day, so that the day goes on to agree with the till, and derive their numbers from the ticket's when numbers are kept. Revision 0 is the first document,
 * odd ones undo, even ones stand: an even revision to come means that the sale was cancelled and came back, with nothing to undo. */
int correction_postings(struct grid_session *session, const struct staged *staged, const struct posting *corrected, struct arena *arena, struct posting ret[2],
                        size_t *ret_count, struct err *err)
{
    ARENA_AUTO scratch = {0};
    struct registered known = {0};
    int64_t company_id = session->company->id;
    bool keep = session->rules.numbers == NUMBERS_KEEP;
    *ret_count = 1;
    if (staged->revision % 2 == 0)
        return corrected_posting(staged, corrected, staged->revision, keep, arena, &ret[0], err);
    int rc = register_find(session->db, company_id, staged->link_id, &scratch, staged->sale.id, &known, err);
    if (rc == OK)
        rc = document_reversal(session->db, company_id, known.document_id, arena, &ret[0], err);
    if (rc == OK)
        rc = reversed_payments(session, known.document_id, staged->revision, arena, &ret[0], err);
    if (rc != OK)
        return rc;
    ret[0].till_number = staged->sale.number;
    ret[0].number = keep ? arena_format(arena, "%.*s-%d", STR_ARG(staged->sale.number), staged->revision) : STR_NULL;
    if (keep && !ret[0].number.p)
        return err_memory(err);
    if (!staged->sale.line_count)
        return OK;
    *ret_count = 2;
    return corrected_posting(staged, corrected, staged->revision + 1, keep, arena, &ret[1], err);
}

/* ---- edits: a table of what can be set ---- */

enum edit_type { EDIT_TEXT, EDIT_DATE, EDIT_CENTS, EDIT_MILLI, EDIT_E4, EDIT_RATE };
struct edit_field { const char *name; enum edit_type type; size_t offset; };

static const struct edit_field SALE_FIELDS[] = {
    {"number", EDIT_TEXT, offsetof(struct sale, number)},
    {"refund_of", EDIT_TEXT, offsetof(struct sale, refund_of)},
    {"salesperson", EDIT_TEXT, offsetof(struct sale, salesperson)},
    {"customer_code", EDIT_TEXT, offsetof(struct sale, customer.code)},
    {"company_name", EDIT_TEXT, offsetof(struct sale, customer.company_name)},
    {"last_name", EDIT_TEXT, offsetof(struct sale, customer.last_name)},
    {"first_name", EDIT_TEXT, offsetof(struct sale, customer.first_name)},
    {"email", EDIT_TEXT, offsetof(struct sale, customer.email)},
    {"phone", EDIT_TEXT, offsetof(struct sale, customer.phone)},
    {"address", EDIT_TEXT, offsetof(struct sale, customer.address)},
    {"postcode", EDIT_TEXT, offsetof(struct sale, customer.postcode)},
    {"town", EDIT_TEXT, offsetof(struct sale, customer.town)},
    {"country", EDIT_TEXT, offsetof(struct sale, customer.country)},
    {"vat_number", EDIT_TEXT, offsetof(struct sale, customer.vat_number)},
    {"total", EDIT_CENTS, offsetof(struct sale, total_cents)},
    {"tip", EDIT_CENTS, offsetof(struct sale, tip_cents)},
    {"date", EDIT_DATE, 0},
};
static const struct edit_field LINE_FIELDS[] = {
    {"reference", EDIT_TEXT, offsetof(struct sale_line, reference)},
    {"label", EDIT_TEXT, offsetof(struct sale_line, label)},
    {"category", EDIT_TEXT, offsetof(struct sale_line, category)},
    {"unit", EDIT_TEXT, offsetof(struct sale_line, unit)},
    {"quantity", EDIT_MILLI, offsetof(struct sale_line, quantity_milli)},
    {"unit_price", EDIT_E4, offsetof(struct sale_line, unit_price_e4)},
    {"discount", EDIT_CENTS, offsetof(struct sale_line, discount_cents)},
    {"total", EDIT_CENTS, offsetof(struct sale_line, total_cents)},
    {"rate", EDIT_RATE, offsetof(struct sale_line, rate_bp)},
};
static const struct edit_field PAYMENT_FIELDS[] = {
    {"id", EDIT_TEXT, offsetof(struct sale_payment, id)},
    {"type", EDIT_TEXT, offsetof(struct sale_payment, type)},
    {"label", EDIT_TEXT, offsetof(struct sale_payment, label)},
    {"amount", EDIT_CENTS, offsetof(struct sale_payment, amount_cents)},
};

/* What an edit is about, once its name has been read. */
struct edit { const struct edit_field *field; void *target; struct sale_line *line; int line_no; /* as in an anomaly */ };

static const struct edit_field *edit_field_by_name(const struct edit_field *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(name, str_from(fields[i].name)))
            return &fields[i];
    return NULL;
}

static int unknown_field(struct str field, struct err *err)
{
    return err_set(err, ERR_USAGE, N_("the grid has no field %s: docs/grid.md lists them (number, date, total, line.2.reference, payment.1.type …)"), ERR_STR(field));
}

/* "tax.5.5": the VAT that the till stated at that rate. */
static int edit_resolve_tax(struct sale *sale, struct str name, struct str rate_text, struct edit *ret, struct err *err)
{
    static const struct edit_field TAX_FIELD = {"tax", EDIT_CENTS, offsetof(struct sale_tax, tax_cents)};
    int64_t rate_bp = 0;
    if (decimal_parse_human(rate_text, 2, &rate_bp) != DECIMAL_OK)
        return unknown_field(name, err);
    for (size_t i = 0; i < sale->tax_count; i++)
        if (sale->taxes[i].rate_bp == rate_bp) {
            *ret = (struct edit){.field = &TAX_FIELD, .target = &sale->taxes[i]};
            return OK;
        }
    return err_set(err, ERR_DATA, N_("the till states no VAT at %s %% on this sale"), ERR_STR(rate_text));
}

/* "line.2.reference", "payment.1.type", "tax.5.5", "number". */
static int edit_resolve(struct sale *sale, struct str name, struct edit *ret, struct err *err)
{
    struct str head, rest, place_text, member;
    int64_t place = 0;
    if (!str_cut(name, '.', &head, &rest)) {
        const struct edit_field *field = edit_field_by_name(SALE_FIELDS, sizeof SALE_FIELDS / sizeof *SALE_FIELDS, name);
        *ret = (struct edit){.field = field, .target = sale};
        return field ? OK : unknown_field(name, err);
    }
    if (str_equal(head, STR("tax")))
        return edit_resolve_tax(sale, name, rest, ret, err);
    if (!str_cut(rest, '.', &place_text, &member) || !str_parse_u63(place_text, &place))
        return unknown_field(name, err);
    bool is_line = str_equal(head, STR("line")), is_payment = str_equal(head, STR("payment"));
    int64_t count = is_line ? (int64_t)sale->line_count : is_payment ? (int64_t)sale->payment_count : 0;
    if (!is_line && !is_payment)
        return unknown_field(name, err);
    if (place < 1 || place > count)
        return err_set(err, ERR_DATA, N_("the sale has no %s %s: it has %s"), ERR_STR(head), ERR_INT(place), ERR_INT(count));
    if (is_line) {
        ret->line = &sale->lines[place - 1];
        ret->line_no = (int)place;
        ret->target = ret->line;
        ret->field = edit_field_by_name(LINE_FIELDS, sizeof LINE_FIELDS / sizeof *LINE_FIELDS, member);
    } else {
        ret->line_no = -(int)place;
        ret->target = &sale->payments[place - 1];
        ret->field = edit_field_by_name(PAYMENT_FIELDS, sizeof PAYMENT_FIELDS / sizeof *PAYMENT_FIELDS, member);
    }
    return ret->field ? OK : unknown_field(name, err);
}

static int edit_number(const struct edit *edit, struct str field, struct str value, int places, struct err *err)
{
    int64_t number = 0;
    switch (decimal_parse_human(value, places, &number)) {
    case DECIMAL_OK: break;
    case DECIMAL_TOO_PRECISE:
        return err_set(err, ERR_DATA, N_("%s has more decimals than %s can hold (%s)"), ERR_STR(value), ERR_STR(field), ERR_INT(places));
    case DECIMAL_TOO_LARGE:
        return err_set(err, ERR_DATA, N_("%s is too large for %s"), ERR_STR(value), ERR_STR(field));
    case DECIMAL_NOT_A_NUMBER:
        return err_set(err, ERR_DATA, N_("%s is not a number: write 12,50 or 12.50"), ERR_STR(value));
    }
    if (edit->field->type == EDIT_RATE && (number < 0 || number > 10000))
        return err_set(err, ERR_DATA, N_("%s is not a VAT rate: write it in percent, such as 5.5"), ERR_STR(value));
    memcpy((char *)edit->target + edit->field->offset, &number, sizeof number);
    return OK;
}

static int edit_date(const struct company *company, struct staged *staged, struct str value, struct err *err)
{
    int32_t day = 0;
    if (!civil_parse_day(value, &day) && !civil_parse_day_french(value, &day))
        return err_set(err, ERR_DATA, N_("%s is not a date of the calendar: write 2026-01-31 or 31/01/2026"), ERR_STR(value));
    staged->has_day = true;
    staged->day = day;
    staged->sale.has_closed_utc = true;
    staged->sale.closed_utc = zone_day_start(company->zone, day, company->cutoff_minutes); /* its first instant is never in the future */
    return OK;
}

/* *ret_line_no: which line or payment it was about. */
static int edit_apply(const struct company *company, struct staged *staged, struct str field, struct str value, int *ret_line_no, struct err *err)
{
    struct edit edit = {0};
    int rc = edit_resolve(&staged->sale, field, &edit, err);
    if (rc != OK)
        return rc;
    *ret_line_no = edit.line_no;
    switch (edit.field->type) {
    case EDIT_DATE: return edit_date(company, staged, value, err);
    case EDIT_CENTS: return edit_number(&edit, field, value, 2, err);
    case EDIT_MILLI: return edit_number(&edit, field, value, 3, err);
    case EDIT_E4: return edit_number(&edit, field, value, 4, err);
    case EDIT_RATE:
        assert(edit.line != NULL); /* only lines have a rate */
        rc = edit_number(&edit, field, value, 2, err);
        if (rc == OK)
            edit.line->has_rate = true;
        return rc;
    case EDIT_TEXT: break;
    }
    if (!text_is_utf8(value))
        return err_set(err, ERR_DATA, N_("the value for %s is not UTF-8 text"), ERR_STR(field));
    memcpy((char *)edit.target + edit.field->offset, &value, sizeof value);
    /* A reference given by hand says which article it is: the till's own identity no longer decides. */
    if (edit.line && edit.field->offset == offsetof(struct sale_line, reference))
        edit.line->article_id = edit.line->declination_id = STR_NULL;
    return OK;
}

/* ---- the same tables, as values to edit ---- */

static const char *const edit_type_names[] = {[EDIT_TEXT] = "text", [EDIT_DATE] = "date", [EDIT_CENTS] = "cents", [EDIT_MILLI] = "milli", [EDIT_E4] = "e4", [EDIT_RATE] = "rate"};

/* As grid_edit reads it back: numbers with a point. */
static void put_value(struct json_out *json, const struct edit_field *field, const char *target)
{
    static const int places[] = {[EDIT_CENTS] = 2, [EDIT_MILLI] = 3, [EDIT_E4] = 4, [EDIT_RATE] = 2};
    BUF_AUTO text = {0};
    struct str value;
    int64_t number;
    if (field->type == EDIT_TEXT) {
        memcpy(&value, target + field->offset, sizeof value);
        json_member_str(json, "value", value);
        return;
    }
    memcpy(&number, target + field->offset, sizeof number);
    decimal_append(&text, number, places[field->type], field->type == EDIT_CENTS || field->type == EDIT_E4 ? 2 : 0);
    json_member_str(json, "value", buf_str(&text));
}

static void put_field(struct json_out *json, const char *head, size_t place, const struct edit_field *field, const char *target, bool known)
{
    BUF_AUTO name = {0};
    if (place)
        buf_printf(&name, "%s.%zu.", head, place);
    buf_append_z(&name, field->name);
    json_begin_object(json);
    json_member_str(json, "field", buf_str(&name));
    json_member_str(json, "type", str_from(edit_type_names[field->type]));
    if (known)
        put_value(json, field, target);
    else
        json_member_str(json, "value", STR_NULL);
    json_end_object(json);
}

static void put_date(struct json_out *json, const struct grid_sale_row *row)
{
    json_begin_object(json);
    json_member_str(json, "field", STR("date"));
    json_member_str(json, "type", str_from(edit_type_names[EDIT_DATE]));
    json_member_day(json, "value", row->has_day, row->day);
    json_end_object(json);
}

static void put_tax(struct json_out *json, const struct sale_tax *tax)
{
    const struct edit_field field = {"tax", EDIT_CENTS, offsetof(struct sale_tax, tax_cents)};
    BUF_AUTO name = {0};
    buf_append_z(&name, "tax.");
    decimal_append(&name, tax->rate_bp, 2, 0);
    json_begin_object(json);
    json_member_str(json, "field", buf_str(&name));
    json_member_str(json, "type", str_from(edit_type_names[EDIT_CENTS]));
    put_value(json, &field, (const char *)tax);
    json_end_object(json);
}

#define COUNT_OF_FIELDS(fields) (sizeof(fields) / sizeof *(fields))

void grid_put_editable(struct json_out *json, const struct grid_content *content)
{
    const struct sale *sale = &content->sale;
    json_key(json, "editable");
    json_begin_array(json);
    for (size_t i = 0; i < COUNT_OF_FIELDS(SALE_FIELDS); i++) {
        if (SALE_FIELDS[i].type == EDIT_DATE)
            put_date(json, &content->row);
        else
            put_field(json, NULL, 0, &SALE_FIELDS[i], (const char *)sale, true);
    }
    for (size_t line = 0; line < sale->line_count; line++)
        for (size_t i = 0; i < COUNT_OF_FIELDS(LINE_FIELDS); i++)
            put_field(json, "line", line + 1, &LINE_FIELDS[i], (const char *)&sale->lines[line], LINE_FIELDS[i].type != EDIT_RATE || sale->lines[line].has_rate);
    for (size_t payment = 0; payment < sale->payment_count; payment++)
        for (size_t i = 0; i < COUNT_OF_FIELDS(PAYMENT_FIELDS); i++)
            put_field(json, "payment", payment + 1, &PAYMENT_FIELDS[i], (const char *)&sale->payments[payment], true);
    for (size_t i = 0; i < sale->tax_count; i++)
        put_tax(json, &sale->taxes[i]);
    json_end_array(json);
}

/* ---- saving an edit ---- */

static int load_one(struct db *db, int64_t company_id, int64_t grid_sale_id, struct arena *arena, struct staged **ret, struct err *err)
{
    size_t count = 0;
    struct staged_query query = {.link_id = -1, .first_id = grid_sale_id, .last_id = grid_sale_id, .limit = 1};
    int rc = staged_load(db, company_id, arena, &query, ret, &count, err);
    if (rc == OK && !count)
        return err_set(err, ERR_NOT_FOUND, N_("no sale %s in the grid: liaison grid list shows what is there"), ERR_INT(grid_sale_id));
    return rc;
}

/* An edit clears what was found; that a sale changed after it became a document is cleared only by accepting it, and a value that could not be read only by an
 * edit of the line or payment where it stands: while one is left, the sale stays blocked. */
enum { NO_LINE = INT32_MAX };
static int clear_anomalies(struct db *db, int64_t company_id, const struct staged *staged, const char *kept, int line_no, struct err *err)
{
    static const char DELETE_ANOMALIES[] =
        "DELETE FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'sale' AND subject = $3 AND code <> $4"
        " AND (code <> 'unreadable_value' OR line_no = $5)";
    static const char UPDATE_BLOCKED[] =
        "UPDATE grid_sale SET blocked = 1 WHERE company_id = $1 AND grid_sale_id = $4 AND EXISTS (SELECT 1 FROM anomaly WHERE company_id = $1 AND link_id = $2"
        " AND subject_kind = 'sale' AND subject = $3 AND code = 'unreadable_value')";
    int rc = db_exec(db, DELETE_ANOMALIES, err, DB_INT(company_id), DB_INT(staged->link_id), DB_STR(staged->sale.id), DB_STR(str_from(kept)), DB_INT(line_no));
    return rc != OK ? rc : db_exec(db, UPDATE_BLOCKED, err, DB_INT(company_id), DB_INT(staged->link_id), DB_STR(staged->sale.id), DB_INT(staged->id));
}

int grid_edit(struct db *db, const struct company *company, int64_t grid_sale_id, struct str field, struct str value, struct err *err)
{
    ARENA_AUTO arena = {0};
    struct staged *staged = NULL;
    int line_no = NO_LINE;
    int rc = load_one(db, company->id, grid_sale_id, &arena, &staged, err);
    if (rc == OK)
        rc = edit_apply(company, staged, field, value, &line_no, err);
    if (rc != OK)
        return rc;
    staged->edited = true;
    rc = staged_write(db, company->id, staged, err);
    return rc == OK ? clear_anomalies(db, company->id, staged, anomaly_catalogue[ANOMALY_CHANGED_AFTER_IMPORT].code, line_no, err) : rc;
}

int grid_accept(struct db *db, int64_t company_id, int64_t grid_sale_id, struct err *err)
{
    static const char UPDATE_ACCEPTED[] = "UPDATE grid_sale SET accepted = 1, blocked = 0 WHERE company_id = $1 AND grid_sale_id = $2";
    ARENA_AUTO arena = {0};
    struct staged *staged = NULL;
    int rc = load_one(db, company_id, grid_sale_id, &arena, &staged, err);
    if (rc == OK)
        rc = db_exec(db, UPDATE_ACCEPTED, err, DB_INT(company_id), DB_INT(grid_sale_id));
    return rc == OK ? clear_anomalies(db, company_id, staged, "", NO_LINE, err) : rc;
}

/* ---- purge ---- */

static int purge_one(struct db *db, int64_t company_id, const struct staged *staged, struct err *err)
{
    struct registered known = {0};
    ARENA_AUTO arena = {0};
    int rc = register_find(db, company_id, staged->link_id, &arena, staged->sale.id, &known, err);
    /* A purged correction leaves the document as it is. What was received since, and is not staged yet, was not looked at: it keeps its turn. */
    if (rc == OK && !str_equal(known.state, STR("received")))
        rc = known.document_id ? register_move(db, company_id, staged->link_id, staged->sale.id, "document", NULL, known.document_id, err)
                               : register_move(db, company_id, staged->link_id, staged->sale.id, "skipped", "purged", 0, err);
    if (rc == OK)
        rc = anomaly_set(db, company_id, staged->link_id, "sale", staged->sale.id, NULL, 0, err);
    return rc == OK ? staged_delete_range(db, company_id, staged->id, staged->id, err) : rc;
}

int grid_purge(struct db *db, int64_t company_id, int64_t link_id, const struct str *selection, size_t selection_count, int64_t *ret_count, struct err *err)
{
    int64_t purged = 0;
    int rc = OK;
    for (size_t i = 0; rc == OK && i < selection_count; i++) {
        ARENA_AUTO arena = {0};
        struct staged *staged = NULL;
        int64_t id = 0;
        rc = grid_find(db, company_id, selection[i], &id, err);
        if (rc == OK)
            rc = load_one(db, company_id, id, &arena, &staged, err);
        if (rc == OK)
            rc = purge_one(db, company_id, staged, err);
        purged += rc == OK;
    }
    size_t count = selection_count ? 0 : GRID_BATCH;
    int64_t next_id = 0;
    while (rc == OK && count == GRID_BATCH) {
        ARENA_AUTO arena = {0};
        struct staged *sales = NULL;
        struct staged_query query = {.link_id = link_id ? link_id : -1, .first_id = next_id, .last_id = INT64_MAX, .limit = GRID_BATCH};
        rc = staged_load(db, company_id, &arena, &query, &sales, &count, err);
        for (size_t i = 0; rc == OK && i < count; i++) {
            rc = purge_one(db, company_id, &sales[i], err);
            next_id = sales[i].id + 1;
            purged += rc == OK;
        }
    }
    if (rc == OK)
        *ret_count = purged;
    return rc;
}

/* ---- mappings ---- */

int grid_map_tax(struct db *db, int64_t company_id, int64_t link_id, int64_t rate_bp, int64_t tax_id, struct err *err)
{
    static const char SELECT_RATE[] = "SELECT rate_bp FROM tax WHERE company_id = $1 AND tax_id = $2";
    static const char UPSERT_MAPPING[] =
        "INSERT INTO tax_mapping (company_id, link_id, rate_bp, tax_id) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (company_id, link_id, rate_bp) DO UPDATE SET tax_id = excluded.tax_id";
    int64_t rate = -1;
    int rc = db_query_int(db, &rate, SELECT_RATE, err, DB_INT(company_id), DB_INT(tax_id));
    if (rc < 0)
        return rc;
    if (rate != rate_bp) {
        ARENA_AUTO arena = {0};
        return err_set(err, ERR_DATA, N_("a VAT code of %s %% cannot stand for %s %%: make one of that rate (liaison tax add CODE --rate %s)"),
                       ERR_STR(grid_text_of_rate(&arena, rate)), ERR_STR(grid_text_of_rate(&arena, rate_bp)), ERR_STR(grid_text_of_rate(&arena, rate_bp)));
    }
    return db_exec(db, UPSERT_MAPPING, err, DB_INT(company_id), DB_INT(link_id), DB_INT(rate_bp), DB_INT(tax_id));
}

int grid_map_means(struct db *db, int64_t company_id, int64_t link_id, struct str till_type, int64_t means_id, struct err *err)
{
    static const char UPSERT_MAPPING[] =
        "INSERT INTO means_mapping (company_id, link_id, till_type, means_id) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (company_id, link_id, till_type) DO UPDATE SET means_id = excluded.means_id";
    return db_exec(db, UPSERT_MAPPING, err, DB_INT(company_id), DB_INT(link_id), DB_STR(till_type), DB_INT(means_id));
}

int grid_bind_article(struct db *db, int64_t company_id, int64_t link_id, struct str till_article_id, struct str declination_id, struct str code, struct err *err)
{
    static const char UPSERT_BINDING[] =
        "INSERT INTO till_article (company_id, link_id, till_article_id, declination_id, article_id, bound_code) VALUES ($1, $2, $3, $4,"
        " (SELECT article_id FROM article WHERE company_id = $1 AND code = $5), $5)"
        " ON CONFLICT (company_id, link_id, till_article_id, declination_id) DO UPDATE SET"
        " article_id = excluded.article_id, bound_code = excluded.bound_code, fingerprint = NULL";
    static const char DELETE_ANOMALY[] =
        "DELETE FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'article' AND subject = $3";
    if (!code.n || !till_article_id.n)
        return err_set(err, ERR_USAGE, N_("an article is bound by the till's id and a code: neither may be empty"));
    ARENA_AUTO arena = {0};
    struct str subject = declination_id.n ? arena_format(&arena, "%.*s/%.*s", STR_ARG(till_article_id), STR_ARG(declination_id)) : till_article_id;
    if (!subject.p)
        return err_memory(err);
    int rc = db_exec(db, UPSERT_BINDING, err, DB_INT(company_id), DB_INT(link_id), DB_STR(till_article_id), DB_STR(declination_id.p ? declination_id : STR("")),
                     DB_STR(code));
    return rc == OK ? db_exec(db, DELETE_ANOMALY, err, DB_INT(company_id), DB_INT(link_id), DB_STR(subject)) : rc;
}
