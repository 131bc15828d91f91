/* test_migrate.c: the mechanism of migrations, with small ones of its own, and that the real ones run on an empty database. */
#include "fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST {.version = 1, .portable = "CREATE TABLE a (id @int@ NOT NULL PRIMARY KEY, t @text@ NOT NULL) @table@;\n", \
    .sqlite = "INSERT INTO a VALUES (1, 'sqlite');\n", .postgresql = "INSERT INTO a VALUES (1, 'postgresql');\n"}
#define SECOND {.version = 2, .portable = "CREATE TABLE b (id @int@ NOT NULL) @rowtable@; INSERT INTO a VALUES (2, 'two');\n"}
#define THIRD {.version = 3, .portable = "ALTER TABLE a ADD COLUMN n @int@;\n"}
#define BROKEN {.version = 3, .portable = "INSERT INTO a (id, t) VALUES (3, 'three'); CREATE TABLE nonsense (;\n"}
static const struct db_migration three[] = {FIRST, SECOND, THIRD};
static const struct db_migration broken[] = {FIRST, SECOND, BROKEN};

static void assert_expands(enum db_engine engine, const char *sql, const char *expected)
{
    BUF_AUTO out = {0};
    db_expand_tokens(&out, engine, sql);
    buf_append_char(&out, '\0');
    assert_false(buf_failed(&out));
    assert_string_equal(out.p, expected);
}

static void tokens_are_replaced(void **state)
{
    (void)state;
    static const char sql[] = "CREATE TABLE t (i @int@, t @text@, b @blob@) @table@; -- a@b @inte @";
    assert_expands(DB_SQLITE, sql, "CREATE TABLE t (i INTEGER, t TEXT, b BLOB) STRICT, WITHOUT ROWID; -- a@b @inte @");
    assert_expands(DB_POSTGRESQL, sql, "CREATE TABLE t (i BIGINT, t TEXT COLLATE \"C\", b BYTEA) ; -- a@b @inte @");
    assert_expands(DB_SQLITE, "() @rowtable@", "() STRICT");
    assert_expands(DB_POSTGRESQL, "() @rowtable@", "() ");
    assert_expands(DB_POSTGRESQL, "", "");
}

static void migrate(struct db *db, const struct db_migration *list, int count, int expected_from)
{
    struct err err = {0};
    int from = -1, to = -1, version = -1;
    assert_ok(db_migrate_with(db, list, count, &from, &to, &err), &err);
    assert_int_equal(from, expected_from);
    assert_int_equal(to, count);
    assert_ok(db_schema_version(db, &version, &err), &err);
    assert_int_equal(version, count);
}

static int64_t files_beside(const struct fixture *fixture, const char *suffix)
{
    char path[220];
    snprintf(path, sizeof path, "%s%s", fixture->path, suffix);
    return engine_under_test == DB_SQLITE && access(path, F_OK) == 0;
}

static void an_empty_database_gets_all(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int version = -1;
    assert_ok(db_schema_version(fixture->db, &version, &err), &err);
    assert_int_equal(version, 0);
    migrate(fixture->db, three, 3, 0);
    assert_int_equal(must_int(fixture->db, engine_under_test == DB_SQLITE ? "SELECT count(*) FROM a WHERE t = 'sqlite'"
                                                                           : "SELECT count(*) FROM a WHERE t = 'postgresql'"), 1);
    assert_int_equal(must_int(fixture->db, "SELECT sum(version * version) FROM schema_version"), 1 + 4 + 9);
    /* After 2020 and before 2100, in microseconds. */
    assert_int_equal(must_int(fixture->db, "SELECT count(*) FROM schema_version WHERE applied_at BETWEEN 1577836800000000 AND 4102444800000000"), 3);
    assert_int_equal(files_beside(fixture, ".before-v3"), 0);
}

static void an_up_to_date_database_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    migrate(fixture->db, three, 3, 0);
    migrate(fixture->db, three, 3, 3);
    assert_int_equal(must_int(fixture->db, "SELECT count(*) FROM a"), 2);
    assert_int_equal(files_beside(fixture, ".before-v3"), 0);
}

static void an_older_database_is_copied_first(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    migrate(fixture->db, three, 2, 0);
    must_run(fixture->db, "INSERT INTO a (id, t) VALUES (7, 'seven')");
    migrate(fixture->db, three, 3, 2);
    assert_int_equal(must_int(fixture->db, "SELECT sum(id) FROM a WHERE n IS NULL"), 1 + 2 + 7);
    if (engine_under_test != DB_SQLITE)
        return;
    struct db *before = NULL;
    struct stat status;
    char url[220];
    struct db_options options = {.read_only = true};
    snprintf(url, sizeof url, "sqlite:%s.before-v3", fixture->path);
    assert_int_equal(stat(url + strlen("sqlite:"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_ok(db_open(&before, str_from(url), &options, &err), &err);
    assert_int_equal(must_int(before, "SELECT max(version) FROM schema_version"), 2);
    assert_int_equal(must_int(before, "SELECT sum(id) FROM a"), 10);
    db_close(before);
}

static void a_failed_migration_leaves_the_version_before(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int version = -1;
    assert_int_equal(db_migrate_with(fixture->db, broken, 3, NULL, NULL, &err), ERR_INTERNAL);
    assert_ok(db_schema_version(fixture->db, &version, &err), &err);
    assert_int_equal(version, 2);
    assert_int_equal(must_int(fixture->db, "SELECT count(*) FROM a"), 2);
    assert_int_equal(db_migrate_with(fixture->db, broken, 3, NULL, NULL, &err), ERR_INTERNAL);
    migrate(fixture->db, three, 3, 2);
    if (engine_under_test == DB_SQLITE) {
        assert_int_equal(files_beside(fixture, ".before-v3"), 1);
        assert_int_equal(files_beside(fixture, ".before-v3.2"), 1);
        assert_int_equal(files_beside(fixture, ".before-v3.3"), 0);
    }
}

static void a_newer_database_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int from = -1;
    migrate(fixture->db, three, 3, 0);
    assert_int_equal(db_migrate_with(fixture->db, three, 2, &from, NULL, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "database is of version 3, this program knows 2: install a newer Liaison");
    assert_int_equal(from, -1);
    assert_int_equal(must_int(fixture->db, "SELECT max(version) FROM schema_version"), 3);
}

static void tables_of_others_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    must_run(fixture->db, "CREATE TABLE bookmarks (id @int@ NOT NULL PRIMARY KEY) @table@");
    assert_int_equal(db_migrate_with(fixture->db, three, 3, NULL, NULL, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "tables of another program");
    assert_int_equal(must_int(fixture->db, fixture->db->backend->count_tables), 1);
}

struct migrator {
    const struct fixture *fixture;
    int result;
    struct err err;
};

static void *migrate_in_thread(void *context)
{
    struct migrator *migrator = context;
    struct db *db = NULL;
    struct db_options options = {0};
    migrator->result = db_open(&db, str_from(migrator->fixture->url), &options, &migrator->err);
    if (migrator->result == OK)
        migrator->result = db_migrate_with(db, three, 3, NULL, NULL, &migrator->err);
    db_close(db);
    return NULL;
}

static void programs_that_start_together_migrate_once(void **state)
{
    struct fixture *fixture = *state;
    enum { PROGRAMS = 4 };
    struct migrator migrators[PROGRAMS] = {0};
    pthread_t threads[PROGRAMS];
    for (int i = 0; i < PROGRAMS; i++) {
        migrators[i].fixture = fixture;
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_thread, &migrators[i]), 0);
    }
    for (int i = 0; i < PROGRAMS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < PROGRAMS; i++)
        assert_ok(migrators[i].result, &migrators[i].err);
    assert_int_equal(must_int(fixture->db, "SELECT count(*) FROM schema_version"), 3);
    assert_int_equal(must_int(fixture->db, "SELECT count(*) FROM a"), 2);
}

static void the_real_migrations_run(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int to = -1;
    assert_ok(db_migrate(fixture->db, NULL, &to, &err), &err);
    assert_int_equal(to, db_program_schema_version);
    assert_int_equal(db_migration_count, db_program_schema_version);
    assert_ok(db_migrate(fixture->db, NULL, NULL, &err), &err);
}

int run_migrate_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tokens_are_replaced),
        TEST(an_empty_database_gets_all),
        TEST(an_up_to_date_database_is_left_alone),
        TEST(an_older_database_is_copied_first),
        TEST(a_failed_migration_leaves_the_version_before),
        TEST(a_newer_database_is_refused),
        TEST(tables_of_others_are_left_alone),
        TEST(programs_that_start_together_migrate_once),
        TEST(the_real_migrations_run),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
