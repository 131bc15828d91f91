/* test_damage.c: `liaison db check` finds and names damage. Of the file: bytes flipped, pages zeroed, swapped or doubled, the end cut off, at hundreds of places
 * by a seed; whether anything was lost is decided by a dump of all rows before and after. Of what the rows say: figures, rows and their links changed
 * with the triggers out of the way and the pages rewritten as they should be, so that nothing but the rules and the journal can tell. Pain: P18 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/mem.h"
#include "storage/shop.h"

enum { PAGE = 4096, PLACES = 400 };

static struct disk *disk;
static struct shop shop;
static struct buf good, good_rows, triggers;

/* ---- the rows, by SQLite alone ---- */

static void append_cell(struct buf *out, sqlite3_stmt *statement, int column)
{
    const char *bytes = sqlite3_column_blob(statement, column);
    buf_printf(out, "%d:", sqlite3_column_type(statement, column));
    if (bytes)
        buf_append(out, (struct str){bytes, (size_t)sqlite3_column_bytes(statement, column)});
    buf_append_char(out, '\n');
}

/* False when it cannot be read to the end. */
static bool append_rows(struct buf *out, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            append_cell(out, statement, i);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE;
}

static bool append_table(struct buf *out, sqlite3 *db, const char *name)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" NOT INDEXED", name);
    buf_append_z(out, sql);
    return append_rows(out, db, sql);
}

/* The schema and every row of every table, in the order in which they lie. */
static bool append_everything(struct buf *out)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *tables = NULL;
    bool readable = sqlite3_open_v2(SHOP_PATH, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                    append_rows(out, db, "SELECT type, name, tbl_name, sql FROM sqlite_schema");
    int rc = readable ? sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", -1, &tables, NULL) : SQLITE_ERROR;
    while (rc == SQLITE_OK && (rc = sqlite3_step(tables)) == SQLITE_ROW)
        rc = append_table(out, db, (const char *)sqlite3_column_text(tables, 0)) ? SQLITE_OK : SQLITE_CORRUPT;
    sqlite3_finalize(tables);
    sqlite3_close(db);
    if (buf_failed(out))
        abort();
    return rc == SQLITE_DONE;
}

/* ---- the file damaged ---- */

static uint64_t chance;

static size_t below(size_t n)
{
    chance += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = (chance ^ (chance >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)((z ^ (z >> 31)) % n);
}

static size_t flip_a_bit(unsigned char *bytes, size_t size, size_t *ret_page)
{
    size_t at = below(size);
    bytes[at] ^= (unsigned char)(1u << below(8));
    *ret_page = at / PAGE + 1;
    return size;
}

static size_t change_some_bytes(unsigned char *bytes, size_t size, size_t *ret_page)
{
    size_t at = below(size), n = 1 + below(16);
    for (size_t i = at; i < at + n && i < size; i++)
        bytes[i] = (unsigned char)below(256);
    *ret_page = at / PAGE + 1;
    return size;
}

static size_t zero_a_sector(unsigned char *bytes, size_t size, size_t *ret_page)
{
    size_t at = below(size / 512) * 512;
    memset(bytes + at, 0, 512);
    *ret_page = at / PAGE + 1;
    return size;
}

static size_t zero_a_page(unsigned char *bytes, size_t size, size_t *ret_page)
{
    size_t page = below(size / PAGE);
    memset(bytes + page * PAGE, 0, PAGE);
    *ret_page = page + 1;
    return size;
}

static size_t put_a_page_over_another(unsigned char *bytes, size_t size, size_t *ret_page)
{
    size_t from = below(size / PAGE), to = below(size / PAGE);
    memmove(bytes + to * PAGE, bytes + from * PAGE, PAGE);
    *ret_page = to + 1;
    return size;
}

static size_t cut_the_end(unsigned char *bytes, size_t size, size_t *ret_page)
{
    (void)bytes;
    size_t left = below(size);
    *ret_page = left / PAGE + 1;
    return left;
}

static const struct { const char *name; size_t (*damage)(unsigned char *bytes, size_t size, size_t *ret_page); } DAMAGES[] = {
    {"a bit flipped", flip_a_bit},   {"bytes changed", change_some_bytes},          {"a sector zeroed", zero_a_sector},
    {"a page zeroed", zero_a_page},  {"a page over another", put_a_page_over_another}, {"the end cut off", cut_the_end},
};
enum { DAMAGE_COUNT = sizeof DAMAGES / sizeof DAMAGES[0] };

/* What `db check` finds; when the file cannot even be opened, the reason is the finding. */
static int find(struct buf *findings)
{
    int count = shop_open_database(&shop);
    if (count < 0)
        err_format(&shop.err, findings);
    else
        count = shop_check(&shop, findings);
    shop_close(&shop);
    return count;
}

static void put_good(void)
{
    disk_restart(disk, DISK_KEEP, 0);
    disk_remove_all(disk);
    disk_put_file(disk, SHOP_PATH, (const unsigned char *)good.p, good.n);
}

/* The page that was damaged, or the file when it cannot be read any more. */
static void assert_named(const struct buf *findings, size_t page, const char *damage, int place)
{
    char name[40];
    snprintf(name, sizeof name, "page %zu of the file", page);
    if (!strstr(findings->p, SHOP_PATH) && !strstr(findings->p, name))
        fail_msg("%s, place %d: page %zu is not named in:\n%s", damage, place, page, findings->p);
}

static void damage_of_the_file(void **state)
{
    (void)state;
    int changed = 0, found = 0;
    unsigned char *bytes = malloc(good.n);
    assert_non_null(bytes);
    for (int place = 0; place < PLACES; place++) {
        const char *name = DAMAGES[place % DAMAGE_COUNT].name;
        size_t page;
        chance = (uint64_t)place * 1000003;
        put_good();
        memcpy(bytes, good.p, good.n);
        size_t size = DAMAGES[place % DAMAGE_COUNT].damage(bytes, good.n, &page);
        disk_put_file(disk, SHOP_PATH, bytes, size);

        BUF_AUTO rows = {0};
        BUF_AUTO findings = {0};
        bool readable = append_everything(&rows);
        bool is_changed = !readable || rows.n != good_rows.n || memcmp(rows.p, good_rows.p, rows.n) != 0;
        int count = find(&findings);
        changed += is_changed;
        found += count != 0;
        if (is_changed && count == 0)
            fail_msg("%s, place %d, page %zu: something was lost and nothing is found", name, place, page);
        if (count != 0)
            assert_named(&findings, page, name, place);
    }
    free(bytes);
    print_message("%d damages of the file: %d changed what can be read, %d were found\n", PLACES, changed, found);
    assert_true(changed > PLACES / 3);
}

static int run_script(struct shop *running, const char *sql)
{
    return db_run_script(running->db, sql, &running->err);
}

static void assert_ok(int rc)
{
    BUF_AUTO text = {0};
    if (rc == OK)
        return;
    err_format(&shop.err, &text);
    fail_msg("%s", text.p);
}

/* A byte changes in one article's name; then Liaison itself changes another article of the same page. The page is written anew, and its damage still shows. */
static void damage_is_not_made_to_look_sound(void **state)
{
    (void)state;
    put_good();
    unsigned char *bytes = malloc(good.n);
    assert_non_null(bytes);
    memcpy(bytes, good.p, good.n);
    unsigned char *name = memmem(bytes, good.n, "CAFCAF", 6);
    assert_non_null(name);
    name[4] = 'O'; /* the label; the code, which the index has as well, stays */
    disk_put_file(disk, SHOP_PATH, bytes, good.n);
    free(bytes);

    assert_ok(shop_open(&shop));
    assert_ok(run_script(&shop, "UPDATE article SET label = 'Grande tasse' WHERE code = 'TAS'"));
    shop_close(&shop);
    assert_int_equal(shop_number(SHOP_PATH, "SELECT COUNT(*) FROM article WHERE label IN ('Grande tasse', 'COF')"), 2);
    BUF_AUTO findings = {0};
    assert_int_equal(find(&findings), 1);
    assert_non_null(strstr(findings.p, "table article"));
}

/* Another program that writes the file leaves its trace, and Liaison goes on reading. */
static void another_program_is_noticed(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    put_good();
    assert_int_equal(sqlite3_open_v2(SHOP_PATH, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE customer SET last_name = 'Dupont' WHERE last_name = 'Durand'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    BUF_AUTO findings = {0};
    assert_int_equal(find(&findings), 1);
    assert_non_null(strstr(findings.p, "table customer"));
}

/* ---- what the rows say ---- */

#define OF(n) " WHERE document_id = " #n
#define SALE(n) "'0000000000000000000000" #n "'"

/* `names` must be in one line of the findings with `says`. */
static const struct { const char *what, *sql, *names, *says; } TAMPERINGS[] = {
    {"a line's amount", "UPDATE document_line SET total_cents = 940, net_cents = 896" OF(1), "FA000001", "its lines add up to"},
    {"a line's label", "UPDATE document_line SET label = 'Thé'" OF(4), "(4)", "changed since it was validated"},
    {"a line's quantity", "UPDATE document_line SET quantity_milli = 9000" OF(4), "FA000004", "stock move"},
    {"a line's article", "UPDATE document_line SET article_id = 2" OF(4), "FA000004", "stock move"},
    {"a line gone", "DELETE FROM document_line" OF(6) " AND line_no = 2", "FA000006", "its lines add up to"},
    {"a line doubled", "INSERT INTO document_line SELECT company_id, document_id, 2, article_id, code, label, quantity_milli, unit, unit_price_e4, discount_cents, total_cents,"
                       " net_cents, tax_cents, tax_id, rate_bp FROM document_line" OF(3), "FA000003", "its lines add up to"},
    {"a total", "UPDATE document SET total_cents = 1620000" OF(2), "FA000002", "its lines add up to"},
    {"a total and its line, rate and due line, coherently",
     "UPDATE document SET total_cents = 10" OF(8) "; UPDATE document_line SET total_cents = 10, net_cents = 9" OF(8) "; UPDATE document_tax SET total_cents = 10, net_cents = 9" OF(8)
     "; UPDATE due_line SET amount_cents = 10" OF(8) "; UPDATE payment SET amount_cents = 10" OF(8) "; UPDATE allocation SET amount_cents = 10" OF(8),
     "(8)", "changed since it was validated"},
    {"VAT", "UPDATE document SET tax_cents = 0" OF(5), "FA000005", "the VAT of its rates"},
    {"VAT by rate", "UPDATE document_tax SET tax_cents = tax_cents + 1, net_cents = net_cents - 1" OF(7) " AND tax_id = 3", "FA000007", "the VAT of its rates"},
    {"a rate gone", "DELETE FROM document_tax" OF(9) " AND tax_id = 3", "FA000009", "its VAT rates add up to"},
    {"a day", "UPDATE document SET day = day + 40" OF(10), "(10)", "changed since it was validated"},
    {"a number", "UPDATE document SET number = 'FA000050'" OF(10), "FA000010", "no document bears it"},
    {"a document's kind", "UPDATE document SET kind = 'credit_note', number = 'AV000002'" OF(11), "FA000011", "no document bears it"},
    {"a document gone, with all that is its own",
     "DELETE FROM allocation" OF(10) "; DELETE FROM payment" OF(10) "; DELETE FROM due_line" OF(10) "; DELETE FROM document_tax" OF(10) "; DELETE FROM document_line" OF(10)
     "; DELETE FROM stock_move WHERE source = 'document' AND source_id = 10; UPDATE stock_level SET quantity_milli = 18000 WHERE article_id = 2; DELETE FROM document" OF(10),
     "FA000010", "no document bears it"},
    {"the sequence jumps", "UPDATE number_sequence SET next_number = 14 WHERE kind = 'invoice'", "FA000013", "no document bears it"},
    {"a document a draft again", "UPDATE document SET state = 'draft'" OF(3), "FA000003", "the journal holds 1"},
    {"a document that was never validated",
     "INSERT INTO document (company_id, document_id, kind, state, number, day, at_utc, customer_id, total_cents, tax_cents, validated_utc)"
     " VALUES (1, 13, 'invoice', 'validated', 'X1', 20483, 0, 1, 0, 0, 0); UPDATE id_counter SET next_id = 14 WHERE name = 'document'", "X1", "the journal holds 0"},
    {"a due line", "UPDATE due_line SET amount_cents = 839" OF(1), "FA000001", "its due lines add up to"},
    {"a payment gone", "DELETE FROM payment WHERE till_payment_id = 'p2a'", "FA000002", "its payments come to"},
    {"a payment gone with its allocation", "DELETE FROM allocation WHERE payment_id = 2; DELETE FROM payment WHERE payment_id = 2", "FA000002", "its payments come to"},
    {"a payment's amount", "UPDATE payment SET amount_cents = 1 WHERE till_payment_id = 'p11'", "p11", "is allocated"},
    {"a payment to another document", "UPDATE payment SET document_id = 6 WHERE till_payment_id = 'p14'", "p14", "another document"},
    {"a payment of another customer", "UPDATE payment SET customer_id = 2 WHERE till_payment_id = 'p14'", "p14", "customer"},
    {"a payment twice", "INSERT INTO payment SELECT company_id, 15, document_id, customer_id, day, at_utc, means_id, amount_cents, link_id, 'p14~' FROM payment WHERE payment_id = 9;"
                        " UPDATE id_counter SET next_id = 16 WHERE name = 'payment'", "FA000008", "its payments come to"},
    {"an allocation too large", "UPDATE allocation SET amount_cents = 501 WHERE payment_id = 3", "p3a", "is allocated"},
    {"an allocation gone", "DELETE FROM allocation WHERE payment_id = 13", "FA000011", "is reconciled"},
    {"an allocation to another document", "UPDATE allocation SET document_id = 9 WHERE payment_id = 9", "p14", "another document"},
    {"a stock move gone", "DELETE FROM stock_move WHERE source = 'document' AND source_id = 7 AND line_no = 1", "CAF", "its moves"},
    {"a count gone", "DELETE FROM stock_move WHERE source = 'count' AND source_id = 2", "TAS", "its moves"},
    {"a stock move's quantity", "UPDATE stock_move SET quantity_milli = -999 WHERE source = 'document' AND source_id = 10", "FA000010", "stock move"},
    {"a stock", "UPDATE stock_level SET quantity_milli = quantity_milli + 1000 WHERE article_id = 1", "CAF", "its moves"},
    {"a stock gone", "DELETE FROM stock_level WHERE article_id = 1", "CAF", "its moves"},
    {"a sale in the grid and a document",
     "UPDATE grid_sale SET till_sale_id = " SALE(17) " WHERE till_sale_id = " SALE(09), SALE(17), "in the grid and a document"},
    {"a sale staged that is nowhere",
     "DELETE FROM grid_line WHERE grid_sale_id = 9; DELETE FROM grid_payment WHERE grid_sale_id = 9; DELETE FROM grid_sale WHERE grid_sale_id = 9", SALE(10), "is said to be in the grid"},
    {"a staged sale said to be skipped", "UPDATE sale SET state = 'skipped', reason = 'purged' WHERE till_sale_id = " SALE(10), SALE(10), "is in the grid, but"},
    {"a document's sale said to be skipped", "UPDATE sale SET state = 'skipped', document_id = NULL WHERE till_sale_id = " SALE(05), "FA000004", "is of a sale"},
    {"a sale of another document", "UPDATE sale SET document_id = 1 WHERE till_sale_id = " SALE(05), SALE(05), "is said to be a document"},
    {"a sale forgotten", "DELETE FROM sale WHERE till_sale_id = " SALE(05), SALE(05), "nothing is known of it"},
    {"a sale with another record", "UPDATE sale SET journal_seq = 1 WHERE till_sale_id = " SALE(05), SALE(05), "the journal has not kept it"},
    {"a record's bytes", "UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), '8.40', '0.40') AS BLOB) WHERE seq = 1", "record 1 ", "its bytes"},
    {"a record's sale", "UPDATE journal SET subject = 'x' WHERE seq = 2", "record 2 ", "does not follow"},
    {"a record's hash", "UPDATE journal SET sha256 = zeroblob(32) WHERE seq = 3", "record 3 ", "does not follow"},
    {"a record's hash missing", "UPDATE journal SET sha256 = x'' WHERE seq = 4", "record 4 ", "does not follow"},
    {"a record gone", "DELETE FROM journal WHERE seq = 5", "record 5 ", "does not follow"},
    {"the last record gone", "DELETE FROM journal WHERE seq = (SELECT MAX(seq) FROM journal)", "record 29 ", "cut off"},
    {"two records exchanged", "UPDATE journal SET seq = -1 WHERE seq = 6; UPDATE journal SET seq = 6 WHERE seq = 7; UPDATE journal SET seq = 7 WHERE seq = -1", "record 6 ",
     "does not follow"},
    {"the head of the journal gone", "DELETE FROM journal_head", "record 30 ", "cut off"},
    {"a counter set back", "UPDATE id_counter SET next_id = 3 WHERE name = 'document' AND company_id = 1", "document", "is taken already"},
    {"a counter gone", "DELETE FROM id_counter WHERE name = 'payment'", "payment", "is taken already"},
    {"a cursor ahead of time", "UPDATE link SET cursor_utc = cursor_utc + 86400000000", "Boutique", "all sales are read"},
    {"a VAT code gone", "DELETE FROM tax WHERE tax_id = 3", "article", "points to a missing row of tax"},
    {"a customer gone", "DELETE FROM customer WHERE customer_id = 2", "document", "points to a missing row of customer"},
    {"an index gone", "DROP INDEX payment_by_document", "payment_by_document", "has lost its index"},
    {"a table gone", "DROP TABLE till_customer", "till_customer", "has lost its table"},
};

static bool is_said(const struct buf *findings, const char *names, const char *says)
{
    struct str rest = buf_str(findings), line;
    bool more;
    do {
        more = str_cut(rest, '\n', &line, &rest);
        if (memmem(line.p, line.n, names, strlen(names)) && memmem(line.p, line.n, says, strlen(says)))
            return true;
    } while (more);
    return false;
}

/* Through Liaison's own connection, so that the pages bear the right checksums, and with the triggers put back afterwards. */
static void tamper(const char *sql)
{
    BUF_AUTO script = {0};
    buf_append_z(&script, "PRAGMA foreign_keys = OFF; BEGIN;");
    struct str rest = buf_str(&triggers), name, text;
    while (rest.n) {
        str_cut(rest, '\n', &name, &rest);
        buf_printf(&script, "DROP TRIGGER %.*s;", STR_ARG(name));
        str_cut(rest, '\f', &text, &rest);
    }
    buf_append_z(&script, sql);
    buf_append_char(&script, ';');
    for (rest = buf_str(&triggers); rest.n;) {
        str_cut(rest, '\n', &name, &rest);
        str_cut(rest, '\f', &text, &rest);
        buf_append(&script, text);
        buf_append_char(&script, ';');
    }
    buf_append_z(&script, "COMMIT; PRAGMA foreign_keys = ON");
    assert_false(buf_failed(&script));
    assert_ok(shop_open(&shop));
    int rc = run_script(&shop, script.p);
    shop_close(&shop);
    assert_ok(rc);
}

static void damage_of_what_the_rows_say(void **state)
{
    (void)state;
    int missed = 0;
    for (size_t i = 0; i < sizeof TAMPERINGS / sizeof TAMPERINGS[0]; i++) {
        BUF_AUTO findings = {0};
        put_good();
        tamper(TAMPERINGS[i].sql);
        int count = find(&findings);
        char *names = strdup(TAMPERINGS[i].names), *bare = names + (names[0] == '\'');
        if (bare > names)
            bare[strlen(bare) - 1] = '\0';
        if (count == 0 || strstr(findings.p, "of the file (table") || !is_said(&findings, bare, TAMPERINGS[i].says)) {
            print_error("%s: “%s … %s” is not said, but:\n%s", TAMPERINGS[i].what, bare, TAMPERINGS[i].says, findings.p ? findings.p : "nothing\n");
            missed++;
        }
        free(names);
    }
    print_message("%zu damages of what the rows say\n", sizeof TAMPERINGS / sizeof TAMPERINGS[0]);
    assert_int_equal(missed, 0);
}

/* With its triggers out of the way, or replaced by some that refuse nothing, a database says so even before anything was changed. */
static void lost_triggers_are_found(void **state)
{
    (void)state;
    BUF_AUTO findings = {0};
    put_good();
    assert_ok(shop_open(&shop));
    assert_ok(run_script(&shop, "DROP TRIGGER journal_update; DROP TRIGGER document_update;"
                                " CREATE TRIGGER document_update BEFORE UPDATE ON document WHEN 0 BEGIN SELECT RAISE(ABORT, 'a validated document is never changed'); END"));
    shop_close(&shop);
    assert_int_equal(find(&findings), 2);
    assert_true(is_said(&findings, "journal_update", "has lost its trigger"));
    assert_true(is_said(&findings, "document_update", "is not as Liaison made it"));
}

/* ---- memory runs out while damage is told ---- */

/* What the engine's check says, kept without asking for memory. */
struct told { char text[2048]; size_t n; };

static void keep_finding(void *context, struct str finding)
{
    struct told *told = context;
    assert_true(told->n + finding.n < sizeof told->text);
    memcpy(told->text + told->n, finding.p, finding.n);
    told->n += finding.n;
    told->text[told->n++] = '\n';
}

static int check_without(int64_t nth, struct told *ret)
{
    *ret = (struct told){.n = 0};
    int rc = shop_open_database(&shop);
    if (rc == OK) {
        mem_fail_at(nth, 0);
        rc = db_check(shop.db, keep_finding, ret, &shop.err);
        mem_fail_at(0, 0);
    }
    shop_close(&shop);
    return rc;
}

/* Each allocation fails once: all is told as ever, or the check says that memory is exhausted; that is never said of the database. */
static void exhausted_memory_is_no_damage(void **state)
{
    (void)state;
    enum { MORE_THAN_ENOUGH = 300 };
    struct told wanted, got;
    size_t size;
    int refused = 0;
    put_good();
    assert_ok(shop_open(&shop));
    assert_ok(run_script(&shop, "DROP TRIGGER journal_update"));
    shop_close(&shop);
    unsigned char *bytes = (unsigned char *)disk_file(disk, SHOP_PATH, &size);
    assert_true(bytes && size >= 3 * PAGE);
    bytes[size - PAGE / 2] ^= 1;
    assert_ok(check_without(0, &wanted));
    assert_true(wanted.n > 0);
    for (int64_t nth = 1; nth <= MORE_THAN_ENOUGH; nth++) {
        int rc = check_without(nth, &got);
        if (rc == OK) {
            if (got.n != wanted.n || memcmp(got.text, wanted.text, wanted.n) != 0)
                fail_msg("allocation %d failed, and it says\n%.*sinstead of\n%.*s", (int)nth, (int)got.n, got.text, (int)wanted.n, wanted.text);
            continue;
        }
        refused++;
        assert_int_equal(rc, ERR_INTERNAL);
        assert_non_null(strstr(shop.err.message, "not enough memory"));
        for (char *line = got.text, *end; (end = memchr(line, '\n', (size_t)(got.text + got.n - line))) != NULL; line = end + 1)
            assert_non_null(memmem(wanted.text, wanted.n, line, (size_t)(end + 1 - line)));
    }
    print_message("the check of a damaged file: %d of its allocations failed; it says\n%.*s", refused, (int)wanted.n, wanted.text);
    assert_true(refused > 5 && refused < MORE_THAN_ENOUGH);
}

static int setup(void **state)
{
    (void)state;
    disk = disk_new();
    shop_init(&shop, disk);
    assert_ok(shop_create(&shop));
    assert_ok(shop_open(&shop));
    assert_ok(shop_sync(&shop));
    shop_close(&shop);
    BUF_AUTO findings = {0};
    assert_int_equal(find(&findings), 0);
    size_t size;
    const unsigned char *bytes = disk_file(disk, SHOP_PATH, &size);
    buf_append(&good, (struct str){(const char *)bytes, size});
    assert_true(append_everything(&good_rows));
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(SHOP_PATH, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'", -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        buf_printf(&triggers, "%s\n%s\f", (const char *)sqlite3_column_text(statement, 0), (const char *)sqlite3_column_text(statement, 1));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_true(triggers.n > 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    disk_restart(disk, DISK_KEEP, 0);
    shop_release(&shop);
    disk_free(disk);
    buf_release(&good);
    buf_release(&good_rows);
    buf_release(&triggers);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_of_the_file),
        cmocka_unit_test(damage_is_not_made_to_look_sound),
        cmocka_unit_test(another_program_is_noticed),
        cmocka_unit_test(damage_of_what_the_rows_say),
        cmocka_unit_test(lost_triggers_are_found),
        cmocka_unit_test(exhausted_memory_is_no_damage),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
