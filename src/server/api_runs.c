/* api_runs.c: one synchronisation that was run, and what became of every record that it read. The list is with the other lists. */
#include "server/jobs_int.h"
#include "server/runs_int.h"

/* ---- a run ---- */

/* The error that ended it, in the reader's language. */
static int put_error_text(struct request *request, struct json_out *json, int64_t run_id, struct err *err)
{
    static const char SELECT_ERROR[] = "SELECT error FROM run WHERE company_id = $1 AND run_id = $2";
    struct str kept = STR_NULL;
    BUF_AUTO shown = {0};
    int rc = db_query_text(request->db, request->arena, &kept, SELECT_ERROR, err, DB_INT(request->company->id), DB_INT(run_id));

    if (rc == 1)
        rc = report_append_error(&shown, request->arena, kept, err);
    if (rc < 0)
        return rc;
    json_member_str(json, "error_text", shown.n ? buf_str(&shown) : STR_NULL);
    return OK;
}

int run_put_json(struct request *request, struct json_out *json, int64_t run_id, struct err *err)
{
    static const char SELECT_RUN[] = "SELECT 1 FROM run WHERE company_id = $1 AND run_id = $2";
    int64_t one;
    int rc = db_query_int(request->db, &one, SELECT_RUN, err, DB_INT(request->company->id), DB_INT(run_id));

    if (rc != 1)
        return rc;
    json_begin_object(json);
    rc = report_put_head(request->db, request->company->id, report_record_by_name("run"), run_id, json, err);
    if (rc >= 0)
        rc = put_error_text(request, json, run_id, err);
    json_end_object(json);
    return rc == OK ? 1 : rc;
}

static int no_such_run(const struct request *request, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, N_("there is no run %s"), ERR_STR(request->args[0]));
}

int api_run_show(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out json = {.buf = &reply->body};
    int64_t run_id = 0;
    int rc = str_parse_u63(request->args[0], &run_id) ? run_put_json(request, &json, run_id, err) : 0;

    return rc == 0 ? no_such_run(request, err) : rc < 0 ? rc : OK;
}

/* ---- its records ---- */

static int put_record(void *context, const struct run_record *record, struct err *err)
{
    (void)err;
    run_record_put_json(context, record);
    return OK;
}

int api_run_records(struct request *request, struct reply *reply, struct err *err)
{
    static const char SELECT_RUN[] = "SELECT run_id FROM run WHERE company_id = $1 AND run_id = $2";
    struct run_records_query query = {.outcome = query_text(request, "outcome"), .subjects = true};
    struct str cursor = query_text(request, "cursor");
    struct json_out json = {.buf = &reply->body};
    struct run_cursor next;
    BUF_AUTO text = {0};
    int64_t known;
    int rc = query_page(request, &query.limit, &query.has_flow, &query.flow, err);

    if (rc == OK && cursor.p && !run_cursor_parse(cursor, &query.from))
        rc = err_set(err, ERR_USAGE, N_("this cursor is none that a page named: begin again without one"));
    if (rc != OK)
        return rc;
    rc = str_parse_u63(request->args[0], &query.run_id) ? db_query_int(request->db, &known, SELECT_RUN, err, DB_INT(request->company->id), DB_INT(query.run_id)) : 0;
    if (rc != 1)
        return rc < 0 ? rc : no_such_run(request, err);
    json_begin_object(&json);
    json_key(&json, "items");
    json_begin_array(&json);
    rc = run_records_each(request->db, request->company->id, &query, put_record, &json, &next, err);
    if (rc < 0)
        return rc;
    json_end_array(&json);
    if (rc == 1)
        run_cursor_append(&text, &next);
    json_member_str(&json, "next", rc == 1 ? buf_str(&text) : STR_NULL);
    json_end_object(&json);
    return OK;
}
