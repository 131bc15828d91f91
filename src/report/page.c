/* page.c: the rows of a list, a page at a time: the SQL is put together from the texts of the list's row (list.c), with parameters for all that a person asked for; a page goes on after the last
 * row of the one before, by what that row is sorted by and its id, so that rows which come or go meanwhile move no other. */
#include <pthread.h>

#include "report/report_int.h"

/* Where the rows without a value stand: before all others, which the engines do each in its own way. So a nullable column is read in two parts, each in the order of an index. */
enum part { PART_ALL, PART_NULLS, PART_VALUES };
enum { ARGS_MAX = REPORT_CONDITIONS_MAX + 8, EACH_LIMIT = 500 };

struct statement {
    struct buf sql;
    struct db_value args[ARGS_MAX];
    size_t arg_count;
};
struct reading {
    struct db *db;
    int64_t company_id;
    const struct report_list *list;
    const struct report_query *query;
    size_t columns;
    report_row_fn *on_row;
    void *context;
    struct arena *arena;
    int64_t rows;
    bool more;                 /* a row follows the last one of the page */
    struct db_value last;      /* what the last row is sorted by */
    int64_t last_id;
};

/* ---- the text ---- */

static void put_argument(struct statement *statement, struct db_value value)
{
    statement->args[statement->arg_count++] = value;
    buf_printf(&statement->sql, value.type == DB_TEXT ? "CAST($%zu AS TEXT)" : "CAST($%zu AS BIGINT)", statement->arg_count);
}

static void put_contains(struct statement *statement, const char *sql, struct db_value part)
{
    buf_printf(&statement->sql, "text_contains(%s, ", sql);
    put_argument(statement, part);
    buf_append_char(&statement->sql, ')');
}

static void put_equals(struct statement *statement, const struct report_column *column, struct db_value value)
{
    struct str before, after;

    if (!column->equals) {
        buf_printf(&statement->sql, "%s = ", column->sql);
        put_argument(statement, value);
        return;
    }
    (void)str_cut(str_from(column->equals), '?', &before, &after);
    buf_append(&statement->sql, before);
    put_argument(statement, value);
    buf_append(&statement->sql, after);
}

static void put_condition(struct statement *statement, const struct report_list *list, const struct report_condition *condition)
{
    const struct report_column *column = &list->columns[condition->column];

    buf_append_z(&statement->sql, " AND ");
    if (condition->operator == REPORT_CONTAINS) {
        put_contains(statement, column->sql, condition->value);
    } else if (condition->operator == REPORT_EQUAL) {
        put_equals(statement, column, condition->value);
    } else {
        buf_printf(&statement->sql, "%s %s ", column->sql, condition->operator == REPORT_FROM ? ">=" : "<=");
        put_argument(statement, condition->value);
    }
}

static void put_search(struct statement *statement, const struct report_list *list, struct str part)
{
    const char *between = " AND (";

    for (size_t i = 0; i < list->page_count; i++) {
        if (!(list->columns[i].flags & COLUMN_SEARCHED))
            continue;
        buf_append_z(&statement->sql, between);
        put_contains(statement, list->columns[i].sql, DB_STR(part));
        between = " OR ";
    }
    buf_append_z(&statement->sql, ")");
}

/* Whether anything that is asked looks into the joined tables. */
static bool needs_joins(const struct report_list *list, const struct report_query *query)
{
    for (size_t i = 0; i < query->condition_count; i++)
        if (list->columns[query->conditions[i].column].flags & COLUMN_JOINED)
            return true;
    for (size_t i = 0; query->search.p && i < list->page_count; i++)
        if ((list->columns[i].flags & COLUMN_JOINED) && (list->columns[i].flags & COLUMN_SEARCHED))
            return true;
    return false;
}

static void put_tables(struct statement *statement, const struct reading *reading, bool joins)
{
    const struct report_list *list = reading->list;
    const struct report_query *query = reading->query;

    buf_printf(&statement->sql, " FROM %s%s WHERE %s", list->from, joins ? list->joins : "", list->where);
    statement->args[statement->arg_count++] = DB_INT(reading->company_id);
    for (size_t i = 0; i < query->condition_count; i++)
        put_condition(statement, list, &query->conditions[i]);
    if (query->search.p)
        put_search(statement, list, query->search);
}

/* SQLite takes rows without a value for many and goes past the index that has them, unless a parameter says it; PostgreSQL the other way round. */
static void put_nothing(struct statement *statement, const struct reading *reading, const char *sort)
{
    buf_printf(&statement->sql, " AND %s IS ", sort);
    if (db_engine(reading->db) != DB_SQLITE) {
        buf_append_z(&statement->sql, "NULL");
        return;
    }
    statement->args[statement->arg_count++] = DB_NIL;
    buf_printf(&statement->sql, "$%zu", statement->arg_count);
}

/* Only what follows the last row of the page before. */
static void put_after(struct statement *statement, const struct reading *reading, enum part part, const char *sort)
{
    const struct report_query *query = reading->query;
    const char *beyond = query->descending ? "<" : ">";

    if (part == PART_VALUES)
        buf_printf(&statement->sql, " AND %s IS NOT NULL", sort);
    if (part == PART_NULLS)
        put_nothing(statement, reading, sort);
    if (!query->has_after || (part == PART_NULLS) != (query->after.type == DB_NULL && query->sort != REPORT_BY_ID))
        return;
    if (part == PART_NULLS || query->sort == REPORT_BY_ID) {
        buf_printf(&statement->sql, " AND %s %s ", reading->list->id, beyond);
        put_argument(statement, DB_INT(query->after_id));
        return;
    }
    buf_printf(&statement->sql, " AND (%s, %s) %s (", sort, reading->list->id, beyond);
    put_argument(statement, query->after);
    buf_append_z(&statement->sql, ", ");
    put_argument(statement, DB_INT(query->after_id));
    buf_append_z(&statement->sql, ")");
}

static void put_page(struct statement *statement, const struct reading *reading, enum part part)
{
    const struct report_list *list = reading->list;
    const struct report_query *query = reading->query;
    const char *sort = query->sort == REPORT_BY_ID ? NULL : list->columns[query->sort].sql;
    const char *direction = query->descending ? " DESC" : "";

    buf_append_z(&statement->sql, "SELECT ");
    for (size_t i = 0; i < reading->columns; i++)
        buf_printf(&statement->sql, "%s, ", list->columns[i].sql);
    buf_printf(&statement->sql, "%s, %s", list->id, sort ? sort : "NULL");
    put_tables(statement, reading, true);
    put_after(statement, reading, part, sort);
    buf_append_z(&statement->sql, " ORDER BY ");
    if (sort && part != PART_NULLS)
        buf_printf(&statement->sql, "%s%s, ", sort, direction);
    buf_printf(&statement->sql, "%s%s LIMIT ", list->id, direction);
    put_argument(statement, DB_INT(query->limit + 1 - reading->rows));
}

/* ---- reading ---- */

/* Texts that were made, one of each, for ever: a statement is prepared once for an address (db.h). There are as many as somebody thinks of conditions, so that the first ones to come are kept and
 * the others are prepared each time they are asked. */
enum { TEXTS_KEPT = 256 };
static struct { pthread_mutex_t lock; const char *texts[2 * TEXTS_KEPT]; size_t count; } kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The text that is kept, or NULL. */
static const char *keep_text(struct str text)
{
    const size_t places = sizeof kept.texts / sizeof *kept.texts;
    size_t place = (size_t)(hash_table_key(text) % places);
    const char *found = NULL;

    pthread_mutex_lock(&kept.lock);
    while (kept.texts[place] && !str_equal(str_from(kept.texts[place]), text))
        place = (place + 1) % places;
    found = kept.texts[place];
    char *copy = found || kept.count == TEXTS_KEPT ? NULL : mem_alloc(text.n + 1);
    if (copy) {
        memcpy(copy, text.p, text.n);
        copy[text.n] = '\0';
        kept.texts[place] = found = copy;
        kept.count++;
    }
    pthread_mutex_unlock(&kept.lock);
    return found;
}

static int run(struct reading *reading, const struct statement *statement, struct db_rows *rows, struct err *err)
{
    if (buf_failed(&statement->sql))
        return err_memory(err);
    const char *text = keep_text(buf_str(&statement->sql));
    return (text ? db_query_ : db_query_once)(reading->db, rows, text ? text : statement->sql.p, statement->args, statement->arg_count, err);
}

static bool is_text(enum report_type type)
{
    return type == REPORT_TEXT || type == REPORT_WORD;
}

/* The last row of the page is where the next one goes on. */
static int note_last(struct reading *reading, struct db_rows *rows, struct err *err)
{
    const struct report_query *query = reading->query;
    int column = (int)reading->columns;

    reading->last_id = db_int(rows, column++);
    reading->last = DB_NIL;
    if (query->sort == REPORT_BY_ID || db_is_null(rows, column))
        return OK;
    if (!is_text(reading->list->columns[query->sort].type)) {
        reading->last = DB_INT(db_int(rows, column));
        return OK;
    }
    struct str text = arena_copy(reading->arena, db_text(rows, column));
    reading->last = DB_STR(text);
    return text.p ? OK : err_memory(err);
}

static int read_part(struct reading *reading, enum part part, struct err *err)
{
    const struct report_list *list = reading->list;
    struct db_value values[REPORT_COLUMNS_MAX];
    struct statement statement = {0};
    DB_ROWS_AUTO rows = {0};

    put_page(&statement, reading, part);
    int rc = run(reading, &statement, &rows, err);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        rc = OK;
        if (reading->rows == reading->query->limit) {
            reading->more = true;
            break;
        }
        for (size_t i = 0; i < reading->columns; i++)
            values[i] = report_value_of(&rows, (int)i, list->columns[i].type);
        rc = reading->on_row(reading->context, list, values, err);
        if (rc == OK && ++reading->rows == reading->query->limit)
            rc = note_last(reading, &rows, err);
    }
    db_rows_close(&rows); /* before its text goes */
    buf_release(&statement.sql);
    return rc;
}

static int read_page(struct reading *reading, struct err *err)
{
    const struct report_query *query = reading->query;
    bool nullable = query->sort != REPORT_BY_ID && (reading->list->columns[query->sort].flags & COLUMN_NULLABLE);
    enum part first = query->descending ? PART_VALUES : PART_NULLS, second = query->descending ? PART_NULLS : PART_VALUES;

    reading->rows = 0;
    reading->more = false;
    if (!nullable)
        return read_part(reading, PART_ALL, err);
    bool in_second = query->has_after && (query->after.type == DB_NULL) == (second == PART_NULLS);
    int rc = in_second ? OK : read_part(reading, first, err);
    return rc == OK && !reading->more ? read_part(reading, second, err) : rc;
}

static int count_rows(struct reading *reading, int64_t *ret, struct err *err)
{
    struct statement statement = {0};
    DB_ROWS_AUTO rows = {0};

    if (reading->list->count && !reading->query->condition_count && !reading->query->search.p) {
        int found = db_query_int(reading->db, ret, reading->list->count, err, DB_INT(reading->company_id));
        return found < 0 ? found : OK;
    }
    buf_append_z(&statement.sql, "SELECT COUNT(*)");
    put_tables(&statement, reading, needs_joins(reading->list, reading->query));
    int rc = run(reading, &statement, &rows, err);
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc == 1)
        *ret = db_int(&rows, 0);
    db_rows_close(&rows);
    buf_release(&statement.sql);
    return rc < 0 ? rc : OK;
}

/* ---- all rows, a page, and a page as JSON ---- */

int report_rows(struct db *db, int64_t company_id, const struct report_list *list, size_t columns, const struct report_query *query, report_row_fn *on_row, void *context, struct err *err)
{
    struct report_query page = *query;
    struct arena arenas[2] = {0}; /* of the page before, whose last row the query names, and of this one */
    struct reading reading = {.db = db, .company_id = company_id, .list = list, .query = &page, .columns = columns, .on_row = on_row, .context = context, .more = true};
    int rc = OK;

    for (size_t i = 0; rc == OK && reading.more; i = 1 - i) {
        arena_reset(&arenas[i]);
        reading.arena = &arenas[i];
        rc = read_page(&reading, err);
        page.has_after = true;
        page.after = reading.last;
        page.after_id = reading.last_id;
    }
    arena_release(&arenas[0]);
    arena_release(&arenas[1]);
    return rc;
}

static void filter_by_word(struct report_query *query, const struct report_list *list, const char *name, struct str word)
{
    for (size_t i = 0; word.n && i < list->column_count; i++)
        if (str_equal(str_from(list->columns[i].name), str_from(name)))
            query->conditions[query->condition_count++] = (struct report_condition){i, REPORT_EQUAL, DB_STR(word)};
}

int report_each(struct db *db, int64_t company_id, const struct report_list *list, const struct report_filter *filter, report_row_fn *on_row, void *context, struct err *err)
{
    struct report_query query = {.limit = EACH_LIMIT, .sort = REPORT_BY_ID};

    if (filter) {
        filter_by_word(&query, list, "kind", filter->kind);
        filter_by_word(&query, list, "state", filter->state);
    }
    return report_rows(db, company_id, list, list->column_count, &query, on_row, context, err);
}

int report_page(struct db *db, int64_t company_id, const struct report_list *list, const struct report_query *query, struct arena *arena, report_row_fn *on_row, void *context,
                struct report_page *ret, struct err *err)
{
    struct reading reading = {.db = db, .company_id = company_id, .list = list, .query = query, .columns = list->page_count, .on_row = on_row, .context = context, .arena = arena};
    struct report_page page = {.total = query->total};
    int rc = query->has_after ? OK : count_rows(&reading, &page.total, err);

    if (rc == OK && (query->has_after || page.total)) /* to look for nothing a second time takes as long as the first */
        rc = read_page(&reading, err);
    if (rc == OK && reading.more)
        rc = report_cursor(list, query, &reading.last, reading.last_id, page.total, arena, &page.next, err);
    if (rc == OK)
        *ret = page;
    return rc;
}

static int put_item(void *context, const struct report_list *list, const struct db_value *values, struct err *err)
{
    struct json_out *json = context;

    report_put_row(json, list->columns, list->page_count, values);
    return buf_failed(json->buf) ? err_memory(err) : OK;
}

int report_page_json(struct db *db, int64_t company_id, const struct report_list *list, const struct report_query *query, struct arena *arena, struct buf *out, struct err *err)
{
    struct json_out json = {.buf = out};
    struct report_page page = {0};

    json_begin_object(&json);
    json_key(&json, "items");
    json_begin_array(&json);
    int rc = report_page(db, company_id, list, query, arena, put_item, &json, &page, err);
    json_end_array(&json);
    json_member_int(&json, "total", page.total);
    json_member_str(&json, "next", page.next);
    json_end_object(&json);
    return rc == OK && buf_failed(out) ? err_memory(err) : rc;
}
