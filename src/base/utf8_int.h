/* utf8_int.h: one step through UTF-8, strictly (no overlong forms, no surrogates, nothing beyond U+10FFFF).
 * Private to src/base; others ask text_is_utf8. */
#ifndef BASE_UTF8_INT_H
#define BASE_UTF8_INT_H
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The length (1 to 4) of the well-formed sequence at `p`, of which `n` bytes are there; 0 when there is none.
 * Source of the table: The Unicode Standard, table 3-7. */
static inline size_t utf8_step(const char *p, size_t n)
{
    const unsigned char *b = (const unsigned char *)p;
    unsigned char low = 0x80, high = 0xBF;
    size_t length;

    if (n == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (b[0] < 0xC2 || b[0] > 0xF4)
        return 0;
    length = b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    if (n < length)
        return 0;
    switch (b[0]) {
    case 0xE0: low = 0xA0; break;
    case 0xED: high = 0x9F; break;
    case 0xF0: low = 0x90; break;
    case 0xF4: high = 0x8F; break;
    default: break;
    }
    if (b[1] < low || b[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

#ifdef __cplusplus
}
#endif
#endif
