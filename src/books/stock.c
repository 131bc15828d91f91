/* stock.c: what is in stock, and counts by hand. The moves of documents are made where documents are posted. Public interface in books.h. */
#include "books/books_int.h"

#include "base/money.h"

static const char sql_stock_get[] = "SELECT quantity_milli FROM stock_level WHERE company_id = $1 AND article_id = $2";

int stock_get(struct db *db, int64_t company_id, int64_t article_id, int64_t *ret_quantity_milli, struct err *err)
{
    int64_t quantity_milli = 0;
    int code = db_query_int(db, &quantity_milli, sql_stock_get, err, DB_INT(company_id), DB_INT(article_id));

    if (code < 0)
        return code;
    *ret_quantity_milli = code == 0 ? 0 : quantity_milli; /* never moved: none */
    return OK;
}

static const char sql_stock_is_managed[] = "SELECT stock_managed FROM article WHERE company_id = $1 AND article_id = $2";

static int stock_check_managed(struct db *db, int64_t company_id, int64_t article_id, struct err *err)
{
    int64_t managed;
    int code = db_query_int(db, &managed, sql_stock_is_managed, err, DB_INT(company_id), DB_INT(article_id));

    if (code < 0)
        return code;
    if (code == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no article with the number %s: its stock cannot be counted"), ERR_INT(article_id));
    if (!managed)
        return err_set(err, ERR_DATA, N_("the article with the number %s is not managed in stock: say that it is, then count it"), ERR_INT(article_id));
    return OK;
}

static const char sql_stock_set[] =
    "INSERT INTO stock_level (company_id, article_id, quantity_milli) VALUES ($1, $2, $3)"
    " ON CONFLICT (company_id, article_id) DO UPDATE SET quantity_milli = excluded.quantity_milli";
static const char sql_stock_count_move[] =
    "INSERT INTO stock_move (company_id, source, source_id, line_no, article_id, quantity_milli, at_utc) VALUES ($1, 'count', $2, 1, $3, $4, $5)";

int stock_count_set(struct db *db, int64_t company_id, int64_t article_id, int64_t quantity_milli, int64_t now_utc, struct err *err)
{
    int64_t before_milli, difference_milli, count_id;
    int code = stock_check_managed(db, company_id, article_id, err);

    if (code < 0)
        return code;
    code = stock_get(db, company_id, article_id, &before_milli, err);
    if (code < 0)
        return code;
    if (quantity_milli > MONEY_MAX || quantity_milli < -MONEY_MAX || __builtin_sub_overflow(quantity_milli, before_milli, &difference_milli))
        return err_set(err, ERR_DATA, N_("the quantity counted is too large: correct it"));
    code = db_exec(db, sql_stock_set, err, DB_INT(company_id), DB_INT(article_id), DB_INT(quantity_milli));
    if (code < 0 || difference_milli == 0)
        return code;
    code = db_reserve_ids(db, company_id, "stock_count", 1, &count_id, err);
    if (code < 0)
        return code;
    return db_exec(db, sql_stock_count_move, err, DB_INT(company_id), DB_INT(count_id), DB_INT(article_id), DB_INT(difference_milli), DB_INT(now_utc));
}
