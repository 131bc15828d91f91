/* fuzz_file.h: a sales file gone through as file_import.c does, in two passes, up to the rows of each sale; without a database. Used by the targets of
 * both formats. */
#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H
#include "fuzz_sale.h"
#include "grid/file_int.h"

struct file_walk {
    bool named;                     /* our own format; else the partner's */
    bool header_line;
    bool head_seen;
    struct file_header header;
    struct csv_dialect dialect;
    struct file_groups groups;
    struct buf key;
    int64_t sales;
    void (*on_sale)(void *context, const struct file_walk *walk, const struct kept_rows *rows);
    void *context;
};

static inline int walk_head(struct file_walk *walk, const struct csv_row *row, struct err *err)
{
    walk->head_seen = true;
    return walk->named ? file_header_read(row, "file.csv", &walk->header, err) : dailybiz_head_check(row, "file.csv", err);
}

static inline int walk_key(struct file_walk *walk, const struct csv_row *row, struct err *err)
{
    buf_reset(&walk->key);
    if (walk->named)
        return file_sale_key(&walk->header, row, "file.csv", &walk->key, err);
    buf_append(&walk->key, dailybiz_row_key(row));
    return OK;
}

static inline int walk_learn(void *context, const struct csv_row *row, struct err *err)
{
    struct file_walk *walk = context;

    if ((walk->named || walk->header_line) && !walk->head_seen)
        return walk_head(walk, row, err);
    int rc = walk->named ? OK : dailybiz_row_check(row, "file.csv", err);
    if (rc == OK)
        rc = walk_key(walk, row, err);
    return rc == OK ? file_groups_learn(&walk->groups, buf_str(&walk->key), err) : rc;
}

static inline int walk_gather(void *context, const struct csv_row *row, struct err *err)
{
    struct file_walk *walk = context;
    struct file_group *complete = NULL;

    if ((walk->named || walk->header_line) && !walk->head_seen)
        return walk_head(walk, row, err);
    int rc = walk_key(walk, row, err);
    if (rc == OK)
        rc = file_groups_add(&walk->groups, buf_str(&walk->key), row, "file.csv", &complete, err);
    for (; rc == OK && complete; complete = complete->next) {
        walk->sales++;
        walk->on_sale(walk->context, walk, &complete->rows);
    }
    return rc;
}

/* Hands every sale's rows over; a file that the first pass takes, the second takes too. Returns what the first said. */
static inline int file_walk_run(struct file_walk *walk, struct str bytes, struct err *err)
{
    int rc = csv_read(bytes, "file.csv", &walk->dialect, walk_learn, walk, err);

    if (rc == OK) {
        int64_t rows = walk->groups.rows;
        file_groups_rewind(&walk->groups);
        walk->head_seen = false;
        LAW(csv_read(bytes, "file.csv", &walk->dialect, walk_gather, walk, err) == OK);
        LAW(file_groups_same(&walk->groups));
        LAW(walk->groups.open_bytes == 0 && (walk->sales > 0) == (rows > 0));
    }
    file_groups_release(&walk->groups);
    buf_release(&walk->key);
    return rc;
}

/* A company in Paris whose days end at four in the morning. */
static inline const struct company *fuzz_company(void)
{
    static struct company company = {.id = 1, .name = {"Test", 4}, .cutoff_minutes = 240};
    struct err err = {0};

    if (company.zone != NULL)
        return &company;
    if (hash_init(&err) != OK)
        law_broken("libsodium starts", __FILE__, __LINE__);
    if (zone_load(&company.zone, STR("Europe/Paris"), &err) != OK)
        law_broken("the zone of this test is installed (tzdata)", __FILE__, __LINE__);
    return &company;
}
#endif
