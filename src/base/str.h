/* str.h: a borrowed piece of text. It never owns; what must outlive its source is copied into an arena.
 * Everyone may use it. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `n` bytes at `p`, not zero-terminated. {NULL, 0} stands for "absent"; {"", 0} for "empty". */
struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NULL ((struct str){NULL, 0})
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* A view of a zero-terminated string; NULL gives STR_NULL. */
struct str str_from(const char *zero_terminated);
/* Inline: it is called for every member of every record. */
static inline bool str_equal(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}
/* Byte order, as memcmp; a prefix sorts first. */
int str_compare(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* ASCII letters only: for keywords and header names, not for text of people. */
bool str_equal_ignore_case(struct str a, struct str b);
/* Without ASCII blanks at both ends. */
struct str str_trim(struct str s);
/* Cuts at the first `separator`: *ret_head is what stands before it, *rest what follows. False, with all in the head, when there is none. */
bool str_cut(struct str s, char separator, struct str *ret_head, struct str *ret_rest);
/* Shell pattern with `*` and `?` over bytes, case-sensitive, linear time. An empty pattern matches only the empty string. */
bool str_matches(struct str s, struct str pattern);
/* Digits only, no sign, at most INT64_MAX. */
bool str_parse_u63(struct str s, int64_t *ret);
#endif
