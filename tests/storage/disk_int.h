/* disk_int.h: what the parts of the disk in memory know of each other: the bytes of a file (disk_file.c), its locks (disk_lock.c), the VFS (disk.c). */
#ifndef TESTS_STORAGE_DISK_INT_H
#define TESTS_STORAGE_DISK_INT_H
#include "storage/disk.h"

#include <sqlite3.h>

enum { SECTOR_SIZE = 512, SHM_LOCKS = 8, SHM_REGIONS_MAX = 64 };

/* What stood in a synced sector before it was first written after the sync. */
struct undo {
    size_t sector;
    unsigned char before[SECTOR_SIZE];
};

struct file {
    char *path;                  /* NULL: nameless, that is temporary or removed while open */
    bool exists;                 /* else the struct only keeps its memory for the next file */
    bool ever_synced;            /* else a power cut may take its name as well */
    bool ghost;                  /* removed, but not yet for good: a power cut may bring it back */
    int open_count;

    unsigned char *bytes;        /* whatever was there before from `size` to `capacity` */
    size_t size, capacity;

    size_t synced_size;
    uint32_t *marks;             /* per sector: number of its undo from 1, 0 = none, and the bit MARK_END */
    size_t mark_capacity;
    size_t dirty_from, dirty_to; /* sectors whose mark may be set; empty when from >= to */
    struct undo *undos;
    size_t undo_count, undo_capacity;

    /* The locks of a database file. */
    int shared_count;
    const void *reserved, *pending, *exclusive; /* the handle that holds it */

    /* The shared memory of WAL: gone with the last connection, as its file is emptied by the first one of the next process. */
    unsigned char *shm[SHM_REGIONS_MAX];
    size_t shm_region_size;
    int shm_users;
    int shm_shared_count[SHM_LOCKS];
    const void *shm_exclusive[SHM_LOCKS];
};

void *disk_alloc_or_abort(void *old, size_t size);

void file_write(struct file *file, const void *bytes, size_t n, size_t offset);
void file_truncate(struct file *file, size_t size);
void file_sync(struct file *file);
/* Makes it a new empty file, its memory kept. */
void file_clear(struct file *file);
/* Makes it a new file that holds these bytes, synced. */
void file_replace(struct file *file, const void *bytes, size_t n);
void file_free(struct file *file);
/* The power fails: what was not synced is there or not, as `seed` says. */
void file_power_cut(struct file *file, uint64_t seed);
void file_drop_shm(struct file *file);

uint64_t disk_random(uint64_t *state);

struct disk {
    sqlite3_vfs vfs;
    struct file **files;
    size_t file_count, file_capacity;
    enum disk_fault fault;
    int64_t operations, fault_at; /* fault_at counts as `operations` does; 0 = none */
    bool faulted, full, dead;
    void (*on_delay)(void *context);
    void *delay_context;
    uint64_t random;
};

/* An open file, in memory that SQLite gives. */
struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct file *file;
    bool delete_on_close, has_shm;
    int lock;                     /* SQLITE_LOCK_… */
    unsigned shm_shared, shm_exclusive;
};

static inline struct handle *handle_of(sqlite3_file *base)
{
    return (struct handle *)base;
}

/* disk.c: what disk_idle.c does as well. */
void disk_reset_randomness(struct disk *disk);
void disk_lose_power(struct file *file, uint64_t seed);

/* disk_lock.c: methods of an open file. */
int disk_lock(sqlite3_file *base, int level);
int disk_unlock(sqlite3_file *base, int level);
int disk_check_reserved(sqlite3_file *base, int *ret_reserved);
int disk_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret);
int disk_shm_lock(sqlite3_file *base, int first, int count, int flags);
void disk_shm_barrier(sqlite3_file *base);
int disk_shm_unmap(sqlite3_file *base, int delete);
#endif
