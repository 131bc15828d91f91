/* net_int.h: what the files of net share with each other. Nobody outside net includes it. */
#ifndef NET_NET_INT_H
#define NET_NET_INT_H
#include "base/str.h"

/* The parts of an address, borrowed from it. */
struct url_parts {
    struct str scheme;    /* "https" */
    struct str authority; /* "host:port" as written, with its brackets: what a message may show */
    struct str host;      /* without port and brackets */
};
/* False when `url` is not scheme://host[:port][/…] with a plain host, or holds blanks, control characters or a user part. */
bool url_split(struct str url, struct url_parts *ret);
/* Whether a host is this machine by name or address: localhost, 127.0.0.0/8, ::1. */
bool url_host_is_loopback(struct str host);

/* ---- address.c ---- */
struct sockaddr;
enum address_class {
    ADDRESS_PUBLIC,
    ADDRESS_LOOPBACK,   /* this machine */
    ADDRESS_PRIVATE,    /* a network behind a router, this one's own among them */
    ADDRESS_NOWHERE,    /* no till has it: link-local (where clouds serve their secrets), multicast, reserved, another family */
};
enum address_class address_classify(const struct sockaddr *address);
#endif
