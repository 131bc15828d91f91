/* test_values.c: values go in and come out unchanged, and both engines read the shared SQL in the same way. */
#include "fixture.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char make_values[] = "CREATE TABLE value (id @int@ NOT NULL PRIMARY KEY, i @int@, t @text@, b @blob@) @table@";
static const char insert_value[] = "INSERT INTO value (id, i, t, b) VALUES ($1, $2, $3, $4)";
static const char select_value[] = "SELECT i, t, b FROM value WHERE id = $1";

static void put(struct db *db, int64_t id, struct db_value i, struct str text, struct str bytes)
{
    struct err err = {0};
    assert_ok(db_exec(db, insert_value, &err, DB_INT(id), i, DB_STR(text), DB_BLOB(bytes)), &err);
}

static void assert_str(struct str got, struct str expected)
{
    assert_int_equal(got.p == NULL, expected.p == NULL);
    assert_int_equal(got.n, expected.n);
    if (expected.n > 0)
        assert_memory_equal(got.p, expected.p, expected.n);
}

static void expect(struct db *db, int64_t id, struct db_value i, struct str text, struct str bytes)
{
    struct err err = {0};
    DB_ROWS_AUTO rows = {0};
    assert_ok(db_query(db, &rows, select_value, &err, DB_INT(id)), &err);
    assert_int_equal(db_next(&rows, &err), 1);
    assert_int_equal(db_is_null(&rows, 0), i.type == DB_NULL);
    assert_true(db_int(&rows, 0) == i.i);
    assert_int_equal(db_is_null(&rows, 1), text.p == NULL);
    assert_str(db_text(&rows, 1), text);
    assert_int_equal(db_is_null(&rows, 2), bytes.p == NULL);
    assert_str(db_bytes(&rows, 2), bytes);
    /* Reading twice is harmless. */
    assert_str(db_bytes(&rows, 2), bytes);
    assert_int_equal(db_next(&rows, &err), 0);
    assert_int_equal(db_next(&rows, &err), 0);
}

static void round_trip(struct db *db, int64_t id, struct db_value i, struct str text, struct str bytes)
{
    put(db, id, i, text, bytes);
    expect(db, id, i, text, bytes);
}

static void values_come_back(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    must_run(db, make_values);
    round_trip(db, 1, DB_INT(INT64_MIN), STR("é€😀 'quoted' \"double\" \\x41"), (struct str){all, sizeof all});
    round_trip(db, 2, DB_INT(INT64_MAX), STR(""), STR(""));
    round_trip(db, 3, DB_NIL, STR_NULL, STR_NULL);
    round_trip(db, 4, DB_INT(0), STR("\n\t $1 ; -- %s"), STR("\0"));
    round_trip(db, 5, DB_INT(-1), STR("\\"), STR("\\x00"));
    /* The first rows have not changed. */
    expect(db, 1, DB_INT(INT64_MIN), STR("é€😀 'quoted' \"double\" \\x41"), (struct str){all, sizeof all});
}

static void large_values_come_back(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    size_t n = 3 << 20;
    char *bytes = malloc(n);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)('a' + i % 26);
    must_run(db, make_values);
    round_trip(db, 1, DB_INT(1), (struct str){bytes, n}, (struct str){bytes, n - 1});
    free(bytes);
}

/* xorshift64*, so that each run has the same values. */
static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static void random_values_come_back(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    uint64_t seed = 20260130;
    must_run(db, make_values);
    for (int64_t id = 1; id <= 300; id++) {
        char text[40], bytes[40];
        size_t text_size = random_next(&seed) % sizeof text;
        size_t bytes_size = random_next(&seed) % sizeof bytes;
        for (size_t i = 0; i < sizeof text; i++) {
            text[i] = (char)(1 + random_next(&seed) % 127);
            bytes[i] = (char)random_next(&seed);
        }
        int64_t i = (int64_t)(random_next(&seed) >> (random_next(&seed) % 64));
        round_trip(db, id, DB_INT(i), (struct str){text, text_size}, (struct str){bytes, bytes_size});
    }
}

static void zero_byte_in_text_is_refused(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_values);
    assert_int_equal(db_exec(db, insert_value, &err, DB_INT(1), DB_NIL, DB_STR(STR("a\0b")), DB_NIL), ERR_DATA);
    assert_error(&err, ERR_DATA, "zero byte");
    assert_int_equal(must_int(db, "SELECT count(*) FROM value"), 0);
}

static void parameters_go_by_number(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    int64_t value = 0;
    assert_int_equal(db_query_int(db, &value, "SELECT CAST($2 AS BIGINT) - CAST($1 AS BIGINT) * CAST($2 AS BIGINT)", &err, DB_INT(3), DB_INT(10)), 1);
    assert_int_equal(value, 10 - 3 * 10);
}

static void text_compares_by_bytes(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_values);
    const struct str names[] = {STR("a"), STR("Z"), STR("é"), STR("B"), STR("Zz"), STR("")};
    const struct str sorted[] = {STR(""), STR("B"), STR("Z"), STR("Zz"), STR("a"), STR("é")};
    for (int i = 0; i < 6; i++)
        put(db, i, DB_NIL, names[i], STR_NULL);
    DB_ROWS_AUTO rows = {0};
    assert_ok(db_query(db, &rows, "SELECT t FROM value ORDER BY t", &err), &err);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(db_next(&rows, &err), 1);
        assert_str(db_text(&rows, 0), sorted[i]);
    }
    assert_int_equal(must_int(db, "SELECT count(*) FROM value WHERE t LIKE 'z%'"), 0);
    assert_int_equal(must_int(db, "SELECT count(*) FROM value WHERE t LIKE 'Z%'"), 2);
}

static bool contains(struct db *db, struct str text, struct str part)
{
    static const char select_contains[] = "SELECT CASE WHEN text_contains(CAST($1 AS TEXT), CAST($2 AS TEXT)) THEN 1 ELSE 0 END";
    struct err err = {0};
    int64_t answer = -1;
    assert_int_equal(db_query_int(db, &answer, select_contains, &err, DB_STR(text), DB_STR(part)), 1);
    return answer == 1;
}

static void a_text_contains_what_people_type_of_it(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    int64_t answer;
    assert_ok(db_migrate(db, NULL, NULL, &err), &err);
    assert_true(contains(db, STR("Épicerie fine"), STR("epicerie")));
    assert_true(contains(db, STR("Épicerie fine"), STR("rie f")));
    assert_true(contains(db, STR("PLATEAU D’ŒUFS"), STR("d'oeuf")));
    assert_true(contains(db, STR("COMTE\u0301"), STR("comte")));
    assert_true(contains(db, STR("CARTE"), STR("rte")));
    assert_true(contains(db, STR("CARTE"), STR("")));
    assert_true(contains(db, STR(""), STR("")));
    assert_true(contains(db, STR("100 % !x_y"), STR("% !x_y")));
    assert_false(contains(db, STR("100 % !x_y"), STR("100_%")));
    assert_false(contains(db, STR("Épicerie"), STR("épicerie"))); /* the part comes folded */
    assert_false(contains(db, STR(""), STR("a")));
    assert_int_equal(db_query_int(db, &answer, "SELECT CASE WHEN text_contains(CAST($1 AS TEXT), 'a') IS NULL THEN 1 ELSE 0 END", &err, DB_NIL), 1);
    assert_int_equal(answer, 1);
}

/* The engine's folding is the one of base/text.h: between two marks that stay, a letter is found as what it folds to, and as nothing else. */
static void letters_fold_in_the_database_as_in_the_program(void **state)
{
    static const struct { int32_t first, last; } letters[] = {{0x20, 0x377}, {0x37A, 0x37F}, {0x384, 0x52F}, {0x1E00, 0x1EFF}, {0x2000, 0x206F}, {0x2070, 0x209C}, {0x2100, 0x214F}, {0xFB00, 0xFB06},
                                                              {0xFF01, 0xFF60}};
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    assert_ok(db_migrate(db, NULL, NULL, &err), &err);
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        for (int32_t code = letters[i].first; code <= letters[i].last; code++) {
            BUF_AUTO text = {0};
            BUF_AUTO folded = {0};
            if (code < 0x80)
                buf_printf(&text, "<%c>", (char)code);
            else if (code < 0x800)
                buf_printf(&text, "<%c%c>", (char)(0xC0 | code >> 6), (char)(0x80 | (code & 0x3F)));
            else
                buf_printf(&text, "<%c%c%c>", (char)(0xE0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3F)), (char)(0x80 | (code & 0x3F)));
            text_append_folded(&folded, buf_str(&text));
            if (!contains(db, buf_str(&text), buf_str(&folded)))
                fail_msg("U+%04X: \"%s\" is not found as \"%s\"", (unsigned)code, text.p ? text.p : "", folded.p);
        }
}

static void truth_is_zero_or_one(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    assert_int_equal(must_int(db, "SELECT 1 = 1"), 1);
    assert_int_equal(must_int(db, "SELECT 1 = 2"), 0);
    assert_int_equal(must_int(db, "SELECT NULL IS NOT DISTINCT FROM NULL"), 1);
}

static void touched_rows_are_counted(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    int64_t rows = -1;
    must_run(db, make_values);
    for (int i = 1; i <= 3; i++) {
        assert_ok(db_exec_count(db, insert_value, &rows, &err, DB_INT(i), DB_NIL, DB_NIL, DB_NIL), &err);
        assert_int_equal(rows, 1);
    }
    assert_ok(db_exec_count(db, "UPDATE value SET i = $1 WHERE id >= $2", &rows, &err, DB_INT(7), DB_INT(2)), &err);
    assert_int_equal(rows, 2);
    assert_ok(db_exec_count(db, "INSERT INTO value (id) VALUES ($1) ON CONFLICT (id) DO NOTHING", &rows, &err, DB_INT(1)), &err);
    assert_int_equal(rows, 0);
    assert_ok(db_exec_count(db, "SELECT id FROM value", &rows, &err), &err);
    assert_int_equal(rows, 0);
    assert_ok(db_exec_count(db, "DELETE FROM value", &rows, &err), &err);
    assert_int_equal(rows, 3);
}

static void single_values_are_found_or_not(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    ARENA_AUTO arena = {0};
    int64_t number = 42;
    struct str text = STR("before");
    must_run(db, make_values);
    put(db, 1, DB_NIL, STR("un"), STR_NULL);
    put(db, 2, DB_INT(5), STR_NULL, STR_NULL);
    put(db, 3, DB_INT(6), STR(""), STR_NULL);
    static const char number_sql[] = "SELECT i FROM value WHERE id = $1", text_sql[] = "SELECT t FROM value WHERE id = $1";
    assert_int_equal(db_query_int(db, &number, number_sql, &err, DB_INT(9)), 0);
    assert_int_equal(db_query_int(db, &number, number_sql, &err, DB_INT(1)), 0);
    assert_int_equal(number, 42);
    assert_int_equal(db_query_int(db, &number, number_sql, &err, DB_INT(2)), 1);
    assert_int_equal(number, 5);
    assert_int_equal(db_query_text(db, &arena, &text, text_sql, &err, DB_INT(9)), 0);
    assert_int_equal(db_query_text(db, &arena, &text, text_sql, &err, DB_INT(2)), 0);
    assert_str(text, STR("before"));
    assert_int_equal(db_query_text(db, &arena, &text, text_sql, &err, DB_INT(1)), 1);
    struct str first = text;
    assert_int_equal(db_query_text(db, &arena, &text, text_sql, &err, DB_INT(3)), 1);
    assert_str(text, STR(""));
    assert_str(first, STR("un"));
}

static void queries_may_be_nested(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_values);
    for (int i = 1; i <= 4; i++)
        put(db, i, DB_INT(i * 10), STR_NULL, STR_NULL);
    static const char sql[] = "SELECT id FROM value ORDER BY id";
    DB_ROWS_AUTO rows = {0}, again = {0};
    assert_ok(db_query(db, &rows, sql, &err), &err);
    int64_t sum = 0;
    while (db_next(&rows, &err) > 0) {
        int64_t i = 0;
        assert_int_equal(db_query_int(db, &i, "SELECT i FROM value WHERE id = $1", &err, DB_INT(db_int(&rows, 0))), 1);
        sum += i;
    }
    assert_int_equal(sum, 100);
    assert_int_equal(db_query(db, &again, sql, &err), ERR_INTERNAL);
    assert_error(&err, ERR_INTERNAL, "still being read");
    db_rows_close(&rows);
    db_rows_close(&rows);
    assert_ok(db_query(db, &again, sql, &err), &err);
}

static void too_large_a_sum_is_an_error(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    int64_t sum = 0;
    must_run(db, make_values);
    put(db, 1, DB_INT(INT64_MAX - 5), STR_NULL, STR_NULL);
    put(db, 2, DB_INT(5), STR_NULL, STR_NULL);
    assert_true(must_int(db, "SELECT sum(i) FROM value") == INT64_MAX);
    put(db, 3, DB_INT(1), STR_NULL, STR_NULL);
    assert_int_equal(db_query_int(db, &sum, "SELECT sum(i) FROM value", &err), ERR_DATA);
    assert_true(must_int(db, "SELECT sum(-i) FROM value") == -INT64_MAX - 1);
}

static void returned_rows_are_kept(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    int64_t id = 0;
    must_run(fixture->db, make_values);
    assert_int_equal(db_query_int(fixture->db, &id, "INSERT INTO value (id, i) VALUES ($1, 1), (9, 2) RETURNING id", &err, DB_INT(8)), 1);
    assert_int_equal(id, 8);
    struct db *other = fixture_open(fixture, 0);
    assert_int_equal(must_int(other, "SELECT sum(id) FROM value"), 17);
    db_close(other);
}

static void a_wrong_statement_is_a_fault_of_ours(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    struct err err = {0};
    must_run(db, make_values);
    assert_int_equal(db_exec(db, "INSERT INTO nothing VALUES (1)", &err), ERR_INTERNAL);
    assert_error(&err, ERR_INTERNAL, "nothing");
    assert_int_equal(db_exec(db, insert_value, &err, DB_INT(1)), ERR_INTERNAL);
    assert_int_equal(db_exec(db, "SELECT 1; SELECT 2", &err), ERR_INTERNAL);
    put(db, 1, DB_NIL, STR_NULL, STR_NULL);
    assert_int_equal(must_int(db, "SELECT count(*) FROM value"), 1);
}

static const char *make_literals(void)
{
    /* 1 000 different addresses with statements of 16 bytes each. */
    static char texts[1000][32];
    for (int i = 0; i < 1000; i++)
        snprintf(texts[i], sizeof texts[i], "SELECT %d", i);
    return texts[0];
}

static void many_statements_are_cached(void **state)
{
    struct db *db = ((struct fixture *)*state)->db;
    const char *texts = make_literals();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++)
            assert_int_equal(must_int(db, texts + 32 * i), i);
    assert_true(db->statement_count == 1000);
}

/* What the next test runs with each allocation failing in turn. */
static int use_a_little(const struct fixture *fixture, int64_t id, struct err *err)
{
    struct db *db = NULL;
    struct db_options options = {0};
    DB_ROWS_AUTO rows = {0};
    int r = db_open(&db, str_from(fixture->url), &options, err);
    if (r >= 0)
        r = db_exec(db, insert_value, err, DB_INT(id), DB_INT(1), DB_STR(STR("text")), DB_BLOB(STR("bytes")));
    if (r >= 0)
        r = db_query(db, &rows, select_value, err, DB_INT(id));
    if (r >= 0)
        r = db_next(&rows, err);
    db_rows_close(&rows);
    db_close(db);
    return r < 0 ? r : OK;
}

/* A text made at run time: prepared for this one reading, whatever stood at the same address before, and beside others that are being read. */
static void a_text_of_the_moment_is_read_once(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    char sql[64];

    for (int i = 0; i < 300; i++) {
        DB_ROWS_AUTO outer = {0};
        DB_ROWS_AUTO inner = {0};
        snprintf(sql, sizeof sql, "SELECT CAST($1 AS BIGINT) + %d", i);
        assert_ok(db_query_once(fixture->db, &outer, sql, &DB_INT(1000), 1, &err), &err);
        assert_ok(db_query_once(fixture->db, &inner, "SELECT CAST($1 AS BIGINT) * 2", &DB_INT(i), 1, &err), &err);
        assert_int_equal(db_next(&outer, &err), 1);
        assert_int_equal(db_next(&inner, &err), 1);
        assert_int_equal(db_int(&outer, 0), 1000 + i);
        assert_int_equal(db_int(&inner, 0), 2 * i);
        assert_int_equal(db_next(&outer, &err), 0);
    }
    assert_int_equal(fixture->db->statement_count, 0);
    DB_ROWS_AUTO rows = {0};
    assert_int_equal(db_query_once(fixture->db, &rows, "SELECT nothing FROM nowhere", NULL, 0, &err), ERR_INTERNAL);
}

static void exhausted_memory_is_an_error(void **state)
{
    const struct fixture *fixture = *state;
    must_run(fixture->db, make_values);
    int64_t n = 1;
    for (;; n++) {
        struct err err = {0};
        mem_fail_at(n, 0);
        int r = use_a_little(fixture, n, &err);
        mem_fail_at(0, 0);
        if (r == OK)
            break;
        assert_int_equal(r, ERR_INTERNAL);
        assert_error(&err, ERR_INTERNAL, "memory");
        assert_true(n < 1000);
    }
    assert_true(n > 4);
}

int run_values_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_come_back),
        TEST(large_values_come_back),
        TEST(random_values_come_back),
        TEST(zero_byte_in_text_is_refused),
        TEST(parameters_go_by_number),
        TEST(text_compares_by_bytes),
        TEST(a_text_contains_what_people_type_of_it),
        TEST(letters_fold_in_the_database_as_in_the_program),
        TEST(truth_is_zero_or_one),
        TEST(touched_rows_are_counted),
        TEST(single_values_are_found_or_not),
        TEST(queries_may_be_nested),
        TEST(too_large_a_sum_is_an_error),
        TEST(returned_rows_are_kept),
        TEST(a_wrong_statement_is_a_fault_of_ours),
        TEST(many_statements_are_cached),
        TEST(a_text_of_the_moment_is_read_once), TEST(exhausted_memory_is_an_error),
    };
    return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
