/* log.c: structured log lines on stderr, one write each so that lines of several threads never mix. Only cli and server call it. */
#include "base/log.h"

#include "base/buf.h"
#include "base/civil.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* A longer line is a mistake of ours; it is dropped, and that is said. */
enum { LINE_MAX_BYTES = 16 << 10 };

static _Atomic int threshold = LOG_ERROR;

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

/* Blanks, quotes, `=` and everything outside printable ASCII need quotes, so that a line can be cut at its blanks. */
static bool needs_quotes(const char *value)
{
    if (*value == '\0')
        return true;
    for (const char *p = value; *p != '\0'; p++) {
        if (*p <= ' ' || *p == '"' || *p == '=' || *p == '\\' || *p == 0x7F)
            return true;
    }
    return false;
}

static void append_value(struct buf *line, const char *value)
{
    if (!needs_quotes(value)) {
        buf_append_z(line, value);
        return;
    }
    buf_append_char(line, '"');
    for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_printf(line, "\\%c", *p);
        else if (*p < ' ' || *p == 0x7F)
            buf_printf(line, "\\x%02x", *p);
        else
            buf_append_char(line, (char)*p);
    }
    buf_append_char(line, '"');
}

static void write_all(struct str s)
{
    while (s.n > 0) {
        ssize_t written = write(STDERR_FILENO, s.p, s.n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody listens any more: there is no better place to say so */
        s.p += written;
        s.n -= (size_t)written;
    }
}

void log_event(enum log_level level, const char *event, ...)
{
    static const char *const names[] = {"quiet", "error", "info", "debug"};
    BUF_AUTO line = {.max = LINE_MAX_BYTES};
    va_list args;
    const char *key, *value;

    if (level == LOG_QUIET || (int)level > atomic_load(&threshold))
        return;
    instant_append(&line, system_clock.now_utc(system_clock.context));
    buf_printf(&line, " %s %s", names[level], event);
    va_start(args, event);
    while ((key = va_arg(args, const char *)) != NULL && (value = va_arg(args, const char *)) != NULL) {
        buf_printf(&line, " %s=", key);
        append_value(&line, value);
    }
    va_end(args);
    buf_append_char(&line, '\n');
    write_all(buf_failed(&line) ? STR("error log.dropped reason=\"line too long or no memory\"\n") : buf_str(&line));
}
