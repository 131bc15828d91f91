/* work.c: what the jobs do, each by the one function that the command line calls too: synchronise or rehearse, validate the grid, validate drafts, verify the journal, prove
 * days against the till. */
#include "server/jobs_int.h"

int work_sync(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    const struct sync_order *order = argument;
    struct sync_result done = {0};
    struct link link;
    int rc = server_needs_key(context->server, err);

    if (rc == OK)
        rc = link_open(context->db, context->company->id, context->arena, str_from(order->link), &link, err);
    if (order->options.dry_run)
        context->environment.on_change = job_keep_change;
    if (rc == OK)
        rc = sync_run(&context->environment, &link, &order->options, &done, err);
    if (rc == OK)
        sync_append_json(result, &done);
    return rc;
}

int work_validate_grid(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    const struct selection_order *order = argument;
    struct grid_validation done = {0};
    struct str *names = arena_array(context->arena, order->count + 1, sizeof *names);

    if (!names)
        return err_memory(err);
    for (size_t i = 0; i < order->count; i++) {
        names[i] = arena_format(context->arena, "grid:%lld", (long long)order->ids[i]);
        if (!names[i].p)
            return err_memory(err);
    }
    int rc = sync_validate_grid(&context->environment, names, order->count, order->dry_run, &done, err);
    if (rc == OK)
        sync_append_grid_validation_json(result, &done, order->dry_run);
    return rc;
}

int work_validate_documents(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    const struct numbers_order *order = argument;
    struct resume_result done = {0};
    struct str *numbers = arena_array(context->arena, order->count + 1, sizeof *numbers);
    const char *next = order->text;

    if (!numbers)
        return err_memory(err);
    for (size_t i = 0; i < order->count; i++) {
        numbers[i] = str_from(next);
        next += numbers[i].n + 1;
    }
    int rc = sync_validate_documents(&context->environment, numbers, order->count, &done, err);
    if (rc == OK)
        sync_append_resume_json(result, &done);
    return rc;
}

static int tell_walked(void *context, int64_t done, int64_t total, struct err *err)
{
    const struct sync_environment *environment = context;
    const struct sync_progress progress = {.flow = FLOW_COUNT, .stage = "verifying", .done = done, .total = total};

    environment->on_progress(environment->context, &progress);
    return interrupt_requested() ? err_set(err, ERR_CANCELLED, N_("interrupted: nothing was written")) : OK;
}

int work_verify_journal(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    const struct journal_watch watch = {tell_walked, &context->environment};
    struct journal_verdict verdict = {0};
    int rc = journal_verify_watched(context->db, context->company->id, &watch, context->arena, &verdict, err);

    (void)argument;
    if (rc == OK)
        journal_verdict_append_json(result, &verdict);
    return rc;
}

/* ---- the proof ---- */

struct proving { struct job_context *context; struct proof *proof; struct json_out days; int64_t now_utc; };

static int add_sale(void *context, int64_t link_id, const struct sale *sale, struct err *err)
{
    struct proving *proving = context;

    return proof_add_till_sale(proving->proof, link_id, sale, err);
}

static int take_day(void *context, const struct proof_day *day, struct err *err)
{
    struct proving *proving = context;

    proof_put_day(&proving->days, day);
    return proof_day_store(proving->context->db, proving->context->company->id, day, proving->now_utc, err);
}

int work_prove(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    const struct proof_order *order = argument;
    struct json_out json = {.buf = result};
    BUF_AUTO days = {0};
    struct proving proving = {.context = context, .days = {.buf = &days}, .now_utc = system_clock.now_utc(system_clock.context)};
    bool ok = false;
    int rc = server_needs_key(context->server, err);

    if (rc == OK)
        rc = proof_new(&proving.proof, context->db, context->company, order->from_day, order->to_day, err);
    if (rc == OK)
        rc = sync_read_company_sales(&context->environment, order->from_day, order->to_day, add_sale, &proving, err);
    json_begin_array(&proving.days);
    if (rc == OK)
        rc = proof_finish(proving.proof, take_day, &proving, &ok, err);
    json_end_array(&proving.days);
    proof_free(proving.proof);
    if (rc != OK)
        return rc;
    json_begin_object(&json);
    json_member_bool(&json, "ok", ok);
    json_key(&json, "days");
    json_put_raw(&json, buf_str(&days));
    json_end_object(&json);
    return buf_failed(&days) ? err_memory(err) : OK;
}
