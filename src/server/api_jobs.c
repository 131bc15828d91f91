/* api_jobs.c: long work, as it is asked for and shown: a job is begun and answered for at once (202), listed, followed as it goes, paged through what it announces, cancelled. What the
 * jobs do is in work.c, how they are kept in jobs.c. */
#include <string.h>

#include "server/jobs_int.h"

enum { JOBS_SHOWN_MAX = 50, SELECTION_MAX = 10000, NUMBER_BYTES_MAX = 100, PROOF_DAYS_MAX = 366, PAGE_DEFAULT = 50, PAGE_MAX = 500 };

static bool id_of(const struct request *request, int64_t *ret)
{
    return str_parse_u63(request->args[0], ret);
}

static int no_such_job(const struct request *request, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, N_("there is no job %s (any more): what a synchronisation did stands in the list of runs"), ERR_STR(request->args[0]));
}

/* ---- beginning ---- */

int job_start(struct request *request, struct reply *reply, const char *kind, struct str link_name, job_work *work, void *argument, struct err *err)
{
    const struct job_spec spec = {.kind = kind, .link = link_name, .user = request->who.user, .language = text_language(), .on_copy = strcmp(kind, "rehearsal") == 0, .work = work,
                                  .argument = argument};
    struct json_out json = {.buf = &reply->body};
    int64_t id = 0;
    int rc = jobs_submit(request->server->jobs, &spec, &id, err);

    if (rc != OK)
        return rc;
    (void)jobs_put(request->server->jobs, id, &json);
    reply->status = 202;
    reply->location = arena_format(request->arena, "/api/v1/jobs/%lld", (long long)id);
    return OK;
}

/* Whole numbers from 1 on, or null for all. *ret (mem_alloc) is the order; NULL without memory. */
static struct selection_order *read_selection(struct input *input, const char *member)
{
    const struct json *list = input_array(input, member, false, SELECTION_MAX);
    size_t count = list ? list->count : 0;
    struct selection_order *order = mem_alloc_zero(1, sizeof *order + count * sizeof order->ids[0]);

    if (!order)
        return NULL;
    for (const struct json *item = list ? list->first : NULL; item; item = item->next)
        if (item->type != JSON_NUMBER || !str_parse_u63(item->text, &order->ids[order->count++]))
            input_refuse(input, member, N_("a list of whole numbers is expected here"));
    if (list && count == 0)
        input_refuse(input, member, N_("this list is empty: null stands for all"));
    return order;
}

int api_grid_validate(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    MEM_AUTO struct selection_order *order = read_selection(input, "sales");

    if (!order)
        return err_memory(err);
    order->dry_run = input_bool(input, "dry_run", false);
    int rc = input_end(input, reply);
    if (rc != OK)
        return rc;
    struct selection_order *given = order;
    order = NULL;
    return job_start(request, reply, "grid_validation", STR_NULL, work_validate_grid, given, err);
}

static struct numbers_order *read_numbers(struct input *input, const char *member)
{
    const struct json *list = input_array(input, member, false, SELECTION_MAX);
    size_t room = 0;

    for (const struct json *item = list ? list->first : NULL; item; item = item->next)
        room += item->text.n + 1;
    struct numbers_order *order = mem_alloc_zero(1, sizeof *order + room);
    char *next = order ? order->text : NULL;
    for (const struct json *item = list ? list->first : NULL; order && item; item = item->next) {
        if (item->type != JSON_STRING || item->text.n == 0 || item->text.n > NUMBER_BYTES_MAX || memchr(item->text.p, '\0', item->text.n))
            input_refuse(input, member, N_("a list of document numbers is expected here"));
        memcpy(next, item->text.p ? item->text.p : "", item->text.n);
        next += item->text.n + 1;
        order->count++;
    }
    if (list && list->count == 0)
        input_refuse(input, member, N_("this list is empty: null stands for all"));
    return order;
}

int api_documents_validate(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    MEM_AUTO struct numbers_order *order = read_numbers(input, "numbers");

    if (!order)
        return err_memory(err);
    int rc = input_end(input, reply);
    if (rc != OK)
        return rc;
    struct numbers_order *given = order;
    order = NULL;
    return job_start(request, reply, "document_validation", STR_NULL, work_validate_documents, given, err);
}

int api_journal_verify(struct request *request, struct reply *reply, struct err *err)
{
    return job_start(request, reply, "journal_verification", STR_NULL, work_verify_journal, NULL, err);
}

int api_proof_start(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    MEM_AUTO struct proof_order *order = mem_alloc_zero(1, sizeof *order);

    if (!order)
        return err_memory(err);
    bool has_from = input_day(input, "from", true, &order->from_day), has_to = input_day(input, "to", true, &order->to_day);
    if (has_from && has_to && (order->to_day < order->from_day || order->to_day - order->from_day >= PROOF_DAYS_MAX))
        input_refuse(input, "to", N_("from the first day to the last there are 366 at most"));
    int rc = input_end(input, reply);
    if (rc != OK)
        return rc;
    struct proof_order *given = order;
    order = NULL;
    return job_start(request, reply, "proof", STR_NULL, work_prove, given, err);
}

/* ---- showing ---- */

int api_job_list(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out json = {.buf = &reply->body};

    (void)err;
    json_begin_object(&json);
    json_key(&json, "items");
    json_begin_array(&json);
    jobs_put_list(request->server->jobs, JOBS_SHOWN_MAX, &json);
    json_end_array(&json);
    json_end_object(&json);
    return OK;
}

int api_job_show(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out json = {.buf = &reply->body};
    int64_t id;

    return id_of(request, &id) && jobs_put(request->server->jobs, id, &json) ? OK : no_such_job(request, err);
}

int api_job_cancel(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id;

    if (!id_of(request, &id) || !jobs_cancel(request->server->jobs, id))
        return no_such_job(request, err);
    reply->status = 202;
    return api_job_show(request, reply, err);
}

int api_job_events(struct request *request, struct reply *reply, struct err *err)
{
    struct http_stream *stream = http_stream_new();
    int64_t id;

    if (!stream)
        return err_memory(err);
    (void)http_stream_write(stream, STR("retry: 2000\n\n"));
    int rc = id_of(request, &id) ? jobs_follow(request->server->jobs, id, stream, text_language(), err) : 0;
    if (rc == 1) {
        reply->stream = stream;
        reply->content_type = "text/event-stream";
        return OK;
    }
    http_stream_end(stream);
    http_stream_release(stream);
    return rc < 0 ? rc : no_such_job(request, err);
}

int query_page(struct request *request, int64_t *ret_limit, bool *ret_has_flow, enum sync_flow *ret_flow, struct err *err)
{
    struct str limit = query_text(request, "limit"), flow = query_text(request, "flow");

    *ret_limit = PAGE_DEFAULT;
    if (limit.p && (!str_parse_u63(limit, ret_limit) || *ret_limit < 1 || *ret_limit > PAGE_MAX))
        return err_set(err, ERR_USAGE, N_("limit goes from 1 to %s"), ERR_INT(PAGE_MAX));
    *ret_has_flow = flow.p != NULL;
    for (int i = 0; flow.p && i < FLOW_COUNT; i++)
        if (str_equal(flow, str_from(sync_flow_names[i]))) {
            *ret_flow = (enum sync_flow)i;
            return OK;
        }
    return flow.p ? err_set(err, ERR_USAGE, N_("“%s” is no flow: there are articles_in, articles_out and orders"), ERR_STR(flow)) : OK;
}

int api_job_changes(struct request *request, struct reply *reply, struct err *err)
{
    struct change_page page = {0};
    struct change_page_end end;
    struct json_out json = {.buf = &reply->body};
    struct str cursor = query_text(request, "cursor");
    int64_t id = 0;
    int rc = query_page(request, &page.limit, &page.has_flow, &page.flow, err);

    if (rc == OK && cursor.p && !str_parse_u63(cursor, &page.from))
        rc = err_set(err, ERR_USAGE, N_("this cursor is none that a page named: begin again without one"));
    if (rc != OK)
        return rc;
    json_begin_object(&json);
    json_key(&json, "items");
    json_begin_array(&json);
    rc = id_of(request, &id) ? jobs_put_changes(request->server->jobs, id, &page, &json, &end, err) : 0;
    if (rc != 1)
        return rc < 0 ? rc : no_such_job(request, err);
    json_end_array(&json);
    json_member_int(&json, "total", end.total);
    struct str next = end.more ? arena_format(request->arena, "%lld", (long long)end.next) : STR_NULL;
    json_member_str(&json, "next", next);
    json_end_object(&json);
    return OK;
}
