/* test_url.c: which addresses are accepted, and percent-encoding with its inverse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/http.h"

static void accepted_addresses(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "https://api4.tactill.com",
        "https://api4.tactill.com/v1/catalog/articles?limit=100",
        "HTTPS://API4.TACTILL.COM",
        "https://192.0.2.7:8443/v1",
        "https://[2001:db8::1]/v1",
        "http://127.0.0.1:8080/v1",
        "https://4you.example.3com",
        "http://127.255.255.254/",
        "http://localhost:3000",
        "http://LocalHost?x=1",
        "http://[::1]",
        "http://[::1]:8080/a@b:c", /* an @ in the path is no user part */
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        struct err err = {0};
        if (http_url_check(str_from(urls[i]), &err) != OK)
            fail_msg("refused: %s (%s)", urls[i], err.message);
        assert_int_equal(err.code, OK);
    }
}

static void refused_addresses(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "api4.tactill.com",
        "://api4.tactill.com",
        "https://",
        "https:///v1",
        "https://?x",
        "https://:443/",
        "http://api4.tactill.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://127.1",
        "http://2130706433",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://127.0.0.1@example.org",
        "http://localhost%2eexample.org",
        "http://[::2]",
        "http://[::1",
        "http://[::1]x",
        "http://[::1]:",
        "http://[127.0.0.1]",
        "https://2130706433", /* addresses as only resolvers write them */
        "https://0x7f000001",
        "https://0x7f.1",
        "https://0177.0.0.1",
        "https://127.1",
        "https://10.1.2",
        "https://1.2.3.4.5",
        "https://256.1.1.1",
        "https://127.0.0.1.",
        "https://example.0x10",
        "https://user:pass@api4.tactill.com",
        "https://user@api4.tactill.com",
        "https://api4.tactill.com:0",
        "https://api4.tactill.com:65536",
        "https://api4.tactill.com:443x",
        "https://api4.tactill.com:",
        "https://api4.tactill.com\\@example.org",
        "https://api4.tactill.com/a b",
        "https://api4.tactill.com/a\r\nx: y",
        "https://caf\xc3\xa9.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://localhost/",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        struct err err = {0};
        if (http_url_check(str_from(urls[i]), &err) != ERR_DATA)
            fail_msg("accepted: %s", urls[i]);
        assert_non_null(err.message);
    }
    struct err err = {0};
    assert_int_equal(http_url_check(STR_NULL, &err), ERR_DATA);
    assert_int_equal(http_url_check((struct str){"https://a\0b/", 12}, &err), ERR_DATA);
}

static void refusal_does_not_show_the_password(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(http_url_check(STR("https://shop:hunter2@api4.tactill.com/?k=hunter2"), &err), ERR_DATA);
    BUF_AUTO text = {0};
    err_format(&err, &text);
    assert_null(strstr(text.p, "hunter2"));
}

static void encoding_keeps_only_unreserved(void **state)
{
    (void)state;
    BUF_AUTO out = {0};
    http_append_encoded(&out, STR("aZ09-._~ /?&=+%\xc3\xa9"));
    http_append_encoded(&out, (struct str){"\0", 1});
    assert_false(buf_failed(&out));
    assert_string_equal(out.p, "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9%00");
}

static void assert_decodes(struct arena *arena, struct str in, bool plus, struct str expected)
{
    struct str out = http_decode(arena, in, plus);
    assert_int_equal(out.n, expected.n);
    assert_memory_equal(out.p, expected.p, expected.n);
}

static void decoding_keeps_what_is_no_escape(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    assert_decodes(&arena, STR("a%20b+c"), false, STR("a b+c"));
    assert_decodes(&arena, STR("a%20b+c"), true, STR("a b c"));
    assert_decodes(&arena, STR("%c3%A9"), false, STR("\xc3\xa9"));
    assert_decodes(&arena, STR("%2520"), false, STR("%20")); /* once, not twice */
    assert_decodes(&arena, STR("100%"), false, STR("100%"));
    assert_decodes(&arena, STR("%4"), false, STR("%4"));
    assert_decodes(&arena, STR("%zz%4g%%41"), false, STR("%zz%4g%A"));
    assert_decodes(&arena, STR("%00x"), false, (struct str){"\0x", 2});
    assert_decodes(&arena, STR(""), false, STR(""));
    assert_null(http_decode(&arena, STR_NULL, false).p);
}

/* The law: decode(encode(s)) = s for all bytes, whichever way a plus is read. */
static void decoding_undoes_encoding(void **state)
{
    (void)state;
    uint32_t seed = 20240229;
    for (int round = 0; round < 2000; round++) {
        char bytes[64];
        size_t n = seed % sizeof(bytes);
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (char)(seed >> 24);
        }
        seed = seed * 1664525 + 1013904223;
        ARENA_AUTO arena = {0};
        BUF_AUTO encoded = {0};
        http_append_encoded(&encoded, (struct str){bytes, n});
        struct str in = n > 0 ? buf_str(&encoded) : STR("");
        assert_decodes(&arena, in, round % 2 == 0, (struct str){bytes, n});
    }
}

/* What an address in figures tells by itself, under each set of limits; a name tells nothing yet. */
static void hosts_in_figures_keep_to_the_limits(void **state)
{
    (void)state;
    enum { PLAIN = 1, PRIVATE = 2, NO_LOOPBACK = 4 }; /* where it is allowed */
    static const struct { const char *url; int allowed; } cases[] = {
        {"https://api4.tactill.com", PLAIN | PRIVATE | NO_LOOPBACK},
        {"https://8.8.8.8:8443/v1", PLAIN | PRIVATE | NO_LOOPBACK},
        {"https://[2606:4700::1]", PLAIN | PRIVATE | NO_LOOPBACK},
        {"http://127.0.0.1:8080", PLAIN | PRIVATE},
        {"http://LOCALHOST", PLAIN | PRIVATE},
        {"https://[::1]:1", PLAIN | PRIVATE},
        {"https://10.0.0.1", PRIVATE},
        {"https://192.168.1.20:3000", PRIVATE},
        {"https://[fd00::1]", PRIVATE},
        {"https://[::ffff:10.0.0.1]", PRIVATE},
        {"https://169.254.169.254/latest", 0},
        {"https://[fe80::1]", 0},
        {"https://0.0.0.0", 0},
        {"https://0x7f.1", 0},
        {"https://2130706433", 0},
    };
    static const struct http_limits limits[] = {{0}, {.allow_private = true}, {.refuse_loopback = true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        for (int kind = 0; kind < 3; kind++) {
            struct err err = {0};
            int rc = http_url_check_host(str_from(cases[i].url), &limits[kind], &err);
            if (rc != (cases[i].allowed & 1 << kind ? OK : ERR_DATA))
                fail_msg("%s under limits %d: %d", cases[i].url, kind, rc);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_in_figures_keep_to_the_limits),
        cmocka_unit_test(accepted_addresses),
        cmocka_unit_test(refused_addresses),
        cmocka_unit_test(refusal_does_not_show_the_password),
        cmocka_unit_test(encoding_keeps_only_unreserved),
        cmocka_unit_test(decoding_keeps_what_is_no_escape),
        cmocka_unit_test(decoding_undoes_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
