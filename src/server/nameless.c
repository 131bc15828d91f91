/* nameless.c: a file that nobody else can open and that goes away by itself, for what is too large for memory. Private to server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/changes_int.h"

int nameless_open(void)
{
    const char *folder = getenv("TMPDIR");
    char path[1024];

    if (!folder || folder[0] != '/')
        folder = P_tmpdir;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    int n = snprintf(path, sizeof path, "%s/liaison.XXXXXX", folder);
    fd = n > 0 && (size_t)n < sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    if (fd >= 0)
        unlink(path);
    return fd;
}

bool nameless_write(int fd, int64_t at, struct str bytes)
{
    while (bytes.n > 0) {
        ssize_t written = pwrite(fd, bytes.p, bytes.n, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        bytes = (struct str){bytes.p + written, bytes.n - (size_t)written};
    }
    return true;
}
