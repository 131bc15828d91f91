/* value.c: a value of a list or a record, out of a row of the database and into JSON. */
#include "report/report_int.h"

struct db_value report_value_of(struct db_rows *rows, int column, enum report_type type)
{
    if (db_is_null(rows, column))
        return DB_NIL;
    if (type == REPORT_HASH)
        return DB_BLOB(db_bytes(rows, column));
    return type == REPORT_TEXT || type == REPORT_WORD || type == REPORT_JSON ? DB_STR(db_text(rows, column)) : DB_INT(db_int(rows, column));
}

void report_put_member(struct json_out *json, const struct report_column *column, const struct db_value *value)
{
    BUF_AUTO text = {0};

    json_key(json, column->name);
    if (value->type == DB_NULL)
        json_put_null(json);
    else if (column->type == REPORT_TEXT || column->type == REPORT_WORD)
        json_put_str(json, value->s);
    else if (column->type == REPORT_JSON)
        json_put_raw(json, value->s);
    else if (column->type == REPORT_HASH) {
        hex_append(&text, (const unsigned char *)value->s.p, value->s.n);
        json_put_str(json, buf_str(&text));
    } else if (column->type == REPORT_BOOL)
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

void report_put_row(struct json_out *json, const struct report_column *columns, size_t count, const struct db_value *values)
{
    json_begin_object(json);
    for (size_t i = 0; i < count; i++)
        report_put_member(json, &columns[i], &values[i]);
    json_end_object(json);
}

void report_append_json(struct buf *out, const struct report_list *list, const struct db_value *values)
{
    struct json_out json = {.buf = out};

    report_put_row(&json, list->columns, list->column_count, values);
}
