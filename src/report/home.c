/* home.c: the first page's figures: what was sold per day and how it was paid, what awaits a person, and the last runs. Sums over a bounded number of days, and rows by index; nothing that
 * grows with the books. */
#include "report/report_int.h"

enum { HOME_ANOMALIES_MAX = 20, HOME_RUNS = 10 };

struct home { struct db *db; const struct company *company; int32_t from_day, to_day; struct arena *arena; struct json_out *json; };

int report_append_error(struct buf *out, struct arena *arena, struct str kept, struct err *err)
{
    const char *args[ERR_ARGS_MAX];
    struct json *error = NULL;
    int count = 0, rc = json_parse(arena, kept, &error, err);

    if (rc != OK)
        return rc;
    const struct json *list = json_get(error, STR("args"));
    for (const struct json *item = list ? list->first : NULL; item && count < ERR_ARGS_MAX; item = item->next) {
        struct str text = arena_copy(arena, json_text(item));
        args[count++] = text.p ? text.p : "";
    }
    struct str message = arena_copy(arena, json_text(json_get(error, STR("message"))));
    message_format(out, text_translate(message.p ? message.p : ""), args, count);
    return OK;
}

/* ---- days and means ---- */

static const char SELECT_DAYS[] =
    "SELECT day, SUM(total_cents), SUM(CASE WHEN kind = 'invoice' THEN 1 ELSE 0 END) FROM document WHERE company_id = $1 AND day BETWEEN $2 AND $3 AND kind <> 'order' GROUP BY day";
static const char SELECT_MEANS[] =
    "SELECT m.code, m.label, SUM(p.amount_cents) FROM payment p JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
    " WHERE p.company_id = $1 AND p.day BETWEEN $2 AND $3 GROUP BY m.code, m.label ORDER BY 3 DESC, 1";

/* Every day, those without a sale too: a chart has no holes. */
static int put_days(const struct home *home, struct err *err)
{
    struct sums { int64_t total_cents, tickets; };
    struct sums *days = arena_array(home->arena, (size_t)(home->to_day - home->from_day) + 1, sizeof *days);
    DB_ROWS_AUTO rows = {0};

    if (!days)
        return err_memory(err);
    int rc = db_query(home->db, &rows, SELECT_DAYS, err, DB_INT(home->company->id), DB_INT(home->from_day), DB_INT(home->to_day));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        days[db_int(&rows, 0) - home->from_day] = (struct sums){db_int(&rows, 1), db_int(&rows, 2)};
        rc = OK;
    }
    json_key(home->json, "days");
    json_begin_array(home->json);
    for (int32_t day = home->from_day; rc == OK && day <= home->to_day; day++) {
        json_begin_object(home->json);
        json_member_day(home->json, "day", true, day);
        json_member_int(home->json, "total_cents", days[day - home->from_day].total_cents);
        json_member_int(home->json, "tickets", days[day - home->from_day].tickets);
        json_end_object(home->json);
    }
    json_end_array(home->json);
    return rc;
}

static int put_means(const struct home *home, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(home->db, &rows, SELECT_MEANS, err, DB_INT(home->company->id), DB_INT(home->from_day), DB_INT(home->to_day));

    json_key(home->json, "means");
    json_begin_array(home->json);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        json_begin_object(home->json);
        json_member_str(home->json, "means", db_text(&rows, 0));
        json_member_str(home->json, "label", db_text(&rows, 1));
        json_member_int(home->json, "amount_cents", db_int(&rows, 2));
        json_end_object(home->json);
        rc = OK;
    }
    json_end_array(home->json);
    return rc;
}

/* ---- what awaits a person ---- */

struct groups { struct json_out *json; int count; };

static int put_group(void *context, const struct anomaly_group *group, struct err *err)
{
    struct groups *groups = context;
    BUF_AUTO cause = {0};
    BUF_AUTO cure = {0};

    if (groups->count++ == HOME_ANOMALIES_MAX)
        return OK;
    anomaly_append_cause(&cause, group->kind, group->args, group->arg_count);
    anomaly_append_cure(&cure, group->kind, group->args, group->arg_count);
    json_begin_object(groups->json);
    json_member_str(groups->json, "code", str_from(group->kind->code));
    json_member_str(groups->json, "subject", str_from(group->kind->subject));
    json_member_str(groups->json, "cause", buf_str(&cause));
    json_member_str(groups->json, "cure", buf_str(&cure));
    json_member_bool(groups->json, "blocking", group->kind->blocking);
    json_member_int(groups->json, "subjects", group->subjects);
    json_member_int(groups->json, "amount_cents", group->amount_cents);
    json_member_str(groups->json, "example", group->example);
    json_key(groups->json, "args");
    json_begin_array(groups->json);
    for (int i = 0; i < group->arg_count; i++)
        json_put_str(groups->json, group->args[i]);
    json_end_array(groups->json);
    json_key(groups->json, "action");
    json_put_null(groups->json);
    json_end_object(groups->json);
    return buf_failed(groups->json->buf) ? err_memory(err) : OK;
}

static int put_anomalies(const struct home *home, struct err *err)
{
    struct groups groups = {.json = home->json};

    json_key(home->json, "anomalies");
    json_begin_array(home->json);
    int rc = anomaly_groups(home->db, home->company->id, 0, put_group, &groups, err);
    json_end_array(home->json);
    return rc;
}

static int put_blocked(const struct home *home, struct err *err)
{
    static const char COUNT_BLOCKED[] = "SELECT COUNT(*) FROM document WHERE company_id = $1 AND state = 'draft' AND block IS NOT NULL";
    int64_t count = 0;
    int rc = db_query_int(home->db, &count, COUNT_BLOCKED, err, DB_INT(home->company->id));

    json_member_int(home->json, "blocked_documents", count);
    return rc < 0 ? rc : OK;
}

/* A link whose last run that ended did not end well. */
static int put_links_in_error(const struct home *home, struct err *err)
{
    static const char SELECT_FAILED[] =
        "SELECT l.name, r.run_id, r.error FROM link l JOIN run r ON r.company_id = l.company_id AND r.link_id = l.link_id"
        " AND r.run_id = (SELECT MAX(x.run_id) FROM run x WHERE x.company_id = l.company_id AND x.link_id = l.link_id AND x.state <> 'running')"
        " WHERE l.company_id = $1 AND l.removed = 0 AND r.state <> 'done' ORDER BY l.name";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(home->db, &rows, SELECT_FAILED, err, DB_INT(home->company->id));

    json_key(home->json, "links_in_error");
    json_begin_array(home->json);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        BUF_AUTO text = {0};
        rc = db_is_null(&rows, 2) ? OK : report_append_error(&text, home->arena, db_text(&rows, 2), err);
        json_begin_object(home->json);
        json_member_str(home->json, "link", db_text(&rows, 0));
        json_member_int(home->json, "run", db_int(&rows, 1));
        json_member_str(home->json, "error", text.p ? buf_str(&text) : STR_NULL);
        json_end_object(home->json);
    }
    json_end_array(home->json);
    return rc;
}

struct colours { struct json_out *json; int64_t unproven; };

static int put_colour(void *context, const struct proof_shown *shown, struct err *err)
{
    struct colours *colours = context;

    colours->unproven += shown->state == PROOF_UNKNOWN && shown->documents > 0;
    if (shown->state != PROOF_AMBER && shown->state != PROOF_RED)
        return OK;
    json_begin_object(colours->json);
    json_member_day(colours->json, "day", true, shown->day);
    json_member_str(colours->json, "state", str_from(proof_state_names[shown->state]));
    json_end_object(colours->json);
    return buf_failed(colours->json->buf) ? err_memory(err) : OK;
}

static int put_colours(const struct home *home, struct err *err)
{
    struct colours colours = {.json = home->json};

    json_key(home->json, "days_not_green");
    json_begin_array(home->json);
    int rc = proof_days(home->db, home->company->id, home->from_day, home->to_day, put_colour, &colours, err);
    json_end_array(home->json);
    json_member_int(home->json, "days_unproven", colours.unproven);
    return rc;
}

static int put_run(void *context, const struct report_list *list, const struct db_value *values, struct err *err)
{
    struct json_out *json = context;

    report_put_row(json, list->columns, list->page_count, values);
    return buf_failed(json->buf) ? err_memory(err) : OK;
}

static int put_runs(const struct home *home, struct err *err)
{
    const struct report_query query = {.limit = HOME_RUNS, .sort = REPORT_BY_ID, .descending = true};
    struct report_page page;

    json_key(home->json, "runs");
    json_begin_array(home->json);
    int rc = report_page(home->db, home->company->id, report_list_by_name("run"), &query, home->arena, put_run, home->json, &page, err);
    json_end_array(home->json);
    return rc;
}

int report_home_json(struct db *db, const struct company *company, int32_t today, int32_t days, struct arena *arena, struct buf *out, struct err *err)
{
    static int (*const parts[])(const struct home *, struct err *) = {put_anomalies, put_blocked, put_links_in_error, put_colours};
    struct json_out json = {.buf = out};
    const struct home home = {db, company, today - days + 1, today, arena, &json};

    json_begin_object(&json);
    int rc = put_days(&home, err);
    if (rc == OK)
        rc = put_means(&home, err);
    json_key(&json, "attention");
    json_begin_object(&json);
    for (size_t i = 0; rc == OK && i < sizeof parts / sizeof *parts; i++)
        rc = parts[i](&home, err);
    json_end_object(&json);
    if (rc == OK)
        rc = put_runs(&home, err);
    json_end_object(&json);
    return rc == OK && buf_failed(out) ? err_memory(err) : rc;
}
