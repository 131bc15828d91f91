/* server.h: `liaison serve`: the REST API under /api/v1 and the web interface over it. Used by cli. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H
#include "base/hash.h"

struct server_options {
    struct str db_url;
    struct str company;        /* absent: the only one */
    struct str listen;         /* "127.0.0.1:8080" */
    struct str certificate, certificate_key; /* PEM texts; absent: no TLS */
    struct str public_url;     /* "https://gestion.example.fr" where a proxy stands in front; absent: none does */
    const struct str *trusted_proxies; /* whose X-Forwarded-For is believed: addresses */
    size_t trusted_proxy_count;
    struct str ui_folder;      /* the built pages; absent: beside the program, then the installed ones */
    const struct seal_key *seal_key; /* NULL: the key file cannot be had, and nothing that needs it works */
    bool allow_local_tills;    /* a link made in the browser may lead to this machine: for training */
    /* Told once it listens: the port that was taken, and the code by which the first administrator is made (NULL when there are users). */
    void (*on_ready)(void *context, int port, const char *setup_code);
    void *context;
};
/* Serves until interrupt_requested(). ERR_USAGE: an address beyond this machine without TLS and without a proxy; ERR_DATA: the port is taken, the database cannot be opened or is
 * of another version, certificate and key do not fit. */
int server_run(const struct server_options *options, struct err *err) MUST_CHECK;
#endif
