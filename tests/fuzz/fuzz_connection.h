/* fuzz_connection.h: a connection handed to a server's daemon over a socket pair instead of the network: its very bytes, and all that is answered. */
#ifndef TESTS_FUZZ_CONNECTION_H
#define TESTS_FUZZ_CONNECTION_H
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server_int.h"

#include "fuzz.h"

enum { ANSWER_MS = 5000 };

/* All that comes until the server closes; it must, once it is told that no more bytes follow. It is told when it has taken those that were sent:
 * libmicrohttpd 0.9.75 does not see an end that comes together with the last bytes, and would close only after CONNECTION_TIMEOUT_S. */
static inline void connection_read(int fd, struct buf *out)
{
    bool told = false;

    for (int waited_ms = 0; waited_ms < ANSWER_MS;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int unread = 1;

        if (!told && ioctl(fd, SIOCOUTQ, &unread) == 0 && unread == 0)
            told = shutdown(fd, SHUT_WR) == 0;
        int ready = poll(&wait, 1, told ? 100 : 1);
        waited_ms += ready == 0 ? (told ? 100 : 1) : 0;
        if (ready <= 0)
            continue;
        char *room = buf_reserve(out, 4096);
        LAW(room != NULL);
        ssize_t got = read(fd, room, 4096);
        if (got <= 0)
            return;
        out->n += (size_t)got;
    }
    law_broken("the server closes a connection that has ended", __FILE__, __LINE__);
}

/* `said` is less than a socket takes at once. */
static inline void connection_ask(struct http_server *server, struct str said, struct buf *answer)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(4242)};
    int ends[2];

    LAW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    LAW(write(ends[0], said.p, said.n) == (ssize_t)said.n);
    LAW(MHD_add_connection(server->daemon, ends[1], (struct sockaddr *)&peer, sizeof peer) == MHD_YES);
    connection_read(ends[0], answer);
    close(ends[0]);
}
#endif
