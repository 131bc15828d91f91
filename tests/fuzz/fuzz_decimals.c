/* fuzz_decimals.c: the three readings of decimals of base/money.h, and whole numbers. The reading that they are compared with knows nothing of theirs:
 * regular expressions for the two grammars, and digits in a row for the value. */
#include <errno.h>
#include <regex.h>

#include "base/money.h"
#include "fuzz.h"

enum { PLACES_MAX = 6, DIGITS_MAX = 4096, HUMAN_MAX = 200, WHOLE_DIGITS_MAX = 18 };
#define UNTOUCHED INT64_C(0x5A5A5A5A5A5A5A5A)
#define EXPONENT_MAX INT64_C(1000000000000)

/* ---- the slow reading ---- */

/* ±digits × 10^exponent, with a zero neither in front nor behind; no digits at all is zero. */
struct figure {
    bool negative;
    char digits[DIGITS_MAX + 1];
    size_t count;
    int64_t exponent;
};

static void figure_of(const char *text, struct figure *ret)
{
    bool behind_mark = false;

    *ret = (struct figure){.negative = text[0] == '-'};
    for (; *text != '\0' && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.')
            behind_mark = true;
        if (*text < '0' || *text > '9')
            continue;
        ret->exponent -= behind_mark;
        if (ret->count > 0 || *text != '0')
            ret->digits[ret->count++] = *text;
    }
    if (*text != '\0') {
        long long exponent = strtoll(text + 1, NULL, 10);
        ret->exponent += exponent > EXPONENT_MAX ? EXPONENT_MAX : exponent < -EXPONENT_MAX ? -EXPONENT_MAX : exponent;
    }
    for (; ret->count > 0 && ret->digits[ret->count - 1] == '0'; ret->exponent++)
        ret->count--;
}

#define MAY_BE(result) (1U << (result))

/* The results that are right; a figure both too precise and too large may be called either. */
static unsigned results_of(const struct figure *figure, int places, bool rounded, int64_t *ret)
{
    int64_t exponent = figure->exponent + places, whole = (int64_t)figure->count + exponent, value = 0;
    bool too_precise = figure->count > 0 && exponent < 0 && !rounded, too_large = whole > WHOLE_DIGITS_MAX;

    if (figure->count == 0) {
        *ret = 0;
        return MAY_BE(DECIMAL_OK);
    }
    for (int64_t i = 0; i < whole && !too_large; i++)
        value = value * 10 + (i < (int64_t)figure->count ? figure->digits[i] - '0' : 0);
    if (rounded && exponent < 0 && whole >= 0 && !too_large && figure->digits[whole] >= '5')
        value++;
    too_large = too_large || value > MONEY_MAX;
    *ret = figure->negative ? -value : value;
    if (too_precise)
        return MAY_BE(DECIMAL_TOO_PRECISE) | (too_large ? MAY_BE(DECIMAL_TOO_LARGE) : 0);
    return too_large ? MAY_BE(DECIMAL_TOO_LARGE) : MAY_BE(DECIMAL_OK);
}

static bool matches(regex_t *compiled, const char *pattern, const char *text)
{
    if (compiled->re_nsub == 0)
        LAW(regcomp(compiled, pattern, REG_EXTENDED) == 0);
    return regexec(compiled, text, 0, NULL, 0) == 0;
}

static bool is_json_number(const char *text)
{
    static regex_t json;
    return matches(&json, "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$", text);
}

/* A blank, U+00A0, U+202F, U+2009. */
#define BLANK "( |\xC2\xA0|\xE2\x80\xAF|\xE2\x80\x89)"
#define MINUS "(-|\xE2\x88\x92)"

static bool is_human_number(const char *text)
{
    static regex_t human;
    return strpbrk(text, "0123456789") != NULL &&
           matches(&human, "^" BLANK "*" MINUS "?([0-9]{1,3}(" BLANK "[0-9]{3})+|[0-9]*)([.,][0-9]+)?" BLANK "*$", text);
}

/* What people write, in the form that figure_of takes. */
static void plain_form(const char *human, char *ret)
{
    bool negative = strstr(human, "\xE2\x88\x92") != NULL || strchr(human, '-') != NULL;

    if (negative)
        *ret++ = '-';
    for (; *human != '\0'; human++)
        if (*human == ',' || *human == '.' || (*human >= '0' && *human <= '9'))
            *ret++ = *human == ',' ? '.' : *human;
    *ret = '\0';
}

/* ---- the laws ---- */

typedef enum decimal_result parse_fn(struct str s, int places, int64_t *ret);

/* Written with a point and at least that many decimals, it is read again by all three as the same. */
static void law_of_writing(int64_t value, int places)
{
    for (int min_decimals = 0; min_decimals <= places; min_decimals += 2) {
        BUF_AUTO text = {0};
        int64_t again = UNTOUCHED, by_people = UNTOUCHED;

        decimal_append(&text, value, places, min_decimals);
        LAW(decimal_parse(buf_str(&text), places, &again) == DECIMAL_OK && again == value);
        LAW(decimal_parse_human(buf_str(&text), places, &by_people) == DECIMAL_OK && by_people == value);
    }
}

static void law_of_reading(parse_fn *parse, struct str input, const struct figure *figure, bool rounded)
{
    for (int places = 0; places <= PLACES_MAX; places++) {
        int64_t value = UNTOUCHED, expected = 0;
        enum decimal_result result = parse(input, places, &value);

        if (result != DECIMAL_OK)
            LAW(value == UNTOUCHED);
        if (figure == NULL) {
            LAW(result == DECIMAL_NOT_A_NUMBER);
            continue;
        }
        LAW(results_of(figure, places, rounded, &expected) & MAY_BE(result));
        if (result == DECIMAL_OK) {
            LAW(value == expected);
            law_of_writing(value, places);
        }
    }
}

/* A whole number is read by str_parse_u63 exactly when it is digits that fit. */
static void law_of_whole(struct str input, const char *text)
{
    int64_t value = UNTOUCHED;
    bool digits = input.n > 0 && strspn(text, "0123456789") == input.n;

    errno = 0;
    long long expected = digits ? strtoll(text, NULL, 10) : 0;
    bool fits = digits && errno == 0;
    LAW(str_parse_u63(input, &value) == fits);
    LAW(value == (fits ? expected : UNTOUCHED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = input_of(data, size);
    static struct figure figure;
    static char text[DIGITS_MAX + 1], plain[HUMAN_MAX + 2];

    if (size > DIGITS_MAX)
        return 0;
    memcpy(text, input.n > 0 ? input.p : "", input.n);
    text[size] = '\0';
    bool whole = strlen(text) == size, json = whole && is_json_number(text), human = whole && size <= HUMAN_MAX && is_human_number(text);
    law_of_whole(input, text);
    if (json)
        figure_of(text, &figure);
    law_of_reading(decimal_parse, input, json ? &figure : NULL, false);
    law_of_reading(decimal_parse_rounded, input, json ? &figure : NULL, true);
    if (human) {
        plain_form(text, plain);
        figure_of(plain, &figure);
    }
    if (human || !whole || size <= HUMAN_MAX)
        law_of_reading(decimal_parse_human, input, human ? &figure : NULL, false);
    return 0;
}
