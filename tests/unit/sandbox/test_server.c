/* test_server.c: the till over a socket: the very bytes of status line, headers and framing. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "till.h"

/* Sends one request and reads until the server closes. The answer is in `out`, zero-terminated. */
static size_t ask(int port, const char *request, char *out, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    size_t n = 0;
    for (;;) {
        ssize_t got = recv(fd, out + n, size - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        out[n] = '\0';
        /* Keep-alive: the test's answers are small and end here. */
        if (strstr(out, "}\r\n0\r\n\r\n") != NULL || (n > 4 && strstr(out, "Content-Length") != NULL && out[n - 1] == '}'))
            break;
    }
    close(fd);
    out[n] = '\0';
    return n;
}

static void over_a_socket(void **state)
{
    (void)state;
    static char answer[65536];
    for (enum sandbox_dialect dialect = SANDBOX_2025; dialect <= SANDBOX_2026; dialect++) {
        struct till till;
        struct http_server *server;
        struct err err = {0};
        till_open(&till, dialect, "");
        assert_int_equal(http_server_start(&server, &(struct http_server_options){.listen = STR(":0"), .body_max = SANDBOX_BODY_MAX, .handler = sandbox_handle, .context = till.sandbox}, &err), OK);
        ask(http_server_port(server), "GET /v1/account/account HTTP/1.1\r\nHost: till\r\nx-api-key: " KEY "\r\n\r\n", answer, sizeof answer);
        assert_true(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0);
        /* libmicrohttpd capitalises the word, which has no case in HTTP. */
        assert_non_null(strcasestr(answer, "\r\nConnection: keep-alive\r\n"));
        assert_non_null(strstr(answer, "\r\nContent-Type: application/json; charset=utf-8\r\n"));
        assert_non_null(strstr(answer, "\r\nDate: "));
        assert_int_equal(strstr(answer, "\r\nTransfer-Encoding: chunked\r\n") != NULL, dialect == SANDBOX_2025);
        assert_int_equal(strstr(answer, "\r\nContent-Length: ") != NULL, dialect == SANDBOX_2026);
        ask(http_server_port(server), "GET /v1/account/account HTTP/1.1\r\nHost: till\r\nX-Api-Key: wrong\r\n\r\n", answer, sizeof answer);
        assert_non_null(strstr(answer, "401 Unauthorized"));
        assert_non_null(strstr(answer, "{\"statusCode\":401,"));
        ask(http_server_port(server), "GET " ARTICLES "?node_id=" NODE "&filter=name%3DCaf%C3%A9%26bad%3D1 HTTP/1.1\r\nHost: till\r\nx-api-key: " KEY "\r\n\r\n", answer, sizeof answer);
        assert_non_null(strstr(answer, "\"message\":\"NOT_IN_MODEL,bad\"}"));
        http_server_stop(server);
        till_close(&till);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(over_a_socket)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
