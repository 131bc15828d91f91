/* import_floor.c: the floor under `import-articles`: only what cannot be avoided. Downloads the catalogue's pages one after the other with libcurl, parses them with the
 * same JSON library, and inserts the same article rows with one prepared statement in one transaction. No checks, no matching, no journal.
 * usage: import_floor DATABASE URL KEY NODE_ID COMPANY_ID      (DATABASE: a fresh one from `liaison init`) */
#include <curl/curl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/money.h"

enum { PAGE = 1000, CATEGORIES_MAX = 200 };

struct floor {
    CURL *curl;
    struct buf body;
    struct arena arena;
    sqlite3 *db;
    sqlite3_stmt *insert;
    struct { char id[32]; long long family_id; } categories[CATEGORIES_MAX];
    int category_count;
    struct { char id[32]; int64_t tax_id, rate_bp; } taxes[32];
    int tax_count;
    int64_t next_id;
};

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "import_floor: %s\n", what);
        exit(1);
    }
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct floor *f = context;
    buf_append(&f->body, (struct str){bytes, size * count});
    return size * count;
}

static struct json *fetch(struct floor *f, const char *url)
{
    struct err err = {0};
    struct json *array = NULL;
    buf_reset(&f->body);
    arena_reset(&f->arena);
    curl_easy_setopt(f->curl, CURLOPT_URL, url);
    must(curl_easy_perform(f->curl) == CURLE_OK, "download failed");
    must(json_parse(&f->arena, buf_str(&f->body), &array, &err) == OK && array->type == JSON_ARRAY, "not a JSON array");
    return array;
}

static void copy_id(char out[32], struct str id)
{
    snprintf(out, 32, "%.*s", STR_ARG(id));
}

static void load_categories(struct floor *f, const char *base, const char *company_id)
{
    char url[512];
    sqlite3_stmt *insert;
    snprintf(url, sizeof url, "%s/v1/catalog/categories?company_id=%s&limit=%d&order=_id%%3DASC", base, company_id, CATEGORIES_MAX);
    must(sqlite3_prepare_v2(f->db, "INSERT INTO family (company_id, family_id, name) VALUES (1, ?, ?)", -1, &insert, NULL) == SQLITE_OK, "family");
    for (struct json *c = fetch(f, url)->first; c && f->category_count < CATEGORIES_MAX; c = c->next) {
        copy_id(f->categories[f->category_count].id, json_text(json_get(c, STR("_id"))));
        f->categories[f->category_count].family_id = f->category_count + 1;
        f->category_count++;
        struct str name = json_text(json_get(c, STR("name")));
        sqlite3_bind_int64(insert, 1, f->category_count);
        sqlite3_bind_text(insert, 2, name.p, (int)name.n, SQLITE_STATIC);
        must(sqlite3_step(insert) == SQLITE_DONE, "family row");
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
}

static void load_taxes(struct floor *f, const char *base, const char *company_id)
{
    char url[512];
    sqlite3_stmt *find;
    snprintf(url, sizeof url, "%s/v1/catalog/taxes?company_id=%s&limit=32&order=_id%%3DASC", base, company_id);
    must(sqlite3_prepare_v2(f->db, "SELECT tax_id FROM tax WHERE company_id = 1 AND rate_bp = ?", -1, &find, NULL) == SQLITE_OK, "tax");
    for (struct json *t = fetch(f, url)->first; t && f->tax_count < 32; t = t->next) {
        int64_t rate_bp = 0;
        struct json *rate = json_get(t, STR("rate"));
        must(rate && decimal_parse(rate->text, 2, &rate_bp) == DECIMAL_OK, "rate");
        copy_id(f->taxes[f->tax_count].id, json_text(json_get(t, STR("_id"))));
        sqlite3_bind_int64(find, 1, rate_bp);
        must(sqlite3_step(find) == SQLITE_ROW, "no VAT code of that rate");
        f->taxes[f->tax_count].tax_id = sqlite3_column_int64(find, 0);
        f->taxes[f->tax_count++].rate_bp = rate_bp;
        sqlite3_reset(find);
    }
    sqlite3_finalize(find);
}

static void bind_str(sqlite3_stmt *statement, int place, struct str s)
{
    if (s.p)
        sqlite3_bind_text(statement, place, s.p, (int)s.n, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, place);
}

static void bind_decimal(sqlite3_stmt *statement, int place, const struct json *number, int places, int64_t *ret)
{
    *ret = 0;
    if (json_is(number, JSON_NUMBER) && decimal_parse_rounded(number->text, places, ret) == DECIMAL_OK)
        sqlite3_bind_int64(statement, place, *ret);
    else
        sqlite3_bind_null(statement, place);
}

static void insert_article(struct floor *f, const struct json *a)
{
    struct str reference = json_text(json_get(a, STR("reference"))), category = json_text(json_get(a, STR("category_id")));
    const struct json *taxes = json_get(a, STR("taxes"));
    if (!reference.n || !taxes || !taxes->first)
        return;
    int64_t price = 0, other = 0, tax_id = 1, rate_bp = 0;
    for (int i = 0; i < f->tax_count; i++)
        if (str_equal(json_text(taxes->first), str_from(f->taxes[i].id))) {
            tax_id = f->taxes[i].tax_id;
            rate_bp = f->taxes[i].rate_bp;
        }
    sqlite3_stmt *s = f->insert;
    sqlite3_bind_int64(s, 1, f->next_id++);
    bind_str(s, 2, reference);
    bind_str(s, 3, json_text(json_get(a, STR("name"))));
    sqlite3_bind_null(s, 4);
    for (int i = 0; i < f->category_count; i++)
        if (str_equal(category, str_from(f->categories[i].id)))
            sqlite3_bind_int64(s, 4, f->categories[i].family_id);
    sqlite3_bind_int64(s, 5, tax_id);
    bind_decimal(s, 6, json_get(a, STR("full_price")), 4, &price);
    sqlite3_bind_int64(s, 7, price * 10000 / (10000 + rate_bp));
    bind_decimal(s, 8, json_get(a, STR("buy_price")), 4, &other);
    bind_str(s, 9, json_text(json_get(a, STR("barcode"))));
    struct str unit = json_text(json_get(a, STR("unit")));
    bind_str(s, 10, unit.p ? unit : STR(""));
    bind_decimal(s, 11, json_get(a, STR("weight")), 3, &other);
    sqlite3_bind_int(s, 12, json_is(json_get(a, STR("in_stock")), JSON_TRUE));
    must(sqlite3_step(s) == SQLITE_DONE, "article row");
    sqlite3_reset(s);
}

int main(int argc, char **argv)
{
    must(argc == 6, "usage: import_floor DATABASE URL KEY NODE_ID COMPANY_ID");
    struct floor f = {.curl = curl_easy_init(), .next_id = 1, .body = {.max = (size_t)256 << 20}};
    struct err err = {0};
    char header[64], url[512];
    must(hash_init(&err) == OK, "hash_init");
    snprintf(header, sizeof header, "x-api-key: %s", argv[3]);
    curl_easy_setopt(f.curl, CURLOPT_HTTPHEADER, curl_slist_append(NULL, header));
    curl_easy_setopt(f.curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(f.curl, CURLOPT_WRITEDATA, &f);
    must(sqlite3_open(argv[1], &f.db) == SQLITE_OK, "open");
    sqlite3_exec(f.db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16384; BEGIN IMMEDIATE", NULL, NULL, NULL);
    must(sqlite3_prepare_v2(f.db, "INSERT INTO article (company_id, article_id, code, label, family_id, tax_id, price_e4, net_price_e4, buy_price_e4, barcode, unit,"
                                  " weight_milli, stock_managed, archived, updated_utc) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)"
                                  " ON CONFLICT DO NOTHING", -1, &f.insert, NULL) == SQLITE_OK, "prepare");
    load_categories(&f, argv[2], argv[5]);
    load_taxes(&f, argv[2], argv[5]);
    for (long skip = 0, count = PAGE; count == PAGE; skip += PAGE) {
        snprintf(url, sizeof url, "%s/v1/catalog/articles?node_id=%s&limit=%d&skip=%ld&order=_id%%3DASC", argv[2], argv[4], PAGE, skip);
        const struct json *array = fetch(&f, url);
        count = (long)array->count;
        for (const struct json *a = array->first; a; a = a->next)
            insert_article(&f, a);
    }
    must(sqlite3_exec(f.db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
    sqlite3_finalize(f.insert);
    sqlite3_close(f.db);
    return 0;
}
