/* sqlite_check.c: db_check of a SQLite file: whether its structure is whole, each row points to what there is, each page is as it was written, and no table,
 * index or trigger of ours has gone. What the rows say is for report/check.c and the journal. */
#include "base/text.h"
#include "db/db_int.h"
#include "db/pages_int.h"

#include <string.h>

enum { DAMAGED_PAGES_SHOWN = 100 }; /* SQLite's own check stops at as many */

/* ---- structure and pages ---- */

static int check_references(struct db *db, db_finding_fn *on_finding, void *context, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int r = db_query(db, &rows,
        "SELECT \"table\" || ', row ' || coalesce(rowid, '?') || ': points to a missing row of ' || parent FROM pragma_foreign_key_check", err);
    while (r >= 0 && (r = db_next(&rows, err)) > 0)
        on_finding(context, db_text(&rows, 0));
    return r;
}

/* SQLite's own check tells of a page that it had no memory for as of one that cannot be read; and a text that it had none for is not there. */
static bool is_about_memory(struct str finding)
{
    static const char words[] = "error code=";
    if (finding.p == NULL)
        return true;
    const char *p = finding.p, *end = finding.p + finding.n;
    while ((p = memmem(p, (size_t)(end - p), words, sizeof words - 1)) != NULL) {
        int code = 0;
        for (p += sizeof words - 1; p < end && *p >= '0' && *p <= '9' && code <= SQLITE_IOERR_NOMEM; p++)
            code = 10 * code + (*p - '0');
        if (code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
            return true;
    }
    return false;
}

/* Reads every page that is in use. */
static int check_structure(struct db *db, db_finding_fn *on_finding, void *context, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int r = db_query(db, &rows, "SELECT integrity_check FROM pragma_integrity_check", err);
    while (r >= 0 && (r = db_next(&rows, err)) > 0) {
        struct str finding = db_text(&rows, 0);
        if (is_about_memory(finding))
            return err_memory(err);
        if (!str_equal(finding, STR("ok")))
            on_finding(context, finding);
    }
    return r;
}

static int tell_damaged(uint32_t page, struct str table, db_finding_fn *on_finding, void *context, struct err *err)
{
    char name[ERR_ARG_SIZE];
    BUF_AUTO text = {0};
    const char *args[] = {ERR_INT(page), err_str(table, name)};
    message_format(&text, text_translate(N_("page %s of the file (table %s) is not as Liaison wrote it: the disk or another program changed it")), args, 2);
    if (buf_failed(&text))
        return err_memory(err);
    on_finding(context, buf_str(&text));
    return OK;
}

/* The pages that did not bear their checksum when check_structure, or anything before it, read them, with the table or index that each is of; "?" when
 * SQLite cannot tell any more. */
static int check_pages(struct db *db, db_finding_fn *on_finding, void *context, struct err *err)
{
    uint32_t pages[DAMAGED_PAGES_SHOWN];
    bool told[DAMAGED_PAGES_SHOWN] = {false};
    struct err ignored = {0};
    DB_ROWS_AUTO rows = {0};
    int result = OK;
    size_t all = pages_damaged(db->handle, pages, DAMAGED_PAGES_SHOWN), count = all < DAMAGED_PAGES_SHOWN ? all : DAMAGED_PAGES_SHOWN;
    int r = all > 0 ? db_query(db, &rows, "SELECT pageno, name FROM dbstat", &ignored) : 0;
    while (all > 0 && r >= 0 && (r = db_next(&rows, &ignored)) > 0)
        for (size_t i = 0; i < count && result == OK; i++)
            if (!told[i] && db_int(&rows, 0) == pages[i]) {
                result = tell_damaged(pages[i], db_text(&rows, 1), on_finding, context, err);
                told[i] = true;
            }
    if (r < 0 && err_is_memory(&ignored))
        result = err_memory(err);
    for (size_t i = 0; i < count && result == OK; i++)
        if (!told[i])
            result = tell_damaged(pages[i], STR("?"), on_finding, context, err);
    return result;
}

/* ---- what the database refuses: its tables, indexes and triggers ---- */

/* An empty database in memory, brought to the version of the one that is checked. */
static int make_model(int version, sqlite3 **ret, struct err *err)
{
    BUF_AUTO sql = {0};
    sqlite3 *model = NULL;
    for (int i = 0; i < db_migration_count && db_migrations[i].version <= version; i++) {
        db_expand_tokens(&sql, DB_SQLITE, db_migrations[i].portable);
        if (db_migrations[i].sqlite)
            db_expand_tokens(&sql, DB_SQLITE, db_migrations[i].sqlite);
    }
    buf_append_char(&sql, '\n');
    int rc = buf_failed(&sql) ? SQLITE_NOMEM : sqlite3_open_v2(":memory:", &model, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(model, sql.p, NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        *ret = model;
        return OK;
    }
    int r = rc == SQLITE_NOMEM ? err_memory(err) : db_set_bad_statement("the migrations", sqlite3_errstr(rc), err);
    sqlite3_close(model);
    return r;
}

/* A table may have been made by an older text of the same migration, with other comments in it: there, only that it exists is asked. */
static int compare_object(struct db *db, struct str type, struct str name, struct str sql, db_finding_fn *on_finding, void *context, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    const char *finding = NULL;
    int r = db_query(db, &rows, "SELECT sql FROM sqlite_schema WHERE type = $1 AND name = $2", err, DB_STR(type), DB_STR(name));
    if (r >= 0)
        r = db_next(&rows, err);
    if (r < 0)
        return r;
    if (r == 0)
        finding = N_("the database has lost its %s %s");
    else if (!str_equal(type, STR("table")) && !str_equal(db_text(&rows, 0), sql))
        finding = N_("the %s %s of the database is not as Liaison made it");
    if (!finding)
        return OK;
    char type_text[ERR_ARG_SIZE], name_text[ERR_ARG_SIZE];
    BUF_AUTO text = {0};
    message_format(&text, text_translate(finding), (const char *const[]){err_str(type, type_text), err_str(name, name_text)}, 2);
    if (buf_failed(&text))
        return err_memory(err);
    on_finding(context, buf_str(&text));
    return OK;
}

static struct str column_str(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return str_from(text ? text : "");
}

static int check_schema(struct db *db, db_finding_fn *on_finding, void *context, struct err *err)
{
    static const char objects_sql[] = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name";
    int version = 0;
    sqlite3 *model = NULL;
    sqlite3_stmt *stmt = NULL;
    int r = db_schema_version(db, &version, err);
    if (r < 0 || version == 0)
        return r;
    r = make_model(version, &model, err);
    if (r < 0)
        return r;
    int rc = sqlite3_prepare_v2(model, objects_sql, -1, &stmt, NULL);
    while (rc == SQLITE_OK && r >= 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        r = compare_object(db, column_str(stmt, 0), column_str(stmt, 1), column_str(stmt, 2), on_finding, context, err);
        rc = SQLITE_OK;
    }
    if (r >= 0 && rc != SQLITE_DONE)
        r = rc == SQLITE_NOMEM ? err_memory(err) : db_set_bad_statement(objects_sql, sqlite3_errstr(rc), err);
    sqlite3_finalize(stmt);
    sqlite3_close(model);
    return r;
}

int db_sqlite_check(struct db *db, db_finding_fn *on_finding, void *context, struct err *err)
{
    int r = check_structure(db, on_finding, context, err);
    if (r >= 0)
        r = check_references(db, on_finding, context, err);
    if (r >= 0)
        r = check_schema(db, on_finding, context, err);
    /* Even when SQLite has given up: they tell why. */
    int told = check_pages(db, on_finding, context, err);
    return told < 0 ? told : r;
}
