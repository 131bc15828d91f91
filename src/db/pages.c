/* pages.c: a VFS between SQLite and the disk that ends each page of a database file with a checksum and compares it when the page is read. SQLite itself would
 * take a flipped byte in a price for another price. The pages leave the room for it (SQLite's "reserved bytes"), so the file is an ordinary SQLite
 * file: older ones without that room are read and written as they are, and other programs can read ours. What another program writes has no valid
 * checksum, which is meant.
 *
 * Reading goes on over a damaged page: SQLite and the journal may tell more of it, and the page is only remembered, for db_check. It keeps a wrong checksum
 * when it is written again, so that nobody's change of another row makes the damage look sound. */
#include "db/pages_int.h"

#include "base/mem.h"

#include <endian.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

enum {
    PAGE_SIZE = 4096,          /* SQLite's own default, which no file of ours changes */
    SUM_SIZE = 8,
    HEADER_SIZE = 100,         /* of the file, at the begin of page 1 */
    HEADER_PAGE_SIZE = 16,     /* two bytes, highest first */
    HEADER_RESERVED = 20,
    OP_SELF = 0x4c494131,      /* of xFileControl: gives our struct; SQLite leaves numbers above 100 to others */
};

struct page_file {
    sqlite3_file base;
    bool is_known, has_sums;   /* what the header says, once there is one */
    uint32_t *damaged;
    size_t damaged_count, damaged_capacity;
    _Alignas(int64_t) char real[]; /* the file of the VFS below; SQLite aligns a file to 8 bytes, not to 16 */
};

static struct page_file *of(sqlite3_file *base)
{
    return (struct page_file *)base;
}

static sqlite3_file *real_of(sqlite3_file *base)
{
    return (sqlite3_file *)of(base)->real;
}

/* ---- checksums ---- */

/* Each step is reversible, so a change within one word always shows; the number of the page is part of it, so a page in another's place does as well. */
static uint64_t sum_of(const unsigned char *page, uint32_t number)
{
    uint64_t sum = UINT64_C(0x9e3779b97f4a7c15) * (number + UINT64_C(1));
    for (size_t i = 0; i < PAGE_SIZE - SUM_SIZE; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, page + i, sizeof word);
        sum ^= le64toh(word);
        sum = (sum << 23 | sum >> 41) * UINT64_C(0xff51afd7ed558ccd);
    }
    return sum;
}

static uint64_t stored_sum(const unsigned char *page)
{
    uint64_t sum;
    memcpy(&sum, page + (PAGE_SIZE - SUM_SIZE), sizeof sum);
    return le64toh(sum);
}

static void store_sum(unsigned char *page, uint64_t sum)
{
    sum = htole64(sum);
    memcpy(page + (PAGE_SIZE - SUM_SIZE), &sum, sizeof sum);
}

static void learn(struct page_file *file, const unsigned char *header)
{
    file->is_known = true;
    file->has_sums = header[HEADER_RESERVED] == SUM_SIZE && header[HEADER_PAGE_SIZE] * 256 + header[HEADER_PAGE_SIZE + 1] == PAGE_SIZE;
}

/* Whether this is a whole page that has, or shall have, a checksum. */
static bool is_summed(struct page_file *file, const void *bytes, int amount, sqlite3_int64 offset)
{
    unsigned char header[HEADER_SIZE];
    if (amount != PAGE_SIZE || offset % PAGE_SIZE != 0)
        return false;
    if (offset == 0)
        learn(file, bytes);
    else if (!file->is_known && real_of(&file->base)->pMethods->xRead(real_of(&file->base), header, HEADER_SIZE, 0) == SQLITE_OK)
        learn(file, header);
    return file->has_sums;
}

static uint32_t number_at(sqlite3_int64 offset)
{
    return (uint32_t)(offset / PAGE_SIZE) + 1;
}

static bool is_damaged(const struct page_file *file, uint32_t number)
{
    for (size_t i = 0; i < file->damaged_count; i++)
        if (file->damaged[i] == number)
            return true;
    return false;
}

static int note_damaged(struct page_file *file, uint32_t number)
{
    if (is_damaged(file, number))
        return SQLITE_OK;
    if (file->damaged_count == file->damaged_capacity) {
        size_t capacity = file->damaged_capacity ? 2 * file->damaged_capacity : 16;
        uint32_t *damaged = mem_resize(file->damaged, capacity * sizeof *damaged);
        if (!damaged)
            return SQLITE_IOERR_NOMEM;
        file->damaged = damaged;
        file->damaged_capacity = capacity;
    }
    file->damaged[file->damaged_count++] = number;
    return SQLITE_OK;
}

/* ---- methods of a database file ---- */

static int page_read(sqlite3_file *base, void *bytes, int amount, sqlite3_int64 offset)
{
    int rc = real_of(base)->pMethods->xRead(real_of(base), bytes, amount, offset);
    /* SQLite takes what a file lacks at its end for zeros. */
    if ((rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) || !is_summed(of(base), bytes, amount, offset) ||
        stored_sum(bytes) == sum_of(bytes, number_at(offset)))
        return rc;
    int noted = note_damaged(of(base), number_at(offset));
    return noted == SQLITE_OK ? rc : noted;
}

static int page_write(sqlite3_file *base, const void *bytes, int amount, sqlite3_int64 offset)
{
    unsigned char page[PAGE_SIZE];
    if (!is_summed(of(base), bytes, amount, offset))
        return real_of(base)->pMethods->xWrite(real_of(base), bytes, amount, offset);
    memcpy(page, bytes, PAGE_SIZE);
    uint64_t sum = sum_of(page, number_at(offset));
    store_sum(page, is_damaged(of(base), number_at(offset)) ? ~sum : sum);
    return real_of(base)->pMethods->xWrite(real_of(base), page, amount, offset);
}

static int page_close(sqlite3_file *base)
{
    mem_free(of(base)->damaged);
    return real_of(base)->pMethods->xClose(real_of(base));
}

static int page_control(sqlite3_file *base, int what, void *argument)
{
    if (what != OP_SELF)
        return real_of(base)->pMethods->xFileControl(real_of(base), what, argument);
    *(struct page_file **)argument = of(base);
    return SQLITE_OK;
}

static int page_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    return real_of(base)->pMethods->xTruncate(real_of(base), size);
}

static int page_sync(sqlite3_file *base, int flags)
{
    return real_of(base)->pMethods->xSync(real_of(base), flags);
}

static int page_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    return real_of(base)->pMethods->xFileSize(real_of(base), ret_size);
}

static int page_lock(sqlite3_file *base, int level)
{
    return real_of(base)->pMethods->xLock(real_of(base), level);
}

static int page_unlock(sqlite3_file *base, int level)
{
    return real_of(base)->pMethods->xUnlock(real_of(base), level);
}

static int page_check_reserved(sqlite3_file *base, int *ret_reserved)
{
    return real_of(base)->pMethods->xCheckReservedLock(real_of(base), ret_reserved);
}

static int page_sector_size(sqlite3_file *base)
{
    return real_of(base)->pMethods->xSectorSize(real_of(base));
}

static int page_characteristics(sqlite3_file *base)
{
    return real_of(base)->pMethods->xDeviceCharacteristics(real_of(base));
}

static int page_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret)
{
    return real_of(base)->pMethods->xShmMap(real_of(base), region, size, extend, ret);
}

static int page_shm_lock(sqlite3_file *base, int first, int count, int flags)
{
    return real_of(base)->pMethods->xShmLock(real_of(base), first, count, flags);
}

static void page_shm_barrier(sqlite3_file *base)
{
    real_of(base)->pMethods->xShmBarrier(real_of(base));
}

static int page_shm_unmap(sqlite3_file *base, int delete)
{
    return real_of(base)->pMethods->xShmUnmap(real_of(base), delete);
}

/* Without the third version's xFetch: a page that is mapped into memory would not pass by here. */
static const sqlite3_io_methods page_methods = {
    .iVersion = 2,
    .xClose = page_close,
    .xRead = page_read,
    .xWrite = page_write,
    .xTruncate = page_truncate,
    .xSync = page_sync,
    .xFileSize = page_size,
    .xLock = page_lock,
    .xUnlock = page_unlock,
    .xCheckReservedLock = page_check_reserved,
    .xFileControl = page_control,
    .xSectorSize = page_sector_size,
    .xDeviceCharacteristics = page_characteristics,
    .xShmMap = page_shm_map,
    .xShmLock = page_shm_lock,
    .xShmBarrier = page_shm_barrier,
    .xShmUnmap = page_shm_unmap,
};

/* ---- the VFS: only database files are ours, all else is the VFS's below ---- */

static sqlite3_vfs *below(void)
{
    return sqlite3_vfs_find(NULL);
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *ret_flags)
{
    (void)vfs;
    if (!(flags & SQLITE_OPEN_MAIN_DB))
        return below()->xOpen(below(), path, base, flags, ret_flags);
    struct page_file *file = of(base);
    memset(file, 0, sizeof *file);
    real_of(base)->pMethods = NULL;
    int rc = below()->xOpen(below(), path, real_of(base), flags, ret_flags);
    /* SQLite closes what has methods, even after a failure. */
    if (real_of(base)->pMethods)
        file->base.pMethods = &page_methods;
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    return below()->xDelete(below(), path, sync_folder);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
    (void)vfs;
    return below()->xAccess(below(), path, flags, ret);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
    (void)vfs;
    return below()->xFullPathname(below(), path, size, out);
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    return below()->xRandomness(below(), size, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return below()->xSleep(below(), microseconds);
}

static int vfs_now_ms(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    (void)vfs;
    return below()->xCurrentTimeInt64(below(), ret);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    return below()->xGetLastError(below(), size, out);
}

static sqlite3_vfs page_vfs = {
    .iVersion = 2,
    .zName = "liaison-pages",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTimeInt64 = vfs_now_ms,
    .xGetLastError = vfs_last_error,
};

/* The default VFS changes only in tests that put a disk of their own there, and then while no file is open: it is asked anew each time, its sizes once
 * (those of the system's are the greatest). */
static void register_vfs(void)
{
    const sqlite3_vfs *vfs = below();
    enum { REAL_SIZE_MIN = 256 };
    int real_size = vfs && vfs->szOsFile > REAL_SIZE_MIN ? vfs->szOsFile : REAL_SIZE_MIN;
    page_vfs.szOsFile = (int)sizeof(struct page_file) + real_size;
    page_vfs.mxPathname = vfs ? vfs->mxPathname : 0;
    if (vfs)
        (void)sqlite3_vfs_register(&page_vfs, 0);
}

const char *pages_vfs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_vfs);
    return sqlite3_vfs_find(page_vfs.zName) ? page_vfs.zName : NULL;
}

/* ---- for sqlite.c ---- */

static struct page_file *file_of(sqlite3 *handle)
{
    struct page_file *file = NULL;
    return sqlite3_file_control(handle, "main", OP_SELF, &file) == SQLITE_OK ? file : NULL;
}

void pages_reserve(sqlite3 *handle)
{
    int size = SUM_SIZE;
    (void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &size);
}

void pages_follow(sqlite3 *target, sqlite3 *source)
{
    const struct page_file *from = file_of(source);
    struct page_file *to = file_of(target);
    if (!from || !to)
        return;
    to->is_known = true;
    to->has_sums = from->has_sums;
}

size_t pages_damaged(sqlite3 *handle, uint32_t *ret, size_t max)
{
    const struct page_file *file = file_of(handle);
    size_t count = file ? file->damaged_count : 0;
    if (count && max)
        memcpy(ret, file->damaged, (count < max ? count : max) * sizeof *ret);
    return count;
}
