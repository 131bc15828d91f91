/* bare.h: a client of bare sockets for the tests of the server: it says the very bytes it is given, and reads until something it waits for has come. A wait that lasts too long is a
 * failure, never a hang; nothing is waited for by sleeping. */
#ifndef TESTS_UNIT_NET_BARE_H
#define TESTS_UNIT_NET_BARE_H
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "net/server_int.h"

enum { BARE_PATIENCE_S = 60 }; /* far more than is needed, also under a sanitizer on a busy machine */

/* With a receive buffer of that size, or the usual one for 0. */
static inline int bare_dial_narrow(int port, int receive_buffer)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = BARE_PATIENCE_S};

    assert_true(fd >= 0);
    if (receive_buffer > 0)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline int bare_dial(int port)
{
    return bare_dial_narrow(port, 0);
}

/* The other side may have hung up: then what follows tells. */
static inline void bare_say(int fd, const char *bytes)
{
    (void)!send(fd, bytes, strlen(bytes), MSG_NOSIGNAL);
}

/* Reads some more; false at the end of the connection. */
static inline bool bare_read(int fd, struct buf *ret)
{
    char bytes[16 << 10];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);

    if (n < 0 && errno != ECONNRESET)
        fail_msg("nothing came in time; so far `%s`", ret->p != NULL ? ret->p : "");
    if (n > 0)
        buf_append(ret, (struct str){bytes, (size_t)n});
    return n > 0;
}

static inline bool bare_holds(const struct buf *buf, const char *text)
{
    return buf->p != NULL && memmem(buf->p, buf->n, text, strlen(text)) != NULL;
}

/* Reads until `text` has come. */
static inline void bare_await(int fd, struct buf *ret, const char *text)
{
    while (!bare_holds(ret, text))
        if (!bare_read(fd, ret))
            fail_msg("the connection ended without `%s`: `%s`", text, ret->p != NULL ? ret->p : "");
}

/* Reads until the other side closes. */
static inline void bare_drain(int fd, struct buf *ret)
{
    while (bare_read(fd, ret))
        continue;
}

/* One request on a connection of its own, and all that comes back. */
static inline void bare_ask(int port, const char *request, struct buf *ret)
{
    int fd = bare_dial(port);

    bare_say(fd, request);
    bare_drain(fd, ret);
    close(fd);
    buf_append_z(ret, ""); /* a text even when nothing came */
}

/* How many connections the server holds. */
static inline size_t bare_connections(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t n = server->peer_count;
    pthread_mutex_unlock(&server->lock);
    return n;
}

static inline void assert_has(const struct buf *buf, const char *part)
{
    if (!bare_holds(buf, part))
        fail_msg("`%s` is not in `%s`", part, buf->p != NULL ? buf->p : "");
}
#endif
