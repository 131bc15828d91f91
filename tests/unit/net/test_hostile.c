/* test_hostile.c: what a hostile server or name server tries on the transport where the real limits would take a minute: drips, and addresses of every kind. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "net/http.h"
#include "net/net_int.h"

/* ---- a server that drips ---- */

enum { DRIP_EVERY_MS = 2 };

struct dripper {
    int listening;
    uint16_t port;
    const char *head;
    char drop;
    _Atomic int drops;
    pthread_t thread;
};

/* Sends the head, then a byte every other millisecond until the client hangs up: never silent for long, never done. */
static void *drip(void *context)
{
    struct dripper *dripper = context;
    char request[4096];
    int connection = accept(dripper->listening, NULL, NULL);

    assert_true(connection >= 0);
    assert_true(recv(connection, request, sizeof request, 0) > 0);
    assert_true(send(connection, dripper->head, strlen(dripper->head), MSG_NOSIGNAL) >= 0);
    while (send(connection, &dripper->drop, 1, MSG_NOSIGNAL) == 1) {
        struct pollfd hung_up = {.fd = connection, .events = POLLRDHUP};
        dripper->drops++;
        if (poll(&hung_up, 1, DRIP_EVERY_MS) > 0)
            break;
    }
    close(connection);
    return NULL;
}

static void dripper_start(struct dripper *dripper)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    dripper->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(dripper->listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(dripper->listening, 4), 0);
    assert_int_equal(getsockname(dripper->listening, (struct sockaddr *)&address, &size), 0);
    dripper->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&dripper->thread, NULL, drip, dripper), 0);
}

/* One exchange with a time limit for the whole of it: it ends, as a timeout, although bytes came all the while. */
static void assert_drip_ends(const char *head, char drop)
{
    struct dripper dripper = {.head = head, .drop = drop};
    const struct http_limits limits = {.total_timeout_ms = 200, .idle_timeout_ms = 60000};
    struct http_transport transport;
    struct http_response response = {0};
    struct err err = {0};
    char url[64];
    int got = 0;

    dripper_start(&dripper);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", dripper.port);
    const struct http_request request = {.method = HTTP_GET, .url = str_from(url)};
    assert_int_equal(http_curl_transport(&transport, &limits, &err), OK);
    assert_int_equal(transport.submit(transport.context, &request, 7, &err), OK);
    while ((got = transport.wait(transport.context, 1000, &response, &err)) == 0)
        continue;
    assert_int_equal(got, 1);
    assert_int_equal(response.tag, 7);
    assert_int_equal(response.status, 0);
    assert_int_equal(err.code, ERR_TILL);
    assert_non_null(strstr(err.message, "no complete answer within"));
    transport.free(transport.context);
    pthread_join(dripper.thread, NULL);
    close(dripper.listening);
    assert_true(dripper.drops > 1);
}

static void a_dripped_body_ends_at_the_limit(void **state)
{
    (void)state;
    assert_drip_ends("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n", ' ');
    assert_drip_ends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n", ' ');
}

static void dripped_headers_end_at_the_limit(void **state)
{
    (void)state;
    assert_drip_ends("HTTP/1.1 200 OK\r\nX-Filler: ", 'x');
    assert_drip_ends("HTTP/1.1 2", '0');
}

/* ---- addresses ---- */

static enum address_class class_of(const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return address_classify((struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return address_classify((struct sockaddr *)&six);
}

/* The first and the last address of each network, and their neighbours outside. */
static void addresses_are_of_their_network(void **state)
{
    (void)state;
    static const struct { enum address_class kind; const char *texts[24]; } cases[] = {
        {ADDRESS_PUBLIC, {"1.1.1.1", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
                          "100.63.255.255", "100.128.0.0", "169.253.255.255", "169.255.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "192.0.1.0"}},
        {ADDRESS_PUBLIC, {"2001:db8::1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::", "fbff::1", "2003::1"}},
        {ADDRESS_LOOPBACK, {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"}},
        {ADDRESS_PRIVATE, {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255", "100.64.0.0", "100.127.255.255", "198.18.0.0",
                           "198.19.255.255", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:c0a8:101::", "fc00::", "fdff:ffff::1", "fec0::1"}},
        {ADDRESS_NOWHERE, {"0.0.0.0", "0.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "192.0.0.8", "224.0.0.1", "239.255.255.255", "240.0.0.1",
                           "255.255.255.255", "::", "fe80::", "febf::1", "ff00::", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (const char *const *text = cases[i].texts; *text; text++)
            if (class_of(*text) != cases[i].kind)
                fail_msg("%s is of class %d, not %d", *text, (int)class_of(*text), (int)cases[i].kind);
    assert_int_equal(address_classify(&(struct sockaddr){.sa_family = AF_UNIX}), ADDRESS_NOWHERE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dripped_body_ends_at_the_limit),
        cmocka_unit_test(dripped_headers_end_at_the_limit),
        cmocka_unit_test(addresses_are_of_their_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
