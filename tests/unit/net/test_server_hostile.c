/* test_server_hostile.c: what a stranger says to the server: requests that two servers in a row could read in two ways, heads and bodies without end, and connections by the
 * hundred that say nothing. Each time somebody with an ordinary question is answered. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "bare.h"


enum { BODY_MAX = 64 << 10 };

static _Atomic int calls;      /* of the handler */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* /wait passes when it is open */

static char large[16 << 20];   /* more than the system holds for a connection */

static void handle(void *context, const struct http_server_request *request, struct http_server_response *response)
{
    (void)context;
    calls++;
    response->status = 200;
    response->body = arena_format(request->arena, "<%.*s %.*s [%.*s]>", STR_ARG(request->method), STR_ARG(request->path), STR_ARG(request->body));
    if (str_equal(request->path, STR("/large")))
        response->body = (struct str){large, sizeof large};
    if (str_equal(request->path, STR("/wait"))) {
        pthread_mutex_lock(&gate);
        pthread_mutex_unlock(&gate);
    }
}

static struct http_server *start(struct http_server_options options)
{
    struct http_server *server = NULL;
    struct err err = {0};
    options.listen = STR(":0");
    options.handler = handle;
    options.body_max = BODY_MAX;
    assert_int_equal(http_server_start(&server, &options, &err), OK);
    return server;
}

/* ---- requests that can be read in two ways ---- */

#define HEAD "POST /a HTTP/1.1\r\nHost: x\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    /* Behind each a second request, which is not looked at. */
    static const char *const requests[] = {
        /* where the body ends */
        HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        HEAD "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
        HEAD "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
        HEAD "Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello",
        HEAD "Content-Length: 5, 5\r\n\r\nhello",
        HEAD "Content-Length: +5\r\n\r\nhello",
        HEAD "Content-Length: -1\r\n\r\n",
        HEAD "Content-Length: 0x5\r\n\r\nhello",
        HEAD "Content-Length: 5 \r\n\r\nhello",
        HEAD "Content-Length:\r\n\r\n",
        HEAD "Transfer-Encoding: identity\r\n\r\n",
        HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        /* where a line ends, and which name it has */
        HEAD "X-A: 1\n\r\n",
        HEAD "X-A: 1\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD "X-A: 1\rTransfer-Encoding: chunked\r\n\r\n",
        HEAD "X-A: 1\r\n\n",
        "GET /a HTTP/1.1\nHost: x\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\n\n",
        HEAD "X-A: 1\r\n folded\r\n\r\n",
        HEAD "X-A: 1\r\n\tfolded\r\n\r\n",
        HEAD "Content-Le: 5\r\n ngth\r\n\r\nhello",
        HEAD " Content-Length: 5\r\n\r\nhello",
        "GET /a HTTP/1.1\r\n Host: x\r\n\r\n",
        HEAD "Content-Length : 5\r\n\r\nhello",
        HEAD "Content-Length\t: 5\r\n\r\nhello",
        HEAD "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        HEAD ": 5\r\n\r\n",
        HEAD "nonsense\r\n\r\n",
        HEAD "X(A): 1\r\n\r\n",
        HEAD "X-A: a\x01z\r\n\r\n",
        HEAD "X-A: a\x7fz\r\n\r\n",
        HEAD "X-\xc3\xa9: 1\r\n\r\n",
        /* whom it is for */
        "GET /a HTTP/1.1\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n",
        "GET /a HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x/evil\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: user@x\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x, y\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x y\r\n\r\n",
        "GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://y/a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET //x/a\\ HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET  /a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET\t/a HTTP/1.1\r\nHost: x\r\n\r\n",
        "G(T /a HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a\r\n\r\n",
        "GET /a HTTP/1.11\r\nHost: x\r\n\r\n",
        "GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET /a http/1.1\r\nHost: x\r\n\r\n",
        /* chunks */
        HEAD "Transfer-Encoding: chunked\r\n\r\n5;\r\nhelloX\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
    };
    struct http_server *server = start((struct http_server_options){.workers = 1});
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        BUF_AUTO request = {0}, answer = {0};
        calls = 0;
        buf_append_z(&request, requests[i]);
        buf_append_z(&request, NEXT);
        bare_ask(http_server_port(server), request.p, &answer); /* returns when the server has closed */
        /* An end without an answer is as good: what is no HTTP needs none. */
        bool refused = answer.n == 0 || strncmp(answer.p, "HTTP/1.1 4", 10) == 0 || strncmp(answer.p, "HTTP/1.1 505", 12) == 0;
        if (calls != 0 || !refused || bare_holds(&answer, "HTTP/1.1 200"))
            fail_msg("`%s`: %d calls, `%s`", requests[i], calls, answer.n > 0 ? answer.p : "");
    }
    http_server_stop(server);
}

/* A NUL in a head, which no C string shows. */
static void a_nul_in_the_head_is_refused(void **state)
{
    (void)state;
    static const char *const starts[] = {"GET /a", "GET /a HTTP/1.1\r\nHost: x\r\nX-A: 1", "GET /a HTTP/1.1\r\nHost: x\r\nX-", "GE"};
    static const char *const ends[] = {"b HTTP/1.1\r\nHost: x\r\n\r\n", "2\r\n\r\n", "A: 2\r\n\r\n", "T /a HTTP/1.1\r\nHost: x\r\n\r\n"};
    struct http_server *server = start((struct http_server_options){.workers = 1});
    calls = 0;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        BUF_AUTO answer = {0};
        int fd = bare_dial(http_server_port(server));
        bare_say(fd, starts[i]);
        assert_int_equal(send(fd, "", 1, MSG_NOSIGNAL), 1);
        bare_say(fd, ends[i]);
        bare_drain(fd, &answer);
        close(fd);
        if (calls != 0)
            fail_msg("`%s` NUL `%s` reached the handler", starts[i], ends[i]);
    }
    http_server_stop(server);
}

static void what_is_only_unusual_is_answered(void **state)
{
    (void)state;
    static const struct { const char *request, *body; } rows[] = {
        {"GET /a HTTP/1.0\r\n\r\n", "<GET /a []>"},
        {"GET /a HTTP/1.0\r\nConnection: keep-alive\r\nHost: x\r\n\r\n" "GET /b HTTP/1.0\r\n\r\n", "<GET /b []>"},
        {"\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "<GET /a []>"},
        {"GET /a HTTP/1.1\r\nHost:x\r\nX-A:\r\nX-B:   \t b c \r\nConnection:close\r\n\r\n", "<GET /a []>"},
        {"GET /a HTTP/1.1\r\nhOST: [::1]:8080\r\nX-\x27*~: \xc3\xa9\r\nConnection: close\r\n\r\n", "<GET /a []>"},
        {"GET /a?b+c=%zz&&=&d HTTP/1.1\r\nHost: x-1.example.:80\r\nCookie: a=1; b=\"2\"; c\r\nConnection: close\r\n\r\n", "<GET /a []>"},
        {"GET /a HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", "<GET /a []>"},
        {"PURGE /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "<PURGE /a []>"},
        {HEAD "Content-Length: 005\r\nConnection: close\r\n\r\nhello", "<POST /a [hello]>"},
        {HEAD "Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n3;a=\"b\"\r\nhel\r\n2\r\nlo\r\n0\r\nX-A: 1\r\n\r\n", "<POST /a [hello]>"},
        {HEAD "Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "},
        /* The second request on a connection is looked at as the first was. */
        {HEAD "Content-Length: 5\r\n\r\nhello" HEAD "Content-Length: 2\r\nX-A: 1\r\nConnection: close\r\n\r\nyo", "<POST /a [yo]>"},
    };
    struct http_server *server = start((struct http_server_options){.workers = 1});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF_AUTO answer = {0};
        bare_ask(http_server_port(server), rows[i].request, &answer);
        if (!bare_holds(&answer, rows[i].body))
            fail_msg("`%s`: `%s`", rows[i].request, answer.p != NULL ? answer.p : "");
    }
    http_server_stop(server);
}

static void say_bytes(int fd, struct str bytes)
{
    assert_int_equal(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
}

/* Where a line of the head, or a chunk, ends for libmicrohttpd alone, which leaves no trace of it; and an ordinary request, to see that it is the rule that holds. */
static void nothing_follows_what_may_end_in_two_places(void **state)
{
    (void)state;
    static const struct str requests[] = {
        STR("GET /a HTTP/1.1\r\nHost: x\r\nX-A: 1\0\n\r\n"), STR("GET /a HTTP/1.1\r\nHost: x\r\n:\n"), STR("GET /a HTTP/1.1\r\nHost: x\r\nX-A: 1\0\n:\n"),
        STR("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\0\n\r\n"), STR("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"),
        STR(HEAD "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n"), STR(HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    };
    static const struct str proxy = STR("127.0.0.1");
    struct http_server *server = start((struct http_server_options){.workers = 1, .trusted_proxies = &proxy, .trusted_proxy_count = 1});
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        BUF_AUTO answer = {0};
        int fd = bare_dial(http_server_port(server));
        calls = 0;
        say_bytes(fd, requests[i]);
        say_bytes(fd, STR(NEXT));
        bare_drain(fd, &answer);
        close(fd);
        buf_append_z(&answer, "");
        if (calls > 1 || bare_holds(&answer, "smuggled"))
            fail_msg("%zu: %d calls, `%s`", i, calls, answer.p);
    }
    http_server_stop(server);
}

/* Also where nobody is said to stand in front. */
static void nothing_follows_a_chunked_request(void **state)
{
    (void)state;
    static const char *const chunks[] = {"5\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "5\r\nhello\n0\r\n\r\n", "5;a=b\n\nhell\r\n0\r\nX-A: 1\n\r\n"};
    struct http_server *server = start((struct http_server_options){.workers = 1});
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        BUF_AUTO request = {0}, answer = {0};
        calls = 0;
        buf_append_z(&request, HEAD "Transfer-Encoding: chunked\r\n\r\n");
        buf_append_z(&request, chunks[i]);
        buf_append_z(&request, NEXT);
        bare_ask(http_server_port(server), request.p, &answer);
        if (calls > 1 || bare_holds(&answer, "smuggled"))
            fail_msg("%zu: %d calls, `%s`", i, calls, answer.p);
        if (i == 0)
            assert_has(&answer, "\r\nConnection: close\r\n");
    }
    http_server_stop(server);
}

/* ---- too much ---- */

static void heads_and_bodies_have_an_end(void **state)
{
    (void)state;
    struct http_server *server = start((struct http_server_options){.workers = 1});
    int port = http_server_port(server);
    BUF_AUTO target = {0}, header = {0}, headers = {0};
    buf_append_z(&target, "GET /");
    buf_append_z(&header, "GET / HTTP/1.1\r\nHost: x\r\nX-A: ");
    buf_append_z(&headers, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 5000; i++) {
        buf_append_z(&target, "aaaaaaaa");
        buf_append_z(&header, "aaaaaaaa");
        buf_append_z(&headers, "X-A: 1\r\n");
    }
    const struct { const char *request, *status; } rows[] = {
        {target.p, "HTTP/1.1 414 "},
        {header.p, "HTTP/1.1 431 "},
        {headers.p, "HTTP/1.1 431 "},
        /* Refused on its word: nothing of the body is awaited. */
        {HEAD "Content-Length: 9000000000\r\n\r\n", "HTTP/1.1 413 "},
        {HEAD "Content-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 413 "},
        {HEAD "Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 413 "},
    };
    calls = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF_AUTO answer = {0};
        bare_ask(port, rows[i].request, &answer);
        if (answer.n == 0 || strncmp(answer.p, rows[i].status, strlen(rows[i].status)) != 0)
            fail_msg("%zu: `%.100s`", i, answer.p);
    }
    assert_int_equal(calls, 0);
    http_server_stop(server);
}

static size_t limit_by_path(void *context, const struct http_server_request *request)
{
    (void)context;
    return str_equal(request->path, STR("/upload")) && str_equal(http_server_header(request, "X-Key"), STR("k")) ? 0 : 5;
}

static void a_body_is_limited_by_what_the_head_says(void **state)
{
    (void)state;
    struct http_server *server = start((struct http_server_options){.workers = 1, .body_limit = limit_by_path});
    static const struct { const char *request, *answer; } rows[] = {
        {HEAD "Content-Length: 5\r\nConnection: close\r\n\r\nhello", "<POST /a [hello]>"},
        {HEAD "Content-Length: 6\r\nConnection: close\r\n\r\nhello!", "HTTP/1.1 413 "},
        {HEAD "Content-Length: 48\r\nConnection: close\r\n\r\n", "HTTP/1.1 413 "},
        {HEAD "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n6\r\nhello!\r\n0\r\n\r\n", "HTTP/1.1 413 "},
        {"POST /upload HTTP/1.1\r\nHost: x\r\nX-Key: k\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello!", "<POST /upload [hello!]>"},
        {"POST /upload HTTP/1.1\r\nHost: x\r\nX-Key: j\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello!", "HTTP/1.1 413 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF_AUTO answer = {0};
        bare_ask(http_server_port(server), rows[i].request, &answer);
        assert_has(&answer, rows[i].answer);
    }
    http_server_stop(server);
}

/* Uploads that are not finished hold memory, but not more than so much; who comes then is asked to come back, and may when one of them has gone. */
static void bodies_together_are_bounded(void **state)
{
    (void)state;
    int fds[HTTP_BODIES_AT_A_TIME];
    BUF_AUTO part = {0}, whole = {0}, answer = {0};
    struct http_server *server = start((struct http_server_options){.workers = 1});
    int port = http_server_port(server);
    buf_append_z(&part, HEAD "Content-Length: 65536\r\nExpect: 100-continue\r\n\r\n");
    buf_append_z(&whole, HEAD "Content-Length: 60000\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 60000; i++) {
        buf_append_char(&part, 'x');
        buf_append_char(&whole, 'x');
    }
    for (int i = 0; i < HTTP_BODIES_AT_A_TIME; i++) {
        fds[i] = bare_dial(port);
        bare_say(fds[i], part.p);
    }
    while (answer.n == 0 || !bare_holds(&answer, "HTTP/1.1 503 ")) { /* once theirs have come */
        buf_reset(&answer);
        bare_ask(port, whole.p, &answer);
    }
    assert_has(&answer, "\r\nRetry-After: ");
    close(fds[0]);
    while (!bare_holds(&answer, "HTTP/1.1 200 ")) {
        buf_reset(&answer);
        bare_ask(port, whole.p, &answer);
    }
    for (int i = 1; i < HTTP_BODIES_AT_A_TIME; i++)
        close(fds[i]);
    http_server_stop(server);
}

static void descriptors_bound_the_connections(void **state)
{
    (void)state;
    enum { FILES = 64 };
    struct rlimit before, few;
    int fds[FILES];
    BUF_AUTO answer = {0};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = FILES;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct http_server *server = start((struct http_server_options){.connection_max = 5000});
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < FILES; i++) {
        fds[i] = bare_dial(http_server_port(server));
        bare_say(fds[i], "GET / HT");
    }
    /* 32 of them are held: the oldest has been hung up on. */
    bare_drain(fds[0], &answer);
    bare_drain(fds[FILES / 2 - 1], &answer);
    bare_say(fds[FILES - 1], "TP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    bare_drain(fds[FILES - 1], &answer);
    assert_has(&answer, "<GET / []>");
    for (int i = 0; i < FILES; i++)
        close(fds[i]);
    http_server_stop(server);
}

/* ---- slow ---- */

enum { SLOW = 400, PLACES = 40 };

static bool is_hung_up(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN | POLLRDHUP};
    return poll(&wait, 1, 0) == 1 && (wait.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void flood(int port, const char *words, int fds[SLOW])
{
    for (int i = 0; i < SLOW; i++) {
        fds[i] = bare_dial(port);
        bare_say(fds[i], words);
        if (i % 20 == 0 || i == SLOW - 1) { /* among them, somebody with a question */
            BUF_AUTO answer = {0};
            bare_ask(port, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &answer);
            assert_has(&answer, "<GET /a []>");
        }
    }
}

/* Requests that wait for a worker. */
static size_t queued(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t n = server->queue_count;
    pthread_mutex_unlock(&server->lock);
    return n;
}

/* Ten times as many as there are places, each in another way slow; who is being worked for keeps its place, and who asks is answered. */
static void slow_connections_keep_nobody_out(void **state)
{
    (void)state;
    static const char *const words[] = {
        "", "GET", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
        HEAD "Content-Length: 1000\r\n\r\nhello",
        HEAD "Transfer-Encoding: chunked\r\n\r\n10\r\nhello",
        "GET /kept HTTP/1.1\r\nHost: x\r\n\r\n", /* and then silent, for the next */
    };
    struct http_server *server = start((struct http_server_options){.workers = 2, .connection_max = PLACES});
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        static int fds[SLOW];
        int hung_up = 0;
        BUF_AUTO answer = {0};
        calls = 0;
        pthread_mutex_lock(&gate);
        int working = bare_dial(http_server_port(server));
        bare_say(working, "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        while (calls == 0)
            sched_yield();
        flood(http_server_port(server), words[i], fds);
        for (int k = 0; k < SLOW; k++)
            hung_up += is_hung_up(fds[k]);
        if (hung_up < SLOW - PLACES - 1)
            fail_msg("`%s`: %d hung up on", words[i], hung_up);
        assert_false(is_hung_up(working));
        pthread_mutex_unlock(&gate);
        bare_drain(working, &answer);
        assert_has(&answer, "<GET /wait []>");
        close(working);
        for (int k = 0; k < SLOW; k++)
            close(fds[k]);
    }
    http_server_stop(server);
}

/* Nobody can make room where all are worked for; who comes then has its turn all the same. */
static void who_comes_when_all_are_worked_for_has_its_turn(void **state)
{
    (void)state;
    enum { FULL = 16 };
    int fds[FULL + 1];
    struct http_server *server = start((struct http_server_options){.workers = 1, .connection_max = FULL});
    pthread_mutex_lock(&gate);
    for (int i = 0; i < FULL; i++) {
        fds[i] = bare_dial(http_server_port(server));
        bare_say(fds[i], "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    while (queued(server) < FULL - 1)
        sched_yield();
    fds[FULL] = bare_dial(http_server_port(server));
    while (bare_connections(server) <= FULL)
        sched_yield();
    bare_say(fds[FULL], "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    while (queued(server) < FULL)
        sched_yield();
    pthread_mutex_unlock(&gate);
    for (int i = 0; i <= FULL; i++) {
        BUF_AUTO answer = {0};
        bare_drain(fds[i], &answer);
        assert_has(&answer, i < FULL ? "<GET /wait []>" : "<GET /a []>");
        close(fds[i]);
    }
    http_server_stop(server);
}

/* An upload that goes on is not what makes room while others have not even said what they want. */
static void who_is_sending_stays_before_who_is_silent(void **state)
{
    (void)state;
    static int fds[SLOW];
    BUF_AUTO answer = {0};
    struct http_server *server = start((struct http_server_options){.workers = 1, .connection_max = PLACES});
    int sending = bare_dial(http_server_port(server));
    bare_say(sending, HEAD "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    bare_await(sending, &answer, "100 Continue");
    flood(http_server_port(server), "GET", fds);
    bare_say(sending, "hello");
    bare_drain(sending, &answer);
    assert_has(&answer, "<POST /a [hello]>");
    close(sending);
    for (int i = 0; i < SLOW; i++)
        close(fds[i]);
    http_server_stop(server);
}

/* Bytes that come one by one, so that the connection is never silent; the time for the head ends all the same, on the first request and on the next. */
static void a_dripped_head_ends_in_time(void **state)
{
    (void)state;
    struct http_server *server = start((struct http_server_options){.header_timeout_ms = 100});
    static const char *const before[] = {"", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"};
    for (size_t i = 0; i < 2; i++) {
        BUF_AUTO answer = {0};
        int fd = bare_dial(http_server_port(server)), drops = 0;
        bare_say(fd, before[i]);
        if (i == 1)
            bare_await(fd, &answer, "<GET /a []>");
        bare_say(fd, "GET / HTTP/1.1\r\nX-A: ");
        for (; !is_hung_up(fd); drops++) {
            assert_true(drops < BARE_PATIENCE_S * 1000);
            bare_say(fd, "a");
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        assert_true(drops > 10); /* it was given its time */
        close(fd);
    }
    http_server_stop(server);
}

/* Drips that would go on for days, of a body and of the taking of an answer. */
static void dripped_bodies_and_answers_end_in_time(void **state)
{
    (void)state;
    struct http_server *server = start((struct http_server_options){.body_timeout_ms = 100, .answer_timeout_ms = 100});
    pthread_mutex_lock(&server->lock);
    server->pace = INT64_MAX; /* no second more for what has come, or is to go */
    pthread_mutex_unlock(&server->lock);
    int sender = bare_dial(http_server_port(server)), taker = bare_dial_narrow(http_server_port(server), 4096), drops = 0, taken = 0;
    bare_say(sender, HEAD "Content-Length: 60000\r\n\r\n");
    for (; !is_hung_up(sender); drops++) {
        assert_true(drops < BARE_PATIENCE_S * 1000);
        bare_say(sender, "a");
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(drops > 10);
    close(sender);
    bare_say(taker, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    for (char byte; bare_connections(server) > 0 && recv(taker, &byte, 1, 0) == 1; taken++) {
        assert_true(taken < BARE_PATIENCE_S * 1000);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(taken > 10);
    close(taker);
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_nul_in_the_head_is_refused),
        cmocka_unit_test(what_is_only_unusual_is_answered),
        cmocka_unit_test(nothing_follows_what_may_end_in_two_places),
        cmocka_unit_test(nothing_follows_a_chunked_request),
        cmocka_unit_test(heads_and_bodies_have_an_end),
        cmocka_unit_test(a_body_is_limited_by_what_the_head_says),
        cmocka_unit_test(bodies_together_are_bounded),
        cmocka_unit_test(descriptors_bound_the_connections),
        cmocka_unit_test(slow_connections_keep_nobody_out),
        cmocka_unit_test(who_comes_when_all_are_worked_for_has_its_turn),
        cmocka_unit_test(who_is_sending_stays_before_who_is_silent),
        cmocka_unit_test(a_dripped_head_ends_in_time),
        cmocka_unit_test(dripped_bodies_and_answers_end_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
