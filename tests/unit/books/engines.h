/* engines.h: what the tests of src/books share: one database per engine with the whole schema, and for each test a company of its own that leaves nothing
 * behind, because every test runs in a rehearsal. PostgreSQL is tested when LIAISON_TEST_PG names a server (scripts/with-postgresql.sh). */
#ifndef TESTS_BOOKS_ENGINES_H
#define TESTS_BOOKS_ENGINES_H
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "books/books.h"

/* 2026-01-30 10:00 UTC. */
static const int64_t test_now_utc = INT64_C(1769767200) * CIVIL_SECOND;

struct fixture {
    struct db *db;
    char folder[256];      /* of the SQLite file; "" on PostgreSQL */
    int64_t company_id;
    struct arena arena;
    struct err err;
};

/* Fails the test with the text of the error. */
#define assert_ok(fixture, call) \
    do { \
        if ((call) < 0) { \
            BUF_AUTO text_ = {0}; \
            err_format(&(fixture)->err, &text_); \
            fail_msg("%s: %s", #call, text_.p); \
        } \
    } while (0)
/* The call refuses with this code, says something, and the fixture may go on. */
#define assert_refused(fixture, expected_code, call) \
    do { \
        assert_int_equal((call), (expected_code)); \
        assert_int_equal((fixture)->err.code, (expected_code)); \
        assert_non_null((fixture)->err.message); \
        err_clear(&(fixture)->err); \
    } while (0)
#define assert_str(actual, literal) \
    do { \
        const struct str actual_ = (actual); \
        assert_int_equal(actual_.n, sizeof(literal) - 1); \
        assert_memory_equal(actual_.p, literal, sizeof(literal) - 1); \
    } while (0)

/* A number that one statement gives; the test fails when it gives none. */
#define query_number(fixture, sql, ...) query_number_(fixture, sql, DB_ARGS_(__VA_ARGS__))
static inline int64_t query_number_(struct fixture *fixture, const char *sql, const struct db_value *args, size_t count)
{
    int64_t value = 0;

    assert_int_equal(db_query_int_(fixture->db, &value, sql, args, count, &fixture->err), 1);
    return value;
}

static inline int engine_open(void **state, struct str url)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.create = true};

    if (hash_init(&fixture->err) < 0 || db_open(&fixture->db, url, &options, &fixture->err) < 0)
        return -1;
    return 0;
}

static inline int engine_migrate(void **state)
{
    struct fixture *fixture = *state;

    if (db_migrate(fixture->db, NULL, NULL, &fixture->err) < 0) {
        BUF_AUTO text = {0};
        err_format(&fixture->err, &text);
        print_error("migration: %s\n", text.p);
        return -1;
    }
    return 0;
}

static inline int sqlite_setup(void **state)
{
    static struct fixture fixture;
    const char *base = getenv("TMPDIR");
    char url[300];

    fixture = (struct fixture){0};
    *state = &fixture;
    snprintf(fixture.folder, sizeof fixture.folder, "%s/liaison-books.XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(fixture.folder))
        return -1;
    snprintf(url, sizeof url, "sqlite:%s/test.db", fixture.folder);
    return engine_open(state, str_from(url)) < 0 ? -1 : engine_migrate(state);
}

/* A schema of its own, named after the program, so that tests may run beside each other on one server. */
static inline int postgresql_setup(void **state)
{
    static struct fixture fixture;
    char url[512], script[256];

    fixture = (struct fixture){0};
    *state = &fixture;
    snprintf(url, sizeof url, "%s?options=-csearch_path%%3D%s", getenv("LIAISON_TEST_PG"), program_invocation_short_name);
    snprintf(script, sizeof script, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", program_invocation_short_name, program_invocation_short_name);
    if (engine_open(state, str_from(url)) < 0 || db_run_script(fixture.db, script, &fixture.err) < 0)
        return -1;
    return engine_migrate(state);
}

static inline int engine_teardown(void **state)
{
    static const char *const files[] = {"test.db", "test.db-wal", "test.db-shm"};
    struct fixture *fixture = *state;
    char path[300];

    db_close(fixture->db);
    if (fixture->folder[0]) {
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            snprintf(path, sizeof path, "%s/%s", fixture->folder, files[i]);
            unlink(path);
        }
        rmdir(fixture->folder);
    }
    return 0;
}

static inline int test_begin(void **state)
{
    struct fixture *fixture = *state;

    err_clear(&fixture->err);
    if (db_rehearsal_begin(fixture->db, &fixture->err) < 0)
        return -1;
    /* Number 2, so that a company is not taken for a link or a document of the same number. */
    if (db_reserve_ids(fixture->db, 0, "company", 1, &fixture->company_id, &fixture->err) < 0)
        return -1;
    return company_create(fixture->db, STR("Épicerie Test"), STR("732829320"), STR("Europe/Paris"), test_now_utc, &fixture->company_id, &fixture->err);
}

static inline int test_end(void **state)
{
    struct fixture *fixture = *state;

    db_rehearsal_end(fixture->db);
    arena_release(&fixture->arena);
    return 0;
}

#define engine_test(function) cmocka_unit_test_setup_teardown(function, test_begin, test_end)
/* Runs the tests on SQLite, and on PostgreSQL when there is a server. */
#define run_on_engines(tests) \
    (cmocka_run_group_tests_name("sqlite", tests, sqlite_setup, engine_teardown) + \
     (getenv("LIAISON_TEST_PG") ? cmocka_run_group_tests_name("postgresql", tests, postgresql_setup, engine_teardown) : 0))
#endif
