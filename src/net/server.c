/* server.c: the HTTP server's beginning and end: the address, the socket, libmicrohttpd and our own threads around it. What a request goes through is in server_exchange.c;
 * server_int.h says who may touch what. Used by server and sandbox through net/http.h. */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/server_int.h"

enum {
    CONNECTION_TIMEOUT_S = 30,    /* without a byte in either direction */
    CONNECTION_MEMORY = 32 << 10, /* of libmicrohttpd for each: the head of a request must fit in */
    CONNECTIONS_LEAVING = 64,     /* those that were hung up on count until they are closed */
    LISTEN_BACKLOG = 511,
    HEADER_TIMEOUT_MS = 10000,
    BODY_TIMEOUT_MS = 30000,
    ANSWER_TIMEOUT_MS = 60000,
    PACE = 16 << 10,              /* bytes a second, 128 kbit/s: who is slower, in either direction, is not waited for without end */
};
static const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

int listen_address_parse(struct str listen, union address *ret, struct err *err)
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
    int rc = listen_address_parse(listen_on, &address, err);
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
static bool daemon_start(struct http_server *server, int fd, const struct tls_texts *tls)
{
    const struct MHD_OptionItem encrypted[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned int flags = MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (server->tls ? MHD_USE_TLS : 0);
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server,
                                      MHD_OPTION_LISTEN_SOCKET, fd,
                                      MHD_OPTION_CONNECTION_LIMIT, (unsigned int)server->connection_max + CONNECTIONS_LEAVING,
                                      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)CONNECTION_TIMEOUT_S,
                                      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                                      MHD_OPTION_NOTIFY_CONNECTION, guard_on_connection, server,
                                      MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
                                      MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
                                      MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                                      server->tls ? MHD_OPTION_ARRAY : MHD_OPTION_END, encrypted,
                                      MHD_OPTION_END);
    return server->daemon != NULL;
}

/* All that waits is let go; whoever asks from now on is not made to wait. */
static void begin_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    for (struct peer *peer = server->peers; peer != NULL; peer = peer->next)
        if (peer->stream != NULL)
            http_stream_end(peer->stream);
    pthread_mutex_unlock(&server->lock);
}

/* The threads that may resume a connection: none may be suspended when libmicrohttpd stops. */
static void threads_stop(struct http_server *server)
{
    begin_stop(server);
    workers_stop(server);
    timer_stop(server);
}

static bool threads_start(struct http_server *server, int workers)
{
    if (workers_start(server, workers) != 0)
        return false;
    if (timer_start(server) == 0)
        return true;
    begin_stop(server);
    workers_stop(server);
    return false;
}

/* Owns `fd` when it returns true. */
static bool all_start(struct http_server *server, int workers, int fd, const struct tls_texts *tls)
{
    /* The threads inherit this mask: signals go to the program's own thread, which knows what to do with them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool started = threads_start(server, workers);
    if (!started)
        close(fd);
    else if (!daemon_start(server, fd, tls)) {
        started = false;
        threads_stop(server);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static int64_t ns_of(int64_t asked_ms, int64_t usual_ms)
{
    return (asked_ms > 0 ? asked_ms : usual_ms) * 1000000;
}

static struct http_server *server_new(const struct http_server_options *options, int port)
{
    struct http_server *server = mem_alloc_zero(1, sizeof(*server));
    if (server == NULL)
        return NULL;
    server->handler = options->handler;
    server->context = options->context;
    server->body_max = options->body_max != 0 ? options->body_max : HTTP_BODY_MAX;
    server->body_limit = options->body_limit;
    server->port = port;
    server->tls = options->tls_certificate.p != NULL;
    server->connection_max = guard_connection_max(options->connection_max);
    server->header_ns = ns_of(options->header_timeout_ms, HEADER_TIMEOUT_MS);
    server->body_ns = ns_of(options->body_timeout_ms, BODY_TIMEOUT_MS);
    server->answer_ns = ns_of(options->answer_timeout_ms, ANSWER_TIMEOUT_MS);
    server->pace = PACE;
    server->silence_ns = ns_of(options->stream_silence_ms, HTTP_STREAM_SILENCE_S * INT64_C(1000));
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->work_came, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->timer_changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return server;
}

static void server_free(struct http_server *server)
{
    pthread_cond_destroy(&server->timer_changed);
    pthread_cond_destroy(&server->work_came);
    pthread_mutex_destroy(&server->lock);
    mem_free(server);
}

/* With the socket open, which it takes over. */
static int start_on(struct http_server **ret, const struct http_server_options *options, int fd, int port, const struct tls_texts *tls, struct err *err)
{
    struct http_server *server = server_new(options, port);
    int rc = server != NULL ? client_trust(server, options->trusted_proxies, options->trusted_proxy_count, err) : err_memory(err);
    if (rc != OK) {
        close(fd);
        if (server != NULL)
            server_free(server);
        return rc;
    }
    if (!all_start(server, options->workers, fd, tls)) {
        server_free(server);
        return err_set(err, ERR_INTERNAL, N_("the server on port %s could not be started: the system refuses more threads or files"), ERR_INT(port));
    }
    *ret = server;
    return OK;
}

int http_server_start(struct http_server **ret, const struct http_server_options *options, struct err *err)
{
    struct tls_texts tls = {0};
    int fd = -1, port = 0;
    int rc = options->tls_certificate.p != NULL ? tls_open(&tls, options->tls_certificate, options->tls_key, err) : OK;
    if (rc == OK)
        rc = socket_open(options->listen, &fd, &port, err);
    if (rc == OK)
        rc = start_on(ret, options, fd, port, &tls, err);
    tls_release(&tls);
    return rc;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    threads_stop(server);
    MHD_stop_daemon(server->daemon);
    server_free(server);
}
