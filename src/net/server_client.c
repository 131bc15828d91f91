/* server_client.c: where a request comes from: its peer's address, or, when the peer is a proxy that is trusted, the one that the proxy names in X-Forwarded-For. Each proxy adds whom it
 * heard from at the end, so that the last address which is not a trusted proxy's own is the client's; what stands before it was written by the client, and is not believed.
 * All addresses are kept as IPv6 ones, so that an IPv4 address has one form whatever socket it came through. Used by net's server. */
#include <string.h>

#include "net/server_int.h"

static void map(const struct in_addr *four, struct in6_addr *ret)
{
    *ret = (struct in6_addr){.s6_addr = {[10] = 0xFF, [11] = 0xFF}};
    memcpy(ret->s6_addr + 12, four, sizeof(*four));
}

static bool parse(struct str text, struct in6_addr *ret)
{
    char copy[INET6_ADDRSTRLEN] = "";
    struct in_addr four;
    if (text.n == 0 || text.n >= sizeof(copy) || memchr(text.p, '\0', text.n) != NULL)
        return false;
    memcpy(copy, text.p, text.n);
    if (inet_pton(AF_INET, copy, &four) == 1) {
        map(&four, ret);
        return true;
    }
    return inet_pton(AF_INET6, copy, ret) == 1;
}

static void write_address(const struct in6_addr *address, char ret[INET6_ADDRSTRLEN])
{
    bool four = IN6_IS_ADDR_V4MAPPED(address);
    if (inet_ntop(four ? AF_INET : AF_INET6, address->s6_addr + (four ? 12 : 0), ret, INET6_ADDRSTRLEN) == NULL)
        ret[0] = '\0';
}

struct in6_addr client_of_socket(const struct sockaddr *from)
{
    struct in6_addr address = IN6ADDR_ANY_INIT;
    if (from != NULL && from->sa_family == AF_INET)
        map(&((const struct sockaddr_in *)(const void *)from)->sin_addr, &address);
    else if (from != NULL && from->sa_family == AF_INET6)
        address = ((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
    return address;
}

int client_trust(struct http_server *server, const struct str *proxies, size_t count, struct err *err)
{
    if (count > HTTP_TRUSTED_PROXIES_MAX)
        return err_set(err, ERR_USAGE, N_("at most %s proxies can be trusted"), ERR_INT(HTTP_TRUSTED_PROXIES_MAX));
    for (size_t i = 0; i < count; i++)
        if (!parse(proxies[i], &server->trusted[i]))
            return err_set(err, ERR_USAGE, N_("“%s” is not the address of a proxy: give one such as 127.0.0.1, without a port"), ERR_STR(proxies[i]));
    server->trusted_count = count;
    return OK;
}

static bool is_trusted(const struct http_server *server, const struct in6_addr *address)
{
    for (size_t i = 0; i < server->trusted_count; i++)
        if (memcmp(&server->trusted[i], address, sizeof(*address)) == 0)
            return true;
    return false;
}

/* What is known while the elements are read from the first to the last, `found` as if only those existed: so several header lines read as one, whatever their number. */
struct search { const struct http_server *server; struct in6_addr found; bool any; };

/* Nothing before what cannot be read is believed; of trusted proxies alone the first one counts. */
static void read_element(struct search *search, struct str element)
{
    struct in6_addr address;
    if (!parse(str_trim(element), &address)) {
        search->any = false;
    } else if (!search->any || !is_trusted(search->server, &address)) {
        search->found = address;
        search->any = true;
    }
}

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *key, size_t key_n, const char *value, size_t value_n)
{
    struct str element, rest = {value, value_n};
    (void)kind;
    if (!str_equal_ignore_case((struct str){key, key_n}, STR("X-Forwarded-For")))
        return MHD_YES;
    for (bool more = true; more;) {
        more = str_cut(rest, ',', &element, &rest);
        read_element(context, element);
    }
    return MHD_YES;
}

void client_find(struct exchange *exchange)
{
    struct search search = {.server = exchange->server};
    exchange->proxied = is_trusted(exchange->server, &exchange->peer->address);
    if (exchange->proxied)
        MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, on_header, &search);
    write_address(search.any ? &search.found : &exchange->peer->address, exchange->address);
}
