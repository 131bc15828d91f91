/* work.c: what the jobs do, each by the one function that the command line calls too: synchronise or rehearse, validate the grid, validate drafts, verify the journal. */
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

int work_verify_journal(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    struct journal_verdict verdict = {0};
    int rc = journal_verify(context->db, context->company->id, context->arena, &verdict, err);

    (void)argument;
    if (rc == OK)
        journal_verdict_append_json(result, &verdict);
    return rc;
}
