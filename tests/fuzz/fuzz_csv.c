/* fuzz_csv.c: delimited text. What was read, written with any separator, guarded against formulas or not, and read again is the same; rows that lie
 * across the reader's chunks are the same; and what is written guarded is no formula to a spreadsheet. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/csv.h"
#include "fuzz.h"

enum { CHUNK_BYTES = 64 << 10, CHUNK_EVERY = 512 };

/* Rows as they came, one after the other. */
struct rows {
    struct arena arena;
    struct csv_row *all;
    size_t count, room;
    int64_t last_line;
    struct csv_dialect dialect;
};

static void law_of_cell(struct str cell)
{
    LAW(text_is_utf8(cell));
    LAW(cell.n == 0 || memchr(cell.p, '\0', cell.n) == NULL);
    LAW(cell.n <= 3 * CSV_CELL_MAX);
}

static int keep_row(void *context, const struct csv_row *row, struct err *err)
{
    struct rows *rows = context;

    (void)err;
    LAW(row->line > rows->last_line && row->count > 0 && row->count <= CSV_COLUMNS_MAX);
    rows->last_line = row->line;
    if (rows->count == rows->room) {
        rows->room = rows->room ? 2 * rows->room : 16;
        struct csv_row *larger = arena_array(&rows->arena, rows->room, sizeof *larger);
        if (rows->count > 0)
            memcpy(larger, rows->all, rows->count * sizeof *larger);
        rows->all = larger;
    }
    struct csv_row *kept = &rows->all[rows->count++];
    *kept = (struct csv_row){row->line, row->count, arena_array(&rows->arena, row->count, sizeof(struct str))};
    for (size_t i = 0; i < row->count; i++) {
        law_of_cell(row->cells[i]);
        kept->cells[i] = arena_copy(&rows->arena, row->cells[i].n ? row->cells[i] : STR(""));
    }
    return OK;
}

static int read_rows(struct str bytes, struct rows *ret)
{
    struct err err = {0};

    *ret = (struct rows){0};
    int rc = csv_read(bytes, "file.csv", &ret->dialect, keep_row, ret, &err);
    if (rc != OK)
        law_of_refusal(rc, &err);
    else
        LAW(ret->dialect.separator == ';' || ret->dialect.separator == ',' || ret->dialect.separator == '\t');
    return rc;
}

static void law_of_same_rows(const struct rows *a, size_t skip_a, const struct rows *b, size_t skip_b, bool unguard)
{
    LAW(a->count - skip_a == b->count - skip_b);
    for (size_t i = 0; i < a->count - skip_a; i++) {
        const struct csv_row *left = &a->all[skip_a + i], *right = &b->all[skip_b + i];
        LAW(left->count == right->count);
        for (size_t j = 0; j < left->count; j++)
            LAW(str_equal(left->cells[j], unguard ? csv_unguard(right->cells[j]) : right->cells[j]));
    }
}

/* ---- written and read again ---- */

static bool is_number(struct str cell)
{
    char text[64], *end = text;

    if (cell.n == 0 || cell.n >= sizeof text)
        return false;
    for (size_t i = 0; i < cell.n; i++)
        text[i] = cell.p[i] == ',' ? '.' : cell.p[i];
    text[cell.n] = '\0';
    if (strspn(text, "+-.0123456789") != cell.n)
        return false;
    (void)strtod(text, &end);
    return *end == '\0';
}

/* OWASP, "CSV Injection": a cell that begins so is taken for a formula. */
static void law_of_formulas(const struct rows *written)
{
    for (size_t i = 0; i < written->count; i++)
        for (size_t j = 0; j < written->all[i].count; j++) {
            struct str cell = written->all[i].cells[j];
            if (cell.n > 0 && cell.n < 64)
                LAW(strchr("=+-@\t\r", cell.p[0]) == NULL || is_number(cell));
        }
}

/* The first row decides on the separator, so one of names stands first, as in the files that we write. A row of one empty cell, unquoted, is an empty
 * line to every reader. */
static void write_rows(struct buf *out, const struct rows *rows, char separator, bool guard)
{
    buf_printf(out, "first%csecond\n", separator);
    for (size_t i = 0; i < rows->count; i++) {
        const struct csv_row *row = &rows->all[i];
        for (size_t j = 0; j < row->count; j++) {
            if (j > 0)
                buf_append_char(out, separator);
            csv_append_cell(out, row->cells[j], separator, guard);
        }
        if (row->count == 1 && row->cells[0].n == 0)
            buf_append_z(out, "\"\"");
        buf_append_z(out, i % 2 ? "\r\n" : "\n");
    }
}

static bool has_large_cell(const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < rows->all[i].count; j++)
            if (rows->all[i].cells[j].n >= CSV_CELL_MAX)
                return true;
    return false;
}

static void law_of_writing(const struct rows *rows)
{
    static const char separators[] = {';', ',', '\t'};

    for (int guard = 0; guard < 2; guard++)
        for (size_t i = 0; i < sizeof separators; i++) {
            BUF_AUTO text = {0};
            struct rows again;

            write_rows(&text, rows, separators[i], guard);
            LAW(read_rows(buf_str(&text), &again) == OK && again.dialect.separator == separators[i]);
            law_of_same_rows(rows, 0, &again, 1, guard);
            if (guard)
                law_of_formulas(&again);
            arena_release(&again.arena);
        }
}

/* ---- chunks, and files ---- */

/* Behind so many empty lines that the reader's first chunk ends in the middle of it; from memory and from a file. */
static void law_of_chunks(struct str input, const struct rows *rows)
{
    size_t lines = CHUNK_BYTES - input.n / 2;
    BUF_AUTO text = {0};
    struct rows later, filed = {0};
    struct err err = {0};
    char path[64];
    int fd = memfd_create("fuzz_csv", MFD_CLOEXEC);

    char *room = buf_reserve(&text, lines);
    LAW(room != NULL && fd >= 0);
    memset(room, '\n', lines);
    text.n += lines;
    buf_append(&text, input);
    LAW(read_rows(buf_str(&text), &later) == OK);
    law_of_same_rows(rows, 0, &later, 0, false);
    for (size_t i = 0; i < rows->count; i++)
        LAW(later.all[i].line == rows->all[i].line + (int64_t)lines);
    LAW(write(fd, text.p, text.n) == (ssize_t)text.n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    LAW(csv_read_file(path, &filed.dialect, keep_row, &filed, &err) == OK);
    law_of_same_rows(&later, 0, &filed, 0, false);
    close(fd);
    arena_release(&later.arena);
    arena_release(&filed.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = input_of(data, size);
    struct rows rows;

    if (read_rows(input, &rows) == OK) {
        if (!has_large_cell(&rows))
            law_of_writing(&rows);
        if (size < CHUNK_BYTES && !rows.dialect.byte_order_mark && input_variant(input, CHUNK_EVERY) == 0)
            law_of_chunks(input, &rows);
    }
    arena_release(&rows.arena);
    return 0;
}
