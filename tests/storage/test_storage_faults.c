/* test_storage_faults.c: a whole small shop under every storage fault at every operation: creation, a synchronisation with validation, a backup. Whatever happens, the
 * program refuses with a message or goes on, the books are whole afterwards, and a run without faults ends in the state that an undisturbed run
 * ends in. Pain: P7 P18 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storage/shop.h"

static struct disk *disk;
static struct shop shop;
static struct buf created;     /* the bytes of the shop before its first run */
static struct buf synced;      /* and after it */
static struct buf expected;    /* the dump of an undisturbed shop */
static struct buf expected_new; /* of one that was only created */

/* ---- the faults ---- */

static const struct trouble {
    const char *name;
    enum disk_fault fault;
    enum disk_loss loss;
    uint64_t seed;
} TROUBLES[] = {
    {"fails", DISK_FAIL, DISK_KEEP, 0},
    {"tears", DISK_TEAR, DISK_KEEP, 0},
    {"fills up", DISK_FULL, DISK_KEEP, 0},
    {"takes long", DISK_DELAY, DISK_KEEP, 0},
    {"dies", DISK_DIE, DISK_KEEP, 0},
    {"loses power", DISK_DIE, DISK_POWER_CUT, 1},
    {"loses power otherwise", DISK_DIE, DISK_POWER_CUT, 2},
};
enum { TROUBLE_COUNT = sizeof TROUBLES / sizeof TROUBLES[0] };
/* Operations tried of each trouble. */
enum { RUN_SAMPLE = 60, CREATION_SAMPLE = 40, BACKUP_SAMPLE = 30 };

/* Where and what, for the message of a failure. */
static struct { const struct trouble *trouble; int64_t nth; } now;
static int64_t faults_met, refusals, looks;

#define fail_here(...) \
    do { \
        print_error("%s at operation %lld:\n", now.trouble ? now.trouble->name : "no fault", (long long)now.nth); \
        fail_msg(__VA_ARGS__); \
    } while (0)

/* A refusal is one that a person understands; a fault of ours never is. */
static void assert_clear(int rc)
{
    BUF_AUTO text = {0};
    if (rc == OK)
        return;
    refusals++;
    err_format(&shop.err, &text);
    if ((rc != ERR_DATA && rc != ERR_BUSY) || shop.err.code != rc || text.n == 0 || strstr(text.p, "a fault in this program"))
        fail_here("refused with %d: %s", rc, text.p ? text.p : "");
    if (!strstr(text.p, SHOP_PATH) && !strstr(text.p, SHOP_COPY))
        fail_here("the refusal does not name the file: %s", text.p);
}

static void assert_ok(int rc)
{
    BUF_AUTO text = {0};
    if (rc == OK)
        return;
    err_format(&shop.err, &text);
    fail_here("%s", text.p);
}

static void assert_whole(void)
{
    BUF_AUTO findings = {0};
    assert_ok(shop_open(&shop));
    if (shop_check(&shop, &findings) != 0)
        fail_here("findings:\n%s", findings.p);
    shop_close(&shop);
}

/* For where the dump shows most of it already: the check takes longer than the run. */
static void assert_whole_sometimes(void)
{
    static int count;
    if (count++ % 8 == 0)
        assert_whole();
}

static void assert_dump(const char *path, const struct buf *wanted)
{
    BUF_AUTO dump = {0};
    shop_dump(path, &dump);
    if (dump.n != wanted->n || memcmp(dump.p, wanted->p, dump.n) != 0) {
        size_t i = 0;
        while (i < dump.n && i < wanted->n && dump.p[i] == wanted->p[i])
            i++;
        while (i > 0 && dump.p[i - 1] != '\n')
            i--;
        fail_here("another state:\n%.300s\nexpected:\n%.300s", dump.p + i, wanted->p + i);
    }
}

/* The disk holds this image and nothing else; operations are counted from 1. */
static void begin_from(const struct buf *image)
{
    disk_restart(disk, DISK_KEEP, 0);
    disk_remove_all(disk);
    if (image)
        disk_put_file(disk, SHOP_PATH, (const unsigned char *)image->p, image->n);
}

static void keep_image(struct buf *ret)
{
    size_t size;
    const unsigned char *bytes = disk_file(disk, SHOP_PATH, &size);
    assert_non_null(bytes);
    buf_reset(ret);
    buf_append(ret, (struct str){(const char *)bytes, size});
    assert_false(buf_failed(ret));
}

static void look_meanwhile(void *context);

/* Does `action` under the trouble, then lets the process that did it end. */
static int under(const struct trouble *trouble, int64_t nth, int (*action)(void))
{
    now.trouble = trouble;
    now.nth = nth;
    disk_set_delay(disk, look_meanwhile, NULL);
    disk_plan(disk, trouble->fault, nth);
    int rc = action();
    faults_met += disk_faulted(disk);
    if (!disk_dead(disk))
        assert_clear(rc);
    disk_restart(disk, trouble->loss, trouble->seed);
    return rc;
}

/* ---- what is done ---- */

static int sync_once(void)
{
    int rc = shop_open(&shop);
    if (rc == OK) {
        rc = shop_sync(&shop);
        shop_close(&shop);
    }
    return rc;
}

static int create_once(void)
{
    return shop_create(&shop);
}

static int backup_once(void)
{
    int rc = shop_open(&shop);
    if (rc == OK) {
        rc = db_backup(shop.db, SHOP_COPY, &shop.err);
        shop_close(&shop);
    }
    return rc;
}

/* While a write takes long, another program reads: it sees whole books. */
static void look_meanwhile(void *context)
{
    static const char half[] =
        "SELECT COUNT(*) FROM document d WHERE d.total_cents <> (SELECT SUM(l.total_cents) FROM document_line l WHERE l.document_id = d.document_id)"
        " OR d.total_cents + d.tip_cents <> (SELECT SUM(p.amount_cents) FROM payment p WHERE p.document_id = d.document_id)";
    (void)context;
    if (shop_number(SHOP_PATH, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'document' OR name = 'payment'") != 2)
        return;
    int64_t halves = shop_number(SHOP_PATH, half);
    if (halves != 0 && halves != SHOP_LOCKED)
        fail_here("another program sees half a document");
    looks += halves == 0;
}

static int setup(void **state)
{
    (void)state;
    disk = disk_new();
    shop_init(&shop, disk);
    assert_ok(shop_create(&shop));
    keep_image(&created);
    shop_dump(SHOP_PATH, &expected_new);
    assert_ok(sync_once());
    assert_whole();
    keep_image(&synced);
    shop_dump(SHOP_PATH, &expected);
    assert_int_equal(shop_number(SHOP_PATH, "SELECT COUNT(*) FROM document"), 12);
    assert_int_equal(shop_number(SHOP_PATH, "SELECT COUNT(*) FROM grid_sale"), 3);
    assert_int_equal(shop_number(SHOP_PATH, "SELECT COUNT(*) FROM sale WHERE state = 'skipped'"), 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    disk_restart(disk, DISK_KEEP, 0);
    shop_release(&shop);
    disk_free(disk);
    buf_release(&created);
    buf_release(&synced);
    buf_release(&expected);
    buf_release(&expected_new);
    return 0;
}

/* How many operations the undisturbed action takes, told with the rest for the report. */
static int64_t operations_of(const struct buf *image, int (*action)(void))
{
    begin_from(image);
    now.trouble = NULL;
    assert_ok(action());
    faults_met = refusals = looks = 0;
    return disk_operations(disk);
}

static void tell(const char *what, int64_t operations)
{
    print_message("%s: %lld operations, %lld faults met, %lld refusals, %lld looks by another program\n", what, (long long)operations, (long long)faults_met,
                  (long long)refusals, (long long)looks);
}

/* All operations, or an evenly spread sample; each trouble begins at another place, so that together they meet more of them. */
static bool all_operations;
static struct range { int64_t first, step; } range_of(size_t trouble, int64_t operations, int64_t sample)
{
    int64_t step = all_operations || operations <= sample ? 1 : (operations + sample - 1) / sample;
    return (struct range){.first = 1 + step * (int64_t)trouble / TROUBLE_COUNT, .step = step};
}

/* ---- the tests ---- */

/* What another program has seen is acknowledged, and never gone again. */
static int64_t seen_records;

static void note_records(struct shop *running)
{
    (void)running;
    if (!disk_dead(disk))
        seen_records = shop_number(SHOP_PATH, "SELECT COUNT(*) FROM journal");
}

static int sync_noting(void)
{
    seen_records = 0;
    shop.hook = note_records;
    shop.hook_at = 0;
    int rc = sync_once();
    shop.hook = NULL;
    return rc;
}

static void assert_records_kept(void)
{
    int64_t kept = shop_number(SHOP_PATH, "SELECT COUNT(*) FROM journal");
    if (kept < seen_records)
        fail_here("%lld records of the journal were committed, %lld are there", (long long)seen_records, (long long)kept);
}

static void a_run_under_every_fault(void **state)
{
    (void)state;
    int64_t operations = operations_of(&created, sync_once);
    for (size_t i = 0; i < TROUBLE_COUNT; i++) {
        struct range range = range_of(i, operations, RUN_SAMPLE);
        for (int64_t nth = range.first; nth <= operations; nth += range.step) {
            begin_from(&created);
            (void)under(&TROUBLES[i], nth, sync_noting);
            assert_records_kept();
            assert_whole();
            assert_ok(sync_once());
            assert_dump(SHOP_PATH, &expected);
            assert_whole_sometimes();
        }
    }
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin_from(&created);
        assert_ok(sync_once());
        disk_restart(disk, DISK_POWER_CUT, seed);
        assert_dump(SHOP_PATH, &expected);
    }
    tell("run", operations);
}

/* Synchronised, reported, and no time to close anything: the power fails. */
static int sync_and_fall(void)
{
    int rc = shop_open(&shop);
    if (rc == OK) {
        rc = shop_sync(&shop);
        disk_plan(disk, DISK_DIE, 1);
        shop_close(&shop);
    }
    return rc;
}

/* A result that a person has seen is on the disk: neither the end of the process nor its closing of the database is needed for that. */
static void what_was_reported_survives_a_power_cut(void **state)
{
    (void)state;
    now.trouble = NULL;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        now.nth = (int64_t)seed;
        begin_from(&created);
        assert_ok(sync_and_fall());
        assert_true(disk_dead(disk));
        disk_restart(disk, DISK_POWER_CUT, seed);
        assert_dump(SHOP_PATH, &expected);
        assert_whole_sometimes();
    }
}

/* `liaison init`: what it refused can be begun again, and is then as if nothing had been. */
static void a_creation_under_every_fault(void **state)
{
    (void)state;
    int64_t operations = operations_of(NULL, create_once);
    for (size_t i = 0; i < TROUBLE_COUNT; i++) {
        struct range range = range_of(i, operations, CREATION_SAMPLE);
        for (int64_t nth = range.first; nth <= operations; nth += range.step) {
            begin_from(NULL);
            (void)under(&TROUBLES[i], nth, create_once);
            assert_ok(create_once());
            assert_whole_sometimes();
            assert_dump(SHOP_PATH, &expected_new);
        }
    }
    tell("creation", operations);
}

/* A backup that was acknowledged is whole, even when the power fails right afterwards; one that was refused leaves nothing behind. The books stay as they are. */
static void a_backup_under_every_fault(void **state)
{
    (void)state;
    size_t size;
    int64_t operations = operations_of(&synced, backup_once);
    for (size_t i = 0; i < TROUBLE_COUNT; i++) {
        struct range range = range_of(i, operations, BACKUP_SAMPLE);
        for (int64_t nth = range.first; nth <= operations; nth += range.step) {
            begin_from(&synced);
            int rc = under(&TROUBLES[i], nth, backup_once);
            assert_whole_sometimes();
            assert_dump(SHOP_PATH, &expected);
            if (rc == OK)
                assert_dump(SHOP_COPY, &expected);
            else if (TROUBLES[i].fault != DISK_DIE && disk_file(disk, SHOP_COPY, &size))
                fail_here("a refused backup stayed");
        }
    }
    begin_from(&synced);
    assert_ok(backup_once());
    disk_restart(disk, DISK_POWER_CUT, 5);
    assert_dump(SHOP_COPY, &expected);
    tell("backup", operations);
}

/* ---- a backup while a run is between two pages ---- */

static void backup_meanwhile(struct shop *running)
{
    struct db *db = NULL;
    const struct db_options options = {.read_only = true};
    (void)running;
    struct err err = {0};
    assert_int_equal(db_open(&db, STR("sqlite:" SHOP_PATH), &options, &err), OK);
    assert_int_equal(db_backup(db, SHOP_COPY, &err), OK);
    db_close(db);
}

static void a_backup_during_a_run(void **state)
{
    (void)state;
    now.trouble = NULL;
    for (int page = 1;; page++) {
        begin_from(&created);
        shop.hook = backup_meanwhile;
        shop.hook_at = page;
        assert_ok(sync_once());
        shop.hook = NULL;
        if (shop.requests < page)
            break;
        assert_dump(SHOP_PATH, &expected);
        size_t size = 0;
        const unsigned char *bytes = disk_file(disk, SHOP_COPY, &size);
        assert_non_null(bytes);
        disk_put_file(disk, SHOP_PATH, bytes, size);
        assert_whole();
        assert_ok(sync_once());
        assert_whole();
        assert_dump(SHOP_PATH, &expected);
        assert_true(page < 100);
    }
    print_message("backup during a run: before each of %d requests\n", shop.requests);
    assert_true(shop.requests >= 4);
}

/* test_storage_faults [all]: at every operation, which takes some minutes, instead of a sample. */
int main(int argc, char **argv)
{
    (void)argv;
    all_operations = argc > 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_reported_survives_a_power_cut),
        cmocka_unit_test(a_run_under_every_fault),
        cmocka_unit_test(a_creation_under_every_fault),
        cmocka_unit_test(a_backup_under_every_fault),
        cmocka_unit_test(a_backup_during_a_run),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
