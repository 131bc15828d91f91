/* db.h: one SQL interface over embedded SQLite and PostgreSQL 15. Used by books, grid, sync, report (and cli to open). sqlite3.h and
 * libpq-fe.h stay behind it.
 *
 * SQL is written once in the subset both share: `$1` parameters, ON CONFLICT, RETURNING, WITH, CAST, IS NOT DISTINCT FROM. Types are 64-bit
 * integers, UTF-8 text and bytes; a truth value is 0 or 1. Text compares by bytes in both engines, LIKE tells case apart, and a text with a
 * zero byte is refused (ERR_DATA). text_contains(text, part) is true where the text, as text_append_folded (base/text.h) makes it, has the part, which comes folded; NULL of NULL.
 * On PostgreSQL it is the migrations' and knows Latin, modern Greek and Cyrillic letters; of others it tells case apart. Where PostgreSQL cannot infer a parameter's type, write CAST($1 AS BIGINT). Statements are constants: they are
 * prepared once per connection and cached by the address of their text (one that is put together at run time, from constants, goes through db_query_once or db_run_script).
 *
 * A connection belongs to one thread. Every write happens in db_transact, whose body may be run again. */
#ifndef DB_DB_H
#define DB_DB_H
#include "base/arena.h"
#include "base/civil.h"
#include "base/err.h"
#include "base/hash.h"

struct db;
enum db_engine { DB_SQLITE, DB_POSTGRESQL };

struct db_options {
    bool create;         /* may make a new SQLite file (init does; nothing else) */
    bool read_only;      /* no write is possible */
    int busy_timeout_ms; /* how long to wait for another writer; 0 stands for 10 000 */
};

/* `sqlite:FILE` or `postgresql://…`; another form is ERR_USAGE. Errors (ERR_DATA) say what to do: no such file (run init), not a database, a directory, not writable,
 * locked by another program, server not reachable, password refused (never printed: the URL is shown without it). */
int db_open(struct db **ret, struct str url, const struct db_options *options, struct err *err) MUST_CHECK;
void db_close(struct db *db); /* NULL is harmless; an open transaction is rolled back */
enum db_engine db_engine(const struct db *db);
/* The key of the program that writes through this connection, for what a module seals or verifies with it (the journal); NULL = none, as at first. Borrowed until
 * db_close; nothing of it is stored. */
void db_set_seal_key(struct db *db, const struct seal_key *key);
const struct seal_key *db_seal_key(const struct db *db);

enum db_type { DB_NULL, DB_INTEGER, DB_TEXT, DB_BYTES };
struct db_value {
    enum db_type type;
    int64_t i;
    struct str s;
};
#define DB_INT(x) ((struct db_value){.type = DB_INTEGER, .i = (x)})
/* An absent str ({NULL,0}) is NULL. */
#define DB_STR(x) db_str_value(x)
#define DB_BLOB(x) db_bytes_value(x)
#define DB_NIL ((struct db_value){.type = DB_NULL})
struct db_value db_str_value(struct str s);
struct db_value db_bytes_value(struct str s);
/* db_exec(db, SQL, err, DB_INT(1), DB_STR(name)) */
#define DB_ARGS_(...) (const struct db_value[]){__VA_ARGS__}, sizeof((struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define db_exec(db, sql, err, ...) db_exec_(db, sql, DB_ARGS_(__VA_ARGS__), NULL, err)
#define db_exec_count(db, sql, ret_rows, err, ...) db_exec_(db, sql, DB_ARGS_(__VA_ARGS__), ret_rows, err)
#define db_query(db, rows, sql, err, ...) db_query_(db, rows, sql, DB_ARGS_(__VA_ARGS__), err)

/* Runs a statement that gives no rows; *ret_rows (may be NULL) is how many it touched. Values are copied or used before return.
 * ERR_DATA on a broken constraint (db_is_unique_violation tells), ERR_RETRY inside db_transact, ERR_DATA on a full disk or a read-only file. */
int db_exec_(struct db *db, const char *sql, const struct db_value *args, size_t count, int64_t *ret_rows, struct err *err) MUST_CHECK;
/* Whether the last error of this connection was a unique or primary key already taken. */
bool db_is_unique_violation(const struct db *db);
/* Whether the last transaction could not be ended, for lack of memory, so that it still keeps others from writing. The next one ends it first; who may wait long for a next one closes the connection. */
bool db_is_stuck(const struct db *db);
/* Whether it says that another writer held the database for longer than the patience lasts: nothing is wrong with what was asked. */
bool db_is_locked(const struct err *err);

struct db_rows { void *impl; struct db *db; };
/* Runs a query. Values read from a row are valid until the next db_next or db_rows_close. Other statements may run meanwhile (not the
 * same SQL text). PostgreSQL holds the whole result in memory: page through what may be large, by key, with LIMIT. */
int db_query_(struct db *db, struct db_rows *ret, const char *sql, const struct db_value *args, size_t count, struct err *err) MUST_CHECK;
/* The same for a text made at run time from constant pieces, which stays valid until db_rows_close: prepared anew each time, and forgotten there. Never from a user's text. */
int db_query_once(struct db *db, struct db_rows *ret, const char *sql, const struct db_value *args, size_t count, struct err *err) MUST_CHECK;
/* 1 = there is a row, 0 = the end, negative = error. */
int db_next(struct db_rows *rows, struct err *err) MUST_CHECK;
bool db_is_null(struct db_rows *rows, int column);      /* columns count from 0 */
int64_t db_int(struct db_rows *rows, int column);       /* NULL reads 0 */
struct str db_text(struct db_rows *rows, int column);   /* NULL reads {NULL,0} */
struct str db_bytes(struct db_rows *rows, int column);
void db_rows_close(struct db_rows *rows);                /* harmless twice, and on a zeroed struct */
#define DB_ROWS_AUTO __attribute__((cleanup(db_rows_close))) struct db_rows

/* One integer from the first row: 1 = found, 0 = no row (or NULL), negative = error. */
#define db_query_int(db, ret, sql, err, ...) db_query_int_(db, ret, sql, DB_ARGS_(__VA_ARGS__), err)
int db_query_int_(struct db *db, int64_t *ret, const char *sql, const struct db_value *args, size_t count, struct err *err) MUST_CHECK;
/* One text from the first row, copied into the arena: 1, 0, negative as above. */
#define db_query_text(db, arena, ret, sql, err, ...) db_query_text_(db, arena, ret, sql, DB_ARGS_(__VA_ARGS__), err)
int db_query_text_(struct db *db, struct arena *arena, struct str *ret, const char *sql, const struct db_value *args, size_t count, struct err *err) MUST_CHECK;

/* Runs `body` in a write transaction (SQLite BEGIN IMMEDIATE; PostgreSQL SERIALIZABLE) and commits; any negative return rolls back and is
 * passed on. ERR_RETRY (40001, 40P01, SQLITE_BUSY) runs the body again, at most 20 times with a short random pause: so a body changes nothing but the database
 * and what `context` says it may set again. To go on after a failed statement (db_is_unique_violation), run that statement in a nested db_transact:
 * PostgreSQL takes nothing more otherwise. No rows may be open across the begin of a transaction. Called inside a transaction it makes a savepoint instead, and ERR_RETRY goes to the outermost. */
typedef int db_body(struct db *db, void *context, struct err *err);
int db_transact(struct db *db, db_body *body, void *context, struct err *err) MUST_CHECK;

/* A rehearsal: everything until db_rehearsal_end runs in one transaction that is then rolled back, so that a dry run is the real code on the real data and
 * writes nothing. db_transact inside becomes savepoints. */
int db_rehearsal_begin(struct db *db, struct err *err) MUST_CHECK;
void db_rehearsal_end(struct db *db);
bool db_in_rehearsal(const struct db *db);

/* Next ids of a company's table (`name` a literal such as "document"): reserves `count` in a row and returns the first. In a transaction. */
int db_reserve_ids(struct db *db, int64_t company_id, const char *name, int64_t count, int64_t *ret_first, struct err *err) MUST_CHECK;

/* Brings the schema to this program's version (backup of a SQLite file first, beside it, when it was older and not empty). ERR_DATA when the database is of a newer
 * version. *ret_from and *ret_to (may be NULL) tell the versions. */
int db_migrate(struct db *db, int *ret_from, int *ret_to, struct err *err) MUST_CHECK;
/* The version of the schema in the database (0 = empty) and the one of this program. */
int db_schema_version(struct db *db, int *ret_version, struct err *err) MUST_CHECK;
extern const int db_program_schema_version;
/* Engine's own integrity check; each finding calls `on_finding`. */
typedef void db_finding_fn(void *context, struct str finding);
int db_check(struct db *db, db_finding_fn *on_finding, void *context, struct err *err) MUST_CHECK;
/* A consistent copy while others write: SQLite online backup, to a new file with mode 0600 (refuses to overwrite). PostgreSQL: ERR_USAGE that names pg_dump. */
int db_backup(struct db *db, const char *path, struct err *err) MUST_CHECK;
/* For migrations and tests: several statements separated by `;`, no parameters; @int@, @text@, @blob@, @table@ and @rowtable@ are replaced for the
 * engine, as in sql/. */
int db_run_script(struct db *db, const char *sql, struct err *err) MUST_CHECK;
#endif
