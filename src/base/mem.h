/* mem.h: the one place where memory comes from, so that a test can make the Nth allocation fail.
 * Everyone may use it; nobody calls malloc, calloc, realloc or strdup directly (the build checks). */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stddef.h>
#include <stdint.h>

/* NULL when memory is exhausted. Freed with mem_free. Thread-safe. */
void *mem_alloc(size_t size) __attribute__((warn_unused_result, malloc));
void *mem_alloc_zero(size_t count, size_t size) __attribute__((warn_unused_result, malloc));
/* As realloc: on failure NULL, and `old` stays valid. */
void *mem_resize(void *old, size_t size) __attribute__((warn_unused_result));
/* NULL is harmless. */
void mem_free(void *p);

/* For tests: the Nth allocation from now (1 = the next) fails, and with `sticky` every one after it; 0 switches it off. */
void mem_fail_at(int64_t nth, int sticky);
/* For tests: allocations asked for since the program began. */
int64_t mem_count(void);

/* Cleanup attribute for heap pointers: MEM_AUTO char *p = mem_alloc(n); */
void mem_free_pointer(void *pointer_to_pointer);
#define MEM_AUTO __attribute__((cleanup(mem_free_pointer)))
#endif
