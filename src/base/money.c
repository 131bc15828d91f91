/* money.c: decimals read and written digit by digit, and the few products that shops need, in 128 bits. Pure functions: no memory, no
 * locale, no double anywhere. Everyone may use it. */
#include "base/money.h"

#include <assert.h>
#include <string.h>

/* MONEY_MAX has 13 digits; one more is kept to round with. */
enum { UNITS_DIGITS_MAX = 13, KEPT_DIGITS = UNITS_DIGITS_MAX + 1, PLACES_MAX = 6 };
/* An exponent is counted no further than this: far beyond any number of digits in memory, far below overflow. */
#define EXPONENT_MAX INT64_C(1000000000000000)

/* A decimal while its digits arrive: 0.d1d2d3… × 10^magnitude, where d1 and the last counted digit are not zero. Only the first digits are
 * kept: those after them can make a number too precise, but change no result. So "1e400" and a million zeros cost no more than "1". */
struct decimal {
    bool negative;
    bool after_mark;              /* the decimal mark has been passed */
    bool has_digit;
    unsigned char first[KEPT_DIGITS];
    int64_t count;                /* significant digits up to the last one that is not zero */
    int64_t zeros;                /* zeros after it, significant only when another digit follows */
    int64_t magnitude;
};

static void decimal_digit(struct decimal *d, char c)
{
    int digit = c - '0';
    d->has_digit = true;
    bool leading = digit == 0 && d->count == 0;
    if (!d->after_mark && !leading) d->magnitude++;
    if (d->after_mark && leading) d->magnitude--;
    if (leading) return;
    if (digit == 0) {
        d->zeros++;
        return;
    }
    d->count += d->zeros; /* `first` began as zeros: those in between stand there already */
    d->zeros = 0;
    if (d->count < KEPT_DIGITS) d->first[d->count] = (unsigned char)digit;
    d->count++;
}

static int64_t first_digits(const struct decimal *d, int64_t n)
{
    int64_t value = 0;
    for (int64_t i = 0; i < n; i++) value = value * 10 + d->first[i];
    return value;
}

/* The number of 10^-places that `d` is; `rounded` says what to do with more digits than that. */
static enum decimal_result decimal_units(const struct decimal *d, int places, bool rounded, int64_t *ret)
{
    assert(places >= 0 && places <= PLACES_MAX);
    if (d->count == 0) {
        *ret = 0;
        return DECIMAL_OK;
    }
    int64_t digits = d->magnitude + places; /* of the result, before its decimals */
    if (digits > UNITS_DIGITS_MAX) return DECIMAL_TOO_LARGE;
    bool too_precise = d->count > digits;
    if (too_precise && !rounded) return DECIMAL_TOO_PRECISE;
    int64_t value = 0;
    if (digits >= 0) {
        value = first_digits(d, digits);
        if (too_precise && d->first[digits] >= 5) value++;
    }
    if (value > MONEY_MAX) return DECIMAL_TOO_LARGE;
    *ret = d->negative ? -value : value;
    return DECIMAL_OK;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Takes a run of digits; false when there is none. */
static bool take_digits(const char **p, const char *end, struct decimal *d)
{
    const char *begin = *p;
    for (; *p < end && is_digit(**p); (*p)++) decimal_digit(d, **p);
    return *p > begin;
}

/* "e-12" and the like, counted up to EXPONENT_MAX. */
static bool take_exponent(const char **p, const char *end, struct decimal *d)
{
    (*p)++;
    bool negative = *p < end && **p == '-';
    if (*p < end && (**p == '-' || **p == '+')) (*p)++;
    const char *begin = *p;
    int64_t exponent = 0;
    for (; *p < end && is_digit(**p); (*p)++)
        if (exponent < EXPONENT_MAX) exponent = exponent * 10 + (**p - '0');
    d->magnitude += negative ? -exponent : exponent;
    return *p > begin;
}

/* The grammar of a JSON number (RFC 8259, section 6). */
static bool decimal_read(struct str s, struct decimal *d)
{
    if (s.n == 0) return false;
    const char *p = s.p, *end = s.p + s.n;
    if (*p == '-') {
        d->negative = true;
        p++;
    }
    const char *integer = p;
    if (!take_digits(&p, end, d)) return false;
    if (*integer == '0' && p - integer > 1) return false;
    if (p < end && *p == '.') {
        p++;
        d->after_mark = true;
        if (!take_digits(&p, end, d)) return false;
    }
    if (p < end && (*p == 'e' || *p == 'E') && !take_exponent(&p, end, d)) return false;
    return p == end;
}

enum decimal_result decimal_parse(struct str s, int places, int64_t *ret)
{
    struct decimal d = {0};
    return decimal_read(s, &d) ? decimal_units(&d, places, false, ret) : DECIMAL_NOT_A_NUMBER;
}

enum decimal_result decimal_parse_rounded(struct str s, int places, int64_t *ret)
{
    struct decimal d = {0};
    return decimal_read(s, &d) ? decimal_units(&d, places, true, ret) : DECIMAL_NOT_A_NUMBER;
}

/* The length of what people and spreadsheets put between thousands: a blank, U+00A0, U+202F or U+2009; 0 when something else stands there. */
static size_t blank_length(const char *p, const char *end)
{
    size_t left = (size_t)(end - p);
    if (left >= 1 && *p == ' ') return 1;
    if (left >= 2 && memcmp(p, "\u00A0", 2) == 0) return 2;
    if (left >= 3 && (memcmp(p, "\u202F", 3) == 0 || memcmp(p, "\u2009", 3) == 0)) return 3;
    return 0;
}

static const char *skip_blanks(const char *p, const char *end)
{
    for (size_t n; (n = blank_length(p, end)) > 0;) p += n;
    return p;
}

/* "4 180": once a blank stands between digits, every group after it has exactly three, so that "1 2" stays two numbers, not twelve. */
static bool take_grouped_digits(const char **p, const char *end, struct decimal *d)
{
    const char *begin = *p;
    (void)take_digits(p, end, d);
    if (*p - begin > 3 || *p == begin) return true;
    for (;;) {
        const char *group = *p + blank_length(*p, end);
        if (group >= end || !is_digit(*group)) return true; /* what stands there is judged by the caller */
        *p = group;
        (void)take_digits(p, end, d);
        if (*p - group != 3) return false;
    }
}

enum decimal_result decimal_parse_human(struct str s, int places, int64_t *ret)
{
    struct decimal d = {0};
    if (s.n == 0) return DECIMAL_NOT_A_NUMBER;
    const char *end = s.p + s.n, *p = skip_blanks(s.p, end);
    size_t minus = p < end && *p == '-' ? 1 : end - p >= 3 && memcmp(p, "\u2212", 3) == 0 ? 3 : 0;
    d.negative = minus > 0;
    p += minus;
    if (!take_grouped_digits(&p, end, &d)) return DECIMAL_NOT_A_NUMBER;
    if (p < end && (*p == ',' || *p == '.')) {
        p++;
        d.after_mark = true;
        if (!take_digits(&p, end, &d)) return DECIMAL_NOT_A_NUMBER;
    }
    if (!d.has_digit || skip_blanks(p, end) != end) return DECIMAL_NOT_A_NUMBER;
    return decimal_units(&d, places, false, ret);
}

void decimal_append(struct buf *out, int64_t value, int places, int min_decimals)
{
    assert(places >= 0 && places <= 18 && min_decimals >= 0);
    char digits[20] = ""; /* from the end: digits[0] is the last decimal */
    int count = 0, decimals = places, dropped = 0;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (; rest > 0 || count <= places; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    for (; decimals > min_decimals && digits[dropped] == '0'; decimals--) dropped++;
    if (value < 0) buf_append_char(out, '-');
    for (int i = count - 1; i >= dropped; i--) {
        buf_append_char(out, digits[i]);
        if (i == places && decimals > 0) buf_append_char(out, '.');
    }
    if (places == 0 && min_decimals > 0 && decimals == 0) buf_append_char(out, '.');
    for (int i = decimals; i < min_decimals; i++) buf_append_char(out, '0');
}

/* n / d rounded, d > 0. Half of a negative number goes away from zero too: a refund mirrors its sale. */
static __int128 divide(__int128 n, __int128 d, enum rounding rounding)
{
    __int128 quotient = n / d, rest = n % d;
    if (rest < 0) rest = -rest;
    bool up = false;
    switch (rounding) {
    case ROUND_TRUNCATE: break;
    case ROUND_HALF_UP: up = rest >= d - rest; break;
    case ROUND_HALF_EVEN: up = rest > d - rest || (rest == d - rest && quotient % 2 != 0); break;
    }
    if (!up) return quotient;
    return n < 0 ? quotient - 1 : quotient + 1;
}

bool money_scale(int64_t a, int64_t b, int64_t c, enum rounding rounding, int64_t *ret)
{
    assert(c > 0);
    __int128 result = divide((__int128)a * b, c, rounding);
    if (result > INT64_MAX || result < INT64_MIN) return false;
    *ret = (int64_t)result;
    return true;
}

int64_t money_tax_inside(int64_t total_cents, int64_t rate_bp, enum rounding rounding)
{
    if (rate_bp <= 0) return 0;
    /* r / (10000 + r) < 1: the result is never greater than the total. */
    return (int64_t)divide((__int128)total_cents * rate_bp, (__int128)10000 + rate_bp, rounding);
}

/* One apportionment, with signs taken away so that a refund is shared exactly as its sale was. */
struct apportion {
    const int64_t *weights;
    size_t n;
    __int128 amount; /* >= 0 */
    __int128 sum;    /* of the weights, > 0 once `flip` is applied */
    bool flip;       /* the weights count with the opposite sign */
};

/* Rounded down, with what is left over (0 <= rest < sum). */
static __int128 apportion_floor(const struct apportion *a, size_t i, __int128 *ret_rest)
{
    __int128 weight = a->weights[i];
    __int128 product = a->amount * (a->flip ? -weight : weight);
    __int128 quotient = product / a->sum, rest = product % a->sum;
    if (rest < 0) {
        rest += a->sum;
        quotient--;
    }
    *ret_rest = rest;
    return quotient;
}

static size_t count_rests(const struct apportion *a, __int128 at_least)
{
    size_t count = 0;
    for (size_t i = 0; i < a->n; i++) {
        __int128 rest;
        (void)apportion_floor(a, i, &rest);
        count += rest >= at_least;
    }
    return count;
}

/* The greatest rest that at least `wanted` shares reach. Searched by halving, so that neither memory nor n² steps are needed. */
static __int128 rest_threshold(const struct apportion *a, size_t wanted)
{
    __int128 low = 0, high = a->sum; /* count(low) >= wanted > count(high) */
    while (high - low > 1) {
        __int128 middle = low + (high - low) / 2;
        if (count_rests(a, middle) >= wanted) low = middle;
        else high = middle;
    }
    return low;
}

/* Fills the shares with the rounded-down parts and says how many units are missing; false when one leaves int64 (weights of both signs
 * that nearly cancel out). */
static bool share_floors(const struct apportion *a, int64_t *shares, size_t *ret_missing)
{
    __int128 given = 0;
    for (size_t i = 0; i < a->n; i++) {
        __int128 rest, part = apportion_floor(a, i, &rest);
        if (part >= INT64_MAX || part <= INT64_MIN) return false;
        shares[i] = (int64_t)part;
        given += part;
    }
    *ret_missing = (size_t)(a->amount - given);
    return true;
}

/* One unit more for the `missing` greatest rests. */
static void share_missing(const struct apportion *a, size_t missing, int64_t *shares)
{
    __int128 threshold = rest_threshold(a, missing);
    size_t ties = missing - count_rests(a, threshold + 1);
    for (size_t i = 0; i < a->n; i++) {
        __int128 rest;
        (void)apportion_floor(a, i, &rest);
        if (rest > threshold) {
            shares[i]++;
        } else if (rest == threshold && ties > 0) {
            shares[i]++;
            ties--;
        }
    }
}

void money_share(int64_t total, const int64_t *weights, size_t n, int64_t *shares)
{
    if (n == 0) return;
    struct apportion a = {.weights = weights, .n = n, .amount = total};
    for (size_t i = 0; i < n; i++) a.sum += weights[i];
    if (a.amount < 0) a.amount = -a.amount;
    a.flip = a.sum < 0;
    if (a.flip) a.sum = -a.sum;
    size_t missing = 0;
    if (a.sum == 0 || !share_floors(&a, shares, &missing)) {
        memset(shares, 0, n * sizeof *shares);
        shares[0] = total;
        return;
    }
    share_missing(&a, missing, shares);
    if (total < 0)
        for (size_t i = 0; i < n; i++) shares[i] = -shares[i];
}
