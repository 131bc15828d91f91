/* buf.c: a growing byte buffer with a stated maximum and a sticky failure. Everyone may use it through base/buf.h. */
#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BUF_FIRST = 64 }; /* most cells and messages fit */

/* The slow way to room for `n` more bytes and the terminator. */
static bool grow(struct buf *buf, size_t n)
{
    size_t max = buf->max == 0 ? BUF_DEFAULT_MAX : buf->max;

    if (buf->failed || buf->n > max || n > max - buf->n) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->n + n + 1;
    size_t cap = buf->cap < BUF_FIRST ? BUF_FIRST : buf->cap * 2;
    if (cap < need)
        cap = need;
    if (cap > max + 1)
        cap = max + 1;
    char *p = mem_resize(buf->p, cap);
    if (p == NULL) {
        buf->failed = true;
        return false;
    }
    buf->p = p;
    buf->cap = cap;
    p[buf->n] = '\0';
    return true;
}

/* What fits the memory fits the maximum, which bounds it. */
static inline bool make_room(struct buf *buf, size_t n)
{
    if (!buf->failed && n < buf->cap - buf->n)
        return true;
    return grow(buf, n);
}

void buf_append(struct buf *buf, struct str s)
{
    if (s.n == 0 || !make_room(buf, s.n))
        return;
    memcpy(buf->p + buf->n, s.p, s.n);
    buf->n += s.n;
    buf->p[buf->n] = '\0';
}

void buf_append_char(struct buf *buf, char c)
{
    if (!make_room(buf, 1))
        return;
    buf->p[buf->n++] = c;
    buf->p[buf->n] = '\0';
}

void buf_append_z(struct buf *buf, const char *zero_terminated)
{
    buf_append(buf, str_from(zero_terminated));
}

void buf_append_int(struct buf *buf, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    /* The magnitude as unsigned: INT64_MIN has no positive counterpart. */
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    buf_append(buf, (struct str){digits + at, sizeof digits - at});
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        buf->failed = true;
        return;
    }
    if (!make_room(buf, (size_t)length))
        return;
    va_start(args, format);
    (void)vsnprintf(buf->p + buf->n, (size_t)length + 1, format, args);
    va_end(args);
    buf->n += (size_t)length;
}

char *buf_reserve(struct buf *buf, size_t n)
{
    if (!make_room(buf, n))
        return NULL;
    buf->p[buf->n + n] = '\0'; /* so that a caller who fills all the room leaves it terminated */
    return buf->p + buf->n;
}

struct str buf_str(const struct buf *buf)
{
    return buf->p == NULL ? STR("") : (struct str){buf->p, buf->n};
}

bool buf_failed(const struct buf *buf)
{
    return buf->failed;
}

void buf_reset(struct buf *buf)
{
    buf->n = 0;
    buf->failed = false;
    if (buf->p != NULL)
        buf->p[0] = '\0';
}

void buf_release(struct buf *buf)
{
    size_t max = buf->max;

    mem_free(buf->p);
    *buf = (struct buf){.max = max};
}
