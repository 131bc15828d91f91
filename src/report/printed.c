/* printed.c: reads a document whole, for the page that is printed of it. */
#include "report/printed_int.h"

struct loading { struct db *db; int64_t company_id, document_id; struct arena *arena; bool failed; };

static struct str text_at(struct loading *loading, struct db_rows *rows, int column)
{
    struct str text = db_text(rows, column), copy = arena_copy(loading->arena, text);

    loading->failed = loading->failed || (text.p && !copy.p);
    return copy;
}

/* The array, with room for one more; grown by doubling. */
static void *room(struct loading *loading, void *array, size_t count, size_t size)
{
    if (count & (count - 1) || (!count && array))
        return array;
    void *larger = arena_array(loading->arena, count ? count * 2 : 1, size);
    if (!larger)
        loading->failed = true;
    else if (count)
        memcpy(larger, array, count * size);
    return larger;
}

static int load_head(struct loading *loading, struct printed *ret, struct err *err)
{
    static const char SELECT_HEAD[] =
        "SELECT COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT)), d.kind, d.state, d.day, d.total_cents, d.tax_cents, d.till_number, d.customer_id, c.is_counter,"
        " (SELECT o.number FROM document o WHERE o.company_id = d.company_id AND o.document_id = d.origin_id),"
        " (SELECT MAX(u.day) FROM due_line u WHERE u.company_id = d.company_id AND u.document_id = d.document_id)"
        " FROM document d JOIN customer c ON c.company_id = d.company_id AND c.customer_id = d.customer_id WHERE d.company_id = $1 AND d.document_id = $2";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(loading->db, &rows, SELECT_HEAD, err, DB_INT(loading->company_id), DB_INT(loading->document_id));

    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc != 1)
        return rc;
    ret->number = text_at(loading, &rows, 0);
    ret->kind = text_at(loading, &rows, 1);
    ret->draft = str_equal(db_text(&rows, 2), STR("draft"));
    ret->day = (int32_t)db_int(&rows, 3);
    ret->total_cents = db_int(&rows, 4);
    ret->tax_cents = db_int(&rows, 5);
    ret->till_number = text_at(loading, &rows, 6);
    ret->counter = db_int(&rows, 8) != 0;
    ret->origin = text_at(loading, &rows, 9);
    ret->due_day = db_is_null(&rows, 10) ? ret->day : (int32_t)db_int(&rows, 10);
    return customer_get(loading->db, loading->company_id, db_int(&rows, 7), loading->arena, &ret->customer, err);
}

static int load_lines(struct loading *loading, struct printed *ret, struct err *err)
{
    static const char SELECT_LINES[] =
        "SELECT code, label, unit, quantity_milli, unit_price_e4, discount_cents, net_cents, total_cents, rate_bp FROM document_line"
        " WHERE company_id = $1 AND document_id = $2 ORDER BY line_no";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(loading->db, &rows, SELECT_LINES, err, DB_INT(loading->company_id), DB_INT(loading->document_id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        ret->lines = room(loading, ret->lines, ret->line_count, sizeof *ret->lines);
        if (!ret->lines)
            return err_memory(err);
        ret->lines[ret->line_count++] = (struct printed_line){
            .code = text_at(loading, &rows, 0), .label = text_at(loading, &rows, 1), .unit = text_at(loading, &rows, 2), .quantity_milli = db_int(&rows, 3),
            .unit_price_e4 = db_int(&rows, 4), .discount_cents = db_int(&rows, 5), .net_cents = db_int(&rows, 6), .total_cents = db_int(&rows, 7), .rate_bp = db_int(&rows, 8)};
        rc = OK;
    }
    return rc;
}

static int load_taxes(struct loading *loading, struct printed *ret, struct err *err)
{
    static const char SELECT_TAXES[] =
        "SELECT rate_bp, net_cents, tax_cents, total_cents FROM document_tax WHERE company_id = $1 AND document_id = $2 ORDER BY rate_bp DESC, tax_id";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(loading->db, &rows, SELECT_TAXES, err, DB_INT(loading->company_id), DB_INT(loading->document_id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        ret->taxes = room(loading, ret->taxes, ret->tax_count, sizeof *ret->taxes);
        if (!ret->taxes)
            return err_memory(err);
        ret->taxes[ret->tax_count++] = (struct printed_tax){db_int(&rows, 0), db_int(&rows, 1), db_int(&rows, 2), db_int(&rows, 3)};
        rc = OK;
    }
    return rc;
}

/* What is allocated to it, by payment; a deposit is allocated to nothing. */
static int load_payments(struct loading *loading, struct printed *ret, struct err *err)
{
    static const char SELECT_ALLOCATED[] =
        "SELECT p.day, m.label, SUM(a.amount_cents), p.payment_id FROM allocation a JOIN payment p ON p.company_id = a.company_id AND p.payment_id = a.payment_id"
        " JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id WHERE a.company_id = $1 AND a.document_id = $2"
        " GROUP BY p.day, m.label, p.payment_id ORDER BY p.day, p.payment_id";
    static const char SELECT_DEPOSITS[] =
        "SELECT p.day, m.label, p.amount_cents, p.payment_id FROM payment p JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
        " WHERE p.company_id = $1 AND p.document_id = $2 ORDER BY p.day, p.payment_id";
    bool order = str_equal(ret->kind, STR("order"));
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(loading->db, &rows, order ? SELECT_DEPOSITS : SELECT_ALLOCATED, err, DB_INT(loading->company_id), DB_INT(loading->document_id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        ret->payments = room(loading, ret->payments, ret->payment_count, sizeof *ret->payments);
        if (!ret->payments)
            return err_memory(err);
        ret->payments[ret->payment_count] = (struct printed_payment){(int32_t)db_int(&rows, 0), text_at(loading, &rows, 1), db_int(&rows, 2)};
        ret->allocated_cents += ret->payments[ret->payment_count++].amount_cents;
        rc = OK;
    }
    return rc;
}

int printed_load(struct db *db, const struct company *company, int64_t document_id, struct arena *arena, struct printed *ret, struct err *err)
{
    struct loading loading = {.db = db, .company_id = company->id, .document_id = document_id, .arena = arena};
    struct printed printed = {.company = company};
    int rc = load_head(&loading, &printed, err);

    if (rc != 1)
        return rc;
    rc = load_lines(&loading, &printed, err);
    if (rc == OK)
        rc = load_taxes(&loading, &printed, err);
    if (rc == OK)
        rc = load_payments(&loading, &printed, err);
    if (rc == OK)
        rc = company_details(db, company->id, arena, printed.details, err);
    if (rc == OK && loading.failed)
        rc = err_memory(err);
    if (rc != OK)
        return rc;
    *ret = printed;
    return 1;
}

struct str printed_detail(const struct printed *printed, const char *name)
{
    return company_detail(printed->details, name);
}

/* "FR", two characters that check, and the SIREN: so a French VAT number is made (source: CGI, annexe II, art. 242 nonies 0 B and the Commission's VIES page). */
static struct str siren_of_vat_number(struct str vat_number, char digits[SIREN_DIGITS])
{
    enum { BEFORE = 4 };
    char compact[BEFORE + SIREN_DIGITS];
    size_t count = 0;

    for (size_t i = 0; i < vat_number.n; i++) {
        if (vat_number.p[i] == ' ')
            continue;
        if (count == sizeof compact)
            return STR_NULL;
        compact[count++] = vat_number.p[i];
    }
    struct str number = {compact, count};
    bool french = count == sizeof compact && str_starts_with(number, STR("FR"));
    return french && siren_parse((struct str){compact + BEFORE, SIREN_DIGITS}, digits) ? (struct str){digits, SIREN_DIGITS} : STR_NULL;
}

struct str printed_customer_siren(const struct printed *printed, struct arena *arena)
{
    char digits[SIREN_DIGITS];
    struct str siren = printed->customer.siren;

    return printed_siren(siren.n ? siren : siren_of_vat_number(printed->customer.vat_number, digits), arena);
}

struct str printed_siren(struct str siren, struct arena *arena)
{
    BUF_AUTO text = {0};

    for (size_t i = 0; i < siren.n; i++) {
        buf_append_z(&text, i && i % 3 == 0 ? "\u00a0" : "");
        buf_append_char(&text, siren.p[i]);
    }
    return arena_copy(arena, buf_str(&text));
}
