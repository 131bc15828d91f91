/* fuzz_http_request.c: the server's side of HTTP: the very bytes of a connection, through libmicrohttpd, to a handler, and what that handler asks for:
 * path, query, headers, body. A connection is handed to the server's daemon over a socket pair instead of the network.
 * The first line is also tried as an address to listen on, and the whole as text to encode and decode. */
#include "fuzz_connection.h"
#include "../unit/net/query.h"

enum { BODY_MAX = 1024, REQUEST_MAX = 16 << 10 };

/* What the connection says, and how often that has reached the handler; both sides take turns. */
static struct str said;
static _Atomic int reached;

/* ---- laws inside of the handler ---- */

static void law_of_line(struct str text)
{
    LAW(text.n == 0 || (memchr(text.p, '\r', text.n) == NULL && memchr(text.p, '\n', text.n) == NULL && memchr(text.p, '\0', text.n) == NULL));
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    int place = found != NULL ? (int)(found - digits) : -1;

    return place < 16 ? place : place - 6;
}

/* A slow decoding of our own. */
static void decode_slowly(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool escape = text.p[i] == '%' && i + 2 < text.n && hex_digit(text.p[i + 1]) >= 0 && hex_digit(text.p[i + 2]) >= 0;
        if (escape)
            buf_append_char(out, (char)(hex_digit(text.p[i + 1]) * 16 + hex_digit(text.p[i + 2])));
        else
            buf_append_char(out, text.p[i] == '+' ? ' ' : text.p[i]);
        i += escape ? 2 : 0;
    }
}

/* Each parameter is found under its name, with the value of the first of that name. */
static void law_of_query(const struct http_server_request *request)
{
    struct str rest = request->query, pair, name, value;

    for (bool first = true; rest.n > 0; first = false) {
        BUF_AUTO decoded_name = {0}, decoded_value = {0};

        str_cut(rest, '&', &pair, &rest);
        if (pair.n == 0)
            continue;
        if (!str_cut(pair, '=', &name, &value))
            value = STR("");
        decode_slowly(&decoded_name, name);
        decode_slowly(&decoded_value, value);
        struct str found = query_parameter(request, buf_str(&decoded_name));
        LAW(found.p != NULL);
        LAW(!first || str_equal(found, buf_str(&decoded_value)));
    }
    LAW(query_parameter(request, STR("a name that no query has & never will")).p == NULL);
}

/* How many lines of a head have that name. */
static int count_lines(struct str head, struct str name)
{
    int count = 0;

    for (struct str line; head.n > 0;) {
        const char *end = memmem(head.p, head.n, "\r\n", 2);
        size_t n = end != NULL ? (size_t)(end - head.p) : head.n;
        line = (struct str){head.p, n};
        count += line.n > name.n && line.p[name.n] == ':' && str_equal_ignore_case((struct str){line.p, name.n}, name);
        head = end != NULL ? (struct str){end + 2, head.n - n - 2} : STR_NULL;
    }
    return count;
}

/* What was said, from the first line on that is not empty. To libmicrohttpd a line that begins with NUL is empty, NUL LF ends a line as CR LF does, and a line of `:` LF
 * ends the head: of these three it leaves no trace. */
static struct str first_head(struct arena *arena)
{
    struct str copy = arena_copy(arena, said);
    char *bytes = (char *)(uintptr_t)copy.p; /* ours */

    for (size_t i = 0; i + 1 < copy.n; i++)
        if (bytes[i + 1] == '\n' && (bytes[i] == '\0' || (bytes[i] == ':' && i > 0 && bytes[i - 1] == '\n')))
            bytes[i] = '\r';
    while (copy.n > 0 && (copy.p[0] == '\n' || copy.p[0] == '\0' || (copy.n > 1 && memcmp(copy.p, "\r\n", 2) == 0))) {
        const char *end = memchr(copy.p, '\n', copy.n);
        LAW(end != NULL);
        copy = (struct str){end + 1, (size_t)(copy.p + copy.n - end) - 1};
    }
    return copy;
}

/* The head of the first request that reaches the handler can be read in one way only. Its end is looked for slowly, and a stray CR, LF or fold would move it. */
static void law_of_head(void)
{
    ARENA_AUTO arena = {0};
    struct str head = first_head(&arena);
    const char *end = memmem(head.p, head.n, "\r\n\r\n", 4);
    LAW(end != NULL);
    head.n = (size_t)(end - head.p);
    for (size_t i = 0; i < head.n; i++) {
        LAW(head.p[i] != '\0');
        LAW(head.p[i] != '\r' || (i + 1 < head.n && head.p[i + 1] == '\n'));
        LAW(head.p[i] != '\n' || (i > 0 && head.p[i - 1] == '\r' && i + 1 < head.n && head.p[i + 1] != ' ' && head.p[i + 1] != '\t'));
    }
    LAW(count_lines(head, STR("Host")) <= 1 && count_lines(head, STR("Content-Length")) + count_lines(head, STR("Transfer-Encoding")) <= 1);
}

static void handle(void *context, const struct http_server_request *request, struct http_server_response *response)
{
    (void)context;
    if (reached++ == 0)
        law_of_head();
    LAW(request->method.n > 0 && request->path.n > 0 && request->path.p[0] == '/');
    LAW(memchr(request->path.p, '\0', request->path.n) == NULL);
    LAW(request->body.n <= BODY_MAX);
    law_of_line(request->method);
    law_of_line(request->query);
    law_of_line(http_server_header(request, "X-Api-Key"));
    law_of_line(http_server_header(request, "Accept-Encoding"));
    law_of_query(request);
    *response = (struct http_server_response){.status = 200, .body = request->path, .header_count = 1};
    response->headers[0] = (struct http_header){STR("Content-Type"), STR("text/plain")};
    response->gzip = query_parameter(request, STR("gzip")).p != NULL;
    response->chunked = query_parameter(request, STR("chunked")).p != NULL;
    response->cut = query_parameter(request, STR("cut")).p != NULL;
}

/* ---- one connection ---- */

static struct http_server *server_of_test(void)
{
    static struct http_server *server;
    struct err err = {0};

    if (server == NULL)
        LAW(http_server_start(&server, &(struct http_server_options){.listen = STR("127.0.0.1:0"), .body_max = BODY_MAX, .handler = handle}, &err) == OK);
    return server;
}

static void law_of_connection(struct str input)
{
    BUF_AUTO answer = {0};

    if (input.n > REQUEST_MAX)
        return;
    said = input;
    reached = 0;
    connection_ask(server_of_test(), input, &answer);
    LAW(answer.n == 0 || str_starts_with(buf_str(&answer), STR("HTTP/1.")));
}

/* ---- texts ---- */

static void law_of_encoding(struct str input)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO encoded = {0}, slowly = {0};

    http_append_encoded(&encoded, input);
    for (size_t i = 0; i < encoded.n; i++)
        LAW(encoded.p[i] > ' ' && encoded.p[i] < 0x7F && strchr("&=+#?/", encoded.p[i]) == NULL);
    for (int plus_is_blank = 0; plus_is_blank < 2; plus_is_blank++)
        LAW(str_equal(http_decode(&arena, buf_str(&encoded), plus_is_blank), input));
    decode_slowly(&slowly, input);
    LAW(str_equal(http_decode(&arena, input, true), buf_str(&slowly)));
}

static void law_of_listening(struct str line)
{
    union address address = {.any.sa_family = AF_UNSPEC};
    struct err err = {0};
    int rc = listen_address_parse(line, &address, &err);

    if (rc != OK) {
        LAW(address.any.sa_family == AF_UNSPEC);
        law_of_refusal(rc, &err);
        return;
    }
    LAW(address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6);
    int64_t port = ntohs(address.any.sa_family == AF_INET ? address.four.sin_port : address.six.sin6_port), written = -1;
    const char *colon = memrchr(line.p, ':', line.n);
    LAW(str_parse_u63((struct str){colon + 1, line.n - (size_t)(colon - line.p) - 1}, &written) && written == port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = input_of(data, size), rest = input;

    if (size == 0)
        return 0;
    law_of_encoding(input);
    law_of_listening(input_line(&rest));
    law_of_connection(input);
    return 0;
}
