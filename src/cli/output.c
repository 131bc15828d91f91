/* output.c: what a command writes: sentences, tables, files. Standard output is gathered in cli->out, so that every write error is seen once, in
 * one place. Used by the whole of src/cli. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/money.h"
#include "cli/cli_int.h"

enum { SPILL_BYTES = 64 << 10 };

/* ---- sentences ---- */

void say(struct cli *cli, const char *message, ...)
{
    va_list list;

    if (cli->json || cli->quiet)
        return;
    va_start(list, message);
    message_append(&cli->out, message, list);
    va_end(list);
    buf_append_char(&cli->out, '\n');
}

void say_to(struct buf *out, const char *message, ...)
{
    va_list list;

    va_start(list, message);
    message_append(out, message, list);
    va_end(list);
}

/* Standard error: when nobody reads it there is no better place to say so. */
static void write_error(struct str text)
{
    while (text.n > 0) {
        ssize_t written = write(STDERR_FILENO, text.p, text.n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text = (struct str){text.p + written, text.n - (size_t)written};
    }
}

void note(struct cli *cli, const char *message, ...)
{
    BUF_AUTO text = {0};
    va_list list;

    if (cli->quiet)
        return;
    va_start(list, message);
    message_append(&text, message, list);
    va_end(list);
    buf_append_char(&text, '\n');
    write_error(buf_str(&text));
}

void append_indented(struct buf *out, struct str text, int indent)
{
    struct str line, rest = text;

    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        for (int i = 0; i < indent; i++)
            buf_append_char(out, ' ');
        buf_append(out, line);
        buf_append_char(out, '\n');
    }
}

/* ---- texts for arguments ---- */

/* Without memory for it there is no answer at all: one with a hole would look like one. */
static const char *kept(struct cli *cli, const struct buf *text)
{
    struct str copy = buf_failed(text) ? STR_NULL : arena_copy(&cli->arena, buf_str(text));

    cli->out.failed = cli->out.failed || !copy.p;
    return copy.p ? copy.p : "?";
}

const char *text_of(struct cli *cli, struct str s)
{
    BUF_AUTO shown = {0};

    text_append_cell(&shown, s, 0, false);
    return kept(cli, &shown);
}

const char *text_of_word(struct cli *cli, struct str s)
{
    BUF_AUTO word = {0};

    text_append_shell_word(&word, str_from(text_of(cli, s)));
    return kept(cli, &word);
}

const char *text_of_int(struct cli *cli, int64_t value)
{
    BUF_AUTO text = {0};

    buf_append_int(&text, value);
    return kept(cli, &text);
}

static const char *text_of_value(struct cli *cli, enum report_type type, int64_t number)
{
    BUF_AUTO text = {0};

    report_append_value(&text, type, &DB_INT(number), cli->company.zone);
    return kept(cli, &text);
}

const char *text_of_cents(struct cli *cli, int64_t cents) { return text_of_value(cli, REPORT_CENTS, cents); }
const char *text_of_day(struct cli *cli, int64_t day) { return text_of_value(cli, REPORT_DAY, day); }
const char *text_of_rate(struct cli *cli, int64_t rate_bp) { return text_of_value(cli, REPORT_RATE, rate_bp); }
const char *text_of_milli(struct cli *cli, int64_t milli) { return text_of_value(cli, REPORT_MILLI, milli); }
const char *text_of_price(struct cli *cli, int64_t price_e4) { return text_of_value(cli, REPORT_E4, price_e4); }

/* ---- standard output ---- */

int output_flush(struct cli *cli, struct err *err)
{
    struct str rest = buf_str(&cli->out);

    if (buf_failed(&cli->out))
        return err_memory(err);
    while (rest.n > 0 && !cli->out_closed) {
        ssize_t written = write(STDOUT_FILENO, rest.p, rest.n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EPIPE)
            cli->out_closed = true;
        else if (written < 0) {
            buf_reset(&cli->out);
            return err_set(err, ERR_DATA, N_("the results cannot be written to standard output: %s"), text_of_errno(errno));
        } else
            rest = (struct str){rest.p + written, rest.n - (size_t)written};
    }
    buf_reset(&cli->out);
    return OK;
}

int output_spill(struct cli *cli, struct err *err)
{
    if (interrupt_requested())
        return err_set(err, ERR_CANCELLED, N_("interrupted"));
    if (cli->out.n < SPILL_BYTES && !buf_failed(&cli->out))
        return OK;
    int rc = output_flush(cli, err);
    return rc == OK && cli->out_closed ? err_set(err, ERR_CANCELLED, N_("interrupted")) : rc;
}

size_t output_width(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

/* ---- tables ---- */

int table_open(struct report_table **ret, size_t columns, const char *const *headings, const bool *align_right, struct err *err)
{
    return report_table_new(ret, columns, headings, align_right, output_width(), err);
}

int table_row(struct cli *cli, struct report_table *table, const struct str *cells, struct err *err)
{
    int rc = report_table_row(table, cells, &cli->out, err);

    return rc == OK ? output_spill(cli, err) : rc;
}

int table_close(struct cli *cli, struct report_table *table, int rc, struct err *err)
{
    if (table && rc == OK)
        rc = report_table_end(table, &cli->out, err);
    report_table_free(table);
    return rc;
}

/* ---- files ---- */

static int write_failed(const struct file_writer *writer, struct err *err)
{
    return err_set(err, ERR_DATA, N_("the file %s cannot be written: %s"), writer->path, text_of_errno(errno));
}

int file_writer_open(struct file_writer *ret, struct cli *cli, const char *path, struct err *err)
{
    struct stat found;

    *ret = (struct file_writer){.cli = cli, .path = path, .fd = -1};
    if (strcmp(path, "-") == 0)
        return OK;
    /* The new file takes the place of what has its name: never that of a device, a pipe or a link. */
    if (lstat(path, &found) == 0 && !S_ISREG(found.st_mode))
        return err_set(err, ERR_DATA, N_("%s is there already and is not a plain file: name another one (- is standard output)"), path);
    struct str draft = arena_format(&cli->arena, "%s.XXXXXX", path);
    if (!draft.p)
        return err_memory(err);
    ret->draft = (char *)draft.p;
    ret->fd = mkostemp(ret->draft, O_CLOEXEC);
    return ret->fd < 0 ? write_failed(ret, err) : OK;
}

static int file_writer_flush(struct file_writer *writer, struct err *err)
{
    struct str rest = buf_str(&writer->buf);

    if (buf_failed(&writer->buf))
        return err_memory(err);
    while (rest.n > 0) {
        ssize_t written = write(writer->fd, rest.p, rest.n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_failed(writer, err);
        rest = (struct str){rest.p + written, rest.n - (size_t)written};
    }
    buf_reset(&writer->buf);
    return OK;
}

int file_writer_append(void *context, struct str bytes, struct err *err)
{
    struct file_writer *writer = context;

    if (!writer->draft) {
        buf_append(&writer->cli->out, bytes);
        return output_spill(writer->cli, err);
    }
    buf_append(&writer->buf, bytes);
    return writer->buf.n < SPILL_BYTES && !buf_failed(&writer->buf) ? OK : file_writer_flush(writer, err);
}

/* mkostemp makes a file for its owner alone; one that anybody may read is what the person's umask says. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

int file_writer_close(struct file_writer *writer, int rc, struct err *err)
{
    if (!writer->draft)
        return rc;
    if (rc == OK)
        rc = file_writer_flush(writer, err);
    if (rc == OK && (fchmod(writer->fd, usual_mode()) != 0 || fsync(writer->fd) != 0))
        rc = write_failed(writer, err);
    if (writer->fd >= 0 && close(writer->fd) != 0 && rc == OK)
        rc = write_failed(writer, err);
    if (rc == OK && rename(writer->draft, writer->path) != 0)
        rc = write_failed(writer, err);
    if (rc != OK && writer->fd >= 0)
        unlink(writer->draft);
    buf_release(&writer->buf);
    return rc;
}

int file_read(const char *path, struct buf *ret, struct err *err)
{
    enum { PIECE = 4096 };
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    int rc = OK;

    while (n > 0) {
        size_t left = (ret->max ? ret->max : BUF_DEFAULT_MAX) - ret->n, piece = left < PIECE ? left : PIECE;
        char *room = piece ? buf_reserve(ret, piece) : NULL;
        if (!room) {
            rc = err_set(err, ERR_DATA, N_("the file %s is too large for what it should hold"), path);
            break;
        }
        n = read(fd, room, piece);
        if (n < 0 && errno == EINTR && !interrupt_requested())
            n = 1;
        else if (n > 0)
            ret->n += (size_t)n;
    }
    if (rc == OK && n < 0)
        rc = err_set(err, ERR_DATA, N_("the file %s cannot be read: %s"), path, text_of_errno(errno));
    if (rc == OK && ret->p)
        ret->p[ret->n] = '\0';
    if (fd >= 0 && !standard)
        close(fd);
    return rc;
}
