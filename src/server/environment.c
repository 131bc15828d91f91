/* environment.c: what of the server reaches tills: the key that opens theirs, the clock, and a transport that keeps to the addresses which the options allow. */
#include <stdlib.h>

#include "server/server_int.h"

static struct http_limits limits_of(const struct server *server)
{
    return (struct http_limits){.allow_private = str_equal(str_from(getenv("LIAISON_PRIVATE_TILLS")), STR("yes")), .refuse_loopback = !server->options->allow_local_tills};
}

static int make_transport(void *context, struct http_transport *ret, struct err *err)
{
    const struct http_limits limits = limits_of(context);

    return http_curl_transport(ret, &limits, err);
}

void server_environment(const struct server *server, struct db *db, const struct company *company, struct sync_environment *ret)
{
    *ret = (struct sync_environment){.db = db, .company = company, .seal_key = server->options->seal_key, .clock = &system_clock, .random = &system_random,
                                     .transport = make_transport, .transport_context = (void *)server};
}

int server_needs_key(const struct server *server, struct err *err)
{
    if (server->options->seal_key)
        return OK;
    return err_set(err, ERR_DATA, N_("the server was started without its key file, which opens the keys of the tills: put it back in its place and start the server again"));
}

int server_check_url(const struct server *server, struct str url, struct err *err)
{
    const struct http_limits limits = limits_of(server);

    return http_url_check_host(url, &limits, err);
}
