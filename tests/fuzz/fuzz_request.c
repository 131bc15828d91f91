/* fuzz_request.c: what the handlers of the API read: path, query, cookies and tokens, If-Match, Idempotency-Key, the members of a JSON body, a feed of sales, a file of them. The input is a
 * request with bare LF for line ends, `METHOD TARGET`, header lines, an empty line, the body; it is written down as HTTP and goes through the server of net, the routes and the handlers to a
 * database. Unless the input has a Cookie or an Authorization of its own, an administrator asks. Left out: what hashes a password, which takes as long as ten thousand other inputs,
 * and what begins a job or asks a till. */
#include "fuzz_connection.h"
#include "fuzz_shop.h"
#include "server/server_int.h"

enum { INPUT_MAX = 8 << 10 };
#define SESSION "5555555555555555555555555555555555555555555555555555555555555555"
#define CSRF "6666666666666666666666666666666666666666666666666666666666666666"
#define NOW (INT64_C(1768471200) * CIVIL_SECOND)

static route_handler *const left_out[] = {
    api_session_open, api_session_password, api_setup_create, api_user_create, api_user_update, api_link_run, api_link_test, api_link_test_new, api_grid_validate, api_documents_validate,
    api_proof_start, api_journal_verify, api_job_list, api_job_show, api_job_cancel, api_job_events, api_job_changes, api_metrics,
};

static struct seal_key seal_key;
static struct server_options options = {.seal_key = &seal_key};
static struct server server = {.options = &options, .lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- laws of a reply ---- */

static void law_of_header(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        LAW((unsigned char)text.p[i] >= ' ' && text.p[i] != 0x7F);
}

static void law_of_status(const struct reply *reply)
{
    static const int good[] = {0, 200, 201, 202, 204, 400, 401, 403, 404, 409, 412, 413, 415, 422, 428};
    bool known = false;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        known = known || reply->status == good[i];
    if (!known)
        fprintf(stderr, "status %d: %.*s\n", reply->status, (int)reply->body.n, reply->body.p);
    LAW(known);
}

static void law_of_problem(const struct reply *reply, const struct json *problem)
{
    const struct json *status = json_get(problem, STR("status")), *title = json_get(problem, STR("title")), *detail = json_get(problem, STR("detail"));
    int64_t told = 0;

    LAW(json_is(status, JSON_NUMBER) && str_parse_u63(status->text, &told) && told == reply->status);
    LAW(json_is(title, JSON_STRING) && title->text.n > 0);
    LAW(detail == NULL || detail->type == JSON_NULL || (detail->type == JSON_STRING && text_is_utf8(detail->text)));
}

static void law_of_reply(const struct request *request, const struct reply *reply)
{
    struct json *json = NULL;
    struct err err = {0};

    law_of_status(reply);
    law_of_header(reply->etag);
    law_of_header(reply->location);
    for (size_t i = 0; i < reply->extra_count; i++)
        law_of_header(reply->extra[i].value);
    LAW(reply->extra_count <= sizeof reply->extra / sizeof *reply->extra && reply->stream == NULL);
    bool is_json = reply->content_type == NULL || strcmp(reply->content_type, "application/problem+json") == 0;
    if (is_json && reply->file < 0 && reply->status != 204)
        law_of_success(json_parse(request->arena, buf_str(&reply->body), &json, &err), &err);
    if (reply->status >= 400)
        law_of_problem(reply, json);
}

/* ---- the handler of net's server ---- */

static bool is_left_out(const struct route *route)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (route->handler == left_out[i])
            return true;
    return false;
}

static void handle(void *context, const struct http_server_request *http, struct http_server_response *response)
{
    struct fuzz_shop *shop = context;
    struct request request = {.server = &server, .http = http, .arena = http->arena, .db = shop->db, .company = &shop->company, .id = STR("0123456789abcdef"), .now_utc = NOW};
    struct reply reply = {.file = -1};
    bool known;

    text_use(TEXT_ENGLISH);
    response->status = 200;
    request.route = route_find(request.arena, http->method, http->raw_path, request.args, &known);
    if (request.route == NULL || is_left_out(request.route))
        return;
    dispatch(&request, &reply);
    law_of_reply(&request, &reply);
    if (reply.file >= 0)
        close(reply.file);
    buf_release(&reply.body);
}

static int add_people(struct db *db, void *context, struct err *err)
{
    unsigned char hash[SHA256_SIZE];
    int64_t company_id = *(const int64_t *)context;
    int rc = db_exec(db, "INSERT INTO app_user (company_id, name, role, password_hash, created_utc) VALUES ($1, 'anne', 'admin', 'none', $2)", err, DB_INT(company_id), DB_INT(NOW));

    sha256(STR(SESSION), hash);
    return rc == OK ? db_exec(db, "INSERT INTO app_session (company_id, token_hash, user_name, csrf, created_utc, seen_utc) VALUES ($1, $2, 'anne', $3, $4, $4)", err, DB_INT(company_id),
                              DB_BLOB(((struct str){(const char *)hash, sizeof hash})), DB_STR(STR(CSRF)), DB_INT(NOW))
                    : rc;
}

static struct http_server *server_of_test(void)
{
    static struct http_server *http;
    struct fuzz_shop *shop = fuzz_shop();
    struct err err = {0};

    if (http != NULL)
        return http;
    options.db_url = str_from(shop->url);
    db_set_seal_key(shop->db, &seal_key);
    server.throttle = throttle_new();
    server.metrics = metrics_new();
    LAW(server.throttle != NULL && server.metrics != NULL);
    law_of_success(db_transact(shop->db, add_people, &shop->company.id, &err), &err);
    law_of_success(http_server_start(&http, &(struct http_server_options){.listen = STR("127.0.0.1:0"), .handler = handle, .context = shop}, &err), &err);
    return http;
}

/* ---- the request written down ---- */

static bool names(struct str line, struct str name)
{
    struct str head, rest;

    return str_cut(line, ':', &head, &rest) && str_equal_ignore_case(str_trim(head), name);
}

static void write_request(struct buf *out, struct str input)
{
    bool own_identity = false, own_type = false;
    struct str line = input_line(&input);

    buf_append(out, line);
    buf_append_z(out, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    while (input.n > 0 && (line = input_line(&input)).n > 0) {
        own_identity = own_identity || names(line, STR("Cookie")) || names(line, STR("Authorization"));
        own_type = own_type || names(line, STR("Content-Type"));
        buf_append(out, line);
        buf_append_z(out, "\r\n");
    }
    buf_append_z(out, own_identity ? "" : "Cookie: liaison_session=" SESSION "\r\nX-CSRF-Token: " CSRF "\r\n");
    buf_append_z(out, own_type ? "" : "Content-Type: application/json\r\n");
    buf_printf(out, "Content-Length: %zu\r\n\r\n", input.n);
    buf_append(out, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BUF_AUTO said = {0};
    BUF_AUTO answer = {0};

    if (size == 0 || size > INPUT_MAX)
        return 0;
    struct http_server *http = server_of_test();
    write_request(&said, input_of(data, size));
    LAW(!buf_failed(&said));
    connection_ask(http, buf_str(&said), &answer);
    LAW(answer.n == 0 || str_starts_with(buf_str(&answer), STR("HTTP/1.1 ")));
    return 0;
}
