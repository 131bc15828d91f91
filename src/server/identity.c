/* identity.c: who asks: a session's cookie or an API token, both kept as SHA-256 only, so that the database alone opens nothing. A session ends twelve hours after its last request and a
 * week after its first; a user's role is looked up at each request, so that what an administrator takes away is gone at once. */
#include "server/server_int.h"

enum { SECRET_BYTES = 32, SEEN_EVERY_S = 300 };
#define SESSION_IDLE (12 * CIVIL_HOUR)
#define SESSION_LIFE (7 * CIVIL_DAY)
#define TOKEN_PREFIX "lt_"

static enum role role_of(struct str name)
{
    return str_equal(name, STR("admin"))        ? ROLE_ADMIN
           : str_equal(name, STR("accountant")) ? ROLE_ACCOUNTANT
           : str_equal(name, STR("viewer"))     ? ROLE_VIEWER
                                                : ROLE_NONE;
}

int identity_refusal(const struct identity *who, enum right right)
{
    static const enum role least[] = {[RIGHT_ANYBODY] = ROLE_NONE, [RIGHT_READ] = ROLE_VIEWER, [RIGHT_WRITE] = ROLE_ACCOUNTANT, [RIGHT_ADMIN] = ROLE_ADMIN,
                                      [RIGHT_FEED] = ROLE_ACCOUNTANT, [RIGHT_SELF] = ROLE_VIEWER};

    if (right == RIGHT_ANYBODY)
        return 0;
    if (who->role == ROLE_NONE)
        return 401;
    if (!who->by_token)
        return who->role >= least[right] ? 0 : 403;
    bool write = str_equal(who->scope, STR("write")), feed = str_equal(who->scope, STR("feed"));
    bool allowed = right == RIGHT_READ ? !feed : right == RIGHT_WRITE ? write : right == RIGHT_FEED ? write || feed : false;
    return allowed ? 0 : 403;
}

/* ---- finding ---- */

static const char sql_session[] =
    "SELECT u.name, u.role, s.csrf, s.created_utc, s.seen_utc FROM app_session s JOIN app_user u ON u.company_id = s.company_id AND u.name = s.user_name"
    " WHERE s.company_id = $1 AND s.token_hash = $2";
static const char sql_session_seen[] = "UPDATE app_session SET seen_utc = $3 WHERE company_id = $1 AND token_hash = $2";
static const char sql_token[] = "SELECT name, scope, expires_utc, used_utc FROM api_token WHERE company_id = $1 AND token_hash = $2";
static const char sql_token_used[] = "UPDATE api_token SET used_utc = $3 WHERE company_id = $1 AND token_hash = $2";

struct touch { const char *sql; int64_t company_id; const unsigned char *hash; int64_t now_utc; };

static int touch_body(struct db *db, void *context, struct err *err)
{
    const struct touch *touch = context;
    return db_exec(db, touch->sql, err, DB_INT(touch->company_id), DB_BLOB(((struct str){(const char *)touch->hash, SHA256_SIZE})), DB_INT(touch->now_utc));
}

/* That it was used is noted every few minutes. Who is let in is let in all the same when the database is busy. */
static void note_use(struct request *request, const char *sql, const unsigned char *hash, int64_t last_utc)
{
    struct touch touch = {sql, request->company->id, hash, request->now_utc};
    struct err why = {0};

    if (request->now_utc - last_utc >= SEEN_EVERY_S * CIVIL_SECOND && db_transact(request->db, touch_body, &touch, &why) != OK)
        log_event(LOG_ERROR, "identity.not_noted", "request", request->id.p, NULL);
}

static int find_session(struct request *request, const unsigned char *hash, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(request->db, &rows, sql_session, err, DB_INT(request->company->id), DB_BLOB(((struct str){(const char *)hash, SHA256_SIZE})));

    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc <= 0)
        return rc;
    int64_t created_utc = db_int(&rows, 3), seen_utc = db_int(&rows, 4);
    if (request->now_utc - seen_utc > SESSION_IDLE || request->now_utc - created_utc > SESSION_LIFE)
        return OK;
    struct identity who = {.role = role_of(db_text(&rows, 1)), .user = arena_copy(request->arena, db_text(&rows, 0)), .csrf = arena_copy(request->arena, db_text(&rows, 2))};
    if (!who.user.p || !who.csrf.p)
        return err_memory(err);
    db_rows_close(&rows);
    request->who = who;
    note_use(request, sql_session_seen, hash, seen_utc);
    return OK;
}

static int find_token(struct request *request, const unsigned char *hash, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(request->db, &rows, sql_token, err, DB_INT(request->company->id), DB_BLOB(((struct str){(const char *)hash, SHA256_SIZE})));

    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc <= 0 || (!db_is_null(&rows, 2) && db_int(&rows, 2) <= request->now_utc))
        return rc < 0 ? rc : OK;
    int64_t used_utc = db_int(&rows, 3);
    struct identity who = {.role = ROLE_ACCOUNTANT, .by_token = true, .user = arena_format(request->arena, "token:%.*s", STR_ARG(db_text(&rows, 0))),
                           .scope = arena_copy(request->arena, db_text(&rows, 1))};
    if (!who.user.p || !who.scope.p)
        return err_memory(err);
    db_rows_close(&rows);
    request->who = who;
    note_use(request, sql_token_used, hash, used_utc);
    return OK;
}

/* The first cookie of ours: a second one was put there by somebody else. */
static struct str cookie_of(const struct http_server_request *http)
{
    struct str cookies = http_server_header(http, "Cookie"), item, name, value;

    while (cookies.n) {
        (void)str_cut(cookies, ';', &item, &cookies);
        if (str_cut(str_trim(item), '=', &name, &value) && str_equal(name, STR("liaison_session")))
            return value;
    }
    return STR_NULL;
}

static bool is_secret(struct str text)
{
    unsigned char bytes[SECRET_BYTES];
    bool good = text.n == 2 * (size_t)SECRET_BYTES && hex_parse(text, bytes, sizeof bytes);

    explicit_bzero(bytes, sizeof bytes);
    return good;
}

int identity_find(struct request *request, struct err *err)
{
    unsigned char hash[SHA256_SIZE];
    struct str authorization = http_server_header(request->http, "Authorization"), scheme, token = STR_NULL;

    request->who = (struct identity){0};
    if (authorization.p) { /* who shows a token is not somebody else by a cookie */
        if (!str_cut(str_trim(authorization), ' ', &scheme, &token) || !str_equal_ignore_case(scheme, STR("Bearer")))
            return OK;
        token = str_trim(token);
        struct str digits = str_starts_with(token, STR(TOKEN_PREFIX)) ? (struct str){token.p + 3, token.n - 3} : STR_NULL;
        if (!is_secret(digits))
            return OK;
        sha256(token, hash);
        return find_token(request, hash, err);
    }
    token = cookie_of(request->http);
    if (!is_secret(token))
        return OK;
    sha256(token, hash);
    return find_session(request, hash, err);
}

/* ---- opening and closing ---- */

struct opening { struct request *request; struct str user, csrf; unsigned char hash[SHA256_SIZE]; };

static const char sql_session_insert[] = "INSERT INTO app_session (company_id, token_hash, user_name, csrf, created_utc, seen_utc) VALUES ($1, $2, $3, $4, $5, $5)";
static const char sql_session_sweep[] = "DELETE FROM app_session WHERE company_id = $1 AND (seen_utc < $2 OR created_utc < $3)";

static int open_body(struct db *db, void *context, struct err *err)
{
    const struct opening *opening = context;
    const struct request *request = opening->request;
    int rc = db_exec(db, sql_session_sweep, err, DB_INT(request->company->id), DB_INT(request->now_utc - SESSION_IDLE), DB_INT(request->now_utc - SESSION_LIFE));

    if (rc == OK)
        rc = db_exec(db, sql_session_insert, err, DB_INT(request->company->id), DB_BLOB(((struct str){(const char *)opening->hash, SHA256_SIZE})), DB_STR(opening->user),
                     DB_STR(opening->csrf), DB_INT(request->now_utc));
    return rc;
}

int identity_new_secret(struct arena *arena, const char *prefix, struct str *ret, unsigned char ret_hash[SHA256_SIZE], struct err *err)
{
    unsigned char bytes[SECRET_BYTES];
    BUF_AUTO text = {0};

    system_random.fill(system_random.context, bytes, sizeof bytes);
    buf_append_z(&text, prefix);
    hex_append(&text, bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    *ret = buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
    secret_wipe(&text);
    if (!ret->p)
        return err_memory(err);
    sha256(*ret, ret_hash);
    return OK;
}

static int set_cookie(struct request *request, struct reply *reply, struct str value, int64_t seconds, struct err *err)
{
    struct str cookie = arena_format(request->arena, "liaison_session=%.*s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", STR_ARG(value), (long long)seconds,
                                     request->server->secure ? "; Secure" : "");

    if (!cookie.p)
        return err_memory(err);
    reply->extra[reply->extra_count++] = (struct http_header){STR("Set-Cookie"), cookie};
    return OK;
}

int identity_open_session(struct request *request, struct reply *reply, struct str user, struct str role, struct err *err)
{
    struct opening opening = {.request = request, .user = user};
    unsigned char ignored[SHA256_SIZE];
    struct str secret;
    int rc = identity_new_secret(request->arena, "", &secret, opening.hash, err);

    if (rc == OK)
        rc = identity_new_secret(request->arena, "", &opening.csrf, ignored, err);
    if (rc == OK)
        rc = db_transact(request->db, open_body, &opening, err);
    if (rc == OK)
        rc = set_cookie(request, reply, secret, SESSION_LIFE / CIVIL_SECOND, err);
    if (rc == OK)
        request->who = (struct identity){.role = role_of(role), .user = user, .csrf = opening.csrf};
    return rc;
}

static const char sql_session_close[] = "DELETE FROM app_session WHERE company_id = $1 AND user_name = $2 AND csrf = $3";
static const char sql_session_close_others[] = "DELETE FROM app_session WHERE company_id = $1 AND user_name = $2 AND csrf <> $3";

struct closing { struct request *request; const char *sql; struct str user; };

static int close_body(struct db *db, void *context, struct err *err)
{
    const struct closing *closing = context;
    const struct request *request = closing->request;

    return db_exec(db, closing->sql, err, DB_INT(request->company->id), DB_STR(closing->user), DB_STR(request->who.csrf.p ? request->who.csrf : STR("")));
}

int identity_close_session(struct request *request, struct reply *reply, struct err *err)
{
    struct closing closing = {request, sql_session_close, request->who.user};
    int rc = db_transact(request->db, close_body, &closing, err);

    return rc == OK ? set_cookie(request, reply, STR(""), 0, err) : rc;
}

int identity_close_others(struct request *request, struct str user, struct err *err)
{
    struct closing closing = {request, sql_session_close_others, user};

    return db_transact(request->db, close_body, &closing, err);
}
