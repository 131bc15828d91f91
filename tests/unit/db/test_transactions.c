/* test_transactions.c: what is kept, what is undone, how often a body runs, and that a rehearsal writes nothing. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char make_table[] = "CREATE TABLE item (id @int@ NOT NULL PRIMARY KEY, name @text@ NOT NULL) @table@";

static int64_t count_items(struct db *db)
{
    return must_int(db, "SELECT count(*) FROM item");
}

static int add(struct db *db, int64_t id, struct err *err)
{
    return db_exec(db, "INSERT INTO item (id, name) VALUES ($1, 'x')", err, DB_INT(id));
}

/* A plan for a body: what it adds, what it does inside, what it returns. */
struct plan {
    int64_t id;
    struct plan *inner;        /* runs nested, before the result */
    bool pass_inner_error;
    int result;
    int retries;               /* returns ERR_RETRY so many times first */
    int runs;                  /* counted here */
    int inner_result;
};

static int follow(struct db *db, void *context, struct err *err)
{
    struct plan *plan = context;
    plan->runs++;
    int r = plan->id ? add(db, plan->id, err) : OK;
    if (r < 0)
        return r;
    if (plan->inner) {
        plan->inner_result = db_transact(db, follow, plan->inner, err);
        if (plan->inner_result < 0 && plan->pass_inner_error)
            return plan->inner_result;
    }
    if (plan->runs <= plan->retries)
        return err_set(err, ERR_RETRY, "again");
    return plan->result < 0 ? err_set(err, plan->result, "refused by the test") : plan->result;
}

static void success_is_kept(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    must_run(fixture->db, make_table);
    struct plan plan = {.id = 1, .result = 7};
    assert_int_equal(db_transact(fixture->db, follow, &plan, &err), 7);
    struct db *other = fixture_open(fixture, 0);
    assert_int_equal(count_items(other), 1);
    db_close(other);
}

static void failure_is_undone(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    struct plan plan = {.id = 1, .result = ERR_NOT_FOUND};
    assert_int_equal(db_transact(db, follow, &plan, &err), ERR_NOT_FOUND);
    assert_error(&err, ERR_NOT_FOUND, "refused by the test");
    assert_int_equal(plan.runs, 1);
    assert_int_equal(count_items(db), 0);
}

static void inner_failure_leaves_the_outer(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    struct plan innermost = {.id = 3}, inner = {.id = 2, .inner = &innermost, .result = ERR_DATA}, outer = {.id = 1, .inner = &inner};
    assert_ok(db_transact(db, follow, &outer, &err), &err);
    assert_int_equal(outer.inner_result, ERR_DATA);
    assert_int_equal(inner.inner_result, OK);
    assert_int_equal(must_int(db, "SELECT sum(id) FROM item"), 1);

    struct plan kept = {.id = 12}, failed = {.id = 13, .result = ERR_DATA}, around = {.id = 11, .inner = &kept};
    kept.inner = &failed;
    assert_ok(db_transact(db, follow, &around, &err), &err);
    assert_int_equal(must_int(db, "SELECT sum(id) FROM item"), 1 + 11 + 12);
}

static int nest_for_ever(struct db *db, void *context, struct err *err)
{
    int *depth = context;
    int r = add(db, ++*depth, err);
    return r < 0 ? r : db_transact(db, nest_for_ever, depth, err);
}

static void endless_nesting_is_a_fault(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    int depth = 0;
    must_run(db, make_table);
    assert_int_equal(db_transact(db, nest_for_ever, &depth, &err), ERR_INTERNAL);
    assert_error(&err, ERR_INTERNAL, "nested too deeply");
    assert_int_equal(depth, 8);
    assert_int_equal(count_items(db), 0);
}

static void a_lost_race_runs_again(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    struct plan plan = {.id = 1, .retries = 3, .result = 5};
    assert_int_equal(db_transact(db, follow, &plan, &err), 5);
    assert_int_equal(plan.runs, 4);
    assert_int_equal(err.code, 0);
    assert_int_equal(count_items(db), 1);
}

static void a_race_lost_for_ever_ends(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    struct plan plan = {.id = 1, .retries = 1000};
    assert_int_equal(db_transact(db, follow, &plan, &err), ERR_DATA);
    assert_error(&err, ERR_DATA, "locked by another program");
    assert_int_equal(plan.runs, 20);
    assert_int_equal(count_items(db), 0);
}

static void an_inner_race_runs_the_outermost_again(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    struct plan inner = {.id = 2, .retries = 2}, outer = {.id = 1, .inner = &inner, .pass_inner_error = true};
    assert_ok(db_transact(db, follow, &outer, &err), &err);
    assert_int_equal(outer.runs, 3);
    assert_int_equal(inner.runs, 3);
    assert_int_equal(must_int(db, "SELECT sum(id) FROM item"), 3);
}

/* Loses a race the first time, as a back end does, and passes over it. */
static int swallow_a_race(struct db *db, void *context, struct err *err)
{
    int *runs = context;
    int r = add(db, 1, err);
    if (r >= 0 && ++*runs == 1)
        (void)db_set_retry(db, err);
    return r;
}

static void a_race_cannot_be_passed_over(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    int runs = 0;
    must_run(db, make_table);
    assert_ok(db_transact(db, swallow_a_race, &runs, &err), &err);
    assert_int_equal(runs, 2);
    assert_int_equal(count_items(db), 1);
}

static int add_twice(struct db *db, void *context, struct err *err)
{
    (void)context;
    struct plan second = {.id = 1};
    int r = add(db, 1, err);
    if (r < 0)
        return r;
    assert_int_equal(db_transact(db, follow, &second, err), ERR_DATA);
    assert_true(db_is_unique_violation(db));
    assert_error(err, ERR_DATA, "already holds such a record");
    return add(db, 2, err);
}

static void a_taken_key_is_told_apart(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    assert_ok(db_transact(db, add_twice, NULL, &err), &err);
    assert_int_equal(count_items(db), 2);
    static const char no_name[] = "INSERT INTO item (id, name) VALUES ($1, $2)";
    assert_int_equal(db_exec(db, no_name, &err, DB_INT(3), DB_NIL), ERR_DATA);
    assert_false(db_is_unique_violation(db));
    assert_error(&err, ERR_DATA, "refuses a change");
}

static int pass_over_a_failure(struct db *db, void *context, struct err *err)
{
    (void)context;
    int r = add(db, 1, err);
    if (r >= 0)
        assert_int_equal(add(db, 1, err), ERR_DATA);
    return r;
}

static void a_failure_passed_over_is_never_a_silent_loss(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    int r = db_transact(db, pass_over_a_failure, NULL, &err);
    assert_int_equal(r, engine_under_test == DB_SQLITE ? OK : ERR_INTERNAL);
    assert_int_equal(count_items(db), r == OK ? 1 : 0);
}

static void a_rehearsal_writes_nothing(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    struct plan before = {.id = 1}, during = {.id = 2}, refused = {.id = 3, .result = ERR_DATA}, again = {.id = 2};
    assert_ok(db_transact(db, follow, &before, &err), &err);
    assert_false(db_in_rehearsal(db));
    assert_ok(db_rehearsal_begin(db, &err), &err);
    assert_true(db_in_rehearsal(db));
    assert_ok(db_transact(db, follow, &during, &err), &err);
    assert_int_equal(db_transact(db, follow, &refused, &err), ERR_DATA);
    assert_int_equal(must_int(db, "SELECT sum(id) FROM item"), 3);
    assert_int_equal(db_rehearsal_begin(db, &err), ERR_INTERNAL);
    db_rehearsal_end(db);
    db_rehearsal_end(db);
    assert_false(db_in_rehearsal(db));
    assert_int_equal(must_int(db, "SELECT sum(id) FROM item"), 1);
    assert_ok(db_transact(db, follow, &again, &err), &err);
    assert_int_equal(must_int(db, "SELECT sum(id) FROM item"), 3);
}

static void a_race_in_a_rehearsal_is_an_error(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_table);
    struct plan lost = {.id = 1, .retries = 1}, fine = {.id = 2};
    assert_ok(db_rehearsal_begin(db, &err), &err);
    assert_int_equal(db_transact(db, follow, &lost, &err), ERR_DATA);
    assert_int_equal(lost.runs, 1);
    assert_ok(db_transact(db, follow, &fine, &err), &err);
    db_rehearsal_end(db);
    assert_int_equal(count_items(db), 0);
}

/* All bytes of a file; freed by the caller. */
static char *read_all(const char *path, size_t *ret_n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *ret_n = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*ret_n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *ret_n, file), *ret_n);
    fclose(file);
    return bytes;
}

static int add_much(struct db *db, void *context, struct err *err)
{
    (void)context;
    /* More than the cache holds, so that pages leave it before the end. */
    return db_exec(db,
        "INSERT INTO item (id, name) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " SELECT i, hex(randomblob(800)) FROM n", err);
}

static void a_rehearsal_leaves_the_file_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    if (engine_under_test != DB_SQLITE)
        return;
    must_run(fixture->db, "CREATE TABLE item (id @int@ NOT NULL PRIMARY KEY, name @text@ NOT NULL) @table@;"
                          "INSERT INTO item VALUES (0, 'kept'); PRAGMA wal_checkpoint(TRUNCATE)");
    size_t before_size, after_size;
    char *before = read_all(fixture->path, &before_size);
    assert_ok(db_rehearsal_begin(fixture->db, &err), &err);
    assert_ok(db_transact(fixture->db, add_much, NULL, &err), &err);
    assert_int_equal(count_items(fixture->db), 20001);
    db_rehearsal_end(fixture->db);
    db_close(fixture->db);
    fixture->db = NULL;
    char *after = read_all(fixture->path, &after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
    free(before);
    free(after);
}

static void closing_undoes_what_is_open(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    must_run(fixture->db, make_table);
    struct plan plan = {.id = 1};
    assert_ok(db_rehearsal_begin(fixture->db, &err), &err);
    assert_ok(db_transact(fixture->db, follow, &plan, &err), &err);
    db_close(fixture->db);
    fixture->db = fixture_open(fixture, 0);
    assert_int_equal(count_items(fixture->db), 0);
    db_close(NULL);
}

struct reservation {
    int64_t company_id;
    const char *name;
    int64_t count;
    int64_t first;
    int result;
};

static int reserve(struct db *db, void *context, struct err *err)
{
    struct reservation *wish = context;
    int r = db_reserve_ids(db, wish->company_id, wish->name, wish->count, &wish->first, err);
    return r < 0 ? r : wish->result;
}

static void ids_are_reserved_in_a_row(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, "CREATE TABLE id_counter (company_id @int@ NOT NULL, name @text@ NOT NULL, next_id @int@ NOT NULL,"
                 " PRIMARY KEY (company_id, name)) @table@");
    struct reservation wishes[] = {
        {1, "document", 1, 1, OK},
        {1, "document", 500, 2, OK},
        {1, "document", 1, 502, ERR_CANCELLED}, /* undone: the id is given again */
        {1, "document", 2, 502, OK},
        {2, "document", 3, 1, OK},
        {1, "payment", 1, 1, OK},
        {1, "document", INT64_C(5000000000), 504, OK},
        {1, "document", 1, INT64_C(5000000504), OK},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        int64_t expected = wishes[i].first;
        wishes[i].first = 0;
        (void)err_set(&err, ERR_CANCELLED, "for the test");
        assert_int_equal(db_transact(db, reserve, &wishes[i], &err), wishes[i].result);
        assert_true(wishes[i].first == expected);
    }
    int64_t first = 0;
    assert_int_equal(db_reserve_ids(db, 1, "document", 1, &first, &err), ERR_INTERNAL);
}

/* The engine's own, but that its end of a transaction fails so many times, as where memory is exhausted. */
static int refusals;
static const struct db_backend *real;

static bool refuse_rollback(struct db *db)
{
    return refusals-- > 0 ? false : real->rollback(db);
}

static void an_end_that_failed_is_made_up_for(void **state)
{
    struct fixture *fixture = *state;
    struct db *db = fixture->db;
    struct db_backend backend = *db->backend;
    struct err err = {0};
    struct plan failing = {.id = 1, .result = ERR_DATA}, good = {.id = 2};

    must_run(db, make_table);
    real = db->backend;
    backend.rollback = refuse_rollback;
    db->backend = &backend;
    refusals = 2;
    assert_int_equal(db_transact(db, follow, &failing, &err), ERR_DATA);
    assert_true(db_is_stuck(db));
    assert_int_equal(db_transact(db, follow, &good, &err), ERR_INTERNAL); /* the end fails once more: nothing is begun */
    assert_int_equal(good.runs, 0);
    assert_ok(db_transact(db, follow, &good, &err), &err);
    assert_false(db_is_stuck(db));
    db->backend = real;
    struct db *other = fixture_open(fixture, 0);
    assert_int_equal(count_items(other), 1);
    assert_int_equal(must_int(other, "SELECT id FROM item"), 2);
    db_close(other);
}

int run_transaction_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(success_is_kept),
        TEST(failure_is_undone),
        TEST(inner_failure_leaves_the_outer),
        TEST(endless_nesting_is_a_fault),
        TEST(a_lost_race_runs_again),
        TEST(a_race_lost_for_ever_ends),
        TEST(an_inner_race_runs_the_outermost_again),
        TEST(a_race_cannot_be_passed_over),
        TEST(a_taken_key_is_told_apart),
        TEST(a_failure_passed_over_is_never_a_silent_loss),
        TEST(a_rehearsal_writes_nothing),
        TEST(a_race_in_a_rehearsal_is_an_error),
        TEST(a_rehearsal_leaves_the_file_as_it_was),
        TEST(closing_undoes_what_is_open),
        TEST(an_end_that_failed_is_made_up_for),
        TEST(ids_are_reserved_in_a_row),
    };
    return cmocka_run_group_tests_name("transactions", tests, NULL, NULL);
}
