/* fuzz_report_query.c: what the address of a page asks of a list: conditions, order, limit and cursor. Whatever is taken becomes a statement that the database takes, and an answer that is
 * JSON; a cursor that is written is read back as it was. The list is chosen by the first byte; the rest is the query. */
#include "base/json.h"
#include "fuzz_shop.h"
#include "net/http.h"
#include "report/report_int.h"

enum { PARAMETERS_MAX = 64 };

static size_t read_parameters(struct arena *arena, struct str query, struct report_parameter *ret)
{
    size_t count = 0;

    for (struct str piece, name, value; query.n > 0 && count < PARAMETERS_MAX;) {
        str_cut(query, '&', &piece, &query);
        if (!str_cut(piece, '=', &name, &value))
            value = STR("");
        ret[count++] = (struct report_parameter){http_decode(arena, name, true), http_decode(arena, value, true)};
    }
    return count;
}

static const struct report_list *list_of(uint8_t choice)
{
    size_t count = 0;

    while (report_list_at(count) != NULL)
        count++;
    return report_list_at(choice % count);
}

static void law_of_query(const struct report_list *list, const struct report_query *query)
{
    LAW(query->limit >= 1 && query->limit <= REPORT_LIMIT_MAX);
    LAW(query->sort == REPORT_BY_ID || (query->sort >= 0 && (size_t)query->sort < list->page_count));
    LAW(query->condition_count <= REPORT_CONDITIONS_MAX);
    for (size_t i = 0; i < query->condition_count; i++)
        LAW(query->conditions[i].column < list->page_count);
}

/* In the same order, after a row of our own. */
static void law_of_cursor(const struct fuzz_shop *shop, struct arena *arena, const struct report_list *list, const struct report_query *query, struct str text)
{
    enum report_type type = query->sort == REPORT_BY_ID ? REPORT_JSON : list->columns[query->sort].type;
    bool is_text = type == REPORT_TEXT || type == REPORT_WORD, fits = text.n < 1000 && text_is_utf8(text) && memchr(text.p, '\0', text.n) == NULL;
    struct db_value value = query->sort == REPORT_BY_ID ? DB_NIL : is_text ? DB_STR(fits ? text : STR("é")) : DB_INT(-(int64_t)text.n);
    struct report_parameter parameters[2] = {{STR("sort"), STR_NULL}, {STR("cursor"), STR_NULL}};
    struct report_query again = {0};
    struct err err = {0};

    if (query->sort == REPORT_BY_ID)
        return; /* its name is the column's, which the query does not keep */
    parameters[0].value = arena_format(arena, "%s%s", query->descending ? "-" : "", list->columns[query->sort].name);
    law_of_success(report_cursor(list, query, &value, 42, 4711, arena, &parameters[1].value, &err), &err);
    law_of_success(report_query_parse(list, &shop->company, arena, parameters, 2, &again, &err), &err);
    LAW(again.has_after && again.after_id == 42 && again.total == 4711 && again.sort == query->sort && again.descending == query->descending);
    LAW(again.after.type == value.type && (is_text ? str_equal(again.after.s, value.s) : again.after.i == value.i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report_parameter parameters[PARAMETERS_MAX];
    struct report_query query = {.limit = -1};
    struct err err = {0};
    ARENA_AUTO arena = {0};
    BUF_AUTO answer = {0};
    struct json *page = NULL;

    if (size == 0)
        return 0;
    struct fuzz_shop *shop = fuzz_shop();
    struct str input = input_of(data + 1, size - 1);
    const struct report_list *list = list_of(data[0]);
    size_t count = read_parameters(&arena, input, parameters);
    int rc = report_query_parse(list, &shop->company, &arena, parameters, count, &query, &err);
    if (rc != OK) {
        LAW(rc == ERR_USAGE && query.limit == -1);
        law_of_refusal(rc, &err);
        return 0;
    }
    law_of_query(list, &query);
    law_of_cursor(shop, &arena, list, &query, input);
    law_of_success(report_page_json(shop->db, shop->company.id, list, &query, &arena, &answer, &err), &err);
    law_of_success(json_parse(&arena, buf_str(&answer), &page, &err), &err);
    return 0;
}
