/* proof_day.c: what the proof of a day said, as JSON, kept until the till is asked again; the colour of each day; and for each difference what most likely made it, with the page that shows it. */
#include "report/report_int.h"

/* ---- a day as JSON ---- */

static void put_pair(struct json_out *json, const char *name, int64_t till, int64_t documents)
{
    json_key(json, name);
    json_begin_object(json);
    json_member_int(json, "till", till);
    json_member_int(json, "documents", documents);
    json_end_object(json);
}

static void put_numbers(struct json_out *json, const char *name, const struct str *numbers, size_t count)
{
    json_key(json, name);
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        json_put_str(json, numbers[i]);
    json_end_array(json);
}

static void put_amounts(struct json_out *json, const struct proof_day *day)
{
    json_key(json, "tax");
    json_begin_array(json);
    for (size_t i = 0; i < day->tax_count; i++) {
        json_begin_object(json);
        json_member_int(json, "rate_bp", day->tax[i].rate_bp);
        json_member_int(json, "till_cents", day->tax[i].till_cents);
        json_member_int(json, "documents_cents", day->tax[i].books_cents);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "means");
    json_begin_array(json);
    for (size_t i = 0; i < day->means_count; i++) {
        json_begin_object(json);
        json_member_str(json, "means", day->means[i].key);
        json_member_int(json, "till_cents", day->means[i].till_cents);
        json_member_int(json, "payments_cents", day->means[i].books_cents);
        json_end_object(json);
    }
    json_end_array(json);
}

void proof_put_day(struct json_out *json, const struct proof_day *day)
{
    json_begin_object(json);
    json_member_day(json, "day", true, day->day);
    put_pair(json, "tickets", day->till_tickets, day->document_tickets);
    put_pair(json, "total_cents", day->till_total_cents, day->document_total_cents);
    put_amounts(json, day);
    put_numbers(json, "missing_numbers", day->missing_numbers, day->missing_count);
    put_numbers(json, "repeated_numbers", day->repeated_numbers, day->repeated_count);
    json_end_object(json);
}

struct storing { int64_t company_id, now_utc; const struct proof_day *day; struct str report; };

static int store(struct db *db, void *context, struct err *err)
{
    static const char STORE[] =
        "INSERT INTO proof_day (company_id, day, ok, checked_utc, report) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (company_id, day) DO UPDATE SET ok = excluded.ok, checked_utc = excluded.checked_utc, report = excluded.report";
    const struct storing *storing = context;

    return db_exec(db, STORE, err, DB_INT(storing->company_id), DB_INT(storing->day->day), DB_INT(storing->day->ok), DB_INT(storing->now_utc), DB_STR(storing->report));
}

int proof_day_store(struct db *db, int64_t company_id, const struct proof_day *day, int64_t now_utc, struct err *err)
{
    BUF_AUTO report = {0};
    struct json_out json = {.buf = &report};

    proof_put_day(&json, day);
    if (buf_failed(&report))
        return err_memory(err);
    struct storing storing = {company_id, now_utc, day, buf_str(&report)};
    return db_transact(db, store, &storing, err);
}

/* ---- the colour of a day ---- */

struct day_row { bool known, ok, changed, waits; int64_t checked_utc, documents, total_cents; };

static const char SELECT_CHECKED[] = "SELECT day, ok, checked_utc FROM proof_day WHERE company_id = $1 AND day BETWEEN $2 AND $3";
static const char SELECT_DOCUMENTS[] =
    "SELECT d.day, COUNT(*), SUM(d.total_cents), MAX(CASE WHEN d.state = 'draft' THEN 1 ELSE 0 END), MAX(CASE WHEN d.validated_utc > p.checked_utc THEN 1 ELSE 0 END) FROM document d"
    " LEFT JOIN proof_day p ON p.company_id = d.company_id AND p.day = d.day WHERE d.company_id = $1 AND d.day BETWEEN $2 AND $3 AND d.kind <> 'order' GROUP BY d.day";
static const char SELECT_STAGED[] = "SELECT day, COUNT(*) FROM grid_sale WHERE company_id = $1 AND day BETWEEN $2 AND $3 GROUP BY day";
/* What was received of a day after it was proven: the journal knows when. */
static const char SELECT_RECEIVED[] =
    "SELECT DISTINCT s.day FROM link l JOIN sale s ON s.company_id = l.company_id AND s.link_id = l.link_id JOIN proof_day p ON p.company_id = s.company_id AND p.day = s.day"
    " JOIN journal j ON j.company_id = s.company_id AND j.seq = s.journal_seq WHERE l.company_id = $1 AND s.day BETWEEN $2 AND $3 AND j.at_utc > p.checked_utc";

typedef void day_fn(struct day_row *row, struct db_rows *rows);

static void take_checked(struct day_row *row, struct db_rows *rows)
{
    row->known = true;
    row->ok = db_int(rows, 1) != 0;
    row->checked_utc = db_int(rows, 2);
}

static void take_documents(struct day_row *row, struct db_rows *rows)
{
    row->documents = db_int(rows, 1);
    row->total_cents = db_int(rows, 2);
    row->waits = row->waits || db_int(rows, 3) != 0;
    row->changed = row->changed || db_int(rows, 4) != 0;
}

static void take_staged(struct day_row *row, struct db_rows *rows)
{
    row->waits = row->waits || db_int(rows, 1) > 0;
}

static void take_received(struct day_row *row, struct db_rows *rows)
{
    (void)rows;
    row->changed = true;
}

static int read_days(struct db *db, int64_t company_id, int32_t from_day, int32_t to_day, struct day_row *days, struct err *err)
{
    static const struct { const char *sql; day_fn *take; } readings[] = {
        {SELECT_CHECKED, take_checked}, {SELECT_DOCUMENTS, take_documents}, {SELECT_STAGED, take_staged}, {SELECT_RECEIVED, take_received}};
    int rc = OK;

    for (size_t i = 0; rc == OK && i < sizeof readings / sizeof *readings; i++) {
        DB_ROWS_AUTO rows = {0};
        rc = db_query(db, &rows, readings[i].sql, err, DB_INT(company_id), DB_INT(from_day), DB_INT(to_day));
        while (rc == OK && (rc = db_next(&rows, err)) == 1) {
            readings[i].take(&days[db_int(&rows, 0) - from_day], &rows);
            rc = OK;
        }
    }
    return rc;
}

static enum proof_state state_of(const struct day_row *row)
{
    if (!row->known)
        return PROOF_UNKNOWN;
    if (row->changed || (row->ok && row->waits))
        return PROOF_AMBER;
    return row->ok ? PROOF_GREEN : PROOF_RED;
}

const char *const proof_state_names[] = {"unknown", "green", "amber", "red"};

int proof_days(struct db *db, int64_t company_id, int32_t from_day, int32_t to_day, proof_state_fn *on_day, void *context, struct err *err)
{
    ARENA_AUTO arena = {0};

    if (to_day < from_day)
        return err_set(err, ERR_USAGE, N_("the proof ends before it begins: give a --from that is not after --to"));
    if (to_day - from_day >= PROOF_DAYS_MAX)
        return err_set(err, ERR_USAGE, N_("a proof covers at most %s days: ask for a shorter one"), ERR_INT(PROOF_DAYS_MAX));
    struct day_row *days = arena_array(&arena, (size_t)(to_day - from_day) + 1, sizeof *days);
    if (!days)
        return err_memory(err);
    int rc = read_days(db, company_id, from_day, to_day, days, err);
    for (int32_t day = from_day; rc == OK && day <= to_day; day++) {
        const struct day_row *row = &days[day - from_day];
        rc = on_day(context, &(struct proof_shown){day, state_of(row), row->known, row->checked_utc, row->documents, row->total_cents}, err);
    }
    return rc;
}

static void put_shown(struct json_out *json, const struct proof_shown *shown)
{
    json_member_str(json, "state", str_from(proof_state_names[shown->state]));
    json_member_instant(json, "checked", shown->checked, shown->checked_utc);
}

static int put_shown_day(void *context, const struct proof_shown *shown, struct err *err)
{
    struct json_out *json = context;

    json_begin_object(json);
    json_member_day(json, "day", true, shown->day);
    put_shown(json, shown);
    json_member_int(json, "documents", shown->documents);
    json_member_int(json, "total_cents", shown->total_cents);
    json_end_object(json);
    return buf_failed(json->buf) ? err_memory(err) : OK;
}

int proof_days_json(struct db *db, int64_t company_id, int32_t from_day, int32_t to_day, struct buf *out, struct err *err)
{
    struct json_out json = {.buf = out};

    json_begin_object(&json);
    json_key(&json, "days");
    json_begin_array(&json);
    int rc = proof_days(db, company_id, from_day, to_day, put_shown_day, &json, err);
    json_end_array(&json);
    json_end_object(&json);
    return rc;
}

/* ---- what made the difference ---- */

enum { NAMED_SALES = 3 };
struct gaps {
    struct json_out *json;
    struct str day;                /* "2026-01-30" */
    int64_t staged, purged;
    struct buf named;              /* the first sales that wait, each with what keeps it */
};

static void append_message(struct buf *out, const char *message, const char *const *args, int count)
{
    message_format(out, text_translate(message), args, count);
}

static void append_count(struct buf *out, const char *message, int64_t count)
{
    char text[ERR_ARG_SIZE];
    const char *const args[] = {err_int(count, text)};

    append_message(out, message, args, 1);
}

/* " Ticket 1047, 10,85 €: the article “VIN” is not known." of a row of SELECT_NAMED. */
static int name_sale(struct gaps *gaps, struct db_rows *row, struct arena *arena, struct err *err)
{
    const struct anomaly_kind *kind = db_is_null(row, 3) ? NULL : anomaly_kind_by_code(db_text(row, 3));
    struct str args[4] = {0};
    BUF_AUTO amount = {0};
    BUF_AUTO cause = {0};
    char number[ERR_ARG_SIZE];
    int count = 0, rc = OK;

    report_append_value(&amount, REPORT_CENTS, &DB_INT(db_int(row, 2)), NULL);
    if (kind) {
        rc = anomaly_read_args(arena, db_text(row, 4), args, &count, err);
        if (rc == OK)
            anomaly_append_cause(&cause, kind, args, count);
    } else
        buf_append_z(&cause, text_translate(N_("nothing keeps it: validate the grid")));
    if (rc != OK)
        return rc;
    if (buf_failed(&amount) || buf_failed(&cause))
        return err_memory(err);
    const char *const parts[] = {err_str(db_text(row, 1), number), amount.p, cause.p};
    buf_append_char(&gaps->named, ' ');
    append_message(&gaps->named, N_("Ticket %s, %s: %s."), parts, 3);
    return OK;
}

static int name_sales(struct db *db, int64_t company_id, int32_t day, struct arena *arena, struct gaps *gaps, struct err *err)
{
    static const char SELECT_NAMED[] =
        "SELECT g.grid_sale_id, g.number, g.total_cents, a.code, a.args FROM grid_sale g"
        " LEFT JOIN anomaly a ON a.company_id = g.company_id AND a.link_id = g.link_id AND a.subject_kind = 'sale' AND a.subject = g.till_sale_id"
        " WHERE g.company_id = $1 AND g.day = $2 ORDER BY g.grid_sale_id, a.line_no, a.code";
    DB_ROWS_AUTO rows = {0};
    int64_t before = 0, named = 0;
    int rc = db_query(db, &rows, SELECT_NAMED, err, DB_INT(company_id), DB_INT(day));

    while (rc == OK && named < NAMED_SALES && (rc = db_next(&rows, err)) == 1) {
        rc = OK;
        if (db_int(&rows, 0) == before)
            continue;
        before = db_int(&rows, 0);
        named++;
        rc = name_sale(gaps, &rows, arena, err);
    }
    return rc;
}

static int read_causes(struct db *db, int64_t company_id, int32_t day, struct arena *arena, struct gaps *gaps, struct err *err)
{
    static const char COUNT_WAITING[] = "SELECT COUNT(*) FROM grid_sale WHERE company_id = $1 AND day = $2";
    static const char COUNT_PURGED[] =
        "SELECT COUNT(*) FROM link l"
        " JOIN sale s ON s.company_id = l.company_id AND s.link_id = l.link_id WHERE l.company_id = $1 AND s.day = $2 AND s.state = 'skipped' AND s.reason = 'purged'";
    int rc = db_query_int(db, &gaps->staged, COUNT_WAITING, err, DB_INT(company_id), DB_INT(day));

    if (rc >= 0)
        rc = db_query_int(db, &gaps->purged, COUNT_PURGED, err, DB_INT(company_id), DB_INT(day));
    return rc < 0 ? rc : name_sales(db, company_id, day, arena, gaps, err);
}

/* Pages of the interface (ui/src/app/router.tsx) where a gap is looked into. */
#define PAGE_GRID "/traitements/imports"
#define PAGE_LINKS "/traitements/synchronisations"
#define PAGE_INVOICES "/ventes/factures"

/* The likeliest cause of a difference in figures, and the page that shows it. */
static void append_cause(const struct gaps *gaps, struct buf *cause, struct buf *href)
{
    buf_printf(href, PAGE_GRID "?date_from=%.*s&date_to=%.*s", STR_ARG(gaps->day), STR_ARG(gaps->day));
    if (gaps->staged) {
        append_count(cause, N_("Sales of this day that wait in the import grid: %s."), gaps->staged);
        buf_append(cause, buf_str(&gaps->named));
    } else if (gaps->purged) {
        append_count(cause, N_("Sales of this day that a person removed from the grid: %s. Synchronise again from that day to bring them back."), gaps->purged);
    } else {
        buf_reset(href);
        buf_append_z(href, PAGE_LINKS);
        append_message(cause, N_("The till shows other sales than those that were brought in: synchronise again from that day, then prove it again."), NULL, 0);
    }
}

static void put_gap(struct gaps *gaps, const char *kind, struct str key, bool is_amount, int64_t difference, struct str cause, struct str href)
{
    json_begin_object(gaps->json);
    json_member_str(gaps->json, "kind", str_from(kind));
    json_member_str(gaps->json, "key", key);
    json_key(gaps->json, "difference_cents");
    if (is_amount)
        json_put_int(gaps->json, difference);
    else
        json_put_null(gaps->json);
    if (!is_amount)
        json_member_int(gaps->json, "difference", difference);
    json_member_str(gaps->json, "cause", cause);
    json_member_str(gaps->json, "href", href);
    json_end_object(gaps->json);
}

static int64_t figure(const struct json *object, const char *name)
{
    const struct json *value = json_get(object, str_from(name));
    int64_t figure = 0;

    return json_is(value, JSON_NUMBER) && decimal_parse(value->text, 0, &figure) == DECIMAL_OK ? figure : 0;
}

static void put_figure_gap(struct gaps *gaps, const char *kind, struct str key, bool is_amount, int64_t till, int64_t books)
{
    BUF_AUTO cause = {0};
    BUF_AUTO href = {0};

    if (till == books)
        return;
    append_cause(gaps, &cause, &href);
    put_gap(gaps, kind, key, is_amount, books - till, buf_str(&cause), buf_str(&href));
}

static void put_amount_gaps(struct gaps *gaps, const struct json *report, const char *kind, const char *books_name)
{
    const struct json *list = json_get(report, str_from(kind));

    for (const struct json *item = list ? list->first : NULL; item; item = item->next) {
        const struct json *rate = json_get(item, STR("rate_bp"));
        put_figure_gap(gaps, kind, rate ? rate->text : json_text(json_get(item, STR("means"))), true, figure(item, "till_cents"), figure(item, books_name));
    }
}

static void put_number_gaps(struct gaps *gaps, const struct json *list, const char *kind, const char *message, const char *page)
{
    for (const struct json *item = list ? list->first : NULL; item; item = item->next) {
        BUF_AUTO cause = {0};
        BUF_AUTO href = {0};
        char number[ERR_ARG_SIZE];
        const char *const args[] = {err_str(json_text(item), number)};
        append_message(&cause, message, args, 1);
        buf_printf(&href, "%s%.*s", page, STR_ARG(json_text(item)));
        put_gap(gaps, kind, json_text(item), false, 1, buf_str(&cause), buf_str(&href));
    }
}

static void put_gaps(struct gaps *gaps, const struct json *report)
{
    const struct json *tickets = json_get(report, STR("tickets")), *total = json_get(report, STR("total_cents"));

    json_key(gaps->json, "gaps");
    json_begin_array(gaps->json);
    put_figure_gap(gaps, "tickets", STR_NULL, false, figure(tickets, "till"), figure(tickets, "documents"));
    put_figure_gap(gaps, "total", STR_NULL, true, figure(total, "till"), figure(total, "documents"));
    put_amount_gaps(gaps, report, "tax", "documents_cents");
    put_amount_gaps(gaps, report, "means", "payments_cents");
    put_number_gaps(gaps, json_get(report, STR("missing_numbers")), "missing",
                    N_("The till has no ticket %s: a tablet may not have sent its sales yet, or the number was never used."), PAGE_GRID "?number=");
    put_number_gaps(gaps, json_get(report, STR("repeated_numbers")), "repeated", N_("Several sales of the till bear the number %s: two tablets may count separately."),
                    PAGE_INVOICES "?till_number=");
    json_end_array(gaps->json);
}

static int put_state(void *context, const struct proof_shown *shown, struct err *err)
{
    (void)err;
    put_shown(context, shown);
    return OK;
}

int proof_day_json(struct db *db, int64_t company_id, int32_t day, struct arena *arena, struct buf *out, struct err *err)
{
    static const char *const members[] = {"day", "tickets", "total_cents", "tax", "means", "missing_numbers", "repeated_numbers"};
    static const char SELECT_REPORT[] = "SELECT report FROM proof_day WHERE company_id = $1 AND day = $2";
    struct json_out json = {.buf = out};
    struct json *report = NULL;
    struct str text = STR_NULL;
    BUF_AUTO name = {0};
    int found = db_query_text(db, arena, &text, SELECT_REPORT, err, DB_INT(company_id), DB_INT(day));
    int rc = found > 0 ? json_parse(arena, text, &report, err) : found;

    civil_append_day(&name, day);
    struct gaps gaps = {.json = &json, .day = buf_str(&name)};
    if (rc == OK && report)
        rc = read_causes(db, company_id, day, arena, &gaps, err);
    json_begin_object(&json);
    if (!report)
        json_member_day(&json, "day", true, day);
    for (size_t i = 0; report && i < sizeof members / sizeof *members; i++) {
        const struct json *member = json_get(report, str_from(members[i]));
        json_key(&json, members[i]);
        if (json_is(member, JSON_STRING))
            json_put_str(&json, member->text);
        else
            json_put_raw(&json, member ? member->raw : STR("null"));
    }
    if (rc == OK)
        rc = proof_days(db, company_id, day, day, put_state, &json, err);
    put_gaps(&gaps, report);
    json_end_object(&json);
    if (buf_failed(&gaps.named) && rc == OK)
        rc = err_memory(err);
    buf_release(&gaps.named);
    return rc == OK && buf_failed(out) ? err_memory(err) : rc;
}
