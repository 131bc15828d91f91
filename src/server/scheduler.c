/* scheduler.c: links that run by themselves. One thread looks every few seconds which schedule has a moment that is past and not dealt with, and begins a job for it: one, however many
 * moments went by while the server was down, and none while the last one still runs. It outlives a database that does not answer. */
#include <string.h>

#include "server/jobs_int.h"

enum { LOOK_EVERY_MS = 5000, RETRY_AFTER_MS = 30000 };

struct scheduler {
    struct server *server;
    pthread_t thread;
    atomic_bool stopping;
};

/* ---- one look ---- */

struct looking {
    struct scheduler *scheduler;
    const struct company *company;
    int64_t now_utc;
    int64_t link_id;               /* the one at hand */
};

static int fired_body(struct db *db, void *context, struct err *err)
{
    const struct looking *looking = context;

    return schedule_fired(db, looking->company->id, looking->link_id, looking->now_utc, err);
}

static int begin_job(struct server *server, const struct link *link, struct err *err)
{
    struct sync_order *order = mem_alloc_zero(1, sizeof *order);
    const struct job_spec spec = {.kind = "sync", .link = link->options.name, .user = STR("schedule"), .language = TEXT_FRENCH, .work = work_sync, .argument = order};
    int64_t id;

    if (!order)
        return err_memory(err);
    memcpy(order->link, link->options.name.p, link->options.name.n < LINK_NAME_ROOM ? link->options.name.n : LINK_NAME_ROOM - 1);
    return jobs_submit(server->jobs, &spec, &id, err);
}

static const char *text_of(struct arena *arena, struct str s)
{
    struct str copy = arena_copy(arena, s);
    return copy.p ? copy.p : "?";
}

struct due { struct looking *looking; struct db *db; struct arena arena; };

/* A moment is dealt with before its job begins: whatever becomes of that, it is not begun for every look again. */
static int look_at(struct due *due, const struct link *link, struct err *err)
{
    struct looking *looking = due->looking;
    struct server *server = looking->scheduler->server;
    struct schedule schedule;
    int rc = schedule_load(due->db, looking->company->id, link->id, &schedule, err);

    if (rc != 1)
        return rc;
    if (schedule_next(&schedule, looking->company->zone, schedule.fired_utc) > looking->now_utc)
        return OK;
    looking->link_id = link->id;
    rc = db_transact(due->db, fired_body, looking, err);
    if (rc != OK)
        return rc;
    if (!jobs_is_active(server->jobs, link->options.name))
        return begin_job(server, link, err);
    log_event(LOG_INFO, "schedule.skipped", "link", text_of(&due->arena, link->options.name), "reason", "a job of this link still runs", NULL);
    return OK;
}

static void log_failure(const struct err *err)
{
    BUF_AUTO text = {0};

    err_format(err, &text);
    log_event(LOG_ERROR, "schedule.failed", "error", text.p ? text.p : "?", NULL);
}

/* What is wrong with one link keeps no other from its turn. */
static int look_at_link(void *context, const struct link *link, struct err *err)
{
    struct err own = {0};

    if (look_at(context, link, &own) == OK)
        return OK;
    if (own.code == ERR_INTERNAL) {
        *err = own;
        return own.code;
    }
    log_failure(&own);
    return OK;
}

static int look(struct scheduler *scheduler, struct db *db, struct err *err)
{
    struct company company = {0};
    ARENA_AUTO arena = {0};
    int rc = company_open(db, &arena, scheduler->server->options->company, &company, err);
    struct looking looking = {.scheduler = scheduler, .company = &company, .now_utc = system_clock.now_utc(system_clock.context)};
    struct due due = {.looking = &looking, .db = db};

    if (rc == OK)
        rc = link_each(db, company.id, look_at_link, &due, err);
    company_release(&company);
    arena_release(&due.arena);
    return rc;
}

/* ---- the thread ---- */

/* A connection that failed is opened anew by the next look. */
static void *keep_looking(void *context)
{
    struct scheduler *scheduler = context;
    struct db *db = NULL;

    interrupt_watch(&scheduler->stopping);
    while (!interrupt_requested()) {
        struct err err = {0};
        int rc = db ? OK : server_open_db(scheduler->server, 0, &db, &err);
        if (rc == OK)
            rc = look(scheduler, db, &err);
        if (rc != OK) {
            log_failure(&err);
            db_close(db);
            db = NULL;
        }
        (void)system_clock.sleep_ms(system_clock.context, rc == OK ? LOOK_EVERY_MS : RETRY_AFTER_MS);
    }
    db_close(db);
    return NULL;
}

int scheduler_start(struct scheduler **ret, struct server *server, struct err *err)
{
    struct scheduler *scheduler = mem_alloc_zero(1, sizeof *scheduler);

    if (!scheduler)
        return err_memory(err);
    scheduler->server = server;
    if (pthread_create(&scheduler->thread, NULL, keep_looking, scheduler) == 0) {
        *ret = scheduler;
        return OK;
    }
    mem_free(scheduler);
    return err_set(err, ERR_INTERNAL, N_("no thread can be started for the jobs: close other programs and try again"));
}

void scheduler_stop(struct scheduler *scheduler)
{
    if (!scheduler)
        return;
    atomic_store(&scheduler->stopping, true);
    pthread_join(scheduler->thread, NULL);
    mem_free(scheduler);
}
