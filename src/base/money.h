/* money.h: exact decimal arithmetic. Amounts are int64 cents, unit prices 1/10 000 euro (e4), quantities 1/1000 (milli),
 * rates 1/100 percent (bp). No double ever touches one of them. Everyone may use it; pure functions. */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H
#include "base/err.h"

/* No shop's figure needs more; a greater one is a fault in the source (and sums of 10^6 of them still fit). */
#define MONEY_MAX INT64_C(1000000000000)

enum decimal_result { DECIMAL_OK, DECIMAL_NOT_A_NUMBER, DECIMAL_TOO_PRECISE, DECIMAL_TOO_LARGE };

/* Reads digits such as "7", "-0.50", "1e3", "12.3400" as an integer number of 10^-places (places 0 to 6), exactly.
 * JSON number grammar (plus a leading `+` refused). More significant decimals than `places` is DECIMAL_TOO_PRECISE, except trailing
 * zeros; beyond ±MONEY_MAX in the result is DECIMAL_TOO_LARGE (1e400 too, in constant time). *ret is untouched unless DECIMAL_OK. */
enum decimal_result decimal_parse(struct str s, int places, int64_t *ret) MUST_CHECK;
/* The same for what people type: a comma or a point as decimal mark, blanks and no-break spaces as thousands marks, no exponent. */
enum decimal_result decimal_parse_human(struct str s, int places, int64_t *ret) MUST_CHECK;
/* As decimal_parse, but a more precise value is rounded half away from zero to `places` (for profiles that say so: float sums such as 0.30000000000000004). */
enum decimal_result decimal_parse_rounded(struct str s, int places, int64_t *ret) MUST_CHECK;
/* "7.1", "-0.05", "12": a point, no trailing zeros, at least `min_decimals` decimals. */
void decimal_append(struct buf *out, int64_t value, int places, int min_decimals);

enum rounding { ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_TRUNCATE }; /* half-up = half away from zero */
/* a * b / c in 128 bits, rounded; c > 0. Saturates never: returns false when the result leaves int64. */
bool money_scale(int64_t a, int64_t b, int64_t c, enum rounding rounding, int64_t *ret);
/* The VAT inside a tax-included amount: cents * r / (10000 + r). Source: architecture.md, Money. */
int64_t money_tax_inside(int64_t total_cents, int64_t rate_bp, enum rounding rounding);
/* Shares `total` over n weights by largest remainder so that the shares add up to it exactly; ties go to the lower index.
 * Weights may be negative; when they add up to zero, or cancel out so nearly that a share would leave int64, the first share takes all.
 * share(-total) is -share(total): a refund mirrors its sale. shares may not alias weights. No memory; O(n log of the sum of weights). */
void money_share(int64_t total, const int64_t *weights, size_t n, int64_t *shares);
#endif
