/* server_check.c: whether the head of a request can be read in one way only. libmicrohttpd 0.9.75 is lenient where two servers in a row could then disagree about where a
 * request ends: it joins folded lines (to the name!), takes a bare LF for a line end, prefers Transfer-Encoding to Content-Length, takes the first of two. It does parse in
 * place, though, so that what was between two fields is seen by their addresses: with CR LF the next line begins two bytes after the end of a value. What leaves
 * no trace, because it is as long: NUL LF, taken for CR LF, and a line of `:` LF, taken for the end of the head. Servers in front write a head anew, so that neither comes
 * through one. Chunks may end with a bare LF, which cannot be seen either; their sizes are read strictly. For what cannot be seen a connection ends with its answer after a chunked
 * request, and after every request of a proxy that is trusted (server_response.c): there is no second request that the two could see apart.
 * Used by net's server. */
#include "net/server_int.h"

enum { LINE_END = 2 }; /* CR LF */

struct head {
    uintptr_t next;             /* where the next line must begin */
    bool strict;
    int hosts, lengths, encodings;
    struct str host, length, encoding;
};

bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

/* RFC 9110, 5.6.2. */
static bool is_token(struct str s)
{
    static const char letters[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < s.n; i++)
        if (memchr(letters, s.p[i], sizeof(letters) - 1) == NULL)
            return false;
    return s.n > 0;
}

/* A name or an address, and perhaps a port; nothing that could end one or begin a user part, a path or a list. */
static bool is_host(struct str s)
{
    static const char letters[] = "-._~%:[]0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < s.n; i++)
        if (memchr(letters, s.p[i], sizeof(letters) - 1) == NULL)
            return false;
    return true;
}

/* RFC 9110, 5.5: no control character but the tabulator. */
static bool is_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool only_blanks(uintptr_t from, uintptr_t to)
{
    for (; from < to; from++)
        if (*(const char *)from != ' ' && *(const char *)from != '\t')
            return false;
    return true;
}

static void note(struct str value, int *count, struct str *ret)
{
    *ret = value;
    ++*count;
}

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *key, size_t key_n, const char *value, size_t value_n)
{
    struct head *head = context;
    (void)kind;
    if (value == NULL) {
        head->strict = false;
        return MHD_NO;
    }
    struct str name = {key, key_n}, content = {value, value_n};
    uintptr_t after_colon = (uintptr_t)key + key_n + 1, begin = (uintptr_t)value;
    head->strict = (uintptr_t)key == head->next && after_colon <= begin && only_blanks(after_colon, begin) && is_token(name) && is_value(content);
    head->next = begin + value_n + LINE_END;
    if (str_equal_ignore_case(name, STR("Host")))
        note(content, &head->hosts, &head->host);
    else if (str_equal_ignore_case(name, STR("Content-Length")))
        note(content, &head->lengths, &head->length);
    else if (str_equal_ignore_case(name, STR("Transfer-Encoding")))
        note(content, &head->encodings, &head->encoding);
    return head->strict ? MHD_YES : MHD_NO;
}

/* One blank between the parts of the first line, and CR LF after it. */
static bool first_line_is_strict(const struct exchange *exchange, const char *method, const char *version)
{
    uintptr_t target = (uintptr_t)exchange->target_place;
    return is_token(str_from(method)) && (uintptr_t)method + strlen(method) + 1 == target && target + exchange->target.n + 1 == (uintptr_t)version &&
           str_starts_with(str_from(version), STR("HTTP/1.")) && strlen(version) == sizeof("HTTP/1.1") - 1;
}

bool request_is_strict(const struct exchange *exchange, const char *method, const char *version)
{
    const union MHD_ConnectionInfo *size = MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    struct head head = {.strict = size != NULL && first_line_is_strict(exchange, method, version), .next = (uintptr_t)version + strlen(version) + LINE_END};
    if (!head.strict)
        return false;
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, on_header, &head);
    if (!head.strict || head.next + LINE_END != (uintptr_t)method + size->header_size)
        return false;
    bool first_version = str_equal(str_from(version), STR("HTTP/1.0"));
    if (head.hosts > 1 || (head.hosts == 0 && !first_version) || !is_host(head.host))
        return false;
    if (head.lengths + head.encodings > 1)
        return false;
    return head.encodings == 0 || (str_equal_ignore_case(head.encoding, STR("chunked")) && !first_version);
}

uint64_t request_announced(const struct exchange *exchange)
{
    int64_t n = 0;
    const char *length = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length == NULL ? 0 : str_parse_u63(str_from(length), &n) ? (uint64_t)n : UINT64_MAX;
}
