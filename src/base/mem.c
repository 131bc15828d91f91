/* mem.c: the one place where memory comes from. It counts what is asked for, so that a test can make any single allocation fail and
 * see that nothing leaks and nothing is half done. Everyone may use it through base/mem.h; thread-safe. */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static _Atomic int64_t asked;    /* allocations so far */
static _Atomic int64_t fail_at;  /* the number of the one that fails; 0: none */
static _Atomic int fail_sticky;  /* and all that follow it */

static bool allowed(void)
{
    int64_t number = atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed) + 1;
    int64_t limit = atomic_load_explicit(&fail_at, memory_order_relaxed);

    if (__builtin_expect(limit == 0, 1))
        return true;
    return atomic_load_explicit(&fail_sticky, memory_order_relaxed) ? number < limit : number != limit;
}

/* A size of 0 is answered with a real block everywhere, so that NULL always means exhausted. */
void *mem_alloc(size_t size)
{
    return allowed() ? malloc(size == 0 ? 1 : size) : NULL;
}

void *mem_alloc_zero(size_t count, size_t size)
{
    size_t total;

    if (!allowed() || __builtin_mul_overflow(count, size, &total))
        return NULL;
    return calloc(1, total == 0 ? 1 : total);
}

void *mem_resize(void *old, size_t size)
{
    return allowed() ? realloc(old, size == 0 ? 1 : size) : NULL;
}

void mem_free(void *p)
{
    free(p);
}

void mem_fail_at(int64_t nth, int sticky)
{
    atomic_store(&fail_sticky, sticky);
    atomic_store(&fail_at, nth <= 0 ? 0 : atomic_load(&asked) + nth);
}

int64_t mem_count(void)
{
    return atomic_load(&asked);
}

void mem_free_pointer(void *pointer_to_pointer)
{
    void **pointer = pointer_to_pointer;

    free(*pointer);
}
