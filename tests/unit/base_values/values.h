/* values.h: what the tests of this folder share: cmocka, a generator with a fixed seed, and texts compared as texts. */
#ifndef VALUES_H
#define VALUES_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* xorshift64*: the same numbers in every run and on every machine. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* From `low` to `high`, both included. */
static inline int64_t random_between(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(random_next(state) % ((uint64_t)(high - low) + 1));
}

#define assert_text(buf_pointer, expected) \
    do { \
        assert_false(buf_failed(buf_pointer)); \
        assert_string_equal((buf_pointer)->p ? (buf_pointer)->p : "", expected); \
        assert_int_equal((buf_pointer)->n, strlen(expected)); \
    } while (0)
#endif
