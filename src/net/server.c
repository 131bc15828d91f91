/* server.c: the HTTP server: libmicrohttpd polling in one thread of its own, one handler for all requests. It collects the body, runs the
 * handler, and sends what the handler left, with the faults a training till needs. Used by server and sandbox through net/http.h.
 * A delayed answer suspends its connection and a second small thread resumes it, so that one slow answer never holds up the others. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/http.h"

enum {
    CONNECTION_LIMIT = 512,     /* half of the usual 1024 descriptors; who comes later waits in the backlog */
    CONNECTION_TIMEOUT_S = 30,  /* without a byte in either direction */
    LISTEN_BACKLOG = 511,
    BLOCK_SIZE = 64 << 10,      /* of a chunked or cut body */
    GZIP_LEVEL = 1,             /* four times faster than the default for a tenth more bytes */
    GZIP_WINDOW = 15 + 16,      /* largest window, gzip frame instead of zlib's */
    GZIP_MEMORY = 8,
    DISCARD_FACTOR = 8,         /* how many times body_max is read and thrown away so that the 413 is seen, before hanging up */
};

/* One request from its first line until its answer is sent. */
struct exchange {
    struct arena arena;
    struct str path, raw_path, query; /* in the arena; path.p is NULL when the target is refused */
    struct buf body;
    uint64_t body_seen;         /* bytes that came, kept or not */
    bool begun;                 /* the headers were seen */
    struct MHD_Response *response; /* made, waiting for its delay */
    unsigned int status;
    int64_t due_ns;             /* monotonic; when a delayed answer goes out */
    struct MHD_Connection *connection;
    struct exchange *next;      /* in http_server.delayed */
};

struct http_server {
    struct MHD_Daemon *daemon;
    http_handler *handler;
    void *context;
    size_t body_max;
    int port;
    pthread_t timer;
    pthread_mutex_t lock;       /* guards the two fields below */
    pthread_cond_t changed;
    struct exchange *delayed;   /* suspended connections, in no order: there are few */
    bool stopping;
};

/* ---- delayed answers ---- */

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Resumes what is due (all of it when stopping) and returns when the next one is; INT64_MAX when none is left. */
static int64_t resume_due(struct http_server *server)
{
    int64_t now_ns = monotonic_ns(), next_ns = INT64_MAX;
    for (struct exchange **link = &server->delayed; *link != NULL;) {
        struct exchange *exchange = *link;
        if (server->stopping || exchange->due_ns <= now_ns) {
            *link = exchange->next;
            MHD_resume_connection(exchange->connection); /* the exchange may be gone after this */
        } else {
            if (exchange->due_ns < next_ns)
                next_ns = exchange->due_ns;
            link = &exchange->next;
        }
    }
    return next_ns;
}

static void *timer_main(void *argument)
{
    struct http_server *server = argument;
    pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        int64_t next_ns = resume_due(server);
        if (next_ns == INT64_MAX) {
            pthread_cond_wait(&server->changed, &server->lock);
        } else {
            struct timespec until = {.tv_sec = next_ns / 1000000000, .tv_nsec = next_ns % 1000000000};
            pthread_cond_timedwait(&server->changed, &server->lock, &until);
        }
    }
    resume_due(server);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* Suspends until due. False when the server is stopping: then the answer goes out at once. */
static bool delay(struct http_server *server, struct exchange *exchange, int64_t delay_ms)
{
    pthread_mutex_lock(&server->lock);
    bool suspended = !server->stopping;
    if (suspended) {
        MHD_suspend_connection(exchange->connection);
        exchange->due_ns = monotonic_ns() + (delay_ms < INT32_MAX ? delay_ms : INT32_MAX) * 1000000;
        exchange->next = server->delayed;
        server->delayed = exchange;
        pthread_cond_signal(&server->changed);
    }
    pthread_mutex_unlock(&server->lock);
    return suspended;
}

/* ---- the answer ---- */

/* A body that is not handed over whole: chunked, or cut in the middle. */
struct payload {
    char *bytes;
    size_t n;
    size_t stop;                /* where the connection is cut; n when it is not */
};

static ssize_t payload_read(void *context, uint64_t position, char *out, size_t max)
{
    const struct payload *payload = context;
    if (position >= payload->stop)
        return payload->stop < payload->n ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    size_t n = payload->stop - (size_t)position;
    if (n > max)
        n = max;
    memcpy(out, payload->bytes + position, n);
    return (ssize_t)n;
}

static void payload_free(void *context)
{
    struct payload *payload = context;
    mem_free(payload->bytes);
    mem_free(payload);
}

/* The one copy of the body, compressed or not. NULL when memory is exhausted. */
static char *body_copy(struct str body)
{
    char *bytes = mem_alloc(body.n + 1);
    if (bytes != NULL && body.n > 0)
        memcpy(bytes, body.p, body.n);
    return bytes;
}

static char *body_gzip(struct str body, size_t *ret_n)
{
    z_stream stream = {0};
    if (body.n > UINT_MAX || deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    char *bytes = NULL;
    size_t bound = deflateBound(&stream, (uLong)body.n);
    if (bound <= UINT_MAX && (bytes = mem_alloc(bound)) != NULL) {
        stream.next_in = (Bytef *)(uintptr_t)body.p; /* zlib reads only, but its type says otherwise */
        stream.avail_in = (uInt)body.n;
        stream.next_out = (Bytef *)bytes;
        stream.avail_out = (uInt)bound;
        if (deflate(&stream, Z_FINISH) == Z_STREAM_END) {
            *ret_n = bound - stream.avail_out;
        } else {
            mem_free(bytes);
            bytes = NULL;
        }
    }
    deflateEnd(&stream);
    return bytes;
}

/* Takes over `bytes`, also on failure. */
static struct MHD_Response *response_of_bytes(char *bytes, size_t n, bool chunked, bool cut)
{
    struct MHD_Response *response = NULL;
    if (!chunked && !cut) {
        response = MHD_create_response_from_buffer_with_free_callback(n, bytes, mem_free);
        if (response == NULL)
            mem_free(bytes);
        return response;
    }
    struct payload *payload = mem_alloc_zero(1, sizeof(*payload));
    if (payload == NULL) {
        mem_free(bytes);
        return NULL;
    }
    *payload = (struct payload){.bytes = bytes, .n = n, .stop = cut ? n / 2 : n};
    response = MHD_create_response_from_callback(chunked ? MHD_SIZE_UNKNOWN : n, BLOCK_SIZE, payload_read, payload, payload_free);
    if (response == NULL)
        payload_free(payload);
    return response;
}

/* libmicrohttpd decides on keep-alive itself and drops the header that says so, unless it is told to show it. */
static bool header_add(struct MHD_Response *response, struct arena *arena, struct http_header header)
{
    if (str_equal_ignore_case(header.name, STR("Connection")) && str_equal_ignore_case(header.value, STR("keep-alive")))
        return MHD_set_response_options(response, MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END) == MHD_YES;
    /* It refuses an empty value; a blank means the same (RFC 9112, 5.1). */
    struct str name = arena_copy(arena, header.name), value = arena_copy(arena, header.value.n > 0 ? header.value : STR(" "));
    return name.p != NULL && value.p != NULL && MHD_add_response_header(response, name.p, value.p) == MHD_YES;
}

/* NULL when memory is exhausted or a header is not one. */
static struct MHD_Response *response_make(struct arena *arena, const struct http_server_response *from)
{
    size_t n = from->body.n;
    char *bytes = from->gzip ? body_gzip(from->body, &n) : body_copy(from->body);
    struct MHD_Response *response = bytes != NULL ? response_of_bytes(bytes, n, from->chunked, from->cut) : NULL;
    if (response == NULL)
        return NULL;
    bool ok = !from->gzip || MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip") == MHD_YES;
    for (size_t i = 0; ok && i < from->header_count; i++)
        ok = header_add(response, arena, from->headers[i]);
    if (ok)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* What the server itself answers, as a JSON problem (RFC 9457). */
static void problem(struct http_server_response *response, int status, struct str body)
{
    *response = (struct http_server_response){.status = status, .body = body, .header_count = 1};
    response->headers[0] = (struct http_header){STR("Content-Type"), STR("application/problem+json")};
}

/* Neither a method nor a target holds a blank or a control character (RFC 9112, 3), but libmicrohttpd takes what only a CR ends for a part of it. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

static void answer(struct http_server *server, struct exchange *exchange, struct str method, struct http_server_response *response)
{
    if (exchange->path.p == NULL || !is_plain(method)) {
        problem(response, MHD_HTTP_BAD_REQUEST,
                STR("{\"status\":400,\"title\":\"Bad Request\",\"detail\":\"the address of the request cannot be read\"}"));
    } else if (exchange->body_seen > server->body_max) {
        problem(response, MHD_HTTP_CONTENT_TOO_LARGE,
                STR("{\"status\":413,\"title\":\"Content Too Large\",\"detail\":\"the body is larger than this server takes\"}"));
    } else {
        struct http_server_request request = {
            .method = method,
            .path = exchange->path,
            .raw_path = exchange->raw_path,
            .query = exchange->query,
            .body = buf_str(&exchange->body),
            .arena = &exchange->arena,
            .impl = exchange->connection,
        };
        server->handler(server->context, &request, response);
    }
}

/* The whole request is here: runs the handler and makes its answer. */
static enum MHD_Result request_answer(struct http_server *server, struct exchange *exchange, const char *method)
{
    struct http_server_response response = {.status = MHD_HTTP_INTERNAL_SERVER_ERROR};
    if (!buf_failed(&exchange->body) || exchange->body_seen > server->body_max)
        answer(server, exchange, str_from(method), &response);
    exchange->response = response_make(&exchange->arena, &response);
    if (exchange->response == NULL) {
        problem(&response, MHD_HTTP_INTERNAL_SERVER_ERROR,
                STR("{\"status\":500,\"title\":\"Internal Server Error\",\"detail\":\"the answer could not be made\"}"));
        exchange->response = response_make(&exchange->arena, &response);
    }
    exchange->status = (unsigned int)response.status;
    if (exchange->response == NULL)
        return MHD_NO;
    if (response.delay_ms > 0 && delay(server, exchange, response.delay_ms))
        return MHD_YES;
    return MHD_queue_response(exchange->connection, exchange->status, exchange->response);
}

/* ---- the request, as libmicrohttpd tells it ---- */

/* "/path?query", or the absolute form "http://host/path?query" that a client may send as well (RFC 9112, 3.2.2). */
static void target_split(struct exchange *exchange, struct str target)
{
    struct str path = target;
    const char *mark = target.n > 0 && target.p[0] != '/' ? memmem(target.p, target.n, "://", 3) : NULL;
    if (mark != NULL) {
        const char *slash = memchr(mark + 3, '/', (size_t)(target.p + target.n - mark) - 3);
        path = slash != NULL ? (struct str){slash, (size_t)(target.p + target.n - slash)} : STR_NULL;
    }
    struct str query = STR_NULL;
    str_cut(path, '?', &path, &query);
    if (path.n == 0 || path.p[0] != '/' || !is_plain(target))
        return;
    struct str decoded = http_decode(&exchange->arena, path, false);
    /* A zero byte would make the rest of the path invisible to whoever takes it for a C string. */
    if (decoded.p == NULL || memchr(decoded.p, '\0', decoded.n) != NULL)
        return;
    exchange->path = decoded;
    exchange->raw_path = path;
    exchange->query = query;
}

/* The first thing known of a request: its target as sent. What it returns is handed to the callbacks below. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    const struct http_server *server = context;
    struct exchange *exchange = mem_alloc_zero(1, sizeof(*exchange));
    if (exchange == NULL)
        return NULL;
    exchange->connection = connection;
    exchange->body.max = server->body_max;
    target_split(exchange, arena_copy(&exchange->arena, str_from(target)));
    return exchange;
}

/* Paths and queries are decoded by us, once; libmicrohttpd leaves them as they are. */
static size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_n, void **state)
{
    struct http_server *server = context;
    struct exchange *exchange = *state;
    (void)connection, (void)url, (void)version;
    if (exchange == NULL)
        return MHD_NO;
    if (!exchange->begun) {
        exchange->begun = true;
        return MHD_YES;
    }
    if (*upload_n > 0) {
        exchange->body_seen += *upload_n;
        if (exchange->body_seen <= server->body_max)
            buf_append(&exchange->body, (struct str){upload, *upload_n});
        *upload_n = 0;
        return exchange->body_seen / DISCARD_FACTOR <= server->body_max ? MHD_YES : MHD_NO;
    }
    if (exchange->response != NULL) /* resumed */
        return MHD_queue_response(connection, exchange->status, exchange->response);
    return request_answer(server, exchange, method);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    struct exchange *exchange = *state;
    if (exchange == NULL)
        return;
    *state = NULL;
    if (exchange->response != NULL)
        MHD_destroy_response(exchange->response);
    buf_release(&exchange->body);
    arena_release(&exchange->arena);
    mem_free(exchange);
}

struct str http_server_header(const struct http_server_request *request, const char *name)
{
    struct str value = str_from(MHD_lookup_connection_value(request->impl, MHD_HEADER_KIND, name));
    /* libmicrohttpd leaves a lone CR in a value, where none may stand (RFC 9110, 5.5). */
    bool plain = value.n == 0 || (memchr(value.p, '\r', value.n) == NULL && memchr(value.p, '\n', value.n) == NULL);
    return plain ? value : STR_NULL;
}

struct str http_server_query(const struct http_server_request *request, struct str name)
{
    struct str rest = request->query;
    while (rest.n > 0) {
        struct str pair, key, value;
        if (!str_cut(rest, '&', &pair, &rest))
            rest = STR_NULL;
        if (!str_cut(pair, '=', &key, &value))
            value = STR("");
        if (str_equal(http_decode(request->arena, key, true), name))
            return http_decode(request->arena, value, true);
    }
    return STR_NULL;
}

/* ---- start and stop ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static int address_parse(struct str listen, union address *ret, struct err *err)
{
    const char *colon = listen.n > 0 ? memrchr(listen.p, ':', listen.n) : NULL;
    struct str host = colon != NULL ? (struct str){listen.p, (size_t)(colon - listen.p)} : STR_NULL;
    struct str port_text = colon != NULL ? (struct str){colon + 1, listen.n - host.n - 1} : STR_NULL;
    if (host.n == 0 || str_equal_ignore_case(host, STR("localhost")))
        host = STR("127.0.0.1");
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct str){host.p + 1, host.n - 2};
    char text[INET6_ADDRSTRLEN] = "";
    if (host.n < sizeof(text))
        memcpy(text, host.p, host.n);
    int64_t port;
    union address address = {0};
    if (!str_parse_u63(port_text, &port) || port > UINT16_MAX)
        goto refuse;
    if (inet_pton(AF_INET, text, &address.four.sin_addr) == 1) {
        address.four.sin_family = AF_INET;
        address.four.sin_port = htons((uint16_t)port);
    } else if (inet_pton(AF_INET6, text, &address.six.sin6_addr) == 1) {
        address.six.sin6_family = AF_INET6;
        address.six.sin6_port = htons((uint16_t)port);
    } else {
        goto refuse;
    }
    *ret = address;
    return OK;
refuse:
    return err_set(err, ERR_USAGE, N_("the address to listen on, %s, cannot be read: give one such as 127.0.0.1:8080"), ERR_STR(listen));
}

/* A socket of our own instead of libmicrohttpd's, because only so the reason of a refusal is known. */
static int socket_open(struct str listen_on, int *ret_socket, int *ret_port, struct err *err)
{
    union address address;
    int rc = address_parse(listen_on, &address, err);
    if (rc != OK)
        return rc;
    socklen_t size = address.any.sa_family == AF_INET ? sizeof(address.four) : sizeof(address.six);
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0 || bind(fd, &address.any, size) != 0 ||
        listen(fd, LISTEN_BACKLOG) != 0 || getsockname(fd, &address.any, &size) != 0) {
        rc = errno == EADDRINUSE
                 ? err_set(err, ERR_DATA, N_("the address %s is taken by another program: stop it or choose another port"), ERR_STR(listen_on))
                 : err_set(err, ERR_DATA, N_("the server cannot listen on %s (%s): choose another address or port"), ERR_STR(listen_on),
                           text_of_errno(errno));
        if (fd >= 0)
            close(fd);
        return rc;
    }
    *ret_socket = fd;
    *ret_port = ntohs(address.any.sa_family == AF_INET ? address.four.sin_port : address.six.sin6_port);
    return OK;
}

/* libmicrohttpd owns `fd` from here on. */
static bool daemon_start(struct http_server *server, int fd)
{
    server->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
                                      MHD_OPTION_LISTEN_SOCKET, fd,
                                      MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTION_LIMIT,
                                      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)CONNECTION_TIMEOUT_S,
                                      MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
                                      MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
                                      MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                                      MHD_OPTION_END);
    return server->daemon != NULL;
}

static void timer_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_signal(&server->changed);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->timer, NULL);
}

static void server_free(struct http_server *server)
{
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    mem_free(server);
}

int http_server_start(struct http_server **ret, const struct http_server_options *options, struct err *err)
{
    int fd = -1, port = 0;
    int rc = socket_open(options->listen, &fd, &port, err);
    if (rc != OK)
        return rc;
    struct http_server *server = mem_alloc_zero(1, sizeof(*server));
    if (server == NULL) {
        close(fd);
        return err_memory(err);
    }
    server->handler = options->handler;
    server->context = options->context;
    server->body_max = options->body_max != 0 ? options->body_max : HTTP_BODY_MAX;
    server->port = port;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);

    /* The threads inherit this mask: signals go to the program's own thread, which knows what to do with them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool timed = pthread_create(&server->timer, NULL, timer_main, server) == 0;
    bool started = timed && daemon_start(server, fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started) {
        if (timed)
            timer_stop(server);
        else
            close(fd);
        server_free(server);
        return err_set(err, ERR_INTERNAL, N_("the server on port %s could not be started: the system refuses more threads or files"), ERR_INT(port));
    }
    *ret = server;
    return OK;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    timer_stop(server); /* no connection may be suspended when the daemon stops */
    MHD_stop_daemon(server->daemon);
    server_free(server);
}
