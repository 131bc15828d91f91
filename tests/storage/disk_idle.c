/* disk_idle.c: what disk_idle.h says: files change under connections that are idle. SQLite is made for other programs that do the same; all it needs is to see that
 * the shared memory says nothing any more. */
#include "storage/disk_idle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"
#include "disk_int.h"

void disk_of_one_thread(void)
{
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK)
        abort();
}

static void require_idle(const struct file *file)
{
    bool idle = !file->reserved && !file->pending && !file->exclusive;
    for (size_t slot = 0; slot < SHM_LOCKS; slot++)
        idle = idle && !file->shm_exclusive[slot] && file->shm_shared_count[slot] == 0;
    if (idle)
        return;
    fprintf(stderr, "disk: a connection to %s is not idle\n", file->path);
    abort();
}

/* The database itself, its log, its journal. */
static bool belongs_to(const struct file *file, const char *path)
{
    size_t n = strlen(path);
    return file->path && strncmp(file->path, path, n) == 0 && (file->path[n] == '\0' || file->path[n] == '-');
}

static void begin_counting(struct disk *disk)
{
    disk->operations = disk->fault_at = 0;
    disk->faulted = disk->full = disk->dead = false;
}

static void forget_shm(struct file *file)
{
    for (size_t i = 0; i < SHM_REGIONS_MAX && file->shm[i]; i++)
        memset(file->shm[i], 0, file->shm_region_size);
}

void disk_restart_idle(struct disk *disk, const char *path, enum disk_loss loss, uint64_t seed)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        struct file *file = disk->files[i];
        if (!belongs_to(file, path))
            continue;
        require_idle(file);
        bool existed = file->exists;
        if (loss == DISK_POWER_CUT && existed)
            disk_lose_power(file, seed);
        /* The name of an open file is kept: who holds it open would not look for a new one. */
        file->exists = existed && (file->exists || file->open_count > 0);
        file->ever_synced = file->ever_synced || existed;
        forget_shm(file);
    }
    begin_counting(disk);
}

void disk_begin_again(struct disk *disk, const char *path, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        struct file *file = disk->files[i];
        if (!belongs_to(file, path))
            continue;
        require_idle(file);
        bool is_open = file->open_count > 0;
        forget_shm(file);
        if (strcmp(file->path, path) == 0) {
            file_replace(file, bytes, size);
            continue;
        }
        file_clear(file);
        file->exists = is_open;
        if (is_open)
            file_sync(file);
    }
    if (!disk_file(disk, path, &(size_t){0}))
        disk_put_file(disk, path, bytes, size);
    disk_reset_randomness(disk);
    begin_counting(disk);
}
