/* test_str.c: borrowed text: comparison, trimming, cutting, patterns, digits. */
#include "check.h"

static void compares(void **state)
{
    (void)state;
    assert_true(str_equal(STR("abc"), STR("abc")));
    assert_false(str_equal(STR("abc"), STR("abd")));
    assert_true(str_equal(STR_NULL, STR("")));
    assert_true(str_compare(STR("ab"), STR("abc")) < 0);
    assert_true(str_compare(STR("b"), STR("abc")) > 0);
    assert_int_equal(str_compare(STR(""), STR_NULL), 0);
    assert_true(str_compare(STR("\xFF"), STR("a")) > 0); /* bytes are unsigned */
    assert_true(str_equal(STR("a\0b"), STR("a\0b")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
    assert_true(str_equal_ignore_case(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_equal_ignore_case(STR("[a]"), STR("{a}"))); /* only letters have cases */
}

static void looks_at_the_ends(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR("v5_key"), STR("v5_")));
    assert_true(str_starts_with(STR("x"), STR("")));
    assert_false(str_starts_with(STR("v5"), STR("v5_")));
    assert_true(str_ends_with(STR("sales.csv"), STR(".csv")));
    assert_false(str_ends_with(STR("csv"), STR(".csv")));
    assert_true(str_ends_with(STR_NULL, STR("")));
    assert_str(str_trim(STR(" \t\r\n a b \v\f")), "a b");
    assert_str(str_trim(STR("   ")), "");
    assert_null(str_from(NULL).p);
}

static void cuts(void **state)
{
    struct str head, rest;

    (void)state;
    assert_true(str_cut(STR("a=b=c"), '=', &head, &rest));
    assert_str(head, "a");
    assert_str(rest, "b=c");
    assert_true(str_cut(STR("a="), '=', &head, &rest));
    assert_int_equal(rest.n, 0);
    assert_non_null(rest.p); /* empty, not absent */
    assert_false(str_cut(STR("abc"), '=', &head, &rest));
    assert_str(head, "abc");
    assert_null(rest.p);
    assert_false(str_cut(STR_NULL, '=', &head, &rest));
}

static void matches_patterns(void **state)
{
    static const struct { const char *text, *pattern; bool matches; } cases[] = {
        {"", "", true}, {"a", "", false}, {"", "*", true}, {"", "?", false}, {"abc", "*", true}, {"abc", "a*c", true},
        {"abc", "a?c", true}, {"abc", "a?", false}, {"abc", "A*", false}, {"mississippi", "m*iss*pi", true},
        {"mississippi", "m*iss*px", false}, {"ART-001", "ART-*", true}, {"ab", "*?*?*", true}, {"a", "*?*?*", false}, {"a*b", "a*b", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(str_matches(str_from(cases[i].text), str_from(cases[i].pattern)), cases[i].matches);
}

/* The definition, written down as recursion: slow and plainly right. */
static bool matches_by_definition(const char *s, const char *pattern)
{
    if (*pattern == '\0')
        return *s == '\0';
    if (*pattern == '*')
        return matches_by_definition(s, pattern + 1) || (*s != '\0' && matches_by_definition(s + 1, pattern));
    return *s != '\0' && (*pattern == '?' || *pattern == *s) && matches_by_definition(s + 1, pattern + 1);
}

static void matches_as_defined(void **state)
{
    uint64_t seed = 42;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[9] = {0}, pattern[9] = {0};
        size_t text_size = next_random(&seed) % 8, pattern_size = next_random(&seed) % 8;

        for (size_t i = 0; i < text_size; i++)
            text[i] = "ab"[next_random(&seed) % 2];
        for (size_t i = 0; i < pattern_size; i++)
            pattern[i] = "ab*?"[next_random(&seed) % 4];
        assert_int_equal(str_matches(str_from(text), str_from(pattern)), matches_by_definition(text, pattern));
    }
}

static void hostile_pattern_ends_soon(void **state)
{
    char text[20001], pattern[4002];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i + 1 < sizeof pattern - 1; i += 2)
        memcpy(pattern + i, "*a", 2);
    memcpy(pattern + sizeof pattern - 2, "b", 2);
    assert_false(str_matches(str_from(text), str_from(pattern))); /* exponential matchers never come back */
}

static void parses_digits(void **state)
{
    int64_t value = 7;

    (void)state;
    assert_true(str_parse_u63(STR("0"), &value));
    assert_int_equal(value, 0);
    assert_true(str_parse_u63(STR("9223372036854775807"), &value));
    assert_int_equal(value, INT64_MAX);
    value = 7;
    assert_false(str_parse_u63(STR("9223372036854775808"), &value));
    assert_false(str_parse_u63(STR(""), &value));
    assert_false(str_parse_u63(STR("-1"), &value));
    assert_false(str_parse_u63(STR("1 "), &value));
    assert_false(str_parse_u63(STR("99999999999999999999999999"), &value));
    assert_int_equal(value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares), cmocka_unit_test(looks_at_the_ends), cmocka_unit_test(cuts), cmocka_unit_test(matches_patterns),
        cmocka_unit_test(matches_as_defined), cmocka_unit_test(hostile_pattern_ends_soon), cmocka_unit_test(parses_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
