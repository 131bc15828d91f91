/* db_int.h: what the files of this module share: the connection, a prepared statement, and the back end, a struct of function pointers
 * that each engine fills. Private to src/db and to its tests.
 *
 * Who does what. db.c owns the life of a connection, the statement cache, transactions and rehearsals. A back end only talks to its
 * library and turns its errors into ours. migrate.c uses db.h and the few engine texts below.
 *
 * Failed statements inside a transaction. PostgreSQL then refuses every further statement until a rollback; SQLite mostly goes on. So code
 * that wants to go on after a failure (db_is_unique_violation) runs the statement in a nested db_transact, which is a savepoint. Both
 * engines behave the same then. A commit of a transaction that the engine has already given up is an error here, never a silent nothing. */
#ifndef DB_DB_INT_H
#define DB_DB_INT_H
#include "db/db.h"

/* A prepared statement; each back end puts its own fields after this one. Lives in the cache until db_close or db_statements_clear. */
struct db_statement {
    const char *sql; /* borrowed for ever: its address is the key */
    struct db *db;
    bool active;     /* its rows are being read */
    bool once;       /* not in the cache: finalized with its rows */
};

struct db {
    const struct db_backend *backend;
    void *handle;                 /* the back end's own */
    char *label;                  /* the database as messages name it: the file, or the URL without its password; owned */
    const struct seal_key *seal_key; /* borrowed; NULL = none */
    bool read_only;
    int busy_timeout_ms;
    struct db_statement **slots;  /* hash table of the statements by the address of their text, open addressing */
    size_t slot_count;            /* a power of two, or 0 */
    size_t statement_count;
    int depth;                    /* 0 = no transaction, 1 = a transaction or a rehearsal, more = savepoints */
    bool rehearsal;
    bool retry_wanted;            /* a race was lost in this transaction: it is run again whatever its body made of the error */
    bool stuck;                   /* a transaction is open that nobody is in: its end failed */
    bool transaction_lost;        /* the engine rolled back by itself: nothing more may run before the end of the transaction */
    bool unique_violation;        /* what the last error was */
};

struct db_backend {
    enum db_engine engine;
    /* Constant texts: the engines differ here. */
    const char *begin_write;
    const char *begin_rehearsal;
    const char *count_tables;         /* one integer: tables in the database (PostgreSQL: in the current schema) */
    const char *count_version_tables; /* one integer: 1 when schema_version exists */
    const char *lock_versions;        /* makes other migrations wait; NULL when begin_write already does */

    /* Opens `url` and sets db->handle and db->label. On failure db_open calls `close` as well. */
    int (*open)(struct db *db, struct str url, const struct db_options *options, struct err *err);
    /* Closes and frees the handle; a NULL handle is harmless. All statements are finalized before. */
    void (*close)(struct db *db);

    int (*prepare)(struct db *db, const char *sql, struct db_statement **ret, struct err *err);
    /* For one run: takes no place that lasts. Its rows do not stand in the way of another one. */
    int (*prepare_once)(struct db *db, const char *sql, struct db_statement **ret, struct err *err);
    void (*finalize)(struct db_statement *statement);
    /* Runs to the end. ret_rows may be NULL. */
    int (*exec)(struct db_statement *statement, const struct db_value *args, size_t count, int64_t *ret_rows, struct err *err);
    /* Runs a query: a failure shows here, in both engines, not at the first `next`. On success the rows are open until `end`. */
    int (*query)(struct db_statement *statement, const struct db_value *args, size_t count, struct err *err);
    int (*next)(struct db_statement *statement, struct err *err);
    bool (*column_is_null)(struct db_statement *statement, int column);
    int64_t (*column_int)(struct db_statement *statement, int column);
    struct str (*column_text)(struct db_statement *statement, int column);
    struct str (*column_bytes)(struct db_statement *statement, int column);
    void (*end)(struct db_statement *statement);

    /* Runs a constant text without parameters and rows, such as SAVEPOINT. */
    int (*command)(struct db *db, const char *sql, struct err *err);
    int (*commit)(struct db *db, struct err *err);
    bool (*rollback)(struct db *db); /* of the whole transaction; harmless when there is none. False when one is open still (memory) */
    int (*script)(struct db *db, const char *sql, struct err *err);
    int (*check)(struct db *db, db_finding_fn *on_finding, void *context, struct err *err);
    int (*backup)(struct db *db, const char *path, struct err *err);
};
extern const struct db_backend db_sqlite_backend, db_postgresql_backend;

/* Forgets all prepared statements: after a change of the schema their plans may be stale. No rows may be open. */
void db_statements_clear(struct db *db);
/* The error that both engines give for a lost race or a lock: ERR_RETRY inside a transaction, otherwise ERR_DATA. */
int db_set_retry(struct db *db, struct err *err);
/* ERR_DATA: "the database %s is locked by another program". */
int db_set_locked(const struct db *db, struct err *err);
/* ERR_INTERNAL: a statement of ours is wrong; `why` is the engine's text. */
int db_set_bad_statement(const char *sql, const char *why, struct err *err);
/* ERR_DATA: a constraint, a trigger or a value out of range; `why` is the engine's text. */
int db_set_refused(const struct db *db, const char *why, struct err *err);
/* ERR_DATA when a text holds a zero byte, which PostgreSQL cannot store: refused in both engines. */
int db_check_text(struct str text, struct err *err) MUST_CHECK;

/* One migration, made by sql/embed.py from sql/list. The engine texts may be NULL; they run after the portable one. */
struct db_migration {
    int version; /* 1, 2, 3… without a hole */
    const char *portable;
    const char *sqlite;
    const char *postgresql;
};
extern const struct db_migration db_migrations[];
extern const int db_migration_count;
/* db_migrate with another list: for tests. */
int db_migrate_with(struct db *db, const struct db_migration *list, int count, int *ret_from, int *ret_to, struct err *err) MUST_CHECK;
/* Gives a connection of SQLite the functions that db.h promises (sqlite_text.c); a result code of SQLite's. */
int db_sqlite_add_functions(void *handle);
/* db_check of a SQLite file (sqlite_check.c). */
int db_sqlite_check(struct db *db, db_finding_fn *on_finding, void *context, struct err *err) MUST_CHECK;
/* Whether SQLite would find a file of this name, empty or not. */
bool db_sqlite_file_exists(const char *path);
/* Appends `sql` with @int@, @text@, @blob@, @table@ and @rowtable@ replaced for the engine. */
void db_expand_tokens(struct buf *out, enum db_engine engine, const char *sql);
#endif
