/* server_int.h: what the files of net's HTTP server share. Nobody outside net includes it.
 *
 * Threads: libmicrohttpd's polling thread calls on_target, on_request, on_completed, guard_on_connection and the readers of bodies; a timer thread lets delayed answers go,
 * hangs up on who is too slow and breaks the silence of streams; workers run the handler. An exchange belongs to the polling thread, except while its
 * connection is suspended: then it belongs to whom it waits for. A connection is suspended under the lock that its waker takes, so that no wake is lost.
 * Locks, in the order in which they may be taken: http_server.lock, http_stream.lock, libmicrohttpd's own. It holds none of its own when it calls us. */
#ifndef NET_SERVER_INT_H
#define NET_SERVER_INT_H
#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>

#include "net/http.h"

struct exchange;
struct peer;
struct worker;

struct http_server {
    struct MHD_Daemon *daemon;
    http_handler *handler;
    void *context;
    size_t body_max;
    http_body_limit *body_limit;
    int port;
    bool tls;
    size_t connection_max;
    struct in6_addr trusted[HTTP_TRUSTED_PROXIES_MAX];
    size_t trusted_count;
    int64_t header_ns, body_ns, answer_ns, silence_ns;
    uint64_t pace;                /* bytes for which body and answer are given one second more */
    pthread_t timer;
    struct worker *workers;
    int worker_count;

    pthread_mutex_t lock;         /* guards all below */
    pthread_cond_t timer_changed; /* there is something new to wait for */
    pthread_cond_t work_came;
    bool stopping;
    struct exchange *delayed;     /* suspended until their time, in no order: there are few */
    struct exchange *queue, **queue_end; /* suspended until a worker takes them, oldest first */
    size_t queue_count;
    struct peer *peers;           /* all open connections, newest first */
    size_t peer_count, stream_count;
    uint64_t body_bytes;          /* of all requests that are on their way */
};

/* ---- server_guard.c: who is connected, since when, and for how long that may go on ---- */

enum peer_state {
    PEER_WAITING,   /* its headers are awaited, those of the first request or of the next */
    PEER_UPLOADING, /* its body is awaited */
    PEER_WORKING,   /* waits for us: nothing to blame it for */
    PEER_ANSWERED,  /* it is taking its answer */
    PEER_STREAMING,
    PEER_DOOMED,    /* hung up on; libmicrohttpd will close it */
};
struct peer {
    struct http_server *server;
    int fd;
    enum peer_state state;
    int64_t since_ns, due_ns;     /* of this state; INT64_MAX for no end */
    uint64_t body_bytes;          /* in memory */
    struct http_stream *stream;   /* while PEER_STREAMING; borrowed from the exchange */
    struct peer *previous, *next;
    struct in6_addr address;      /* all zero when it is unknown */
};
int64_t monotonic_ns(void);
/* How many connections: as asked for, but not more than half of the files that the process may open. */
size_t guard_connection_max(int asked);
/* MHD_NotifyConnectionCallback; the connection's socket context becomes its struct peer, or stays NULL (memory) with the connection hung up on. */
void guard_on_connection(void *context, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode code);
/* NULL only when memory was exhausted. */
struct peer *guard_peer(struct MHD_Connection *connection);
/* A new state, with its time counted from now: for a body and an answer `bytes` have come or are to go. */
void guard_enter(struct peer *peer, enum peer_state state, uint64_t bytes);
/* More of the body has come, `bytes` in all. */
void guard_progress(struct peer *peer, uint64_t bytes);
/* Whether so much more of the body may be kept; false when all bodies together would take too much. What was kept is given back with the next PEER_WAITING. */
bool guard_keep_body(struct peer *peer, size_t bytes);
/* False when there are too many streams, or the server is stopping. */
bool guard_admit_stream(struct peer *peer, struct http_stream *stream);
/* Server locked: hangs up on who has used up its time, breaks the silence of streams. When to look again; INT64_MAX when nobody is connected. */
int64_t guard_check(struct http_server *server, int64_t now_ns);

/* ---- server_timer.c ---- */

int timer_start(struct http_server *server);
/* Lets all delayed answers go. http_server.stopping is set. */
void timer_stop(struct http_server *server);
/* Suspends the exchange's connection until then. False when the server is stopping: then the answer goes out at once. */
bool timer_delay(struct exchange *exchange, int64_t delay_ms);

/* ---- server_worker.c ---- */

/* 0, or -1 with none running. */
int workers_start(struct http_server *server, int count);
/* Waits for those at work, and lets the exchanges go that still wait. http_server.stopping is set. */
void workers_stop(struct http_server *server);
/* Suspends the exchange's connection until a worker has answered it. False when too many wait, or the server is stopping. */
bool workers_queue(struct exchange *exchange);

/* ---- server_exchange.c: one request and its answer ---- */

/* One request from its first line until its answer is sent. */
struct exchange {
    struct http_server *server;
    struct peer *peer;
    struct MHD_Connection *connection;
    char address[INET6_ADDRSTRLEN]; /* of the client, once the head was found good */
    struct arena arena;
    const char *target_place;     /* where libmicrohttpd keeps the target: only to compare addresses */
    struct str target;            /* in the arena, as are the four below */
    struct str method;
    struct str path, raw_path, query; /* path.p is NULL when the target is refused */
    struct buf body;              /* its maximum is what this request may have */
    uint64_t body_seen;           /* bytes that came, kept or not */
    bool begun;                   /* the headers were seen */
    bool exhausted;               /* there was no memory for the target */
    bool proxied;                 /* came from a proxy that is trusted */
    bool overloaded;              /* its body is not kept, because there are too many */
    bool waits;                   /* for a worker */
    bool answered;                /* the handler has run, or the server itself has answered */
    struct MHD_Response *response; /* NULL with `answered` when it could not be made: the connection is closed */
    unsigned int status;
    uint64_t answer_bytes;
    struct http_stream *stream;   /* of the answer; the response holds the reference */
    int64_t due_ns;               /* when a delayed answer goes out */
    struct exchange *next;        /* in http_server.delayed or .queue */
};
/* libmicrohttpd's callbacks. */
void *on_target(void *context, const char *target, struct MHD_Connection *connection);
size_t on_unescape(void *context, struct MHD_Connection *connection, char *text);
enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *upload,
                           size_t *upload_n, void **state);
void on_completed(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code);
/* Runs the handler and makes the response; exchange->answered afterwards. Returns for how long the answer is to be held back. */
int64_t exchange_work(struct exchange *exchange, int worker);

/* ---- server_check.c ---- */

/* Whether the head of a request can be read in one way only. */
bool request_is_strict(const struct exchange *exchange, const char *method, const char *version);
/* Neither blank nor control character. */
bool is_plain(struct str s);
/* What Content-Length announces; 0 without, UINT64_MAX when it cannot be counted. */
uint64_t request_announced(const struct exchange *exchange);

/* ---- server_client.c ---- */

struct in6_addr client_of_socket(const struct sockaddr *from);
/* ERR_USAGE when one cannot be read, or there are too many. */
int client_trust(struct http_server *server, const struct str *proxies, size_t count, struct err *err) MUST_CHECK;
/* Sets exchange->address and .proxied. */
void client_find(struct exchange *exchange);

/* ---- server_response.c ---- */

/* What the server itself answers, as a JSON problem (RFC 9457). */
void problem(struct http_server_response *response, int status, struct str body);
/* 503: too much to do at the moment. */
void unavailable(struct http_server_response *response);
/* Sets exchange->response from what the handler left, whose file and stream it takes over; NULL there when memory is exhausted or a header is not one. */
void response_make(struct exchange *exchange, struct http_server_response *from);

/* ---- server_stream.c ---- */

/* Takes over the reference. The response that reads from the stream, on this connection; NULL (and the stream released) when memory is exhausted. */
struct MHD_Response *stream_serve(struct http_stream *stream, struct MHD_Connection *connection, int fd);
/* The connection is done with it: nothing is sent any more. */
void stream_detach(struct http_stream *stream);
/* Sends a comment when nothing was written since then. */
void stream_break_silence(struct http_stream *stream, int64_t since_ns);

/* ---- server_tls.c ---- */

/* Texts for libmicrohttpd, zero-terminated; a certificate that is NULL stands for no TLS. */
struct tls_texts { char *certificate, *key; };
/* Copies both when they can be read and belong together. */
int tls_open(struct tls_texts *ret, struct str certificate, struct str key, struct err *err) MUST_CHECK;
/* Wipes the key. */
void tls_release(struct tls_texts *texts);

/* ---- server.c ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};
/* "127.0.0.1:8080", ":0", "[::1]:80"; ERR_USAGE otherwise. */
int listen_address_parse(struct str listen, union address *ret, struct err *err) MUST_CHECK;
#endif
