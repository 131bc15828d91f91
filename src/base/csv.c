/* csv.c: delimited text in and out. libcsv knows the quoting; encoding, separator, line numbers and limits are decided here.
 * A source is gone through twice: once to learn its encoding and separator, once to read it. Both passes take constant memory.
 * Everyone may use it, through base/csv.h. */
#include "base/csv.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/utf8_int.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_SIZE = 64 << 10 };

/* ---- sources: a file or memory, read in chunks from the beginning ---- */

struct source {
    const char *name;
    int fd;           /* -1: memory */
    char *chunk;      /* CHUNK_SIZE bytes, for a file */
    struct str bytes; /* memory */
    size_t offset;
};

static int fail_to_read(const struct source *source, struct err *err)
{
    return err_set(err, ERR_DATA, N_("the file %s cannot be read: %s"), source->name, text_of_errno(errno));
}

static int source_open(struct source *source, const char *path, struct err *err)
{
    struct stat status;

    source->name = path;
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* opening a pipe must not wait */
    if (source->fd < 0 && errno == ENOENT)
        return err_set(err, ERR_DATA, N_("there is no file %s: check its name and folder"), path);
    if (source->fd < 0 || fstat(source->fd, &status) != 0)
        return fail_to_read(source, err);
    if (S_ISDIR(status.st_mode))
        return err_set(err, ERR_DATA, N_("%s is a folder: name a file in it"), path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_DATA, N_("%s is not a plain file and cannot be read twice: save its content to a file first"), path);
    source->chunk = mem_alloc(CHUNK_SIZE);
    return source->chunk == NULL ? err_memory(err) : OK;
}

static void source_close(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    mem_free(source->chunk);
}

/* The next piece, empty at the end. */
static int source_next(struct source *source, struct str *ret, struct err *err)
{
    ssize_t got;

    if (source->fd < 0) {
        size_t left = source->bytes.n - source->offset;
        *ret = (struct str){source->bytes.p + source->offset, left < CHUNK_SIZE ? left : CHUNK_SIZE};
        source->offset += ret->n;
        return OK;
    }
    do {
        got = pread(source->fd, source->chunk, CHUNK_SIZE, (off_t)source->offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_to_read(source, err);
    source->offset += (size_t)got;
    *ret = (struct str){source->chunk, (size_t)got};
    return OK;
}

/* ---- lines: LF, CRLF or a lone CR ends one ---- */

struct line_counter {
    int64_t line; /* from 1 */
    bool after_cr;
};

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static void count_byte(struct line_counter *lines, char c)
{
    if (c == '\r' || (c == '\n' && !lines->after_cr))
        lines->line++;
    lines->after_cr = c == '\r';
}

/* ---- first pass: encoding, separator, line ends ---- */

struct scan {
    struct line_counter lines;
    char carry[4];            /* the UTF-8 sequence that is not whole yet */
    size_t carried;
    bool byte_order_mark;
    int64_t not_utf8_line;    /* 0: all of it is UTF-8 so far */
    int64_t not_windows_line; /* a byte that Windows-1252 leaves undefined */
    int64_t nul_line;
    bool head_begun, head_ended, quoted; /* the head is the first line that is not empty */
    bool crlf_known, crlf;
    int64_t semicolons, commas, tabs;
};

static bool is_undefined_in_windows1252(unsigned char c)
{
    return c == 0x81 || c == 0x8D || c == 0x8F || c == 0x90 || c == 0x9D;
}

static void note_line(int64_t *line, const struct scan *scan)
{
    if (*line == 0)
        *line = scan->lines.line;
}

static void scan_head(struct scan *scan, char c)
{
    scan->head_begun = true;
    if (c == '"')
        scan->quoted = !scan->quoted;
    if (scan->quoted)
        return;
    if (c == ';')
        scan->semicolons++;
    else if (c == ',')
        scan->commas++;
    else if (c == '\t')
        scan->tabs++;
}

static void scan_line_end(struct scan *scan, char c)
{
    if (c == '\n' && !scan->crlf_known) {
        scan->crlf_known = true;
        scan->crlf = scan->lines.after_cr;
    }
    if (scan->head_begun && !scan->quoted)
        scan->head_ended = true;
}

static void scan_byte(struct scan *scan, char c)
{
    if (is_undefined_in_windows1252((unsigned char)c))
        note_line(&scan->not_windows_line, scan);
    if (c == '\0')
        note_line(&scan->nul_line, scan);
    if (is_line_end(c))
        scan_line_end(scan, c);
    else if (!scan->head_ended)
        scan_head(scan, c);
    count_byte(&scan->lines, c);
}

/* Looks at one byte as a part of UTF-8: it is kept until its sequence is whole, or cannot become so. */
static void scan_utf8(struct scan *scan, char c)
{
    if (scan->carried == 0 && (unsigned char)c < 0x80)
        return;
    scan->carry[scan->carried++] = c;
    if (utf8_step(scan->carry, scan->carried) > 0) {
        scan->carried = 0;
        return;
    }
    unsigned char lead = (unsigned char)scan->carry[0];
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    if (scan->carried == length || (scan->carried > 1 && ((unsigned char)c & 0xC0) != 0x80))
        note_line(&scan->not_utf8_line, scan);
}

/* Most bytes behind the head say nothing: how many of them come first. */
static size_t plain_run(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n && p[i] >= ' ' && p[i] < 0x7F)
        i++;
    return i;
}

static void scan_chunk(struct scan *scan, struct str chunk)
{
    for (size_t i = 0; i < chunk.n; i++) {
        if (scan->head_ended && scan->carried == 0) {
            size_t run = plain_run(chunk.p + i, chunk.n - i);
            if (run > 0)
                scan->lines.after_cr = false;
            i += run;
            if (i == chunk.n)
                return;
        }
        if (scan->not_utf8_line == 0)
            scan_utf8(scan, chunk.p[i]);
        scan_byte(scan, chunk.p[i]);
    }
}

static char most_frequent_separator(const struct scan *scan)
{
    char separator = ';';
    int64_t most = scan->semicolons;

    if (scan->commas > most) {
        separator = ',';
        most = scan->commas;
    }
    return scan->tabs > most ? '\t' : separator;
}

static int judge_encoding(const struct scan *scan, const char *name, struct err *err)
{
    if (scan->nul_line > 0)
        return err_set(err, ERR_DATA,
                       N_("the file %s has a zero byte on line %s, so it is no text (or it is UTF-16): save it again as CSV in UTF-8"),
                       name, ERR_INT(scan->nul_line));
    if (scan->not_utf8_line == 0)
        return OK;
    if (scan->byte_order_mark)
        return err_set(err, ERR_DATA, N_("the file %s is marked as UTF-8 but line %s is not: save it again as CSV in UTF-8"),
                       name, ERR_INT(scan->not_utf8_line));
    if (scan->not_windows_line > 0)
        return err_set(err, ERR_DATA,
                       N_("the file %s is neither UTF-8 (line %s) nor Windows-1252 (line %s): save it again as CSV in UTF-8"), name, ERR_INT(scan->not_utf8_line), ERR_INT(scan->not_windows_line));
    return OK;
}

static const struct str byte_order_mark = {"\xEF\xBB\xBF", 3};

static int learn_dialect(struct source *source, struct csv_dialect *ret, struct err *err)
{
    struct scan scan = {.lines.line = 1};
    struct str chunk;
    int code;

    source->offset = 0;
    code = source_next(source, &chunk, err);
    if (code == OK && str_starts_with(chunk, byte_order_mark)) {
        scan.byte_order_mark = true;
        chunk = (struct str){chunk.p + byte_order_mark.n, chunk.n - byte_order_mark.n};
    }
    while (code == OK && chunk.n > 0) {
        scan_chunk(&scan, chunk);
        code = source_next(source, &chunk, err);
    }
    if (code != OK)
        return code;
    if (scan.not_utf8_line == 0 && scan.carried > 0)
        scan.not_utf8_line = scan.lines.line; /* cut in the middle of a character */
    code = judge_encoding(&scan, source->name, err);
    if (code != OK)
        return code;
    *ret = (struct csv_dialect){.separator = most_frequent_separator(&scan), .windows1252 = scan.not_utf8_line > 0,
                                .byte_order_mark = scan.byte_order_mark, .crlf = scan.crlf};
    return OK;
}

/* ---- second pass: records ---- */

struct reader {
    struct csv_parser parser;
    const char *name;
    bool windows1252;
    struct line_counter lines;
    int64_t record_line;   /* where the record being read begins */
    int64_t cell_line;     /* where its latest cell begins */
    bool in_record;
    struct buf text;       /* the cells of the record, one after the other, as UTF-8 */
    size_t ends[CSV_COLUMNS_MAX];
    size_t count;
    csv_row_fn *on_row;
    void *context;
    struct err *err;
    int code;              /* libcsv's callbacks return nothing: the first failure waits here */
};

static int fail_in_cell(struct reader *reader, const char *message, int64_t line)
{
    reader->code = err_set(reader->err, ERR_DATA, message, reader->name, ERR_INT(line), ERR_INT((int64_t)reader->count + 1));
    return reader->code;
}

static int fail_cell_size(struct reader *reader)
{
    return fail_in_cell(reader, N_("the file %s, line %s, column %s: the cell is larger than 64 KB; a quote is probably not closed"),
                        reader->cell_line);
}

static void on_cell(void *bytes, size_t size, void *context)
{
    struct reader *reader = context;
    struct str cell = {bytes, size};

    if (reader->code != OK)
        return;
    if (size > CSV_CELL_MAX) {
        fail_cell_size(reader);
        return;
    }
    if (reader->count == CSV_COLUMNS_MAX) {
        fail_in_cell(reader, N_("the file %s, line %s: there are too many columns (column %s); the separator is probably not the right one"),
                     reader->record_line);
        return;
    }
    if (reader->windows1252) {
        text_from_windows1252(&reader->text, cell);
    } else if (text_is_utf8(cell)) {
        buf_append(&reader->text, cell);
    } else {
        fail_in_cell(reader, N_("the file %s was changed while it was read (line %s, column %s): start again"), reader->cell_line);
        return;
    }
    if (buf_failed(&reader->text))
        reader->code = err_memory(reader->err);
    else
        reader->ends[reader->count++] = reader->text.n;
    reader->cell_line = reader->lines.line;
}

static void on_record_end(int terminator, void *context)
{
    struct reader *reader = context;
    struct str cells[CSV_COLUMNS_MAX];
    size_t begin = 0;

    (void)terminator;
    if (reader->code != OK)
        return;
    struct str text = buf_str(&reader->text);
    for (size_t i = 0; i < reader->count; i++) {
        cells[i] = (struct str){text.p + begin, reader->ends[i] - begin};
        begin = reader->ends[i];
    }
    struct csv_row row = {.line = reader->record_line, .count = reader->count, .cells = cells};
    reader->code = reader->on_row(reader->context, &row, reader->err);
    if (reader->code > 0)
        reader->code = OK;
    reader->count = 0;
    reader->in_record = false;
    buf_reset(&reader->text);
}

/* Takes the parser's word for what is wrong. */
static int fail_parse(struct reader *reader)
{
    if (csv_error(&reader->parser) == CSV_ENOMEM)
        return reader->code = err_memory(reader->err);
    return fail_in_cell(reader, N_("the file %s, line %s, column %s: a quote stands inside a cell; double it and put the cell between quotes"),
                        reader->lines.line);
}

/* One line, or the part of it that a chunk holds. libcsv says nothing about lines, so it gets no more than one at a time. */
static int read_slice(struct reader *reader, struct str slice)
{
    bool only_line_end = is_line_end(slice.p[0]);

    if (!reader->in_record && !only_line_end) {
        reader->in_record = true;
        reader->record_line = reader->cell_line = reader->lines.line;
    }
    size_t read = csv_parse(&reader->parser, slice.p, slice.n, on_cell, on_record_end, reader);
    if (reader->code == OK && read != slice.n)
        fail_parse(reader);
    /* A cell is refused while it grows: libcsv would go on to the end of the file. */
    if (reader->code == OK && reader->parser.entry_pos > CSV_CELL_MAX)
        fail_cell_size(reader);
    return reader->code;
}

/* The length of the first line in `s`, its end included. */
static size_t line_length(struct str s)
{
    const char *lf = memchr(s.p, '\n', s.n);
    size_t n = lf == NULL ? s.n : (size_t)(lf - s.p) + 1;
    const char *cr = memchr(s.p, '\r', n);

    if (cr == NULL)
        return n;
    n = (size_t)(cr - s.p) + 1;
    return n + (lf == cr + 1 ? 1 : 0);
}

static int read_chunk(struct reader *reader, struct str chunk)
{
    while (chunk.n > 0) {
        struct str slice = {chunk.p, line_length(chunk)};
        int code = read_slice(reader, slice);

        if (code != OK)
            return code;
        for (size_t i = slice.n < 2 ? 0 : slice.n - 2; i < slice.n; i++)
            count_byte(&reader->lines, slice.p[i]);
        chunk = (struct str){chunk.p + slice.n, chunk.n - slice.n};
    }
    return OK;
}

/* The last record may have no line end; a quote may not stay open. */
static int read_end(struct reader *reader)
{
    int failed = csv_fini(&reader->parser, on_cell, on_record_end, reader);

    if (reader->code != OK)
        return reader->code;
    if (failed && csv_error(&reader->parser) == CSV_ENOMEM)
        return err_memory(reader->err);
    if (failed)
        return fail_in_cell(reader,
                            N_("the file %s ends inside the quoted cell that begins on line %s, column %s: "
                               "close the quote, or fetch the whole file again"),
                            reader->cell_line);
    return OK;
}

static int never_blank(unsigned char c)
{
    (void)c;
    return 0;
}

static int reader_init(struct reader *reader, const struct csv_dialect *dialect)
{
    if (csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return ERR_INTERNAL;
    csv_set_delim(&reader->parser, (unsigned char)dialect->separator);
    csv_set_space_func(&reader->parser, never_blank); /* blanks belong to the cell */
    csv_set_realloc_func(&reader->parser, mem_resize);
    csv_set_free_func(&reader->parser, mem_free);
    csv_set_blk_size(&reader->parser, 4096); /* its own step of 128 bytes makes large cells slow */
    return OK;
}

static int read_records(struct source *source, const struct csv_dialect *dialect, csv_row_fn *on_row, void *context, struct err *err)
{
    struct reader reader = {
        .name = source->name, .windows1252 = dialect->windows1252, .lines.line = 1, .on_row = on_row, .context = context, .err = err,
        .text.max = (size_t)CSV_COLUMNS_MAX * CSV_CELL_MAX * 3, /* a byte of Windows-1252 takes up to three */
    };
    struct str chunk;
    int code;

    if (reader_init(&reader, dialect) != OK)
        return err_memory(err);
    source->offset = dialect->byte_order_mark ? byte_order_mark.n : 0;
    do {
        code = source_next(source, &chunk, err);
        if (code == OK)
            code = chunk.n > 0 ? read_chunk(&reader, chunk) : read_end(&reader);
    } while (code == OK && chunk.n > 0);
    csv_free(&reader.parser);
    buf_release(&reader.text);
    return code;
}

static int read_source(struct source *source, struct csv_dialect *ret_dialect, csv_row_fn *on_row, void *context, struct err *err)
{
    struct csv_dialect dialect;
    int code = learn_dialect(source, &dialect, err);

    if (code != OK)
        return code;
    *ret_dialect = dialect;
    return read_records(source, &dialect, on_row, context, err);
}

int csv_read_file(const char *path, struct csv_dialect *ret_dialect, csv_row_fn *on_row, void *context, struct err *err)
{
    struct source source = {.fd = -1};
    int code = source_open(&source, path, err);

    if (code == OK)
        code = read_source(&source, ret_dialect, on_row, context, err);
    source_close(&source);
    return code;
}

int csv_read(struct str bytes, const char *name, struct csv_dialect *ret_dialect, csv_row_fn *on_row, void *context, struct err *err)
{
    struct source source = {.name = name, .fd = -1, .bytes = bytes.p == NULL ? STR("") : bytes};

    return read_source(&source, ret_dialect, on_row, context, err);
}

/* ---- out ---- */

static bool begins_formula(char c)
{
    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

/* "-12.50", "+3", "-0,5": what a spreadsheet takes for a number does no harm, and must stay one. */
static bool is_plain_number(struct str s)
{
    bool digit = false, mark = false;

    for (size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9')
            digit = true;
        else if ((s.p[i] == '.' || s.p[i] == ',') && !mark)
            mark = true;
        else
            return false;
    }
    return digit;
}

/* After any apostrophes, what would be a formula. A text that has its own apostrophe there gets one more, so that csv_unguard gives
 * back exactly what went in. */
static bool formula_behind_apostrophes(struct str s)
{
    size_t at = 0;

    while (at < s.n && s.p[at] == '\'')
        at++;
    return at < s.n && begins_formula(s.p[at]);
}

static bool needs_guard(struct str cell)
{
    return formula_behind_apostrophes(cell) && !is_plain_number(cell);
}

static bool needs_quotes(struct str cell, char separator)
{
    if (cell.n == 0)
        return false;
    if (cell.p[0] == ' ' || cell.p[cell.n - 1] == ' ')
        return true; /* other readers take outer blanks away */
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] == separator || cell.p[i] == '"' || is_line_end(cell.p[i]))
            return true;
    }
    return false;
}

void csv_append_cell(struct buf *out, struct str cell, char separator, bool guard)
{
    bool quotes = needs_quotes(cell, separator);

    if (quotes)
        buf_append_char(out, '"');
    if (guard && needs_guard(cell))
        buf_append_char(out, '\'');
    for (size_t at = 0; at < cell.n;) {
        const char *quote = memchr(cell.p + at, '"', cell.n - at);
        size_t n = quote == NULL ? cell.n - at : (size_t)(quote - cell.p) - at + 1;

        buf_append(out, (struct str){cell.p + at, n});
        if (quote != NULL)
            buf_append_char(out, '"');
        at += n;
    }
    if (quotes)
        buf_append_char(out, '"');
}

struct str csv_unguard(struct str cell)
{
    if (!str_starts_with(cell, STR("'")) || !formula_behind_apostrophes(cell))
        return cell;
    return (struct str){cell.p + 1, cell.n - 1};
}
