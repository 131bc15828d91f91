/* export.c: a list as a file: all rows that the conditions leave, in their order, into a file without a name. CSV here, as the reader's spreadsheet expects it in their language; XLSX in xlsx.c.
 * Pages of thousands, so that memory does not grow with the list. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/csv.h"
#include "report/report_int.h"

enum { FLUSH_BYTES = 64 << 10 };

/* ---- the file ---- */

int report_temporary_file(int *ret, struct err *err)
{
    const char *folder = getenv("TMPDIR");
    BUF_AUTO path = {0};
    int fd = open(folder && folder[0] ? folder : P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) { /* a file system without unnamed files */
        buf_printf(&path, "%s/liaison.XXXXXX", folder && folder[0] ? folder : P_tmpdir);
        if (buf_failed(&path))
            return err_memory(err);
        fd = mkostemp(path.p, O_CLOEXEC);
        if (fd >= 0)
            unlink(path.p);
    }
    if (fd < 0)
        return err_set(err, ERR_DATA, N_("no temporary file can be made (%s): free space, or name another folder in TMPDIR"), text_of_errno(errno));
    *ret = fd;
    return OK;
}

static int write_all(int fd, struct str bytes, struct err *err)
{
    while (bytes.n) {
        ssize_t written = write(fd, bytes.p, bytes.n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set(err, ERR_DATA, N_("the temporary file cannot be written (%s): free space, or name another folder in TMPDIR"), text_of_errno(errno));
        bytes = (struct str){bytes.p + written, bytes.n - (size_t)written};
    }
    return OK;
}

/* ---- CSV ---- */

struct csv_export { const struct company *company; struct buf out; int file; char separator; bool comma; };

/* A figure in units of 10^-places, with the language's decimal mark and no thousands marks: a spreadsheet reads it as a number. */
static void append_decimal(const struct csv_export *export, struct buf *out, int64_t value, int places)
{
    size_t begin = out->n;

    decimal_append(out, value, places, places == 2 ? 2 : 0);
    for (size_t i = begin; export->comma && i < out->n; i++)
        if (out->p[i] == '.')
            out->p[i] = ',';
}

/* Whether it is a text that a spreadsheet might take for a formula. */
static bool append_cell_text(const struct csv_export *export, struct buf *out, enum report_type type, const struct db_value *value)
{
    switch (type) {
    case REPORT_CENTS: append_decimal(export, out, value->i, 2); return false;
    case REPORT_MILLI: append_decimal(export, out, value->i, 3); return false;
    case REPORT_E4: append_decimal(export, out, value->i, 4); return false;
    case REPORT_RATE: append_decimal(export, out, value->i, 2); return false;
    case REPORT_INT: buf_append_int(out, value->i); return false;
    default: report_append_value(out, type, value, export->company->zone); return true;
    }
}

static int append_row(void *context, const struct report_list *list, const struct db_value *values, struct err *err)
{
    struct csv_export *export = context;

    for (size_t i = 0; i < list->page_count; i++) {
        BUF_AUTO text = {0};
        bool guard = values[i].type != DB_NULL && append_cell_text(export, &text, list->columns[i].type, &values[i]);
        if (i)
            buf_append_char(&export->out, export->separator);
        csv_append_cell(&export->out, text.p ? buf_str(&text) : STR(""), export->separator, guard);
        if (buf_failed(&text))
            return err_memory(err);
    }
    buf_append_z(&export->out, "\r\n");
    if (buf_failed(&export->out))
        return err_memory(err);
    if (export->out.n < FLUSH_BYTES)
        return OK;
    int rc = write_all(export->file, buf_str(&export->out), err);
    buf_reset(&export->out);
    return rc;
}

int report_export_csv(struct db *db, const struct company *company, const struct report_list *list, const struct report_query *query, int *ret_file, struct err *err)
{
    bool french = text_language() == TEXT_FRENCH;
    struct csv_export export = {.company = company, .separator = french ? ';' : ',', .comma = french, .file = -1};
    struct report_query all = *query;
    int rc = report_temporary_file(&export.file, err);

    all.limit = REPORT_EXPORT_LIMIT;
    buf_append_z(&export.out, "\xEF\xBB\xBF"); /* so that a spreadsheet knows that it is UTF-8 */
    for (size_t i = 0; i < list->page_count; i++) {
        buf_append_z(&export.out, i ? (char[]){export.separator, 0} : "");
        csv_append_cell(&export.out, str_from(text_translate(list->columns[i].heading)), export.separator, true);
    }
    buf_append_z(&export.out, "\r\n");
    if (rc == OK)
        rc = report_rows(db, company->id, list, list->page_count, &all, append_row, &export, err);
    if (rc == OK)
        rc = buf_failed(&export.out) ? err_memory(err) : write_all(export.file, buf_str(&export.out), err);
    buf_release(&export.out);
    if (rc == OK && lseek(export.file, 0, SEEK_SET) == 0)
        *ret_file = export.file;
    else if (export.file >= 0)
        close(export.file);
    return rc;
}
