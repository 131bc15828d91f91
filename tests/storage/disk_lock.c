/* disk_lock.c: the locks of the disk in memory between the connections of one thread, and the shared memory of WAL. */
#include "storage/disk_int.h"

#include <string.h>

/* ---- locks: shared by many, reserved by one, pending keeps new readers out, exclusive is alone ---- */

static int lock_exclusive(struct handle *handle)
{
    struct file *file = handle->file;
    if (file->pending && file->pending != handle)
        return SQLITE_BUSY;
    file->pending = handle;
    handle->lock = SQLITE_LOCK_PENDING;
    if (file->shared_count > 1)
        return SQLITE_BUSY;
    file->exclusive = handle;
    handle->lock = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

int disk_lock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    if (handle->disk->dead)
        return SQLITE_IOERR_LOCK;
    if (handle->lock >= level)
        return SQLITE_OK;
    if (handle->lock == SQLITE_LOCK_NONE) {
        if (file->pending || file->exclusive)
            return SQLITE_BUSY;
        file->shared_count++;
        handle->lock = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED && handle->lock < SQLITE_LOCK_RESERVED) {
        if (file->reserved)
            return SQLITE_BUSY;
        /* A hot journal is rolled back from shared straight to exclusive, without the reserved lock. */
        if (level == SQLITE_LOCK_RESERVED) {
            file->reserved = handle;
            handle->lock = SQLITE_LOCK_RESERVED;
        }
    }
    return level == SQLITE_LOCK_EXCLUSIVE ? lock_exclusive(handle) : SQLITE_OK;
}

int disk_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    if (handle->lock <= level)
        return SQLITE_OK;
    if (file->reserved == handle)
        file->reserved = NULL;
    if (file->pending == handle)
        file->pending = NULL;
    if (file->exclusive == handle)
        file->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE)
        file->shared_count--;
    handle->lock = level;
    return SQLITE_OK;
}

int disk_check_reserved(sqlite3_file *base, int *ret_reserved)
{
    const struct file *file = handle_of(base)->file;
    *ret_reserved = file->reserved || file->pending || file->exclusive;
    return SQLITE_OK;
}

/* ---- the shared memory of WAL ---- */

int disk_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    *ret = NULL;
    if (handle->disk->dead || region >= SHM_REGIONS_MAX)
        return SQLITE_IOERR_SHMMAP;
    if (!handle->has_shm) {
        handle->has_shm = true;
        file->shm_users++;
    }
    for (int i = 0; i <= region; i++) {
        if (file->shm[i])
            continue;
        if (!extend)
            return SQLITE_OK;
        if (handle->disk->full)
            return SQLITE_FULL;
        file->shm_region_size = (size_t)size;
        file->shm[i] = memset(disk_alloc_or_abort(NULL, (size_t)size), 0, (size_t)size);
    }
    *ret = file->shm[region];
    return SQLITE_OK;
}

static void shm_release(struct handle *handle, unsigned slot)
{
    struct file *file = handle->file;
    unsigned bit = 1u << slot;
    if (handle->shm_shared & bit)
        file->shm_shared_count[slot]--;
    if (handle->shm_exclusive & bit)
        file->shm_exclusive[slot] = NULL;
    handle->shm_shared &= ~bit;
    handle->shm_exclusive &= ~bit;
}

static bool shm_is_free(const struct handle *handle, unsigned slot, bool exclusive)
{
    const struct file *file = handle->file;
    int own_share = (handle->shm_shared >> slot) & 1u;
    if (file->shm_exclusive[slot] && file->shm_exclusive[slot] != handle)
        return false;
    return !exclusive || file->shm_shared_count[slot] == own_share;
}

static void shm_take(struct handle *handle, unsigned slot, bool exclusive)
{
    unsigned bit = 1u << slot;
    if (exclusive) {
        handle->file->shm_exclusive[slot] = handle;
        handle->shm_exclusive |= bit;
    } else if (!(handle->shm_shared & bit)) {
        handle->file->shm_shared_count[slot]++;
        handle->shm_shared |= bit;
    }
}

int disk_shm_lock(sqlite3_file *base, int first, int count, int flags)
{
    struct handle *handle = handle_of(base);
    bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    unsigned from = (unsigned)first, to = from + (unsigned)count;
    if (flags & SQLITE_SHM_UNLOCK) {
        for (unsigned slot = from; slot < to; slot++)
            shm_release(handle, slot);
        return SQLITE_OK;
    }
    if (handle->disk->dead)
        return SQLITE_IOERR_SHMLOCK;
    for (unsigned slot = from; slot < to; slot++)
        if (!shm_is_free(handle, slot, exclusive))
            return SQLITE_BUSY;
    for (unsigned slot = from; slot < to; slot++)
        shm_take(handle, slot, exclusive);
    return SQLITE_OK;
}

void disk_shm_barrier(sqlite3_file *base)
{
    (void)base; /* one thread */
}

int disk_shm_unmap(sqlite3_file *base, int delete)
{
    (void)delete;
    struct handle *handle = handle_of(base);
    if (!handle->has_shm)
        return SQLITE_OK;
    for (unsigned slot = 0; slot < SHM_LOCKS; slot++)
        shm_release(handle, slot);
    handle->has_shm = false;
    if (--handle->file->shm_users == 0)
        file_drop_shm(handle->file);
    return SQLITE_OK;
}
