/* test_money.c: decimals against digits computed as text, VAT and shares against brute force in 128 bits. */
#include "values.h"

#include "base/money.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNTOUCHED = 424242 };

struct parse_case {
    const char *text;
    int places;
    enum decimal_result result;
    int64_t value;
};

static void check_parse(enum decimal_result (*parse)(struct str, int, int64_t *), const struct parse_case *c)
{
    int64_t value = UNTOUCHED;
    enum decimal_result result = parse(str_from(c->text), c->places, &value);

    if (result != c->result || value != (c->result == DECIMAL_OK ? c->value : UNTOUCHED))
        fail_msg("\"%s\" at %d places: result %d, value %lld", c->text, c->places, (int)result, (long long)value);
}

static void parses_json_numbers(void **state)
{
    static const struct parse_case cases[] = {
        {"0", 2, DECIMAL_OK, 0},
        {"-0", 2, DECIMAL_OK, 0},
        {"-0.000", 2, DECIMAL_OK, 0},
        {"7", 2, DECIMAL_OK, 700},
        {"-0.50", 2, DECIMAL_OK, -50},
        {"12.3400", 2, DECIMAL_OK, 1234},
        {"12.3400", 4, DECIMAL_OK, 123400},
        {"1e3", 0, DECIMAL_OK, 1000},
        {"1E+3", 2, DECIMAL_OK, 100000},
        {"125e-2", 2, DECIMAL_OK, 125},
        {"1.50000000000000000000000000000000000000000000000000000", 2, DECIMAL_OK, 150},
        {"0.000000000000000000000000000000000000000000001e45", 0, DECIMAL_OK, 1},
        {"100000000000000000000000000000000000000000000e-44", 0, DECIMAL_OK, 1},
        {"0e400", 2, DECIMAL_OK, 0},
        {"0e99999999999999999999999999", 2, DECIMAL_OK, 0},
        {"0.123456", 6, DECIMAL_OK, 123456},
        {"10000000000", 2, DECIMAL_OK, MONEY_MAX},
        {"-10000000000.00", 2, DECIMAL_OK, -MONEY_MAX},
        {"10000000000.01", 2, DECIMAL_TOO_LARGE, 0},
        {"1000000000000", 0, DECIMAL_OK, MONEY_MAX},
        {"1000000000001", 0, DECIMAL_TOO_LARGE, 0},
        {"9999999999999999999999999999999", 0, DECIMAL_TOO_LARGE, 0},
        {"1e400", 2, DECIMAL_TOO_LARGE, 0},
        {"-1e400", 2, DECIMAL_TOO_LARGE, 0},
        {"1e99999999999999999999999999", 2, DECIMAL_TOO_LARGE, 0},
        {"1e-400", 2, DECIMAL_TOO_PRECISE, 0},
        {"1e-99999999999999999999999999", 2, DECIMAL_TOO_PRECISE, 0},
        {"10.005", 2, DECIMAL_TOO_PRECISE, 0},
        {"-0.005", 2, DECIMAL_TOO_PRECISE, 0},
        {"0.30000000000000004", 2, DECIMAL_TOO_PRECISE, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_parse(decimal_parse, &cases[i]);
}

static void refuses_what_is_no_json_number(void **state)
{
    static const char *const texts[] = {"", "-", "+1", ".5", "5.", "01", "-01", "00", "1e", "1e+", "e5", "1.e5", " 1", "1 ", "1,5", "0x10",
        "1_000", "NaN", "Infinity", "--1", "1.2.3", "1e5e5", "\xEF\xBC\x91"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_parse(decimal_parse, &(struct parse_case){texts[i], 2, DECIMAL_NOT_A_NUMBER, 0});
    int64_t value = UNTOUCHED;
    assert_int_equal(decimal_parse(STR_NULL, 2, &value), DECIMAL_NOT_A_NUMBER);
    assert_int_equal(decimal_parse((struct str){"1\0" "2", 3}, 2, &value), DECIMAL_NOT_A_NUMBER);
    assert_int_equal(value, UNTOUCHED);
}

static void rounds_half_away_from_zero(void **state)
{
    static const struct parse_case cases[] = {
        {"0.30000000000000004", 2, DECIMAL_OK, 30},
        {"29.999999999999996", 2, DECIMAL_OK, 3000},
        {"0.005", 2, DECIMAL_OK, 1},
        {"-0.005", 2, DECIMAL_OK, -1},
        {"0.00499999999999999999999999999999", 2, DECIMAL_OK, 0},
        {"-0.0049", 2, DECIMAL_OK, 0},
        {"10.005", 2, DECIMAL_OK, 1001},
        {"0.5", 0, DECIMAL_OK, 1},
        {"0.05", 0, DECIMAL_OK, 0},
        {"9.99e-400", 2, DECIMAL_OK, 0},
        {"1000000000000.4", 0, DECIMAL_OK, MONEY_MAX},
        {"1000000000000.5", 0, DECIMAL_TOO_LARGE, 0},
        {"1e400", 2, DECIMAL_TOO_LARGE, 0},
        {"1,5", 2, DECIMAL_NOT_A_NUMBER, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_parse(decimal_parse_rounded, &cases[i]);
}

static void reads_what_people_type(void **state)
{
    static const struct parse_case cases[] = {
        {"4 180,20", 2, DECIMAL_OK, 418020},
        {"4\u202F180,20", 2, DECIMAL_OK, 418020},
        {"4\u00A0180.20", 2, DECIMAL_OK, 418020},
        {"-1\u2009234\u2009567,8", 2, DECIMAL_OK, -123456780},
        {"\u22124,00", 2, DECIMAL_OK, -400},
        {" 12 ", 2, DECIMAL_OK, 1200},
        {"7\u00A0", 2, DECIMAL_OK, 700},
        {"7\u202F", 2, DECIMAL_OK, 700},
        {"007", 0, DECIMAL_OK, 7},
        {"5", 0, DECIMAL_OK, 5},
        {"123 456,7", 2, DECIMAL_OK, 12345670},
        {",50", 2, DECIMAL_OK, 50},
        {"4180", 0, DECIMAL_OK, 4180},
        {"0,10", 1, DECIMAL_OK, 1},
        {"10,005", 2, DECIMAL_TOO_PRECISE, 0},
        {"99999999999999", 2, DECIMAL_TOO_LARGE, 0},
        {"", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"   ", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"-", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"1 2", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"12 34,5", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"1234 567", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"1.234,50", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"1,234.50", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"5,", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"1e3", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"12 euros", 2, DECIMAL_NOT_A_NUMBER, 0},
        {"1,5 0", 2, DECIMAL_NOT_A_NUMBER, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_parse(decimal_parse_human, &cases[i]);
    int64_t value = UNTOUCHED;
    assert_int_equal(decimal_parse_human(STR_NULL, 2, &value), DECIMAL_NOT_A_NUMBER);
    assert_int_equal(value, UNTOUCHED);
}

/* A view ends where it says: each beginning of a text is read as the same beginning with nothing behind, and under AddressSanitizer no byte behind it is touched. */
static void nothing_behind_the_end_counts(void **state)
{
    static enum decimal_result (*const parsers[])(struct str, int, int64_t *) = {decimal_parse, decimal_parse_rounded, decimal_parse_human};
    static const char *const texts[] = {"-12.34e+56", "0.00001e-005", "1E99999", "--1", "1..2", "1ee2", "1e--2", "1e-+2", "  7 ,5", "4 180 222,20", "-1 234", "12\u00A0345\u202F678\u2009901",
        "12  345", "\u22121,5", "\u00A0\u00A07", "\u202F7\u202F", "  -"};

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        for (size_t n = 1; n <= strlen(texts[t]); n++) {
            char *alone = malloc(n);
            assert_non_null(alone);
            memcpy(alone, texts[t], n);
            for (size_t p = 0; p < sizeof parsers / sizeof parsers[0]; p++) {
                int64_t expected = UNTOUCHED, value = UNTOUCHED;
                enum decimal_result result = parsers[p]((struct str){alone, n}, 2, &expected);
                if (parsers[p]((struct str){texts[t], n}, 2, &value) != result || value != expected)
                    fail_msg("\"%.*s\" is read otherwise when \"%s\" stands behind it", (int)n, alone, texts[t] + n);
            }
            free(alone);
        }
    }
}

/* A value's digits, pushed about as text only: what decimal_parse and decimal_append must agree with. */
static void write_decimal(char out[64], int64_t value, int places)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%0*lld", places + 1, llabs((long long)value));

    snprintf(out, 64, "%s%.*s%s%s", value < 0 ? "-" : "", n - places, digits, places > 0 ? "." : "", digits + n - places);
}

/* "12.3400" becomes "12.34", "12.00" becomes "12". */
static void drop_trailing_zeros(char *decimal)
{
    size_t n = strlen(decimal);

    if (strchr(decimal, '.') == NULL)
        return;
    while (decimal[n - 1] == '0')
        n--;
    decimal[decimal[n - 1] == '.' ? n - 1 : n] = '\0';
}

static void decimals_come_back(void **state)
{
    uint64_t seed = 7;
    char text[64], longer[96];

    (void)state;
    for (int i = 0; i < 50000; i++) {
        int places = (int)random_between(&seed, 0, 6);
        int64_t limit = i % 3 == 0 ? 1000 : MONEY_MAX, value = random_between(&seed, -limit, limit), back = UNTOUCHED;

        write_decimal(text, value, places);
        assert_int_equal(decimal_parse(str_from(text), places, &back), DECIMAL_OK);
        assert_int_equal(back, value);
        snprintf(longer, sizeof longer, "%llde-%d", (long long)value, places);
        assert_int_equal(decimal_parse(str_from(longer), places, &back), DECIMAL_OK);
        assert_int_equal(back, value);
        BUF_AUTO out = {0};
        decimal_append(&out, value, places, 0);
        drop_trailing_zeros(text);
        assert_text(&out, text);
    }
}

static void writes_decimals(void **state)
{
    static const struct {
        int64_t value;
        int places, min_decimals;
        const char *text;
    } cases[] = {
        {710, 2, 0, "7.1"}, {-5, 2, 0, "-0.05"}, {1200, 2, 0, "12"}, {1200, 2, 2, "12.00"}, {0, 2, 0, "0"}, {0, 2, 2, "0.00"},
        {-1, 6, 0, "-0.000001"}, {5, 0, 0, "5"}, {5, 0, 1, "5.0"}, {5, 0, 2, "5.00"}, {15, 1, 3, "1.500"}, {-100, 2, 1, "-1.0"}, {100, 0, 0, "100"},
        {INT64_MIN, 2, 0, "-92233720368547758.08"}, {INT64_MAX, 18, 0, "9.223372036854775807"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO out = {0};
        decimal_append(&out, cases[i].value, cases[i].places, cases[i].min_decimals);
        assert_text(&out, cases[i].text);
    }
}

static void scales_with_each_rounding(void **state)
{
    static const struct {
        int64_t a, b, c, half_up, half_even, truncated;
    } cases[] = {
        {5, 1, 2, 3, 2, 2}, {-5, 1, 2, -3, -2, -2}, {7, 1, 2, 4, 4, 3}, {-7, 1, 2, -4, -4, -3}, {1, 1, 3, 0, 0, 0}, {2, 1, 3, 1, 1, 0},
        {-2, 1, 3, -1, -1, 0}, {6, 1, 3, 2, 2, 2}, {INT64_MAX, 3, 3, INT64_MAX, INT64_MAX, INT64_MAX}, {1, 1, INT64_MAX, 0, 0, 0},
        {INT64_MIN, 3, 3, INT64_MIN, INT64_MIN, INT64_MIN},
    };
    int64_t value = UNTOUCHED;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(money_scale(cases[i].a, cases[i].b, cases[i].c, ROUND_HALF_UP, &value));
        assert_int_equal(value, cases[i].half_up);
        assert_true(money_scale(cases[i].a, cases[i].b, cases[i].c, ROUND_HALF_EVEN, &value));
        assert_int_equal(value, cases[i].half_even);
        assert_true(money_scale(cases[i].a, cases[i].b, cases[i].c, ROUND_TRUNCATE, &value));
        assert_int_equal(value, cases[i].truncated);
    }
    value = UNTOUCHED;
    assert_false(money_scale(INT64_MAX, 2, 1, ROUND_HALF_UP, &value));
    assert_false(money_scale(INT64_MIN, INT64_MIN, 1, ROUND_HALF_UP, &value));
    assert_int_equal(value, UNTOUCHED);
}

/* The whole number of cents nearest to total * rate / (10000 + rate), found by trying: 2 |n - v d| <= d, ties away from zero. */
static int64_t tax_by_search(int64_t total, int64_t rate)
{
    __int128 n = (__int128)total * rate, d = 10000 + rate;
    int64_t guess = (int64_t)(total / (10000 + rate) * rate), best = guess;

    for (int64_t v = guess - rate - 2; v <= guess + rate + 2; v++) {
        __int128 distance = n - v * d, best_distance = n - best * d;
        if (distance < 0)
            distance = -distance;
        if (best_distance < 0)
            best_distance = -best_distance;
        if (distance < best_distance || (distance == best_distance && llabs((long long)v) > llabs((long long)best)))
            best = v;
    }
    return best;
}

static void finds_the_tax_inside(void **state)
{
    static const int64_t rates[] = {2000, 1000, 550, 210, 850, 175, 105};
    uint64_t seed = 11;

    (void)state;
    assert_int_equal(money_tax_inside(12000, 2000, ROUND_HALF_UP), 2000);
    assert_int_equal(money_tax_inside(-12000, 2000, ROUND_HALF_UP), -2000);
    assert_int_equal(money_tax_inside(1055, 550, ROUND_HALF_UP), 55);
    assert_int_equal(money_tax_inside(3, 2000, ROUND_HALF_UP), 1);  /* 0.5 */
    assert_int_equal(money_tax_inside(-3, 2000, ROUND_HALF_UP), -1);
    assert_int_equal(money_tax_inside(3, 2000, ROUND_HALF_EVEN), 0);
    assert_int_equal(money_tax_inside(5, 2000, ROUND_TRUNCATE), 0);
    assert_int_equal(money_tax_inside(12345, 0, ROUND_HALF_UP), 0);
    assert_int_equal(money_tax_inside(1000100, 1, ROUND_HALF_UP), 100); /* a hundredth of a percent */
    assert_int_equal(money_tax_inside(12345, -10000, ROUND_HALF_UP), 0); /* no rate: nothing is inside */
    for (int64_t total = -700; total <= 700; total++)
        for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++)
            assert_int_equal(money_tax_inside(total, rates[r], ROUND_HALF_UP), tax_by_search(total, rates[r]));
    for (int i = 0; i < 300; i++) {
        int64_t total = random_between(&seed, -MONEY_MAX, MONEY_MAX), rate = rates[random_between(&seed, 0, 6)];
        assert_int_equal(money_tax_inside(total, rate, ROUND_HALF_UP), tax_by_search(total, rate));
    }
}

enum { SHARES_MAX = 40 };

static void shares_add_up_and_stay_near(void **state)
{
    uint64_t seed = 13;
    int64_t weights[SHARES_MAX], opposite[SHARES_MAX], shares[SHARES_MAX], mirrored[SHARES_MAX];

    (void)state;
    for (int round = 0; round < 5000; round++) {
        size_t n = (size_t)random_between(&seed, 1, SHARES_MAX);
        int64_t limit = round % 2 ? 50 : MONEY_MAX, low = round % 5 == 0 ? -limit : 0;
        int64_t total = random_between(&seed, -1000000, 1000000), added = 0;
        __int128 sum = 0;

        for (size_t i = 0; i < n; i++) {
            weights[i] = random_between(&seed, low, limit);
            opposite[i] = -weights[i];
            sum += weights[i];
        }
        money_share(total, weights, n, shares);
        for (size_t i = 0; i < n; i++)
            added += shares[i];
        assert_int_equal(added, total);
        for (size_t i = 0; i < n && sum != 0; i++) {
            __int128 distance = (__int128)shares[i] * sum - (__int128)total * weights[i];
            __int128 unit = sum < 0 ? -sum : sum;
            assert_true(distance < unit && distance > -unit);
        }
        /* A refund is shared exactly as its sale was, however its signs are written. */
        money_share(-total, weights, n, mirrored);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(mirrored[i], -shares[i]);
        if (sum == 0)
            continue;
        money_share(total, opposite, n, mirrored);
        assert_memory_equal(mirrored, shares, n * sizeof shares[0]);
    }
}

static void shares_in_known_cases(void **state)
{
    int64_t shares[4];

    (void)state;
    money_share(100, (const int64_t[]){1, 1, 1}, 3, shares); /* ties go to the lower index */
    assert_memory_equal(shares, ((const int64_t[]){34, 33, 33}), 3 * sizeof shares[0]);
    money_share(200, (const int64_t[]){1, 1, 1}, 3, shares);
    assert_memory_equal(shares, ((const int64_t[]){67, 67, 66}), 3 * sizeof shares[0]);
    money_share(-100, (const int64_t[]){-1, -1, -1}, 3, shares);
    assert_memory_equal(shares, ((const int64_t[]){-34, -33, -33}), 3 * sizeof shares[0]);
    money_share(10, (const int64_t[]){7, 0, 6, 0}, 4, shares); /* 5.38 and 4.62: the greater rest gets the cent, zeros get nothing */
    assert_memory_equal(shares, ((const int64_t[]){5, 0, 5, 0}), 4 * sizeof shares[0]);
    money_share(7, (const int64_t[]){0, 0, 0}, 3, shares);
    assert_memory_equal(shares, ((const int64_t[]){7, 0, 0}), 3 * sizeof shares[0]);
    money_share(7, (const int64_t[]){5, -5}, 2, shares);
    assert_memory_equal(shares, ((const int64_t[]){7, 0}), 2 * sizeof shares[0]);
    money_share(90, (const int64_t[]){110, -10}, 2, shares); /* a discount line takes its share with its sign */
    assert_memory_equal(shares, ((const int64_t[]){99, -9}), 2 * sizeof shares[0]);
    money_share(MONEY_MAX, (const int64_t[]){MONEY_MAX, 1 - MONEY_MAX}, 2, shares); /* would leave int64 */
    assert_memory_equal(shares, ((const int64_t[]){MONEY_MAX, 0}), 2 * sizeof shares[0]);
    /* A share at the edge of int64 has no room for a cent more, or for the other sign. */
    money_share(INT64_MAX / 7, (const int64_t[]){7, -6}, 2, shares);
    assert_memory_equal(shares, ((const int64_t[]){INT64_MAX / 7, 0}), 2 * sizeof shares[0]);
    money_share(INT64_C(1) << 60, (const int64_t[]){-8, 4, 5}, 3, shares);
    assert_memory_equal(shares, ((const int64_t[]){INT64_C(1) << 60, 0, 0}), 3 * sizeof shares[0]);
    shares[0] = UNTOUCHED;
    money_share(7, NULL, 0, shares);
    assert_int_equal(shares[0], UNTOUCHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_json_numbers), cmocka_unit_test(refuses_what_is_no_json_number),
        cmocka_unit_test(rounds_half_away_from_zero), cmocka_unit_test(reads_what_people_type), cmocka_unit_test(nothing_behind_the_end_counts),
        cmocka_unit_test(decimals_come_back), cmocka_unit_test(writes_decimals),
        cmocka_unit_test(scales_with_each_rounding), cmocka_unit_test(finds_the_tax_inside),
        cmocka_unit_test(shares_add_up_and_stay_near), cmocka_unit_test(shares_in_known_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
