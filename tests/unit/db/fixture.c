/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum db_engine engine_under_test = DB_SQLITE;

static const char *server_url(void)
{
    const char *url = getenv("LIAISON_TEST_PG");
    if (!url || !*url)
        fail_msg("LIAISON_TEST_PG is not set: run the tests through scripts/with-postgresql.sh");
    return url;
}

static void run_on_server(const char *before, const char *schema, const char *after)
{
    struct db *server = NULL;
    struct err err = {0};
    struct db_options options = {0};
    char sql[128];
    assert_ok(db_open(&server, str_from(server_url()), &options, &err), &err);
    snprintf(sql, sizeof sql, "%s%s%s", before, schema, after);
    must_run(server, sql);
    db_close(server);
}

static void setup_sqlite(struct fixture *fixture)
{
    const char *base = getenv("TMPDIR");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/liaison-db.XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/books.db", fixture->folder);
    snprintf(fixture->url, sizeof fixture->url, "sqlite:%s", fixture->path);
}

static void setup_postgresql(struct fixture *fixture)
{
    static int number;
    snprintf(fixture->schema, sizeof fixture->schema, "test_%ld_%d", (long)getpid(), ++number);
    run_on_server("CREATE SCHEMA ", fixture->schema, "");
    snprintf(fixture->url, sizeof fixture->url, "%s?options=-csearch_path%%3D%s", server_url(), fixture->schema);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    *state = fixture;
    if (engine_under_test == DB_SQLITE)
        setup_sqlite(fixture);
    else
        setup_postgresql(fixture);
    fixture->db = fixture_open(fixture, 0);
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    db_close(fixture->db);
    if (engine_under_test == DB_SQLITE)
        remove_folder(fixture->folder);
    else
        run_on_server("DROP SCHEMA ", fixture->schema, " CASCADE");
    free(fixture);
    return 0;
}

struct db *fixture_open(const struct fixture *fixture, int busy_timeout_ms)
{
    struct db *db = NULL;
    struct err err = {0};
    struct db_options options = {.create = true, .busy_timeout_ms = busy_timeout_ms};
    assert_ok(db_open(&db, str_from(fixture->url), &options, &err), &err);
    return db;
}

void must_run(struct db *db, const char *script)
{
    struct err err = {0};
    assert_ok(db_run_script(db, script, &err), &err);
}

int64_t must_int(struct db *db, const char *sql)
{
    struct err err = {0};
    int64_t value = 0;
    int r = db_query_int(db, &value, sql, &err);
    assert_ok(r < 0 ? r : 0, &err);
    assert_int_equal(r, 1);
    return value;
}

/* The English text, on the caller's behalf zero-terminated. */
static void text_of(const struct err *err, struct buf *text)
{
    err_format(err, text);
    assert_false(buf_failed(text));
}

void assert_error(const struct err *err, int code, const char *part)
{
    BUF_AUTO text = {0};
    text_of(err, &text);
    if (err->code != code || !strstr(text.p, part))
        fail_msg("expected %d with \"%s\", got %d: %s", code, part, err->code, text.p);
}

void assert_hides(const struct err *err, const char *secret)
{
    BUF_AUTO text = {0};
    text_of(err, &text);
    if (strstr(text.p, secret))
        fail_msg("the secret is shown: %s", text.p);
    for (int i = 0; i < err->arg_count; i++)
        assert_null(strstr(err->args[i], secret));
}

void assert_ok_(int result, const struct err *err, const char *file, int line)
{
    if (result == 0)
        return;
    BUF_AUTO text = {0};
    text_of(err, &text);
    print_error("%s:%d: %d: %s\n", file, line, result, text.p);
    fail();
}
