/* post_floor.c: the floor under `post-sales`: takes the final rows of a database in which Liaison has posted (documents, lines, taxes, due lines, payments, allocations,
 * stock moves) into memory, then inserts them into a fresh database of the same schema and disk settings with bare prepared statements, in one transaction. Prints
 * the seconds of the inserting alone.
 * usage: post_floor POSTED_DATABASE FRESH_DATABASE      (FRESH: from `liaison init`, the articles and customers already copied by this program, untimed) */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct table { const char *name, *sql; sqlite3_value **values; size_t count, places; int columns; };

static struct table tables[] = {
    {.name = "document"}, {.name = "document_line"}, {.name = "document_tax"}, {.name = "due_line"}, {.name = "payment"}, {.name = "allocation"}, {.name = "stock_move"},
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static void must(int ok, sqlite3 *db, const char *what)
{
    if (!ok) {
        fprintf(stderr, "post_floor: %s: %s\n", what, sqlite3_errmsg(db));
        exit(1);
    }
}

static void load(sqlite3 *db, struct table *t)
{
    char sql[256];
    sqlite3_stmt *s;
    snprintf(sql, sizeof sql, "SELECT * FROM %s", t->name);
    must(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, db, t->name);
    t->columns = sqlite3_column_count(s);
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (t->count + (size_t)t->columns > t->places) {
            t->places = t->places ? t->places * 2 : 1 << 16;
            t->values = realloc(t->values, t->places * sizeof *t->values);
            must(t->values != NULL, db, "memory");
        }
        for (int i = 0; i < t->columns; i++)
            t->values[t->count++] = sqlite3_value_dup(sqlite3_column_value(s, i));
    }
    sqlite3_finalize(s);
}

static void insert(sqlite3 *db, const struct table *t)
{
    char sql[512];
    int n = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", t->name);
    for (int i = 1; i < t->columns; i++)
        n += snprintf(sql + n, sizeof sql - (size_t)n, ", ?");
    snprintf(sql + n, sizeof sql - (size_t)n, ")");
    sqlite3_stmt *s;
    must(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, db, t->name);
    for (size_t at = 0; at < t->count; at += (size_t)t->columns) {
        for (int i = 0; i < t->columns; i++)
            sqlite3_bind_value(s, i + 1, t->values[at + (size_t)i]);
        must(sqlite3_step(s) == SQLITE_DONE, db, t->name);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    sqlite3 *posted, *fresh;
    struct timespec begin, end;
    must(sqlite3_open(argv[1], &posted) == SQLITE_OK, posted, "open");
    must(sqlite3_open(argv[2], &fresh) == SQLITE_OK, fresh, "open");
    for (int i = 0; i < TABLE_COUNT; i++)
        load(posted, &tables[i]);
    /* What documents refer to must be there; the rows arrive final, so what only guards drafts is out of the way. */
    static const char *const referred[] = {"family", "tax", "means", "customer", "article"};
    sqlite3_exec(fresh, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; DROP TRIGGER document_line_insert;"
                        " DROP TRIGGER document_tax_insert; DROP TRIGGER due_line_insert", NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof referred / sizeof *referred; i++) {
        char sql[64];
        struct table t = {.name = referred[i]};
        snprintf(sql, sizeof sql, "DELETE FROM %s", referred[i]);
        sqlite3_exec(fresh, sql, NULL, NULL, NULL);
        load(posted, &t);
        if (t.count)
            insert(fresh, &t);
    }
    sqlite3_exec(fresh, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    must(sqlite3_exec(fresh, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, fresh, "begin");
    for (int i = 0; i < TABLE_COUNT; i++)
        if (tables[i].count)
            insert(fresh, &tables[i]);
    must(sqlite3_exec(fresh, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, fresh, "commit");
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long microseconds = (end.tv_sec - begin.tv_sec) * 1000000LL + (end.tv_nsec - begin.tv_nsec) / 1000;
    printf("%lld.%06lld\n", microseconds / 1000000, microseconds % 1000000);
    return 0;
}
