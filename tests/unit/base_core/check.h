/* check.h: what the tests of the core share: cmocka with its needs, comparison of texts, a generator with a fixed seed. */
#ifndef BASE_CORE_CHECK_H
#define BASE_CORE_CHECK_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/err.h"

#define assert_str(actual, expected) assert_str_((actual), (expected), __FILE__, __LINE__)
static inline void assert_str_(struct str actual, const char *expected, const char *file, int line)
{
    if (str_equal(actual, str_from(expected)))
        return;
    print_error("%s:%d: \"%.*s\" is not \"%s\"\n", file, line, STR_ARG(actual), expected);
    fail();
}

/* The English text of an error holds `part`. */
static inline void assert_err_says(const struct err *err, const char *part)
{
    BUF_AUTO text = {0};

    err_format(err, &text);
    if (strstr(buf_str(&text).p, part) != NULL)
        return;
    print_error("\"%s\" does not say \"%s\"\n", buf_str(&text).p, part);
    fail();
}

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}
#endif
