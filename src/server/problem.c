/* problem.c: what a request that fails is answered: a problem document (RFC 9457), in the language of the request, with a stable code for programs. */
#include "server/server_int.h"

/* What each status is called (RFC 9110, 15); the rest goes by its number. */
static const struct { int status; const char *code, *title; } kinds[] = {
    {400, "bad_request", N_("The request is not acceptable")},   {401, "not_logged_in", N_("Log in first")},
    {403, "forbidden", N_("This is not allowed")},     {404, "not_found", N_("There is no such thing")},
    {405, "method_not_allowed", N_("That cannot be done here")}, {409, "busy", N_("Something else is going on")},
    {412, "stale", N_("It was changed meanwhile")},              {413, "too_large", N_("It is too large")},
    {415, "not_json", N_("The body is of another kind")},        {421, "wrong_host", N_("This server has another name")},
    {422, "not_acceptable", N_("The data is not acceptable")},   {428, "if_match_missing", N_("Say which state you saw")},
    {429, "too_many_attempts", N_("Too many attempts")},         {500, "internal", N_("A fault of ours")},
    {502, "till", N_("The till did not answer as it should")},   {503, "unavailable", N_("Not available now")},
};

int problem_status(int code)
{
    switch (code) {
    case ERR_USAGE: return 400;
    case ERR_NOT_FOUND: return 404;
    case ERR_BUSY:
    case ERR_CANCELLED: return 409;
    case ERR_DATA: return 422;
    case ERR_TILL: return 502;
    default: return 500;
    }
}

void problem_put_members(struct json_out *json, int status, const char *code, const struct err *why)
{
    const char *title = "", *known = "problem";
    BUF_AUTO detail = {0};
    BUF_AUTO type = {0};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].status == status) {
            known = kinds[i].code;
            title = text_translate(kinds[i].title);
        }
    buf_printf(&type, "urn:liaison:problem:%s", code ? code : known);
    json_member_str(json, "type", buf_str(&type));
    json_member_str(json, "title", str_from(title));
    json_member_int(json, "status", status);
    if (why)
        err_format(why, &detail);
    json_member_str(json, "detail", why ? buf_str(&detail) : str_from(title));
    json_member_str(json, "code", str_from(code ? code : known));
}

void problem_begin(struct request *request, struct reply *reply, struct json_out *json, int status, const char *code, const struct err *why)
{
    buf_reset(&reply->body);
    reply->status = status;
    reply->content_type = "application/problem+json";
    reply->etag = STR_NULL;
    *json = (struct json_out){.buf = &reply->body};
    json_begin_object(json);
    problem_put_members(json, status, code, why);
    json_member_str(json, "request", request->id);
}

int reply_problem_at(struct request *request, struct reply *reply, int status, const char *pointer, const struct err *why)
{
    struct json_out json;
    BUF_AUTO detail = {0};

    if (db_is_locked(why)) { /* no member is at fault */
        (void)reply_problem(request, reply, 503, "busy", why);
        return REPLIED;
    }
    problem_begin(request, reply, &json, status, NULL, why);
    err_format(why, &detail);
    json_key(&json, "errors");
    json_begin_array(&json);
    json_begin_object(&json);
    json_member_str(&json, "pointer", str_from(pointer));
    json_member_str(&json, "detail", buf_str(&detail));
    json_end_object(&json);
    json_end_array(&json);
    json_end_object(&json);
    return REPLIED;
}

int reply_problem(struct request *request, struct reply *reply, int status, const char *code, const struct err *why)
{
    struct json_out json;

    problem_begin(request, reply, &json, status, code, why);
    json_end_object(&json);
    return OK;
}
