/* http.h: HTTP, both sides. The client is a transport (libcurl multi in production, a test's own in a simulation) under a retry rule; the
 * server is libmicrohttpd behind one handler. Used by till, sandbox, server. curl.h and microhttpd.h stay in this module. */
#ifndef NET_HTTP_H
#define NET_HTTP_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/civil.h"
#include "base/err.h"

/* ---- client ---- */
enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE };
enum { HTTP_IN_FLIGHT_MAX = 32 };
/* A page of the till is some MiB; what is larger is a bomb. Counted after decompression. */
#define HTTP_BODY_MAX ((size_t)64 << 20)

struct http_header { struct str name, value; };
struct http_request {
    enum http_method method;
    struct str url;               /* whole, already encoded */
    struct str body;              /* JSON; absent for none */
    const struct http_header *headers; /* secrets may be here: they are never copied into an error or a log */
    size_t header_count;
};
/* All that came back; valid until the next http_client_next or http_client_free. */
struct http_response {
    uint64_t tag;                 /* as given at submit */
    int status;                   /* HTTP status; 0 when no answer came */
    struct str body;              /* decompressed */
    struct str content_type;      /* {NULL,0} when absent */
    int64_t retry_after_ms;       /* -1 when absent, empty or unreadable */
    bool truncated;               /* the connection ended before the announced length */
    bool permanent;               /* with status 0: trying again is of no use (certificate, too large an answer) */
    int attempts;
};

/* What carries requests. One completed exchange (or a failure to reach: status 0, with *err saying why, return 0) per `wait`. */
struct http_transport {
    /* Copies what it needs of the request. At most HTTP_IN_FLIGHT_MAX are in flight; the tag is below that number and unique among them. */
    int (*submit)(void *context, const struct http_request *request, uint64_t tag, struct err *err);
    /* Waits at most timeout_ms for one exchange: 1 = *ret filled (its texts valid until the next wait, whatever is
     * submitted meanwhile), 0 = none yet, negative = broken. `failure` is filled when ret->status is 0, and when broken. */
    int (*wait)(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure);
    void (*free)(void *context);
    void *context;
};
struct http_limits {
    int64_t connect_timeout_ms;   /* 0: 5 000 */
    int64_t total_timeout_ms;     /* 0: 60 000: the whole exchange, so that a drip ends */
    int64_t idle_timeout_ms;      /* 0: 15 000 without a byte */
    size_t body_max;              /* 0: HTTP_BODY_MAX */
    bool allow_private;           /* a till in a private network (10.0.0.0/8 …) may be reached */
    bool refuse_loopback;         /* not even when the URL says so literally: for addresses that are typed in a browser */
};
/* libcurl multi: HTTP/1.1 keep-alive, gzip accepted (asked for except on loopback), certificates always verified, redirects never followed, only https except to loopback.
 * The proxy of the environment (https_proxy) is used, except to loopback; it sees no key, since the encryption goes through it.
 * Once its name is resolved, an address must be a public one (or a private one when the limits allow it), and loopback only when the URL says so literally: a name
 * cannot lead into the machine's own network, now or at the next resolution. Behind a proxy it is the proxy that resolves, and decides. */
int http_curl_transport(struct http_transport *ret, const struct http_limits *limits, struct err *err) MUST_CHECK;
/* https, or http to 127.0.0.0/8, ::1 or localhost; no user:password part; an IPv4 address only as four decimal parts; ERR_DATA with the reason otherwise. */
int http_url_check(struct str url, struct err *err) MUST_CHECK;
#define HTTP_LOOPBACK_REFUSED N_("the address %s leads to the server itself: a till is elsewhere (to train, start the server with --allow-local-tills)")
#define HTTP_INSIDE_REFUSED N_("%s stands for an address inside this machine's own network, where no till is looked for: check the address, or allow it with "\
    "LIAISON_PRIVATE_TILLS=yes when the till is in your own network")
/* What the address itself already tells: ERR_DATA when its host is, in figures, one that the limits refuse. A name is looked at when it is resolved. */
int http_url_check_host(struct str url, const struct http_limits *limits, struct err *err) MUST_CHECK;
/* Appends percent-encoded (unreserved characters stay). */
void http_append_encoded(struct buf *out, struct str s);

struct http_retry {
    int attempts;                 /* 0: 6 in all */
    int64_t first_delay_ms;       /* 0: 500; doubles, with full jitter */
    int64_t max_delay_ms;         /* 0: 30 000; a Retry-After is obeyed up to 120 000 */
};
struct http_client;
/* Retries no answer, timeouts, 408, 425, 429, 502, 503, 504 and a truncated body, for GET, PUT and DELETE, and 422 for GET (some servers limit the rate
 * with it); for POST only 429 (the others may have
 * been carried out: the caller looks first). Takes over the transport. */
int http_client_new(struct http_client **ret, struct http_transport transport, const struct http_retry *retry, const struct clock *clock,
                    const struct random_source *random, struct err *err) MUST_CHECK;
void http_client_free(struct http_client *client);
/* From now on `watch` is asked before each attempt, and every few seconds while an answer or the end of a delay is awaited; negative (with *err) ends the waiting. For what
 * must be kept up meanwhile, such as a lease: a Retry-After may last longer. It must not use the client. */
typedef int http_watch(void *context, struct err *err);
void http_client_watch(struct http_client *client, http_watch *watch, void *context);
int http_client_submit(struct http_client *client, const struct http_request *request, uint64_t tag, struct err *err) MUST_CHECK;
/* The next exchange that came to its end (after its retries), in any order. ERR_TILL when the attempts are used up without an answer (err says
 * which host and why: unknown name, refused, certificate, timeout) — the tag is then in ret->tag; ERR_CANCELLED on Ctrl-C. A status such as 404 or a last 503 is
 * returned as a response, not an error. */
int http_client_next(struct http_client *client, struct http_response *ret, struct err *err) MUST_CHECK;
/* Submit and wait for that one (nothing else may be in flight). */
int http_client_perform(struct http_client *client, const struct http_request *request, struct http_response *ret, struct err *err) MUST_CHECK;
/* Totals since creation, for the run's journal. */
void http_client_totals(const struct http_client *client, int64_t *ret_requests, int64_t *ret_retries);

/* ---- server ---- */
/* What is between a request and its answer happens on one polling thread, or with `workers` on as many threads more; a connection that waits, for a worker, a delay or an
 * event, costs no thread. Requests that two servers could read in two ways never reach the handler: see http_server_start. */
struct http_server;
struct http_server_request {
    struct str method, path;      /* the path percent-decoded once; HEAD comes as GET, and its answer goes without the body */
    struct str raw_path;          /* the same as it came, so that an encoded slash is told from one that divides */
    struct str query;             /* raw, without the `?` */
    struct str body;
    struct arena *arena;          /* lives until the response is sent */
    int worker;                   /* which of the workers asks, from 0 */
    struct str address;           /* of the client, without the port: "127.0.0.1"; see trusted_proxies */
    bool tls;                     /* the connection is encrypted up to this server */
    void *impl;
};
/* A request header by name without regard to case; {NULL,0} when absent. */
struct str http_server_header(const struct http_server_request *request, const char *name);
/* Whether the client takes gzip (Accept-Encoding, RFC 9110, 12.5.3): named, and not with a weight of 0. */
bool http_server_takes_gzip(const struct http_server_request *request);
/* The next parameter of a query, decoded (`+` is a blank) into the arena, and *rest moved behind it: 1; 0 when there is none; -1 when memory is exhausted. What stands between two `&`
 * without a byte is none; one without `=` has an empty value. */
int http_query_next(struct arena *arena, struct str *rest, struct str *ret_name, struct str *ret_value);
/* Decodes %XX (and `+` when asked) into the arena; bytes that are no escape stay. */
struct str http_decode(struct arena *arena, struct str s, bool plus_is_blank);

/* An answer that goes on: what is written to it from any thread, at any time, is sent to the reader at once, such as server-sent events. No thread waits for it.
 * References are counted. http_stream_new gives the first; http_stream_keep gives one more, for each place that writes later; each is given back with
 * http_stream_release. The one that is put into a response is the server's from there on. When only the server's is left nobody can write any more, and the stream ends. */
struct http_stream;
enum {
    HTTP_STREAM_UNREAD_MAX = 64 << 10, /* a reader that is further behind is hung up on: an event source comes back by itself */
    HTTP_STREAM_SILENCE_S = 15,        /* after so long without a write the server sends a comment, `: `, so that a reader who has gone is noticed */
};
/* NULL when memory is exhausted. Open: what is written before it is put into a response is what the reader sees first. */
struct http_stream *http_stream_new(void) __attribute__((warn_unused_result));
/* The same stream. */
struct http_stream *http_stream_keep(struct http_stream *stream);
/* NULL is harmless. */
void http_stream_release(struct http_stream *stream);
/* Copies `bytes`. False when the stream is not open, or with this write no longer: then nothing of it is sent. Never waits for the reader. */
bool http_stream_write(struct http_stream *stream, struct str bytes);
/* What was written is still sent, then the answer is complete. */
void http_stream_end(struct http_stream *stream);
/* False when it was ended, the reader has gone or is too far behind, or the server has stopped. */
bool http_stream_is_open(struct http_stream *stream);

enum { HTTP_HEADERS_MAX = 24, HTTP_BODIES_AT_A_TIME = 8, HTTP_TRUSTED_PROXIES_MAX = 16 };
struct http_server_response {
    int status;
    struct str body;              /* copied before the handler's caller goes on */
    bool has_file;                /* `file` is sent instead of the body */
    int file;                     /* an open regular file, sent whole from its beginning; the server closes it */
    struct http_stream *stream;   /* instead of the body, when not NULL: taken over; the handler says which Content-Type. With too many streams open the answer is a 503, and it is ended */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;          /* Content-Type too */
    bool gzip;                    /* compress the body (and say so) */
    bool chunked;                 /* send chunked instead of with a Content-Length */
    /* faults, for the sandbox: */
    bool cut;                     /* announce the whole length, send half, close */
    int64_t delay_ms;             /* wait before answering */
};
/* One more header of the response; nothing when the value is absent. Borrowed until it is sent. */
void http_server_add_header(struct http_server_response *response, const char *name, struct str value);
/* Without workers called on one thread at a time (the server polls in one thread of its own); with them on each worker, one request at a time. */
typedef void http_handler(void *context, const struct http_server_request *request, struct http_server_response *response);
/* How large the body of this request may be, asked when its headers are complete and its body is not there yet; 0 for body_max, which bounds it. On the polling thread: it must not
 * wait. So a stranger need not be given as much memory as somebody who may upload a file. */
typedef size_t http_body_limit(void *context, const struct http_server_request *request);
struct http_server_options {
    struct str listen;            /* "127.0.0.1:8080"; ":0" means loopback with a free port */
    size_t body_max;              /* 0: HTTP_BODY_MAX; 413 beyond. All bodies together may take HTTP_BODIES_AT_A_TIME times as much; 503 beyond */
    http_body_limit *body_limit;  /* NULL: body_max for every request */
    int workers;                  /* threads that run the handler, so that a slow answer holds nobody up; 0: in the polling thread, one request at a time */
    /* Addresses of proxies in front. A request from one of them comes from the last address in its X-Forwarded-For that is none of theirs; from it itself when nothing there can be read.
     * From anywhere else the header says nothing. A connection from one of them ends with its first answer, so that no request can hide behind another one there. */
    const struct str *trusted_proxies;
    size_t trusted_proxy_count;
    struct str tls_certificate, tls_key; /* PEM texts, the chain in order; absent: no TLS. The key is wiped by the caller. */
    int connection_max;           /* open at a time; 0: 512. Never more than half of the files that the process may open. Half of them may be streams. */
    int64_t header_timeout_ms;    /* 0: 10 000: from the beginning of a connection, or the end of the last answer, until the headers of a request are complete */
    int64_t body_timeout_ms;      /* 0: 30 000, and a second more for each 16 KiB that come */
    int64_t answer_timeout_ms;    /* 0: 60 000, and a second more for each 16 KiB of the answer */
    int64_t stream_silence_ms;    /* 0: HTTP_STREAM_SILENCE_S */
    http_handler *handler;
    void *context;
};
/* What the handler never sees, since two servers could read it in two ways, or since it is not asked of this server: a target that is not /path[?query], or with a blank, a
 * control character or %00; a header line that is folded, not ended by CR LF, without a name of letters, or with a control character in its value; more than one Host,
 * Content-Length or Transfer-Encoding, the last two together, a coding other than chunked; HTTP/1.1 without Host (all 400, and the connection is closed, RFC 9112);
 * headers of more than about 30 KiB (431, 414).
 * Time and room: 30 s without a byte in either direction; headers, body and answer each within their time.
 * Where connection_max are open somebody makes room for each who comes: who has waited with the headers of a request for more than 2 s; or else of those that wait, those that send
 * a body and those that take their answer, whichever are most, the oldest. Who is worked for, and a stream, stays. With 256 requests waiting for a worker the next is answered 503 with Retry-After.
 * ERR_USAGE when `listen` or a proxy's address cannot be read, ERR_DATA when the port is taken, or when certificate and key cannot be read or do not belong together. */
int http_server_start(struct http_server **ret, const struct http_server_options *options, struct err *err) MUST_CHECK;
int http_server_port(const struct http_server *server);
/* Handlers at work come to their end; requests that wait for a worker are let go with a 503, delayed answers at once, streams end. Returns when the handler will not be called
 * again. A stream's references may outlive it. NULL is harmless. */
void http_server_stop(struct http_server *server);
#endif
