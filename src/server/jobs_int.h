/* jobs_int.h: the table of jobs, for the handlers that show them, for the scheduler that begins them, and for the server that starts and stops them. Private to server. All functions are
 * thread-safe but for jobs_free. */
#ifndef SERVER_JOBS_INT_H
#define SERVER_JOBS_INT_H
#include "server/changes_int.h"

struct jobs;
/* Its threads are started at once. */
int jobs_new(struct jobs **ret, struct server *server, struct err *err) MUST_CHECK;
/* Cancels what runs and waits for it; the listeners are told how it ended. NULL is harmless, and so is twice. */
void jobs_stop(struct jobs *jobs);
void jobs_free(struct jobs *jobs);

struct job_spec {
    const char *kind;              /* "sync": a literal */
    struct str link, user;         /* absent for none; copied */
    enum text_language language;   /* of what it writes down */
    bool on_copy;                  /* a rehearsal: on embedded SQLite it works on a copy of the database */
    job_work *work;
    void *argument;                /* of mem_alloc; taken over, also on failure */
};
/* ERR_BUSY when too many wait. */
int jobs_submit(struct jobs *jobs, const struct job_spec *spec, int64_t *ret_id, struct err *err) MUST_CHECK;
/* Whether a job of that link waits or runs. */
bool jobs_is_active(struct jobs *jobs, struct str link);
/* How many wait, and how many run. */
int jobs_queued(struct jobs *jobs, int *ret_running);

/* In the language of this thread. False when there is no such job. */
bool jobs_put(struct jobs *jobs, int64_t id, struct json_out *json);
/* As elements of the open array, the newest first: all that have not ended, and the last `ended_max` that have. */
void jobs_put_list(struct jobs *jobs, int ended_max, struct json_out *json);
/* False when there is no such job. One that waits has ended at once; one that runs ends at its next look at interrupt_requested(). */
bool jobs_cancel(struct jobs *jobs, int64_t id);
/* Writes how it stands, and from then on each change, to the stream, of which a reference is kept; ends the stream with the job. 1, or 0 when there is no such job. */
int jobs_follow(struct jobs *jobs, int64_t id, struct http_stream *stream, enum text_language language, struct err *err) MUST_CHECK;
/* As elements of the open array. 1, or 0 when there is no such job. */
int jobs_put_changes(struct jobs *jobs, int64_t id, const struct change_page *query, struct json_out *json, struct change_page_end *ret, struct err *err) MUST_CHECK;
/* For sync_environment.on_change of a job's work: the change is kept for who asks. */
void job_keep_change(void *context, const struct sync_change *change);

/* ---- api_jobs.c ---- */
/* The parameters limit and flow of a page; ERR_USAGE. */
int query_page(struct request *request, int64_t *ret_limit, bool *ret_has_flow, enum sync_flow *ret_flow, struct err *err) MUST_CHECK;

/* ---- work.c: what the jobs do ---- */
enum { LINK_NAME_ROOM = 128 };      /* a name has a hundred bytes at most */
struct sync_order { struct sync_options options; char link[LINK_NAME_ROOM]; };
job_work work_sync, work_validate_grid, work_validate_documents, work_prove, work_verify_journal;
struct proof_order { int32_t from_day, to_day; };
struct selection_order { bool dry_run; size_t count; int64_t ids[]; };   /* of the grid; count 0: all */
struct numbers_order { size_t count; size_t bytes; char text[]; };      /* `count` numbers, each ended by a zero byte; 0: every blocked draft */

/* ---- scheduler.c: links that run by themselves ---- */
struct scheduler;
int scheduler_start(struct scheduler **ret, struct server *server, struct err *err) MUST_CHECK;
/* NULL is harmless. */
void scheduler_stop(struct scheduler *scheduler);
#endif
