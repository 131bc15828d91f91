/* address.c: what kind of network an address belongs to. A link's address is typed by a person, or given by a name server: neither may lead the program, and the key
 * with it, to what only this machine can reach. Private to net. */
#include <netinet/in.h>
#include <string.h>

#include "net/net_int.h"

/* Source: the IANA registries of special-purpose addresses (RFC 6890 and its updates). */
struct network { unsigned char bytes[16]; int bits; enum address_class kind; };
static const struct network NETWORKS_4[] = {
    {{127}, 8, ADDRESS_LOOPBACK},
    {{10}, 8, ADDRESS_PRIVATE},         {{172, 16}, 12, ADDRESS_PRIVATE},      {{192, 168}, 16, ADDRESS_PRIVATE},
    {{100, 64}, 10, ADDRESS_PRIVATE},   /* carrier-grade NAT */
    {{0}, 8, ADDRESS_NOWHERE},          {{169, 254}, 16, ADDRESS_NOWHERE},     /* link-local: where clouds serve their metadata */
    {{192, 0, 0}, 24, ADDRESS_NOWHERE}, {{198, 18}, 15, ADDRESS_PRIVATE},      /* benchmarks */
    {{224}, 4, ADDRESS_NOWHERE},        {{240}, 4, ADDRESS_NOWHERE},           /* multicast, reserved, broadcast */
};
static const struct network NETWORKS_6[] = {
    {{[15] = 1}, 128, ADDRESS_LOOPBACK},
    {{0}, 128, ADDRESS_NOWHERE},
    {{0xFD, 0x00, 0x0E, 0xC2}, 32, ADDRESS_NOWHERE}, /* metadata of a cloud, within the private range below */
    {{0xFC}, 7, ADDRESS_PRIVATE},
    {{0xFE, 0x80}, 10, ADDRESS_NOWHERE},  {{0xFE, 0xC0}, 10, ADDRESS_PRIVATE}, {{0xFF}, 8, ADDRESS_NOWHERE},
};
/* Where an IPv4 address stands inside an IPv6 one: mapped, compatible, NAT64, 6to4. */
static const struct { unsigned char bytes[16]; int bits, at; } EMBEDDED[] = {
    {{[10] = 0xFF, [11] = 0xFF}, 96, 12}, {{0}, 96, 12}, {{0x00, 0x64, 0xFF, 0x9B}, 96, 12}, {{0x20, 0x02}, 16, 2},
};

static bool begins_with(const unsigned char *address, const unsigned char *prefix, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    return memcmp(address, prefix, (size_t)whole) == 0 && (rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0);
}

static enum address_class classify(const unsigned char *address, const struct network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (begins_with(address, networks[i].bytes, networks[i].bits))
            return networks[i].kind;
    return ADDRESS_PUBLIC;
}

static enum address_class classify_6(const unsigned char address[16])
{
    enum address_class kind = classify(address, NETWORKS_6, sizeof NETWORKS_6 / sizeof *NETWORKS_6);

    for (size_t i = 0; kind == ADDRESS_PUBLIC && i < sizeof EMBEDDED / sizeof *EMBEDDED; i++)
        if (begins_with(address, EMBEDDED[i].bytes, EMBEDDED[i].bits))
            kind = classify(address + EMBEDDED[i].at, NETWORKS_4, sizeof NETWORKS_4 / sizeof *NETWORKS_4);
    return kind;
}

enum address_class address_classify(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof four);
        return classify((const unsigned char *)&four.sin_addr, NETWORKS_4, sizeof NETWORKS_4 / sizeof *NETWORKS_4);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, address, sizeof six);
        return classify_6(six.sin6_addr.s6_addr);
    }
    return ADDRESS_NOWHERE;
}
