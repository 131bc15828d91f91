/* lists.c: what the lists are made of, for a program that shows them: columns with their headings, how each is sorted and filtered, and the values to choose from. */
#include "report/report_int.h"

enum { CHOICES_MAX = 500 };

static const char *const TYPE_NAMES[] = {
    [REPORT_TEXT] = "text", [REPORT_WORD] = "word", [REPORT_INT] = "int",         [REPORT_CENTS] = "cents", [REPORT_MILLI] = "milli", [REPORT_E4] = "e4",
    [REPORT_RATE] = "rate", [REPORT_DAY] = "day",   [REPORT_INSTANT] = "instant", [REPORT_BOOL] = "bool",   [REPORT_JSON] = "json",   [REPORT_HASH] = "text",
};
static const char *const FILTER_NAMES[] = {
    [REPORT_FILTER_NONE] = "none", [REPORT_FILTER_TEXT] = "text", [REPORT_FILTER_CHOICE] = "choice", [REPORT_FILTER_RANGE] = "range", [REPORT_FILTER_BOOL] = "bool"};

static void put_choice(struct json_out *json, struct str value, struct str label)
{
    json_begin_object(json);
    json_member_str(json, "value", value);
    json_member_str(json, "label", label);
    json_end_object(json);
}

/* Its cause, without what differs from sale to sale. */
static void put_anomalies(struct json_out *json)
{
    const struct str blanks[] = {STR("…"), STR("…"), STR("…"), STR("…")};

    for (size_t i = 0; i < ANOMALY_COUNT; i++) {
        BUF_AUTO label = {0};
        const struct anomaly_kind *kind = &anomaly_catalogue[i];
        if (!str_equal(str_from(kind->subject), STR("sale")))
            continue;
        anomaly_append_cause(&label, kind, blanks, kind->arg_count);
        put_choice(json, str_from(kind->code), buf_str(&label));
    }
}

static void put_words(struct json_out *json, struct str words)
{
    struct str word, rest = words;

    for (bool more = true; more;) {
        more = str_cut(rest, ' ', &word, &rest);
        const char *label = report_word(word);
        put_choice(json, word, label ? str_from(label) : word);
    }
}

static int put_rows(struct db *db, int64_t company_id, struct json_out *json, const char *sql, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, sql, err, DB_INT(company_id));

    for (int i = 0; rc == OK && i < CHOICES_MAX && (rc = db_next(&rows, err)) == 1; i++) {
        put_choice(json, db_text(&rows, 0), db_text(&rows, 1));
        rc = OK;
    }
    return rc < 0 ? rc : OK;
}

static int put_choices(struct db *db, int64_t company_id, struct json_out *json, const char *choices, struct err *err)
{
    int rc = OK;

    json_key(json, "choices");
    json_begin_array(json);
    if (choices && str_equal(str_from(choices), STR(REPORT_ANOMALY_CHOICES)))
        put_anomalies(json);
    else if (choices && str_starts_with(str_from(choices), STR("SELECT ")))
        rc = put_rows(db, company_id, json, choices, err);
    else if (choices)
        put_words(json, str_from(choices));
    json_end_array(json);
    return rc;
}

static void put_path(struct json_out *json, const struct report_list *list)
{
    BUF_AUTO path = {0};

    buf_printf(&path, "/api/v1/%s", list->path);
    json_member_str(json, "path", buf_str(&path));
}

static int put_list(struct db *db, int64_t company_id, struct json_out *json, const struct report_list *list, struct err *err)
{
    int rc = OK;

    json_begin_object(json);
    json_member_str(json, "name", str_from(list->name));
    put_path(json, list);
    json_member_str(json, "sort", str_from(list->sort));
    json_key(json, "columns");
    json_begin_array(json);
    for (size_t i = 0; rc == OK && i < list->page_count; i++) {
        const struct report_column *column = &list->columns[i];
        json_begin_object(json);
        json_member_str(json, "name", str_from(column->name));
        json_member_str(json, "heading", str_from(text_translate(column->heading)));
        json_member_str(json, "type", str_from(TYPE_NAMES[column->type]));
        json_member_bool(json, "sortable", !(column->flags & COLUMN_UNSORTED));
        json_member_str(json, "filter", str_from(FILTER_NAMES[report_filter_kind(column)]));
        rc = put_choices(db, company_id, json, column->choices, err);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
    return rc;
}

int report_lists_json(struct db *db, int64_t company_id, struct buf *out, struct err *err)
{
    struct json_out json = {.buf = out};
    int rc = OK;

    json_begin_array(&json);
    for (size_t i = 0; rc == OK && report_list_at(i); i++)
        rc = put_list(db, company_id, &json, report_list_at(i), err);
    json_end_array(&json);
    return rc == OK && buf_failed(out) ? err_memory(err) : rc;
}
