/* builtin_int.h: the sales profiles that are part of the program; profiles/embed.py makes the table from profiles/. Private to src/till. */
#ifndef TILL_BUILTIN_INT_H
#define TILL_BUILTIN_INT_H
#include <stddef.h>

struct builtin_profile {
    const char *name; /* the file's name without its ending */
    const char *text;
};
extern const struct builtin_profile builtin_profiles[];
extern const size_t builtin_profile_count;
#endif
