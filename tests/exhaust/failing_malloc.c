/* failing_malloc.c: an allocator that fails on order, put before the C library's by LD_PRELOAD, so that every library of the program meets it, not only
 * what asks base/mem.h. Only for tests/exhaust/exhaust.py and serve.py.
 *
 * Allocations are counted from the call of main on, through malloc, calloc, realloc and all their relatives, of all threads.
 *   FAILING_MALLOC_AT=N       the Nth fails with ENOMEM; without it none does
 *   FAILING_MALLOC_STICKY=1   and every one after it
 *   FAILING_MALLOC_FILE=PATH  receives, at the end of the process, `COUNT FAILED`: how many were asked for and how many were refused
 *   FAILING_MALLOC_CONTROL=PATH  a file of four numbers of 64 bits, which whoever has it mapped too reads and sets while the process goes on: allocations asked for, allocations
 *                             refused, N (0 for none) and whether all later ones fail too; instead of the above
 * All of this is read, and the file opened, before main: nothing here allocates, and free is left alone. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The C library's own, under the names by which it lets itself be replaced. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

typedef int main_fn(int argc, char **argv, char **environment);
typedef int start_fn(main_fn *start, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(main_fn *start, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

struct control { _Atomic int64_t asked, refused, fail_at, sticky; };

static _Atomic bool counting;
static struct control own, *control = &own;
static int result_fd = -1;
static main_fn *real_main;

static bool allowed(void)
{
    if (!atomic_load_explicit(&counting, memory_order_relaxed))
        return true;
    int64_t number = atomic_fetch_add(&control->asked, 1) + 1, fail_at = atomic_load(&control->fail_at);
    if (fail_at == 0 || (atomic_load(&control->sticky) ? number < fail_at : number != fail_at))
        return true;
    atomic_fetch_add(&control->refused, 1);
    errno = ENOMEM;
    return false;
}

/* ---- what replaces the C library's ---- */

void *malloc(size_t size)
{
    return allowed() ? __libc_malloc(size) : NULL;
}

void *calloc(size_t count, size_t size)
{
    return allowed() ? __libc_calloc(count, size) : NULL;
}

/* Giving all of it back is not asking for memory. */
void *realloc(void *old, size_t size)
{
    return (old && size == 0) || allowed() ? __libc_realloc(old, size) : NULL;
}

void *reallocarray(void *old, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, total);
}

void *memalign(size_t alignment, size_t size)
{
    return allowed() ? __libc_memalign(alignment, size) : NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

void *valloc(size_t size)
{
    return memalign((size_t)sysconf(_SC_PAGESIZE), size);
}

/* It returns its error and leaves errno and the result alone. */
int posix_memalign(void **ret, size_t alignment, size_t size)
{
    int before = errno;

    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    void *p = memalign(alignment, size);
    errno = before;
    if (!p)
        return ENOMEM;
    *ret = p;
    return 0;
}

/* ---- from main to the end ---- */

static int64_t read_number(const char *name)
{
    const char *text = getenv(name);

    return text ? strtoll(text, NULL, 10) : 0;
}

/* After all other ends: what they allocate counts too, and may fail. */
__attribute__((destructor)) static void tell(void)
{
    char line[64];

    atomic_store(&counting, false);
    int n = snprintf(line, sizeof line, "%lld %lld\n", (long long)atomic_load(&control->asked), (long long)atomic_load(&control->refused));
    if (result_fd >= 0 && write(result_fd, line, (size_t)n) != n)
        _exit(99);
}

/* Without it the process does not begin: a test would find nothing. */
static struct control *map_control(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *mapped = fd >= 0 ? mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (mapped == MAP_FAILED)
        _exit(98);
    close(fd);
    return mapped;
}

static int counted_main(int argc, char **argv, char **environment)
{
    const char *path = getenv("FAILING_MALLOC_FILE"), *control_path = getenv("FAILING_MALLOC_CONTROL");

    own.fail_at = read_number("FAILING_MALLOC_AT");
    own.sticky = read_number("FAILING_MALLOC_STICKY");
    if (control_path)
        control = map_control(control_path);
    if (path)
        result_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    atomic_store(&counting, true);
    return real_main(argc, argv, environment);
}

/* The C library calls this to begin; the loader and the constructors of the libraries have done theirs by then, or do it uncounted. */
int __libc_start_main(main_fn *start, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    start_fn *begin;

    *(void **)&begin = dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = start;
    return begin(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
