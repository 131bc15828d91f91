/* query.c: what is asked of a list, as the address of a page says it: conditions, order, and the cursor, which holds what the last row was sorted by and its id. Every value ends as a parameter of
 * a statement; none becomes SQL. */
#include "report/report_int.h"

enum { CURSOR_MAX = 8192 };
struct parsing {
    const struct report_list *list;
    const struct company *company;
    struct arena *arena;
    struct report_query query;
    struct str cursor;
};

enum report_filter_kind report_filter_kind(const struct report_column *column)
{
    if (column->flags & COLUMN_UNFILTERED)
        return REPORT_FILTER_NONE;
    if (column->choices)
        return REPORT_FILTER_CHOICE;
    switch (column->type) {
    case REPORT_TEXT: return REPORT_FILTER_TEXT;
    case REPORT_WORD: return REPORT_FILTER_CHOICE;
    case REPORT_BOOL: return REPORT_FILTER_BOOL;
    case REPORT_JSON:
    case REPORT_HASH: return REPORT_FILTER_NONE;
    case REPORT_INT:
    case REPORT_CENTS:
    case REPORT_MILLI:
    case REPORT_E4:
    case REPORT_RATE:
    case REPORT_DAY:
    case REPORT_INSTANT: break;
    }
    return REPORT_FILTER_RANGE;
}

static int column_by_name(const struct report_list *list, struct str name)
{
    for (size_t i = 0; i < list->page_count; i++)
        if (str_equal(name, str_from(list->columns[i].name)))
            return (int)i;
    return -1;
}

/* ---- conditions ---- */

static int add_condition(struct parsing *parsing, int column, enum report_operator operator, struct db_value value, struct err *err)
{
    struct report_query *query = &parsing->query;

    if (query->condition_count == REPORT_CONDITIONS_MAX)
        return err_set(err, ERR_USAGE, N_("a list is filtered by at most %s conditions"), ERR_INT(REPORT_CONDITIONS_MAX));
    query->conditions[query->condition_count++] = (struct report_condition){(size_t)column, operator, value};
    return OK;
}

static int refuse_value(const struct report_parameter *parameter, struct err *err)
{
    return err_set(err, ERR_USAGE, N_("“%s” is no value for %s: amounts, quantities and rates are whole numbers of their unit, days as 2026-01-30, truth values 1 or 0"),
                   ERR_STR(parameter->value), ERR_STR(parameter->name));
}

/* As text_contains wants it. */
static int fold_part(struct arena *arena, struct str text, struct str *ret, struct err *err)
{
    BUF_AUTO folded = {0};

    text_append_folded(&folded, text);
    struct str copy = buf_failed(&folded) ? STR_NULL : arena_copy(arena, buf_str(&folded));
    if (!copy.p)
        return err_memory(err);
    *ret = copy;
    return OK;
}

static bool parse_integer(struct str text, int64_t *ret)
{
    bool negative = str_starts_with(text, STR("-"));
    struct str digits = negative ? (struct str){text.p + 1, text.n - 1} : text;

    if (!str_parse_u63(digits, ret))
        return false;
    *ret = negative ? -*ret : *ret;
    return true;
}

/* A day of the company stands for all its instants. */
static int add_instant(struct parsing *parsing, int column, enum report_operator operator, const struct report_parameter *parameter, struct err *err)
{
    int64_t at_utc = 0;
    int32_t day = 0;

    if (!civil_parse_day(parameter->value, &day)) {
        if (!instant_parse(parameter->value, &at_utc))
            return refuse_value(parameter, err);
        return add_condition(parsing, column, operator, DB_INT(at_utc), err);
    }
    const struct company *company = parsing->company;
    int rc = OK;
    if (operator != REPORT_TO)
        rc = add_condition(parsing, column, REPORT_FROM, DB_INT(zone_day_start(company->zone, day, company->cutoff_minutes)), err);
    if (rc == OK && operator != REPORT_FROM)
        rc = add_condition(parsing, column, REPORT_TO, DB_INT(zone_day_start(company->zone, day + 1, company->cutoff_minutes) - 1), err);
    return rc;
}

static int add_range(struct parsing *parsing, int column, enum report_operator operator, const struct report_parameter *parameter, struct err *err)
{
    int64_t value = 0;
    int32_t day = 0;

    switch (parsing->list->columns[column].type) {
    case REPORT_INSTANT: return add_instant(parsing, column, operator, parameter, err);
    case REPORT_DAY:
        if (!civil_parse_day(parameter->value, &day))
            return refuse_value(parameter, err);
        return add_condition(parsing, column, operator, DB_INT(day), err);
    default:
        if (!parse_integer(parameter->value, &value))
            return refuse_value(parameter, err);
        return add_condition(parsing, column, operator, DB_INT(value), err);
    }
}

static int parse_truth(const struct report_parameter *parameter, bool *ret, struct err *err)
{
    static const char *const words[][2] = {{"0", "1"}, {"false", "true"}, {"no", "yes"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t truth = 0; truth < 2; truth++)
            if (str_equal(parameter->value, str_from(words[i][truth]))) {
                *ret = truth == 1;
                return OK;
            }
    return refuse_value(parameter, err);
}

static int add_filter(struct parsing *parsing, int column, const struct report_parameter *parameter, struct err *err)
{
    struct str part = STR_NULL;
    bool truth = false;
    int rc = OK;

    switch (report_filter_kind(&parsing->list->columns[column])) {
    case REPORT_FILTER_TEXT:
        rc = fold_part(parsing->arena, parameter->value, &part, err);
        return rc == OK ? add_condition(parsing, column, REPORT_CONTAINS, DB_STR(part), err) : rc;
    case REPORT_FILTER_CHOICE: return add_condition(parsing, column, REPORT_EQUAL, DB_STR(parameter->value), err);
    case REPORT_FILTER_RANGE: return add_range(parsing, column, REPORT_EQUAL, parameter, err);
    case REPORT_FILTER_BOOL:
        rc = parse_truth(parameter, &truth, err);
        return rc == OK ? add_condition(parsing, column, REPORT_EQUAL, DB_INT(truth), err) : rc;
    case REPORT_FILTER_NONE: break;
    }
    return err_set(err, ERR_USAGE, N_("the list is not filtered by %s"), ERR_STR(parameter->name));
}

/* ---- order and cursor ---- */

static int parse_sort(struct parsing *parsing, struct str text, struct err *err)
{
    struct report_query *query = &parsing->query;
    bool descending = str_starts_with(text, STR("-"));
    struct str name = descending ? (struct str){text.p + 1, text.n - 1} : text;
    int column = column_by_name(parsing->list, name);

    if (column < 0 || (parsing->list->columns[column].flags & COLUMN_UNSORTED))
        return err_set(err, ERR_USAGE, N_("the list is not sorted by %s"), ERR_STR(name));
    query->descending = descending;
    /* By the id itself: once is enough. */
    query->sort = str_equal(str_from(parsing->list->columns[column].sql), str_from(parsing->list->id)) ? REPORT_BY_ID : column;
    return OK;
}

static void append_sort(struct buf *out, const struct report_list *list, const struct report_query *query)
{
    buf_append_z(out, query->descending ? "-" : "");
    buf_append_z(out, query->sort == REPORT_BY_ID ? "id" : list->columns[query->sort].name);
}

/* `SORT TOTAL ID iVALUE`, `SORT TOTAL ID tTEXT` or `SORT TOTAL ID n` in hex. */
int report_cursor(const struct report_list *list, const struct report_query *query, const struct db_value *value, int64_t id, int64_t total, struct arena *arena, struct str *ret, struct err *err)
{
    BUF_AUTO text = {0};
    BUF_AUTO hex = {0};

    append_sort(&text, list, query);
    buf_printf(&text, " %lld %lld ", (long long)total, (long long)id);
    if (value->type == DB_INTEGER)
        buf_printf(&text, "i%lld", (long long)value->i);
    else
        buf_append_z(&text, value->type == DB_TEXT ? "t" : "n");
    if (value->type == DB_TEXT)
        buf_append(&text, value->s);
    hex_append(&hex, (const unsigned char *)text.p, text.n);
    struct str copy = buf_failed(&text) || buf_failed(&hex) ? STR_NULL : arena_copy(arena, buf_str(&hex));
    if (!copy.p)
        return err_memory(err);
    *ret = copy;
    return OK;
}

/* Whether the value is one that rows of this order have. */
static bool read_after(const struct report_list *list, struct report_query *query, struct str value)
{
    enum report_type type = query->sort == REPORT_BY_ID ? REPORT_JSON : list->columns[query->sort].type;
    bool text = type == REPORT_TEXT || type == REPORT_WORD;
    struct str rest = {value.p + 1, value.n - 1};

    query->after = DB_NIL;
    if (value.p[0] == 'n')
        return !rest.n && (query->sort == REPORT_BY_ID || (list->columns[query->sort].flags & COLUMN_NULLABLE));
    if (query->sort == REPORT_BY_ID || value.p[0] != (text ? 't' : 'i'))
        return false;
    if (!text) {
        query->after = DB_INT(0);
        return parse_integer(rest, &query->after.i);
    }
    query->after = DB_STR(rest);
    return text_is_utf8(rest) && !memchr(rest.p, 0, rest.n);
}

static int parse_cursor(struct parsing *parsing, struct err *err)
{
    struct report_query *query = &parsing->query;
    BUF_AUTO expected = {0};
    struct str sort, total, id, value;
    size_t size = parsing->cursor.n / 2;
    unsigned char *bytes = size <= CURSOR_MAX ? arena_alloc(parsing->arena, size + 1) : NULL;

    append_sort(&expected, parsing->list, query);
    if (buf_failed(&expected) || (!bytes && size <= CURSOR_MAX))
        return err_memory(err);
    query->has_after = true;
    bool good = bytes && parsing->cursor.n % 2 == 0 && hex_parse(parsing->cursor, bytes, size) && str_cut((struct str){(const char *)bytes, size}, ' ', &sort, &value) && str_cut(value, ' ', &total, &value) &&
           str_cut(value, ' ', &id, &value) && str_equal(sort, buf_str(&expected)) && str_parse_u63(total, &query->total) && parse_integer(id, &query->after_id) && value.n && read_after(parsing->list, query, value);
    return good ? OK : err_set(err, ERR_USAGE, N_("the cursor is not one of this list and order: begin again with its first page"));
}

/* ---- all of it ---- */

static int parse_limit(struct parsing *parsing, const struct report_parameter *parameter, struct err *err)
{
    if (!str_parse_u63(parameter->value, &parsing->query.limit) || parsing->query.limit < 1 || parsing->query.limit > REPORT_LIMIT_MAX)
        return err_set(err, ERR_USAGE, N_("“%s” is no size of a page: give 1 to %s rows"), ERR_STR(parameter->value), ERR_INT(REPORT_LIMIT_MAX));
    return OK;
}

/* What stands behind the name of a column that is not asked for as it is. */
static const struct { struct str suffix; enum report_operator operator; enum report_filter_kind kind; } suffixes[] = {
    {STR("_from"), REPORT_FROM, REPORT_FILTER_RANGE}, {STR("_to"), REPORT_TO, REPORT_FILTER_RANGE}, {STR("_is"), REPORT_EQUAL, REPORT_FILTER_TEXT}};

/* The column of COLUMN_from, COLUMN_to or COLUMN_is, and which of them it is. */
static int suffixed_column(const struct parsing *parsing, struct str name, enum report_operator *ret, struct err *err)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        int column = str_ends_with(name, suffixes[i].suffix) ? column_by_name(parsing->list, (struct str){name.p, name.n - suffixes[i].suffix.n}) : -1;
        if (column < 0 || report_filter_kind(&parsing->list->columns[column]) != suffixes[i].kind)
            continue;
        *ret = suffixes[i].operator;
        return column;
    }
    return err_set(err, ERR_USAGE, N_("the list does not know %s: it takes limit, cursor, sort, q and the columns that /api/v1/lists names"), ERR_STR(name));
}

/* A field of a form that was left empty: no condition, when there is such a field. */
static bool is_blank(const struct parsing *parsing, const struct report_parameter *parameter)
{
    static const char *const words[] = {"cursor", "sort", "q"};
    enum report_operator operator;
    struct err ignored = {0};
    bool known = column_by_name(parsing->list, parameter->name) >= 0 || suffixed_column(parsing, parameter->name, &operator, &ignored) >= 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        known = known || str_equal(parameter->name, str_from(words[i]));
    return known && !parameter->value.n;
}

/* Not every list has texts to look into. */
static int parse_search(struct parsing *parsing, const struct report_parameter *parameter, struct err *err)
{
    bool searched = false;

    for (size_t i = 0; i < parsing->list->page_count; i++)
        searched = searched || (parsing->list->columns[i].flags & COLUMN_SEARCHED);
    if (!searched)
        return err_set(err, ERR_USAGE, N_("the list is not filtered by %s"), ERR_STR(parameter->name));
    return fold_part(parsing->arena, parameter->value, &parsing->query.search, err);
}

static int parse_parameter(struct parsing *parsing, const struct report_parameter *parameter, struct err *err)
{
    enum report_operator operator;
    int column = column_by_name(parsing->list, parameter->name);

    if (is_blank(parsing, parameter))
        return OK;
    if (str_equal(parameter->name, STR("limit")))
        return parse_limit(parsing, parameter, err);
    if (str_equal(parameter->name, STR("sort")))
        return parse_sort(parsing, parameter->value, err);
    if (str_equal(parameter->name, STR("q")))
        return parse_search(parsing, parameter, err);
    if (str_equal(parameter->name, STR("cursor"))) {
        parsing->cursor = parameter->value;
        return OK;
    }
    if (column >= 0)
        return add_filter(parsing, column, parameter, err);
    column = suffixed_column(parsing, parameter->name, &operator, err);
    if (column < 0)
        return column;
    return operator == REPORT_EQUAL ? add_condition(parsing, column, operator, DB_STR(parameter->value), err) : add_range(parsing, column, operator, parameter, err);
}

int report_query_parse(const struct report_list *list, const struct company *company, struct arena *arena, const struct report_parameter *parameters, size_t count,
                       struct report_query *ret, struct err *err)
{
    struct parsing parsing = {.list = list, .company = company, .arena = arena, .query = {.limit = REPORT_LIMIT_DEFAULT}};
    int rc = parse_sort(&parsing, str_from(list->sort), err);

    for (size_t i = 0; rc == OK && i < count; i++)
        rc = parameters[i].value.p && text_is_utf8(parameters[i].value) && !memchr(parameters[i].value.p, 0, parameters[i].value.n)
                 ? parse_parameter(&parsing, &parameters[i], err)
                 : refuse_value(&parameters[i], err);
    if (rc == OK && parsing.cursor.n)
        rc = parse_cursor(&parsing, err);
    if (rc == OK)
        *ret = parsing.query;
    return rc;
}
