/* sqlite.c: the embedded engine behind db_int.h; pages.c puts checksums under it, sqlite_check.c looks for damage, sqlite_text.c has its functions.
 *
 * The settings and their reasons: WAL, so that readers never wait for the one writer; synchronous=FULL, since money that was reported as
 * written must survive a power cut; cache and mmap small, since the whole program stays under 96 MiB; no trust in the schema of a file that
 * somebody else may have made; double quotes are names only and LIKE tells case apart, as in PostgreSQL. */
#include "db/db_int.h"

#include "base/mem.h"
#include "base/text.h"
#include "db/pages_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sqlite_statement {
    struct db_statement base;
    sqlite3_stmt *stmt;
    size_t parameter_count;
    bool row_pending;  /* query has already stepped to the first row */
    bool at_end;
    int position[];    /* SQLite's own number of our $1, $2… (it counts by first appearance) */
};

static const char session_settings[] =
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA case_sensitive_like = ON;"
    "PRAGMA cache_size = -16384;"
    "PRAGMA wal_autocheckpoint = 4000;"       /* 16 MiB: bulk work writes each page back less often */
    "PRAGMA journal_size_limit = 67108864;";  /* the WAL gives its place on the disk back */

static struct sqlite_statement *of(struct db_statement *statement)
{
    return (struct sqlite_statement *)statement;
}

/* ---- errors ---- */

static int set_file_error(int rc, const char *label, const char *why, struct err *err)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return err_set(err, ERR_DATA,
            N_("no room left for the database %s: nothing of this step was written; free space on the disk, then try again"), label);
    case SQLITE_READONLY:
        return err_set(err, ERR_DATA,
            N_("the database %s cannot be written (%s): it was opened for reading only, or the file or its folder is not yours to write"),
            label, why);
    case SQLITE_CORRUPT:
        return err_set(err, ERR_DATA,
            N_("the database %s is damaged (%s): stop using it, keep a copy, and go back to the last backup"), label, why);
    case SQLITE_NOTADB:
        return err_set(err, ERR_DATA, N_("the file %s is not a database: check its name, or make a new one with liaison init"), label);
    case SQLITE_CANTOPEN:
        return err_set(err, ERR_DATA,
            N_("the database %s cannot be opened (%s): check that the file and its folder exist and may be read and written"), label, why);
    default:
        return err_set(err, ERR_DATA,
            N_("reading or writing the database %s failed (%s): check the disk and the mounted folders, then try again"), label, why);
    }
}

static bool is_unique(int rc)
{
    return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID;
}

/* Turns a result code into our error. `sql` is named only when the statement itself is wrong. */
static int set_sqlite_error(struct db *db, int rc, const char *sql, struct err *err)
{
    const char *why = sqlite3_errmsg(db->handle);
    db->unique_violation = is_unique(rc);
    /* A full disk and some others roll the whole transaction back by themselves. */
    if (db->depth > 0 && sqlite3_get_autocommit(db->handle))
        db->transaction_lost = true;
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return db_set_retry(db, err);
    case SQLITE_NOMEM:
        return err_memory(err);
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return db_set_refused(db, why, err);
    case SQLITE_INTERRUPT:
        return err_set(err, ERR_CANCELLED, N_("interrupted: nothing of this step was written"));
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
        return set_file_error(rc, db->label, why, err);
    case SQLITE_IOERR:
        return rc == SQLITE_IOERR_NOMEM ? err_memory(err) : set_file_error(rc, db->label, why, err);
    default:
        /* SQLite has no code of its own for a sum beyond 64 bits; PostgreSQL calls it bad data. */
        if (strcmp(why, "integer overflow") == 0)
            return db_set_refused(db, why, err);
        return db_set_bad_statement(sql, why, err);
    }
}

/* ---- opening ---- */

/* The path as SQLite shall take it: its special names (":memory:", "") stand for files here. Owned by the caller. */
static char *path_new(struct str path)
{
    const char *prefix = path.p[0] == ':' ? "./" : "";
    size_t prefix_size = strlen(prefix);
    char *copy = mem_alloc(prefix_size + path.n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, prefix, prefix_size);
    memcpy(copy + prefix_size, path.p, path.n);
    copy[prefix_size + path.n] = '\0';
    return copy;
}

/* SQLite's default VFS when it is not the system's: a disk of its own, whose files the calls of the system do not see (tests put one in memory there).
 * NULL on a real disk. */
static sqlite3_vfs *own_disk(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    return vfs && strncmp(vfs->zName, "unix", strlen("unix")) != 0 ? vfs : NULL;
}

bool db_sqlite_file_exists(const char *path)
{
    sqlite3_vfs *disk = own_disk();
    int exists = 0;
    if (!disk)
        return access(path, F_OK) == 0;
    return disk->xAccess(disk, path, SQLITE_ACCESS_READWRITE, &exists) == SQLITE_OK && exists;
}

static void remove_file(const char *path)
{
    sqlite3_vfs *disk = own_disk();
    if (disk)
        (void)disk->xDelete(disk, path, 0);
    else
        unlink(path);
}

/* On a disk of its own, the file is made when it is opened. */
static int open_flags(bool read_only)
{
    int access_flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | (own_disk() ? SQLITE_OPEN_CREATE : 0);
    return access_flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
}

/* Says by errno why a file could not be made. */
static int refuse_new_file(const char *path, struct err *err)
{
    if (errno == EEXIST)
        return err_set(err, ERR_DATA, N_("the file %s exists already: choose another name"), path);
    if (errno == ENOENT)
        return err_set(err, ERR_DATA, N_("the file %s cannot be made: its folder does not exist; make it first, or choose another name"), path);
    return err_set(err, ERR_DATA, N_("the file %s cannot be made (%s): choose another folder, or give yourself the right to write there"),
        path, text_of_errno(errno));
}

static int create_file(const char *path, struct err *err)
{
    if (own_disk()) {
        if (!db_sqlite_file_exists(path))
            return OK;
        return err_set(err, ERR_DATA, N_("the file %s exists already: choose another name"), path);
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse_new_file(path, err);
    close(fd);
    return OK;
}

/* Says what is wrong with the path in words that SQLite does not have. */
static int find_file(const char *path, bool *ret_exists, struct err *err)
{
    struct stat status;
    if (own_disk()) {
        *ret_exists = db_sqlite_file_exists(path);
        return OK;
    }
    *ret_exists = stat(path, &status) == 0;
    if (!*ret_exists && errno != ENOENT)
        return err_set(err, ERR_DATA, N_("the database %s cannot be reached (%s): check the path and the rights of its folders"), path,
            text_of_errno(errno));
    if (*ret_exists && S_ISDIR(status.st_mode))
        return err_set(err, ERR_DATA, N_("%s is a folder, not a database: name a file in it, for example sqlite:%s/books.db"), path, path);
    if (*ret_exists && !S_ISREG(status.st_mode))
        return err_set(err, ERR_DATA, N_("%s is not a plain file, so it is not a database: check the address of the database"), path);
    return OK;
}

/* Makes the file when it is absent and may be made. */
static int check_path(const char *path, const struct db_options *options, bool *ret_created, struct err *err)
{
    bool exists;
    *ret_created = false;
    int r = find_file(path, &exists, err);
    if (r < 0 || exists)
        return r;
    if (!options->create || options->read_only)
        return err_set(err, ERR_DATA, N_("there is no database %s: check its name, or make it with liaison init"), path);
    r = create_file(path, err);
    *ret_created = r == OK;
    return r;
}

/* Switches the file to WAL when it is new or ours. A file of another program is left as it is (its first statement of ours will fail). */
static int settle_journal(struct db *db, struct err *err)
{
    static const char count_sql[] = "SELECT count(*), coalesce(sum(name = 'schema_version'), 0) FROM sqlite_schema WHERE type = 'table'";
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, count_sql, -1, &stmt, NULL);
    bool ours = false;
    if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        ours = sqlite3_column_int(stmt, 0) == 0 || sqlite3_column_int(stmt, 1) > 0;
    rc = rc == SQLITE_OK ? sqlite3_finalize(stmt) : rc;
    if (rc == SQLITE_OK && ours && !db->read_only)
        rc = sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : set_sqlite_error(db, rc, count_sql, err);
}

static int configure(struct db *db, struct err *err)
{
    sqlite3 *handle = db->handle;
    sqlite3_busy_timeout(handle, db->busy_timeout_ms);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    int rc = sqlite3_exec(handle, session_settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = db_sqlite_add_functions(handle);
    return rc == SQLITE_OK ? settle_journal(db, err) : set_sqlite_error(db, rc, session_settings, err);
}

/* SQLite's own memory statistics take a lock at every allocation, and nobody reads them. Nor are pages allocated in bulk: each small table that a statement
 * needs for itself would begin with room for twenty. */
static void library_configure(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

static int sqlite_open(struct db *db, struct str url, const struct db_options *options, struct err *err)
{
    struct str path = {url.p + sizeof "sqlite:" - 1, url.n - (sizeof "sqlite:" - 1)};
    if (path.n == 0)
        return err_set(err, ERR_USAGE, N_("the address of the database names no file: write sqlite:FILE, for example sqlite:books.db"));
    db->label = path_new(path);
    if (!db->label)
        return err_memory(err);
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    pthread_once(&configured, library_configure);
    bool created = false;
    int r = check_path(db->label, options, &created, err);
    if (r < 0)
        return r;
    sqlite3 *handle = NULL;
    int rc = pages_vfs() ? sqlite3_open_v2(db->label, &handle, open_flags(options->read_only), pages_vfs()) : SQLITE_NOMEM;
    db->handle = handle;
    if (rc == SQLITE_OK)
        pages_reserve(handle);
    if (rc != SQLITE_OK)
        r = handle ? set_sqlite_error(db, rc, "open", err) : err_memory(err);
    /* SQLite quietly falls back to reading when it may not write. */
    else if (!options->read_only && sqlite3_db_readonly(handle, "main") == 1)
        r = set_file_error(SQLITE_READONLY, db->label, text_of_errno(EACCES), err);
    else
        r = configure(db, err);
    if (r < 0 && created)
        remove_file(db->label);
    return r;
}

static void sqlite_close(struct db *db)
{
    sqlite3_close(db->handle);
}

/* ---- statements ---- */

/* Finds out where SQLite put our $1, $2… False when the parameters are named otherwise. */
static bool map_parameters(sqlite3_stmt *stmt, int *position, size_t count)
{
    memset(position, 0, count * sizeof *position);
    for (int i = 1; i <= (int)count; i++) {
        const char *name = sqlite3_bind_parameter_name(stmt, i);
        int64_t number;
        if (!name || name[0] != '$' || !str_parse_u63(str_from(name + 1), &number) || number < 1 || number > (int64_t)count ||
            position[number - 1])
            return false;
        position[number - 1] = i;
    }
    return true;
}

static int prepare(struct db *db, const char *sql, unsigned flags, struct db_statement **ret, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    int rc = sqlite3_prepare_v3(db->handle, sql, -1, flags, &stmt, &tail);
    if (rc != SQLITE_OK)
        return set_sqlite_error(db, rc, sql, err);
    int r;
    struct sqlite_statement *statement = NULL;
    if (!stmt || str_trim(str_from(tail)).n > 0) {
        r = db_set_bad_statement(sql, "not exactly one statement", err);
        goto fail;
    }
    size_t count = (size_t)sqlite3_bind_parameter_count(stmt);
    statement = mem_alloc_zero(1, sizeof *statement + count * sizeof statement->position[0]);
    if (!statement) {
        r = err_memory(err);
        goto fail;
    }
    statement->stmt = stmt;
    statement->parameter_count = count;
    if (!map_parameters(stmt, statement->position, count)) {
        r = db_set_bad_statement(sql, "parameters are not $1 to $n", err);
        goto fail;
    }
    *ret = &statement->base;
    return OK;
fail:
    sqlite3_finalize(stmt);
    mem_free(statement);
    return r;
}

static int sqlite_prepare(struct db *db, const char *sql, struct db_statement **ret, struct err *err)
{
    return prepare(db, sql, SQLITE_PREPARE_PERSISTENT, ret, err);
}

static int sqlite_prepare_once(struct db *db, const char *sql, struct db_statement **ret, struct err *err)
{
    return prepare(db, sql, 0, ret, err);
}

static void sqlite_finalize(struct db_statement *base)
{
    sqlite3_finalize(of(base)->stmt);
    mem_free(base);
}

static int bind_value(sqlite3_stmt *stmt, int position, const struct db_value *value, sqlite3_destructor_type lifetime, struct err *err)
{
    switch (value->type) {
    case DB_NULL:
        return sqlite3_bind_null(stmt, position);
    case DB_INTEGER:
        return sqlite3_bind_int64(stmt, position, value->i);
    case DB_TEXT:
        if (db_check_text(value->s, err) < 0)
            return -1;
        return sqlite3_bind_text64(stmt, position, value->s.p, value->s.n, lifetime, SQLITE_UTF8);
    case DB_BYTES:
        return sqlite3_bind_blob64(stmt, position, value->s.p, value->s.n, lifetime);
    }
    return SQLITE_MISUSE;
}

static int bind_all(struct sqlite_statement *statement, const struct db_value *args, size_t count, sqlite3_destructor_type lifetime,
    struct err *err)
{
    if (count != statement->parameter_count)
        return db_set_bad_statement(statement->base.sql, "wrong number of values", err);
    for (size_t i = 0; i < count; i++) {
        int rc = bind_value(statement->stmt, statement->position[i], &args[i], lifetime, err);
        if (rc < 0)
            return ERR_DATA;
        if (rc != SQLITE_OK)
            return set_sqlite_error(statement->base.db, rc, statement->base.sql, err);
    }
    return OK;
}

static int sqlite_exec(struct db_statement *base, const struct db_value *args, size_t count, int64_t *ret_rows, struct err *err)
{
    struct sqlite_statement *statement = of(base);
    int r = bind_all(statement, args, count, SQLITE_STATIC, err);
    if (r < 0)
        return r;
    int rc;
    while ((rc = sqlite3_step(statement->stmt)) == SQLITE_ROW)
        continue;
    if (rc != SQLITE_DONE)
        r = set_sqlite_error(base->db, rc, base->sql, err);
    else if (ret_rows)
        *ret_rows = sqlite3_stmt_readonly(statement->stmt) ? 0 : sqlite3_changes64(base->db->handle);
    sqlite3_reset(statement->stmt);
    return r;
}

/* 1, 0, or an error; after the end SQLite would begin anew. */
static int step_row(struct sqlite_statement *statement, struct err *err)
{
    if (statement->at_end)
        return 0;
    int rc = sqlite3_step(statement->stmt);
    if (rc == SQLITE_ROW)
        return 1;
    statement->at_end = true;
    return rc == SQLITE_DONE ? 0 : set_sqlite_error(statement->base.db, rc, statement->base.sql, err);
}

static int sqlite_query(struct db_statement *base, const struct db_value *args, size_t count, struct err *err)
{
    struct sqlite_statement *statement = of(base);
    int r = bind_all(statement, args, count, SQLITE_TRANSIENT, err);
    if (r < 0)
        return r;
    statement->at_end = false;
    r = step_row(statement, err);
    statement->row_pending = r > 0;
    if (r < 0)
        sqlite3_reset(statement->stmt);
    return r < 0 ? r : OK;
}

static int sqlite_next(struct db_statement *base, struct err *err)
{
    struct sqlite_statement *statement = of(base);
    if (statement->row_pending) {
        statement->row_pending = false;
        return 1;
    }
    return step_row(statement, err);
}

static bool sqlite_column_is_null(struct db_statement *base, int column)
{
    return sqlite3_column_type(of(base)->stmt, column) == SQLITE_NULL;
}

static int64_t sqlite_column_int(struct db_statement *base, int column)
{
    return sqlite3_column_int64(of(base)->stmt, column);
}

static struct str sqlite_column_text(struct db_statement *base, int column)
{
    sqlite3_stmt *stmt = of(base)->stmt;
    const char *p = (const char *)sqlite3_column_text(stmt, column);
    return p ? (struct str){p, (size_t)sqlite3_column_bytes(stmt, column)} : STR_NULL;
}

static struct str sqlite_column_bytes(struct db_statement *base, int column)
{
    sqlite3_stmt *stmt = of(base)->stmt;
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
        return STR_NULL;
    /* SQLite gives NULL for empty bytes; here that would mean absent. */
    const char *p = sqlite3_column_blob(stmt, column);
    return p ? (struct str){p, (size_t)sqlite3_column_bytes(stmt, column)} : STR("");
}

static void sqlite_end(struct db_statement *base)
{
    sqlite3_reset(of(base)->stmt);
    /* What was copied for the query is not kept until the next one. */
    sqlite3_clear_bindings(of(base)->stmt);
}

/* ---- transactions and scripts ---- */

static int sqlite_command(struct db *db, const char *sql, struct err *err)
{
    return db_exec_(db, sql, NULL, 0, NULL, err);
}

static int sqlite_commit(struct db *db, struct err *err)
{
    return sqlite_command(db, "COMMIT", err);
}

static bool sqlite_rollback(struct db *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return sqlite3_get_autocommit(db->handle);
}

static int sqlite_script(struct db *db, const char *sql, struct err *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : set_sqlite_error(db, rc, sql, err);
}

/* ---- backup ---- */

/* Makes the name of a new file as safe as its content. A file system that cannot do this for a folder is no reason to fail. */
static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + 1 : 1;
    if (n >= sizeof folder)
        return;
    memcpy(folder, slash ? path : ".", n);
    folder[n] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* One step copies all pages from one snapshot: others may write meanwhile, and the copy never begins anew. */
static int copy_into(struct db *db, sqlite3 *target, const char *path, struct err *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", db->handle, "main");
    int rc = backup ? sqlite3_backup_step(backup, -1) : sqlite3_errcode(target);
    if (backup) {
        int finished = sqlite3_backup_finish(backup);
        rc = rc == SQLITE_DONE ? finished : rc;
    }
    switch (rc & 0xff) {
    case SQLITE_OK:
        return OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return db_set_locked(db, err);
    case SQLITE_NOMEM:
        return err_memory(err);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return set_file_error(rc, db->label, sqlite3_errstr(rc), err);
    default:
        return set_file_error(rc, path, sqlite3_errstr(rc), err);
    }
}

/* A file beside the one that shall be, which must not be there. Owned by the caller. */
static int draft_new(const char *path, char **ret, struct err *err)
{
    static const char ending[] = ".XXXXXX";
    size_t length = strlen(path);
    MEM_AUTO char *draft = mem_alloc(length + sizeof ending);
    if (!draft)
        return err_memory(err);
    memcpy(draft, path, length);
    memcpy(draft + length, ending, sizeof ending);
    errno = EEXIST;
    int fd = db_sqlite_file_exists(path) ? -1 : mkostemp(draft, O_CLOEXEC);
    if (fd < 0)
        return refuse_new_file(path, err);
    close(fd);
    *ret = draft;
    draft = NULL;
    return OK;
}

/* Never over another file; not every file system can promise that, and there the look before has to do. */
static int draft_settle(const char *draft, const char *path, struct err *err)
{
    int failed = renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE);
    if (failed && (errno == EINVAL || errno == ENOSYS) && !db_sqlite_file_exists(path))
        failed = rename(draft, path);
    if (failed)
        return refuse_new_file(path, err);
    sync_folder_of(path);
    return OK;
}

/* Copies into `file`, which is there and empty; messages name `path`. */
static int copy_to(struct db *db, const char *file, const char *path, struct err *err)
{
    sqlite3 *target = NULL;
    int r;
    int rc = sqlite3_open_v2(file, &target, open_flags(false), pages_vfs());
    if (rc == SQLITE_OK)
        pages_follow(target, db->handle);
    /* A new file has nothing to go back to; a journal beside it that a power cut brought back would undo the copy. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(target, "PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        r = (rc & 0xff) == SQLITE_NOMEM ? err_memory(err) : set_file_error(rc, path, sqlite3_errstr(rc), err);
    else
        r = copy_into(db, target, path, err);
    rc = sqlite3_close(target);
    if (r == OK && rc != SQLITE_OK)
        r = set_file_error(rc, path, sqlite3_errstr(rc), err);
    return r;
}

/* The copy takes its name when it is whole: what has the name is a backup, whatever died before. (A disk of its own cannot rename.) */
static int sqlite_backup(struct db *db, const char *path, struct err *err)
{
    MEM_AUTO char *draft = NULL;
    int r = own_disk() ? create_file(path, err) : draft_new(path, &draft, err);
    if (r < 0)
        return r;
    const char *file = draft ? draft : path;
    r = copy_to(db, file, path, err);
    if (r == OK && draft)
        r = draft_settle(draft, path, err);
    if (r < 0)
        remove_file(file);
    return r;
}

const struct db_backend db_sqlite_backend = {
    .engine = DB_SQLITE,
    .begin_write = "BEGIN IMMEDIATE",
    .begin_rehearsal = "BEGIN IMMEDIATE",
    .count_tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    .count_version_tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'",
    .lock_versions = NULL,
    .open = sqlite_open,
    .close = sqlite_close,
    .prepare = sqlite_prepare,
    .prepare_once = sqlite_prepare_once,
    .finalize = sqlite_finalize,
    .exec = sqlite_exec,
    .query = sqlite_query,
    .next = sqlite_next,
    .column_is_null = sqlite_column_is_null,
    .column_int = sqlite_column_int,
    .column_text = sqlite_column_text,
    .column_bytes = sqlite_column_bytes,
    .end = sqlite_end,
    .command = sqlite_command,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .script = sqlite_script,
    .check = db_sqlite_check,
    .backup = sqlite_backup,
};
