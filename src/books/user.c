/* user.c: who may use the web interface, and with which rights. Public interface in books.h. */
#include "books/books_int.h"

static bool role_is_known(struct str role)
{
    return str_equal(role, STR("admin")) || str_equal(role, STR("accountant")) || str_equal(role, STR("viewer"));
}

static const char sql_user_set[] =
    "INSERT INTO app_user (company_id, name, role, password_hash, created_utc) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (company_id, name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash";

int user_set(struct db *db, int64_t company_id, struct str name, struct str role, struct str password_encoded, int64_t now_utc, struct err *err)
{
    name = str_trim(name);
    if (name.n == 0)
        return err_set(err, ERR_DATA, N_("the name of a user cannot be empty: give one"));
    if (!role_is_known(role))
        return err_set(err, ERR_DATA, N_("%s is not a role: choose admin, accountant or viewer"), ERR_STR(role));
    if (password_encoded.n == 0)
        return err_set(err, ERR_DATA, N_("the user %s needs a password: give one"), ERR_STR(name));
    return db_exec(db, sql_user_set, err, DB_INT(company_id), DB_STR(name), DB_STR(role), DB_STR(password_encoded), DB_INT(now_utc));
}

static const char sql_user_count[] = "SELECT COUNT(*) FROM app_user WHERE company_id = $1";

int user_count(struct db *db, int64_t company_id, int64_t *ret, struct err *err)
{
    int rc = db_query_int(db, ret, sql_user_count, err, DB_INT(company_id));

    return rc < 0 ? rc : OK;
}

/* Takes as long as checking the password of a user who exists, so that the time does not tell which names do. */
static int waste_equal_time(struct str password, struct err *err)
{
    struct buf encoded = {0};
    int code = password_hash(password, &encoded, err);

    secret_wipe(&encoded);
    buf_release(&encoded);
    return code < 0 ? code : 0;
}

static const char sql_user_by_name[] = "SELECT password_hash, role FROM app_user WHERE company_id = $1 AND name = $2";

int user_check(struct db *db, int64_t company_id, struct arena *arena, struct str name, struct str password, struct str *ret_role, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct str role;
    bool failed = false;
    int code = db_query(db, &rows, sql_user_by_name, err, DB_INT(company_id), DB_STR(str_trim(name)));

    if (code < 0)
        return code;
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    if (code == 0)
        return waste_equal_time(password, err);
    if (!password_matches(password, db_text(&rows, 0)))
        return 0;
    role = books_row_text(&rows, 1, arena, &failed);
    if (failed)
        return err_memory(err);
    *ret_role = role;
    return 1;
}
