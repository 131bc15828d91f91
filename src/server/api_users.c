/* api_users.c: who may log in and with which role, and the API tokens. An administrator's business alone; the last administrator cannot be taken away. */
#include "base/civil.h"
#include "server/server_int.h"

enum { NAME_MAX_BYTES = 200, PASSWORD_MAX_BYTES = 1024 };

static const char *const roles[] = {"admin", "accountant", "viewer", NULL};
static const char *const scopes[] = {"read", "write", "feed", NULL};

/* ---- users ---- */

static const char sql_users[] =
    "SELECT u.name, u.role, u.created_utc, (SELECT MAX(s.seen_utc) FROM app_session s WHERE s.company_id = u.company_id AND s.user_name = u.name) FROM app_user u"
    " WHERE u.company_id = $1 ORDER BY u.name";

int api_user_list(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out json = {.buf = &reply->body};
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(request->db, &rows, sql_users, err, DB_INT(request->company->id));

    json_begin_object(&json);
    json_key(&json, "items");
    json_begin_array(&json);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        json_begin_object(&json);
        json_member_str(&json, "name", db_text(&rows, 0));
        json_member_str(&json, "role", db_text(&rows, 1));
        json_member_instant(&json, "created", !db_is_null(&rows, 2), db_int(&rows, 2));
        json_member_instant(&json, "seen", !db_is_null(&rows, 3), db_int(&rows, 3));
        json_end_object(&json);
        rc = OK;
    }
    json_end_array(&json);
    json_end_object(&json);
    return rc;
}

static void append_user(struct reply *reply, struct str name, struct str role)
{
    struct json_out json = {.buf = &reply->body};

    json_begin_object(&json);
    json_member_str(&json, "name", name);
    json_member_str(&json, "role", role);
    json_end_object(&json);
}

struct user_change { struct request *request; struct str name, role, encoded; bool remove; int64_t present; };

static const char sql_user_role[] = "SELECT role FROM app_user WHERE company_id = $1 AND name = $2";
static const char sql_user_update[] = "UPDATE app_user SET role = $3, password_hash = COALESCE($4, password_hash) WHERE company_id = $1 AND name = $2";
static const char sql_user_remove[] = "DELETE FROM app_user WHERE company_id = $1 AND name = $2";
static const char sql_admins[] = "SELECT COUNT(*) FROM app_user WHERE company_id = $1 AND role = 'admin'";

static int create_body(struct db *db, void *context, struct err *err)
{
    const struct user_change *change = context;
    const struct request *request = change->request;
    struct str role;
    int found = db_query_text(db, request->arena, &role, sql_user_role, err, DB_INT(request->company->id), DB_STR(change->name));

    if (found < 0)
        return found;
    if (found)
        return err_set(err, ERR_DATA, N_("there is a user called %s already: choose another name"), ERR_STR(change->name));
    return user_set(db, request->company->id, change->name, change->role, change->encoded, request->now_utc, err);
}

int api_user_create(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct user_change change = {.request = request, .name = str_trim(input_text(input, "name", true, NAME_MAX_BYTES))};
    struct str password = input_text(input, "password", true, PASSWORD_MAX_BYTES);
    struct buf encoded = {0};

    change.role = str_from(roles[input_choice(input, "role", roles, 2)]);
    int rc = password_encode(input, "password", password, &encoded, err);
    if (rc == OK)
        rc = input_end(input, reply);
    if (rc == OK) {
        change.encoded = buf_str(&encoded);
        rc = db_transact(request->db, create_body, &change, err);
        append_user(reply, change.name, change.role);
        reply->status = 201;
    }
    secret_wipe(&encoded);
    return rc;
}

/* A change of role or password, or the end of the account; its sessions go with it. */
static int change_body(struct db *db, void *context, struct err *err)
{
    struct user_change *change = context;
    const struct request *request = change->request;
    int64_t company_id = request->company->id, admins = 0;
    struct str before;
    int rc = db_query_text(db, request->arena, &before, sql_user_role, err, DB_INT(company_id), DB_STR(change->name));

    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no user called %s"), ERR_STR(change->name));
    if (rc > 0)
        rc = db_query_int(db, &admins, sql_admins, err, DB_INT(company_id));
    if (rc < 0)
        return rc;
    if (!change->role.p)
        change->role = before;
    bool leaves = change->remove || !str_equal(change->role, STR("admin"));
    if (leaves && str_equal(before, STR("admin")) && admins < 2)
        return err_set(err, ERR_DATA, N_("%s is the last administrator: make another one first"), ERR_STR(change->name));
    if (change->remove)
        return db_exec(db, sql_user_remove, err, DB_INT(company_id), DB_STR(change->name));
    return db_exec(db, sql_user_update, err, DB_INT(company_id), DB_STR(change->name), DB_STR(change->role), DB_STR(change->encoded));
}

int api_user_update(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct user_change change = {.request = request, .name = request->args[0]};
    struct str password = input_text(input, "password", false, PASSWORD_MAX_BYTES);
    struct buf encoded = {0};

    if (input_has(input, "role"))
        change.role = str_from(roles[input_choice(input, "role", roles, 2)]);
    int rc = password_encode(input, "password", password, &encoded, err);
    if (rc == OK)
        rc = input_end(input, reply);
    if (rc == OK) {
        change.encoded = encoded.n ? buf_str(&encoded) : STR_NULL;
        rc = db_transact(request->db, change_body, &change, err);
    }
    if (rc == OK && change.encoded.p)
        rc = identity_close_others(request, change.name, err);
    if (rc == OK)
        append_user(reply, change.name, change.role);
    secret_wipe(&encoded);
    return rc;
}

int api_user_remove(struct request *request, struct reply *reply, struct err *err)
{
    struct user_change change = {.request = request, .name = request->args[0], .remove = true};

    reply->status = 204;
    return db_transact(request->db, change_body, &change, err);
}

/* ---- tokens ---- */

static const char sql_tokens[] =
    "SELECT token_id, name, scope, created_by, created_utc, expires_utc, used_utc FROM api_token WHERE company_id = $1 ORDER BY token_id";

int api_token_list(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out json = {.buf = &reply->body};
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(request->db, &rows, sql_tokens, err, DB_INT(request->company->id));

    json_begin_object(&json);
    json_key(&json, "items");
    json_begin_array(&json);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        json_begin_object(&json);
        json_member_int(&json, "id", db_int(&rows, 0));
        json_member_str(&json, "name", db_text(&rows, 1));
        json_member_str(&json, "scope", db_text(&rows, 2));
        json_member_str(&json, "created_by", db_text(&rows, 3));
        json_member_instant(&json, "created", !db_is_null(&rows, 4), db_int(&rows, 4));
        json_member_instant(&json, "expires", !db_is_null(&rows, 5), db_int(&rows, 5));
        json_member_instant(&json, "used", !db_is_null(&rows, 6), db_int(&rows, 6));
        json_end_object(&json);
        rc = OK;
    }
    json_end_array(&json);
    json_end_object(&json);
    return rc;
}

struct new_token { struct request *request; struct str name, scope; bool expires; int64_t expires_utc, id; unsigned char hash[SHA256_SIZE]; };

static const char sql_token_insert[] =
    "INSERT INTO api_token (company_id, token_id, name, scope, token_hash, created_by, created_utc, expires_utc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

static int insert_token(struct db *db, void *context, struct err *err)
{
    struct new_token *token = context;
    const struct request *request = token->request;
    int rc = db_reserve_ids(db, request->company->id, "api_token", 1, &token->id, err);

    if (rc != OK)
        return rc;
    rc = db_exec(db, sql_token_insert, err, DB_INT(request->company->id), DB_INT(token->id), DB_STR(token->name), DB_STR(token->scope),
                 DB_BLOB(((struct str){(const char *)token->hash, SHA256_SIZE})), DB_STR(request->who.user), DB_INT(request->now_utc),
                 token->expires ? DB_INT(token->expires_utc) : DB_NIL);
    if (rc != OK && db_is_unique_violation(db)) {
        err_clear(err);
        return err_set(err, ERR_DATA, N_("there is a token called %s already: choose another name"), ERR_STR(token->name));
    }
    return rc;
}

int api_token_create(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct new_token token = {.request = request, .name = str_trim(input_text(input, "name", true, NAME_MAX_BYTES))};
    struct str secret;
    int32_t day = 0;

    token.scope = str_from(scopes[input_choice(input, "scope", scopes, 0)]);
    token.expires = input_day(input, "expires", false, &day);
    int rc = input_end(input, reply);
    if (rc != OK)
        return rc;
    if (token.expires) /* the day itself still counts */
        token.expires_utc = zone_day_start(request->company->zone, day + 1, 0);
    rc = identity_new_secret(request->arena, "lt_", &secret, token.hash, err);
    if (rc == OK)
        rc = db_transact(request->db, insert_token, &token, err);
    if (rc != OK)
        return rc;
    struct json_out json = {.buf = &reply->body};
    json_begin_object(&json);
    json_member_int(&json, "id", token.id);
    json_member_str(&json, "name", token.name);
    json_member_str(&json, "scope", token.scope);
    json_member_str(&json, "token", secret);
    json_end_object(&json);
    reply->status = 201;
    return OK;
}

struct token_removal { struct request *request; int64_t id, count; };
static const char sql_token_remove[] = "DELETE FROM api_token WHERE company_id = $1 AND token_id = $2";

static int remove_token(struct db *db, void *context, struct err *err)
{
    struct token_removal *removal = context;

    return db_exec_count(db, sql_token_remove, &removal->count, err, DB_INT(removal->request->company->id), DB_INT(removal->id));
}

int api_token_remove(struct request *request, struct reply *reply, struct err *err)
{
    struct token_removal removal = {.request = request};

    if (!str_parse_u63(request->args[0], &removal.id))
        return err_set(err, ERR_NOT_FOUND, N_("there is no token %s"), ERR_STR(request->args[0]));
    int rc = db_transact(request->db, remove_token, &removal, err);
    if (rc == OK && removal.count == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no token %s"), ERR_STR(request->args[0]));
    reply->status = 204;
    return rc;
}
