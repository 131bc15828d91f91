/* err.h: one error, filled once where it is detected and passed up unchanged. Everyone may use it.
 * Libraries never print: the text is made at the edge (cli, server), in the reader's language. A message says
 * what happened, where, and what to do. Arguments are plain text; they never hold a secret. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdarg.h>

#include "base/buf.h"

/* Fallible functions return 0 or one of these; -code is the exit status of the contract. */
enum {
    OK = 0,
    ERR_USAGE = -2,      /* the command line or a request is wrong */
    ERR_TILL = -3,       /* the till cannot be reached, refuses, or answers what it should not */
    ERR_DATA = -4,       /* the data, a file or the database is not acceptable; nothing was written */
    ERR_BUSY = -5,       /* another run of the same link is going on */
    ERR_NOT_FOUND = -6,  /* a named record does not exist; exit status 4 */
    ERR_CANCELLED = -7,  /* the person interrupted; exit status 130 */
    ERR_INTERNAL = -70,  /* a fault of ours, memory included */
    ERR_RETRY = -100,    /* the transaction lost a race and is to be run again; db_transact handles it, nobody else sees it */
};
#define MUST_CHECK __attribute__((warn_unused_result))

enum { ERR_ARGS_MAX = 6, ERR_ARG_SIZE = 256 };

struct err {
    int code;            /* 0 = no error */
    const char *message; /* gettext msgid, English, a literal; `%s` stands for the arguments in order (`%2$s` by position) */
    char args[ERR_ARGS_MAX][ERR_ARG_SIZE]; /* cut when longer; control characters replaced, so a terminal is safe */
    int arg_count;
    const char *file;
    int line;
};

/* Marks a literal for the translators without translating it: N_("text"). */
#define N_(text) (text)

/* err_set(err, ERR_DATA, N_("the file %s has no column %s: add it, or choose --format"), path, name)
 * Every argument is a zero-terminated const char *. Returns `code`, so `return err_set(…)` reads well. err may not be NULL. */
#define err_set(err, code, ...) \
    ({ \
        const int err_set_code_ = (code); /* known to the compiler, which then sees that a caller who passes on does not go on */ \
        err_set_(err, err_set_code_, __FILE__, __LINE__, __VA_ARGS__, (const char *)NULL); \
        err_set_code_; \
    })
int err_set_(struct err *err, int code, const char *file, int line, const char *message, ...) __attribute__((sentinel));
/* "not enough memory", ERR_INTERNAL. */
#define ERR_MEMORY_MESSAGE N_("not enough memory: close other programs and try again")
#define err_memory(err) err_set(err, ERR_INTERNAL, ERR_MEMORY_MESSAGE)
/* Whether it was set by err_memory: for who goes on after an error, since this one is of the machine and not of what was asked. */
bool err_is_memory(const struct err *err);
/* For arguments: a decimal, or a str copied into `scratch` (ERR_ARG_SIZE bytes), zero-terminated and cut. */
const char *err_int(int64_t value, char scratch[ERR_ARG_SIZE]);
const char *err_str(struct str s, char scratch[ERR_ARG_SIZE]);
#define ERR_INT(value) err_int((value), (char[ERR_ARG_SIZE]){0})
#define ERR_STR(s) err_str((s), (char[ERR_ARG_SIZE]){0})

void err_clear(struct err *err);
/* The text in the current language (text_language of base/text.h), appended to `out`. */
void err_format(const struct err *err, struct buf *out);
/* Replaces `%s` and `%N$s` in `message` by the arguments: the formatter behind err_format, also for anomalies. */
void message_format(struct buf *out, const char *message, const char *const *args, int arg_count);
/* The same of a msgid in the current language, with arguments that end with NULL: at most MESSAGE_ARGS_MAX. */
enum { MESSAGE_ARGS_MAX = 12 };
void message_append(struct buf *out, const char *message, va_list args);
/* -code for the shell: 0, 2, 3, 4, 5, 70, 130. */
int err_exit_status(int code);
#endif
