/* api_session.c: logging in and out, one's own password, and the first administrator, who is made with the code that the server prints when nobody can log in yet. */
#include "server/server_int.h"

enum { NAME_MAX_BYTES = 200, PASSWORD_MAX_BYTES = 1024, PASSWORD_MIN_BYTES = 8 };

static const char *const role_names[] = {[ROLE_NONE] = "", [ROLE_VIEWER] = "viewer", [ROLE_ACCOUNTANT] = "accountant", [ROLE_ADMIN] = "admin"};

static int reply_session(struct request *request, struct reply *reply)
{
    struct json_out json = {.buf = &reply->body};

    json_begin_object(&json);
    json_member_str(&json, "user", request->who.user);
    json_member_str(&json, "role", str_from(role_names[request->who.role]));
    json_member_str(&json, "csrf", request->who.csrf);
    json_member_str(&json, "company", request->company->name);
    json_member_str(&json, "timezone", request->company->timezone);
    json_member_str(&json, "version", STR(LIAISON_VERSION));
    json_end_object(&json);
    return OK;
}

int api_session_show(struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    if (request->who.role == ROLE_NONE || request->who.by_token)
        return reply_problem(request, reply, 401, NULL, NULL);
    return reply_session(request, reply);
}

static int reply_wait(struct request *request, struct reply *reply, int seconds)
{
    struct err why = {0};
    struct str text = arena_format(request->arena, "%d", seconds);

    err_set(&why, ERR_USAGE, N_("too many wrong attempts: wait %s seconds and try again"), ERR_INT(seconds));
    reply->extra[reply->extra_count++] = (struct http_header){STR("Retry-After"), text};
    return reply_problem(request, reply, 429, NULL, &why);
}

int api_session_open(struct request *request, struct reply *reply, struct err *err)
{
    struct throttle *throttle = request->server->throttle;
    struct input *input = input_open(request, request->body, "");
    struct str name = input_text(input, "name", true, NAME_MAX_BYTES), password = input_text(input, "password", true, PASSWORD_MAX_BYTES), role = STR_NULL;
    struct err why = {0};
    int rc = input_end(input, reply);

    if (rc != OK)
        return rc;
    name = str_trim(name);
    int wait_s = throttle_wait(throttle, name, request->http->address, request->now_utc);
    if (wait_s > 0)
        return reply_wait(request, reply, wait_s);
    rc = user_check(request->db, request->company->id, request->arena, name, password, &role, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        throttle_failed(throttle, name, request->http->address, request->now_utc);
        err_set(&why, ERR_USAGE, N_("the name or the password is wrong"));
        return reply_problem(request, reply, 401, "wrong_password", &why);
    }
    throttle_succeeded(throttle, name);
    rc = identity_open_session(request, reply, name, role, err);
    return rc == OK ? reply_session(request, reply) : rc;
}

int api_session_close(struct request *request, struct reply *reply, struct err *err)
{
    reply->status = 204;
    return identity_close_session(request, reply, err);
}

/* ---- passwords ---- */

int password_encode(struct input *input, const char *member, struct str password, struct buf *ret, struct err *err)
{
    if (!password.p)
        return OK;
    if (password.n < PASSWORD_MIN_BYTES) {
        input_refuse(input, member, N_("the password is too short: 8 characters at least"));
        return OK;
    }
    return password_hash(password, ret, err);
}

struct user_change { struct request *request; struct str name, role, encoded; bool late; };

static int set_user(struct db *db, void *context, struct err *err)
{
    const struct user_change *change = context;
    const struct request *request = change->request;

    return user_set(db, request->company->id, change->name, change->role, change->encoded, request->now_utc, err);
}

int api_session_password(struct request *request, struct reply *reply, struct err *err)
{
    struct throttle *throttle = request->server->throttle;
    struct input *input = input_open(request, request->body, "");
    struct str old = input_text(input, "old", true, PASSWORD_MAX_BYTES), new = input_text(input, "new", true, PASSWORD_MAX_BYTES), role = STR_NULL;
    struct buf encoded = {0};
    struct user_change change = {.request = request, .name = request->who.user};
    struct err why = {0};
    int wait_s = throttle_wait(throttle, request->who.user, request->http->address, request->now_utc);

    if (wait_s > 0)
        return reply_wait(request, reply, wait_s);
    int rc = password_encode(input, "new", new, &encoded, err);
    if (rc == OK)
        rc = input_end(input, reply);
    if (rc == OK)
        rc = user_check(request->db, request->company->id, request->arena, request->who.user, old, &role, err);
    else
        goto out;
    if (rc == 0) {
        throttle_failed(throttle, request->who.user, request->http->address, request->now_utc);
        err_set(&why, ERR_USAGE, N_("the present password is wrong: nothing was changed"));
        rc = reply_problem(request, reply, 403, "wrong_password", &why);
        goto out;
    }
    if (rc == 1) {
        change.role = role;
        change.encoded = buf_str(&encoded);
        rc = db_transact(request->db, set_user, &change, err);
    }
    if (rc == OK)
        rc = identity_close_others(request, request->who.user, err);
    reply->status = 204;
out:
    secret_wipe(&encoded);
    return rc;
}

/* ---- the first administrator ---- */

/* A user may have been made by other means since the code was printed (liaison user add): then it opens nothing any more. */
static void forget_code(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    explicit_bzero(server->setup_code, sizeof server->setup_code);
    pthread_mutex_unlock(&server->lock);
}

static bool has_code(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    bool has = server->setup_code[0] != '\0';
    pthread_mutex_unlock(&server->lock);
    return has;
}

int api_setup_show(struct request *request, struct reply *reply, struct err *err)
{
    struct server *server = request->server;
    struct json_out json = {.buf = &reply->body};
    int64_t users = 0;
    bool needed = has_code(server);
    int rc = needed ? user_count(request->db, request->company->id, &users, err) : OK;

    if (users > 0)
        forget_code(server);
    json_begin_object(&json);
    json_member_bool(&json, "needed", needed && users == 0);
    json_end_object(&json);
    return rc;
}

/* The code opens one door once: it is taken away while it is used, and comes back only when the database refused. */
static bool take_code(struct server *server, struct str code, char taken[sizeof server->setup_code])
{
    pthread_mutex_lock(&server->lock);
    bool right = server->setup_code[0] && str_equal_ignore_case(str_trim(code), str_from(server->setup_code));
    memcpy(taken, server->setup_code, sizeof server->setup_code);
    if (right)
        server->setup_code[0] = '\0';
    pthread_mutex_unlock(&server->lock);
    return right;
}

static void give_code_back(struct server *server, const char taken[sizeof server->setup_code])
{
    pthread_mutex_lock(&server->lock);
    memcpy(server->setup_code, taken, sizeof server->setup_code);
    pthread_mutex_unlock(&server->lock);
}

/* change->late when there is a user already; nothing is written then. */
static int set_first_user(struct db *db, void *context, struct err *err)
{
    struct user_change *change = context;
    int64_t users = 0;
    int rc = user_count(db, change->request->company->id, &users, err);

    change->late = rc == OK && users > 0;
    return rc != OK || change->late ? rc : set_user(db, change, err);
}

/* With the code taken: the account, and its session. */
static int make_first_user(struct user_change *change, struct reply *reply, const char taken[sizeof change->request->server->setup_code], struct err *err)
{
    struct request *request = change->request;
    struct err why = {0};
    int rc = db_transact(request->db, set_first_user, change, err);

    if (rc != OK) {
        give_code_back(request->server, taken);
        return rc;
    }
    if (change->late) {
        err_set(&why, ERR_USAGE, N_("there is a user already, so that the code opens nothing any more: log in, or ask an administrator for an account"));
        return reply_problem(request, reply, 403, "setup_done", &why);
    }
    rc = identity_open_session(request, reply, change->name, change->role, err);
    if (rc == OK)
        rc = reply_session(request, reply);
    reply->status = 201;
    return rc;
}

int api_setup_create(struct request *request, struct reply *reply, struct err *err)
{
    struct server *server = request->server;
    struct input *input = input_open(request, request->body, "");
    struct str code = input_text(input, "code", true, sizeof server->setup_code), name = input_text(input, "name", true, NAME_MAX_BYTES),
               password = input_text(input, "password", true, PASSWORD_MAX_BYTES);
    struct buf encoded = {0};
    struct user_change change = {.request = request, .name = str_trim(name), .role = STR("admin")};
    char taken[sizeof server->setup_code];
    struct err why = {0};
    int wait_s = throttle_wait(server->throttle, STR("setup code"), request->http->address, request->now_utc);

    if (wait_s > 0)
        return reply_wait(request, reply, wait_s);
    int rc = password_encode(input, "password", password, &encoded, err);
    if (rc == OK)
        rc = input_end(input, reply);
    if (rc == OK && !take_code(server, code, taken)) {
        throttle_failed(server->throttle, STR("setup code"), request->http->address, request->now_utc);
        err_set(&why, ERR_USAGE, N_("the code is not the one that liaison serve printed when it started, or it was used already"));
        rc = reply_problem(request, reply, 403, "wrong_code", &why);
    } else if (rc == OK) {
        change.encoded = buf_str(&encoded);
        rc = make_first_user(&change, reply, taken, err);
        explicit_bzero(taken, sizeof taken);
    }
    secret_wipe(&encoded);
    return rc;
}
