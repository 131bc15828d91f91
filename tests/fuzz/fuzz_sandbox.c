/* fuzz_sandbox.c: the training till without a socket. The first line is a method and a target ("GET /v1/catalog/articles?node_id=…&filter=…"), the rest
 * a body; the scope is filled in when it is left out. Every answer is JSON of its dialect; a filter and its complement part the records among them; a
 * page is a piece of the whole list; and what a write answered is there. The grammar of --faults is tried as well. */
#include "base/hash.h"
#include "base/json.h"
#include "fuzz.h"
#include "sandbox/api_int.h"
#include "sandbox/filter_int.h"
#include "../unit/net/query.h"

/* A shop is made anew when so many requests may have changed it. */
enum { WRITES_MAX = 50, LIST_MAX = 10000 };

static struct sandbox *till;
static int writes;

static int64_t now_utc(void *context)
{
    (void)context;
    return INT64_C(1792000000) * CIVIL_SECOND;
}

static void open_till(void)
{
    static const struct clock clock = {.now_utc = now_utc};
    struct sandbox_options options = sandbox_default_options;
    struct err err = {0};

    if (till != NULL && writes < WRITES_MAX)
        return;
    options.articles = 24;
    options.sales = 12;
    options.days = 3;
    sandbox_free(till);
    writes = 0;
    LAW(hash_init(&err) == OK && sandbox_open(&till, &options, &clock, &err) == OK);
}

/* ---- one request ---- */

struct asked {
    struct str method, path, query, body;
};

static struct http_server_response ask(const struct asked *asked, struct arena *arena, struct json **ret)
{
    struct sandbox_request request = {.method = asked->method, .path = asked->path, .query = asked->query, .body = asked->body, .key = sandbox_key(till)};
    struct http_server_response response = {0};
    struct err err = {0};

    sandbox_answer(till, &request, arena, &response);
    LAW(response.status >= 200 && response.status < 500 && response.header_count <= 16);
    LAW(json_parse(arena, response.body, ret, &err) == OK);
    if (response.status >= 400) {
        LAW(json_is(json_get(*ret, STR("statusCode")), JSON_NUMBER) && json_text(json_get(*ret, STR("error"))).n > 0);
        LAW(json_get(*ret, STR("message")) != NULL);
    }
    return response;
}

static struct asked read_request(struct str input)
{
    struct asked asked = {0};
    struct str line = input_line(&input), target;

    str_cut(line, ' ', &asked.method, &target);
    str_cut(target, '?', &asked.path, &asked.query);
    asked.body = input;
    return asked;
}

static const struct resource *resource_of(const struct asked *asked)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (str_equal(asked->path, str_from(resources[i].path)))
            return &resources[i];
    return NULL;
}

/* ---- lists ---- */

/* The number of records that a filter leaves; -1 when it is refused. */
static int64_t count_of(const struct asked *asked, struct str scope, struct str filter)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO query = {0};
    struct json *list = NULL;

    buf_append(&query, scope);
    buf_printf(&query, "&limit=%d&filter=", LIST_MAX);
    http_append_encoded(&query, filter);
    struct asked whole = {.method = STR("GET"), .path = asked->path, .query = buf_str(&query)};
    struct http_server_response response = ask(&whole, &arena, &list);
    return response.status == 200 ? (int64_t)list->count : -1;
}

/* One condition and its opposite: together they leave every record, each once. */
static void law_of_complement(const struct asked *asked, struct str scope, struct str filter, struct arena *arena)
{
    struct str key, value, name, operator;

    if (filter.n == 0 || memchr(filter.p, '&', filter.n) != NULL || !str_cut(filter, '=', &key, &value))
        return;
    bool has_operator = str_cut(key, '[', &name, &operator);
    const char *opposite = !has_operator ? "[ne]" : str_equal(operator, STR("ne]")) ? "" : str_equal(operator, STR("in]")) ? "[nin]" : "[in]";
    if (has_operator && !str_equal(operator, STR("ne]")) && !str_equal(operator, STR("in]")) && !str_equal(operator, STR("nin]")))
        return;
    struct str other = arena_format(arena, "%.*s%s=%.*s", STR_ARG(name), opposite, STR_ARG(value));
    int64_t with = count_of(asked, scope, filter), without = count_of(asked, scope, other);
    LAW((with < 0) == (without < 0));
    LAW(with < 0 || with + without == count_of(asked, scope, STR("")));
}

/* Less, equal and greater leave out only what has no value of the field's type; and the bounds that include the value are those with it. */
static void law_of_order(const struct asked *asked, struct str scope, struct str filter, struct arena *arena)
{
    static const char *const operators[] = {"", "[lt]", "[gt]", "[lte]", "[gte]"};
    int64_t counts[5];
    struct str name, value;

    if (filter.n == 0 || memchr(filter.p, '&', filter.n) != NULL || memchr(filter.p, '[', filter.n) != NULL || !str_cut(filter, '=', &name, &value))
        return;
    for (size_t i = 0; i < 5; i++) {
        counts[i] = count_of(asked, scope, arena_format(arena, "%.*s%s=%.*s", STR_ARG(name), operators[i], STR_ARG(value)));
        if (counts[i] < 0)
            return;
    }
    const struct field *field = resource_find_field(resource_of(asked), name);
    if (field->type == FIELD_IDS)
        return; /* holds the value, or is compared as a whole: two questions */
    LAW(counts[3] == counts[1] + counts[0] && counts[4] == counts[2] + counts[0]);
}

/* The page of the question, and the two halves of it asked one by one. */
static void law_of_pages(const struct asked *asked, const struct json *list, struct arena *arena)
{
    struct str scope_and_more = asked->query;
    const struct json *one = list->first;

    if (memmem(scope_and_more.p, scope_and_more.n, "skip", 4) != NULL || memmem(scope_and_more.p, scope_and_more.n, "limit", 5) != NULL ||
        memchr(scope_and_more.p, '%', scope_and_more.n) != NULL)
        return;
    for (int skip = 0; skip < 4 && one != NULL; skip++, one = one->next) {
        struct asked part = *asked;
        struct json *page = NULL;
        part.query = arena_format(arena, "%.*s&limit=1&skip=%d", STR_ARG(asked->query), skip);
        LAW(ask(&part, arena, &page).status == 200 && page->count == 1);
        LAW(str_equal(page->first->raw, one->raw));
    }
}

static void law_of_list(const struct asked *asked, const struct resource *resource, const struct json *list, struct arena *arena)
{
    struct http_server_request request = {.query = asked->query, .arena = arena};
    BUF_AUTO scope = {0};
    struct str filter = query_parameter(&request, STR("filter"));

    LAW(json_is(list, JSON_ARRAY));
    for (const struct json *one = list->first; one != NULL; one = one->next)
        LAW(json_text(json_get(one, STR("_id"))).n == ID_SIZE);
    buf_printf(&scope, "%s=", resource->scope);
    http_append_encoded(&scope, query_parameter(&request, str_from(resource->scope)));
    law_of_complement(asked, buf_str(&scope), filter, arena);
    law_of_order(asked, buf_str(&scope), filter, arena);
    law_of_pages(asked, list, arena);
}

/* A list's own scope, so that the fuzzer need not find 24 digits. */
static struct str with_scope(const struct asked *asked, const struct resource *resource, struct arena *arena)
{
    if (asked->query.n > 0 && memmem(asked->query.p, asked->query.n, resource->scope, strlen(resource->scope)) != NULL)
        return asked->query;
    struct str id = store_scope_id(&till->store, str_from(resource->scope));
    return arena_format(arena, "%s=%.*s&%.*s", resource->scope, STR_ARG(id), STR_ARG(asked->query));
}

/* ---- writes, faults ---- */

static void law_of_created(const struct asked *asked, const struct json *created, struct arena *arena)
{
    struct str id = json_text(json_get(created, STR("_id")));
    struct asked again = {.method = STR("GET"), .path = arena_format(arena, "%.*s/%.*s", STR_ARG(asked->path), STR_ARG(id))};
    struct json *found = NULL;

    LAW(id.n == ID_SIZE);
    struct http_server_response response = ask(&again, arena, &found);
    LAW(response.status == 404 || str_equal(json_text(json_get(found, STR("_id"))), id));
}

static void law_of_faults(struct str line)
{
    struct faults faults = {.count = 77};
    struct err err = {0};
    int rc = faults_parse(&faults, line, &err);

    if (rc != OK) {
        LAW(faults.count == 77);
        law_of_refusal(rc, &err);
        return;
    }
    LAW(faults.count <= FAULTS_MAX);
    for (int i = 0; i < 8; i++) {
        struct fault_plan plan = faults_next(&faults, i % 2 ? STR("GET") : STR("POST"), STR("/v1/catalog/articles"));
        LAW(plan.status == 0 || (plan.status >= 400 && plan.status <= 599));
        LAW(plan.delay_ms >= 0 && plan.limit >= 0 && plan.retry_after_s >= -1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO arena = {0};
    struct str rest = input_of(data, size);
    struct asked asked = read_request(rest);
    struct json *json = NULL;

    open_till();
    law_of_faults(input_line(&rest));
    const struct resource *resource = resource_of(&asked);
    bool is_list = resource != NULL && str_equal(asked.method, STR("GET"));
    if (is_list)
        asked.query = with_scope(&asked, resource, &arena);
    struct http_server_response response = ask(&asked, &arena, &json);
    writes += !str_equal(asked.method, STR("GET"));
    if (is_list && response.status == 200)
        law_of_list(&asked, resource, json, &arena);
    if (response.status == 201)
        law_of_created(&asked, json, &arena);
    return 0;
}
