/* api_grid.c: the import grid: a staged sale whole, edited in place (two people cannot overwrite each other), accepted, purged; files of sales in and out, with a look at the first rows
 * before anything is written; and what is wrong, by root cause, with its cure. The list of staged sales is with the other lists, the feed in api_feed.c. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/csv.h"
#include "server/changes_int.h"

enum { SELECTION_MAX = 10000, EDITS_MAX = 100, PREVIEW_ROWS = 20, EDIT_BYTES_MAX = 64 << 10, NAME_MAX_BYTES = 200 };

/* ---- one sale ---- */

static int no_such_sale(const struct request *request, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, N_("no sale %s in the grid: it was purged, or is a document now"), ERR_STR(request->args[0]));
}

static int append_sale(struct request *request, struct db *db, int64_t id, struct buf *out, struct err *err)
{
    struct json_out json = {.buf = out};
    struct grid_content content;
    struct str link = STR_NULL;
    int rc = grid_load(db, request->company->id, id, request->arena, &content, err);

    if (rc == ERR_NOT_FOUND) {
        err_clear(err);
        return no_such_sale(request, err);
    }
    if (rc == OK)
        rc = grid_link_name(db, request->company->id, content.row.link_id, request->arena, &link, err);
    if (rc == OK)
        grid_content_put_json(&json, &content, link);
    return rc == OK && buf_failed(out) ? err_memory(err) : rc;
}

static int answer_sale(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    int rc = append_sale(request, request->db, id, &reply->body, err);

    if (rc == OK)
        reply_tag(request, reply);
    return rc;
}

int api_grid_show(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id;

    return str_parse_u63(request->args[0], &id) ? answer_sale(request, reply, id, err) : no_such_sale(request, err);
}

/* ---- edit and accept ---- */

struct correction {
    struct request *request;
    struct reply *reply;
    int64_t id;
    const struct json *set;            /* field and value, in order */
    const struct json *at;             /* the one at hand */
    bool stale;
};

static int edit_body(struct db *db, void *context, struct err *err)
{
    struct correction *correction = context;
    const struct request *request = correction->request;
    BUF_AUTO current = {0};
    int rc = append_sale(correction->request, db, correction->id, &current, err);

    correction->at = NULL;
    correction->stale = rc == OK && !request_matches(correction->request, correction->reply, buf_str(&current));
    if (correction->stale)
        return OK;
    for (const struct json *edit = correction->set->first; rc == OK && edit; edit = edit->next) {
        correction->at = edit;
        rc = grid_edit(db, request->company, correction->id, edit->key, edit->text, err);
    }
    return rc;
}

/* OK or REPLIED. */
static int read_edits(struct request *request, struct reply *reply, const struct json **ret)
{
    struct input *input = input_open(request, request->body, "");
    const struct json *set = json_get(request->body, STR("set"));

    (void)input_has(input, "set");
    if (!json_is(set, JSON_OBJECT) || set->count == 0)
        input_refuse(input, "set", N_("an object of fields and their new values is expected here"));
    else if (set->count > EDITS_MAX)
        input_refuse(input, "set", N_("this list is too long"));
    for (const struct json *edit = json_is(set, JSON_OBJECT) ? set->first : NULL; edit; edit = edit->next)
        if (edit->type != JSON_STRING || edit->text.n > EDIT_BYTES_MAX || memchr(edit->text.p, '\0', edit->text.n))
            input_refuse(input, "set", N_("every value here is a text, as a person types it"));
    *ret = set;
    return input_end(input, reply);
}

int api_grid_edit(struct request *request, struct reply *reply, struct err *err)
{
    struct correction correction = {.request = request, .reply = reply};
    int rc = str_parse_u63(request->args[0], &correction.id) ? read_edits(request, reply, &correction.set) : no_such_sale(request, err);

    if (rc != OK)
        return rc;
    rc = db_transact(request->db, edit_body, &correction, err);
    if ((rc == ERR_DATA || rc == ERR_USAGE) && correction.at) {
        struct str pointer = input_pointer(request->arena, STR("/set"), correction.at->key);
        return reply_problem_at(request, reply, problem_status(rc), pointer.p ? pointer.p : "/set", err);
    }
    if (rc != OK || correction.stale)
        return rc != OK ? rc : REPLIED;
    return answer_sale(request, reply, correction.id, err);
}

static int accept_body(struct db *db, void *context, struct err *err)
{
    const struct correction *correction = context;

    return grid_accept(db, correction->request->company->id, correction->id, err);
}

int api_grid_accept(struct request *request, struct reply *reply, struct err *err)
{
    struct correction correction = {.request = request};
    int rc = str_parse_u63(request->args[0], &correction.id) ? db_transact(request->db, accept_body, &correction, err) : ERR_NOT_FOUND;

    if (rc == ERR_NOT_FOUND) {
        err_clear(err);
        return no_such_sale(request, err);
    }
    return rc == OK ? answer_sale(request, reply, correction.id, err) : rc;
}

/* ---- purge ---- */

struct removal { struct request *request; struct str *names; size_t count; int64_t link_id, purged; };

static int purge_body(struct db *db, void *context, struct err *err)
{
    struct removal *removal = context;

    return grid_purge(db, removal->request->company->id, removal->link_id, removal->names, removal->count, &removal->purged, err);
}

/* The sales by their places in the grid; OK or REPLIED. */
static int read_removal(struct request *request, struct reply *reply, struct removal *ret, struct str *ret_link, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    const struct json *list = input_array(input, "sales", false, SELECTION_MAX);
    int64_t id;

    *ret_link = input_text(input, "link", false, NAME_MAX_BYTES);
    ret->names = arena_array(request->arena, (list ? list->count : 0) + 1, sizeof *ret->names);
    if (!ret->names)
        return err_memory(err);
    for (const struct json *item = list ? list->first : NULL; item; item = item->next) {
        if (item->type != JSON_NUMBER || !str_parse_u63(item->text, &id))
            input_refuse(input, "sales", N_("a list of whole numbers is expected here"));
        ret->names[ret->count] = arena_format(request->arena, "grid:%.*s", STR_ARG(item->text));
        if (!ret->names[ret->count++].p)
            return err_memory(err);
    }
    if (list && list->count == 0)
        input_refuse(input, "sales", N_("this list is empty: null stands for all"));
    return input_end(input, reply);
}

int api_grid_purge(struct request *request, struct reply *reply, struct err *err)
{
    struct removal removal = {.request = request};
    struct json_out json = {.buf = &reply->body};
    struct str name = STR_NULL;
    struct link link;
    int rc = read_removal(request, reply, &removal, &name, err);

    if (rc == OK && name.p)
        rc = link_open(request->db, request->company->id, request->arena, name, &link, err);
    if (rc != OK)
        return rc;
    removal.link_id = name.p ? link.id : 0;
    rc = db_transact(request->db, purge_body, &removal, err);
    json_begin_object(&json);
    json_member_int(&json, "purged", removal.purged);
    json_end_object(&json);
    return rc;
}

/* ---- files ---- */

/* ?format=liaison|dailybiz, ?header=yes|no. */
static int read_file_options(struct request *request, struct grid_file_options *ret, struct err *err)
{
    struct str format = query_text(request, "format"), header = query_text(request, "header");

    *ret = (struct grid_file_options){.format = GRID_FILE_LIAISON, .header_line = !header.p || query_flag(request, "header")};
    if (str_equal(format, STR("dailybiz")))
        ret->format = GRID_FILE_DAILYBIZ;
    else if (format.p && !str_equal(format, STR("liaison")))
        return err_set(err, ERR_USAGE, N_("“%s” is no format: there are liaison and dailybiz"), ERR_STR(format));
    return OK;
}

struct file_out { int fd; int64_t written; };

static int write_piece(void *context, struct str bytes, struct err *err)
{
    struct file_out *out = context;

    if (!nameless_write(out->fd, out->written, bytes))
        return err_set(err, ERR_DATA, N_("the file cannot be written: %s"), text_of_errno(errno));
    out->written += (int64_t)bytes.n;
    return OK;
}

int api_grid_file_export(struct request *request, struct reply *reply, struct err *err)
{
    struct grid_file_options options;
    struct file_out out = {.fd = -1};
    int rc = read_file_options(request, &options, err);

    if (rc != OK)
        return rc;
    out.fd = nameless_open();
    if (out.fd < 0)
        return err_set(err, ERR_DATA, N_("the file cannot be written: %s"), text_of_errno(errno));
    rc = grid_export(request->db, request->company, &options, write_piece, &out, err);
    if (rc != OK) {
        close(out.fd);
        return rc;
    }
    reply->file = out.fd;
    reply->content_type = "text/csv; charset=utf-8";
    reply->file_name = options.format == GRID_FILE_LIAISON ? STR("liaison-grid.csv") : STR("dailybiz-grid.csv");
    return OK;
}

/* The first rows of the body, cell by cell. */
struct preview { struct json_out *json; int rows; };

static int preview_row(void *context, const struct csv_row *row, struct err *err)
{
    struct preview *preview = context;

    if (preview->rows == PREVIEW_ROWS)
        return err_set(err, ERR_CANCELLED, N_("interrupted")); /* that is enough of them */
    preview->rows++;
    json_begin_array(preview->json);
    for (size_t i = 0; i < row->count; i++)
        json_put_str(preview->json, row->cells[i]);
    json_end_array(preview->json);
    return OK;
}

/* What stands in messages for a file that came without its name. */
static const char *file_word(void)
{
    return text_translate(N_("the file"));
}

static int put_rows(struct request *request, struct json_out *json, struct csv_dialect *dialect, struct err *err)
{
    struct preview preview = {.json = json};
    struct err stop = {0};

    json_begin_array(json);
    int rc = csv_read(request->http->body, file_word(), dialect, preview_row, &preview, &stop);
    json_end_array(json);
    if (rc < 0 && rc != ERR_CANCELLED && preview.rows == 0) {
        *err = stop;
        return rc;
    }
    return OK;
}

static int import_file(struct request *request, const struct grid_file_options *options, struct grid_file_report *ret, struct err *err)
{
    struct grid_session *session = NULL;
    int rc = grid_session_new(&session, request->db, request->company, &grid_default_rules, request->now_utc, 0, err);

    if (rc == OK)
        rc = grid_import_bytes(session, request->http->body, file_word(), options, ret, err);
    grid_session_free(session);
    return rc;
}

/* The import itself, taken back: so the person sees what it would do, or why it would be refused, before anything is written. */
static int preview_file(struct request *request, const struct grid_file_options *options, struct json_out *json, struct err *err)
{
    struct grid_file_report report = {.separator = ';'};
    struct csv_dialect dialect = {.separator = ';'};
    struct err refusal = {0};
    BUF_AUTO rows = {0};
    struct json_out rows_json = {.buf = &rows};
    int rc = put_rows(request, &rows_json, &dialect, err);
    if (rc == OK)
        rc = db_rehearsal_begin(request->db, err);
    if (rc != OK)
        return rc;
    int imported = import_file(request, options, &report, &refusal);
    db_rehearsal_end(request->db);
    if (imported != OK && imported != ERR_DATA) {
        *err = refusal;
        return imported;
    }
    if (imported != OK)
        report = (struct grid_file_report){.separator = dialect.separator, .windows1252 = dialect.windows1252, .byte_order_mark = dialect.byte_order_mark, .crlf = dialect.crlf};
    json_begin_object(json);
    grid_file_report_put_members(json, &report);
    json_key(json, "problem");
    if (imported == OK)
        json_put_null(json);
    else {
        json_begin_object(json);
        problem_put_members(json, problem_status(imported), NULL, &refusal);
        json_end_object(json);
    }
    json_key(json, "rows");
    json_put_raw(json, buf_str(&rows));
    json_end_object(json);
    return buf_failed(&rows) ? err_memory(err) : OK;
}

int api_grid_file_import(struct request *request, struct reply *reply, struct err *err)
{
    struct grid_file_options options;
    struct grid_file_report report;
    struct json_out json = {.buf = &reply->body};
    struct csv_dialect dialect;
    int rc = read_file_options(request, &options, err);

    if (rc == OK && query_flag(request, "preview"))
        return preview_file(request, &options, &json, err);
    if (rc == OK)
        rc = import_file(request, &options, &report, err);
    if (rc != OK)
        return rc;
    json_begin_object(&json);
    grid_file_report_put_members(&json, &report);
    json_key(&json, "rows");
    rc = put_rows(request, &json, &dialect, err);
    json_end_object(&json);
    return rc;
}

/* ---- anomalies ---- */

struct anomaly_listing { struct request *request; struct json_out json; };

static int list_group(void *context, const struct anomaly_group *group, struct err *err)
{
    struct anomaly_listing *listing = context;
    struct request *request = listing->request;
    struct anomaly_action action;
    struct str link = STR_NULL;
    int rc = anomaly_group_action(request->db, request->company->id, group, request->arena, &action, err);

    if (rc == OK)
        rc = grid_link_name(request->db, request->company->id, group->link_id, request->arena, &link, err);
    if (rc == OK)
        anomaly_group_put_json(&listing->json, group, &action, link);
    return rc;
}

int api_anomaly_list(struct request *request, struct reply *reply, struct err *err)
{
    struct anomaly_listing listing = {.request = request, .json = {.buf = &reply->body}};
    struct str name = query_text(request, "link");
    struct link link = {.id = 0};
    int rc = name.n ? link_open(request->db, request->company->id, request->arena, name, &link, err) : OK;

    if (rc != OK)
        return rc;
    json_begin_object(&listing.json);
    json_key(&listing.json, "items");
    json_begin_array(&listing.json);
    rc = anomaly_groups(request->db, request->company->id, link.id, list_group, &listing, err);
    json_end_array(&listing.json);
    json_end_object(&listing.json);
    return rc;
}
