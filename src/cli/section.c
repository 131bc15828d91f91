/* section.c: the parts of a record that `document show`, `article show` and `run show` print, each declared by its SQL and its columns. */
#include "cli/section_int.h"

enum { SECTION_COLUMNS_MAX = 24 };

static void read_row(const struct section *section, struct db_rows *rows, struct db_value values[SECTION_COLUMNS_MAX])
{
    for (size_t i = 0; i < section->column_count; i++) {
        enum report_type type = section->columns[i].type;
        if (db_is_null(rows, (int)i))
            values[i] = DB_NIL;
        else
            values[i] = type == REPORT_TEXT || type == REPORT_JSON ? DB_STR(db_text(rows, (int)i)) : DB_INT(db_int(rows, (int)i));
    }
}

static bool is_number(enum report_type type)
{
    return type == REPORT_INT || type == REPORT_CENTS || type == REPORT_MILLI || type == REPORT_E4 || type == REPORT_RATE;
}

static int open_section(struct cli *cli, const struct section *section, struct report_table **ret, struct err *err)
{
    const char *headings[SECTION_COLUMNS_MAX] = {0};
    bool right[SECTION_COLUMNS_MAX] = {0};

    for (size_t i = 0; i < section->column_count; i++) {
        headings[i] = section->columns[i].heading;
        right[i] = is_number(section->columns[i].type);
    }
    buf_append_char(&cli->out, '\n');
    buf_append_z(&cli->out, _(section->title));
    buf_append_char(&cli->out, '\n');
    return table_open(ret, section->column_count, headings, right, err);
}

static int show_row(struct cli *cli, struct report_table *table, const struct section *section, const struct db_value *values, struct err *err)
{
    struct buf texts[SECTION_COLUMNS_MAX] = {0};
    struct str cells[SECTION_COLUMNS_MAX] = {0};

    for (size_t i = 0; i < section->column_count; i++) {
        report_append_value(&texts[i], section->columns[i].type, &values[i], cli->company.zone);
        cells[i] = texts[i].p ? buf_str(&texts[i]) : STR("");
    }
    int rc = table_row(cli, table, cells, err);
    for (size_t i = 0; i < section->column_count; i++)
        buf_release(&texts[i]);
    return rc;
}

int section_show(struct cli *cli, const struct section *section, int64_t id, struct err *err)
{
    struct db_value values[SECTION_COLUMNS_MAX];
    struct report_table *table = NULL;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(cli->db, &rows, section->sql, err, DB_INT(cli->company.id), DB_INT(id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        rc = table ? OK : open_section(cli, section, &table, err);
        read_row(section, &rows, values);
        if (rc == OK)
            rc = show_row(cli, table, section, values, err);
    }
    return table_close(cli, table, rc, err);
}

static void put_member(struct json_out *json, const struct report_column *column, const struct db_value *value)
{
    BUF_AUTO text = {0};

    json_key(json, column->name);
    if (value->type == DB_NULL)
        json_put_null(json);
    else if (column->type == REPORT_TEXT)
        json_put_str(json, value->s);
    else if (column->type == REPORT_JSON)
        json_put_raw(json, value->s);
    else if (column->type == REPORT_BOOL)
        json_put_bool(json, value->i != 0);
    else if (column->type == REPORT_DAY || column->type == REPORT_INSTANT) {
        if (column->type == REPORT_DAY)
            civil_append_day(&text, (int32_t)value->i);
        else
            instant_append(&text, value->i);
        json_put_str(json, buf_str(&text));
    } else
        json_put_int(json, value->i);
}

static void put_members(struct json_out *json, const struct section *section, const struct db_value *values)
{
    for (size_t i = 0; i < section->column_count; i++)
        put_member(json, &section->columns[i], &values[i]);
}

int section_put_json(struct cli *cli, struct json_out *json, const struct section *section, int64_t id, struct err *err)
{
    struct db_value values[SECTION_COLUMNS_MAX];
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(cli->db, &rows, section->sql, err, DB_INT(cli->company.id), DB_INT(id));

    json_key(json, section->name);
    json_begin_array(json);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        read_row(section, &rows, values);
        json_begin_object(json);
        put_members(json, section, values);
        json_end_object(json);
        rc = OK;
    }
    json_end_array(json);
    return rc;
}

int section_put_members(struct cli *cli, struct json_out *json, const struct section *section, int64_t id, struct err *err)
{
    struct db_value values[SECTION_COLUMNS_MAX];
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(cli->db, &rows, section->sql, err, DB_INT(cli->company.id), DB_INT(id));

    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc == 1) {
        read_row(section, &rows, values);
        put_members(json, section, values);
    }
    return rc;
}

int section_show_fields(struct cli *cli, const struct section *section, int64_t id, struct err *err)
{
    struct db_value values[SECTION_COLUMNS_MAX];
    DB_ROWS_AUTO rows = {0};
    size_t widest = 0;
    int rc = db_query(cli->db, &rows, section->sql, err, DB_INT(cli->company.id), DB_INT(id));

    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc != 1)
        return rc;
    read_row(section, &rows, values);
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
    return 1;
}
