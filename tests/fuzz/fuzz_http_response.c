/* fuzz_http_response.c: the client's side of HTTP. The first line of the input is an address as a person may type it; the rest are the very bytes that a
 * server sends, through libcurl and our transport, to the checks that an answer of the till must pass. curl_transport.c is included whole, so that its
 * requests go to a socket pair that holds the answer already, instead of the network. libcurl's own reading of addresses is what ours is held against. */
#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static CURLMcode fuzz_add_handle(CURLM *multi, CURL *easy);
#define curl_multi_add_handle fuzz_add_handle
#include "net/curl_transport.c"
#undef curl_multi_add_handle

#include "fuzz.h"
#include "till/till_int.h"

enum { BODY_MAX = 64 << 10, ANSWER_MAX = 64 << 10, WAIT_MS = 1000, TRIES = 20, KEY_SHOWN_MAX = 6 };
static const char key[] = "5f0c6a7e9b3d2c4a1e8f7b60";

/* ---- the wire ---- */

static struct { struct str answer; int other_end; } wire = {.other_end = -1};

static curl_socket_t open_wire(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    int ends[2];

    (void)context, (void)purpose, (void)address;
    if (wire.other_end >= 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return CURL_SOCKET_BAD; /* a second connection finds nobody */
    wire.other_end = ends[1];
    if (write(ends[1], wire.answer.p, wire.answer.n) != (ssize_t)wire.answer.n || shutdown(ends[1], SHUT_WR) != 0)
        law_broken("the answer fits a socket's buffer", __FILE__, __LINE__);
    return ends[0];
}

/* libcurl 7.88 connects even what CURLOPT_SOCKOPTFUNCTION calls connected, so its call ends here: the wire needs no connection. */
int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int domain = 0;
    socklen_t domain_size = sizeof domain;

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) == 0 && domain == AF_UNIX)
        return 0;
    return (int)syscall(SYS_connect, fd, address, size);
}

static CURLMcode fuzz_add_handle(CURLM *multi, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_wire);
    return curl_multi_add_handle(multi, easy);
}

/* ---- addresses ---- */

static bool part_is(CURLU *url, CURLUPart part, const char *text)
{
    char *found = NULL;
    bool same = curl_url_get(url, part, &found, 0) == CURLUE_OK && strcasecmp(found, text) == 0;

    curl_free(found);
    return same;
}

static bool part_is_absent(CURLU *url, CURLUPart part)
{
    char *found = NULL;
    bool absent = curl_url_get(url, part, &found, 0) != CURLUE_OK;

    curl_free(found);
    return absent;
}

/* The host that we judged is the host that libcurl goes to: else the key could travel unencrypted, or elsewhere. */
static void law_of_host(const char *text, const struct url_parts *parts)
{
    CURLU *url = curl_url();
    char *host = NULL, *scheme = NULL;

    LAW(url != NULL);
    if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK) {
        LAW(curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK);
        bool six = host[0] == '[';
        struct str theirs = {host + six, strlen(host) - 2 * (size_t)six};
        /* libcurl writes numbers such as 127.1 or 0x7f000001 in four parts; then it may only be stricter than ours, never laxer. */
        LAW(str_equal_ignore_case(theirs, parts->host) || six || !url_host_is_loopback(parts->host));
        LAW(part_is(url, CURLUPART_SCHEME, "https") || url_host_is_loopback(theirs));
        LAW(part_is_absent(url, CURLUPART_USER) && part_is_absent(url, CURLUPART_PASSWORD));
    }
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(url);
}

static void law_of_address(struct str line)
{
    char text[1024];
    struct url_parts parts = {.host = STR("untouched")};
    struct err err = {0};
    int rc = http_url_check(line, &err);

    if (rc != OK) {
        law_of_refusal(rc, &err);
        if (!url_split(line, &parts))
            LAW(str_equal(parts.host, STR("untouched")));
        return;
    }
    LAW(url_split(line, &parts) && parts.host.n > 0);
    LAW(str_equal_ignore_case(parts.scheme, STR("https")) || url_host_is_loopback(parts.host));
    if (line.n >= sizeof text)
        return;
    memcpy(text, line.p, line.n);
    text[line.n] = '\0';
    law_of_host(text, &parts);
}

/* ---- answers ---- */

static struct http_transport *transport_of_test(void)
{
    static const struct http_limits limits = {.body_max = BODY_MAX, .total_timeout_ms = 2000};
    static struct http_transport transport;
    struct err err = {0};

    if (transport.context == NULL)
        LAW(http_curl_transport(&transport, &limits, &err) == OK);
    return &transport;
}

/* The beginning of the key may be in what came; not in what is said of it. */
static void law_of_secret(const struct err *err)
{
    BUF_AUTO text = {0};
    char prefix[KEY_SHOWN_MAX + 1] = {0};

    memcpy(prefix, key, KEY_SHOWN_MAX);
    err_format(err, &text);
    LAW(strcasestr(text.p, prefix) == NULL);
}

static void law_of_reading(const struct http_response *response)
{
    struct till_client client = {.base_text = STR("http://127.0.0.1"), .key_text = {key, sizeof key - 1}};
    struct answer answer = answer_to(&client, response, HTTP_GET, STR("/v1/catalog/articles"));
    ARENA_AUTO arena = {0};
    struct json *json = NULL;
    struct err err = {0};

    for (int shape = 0; shape < 3; shape++) {
        int rc = shape == 0 ? answer_array(&answer, STR("_id"), &arena, &json, &err) : shape == 1 ? answer_record(&answer, &arena, &json, &err)
                                                                                                   : answer_object(&answer, &arena, &json, &err);
        if (rc == OK) {
            LAW((response->status == 200 || response->status == 201) && !response->truncated && response->content_type.n > 0);
            continue;
        }
        LAW(rc == ERR_TILL);
        law_of_refusal(rc, &err);
        law_of_secret(&err);
    }
}

static void law_of_response(const struct http_response *response, const struct err *failure)
{
    if (response->status == 0) {
        LAW(failure->code == ERR_TILL && response->body.n == 0);
        law_of_refusal(failure->code, failure);
        return;
    }
    LAW(response->status >= 100 && response->status <= 999);
    LAW(response->body.p != NULL && response->body.n <= BODY_MAX);
    LAW(response->retry_after_ms >= -1);
    law_of_reading(response);
}

static void law_of_answer(struct str bytes)
{
    struct http_transport *transport = transport_of_test();
    struct http_header headers[] = {{STR("x-api-key"), STR("secret")}};
    struct http_request request = {.method = HTTP_GET, .url = STR("http://127.0.0.1:1/v1/catalog/articles?limit=1"), .headers = headers, .header_count = 1};
    struct http_response response = {0};
    struct err err = {0}, failure = {0};
    int rc = 0;

    if (bytes.n > ANSWER_MAX)
        return;
    wire.answer = bytes.n > 0 ? bytes : STR("");
    LAW(transport->submit(transport->context, &request, 7, &err) == OK);
    for (int i = 0; i < TRIES && rc == 0; i++)
        rc = transport->wait(transport->context, WAIT_MS, &response, &failure);
    LAW(rc == 1 && response.tag == 7);
    law_of_response(&response, &failure);
    if (wire.other_end >= 0)
        close(wire.other_end);
    wire.other_end = -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = input_of(data, size);

    law_of_address(input_line(&rest));
    law_of_answer(rest);
    return 0;
}
