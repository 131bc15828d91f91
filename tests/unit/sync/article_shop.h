/* article_shop.h: what the tests of the article flows share: a back office in a fresh database, a link, and the training till held in the hand as
 * the link's transport, without a socket: every request is written down, and some answers can be spoilt on their way. */
#ifndef TESTS_SYNC_ARTICLE_SHOP_H
#define TESTS_SYNC_ARTICLE_SHOP_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sandbox/sandbox.h"
#include "sync/sync.h"

enum { SHOP_IN_FLIGHT = HTTP_IN_FLIGHT_MAX };

/* An answer that waits to be fetched. */
struct shop_answer {
    bool used;
    uint64_t tag;
    int status;
    int64_t retry_after_ms;
    bool truncated;
    struct buf body, content_type;
};
/* What goes wrong on the way; a zero is "nothing". */
struct shop_faults {
    int cut_skip;              /* the page of articles that begins here is cut, each time */
    int lose_posts;            /* so many POSTs are carried out and their answers lost */
    int refuse_posts;          /* so many POSTs of articles get 400 */
    bool ignore_puts;          /* PUTs of articles are answered and not carried out */
    int busy_posts;            /* so many POSTs of articles get 429 and are asked for again in two minutes */
};
struct shop {
    struct clock clock;
    struct db *db;
    char folder[256];          /* of the SQLite file; "" on PostgreSQL */
    struct company company;
    struct seal_key seal_key;
    struct sandbox *sandbox;
    struct link_options options;
    struct link link;
    struct arena arena;        /* of the test */
    struct err err;
    struct shop_answer answers[SHOP_IN_FLIGHT];
    uint64_t next_answer;
    struct shop_faults faults;
    void (*on_sleep)(struct shop *shop); /* NULL, or what happens whenever a run has slept */
    struct buf requests;       /* "PUT /v1/… {body}\n", since the last shop_sync began; lists are left out */
    struct buf changes;        /* "action subject field: old -> new\n", of the last shop_sync */
};

/* Ids that a reader can tell apart: ID("a1") is a1 and 22 zeros. */
#define ID(two) two "0000000000000000000000"

int shop_setup(void **state);
int shop_teardown(void **state);
/* Runs the tests on SQLite, and on PostgreSQL when LIAISON_TEST_PG names a server. */
int shop_run(const struct CMUnitTest *tests, size_t count);

/* The till begins with these records (JSON arrays; NULL: the usual ones). The usual taxes are t1 20 %, t2 5.5 %, t3 8.5 % (which has no VAT code here), the usual
 * categories c1 Bières, c2 Épicerie, c0 the default one. */
void shop_till(struct shop *shop, const char *articles, const char *categories, const char *taxes);
/* The link with the options as they stand in shop->options. */
void shop_link(struct shop *shop);
/* One call to the till, as from a person at it; `path` is behind /v1/catalog/. The answer's body, in the test's arena. */
const char *shop_at_till(struct shop *shop, const char *method, const char *path, const char *body);
/* Runs one flow; the second one returns the code, with shop->err filled. */
struct article_counts shop_sync(struct shop *shop, enum sync_flow flow, bool dry_run);
int shop_try_sync(struct shop *shop, enum sync_flow flow, bool dry_run, struct sync_result *ret);

/* A query's rows as text: columns parted by `|`, rows by line feeds, NULL as `-`. $1 is the company. */
const char *shop_rows(struct shop *shop, const char *sql);
void shop_exec(struct shop *shop, const char *sql);
#define assert_counts(counts, r, c, u, same, skip, bad) \
    do { \
        const struct article_counts counts_ = (counts); \
        char got_[160], want_[160]; \
        snprintf(got_, sizeof got_, "read %d created %d updated %d unchanged %d skipped %d anomalies %d", (int)counts_.read, (int)counts_.created, (int)counts_.updated, \
                 (int)counts_.unchanged, (int)counts_.skipped, (int)counts_.anomalies); \
        snprintf(want_, sizeof want_, "read %d created %d updated %d unchanged %d skipped %d anomalies %d", r, c, u, same, skip, bad); \
        assert_string_equal(got_, want_); \
    } while (0)
#define shop_test(function) cmocka_unit_test_setup_teardown(function, shop_setup, shop_teardown)

/* The articles, one a line: code|label|family|rate|price|net price|buy price|barcode|unit|weight|stock-managed|archived. */
#define ARTICLES \
    "SELECT a.code, a.label, f.name, t.rate_bp, a.price_e4, a.net_price_e4, a.buy_price_e4, a.barcode, a.unit, a.weight_milli, a.stock_managed, a.archived" \
    " FROM article a JOIN tax t ON t.company_id = a.company_id AND t.tax_id = a.tax_id" \
    " LEFT JOIN family f ON f.company_id = a.company_id AND f.family_id = a.family_id WHERE a.company_id = $1 ORDER BY a.code"
#define ARTICLE_LABELS "SELECT code, label, archived FROM article WHERE company_id = $1 ORDER BY code"
#define ANOMALIES "SELECT subject, code, cause_key FROM anomaly WHERE company_id = $1 ORDER BY subject, code"
#define ANOMALY_ARGS "SELECT subject, code, args FROM anomaly WHERE company_id = $1 ORDER BY subject, code"
#endif
