/* pages_int.h: SQLite pages that bear a checksum, so that a byte which the disk, or another program, changed is noticed (see pages.c). Private to sqlite.c. */
#ifndef DB_PAGES_INT_H
#define DB_PAGES_INT_H
#include "base/err.h"

#include <sqlite3.h>

/* The name under which sqlite3_open_v2 is to open: SQLite's default VFS of this moment, with checksums over it. NULL when there is no memory for it. */
const char *pages_vfs(void);
/* Asks for the room of a checksum in each page. To be called after opening, before anything is read; an existing file stays as it is. */
void pages_reserve(sqlite3 *handle);
/* A copy page by page bears checksums when its source does. `target` is still empty. */
void pages_follow(sqlite3 *target, sqlite3 *source);
/* The pages that this connection read and that were not as they were written, each once; numbers from 1. At most `max` of them; returns how many
 * there are in all. */
size_t pages_damaged(sqlite3 *handle, uint32_t *ret, size_t max);
#endif
