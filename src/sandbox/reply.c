/* reply.c: error bodies and headers in both dialects. Private to sandbox. */
#include "sandbox/reply_int.h"

#include <inttypes.h>

#include "base/json.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {400, "Bad Request"}, {401, "Unauthorized"}, {402, "Payment Required"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
    {408, "Request Time-out"}, {409, "Conflict"}, {413, "Request Entity Too Large"}, {422, "Unprocessable Entity"}, {425, "Too Early"},
    {429, "Too Many Requests"}, {500, "Internal Server Error"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"},
};

static struct str reason_of(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return str_from(reasons[i].reason);
    return STR("Unknown");
}

static void begin_error(struct reply *reply, struct json_out *out, int status, struct str message)
{
    reply->status = status;
    buf_reset(reply->body);
    json_begin_object(out);
    json_member_int(out, "statusCode", status);
    json_member_str(out, "error", reason_of(status));
    json_member_str(out, "message", message);
}

void reply_error(struct reply *reply, int status, struct str message)
{
    struct json_out out = {.buf = reply->body};
    begin_error(reply, &out, status, message);
    json_end_object(&out);
}

/* `"name" is required`, or with its place inside an array, in the words of 2025. */
static struct str old_text(struct arena *arena, const struct problem *problem)
{
    struct str sentence = problem->sentence, field = problem->field, child = problem->child;
    if (problem->position >= 0) {
        struct str inner = child.p != NULL
                               ? arena_format(arena, "child \"%.*s\" fails because [\"%.*s\" %.*s]", STR_ARG(child), STR_ARG(child), STR_ARG(sentence))
                               : arena_format(arena, "\"%" PRId64 "\" %.*s", problem->position, STR_ARG(sentence));
        sentence = arena_format(arena, "at position %" PRId64 " fails because [%.*s]", problem->position, STR_ARG(inner));
    }
    return arena_format(arena, "child \"%.*s\" fails because [\"%.*s\" %.*s]", STR_ARG(field), STR_ARG(field), STR_ARG(sentence));
}

/* "movements.0.units" */
static struct str dotted_key(struct arena *arena, const struct problem *problem)
{
    if (problem->position < 0)
        return problem->field;
    return arena_format(arena, "%.*s.%" PRId64 "%s%.*s", STR_ARG(problem->field), problem->position, problem->child.p ? "." : "", STR_ARG(problem->child));
}

/* `"movements[0].units" is required` */
static struct str new_text(struct arena *arena, const struct problem *problem)
{
    if (problem->position < 0)
        return arena_format(arena, "\"%.*s\" %.*s", STR_ARG(problem->field), STR_ARG(problem->sentence));
    return arena_format(arena, "\"%.*s[%" PRId64 "]%s%.*s\" %.*s", STR_ARG(problem->field), problem->position, problem->child.p ? "." : "",
                        STR_ARG(problem->child), STR_ARG(problem->sentence));
}

void reply_invalid(struct reply *reply, enum reply_source source, const struct problem *problem)
{
    static const char *const names[] = {"params", "query", "payload", "payload"};
    bool old = reply->dialect == SANDBOX_2025;
    struct json_out out = {.buf = reply->body};
    if (!old && source != SOURCE_PAYLOAD_PUT) {
        reply_error(reply, 400, arena_format(reply->arena, "Invalid request %s input", names[source]));
        return;
    }
    begin_error(reply, &out, 400, old ? old_text(reply->arena, problem) : new_text(reply->arena, problem));
    json_key(&out, "validation");
    json_begin_object(&out);
    json_member_str(&out, "source", str_from(names[source]));
    json_key(&out, "keys");
    json_begin_array(&out);
    json_put_str(&out, dotted_key(reply->arena, problem));
    json_end_array(&out);
    json_end_object(&out);
    json_end_object(&out);
}

void reply_unknown_id(struct reply *reply, const char *id_param)
{
    reply_error(reply, 404, arena_format(reply->arena, "\"%s\" specified in \"params\" could not be found", id_param));
}

void reply_done(struct reply *reply, const char *noun, const char *verb)
{
    buf_reset(reply->body);
    reply->status = 200;
    buf_printf(reply->body, "{\"statusCode\":200,\"error\":\"\",\"message\":\"%s successfully %s\"}", noun, verb);
}

/* ---- headers ---- */

static void header(struct http_server_response *response, struct str name, struct str value)
{
    response->headers[response->header_count++] = (struct http_header){name, value};
}

/* "gzip" as a word of its own, not refused by q=0. */
static bool accepts_gzip(struct str accept)
{
    while (accept.n > 0) {
        struct str item, coding, weight;
        str_cut(accept, ',', &item, &accept);
        bool weighted = str_cut(item, ';', &coding, &weight);
        coding = str_trim(coding);
        weight = str_trim(weight);
        if (str_equal_ignore_case(coding, STR("gzip")) || str_equal(coding, STR("*")))
            return !weighted || !(str_equal(weight, STR("q=0")) || str_starts_with(weight, STR("q=0.0")));
    }
    return false;
}

static void spoil(struct reply *reply, const struct fault_plan *plan, struct http_server_response *response, struct str *content_type)
{
    if (plan->html || (plan->status >= 502 && plan->status <= 504)) {
        /* What a proxy in front of a till sends when the till does not answer. */
        buf_reset(reply->body);
        buf_printf(reply->body, "<html><head><title>%d</title></head><body><h1>%d</h1></body></html>\n", reply->status, reply->status);
        *content_type = STR("text/html; charset=utf-8");
    }
    if (plan->not_json) {
        buf_reset(reply->body);
        buf_append(reply->body, STR("[{\"_id\":\"5f0c6a7e\",\"na"));
    }
    if (plan->status != 0 && (plan->retry_after_s >= 0 || plan->empty_retry_after))
        header(response, STR("Retry-After"), plan->empty_retry_after ? STR("") : arena_format(reply->arena, "%" PRId64, plan->retry_after_s));
    response->cut = plan->cut || plan->lost;
    response->delay_ms = plan->delay_ms;
}

void reply_finish(struct reply *reply, struct str accept_encoding, const struct fault_plan *plan, struct http_server_response *response)
{
    struct str content_type = STR("application/json; charset=utf-8");
    *response = (struct http_server_response){0};
    spoil(reply, plan, response, &content_type);
    bool old = reply->dialect == SANDBOX_2025;
    response->gzip = !plan->plain && accepts_gzip(accept_encoding) && (old || reply->body->n >= 1024);
    /* A compressed body is made on the fly, so its length is not known when the headers go out. A body that is to be cut needs a length. */
    response->chunked = (old || response->gzip) && !response->cut;
    header(response, STR("Content-Type"), content_type);
    header(response, STR("cache-control"), STR("no-cache"));
    header(response, STR("Connection"), STR("keep-alive"));
    header(response, STR("vary"), old || response->gzip ? STR("origin,accept-encoding") : STR("origin"));
    if (!old)
        header(response, STR("access-control-expose-headers"), STR("WWW-Authenticate,Server-Authorization"));
    response->status = reply->status;
    response->body = buf_str(reply->body);
    if (buf_failed(reply->body)) {
        response->status = 500;
        response->body = STR("{\"statusCode\":500,\"error\":\"Internal Server Error\",\"message\":\"An internal server error occurred\"}");
    }
}
