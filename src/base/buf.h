/* buf.h: a growing byte buffer with a stated maximum. Everyone may use it.
 * Failure is sticky: append without checking, then ask buf_failed() once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/str.h"

struct buf {
    char *p;      /* owned; zero-terminated when not NULL */
    size_t n;     /* bytes used, without the terminator */
    size_t cap;
    size_t max;   /* never grows beyond this many bytes; 0 stands for BUF_DEFAULT_MAX */
    bool failed;  /* memory was exhausted or the maximum reached: the content is not to be used */
};
/* Enough for any text we make ourselves; what comes from outside states its own maximum. */
#define BUF_DEFAULT_MAX ((size_t)64 << 20)
#define BUF_AUTO __attribute__((cleanup(buf_release))) struct buf

/* A zeroed struct is an empty buffer. */
void buf_append(struct buf *buf, struct str s);
void buf_append_char(struct buf *buf, char c);
void buf_append_z(struct buf *buf, const char *zero_terminated);
void buf_append_int(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `n` more bytes, written by the caller, who then adds to buf->n. NULL when refused. */
char *buf_reserve(struct buf *buf, size_t n);
/* The content, borrowed until the buffer changes. */
struct str buf_str(const struct buf *buf);
bool buf_failed(const struct buf *buf);
/* Empties, keeps the memory, clears the failure. */
void buf_reset(struct buf *buf);
void buf_release(struct buf *buf);
#endif
