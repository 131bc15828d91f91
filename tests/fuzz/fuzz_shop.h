/* fuzz_shop.h: a company on embedded SQLite, in a folder that is gone as soon as the database is open, for the targets whose parsers end in statements. */
#ifndef TESTS_FUZZ_SHOP_H
#define TESTS_FUZZ_SHOP_H
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "books/books.h"
#include "fuzz.h"

struct fuzz_shop {
    struct db *db;
    struct company company;
    struct arena arena;        /* lives as long as the shop */
    char folder[64], url[128];
};

static inline int make_fuzz_company(struct db *db, void *context, struct err *err)
{
    int64_t id;

    (void)context;
    return company_create(db, STR("Épicerie"), STR_NULL, STR("Europe/Paris"), CIVIL_DAY, &id, err);
}

/* The names go; what is open stays open. */
static inline void fuzz_shop_forget_files(const struct fuzz_shop *shop)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    char path[160];

    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(path, sizeof path, "%s/shop.db%s", shop->folder, tails[i]);
        unlink(path);
    }
    rmdir(shop->folder);
}

/* Made by the first call. */
static inline struct fuzz_shop *fuzz_shop(void)
{
    static struct fuzz_shop shop = {.folder = "/tmp/liaison-fuzz.XXXXXX"};
    struct err err = {0};

    if (shop.db != NULL)
        return &shop;
    log_set_level(LOG_QUIET);
    text_use(TEXT_ENGLISH);
    LAW(mkdtemp(shop.folder) != NULL);
    snprintf(shop.url, sizeof shop.url, "sqlite:%s/shop.db", shop.folder);
    law_of_success(hash_init(&err), &err);
    law_of_success(db_open(&shop.db, str_from(shop.url), &(struct db_options){.create = true}, &err), &err);
    law_of_success(db_migrate(shop.db, NULL, NULL, &err), &err);
    law_of_success(db_transact(shop.db, make_fuzz_company, NULL, &err), &err);
    law_of_success(company_open(shop.db, &shop.arena, STR_NULL, &shop.company, &err), &err);
    fuzz_shop_forget_files(&shop);
    return &shop;
}

#endif
