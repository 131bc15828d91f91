/* curl_transport.c: the transport of production: libcurl's multi interface. It carries one exchange to its end, well or badly, and says in
 * plain words why an answer did not come; whether to try again is decided in client.c. Reached through http_curl_transport only.
 * Messages name the host and the cause: never a header, and never the path or query of an address. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/http.h"
#include "net/net_int.h"

enum {
    SLOT_COUNT = HTTP_IN_FLIGHT_MAX + 1, /* one more: the delivered answer stays readable while the others fly */
    BODY_KEEP = 4 << 20,                 /* a larger buffer is given back after use, so that 32 odd answers do not stay in memory */
    CONNECT_TIMEOUT_MS = 5000,
    TOTAL_TIMEOUT_MS = 60000,
    IDLE_TIMEOUT_MS = 15000,
    RECEIVE_SIZE = 64 << 10,             /* pages are some MiB: libcurl's 16 KiB would mean four times the calls */
};

enum slot_state { SLOT_FREE, SLOT_FLYING, SLOT_DELIVERED };

/* One exchange. The body's memory is used again for the next one; the easy handle is not, because libcurl before 8.1.1 keeps a pointer to a header of the
 * exchange before (its issue 11101), and an answer whose first header is a folded line would make it read freed memory. Connections outlive it. */
struct slot {
    enum slot_state state;
    CURL *easy;
    struct curl_slist *headers;
    struct buf body;
    bool too_large;
    bool loopback;                  /* the address says so itself */
    bool direct;                    /* no proxy: what is connected to is the till */
    bool allow_private;
    bool inside;                    /* the name led where no till of ours may be */
    uint64_t tag;
    char host[ERR_ARG_SIZE];        /* "name:port" for messages */
    char detail[CURL_ERROR_SIZE];   /* libcurl's own words */
};

struct curl_transport {
    CURLM *multi;
    struct http_limits limits;
    struct slot slots[SLOT_COUNT];
};

/* ---- submit ---- */

/* Not buf_append alone: a body at its maximum and exhausted memory are told apart. Less than `n` makes libcurl stop the exchange. */
static size_t on_body(char *bytes, size_t one, size_t n, void *context)
{
    struct slot *slot = context;
    (void)one; /* always 1 */
    if (n > slot->body.max - slot->body.n) {
        slot->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buf_append(&slot->body, (struct str){bytes, n});
    return buf_failed(&slot->body) ? CURL_WRITEFUNC_ERROR : n;
}

/* Asked for each address that a name stands for, just before the connection: what is refused here gets not a packet. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct slot *slot = context;
    enum address_class kind = address_classify(&address->addr);
    bool fine = !slot->direct || (slot->loopback ? kind == ADDRESS_LOOPBACK : kind == ADDRESS_PUBLIC || (kind == ADDRESS_PRIVATE && slot->allow_private));
    if (purpose != CURLSOCKTYPE_IPCXN || !fine) {
        slot->inside = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool proxy_named(void)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return true;
    }
    return false;
}

static void slot_recycle(struct slot *slot)
{
    curl_easy_cleanup(slot->easy);
    slot->easy = NULL;
    curl_slist_free_all(slot->headers);
    slot->headers = NULL;
    size_t max = slot->body.max;
    if (slot->body.cap > BODY_KEEP) {
        buf_release(&slot->body);
        slot->body = (struct buf){.max = max};
    }
    buf_reset(&slot->body);
    slot->too_large = false;
    slot->inside = false;
    slot->detail[0] = '\0';
    slot->state = SLOT_FREE;
}

static bool is_one_line(struct str s)
{
    return s.n == 0 || (memchr(s.p, '\r', s.n) == NULL && memchr(s.p, '\n', s.n) == NULL && memchr(s.p, '\0', s.n) == NULL);
}

static int header_append(struct slot *slot, struct http_header header, struct err *err)
{
    if (header.name.n == 0 || !is_one_line(header.name) || !is_one_line(header.value))
        return err_set(err, ERR_DATA, N_("the header %s for %s holds a line break or has no name: correct the key or the profile"),
                       ERR_STR(header.name), slot->host);
    BUF_AUTO line = {0};
    buf_append(&line, header.name);
    if (header.value.n == 0) {
        buf_append_char(&line, ';'); /* libcurl's way to write a header without a value */
    } else {
        buf_append(&line, STR(": "));
        buf_append(&line, header.value);
    }
    struct curl_slist *longer = buf_failed(&line) ? NULL : curl_slist_append(slot->headers, line.p);
    if (longer == NULL)
        return err_memory(err);
    slot->headers = longer;
    return OK;
}

static bool has_header(const struct http_request *request, struct str name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_equal_ignore_case(request->headers[i].name, name))
            return true;
    return false;
}

static int headers_build(struct slot *slot, const struct http_request *request, struct err *err)
{
    int rc = OK;
    if (!has_header(request, STR("Accept")))
        rc = header_append(slot, (struct http_header){STR("Accept"), STR("application/json")}, err);
    if (rc == OK && request->body.p != NULL && !has_header(request, STR("Content-Type")))
        rc = header_append(slot, (struct http_header){STR("Content-Type"), STR("application/json")}, err);
    for (size_t i = 0; rc == OK && i < request->header_count; i++)
        rc = header_append(slot, request->headers[i], err);
    if (rc != OK)
        return rc;
    /* No `Expect: 100-continue`: a server that does not know it makes each large write wait a second for nothing. */
    struct curl_slist *longer = curl_slist_append(slot->headers, "Expect:");
    if (longer == NULL)
        return err_memory(err);
    slot->headers = longer;
    return OK;
}

/* The rules that hold for every request. */
static bool set_rules(struct slot *slot, const struct http_limits *limits, bool loopback)
{
    CURL *easy = slot->easy;
    slot->loopback = loopback;
    slot->direct = loopback || !proxy_named();
    slot->allow_private = limits->allow_private;
    bool ok = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, slot) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK; /* a redirect would carry the key elsewhere */
    ok = ok && curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    /* Within one machine compressing costs more than it saves; what comes compressed all the same is still decoded. */
    ok = ok && curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, loopback ? "identity" : "gzip") == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_USERAGENT, "liaison/" LIAISON_VERSION) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_SIZE) == CURLE_OK;
    ok = ok && (!loopback || curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK);
    ok = ok && curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_timeout_ms) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limits->total_timeout_ms) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((limits->idle_timeout_ms + 999) / 1000)) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->detail) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PRIVATE, slot) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot) == CURLE_OK;
    return ok && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, slot->headers) == CURLE_OK;
}

static bool set_body(CURL *easy, struct str body)
{
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.n > 0 ? body.p : "") == CURLE_OK;
}

/* What the request line names. libcurl takes it out of the address too, but goes on without the query when memory fails it there: every record of the
 * till instead of those that were asked for. */
static const char *target_of(const char *url, const struct url_parts *parts)
{
    const char *target = url + (parts->authority.p - parts->scheme.p) + parts->authority.n;

    return *target == '/' ? target : NULL;
}

static bool set_request(CURL *easy, const struct http_request *request, const struct url_parts *parts)
{
    char url[8192]; /* libcurl takes a C string and copies it; no server takes a longer line */
    if (request->url.n >= sizeof(url))
        return false;
    memcpy(url, request->url.p, request->url.n);
    url[request->url.n] = '\0';
    if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK || curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target_of(url, parts)) != CURLE_OK)
        return false;
    switch (request->method) {
    case HTTP_GET:
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    case HTTP_POST:
        /* libcurl sends a request again by itself when a kept connection turns out closed. For a POST that may have been carried out, that
         * could create something twice, so it gets a connection of its own. */
        return curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK && set_body(easy, request->body);
    case HTTP_PUT:
        return set_body(easy, request->body) && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT") == CURLE_OK;
    case HTTP_DELETE:
        return (request->body.p == NULL || set_body(easy, request->body)) && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE") == CURLE_OK;
    }
    return false;
}

static struct slot *slot_free_find(struct curl_transport *transport)
{
    for (size_t i = 0; i < SLOT_COUNT; i++)
        if (transport->slots[i].state == SLOT_FREE)
            return &transport->slots[i];
    return NULL;
}

static int transport_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct curl_transport *transport = context;
    int rc = http_url_check(request->url, err);
    struct url_parts parts;
    if (rc == OK && transport->limits.refuse_loopback)
        rc = http_url_check_host(request->url, &transport->limits, err);
    if (rc != OK || !url_split(request->url, &parts))
        return rc != OK ? rc : err_set(err, ERR_INTERNAL, N_("an address changed while it was read: this is a fault of the program"));
    struct slot *slot = slot_free_find(transport);
    if (slot == NULL)
        return err_set(err, ERR_INTERNAL, N_("too many requests to %s at once: this is a fault of the program"), ERR_STR(parts.authority));
    err_str(parts.authority, slot->host);
    slot->easy = curl_easy_init();
    if (slot->easy == NULL)
        return err_memory(err);
    rc = headers_build(slot, request, err);
    if (rc != OK)
        goto out;
    if (!set_rules(slot, &transport->limits, url_host_is_loopback(parts.host)) || !set_request(slot->easy, request, &parts) ||
        curl_multi_add_handle(transport->multi, slot->easy) != CURLM_OK) {
        rc = err_set(err, ERR_INTERNAL, N_("a request to %s cannot be prepared: its address is too long or memory is exhausted"), slot->host);
        goto out;
    }
    slot->tag = tag;
    slot->state = SLOT_FLYING;
    int running;
    curl_multi_perform(transport->multi, &running); /* sends it now, while the caller works on what it has */
out:
    if (rc != OK)
        slot_recycle(slot);
    return rc;
}

/* ---- the answer ---- */

/* Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). A date is compared with the server's own clock when it states one,
 * because the clock of a shop's computer is often minutes off. */
static int64_t retry_after_ms(CURL *easy)
{
    struct curl_header *header;
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return -1;
    struct str value = str_trim(str_from(header->value));
    int64_t seconds;
    if (str_parse_u63(value, &seconds))
        return seconds < INT32_MAX ? seconds * 1000 : (int64_t)INT32_MAX * 1000;
    if (value.n == 0 || (value.p[0] | 0x20) < 'a' || (value.p[0] | 0x20) > 'z')
        return -1;
    time_t then = curl_getdate(value.p, NULL);
    if (then < 0)
        return -1;
    time_t now = -1;
    if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        now = curl_getdate(header->value, NULL);
    if (now < 0)
        now = time(NULL);
    return then > now ? (int64_t)(then - now) * 1000 : 0;
}

static void failure_timeout(const struct slot *slot, struct err *failure)
{
    curl_off_t elapsed_us = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_TOTAL_TIME_T, &elapsed_us);
    BUF_AUTO seconds = {0};
    buf_printf(&seconds, "%lld.%lld", (long long)(elapsed_us / 1000000), (long long)(elapsed_us / 100000 % 10));
    err_set(failure, ERR_TILL, N_("%s gave no complete answer within %s s: check the network connection or try again later"), slot->host,
            buf_failed(&seconds) ? "?" : seconds.p);
}

static void failure_connect(const struct slot *slot, struct err *failure)
{
    long code = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &code);
    err_set(failure, ERR_TILL, N_("nothing answers at %s (%s): check the address and the network connection"), slot->host,
            code != 0 ? text_of_errno((int)code) : slot->detail);
}

/* Why no answer came; true when trying again is of no use. */
static bool failure_describe(const struct slot *slot, CURLcode code, size_t body_max, struct err *failure)
{
    const char *detail = slot->detail[0] != '\0' ? slot->detail : curl_easy_strerror(code);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        err_set(failure, ERR_TILL, N_("the name of %s is unknown: check the address and the network connection"), slot->host);
        return false;
    case CURLE_COULDNT_CONNECT:
        if (slot->inside)
            err_set(failure, ERR_TILL, HTTP_INSIDE_REFUSED, slot->host);
        else
            failure_connect(slot, failure);
        return slot->inside;
    case CURLE_OPERATION_TIMEDOUT:
        failure_timeout(slot, failure);
        return false;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        err_set(failure, ERR_TILL, N_("the certificate of %s is not valid (%s): check the address, and the date of this computer"), slot->host,
                detail);
        return true;
    case CURLE_SSL_CONNECT_ERROR:
        err_set(failure, ERR_TILL, N_("no secure connection to %s (%s): check the address and the port"), slot->host, detail);
        return false;
    case CURLE_BAD_CONTENT_ENCODING:
        err_set(failure, ERR_TILL, N_("the compressed answer of %s cannot be read: try again later"), slot->host);
        return false;
    case CURLE_WRITE_ERROR:
        if (!slot->too_large) {
            err_memory(failure);
            return true;
        }
        err_set(failure, ERR_TILL, N_("the answer of %s is larger than %s bytes: this is not a till's answer, check the address"), slot->host,
                ERR_INT((int64_t)body_max));
        return true;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
        err_set(failure, ERR_TILL, N_("what answers at %s is not a web service (%s): check the address"), slot->host, detail);
        return true;
    default:
        err_set(failure, ERR_TILL, N_("the connection to %s broke off (%s): check the network connection or try again later"), slot->host, detail);
        return false;
    }
}

/* The connection ended after the answer had begun. */
static bool is_truncated(CURLcode code, long status)
{
    return status >= 200 && (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR);
}

static void slot_deliver(struct curl_transport *transport, struct slot *slot, CURLcode code, struct http_response *ret, struct err *failure)
{
    long status = 0;
    char *content_type = NULL;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(slot->easy, CURLINFO_CONTENT_TYPE, &content_type);
    *ret = (struct http_response){.tag = slot->tag, .retry_after_ms = -1, .attempts = 1};
    if (code == CURLE_OK && (status < 100 || status > 999)) /* libcurl lets "HTTP/2 000" and "HTTP/2 2000" pass; to those who read ret, 0 is no answer */
        code = CURLE_WEIRD_SERVER_REPLY;
    if (code == CURLE_OK || is_truncated(code, status)) {
        ret->status = (int)status;
        ret->body = slot->body.p != NULL ? buf_str(&slot->body) : STR("");
        ret->content_type = str_from(content_type);
        ret->retry_after_ms = retry_after_ms(slot->easy);
        ret->truncated = code != CURLE_OK;
    } else {
        ret->permanent = failure_describe(slot, code, transport->limits.body_max, failure);
    }
    curl_multi_remove_handle(transport->multi, slot->easy);
    slot->state = SLOT_DELIVERED;
}

static bool deliver_next(struct curl_transport *transport, struct http_response *ret, struct err *failure)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(transport->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct slot *slot = NULL;
        CURLcode code = message->data.result; /* `message` does not survive curl_multi_remove_handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        slot_deliver(transport, slot, code, ret, failure);
        return true;
    }
    return false;
}

static int transport_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct curl_transport *transport = context;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        if (transport->slots[i].state == SLOT_DELIVERED)
            slot_recycle(&transport->slots[i]);
    if (deliver_next(transport, ret, failure))
        return 1;
    int running;
    CURLMcode code = curl_multi_perform(transport->multi, &running);
    if (code == CURLM_OK && deliver_next(transport, ret, failure))
        return 1;
    if (code == CURLM_OK)
        code = curl_multi_poll(transport->multi, NULL, 0, timeout_ms < INT32_MAX ? (int)timeout_ms : INT32_MAX, NULL);
    if (code == CURLM_OK)
        code = curl_multi_perform(transport->multi, &running);
    if (code != CURLM_OK)
        return err_set(failure, ERR_INTERNAL, N_("the network library failed (%s): close other programs and try again"), curl_multi_strerror(code));
    return deliver_next(transport, ret, failure) ? 1 : 0;
}

/* ---- life ---- */

static void transport_free(void *context)
{
    struct curl_transport *transport = context;
    if (transport == NULL)
        return;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        struct slot *slot = &transport->slots[i];
        if (slot->state == SLOT_FLYING)
            curl_multi_remove_handle(transport->multi, slot->easy);
        slot_recycle(slot);
        buf_release(&slot->body);
    }
    if (transport->multi != NULL)
        curl_multi_cleanup(transport->multi);
    mem_free(transport);
}

static CURLcode global_result;

static void global_init(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_curl_transport(struct http_transport *ret, const struct http_limits *limits, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, global_init);
    struct curl_transport *transport = mem_alloc_zero(1, sizeof(*transport));
    if (transport == NULL)
        return err_memory(err);
    transport->limits = (struct http_limits){
        .connect_timeout_ms = limits && limits->connect_timeout_ms ? limits->connect_timeout_ms : CONNECT_TIMEOUT_MS,
        .total_timeout_ms = limits && limits->total_timeout_ms ? limits->total_timeout_ms : TOTAL_TIMEOUT_MS,
        .idle_timeout_ms = limits && limits->idle_timeout_ms ? limits->idle_timeout_ms : IDLE_TIMEOUT_MS,
        .body_max = limits && limits->body_max ? limits->body_max : HTTP_BODY_MAX,
        .allow_private = limits && limits->allow_private,
        .refuse_loopback = limits && limits->refuse_loopback,
    };
    for (size_t i = 0; i < SLOT_COUNT; i++)
        transport->slots[i].body.max = transport->limits.body_max;
    transport->multi = global_result == CURLE_OK ? curl_multi_init() : NULL;
    if (transport->multi == NULL || curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_IN_FLIGHT_MAX) != CURLM_OK) {
        transport_free(transport);
        if (global_result == CURLE_OK) /* it began: what a handle lacks then is memory */
            return err_memory(err);
        return err_set(err, ERR_INTERNAL, N_("the network library cannot be started (%s): reinstall libcurl"), curl_easy_strerror(global_result));
    }
    *ret = (struct http_transport){.submit = transport_submit, .wait = transport_wait, .free = transport_free, .context = transport};
    return OK;
}
