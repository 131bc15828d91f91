/* server_exchange.c: one request from its first line until its answer is sent, as libmicrohttpd tells it: its head is checked, its body collected, the handler run (here, or
 * by a worker), and what it left is sent. Used by net's server. */
#include "base/mem.h"
#include "net/server_int.h"

/* How many times the maximum of a body is read and thrown away so that the 413 is seen, before hanging up. */
enum { DISCARD_FACTOR = 8 };

/* ---- answering ---- */

static void answer_too_large(struct http_server_response *response)
{
    problem(response, MHD_HTTP_CONTENT_TOO_LARGE,
            STR("{\"status\":413,\"title\":\"Content Too Large\",\"detail\":\"the body is larger than this server takes\"}"));
}

static struct http_server_request request_of(struct exchange *exchange, int worker)
{
    return (struct http_server_request){
        .method = exchange->method,
        .path = exchange->path,
        .raw_path = exchange->raw_path,
        .query = exchange->query,
        .body = buf_str(&exchange->body),
        .arena = &exchange->arena,
        .worker = worker,
        .address = str_from(exchange->address),
        .tls = exchange->server->tls,
        .impl = exchange->connection,
    };
}

static void run_handler(struct exchange *exchange, int worker, struct http_server_response *response)
{
    struct http_server_request request = request_of(exchange, worker);
    exchange->server->handler(exchange->server->context, &request, response);
}

/* The response, or the one that says that it could not be made. */
static void answer_make(struct exchange *exchange, struct http_server_response *response)
{
    response_make(exchange, response);
    if (exchange->response == NULL) {
        problem(response, MHD_HTTP_INTERNAL_SERVER_ERROR,
                STR("{\"status\":500,\"title\":\"Internal Server Error\",\"detail\":\"the answer could not be made\"}"));
        response_make(exchange, response);
    }
    exchange->answered = true;
}

int64_t exchange_work(struct exchange *exchange, int worker)
{
    struct http_server_response response = {.status = MHD_HTTP_INTERNAL_SERVER_ERROR};
    if (exchange->body_seen > exchange->body.max)
        answer_too_large(&response);
    else if (!buf_failed(&exchange->body))
        run_handler(exchange, worker, &response);
    answer_make(exchange, &response);
    return response.delay_ms;
}

static enum MHD_Result answer_send(struct exchange *exchange)
{
    if (exchange->response == NULL)
        return MHD_NO;
    guard_enter(exchange->peer, exchange->stream != NULL ? PEER_STREAMING : PEER_ANSWERED, exchange->answer_bytes);
    return MHD_queue_response(exchange->connection, exchange->status, exchange->response);
}

/* The server's own answer. */
static enum MHD_Result answer_with(struct exchange *exchange, struct http_server_response *response)
{
    answer_make(exchange, response);
    return answer_send(exchange);
}

static enum MHD_Result answer_unavailable(struct exchange *exchange)
{
    struct http_server_response response;
    unavailable(&response);
    return answer_with(exchange, &response);
}

/* ---- the request, as libmicrohttpd tells it ---- */

/* "/path?query". The absolute form is for proxies; a client that sends it here would name a host beside the one of Host. */
static void target_split(struct exchange *exchange)
{
    struct str path = exchange->target, query = STR_NULL;
    str_cut(path, '?', &path, &query);
    if (path.n == 0 || path.p[0] != '/' || !is_plain(exchange->target))
        return;
    struct str decoded = http_decode(&exchange->arena, path, false);
    exchange->exhausted = decoded.p == NULL;
    /* A zero byte would make the rest of the path invisible to whoever takes it for a C string. */
    if (decoded.p == NULL || memchr(decoded.p, '\0', decoded.n) != NULL)
        return;
    exchange->path = decoded;
    exchange->raw_path = path;
    exchange->query = query;
}

/* The first thing known of a request: its target as sent. What it returns is handed to the callbacks below. */
void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct peer *peer = guard_peer(connection);
    struct exchange *exchange = peer != NULL ? mem_alloc_zero(1, sizeof(*exchange)) : NULL;
    if (exchange == NULL)
        return NULL;
    exchange->server = context;
    exchange->peer = peer;
    exchange->connection = connection;
    exchange->body.max = exchange->server->body_max;
    exchange->target_place = target;
    exchange->target = arena_copy(&exchange->arena, str_from(target));
    exchange->exhausted = exchange->target.p == NULL;
    if (!exchange->exhausted)
        target_split(exchange);
    return exchange;
}

/* Paths and queries are decoded by us, once; libmicrohttpd leaves them as they are. */
size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* Whether the refusal of a body goes out before it comes: its sender waits for that (RFC 9110, 10.1.1), or it is more than is read and thrown away. */
static bool refuses_at_once(const struct exchange *exchange)
{
    uint64_t announced = request_announced(exchange), max = exchange->body.max;
    bool waits = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT) != NULL;
    return announced > max && (waits || announced / DISCARD_FACTOR > max);
}

/* What this request may have; the maximum of a buffer is never 0, which would stand for another. */
static void body_limit(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    struct http_server_request request = request_of(exchange, 0);
    size_t limit = server->body_limit != NULL ? server->body_limit(server->context, &request) : 0;
    if (limit > 0 && limit < server->body_max)
        exchange->body.max = limit;
}

/* The headers are complete. An answer that is queued here is the last on its connection: libmicrohttpd reads nothing more. */
static enum MHD_Result request_begin(struct exchange *exchange, const char *method, const char *version)
{
    struct http_server_response response;
    exchange->begun = true;
    exchange->method = str_equal(str_from(method), STR("HEAD")) ? STR("GET") : str_from(method);
    if (exchange->exhausted)
        return answer_unavailable(exchange);
    if (exchange->path.p == NULL || !request_is_strict(exchange, method, version)) {
        problem(&response, MHD_HTTP_BAD_REQUEST, STR("{\"status\":400,\"title\":\"Bad Request\",\"detail\":\"the head of the request cannot be read\"}"));
        return answer_with(exchange, &response);
    }
    client_find(exchange);
    body_limit(exchange);
    if (refuses_at_once(exchange)) {
        answer_too_large(&response);
        return answer_with(exchange, &response);
    }
    guard_enter(exchange->peer, PEER_UPLOADING, 0);
    return MHD_YES;
}

static enum MHD_Result request_body(struct exchange *exchange, struct str bytes)
{
    uint64_t max = exchange->body.max;
    exchange->body_seen += bytes.n;
    if (exchange->body_seen <= max && !exchange->overloaded) {
        exchange->overloaded = !guard_keep_body(exchange->peer, bytes.n);
        if (exchange->overloaded)
            buf_release(&exchange->body);
        else
            buf_append(&exchange->body, bytes);
    }
    guard_progress(exchange->peer, exchange->body_seen);
    return exchange->body_seen / DISCARD_FACTOR <= max ? MHD_YES : MHD_NO;
}

/* The whole request is here. */
static enum MHD_Result request_complete(struct exchange *exchange)
{
    guard_enter(exchange->peer, PEER_WORKING, 0);
    if (exchange->overloaded)
        return answer_unavailable(exchange);
    if (exchange->server->worker_count > 0)
        return workers_queue(exchange) ? MHD_YES : answer_unavailable(exchange);
    int64_t delay_ms = exchange_work(exchange, 0);
    if (delay_ms > 0 && timer_delay(exchange, delay_ms))
        return MHD_YES;
    return answer_send(exchange);
}

enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *upload,
                           size_t *upload_n, void **state)
{
    struct exchange *exchange = *state;
    (void)context, (void)connection, (void)url;
    if (exchange == NULL)
        return MHD_NO;
    if (!exchange->begun)
        return request_begin(exchange, method, version);
    if (*upload_n > 0) {
        struct str bytes = {upload, *upload_n};
        *upload_n = 0;
        return request_body(exchange, bytes);
    }
    if (exchange->answered) /* by a worker, or held back */
        return answer_send(exchange);
    if (exchange->waits) /* let go by workers_stop */
        return answer_unavailable(exchange);
    return request_complete(exchange);
}

void on_completed(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    struct exchange *exchange = *state;
    if (exchange == NULL)
        return;
    *state = NULL;
    guard_enter(exchange->peer, PEER_WAITING, 0);
    if (exchange->stream != NULL)
        stream_detach(exchange->stream);
    if (exchange->response != NULL)
        MHD_destroy_response(exchange->response);
    buf_release(&exchange->body);
    arena_release(&exchange->arena);
    mem_free(exchange);
}

/* ---- for the handler ---- */

struct str http_server_header(const struct http_server_request *request, const char *name)
{
    return str_from(MHD_lookup_connection_value(request->impl, MHD_HEADER_KIND, name));
}

bool http_server_takes_gzip(const struct http_server_request *request)
{
    struct str accepted = http_server_header(request, "Accept-Encoding"), item, name, rest;

    while (accepted.n) {
        (void)str_cut(accepted, ',', &item, &accepted);
        bool weighed = str_cut(item, ';', &name, &rest);
        if (str_equal_ignore_case(str_trim(name), STR("gzip")) && !(weighed && str_equal(str_trim(rest), STR("q=0"))))
            return true;
    }
    return false;
}
