/* arena_int.h: room in an arena that is not cleared, for large copies that are overwritten at once. Private to src/base. */
#ifndef BASE_ARENA_INT_H
#define BASE_ARENA_INT_H
#include "base/arena.h"

/* As arena_alloc, but with whatever the memory held before. */
void *arena_take(struct arena *arena, size_t size) __attribute__((warn_unused_result));
#endif
