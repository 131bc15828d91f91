/* test_concurrency.c: several connections at once: no change is lost, a lock that stays is an error that says so, a copy is consistent. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char make_counters[] =
    "CREATE TABLE counter (id @int@ NOT NULL PRIMARY KEY, value @int@ NOT NULL) @table@;"
    "INSERT INTO counter (id, value) VALUES (1, 0), (2, 0)";

static const char read_counter[] = "SELECT value FROM counter WHERE id = $1";
static const char write_counter[] = "UPDATE counter SET value = $1 WHERE id = $2";

/* Reads, then writes what it read plus one: loses changes when the isolation is not what it should be. */
static int increment(struct db *db, void *context, struct err *err)
{
    const int64_t *id = context;
    int64_t value = 0;
    int r = db_query_int(db, &value, read_counter, err, DB_INT(*id));
    return r < 0 ? r : db_exec(db, write_counter, err, DB_INT(value + 1), DB_INT(*id));
}

struct worker {
    const struct fixture *fixture;
    int result;
    struct err err;
};

enum { INCREMENTS = 200 };

/* A worker only records what happened: cmocka's assertions belong to the main thread. */
static void *increment_many(void *context)
{
    struct worker *worker = context;
    struct db *db = NULL;
    struct db_options options = {.busy_timeout_ms = 60000};
    int64_t id = 1;
    worker->result = db_open(&db, str_from(worker->fixture->url), &options, &worker->err);
    for (int i = 0; worker->result == OK && i < INCREMENTS; i++)
        worker->result = db_transact(db, increment, &id, &worker->err);
    db_close(db);
    return NULL;
}

static void two_writers_lose_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct worker workers[2] = {{.fixture = fixture}, {.fixture = fixture}};
    pthread_t threads[2];
    must_run(fixture->db, make_counters);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, increment_many, &workers[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++)
        assert_ok(workers[i].result, &workers[i].err);
    assert_int_equal(must_int(fixture->db, "SELECT value FROM counter WHERE id = 1"), 2 * INCREMENTS);
}

static void a_lock_that_stays_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int64_t id = 1;
    must_run(fixture->db, make_counters);
    struct db *waiting = fixture_open(fixture, 50);
    must_run(fixture->db, engine_under_test == DB_SQLITE ? "BEGIN IMMEDIATE" : "BEGIN");
    must_run(fixture->db, "UPDATE counter SET value = 10 WHERE id = 1");
    assert_int_equal(db_transact(waiting, increment, &id, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "is locked by another program");
    err_clear(&err);
    assert_int_equal(db_exec(waiting, write_counter, &err, DB_INT(5), DB_INT(1)), ERR_DATA);
    assert_error(&err, ERR_DATA, "is locked by another program");
    /* Readers do not wait. */
    assert_int_equal(must_int(waiting, "SELECT value FROM counter WHERE id = 1"), 0);
    must_run(fixture->db, "COMMIT");
    assert_ok(db_transact(waiting, increment, &id, &err), &err);
    assert_int_equal(must_int(waiting, "SELECT value FROM counter WHERE id = 1"), 11);
    db_close(waiting);
}

struct disturbed {
    struct db *other;
    int runs;
};

/* On its first run somebody else changes the row between its reading and its writing. */
static int increment_disturbed(struct db *db, void *context, struct err *err)
{
    struct disturbed *disturbed = context;
    int64_t value = 0;
    int r = db_query_int(db, &value, read_counter, err, DB_INT(1));
    if (r >= 0 && ++disturbed->runs == 1)
        must_run(disturbed->other, "UPDATE counter SET value = 100 WHERE id = 1");
    return r < 0 ? r : db_exec(db, write_counter, err, DB_INT(value + 1), DB_INT(1));
}

static void a_real_race_runs_again(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    /* SQLite has one writer: the other cannot get between. */
    if (engine_under_test == DB_SQLITE)
        return;
    must_run(fixture->db, make_counters);
    struct disturbed disturbed = {.other = fixture_open(fixture, 0)};
    assert_ok(db_transact(fixture->db, increment_disturbed, &disturbed, &err), &err);
    assert_int_equal(disturbed.runs, 2);
    assert_int_equal(must_int(fixture->db, "SELECT value FROM counter WHERE id = 1"), 101);

    /* In a rehearsal nobody can run it again: an error that says so, and the connection goes on. */
    disturbed.runs = 0;
    assert_ok(db_rehearsal_begin(fixture->db, &err), &err);
    assert_int_equal(db_transact(fixture->db, increment_disturbed, &disturbed, &err), ERR_DATA);
    db_rehearsal_end(fixture->db);
    assert_int_equal(must_int(fixture->db, "SELECT value FROM counter WHERE id = 1"), 100);
    db_close(disturbed.other);
}

static int terminate_self(struct db *db, void *context, struct err *err)
{
    struct db *other = context;
    char sql[80];
    int64_t id = 1;
    int r = increment(db, &id, err);
    if (r < 0)
        return r;
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld)", (long long)must_int(db, "SELECT pg_backend_pid()"));
    must_run(other, sql);
    return increment(db, &id, err);
}

static void a_lost_connection_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    if (engine_under_test == DB_SQLITE)
        return;
    must_run(fixture->db, make_counters);
    struct db *other = fixture_open(fixture, 0);
    assert_int_equal(db_transact(fixture->db, terminate_self, other, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "connection to the database");
    err_clear(&err);
    int64_t id = 1;
    assert_int_equal(db_transact(fixture->db, increment, &id, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "connection to the database");
    assert_int_equal(must_int(other, "SELECT value FROM counter WHERE id = 1"), 0);
    db_close(other);
}

struct mover {
    const struct fixture *fixture;
    atomic_bool stop;
    atomic_int moves;
    int result;
    struct err err;
};

/* Takes one from the first counter and gives it to the second: their sum stays 0. */
static int move_one(struct db *db, void *context, struct err *err)
{
    (void)context;
    int r = db_exec(db, "UPDATE counter SET value = value - 1 WHERE id = 1", err);
    return r < 0 ? r : db_exec(db, "UPDATE counter SET value = value + 1 WHERE id = 2", err);
}

static void *move_many(void *context)
{
    struct mover *mover = context;
    struct db *db = NULL;
    struct db_options options = {0};
    mover->result = db_open(&db, str_from(mover->fixture->url), &options, &mover->err);
    while (mover->result == OK && !atomic_load(&mover->stop)) {
        mover->result = db_transact(db, move_one, NULL, &mover->err);
        atomic_fetch_add(&mover->moves, 1);
    }
    db_close(db);
    return NULL;
}

static void count_finding(void *context, struct str finding)
{
    (void)finding;
    ++*(int *)context;
}

static void a_backup_is_one_moment(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    if (engine_under_test == DB_POSTGRESQL) {
        assert_int_equal(db_backup(fixture->db, "unused", &err), ERR_USAGE);
        assert_error(&err, ERR_USAGE, "pg_dump");
        return;
    }
    must_run(fixture->db, make_counters);
    must_run(fixture->db, "CREATE TABLE ballast (id INTEGER PRIMARY KEY, b BLOB) STRICT; INSERT INTO ballast (b)"
                          " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT randomblob(2000) FROM n");
    struct mover mover = {.fixture = fixture};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, move_many, &mover), 0);
    for (int number = 1; number <= 5; number++) {
        char path[200], url[220];
        snprintf(path, sizeof path, "%s/copy-%d.db", fixture->folder, number);
        snprintf(url, sizeof url, "sqlite:%s", path);
        int seen = atomic_load(&mover.moves);
        assert_ok(db_backup(fixture->db, path, &err), &err);
        /* The writer goes on between two copies, else the test would show nothing. */
        while (atomic_load(&mover.moves) <= seen && mover.result == OK)
            continue;
        struct db *copy = NULL;
        struct db_options options = {.read_only = true};
        int findings = 0;
        assert_ok(db_open(&copy, str_from(url), &options, &err), &err);
        assert_ok(db_check(copy, count_finding, &findings, &err), &err);
        assert_int_equal(findings, 0);
        assert_int_equal(must_int(copy, "SELECT sum(value) FROM counter"), 0);
        assert_int_equal(must_int(copy, "SELECT count(*) FROM ballast"), 2000);
        db_close(copy);
    }
    atomic_store(&mover.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ok(mover.result, &mover.err);
}

int run_concurrency_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_writers_lose_nothing),
        TEST(a_lock_that_stays_is_an_error),
        TEST(a_real_race_runs_again),
        TEST(a_lost_connection_is_an_error),
        TEST(a_backup_is_one_moment),
    };
    return cmocka_run_group_tests_name("concurrency", tests, NULL, NULL);
}
