/* articles_spool.c: till articles as compact records in an unlinked temporary file, so that a catalogue of any size is known wholly before the
 * first write and takes no memory. A record is its length, its values and its texts as they are in memory: the file never outlives the process,
 * and a small catalogue stays in memory and needs none.
 * Private to sync (articles_int.h). */
#include "sync/articles_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Written in pieces of this size. */
enum { SPOOL_PIECE = 256 << 10 };

struct record_head {
    uint32_t size;                        /* of the whole record */
    uint32_t text_size[RECORD_TEXT_COUNT];
    struct record_values values;
};

static const char message_make[] = N_("no temporary file can be made to hold the catalogue while it is read (%s): name a folder that can be written in TMPDIR");
static const char message_write[] = N_("the temporary file that holds the catalogue while it is read cannot be written (%s): free space on the disk, or name another "
                                       "folder in TMPDIR; nothing was imported");
static const char message_read[] = N_("the temporary file that holds the catalogue while it is read cannot be read back (%s): look at the disk, or name another folder in "
                                      "TMPDIR");

static int spool_failed(const char *message, struct err *err)
{
    return err_set(err, ERR_DATA, message, text_of_errno(errno));
}

/* Where the file system knows no unnamed files, a named one is made and its name removed at once. */
static int open_unlinked(const char *folder)
{
    BUF_AUTO path = {0};
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    buf_printf(&path, "%s/liaison.XXXXXX", folder);
    if (buf_failed(&path)) {
        errno = ENOMEM;
        return -1;
    }
    fd = mkostemp(path.p, O_CLOEXEC);
    if (fd >= 0)
        unlink(path.p);
    return fd;
}

static int make_file(struct spool *spool, struct err *err)
{
    const char *folder = getenv("TMPDIR");

    if (spool->fd < 0)
        spool->fd = open_unlinked(folder && folder[0] ? folder : P_tmpdir);
    return spool->fd < 0 ? spool_failed(message_make, err) : OK;
}

void spool_close(struct spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
    buf_release(&spool->pending);
}

static int spool_flush(struct spool *spool, struct err *err)
{
    uint64_t at = spool->size - spool->pending.n;
    size_t done = 0;
    int rc = make_file(spool, err);

    if (rc != OK)
        return rc;
    while (done < spool->pending.n) {
        ssize_t n = pwrite(spool->fd, spool->pending.p + done, spool->pending.n - done, (off_t)(at + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return spool_failed(message_write, err);
        }
        done += (size_t)n;
    }
    buf_reset(&spool->pending);
    return OK;
}

int spool_append(struct spool *spool, const struct article_record *record, uint64_t *ret_offset, struct err *err)
{
    struct record_head head = {.values = record->values};
    size_t size = sizeof head;

    for (size_t i = 0; i < RECORD_TEXT_COUNT; i++) {
        head.text_size[i] = (uint32_t)record->text[i].n; /* a page is smaller than JSON_SIZE_MAX */
        size += record->text[i].n;
    }
    head.size = (uint32_t)size;
    buf_append(&spool->pending, (struct str){(const char *)&head, sizeof head});
    for (size_t i = 0; i < RECORD_TEXT_COUNT; i++)
        buf_append(&spool->pending, record->text[i]);
    if (buf_failed(&spool->pending))
        return err_memory(err);
    *ret_offset = spool->size;
    spool->size += size;
    return spool->pending.n >= SPOOL_PIECE ? spool_flush(spool, err) : OK;
}

/* ---- reading ---- */

/* Makes the window hold at least `needed` bytes from `offset` of the file; *ret_p points at them. */
static int window_at(struct spool_reader *reader, uint64_t offset, size_t needed, const char **ret_p, struct err *err)
{
    struct buf *window = &reader->window;
    size_t wanted = needed > reader->window_size ? needed : reader->window_size;

    if (offset < reader->window_at || offset + needed > reader->window_at + window->n) {
        buf_reset(window);
        reader->window_at = offset;
        char *p = buf_reserve(window, wanted);

        if (!p)
            return err_memory(err);
        while (window->n < needed) {
            ssize_t n = pread(reader->spool->fd, p + window->n, wanted - window->n, (off_t)(offset + window->n));

            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0) {
                errno = n == 0 ? EIO : errno;
                return spool_failed(message_read, err);
            }
            window->n += (size_t)n;
        }
    }
    *ret_p = window->p + (offset - reader->window_at);
    return OK;
}

static int bytes_at(struct spool_reader *reader, uint64_t offset, size_t needed, const char **ret_p, struct err *err)
{
    struct spool *spool = reader->spool;

    if (spool->fd < 0) {
        *ret_p = spool->pending.p + offset;
        return OK;
    }
    int rc = spool->pending.n > 0 ? spool_flush(spool, err) : OK;
    return rc == OK ? window_at(reader, offset, needed, ret_p, err) : rc;
}

int spool_read(struct spool_reader *reader, uint64_t offset, struct article_record *ret, struct err *err)
{
    struct record_head head;
    const char *p;
    int rc = bytes_at(reader, offset, sizeof head, &p, err);

    if (rc != OK)
        return rc;
    memcpy(&head, p, sizeof head);
    rc = bytes_at(reader, offset, head.size, &p, err);
    if (rc != OK)
        return rc;
    p += sizeof head;
    ret->values = head.values;
    for (size_t i = 0; i < RECORD_TEXT_COUNT; i++) {
        ret->text[i] = (struct str){p, head.text_size[i]};
        p += head.text_size[i];
    }
    return OK;
}
