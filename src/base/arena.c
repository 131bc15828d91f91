/* arena.c: memory handed out from growing blocks and released all at once. Everyone may use it through base/arena.h. */
#include "base/arena.h"

#include "base/arena_int.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Under AddressSanitizer what is not handed out is poisoned, and a gap parts one piece from the next: a step beyond an array is then seen
 * in an arena as it is on the heap. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#endif
#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
enum { GAP = 16 };
#define poison(p, n) __asan_poison_memory_region(p, n)
#define unpoison(p, n) __asan_unpoison_memory_region(p, n)
#else
enum { GAP = 0 };
#define poison(p, n) ((void)0)
#define unpoison(p, n) ((void)0)
#endif

struct arena_block {
    struct arena_block *older;
    size_t size; /* of bytes[] */
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

/* Blocks double from the first to the last size: a small request costs little, a long one few allocations, and what an arena holds
 * without using it stays below a megabyte. */
enum { BLOCK_FIRST = 4 << 10, BLOCK_LAST = 1 << 20 };

static size_t round_up(size_t size)
{
    return (size + (_Alignof(max_align_t) - 1)) & ~(_Alignof(max_align_t) - 1);
}

static struct arena_block *block_new(size_t size)
{
    struct arena_block *block = mem_alloc(sizeof *block + size);

    if (block == NULL)
        return NULL;
    block->older = NULL;
    block->size = size;
    block->used = 0;
    poison(block->bytes, size);
    return block;
}

/* A request that would waste most of a block gets one of its own, kept behind the newest, whose room stays in use. */
static struct arena_block *block_for(struct arena *arena, size_t size)
{
    struct arena_block *newest = arena->blocks;
    size_t step = newest == NULL ? BLOCK_FIRST : newest->size * 2;

    if (step > BLOCK_LAST)
        step = BLOCK_LAST;
    bool alone = size > step / 4;
    struct arena_block *block = block_new(alone ? size : step);
    if (block == NULL)
        return NULL;
    if (alone && newest != NULL) {
        block->older = newest->older;
        newest->older = block;
    } else {
        block->older = newest;
        arena->blocks = block;
    }
    return block;
}

void *arena_take(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;

    if (size > SIZE_MAX / 2)
        return NULL;
    size_t taken = round_up(size == 0 ? 1 : size);
    if (block == NULL || block->size - block->used < taken + GAP) {
        block = block_for(arena, taken + GAP);
        if (block == NULL)
            return NULL;
    }
    void *p = block->bytes + block->used;
    unpoison(p, size);
    block->used += taken + GAP;
    arena->used += taken;
    return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *p = arena_take(arena, size);

    return p == NULL ? NULL : memset(p, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(arena, total);
}

struct str arena_copy(struct arena *arena, struct str s)
{
    if (s.p == NULL || s.n == SIZE_MAX)
        return STR_NULL;
    char *p = arena_take(arena, s.n + 1);
    if (p == NULL)
        return STR_NULL;
    memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

struct str arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return STR_NULL;
    char *p = arena_take(arena, (size_t)length + 1);
    if (p == NULL)
        return STR_NULL;
    va_start(args, format);
    (void)vsnprintf(p, (size_t)length + 1, format, args);
    va_end(args);
    return (struct str){p, (size_t)length};
}

/* The largest ordinary block is kept, so that a loop of equal rounds soon stops asking for memory; an outsize one is given back. */
void arena_reset(struct arena *arena)
{
    struct arena_block *kept = NULL;

    for (struct arena_block *block = arena->blocks, *older; block != NULL; block = older) {
        older = block->older;
        if (block->size <= BLOCK_LAST && (kept == NULL || block->size > kept->size)) {
            mem_free(kept);
            kept = block;
        } else {
            mem_free(block);
        }
    }
    if (kept != NULL) {
        kept->older = NULL;
        kept->used = 0;
        poison(kept->bytes, kept->size);
    }
    arena->blocks = kept;
    arena->used = 0;
}

void arena_release(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *older; block != NULL; block = older) {
        older = block->older;
        mem_free(block);
    }
    *arena = (struct arena){0};
}
