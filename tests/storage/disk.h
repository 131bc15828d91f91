/* disk.h: a disk in memory under SQLite, owned by the test: it counts every write, sync, truncation and removal, and fails, tears, fills up, delays or dies at
 * the Nth of them. Registered as SQLite's default VFS, so that the code under test is linked as it is. One thread; several connections at once are fine
 * (locks and the shared memory of WAL are kept between them). For tests/sim and tests/storage. */
#ifndef TESTS_STORAGE_DISK_H
#define TESTS_STORAGE_DISK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk;

/* Makes an empty disk and registers it as the default VFS; one at a time. Aborts when memory is exhausted. */
struct disk *disk_new(void);
/* Every connection must be closed. The default VFS is again the system's. */
void disk_free(struct disk *disk);

/* What an operation meets. Operations are counted from 1 since disk_new or disk_restart: each write, sync, truncation and removal of a file is one. */
enum disk_fault {
    DISK_NO_FAULT,
    DISK_FAIL,      /* this one fails with an I/O error and changes nothing; the next ones succeed */
    DISK_TEAR,      /* a write does its first half and fails; a sync or a truncation fails after it was done */
    DISK_FULL,      /* this one and every later one that needs room (a file grows) fail as on a full disk, until disk_restart or disk_clear_fault */
    DISK_DELAY,     /* this one takes long: `on_delay` of disk_set_delay is called before it is done */
    DISK_DIE        /* the process dies here: this one and all later ones change nothing and fail (reads as well), until disk_restart */
};
/* The Nth operation from now (1 = the next one). One fault is planned at a time. */
void disk_plan(struct disk *disk, enum disk_fault fault, int64_t nth);
void disk_clear_fault(struct disk *disk);
void disk_set_delay(struct disk *disk, void (*on_delay)(void *context), void *context);
/* Operations since disk_new or disk_restart. */
int64_t disk_operations(const struct disk *disk);
/* Whether the planned fault has happened. */
bool disk_faulted(const struct disk *disk);
bool disk_dead(const struct disk *disk);

/* What the next process finds. Every connection must be closed before. */
enum disk_loss {
    DISK_KEEP,      /* kill -9: all that was written is there */
    DISK_POWER_CUT  /* of what was not synced, each 512-byte sector is there, or is not, or (the last one of a write) is half there, as the seed says; so are
                     * lengths, names of files never synced, and removals whose folder was not synced */
};
void disk_restart(struct disk *disk, enum disk_loss loss, uint64_t seed);

/* The bytes of a file as a process sees them now; NULL when there is none. Valid until the next write to it. */
const unsigned char *disk_file(const struct disk *disk, const char *path, size_t *ret_size);
/* Puts a whole file there, synced; it is not open anywhere. */
void disk_put_file(struct disk *disk, const char *path, const unsigned char *bytes, size_t size);
/* Nothing is there any more, and chance (SQLite's too) begins anew: what follows is the same each time. */
void disk_remove_all(struct disk *disk);
#endif
