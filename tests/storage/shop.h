/* shop.h: a whole small shop on the disk in memory: a company with articles and stock, a link, and a till of some twenty sales of every sort, answered through
 * the program's own transport interface. What test_storage_faults.c and test_damage.c share. */
#ifndef TESTS_STORAGE_SHOP_H
#define TESTS_STORAGE_SHOP_H
#include "storage/disk.h"
#include "sync/sync.h"

#define SHOP_PATH "books.db"
#define SHOP_COPY "copy.db"

struct shop {
    struct disk *disk;
    int64_t now_utc;           /* its clock moves only when told, and by waiting */
    struct seal_key seal_key;
    struct err err;
    /* while it is open */
    struct db *db;
    struct company company;
    struct arena arena;
    struct link link;
    struct sync_environment environment;
    /* the till */
    int requests;              /* for sales, since shop_open */
    int hook_at;               /* calls `hook` before it answers this one; 0: each of them */
    void (*hook)(struct shop *shop);
    struct { uint64_t tag; char url[1024]; } queue[HTTP_IN_FLIGHT_MAX];
    size_t queued;
    struct buf body;
};

void shop_init(struct shop *shop, struct disk *disk);
void shop_release(struct shop *shop);
/* What `liaison init`, `article add` and `link add` do, each in its transaction; what is there already is left. Leaves the shop closed. */
int shop_create(struct shop *shop);
/* Opens the database, its only company, its only link. */
int shop_open(struct shop *shop);
/* The database alone, for a check of one that may be damaged. */
int shop_open_database(struct shop *shop);
void shop_close(struct shop *shop);
/* A run with validation, ten minutes later than the last one. */
int shop_sync(struct shop *shop);

/* All that `liaison db check` looks for: appends a line for each finding. Returns how many, or a negative code when it cannot be looked at (then the reason is
 * a line as well). */
int shop_check(struct shop *shop, struct buf *text);
/* The books as text, read by SQLite alone: each row of each table, without what differs from run to run by its nature (run numbers, instants of writing, the
 * journal's order). */
void shop_dump(const char *path, struct buf *out);
#define SHOP_LOCKED INT64_MIN
/* The number that a query on the file gives, or SHOP_LOCKED when nobody may read at this moment; aborts when it gives none. */
int64_t shop_number(const char *path, const char *sql);
#endif
