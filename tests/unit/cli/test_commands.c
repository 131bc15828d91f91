/* test_commands.c: whole commands on an embedded database in a folder of its own: exit statuses, JSON, files in and out, and that a refusal leaves
 * nothing behind. Standard output goes to a file that the test reads. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli_int.h"

enum { WORDS_MAX = 24 };
static char folder[] = "cli-test-XXXXXX"; /* in the folder that the test is started in */
static struct buf output;

/* Runs `line` (words separated by blanks, `~` inside a word for a blank) with standard output into `to`; the exit status. */
static int run_to(const char *line, const char *to, int flags)
{
    char copy[1000], *argv[WORDS_MAX];
    int argc = 0, kept = dup(STDOUT_FILENO), target = open(to, flags, 0600);

    assert_true(kept >= 0 && target >= 0);
    assert_true(snprintf(copy, sizeof copy, "%s", line) < (int)sizeof copy);
    for (char *p = copy; *p && argc < WORDS_MAX; argc++) {
        argv[argc] = p;
        for (; *p && *p != ' '; p++)
            *p = *p == '~' ? ' ' : *p;
        if (*p)
            *p++ = '\0';
    }
    fflush(stdout);
    dup2(target, STDOUT_FILENO);
    int status = cli_main(argc, argv);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(target);
    return status;
}

static int run(const char *line)
{
    struct err err = {0};
    int status = run_to(line, "out", O_WRONLY | O_CREAT | O_TRUNC);

    buf_reset(&output);
    assert_int_equal(file_read("out", &output, &err), OK);
    return status;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool exists(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0;
}

static bool said(const char *text)
{
    return output.p && strstr(output.p, text);
}

/* ---- folders ---- */

static int remove_entry(const char *path, const struct stat *found, int type, struct FTW *ftw)
{
    (void)found, (void)type, (void)ftw;
    return remove(path);
}

static int enter_folder(void **state)
{
    (void)state;
    unsetenv("LIAISON_KEY_FILE");
    setenv("LIAISON_DB", "sqlite:shop.db", 1);
    setenv("LIAISON_LANG", "en", 1);
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    buf_release(&output);
    return chdir("..") == 0 ? nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

/* ---- a new database ---- */

static void test_before_init(void **state)
{
    (void)state;
    assert_int_equal(run("liaison article list"), 4);
    assert_false(exists("shop.db"));
    unsetenv("LIAISON_DB");
    assert_int_equal(run("liaison article list"), 2);
    assert_int_equal(run("liaison article list --db mysql:x"), 2);
    setenv("LIAISON_DB", "sqlite:shop.db", 1);
}

static void test_refused_init_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(run("liaison init --company Shop --siren 732829321"), 4);
    assert_int_equal(run("liaison init --company Shop --timezone Europe/Atlantis"), 4);
    assert_int_equal(run("liaison init --company ="), 0);
    assert_true(exists("shop.db"));
    assert_int_equal(unlink("shop.db"), 0);
    unlink("shop.db-wal");
    unlink("shop.db-shm");
}

static void test_init(void **state)
{
    struct stat key;

    (void)state;
    assert_int_equal(run("liaison init --company Corner~Shop --siren 732829320 --json"), 0);
    assert_true(said("\"name\":\"Corner Shop\",\"created_database\":true"));
    assert_int_equal(stat("shop.db.key", &key), 0);
    assert_int_equal(key.st_mode & 0777, 0600);
    assert_int_equal(run("liaison init --company Corner~Shop"), 4);
    assert_int_equal(run("liaison company show --json"), 0);
    assert_true(said("\"siren\":\"732829320\",\"timezone\":\"Europe/Paris\",\"cutoff\":\"00:00\",\"closed_until\":null"));
}

static void test_company(void **state)
{
    (void)state;
    assert_int_equal(run("liaison company set"), 2);
    assert_int_equal(run("liaison company set --cutoff 04:30 --closed-until 31/12/2025 --json"), 0);
    assert_true(said("\"cutoff\":\"04:30\",\"closed_until\":\"2025-12-31\""));
    assert_int_equal(run("liaison company set --cutoff 00:00 --closed-until none --json"), 0);
    assert_true(said("\"cutoff\":\"00:00\",\"closed_until\":null"));
    assert_int_equal(run("liaison company show --company Other"), 4);
}

/* ---- links ---- */

static void test_links(void **state)
{
    (void)state;
    write_file("key", "0123456789abcdef01234567\n");
    write_file("empty", "");
    write_file("key5", "v5_something\n");
    assert_int_equal(chmod("key", 0600), 0);
    assert_int_equal(run("liaison link add --name Till --url http://127.0.0.1:1 --key-file absent"), 4);
    assert_int_equal(run("liaison link add --name Till --url http://127.0.0.1:1 --key-file empty"), 4);
    assert_int_equal(run("liaison link add --name Till --url http://127.0.0.1:1 --key-file key5"), 4);
    assert_int_equal(run("liaison link add --name Till --url http://example.com --key-file key"), 4);
    assert_int_equal(run("liaison link list --json"), 0);
    assert_int_equal(output.n, 0);
    assert_int_equal(run("liaison link add --name Till --url http://127.0.0.1:1 --key-file key --since 2026-07-01 --family Wine --family Tea --numbers renumber --json"), 0);
    assert_true(said("\"since\":\"2026-07-01\"") && said("\"schedule\":null"));
    assert_true(said("\"families\":[\"Tea\",\"Wine\"]") || said("\"families\":[\"Wine\",\"Tea\"]"));
    assert_true(said("\"numbers\":\"renumber\""));
    assert_false(said("0123456789abcdef01234567"));
    assert_int_equal(run("liaison link edit Till --numbers keep --family= --no-since --in-stock yes --json"), 0);
    assert_true(said("\"since\":null") && said("\"families\":[]") && said("\"numbers\":\"keep\"") && said("\"only_in_stock\":true"));
    assert_int_equal(run("liaison link edit Till --every 30 --between 08:00-20:00 --json"), 0);
    assert_true(said("\"schedule\":{\"enabled\":true,\"every_minutes\":30,\"from\":\"08:00\",\"to\":\"20:00\"}"));
    assert_int_equal(run("liaison link edit Till --at 21:00,12:30"), 0);
    assert_int_equal(run("liaison --lang en link show Till"), 0);
    assert_true(said("at 12:30, 21:00"));
    assert_int_equal(run("liaison link edit Till --at 25:00"), 2);
    assert_int_equal(run("liaison link edit Till --every 0"), 4);
    assert_int_equal(run("liaison link edit Till --between 08:00-20:00"), 2);
    assert_int_equal(run("liaison link edit Till --every 30 --at 12:30"), 2);
    assert_int_equal(run("liaison link edit Till --no-schedule --json"), 0);
    assert_true(said("\"schedule\":null"));
    assert_int_equal(run("liaison link show Other"), 4);
    assert_int_equal(run("liaison link test Till --json"), 3);
    assert_true(said("\"ok\":false,\"reachable\":false"));
    assert_int_equal(run("liaison sync Till --only orders --dry-run --quiet"), 3);
    assert_int_equal(run("liaison link remove Till"), 0);
    assert_int_equal(run("liaison link show Till"), 4);
}

/* ---- articles, VAT, means ---- */

static void test_article_set(void **state)
{
    (void)state;
    assert_int_equal(run("liaison article set A1"), 2);
    assert_int_equal(run("liaison article set A1 --price 2"), 4);
    assert_int_equal(run("liaison article set A1 --label Tea --tax 33"), 4);
    assert_int_equal(run("liaison article set A1 --label Tea --tax 5.5 --price -1"), 4);
    assert_int_equal(run("liaison article show A1"), 4);
    assert_int_equal(run("liaison article set A1 --label Tea --tax 5.5 --price 10,55 --family Drinks --json"), 0);
    /* 10.55 / 1.055 = 10.00 */
    assert_true(said("\"price_e4\":105500,\"net_price_e4\":100000") && said("\"family\":\"Drinks\"") && said("\"stock_milli\":null"));
    assert_int_equal(run("liaison article set A1 --stock 5"), 4);
    assert_int_equal(run("liaison article set A1 --stock-managed yes --stock 5.25 --json"), 0);
    assert_true(said("\"stock_milli\":5250") && said("\"label\":\"Tea\""));
    assert_int_equal(run("liaison article set A1 --till-article abc"), 2);
    assert_int_equal(run("liaison stock list --json"), 0);
    assert_string_equal(output.p, "{\"code\":\"A1\",\"quantity_milli\":5250}\n");
}

static void test_article_files(void **state)
{
    (void)state;
    assert_int_equal(run("liaison article export articles.csv"), 0);
    assert_int_equal(run("liaison article import articles.csv --json"), 0);
    assert_string_equal(output.p, "{\"created\":0,\"updated\":0,\"unchanged\":1}\n");
    write_file("new.csv", "code;label;tax;price\nB1;Jam;5.5;3,90\nA1;Black tea;;\n");
    assert_int_equal(run("liaison article import new.csv"), 4);
    write_file("new.csv", "code;label;tax;price\nB1;Jam;5.5;3,90\nB1;Jam;5.5;4\n");
    assert_int_equal(run("liaison article import new.csv"), 4);
    write_file("new.csv", "code;label;tax;price\nB1;Jam;5.5;3,905x\n");
    assert_int_equal(run("liaison article import new.csv"), 4);
    write_file("new.csv", "code;label;colour\nB1;Jam;red\n");
    assert_int_equal(run("liaison article import new.csv"), 4);
    assert_int_equal(run("liaison article import absent.csv"), 4);
    assert_int_equal(run("liaison article list --json"), 0);
    assert_false(said("\"B1\""));
    write_file("new.csv", "label,code,tax,price\r\n\"Jam, red\",B1,5.5,3.90\r\n");
    assert_int_equal(run("liaison article import new.csv --json"), 0);
    assert_string_equal(output.p, "{\"created\":1,\"updated\":0,\"unchanged\":0}\n");
    assert_int_equal(run("liaison article export -"), 0);
    assert_string_equal(output.p, "code;label;family;tax;price;buy_price;barcode;unit;weight;stock_managed;archived;stock\n"
                                  "A1;Tea;Drinks;5.5;10.55;;;;;yes;no;5.25\n"
                                  "B1;Jam, red;;5.5;3.90;;;;;no;no;\n");
}

static void test_tax_and_means(void **state)
{
    (void)state;
    assert_int_equal(run("liaison tax add 20 --rate 20"), 4);
    assert_int_equal(run("liaison tax add CORSE --rate 0,9 --json"), 0);
    assert_true(said("\"rate_bp\":90"));
    assert_int_equal(run("liaison tax map 0.9 CORSE"), 0);
    assert_int_equal(run("liaison tax map 20 CORSE"), 4);
    assert_int_equal(run("liaison tax map twenty CORSE"), 2);
    assert_int_equal(run("liaison tax map 20 NONE"), 4);
    assert_int_equal(run("liaison means map edenred meal_voucher"), 0);
    assert_int_equal(run("liaison means map edenred nothing"), 4);
    assert_int_equal(run("liaison means add voucher --label Voucher"), 0);
    assert_int_equal(run("liaison means list --json"), 0);
    assert_true(said("{\"code\":\"voucher\",\"label\":\"Voucher\"}"));
}

/* ---- the rest ---- */

static void test_grid_is_empty(void **state)
{
    (void)state;
    assert_int_equal(run("liaison grid list --json"), 0);
    assert_int_equal(output.n, 0);
    assert_int_equal(run("liaison grid list --anomalies --json"), 0);
    assert_int_equal(output.n, 0);
    assert_int_equal(run("liaison grid show 12"), 4);
    assert_int_equal(run("liaison grid edit 12"), 2);
    assert_int_equal(run("liaison grid edit 12 --set number"), 4);
    assert_int_equal(run("liaison grid validate --json"), 0);
    assert_true(said("\"checked\":0,\"documents\":0"));
    assert_int_equal(run("liaison grid purge --json"), 0);
    assert_string_equal(output.p, "{\"purged\":0}\n");
    assert_int_equal(run("liaison document show 1"), 4);
    assert_int_equal(run("liaison run show 1"), 4);
    assert_int_equal(run("liaison run show one"), 2);
}

static void test_database(void **state)
{
    (void)state;
    assert_int_equal(run("liaison journal verify --json"), 0);
    assert_true(said("\"ok\":true"));
    assert_int_equal(run("liaison db check --json"), 0);
    assert_string_equal(output.p, "{\"ok\":true,\"findings\":[]}\n");
    assert_int_equal(run("liaison db migrate --json"), 0);
    assert_int_equal(run("liaison db backup copy.db"), 0);
    assert_int_equal(run("liaison db backup copy.db"), 4);
    assert_int_equal(run("liaison article list --db sqlite:copy.db --json"), 0);
    assert_true(said("\"A1\""));
    assert_int_equal(run("liaison proof --from 2026-01-02 --to 2026-01-01"), 2);
    assert_int_equal(run("liaison proof --from 2026-01-01 --to 2026-01-02 --json"), 0);
    assert_true(said("{\"ok\":true,\"days\":[{\"day\":\"2026-01-01\",\"tickets\":{\"till\":0,\"documents\":0}"));
}

/* A sum that is broken behind the program's back is found and named. */
static void test_check_finds(void **state)
{
    struct db *db = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(db_open(&db, STR("sqlite:copy.db"), &(struct db_options){0}, &err), OK);
    assert_int_equal(db_run_script(db, "UPDATE stock_level SET quantity_milli = 6000", &err), OK);
    db_close(db);
    assert_int_equal(run("liaison db check --db sqlite:copy.db --json"), 1);
    assert_string_equal(output.p, "{\"ok\":false,\"findings\":[\"article A1: its moves (counts, invoices, credit notes) come to 5.25, its stock says 6\"]}\n");
}

static void test_users(void **state)
{
    (void)state;
    write_file("password", "correct horse\n");
    write_file("short", "abc\n");
    assert_int_equal(run("liaison user add marie --password-file short"), 4);
    assert_int_equal(run("liaison user add marie --role accountant --password-file password --json"), 0);
    assert_string_equal(output.p, "{\"user\":\"marie\",\"role\":\"accountant\"}\n");
}

/* A full disk is an error; a reader that went away is none. */
static void test_standard_output(void **state)
{
    (void)state;
    if (exists("/dev/full"))
        assert_int_equal(run_to("liaison article list", "/dev/full", O_WRONLY), 4);
    if (exists("/dev/full"))
        assert_int_equal(run_to("liaison --help", "/dev/full", O_WRONLY), 4);
    assert_int_equal(run("liaison --version"), 0);
    assert_string_equal(output.p, "liaison " LIAISON_VERSION "\n");
    assert_int_equal(run("liaison help nothing"), 2);
    assert_int_equal(run("liaison help link add"), 0);
    assert_int_equal(run("liaison help link"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_init),   cmocka_unit_test(test_refused_init_leaves_nothing), cmocka_unit_test(test_init),
        cmocka_unit_test(test_company),       cmocka_unit_test(test_links),                       cmocka_unit_test(test_article_set),
        cmocka_unit_test(test_article_files), cmocka_unit_test(test_tax_and_means),               cmocka_unit_test(test_grid_is_empty),
        cmocka_unit_test(test_database),      cmocka_unit_test(test_check_finds),                 cmocka_unit_test(test_users),
        cmocka_unit_test(test_standard_output),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
