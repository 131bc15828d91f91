/* customer.c: customers: the counter customer of anonymous sales, and those that the till, a file or a person names. Public interface in books.h. */
#include "books/books_int.h"

#include <inttypes.h>
#include <stdio.h>

/* Walks the primary key and stops at once: the counter customer is the company's first. */
static const char sql_customer_counter[] = "SELECT customer_id FROM customer WHERE company_id = $1 AND is_counter = 1 ORDER BY customer_id LIMIT 1";

int customer_counter(struct db *db, int64_t company_id, int64_t *ret_id, struct err *err)
{
    int code = db_query_int(db, ret_id, sql_customer_counter, err, DB_INT(company_id));

    if (code < 0)
        return code;
    if (code == 0)
        return err_set(err, ERR_DATA, N_("the company has no counter customer for anonymous sales: restore the database from a backup"));
    return OK;
}

static const char sql_customer_by_code[] = "SELECT customer_id FROM customer WHERE company_id = $1 AND code = $2";

int customer_find_by_code(struct db *db, int64_t company_id, struct str code, int64_t *ret_id, struct err *err)
{
    return db_query_int(db, ret_id, sql_customer_by_code, err, DB_INT(company_id), DB_STR(code));
}

/* Without blanks at both ends; what is then empty is absent. */
static struct str cleaned(struct str s)
{
    s = str_trim(s);
    return s.n > 0 ? s : STR_NULL;
}

static const char sql_customer_insert[] =
    "INSERT INTO customer (company_id, customer_id, code, is_counter, company_name, last_name, first_name, email, phone, address, postcode, town, country, vat_number, siren)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";

/* As it is stored: its digits, in `digits`; absent when there is none. */
static int siren_of(const struct sale_customer *data, char digits[SIREN_DIGITS], struct str *ret, struct err *err)
{
    struct str siren = cleaned(data->siren);

    if (siren.p && !siren_parse(siren, digits))
        return err_set(err, ERR_DATA, N_("%s is not a SIREN number: it has nine digits, the last of which checks the others; correct it or leave it out"), ERR_STR(siren));
    *ret = siren.p ? (struct str){digits, SIREN_DIGITS} : STR_NULL;
    return OK;
}

/* *ret_inserted = 0 when the code is taken. */
static int customer_insert(struct db *db, int64_t company_id, int64_t id, struct str code, bool is_counter, const struct sale_customer *data, int64_t *ret_inserted,
                           struct err *err)
{
    char digits[SIREN_DIGITS];
    struct str siren = STR_NULL;
    int result = siren_of(data, digits, &siren, err);

    if (result < 0)
        return result;
    return db_exec_count(db, sql_customer_insert, ret_inserted, err, DB_INT(company_id), DB_INT(id), DB_STR(code), DB_INT(is_counter),
                         DB_STR(cleaned(data->company_name)), DB_STR(cleaned(data->last_name)), DB_STR(cleaned(data->first_name)), DB_STR(cleaned(data->email)),
                         DB_STR(cleaned(data->phone)), DB_STR(cleaned(data->address)), DB_STR(cleaned(data->postcode)), DB_STR(cleaned(data->town)),
                         DB_STR(cleaned(data->country)), DB_STR(cleaned(data->vat_number)), DB_STR(siren));
}

/* Codes that people took by hand are stepped over; the counter remembers how far it came, so each is tried once in the company's life. */
static int customer_insert_numbered(struct db *db, int64_t company_id, int64_t id, const struct sale_customer *data, struct err *err)
{
    int64_t inserted = 0;

    while (inserted == 0) {
        char text[32];
        int64_t number;
        int code = db_reserve_ids(db, company_id, "customer_code", 1, &number, err);

        if (code < 0)
            return code;
        snprintf(text, sizeof text, "C%06" PRId64, number);
        code = customer_insert(db, company_id, id, str_from(text), false, data, &inserted, err);
        if (code < 0)
            return code;
    }
    return OK;
}

int customer_create(struct db *db, int64_t company_id, struct str code, const struct sale_customer *data, int64_t *ret_id, struct err *err)
{
    int64_t id, inserted;
    int result = db_reserve_ids(db, company_id, "customer", 1, &id, err);

    if (result < 0)
        return result;
    code = cleaned(code);
    if (!code.p) {
        result = customer_insert_numbered(db, company_id, id, data, err);
        if (result < 0)
            return result;
    } else {
        result = customer_insert(db, company_id, id, code, false, data, &inserted, err);
        if (result < 0)
            return result;
        if (inserted == 0)
            return err_set(err, ERR_DATA, N_("the customer code %s is already taken: choose another one"), ERR_STR(code));
    }
    *ret_id = id;
    return OK;
}

int customer_create_counter(struct db *db, int64_t company_id, struct err *err)
{
    const struct sale_customer data = {.company_name = STR("Client comptoir")};
    int64_t id, inserted;
    int code = db_reserve_ids(db, company_id, "customer", 1, &id, err);

    if (code < 0)
        return code;
    return customer_insert(db, company_id, id, STR("COMPTOIR"), true, &data, &inserted, err);
}

static const char sql_customer_update[] =
    "UPDATE customer SET company_name = $3, last_name = $4, first_name = $5, email = $6, phone = $7, address = $8, postcode = $9, town = $10, country = $11, vat_number = $12, siren = $13"
    " WHERE company_id = $1 AND customer_id = $2";

int customer_update(struct db *db, int64_t company_id, int64_t customer_id, const struct sale_customer *data, struct err *err)
{
    char digits[SIREN_DIGITS];
    struct str siren = STR_NULL;
    int64_t touched = 0;
    int code = siren_of(data, digits, &siren, err);

    if (code < 0)
        return code;
    code = db_exec_count(db, sql_customer_update, &touched, err, DB_INT(company_id), DB_INT(customer_id), DB_STR(cleaned(data->company_name)), DB_STR(cleaned(data->last_name)),
                         DB_STR(cleaned(data->first_name)), DB_STR(cleaned(data->email)), DB_STR(cleaned(data->phone)), DB_STR(cleaned(data->address)),
                         DB_STR(cleaned(data->postcode)), DB_STR(cleaned(data->town)), DB_STR(cleaned(data->country)), DB_STR(cleaned(data->vat_number)), DB_STR(siren));

    if (code == OK && touched == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no customer with the number %s: liaison customer list shows them"), ERR_INT(customer_id));
    return code;
}

static const char sql_customer_get[] =
    "SELECT code, company_name, last_name, first_name, email, phone, address, postcode, town, country, vat_number, siren FROM customer WHERE company_id = $1 AND customer_id = $2";

int customer_get(struct db *db, int64_t company_id, int64_t customer_id, struct arena *arena, struct sale_customer *ret, struct err *err)
{
    struct sale_customer customer = {0};
    struct str *const fields[] = {&customer.code, &customer.company_name, &customer.last_name, &customer.first_name, &customer.email, &customer.phone,
                                  &customer.address, &customer.postcode, &customer.town, &customer.country, &customer.vat_number, &customer.siren};
    bool failed = false;
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, sql_customer_get, err, DB_INT(company_id), DB_INT(customer_id));

    if (code == OK)
        code = db_next(&rows, err);
    if (code <= 0)
        return code;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i] = books_row_text(&rows, (int)i, arena, &failed);
    if (failed)
        return err_memory(err);
    *ret = customer;
    return 1;
}
