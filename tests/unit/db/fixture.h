/* fixture.h: what the tests of src/db share: a fresh database for each test, in a folder (SQLite) or a schema (PostgreSQL) of its own,
 * and short forms for statements that must succeed or must fail in a certain way. Only for tests/unit/db. */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/db_int.h"

struct fixture {
    char folder[128];  /* SQLite: of this test alone; PostgreSQL: not used */
    char path[160];    /* SQLite: the database file */
    char schema[64];   /* PostgreSQL: of this test alone */
    char url[512];
    struct db *db;     /* open, empty */
};

/* The engine that this run tests. */
extern enum db_engine engine_under_test;

int fixture_setup(void **state);
int fixture_teardown(void **state);
/* One more connection to the same database; 0 ms stands for the default wait. */
struct db *fixture_open(const struct fixture *fixture, int busy_timeout_ms);
#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* Runs a script that must succeed. */
void must_run(struct db *db, const char *script);
/* One integer that must be there. */
int64_t must_int(struct db *db, const char *sql);
/* Fails unless the error has this code and its English text holds `part`. */
void assert_error(const struct err *err, int code, const char *part);
/* Fails when the text of the error, arguments included, holds `secret`. */
void assert_hides(const struct err *err, const char *secret);
/* A result that must be 0; prints the error otherwise. */
#define assert_ok(result, err) assert_ok_((result), (err), __FILE__, __LINE__)
void assert_ok_(int result, const struct err *err, const char *file, int line);

int run_values_tests(void);
int run_transaction_tests(void);
int run_concurrency_tests(void);
int run_open_tests(void);
int run_migrate_tests(void);
#endif
