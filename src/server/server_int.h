/* server_int.h: private to server/. A request comes from net's server on one of its worker threads; routes.c says who may ask for what and who answers; the answer is made
 * in a reply. What waits for the till or the disk for long is a job (jobs.h part below), on a thread and a connection of its own. */
#ifndef SERVER_SERVER_INT_H
#define SERVER_SERVER_INT_H
#include <pthread.h>
#include <stdatomic.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/http.h"
#include "report/report.h"
#include "server/server.h"
#include "sync/sync.h"

/* ---- who asks ---- */
enum role { ROLE_NONE, ROLE_VIEWER, ROLE_ACCOUNTANT, ROLE_ADMIN };
enum right {               /* what a route asks for; a role has all that stand before it */
    RIGHT_ANYBODY,         /* also without a session */
    RIGHT_READ,            /* viewer, accountant, admin; token scope read or write */
    RIGHT_WRITE,           /* accountant, admin; token scope write */
    RIGHT_ADMIN,           /* admin; no token */
    RIGHT_FEED,            /* like RIGHT_WRITE; token scope feed too */
    RIGHT_SELF,            /* any session, no token: one's own session, language, password */
};
struct identity { enum role role; struct str user; bool by_token; struct str scope, csrf; };

/* Who the request comes from, by token or cookie; ROLE_NONE when by neither. A session that was used is kept alive. */
struct request;
int identity_find(struct request *request, struct err *err) MUST_CHECK;
/* Whether the identity may use a route: 0, or the status of the refusal (401, 403). */
int identity_refusal(const struct identity *who, enum right right);
/* Opens a session of that user and puts its cookie into the reply. */
struct reply;
int identity_open_session(struct request *request, struct reply *reply, struct str user, struct str role, struct err *err) MUST_CHECK;
int identity_close_session(struct request *request, struct reply *reply, struct err *err) MUST_CHECK;
/* A random word of 64 hex digits behind `prefix`, in the arena, and its SHA-256: what is kept of it. */
int identity_new_secret(struct arena *arena, const char *prefix, struct str *ret, unsigned char ret_hash[SHA256_SIZE], struct err *err) MUST_CHECK;
/* All sessions of a user but the one that asks. */
int identity_close_others(struct request *request, struct str user, struct err *err) MUST_CHECK;

/* ---- throttle.c: wrong passwords, counted by account and by address ---- */
struct throttle;
struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);
/* Seconds to wait before the next attempt is looked at; 0: none. Thread-safe. */
int throttle_wait(struct throttle *throttle, struct str account, struct str address, int64_t now_utc);
void throttle_failed(struct throttle *throttle, struct str account, struct str address, int64_t now_utc);
void throttle_succeeded(struct throttle *throttle, struct str account);

/* ---- one request ---- */
struct server;
struct route;
enum { ROUTE_ARGS_MAX = 3 };
struct request {
    struct server *server;
    const struct http_server_request *http;
    const struct route *route;
    struct arena *arena;               /* until the reply is sent */
    struct db *db;                     /* of this worker; the seal key is set on it */
    const struct company *company;
    struct identity who;
    struct str args[ROUTE_ARGS_MAX];   /* what stood at {…} of the route's path, decoded */
    struct report_parameter *parameters; /* of the query, decoded; read them with query_text */
    size_t parameter_count;
    struct str id;                     /* of the request: in the log, in X-Request-Id and in a problem */
    int64_t now_utc;
    struct json *body;                 /* of a route that takes JSON: an object; else NULL */
};
struct reply {
    int status;                        /* 200 unless set */
    struct buf body;                   /* JSON when content_type is NULL */
    const char *content_type;
    struct str etag, location, file_name; /* file_name: Content-Disposition attachment */
    struct http_stream *stream;        /* instead of a body: text/event-stream */
    int file;                          /* instead of a body: an open file, taken over; -1 for none */
    struct http_header extra[4];
    size_t extra_count;
};
/* Fills the reply, or returns a negative code with *err, which becomes a problem document: ERR_USAGE 400, ERR_NOT_FOUND 404, ERR_BUSY 409, ERR_DATA 422, ERR_TILL 502,
 * ERR_INTERNAL 500. A status of its own: reply_problem. */
typedef int route_handler(struct request *request, struct reply *reply, struct err *err);

/* ---- routes.c: the one table ---- */
enum body_kind { BODY_NONE, BODY_JSON, BODY_BYTES };
enum route_flag { ROUTE_IF_MATCH = 1 /* 428 without If-Match */, ROUTE_CREATES = 2 /* Idempotency-Key is honoured */ };
struct route {
    const char *method;                /* "GET", "PATCH" … */
    const char *path;                  /* "/api/v1/links/{name}/runs" */
    enum right right;
    enum body_kind body;
    unsigned flags;
    route_handler *handler;
};
extern const struct route routes[];
extern const size_t route_count;

/* The route of a method and a path as it came, its arguments decoded into the arena; NULL when there is none. *ret_path_known: another method would have one. */
const struct route *route_find(struct arena *arena, struct str method, struct str raw_path, struct str args[ROUTE_ARGS_MAX], bool *ret_path_known);

/* ---- dispatch.c ---- */
/* A request of the API, from the identity to the finished reply. */
void dispatch(struct request *request, struct reply *reply);

/* ---- static.c: the built pages, held in memory, so that a path can only name one of them ---- */
struct static_files;
/* `folder` may be absent. ERR_DATA when a named folder cannot be read. */
int static_load(struct static_files **ret, struct str folder, struct err *err) MUST_CHECK;
void static_free(struct static_files *files);
void static_answer(const struct static_files *files, const struct http_server_request *request, struct http_server_response *response);

/* ---- metrics.c ---- */
struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
void metrics_count_request(struct metrics *metrics, int status, int64_t microseconds);

/* ---- problem.c ---- */
/* An RFC 9457 document. `code`: stable, for programs ("stale", "idempotency_key_reused", an anomaly's code). `detail` in the language of the request. Returns OK. */
int reply_problem(struct request *request, struct reply *reply, int status, const char *code, const struct err *why);
/* The same, left open for members of its own: json_end_object ends it. `code` NULL: the status's own. */
void problem_begin(struct request *request, struct reply *reply, struct json_out *json, int status, const char *code, const struct err *why);
/* The members alone, into the object that is open. */
void problem_put_members(struct json_out *json, int status, const char *code, const struct err *why);
/* With "errors" that name one member of the body by its JSON pointer. Returns REPLIED. */
int reply_problem_at(struct request *request, struct reply *reply, int status, const char *pointer, const struct err *why);
/* The HTTP status of an error code. */
int problem_status(int code);

/* ---- input.c: members of a JSON body, each asked for once; what is wrong is gathered with its JSON pointer, and told at the end, all together ---- */
struct input;
/* Of request->body, or of an object within it. Lives in the request's arena. */
struct input *input_open(struct request *request, const struct json *object, const char *pointer);
bool input_has(struct input *input, const char *name);              /* also when it is null */
struct str input_text(struct input *input, const char *name, bool required, size_t max_bytes); /* {NULL,0} when absent or null */
int64_t input_int(struct input *input, const char *name, bool required, int64_t lowest, int64_t highest, int64_t fallback);
bool input_bool(struct input *input, const char *name, bool fallback);
int input_choice(struct input *input, const char *name, const char *const *words, int fallback); /* NULL-terminated words; the index */
bool input_day(struct input *input, const char *name, bool required, int32_t *ret);              /* "2026-01-30" */
const struct json *input_array(struct input *input, const char *name, bool required, size_t max_items); /* NULL when absent */
void input_refuse(struct input *input, const char *name, const char *message); /* msgid */
/* "/options/name" of a member of the object at `object`: a JSON pointer (RFC 6901), with ~ and / of the name escaped. .p is NULL when memory is exhausted. */
struct str input_pointer(struct arena *arena, struct str object, struct str name);
/* Members that nobody asked for are wrong too. OK, or ERR_USAGE with the reply already filled as a problem (status 400, "errors":[{"pointer","detail"}]): return REPLIED then. */
int input_end(struct input *input, struct reply *reply);
enum { REPLIED = 100 };                /* a handler may return it: the reply is complete; apart from the 1 of what was found */
/* Query parameters, all decoded before the handler is asked, so that none is absent because memory was. */
int query_read(struct request *request, struct err *err) MUST_CHECK;
/* The first of that name; {NULL,0} when absent. */
struct str query_text(const struct request *request, const char *name);
bool query_flag(const struct request *request, const char *name);        /* "1", "true", "yes" */

/* A new password as it is kept; one that is too short is refused under `member`. The caller wipes *ret. */
int password_encode(struct input *input, const char *member, struct str password, struct buf *ret, struct err *err) MUST_CHECK;

/* ---- records with an ETag ---- */
/* Sets reply->etag from the body as it stands. */
void reply_tag(struct request *request, struct reply *reply);
/* Of a record of which only a part is edited, and the rest changes by itself: the tag is that of the part. */
void reply_tag_of(struct request *request, struct reply *reply, struct str tagged);
bool request_matches_tagged(struct request *request, struct reply *reply, struct str tagged, struct str current_body);
/* Within the transaction that writes, with the record as it would be shown now: OK when If-Match names it, else REPLIED-bound ERR: returns false, and the reply is a 412 problem. */
bool request_matches(struct request *request, struct reply *reply, struct str current_body);

/* ---- environment.c: what reaches tills ---- */
/* What a run, a test or a validation stands on; who needs the seal key asks server_needs_key first. `context` comes back in the callbacks set by the caller. */
void server_environment(const struct server *server, struct db *db, const struct company *company, struct sync_environment *ret);
/* ERR_DATA when the program was started without its key file. */
int server_needs_key(const struct server *server, struct err *err) MUST_CHECK;
/* What people type into a browser may not lead to this machine or into its own network, unless the server was started for that: ERR_DATA. */
int server_check_url(const struct server *server, struct str url, struct err *err) MUST_CHECK;

/* ---- jobs.c ---- */
enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };
struct job;
struct job_context {                   /* what the work of a job stands on, on its own thread */
    struct server *server;
    struct db *db;
    const struct company *company;
    struct arena *arena;
    struct job *job;
    struct sync_environment environment; /* on_progress tells the job's listeners; on_change is free; `context` is this context */
};
/* The work: leaves its result as JSON in `result` (an object), or fails with *err. Looks at interrupt_requested(), which is true when the job is cancelled. */
typedef int job_work(struct job_context *context, void *argument, struct buf *result, struct err *err);
/* `argument` (mem_alloc) is freed by the job with mem_free. `link_name` absent for none. Replies 202 with the job's JSON and Location. */
int job_start(struct request *request, struct reply *reply, const char *kind, struct str link_name, job_work *work, void *argument, struct err *err) MUST_CHECK;

/* ---- server.c ---- */
enum { SERVER_WORKERS = 4, LINK_TESTS_MAX = SERVER_WORKERS / 2 };
struct server_worker { struct db *db; struct company company; struct arena arena; unsigned company_version; };
struct server {
    const struct server_options *options;
    struct server_worker workers[SERVER_WORKERS];
    atomic_uint company_version;       /* raised when the company changes: each worker reads it again */
    struct static_files *files;
    struct throttle *throttle;
    struct metrics *metrics;
    int link_tests;                    /* going on: each keeps a worker waiting for a till; under the lock */
    char setup_code[32];               /* "" when there are users; under the lock */
    pthread_mutex_t lock;
    bool secure;                       /* the browser speaks TLS to us or to the proxy */
    struct str public_host;            /* of public_url */
    struct jobs *jobs;
    struct scheduler *scheduler;
};
/* A connection of its own, with the seal key set. `busy_timeout_ms` as in db_options: a request does not wait for another writer as long as a job may. */
int server_open_db(const struct server *server, int busy_timeout_ms, struct db **ret, struct err *err) MUST_CHECK;

/* ---- handlers, one file per group ---- */
route_handler api_session_show, api_session_open, api_session_close, api_session_password, api_setup_show, api_setup_create;
route_handler api_user_list, api_user_create, api_user_update, api_user_remove, api_token_list, api_token_create, api_token_remove;
route_handler api_list, api_lists, api_list_export, api_home, api_proof_days, api_proof_day;
route_handler api_document_show, api_document_why, api_document_pdf, api_payment_show, api_payment_allocate, api_payment_unallocate;
route_handler api_article_show, api_article_create, api_article_update, api_article_stock, api_family_create, api_tax_create, api_means_create;
route_handler api_customer_show, api_customer_create, api_customer_update, api_company_show, api_company_update, api_numbering_show, api_numbering_update;
route_handler api_metrics;
route_handler api_job_list, api_job_show, api_job_cancel, api_job_events, api_job_changes;
route_handler api_grid_validate, api_documents_validate, api_proof_start, api_journal_verify;
route_handler api_link_list, api_link_create, api_link_show, api_link_update, api_link_remove, api_link_test_new, api_link_test, api_link_schedule, api_link_run;
route_handler api_run_show, api_run_records;
route_handler api_grid_show, api_grid_edit, api_grid_accept, api_grid_feed, api_grid_purge, api_grid_file_export, api_grid_file_import, api_anomaly_list;
route_handler api_mapping_list, api_mapping_tax, api_mapping_means, api_mapping_reference;
#endif
