/* settings.c: what a company says of itself on its invoices, and how they are numbered. Public interface in books.h. */
#include "base/money.h"
#include "books/books_int.h"

/* ---- details ---- */

/* What the invoices are for: a till sells goods unless the company says otherwise. */
static const char *const operations[] = {"goods", "services", "both", NULL};
const struct company_detail_kind company_detail_kinds[COMPANY_DETAILS] = {
    {.name = "legal_form"}, {.name = "capital_cents", .type = DETAIL_CENTS}, {.name = "address"}, {.name = "postcode"}, {.name = "town"}, {.name = "country"}, {.name = "vat_number"},
    {.name = "rcs"}, {.name = "phone"}, {.name = "email"}, {.name = "iban"}, {.name = "payment_terms"}, {.name = "penalty_text"},
    {.name = "operations", .type = DETAIL_WORD, .words = operations}, {.name = "vat_on_debits", .type = DETAIL_TRUTH},
};

static int detail_by_name(struct str name)
{
    for (int i = 0; i < COMPANY_DETAILS; i++)
        if (str_equal(name, str_from(company_detail_kinds[i].name)))
            return i;
    return -1;
}

static bool detail_takes(const struct company_detail_kind *kind, struct str value)
{
    int64_t cents = 0;
    bool known = false;

    for (size_t i = 0; kind->type == DETAIL_WORD && kind->words[i]; i++)
        known = known || str_equal(value, str_from(kind->words[i]));
    switch (kind->type) {
    case DETAIL_TEXT: return true;
    case DETAIL_CENTS: return str_parse_u63(value, &cents) && cents <= MONEY_MAX;
    case DETAIL_WORD: return known;
    case DETAIL_TRUTH: return str_equal(value, STR("1"));
    }
    return false;
}

static const char sql_detail_remove[] = "DELETE FROM company_detail WHERE company_id = $1 AND name = $2";
static const char sql_detail_set[] =
    "INSERT INTO company_detail (company_id, name, value) VALUES ($1, $2, $3) ON CONFLICT (company_id, name) DO UPDATE SET value = excluded.value";
static const char sql_details[] = "SELECT name, value FROM company_detail WHERE company_id = $1";

int company_set_detail(struct db *db, int64_t company_id, struct str name, struct str value, struct err *err)
{
    int place = detail_by_name(name);

    value = str_trim(value);
    if (place < 0)
        return err_set(err, ERR_USAGE, N_("a company has no detail called %s"), ERR_STR(name));
    if (value.n && !detail_takes(&company_detail_kinds[place], value))
        return err_set(err, ERR_USAGE, N_("“%s” is no value for the company’s detail %s"), ERR_STR(value), ERR_STR(name));
    if (value.n == 0)
        return db_exec(db, sql_detail_remove, err, DB_INT(company_id), DB_STR(name));
    return db_exec(db, sql_detail_set, err, DB_INT(company_id), DB_STR(name), DB_STR(value));
}

int company_details(struct db *db, int64_t company_id, struct arena *arena, struct str ret[COMPANY_DETAILS], struct err *err)
{
    bool failed = false;
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, sql_details, err, DB_INT(company_id));

    for (int i = 0; i < COMPANY_DETAILS; i++)
        ret[i] = company_detail_kinds[i].type == DETAIL_WORD ? str_from(company_detail_kinds[i].words[0]) : STR_NULL;
    while (code >= 0 && (code = db_next(&rows, err)) > 0) {
        int place = detail_by_name(db_text(&rows, 0));
        if (place >= 0)
            ret[place] = books_row_text(&rows, 1, arena, &failed);
    }
    return failed ? err_memory(err) : code;
}

struct str company_detail(const struct str details[COMPANY_DETAILS], const char *name)
{
    int place = detail_by_name(str_from(name));

    return place < 0 ? STR_NULL : details[place];
}

/* ---- numbering ---- */

enum { PREFIX_MAX = 12, DIGITS_MAX = 12 };
static const char sql_sequence[] = "SELECT prefix, digits, next_number, first_number FROM number_sequence WHERE company_id = $1 AND kind = $2";
static const char sql_sequence_set[] = "UPDATE number_sequence SET prefix = $3, digits = $4, next_number = $5, first_number = $5 WHERE company_id = $1 AND kind = $2";
/* By the bytes of the prefix: a number that merely begins alike, such as FA2-1 for FA, counts too. */
static const char sql_prefix_used[] = "SELECT COUNT(*) FROM document WHERE company_id = $1 AND kind = $2 AND number >= $3 AND SUBSTR(number, 1, LENGTH($3)) = $3";

static int sequence_read(struct db *db, int64_t company_id, enum document_kind kind, struct arena *arena, struct sequence *ret, int64_t *ret_first, struct err *err)
{
    bool failed = false;
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, sql_sequence, err, DB_INT(company_id), DB_STR(str_from(document_kind_names[kind])));

    if (code == OK)
        code = db_next(&rows, err);
    if (code == 0)
        return err_set(err, ERR_DATA, N_("the company has no number sequence for documents of kind %s: run `liaison db check`"), document_kind_names[kind]);
    if (code < 0)
        return code;
    *ret = (struct sequence){.prefix = books_row_text(&rows, 0, arena, &failed), .digits = db_int(&rows, 1), .next_number = db_int(&rows, 2)};
    *ret_first = db_int(&rows, 3);
    return failed ? err_memory(err) : OK;
}

int sequence_get(struct db *db, int64_t company_id, enum document_kind kind, struct arena *arena, struct sequence *ret, struct err *err)
{
    int64_t first_number;

    return sequence_read(db, company_id, kind, arena, ret, &first_number, err);
}

static bool prefix_is_plain(struct str prefix)
{
    for (size_t i = 0; i < prefix.n; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/.", prefix.p[i]) || !prefix.p[i])
            return false;
    return prefix.n <= PREFIX_MAX;
}

int sequence_set(struct db *db, int64_t company_id, enum document_kind kind, const struct sequence *sequence, struct err *err)
{
    ARENA_AUTO arena = {0};
    struct sequence before;
    int64_t first_number, used = 0;
    struct str kind_name = str_from(document_kind_names[kind]);
    int code = sequence_read(db, company_id, kind, &arena, &before, &first_number, err);

    if (code < 0)
        return code;
    bool same_prefix = str_equal(sequence->prefix, before.prefix);
    if (same_prefix && sequence->digits == before.digits && sequence->next_number == before.next_number)
        return OK;
    if (!prefix_is_plain(sequence->prefix) || sequence->digits < 1 || sequence->digits > DIGITS_MAX || sequence->next_number < 1 || sequence->next_number > MONEY_MAX)
        return err_set(err, ERR_DATA, N_("a number begins with at most %s letters, digits, - _ / or ., followed by 1 to %s digits"), ERR_INT(PREFIX_MAX), ERR_INT(DIGITS_MAX));
    if (same_prefix && before.next_number > first_number)
        return err_set(err, ERR_DATA, N_("numbers were given in the series %s already, and a series has no hole: begin another one with another prefix"), ERR_STR(before.prefix));
    code = db_query_int(db, &used, sql_prefix_used, err, DB_INT(company_id), DB_STR(kind_name), DB_STR(sequence->prefix));
    if (code >= 0 && used > 0 && sequence->prefix.n)
        return err_set(err, ERR_DATA, N_("%s documents have a number that begins with %s: choose another prefix"), ERR_INT(used), ERR_STR(sequence->prefix));
    return code < 0 ? code : db_exec(db, sql_sequence_set, err, DB_INT(company_id), DB_STR(kind_name), DB_STR(sequence->prefix), DB_INT(sequence->digits),
                                     DB_INT(sequence->next_number));
}
