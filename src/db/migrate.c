/* migrate.c: brings the schema of a database to the version of this program, each migration in one transaction with the note that it ran.
 * The texts stand in sql/ and are put into the program by sql/embed.py. */
#include "db/db_int.h"

#include <string.h>

static const char version_table[] =
    "CREATE TABLE IF NOT EXISTS schema_version (version @int@ NOT NULL PRIMARY KEY, applied_at @int@ NOT NULL) @rowtable@";

/* How each engine says the same. The table words stand after the closing parenthesis of CREATE TABLE. */
static const struct {
    const char *token, *sqlite, *postgresql;
} tokens[] = {
    {"@int@", "INTEGER", "BIGINT"},
    {"@text@", "TEXT", "TEXT COLLATE \"C\""},
    {"@blob@", "BLOB", "BYTEA"},
    {"@table@", "STRICT, WITHOUT ROWID", ""},
    {"@rowtable@", "STRICT", ""},
};
enum { TOKEN_COUNT = sizeof tokens / sizeof tokens[0], BACKUPS_MAX = 99 };

void db_expand_tokens(struct buf *out, enum db_engine engine, const char *sql)
{
    while (*sql) {
        size_t plain = strcspn(sql, "@");
        buf_append(out, (struct str){sql, plain});
        sql += plain;
        if (!*sql)
            break;
        size_t i = 0;
        while (i < TOKEN_COUNT && strncmp(sql, tokens[i].token, strlen(tokens[i].token)) != 0)
            i++;
        if (i == TOKEN_COUNT) {
            buf_append_char(out, *sql++);
        } else {
            buf_append_z(out, engine == DB_SQLITE ? tokens[i].sqlite : tokens[i].postgresql);
            sql += strlen(tokens[i].token);
        }
    }
}

static int read_version(struct db *db, int *ret, struct err *err)
{
    int64_t version;
    int r = db_query_int(db, &version, "SELECT max(version) FROM schema_version", err);
    if (r < 0)
        return r;
    *ret = r > 0 ? (int)version : 0;
    return OK;
}

int db_schema_version(struct db *db, int *ret_version, struct err *err)
{
    int64_t tables;
    int r = db_query_int(db, &tables, db->backend->count_version_tables, err);
    if (r < 0)
        return r;
    if (r > 0 && tables > 0)
        return read_version(db, ret_version, err);
    *ret_version = 0;
    return OK;
}

static int run_version_table(struct db *db, void *context, struct err *err)
{
    (void)context;
    return db_run_script(db, version_table, err);
}

/* A failure that leaves the table there is none: on PostgreSQL two programs may make it at the same moment, in spite of IF NOT EXISTS. */
static int create_version_table(struct db *db, struct err *err)
{
    int r = db_transact(db, run_version_table, NULL, err);
    if (r >= 0)
        return r;
    int64_t tables = 0;
    struct err ignored = {0};
    if (db_query_int(db, &tables, db->backend->count_version_tables, &ignored) < 0 || tables == 0)
        return r;
    err_clear(err);
    return OK;
}

/* Body of one migration. Another program may have run it since we looked. */
static int run_migration(struct db *db, void *context, struct err *err)
{
    const struct db_migration *migration = context;
    int version = 0;
    int r = db->backend->lock_versions ? db_run_script(db, db->backend->lock_versions, err) : OK;
    if (r >= 0)
        r = read_version(db, &version, err);
    if (r < 0 || version >= migration->version)
        return r;
    r = db_run_script(db, migration->portable, err);
    const char *own = db->backend->engine == DB_SQLITE ? migration->sqlite : migration->postgresql;
    if (r >= 0 && own)
        r = db_run_script(db, own, err);
    if (r < 0)
        return r;
    return db_exec(db, "INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)", err, DB_INT(migration->version),
        DB_INT(system_clock.now_utc(system_clock.context)));
}

/* FILE.before-vN beside the file; FILE.before-vN.2 and so on when an earlier attempt left one, which is never overwritten. */
static int backup_before(struct db *db, int version, struct err *err)
{
    BUF_AUTO path = {0};
    for (int number = 1; number <= BACKUPS_MAX; number++) {
        buf_reset(&path);
        buf_printf(&path, "%s.before-v%d", db->label, version);
        if (number > 1)
            buf_printf(&path, ".%d", number);
        if (buf_failed(&path))
            return err_memory(err);
        if (db_sqlite_file_exists(path.p))
            continue;
        int r = db_backup(db, path.p, err);
        if (r == OK || !db_sqlite_file_exists(path.p))
            return r;
        err_clear(err); /* another program that starts now took the name first */
    }
    return err_set(err, ERR_DATA, N_("there are already %s backups such as %s: delete those that you no longer need"),
        ERR_INT(BACKUPS_MAX), path.p);
}

/* Refuses what must not be touched: a newer schema, and the tables of another program. */
static int check_before(struct db *db, int from, int to, struct err *err)
{
    if (from > to)
        return err_set(err, ERR_DATA, N_("database is of version %s, this program knows %s: install a newer Liaison"), ERR_INT(from),
            ERR_INT(to));
    if (from > 0)
        return OK;
    int64_t tables = 0, version_tables = 0;
    int r = db_query_int(db, &tables, db->backend->count_tables, err);
    if (r >= 0)
        r = db_query_int(db, &version_tables, db->backend->count_version_tables, err);
    if (r < 0)
        return r;
    if (tables > version_tables)
        return err_set(err, ERR_DATA, N_("the database %s holds tables of another program: choose one that is empty"), db->label);
    return OK;
}

int db_migrate_with(struct db *db, const struct db_migration *list, int count, int *ret_from, int *ret_to, struct err *err)
{
    int from = 0;
    int to = count > 0 ? list[count - 1].version : 0;
    int r = db_schema_version(db, &from, err);
    if (r >= 0)
        r = check_before(db, from, to, err);
    if (r >= 0 && from > 0 && from < to && db->backend->engine == DB_SQLITE)
        r = backup_before(db, to, err);
    if (r >= 0 && from < to)
        r = create_version_table(db, err);
    for (int i = from; r >= 0 && i < count; i++) {
        struct db_migration migration = list[i];
        r = db_transact(db, run_migration, &migration, err);
    }
    db_statements_clear(db);
    if (r < 0)
        return r;
    if (ret_from)
        *ret_from = from;
    if (ret_to)
        *ret_to = to;
    return OK;
}

int db_migrate(struct db *db, int *ret_from, int *ret_to, struct err *err)
{
    return db_migrate_with(db, db_migrations, db_migration_count, ret_from, ret_to, err);
}
