/* csv.h: delimited text in and out (libcsv behind csv.c). Everyone may use it.
 * Reads `;`, `,` or tab, UTF-8 (with or without byte order mark) or Windows-1252, LF or CRLF, and says which it took. */
#ifndef BASE_CSV_H
#define BASE_CSV_H
#include "base/arena.h"
#include "base/err.h"

/* A cell of a real file is short; one of 200 MB is an attack or an accident. */
enum { CSV_CELL_MAX = 64 << 10, CSV_COLUMNS_MAX = 256 };

struct csv_dialect {
    char separator;      /* ';' ',' or '\t' */
    bool windows1252;    /* else UTF-8 */
    bool byte_order_mark;
    bool crlf;
};
struct csv_row {
    int64_t line;        /* line of the file where the record begins, from 1 */
    size_t count;
    struct str *cells;   /* UTF-8, valid during the callback only */
};
/* Called for every record (the first one included); a negative return stops the reading and is passed on. */
typedef int csv_row_fn(void *context, const struct csv_row *row, struct err *err);

/* Reads a whole file in pieces of constant memory; *ret_dialect is set before the first callback. The separator is the one of ; , tab
 * that occurs most in the first line outside quotes (`;` when none). ERR_DATA names path, line and column (unclosed quote, cell too large,
 * too many columns, a byte that is neither UTF-8 nor Windows-1252, a directory, no such file, not readable). Empty lines are skipped. */
int csv_read_file(const char *path, struct csv_dialect *ret_dialect, csv_row_fn *on_row, void *context, struct err *err) MUST_CHECK;
/* The same from memory; `name` stands for the path in messages. */
int csv_read(struct str bytes, const char *name, struct csv_dialect *ret_dialect, csv_row_fn *on_row, void *context, struct err *err) MUST_CHECK;

/* Appends one cell, quoted when needed. With `guard`, a text that a spreadsheet would take for a formula (begins with = + - @ tab CR)
 * gets a leading apostrophe, unless it is a plain number; csv_unguard takes it away on the way in. */
void csv_append_cell(struct buf *out, struct str cell, char separator, bool guard);
struct str csv_unguard(struct str cell);
#endif
