/* str.c: comparing, trimming and cutting borrowed text. Pure functions over bytes; everyone may use them through base/str.h. */
#include "base/str.h"

#include <string.h>

struct str str_from(const char *zero_terminated)
{
    if (zero_terminated == NULL)
        return STR_NULL;
    return (struct str){zero_terminated, strlen(zero_terminated)};
}

int str_compare(struct str a, struct str b)
{
    size_t common = a.n < b.n ? a.n : b.n;
    int order = common == 0 ? 0 : memcmp(a.p, b.p, common);

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_equal((struct str){s.p, prefix.n}, prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_equal_ignore_case(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    }
    return true;
}

static bool is_ascii_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_ascii_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_ascii_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_cut(struct str s, char separator, struct str *ret_head, struct str *ret_rest)
{
    const char *at = s.n == 0 ? NULL : memchr(s.p, separator, s.n);

    if (at == NULL) {
        *ret_head = s;
        *ret_rest = STR_NULL;
        return false;
    }
    size_t head = (size_t)(at - s.p);
    *ret_head = (struct str){s.p, head};
    *ret_rest = (struct str){at + 1, s.n - head - 1};
    return true;
}

/* Only the last `*` ever needs to be retried: what an earlier one could take more of, the last one can take as well. So there is no
 * recursion, and a hostile pattern costs at most the product of both lengths. */
bool str_matches(struct str s, struct str pattern)
{
    size_t at = 0, want = 0;
    size_t star = SIZE_MAX, star_at = 0;

    while (at < s.n) {
        if (want < pattern.n && pattern.p[want] == '*') {
            star = want++;
            star_at = at;
        } else if (want < pattern.n && (pattern.p[want] == '?' || pattern.p[want] == s.p[at])) {
            want++;
            at++;
        } else if (star != SIZE_MAX) {
            want = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (want < pattern.n && pattern.p[want] == '*')
        want++;
    return want == pattern.n;
}

bool str_parse_u63(struct str s, int64_t *ret)
{
    int64_t value = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, s.p[i] - '0', &value))
            return false;
    }
    *ret = value;
    return true;
}
