/* catalogue.c: reads a compiled catalogue of translations. Private to base.
 * Why not the C library's gettext: it converts the catalogue's charset, UTF-8 to UTF-8 included, with memory that it does not check, and crashes when there is none
 * (glibc 2.36, __gconv_create_spec); and a text that tells of exhausted memory should not need any. Source of the format: GNU gettext manual, "The Format of GNU MO
 * Files". */
#include "base/catalogue_int.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT32_C(0x950412de)
enum { HEADER_WORDS = 5, SIZE_MAX_BYTES = 64 << 20 }; /* ours is below a megabyte */

struct descriptor { uint32_t length, offset; };

/* The texts are sorted by msgid, each followed by a zero. */
static struct {
    const char *bytes;
    const struct descriptor *msgids, *texts;
    uint32_t count;
} catalogue;

static bool texts_are_inside(const char *bytes, size_t size, const struct descriptor *texts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (texts[i].offset >= size || texts[i].length >= size - texts[i].offset || bytes[texts[i].offset + texts[i].length] != '\0')
            return false;
    }
    return true;
}

/* Nothing of it is used before all of it was found to be where it says. */
static bool take(const char *bytes, size_t size)
{
    uint32_t header[HEADER_WORDS];

    if (size < sizeof header)
        return false;
    memcpy(header, bytes, sizeof header);
    uint32_t count = header[2], msgids_at = header[3], texts_at = header[4];
    if (header[0] != MAGIC || msgids_at % sizeof(uint32_t) != 0 || texts_at % sizeof(uint32_t) != 0 || msgids_at > size || texts_at > size ||
        count > (size - msgids_at) / sizeof(struct descriptor) || count > (size - texts_at) / sizeof(struct descriptor))
        return false;
    const struct descriptor *msgids = (const void *)(bytes + msgids_at), *texts = (const void *)(bytes + texts_at);
    if (!texts_are_inside(bytes, size, msgids, count) || !texts_are_inside(bytes, size, texts, count))
        return false;
    catalogue.bytes = bytes;
    catalogue.msgids = msgids;
    catalogue.texts = texts;
    catalogue.count = count;
    return true;
}

bool catalogue_open(const char *path)
{
    struct stat status;
    bool taken = false;

    catalogue.count = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && status.st_size <= SIZE_MAX_BYTES) {
        size_t size = (size_t)status.st_size;
        void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        taken = bytes != MAP_FAILED && take(bytes, size);
        if (bytes != MAP_FAILED && !taken)
            munmap(bytes, size);
    }
    close(fd);
    return taken;
}

const char *catalogue_find(const char *msgid)
{
    uint32_t low = 0, high = catalogue.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(msgid, catalogue.bytes + catalogue.msgids[middle].offset);
        if (order == 0)
            return catalogue.texts[middle].length > 0 ? catalogue.bytes + catalogue.texts[middle].offset : NULL;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
