/* fuzz.h: what the fuzz targets share. Each target, fuzz_NAME.c, hands the bytes of a stranger to one parser and asserts its laws: what is read,
 * written and read again is the same; a refusal leaves the output alone and says something that a terminal can bear; a slow, independent reading
 * agrees. libFuzzer drives the targets in a build made for it (scripts/fuzz.sh); in every other build fuzz_replay.c runs each over its corpus. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline _Noreturn void law_broken(const char *law, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken law: %s\n", file, line, law);
    abort();
}
/* On in every build: libFuzzer keeps the input that ends here. */
#define LAW(law) ((law) ? (void)0 : law_broken(#law, __FILE__, __LINE__))

static inline struct str input_of(const uint8_t *data, size_t size)
{
    return (struct str){(const char *)data, size};
}

/* The first line, without its end; *rest is what follows. */
static inline struct str input_line(struct str *rest)
{
    struct str line;

    str_cut(*rest, '\n', &line, rest);
    return line;
}

/* A number that each input has of its own, to choose among variants without spending a byte of the input on it. */
static inline unsigned input_variant(struct str input, unsigned count)
{
    unsigned sum = 0;

    for (size_t i = 0; i < input.n; i++)
        sum = sum * 31 + (unsigned char)input.p[i];
    return sum % count;
}

/* A text for people: UTF-8, and nothing that acts on a terminal. */
static inline void law_of_text(struct str text)
{
    LAW(text_is_utf8(text));
    for (size_t i = 0; i < text.n; i++)
        LAW(((unsigned char)text.p[i] >= ' ' && text.p[i] != 0x7F) || text.p[i] == '\n');
}

/* For what must be read because it was written by us: when it is refused, the reason is shown. */
static inline void law_of_success(int code, const struct err *err)
{
    BUF_AUTO text = {0};

    err_format(err, &text);
    if (code != OK)
        fprintf(stderr, "refused: %s\n", text.p);
    LAW(code == OK);
}

/* What every refusal is: a code that the contract names, and a whole sentence. */
static inline void law_of_refusal(int code, const struct err *err)
{
    BUF_AUTO text = {0};

    LAW(code < 0 && code == err->code);
    LAW(code != ERR_INTERNAL && code != ERR_RETRY);
    LAW(err->message != NULL && err->message[0] != '\0');
    err_format(err, &text);
    LAW(!buf_failed(&text) && text.n > 0);
    law_of_text(buf_str(&text));
}
#endif
