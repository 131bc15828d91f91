/* xlsx.c: a list as a workbook (libxlsxwriter, which nobody else sees): one sheet, headings that stay in view, amounts, quantities and days as numbers with a format. The rows go out as they come.
 *
 * The library takes a number as a double, and a workbook holds nothing else. It is the one place where an amount becomes one: 53 bits hold every whole number of cents to 90 000 billion euros,
 * the quotient by a power of ten is the double nearest to the decimal, and that is what a spreadsheet makes of the same digits when a person types them. Nothing is computed with it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "report/report_int.h"

enum { XLSX_ROWS_MAX = 1048575, XLSX_TEXT_MAX = 32000, XLSX_DAY_OF_1970 = 25569 };

struct xlsx_export {
    const struct company *company;
    lxw_workbook *workbook;
    lxw_worksheet *sheet;
    lxw_format *formats[REPORT_HASH + 1];
    lxw_row_t row;
};

static void add_formats(struct xlsx_export *export)
{
    static const char *const patterns[REPORT_HASH + 1] = {
        [REPORT_INT] = "0", [REPORT_CENTS] = "#,##0.00", [REPORT_MILLI] = "0.###", [REPORT_E4] = "#,##0.00##", [REPORT_RATE] = "0.##"};
    bool french = text_language() == TEXT_FRENCH;

    for (size_t i = 0; i <= REPORT_HASH; i++) {
        const char *pattern = i == REPORT_DAY       ? (french ? "dd/mm/yyyy" : "yyyy-mm-dd")
                              : i == REPORT_INSTANT ? (french ? "dd/mm/yyyy hh:mm" : "yyyy-mm-dd hh:mm")
                                                    : patterns[i];
        if (!pattern)
            continue;
        export->formats[i] = workbook_add_format(export->workbook);
        if (export->formats[i])
            format_set_num_format(export->formats[i], pattern);
    }
}

static void put_number(struct xlsx_export *export, size_t column, enum report_type type, int64_t value, int64_t unit)
{
    worksheet_write_number(export->sheet, export->row, (lxw_col_t)column, (double)value / (double)unit, export->formats[type]);
}

static int put_text(struct xlsx_export *export, size_t column, enum report_type type, const struct db_value *value, struct err *err)
{
    BUF_AUTO text = {0};

    report_append_value(&text, type, value, export->company->zone);
    buf_append_char(&text, '\0');
    if (buf_failed(&text))
        return err_memory(err);
    if (text.n > XLSX_TEXT_MAX) {
        size_t n = XLSX_TEXT_MAX;
        while (n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
            n--;
        text.p[n] = '\0';
    }
    worksheet_write_string(export->sheet, export->row, (lxw_col_t)column, text.p, NULL);
    return OK;
}

static int put_value(struct xlsx_export *export, size_t column, enum report_type type, const struct db_value *value, struct err *err)
{
    const int64_t unix_days = XLSX_DAY_OF_1970;

    if (value->type == DB_NULL)
        return OK;
    switch (type) {
    case REPORT_INT: put_number(export, column, type, value->i, 1); return OK;
    case REPORT_CENTS:
    case REPORT_RATE: put_number(export, column, type, value->i, 100); return OK;
    case REPORT_MILLI: put_number(export, column, type, value->i, 1000); return OK;
    case REPORT_E4: put_number(export, column, type, value->i, 10000); return OK;
    case REPORT_DAY: put_number(export, column, type, value->i + unix_days, 1); return OK;
    case REPORT_INSTANT: /* local time, in seconds, as a part of days */
        put_number(export, column, type, value->i / CIVIL_SECOND + zone_offset_at(export->company->zone, value->i) + unix_days * (CIVIL_DAY / CIVIL_SECOND), CIVIL_DAY / CIVIL_SECOND);
        return OK;
    default: return put_text(export, column, type, value, err);
    }
}

static int put_row(void *context, const struct report_list *list, const struct db_value *values, struct err *err)
{
    struct xlsx_export *export = context;
    int rc = OK;

    if (++export->row > XLSX_ROWS_MAX)
        return err_set(err, ERR_DATA, N_("a sheet holds at most %s rows: narrow the list down, or export it as CSV"), ERR_INT(XLSX_ROWS_MAX));
    for (size_t i = 0; rc == OK && i < list->page_count; i++)
        rc = put_value(export, i, list->columns[i].type, &values[i], err);
    return rc;
}

static void put_headings(struct xlsx_export *export, const struct report_list *list)
{
    lxw_format *bold = workbook_add_format(export->workbook);

    if (bold)
        format_set_bold(bold);
    for (size_t i = 0; i < list->page_count; i++) {
        const char *heading = text_translate(list->columns[i].heading);
        size_t width = text_width(str_from(heading)) + 3;
        worksheet_set_column(export->sheet, (lxw_col_t)i, (lxw_col_t)i, width < 12 ? 12 : (double)width, NULL);
        worksheet_write_string(export->sheet, 0, (lxw_col_t)i, heading, bold);
    }
    worksheet_freeze_panes(export->sheet, 1, 0);
}

int report_export_xlsx(struct db *db, const struct company *company, const struct report_list *list, const struct report_query *query, int *ret_file, struct err *err)
{
    struct xlsx_export export = {.company = company};
    struct report_query all = *query;
    char path[64];
    int file = -1, rc = report_temporary_file(&file, err);

    if (rc != OK)
        return rc;
    all.limit = REPORT_EXPORT_LIMIT;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file); /* the library takes names only; the file has none */
    export.workbook = workbook_new_opt(path, &(lxw_workbook_options){.constant_memory = LXW_TRUE});
    export.sheet = export.workbook ? workbook_add_worksheet(export.workbook, list->name) : NULL;
    if (export.sheet) {
        add_formats(&export);
        put_headings(&export, list);
        rc = report_rows(db, company->id, list, list->page_count, &all, put_row, &export, err);
    } else
        rc = err_memory(err);
    lxw_error closed = export.workbook ? workbook_close(export.workbook) : LXW_NO_ERROR;
    if (rc == OK && (closed != LXW_NO_ERROR || lseek(file, 0, SEEK_SET) != 0))
        rc = err_set(err, ERR_DATA, N_("the workbook cannot be written (%s): free space, or name another folder in TMPDIR"), lxw_strerror(closed));
    if (rc == OK)
        *ret_file = file;
    else
        close(file);
    return rc;
}
