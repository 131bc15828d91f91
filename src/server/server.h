/* server.h: `liaison serve`: today a read-only overview behind a login; the REST API and the full pages come here. Used by cli. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H
#include "base/err.h"

struct server_options {
    struct str db_url;
    struct str company;        /* absent: the only one */
    struct str listen;         /* "127.0.0.1:8080"; loopback only, as there is no TLS yet: a proxy stands in front */
    /* Told once it listens, with the port that was taken. */
    void (*on_ready)(void *context, int port);
    void *context;
};
/* Serves until interrupt_requested(). ERR_USAGE for an address that is not loopback, ERR_DATA when the port is taken or the database cannot be opened. */
int server_run(const struct server_options *options, struct err *err) MUST_CHECK;
#endif
