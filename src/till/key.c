/* key.c: tells a version 4 API key from everything else before it is stored or sent. Used by sync and cli through till/till.h.
 * The key is a secret: no message quotes it, not even in part. */
#include "till/till_int.h"

/* Source: tactill-v4.md. The next version's keys begin with "v5_", and its server speaks another API. */
enum { KEY_DIGITS = 24 };

static bool is_hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

int till_key_check(struct str key, struct err *err)
{
    if (key.n == 0)
        return err_set(err, ERR_DATA, N_("the API key is empty: put the key that Tactill gave you, 24 characters, into the key file"));
    if (key.n >= 3 && str_equal_ignore_case((struct str){key.p, 3}, STR("v5_")))
        return err_set(err, ERR_DATA, N_("the API key is one of Tactill's version 5, which is not supported yet: ask Tactill for a key of version 4 "
                                         "(24 characters, digits and the letters a to f)"));
    if (key.n != KEY_DIGITS)
        return err_set(err, ERR_DATA, N_("the API key has %s characters where a Tactill key of version 4 has 24: copy it again, whole and alone"),
                       ERR_INT((int64_t)key.n));
    for (size_t i = 0; i < key.n; i++) {
        if (!is_hex_digit(key.p[i]))
            return err_set(err, ERR_DATA, N_("the API key has a character at place %s that is neither a digit nor one of the letters a to f: "
                                             "copy it again, whole and alone"), ERR_INT((int64_t)i + 1));
    }
    return OK;
}
