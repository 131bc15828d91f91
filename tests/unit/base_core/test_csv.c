/* test_csv.c: delimited text: dialects, quoting, limits, line numbers, the formula guard, and failing memory. */
#include "check.h"

#include "base/csv.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes the records as `line:[cell|cell]` so that a test can state the whole reading in one text. */
static int record(void *context, const struct csv_row *row, struct err *err)
{
    struct buf *out = context;

    (void)err;
    buf_printf(out, "%lld:[", (long long)row->line);
    for (size_t i = 0; i < row->count; i++) {
        if (i > 0)
            buf_append_char(out, '|');
        buf_append(out, row->cells[i]);
    }
    buf_append_char(out, ']');
    return OK;
}

static struct csv_dialect read_all(struct str source, csv_row_fn *on_row, void *context)
{
    struct csv_dialect dialect = {0};
    struct err err = {0};

    if (csv_read(source, "test.csv", &dialect, on_row, context, &err) != OK) {
        BUF_AUTO text = {0};
        err_format(&err, &text);
        fail_msg("refused: %s", buf_str(&text).p);
    }
    return dialect;
}

static struct csv_dialect assert_reads(struct str source, const char *expected)
{
    BUF_AUTO records = {0};
    struct csv_dialect dialect = read_all(source, record, &records);

    assert_str(buf_str(&records), expected);
    return dialect;
}

static void assert_refused(struct str source, const char *part)
{
    BUF_AUTO records = {0};
    struct csv_dialect dialect = {.separator = '?'};
    struct err err = {0};

    assert_int_equal(csv_read(source, "test.csv", &dialect, record, &records, &err), ERR_DATA);
    assert_err_says(&err, "test.csv");
    assert_err_says(&err, part);
}

static void reads_records(void **state)
{
    (void)state;
    assert_reads(STR("a;b\n1;2\n"), "1:[a|b]2:[1|2]");
    assert_reads(STR("a;b\r\n1;2"), "1:[a|b]2:[1|2]");
    assert_reads(STR("a;b\r1;2\r"), "1:[a|b]2:[1|2]");
    assert_reads(STR("\n\r\n\na;b\n\n\n;\n"), "4:[a|b]7:[|]");
    assert_reads(STR("a; b ;\tc\t;"), "1:[a| b |\tc\t|]");
    assert_reads(STR("\"a\"\"b\";\"c;d\";\"\"\n"), "1:[a\"b|c;d|]");
    assert_reads(STR("\"two\nlines\r\nor three\";x\nnext;y\n"), "1:[two\nlines\r\nor three|x]4:[next|y]");
    assert_reads(STR(""), "");
    assert_reads(STR_NULL, "");
    assert_reads(STR("\r\n\r\n"), "");
    assert_reads(STR("\"\"\n"), "1:[]");
}

static void takes_the_commonest_separator(void **state)
{
    (void)state;
    assert_int_equal(assert_reads(STR("a,b,c;d\n1\n"), "1:[a|b|c;d]2:[1]").separator, ',');
    assert_int_equal(assert_reads(STR("a\tb\n1,2\n"), "1:[a|b]2:[1,2]").separator, '\t');
    assert_int_equal(assert_reads(STR("a,b;c\n"), "1:[a,b|c]").separator, ';'); /* a tie */
    assert_int_equal(assert_reads(STR("alone\n1,2,3\n"), "1:[alone]2:[1,2,3]").separator, ';');
    assert_int_equal(assert_reads(STR("\"x;y;z\",b\n"), "1:[x;y;z|b]").separator, ',');
    assert_int_equal(assert_reads(STR("\"x\n;y;z\",b\n;;;;\n"), "1:[x\n;y;z|b]3:[;;;;]").separator, ',');
    assert_int_equal(assert_reads(STR("\n\na,b\n"), "3:[a|b]").separator, ',');
}

static void tells_the_dialect(void **state)
{
    (void)state;
    struct csv_dialect plain = assert_reads(STR("caf\xC3\xA9;1\n"), "1:[caf\xC3\xA9|1]");
    assert_false(plain.windows1252 || plain.byte_order_mark || plain.crlf);
    struct csv_dialect marked = assert_reads(STR("\xEF\xBB\xBF" "a;b\r\n"), "1:[a|b]");
    assert_true(marked.byte_order_mark && marked.crlf && !marked.windows1252);
    struct csv_dialect windows = assert_reads(STR("caf\xE9;12 \x80\n"), "1:[caf\xC3\xA9|12 \xE2\x82\xAC]");
    assert_true(windows.windows1252 && !windows.byte_order_mark);
    assert_reads(STR("\xEF\xBB\xBF"), "");
    /* One bad byte at the very end makes all of it Windows-1252, the first line too. */
    assert_reads(STR("\xC3\xA9;b\nx\xE9"), "1:[\xC3\x83\xC2\xA9|b]2:[x\xC3\xA9]");
    assert_reads(STR("ab\xC3"), "1:[ab\xC3\x83]");
}

static void bad_encodings_are_refused(void **state)
{
    (void)state;
    assert_refused(STR("a\nb\nc\x81\xE9\n"), "neither UTF-8 (line 3) nor Windows-1252 (line 3)");
    assert_refused(STR("\xE9\r\n\r\n\x8D"), "neither UTF-8 (line 1) nor Windows-1252 (line 3)");
    assert_refused(STR("\x8F"), "neither");
    assert_refused(STR("\x90"), "neither");
    assert_refused(STR("\x9D"), "neither");
    assert_refused(STR("\xEF\xBB\xBF" "a\ncaf\xE9\n"), "marked as UTF-8 but line 2 is not");
    assert_refused(STR("\xFF\xFE" "a\0;\0b\0"), "UTF-16");
    assert_refused(STR("a\nb\0c\n"), "zero byte on line 2");
}

static void bad_quotes_are_refused(void **state)
{
    (void)state;
    assert_refused(STR("a;b\nc;d\ne;\"f\ng;h\ni;j\n"), "begins on line 3, column 2");
    assert_refused(STR("\""), "line 1, column 1");
    assert_refused(STR("a;b\nx;5\" nail\n"), "line 2, column 2");
    assert_refused(STR("a;b\n\"x\"y;z\n"), "line 2, column 1");
}

/* `head`, then n times 'x'. */
static void append_long(struct buf *out, const char *head, size_t n)
{
    buf_append_z(out, head);
    char *room = buf_reserve(out, n);
    assert_non_null(room);
    memset(room, 'x', n);
    out->n += n;
}

static void large_cells_are_refused(void **state)
{
    BUF_AUTO source = {0};
    BUF_AUTO records = {0};

    (void)state;
    append_long(&source, "a;b\n1;", CSV_CELL_MAX);
    read_all(buf_str(&source), record, &records);
    buf_append_char(&source, 'y');
    assert_refused(buf_str(&source), "line 2, column 2: the cell is larger");
    buf_reset(&source);
    append_long(&source, "a;b\n1;\"", CSV_CELL_MAX * 4);
    assert_refused(buf_str(&source), "line 2, column 2: the cell is larger");
    buf_reset(&source);
    buf_append_z(&source, "a;b\nc;\"never closed");
    for (int i = 0; i < 20000; i++)
        buf_append_z(&source, "\nx;y");
    assert_refused(buf_str(&source), "line 2, column 2: the cell is larger");
}

static void reading_takes_constant_memory(void **state)
{
    char path[] = "liaison-test-XXXXXX";
    int fd = mkstemp(path);
    struct csv_dialect dialect;
    struct err err = {0};
    BUF_AUTO cell = {0};

    (void)state;
    assert_true(fd >= 0);
    append_long(&cell, "", 1 << 20);
    assert_int_equal(write(fd, "a;b\n1;\"", 7), 7);
    for (int i = 0; i < 20; i++)
        assert_int_equal(write(fd, cell.p, cell.n), cell.n);
    close(fd);
    int64_t asked = mem_count();
    int code = csv_read_file(path, &dialect, record, &cell, &err);
    unlink(path);
    assert_int_equal(code, ERR_DATA);
    assert_err_says(&err, "line 2, column 2: the cell is larger");
    assert_true(mem_count() - asked < 100);
}

static void too_many_columns_are_refused(void **state)
{
    BUF_AUTO source = {0};

    (void)state;
    buf_append_z(&source, "a\nb");
    for (int i = 1; i < CSV_COLUMNS_MAX; i++)
        buf_append_char(&source, ';');
    BUF_AUTO records = {0};
    read_all(buf_str(&source), record, &records);
    buf_append_char(&source, ';');
    assert_refused(buf_str(&source), "line 2: there are too many columns");
}

static int stop_at_second(void *context, const struct csv_row *row, struct err *err)
{
    int *count = context;

    (void)row;
    return ++*count == 2 ? err_set(err, ERR_CANCELLED, "stopped") : OK;
}

static void callback_can_stop(void **state)
{
    int count = 0;
    struct csv_dialect dialect;
    struct err err = {0};

    (void)state;
    assert_int_equal(csv_read(STR("a\nb\nc\nd\n"), "test.csv", &dialect, stop_at_second, &count, &err), ERR_CANCELLED);
    assert_int_equal(count, 2);
    assert_int_equal(err.code, ERR_CANCELLED);
}

static void unreadable_paths_are_told(void **state)
{
    char pipe_path[] = "liaison-fifo-test";
    struct csv_dialect dialect;
    struct err err = {0};
    BUF_AUTO records = {0};

    (void)state;
    assert_int_equal(csv_read_file("no/such.csv", &dialect, record, &records, &err), ERR_DATA);
    assert_err_says(&err, "there is no file no/such.csv");
    assert_int_equal(csv_read_file(".", &dialect, record, &records, &err), ERR_DATA);
    assert_err_says(&err, "is a folder");
    unlink(pipe_path);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    int code = csv_read_file(pipe_path, &dialect, record, &records, &err); /* does not wait for a writer */
    unlink(pipe_path);
    assert_int_equal(code, ERR_DATA);
    assert_err_says(&err, "not a plain file");
}

/* Whatever stands at a chunk's end, a file reads as the same bytes do from memory: CRLF, quotes and characters are cut there. */
static void chunks_do_not_show(void **state)
{
    static const char *const ends[] = {"\r\n\"x\n\"\"y\";2\r\n", "\xC3\xA9;2\r\n", "\";\"\"\"\"\r\nz;\r\n", "\r\n\r\n\xE2\x82\xAC;4"};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        for (size_t shift = 0; shift < 8; shift++) {
            BUF_AUTO source = {.max = 1 << 20};
            BUF_AUTO records = {0};

            buf_append_z(&source, "a;b\r\n");
            while (source.n < (64 << 10) - 100) /* 3636 lines of 18 bytes, so that the long one is the 3638th */
                buf_append_z(&source, "1234567;\"123456\"\r\n");
            append_long(&source, i == 2 ? "\"" : "", (64 << 10) - shift - source.n);
            buf_append_z(&source, ends[i]);
            struct csv_dialect dialect = read_all(buf_str(&source), record, &records);
            assert_true(dialect.crlf && !dialect.windows1252);
            assert_true(str_starts_with(buf_str(&records), STR("1:[a|b]2:[1234567|123456]3:[")));
            static const char *const tails[] = {"x]3639:[x\n\"y|2]", "x\xC3\xA9|2]", "x|\"]3639:[z|]", "x]3640:[\xE2\x82\xAC|4]"};
            assert_true(str_ends_with(buf_str(&records), str_from(tails[i])));
        }
    }
}

static void assert_cell(struct str cell, bool guard, const char *expected)
{
    BUF_AUTO out = {0};

    csv_append_cell(&out, cell, ';', guard);
    assert_str(buf_str(&out), expected);
}

static void writes_cells(void **state)
{
    (void)state;
    assert_cell(STR("plain"), true, "plain");
    assert_cell(STR(""), true, "");
    assert_cell(STR_NULL, true, "");
    assert_cell(STR("a;b"), true, "\"a;b\"");
    assert_cell(STR("a,b"), true, "a,b");
    assert_cell(STR("say \"x\""), true, "\"say \"\"x\"\"\"");
    assert_cell(STR("two\nlines"), true, "\"two\nlines\"");
    assert_cell(STR(" blank"), true, "\" blank\"");
}

static void guards_formulas(void **state)
{
    (void)state;
    assert_cell(STR("=1+1"), true, "'=1+1");
    assert_cell(STR("=1+1"), false, "=1+1");
    assert_cell(STR("@SUM(A1)"), true, "'@SUM(A1)");
    assert_cell(STR("\tx"), true, "'\tx");
    assert_cell(STR("\rx"), true, "\"'\rx\"");
    assert_cell(STR("=A1;B1"), true, "\"'=A1;B1\"");
    assert_cell(STR("-1+cmd"), true, "'-1+cmd");
    assert_cell(STR("-12,50"), true, "-12,50");
    assert_cell(STR("+3"), true, "+3");
    assert_cell(STR("-12.5"), true, "-12.5");
    assert_cell(STR("-"), true, "'-");
    assert_cell(STR("-1.2.3"), true, "'-1.2.3");
    assert_str(csv_unguard(STR("'=1+1")), "=1+1");
    assert_str(csv_unguard(STR("'til")), "'til");
    assert_str(csv_unguard(STR("'")), "'");
    assert_str(csv_unguard(STR("")), "");
}

struct expected_cells {
    struct buf texts[3];
    bool guard;
    int rows;
};

static int compare_cells(void *context, const struct csv_row *row, struct err *err)
{
    struct expected_cells *expected = context;

    (void)err;
    if (expected->rows++ == 0)
        return OK; /* the head */
    assert_int_equal(row->count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct str cell = expected->guard ? csv_unguard(row->cells[i]) : row->cells[i];
        assert_true(str_equal(cell, buf_str(&expected->texts[i])));
    }
    return OK;
}

/* What is written is read again, whatever is in it, with and without guard. */
static void cells_come_back(void **state)
{
    static const char *const pieces[] = {"a", ";", "\"", "'", "=", "-", "+", "@", "\t", "\r", "\n", " ", "1", ",", "\xC3\xA9"};
    uint64_t seed = 31;

    (void)state;
    for (int round = 0; round < 10000; round++) {
        struct expected_cells expected = {.guard = round % 2 == 0};
        BUF_AUTO line = {0};

        buf_append_z(&line, "x;y;z\n");
        for (size_t i = 0; i < 3; i++) {
            for (uint64_t n = next_random(&seed) % 6; n > 0; n--)
                buf_append_z(&expected.texts[i], pieces[next_random(&seed) % (sizeof pieces / sizeof pieces[0])]);
            csv_append_cell(&line, buf_str(&expected.texts[i]), ';', expected.guard);
            buf_append_char(&line, i < 2 ? ';' : '\n');
        }
        read_all(buf_str(&line), compare_cells, &expected);
        assert_int_equal(expected.rows, 2);
        for (size_t i = 0; i < 3; i++)
            buf_release(&expected.texts[i]);
    }
}

static void memory_may_fail_anywhere(void **state)
{
    BUF_AUTO source = {0};
    int failures = 0;

    (void)state;
    append_long(&source, "a;b\n1;\"", 20000);
    buf_append_z(&source, "caf\xE9 \"\n3;4\n");
    /* libcsv asks again for less when it is refused, so a single failure may pass; when all fail from there on, none does. */
    for (int64_t nth = 1; nth < 60; nth++) {
        BUF_AUTO records = {0};
        struct csv_dialect dialect = {.separator = '?'};
        struct err err = {0};

        buf_reserve(&records, 50000); /* so that only the reader's own allocations fail */
        mem_fail_at((nth + 1) / 2, (int)(nth % 2));
        int code = csv_read(buf_str(&source), "test.csv", &dialect, record, &records, &err);
        mem_fail_at(0, 0);
        assert_int_equal(code, err.code);
        if (code == OK) {
            assert_true(str_ends_with(buf_str(&records), STR("xcaf\xC3\xA9 ]3:[3|4]")));
            continue;
        }
        failures++;
        assert_int_equal(code, ERR_INTERNAL);
        assert_err_says(&err, "not enough memory");
    }
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_records), cmocka_unit_test(takes_the_commonest_separator), cmocka_unit_test(tells_the_dialect),
        cmocka_unit_test(bad_encodings_are_refused), cmocka_unit_test(bad_quotes_are_refused), cmocka_unit_test(large_cells_are_refused),
        cmocka_unit_test(reading_takes_constant_memory), cmocka_unit_test(too_many_columns_are_refused), cmocka_unit_test(callback_can_stop),
        cmocka_unit_test(unreadable_paths_are_told), cmocka_unit_test(chunks_do_not_show), cmocka_unit_test(writes_cells),
        cmocka_unit_test(guards_formulas), cmocka_unit_test(cells_come_back), cmocka_unit_test(memory_may_fail_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
