/* err.c: fills and formats the one error that travels up. No allocation happens when it is filled, so that "not enough memory" can be
 * said too. Everyone may use it through base/err.h. */
#include "base/err.h"

#include "base/text.h"
#include "base/utf8_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes that would act on a terminal: C0 and DEL, C1 in its UTF-8 form, and the marks that reverse the direction of writing. */
static bool acts_on_terminal(const char *p, size_t length)
{
    const unsigned char *b = (const unsigned char *)p;

    if (length == 1)
        return b[0] < 0x20 || b[0] == 0x7F;
    if (length == 2)
        return (b[0] == 0xC2 && b[1] < 0xA0) || (b[0] == 0xD8 && b[1] == 0x9C);
    if (length == 3 && b[0] == 0xE2)
        return (b[1] == 0x80 && ((b[2] >= 0x8E && b[2] <= 0x8F) || (b[2] >= 0xA8 && b[2] <= 0xAE))) ||
               (b[1] == 0x81 && b[2] >= 0xA6 && b[2] <= 0xA9);
    return false;
}

/* Whole characters only, and each one harmless. */
static void copy_argument(char to[ERR_ARG_SIZE], const char *from, size_t n)
{
    size_t used = 0;

    for (size_t at = 0; at < n;) {
        size_t length = utf8_step(from + at, n - at);
        bool replace = length == 0 || acts_on_terminal(from + at, length);
        size_t take = replace ? 1 : length;

        if (used + take >= ERR_ARG_SIZE)
            break;
        if (replace)
            to[used] = '?';
        else
            memcpy(to + used, from + at, take);
        used += take;
        at += length == 0 ? 1 : length;
    }
    to[used] = '\0';
}

int err_set_(struct err *err, int code, const char *file, int line, const char *message, ...)
{
    va_list args;
    const char *arg;
    int count = 0;

    va_start(args, message);
    while (count < ERR_ARGS_MAX && (arg = va_arg(args, const char *)) != NULL)
        copy_argument(err->args[count++], arg, strlen(arg));
    va_end(args);
    err->code = code;
    err->message = message;
    err->arg_count = count;
    err->file = file;
    err->line = line;
    return code;
}

const char *err_int(int64_t value, char scratch[ERR_ARG_SIZE])
{
    snprintf(scratch, ERR_ARG_SIZE, "%" PRId64, value);
    return scratch;
}

const char *err_str(struct str s, char scratch[ERR_ARG_SIZE])
{
    copy_argument(scratch, s.p, s.n);
    return scratch;
}

bool err_is_memory(const struct err *err)
{
    return err->code == ERR_INTERNAL && strcmp(err->message, ERR_MEMORY_MESSAGE) == 0;
}

void err_clear(struct err *err)
{
    *err = (struct err){0};
}

/* Reads `%s` or `%N$s` at `at`; *ret_index is the argument it stands for. Returns its length, 0 when it is neither. */
static size_t placeholder(const char *at, int *next, int *ret_index)
{
    if (at[1] == 's') {
        *ret_index = (*next)++;
        return 2;
    }
    if (at[1] >= '1' && at[1] <= '9' && at[2] == '$' && at[3] == 's') {
        *ret_index = at[1] - '1';
        return 4;
    }
    return 0;
}

/* Not printf: a translation is a file, and a file must not be able to make the program read what is not there. */
void message_format(struct buf *out, const char *message, const char *const *args, int arg_count)
{
    int next = 0;

    for (const char *at = message; *at != '\0';) {
        const char *mark = strchr(at, '%');
        int index = 0;

        if (mark == NULL) {
            buf_append_z(out, at);
            return;
        }
        buf_append(out, (struct str){at, (size_t)(mark - at)});
        size_t length = placeholder(mark, &next, &index);
        if (length > 0) {
            buf_append_z(out, index < arg_count ? args[index] : "?");
            at = mark + length;
        } else {
            buf_append_char(out, '%');
            at = mark + (mark[1] == '%' ? 2 : 1);
        }
    }
}

void message_append(struct buf *out, const char *message, va_list args)
{
    const char *texts[MESSAGE_ARGS_MAX];
    const char *text;
    int count = 0;

    while (count < MESSAGE_ARGS_MAX && (text = va_arg(args, const char *)) != NULL)
        texts[count++] = text;
    message_format(out, text_translate(message), texts, count);
}

void err_format(const struct err *err, struct buf *out)
{
    const char *args[ERR_ARGS_MAX];

    if (err->message == NULL)
        return;
    for (int i = 0; i < err->arg_count; i++)
        args[i] = err->args[i];
    message_format(out, text_translate(err->message), args, err->arg_count);
}

int err_exit_status(int code)
{
    switch (code) {
    case OK: return 0;
    case ERR_USAGE: return 2;
    case ERR_TILL: return 3;
    case ERR_DATA:
    case ERR_NOT_FOUND: return 4;
    case ERR_BUSY: return 5;
    case ERR_CANCELLED: return 130;
    default: return 70;
    }
}
