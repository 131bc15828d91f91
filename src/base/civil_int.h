/* civil_int.h: the small steps that civil.c and zone.c read their texts with. Private to these two. */
#ifndef BASE_CIVIL_INT_H
#define BASE_CIVIL_INT_H
#include "base/str.h"

/* Rounded down, for instants before 1970; b > 0. */
static inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* Takes one byte off the front of *s when it is `c`. */
static inline bool take_char(struct str *s, char c) {
    if (s->n == 0 || s->p[0] != c) return false;
    *s = (struct str){s->p + 1, s->n - 1};
    return true;
}

/* Takes as many digits as there are, from `min` to `max` of them (9 at most). */
static inline bool take_number(struct str *s, size_t min, size_t max, int *ret) {
    size_t n = 0;
    int value = 0;
    for (; n < s->n && n < max && s->p[n] >= '0' && s->p[n] <= '9'; n++) value = value * 10 + (s->p[n] - '0');
    if (n < min) return false;
    *s = (struct str){s->p + n, s->n - n};
    *ret = value;
    return true;
}
#endif
