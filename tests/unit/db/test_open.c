/* test_open.c: addresses, files and servers that cannot be used: an error that says what to do, and never shows a password. */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int try_open(const char *url, struct db_options options, struct err *err)
{
    struct db *db = NULL;
    err_clear(err);
    int r = db_open(&db, str_from(url), &options, err);
    if (r < 0)
        assert_null(db);
    db_close(db);
    return r;
}

static void addresses_never_show_a_password(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "postgresql://anna:s3cret@127.0.0.1:1/books",
        "postgres://anna:s3cret@127.0.0.1:1/books",
        "postgresql://127.0.0.1:1/books?user=anna&password=s3cret",
        "postgresql://anna:s3cret@127.0.0.1:port/books",
        "postgresql://anna:x@s3cret/word@127.0.0.1:1/books",
        "postgresql://anna:x/s3cret@127.0.0.1:1/books",
        "postgresql://anna:x@s3cret@127.0.0.1:1/books",
        "postgresql://anna:s3cret%ZZ@127.0.0.1:1/books",
        "postgresql://anna:s3cret@[127.0.0.1:1/books",
        "postgresql://anna:s3cret@127.0.0.1:1/books?nonsense=s3cret",
        "postgresql:/anna:s3cret@127.0.0.1:1/books",
        "mysql://anna:s3cret@127.0.0.1/books",
        "anna:s3cret@127.0.0.1",
        "s3cret",
        "",
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct err err = {0};
        int r = try_open(urls[i], (struct db_options){0}, &err);
        assert_true(r == ERR_USAGE || r == ERR_DATA);
        assert_hides(&err, "s3cret");
    }
}

static void an_unreachable_server_is_named(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(try_open("postgresql://anna:s3cret@127.0.0.1:1/books", (struct db_options){0}, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "postgresql://anna@127.0.0.1:1/books cannot be reached");
    assert_int_equal(try_open("postgresql://anna:p@ss@127.0.0.1/books", (struct db_options){0}, &err), ERR_USAGE);
    assert_error(&err, ERR_USAGE, "%40");
}

static void a_missing_database_on_the_server_is_named(void **state)
{
    (void)state;
    struct err err = {0};
    char url[512];
    if (engine_under_test != DB_POSTGRESQL)
        return;
    snprintf(url, sizeof url, "%s_missing", getenv("LIAISON_TEST_PG"));
    assert_int_equal(try_open(url, (struct db_options){.create = true}, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "does not exist");
}

static void another_encoding_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    char url[512], sql[160];
    if (engine_under_test != DB_POSTGRESQL)
        return;
    snprintf(sql, sizeof sql, "CREATE DATABASE %s ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", fixture->schema);
    must_run(fixture->db, sql);
    const char *server = getenv("LIAISON_TEST_PG");
    int stem = (int)(strrchr(server, '/') - server);
    snprintf(url, sizeof url, "%.*s/%s", stem, server, fixture->schema);
    int r = try_open(url, (struct db_options){0}, &err);
    snprintf(sql, sizeof sql, "DROP DATABASE %s", fixture->schema);
    must_run(fixture->db, sql);
    assert_int_equal(r, ERR_DATA);
    assert_error(&err, ERR_DATA, "LATIN1");
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void wrong_files_are_named(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    char path[200], url[220];
    if (engine_under_test != DB_SQLITE)
        return;
    snprintf(path, sizeof path, "%s/missing.db", fixture->folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    assert_int_equal(try_open(url, (struct db_options){0}, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "liaison init");
    assert_int_equal(access(path, F_OK), -1);

    snprintf(url, sizeof url, "sqlite:%s", fixture->folder);
    assert_int_equal(try_open(url, (struct db_options){.create = true}, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "is a folder");

    snprintf(url, sizeof url, "sqlite:%s/no/books.db", fixture->folder);
    assert_int_equal(try_open(url, (struct db_options){.create = true}, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "folder does not exist");

    snprintf(path, sizeof path, "%s/letter.txt", fixture->folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    write_file(path, "Dear customer, this is a letter and no database; it is longer than a hundred bytes, which is what SQLite "
                     "reads first to see whether it has one of its own files before it, or not.", 0600);
    assert_int_equal(try_open(url, (struct db_options){.create = true}, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "is not a database");

    assert_int_equal(try_open("sqlite:/dev/null", (struct db_options){0}, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "not a plain file");
    assert_int_equal(try_open("sqlite:", (struct db_options){.create = true}, &err), ERR_USAGE);
}

static void a_new_file_is_private(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    if (engine_under_test != DB_SQLITE)
        return;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    must_run(fixture->db, "CREATE TABLE t (i INTEGER) STRICT; INSERT INTO t VALUES (1)");
    char wal[200];
    snprintf(wal, sizeof wal, "%s-wal", fixture->path);
    assert_int_equal(stat(wal, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void reading_only_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    struct db *reader = NULL;
    struct db_options options = {.read_only = true};
    must_run(fixture->db, "CREATE TABLE t (i @int@ NOT NULL PRIMARY KEY) @table@; INSERT INTO t VALUES (1)");
    assert_ok(db_open(&reader, str_from(fixture->url), &options, &err), &err);
    assert_int_equal(must_int(reader, "SELECT count(*) FROM t"), 1);
    assert_int_equal(db_exec(reader, "INSERT INTO t (i) VALUES ($1)", &err, DB_INT(2)), ERR_DATA);
    assert_error(&err, ERR_DATA, "cannot be written");
    assert_int_equal(must_int(reader, "SELECT count(*) FROM t"), 1);
    db_close(reader);
}

/* Root may write everywhere: then the attempt is made as nobody. */
static void a_file_of_another_cannot_be_written(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    enum { NOBODY = 65534 };
    if (engine_under_test != DB_SQLITE)
        return;
    must_run(fixture->db, "CREATE TABLE t (i INTEGER) STRICT");
    db_close(fixture->db);
    fixture->db = NULL;
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(chmod(fixture->folder, 0755), 0);
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    int r = try_open(fixture->url, (struct db_options){0}, &err);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(r, ERR_DATA);
    assert_error(&err, ERR_DATA, "cannot be written");
}

static int fill(struct db *db, void *context, struct err *err)
{
    const bool *pass_over = context;
    int r = OK;
    for (int i = 0; r >= 0 && i < 100000; i++)
        r = db_exec(db, "INSERT INTO t (b) VALUES (randomblob(3000))", err);
    if (!*pass_over)
        return r;
    /* The engine has undone everything: what follows must not be written on its own. */
    assert_int_equal(db_exec(db, "INSERT INTO t (b) VALUES (x'00')", err), ERR_DATA);
    return OK;
}

static void a_full_disk_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    if (engine_under_test != DB_SQLITE)
        return;
    must_run(fixture->db, "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB) STRICT; INSERT INTO t (b) VALUES (x'01')");
    must_run(fixture->db, "PRAGMA max_page_count = 200");
    for (int round = 0; round < 2; round++) {
        bool pass_over = round == 1;
        assert_int_equal(db_transact(fixture->db, fill, &pass_over, &err), ERR_DATA);
        assert_int_equal(must_int(fixture->db, "SELECT count(*) FROM t"), 1);
        if (!pass_over)
            assert_error(&err, ERR_DATA, "no room left");
        err_clear(&err);
    }
    /* With room again the same connection goes on. */
    must_run(fixture->db, "PRAGMA max_page_count = 100000; INSERT INTO t (b) VALUES (x'02')");
    assert_int_equal(must_int(fixture->db, "SELECT count(*) FROM t"), 2);
}

static void count_finding(void *context, struct str finding)
{
    (void)finding;
    ++*(int *)context;
}

static void a_sound_database_has_no_findings(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int findings = 0;
    must_run(fixture->db, "CREATE TABLE t (i @int@ NOT NULL PRIMARY KEY) @table@; INSERT INTO t VALUES (1)");
    assert_ok(db_check(fixture->db, count_finding, &findings, &err), &err);
    assert_int_equal(findings, 0);
}

static void broken_references_are_found(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int findings = 0;
    must_run(fixture->db, "CREATE TABLE parent (i @int@ NOT NULL PRIMARY KEY) @table@;"
                          "CREATE TABLE child (i @int@ NOT NULL PRIMARY KEY, p @int@ NOT NULL REFERENCES parent (i)) @table@");
    assert_int_equal(db_exec(fixture->db, "INSERT INTO child VALUES (1, 2)", &err), ERR_DATA);
    if (engine_under_test == DB_SQLITE) {
        must_run(fixture->db, "PRAGMA foreign_keys = OFF; INSERT INTO child VALUES (1, 2)");
    } else {
        must_run(fixture->db, "ALTER TABLE child DROP CONSTRAINT child_p_fkey; INSERT INTO child VALUES (1, 2);"
                              "ALTER TABLE child ADD CONSTRAINT child_p_fkey FOREIGN KEY (p) REFERENCES parent (i) NOT VALID");
    }
    assert_ok(db_check(fixture->db, count_finding, &findings, &err), &err);
    assert_int_equal(findings, 1);
}

static void a_damaged_file_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int findings = 0;
    char rubbish[4096];
    if (engine_under_test != DB_SQLITE)
        return;
    must_run(fixture->db, "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB) STRICT; INSERT INTO t (b)"
                          " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT randomblob(500) FROM n");
    db_close(fixture->db);
    fixture->db = NULL;
    memset(rubbish, 0xA5, sizeof rubbish);
    int fd = open(fixture->path, O_WRONLY);
    assert_int_equal(pwrite(fd, rubbish, sizeof rubbish, 4096 * 10), sizeof rubbish);
    close(fd);
    fixture->db = fixture_open(fixture, 0);
    int r = db_check(fixture->db, count_finding, &findings, &err);
    assert_true(r == ERR_DATA || findings > 0);
    r = db_exec(fixture->db, "UPDATE t SET b = x'00'", &err);
    assert_int_equal(r, ERR_DATA);
    assert_error(&err, ERR_DATA, "is damaged");
}

static void a_backup_never_overwrites(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    struct stat status;
    char path[200];
    if (engine_under_test != DB_SQLITE)
        return;
    snprintf(path, sizeof path, "%s/copy.db", fixture->folder);
    assert_ok(db_backup(fixture->db, path, &err), &err);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(db_backup(fixture->db, path, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "exists already");
    snprintf(path, sizeof path, "%s/no/copy.db", fixture->folder);
    assert_int_equal(db_backup(fixture->db, path, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "folder does not exist");
}

int run_open_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses_never_show_a_password),
        TEST(an_unreachable_server_is_named),
        TEST(a_missing_database_on_the_server_is_named),
        TEST(another_encoding_is_refused),
        TEST(wrong_files_are_named),
        TEST(a_new_file_is_private),
        TEST(reading_only_writes_nothing),
        TEST(a_file_of_another_cannot_be_written),
        TEST(a_full_disk_loses_nothing),
        TEST(a_sound_database_has_no_findings),
        TEST(broken_references_are_found),
        TEST(a_damaged_file_is_noticed),
        TEST(a_backup_never_overwrites),
    };
    return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
