/* disk_idle.h: the next process without closing what the last one had open: a connection that is idle (no statement, no transaction, no lock) finds the database as
 * if another program had left it there, and looks at it anew. What it has prepared stays prepared, which makes thousands of short lives of a process a second
 * affordable. For tests/sim; disk.h has the thorough way, through closing and opening. */
#ifndef TESTS_STORAGE_DISK_IDLE_H
#define TESTS_STORAGE_DISK_IDLE_H
#include "storage/disk.h"

/* SQLite without locks of its own, for a program of one thread. Before any database is opened. */
void disk_of_one_thread(void);
/* The database at `path` as disk_restart would leave it; other files are left alone. Operations are counted from 1 again, and no fault is planned. Aborts when a
 * connection is not idle. */
void disk_restart_idle(struct disk *disk, const char *path, enum disk_loss loss, uint64_t seed);
/* The database at `path` holds these bytes and its log nothing, whatever was there before; else as disk_restart_idle. */
void disk_begin_again(struct disk *disk, const char *path, const unsigned char *bytes, size_t size);
#endif
