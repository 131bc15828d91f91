/* till.c: see till.h. */
#include "till.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

static int64_t now(void *context)
{
    return *(const int64_t *)context;
}

static int no_sleep(void *context, int64_t ms)
{
    (void)context, (void)ms;
    return OK;
}

void till_open_options(struct till *till, const struct sandbox_options *options)
{
    struct err err = {0};
    *till = (struct till){.now_utc = GOLDEN_MOMENT, .key = STR(KEY)};
    till->clock = (struct clock){.now_utc = now, .sleep_ms = no_sleep, .context = &till->now_utc};
    assert_int_equal(hash_init(&err), OK);
    int rc = sandbox_open(&till->sandbox, options, &till->clock, &err);
    if (rc != OK) {
        BUF_AUTO text = {0};
        err_format(&err, &text);
        fail_msg("%s", text.p);
    }
}

const char *till_write_file(struct till *till, const char *content)
{
    const char *folder = getenv("TMPDIR");
    struct str path = arena_format(&till->arena, "%s/till-XXXXXX", folder != NULL ? folder : P_tmpdir);
    int fd = mkstemp((char *)(uintptr_t)path.p);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    return path.p;
}

void till_open(struct till *till, enum sandbox_dialect dialect, const char *fixture)
{
    struct sandbox_options options = sandbox_default_options;
    struct till scratch = {0};
    const char *json = till_format(&scratch, "{\"account\":{\"_id\":\"" NODE "\",\"api_key\":\"" KEY "\",\"nodes\":[{\"_id\":\"" NODE "\"}],"
                                   "\"companies\":[{\"_id\":\"" COMPANY "\"}],\"shops\":[{\"_id\":\"" SHOP "\"}]}%s%s}", fixture[0] ? "," : "", fixture);
    const char *path = till_write_file(&scratch, json);
    options.dialect = dialect;
    options.shop = SANDBOX_SHOP_EMPTY;
    options.fixture_path = path;
    till_open_options(till, &options);
    unlink(path);
    arena_release(&scratch.arena);
}

void till_close(struct till *till)
{
    sandbox_free(till->sandbox);
    arena_release(&till->arena);
}

const char *till_format(struct till *till, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    assert_true(vasprintf(&text, format, arguments) >= 0);
    va_end(arguments);
    struct str copy = arena_copy(&till->arena, str_from(text));
    free(text);
    return copy.p;
}

const char *till_call(struct till *till, const char *method, const char *path, const char *query, const char *body)
{
    struct sandbox_request request = {str_from(method), str_from(path), str_from(query), str_from(body), till->key, till->accept_encoding};
    sandbox_answer(till->sandbox, &request, &till->arena, &till->response);
    return arena_copy(&till->arena, till->response.body).p;
}

const char *till_expect(struct till *till, int status, const char *method, const char *path, const char *query, const char *body)
{
    const char *answer = till_call(till, method, path, query, body);
    if (till->response.status != status)
        fail_msg("%s %s: %d instead of %d: %s", method, path, till->response.status, status, answer);
    return answer;
}

const char *till_header(struct till *till, const char *name)
{
    for (size_t i = 0; i < till->response.header_count; i++)
        if (str_equal_ignore_case(till->response.headers[i].name, str_from(name)))
            return arena_copy(&till->arena, till->response.headers[i].value).p;
    return NULL;
}

struct json *till_json(struct till *till, const char *body)
{
    struct json *json;
    struct err err = {0};
    if (json_parse(&till->arena, str_from(body), &json, &err) != OK)
        fail_msg("not JSON: %s", body);
    return json;
}

static const char *shown(struct till *till, const struct json *value)
{
    if (value == NULL)
        return "-";
    if (value->type == JSON_NULL)
        return "null";
    if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        return value->type == JSON_TRUE ? "true" : "false";
    return arena_copy(&till->arena, value->type == JSON_ARRAY || value->type == JSON_OBJECT ? value->raw : value->text).p;
}

const char *till_member(struct till *till, const char *body, const char *name)
{
    return shown(till, json_get(till_json(till, body), str_from(name)));
}

const char *till_column(struct till *till, const char *body, const char *name)
{
    BUF_AUTO text = {0};
    struct json *array = till_json(till, body);
    assert_int_equal(array->type, JSON_ARRAY);
    for (const struct json *record = array->first; record != NULL; record = record->next)
        buf_printf(&text, "%s%s", text.n > 0 ? " " : "", shown(till, json_get(record, str_from(name))));
    return arena_copy(&till->arena, text.n > 0 ? buf_str(&text) : STR("")).p;
}

const char *till_list(struct till *till, const char *path, const char *scope, const char *filter, const char *order)
{
    BUF_AUTO query = {0};
    buf_printf(&query, "%s&limit=10000", scope);
    if (filter != NULL) {
        buf_append_z(&query, "&filter=");
        http_append_encoded(&query, str_from(filter));
    }
    if (order != NULL) {
        buf_append_z(&query, "&order=");
        http_append_encoded(&query, str_from(order));
    }
    return till_call(till, "GET", path, query.p, NULL);
}
