/* settings.c: the links that are simulated, and for each the database that its histories begin with: made once, since migrating is too slow to be repeated. Only main.c
 * makes them; the others look at them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sim.h"

enum { HOUR = 60, DAY = 24 * HOUR, WEEK = 7 * DAY };

static const struct setting settings[] = {
    {"invoices, numbers kept, validated by hand", false, NUMBERS_KEEP, false, false, UNKNOWN_REFUSE, false, false, DAY},
    {"invoices, numbers kept, validated at once", false, NUMBERS_KEEP, true, false, UNKNOWN_CREATE, false, false, HOUR},
    {"invoices, renumbered, validated at once", false, NUMBERS_RENUMBER, true, false, UNKNOWN_REFUSE, true, false, WEEK},
    {"invoices, renumbered, validated at once, stock never below zero", false, NUMBERS_RENUMBER, true, true, UNKNOWN_REFUSE, false, false, HOUR},
    {"invoices, renumbered, validated by hand, articles created from sales", false, NUMBERS_RENUMBER, false, false, UNKNOWN_CREATE, false, false, WEEK},
    {"orders, numbers kept, validated at once", true, NUMBERS_KEEP, true, false, UNKNOWN_CREATE, false, false, DAY},
    {"orders, renumbered, validated by hand, articles in", true, NUMBERS_RENUMBER, false, false, UNKNOWN_REFUSE, true, false, DAY},
    {"invoices, numbers kept, validated at once, articles in and out", false, NUMBERS_KEEP, true, true, UNKNOWN_REFUSE, true, true, WEEK},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

static _Noreturn void give_up(const struct err *err, const char *doing)
{
    BUF_AUTO text = {0};
    err_format(err, &text);
    fprintf(stderr, "liaison-sim: %s: %s\n", doing, text.p ? text.p : strerror(errno));
    exit(2);
}

/* The history's own randomness is another one: what is sealed here is the same for all. */
static void fill_ground(void *context, void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)sim_next(context);
}

struct making { const struct grounds *grounds; struct ground *ground; };

static int make_body(struct db *db, void *context, struct err *err)
{
    const struct making *making = context;
    const struct setting *setting = making->ground->setting;
    struct sim_random random = {1};
    const struct random_source source = {fill_ground, &random};
    struct link_options options = link_default_options;
    int64_t company_id, link_id;
    options.name = STR("shop");
    options.url = STR("https://till.example");
    options.import_articles = setting->import_articles;
    options.export_articles = setting->export_articles;
    options.auto_validate = setting->auto_validate;
    options.orders = setting->orders;
    options.numbers = setting->numbers;
    options.unknown_article = setting->unknown_article;
    options.refuse_negative_stock = setting->refuse_negative_stock;
    options.overlap_minutes = setting->overlap_minutes;
    int rc = company_create(db, STR("Simulation"), STR_NULL, STR("Europe/Paris"), SIM_BEGIN - 30 * CIVIL_DAY, &company_id, err);
    return rc == OK ? link_create(db, company_id, &options, STR(SIM_KEY), &making->grounds->seal_key, &source, &link_id, err) : rc;
}

static void read_image(struct ground *ground, const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &status) != 0)
        give_up(&(struct err){0}, path);
    ground->image_size = (size_t)status.st_size;
    ground->image = mem_alloc(ground->image_size);
    if (!ground->image || fread(ground->image, 1, ground->image_size, file) != ground->image_size)
        give_up(&(struct err){0}, path);
    fclose(file);
}

static void ground_make(const struct grounds *grounds, struct ground *ground, size_t place)
{
    const struct db_options create = {.create = true}, use = {0};
    struct making making = {grounds, ground};
    struct err err = {0};
    char path[96], url[104];
    ground->setting = &settings[place];
    snprintf(path, sizeof path, "%.63s/still-%zu.db", grounds->folder, place);
    snprintf(url, sizeof url, "sqlite:%s", path);
    if (db_open(&ground->still_db, str_from(url), &create, &err) < 0 || db_migrate(ground->still_db, NULL, NULL, &err) < 0 ||
        db_transact(ground->still_db, make_body, &making, &err) < 0)
        give_up(&err, "making a database to begin with");
    db_close(ground->still_db);
    read_image(ground, path);
    if (db_open(&ground->still_db, str_from(url), &use, &err) < 0 || company_open(ground->still_db, &ground->arena, STR_NULL, &ground->company, &err) < 0 ||
        link_open(ground->still_db, ground->company.id, &ground->arena, STR("shop"), &ground->link, &err) < 0)
        give_up(&err, "opening a database to begin with");
}

/* Without the folder, whose name is another one each time: it would stand in the messages that a run leaves in the database. */
static void make_site(struct site *site, const char *name)
{
    snprintf(site->path, sizeof site->path, "%s.db", name);
    snprintf(site->url, sizeof site->url, "sqlite:%s.db", name);
    FILE *file = fopen(site->path, "wb");
    if (!file || fclose(file) != 0)
        give_up(&(struct err){0}, site->path);
}

void grounds_make(struct grounds *ret)
{
    const char *parent = getenv("TMPDIR");
    *ret = (struct grounds){.count = SETTING_COUNT, .grounds = mem_alloc_zero(SETTING_COUNT, sizeof *ret->grounds)};
    memset(ret->seal_key.bytes, 7, sizeof ret->seal_key.bytes);
    snprintf(ret->folder, sizeof ret->folder, "%s/liaison-sim-XXXXXX", parent && strlen(parent) < 40 ? parent : "/tmp");
    if (!ret->grounds || !mkdtemp(ret->folder))
        give_up(&(struct err){0}, ret->folder);
    for (size_t i = 0; i < ret->count; i++)
        ground_make(ret, &ret->grounds[i], i);
    if (chdir(ret->folder) != 0)
        give_up(&(struct err){0}, ret->folder);
    make_site(&ret->opened, "opened");
    make_site(&ret->idle, "idle");
}

void grounds_free(struct grounds *grounds)
{
    for (size_t i = 0; i < grounds->count; i++) {
        char path[96];
        db_close(grounds->grounds[i].still_db);
        company_release(&grounds->grounds[i].company);
        arena_release(&grounds->grounds[i].arena);
        mem_free(grounds->grounds[i].image);
        snprintf(path, sizeof path, "%.63s/still-%zu.db", grounds->folder, i);
        unlink(path);
    }
    unlink(grounds->opened.path);
    unlink(grounds->idle.path);
    rmdir(grounds->folder);
    mem_free(grounds->grounds);
}

const struct ground *grounds_of_seed(const struct grounds *grounds, uint64_t seed)
{
    struct sim_random random = {seed ^ UINT64_C(0x73657474)};
    return &grounds->grounds[sim_below(&random, (int64_t)grounds->count)];
}
