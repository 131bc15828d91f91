/* article.c: articles: finding, writing, walking. Written for catalogues of 100 000 articles: one prepared statement per article written, and a walk in
 * pages by key. Public interface in books.h. */
#include "books/books_int.h"

#include "base/money.h"

int64_t article_net_price_e4(int64_t price_e4, int64_t rate_bp)
{
    int64_t net = price_e4;

    /* The divisor is not below the factor, so the result is no larger than the price and always fits. */
    (void)money_scale(price_e4, 10000, 10000 + rate_bp, ROUND_HALF_UP, &net);
    return net;
}

/* ---- reading ---- */
#define ARTICLE_SELECT                                                                                                        \
    "SELECT a.article_id, a.code, a.label, a.barcode, a.unit, f.name, t.code, a.family_id, a.tax_id, t.rate_bp, a.price_e4,"  \
    " a.net_price_e4, a.buy_price_e4, a.weight_milli, a.stock_managed, a.archived"                                            \
    " FROM article a JOIN tax t ON t.company_id = a.company_id AND t.tax_id = a.tax_id"                                       \
    " LEFT JOIN family f ON f.company_id = a.company_id AND f.family_id = a.family_id "

/* A row of ARTICLE_SELECT; *failed as in books_row_text. */
static struct article article_from_row(struct db_rows *rows, struct arena *arena, bool *failed)
{
    return (struct article){
        .id = db_int(rows, 0),
        .code = books_row_text(rows, 1, arena, failed),
        .label = books_row_text(rows, 2, arena, failed),
        .barcode = books_row_text(rows, 3, arena, failed),
        .unit = books_row_text(rows, 4, arena, failed),
        .family = books_row_text(rows, 5, arena, failed),
        .tax_code = books_row_text(rows, 6, arena, failed),
        .family_id = db_int(rows, 7),
        .tax_id = db_int(rows, 8),
        .rate_bp = db_int(rows, 9),
        .has_price = !db_is_null(rows, 10),
        .price_e4 = db_int(rows, 10),
        .net_price_e4 = db_int(rows, 11),
        .has_buy_price = !db_is_null(rows, 12),
        .buy_price_e4 = db_int(rows, 12),
        .has_weight = !db_is_null(rows, 13),
        .weight_milli = db_int(rows, 13),
        .stock_managed = db_int(rows, 14) != 0,
        .archived = db_int(rows, 15) != 0,
    };
}

static int article_take_one(struct db_rows *rows, struct arena *arena, struct article *ret, struct err *err)
{
    struct article article;
    bool failed = false;
    int code = db_next(rows, err);

    if (code <= 0)
        return code;
    article = article_from_row(rows, arena, &failed);
    if (failed)
        return err_memory(err);
    *ret = article;
    return 1;
}

static const char sql_article_by_code[] = ARTICLE_SELECT "WHERE a.company_id = $1 AND a.code = $2";

int article_find_by_code(struct db *db, int64_t company_id, struct arena *arena, struct str code, struct article *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int result = db_query(db, &rows, sql_article_by_code, err, DB_INT(company_id), DB_STR(code));

    return result < 0 ? result : article_take_one(&rows, arena, ret, err);
}

static const char sql_article_by_id[] = ARTICLE_SELECT "WHERE a.company_id = $1 AND a.article_id = $2";

int article_find_by_id(struct db *db, int64_t company_id, struct arena *arena, int64_t id, struct article *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int result = db_query(db, &rows, sql_article_by_id, err, DB_INT(company_id), DB_INT(id));

    return result < 0 ? result : article_take_one(&rows, arena, ret, err);
}

/* ---- writing ---- */
/* Label and unit are never NULL in the table: absent is empty. */
static struct str never_null(struct str s)
{
    return s.p ? s : STR("");
}

/* The parameters $1 to $15 of both statements below. */
#define ARTICLE_ARGS(company_id, article, now_utc)                                                                             \
    DB_INT(company_id), DB_INT((article)->id), DB_STR((article)->code), DB_STR(never_null((article)->label)),                   \
        (article)->family_id ? DB_INT((article)->family_id) : DB_NIL, DB_INT((article)->tax_id),                                \
        (article)->has_price ? DB_INT((article)->price_e4) : DB_NIL,                                                            \
        (article)->has_price ? DB_INT(article_net_price_e4((article)->price_e4, (article)->rate_bp)) : DB_NIL,                  \
        (article)->has_buy_price ? DB_INT((article)->buy_price_e4) : DB_NIL, DB_STR((article)->barcode),                        \
        DB_STR(never_null((article)->unit)), (article)->has_weight ? DB_INT((article)->weight_milli) : DB_NIL,                  \
        DB_INT((article)->stock_managed), DB_INT((article)->archived), DB_INT(now_utc)

static int article_check_code(const struct article *article, struct err *err)
{
    if (str_trim(article->code).n == 0)
        return err_set(err, ERR_DATA, N_("the article \"%s\" has an empty code: give it one"), ERR_STR(article->label));
    return OK;
}

static int article_code_taken(struct str code, struct err *err)
{
    return err_set(err, ERR_DATA, N_("the article code %s is already taken by another article: choose another one"), ERR_STR(code));
}

static const char sql_article_insert[] =
    "INSERT INTO article (company_id, article_id, code, label, family_id, tax_id, price_e4, net_price_e4, buy_price_e4, barcode, unit, weight_milli,"
    " stock_managed, archived, updated_utc)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";

int article_insert(struct db *db, int64_t company_id, const struct article *article, int64_t now_utc, struct err *err)
{
    int64_t inserted;
    int code = article_check_code(article, err);

    if (code < 0)
        return code;
    code = db_exec_count(db, sql_article_insert, &inserted, err, ARTICLE_ARGS(company_id, article, now_utc));
    if (code < 0)
        return code;
    return inserted == 0 ? article_code_taken(article->code, err) : OK;
}

static const char sql_article_update[] =
    "UPDATE article SET code = $3, label = $4, family_id = $5, tax_id = $6, price_e4 = $7, net_price_e4 = $8, buy_price_e4 = $9, barcode = $10, unit = $11,"
    " weight_milli = $12, stock_managed = $13, archived = $14, updated_utc = $15 WHERE company_id = $1 AND article_id = $2";

int article_update(struct db *db, int64_t company_id, const struct article *article, int64_t now_utc, struct err *err)
{
    int64_t touched;
    int code = article_check_code(article, err);

    if (code < 0)
        return code;
    code = db_exec_count(db, sql_article_update, &touched, err, ARTICLE_ARGS(company_id, article, now_utc));
    if (code == ERR_DATA && db_is_unique_violation(db)) {
        err_clear(err);
        return article_code_taken(article->code, err);
    }
    if (code < 0)
        return code;
    if (touched == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no article with the number %s (code %s) any more: read the articles again"), ERR_INT(article->id),
                       ERR_STR(article->code));
    return OK;
}

/* ---- walking ---- */
enum { ARTICLE_PAGE = 500 };

/* $3, $4: NULL = any. The key of the last article seen begins the next page. */
static const char sql_article_page[] = ARTICLE_SELECT
    "WHERE a.company_id = $1 AND a.code > $2 AND (CAST($3 AS TEXT) IS NULL OR f.name = $3) AND (CAST($4 AS BIGINT) IS NULL OR a.archived = $4)"
    " AND a.stock_managed >= $5 AND a.updated_utc >= $6 ORDER BY a.code LIMIT CAST($7 AS BIGINT)";

/* Reads a page wholly before anyone is called, so that the callback may query and write as it likes. */
static int article_read_page(struct db *db, int64_t company_id, const struct article_filter *filter, struct str after, struct arena *arena, struct article *page,
                             size_t *ret_count, struct err *err)
{
    const struct db_value archived = filter->only_archived ? DB_INT(1) : filter->with_archived ? DB_NIL : DB_INT(0);
    DB_ROWS_AUTO rows = {0};
    size_t count = 0;
    bool failed = false;
    int code = db_query(db, &rows, sql_article_page, err, DB_INT(company_id), DB_STR(after), DB_STR(filter->family), archived, DB_INT(filter->only_stock_managed),
                        DB_INT(filter->has_changed_since ? filter->changed_since_utc : INT64_MIN), DB_INT(ARTICLE_PAGE));

    if (code < 0)
        return code;
    while (count < ARTICLE_PAGE && (code = db_next(&rows, err)) > 0)
        page[count++] = article_from_row(&rows, arena, &failed);
    if (code < 0)
        return code;
    if (failed)
        return err_memory(err);
    *ret_count = count;
    return OK;
}

int article_each(struct db *db, int64_t company_id, const struct article_filter *filter, article_fn *on_article, void *context, struct err *err)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO after = {0};
    size_t count;

    buf_append_z(&after, ""); /* before every code: none is empty */
    do {
        struct article *page;
        int code;

        arena_reset(&arena);
        page = arena_array(&arena, ARTICLE_PAGE, sizeof *page);
        if (!page || buf_failed(&after))
            return err_memory(err);
        code = article_read_page(db, company_id, filter, never_null(buf_str(&after)), &arena, page, &count, err);
        if (code < 0)
            return code;
        for (size_t i = 0; i < count; i++) {
            if (filter->code_pattern.p && !str_matches(page[i].code, filter->code_pattern))
                continue;
            code = on_article(context, &page[i], err);
            if (code < 0)
                return code;
        }
        if (count > 0) {
            buf_reset(&after);
            buf_append(&after, page[count - 1].code);
        }
    } while (count == ARTICLE_PAGE);
    return OK;
}
