/* test_loopback.c: the server and the libcurl transport against each other on the loopback interface, and each of them against a bare
 * socket where the other side must misbehave. Nothing here waits for time to pass, except for limits of some milliseconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "net/http.h"
#include "query.h"

enum { BODY_MAX = 256 << 10, LARGE = 3 << 20 };

static struct http_server *server;
static char large[LARGE]; /* text that gzip shrinks, but not to nothing */

/* ---- the handler ---- */

static void set_header(struct http_server_response *response, const char *name, struct str value)
{
    response->headers[response->header_count++] = (struct http_header){str_from(name), value};
}

static int64_t number_of(const struct http_server_request *request, struct str name)
{
    int64_t n = 0;
    return str_parse_u63(query_parameter(request, name), &n) ? n : 0;
}

static void answer_echo(const struct http_server_request *request, struct http_server_response *response)
{
    struct str q = query_parameter(request, STR("q")), header = http_server_header(request, "X-Api-Key");
    response->body = arena_format(request->arena, "%.*s|%.*s|%.*s|%s%.*s|%s%.*s|%.*s", STR_ARG(request->method), STR_ARG(request->path),
                                  STR_ARG(request->query), q.p ? "" : "absent", STR_ARG(q), header.p ? "" : "absent", STR_ARG(header),
                                  STR_ARG(request->body));
}

/* /large takes its faults from the query; /header answers with the header and value asked for; everything else is an echo. */
static void handle(void *context, const struct http_server_request *request, struct http_server_response *response)
{
    (void)context;
    response->status = (int)number_of(request, STR("status"));
    if (response->status == 0)
        response->status = 200;
    set_header(response, "Content-Type", STR("application/json; charset=utf-8"));
    response->gzip = number_of(request, STR("gzip"));
    response->chunked = number_of(request, STR("chunked"));
    response->cut = number_of(request, STR("cut"));
    response->delay_ms = number_of(request, STR("delay"));
    struct str name = query_parameter(request, STR("header"));
    if (name.p != NULL)
        set_header(response, name.p, query_parameter(request, STR("value")));
    if (str_equal(query_parameter(request, STR("dated")), STR("1")))
        set_header(response, "Date", STR("Wed, 21 Oct 2015 07:28:00 GMT"));
    if (str_equal(request->path, STR("/large"))) {
        int64_t n = number_of(request, STR("n"));
        response->body = (struct str){large, n != 0 ? (size_t)n : sizeof(large)};
    } else {
        answer_echo(request, response);
    }
}

static int group_setup(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (size_t i = 0; i < sizeof(large); i++) {
        seed = seed * 1664525 + 1013904223;
        large[i] = "0123456789abcdef"[seed >> 28];
    }
    struct err err = {0};
    return http_server_start(&server, &(struct http_server_options){.listen = STR(":0"), .body_max = BODY_MAX, .handler = handle}, &err);
}

static int group_teardown(void **state)
{
    (void)state;
    http_server_stop(server);
    return 0;
}

/* ---- helpers ---- */

static struct str url_of(struct arena *arena, const char *scheme, int port, const char *rest)
{
    struct str url = arena_format(arena, "%s://127.0.0.1:%d%s", scheme, port, rest);
    assert_non_null(url.p);
    return url;
}

static struct http_client *client_open(const struct http_limits *limits, int attempts)
{
    struct http_transport transport;
    struct http_client *client;
    struct err err = {0};
    assert_int_equal(http_curl_transport(&transport, limits, &err), OK);
    struct http_retry retry = {.attempts = attempts, .first_delay_ms = 1, .max_delay_ms = 2};
    assert_int_equal(http_client_new(&client, transport, &retry, &system_clock, &system_random, &err), OK);
    return client;
}

static int get(struct http_client *client, const char *rest, struct http_response *ret, struct err *err)
{
    ARENA_AUTO arena = {0};
    struct http_request request = {.method = HTTP_GET, .url = url_of(&arena, "http", http_server_port(server), rest)};
    return http_client_perform(client, &request, ret, err);
}

static void assert_text(struct str s, const char *expected)
{
    if (!str_equal(s, str_from(expected)))
        fail_msg("got `%.*s`, expected `%s`", STR_ARG(s), expected);
}

static void assert_message_names(const struct err *err, const char *part)
{
    BUF_AUTO text = {0};
    err_format(err, &text);
    if (strstr(text.p, part) == NULL)
        fail_msg("`%s` does not name `%s`", text.p, part);
    assert_null(strstr(text.p, "hunter2"));
}

static int bare_listen(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Sends bytes to our server and returns all that comes until it closes. */
static void bare_exchange(const char *request, size_t request_n, struct buf *ret)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, request, request_n, MSG_NOSIGNAL), (ssize_t)request_n);
    char bytes[4096];
    for (ssize_t n; (n = recv(fd, bytes, sizeof(bytes), 0)) > 0;)
        buf_append(ret, (struct str){bytes, (size_t)n});
    close(fd);
    buf_append_char(ret, '\n'); /* so that there is text even when nothing came */
}

/* A GET whose answer is written by hand: our client against `answer`, after which the connection is closed. */
static int get_bare(const char *answer, struct http_client *client, struct http_response *ret, struct err *err)
{
    int port, fd = bare_listen(&port);
    ARENA_AUTO arena = {0};
    struct http_request request = {.url = url_of(&arena, "http", port, "/v1?key=hunter2")};
    assert_int_equal(http_client_submit(client, &request, 0, err), OK);
    int peer = accept(fd, NULL, NULL); /* the kernel has already connected the two */
    assert_true(peer >= 0);
    assert_int_equal(send(peer, answer, strlen(answer), MSG_NOSIGNAL), (ssize_t)strlen(answer));
    shutdown(peer, SHUT_WR);
    int rc = http_client_next(client, ret, err);
    close(peer);
    close(fd);
    return rc;
}

/* ---- both sides ---- */

static void a_request_arrives_as_sent(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    static const struct {
        enum http_method method;
        const char *rest, *body, *expected;
    } rows[] = {
        {HTTP_GET, "/v1/a", NULL, "GET|/v1/a||absent|secret|"},
        {HTTP_GET, "/caf%C3%A9%2520?q=a+b%26c&q=2", NULL, "GET|/caf\xc3\xa9%20|q=a+b%26c&q=2|a b&c|secret|"},
        {HTTP_GET, "/a+b?x&%71=&y", NULL, "GET|/a+b|x&%71=&y||secret|"},
        {HTTP_POST, "/p?q=1", "{\"a\":1}", "POST|/p|q=1|1|secret|{\"a\":1}"},
        {HTTP_PUT, "/p", "[]", "PUT|/p||absent|secret|[]"},
        {HTTP_POST, "/p", NULL, "POST|/p||absent|secret|"},
        {HTTP_DELETE, "/p", NULL, "DELETE|/p||absent|secret|"},
        {HTTP_DELETE, "/p", "{}", "DELETE|/p||absent|secret|{}"},
        {HTTP_GET, "?q=1", NULL, "GET|/|q=1|1|secret|"},
        {HTTP_GET, "", NULL, "GET|/||absent|secret|"},
        {HTTP_GET, "/v1?filter=a/b?c", NULL, "GET|/v1|filter=a/b?c|absent|secret|"},
        {HTTP_GET, "/again", NULL, "GET|/again||absent|secret|"}, /* after all those: nothing stuck to a handle */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ARENA_AUTO arena = {0};
        struct http_header header = {STR("x-api-key"), STR("secret")};
        struct http_request request = {
            .method = rows[i].method,
            .url = url_of(&arena, "http", http_server_port(server), rows[i].rest),
            .body = str_from(rows[i].body),
            .headers = &header,
            .header_count = 1,
        };
        struct http_response response;
        struct err err = {0};
        assert_int_equal(http_client_perform(client, &request, &response, &err), OK);
        assert_int_equal(response.status, 200);
        assert_text(response.body, rows[i].expected);
        assert_text(response.content_type, "application/json; charset=utf-8");
        assert_int_equal(response.retry_after_ms, -1);
    }
    http_client_free(client);
}

static void bodies_arrive_whole_in_every_encoding(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    static const char *const urls[] = {"/large", "/large?gzip=1", "/large?chunked=1", "/large?gzip=1&chunked=1"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        struct http_response response;
        struct err err = {0};
        assert_int_equal(get(client, urls[i], &response, &err), OK);
        assert_false(response.truncated);
        assert_int_equal(response.body.n, LARGE);
        assert_memory_equal(response.body.p, large, LARGE);
    }
    http_client_free(client);
}

static void an_empty_body_is_empty_not_absent(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    struct http_response response;
    struct err err = {0};
    assert_int_equal(get_bare("HTTP/1.1 204 No Content\r\n\r\n", client, &response, &err), OK);
    assert_int_equal(response.status, 204);
    assert_non_null(response.body.p);
    assert_int_equal(response.body.n, 0);
    assert_null(response.content_type.p);
    http_client_free(client);
}

static void a_cut_body_is_told_and_tried_again(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 3);
    static const char *const urls[] = {"/large?cut=1", "/large?cut=1&chunked=1"};
    for (size_t i = 0; i < 2; i++) {
        struct http_response response;
        struct err err = {0};
        assert_int_equal(get(client, urls[i], &response, &err), OK);
        assert_int_equal(response.status, 200);
        assert_true(response.truncated);
        assert_int_equal(response.attempts, 3);
        assert_true(response.body.n <= LARGE / 2);
        assert_memory_equal(response.body.p, large, response.body.n);
    }
    struct http_response response;
    struct err err = {0};
    /* Compressed and cut: the half that came is truncated too, never a whole answer. */
    if (get(client, "/large?cut=1&gzip=1", &response, &err) == OK)
        assert_true(response.truncated);
    assert_int_equal(response.attempts, 3);
    http_client_free(client);
}

static void a_body_over_the_maximum_is_refused(void **state)
{
    (void)state;
    struct http_client *client = client_open(&(struct http_limits){.body_max = 1 << 20}, 3);
    struct http_response response;
    struct err err = {0};
    /* The compressed form is below the maximum: what counts is what it grows to. */
    static const char *const urls[] = {"/large?key=hunter2", "/large?gzip=1&key=hunter2", "/large?n=1048577&gzip=1"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        err_clear(&err);
        assert_int_equal(get(client, urls[i], &response, &err), ERR_TILL);
        assert_int_equal(response.attempts, 1); /* it would be as large the next time */
        assert_message_names(&err, "1048576");
        assert_message_names(&err, "127.0.0.1:");
    }
    assert_int_equal(get(client, "/large?n=1048576&gzip=1", &response, &err), OK);
    assert_int_equal(response.body.n, 1 << 20);
    http_client_free(client);
}

static void false_gzip_is_an_error(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 2);
    struct http_response response;
    struct err err = {0};
    assert_int_equal(get(client, "/large?header=Content-Encoding&value=gzip&key=hunter2", &response, &err), ERR_TILL);
    assert_int_equal(response.attempts, 2);
    assert_message_names(&err, "127.0.0.1:");
    http_client_free(client);
}

static void statuses_are_answers(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 2);
    static const struct {
        const char *rest;
        int status, attempts;
    } rows[] = {
        {"/?status=404", 404, 1}, {"/?status=401", 401, 1}, {"/?status=503", 503, 2}, {"/?status=500", 500, 1},
        {"/?status=302&header=Location&value=/elsewhere", 302, 1}, /* not followed */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_response response;
        struct err err = {0};
        assert_int_equal(get(client, rows[i].rest, &response, &err), OK);
        assert_int_equal(response.status, rows[i].status);
        assert_int_equal(response.attempts, rows[i].attempts);
    }
    http_client_free(client);
}

static void retry_after_is_read(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    static const struct {
        const char *query;
        int64_t expected_ms;
    } rows[] = {
        {"", -1},
        {"&header=Retry-After&value=7", 7000},
        {"&header=retry-after&value=0", 0},
        {"&header=Retry-After&value=", -1},
        {"&header=Retry-After&value=soon", -1},
        {"&header=Retry-After&value=-5", -1},
        {"&header=Retry-After&value=1.5", -1},
        /* a date counts from the server's own clock: two minutes after, and in the past */
        {"&dated=1&header=Retry-After&value=Wed,+21+Oct+2015+07:30:00+GMT", 120000},
        {"&dated=1&header=Retry-After&value=Wed,+21+Oct+2015+07:00:00+GMT", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ARENA_AUTO arena = {0};
        struct str rest = arena_format(&arena, "/?status=429%s", rows[i].query);
        struct http_response response;
        struct err err = {0};
        assert_int_equal(get(client, rest.p, &response, &err), OK);
        assert_int_equal(response.status, 429);
        if (response.retry_after_ms != rows[i].expected_ms)
            fail_msg("`%s` read as %lld", rows[i].query, (long long)response.retry_after_ms);
    }
    http_client_free(client);
}

static void many_in_flight_each_get_their_own_answer(void **state)
{
    (void)state;
    enum { COUNT = 3 * HTTP_IN_FLIGHT_MAX };
    struct http_client *client = client_open(NULL, 1);
    ARENA_AUTO arena = {0};
    struct err err = {0};
    bool seen[COUNT] = {false};
    for (uint64_t tag = 0; tag < COUNT; tag++) {
        struct str rest = arena_format(&arena, "/r?q=%d%s", (int)tag, tag % 3 == 0 ? "&gzip=1" : tag % 3 == 1 ? "&chunked=1" : "");
        struct http_request request = {.url = url_of(&arena, "http", http_server_port(server), rest.p)};
        assert_int_equal(http_client_submit(client, &request, tag, &err), OK);
    }
    for (int i = 0; i < COUNT; i++) {
        struct http_response response;
        assert_int_equal(http_client_next(client, &response, &err), OK);
        assert_true(response.tag < COUNT && !seen[response.tag]);
        seen[response.tag] = true;
        struct str part = arena_format(&arena, "|%d|absent|", (int)response.tag);
        assert_non_null(memmem(response.body.p, response.body.n, part.p, part.n));
    }
    int64_t requests, retries;
    http_client_totals(client, &requests, &retries);
    assert_int_equal(requests, COUNT);
    assert_int_equal(retries, 0);
    http_client_free(client);
}

static void an_answer_stays_readable_while_others_are_submitted(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    ARENA_AUTO arena = {0};
    struct http_response response;
    struct err err = {0};
    assert_int_equal(get(client, "/large", &response, &err), OK);
    for (uint64_t tag = 0; tag < HTTP_IN_FLIGHT_MAX; tag++) {
        struct http_request request = {.url = url_of(&arena, "http", http_server_port(server), "/large?gzip=1&n=100000")};
        assert_int_equal(http_client_submit(client, &request, tag, &err), OK);
    }
    assert_memory_equal(response.body.p, large, LARGE);
    for (int i = 0; i < HTTP_IN_FLIGHT_MAX; i++)
        assert_int_equal(http_client_next(client, &response, &err), OK);
    http_client_free(client);
}

static void a_delayed_answer_holds_up_nobody(void **state)
{
    (void)state;
    struct http_server *own;
    struct err err = {0};
    assert_int_equal(http_server_start(&own, &(struct http_server_options){.listen = STR("127.0.0.1:0"), .handler = handle}, &err), OK);
    struct http_client *client = client_open(NULL, 1);
    ARENA_AUTO arena = {0};
    struct http_request slow = {.url = url_of(&arena, "http", http_server_port(own), "/slow?delay=600000")};
    struct http_request late = {.url = url_of(&arena, "http", http_server_port(own), "/late?delay=5")};
    struct http_request quick = {.url = url_of(&arena, "http", http_server_port(own), "/quick")};
    assert_int_equal(http_client_submit(client, &slow, 1, &err), OK);
    assert_int_equal(http_client_submit(client, &late, 2, &err), OK);
    assert_int_equal(http_client_submit(client, &quick, 3, &err), OK);
    bool seen[4] = {false};
    for (int i = 0; i < 2; i++) {
        struct http_response response;
        assert_int_equal(http_client_next(client, &response, &err), OK);
        assert_in_range(response.tag, 2, 3);
        seen[response.tag] = true;
    }
    assert_true(seen[2] && seen[3]);
    http_server_stop(own); /* with the slow one still suspended */
    http_client_free(client);
}

static void the_environment_s_proxy_is_not_used_for_loopback(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    struct http_client *client = client_open(NULL, 1);
    struct http_response response;
    struct err err = {0};
    int rc = get(client, "/", &response, &err);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    assert_int_equal(rc, OK);
    http_client_free(client);
}

/* What a proxy is asked for is a way to the till, not what the till is asked for. */
static void a_proxy_only_learns_the_host(void **state)
{
    (void)state;
    static const char refusal[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static const char wanted[] = "CONNECT till.example:443 HTTP/1.1\r\n";
    char address[64], asked[4096];
    int port, fd = bare_listen(&port);
    snprintf(address, sizeof address, "http://127.0.0.1:%d", port);
    setenv("https_proxy", address, 1);
    struct http_client *client = client_open(NULL, 1);
    struct http_header header = {STR("x-api-key"), STR("hunter2")};
    struct http_request request = {.url = STR("https://till.example/v1?key=hunter2"), .headers = &header, .header_count = 1};
    struct http_response response;
    struct err err = {0};
    assert_int_equal(http_client_submit(client, &request, 0, &err), OK);
    int peer = accept(fd, NULL, NULL);
    assert_true(peer >= 0);
    assert_int_equal(send(peer, refusal, sizeof refusal - 1, MSG_NOSIGNAL), (ssize_t)sizeof refusal - 1);
    int rc = http_client_next(client, &response, &err);
    unsetenv("https_proxy");
    ssize_t n = recv(peer, asked, sizeof asked - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    asked[n] = '\0';
    assert_int_equal(strncmp(asked, wanted, sizeof wanted - 1), 0);
    assert_null(strstr(asked, "hunter2"));
    assert_int_equal(rc, ERR_TILL);
    http_client_free(client);
    close(peer);
    close(fd);
}

/* ---- the client alone ---- */

static void a_refused_port_is_named(void **state)
{
    (void)state;
    int port, fd = bare_listen(&port);
    close(fd);
    struct http_client *client = client_open(NULL, 2);
    ARENA_AUTO arena = {0};
    struct http_request request = {.url = url_of(&arena, "http", port, "/v1?key=hunter2")};
    struct http_response response;
    struct err err = {0};
    assert_int_equal(http_client_perform(client, &request, &response, &err), ERR_TILL);
    assert_int_equal(response.attempts, 2);
    assert_message_names(&err, arena_format(&arena, "127.0.0.1:%d", port).p);
    assert_message_names(&err, strerror(ECONNREFUSED));
    http_client_free(client);
}

static void silence_ends_at_the_limit(void **state)
{
    (void)state;
    int port, fd = bare_listen(&port); /* connects, by the kernel, and never says a word */
    struct http_client *client = client_open(&(struct http_limits){.total_timeout_ms = 20}, 2);
    ARENA_AUTO arena = {0};
    struct http_request request = {.url = url_of(&arena, "http", port, "/v1?key=hunter2")};
    struct http_response response;
    struct err err = {0};
    assert_int_equal(http_client_perform(client, &request, &response, &err), ERR_TILL);
    assert_int_equal(response.attempts, 2);
    assert_int_equal(response.status, 0);
    assert_message_names(&err, "within");
    http_client_free(client);
    close(fd);
}

static void a_stalled_body_ends_at_the_limit(void **state)
{
    (void)state;
    struct http_client *client = client_open(&(struct http_limits){.total_timeout_ms = 50}, 1);
    int port, fd = bare_listen(&port);
    ARENA_AUTO arena = {0};
    struct http_request request = {.url = url_of(&arena, "http", port, "/")};
    struct http_response response;
    struct err err = {0};
    assert_int_equal(http_client_submit(client, &request, 0, &err), OK);
    int peer = accept(fd, NULL, NULL);
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\"";
    assert_int_equal(send(peer, half, sizeof(half) - 1, MSG_NOSIGNAL), (ssize_t)sizeof(half) - 1);
    assert_int_equal(http_client_next(client, &response, &err), ERR_TILL);
    assert_message_names(&err, "within");
    http_client_free(client);
    close(peer);
    close(fd);
}

static void strange_servers_are_errors_or_truncations(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int rc, status;
        bool truncated;
    } rows[] = {
        {"", ERR_TILL, 0, false},
        {"SSH-2.0-OpenSSH_9.2\r\n", ERR_TILL, 0, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", OK, 200, true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2]\r\n", OK, 200, true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", OK, 200, true}, /* broken off, as far as anyone can tell */
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", OK, 200, false},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", OK, 200, false},
        {"HTTP/1.0 200 OK\r\n\r\n{}", OK, 200, false}, /* ends with the connection: nothing announces more */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_client *client = client_open(NULL, 1);
        struct http_response response;
        struct err err = {0};
        int rc = get_bare(rows[i].answer, client, &response, &err);
        if (rc != rows[i].rc || response.status != rows[i].status || response.truncated != rows[i].truncated)
            fail_msg("`%s`: %d, status %d, truncated %d", rows[i].answer, rc, response.status, response.truncated);
        if (rc != OK)
            assert_message_names(&err, "127.0.0.1:");
        http_client_free(client);
    }
}

static void bad_requests_are_refused_before_they_are_sent(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    struct http_response response;
    struct err err = {0};
    static const char *const urls[] = {"http://till.example/", "ftp://127.0.0.1/", "https://a:b@till.example/", ""};
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        struct http_request request = {.url = str_from(urls[i])};
        err_clear(&err);
        assert_int_equal(http_client_perform(client, &request, &response, &err), ERR_DATA);
    }
    struct http_header header = {STR("x-api-key"), STR("hunter2\r\nx-other: 1")};
    struct http_request request = {.url = STR("http://127.0.0.1:1/"), .headers = &header, .header_count = 1};
    err_clear(&err);
    assert_int_equal(http_client_perform(client, &request, &response, &err), ERR_DATA);
    assert_message_names(&err, "x-api-key");
    int64_t requests, retries;
    http_client_totals(client, &requests, &retries);
    assert_int_equal(requests, 0);
    http_client_free(client);
}

/* Whichever allocation of ours fails, the exchange ends in an error or goes well; nothing leaks (address sanitizer). */
static void exhausted_memory_is_an_error(void **state)
{
    (void)state;
    int port, fd = bare_listen(&port);
    ARENA_AUTO arena = {0};
    struct http_header header = {STR("x-api-key"), STR("hunter2")};
    struct http_request request = {.url = url_of(&arena, "http", port, "/"), .headers = &header, .header_count = 1};
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    int rc = ERR_INTERNAL;
    for (int64_t nth = 1; rc != OK; nth++) {
        struct http_transport transport;
        struct http_response response = {0};
        struct err err = {0};
        assert_true(nth < 32);
        mem_fail_at(nth, 0);
        rc = http_curl_transport(&transport, NULL, &err);
        bool opened = rc == OK;
        if (opened)
            rc = transport.submit(transport.context, &request, 5, &err);
        if (rc == OK) {
            int peer = accept(fd, NULL, NULL);
            assert_int_equal(send(peer, answer, sizeof(answer) - 1, MSG_NOSIGNAL), (ssize_t)sizeof(answer) - 1);
            int got = 0;
            while (got == 0)
                got = transport.wait(transport.context, 1000, &response, &err);
            assert_int_equal(got, 1);
            assert_int_equal(response.tag, 5);
            rc = response.status == 200 ? OK : err.code;
            close(peer);
        }
        mem_fail_at(0, 0);
        assert_int_equal(err.code, rc);
        assert_true(rc == OK || rc == ERR_INTERNAL);
        if (opened)
            transport.free(transport.context);
    }
    close(fd);
}

static void https_to_a_plain_server_is_an_error(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    ARENA_AUTO arena = {0};
    struct http_request request = {.url = url_of(&arena, "https", http_server_port(server), "/?key=hunter2")};
    struct http_response response;
    struct err err = {0};
    assert_int_equal(http_client_perform(client, &request, &response, &err), ERR_TILL);
    assert_message_names(&err, "secure connection to 127.0.0.1:");
    http_client_free(client);
}

/* A throw-away key with a certificate for 127.0.0.1 that it signed itself: the name is right, but nobody vouches for it. */
static const char own_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeOo5wIAekZWzH+Gb\n"
    "NGRIHDE8DdGRLvEnQnNVpV0F4XehRANCAARda9tqPowwexBhfW9MVokc/eCEUJNz\n"
    "g54SW1yjN+xakye4wFPTLHltg5SI39ko5W2/Ohr5Kh9fx0LHLSsFAjmf\n"
    "-----END PRIVATE KEY-----\n";
static const char own_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBkTCCATagAwIBAgIUQfzMhTcpzjiQ8mFVu8wtVFPa5DcwCgYIKoZIzj0EAwIw\n"
    "FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMTIyMDIwOVoYDzIxMjYxMDI4\n"
    "MjIwMjA5WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO\n"
    "PQMBBwNCAARda9tqPowwexBhfW9MVokc/eCEUJNzg54SW1yjN+xakye4wFPTLHlt\n"
    "g5SI39ko5W2/Ohr5Kh9fx0LHLSsFAjmfo2QwYjAdBgNVHQ4EFgQUHN+/TVwxUlKL\n"
    "8e6IUmGwzFEu/KYwHwYDVR0jBBgwFoAUHN+/TVwxUlKL8e6IUmGwzFEu/KYwDwYD\n"
    "VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0kAMEYC\n"
    "IQCANk07loM+okfC7mOmztQGNgTSdNW5nFSLj2eCYPk2OgIhAN0CPkErOV9Pmccn\n"
    "jG+5HPh56Walw4a9VEo3YnvYGO+p\n"
    "-----END CERTIFICATE-----\n";

static enum MHD_Result never_reached(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                     const char *upload, size_t *upload_n, void **state)
{
    (void)connection, (void)url, (void)method, (void)version, (void)upload, (void)upload_n, (void)state;
    *(bool *)context = true;
    return MHD_NO;
}

static void a_certificate_that_nobody_signed_is_refused(void **state)
{
    (void)state;
    bool reached = false;
    int port, fd = bare_listen(&port);
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, never_reached, &reached,
                                                 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_HTTPS_MEM_KEY, own_key,
                                                 MHD_OPTION_HTTPS_MEM_CERT, own_certificate, MHD_OPTION_END);
    assert_non_null(daemon);
    struct http_limits patient = {.connect_timeout_ms = 60000}; /* the handshake is work, and the machine may be busy */
    struct http_client *client = client_open(&patient, 3);
    ARENA_AUTO arena = {0};
    struct http_header header = {STR("x-api-key"), STR("hunter2")};
    struct http_request request = {.url = url_of(&arena, "https", port, "/?key=hunter2"), .headers = &header, .header_count = 1};
    struct http_response response;
    struct err err = {0};
    assert_int_equal(http_client_perform(client, &request, &response, &err), ERR_TILL);
    assert_int_equal(response.attempts, 1); /* it would be as wrong the next time */
    assert_message_names(&err, "the certificate of 127.0.0.1:");
    http_client_free(client);
    MHD_stop_daemon(daemon);
    assert_false(reached); /* no key left this side */
}

/* ---- the server alone ---- */

static void assert_bare(const char *request, size_t n, const char *const *parts)
{
    BUF_AUTO answer = {0};
    bare_exchange(request, n, &answer);
    assert_false(buf_failed(&answer));
    for (; *parts != NULL; parts++)
        if (strcasestr(answer.p, *parts) == NULL)
            fail_msg("`%s` is not in `%s`", *parts, answer.p);
}
#define ASSERT_BARE(request, ...) assert_bare((request), sizeof(request) - 1, (const char *const[]){__VA_ARGS__, NULL})

static void headers_on_the_wire(void **state)
{
    (void)state;
    ASSERT_BARE("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", "\r\nDate: ", "\r\nContent-Length: 22\r\n",
                "\r\nContent-Type: application/json; charset=utf-8\r\n", "GET|/a||absent|absent|");
    ASSERT_BARE("GET /a?gzip=1&chunked=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "\r\nContent-Encoding: gzip\r\n",
                "\r\nTransfer-Encoding: chunked\r\n");
    ASSERT_BARE("GET /a HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\nConnection: close\r\n\r\n", "GET|/a||absent|k|");
    /* The handler says keep-alive; the second request closes, so that this one returns. */
    ASSERT_BARE("GET /a?header=Connection&value=keep-alive HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "\r\nConnection: keep-alive\r\n", "GET|/a|", "GET|/b|");
    ASSERT_BARE("GET /a?header=Retry-After&value= HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", "\r\nRetry-After: ");
}

static void targets_are_read_once_and_safely(void **state)
{
    (void)state;
    ASSERT_BARE("GET /a%00b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 ", "application/problem+json", "\"status\":400");
    ASSERT_BARE("GET a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 ");
    ASSERT_BARE("GET http://x/a?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 ");
    ASSERT_BARE("GET /%252e%2e/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET|/%2e./%zz|");
    /* A request that ends after its first line, and one whose headers are no headers: nothing leaks (address sanitizer). */
    ASSERT_BARE("GET /a HTTP/1.1\r\nnonsense\r\n\r\n", "");
    ASSERT_BARE("\r\n\r\n\r\nnonsense\r\n\r\n", "");
}

static void a_handler_s_bad_header_becomes_an_error_page(void **state)
{
    (void)state;
    ASSERT_BARE("GET /a?header=X&value=a%0d%0ab HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 500 ", "\"status\":500");
}

static void a_body_larger_than_the_maximum_gets_a_413(void **state)
{
    (void)state;
    struct http_client *client = client_open(NULL, 1);
    ARENA_AUTO arena = {0};
    static const size_t sizes[] = {BODY_MAX, BODY_MAX + 1, 4 * BODY_MAX};
    static const int statuses[] = {200, 413, 413};
    for (size_t i = 0; i < 3; i++) {
        struct http_request request = {
            .method = HTTP_POST, .url = url_of(&arena, "http", http_server_port(server), "/large?n=3"), .body = {large, sizes[i]}};
        struct http_response response;
        struct err err = {0};
        assert_int_equal(http_client_perform(client, &request, &response, &err), OK);
        assert_int_equal(response.status, statuses[i]);
        if (response.status == 413) {
            assert_text(response.content_type, "application/problem+json");
            assert_non_null(memmem(response.body.p, response.body.n, "\"status\":413", 12));
        }
    }
    http_client_free(client);
}

static void addresses_to_listen_on(void **state)
{
    (void)state;
    static const char *const good[] = {":0", "127.0.0.1:0", "localhost:0", "127.0.0.2:0"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct http_server *own;
        struct err err = {0};
        assert_int_equal(http_server_start(&own, &(struct http_server_options){.listen = str_from(good[i]), .handler = handle}, &err), OK);
        assert_in_range(http_server_port(own), 1, 65535);
        http_server_stop(own);
    }
    static const char *const bad[] = {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "shop.example:80", "[::1:0", "1.2.3:0"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct http_server *own = NULL;
        struct err err = {0};
        if (http_server_start(&own, &(struct http_server_options){.listen = str_from(bad[i]), .handler = handle}, &err) != ERR_USAGE)
            fail_msg("`%s` was not refused", bad[i]);
        assert_null(own);
    }
}

static void a_taken_port_is_an_error(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct str address = arena_format(&arena, "127.0.0.1:%d", http_server_port(server));
    struct http_server *own = NULL;
    struct err err = {0};
    assert_int_equal(http_server_start(&own, &(struct http_server_options){.listen = address, .handler = handle}, &err), ERR_DATA);
    assert_null(own);
    assert_message_names(&err, address.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_as_sent),
        cmocka_unit_test(bodies_arrive_whole_in_every_encoding),
        cmocka_unit_test(an_empty_body_is_empty_not_absent),
        cmocka_unit_test(a_cut_body_is_told_and_tried_again),
        cmocka_unit_test(a_body_over_the_maximum_is_refused),
        cmocka_unit_test(false_gzip_is_an_error),
        cmocka_unit_test(statuses_are_answers),
        cmocka_unit_test(retry_after_is_read),
        cmocka_unit_test(many_in_flight_each_get_their_own_answer),
        cmocka_unit_test(an_answer_stays_readable_while_others_are_submitted),
        cmocka_unit_test(a_delayed_answer_holds_up_nobody),
        cmocka_unit_test(the_environment_s_proxy_is_not_used_for_loopback),
        cmocka_unit_test(a_proxy_only_learns_the_host),
        cmocka_unit_test(a_refused_port_is_named),
        cmocka_unit_test(silence_ends_at_the_limit),
        cmocka_unit_test(a_stalled_body_ends_at_the_limit),
        cmocka_unit_test(strange_servers_are_errors_or_truncations),
        cmocka_unit_test(bad_requests_are_refused_before_they_are_sent),
        cmocka_unit_test(exhausted_memory_is_an_error),
        cmocka_unit_test(https_to_a_plain_server_is_an_error),
        cmocka_unit_test(a_certificate_that_nobody_signed_is_refused),
        cmocka_unit_test(headers_on_the_wire),
        cmocka_unit_test(targets_are_read_once_and_safely),
        cmocka_unit_test(a_handler_s_bad_header_becomes_an_error_page),
        cmocka_unit_test(a_body_larger_than_the_maximum_gets_a_413),
        cmocka_unit_test(addresses_to_listen_on),
        cmocka_unit_test(a_taken_port_is_an_error),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
