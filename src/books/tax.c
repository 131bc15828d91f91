/* tax.c: the small records that others point to: VAT codes, means of payment, article families. Public interface in books.h. */
#include "books/books_int.h"

/* ---- VAT codes ---- */
enum { RATE_BP_MAX = 10000 };

static const char sql_tax_by_rate[] = "SELECT MIN(tax_id) FROM tax WHERE company_id = $1 AND rate_bp = $2";

int tax_find_by_rate(struct db *db, int64_t company_id, int64_t rate_bp, int64_t *ret_id, struct err *err)
{
    return db_query_int(db, ret_id, sql_tax_by_rate, err, DB_INT(company_id), DB_INT(rate_bp));
}

static const char sql_tax_by_code[] = "SELECT tax_id FROM tax WHERE company_id = $1 AND code = $2";

int tax_find_by_code(struct db *db, int64_t company_id, struct str code, int64_t *ret_id, struct err *err)
{
    return db_query_int(db, ret_id, sql_tax_by_code, err, DB_INT(company_id), DB_STR(code));
}

static const char sql_tax_insert[] =
    "INSERT INTO tax (company_id, tax_id, code, label, rate_bp) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

int tax_create(struct db *db, int64_t company_id, struct str code, struct str label, int64_t rate_bp, int64_t *ret_id, struct err *err)
{
    int64_t id, inserted;
    int result;

    code = str_trim(code);
    label = str_trim(label);
    if (code.n == 0)
        return err_set(err, ERR_DATA, N_("a VAT code cannot be empty: give one, such as 20"));
    if (rate_bp < 0 || rate_bp > RATE_BP_MAX)
        return err_set(err, ERR_DATA, N_("the rate of the VAT code %s is not between 0 and 100 percent: correct it"), ERR_STR(code));
    result = db_reserve_ids(db, company_id, "tax", 1, &id, err);
    if (result < 0)
        return result;
    result = db_exec_count(db, sql_tax_insert, &inserted, err, DB_INT(company_id), DB_INT(id), DB_STR(code), DB_STR(label.n > 0 ? label : code), DB_INT(rate_bp));
    if (result < 0)
        return result;
    if (inserted == 0)
        return err_set(err, ERR_DATA, N_("the VAT code %s is already taken: choose another one"), ERR_STR(code));
    *ret_id = id;
    return OK;
}

/* The count comes with each row, so that the array is made once, of the right size, from one consistent reading. */
static const char sql_tax_list[] =
    "SELECT tax_id, code, label, rate_bp, COUNT(*) OVER () FROM tax WHERE company_id = $1 ORDER BY rate_bp DESC, tax_id";

int tax_list(struct db *db, int64_t company_id, struct arena *arena, struct tax **ret, size_t *ret_count, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct tax *taxes = NULL;
    size_t count = 0;
    bool failed = false;
    int code = db_query(db, &rows, sql_tax_list, err, DB_INT(company_id));

    if (code < 0)
        return code;
    while ((code = db_next(&rows, err)) > 0) {
        if (!taxes)
            taxes = arena_array(arena, (size_t)db_int(&rows, 4), sizeof *taxes);
        if (!taxes)
            return err_memory(err);
        taxes[count++] = (struct tax){
            .id = db_int(&rows, 0),
            .code = books_row_text(&rows, 1, arena, &failed),
            .label = books_row_text(&rows, 2, arena, &failed),
            .rate_bp = db_int(&rows, 3),
        };
    }
    if (code < 0)
        return code;
    if (failed)
        return err_memory(err);
    *ret = taxes;
    *ret_count = count;
    return OK;
}

/* ---- means of payment ---- */
static const char sql_means_by_code[] = "SELECT means_id FROM means WHERE company_id = $1 AND code = $2";

int means_find_by_code(struct db *db, int64_t company_id, struct str code, int64_t *ret_id, struct err *err)
{
    return db_query_int(db, ret_id, sql_means_by_code, err, DB_INT(company_id), DB_STR(code));
}

static const char sql_means_insert[] = "INSERT INTO means (company_id, means_id, code, label) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

int means_create(struct db *db, int64_t company_id, struct str code, struct str label, int64_t *ret_id, struct err *err)
{
    int64_t id, inserted;
    int result;

    code = str_trim(code);
    label = str_trim(label);
    if (code.n == 0)
        return err_set(err, ERR_DATA, N_("the code of a means of payment cannot be empty: give one, such as cash"));
    result = db_reserve_ids(db, company_id, "means", 1, &id, err);
    if (result < 0)
        return result;
    result = db_exec_count(db, sql_means_insert, &inserted, err, DB_INT(company_id), DB_INT(id), DB_STR(code), DB_STR(label.n > 0 ? label : code));
    if (result < 0)
        return result;
    if (inserted == 0)
        return err_set(err, ERR_DATA, N_("the means of payment %s is already there: choose another code"), ERR_STR(code));
    *ret_id = id;
    return OK;
}

/* ---- families ---- */
static const char sql_family_by_name[] = "SELECT family_id FROM family WHERE company_id = $1 AND name = $2";
static const char sql_family_insert[] = "INSERT INTO family (company_id, family_id, name) VALUES ($1, $2, $3)";

int family_find_or_create(struct db *db, int64_t company_id, struct str name, int64_t *ret_id, struct err *err)
{
    int64_t id;
    int code;

    if (str_trim(name).n == 0)
        return err_set(err, ERR_DATA, N_("the name of a family cannot be empty: give one, or no family at all"));
    code = db_query_int(db, &id, sql_family_by_name, err, DB_INT(company_id), DB_STR(name));
    if (code < 0)
        return code;
    if (code == 0) {
        code = db_reserve_ids(db, company_id, "family", 1, &id, err);
        if (code < 0)
            return code;
        code = db_exec(db, sql_family_insert, err, DB_INT(company_id), DB_INT(id), DB_STR(name));
        if (code < 0)
            return code;
    }
    *ret_id = id;
    return OK;
}
