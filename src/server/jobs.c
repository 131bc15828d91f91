/* jobs.c: work that takes longer than a request: at most four at a time, the others wait their turn. A job belongs to the server, not to the request that began it: its progress can be
 * asked for and followed by any number of readers, whoever reloads a page finds it again, and it can be cancelled. The last hundred are remembered until the server stops; what a
 * synchronisation did stands in the database as that of the command line does. The handlers are in api_jobs.c. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/changes_int.h"
#include "server/jobs_int.h"

enum { JOBS_RUNNING_MAX = 4, JOBS_WAITING_MAX = 100, JOBS_ENDED_MAX = 100, EVENTS_PAUSE_MS = 200, RESULT_MAX = 16 << 20, COPY_LEFT_S = 3600 };

struct listener { struct http_stream *stream; enum text_language language; struct listener *next; };

struct job {
    struct job *next;                  /* the one that was begun after it */
    int64_t id;
    struct jobs *jobs;
    const char *kind;
    char *link, *user;                 /* NULL for none */
    enum text_language language;       /* of who began it: what a job writes down is in it */
    job_work *work;
    void *argument;
    bool on_copy;
    atomic_bool cancelled;
    /* under the lock of jobs: */
    enum job_state state;
    int64_t started_utc, ended_utc, run_id;
    bool has_progress;
    struct sync_progress progress;
    struct buf result;
    struct err failure;
    struct listener *listeners;
    bool untold;                       /* something changed since the listeners were told */
    int readers;                       /* of its changes; it is not forgotten meanwhile */
    /* under its own: */
    pthread_mutex_t changes_lock;
    struct change_log changes;
};

struct jobs {
    struct server *server;
    pthread_mutex_t lock;
    pthread_cond_t work_waits, news;   /* a job is queued; a job has something to tell; both: the end */
    pthread_t workers[JOBS_RUNNING_MAX], teller;
    int worker_count;
    bool has_teller, stopping, told_last;
    struct job *first;                 /* in the order of their beginnings */
    int64_t next_id;
};

static const char *const state_names[] = {
    [JOB_QUEUED] = "queued", [JOB_RUNNING] = "running", [JOB_DONE] = "done", [JOB_FAILED] = "failed", [JOB_CANCELLED] = "cancelled"};

static int64_t now_utc(void)
{
    return system_clock.now_utc(system_clock.context);
}

static bool has_ended(const struct job *job)
{
    return job->state >= JOB_DONE;
}

/* ---- as JSON ---- */

static void put_progress(struct json_out *json, const struct job *job)
{
    json_key(json, "progress");
    if (!job->has_progress) {
        json_put_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "flow", str_from(sync_flow_names[job->progress.flow]));
    json_member_str(json, "stage", str_from(job->progress.stage));
    json_member_int(json, "done", job->progress.done);
    json_key(json, "total");
    if (job->progress.total > 0)
        json_put_int(json, job->progress.total);
    else
        json_put_null(json);
    json_end_object(json);
}

/* In the language of this thread. */
static void put_job(struct json_out *json, const struct job *job)
{
    json_begin_object(json);
    json_member_int(json, "id", job->id);
    json_member_str(json, "kind", str_from(job->kind));
    json_member_str(json, "link", str_from(job->link));
    json_member_str(json, "state", str_from(state_names[job->state]));
    json_member_str(json, "user", str_from(job->user));
    json_member_instant(json, "started", job->started_utc != 0, job->started_utc);
    json_member_instant(json, "ended", job->ended_utc != 0, job->ended_utc);
    put_progress(json, job);
    json_key(json, "run");
    if (job->run_id)
        json_put_int(json, job->run_id);
    else
        json_put_null(json);
    json_key(json, "result");
    if (job->result.n)
        json_put_raw(json, buf_str(&job->result));
    else
        json_put_null(json);
    json_key(json, "problem");
    if (job->failure.code) {
        json_begin_object(json);
        problem_put_members(json, problem_status(job->failure.code), NULL, &job->failure);
        json_end_object(json);
    } else
        json_put_null(json);
    json_end_object(json);
}

/* ---- telling ---- */

/* Drops listeners that have gone; at the end, all of them. */
static void tell(struct job *job)
{
    struct listener **place = &job->listeners;

    job->untold = false;
    while (*place) {
        struct listener *listener = *place;
        BUF_AUTO event = {0};
        struct json_out json = {.buf = &event};
        text_use(listener->language);
        buf_append_z(&event, has_ended(job) ? "event: done\ndata: " : "event: progress\ndata: ");
        put_job(&json, job);
        buf_append_z(&event, "\n\n");
        bool open = !buf_failed(&event) && http_stream_write(listener->stream, buf_str(&event));
        if (open && !has_ended(job)) {
            place = &listener->next;
            continue;
        }
        http_stream_end(listener->stream);
        http_stream_release(listener->stream);
        *place = listener->next;
        mem_free(listener);
    }
}

/* One thread tells all that is new, and then rests: so no job is told of more than five times a second, and its last state always is. */
static void *tell_news(void *context)
{
    struct jobs *jobs = context;

    pthread_mutex_lock(&jobs->lock);
    for (;;) {
        bool any = false;
        for (struct job *job = jobs->first; job; job = job->next) {
            any = any || job->untold;
            if (job->untold)
                tell(job);
        }
        if (jobs->told_last && !any)
            break;
        if (any) {
            pthread_mutex_unlock(&jobs->lock);
            usleep(EVENTS_PAUSE_MS * 1000);
            pthread_mutex_lock(&jobs->lock);
        } else
            pthread_cond_wait(&jobs->news, &jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

/* Under the lock. */
static void mark_news(struct job *job)
{
    if (job->untold)
        return;
    job->untold = true;
    pthread_cond_signal(&job->jobs->news);
}

static void on_progress(void *context, const struct sync_progress *progress)
{
    struct job *job = ((struct job_context *)context)->job;

    pthread_mutex_lock(&job->jobs->lock);
    job->progress = *progress;
    job->has_progress = true;
    mark_news(job);
    pthread_mutex_unlock(&job->jobs->lock);
}

static void on_run(void *context, int64_t run_id)
{
    struct job *job = ((struct job_context *)context)->job;

    pthread_mutex_lock(&job->jobs->lock);
    job->run_id = run_id;
    mark_news(job);
    pthread_mutex_unlock(&job->jobs->lock);
}

void job_keep_change(void *context, const struct sync_change *change)
{
    struct job *job = ((struct job_context *)context)->job;

    pthread_mutex_lock(&job->changes_lock);
    change_log_add(&job->changes, change);
    pthread_mutex_unlock(&job->changes_lock);
}

/* ---- one job at work ---- */

static const char COPY_MARK[] = ".rehearsal-";

/* A rehearsal on embedded SQLite goes on for as long as the till takes to answer, and would keep everybody else from writing all that time: it gets a copy of its own, which has no
 * name any more as soon as it is open. On PostgreSQL it holds up only who makes records of the kinds that it makes. */
static int open_copy(const struct server *server, struct db **db, struct arena *arena, struct err *err)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    struct str file = server->options->db_url, prefix = STR("sqlite:");
    unsigned char word[8];
    BUF_AUTO path = {0};
    BUF_AUTO url = {0};
    int64_t one;

    if (db_engine(*db) != DB_SQLITE)
        return OK;
    system_random.fill(system_random.context, word, sizeof word);
    buf_append(&path, (struct str){file.p + prefix.n, file.n - prefix.n});
    buf_append_z(&path, COPY_MARK);
    hex_append(&path, word, sizeof word);
    buf_append(&url, prefix);
    buf_append(&url, buf_str(&path));
    if (buf_failed(&path) || buf_failed(&url))
        return err_memory(err);
    int rc = db_backup(*db, path.p, err);
    db_close(*db);
    *db = NULL;
    if (rc == OK)
        rc = db_open(db, buf_str(&url), &(struct db_options){0}, err);
    if (rc == OK) {
        db_set_seal_key(*db, server->options->seal_key);
        rc = db_query_int(*db, &one, "SELECT COUNT(*) FROM company WHERE company_id = $1", err, DB_INT(0));
    }
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        struct str name = arena_format(arena, "%s%s", path.p, tails[i]);
        if (name.p)
            unlink(name.p);
    }
    return rc < 0 ? rc : OK;
}

static int job_perform(struct job *job, struct buf *result, struct err *err)
{
    struct server *server = job->jobs->server;
    struct db *db = NULL;
    struct company company = {0};
    ARENA_AUTO arena = {0};
    struct job_context context = {.server = server, .company = &company, .arena = &arena, .job = job};
    int rc = server_open_db(server, 0, &db, err);

    if (rc == OK && job->on_copy)
        rc = open_copy(server, &db, &arena, err);
    if (rc == OK)
        rc = company_open(db, &arena, server->options->company, &company, err);
    if (rc == OK) {
        context.db = db;
        server_environment(server, db, &company, &context.environment);
        context.environment.on_progress = on_progress;
        context.environment.on_run = on_run;
        context.environment.context = &context;
        rc = job->work(&context, job->argument, result, err);
    }
    company_release(&company);
    db_close(db);
    return rc;
}

static void log_end(const struct job *job)
{
    char id[24];
    BUF_AUTO why = {0};

    snprintf(id, sizeof id, "%lld", (long long)job->id);
    if (job->failure.code)
        err_format(&job->failure, &why);
    log_event(job->state == JOB_FAILED ? LOG_ERROR : LOG_INFO, "job", "id", id, "kind", job->kind, "state", state_names[job->state], "link", job->link ? job->link : "-", "user",
              job->user ? job->user : "-", "error", why.p ? why.p : "-", NULL);
}

/* Under the lock but for the work itself. */
static void job_run(struct job *job)
{
    struct jobs *jobs = job->jobs;
    struct buf result = {.max = RESULT_MAX};
    struct err err = {0};

    job->state = JOB_RUNNING;
    job->started_utc = now_utc();
    mark_news(job);
    pthread_mutex_unlock(&jobs->lock);
    text_use(job->language);
    interrupt_watch(&job->cancelled);
    int rc = job_perform(job, &result, &err);
    interrupt_watch(NULL);
    if (rc == OK && buf_failed(&result))
        rc = err_memory(&err);
    pthread_mutex_lock(&jobs->lock);
    job->ended_utc = now_utc();
    job->state = rc == OK ? JOB_DONE : rc == ERR_CANCELLED ? JOB_CANCELLED : JOB_FAILED;
    if (rc == OK)
        job->result = result;
    else {
        job->failure = err;
        buf_release(&result);
    }
    mark_news(job);
    log_end(job);
}

static struct job *first_queued(const struct jobs *jobs)
{
    struct job *job = jobs->first;

    while (job && job->state != JOB_QUEUED)
        job = job->next;
    return job;
}

static void *work_off(void *context)
{
    struct jobs *jobs = context;
    struct job *job;

    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping) {
        job = first_queued(jobs);
        if (job)
            job_run(job);
        else
            pthread_cond_wait(&jobs->work_waits, &jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

/* ---- the table ---- */

static void job_free(struct job *job)
{
    while (job->listeners) {
        struct listener *listener = job->listeners;
        job->listeners = listener->next;
        http_stream_end(listener->stream);
        http_stream_release(listener->stream);
        mem_free(listener);
    }
    change_log_release(&job->changes);
    pthread_mutex_destroy(&job->changes_lock);
    buf_release(&job->result);
    mem_free(job->argument);
    mem_free(job->link);
    mem_free(job->user);
    mem_free(job);
}

/* The oldest that have ended, and that nobody is looking at. */
static void forget_old(struct jobs *jobs)
{
    int ended = 0;

    for (const struct job *job = jobs->first; job; job = job->next)
        ended += has_ended(job);
    for (struct job **place = &jobs->first; *place && ended > JOBS_ENDED_MAX;) {
        struct job *job = *place;
        if (!has_ended(job) || job->untold || job->readers) {
            place = &job->next;
            continue;
        }
        *place = job->next;
        job_free(job);
        ended--;
    }
}

static struct job *job_by_id(const struct jobs *jobs, int64_t id)
{
    struct job *job = jobs->first;

    while (job && job->id != id)
        job = job->next;
    return job;
}

static bool copy_text(struct str text, char **ret)
{
    if (!text.p)
        return true;
    *ret = mem_alloc(text.n + 1);
    if (!*ret)
        return false;
    memcpy(*ret, text.p, text.n);
    (*ret)[text.n] = '\0';
    return true;
}

static struct job *job_new(struct jobs *jobs, const struct job_spec *spec)
{
    struct job *job = mem_alloc_zero(1, sizeof *job);

    if (!job)
        return NULL;
    *job = (struct job){.jobs = jobs, .kind = spec->kind, .language = spec->language, .work = spec->work, .on_copy = spec->on_copy};
    pthread_mutex_init(&job->changes_lock, NULL);
    if (!copy_text(spec->link, &job->link) || !copy_text(spec->user, &job->user)) {
        job_free(job);
        return NULL;
    }
    job->argument = spec->argument;
    return job;
}

int jobs_submit(struct jobs *jobs, const struct job_spec *spec, int64_t *ret_id, struct err *err)
{
    struct job *job = job_new(jobs, spec), **place;
    int waiting = 0;

    if (!job) {
        mem_free(spec->argument);
        return err_memory(err);
    }
    pthread_mutex_lock(&jobs->lock);
    forget_old(jobs);
    for (place = &jobs->first; *place; place = &(*place)->next)
        waiting += (*place)->state == JOB_QUEUED;
    bool full = waiting >= JOBS_WAITING_MAX || jobs->stopping;
    if (!full) {
        job->id = *ret_id = jobs->next_id++;
        *place = job;
        pthread_cond_signal(&jobs->work_waits);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (!full)
        return OK;
    job_free(job);
    return err_set(err, ERR_BUSY, N_("%s jobs are waiting already: try again when some have ended"), ERR_INT(waiting));
}

bool jobs_is_active(struct jobs *jobs, struct str link)
{
    bool active = false;

    pthread_mutex_lock(&jobs->lock);
    for (const struct job *job = jobs->first; job; job = job->next)
        active = active || (!has_ended(job) && job->link && str_equal(str_from(job->link), link));
    pthread_mutex_unlock(&jobs->lock);
    return active;
}

int jobs_queued(struct jobs *jobs, int *ret_running)
{
    int queued = 0;

    *ret_running = 0;
    pthread_mutex_lock(&jobs->lock);
    for (const struct job *job = jobs->first; job; job = job->next) {
        queued += job->state == JOB_QUEUED;
        *ret_running += job->state == JOB_RUNNING;
    }
    pthread_mutex_unlock(&jobs->lock);
    return queued;
}

/* ---- what is asked of it ---- */

bool jobs_put(struct jobs *jobs, int64_t id, struct json_out *json)
{
    pthread_mutex_lock(&jobs->lock);
    const struct job *job = job_by_id(jobs, id);
    if (job)
        put_job(json, job);
    pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

void jobs_put_list(struct jobs *jobs, int ended_max, struct json_out *json)
{
    const struct job *newest_first[JOBS_ENDED_MAX + JOBS_WAITING_MAX + JOBS_RUNNING_MAX + 64];
    const size_t room = sizeof newest_first / sizeof *newest_first;
    size_t count = 0;

    pthread_mutex_lock(&jobs->lock);
    for (const struct job *job = jobs->first; job; job = job->next)
        newest_first[count++ % room] = job;
    for (size_t i = count; i > 0 && i + room > count; i--) {
        const struct job *job = newest_first[(i - 1) % room];
        if (!has_ended(job) || ended_max-- > 0)
            put_job(json, job);
    }
    pthread_mutex_unlock(&jobs->lock);
}

bool jobs_cancel(struct jobs *jobs, int64_t id)
{
    pthread_mutex_lock(&jobs->lock);
    struct job *job = job_by_id(jobs, id);
    if (job && !has_ended(job)) {
        atomic_store(&job->cancelled, true);
        if (job->state == JOB_QUEUED) {
            job->state = JOB_CANCELLED;
            job->ended_utc = now_utc();
        }
        mark_news(job);
    }
    pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

int jobs_follow(struct jobs *jobs, int64_t id, struct http_stream *stream, enum text_language language, struct err *err)
{
    struct listener *listener = mem_alloc_zero(1, sizeof *listener);

    if (!listener)
        return err_memory(err);
    *listener = (struct listener){.stream = http_stream_keep(stream), .language = language};
    pthread_mutex_lock(&jobs->lock);
    struct job *job = job_by_id(jobs, id);
    if (job) {
        listener->next = job->listeners;
        job->listeners = listener;
        tell(job); /* how it stands; when it has ended, that is all */
        text_use(language);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (job)
        return 1;
    http_stream_release(listener->stream);
    mem_free(listener);
    return 0;
}

int jobs_put_changes(struct jobs *jobs, int64_t id, const struct change_page *query, struct json_out *json, struct change_page_end *ret, struct err *err)
{
    pthread_mutex_lock(&jobs->lock);
    struct job *job = job_by_id(jobs, id);
    if (job)
        job->readers++;
    pthread_mutex_unlock(&jobs->lock);
    if (!job)
        return 0;
    pthread_mutex_lock(&job->changes_lock);
    int rc = change_log_read(&job->changes, query, json, ret, err);
    pthread_mutex_unlock(&job->changes_lock);
    pthread_mutex_lock(&jobs->lock);
    job->readers--;
    pthread_mutex_unlock(&jobs->lock);
    return rc == OK ? 1 : rc;
}

/* ---- start and stop ---- */

/* Copies of a server that was killed in the moment between making one and opening it. A young one may belong to another server. */
static void sweep_copies(const struct server *server)
{
    struct str prefix = STR("sqlite:"), url = server->options->db_url;
    const char *slash = url.n ? memrchr(url.p, '/', url.n) : NULL;
    ARENA_AUTO arena = {0};

    if (!str_starts_with(url, prefix))
        return;
    struct str file = {url.p + prefix.n, url.n - prefix.n}, folder = slash && slash >= file.p ? (struct str){file.p, (size_t)(slash - file.p) + 1} : STR("./");
    struct str name = slash && slash >= file.p ? (struct str){slash + 1, (size_t)(file.p + file.n - slash) - 1} : file;
    struct str start = arena_format(&arena, "%.*s%s", STR_ARG(name), COPY_MARK), folder_text = arena_copy(&arena, folder);
    DIR *listing = folder_text.p && start.p ? opendir(folder_text.p) : NULL;
    for (const struct dirent *entry; listing && (entry = readdir(listing));) {
        struct stat found;
        struct str path = str_starts_with(str_from(entry->d_name), start) ? arena_format(&arena, "%.*s%s", STR_ARG(folder), entry->d_name) : STR_NULL;
        if (path.p && stat(path.p, &found) == 0 && now_utc() / CIVIL_SECOND - found.st_mtime > COPY_LEFT_S)
            unlink(path.p);
    }
    if (listing)
        closedir(listing);
}

int jobs_new(struct jobs **ret, struct server *server, struct err *err)
{
    struct jobs *jobs = mem_alloc_zero(1, sizeof *jobs);

    if (!jobs)
        return err_memory(err);
    jobs->server = server;
    sweep_copies(server);
    jobs->next_id = now_utc() / CIVIL_SECOND; /* so that a page of before a restart meets none of today's */
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->work_waits, NULL);
    pthread_cond_init(&jobs->news, NULL);
    jobs->has_teller = pthread_create(&jobs->teller, NULL, tell_news, jobs) == 0;
    while (jobs->has_teller && jobs->worker_count < JOBS_RUNNING_MAX && pthread_create(&jobs->workers[jobs->worker_count], NULL, work_off, jobs) == 0)
        jobs->worker_count++;
    if (jobs->worker_count == JOBS_RUNNING_MAX) {
        *ret = jobs;
        return OK;
    }
    jobs_free(jobs);
    return err_set(err, ERR_INTERNAL, N_("no thread can be started for the jobs: close other programs and try again"));
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    for (struct job *job = jobs->first; job; job = job->next) {
        atomic_store(&job->cancelled, true);
        if (job->state == JOB_QUEUED) {
            job->state = JOB_CANCELLED;
            job->ended_utc = now_utc();
            mark_news(job);
        }
    }
    pthread_cond_broadcast(&jobs->work_waits);
    pthread_mutex_unlock(&jobs->lock);
    for (int i = 0; i < jobs->worker_count; i++)
        pthread_join(jobs->workers[i], NULL);
    jobs->worker_count = 0;
    pthread_mutex_lock(&jobs->lock);
    jobs->told_last = true;
    pthread_cond_signal(&jobs->news);
    pthread_mutex_unlock(&jobs->lock);
    if (jobs->has_teller)
        pthread_join(jobs->teller, NULL);
    jobs->has_teller = false;
}

void jobs_free(struct jobs *jobs)
{
    if (!jobs)
        return;
    jobs_stop(jobs);
    while (jobs->first) {
        struct job *job = jobs->first;
        jobs->first = job->next;
        job_free(job);
    }
    pthread_cond_destroy(&jobs->news);
    pthread_cond_destroy(&jobs->work_waits);
    pthread_mutex_destroy(&jobs->lock);
    mem_free(jobs);
}
