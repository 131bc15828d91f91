/* disk_file.c: the bytes of one file of the disk in memory. A sector that was synced is copied aside when it is first written again, so that a power cut can
 * choose for each between the old bytes and the new ones; a sync only forgets the copies. Everything is an array that grows, since a simulation
 * makes thousands of disks a minute. */
#include "storage/disk_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK_END ((uint32_t)1 << 31) /* the last sector of a write: it may be half there */
#define MARK_UNDO (MARK_END - 1)

void *disk_alloc_or_abort(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (!p) {
        fputs("disk: memory exhausted\n", stderr);
        abort();
    }
    return p;
}

uint64_t disk_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t sectors_of(size_t size)
{
    return (size + SECTOR_SIZE - 1) / SECTOR_SIZE;
}

static size_t grown(size_t capacity, size_t needed)
{
    size_t next = capacity ? capacity : 16384;
    while (next < needed)
        next *= 2;
    return next;
}

static void make_room(struct file *file, size_t size)
{
    if (size <= file->capacity)
        return;
    size_t capacity = grown(file->capacity, size);
    file->bytes = disk_alloc_or_abort(file->bytes, capacity);
    file->capacity = capacity;
    size_t marks = sectors_of(capacity);
    file->marks = disk_alloc_or_abort(file->marks, marks * sizeof *file->marks);
    memset(file->marks + file->mark_capacity, 0, (marks - file->mark_capacity) * sizeof *file->marks);
    file->mark_capacity = marks;
}

/* What lies between the end of a file and the place where it goes on holds zeros. */
static void fill_gap(struct file *file, size_t until)
{
    if (until > file->size)
        memset(file->bytes + file->size, 0, until - file->size);
}

/* ---- what is not synced ---- */

static void keep_before(struct file *file, size_t sector)
{
    if ((file->marks[sector] & MARK_UNDO) || sector >= sectors_of(file->synced_size))
        return;
    if (file->undo_count == file->undo_capacity) {
        file->undo_capacity = file->undo_capacity ? 2 * file->undo_capacity : 64;
        file->undos = disk_alloc_or_abort(file->undos, file->undo_capacity * sizeof *file->undos);
    }
    struct undo *undo = &file->undos[file->undo_count++];
    undo->sector = sector;
    memcpy(undo->before, file->bytes + sector * SECTOR_SIZE, SECTOR_SIZE);
    file->marks[sector] |= (uint32_t)file->undo_count;
}

/* To be called before the bytes from `offset` to `end` change. */
static void touch(struct file *file, size_t offset, size_t end)
{
    size_t first = offset / SECTOR_SIZE, after = sectors_of(end);
    if (first >= after)
        return;
    if (file->dirty_from >= file->dirty_to) {
        file->dirty_from = first;
        file->dirty_to = after;
    }
    file->dirty_from = first < file->dirty_from ? first : file->dirty_from;
    file->dirty_to = after > file->dirty_to ? after : file->dirty_to;
    for (size_t sector = first; sector < after; sector++)
        keep_before(file, sector);
}

static void forget_undos(struct file *file)
{
    if (file->dirty_from < file->dirty_to)
        memset(file->marks + file->dirty_from, 0, (file->dirty_to - file->dirty_from) * sizeof *file->marks);
    file->dirty_from = file->dirty_to = 0;
    file->undo_count = 0;
}

/* ---- what a process does ---- */

void file_write(struct file *file, const void *bytes, size_t n, size_t offset)
{
    size_t end = offset + n;
    if (n == 0)
        return;
    make_room(file, end);
    fill_gap(file, offset);
    touch(file, offset, end);
    memcpy(file->bytes + offset, bytes, n);
    file->marks[(end - 1) / SECTOR_SIZE] |= MARK_END;
    if (end > file->size)
        file->size = end;
}

void file_truncate(struct file *file, size_t size)
{
    if (size < file->size) {
        touch(file, size, file->size);
        memset(file->bytes + size, 0, file->size - size);
    } else {
        make_room(file, size);
        fill_gap(file, size);
    }
    file->size = size;
}

void file_sync(struct file *file)
{
    forget_undos(file);
    file->synced_size = file->size;
    file->ever_synced = true;
}

void file_clear(struct file *file)
{
    forget_undos(file);
    file->size = file->synced_size = 0;
    file->exists = file->ever_synced = file->ghost = false;
}

void file_replace(struct file *file, const void *bytes, size_t n)
{
    forget_undos(file);
    make_room(file, n);
    memcpy(file->bytes, bytes, n);
    file->size = n;
    file->exists = true;
    file->ghost = false;
    file_sync(file);
}

void file_drop_shm(struct file *file)
{
    for (size_t i = 0; i < SHM_REGIONS_MAX && file->shm[i]; i++) {
        free(file->shm[i]);
        file->shm[i] = NULL;
    }
    file->shm_users = 0;
    memset(file->shm_shared_count, 0, sizeof file->shm_shared_count);
    memset(file->shm_exclusive, 0, sizeof file->shm_exclusive);
}

void file_free(struct file *file)
{
    file_drop_shm(file);
    free(file->path);
    free(file->bytes);
    free(file->marks);
    free(file->undos);
    free(file);
}

/* ---- the power cut ---- */

/* Between the synced length and the present one; either of them often. */
static size_t choose_size(const struct file *file, uint64_t *random)
{
    size_t low = file->size < file->synced_size ? file->size : file->synced_size;
    size_t high = file->size < file->synced_size ? file->synced_size : file->size;
    uint64_t choice = disk_random(random) % 4;
    if (choice == 0)
        return file->synced_size;
    if (choice == 1 || file->size < file->synced_size)
        return file->size;
    size_t between = low + disk_random(random) % (high - low + 1);
    return choice == 2 ? between : between / SECTOR_SIZE * SECTOR_SIZE < low ? low : between / SECTOR_SIZE * SECTOR_SIZE;
}

/* What stood in the sector when it was last synced; zeros when it was not there yet. */
static const unsigned char *before_of(const struct file *file, size_t sector)
{
    static const unsigned char zeros[SECTOR_SIZE];
    uint32_t undo = file->marks[sector] & MARK_UNDO;
    return undo ? file->undos[undo - 1].before : zeros;
}

void file_power_cut(struct file *file, uint64_t seed)
{
    /* How many eighths of the sectors arrived: all and none are worth more than chance would give them. */
    static const unsigned ARRIVED[] = {0, 1, 4, 7, 8};
    uint64_t random = seed;
    unsigned arrived = ARRIVED[disk_random(&random) % (sizeof ARRIVED / sizeof ARRIVED[0])];
    size_t size = file->size == file->synced_size ? file->size : choose_size(file, &random);
    size_t old_size = file->size, first_grown = sectors_of(file->synced_size), after = sectors_of(old_size > size ? old_size : size);
    make_room(file, size);
    for (size_t sector = 0; sector < after; sector++) {
        unsigned char *at = file->bytes + sector * SECTOR_SIZE;
        if (!(file->marks[sector] & MARK_UNDO) && sector < first_grown)
            continue;
        /* A sector that was cut off has no new bytes; it is the old one when the length is. */
        bool is_cut_off = sector * SECTOR_SIZE >= old_size;
        if (is_cut_off || disk_random(&random) % 8 >= arrived)
            memcpy(at, before_of(file, sector), SECTOR_SIZE);
        else if ((file->marks[sector] & MARK_END) && disk_random(&random) % 4 == 0)
            memcpy(at + SECTOR_SIZE / 2, before_of(file, sector) + SECTOR_SIZE / 2, SECTOR_SIZE / 2);
    }
    file->size = size;
    file_sync(file);
}
