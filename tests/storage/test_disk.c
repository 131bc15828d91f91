/* test_disk.c: whether the disk in memory does what disk.h says, and whether it can tell a database that keeps its word from one that does not: what was
 * committed with synchronous=FULL survives the death of the process and a power cut at every single operation, what was not is never half there, and
 * with synchronous=OFF the same workload is caught losing data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "storage/disk.h"

#define PATH "shop.db"
enum { BATCHES = 10, ROWS_PER_BATCH = 20, CRASHES_IN_RECOVERY = 3, LOSSES_SHOWN = 10 };

static struct disk *disk;

static int setup(void **state)
{
    (void)state;
    disk = disk_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    disk_free(disk);
    return 0;
}

/* ---- files, one by one ---- */

static sqlite3_file *open_file(const char *path, int flags)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    int out;
    assert_non_null(file);
    if (vfs->xOpen(vfs, path, file, flags, &out) == SQLITE_OK)
        return file;
    free(file);
    return NULL;
}

static sqlite3_file *new_file(const char *path)
{
    sqlite3_file *file = open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB);
    assert_non_null(file);
    return file;
}

static void close_file(sqlite3_file *file)
{
    file->pMethods->xClose(file);
    free(file);
}

static int write_run(sqlite3_file *file, char letter, int n, int64_t offset)
{
    char bytes[4096];
    assert_true(n <= (int)sizeof bytes);
    memset(bytes, letter, sizeof bytes);
    return file->pMethods->xWrite(file, bytes, n, offset);
}

/* How many bytes of the file are this letter. */
static size_t letters(const char *path, char letter)
{
    size_t size = 0, count = 0;
    const unsigned char *bytes = disk_file(disk, path, &size);
    for (size_t i = 0; i < size; i++)
        count += bytes[i] == (unsigned char)letter;
    return count;
}

static size_t size_of(const char *path)
{
    size_t size = 0;
    assert_non_null(disk_file(disk, path, &size));
    return size;
}

static void names(void **state)
{
    (void)state;
    size_t size;
    assert_null(disk_file(disk, PATH, &size));
    assert_null(open_file(PATH, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB));
    sqlite3_file *file = new_file(PATH);
    assert_null(open_file(PATH, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE));
    assert_int_equal(write_run(file, 'a', 10, 5), SQLITE_OK);
    assert_int_equal(size_of(PATH), 15);
    assert_int_equal(letters(PATH, 0), 5);
    close_file(file);
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    assert_int_equal(vfs->xDelete(vfs, PATH, 1), SQLITE_OK);
    assert_int_equal(vfs->xDelete(vfs, PATH, 1), SQLITE_IOERR_DELETE_NOENT);
    assert_null(disk_file(disk, PATH, &size));
    assert_int_equal(disk_operations(disk), 2);
}

static void fail_changes_nothing_once(void **state)
{
    (void)state;
    sqlite3_file *file = new_file(PATH);
    assert_int_equal(write_run(file, 'a', 100, 0), SQLITE_OK);
    disk_plan(disk, DISK_FAIL, 2);
    assert_int_equal(write_run(file, 'b', 10, 0), SQLITE_OK);
    assert_false(disk_faulted(disk));
    assert_int_equal(write_run(file, 'c', 100, 0), SQLITE_IOERR_WRITE);
    assert_true(disk_faulted(disk));
    assert_int_equal(letters(PATH, 'c'), 0);
    assert_int_equal(write_run(file, 'c', 100, 0), SQLITE_OK);
    disk_plan(disk, DISK_FAIL, 1);
    assert_int_equal(file->pMethods->xTruncate(file, 3), SQLITE_IOERR_TRUNCATE);
    assert_int_equal(size_of(PATH), 100);
    disk_plan(disk, DISK_FAIL, 1);
    assert_int_equal(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_IOERR_FSYNC);
    close_file(file);
}

static void tear_does_half(void **state)
{
    (void)state;
    sqlite3_file *file = new_file(PATH);
    assert_int_equal(write_run(file, 'a', 1000, 0), SQLITE_OK);
    disk_plan(disk, DISK_TEAR, 1);
    assert_int_equal(write_run(file, 'b', 1000, 0), SQLITE_IOERR_WRITE);
    assert_int_equal(letters(PATH, 'b'), 500);
    assert_int_equal(letters(PATH, 'a'), 500);
    disk_plan(disk, DISK_TEAR, 1);
    assert_int_equal(file->pMethods->xTruncate(file, 3), SQLITE_IOERR_TRUNCATE);
    assert_int_equal(size_of(PATH), 3);
    close_file(file);
}

static void full_refuses_only_growth(void **state)
{
    (void)state;
    sqlite3_file *file = new_file(PATH);
    assert_int_equal(write_run(file, 'a', 1000, 0), SQLITE_OK);
    disk_plan(disk, DISK_FULL, 1);
    assert_int_equal(write_run(file, 'b', 1000, 0), SQLITE_OK);
    assert_int_equal(write_run(file, 'c', 1000, 600), SQLITE_FULL);
    assert_int_equal(letters(PATH, 'c'), 400);
    assert_int_equal(size_of(PATH), 1000);
    disk_clear_fault(disk);
    assert_int_equal(write_run(file, 'c', 1000, 600), SQLITE_OK);
    assert_int_equal(size_of(PATH), 1600);
    close_file(file);
}

static void count_delay(void *context)
{
    ++*(int *)context;
}

static void delay_calls_before(void **state)
{
    (void)state;
    int delays = 0;
    sqlite3_file *file = new_file(PATH);
    disk_set_delay(disk, count_delay, &delays);
    disk_plan(disk, DISK_DELAY, 2);
    assert_int_equal(write_run(file, 'a', 10, 0), SQLITE_OK);
    assert_int_equal(delays, 0);
    assert_int_equal(write_run(file, 'b', 10, 0), SQLITE_OK);
    assert_int_equal(write_run(file, 'c', 10, 0), SQLITE_OK);
    assert_int_equal(delays, 1);
    close_file(file);
}

static void the_dead_do_nothing(void **state)
{
    (void)state;
    char byte;
    int64_t size;
    sqlite3_file *file = new_file(PATH);
    assert_int_equal(write_run(file, 'a', 10, 0), SQLITE_OK);
    disk_plan(disk, DISK_DIE, 1);
    assert_int_equal(write_run(file, 'b', 10, 0), SQLITE_IOERR_WRITE);
    assert_true(disk_dead(disk));
    assert_int_equal(write_run(file, 'b', 10, 0), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xRead(file, &byte, 1, 0), SQLITE_IOERR_READ);
    assert_int_equal(file->pMethods->xFileSize(file, (sqlite3_int64 *)&size), SQLITE_IOERR_FSTAT);
    assert_null(open_file("other", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    close_file(file);
    disk_restart(disk, DISK_KEEP, 0);
    assert_int_equal(letters(PATH, 'a'), 10);
    assert_int_equal(disk_operations(disk), 0);
}

/* ---- the power cut ---- */

/* 8 sectors synced as 'a', then 'b' written over the last 4 and 8 more, then the power fails: over many seeds every sector is seen old, new and, where a
 * write ended, half; the first 4 sectors never change. */
static void power_cut_keeps_what_was_synced(void **state)
{
    (void)state;
    bool saw_old = false, saw_new = false, saw_half = false, saw_short = false, saw_long = false;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        disk_remove_all(disk);
        sqlite3_file *file = new_file(PATH);
        assert_int_equal(write_run(file, 'a', 4096, 0), SQLITE_OK);
        assert_int_equal(file->pMethods->xSync(file, SQLITE_SYNC_FULL), SQLITE_OK);
        assert_int_equal(write_run(file, 'b', 2048, 2048), SQLITE_OK);
        assert_int_equal(write_run(file, 'b', 4096, 4096), SQLITE_OK);
        close_file(file);
        disk_restart(disk, DISK_POWER_CUT, seed);
        size_t size;
        const unsigned char *bytes = disk_file(disk, PATH, &size);
        assert_true(size >= 4096 && size <= 8192);
        for (size_t i = 0; i < 2048; i++)
            assert_int_equal(bytes[i], 'a');
        for (size_t sector = 2048; sector + 512 <= 4096; sector += 512) {
            bool half = bytes[sector] == 'b' && bytes[sector + 256] == 'a';
            assert_true(bytes[sector] == bytes[sector + 255] && bytes[sector + 256] == bytes[sector + 511]);
            assert_true(half ? sector == 3584 : bytes[sector] == bytes[sector + 511]);
            saw_half |= half;
            saw_old |= bytes[sector] == 'a';
            saw_new |= bytes[sector] == 'b';
        }
        for (size_t i = 4096; i < size; i++)
            assert_true(bytes[i] == 'b' || bytes[i] == 0);
        saw_short |= size == 4096;
        saw_long |= size == 8192;
    }
    assert_true(saw_old && saw_new && saw_half && saw_short && saw_long);
}

/* A truncation that was not synced may be undone, with the old bytes; a file that never was may be gone; a removal without its folder may be undone. */
static void power_cut_may_undo_names_and_lengths(void **state)
{
    (void)state;
    bool saw[2][3] = {{false}};
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        disk_remove_all(disk);
        disk_put_file(disk, "cut", (const unsigned char *)"0123456789", 10);
        disk_put_file(disk, "removed", (const unsigned char *)"abc", 3);
        disk_put_file(disk, "gone", (const unsigned char *)"abc", 3);
        sqlite3_file *file = new_file("new");
        assert_int_equal(write_run(file, 'n', 5, 0), SQLITE_OK);
        close_file(file);
        assert_int_equal(vfs->xDelete(vfs, "gone", 1), SQLITE_OK);
        assert_int_equal(vfs->xDelete(vfs, "removed", 0), SQLITE_OK);
        file = open_file("cut", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB);
        assert_non_null(file);
        assert_int_equal(file->pMethods->xTruncate(file, 4), SQLITE_OK);
        close_file(file);
        disk_restart(disk, DISK_POWER_CUT, seed);
        size_t size;
        const unsigned char *bytes = disk_file(disk, "cut", &size);
        assert_true(size == 4 || size == 10);
        assert_memory_equal(bytes, "0123", 4);
        assert_true(size == 4 || memcmp(bytes, "0123456789", 10) == 0 || memcmp(bytes, "0123\0\0\0\0\0\0", 10) == 0);
        saw[size == 10][0] = true;
        saw[disk_file(disk, "removed", &size) != NULL][1] = true;
        saw[disk_file(disk, "new", &size) != NULL][2] = true;
        assert_null(disk_file(disk, "gone", &size));
    }
    for (int what = 0; what < 3; what++)
        assert_true(saw[0][what] && saw[1][what]);
}

static void the_same_seed_gives_the_same_disk(void **state)
{
    (void)state;
    unsigned char first[8192];
    size_t first_size = 0;
    for (int round = 0; round < 2; round++) {
        disk_remove_all(disk);
        disk_put_file(disk, PATH, (const unsigned char *)"begin", 5);
        sqlite3_file *file = new_file(PATH);
        for (int i = 0; i < 16; i++)
            assert_int_equal(write_run(file, (char)('a' + i), 300, 500 * i), SQLITE_OK);
        close_file(file);
        disk_restart(disk, DISK_POWER_CUT, 4);
        size_t size = 0;
        const unsigned char *bytes = disk_file(disk, PATH, &size);
        assert_true(bytes && size > 0 && size <= sizeof first);
        if (round == 0) {
            memcpy(first, bytes, size);
            first_size = size;
        }
        assert_int_equal(size, first_size);
        assert_memory_equal(bytes, first, size);
    }
}

/* ---- a database on it ---- */

static int exec(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Negative when it cannot be read. */
static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static sqlite3 *open_database(const char *settings)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(PATH, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK && exec(db, settings) == SQLITE_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

#define WAL_FULL "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8"
#define JOURNAL_EXTRA "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA"
#define WAL_OFF "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 8"

static void two_connections(void **state)
{
    (void)state;
    sqlite3 *one = open_database(WAL_FULL), *two = open_database(WAL_FULL);
    assert_true(one && two);
    assert_int_equal(exec(one, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)"), SQLITE_OK);
    assert_int_equal(exec(one, "BEGIN IMMEDIATE; INSERT INTO t VALUES (2)"), SQLITE_OK);
    assert_int_equal(exec(two, "BEGIN IMMEDIATE"), SQLITE_BUSY);
    assert_int_equal(number(two, "SELECT count(*) FROM t"), 1);
    assert_int_equal(exec(two, "BEGIN; SELECT * FROM t"), SQLITE_OK);
    assert_int_equal(exec(one, "COMMIT"), SQLITE_OK);
    assert_int_equal(number(two, "SELECT count(*) FROM t"), 1); /* its snapshot */
    assert_int_equal(exec(two, "INSERT INTO t VALUES (3)"), SQLITE_BUSY);
    assert_int_equal(exec(two, "COMMIT"), SQLITE_OK);
    assert_int_equal(number(two, "SELECT count(*) FROM t"), 2);
    assert_int_equal(sqlite3_close(one), SQLITE_OK);
    assert_int_equal(exec(two, "INSERT INTO t VALUES (3)"), SQLITE_OK);
    assert_int_equal(sqlite3_close(two), SQLITE_OK);
    size_t size;
    assert_null(disk_file(disk, PATH "-wal", &size)); /* the last one to close writes it back */

    one = open_database("PRAGMA journal_mode = DELETE");
    two = open_database("PRAGMA cache_size = 10");
    assert_true(one && two);
    assert_int_equal(exec(one, "BEGIN IMMEDIATE; INSERT INTO t VALUES (4)"), SQLITE_OK);
    assert_int_equal(exec(two, "BEGIN IMMEDIATE"), SQLITE_BUSY);
    assert_int_equal(exec(two, "BEGIN; SELECT * FROM t"), SQLITE_OK);
    assert_int_equal(exec(one, "COMMIT"), SQLITE_BUSY); /* a reader is there */
    assert_int_equal(exec(two, "COMMIT"), SQLITE_OK);
    assert_int_equal(exec(one, "COMMIT"), SQLITE_OK);
    assert_int_equal(number(two, "SELECT count(*) FROM t"), 4);
    assert_int_equal(sqlite3_close(one), SQLITE_OK);
    assert_int_equal(sqlite3_close(two), SQLITE_OK);
}

/* ---- every transaction, whole or not at all ---- */

static const char schema[] =
    "CREATE TABLE entry (batch INTEGER NOT NULL, row INTEGER NOT NULL, amount INTEGER NOT NULL, filler TEXT NOT NULL, PRIMARY KEY (batch, row)) WITHOUT ROWID;"
    "CREATE TABLE total (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, batches INTEGER NOT NULL); INSERT INTO total VALUES (1, 0, 0)";

static void prepare_database(const char *settings)
{
    disk_remove_all(disk);
    sqlite3 *db = open_database(settings);
    assert_non_null(db);
    assert_int_equal(exec(db, schema), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    disk_restart(disk, DISK_KEEP, 0);
}

/* A batch: its rows, and their sum in another table. Even ones are deleted again two batches later, so that pages are freed and taken anew. */
static bool write_batch(sqlite3 *db, int batch)
{
    char sql[600];
    snprintf(sql, sizeof sql,
             "BEGIN IMMEDIATE;"
             "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < %d)"
             " INSERT INTO entry SELECT %d, i, i * %d, printf('%%.*c', 40 + (i * 37) %% 300, 'x') FROM r;"
             "DELETE FROM entry WHERE batch = %d AND batch %% 2 = 0;"
             "UPDATE total SET amount = (SELECT sum(amount) FROM entry), batches = %d;"
             "COMMIT",
             ROWS_PER_BATCH, batch, batch, batch - 2, batch);
    if (exec(db, sql) == SQLITE_OK)
        return true;
    if (!sqlite3_get_autocommit(db))
        (void)exec(db, "ROLLBACK");
    return false;
}

struct outcome {
    int last_acknowledged; /* the batches are numbered from 1; a refused one is tried again */
    int64_t operations;
};

/* Writes the batches until the last or until the process dies. */
static struct outcome work(const char *settings)
{
    struct outcome outcome = {0};
    sqlite3 *db = open_database(settings);
    if (db)
        outcome.last_acknowledged = (int)number(db, "SELECT batches FROM total");
    for (int tries = 0; db && outcome.last_acknowledged < BATCHES && tries < 3 * BATCHES && !disk_dead(disk); tries++) {
        if (write_batch(db, outcome.last_acknowledged + 1)) {
            outcome.last_acknowledged++;
        } else if (!disk_dead(disk)) {
            /* A removal may fail after it was done: then the refused batch is there, and this process sees it as well. */
            outcome.last_acknowledged = (int)number(db, "SELECT batches FROM total");
            if (tries > BATCHES)
                disk_clear_fault(disk);
        }
    }
    sqlite3_close(db);
    outcome.operations = disk_operations(disk);
    return outcome;
}

/* The number of batches there are, or negative when something is half there or damaged. */
static int64_t whole_batches(const char *settings)
{
    sqlite3 *db = open_database(settings);
    if (!db)
        return -2;
    int64_t batches = number(db, "SELECT batches FROM total");
    bool whole = number(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check LIMIT 1") == 1 &&
                 number(db, "SELECT coalesce(sum(amount), 0) = (SELECT amount FROM total) FROM entry") == 1;
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT count(*) = 0 FROM (SELECT batch, count(*) AS n, max(batch > t.batches OR (batch %% 2 = 0 AND batch <= t.batches - 2)) AS odd"
             " FROM entry, total t GROUP BY batch) WHERE n <> %d OR odd", ROWS_PER_BATCH);
    whole = whole && number(db, sql) == 1;
    sqlite3_close(db);
    return whole ? batches : -1;
}

/* Dies at the operation `nth`, then a few times more while it recovers. What is there at the end: negative when it is not whole. */
static int64_t die_and_recover(const char *settings, enum disk_loss loss, int64_t nth, uint64_t seed, int *ret_acknowledged)
{
    disk_plan(disk, DISK_DIE, nth);
    *ret_acknowledged = work(settings).last_acknowledged;
    for (int crash = 0; crash < CRASHES_IN_RECOVERY; crash++) {
        disk_restart(disk, loss, seed + 7 * (uint64_t)crash);
        disk_plan(disk, DISK_DIE, 1 + (int64_t)((seed * 31 + (uint64_t)nth) % 11));
        sqlite3 *db = open_database(settings);
        if (db)
            (void)number(db, "SELECT count(*) FROM entry");
        sqlite3_close(db);
    }
    disk_restart(disk, loss, seed + 101);
    return whole_batches(settings);
}

/* Returns how often something acknowledged was lost, or anything was half there. */
static int64_t count_losses(const char *settings, enum disk_loss loss, uint64_t seeds, bool stop_at_first)
{
    int64_t losses = 0;
    prepare_database(settings);
    int64_t operations = work(settings).operations;
    assert_true(operations > 100);
    print_message("%s: %d operations, %d power cuts or deaths\n", settings, (int)operations, (int)(operations * (int64_t)seeds * (1 + CRASHES_IN_RECOVERY)));
    for (int64_t nth = 1; nth <= operations; nth++)
        for (uint64_t seed = 1; seed <= seeds && !(losses && stop_at_first); seed++) {
            int acknowledged;
            prepare_database(settings);
            int64_t there = die_and_recover(settings, loss, nth, seed * 1000, &acknowledged);
            /* The one that was being written when it died may have come through. */
            bool kept = there == acknowledged || there == acknowledged + 1;
            if (!kept && !stop_at_first && losses < LOSSES_SHOWN)
                print_error("%s, operation %d, seed %d: %d of %d batches\n", settings, (int)nth, (int)seed, (int)there, acknowledged);
            losses += !kept;
        }
    return losses;
}

static void wal_survives_death(void **state)
{
    (void)state;
    assert_int_equal(count_losses(WAL_FULL, DISK_KEEP, 1, false), 0);
}

static void wal_survives_power_cuts(void **state)
{
    (void)state;
    assert_int_equal(count_losses(WAL_FULL, DISK_POWER_CUT, 4, false), 0);
}

static void rollback_journal_survives_power_cuts(void **state)
{
    (void)state;
    assert_int_equal(count_losses(JOURNAL_EXTRA, DISK_POWER_CUT, 2, false), 0);
}

/* The disk is no good if it cannot catch this. */
static void without_sync_a_loss_is_caught(void **state)
{
    (void)state;
    assert_true(count_losses(WAL_OFF, DISK_POWER_CUT, 2, true) > 0);
}

/* A fault that the process survives: what was refused is not there, what was acknowledged is, and the rest goes on. */
static void faults_refuse_whole_transactions(void **state)
{
    static const enum disk_fault faults[] = {DISK_FAIL, DISK_TEAR, DISK_FULL, DISK_DELAY};
    static const char *const modes[] = {WAL_FULL, JOURNAL_EXTRA};
    (void)state;
    for (size_t mode = 0; mode < sizeof modes / sizeof modes[0]; mode++) {
        prepare_database(modes[mode]);
        int64_t operations = work(modes[mode]).operations;
        print_message("%s: %d operations\n", modes[mode], (int)operations);
        for (int64_t nth = 1; nth <= operations; nth++)
            for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
                prepare_database(modes[mode]);
                disk_plan(disk, faults[i], nth);
                int acknowledged = work(modes[mode]).last_acknowledged;
                assert_true(disk_faulted(disk));
                disk_restart(disk, DISK_KEEP, 0);
                assert_int_equal(whole_batches(modes[mode]), acknowledged);
                assert_int_equal(work(modes[mode]).last_acknowledged, BATCHES);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names, setup, teardown),
        cmocka_unit_test_setup_teardown(fail_changes_nothing_once, setup, teardown),
        cmocka_unit_test_setup_teardown(tear_does_half, setup, teardown),
        cmocka_unit_test_setup_teardown(full_refuses_only_growth, setup, teardown),
        cmocka_unit_test_setup_teardown(delay_calls_before, setup, teardown),
        cmocka_unit_test_setup_teardown(the_dead_do_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(power_cut_keeps_what_was_synced, setup, teardown),
        cmocka_unit_test_setup_teardown(power_cut_may_undo_names_and_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_seed_gives_the_same_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(two_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(wal_survives_death, setup, teardown),
        cmocka_unit_test_setup_teardown(wal_survives_power_cuts, setup, teardown),
        cmocka_unit_test_setup_teardown(rollback_journal_survives_power_cuts, setup, teardown),
        cmocka_unit_test_setup_teardown(without_sync_a_loss_is_caught, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_refuse_whole_transactions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
