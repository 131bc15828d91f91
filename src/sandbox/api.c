/* api.c: the interface of the training till: routes, keys, lists and records, over the tables of the store. Private to sandbox. */
#include "sandbox/api_int.h"

#include <string.h>

#include "sandbox/document_int.h"

/* What a list holds when the client does not say, and at most: the live server's figures are unknown. */
enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 10000 };

struct call {
    struct sandbox *sandbox;
    const struct sandbox_request *request;
    const struct fault_plan *plan;
    struct arena *arena;
    struct reply *reply;
    enum resource_id resource;
    struct str id;             /* of the path; absent on a collection */
};

/* ---- query parameters ---- */

/* First value, decoded once; {NULL,0} when absent. */
static struct str parameter(const struct call *call, struct str name)
{
    struct str rest = call->request->query, pair, key, value;
    while (rest.n > 0) {
        str_cut(rest, '&', &pair, &rest);
        if (!str_cut(pair, '=', &key, &value))
            value = STR("");
        if (str_equal(http_decode(call->arena, key, true), name))
            return http_decode(call->arena, value, true);
    }
    return STR_NULL;
}

static bool refuse_parameter(struct call *call, struct str name, const char *sentence)
{
    struct problem problem = {.found = true, .field = name, .position = -1, .sentence = str_from(sentence)};
    reply_invalid(call->reply, SOURCE_QUERY, &problem);
    return false;
}

static bool number_parameter(struct call *call, struct str name, int64_t least, int64_t *value)
{
    struct str text = parameter(call, name);
    if (text.p == NULL)
        return true;
    if (!str_parse_u63(text, value))
        return refuse_parameter(call, name, "must be a number");
    if (*value < least)
        return refuse_parameter(call, name, "must be larger than or equal to 1");
    return true;
}

static bool scope_parameter(struct call *call, struct str name, struct str *ret)
{
    *ret = parameter(call, name);
    if (ret->p == NULL)
        return refuse_parameter(call, name, "is required");
    if (ret->n == 0)
        return refuse_parameter(call, name, "is not allowed to be empty");
    return true;
}

static bool filter_answer(struct call *call, enum filter_result result, struct str name, struct str culprit)
{
    if (result == FILTER_NOT_IN_MODEL)
        reply_error(call->reply, 400, arena_format(call->arena, "NOT_IN_MODEL,%.*s", STR_ARG(culprit)));
    if (result == FILTER_BAD_VALUE)
        return refuse_parameter(call, name, "holds a value that does not fit its field");
    return result == FILTER_OK;
}

/* ---- lists ---- */

static struct table *table_of(const struct call *call)
{
    return &call->sandbox->store.tables[call->resource];
}

static void answer_broken(struct call *call)
{
    reply_error(call->reply, 500, STR("An internal server error occurred"));
}

/* A natural order that cannot be relied on: the page begins elsewhere on every request. */
static size_t natural_shift(const struct call *call, const struct order *order, size_t count)
{
    return call->plan->unordered && order->count == 0 && count > 0 ? (size_t)(call->sandbox->requests * 7) % count : 0;
}

static void append_page(struct call *call, const uint32_t *rows, size_t count, size_t skip, size_t limit, size_t shift)
{
    struct buf *body = call->reply->body;
    buf_reset(body);
    buf_append_char(body, '[');
    for (size_t i = skip; i < count && i - skip < limit; i++) {
        if (i > skip)
            buf_append_char(body, ',');
        store_append_record(&call->sandbox->store, call->resource, rows[(i + shift) % count], body);
    }
    buf_append_char(body, ']');
    call->reply->status = 200;
}

static void answer_list(struct call *call)
{
    const struct resource *resource = &resources[call->resource];
    int64_t limit = LIMIT_DEFAULT, skip = 0;
    struct filter filter;
    struct order order;
    struct str culprit = STR_NULL;
    struct list_query query = {.scope_name = str_from(resource->scope), .filter = &filter, .order = &order};
    query.filter_text = parameter(call, STR("filter"));
    query.order_text = parameter(call, STR("order"));
    if (!scope_parameter(call, query.scope_name, &query.scope_id) || !number_parameter(call, STR("limit"), 1, &limit) ||
        !number_parameter(call, STR("skip"), 0, &skip) ||
        !filter_answer(call, filter_parse(call->arena, resource, query.filter_text, &filter, &culprit), STR("filter"), culprit) ||
        !filter_answer(call, order_parse(resource, query.order_text, &order, &culprit), STR("order"), culprit))
        return;
    if (limit > LIMIT_MAX)
        limit = LIMIT_MAX;
    if (call->plan->limit > 0 && limit > call->plan->limit)
        limit = call->plan->limit;
    const uint32_t *rows;
    size_t count;
    struct err err = {0};
    if (table_list(table_of(call), &query, &rows, &count, &err) != OK) {
        answer_broken(call);
        return;
    }
    append_page(call, rows, count, (uint64_t)skip > count ? count : (size_t)skip, (size_t)limit, natural_shift(call, &order, count));
}

/* ---- records ---- */

/* Every write is on the disk before it is answered. */
static void keep_state(struct call *call)
{
    struct err err = {0};
    if (sandbox_save(call->sandbox, &err) != OK)
        answer_broken(call);
}

/* The JSON of the payload; NULL when it was refused. No payload at all reads as null, which no check lets pass. */
static struct json *read_body(struct call *call)
{
    struct json *body;
    struct err err = {0};
    struct str bytes = str_trim(call->request->body);
    if (json_parse(call->arena, bytes.n > 0 ? bytes : STR("null"), &body, &err) == OK)
        return body;
    reply_error(call->reply, 400, STR("Invalid request payload JSON format"));
    return NULL;
}

static void answer_create(struct call *call)
{
    struct json *body = read_body(call);
    struct problem problem;
    struct err err = {0};
    size_t row;
    if (body == NULL)
        return;
    int64_t now_utc = call->sandbox->clock->now_utc(call->sandbox->clock->context);
    if (store_create(&call->sandbox->store, call->resource, body, now_utc, call->arena, &problem, &row, &err) != OK) {
        answer_broken(call);
    } else if (problem.found) {
        reply_invalid(call->reply, SOURCE_PAYLOAD_POST, &problem);
    } else {
        buf_reset(call->reply->body);
        buf_append(call->reply->body, record_text(&table_of(call)->records[row]));
        call->reply->status = 201;
        keep_state(call);
    }
}

static void answer_update(struct call *call)
{
    const struct resource *resource = &resources[call->resource];
    struct json *body = read_body(call);
    struct problem problem;
    struct err err = {0};
    size_t row;
    if (body == NULL)
        return;
    bool known = table_find(table_of(call), call->id, &row);
    if (known && resource->elements != NULL && json_is(body, JSON_OBJECT) &&
        !store_knows_all(&call->sandbox->store, RESOURCE_DISCOUNTS, json_get(body, str_from(resource->elements)))) {
        reply_error(call->reply, 404, STR("ELEMENTS_NOT_FOUND"));
        return;
    }
    int64_t now_utc = call->sandbox->clock->now_utc(call->sandbox->clock->context);
    if (!known)
        reply_unknown_id(call->reply, resource->id_param);
    else if (store_update(&call->sandbox->store, call->resource, row, body, now_utc, call->arena, &problem, &err) != OK)
        answer_broken(call);
    else if (problem.found)
        reply_invalid(call->reply, SOURCE_PAYLOAD_PUT, &problem);
    else {
        reply_done(call->reply, resource->noun, "updated");
        keep_state(call);
    }
}

static void answer_delete(struct call *call, size_t row)
{
    struct err err = {0};
    int64_t now_utc = call->sandbox->clock->now_utc(call->sandbox->clock->context);
    if (store_delete(&call->sandbox->store, call->resource, row, now_utc, call->arena, &err) != OK) {
        answer_broken(call);
        return;
    }
    reply_done(call->reply, resources[call->resource].noun, "deleted");
    keep_state(call);
}

static void answer_item(struct call *call, unsigned method)
{
    const struct resource *resource = &resources[call->resource];
    size_t row;
    if (!is_hex_id(call->id)) {
        struct problem problem = {.found = true, .field = str_from(resource->id_param), .position = -1};
        problem.sentence = arena_format(call->arena, "with value \"%.*s\" fails to match the required pattern: /^[0-9A-Fa-f]{24}$/", STR_ARG(call->id));
        reply_invalid(call->reply, SOURCE_PARAMS, &problem);
    } else if (method == METHOD_PUT) {
        answer_update(call);
    } else if (!table_find(table_of(call), call->id, &row)) {
        reply_unknown_id(call->reply, resource->id_param);
    } else if (method == METHOD_DELETE) {
        answer_delete(call, row);
    } else {
        buf_reset(call->reply->body);
        store_append_record(&call->sandbox->store, call->resource, row, call->reply->body);
        call->reply->status = 200;
    }
}

/* ---- routes ---- */

/* The resource of a path, and the id behind it. */
static bool find_resource(struct str path, enum resource_id *ret, struct str *ret_id)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        struct str prefix = str_from(resources[i].path);
        if (!str_starts_with(path, prefix))
            continue;
        struct str rest = {path.p + prefix.n, path.n - prefix.n};
        if (rest.n > 0 && (rest.p[0] != '/' || rest.n == 1 || memchr(rest.p + 1, '/', rest.n - 1) != NULL))
            continue;
        *ret = (enum resource_id)i;
        *ret_id = rest.n > 0 ? (struct str){rest.p + 1, rest.n - 1} : STR_NULL;
        return true;
    }
    return false;
}

static unsigned method_of(struct str method, bool item)
{
    if (str_equal(method, STR("GET")))
        return item ? METHOD_GET : METHOD_LIST;
    if (str_equal(method, STR("POST")))
        return item ? 0 : METHOD_POST;
    if (str_equal(method, STR("PUT")))
        return item ? METHOD_PUT : 0;
    return item && str_equal(method, STR("DELETE")) ? METHOD_DELETE : 0;
}

static bool authorised(struct call *call)
{
    struct str key = call->request->key;
    if (key.n > 0 && str_equal(key, call->sandbox->store.key))
        return true;
    reply_error(call->reply, 401, key.n == 0 ? STR("Missing API key") : STR("Invalid API key"));
    return false;
}

static void answer_account(struct call *call)
{
    buf_reset(call->reply->body);
    buf_append(call->reply->body, call->sandbox->store.account);
    call->reply->status = 200;
}

void api_answer(struct sandbox *sandbox, const struct sandbox_request *request, const struct fault_plan *plan, struct arena *arena, struct reply *reply)
{
    struct call call = {.sandbox = sandbox, .request = request, .plan = plan, .arena = arena, .reply = reply};
    bool account = str_equal(request->path, STR("/v1/account/account")) && str_equal(request->method, STR("GET"));
    bool known = !account && find_resource(request->path, &call.resource, &call.id);
    unsigned method = known ? resources[call.resource].methods & method_of(request->method, call.id.p != NULL) : 0;
    if (!account && method == 0) {
        reply_error(reply, 404, STR("Not Found"));
        return;
    }
    if (!authorised(&call))
        return;
    if (account)
        answer_account(&call);
    else if (method == METHOD_LIST)
        answer_list(&call);
    else if (method == METHOD_POST)
        answer_create(&call);
    else
        answer_item(&call, method);
}
