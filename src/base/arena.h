/* arena.h: memory that is released all at once: one arena per request, page or command.
 * Everyone may use it. Not thread-safe: an arena belongs to one thread. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/str.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out, for limits and tests */
};

/* A zeroed struct is an empty arena: struct arena a = {0}. */
/* Zeroed memory aligned for any type; NULL when memory is exhausted. Valid until reset or release. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((warn_unused_result));
/* An array of `count` elements of `size` bytes; NULL on overflow too. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((warn_unused_result));
/* A copy, zero-terminated as well (so .p may be handed to C functions). {NULL,0} stays absent; p is NULL when memory is exhausted. */
struct str arena_copy(struct arena *arena, struct str s) __attribute__((warn_unused_result));
/* printf into the arena; .p is NULL when memory is exhausted. */
struct str arena_format(struct arena *arena, const char *format, ...) __attribute__((warn_unused_result, format(printf, 2, 3)));
/* Keeps one block for reuse and forgets all that was handed out. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);
#define ARENA_AUTO __attribute__((cleanup(arena_release))) struct arena
#endif
