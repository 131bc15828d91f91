/* test_json_out.c: the JSON writer and the canonical form by which records are compared. */
#include "check.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>

static void writer_keeps_commas(void **state)
{
    BUF_AUTO text = {0};
    struct json_out out = {.buf = &text};

    (void)state;
    json_begin_object(&out);
    json_member_str(&out, "name", STR("caf\xC3\xA9"));
    json_member_str(&out, "absent", STR_NULL);
    json_member_str(&out, "empty", STR(""));
    json_member_int(&out, "id", INT64_MIN);
    json_member_bool(&out, "paid", true);
    json_member_decimal(&out, "total", 710, 2);
    json_member_decimal(&out, "small", -5, 3);
    json_key(&out, "lines");
    json_begin_array(&out);
    json_begin_object(&out);
    json_end_object(&out);
    json_begin_array(&out);
    json_put_null(&out);
    json_put_bool(&out, false);
    json_end_array(&out);
    json_put_raw(&out, STR("{\"raw\":1}"));
    json_put_int(&out, 3);
    json_end_array(&out);
    json_key(&out, "end");
    json_put_str(&out, STR("x"));
    json_end_object(&out);
    assert_str(buf_str(&text), "{\"name\":\"caf\xC3\xA9\",\"absent\":null,\"empty\":\"\",\"id\":-9223372036854775808,\"paid\":true,\"total\":7.1,"
                               "\"small\":-0.005,\"lines\":[{},[null,false],{\"raw\":1},3],\"end\":\"x\"}");
}

static void quotes_what_must_be(void **state)
{
    BUF_AUTO text = {0};

    (void)state;
    json_append_quoted(&text, STR("a\"b\\c/\b\f\n\r\t\x01\x1F\x7F\0z\xC3\xA9\xFF\xC3"));
    assert_str(buf_str(&text), "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u0000z\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"");
    buf_reset(&text);
    json_append_quoted(&text, STR("\xC2\x80[\xC2\x9B" "2J\xC2\x9F\xC2\xA0\xC2")); /* C1 controls act on a terminal, a no-break space does not */
    assert_str(buf_str(&text), "\"\\u0080[\\u009b2J\\u009f\xC2\xA0\xEF\xBF\xBD\"");
}

/* Any text comes back from its quoted form. */
static void quoted_texts_come_back(void **state)
{
    static const char *const pieces[] = {"a", "\"", "\\", "\n", "\x02", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "/", " "};
    uint64_t seed = 5;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        BUF_AUTO text = {0};
        BUF_AUTO quoted = {0};
        ARENA_AUTO arena = {0};
        struct err err = {0};
        struct json *root;

        for (uint64_t n = next_random(&seed) % 40; n > 0; n--)
            buf_append_z(&text, pieces[next_random(&seed) % (sizeof pieces / sizeof pieces[0])]);
        json_append_quoted(&quoted, buf_str(&text));
        assert_int_equal(json_parse(&arena, buf_str(&quoted), &root, &err), OK);
        assert_true(str_equal(root->text, buf_str(&text)));
    }
}

static struct json *parse(struct arena *arena, struct str source)
{
    struct err err = {0};
    struct json *root = NULL;

    assert_int_equal(json_parse(arena, source, &root, &err), OK);
    return root;
}

static void assert_canonical(const char *source, const char *expected)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO text = {0};

    json_append_canonical(&text, parse(&arena, str_from(source)), NULL, 0);
    assert_str(buf_str(&text), expected);
}

static void numbers_have_one_form(void **state)
{
    static const struct { const char *source, *expected; } cases[] = {
        {"1", "1"}, {"1.0", "1"}, {"1e0", "1"}, {"10e-1", "1"}, {"0.1e1", "1"}, {"0.01E+2", "1"}, {"100e-2", "1"}, {"1.000e+00", "1"},
        {"0", "0"}, {"-0", "0"}, {"0.000", "0"}, {"-0.0e5", "0"}, {"0e999999999999999999999999", "0"},
        {"-12.50", "-12.5"}, {"-1250e-2", "-12.5"}, {"1200", "1200"}, {"12e2", "1200"}, {"1.2e3", "1200"}, {"0.05", "0.05"}, {"5e-2", "0.05"},
        {"500e-4", "0.05"}, {"10.005", "10.005"}, {"1000.50", "1000.5"}, {"1.0005e3", "1000.5"}, {"100.001e1", "1000.01"},
        {"123456789012345678901234567890123456789", "123456789012345678901234567890123456789e0"}, {"1e31", "10000000000000000000000000000000"},
        {"1e32", "1e32"}, {"10e31", "1e32"}, {"1e400", "1e400"}, {"0.1e401", "1e400"}, {"1.5e400", "15e399"}, {"-1e-400", "-1e-400"},
        {"10e-401", "1e-400"}, {"1e-31", "0.0000000000000000000000000000001"}, {"1e-99999999999999999999", "1e-99999999999999999999"},
        {"0.30000000000000004", "0.30000000000000004"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_canonical(cases[i].source, cases[i].expected);
}

/* The same value written in two random ways has one canonical form; the canonical form is its own. */
static void equal_numbers_have_equal_forms(void **state)
{
    uint64_t seed = 99;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        int64_t digits = (int64_t)(next_random(&seed) % 100000) - 50000;
        int exponent = (int)(next_random(&seed) % 60) - 30, zeros = (int)(next_random(&seed) % 6);
        char plain[64], padded[96];
        BUF_AUTO first = {0};
        BUF_AUTO second = {0};
        BUF_AUTO third = {0};
        ARENA_AUTO arena = {0};

        snprintf(plain, sizeof plain, "%llde%d", (long long)digits, exponent);
        snprintf(padded, sizeof padded, "%lld%.*s.%.*sE%+03d", (long long)digits, zeros, "000000", zeros + 1, "0000000", exponent - zeros);
        json_append_canonical(&first, parse(&arena, str_from(plain)), NULL, 0);
        json_append_canonical(&second, parse(&arena, str_from(padded)), NULL, 0);
        assert_str(buf_str(&first), buf_str(&second).p);
        json_append_canonical(&third, parse(&arena, buf_str(&first)), NULL, 0);
        assert_str(buf_str(&first), buf_str(&third).p);
    }
}

static void members_are_sorted(void **state)
{
    (void)state;
    assert_canonical(" { \"b\" : [ 1.0 , \"\\u00e9\" , null ] , \"a\" : { \"z\" : true , \"\" : false } , \"B\" : { } } ",
                     "{\"B\":{},\"a\":{\"\":false,\"z\":true},\"b\":[1,\"\xC3\xA9\",null]}");
    assert_canonical("[3,1,2]", "[3,1,2]");
}

static void only_the_roots_members_are_ignored(void **state)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO text = {0};
    const struct str ignored[] = {STR("updated_at"), STR("stock")};

    (void)state;
    json_append_canonical(&text, parse(&arena, STR("{\"updated_at\":1,\"a\":{\"stock\":2},\"stock\":3}")), ignored, 2);
    assert_str(buf_str(&text), "{\"a\":{\"stock\":2}}");
}

static void memory_failure_is_told(void **state)
{
    ARENA_AUTO arena = {0};
    struct json *root = parse(&arena, STR("{\"b\":{\"c\":[1,2,{\"d\":1}]},\"a\":\"x\"}"));

    (void)state;
    for (int64_t nth = 1;; nth++) {
        BUF_AUTO text = {0};

        mem_fail_at(nth, 0);
        json_append_canonical(&text, root, NULL, 0);
        mem_fail_at(0, 0);
        if (!buf_failed(&text)) {
            assert_str(buf_str(&text), "{\"a\":\"x\",\"b\":{\"c\":[1,2,{\"d\":1}]}}");
            assert_true(nth > 3);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writer_keeps_commas), cmocka_unit_test(quotes_what_must_be), cmocka_unit_test(quoted_texts_come_back),
        cmocka_unit_test(numbers_have_one_form), cmocka_unit_test(equal_numbers_have_equal_forms), cmocka_unit_test(members_are_sorted),
        cmocka_unit_test(only_the_roots_members_are_ignored), cmocka_unit_test(memory_failure_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
