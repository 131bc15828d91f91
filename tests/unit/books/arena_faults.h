/* arena_faults.h: memory that is exhausted at any one piece of any arena. mem_fail_at (base/mem.h) fails whole blocks, so what stands in a block that has
 * room never fails with it; here each piece can. For test programs linked with arena_faults (meson.build), which puts these functions before those of
 * base/arena.h; their calls among themselves stay as they are. */
#ifndef TESTS_BOOKS_ARENA_FAULTS_H
#define TESTS_BOOKS_ARENA_FAULTS_H
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"

/* How many pieces it is to the one that is refused (1 = the next); 0 when none is, or it has been. */
static int64_t arena_pieces_left;

static bool arena_refuses(void)
{
    return arena_pieces_left > 0 && --arena_pieces_left == 0;
}

void *__real_arena_alloc(struct arena *arena, size_t size);
void *__real_arena_array(struct arena *arena, size_t count, size_t size);
struct str __real_arena_copy(struct arena *arena, struct str s);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_array(struct arena *arena, size_t count, size_t size);
struct str __wrap_arena_copy(struct arena *arena, struct str s);
__attribute__((format(printf, 2, 3))) struct str __wrap_arena_format(struct arena *arena, const char *format, ...);

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    return arena_refuses() ? NULL : __real_arena_alloc(arena, size);
}

void *__wrap_arena_array(struct arena *arena, size_t count, size_t size)
{
    return arena_refuses() ? NULL : __real_arena_array(arena, count, size);
}

/* Nothing is copied of what is absent, so nothing is asked for. */
struct str __wrap_arena_copy(struct arena *arena, struct str s)
{
    return s.p != NULL && arena_refuses() ? STR_NULL : __real_arena_copy(arena, s);
}

struct str __wrap_arena_format(struct arena *arena, const char *format, ...)
{
    char text[512];
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    assert_in_range(length, 0, sizeof text - 1);
    return arena_refuses() ? STR_NULL : __real_arena_copy(arena, (struct str){text, (size_t)length});
}
#endif
