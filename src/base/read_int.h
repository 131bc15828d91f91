/* read_int.h: the whole of a small file, through signals. Private to hash.c and zone.c. */
#ifndef BASE_READ_INT_H
#define BASE_READ_INT_H
#include <errno.h>
#include <unistd.h>

/* Reads until the end or until `size` bytes are there; -1 with errno. */
static inline ssize_t read_up_to(int fd, char *bytes, size_t size)
{
    size_t n = 0;
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}
#endif
