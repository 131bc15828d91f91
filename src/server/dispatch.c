/* dispatch.c: a request of the API from its identity to its reply: who asks, may they, does it come from our own pages, is the body what the route takes, was it asked before under the
 * same key; then the handler, and what it says becomes a reply or a problem. */
#include <unistd.h>

#include "server/server_int.h"

#define REPLIES_KEPT CIVIL_DAY
#define CLAIM_LIFE CIVIL_MINUTE
enum { IDEMPOTENCY_KEY_MAX = 255 };

/* ---- what is asked before the handler ---- */

static bool same_secret(struct str a, struct str b)
{
    unsigned char difference = 0;

    if (a.n != b.n || a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++)
        difference |= (unsigned char)(a.p[i] ^ b.p[i]);
    return difference == 0;
}

/* What a page of another site makes a browser send: the browser says where it comes from, and only our pages know the session's word. */
static bool is_forged(const struct request *request)
{
    struct str site = http_server_header(request->http, "Sec-Fetch-Site");

    if (str_equal(request->http->method, STR("GET")) || request->who.by_token)
        return false;
    if (site.p && !str_equal(site, STR("same-origin")) && !str_equal(site, STR("none")))
        return true;
    return request->who.role != ROLE_NONE && request->route->right != RIGHT_ANYBODY && !same_secret(http_server_header(request->http, "X-CSRF-Token"), request->who.csrf);
}

static bool is_json(const struct request *request)
{
    struct str type = http_server_header(request->http, "Content-Type"), kind, rest;

    (void)str_cut(type, ';', &kind, &rest);
    return str_equal_ignore_case(str_trim(kind), STR("application/json"));
}

/* OK, or REPLIED. */
static int read_body(struct request *request, struct reply *reply, struct err *err)
{
    struct err why = {0};

    if (request->route->body != BODY_JSON)
        return OK;
    if (!is_json(request)) {
        err_set(&why, ERR_USAGE, N_("the body must be JSON: send it with Content-Type: application/json"));
        reply_problem(request, reply, 415, NULL, &why);
        return REPLIED;
    }
    int rc = json_parse(request->arena, request->http->body, &request->body, &why);
    if (rc == ERR_INTERNAL) { /* no memory: nothing is known of the body */
        *err = why;
        return rc;
    }
    if (rc == OK && json_is(request->body, JSON_OBJECT))
        return OK;
    if (rc == OK)
        err_set(&why, ERR_USAGE, N_("the body must be a JSON object"));
    reply_problem(request, reply, 400, "not_json", &why);
    return REPLIED;
}

/* OK, or REPLIED with the refusal. */
static int admit(struct request *request, struct reply *reply, struct err *err)
{
    int rc = identity_find(request, err);
    int refusal = rc == OK ? identity_refusal(&request->who, request->route->right) : 0;
    struct err why = {0};

    if (rc != OK)
        return rc;
    if (refusal == 403 && request->who.by_token)
        err_set(&why, ERR_USAGE, N_("this token has not the scope for it: make one with another scope"));
    if (refusal) {
        reply_problem(request, reply, refusal, NULL, why.code ? &why : NULL);
        return REPLIED;
    }
    if (is_forged(request)) {
        err_set(&why, ERR_USAGE, N_("the request did not come from a page of this session: load the page again"));
        reply_problem(request, reply, 403, "csrf", &why);
        return REPLIED;
    }
    if (request->route->flags & ROUTE_IF_MATCH && !http_server_header(request->http, "If-Match").n) {
        err_set(&why, ERR_USAGE, N_("say with If-Match which state of the record you saw (its ETag), so that nobody's work is overwritten"));
        reply_problem(request, reply, 428, NULL, &why);
        return REPLIED;
    }
    return read_body(request, reply, err);
}

/* ---- Idempotency-Key ---- */

struct claim {
    struct request *request;
    struct reply *reply;
    unsigned char key[SHA256_SIZE], content[SHA256_SIZE];
    enum { CLAIM_MINE, CLAIM_ANSWERED, CLAIM_OTHER_CONTENT, CLAIM_GOING_ON } state;
    int status;
    struct str location, body;
};

static const char sql_reply_sweep[] = "DELETE FROM idempotent_reply WHERE company_id = $1 AND (created_utc < $2 OR (status = 0 AND created_utc < $3))";
static const char sql_reply_find[] = "SELECT request_hash, status, location, body FROM idempotent_reply WHERE company_id = $1 AND key_hash = $2";
static const char sql_reply_claim[] = "INSERT INTO idempotent_reply (company_id, key_hash, request_hash, status, body, created_utc) VALUES ($1, $2, $3, 0, '', $4)";
static const char sql_reply_keep[] = "UPDATE idempotent_reply SET status = $3, location = $4, body = $5 WHERE company_id = $1 AND key_hash = $2";
static const char sql_reply_forget[] = "DELETE FROM idempotent_reply WHERE company_id = $1 AND key_hash = $2";
#define HASH(bytes) DB_BLOB(((struct str){(const char *)(bytes), SHA256_SIZE}))

static int claim_body(struct db *db, void *context, struct err *err)
{
    struct claim *claim = context;
    struct request *request = claim->request;
    int64_t company_id = request->company->id, now = request->now_utc;
    DB_ROWS_AUTO rows = {0};
    int rc = db_exec(db, sql_reply_sweep, err, DB_INT(company_id), DB_INT(now - REPLIES_KEPT), DB_INT(now - CLAIM_LIFE));

    if (rc == OK)
        rc = db_query(db, &rows, sql_reply_find, err, DB_INT(company_id), HASH(claim->key));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        db_rows_close(&rows);
        claim->state = CLAIM_MINE;
        return db_exec(db, sql_reply_claim, err, DB_INT(company_id), HASH(claim->key), HASH(claim->content), DB_INT(now));
    }
    struct str content = db_bytes(&rows, 0);
    claim->status = (int)db_int(&rows, 1);
    claim->location = db_is_null(&rows, 2) ? STR_NULL : arena_copy(request->arena, db_text(&rows, 2));
    claim->body = arena_copy(request->arena, db_text(&rows, 3));
    claim->state = content.n != SHA256_SIZE || memcmp(content.p, claim->content, SHA256_SIZE) != 0 ? CLAIM_OTHER_CONTENT : claim->status == 0 ? CLAIM_GOING_ON : CLAIM_ANSWERED;
    return claim->body.p ? OK : err_memory(err);
}

static int keep_body(struct db *db, void *context, struct err *err)
{
    const struct claim *claim = context;
    const struct reply *reply = claim->reply;

    return db_exec(db, sql_reply_keep, err, DB_INT(claim->request->company->id), HASH(claim->key), DB_INT(reply->status), DB_STR(reply->location), DB_STR(buf_str(&reply->body)));
}

static int forget_body(struct db *db, void *context, struct err *err)
{
    const struct claim *claim = context;

    return db_exec(db, sql_reply_forget, err, DB_INT(claim->request->company->id), HASH(claim->key));
}

static int answer_again(struct claim *claim)
{
    struct reply *reply = claim->reply;
    struct err why = {0};

    if (claim->state == CLAIM_ANSWERED) {
        reply->status = claim->status;
        reply->location = claim->location;
        buf_append(&reply->body, claim->body);
        reply->extra[reply->extra_count++] = (struct http_header){STR("Idempotent-Replayed"), STR("true")};
        return OK;
    }
    if (claim->state == CLAIM_GOING_ON) {
        err_set(&why, ERR_BUSY, N_("the same request is being carried out: ask again in a moment"));
        return reply_problem(claim->request, reply, 409, "in_progress", &why);
    }
    err_set(&why, ERR_DATA, N_("this Idempotency-Key was used for another request: take a new one for each thing to create"));
    return reply_problem(claim->request, reply, 422, "idempotency_key_reused", &why);
}

/* What failed for good is kept too; what may go better next time (a fault of ours, a busy link) is not. */
static int run_once(struct request *request, struct reply *reply, struct str key, struct err *err)
{
    struct claim claim = {.request = request, .reply = reply};
    const struct http_server_request *http = request->http;
    struct err after = {0};

    sha256_parts((const struct str[]){request->who.user, STR("\n"), key}, 3, claim.key);
    sha256_parts((const struct str[]){http->method, STR(" "), http->raw_path, STR("?"), http->query, STR("\n"), http->body}, 7, claim.content);
    int rc = db_transact(request->db, claim_body, &claim, err);
    if (rc != OK || claim.state != CLAIM_MINE)
        return rc != OK ? rc : answer_again(&claim);
    rc = request->route->handler(request, reply, err);
    bool keep = rc >= 0 && reply->status < 300;
    if (db_transact(request->db, keep ? keep_body : forget_body, &claim, &after) != OK)
        log_event(LOG_ERROR, "idempotency", "request", request->id.p, NULL);
    return rc;
}

/* ---- all of it ---- */

static int handle(struct request *request, struct reply *reply, struct err *err)
{
    struct str key = http_server_header(request->http, "Idempotency-Key");
    int rc = admit(request, reply, err);

    if (rc == OK)
        rc = query_read(request, err);
    if (rc != OK)
        return rc;
    if (!(request->route->flags & ROUTE_CREATES) || !key.n)
        return request->route->handler(request, reply, err);
    if (key.n > IDEMPOTENCY_KEY_MAX)
        return err_set(err, ERR_USAGE, N_("the Idempotency-Key is too long: %s bytes at most"), ERR_INT(IDEMPOTENCY_KEY_MAX));
    return run_once(request, reply, key, err);
}

void dispatch(struct request *request, struct reply *reply)
{
    struct err err = {0};
    int rc = handle(request, reply, &err);

    if (rc >= 0 && buf_failed(&reply->body))
        rc = err_memory(&err);
    if (rc >= 0)
        return;
    if (err.code == OK)
        (void)err_memory(&err);
    if (reply->file >= 0)
        close(reply->file);
    http_stream_release(reply->stream);
    reply->file = -1;
    reply->stream = NULL;
    if (problem_status(rc) == 500) {
        BUF_AUTO text = {0};
        err_format(&err, &text);
        log_event(LOG_ERROR, "request.failed", "request", request->id.p, "route", request->route->path, "error", text.p ? text.p : "", NULL);
    }
    if (db_is_locked(&err))
        reply_problem(request, reply, 503, "busy", &err);
    else
        reply_problem(request, reply, problem_status(rc), NULL, &err);
}

/* ---- ETags ---- */

static struct str tag_of(struct arena *arena, struct str body)
{
    unsigned char fingerprint[FINGERPRINT_SIZE];
    BUF_AUTO text = {0};

    hash_fingerprint(body, fingerprint);
    buf_append_char(&text, '"');
    hex_append(&text, fingerprint, sizeof fingerprint);
    buf_append_char(&text, '"');
    return buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
}

void reply_tag_of(struct request *request, struct reply *reply, struct str tagged)
{
    reply->etag = tag_of(request->arena, tagged);
}

void reply_tag(struct request *request, struct reply *reply)
{
    reply_tag_of(request, reply, buf_str(&reply->body));
}

bool request_matches(struct request *request, struct reply *reply, struct str current_body)
{
    return request_matches_tagged(request, reply, current_body, current_body);
}

/* "*" names whatever is there; else one of the listed tags must be the one. */
bool request_matches_tagged(struct request *request, struct reply *reply, struct str tagged, struct str current_body)
{
    struct str wanted = http_server_header(request->http, "If-Match"), item, tag = tag_of(request->arena, tagged);
    struct err why = {0};
    struct json_out json;

    if (!wanted.n || str_equal(str_trim(wanted), STR("*")))
        return true;
    while (wanted.n) {
        (void)str_cut(wanted, ',', &item, &wanted);
        if (tag.p && str_equal(str_trim(item), tag))
            return true;
    }
    err_set(&why, ERR_BUSY, N_("somebody else changed it since you opened it: look at what stands there now, and decide again"));
    problem_begin(request, reply, &json, 412, NULL, &why);
    json_key(&json, "current");
    json_put_raw(&json, current_body);
    json_end_object(&json);
    reply->etag = tag;
    return false;
}
