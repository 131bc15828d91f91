/* disk.c: the disk in memory as SQLite sees it: a VFS with files, locks and the shared memory of WAL, and the one place (`meet`) where a planned fault strikes.
 * Time stands still, waiting takes no time and chance has a fixed seed, so that a run of the code above is the same every time. */
#include "storage/disk_int.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_SEED 0x4c6961697a6f6eu
#define NOW_MS 212718009600000 /* a Julian day in milliseconds: in August 2028 */
enum { NAME_MAX_BYTES = 512, REPORTED_SECTOR = 4096 /* as SQLite's own VFS says */ };

static struct disk *disk_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "disk: %s\n", what);
    abort();
}

/* ---- faults ---- */

enum outcome { DO_IT, DO_NOTHING_AND_FAIL, DO_HALF_AND_FAIL };

/* Counts one operation and says what becomes of it. `full` and `dead` are set on the way. */
static enum outcome meet(struct disk *disk)
{
    if (disk->dead)
        return DO_NOTHING_AND_FAIL;
    if (++disk->operations != disk->fault_at)
        return DO_IT;
    disk->faulted = true;
    disk->fault_at = 0;
    switch (disk->fault) {
    case DISK_NO_FAULT:
        return DO_IT;
    case DISK_FAIL:
        return DO_NOTHING_AND_FAIL;
    case DISK_TEAR:
        return DO_HALF_AND_FAIL;
    case DISK_FULL:
        disk->full = true;
        return DO_IT;
    case DISK_DELAY:
        if (disk->on_delay)
            disk->on_delay(disk->delay_context);
        return DO_IT;
    case DISK_DIE:
        disk->dead = true;
        return DO_NOTHING_AND_FAIL;
    }
    return DO_IT;
}

void disk_plan(struct disk *disk, enum disk_fault fault, int64_t nth)
{
    disk->fault = fault;
    disk->fault_at = fault == DISK_NO_FAULT ? 0 : disk->operations + nth;
    disk->faulted = false;
}

void disk_clear_fault(struct disk *disk)
{
    disk->fault_at = 0;
    disk->full = false;
}

void disk_set_delay(struct disk *disk, void (*on_delay)(void *context), void *context)
{
    disk->on_delay = on_delay;
    disk->delay_context = context;
}

int64_t disk_operations(const struct disk *disk)
{
    return disk->operations;
}

bool disk_faulted(const struct disk *disk)
{
    return disk->faulted;
}

bool disk_dead(const struct disk *disk)
{
    return disk->dead;
}

/* ---- names ---- */

static struct file *find(const struct disk *disk, const char *path, bool ghost)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        struct file *file = disk->files[i];
        if (file->exists && file->ghost == ghost && file->path && strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static void set_path(struct file *file, const char *path)
{
    if (file->path && path && strcmp(file->path, path) == 0)
        return;
    free(file->path);
    file->path = NULL;
    if (path) {
        size_t size = strlen(path) + 1;
        file->path = memcpy(disk_alloc_or_abort(NULL, size), path, size);
    }
}

/* One that is not used: the one that had this name before, else any, since its memory has about the right size. */
static struct file *find_unused(const struct disk *disk, const char *path)
{
    struct file *any = NULL;
    for (size_t i = 0; i < disk->file_count; i++) {
        struct file *file = disk->files[i];
        if (file->exists || file->open_count)
            continue;
        any = file;
        if (path && file->path && strcmp(file->path, path) == 0)
            break;
    }
    return any;
}

static struct file *new_file(struct disk *disk, const char *path)
{
    struct file *file = find_unused(disk, path);
    if (!file) {
        if (disk->file_count == disk->file_capacity) {
            disk->file_capacity = disk->file_capacity ? 2 * disk->file_capacity : 8;
            disk->files = disk_alloc_or_abort(disk->files, disk->file_capacity * sizeof *disk->files);
        }
        file = disk_alloc_or_abort(NULL, sizeof *file);
        memset(file, 0, sizeof *file);
        disk->files[disk->file_count++] = file;
    }
    set_path(file, path);
    file->exists = true;
    return file;
}

/* The names are for good now: what was removed does not come back. */
static void sync_names(struct disk *disk)
{
    for (size_t i = 0; i < disk->file_count; i++)
        if (disk->files[i]->ghost)
            file_clear(disk->files[i]);
}

/* An open file lives on without its name, until it is closed. */
static void remove_file(struct disk *disk, struct file *file, bool for_good)
{
    if (file->open_count)
        set_path(file, NULL);
    else if (for_good || !file->ever_synced)
        file_clear(file);
    else
        file->ghost = true;
    if (for_good)
        sync_names(disk);
}

/* ---- an open file ---- */

static int file_close(sqlite3_file *base)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    base->pMethods->xUnlock(base, SQLITE_LOCK_NONE);
    if (handle->has_shm)
        base->pMethods->xShmUnmap(base, 0);
    if (--file->open_count == 0 && (handle->delete_on_close || !file->path))
        file_clear(file);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 offset)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    if (handle->disk->dead)
        return SQLITE_IOERR_READ;
    size_t wanted = (size_t)amount, from = (size_t)offset;
    size_t there = from < file->size ? file->size - from : 0;
    size_t n = wanted < there ? wanted : there;
    if (n)
        memcpy(out, file->bytes + from, n);
    memset((char *)out + n, 0, wanted - n);
    return n == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write_at(sqlite3_file *base, const void *bytes, int amount, sqlite3_int64 offset)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    size_t n = (size_t)amount, at = (size_t)offset;
    switch (meet(handle->disk)) {
    case DO_NOTHING_AND_FAIL:
        return SQLITE_IOERR_WRITE;
    case DO_HALF_AND_FAIL:
        file_write(file, bytes, n / 2, at);
        return SQLITE_IOERR_WRITE;
    case DO_IT:
        break;
    }
    if (handle->disk->full && at + n > file->size) {
        file_write(file, bytes, at < file->size ? file->size - at : 0, at);
        return SQLITE_FULL;
    }
    file_write(file, bytes, n, at);
    return SQLITE_OK;
}

static int file_truncate_at(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = handle_of(base);
    enum outcome outcome = meet(handle->disk);
    if (outcome == DO_IT && handle->disk->full && (size_t)size > handle->file->size)
        return SQLITE_FULL;
    if (outcome != DO_NOTHING_AND_FAIL)
        file_truncate(handle->file, (size_t)size);
    return outcome == DO_IT ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int file_sync_now(sqlite3_file *base, int flags)
{
    (void)flags;
    struct handle *handle = handle_of(base);
    enum outcome outcome = meet(handle->disk);
    if (outcome != DO_NOTHING_AND_FAIL) {
        /* SQLite syncs the folder with the first sync of a file it made. */
        if (!handle->file->ever_synced)
            sync_names(handle->disk);
        file_sync(handle->file);
    }
    return outcome == DO_IT ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    struct handle *handle = handle_of(base);
    if (handle->disk->dead)
        return SQLITE_IOERR_FSTAT;
    *ret_size = (sqlite3_int64)handle->file->size;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int what, void *argument)
{
    (void)base;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base)
{
    (void)base;
    return REPORTED_SECTOR;
}

static int device_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write_at,
    .xTruncate = file_truncate_at,
    .xSync = file_sync_now,
    .xFileSize = file_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *ret_flags)
{
    struct disk *disk = disk_of(vfs);
    struct handle *handle = handle_of(base);
    memset(handle, 0, sizeof *handle);
    if (disk->dead)
        return SQLITE_CANTOPEN;
    struct file *file = path ? find(disk, path, false) : NULL;
    if (file ? (flags & SQLITE_OPEN_EXCLUSIVE) != 0 : !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    if (!file) {
        struct file *ghost = path ? find(disk, path, true) : NULL;
        if (ghost)
            file_clear(ghost);
        file = new_file(disk, path);
    }
    file->open_count++;
    handle->base.pMethods = &METHODS;
    handle->disk = disk;
    handle->file = file;
    handle->delete_on_close = flags & SQLITE_OPEN_DELETEONCLOSE;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    struct disk *disk = disk_of(vfs);
    struct file *file = find(disk, path, false);
    if (!file)
        return disk->dead ? SQLITE_IOERR_DELETE : SQLITE_IOERR_DELETE_NOENT;
    enum outcome outcome = meet(disk);
    if (outcome != DO_NOTHING_AND_FAIL)
        remove_file(disk, file, sync_folder != 0);
    return outcome == DO_IT ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

/* As in SQLite's own VFS, an empty file counts as absent when only its existence is asked for (an empty journal is none). */
static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
    struct disk *disk = disk_of(vfs);
    const struct file *file = find(disk, path, false);
    if (disk->dead)
        return SQLITE_IOERR_ACCESS;
    *ret = file && (flags != SQLITE_ACCESS_EXISTS || file->size > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
    (void)vfs;
    size_t n = strlen(path) + 1;
    if (n > (size_t)size)
        return SQLITE_CANTOPEN;
    memcpy(out, path, n);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    for (int i = 0; i < size; i++)
        out[i] = (char)disk_random(&disk_of(vfs)->random);
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int vfs_now_ms(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    (void)vfs;
    *ret = NOW_MS;
    return SQLITE_OK;
}

static int vfs_now(sqlite3_vfs *vfs, double *ret)
{
    (void)vfs;
    *ret = (double)NOW_MS / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    if (size > 0)
        out[0] = '\0';
    return 0;
}

/* SQLite's own generator (salts of the WAL, names of temporary files) is seeded from ours at its first use after this. */
void disk_reset_randomness(struct disk *disk)
{
    disk->random = RANDOM_SEED;
    sqlite3_randomness(0, NULL);
}

struct disk *disk_new(void)
{
    struct disk *disk = disk_alloc_or_abort(NULL, sizeof *disk);
    memset(disk, 0, sizeof *disk);
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = NAME_MAX_BYTES,
        .zName = "disk-in-memory",
        .pAppData = disk,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_now,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_now_ms,
    };
    /* As the program does at its first opening; registering starts the library, and then it is too late. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    require(sqlite3_vfs_register(&disk->vfs, 1) == SQLITE_OK, "SQLite does not take the VFS");
    disk_reset_randomness(disk);
    return disk;
}

static void require_all_closed(const struct disk *disk)
{
    for (size_t i = 0; i < disk->file_count; i++)
        require(disk->files[i]->open_count == 0, "a connection is still open");
}

void disk_free(struct disk *disk)
{
    require_all_closed(disk);
    sqlite3_vfs_unregister(&disk->vfs);
    for (size_t i = 0; i < disk->file_count; i++)
        file_free(disk->files[i]);
    free(disk->files);
    free(disk);
}

/* ---- the next process ---- */

/* Chance for a file that depends on its name, not on what other files there are or were. */
static uint64_t seed_of(const struct file *file, uint64_t seed)
{
    for (const char *p = file->path; *p; p++)
        seed = (seed ^ (unsigned char)*p) * 0x100000001b3u;
    return disk_random(&seed);
}

void disk_lose_power(struct file *file, uint64_t seed)
{
    uint64_t random = seed_of(file, seed);
    bool name_is_new = !file->ever_synced && !file->ghost;
    if ((name_is_new || file->ghost) && disk_random(&random) % 2) {
        file_clear(file);
        return;
    }
    file->ghost = false;
    file_power_cut(file, disk_random(&random));
}

void disk_restart(struct disk *disk, enum disk_loss loss, uint64_t seed)
{
    require_all_closed(disk);
    if (loss == DISK_KEEP)
        sync_names(disk);
    for (size_t i = 0; i < disk->file_count; i++)
        if (loss == DISK_POWER_CUT && disk->files[i]->exists)
            disk_lose_power(disk->files[i], seed);
    disk->operations = disk->fault_at = 0;
    disk->faulted = disk->full = disk->dead = false;
}

/* ---- whole files ---- */

const unsigned char *disk_file(const struct disk *disk, const char *path, size_t *ret_size)
{
    const struct file *file = find(disk, path, false);
    if (!file)
        return NULL;
    *ret_size = file->size;
    return file->size ? file->bytes : (const unsigned char *)"";
}

void disk_put_file(struct disk *disk, const char *path, const unsigned char *bytes, size_t size)
{
    struct file *file = find(disk, path, false);
    if (file) {
        require(file->open_count == 0, "the file to be replaced is open");
        file_clear(file);
        file->exists = true;
    } else
        file = new_file(disk, path);
    file_write(file, bytes, size, 0);
    file_sync(file);
}

void disk_remove_all(struct disk *disk)
{
    require_all_closed(disk);
    for (size_t i = 0; i < disk->file_count; i++)
        file_clear(disk->files[i]);
    disk_reset_randomness(disk);
}
