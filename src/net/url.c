/* url.c: addresses: which ones we talk to, percent-encoding and its inverse. The rule on schemes protects the API key: it travels in a
 * header of every request, so it never leaves this machine unencrypted. The client's transport applies the rule to each request again. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/http.h"
#include "net/net_int.h"

enum { PORT_MAX = 65535, HOST_MAX = 253 /* RFC 1035 */ };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* A blank or a control character inside an address is an accident of copying or an attempt to smuggle a second header. */
static bool has_unprintable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

/* Only what names and addresses are made of: no percent sign, which libcurl would decode into another host. */
static bool host_is_plain(struct str host)
{
    if (host.n == 0 || host.n > HOST_MAX)
        return false;
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-' && c != '_')
            return false;
    }
    return true;
}

/* Resolvers take 2130706433, 0x7f.1 and 0177.0.0.1 for addresses. A host whose last part is a number is one in the usual four parts, or none. */
static bool host_is_odd_number(struct str host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    struct str last = host;
    if (str_ends_with(last, STR(".")))
        last.n--;
    const char *dot = memrchr(last.p, '.', last.n);
    if (dot != NULL)
        last = (struct str){dot + 1, (size_t)(last.p + last.n - dot) - 1};
    if (last.n == 0 || !is_digit(last.p[0]))
        return last.n == 0;
    bool number = last.n > 1 && (last.p[1] | 0x20) == 'x';
    size_t digits = 0;
    while (digits < last.n && is_digit(last.p[digits]))
        digits++;
    if (!number && digits < last.n)
        return false;
    if (host.n >= sizeof(text))
        return true;
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    return inet_pton(AF_INET, text, &address) != 1;
}

static bool host_is_ipv6(struct str host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (host.n == 0 || host.n >= sizeof(text))
        return false;
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

static bool port_is_valid(struct str port)
{
    int64_t number;
    return str_parse_u63(port, &number) && number >= 1 && number <= PORT_MAX;
}

/* "host", "host:port", "[ipv6]" or "[ipv6]:port". */
static bool authority_split(struct str authority, struct str *ret_host)
{
    struct str host = authority, rest = STR_NULL;
    if (authority.n > 0 && authority.p[0] == '[') {
        host.p++;
        host.n--;
        if (!str_cut(host, ']', &host, &rest) || !host_is_ipv6(host))
            return false;
        if (rest.n > 0 && (rest.p[0] != ':' || !port_is_valid((struct str){rest.p + 1, rest.n - 1})))
            return false;
    } else {
        bool has_port = str_cut(authority, ':', &host, &rest);
        if ((has_port && !port_is_valid(rest)) || !host_is_plain(host) || host_is_odd_number(host))
            return false;
    }
    *ret_host = host;
    return true;
}

bool url_split(struct str url, struct url_parts *ret)
{
    const char *mark = url.n > 0 ? memmem(url.p, url.n, "://", 3) : NULL;
    if (mark == NULL || has_unprintable(url))
        return false;
    struct url_parts parts = {.scheme = {url.p, (size_t)(mark - url.p)}, .authority = {mark + 3, 0}};
    const char *end = url.p + url.n;
    while (parts.authority.p + parts.authority.n < end && strchr("/?#", parts.authority.p[parts.authority.n]) == NULL)
        parts.authority.n++;
    if (parts.scheme.n == 0 || !authority_split(parts.authority, &parts.host))
        return false;
    *ret = parts;
    return true;
}

bool url_host_is_loopback(struct str host)
{
    if (str_equal_ignore_case(host, STR("localhost")))
        return true;
    /* inet_pton takes the four-part form only, so 127.1 or 127.0.0.1.example.org are no loopback here. */
    char text[INET6_ADDRSTRLEN];
    if (host.n >= sizeof(text) || host.n == 0)
        return false;
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    struct in_addr four;
    if (inet_pton(AF_INET, text, &four) == 1)
        return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
    struct in6_addr six;
    return inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

int http_url_check(struct str url, struct err *err)
{
    if (url.n == 0)
        return err_set(err, ERR_DATA, N_("the address is empty: give one such as https://api4.tactill.com"));
    struct url_parts parts;
    if (!url_split(url, &parts)) {
        /* The address itself is not shown: it may hold a password, and that is often the very reason of the refusal. */
        struct str authority = url;
        const char *mark = memmem(url.p, url.n, "://", 3);
        if (mark != NULL) {
            authority = (struct str){mark + 3, (size_t)(url.p + url.n - mark) - 3};
            str_cut(authority, '/', &authority, &(struct str){0});
        }
        if (memchr(authority.p, '@', authority.n) != NULL)
            return err_set(err, ERR_DATA, N_("the address holds a user name or a password: remove the part before `@`"));
        return err_set(err, ERR_DATA, N_("the address is not of the form https://name or https://name:port: correct it"));
    }
    if (str_equal_ignore_case(parts.scheme, STR("https")))
        return OK;
    if (!str_equal_ignore_case(parts.scheme, STR("http")))
        return err_set(err, ERR_DATA, N_("the address begins with %s://: only https:// is accepted"), ERR_STR(parts.scheme));
    if (!url_host_is_loopback(parts.host))
        return err_set(err, ERR_DATA, N_("the address http://%s is not encrypted, so the key could be read on the way: use https://"),
                       ERR_STR(parts.authority));
    return OK;
}

/* Of a host in figures; a name counts as public, for now. */
static enum address_class host_classify(struct str host)
{
    char text[INET6_ADDRSTRLEN];
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (url_host_is_loopback(host))
        return ADDRESS_LOOPBACK;
    if (host.n == 0 || host.n >= sizeof(text))
        return ADDRESS_PUBLIC;
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return address_classify((const struct sockaddr *)&four);
    return inet_pton(AF_INET6, text, &six.sin6_addr) == 1 ? address_classify((const struct sockaddr *)&six) : ADDRESS_PUBLIC;
}

int http_url_check_host(struct str url, const struct http_limits *limits, struct err *err)
{
    struct url_parts parts;
    if (!url_split(url, &parts))
        return http_url_check(url, err);
    enum address_class kind = host_classify(parts.host);
    if (kind == ADDRESS_LOOPBACK && limits->refuse_loopback)
        return err_set(err, ERR_DATA, HTTP_LOOPBACK_REFUSED, ERR_STR(parts.authority));
    if (kind == ADDRESS_NOWHERE || (kind == ADDRESS_PRIVATE && !limits->allow_private))
        return err_set(err, ERR_DATA, HTTP_INSIDE_REFUSED, ERR_STR(parts.authority));
    return OK;
}

void http_append_encoded(struct buf *out, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            buf_append_char(out, c);
        } else {
            unsigned char byte = (unsigned char)c;
            buf_append(out, (struct str){(char[]){'%', hex[byte >> 4], hex[byte & 15]}, 3});
        }
    }
}

struct str http_decode(struct arena *arena, struct str s, bool plus_is_blank)
{
    if (s.p == NULL)
        return STR_NULL;
    char *text = arena_alloc(arena, s.n + 1);
    if (text == NULL)
        return STR_NULL;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = i + 2 < s.n && s.p[i] == '%' ? hex_value(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
        if (low >= 0) {
            text[n++] = (char)(high << 4 | low);
            i += 2;
        } else {
            text[n++] = plus_is_blank && s.p[i] == '+' ? ' ' : s.p[i];
        }
    }
    text[n] = '\0';
    return (struct str){text, n};
}

int http_query_next(struct arena *arena, struct str *rest, struct str *ret_name, struct str *ret_value)
{
    struct str pair = STR_NULL, name, value;
    while (pair.n == 0) {
        if (rest->n == 0)
            return 0;
        str_cut(*rest, '&', &pair, rest);
    }
    if (!str_cut(pair, '=', &name, &value))
        value = STR("");
    *ret_name = http_decode(arena, name, true);
    *ret_value = http_decode(arena, value, true);
    return ret_name->p != NULL && ret_value->p != NULL ? 1 : -1;
}
