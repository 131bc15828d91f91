/* db.c: the part of the SQL interface that both engines share: opening by URL, the statement cache, transactions that run again,
 * savepoints, rehearsals, ids. The engines stand behind db_int.h. */
#include "db/db_int.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    BUSY_TIMEOUT_DEFAULT_MS = 10000,
    ATTEMPTS_MAX = 20,
    PAUSE_MAX_MS = 64,
    DEPTH_MAX = 8,          /* deeper nesting of transactions is a fault in the program */
    SLOTS_FIRST = 128,
};

/* Constants, so that each is prepared once; the index is the depth of the transaction around it. */
static const char *const savepoint_begin[DEPTH_MAX] = {NULL, "SAVEPOINT s1", "SAVEPOINT s2", "SAVEPOINT s3", "SAVEPOINT s4",
    "SAVEPOINT s5", "SAVEPOINT s6", "SAVEPOINT s7"};
static const char *const savepoint_undo[DEPTH_MAX] = {NULL, "ROLLBACK TO SAVEPOINT s1", "ROLLBACK TO SAVEPOINT s2",
    "ROLLBACK TO SAVEPOINT s3", "ROLLBACK TO SAVEPOINT s4", "ROLLBACK TO SAVEPOINT s5", "ROLLBACK TO SAVEPOINT s6",
    "ROLLBACK TO SAVEPOINT s7"};
static const char *const savepoint_release[DEPTH_MAX] = {NULL, "RELEASE SAVEPOINT s1", "RELEASE SAVEPOINT s2", "RELEASE SAVEPOINT s3",
    "RELEASE SAVEPOINT s4", "RELEASE SAVEPOINT s5", "RELEASE SAVEPOINT s6", "RELEASE SAVEPOINT s7"};

/* ---- errors that both engines share ---- */

static const char locked_message[] = N_("the database %s is locked by another program: wait until its work is done or close it, then try again");

int db_set_locked(const struct db *db, struct err *err)
{
    return err_set(err, ERR_DATA, locked_message, db->label);
}

bool db_is_locked(const struct err *err)
{
    return err->message == locked_message;
}

int db_set_retry(struct db *db, struct err *err)
{
    if (db->depth == 0)
        return db_set_locked(db, err);
    db->retry_wanted = true;
    return err_set(err, ERR_RETRY, N_("the database %s was changed by another program at the same moment"), db->label);
}

int db_set_bad_statement(const char *sql, const char *why, struct err *err)
{
    return err_set(err, ERR_INTERNAL, N_("a fault in this program: the database does not accept a statement (%s): %s"), why, sql);
}

int db_set_refused(const struct db *db, const char *why, struct err *err)
{
    if (db->unique_violation)
        return err_set(err, ERR_DATA, N_("the database %s already holds such a record: %s"), db->label, why);
    return err_set(err, ERR_DATA, N_("the database %s refuses a change: %s"), db->label, why);
}

int db_check_text(struct str text, struct err *err)
{
    if (text.n == 0 || !memchr(text.p, '\0', text.n))
        return OK;
    return err_set(err, ERR_DATA, N_("a text holds a zero byte, which the database cannot keep: correct it at its source: %s"),
        ERR_STR(text));
}

static int set_lost(const struct db *db, struct err *err)
{
    return err_set(err, ERR_DATA,
        N_("the database %s has undone the whole step after an earlier error: nothing of it was written; correct that error, then try again"),
        db->label);
}

/* ---- opening and closing ---- */

static const struct db_backend *backend_for(struct str url)
{
    if (str_starts_with(url, STR("sqlite:")))
        return &db_sqlite_backend;
    if (str_starts_with(url, STR("postgresql://")) || str_starts_with(url, STR("postgres://")))
        return &db_postgresql_backend;
    return NULL;
}

int db_open(struct db **ret, struct str url, const struct db_options *options, struct err *err)
{
    const struct db_backend *backend = backend_for(url);
    /* The address is not repeated: it may hold a password in a form that we do not understand. */
    if (!backend)
        return err_set(err, ERR_USAGE, N_("the address of the database is not understood: write sqlite:FILE or postgresql://USER@HOST/DATABASE"));
    if (memchr(url.p, '\0', url.n))
        return err_set(err, ERR_USAGE, N_("the address of the database holds a zero byte: correct it"));
    struct db *db = mem_alloc_zero(1, sizeof *db);
    if (!db)
        return err_memory(err);
    db->backend = backend;
    db->read_only = options->read_only;
    db->busy_timeout_ms = options->busy_timeout_ms > 0 ? options->busy_timeout_ms : BUSY_TIMEOUT_DEFAULT_MS;
    int r = backend->open(db, url, options, err);
    if (r < 0) {
        db_close(db);
        return r;
    }
    *ret = db;
    return OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    db_statements_clear(db);
    if (db->depth > 0)
        (void)db->backend->rollback(db);
    db->backend->close(db);
    mem_free(db->slots);
    mem_free(db->label);
    mem_free(db);
}

enum db_engine db_engine(const struct db *db)
{
    return db->backend->engine;
}

void db_set_seal_key(struct db *db, const struct seal_key *key)
{
    db->seal_key = key;
}

const struct seal_key *db_seal_key(const struct db *db)
{
    return db->seal_key;
}

/* ---- values ---- */

struct db_value db_str_value(struct str s)
{
    return (struct db_value){.type = s.p ? DB_TEXT : DB_NULL, .s = s};
}

struct db_value db_bytes_value(struct str s)
{
    return (struct db_value){.type = s.p ? DB_BYTES : DB_NULL, .s = s};
}

/* ---- statement cache ---- */

/* The slot that holds `sql`, or the free one where it belongs. */
static size_t slot_of(struct db_statement *const *slots, size_t slot_count, const char *sql)
{
    /* Literals lie close together: the multiplication (2^64 / golden ratio) spreads them. */
    uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (size_t)(hash >> 32) & (slot_count - 1);
    while (slots[i] && slots[i]->sql != sql)
        i = (i + 1) & (slot_count - 1);
    return i;
}

static int slots_grow(struct db *db, struct err *err)
{
    size_t slot_count = db->slot_count ? 2 * db->slot_count : SLOTS_FIRST;
    struct db_statement **slots = mem_alloc_zero(slot_count, sizeof *slots);
    if (!slots)
        return err_memory(err);
    for (size_t i = 0; i < db->slot_count; i++)
        if (db->slots[i])
            slots[slot_of(slots, slot_count, db->slots[i]->sql)] = db->slots[i];
    mem_free(db->slots);
    db->slots = slots;
    db->slot_count = slot_count;
    return OK;
}

static int statement_prepare(struct db *db, const char *sql, struct db_statement **ret, struct err *err)
{
    /* At most half full, so that a search stays short and always meets a free slot. */
    if (2 * (db->statement_count + 1) > db->slot_count) {
        int r = slots_grow(db, err);
        if (r < 0)
            return r;
    }
    struct db_statement *statement;
    int r = db->backend->prepare(db, sql, &statement, err);
    if (r < 0)
        return r;
    statement->sql = sql;
    statement->db = db;
    db->slots[slot_of(db->slots, db->slot_count, sql)] = statement;
    db->statement_count++;
    *ret = statement;
    return OK;
}

/* A statement that is ready to run. */
static int statement_get(struct db *db, const char *sql, struct db_statement **ret, struct err *err)
{
    if (db->transaction_lost)
        return set_lost(db, err);
    struct db_statement *statement = db->slot_count ? db->slots[slot_of(db->slots, db->slot_count, sql)] : NULL;
    if (!statement) {
        int r = statement_prepare(db, sql, &statement, err);
        if (r < 0)
            return r;
    }
    if (statement->active)
        return db_set_bad_statement(sql, "its rows are still being read", err);
    *ret = statement;
    return OK;
}

void db_statements_clear(struct db *db)
{
    for (size_t i = 0; i < db->slot_count; i++) {
        if (db->slots[i]) {
            if (db->slots[i]->active)
                db->backend->end(db->slots[i]);
            db->backend->finalize(db->slots[i]);
        }
        db->slots[i] = NULL;
    }
    db->statement_count = 0;
}

/* ---- statements ---- */

int db_exec_(struct db *db, const char *sql, const struct db_value *args, size_t count, int64_t *ret_rows, struct err *err)
{
    struct db_statement *statement;
    int r = statement_get(db, sql, &statement, err);
    return r < 0 ? r : db->backend->exec(statement, args, count, ret_rows, err);
}

bool db_is_unique_violation(const struct db *db)
{
    return db->unique_violation;
}

int db_query_(struct db *db, struct db_rows *ret, const char *sql, const struct db_value *args, size_t count, struct err *err)
{
    struct db_statement *statement;
    int r = statement_get(db, sql, &statement, err);
    if (r < 0)
        return r;
    r = db->backend->query(statement, args, count, err);
    if (r < 0)
        return r;
    statement->active = true;
    *ret = (struct db_rows){.impl = statement, .db = db};
    return OK;
}

int db_query_once(struct db *db, struct db_rows *ret, const char *sql, const struct db_value *args, size_t count, struct err *err)
{
    struct db_statement *statement = NULL;
    if (db->transaction_lost)
        return set_lost(db, err);
    int r = db->backend->prepare_once(db, sql, &statement, err);
    if (r < 0)
        return r;
    *statement = (struct db_statement){.sql = sql, .db = db, .once = true};
    r = db->backend->query(statement, args, count, err);
    if (r < 0) {
        db->backend->finalize(statement);
        return r;
    }
    statement->active = true;
    *ret = (struct db_rows){.impl = statement, .db = db};
    return OK;
}

int db_next(struct db_rows *rows, struct err *err)
{
    return rows->db->backend->next(rows->impl, err);
}

bool db_is_null(struct db_rows *rows, int column)
{
    return rows->db->backend->column_is_null(rows->impl, column);
}

int64_t db_int(struct db_rows *rows, int column)
{
    return rows->db->backend->column_int(rows->impl, column);
}

struct str db_text(struct db_rows *rows, int column)
{
    return rows->db->backend->column_text(rows->impl, column);
}

struct str db_bytes(struct db_rows *rows, int column)
{
    return rows->db->backend->column_bytes(rows->impl, column);
}

void db_rows_close(struct db_rows *rows)
{
    struct db_statement *statement = rows->impl;
    if (!statement)
        return;
    rows->db->backend->end(statement);
    statement->active = false;
    if (statement->once)
        rows->db->backend->finalize(statement);
    *rows = (struct db_rows){0};
}

int db_query_int_(struct db *db, int64_t *ret, const char *sql, const struct db_value *args, size_t count, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int r = db_query_(db, &rows, sql, args, count, err);
    if (r < 0)
        return r;
    r = db_next(&rows, err);
    if (r <= 0 || db_is_null(&rows, 0))
        return r < 0 ? r : 0;
    *ret = db_int(&rows, 0);
    return 1;
}

int db_query_text_(struct db *db, struct arena *arena, struct str *ret, const char *sql, const struct db_value *args, size_t count,
    struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int r = db_query_(db, &rows, sql, args, count, err);
    if (r < 0)
        return r;
    r = db_next(&rows, err);
    if (r <= 0 || db_is_null(&rows, 0))
        return r < 0 ? r : 0;
    struct str text = arena_copy(arena, db_text(&rows, 0));
    if (!text.p)
        return err_memory(err);
    *ret = text;
    return 1;
}

int db_run_script(struct db *db, const char *sql, struct err *err)
{
    if (db->transaction_lost)
        return set_lost(db, err);
    BUF_AUTO expanded = {0};
    db_expand_tokens(&expanded, db->backend->engine, sql);
    buf_append_char(&expanded, '\n');
    if (buf_failed(&expanded))
        return err_memory(err);
    return db->backend->script(db, expanded.p, err);
}

/* ---- transactions ---- */

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Random, and longer from attempt to attempt, so that two programs that collided do not collide again. */
static void pause_before(int attempt)
{
    uint32_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = (uint32_t)monotonic_ms();
    uint32_t longest_ms = attempt < 6 ? UINT32_C(1) << attempt : PAUSE_MAX_MS;
    struct timespec left = {.tv_nsec = (long)(random % (longest_ms * 1000) + 100) * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Where memory is exhausted even the end of a transaction can fail. Then it is tried again before the next one begins. */
static void undo(struct db *db)
{
    db->stuck = !db->backend->rollback(db);
}

static int begin(struct db *db, const char *how, struct err *err)
{
    if (db->stuck)
        undo(db);
    int r = db->stuck ? err_memory(err) : db->backend->command(db, how, err);
    if (r < 0)
        undo(db); /* it may have begun and failed after that */
    return r;
}

bool db_is_stuck(const struct db *db)
{
    return db->stuck;
}

/* One attempt: the body's result, or what made begin or commit fail. */
static int transact_once(struct db *db, db_body *body, void *context, bool *ret_began, struct err *err)
{
    db->depth = 1;
    db->retry_wanted = false;
    int r = begin(db, db->backend->begin_write, err);
    *ret_began = r >= 0;
    if (r < 0) {
        db->depth = 0;
        db->transaction_lost = false;
        return r;
    }
    r = body(db, context, err);
    /* A body may have taken a lost race for a bad record and gone on: it is run again all the same. */
    if (db->retry_wanted)
        r = ERR_RETRY;
    else if (r >= 0 && db->transaction_lost)
        r = set_lost(db, err);
    if (r >= 0) {
        int committed = db->backend->commit(db, err);
        if (committed < 0)
            r = committed;
    }
    if (r < 0)
        undo(db);
    db->depth = 0;
    db->transaction_lost = false;
    return r;
}

static int transact_outermost(struct db *db, db_body *body, void *context, struct err *err)
{
    /* The engine itself waits for a lock before begin gives up; 20 such waits would look like a hang. */
    int64_t deadline_ms = monotonic_ms() + db->busy_timeout_ms;
    for (int attempt = 1;; attempt++) {
        bool began;
        int r = transact_once(db, body, context, &began, err);
        db->retry_wanted = false;
        if (r != ERR_RETRY)
            return r;
        if (attempt == ATTEMPTS_MAX || (!began && monotonic_ms() >= deadline_ms))
            return db_set_locked(db, err);
        err_clear(err);
        pause_before(attempt);
    }
}

static int transact_nested(struct db *db, db_body *body, void *context, struct err *err)
{
    int level = db->depth;
    if (level >= DEPTH_MAX)
        return err_set(err, ERR_INTERNAL, N_("a fault in this program: transactions are nested too deeply"));
    if (db->transaction_lost)
        return set_lost(db, err);
    int r = db->backend->command(db, savepoint_begin[level], err);
    if (r < 0)
        return r;
    db->depth = level + 1;
    r = body(db, context, err);
    if (db->retry_wanted)
        r = ERR_RETRY;
    if (r >= 0) {
        int released = db->backend->command(db, savepoint_release[level], err);
        if (released < 0)
            r = released;
    }
    db->depth = level;
    /* An undo that fails leaves nothing to undo: the engine has dropped the transaction, and its end will say so. */
    if (r < 0 && !db->transaction_lost) {
        struct err ignored = {0};
        bool unique_violation = db->unique_violation;
        if (db->backend->command(db, savepoint_undo[level], &ignored) < 0 ||
            db->backend->command(db, savepoint_release[level], &ignored) < 0)
            db->transaction_lost = true;
        db->unique_violation = unique_violation;
    }
    return r;
}

int db_transact(struct db *db, db_body *body, void *context, struct err *err)
{
    if (db->depth == 0)
        return transact_outermost(db, body, context, err);
    int r = transact_nested(db, body, context, err);
    /* In a rehearsal the outermost transaction is the rehearsal itself, which nobody can run again. */
    if (r == ERR_RETRY && db->rehearsal && db->depth == 1) {
        db->retry_wanted = false;
        r = db_set_locked(db, err);
    }
    return r;
}

int db_rehearsal_begin(struct db *db, struct err *err)
{
    if (db->depth > 0)
        return err_set(err, ERR_INTERNAL, N_("a fault in this program: a rehearsal begins inside a transaction"));
    int r = begin(db, db->backend->begin_rehearsal, err);
    if (r < 0)
        return r;
    db->depth = 1;
    db->rehearsal = true;
    return OK;
}

void db_rehearsal_end(struct db *db)
{
    if (!db->rehearsal)
        return;
    undo(db);
    db->depth = 0;
    db->rehearsal = false;
    db->retry_wanted = false;
    db->transaction_lost = false;
}

bool db_in_rehearsal(const struct db *db)
{
    return db->rehearsal;
}

/* ---- ids, checks, copies ---- */

int db_reserve_ids(struct db *db, int64_t company_id, const char *name, int64_t count, int64_t *ret_first, struct err *err)
{
    if (db->depth == 0 || count < 1)
        return err_set(err, ERR_INTERNAL, N_("a fault in this program: ids of %s are reserved outside a transaction, or none are"), name);
    static const char sql[] =
        "INSERT INTO id_counter (company_id, name, next_id) VALUES ($1, $2, CAST($3 AS BIGINT) + 1)"
        " ON CONFLICT (company_id, name) DO UPDATE SET next_id = id_counter.next_id + CAST($3 AS BIGINT)"
        " RETURNING next_id - CAST($3 AS BIGINT)";
    int r = db_query_int(db, ret_first, sql, err, DB_INT(company_id), DB_STR(str_from(name)), DB_INT(count));
    return r < 0 ? r : OK;
}

int db_check(struct db *db, db_finding_fn *on_finding, void *context, struct err *err)
{
    return db->backend->check(db, on_finding, context, err);
}

int db_backup(struct db *db, const char *path, struct err *err)
{
    if (db->depth > 0)
        return err_set(err, ERR_INTERNAL, N_("a fault in this program: a backup begins inside a transaction"));
    return db->backend->backup(db, path, err);
}
