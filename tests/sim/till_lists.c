/* till_lists.c: the simulated till's answers to GET: filter, order, limit and skip as the real one understands them. The order within equal values is its own and
 * may change between two requests, as the real one's does. */
#include <stdlib.h>

#include "till_store.h"

/* ---- the query ---- */

enum { TERMS_MAX = 8, VALUE_SIZE = 128 };
struct term { char field[32], op[8], value[VALUE_SIZE]; };
struct list_query {
    int64_t limit, skip;
    struct term terms[TERMS_MAX];
    size_t term_count;
    char order[32];
    bool readable;
};

static int hexadecimal(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX once, zero-terminated; false when it does not fit. */
static bool decode(struct str s, char *ret, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < s.n && used + 1 < size; i++) {
        bool escaped = s.p[i] == '%' && i + 2 < s.n && hexadecimal(s.p[i + 1]) >= 0 && hexadecimal(s.p[i + 2]) >= 0;
        ret[used++] = escaped ? (char)(16 * hexadecimal(s.p[i + 1]) + hexadecimal(s.p[i + 2])) : s.p[i];
        i += escaped ? 2 : 0;
    }
    ret[used] = '\0';
    return used + 1 < size;
}

/* "closed_at[gte]=2026-…" */
static bool parse_term(struct str text, struct term *ret)
{
    struct str left, value, field, op;
    if (!str_cut(text, '=', &left, &value))
        return false;
    bool has_op = str_cut(left, '[', &field, &op);
    if (has_op && !str_ends_with(op, STR("]")))
        return false;
    op.n -= has_op;
    return decode(field, ret->field, sizeof ret->field) && decode(has_op ? op : STR(""), ret->op, sizeof ret->op) && decode(value, ret->value, sizeof ret->value);
}

static bool parse_filter(struct str encoded, struct list_query *query)
{
    char text[1024];
    struct str rest, one;
    if (!decode(encoded, text, sizeof text))
        return false;
    for (rest = str_from(text); rest.n > 0;) {
        str_cut(rest, '&', &one, &rest);
        if (query->term_count == TERMS_MAX || !parse_term(one, &query->terms[query->term_count++]))
            return false;
    }
    return true;
}

static struct list_query query_of(const struct sim_till *till, struct str text)
{
    struct list_query query = {.limit = 10, .readable = true};
    struct str one, name, value;
    for (struct str rest = text; rest.n > 0;) {
        str_cut(rest, '&', &one, &rest);
        str_cut(one, '=', &name, &value);
        if (str_equal(name, STR("limit")))
            query.readable = query.readable && str_parse_u63(value, &query.limit);
        else if (str_equal(name, STR("skip")))
            query.readable = query.readable && str_parse_u63(value, &query.skip);
        else if (str_equal(name, STR("filter")))
            query.readable = query.readable && parse_filter(value, &query);
        else if (str_equal(name, STR("order")))
            query.readable = query.readable && decode(value, query.order, sizeof query.order);
    }
    if (till->limit_max && query.limit > till->limit_max)
        query.limit = till->limit_max;
    return query;
}

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

static bool instant_fits(int64_t at_utc, const struct term *term, int64_t limit_utc)
{
    if (is(term->op, "gte"))
        return at_utc >= limit_utc;
    if (is(term->op, "gt"))
        return at_utc > limit_utc;
    if (is(term->op, "lt"))
        return at_utc < limit_utc;
    return at_utc <= limit_utc;
}

/* ---- sales ---- */

struct found { int64_t at_utc; uint64_t tie; size_t record; };

static int64_t closed_of(const struct sim_till *till, size_t record)
{
    return record < till->sale_count ? till->sales[record].closed_utc : till->junk_closed_utc[record - till->sale_count];
}

static bool sale_fits(const struct sim_till *till, const struct list_query *query, const int64_t *limits, size_t record)
{
    for (size_t i = 0; i < query->term_count; i++) {
        bool by_change = is(query->terms[i].field, "updated_at");
        if (!instant_fits(by_change ? till->records[record].updated_utc : closed_of(till, record), &query->terms[i], limits[i]))
            return false;
    }
    return true;
}

static int compare_found(const void *a, const void *b)
{
    const struct found *left = a, *right = b;
    if (left->at_utc != right->at_utc)
        return left->at_utc < right->at_utc ? -1 : 1;
    return left->tie < right->tie ? -1 : left->tie > right->tie;
}

static size_t find_sales(const struct sim_till *till, const struct list_query *query, const int64_t *limits, bool by_change, struct found *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < till->sale_count + JUNK_MAX; i++) {
        if (till->records[i].hidden || !sale_fits(till, query, limits, i))
            continue;
        ret[count++] = (struct found){.at_utc = by_change ? till->records[i].updated_utc : closed_of(till, i),
                                      .tie = sim_mix(till->plan.seed, 500 + (uint64_t)till->resorts, i), .record = i};
    }
    qsort(ret, count, sizeof *ret, compare_found);
    return count;
}

static void append_sale(struct sim_till *till, size_t place, struct buf *out)
{
    struct sale_record *record = &till->records[place];
    if (record->stale) {
        buf_reset(&record->json);
        json_append_sale(till, place, &record->json);
        record->stale = false;
    }
    buf_append(out, buf_str(&record->json));
}

static int answer_sales(struct sim_till *till, const struct list_query *query, struct buf *out)
{
    struct found found[RECORDS_MAX];
    int64_t limits[TERMS_MAX];
    for (size_t i = 0; i < query->term_count; i++)
        if ((!is(query->terms[i].field, "closed_at") && !is(query->terms[i].field, "updated_at")) || !instant_parse(str_from(query->terms[i].value), &limits[i]))
            return answer_error(400, "NOT_IN_MODEL", out);
    bool by_change = is(query->order, "updated_at=ASC");
    if (!by_change && !is(query->order, "closed_at=ASC"))
        return answer_error(400, "order", out);
    int64_t count = (int64_t)find_sales(till, query, limits, by_change, found);
    buf_append_char(out, '[');
    for (int64_t i = query->skip; i < count && i - query->skip < query->limit; i++) {
        if (i > query->skip)
            buf_append_char(out, ',');
        append_sale(till, found[i].record, out);
    }
    buf_append_char(out, ']');
    return 200;
}

/* ---- the catalogue ---- */

/* Any record of it as its fields; NULL: not in the model. */
typedef const char *field_fn(const void *record, const char *field);

static const char *article_field(const void *record, const char *field)
{
    const struct shelf_article *article = record;
    return is(field, "deprecated")    ? (article->deprecated ? "true" : "false")
           : is(field, "is_default")  ? (article->is_default ? "true" : "false")
           : is(field, "in_stock")    ? (article->in_stock ? "true" : "false")
           : is(field, "reference")   ? article->reference
           : is(field, "name")        ? article->name
           : is(field, "category_id") ? article->category_id
           : is(field, "_id")         ? article->id
                                      : NULL;
}

static const char *named_field(const void *record, const char *field)
{
    const struct named *named = record;
    return is(field, "deprecated")   ? (named->deprecated ? "true" : "false")
           : is(field, "is_default") ? (named->is_default ? "true" : "false")
           : is(field, "name")       ? named->name
           : is(field, "_id")        ? named->id
                                     : NULL;
}

/* Terms are all to hold, but those of one field with `in` are alternatives. 1 = fits, 0 = does not, -1 = a field that is not in the model. */
static int record_fits(const struct list_query *query, field_fn *field_of, const void *record)
{
    bool in_seen = false, in_fits = false;
    for (size_t i = 0; i < query->term_count; i++) {
        const struct term *term = &query->terms[i];
        const char *value = field_of(record, term->field);
        if (!value)
            return -1;
        bool same = is(value, term->value);
        if (is(term->op, "in")) {
            in_seen = true;
            in_fits = in_fits || same;
        } else if ((is(term->op, "") && !same) || (is(term->op, "ne") && same)) {
            return 0;
        } else if (is(term->op, "gt") && strcmp(value, term->value) <= 0) {
            return 0;
        }
    }
    return !in_seen || in_fits;
}

/* The catalogue in one shape: records of one size that begin with their id. */
struct shelf_list { const void *records; size_t size, count; field_fn *field_of; void (*append)(const void *record, struct buf *out); };

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int answer_shelf(const struct shelf_list *list, const struct list_query *query, struct buf *out)
{
    const char *found[SHELF_MAX];
    int64_t count = 0;
    if (!is(query->order, "_id=ASC"))
        return answer_error(400, "order", out);
    for (size_t i = 0; i < list->count; i++) {
        const char *record = (const char *)list->records + i * list->size;
        int fits = record_fits(query, list->field_of, record);
        if (fits < 0)
            return answer_error(400, "NOT_IN_MODEL", out);
        if (fits)
            found[count++] = record;
    }
    qsort(found, (size_t)count, sizeof *found, compare_ids);
    buf_append_char(out, '[');
    for (int64_t i = query->skip; i < count && i - query->skip < query->limit; i++) {
        if (i > query->skip)
            buf_append_char(out, ',');
        list->append(found[i], out);
    }
    buf_append_char(out, ']');
    return 200;
}

static void append_article(const void *record, struct buf *out)
{
    json_append_article(record, true, out);
}

static void append_category(const void *record, struct buf *out)
{
    json_append_named(record, false, out);
}

static void append_tax(const void *record, struct buf *out)
{
    json_append_named(record, true, out);
}

static int answer_article(const struct sim_till *till, struct str id, struct buf *out)
{
    for (size_t i = 0; i < till->shelf_count; i++)
        if (str_equal(str_from(till->shelf[i].id), id)) {
            json_append_article(&till->shelf[i], true, out);
            return 200;
        }
    return answer_error(404, "\\\"article_id\\\" specified in \\\"params\\\" could not be found", out);
}

static int answer_account(struct buf *out)
{
    buf_append_z(out, "{\"_id\":\"5900000000000000000000aa\",\"api_key\":\"" SIM_KEY "\",\"nodes\":[{\"_id\":\"" SIM_NODE "\"}],\"companies\":[{\"_id\":\"" SIM_COMPANY
                      "\",\"name\":\"Épicerie du hasard\"}],\"shops\":[{\"_id\":\"" SIM_SHOP "\",\"name\":\"Boutique\"}],\"email\":\"a@example.org\"}");
    return 200;
}

int answer_list(struct sim_till *till, const struct sim_request *request, struct buf *out)
{
    static const struct str one_article = {"/v1/catalog/articles/", sizeof "/v1/catalog/articles/" - 1};
    if (str_equal(request->path, STR("/v1/account/account")))
        return answer_account(out);
    if (str_starts_with(request->path, one_article))
        return answer_article(till, (struct str){request->path.p + one_article.n, request->path.n - one_article.n}, out);
    struct list_query query = query_of(till, request->query);
    if (!query.readable)
        return answer_error(400, "Invalid request query input", out);
    if (str_equal(request->path, STR("/v1/shop/orders")))
        return answer_sales(till, &query, out);
    if (str_equal(request->path, STR("/v1/catalog/articles")))
        return answer_shelf(&(struct shelf_list){till->shelf, sizeof *till->shelf, till->shelf_count, article_field, append_article}, &query, out);
    if (str_equal(request->path, STR("/v1/catalog/categories")))
        return answer_shelf(&(struct shelf_list){till->categories, sizeof *till->categories, till->category_count, named_field, append_category}, &query, out);
    if (str_equal(request->path, STR("/v1/catalog/taxes")))
        return answer_shelf(&(struct shelf_list){till->taxes, sizeof *till->taxes, till->tax_count, named_field, append_tax}, &query, out);
    return answer_error(404, "Not Found", out);
}
