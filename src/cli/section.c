/* section.c: how `document show`, `article show` and `run show` print a record; what it consists of is declared in report/record.c. */
#include "cli/section_int.h"

static bool is_number(enum report_type type)
{
    return type == REPORT_INT || type == REPORT_CENTS || type == REPORT_MILLI || type == REPORT_E4 || type == REPORT_RATE;
}

/* ---- tables ---- */

struct showing { struct cli *cli; struct report_table *table; };

static int open_section(struct showing *showing, const struct report_section *section, struct err *err)
{
    struct cli *cli = showing->cli;
    const char *headings[REPORT_COLUMNS_MAX] = {0};
    bool right[REPORT_COLUMNS_MAX] = {0};
    size_t shown = 0;

    for (size_t i = 0; i < section->column_count; i++) {
        if (section->columns[i].json_only)
            continue;
        headings[shown] = section->columns[i].heading;
        right[shown++] = is_number(section->columns[i].type);
    }
    buf_append_char(&cli->out, '\n');
    buf_append_z(&cli->out, _(section->title));
    buf_append_char(&cli->out, '\n');
    return table_open(&showing->table, shown, headings, right, err);
}

static int show_row(void *context, const struct report_section *section, const struct db_value *values, struct err *err)
{
    struct showing *showing = context;
    struct buf texts[REPORT_COLUMNS_MAX] = {0};
    struct str cells[REPORT_COLUMNS_MAX] = {0};
    size_t shown = 0;
    int rc = showing->table ? OK : open_section(showing, section, err);

    for (size_t i = 0; i < section->column_count; i++) {
        if (section->columns[i].json_only)
            continue;
        report_append_value(&texts[shown], section->columns[i].type, &values[i], showing->cli->company.zone);
        cells[shown] = texts[shown].p ? buf_str(&texts[shown]) : STR("");
        shown++;
    }
    if (rc == OK)
        rc = table_row(showing->cli, showing->table, cells, err);
    while (shown > 0)
        buf_release(&texts[--shown]);
    return rc;
}

int record_show_parts(struct cli *cli, const struct report_record *record, int64_t id, struct err *err)
{
    int rc = OK;

    for (size_t i = 0; rc == OK && i < record->part_count; i++) {
        struct showing showing = {.cli = cli};
        if (record->parts[i].json_only)
            continue;
        rc = report_section_each(cli->db, cli->company.id, &record->parts[i], id, show_row, &showing, err);
        rc = table_close(cli, showing.table, rc, err);
    }
    return rc;
}

int record_put_json(struct cli *cli, const struct report_record *record, int64_t id, struct err *err)
{
    int rc = report_record_json(cli->db, cli->company.id, record, id, &cli->out, err);

    if (rc > 0)
        buf_append_char(&cli->out, '\n');
    return rc < 0 ? rc : OK;
}

/* ---- fields ---- */

static int show_fields(void *context, const struct report_section *section, const struct db_value *values, struct err *err)
{
    struct showing *showing = context;
    struct cli *cli = showing->cli;
    size_t widest = 0;

    for (size_t i = 0; i < section->column_count; i++) {
        size_t width = text_width(str_from(_(section->columns[i].heading)));
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < section->column_count; i++) {
        BUF_AUTO value = {0};
        if (values[i].type == DB_NULL || section->columns[i].json_only)
            continue;
        report_append_value(&value, section->columns[i].type, &values[i], cli->company.zone);
        text_append_cell(&cli->out, str_from(_(section->columns[i].heading)), widest + 2, false);
        text_append_cell(&cli->out, value.p ? buf_str(&value) : STR(""), 0, false);
        buf_append_char(&cli->out, '\n');
    }
    return buf_failed(&cli->out) ? err_memory(err) : OK;
}

int section_show_fields(struct cli *cli, const struct report_section *section, int64_t id, struct err *err)
{
    size_t before = cli->out.n;
    struct showing showing = {.cli = cli};
    int rc = report_section_each(cli->db, cli->company.id, section, id, show_fields, &showing, err);

    return rc == OK ? cli->out.n > before : rc;
}
