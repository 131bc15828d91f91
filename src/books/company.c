/* company.c: companies: creation with everything a shop needs on its first day, opening, and the two settings that decide which day a sale belongs to and
 * which days are over. Public interface in books.h. */
#include "books/books_int.h"

/* What a new company starts with. The codes are the program's words, the labels are French because the back office is: a user may change both. */
static const struct {
    struct str code, label;
    int64_t rate_bp;
} default_taxes[] = {
    {STR("20"), STR("TVA 20 %"), 2000},
    {STR("10"), STR("TVA 10 %"), 1000},
    {STR("5.5"), STR("TVA 5,5 %"), 550},
    {STR("2.1"), STR("TVA 2,1 %"), 210},
    {STR("0"), STR("TVA 0 %"), 0},
};
static const struct {
    struct str code, label;
} default_means[] = {
    {STR("cash"), STR("Espèces")},
    {STR("card"), STR("Carte bancaire")},
    {STR("check"), STR("Chèque")},
    {STR("meal_voucher"), STR("Titre-restaurant")},
    {STR("transfer"), STR("Virement")},
    {STR("gift_card"), STR("Carte cadeau")},
    {STR("credit_note"), STR("Avoir")},
    {STR("customer_account"), STR("Compte client")},
};
static const struct {
    enum document_kind kind;
    struct str prefix;
} default_sequences[] = {
    {DOCUMENT_INVOICE, STR("FA")},
    {DOCUMENT_ORDER, STR("CO")},
    {DOCUMENT_CREDIT_NOTE, STR("AV")},
};
enum { SEQUENCE_DIGITS = 6 };
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

bool siren_parse(struct str s, char ret[SIREN_DIGITS])
{
    size_t count = 0;
    int sum = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ')
            continue;
        if (s.p[i] < '0' || s.p[i] > '9' || count == SIREN_DIGITS)
            return false;
        int digit = s.p[i] - '0';
        if (count % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
        ret[count++] = s.p[i];
    }
    return count == SIREN_DIGITS && sum % 10 == 0;
}

static const char sql_sequence_insert[] =
    "INSERT INTO number_sequence (company_id, kind, prefix, digits, next_number) VALUES ($1, $2, $3, $4, 1)";
static const char sql_journal_head_insert[] = "INSERT INTO journal_head (company_id, seq, chain) VALUES ($1, 0, $2)";

static int company_fill(struct db *db, int64_t id, struct err *err)
{
    static const char no_chain[SHA256_SIZE];
    int64_t ignored_id;
    int code;

    for (size_t i = 0; i < COUNT_OF(default_taxes); i++) {
        code = tax_create(db, id, default_taxes[i].code, default_taxes[i].label, default_taxes[i].rate_bp, &ignored_id, err);
        if (code < 0)
            return code;
    }
    for (size_t i = 0; i < COUNT_OF(default_means); i++) {
        code = means_create(db, id, default_means[i].code, default_means[i].label, &ignored_id, err);
        if (code < 0)
            return code;
    }
    for (size_t i = 0; i < COUNT_OF(default_sequences); i++) {
        code = db_exec(db, sql_sequence_insert, err, DB_INT(id), DB_STR(str_from(document_kind_names[default_sequences[i].kind])),
                       DB_STR(default_sequences[i].prefix), DB_INT(SEQUENCE_DIGITS));
        if (code < 0)
            return code;
    }
    code = customer_create_counter(db, id, err);
    if (code < 0)
        return code;
    return db_exec(db, sql_journal_head_insert, err, DB_INT(id), DB_BLOB(((struct str){no_chain, sizeof no_chain})));
}

static const char sql_company_insert[] =
    "INSERT INTO company (company_id, name, siren, timezone, created_utc) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

int company_create(struct db *db, struct str name, struct str siren, struct str timezone, int64_t now_utc, int64_t *ret_id, struct err *err)
{
    char siren_digits[SIREN_DIGITS];
    struct str siren_stored = STR_NULL;
    struct zone *zone = NULL;
    int64_t id, inserted;
    int code;

    name = str_trim(name);
    siren = str_trim(siren);
    timezone = str_trim(timezone);
    if (name.n == 0)
        return err_set(err, ERR_DATA, N_("a company needs a name: give one with --company"));
    if (siren.n > 0) {
        if (!siren_parse(siren, siren_digits))
            return err_set(err, ERR_DATA, N_("%s is not a SIREN number: it has nine digits, the last of which checks the others; correct it or leave it out"), ERR_STR(siren));
        siren_stored = (struct str){siren_digits, SIREN_DIGITS};
    }
    code = zone_load(&zone, timezone, err);
    if (code < 0)
        return code;
    zone_free(zone);

    code = db_reserve_ids(db, 0, "company", 1, &id, err);
    if (code < 0)
        return code;
    code = db_exec_count(db, sql_company_insert, &inserted, err, DB_INT(id), DB_STR(name), DB_STR(siren_stored), DB_STR(timezone), DB_INT(now_utc));
    if (code < 0)
        return code;
    if (inserted == 0)
        return err_set(err, ERR_DATA, N_("there is already a company named %s in this database: choose another name"), ERR_STR(name));
    code = company_fill(db, id, err);
    if (code < 0)
        return code;
    *ret_id = id;
    return OK;
}

static const char sql_company_names[] = "SELECT name FROM company ORDER BY name LIMIT 10";

/* Says why no company could be opened, with the names there are. */
static int company_refuse(struct db *db, struct str wanted, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    BUF_AUTO names = {0};
    int code = db_query_(db, &rows, sql_company_names, NULL, 0, err);

    if (code < 0)
        return code;
    while ((code = db_next(&rows, err)) > 0) {
        if (names.n > 0)
            buf_append_z(&names, ", ");
        buf_append(&names, db_text(&rows, 0));
    }
    if (code < 0)
        return code;
    if (buf_failed(&names))
        return err_memory(err);
    if (names.n == 0)
        return err_set(err, ERR_DATA, N_("this database holds no company yet: create one with liaison init --company NAME"));
    if (wanted.p)
        return err_set(err, ERR_DATA, N_("there is no company named %s in this database, which holds: %s"), ERR_STR(wanted), ERR_STR(buf_str(&names)));
    return err_set(err, ERR_DATA, N_("this database holds several companies (%s): choose one with --company"), ERR_STR(buf_str(&names)));
}

/* Two rows are enough to know that a name must be given. */
static const char sql_company_open[] =
    "SELECT company_id, name, siren, timezone, cutoff_minutes, closed_until FROM company WHERE CAST($1 AS TEXT) IS NULL OR name = $1 ORDER BY name LIMIT 2";

int company_open(struct db *db, struct arena *arena, struct str name, struct company *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct company company = {0};
    bool failed = false;
    int code;

    if (name.p)
        name = str_trim(name);
    code = db_query(db, &rows, sql_company_open, err, DB_STR(name));
    if (code < 0)
        return code;
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    if (code == 0)
        return company_refuse(db, name, err);
    company.id = db_int(&rows, 0);
    company.name = books_row_text(&rows, 1, arena, &failed);
    company.siren = books_row_text(&rows, 2, arena, &failed);
    company.timezone = books_row_text(&rows, 3, arena, &failed);
    company.cutoff_minutes = (int)db_int(&rows, 4);
    company.has_closed_until = !db_is_null(&rows, 5);
    company.closed_until = (int32_t)db_int(&rows, 5);
    if (failed)
        return err_memory(err);
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    if (code > 0)
        return company_refuse(db, name, err);
    code = zone_load(&company.zone, company.timezone, err);
    if (code < 0)
        return code;
    *ret = company;
    return OK;
}

void company_release(struct company *company)
{
    zone_free(company->zone);
    company->zone = NULL;
}

static int company_check_touched(int64_t company_id, int64_t touched, struct err *err)
{
    if (touched == 0)
        return err_set(err, ERR_NOT_FOUND, N_("this database holds no company with the number %s"), ERR_INT(company_id));
    return OK;
}

static const char sql_company_set_closed_until[] = "UPDATE company SET closed_until = $2 WHERE company_id = $1";

int company_set_closed_until(struct db *db, int64_t company_id, const int32_t *day, struct err *err)
{
    int64_t touched;
    int code = db_exec_count(db, sql_company_set_closed_until, &touched, err, DB_INT(company_id), day ? DB_INT(*day) : DB_NIL);

    return code < 0 ? code : company_check_touched(company_id, touched, err);
}

enum { CUTOFF_MINUTES_MAX = 24 * 60 - 1 };
static const char sql_company_set_cutoff[] = "UPDATE company SET cutoff_minutes = $2 WHERE company_id = $1";

int company_set_cutoff(struct db *db, int64_t company_id, int cutoff_minutes, struct err *err)
{
    int64_t touched;
    int code;

    if (cutoff_minutes < 0 || cutoff_minutes > CUTOFF_MINUTES_MAX)
        return err_set(err, ERR_DATA, N_("a day cannot end %s minutes after midnight: give a number from 0 to %s"), ERR_INT(cutoff_minutes), ERR_INT(CUTOFF_MINUTES_MAX));
    code = db_exec_count(db, sql_company_set_cutoff, &touched, err, DB_INT(company_id), DB_INT(cutoff_minutes));
    return code < 0 ? code : company_check_touched(company_id, touched, err);
}

static const char sql_company_set_identity[] =
    "UPDATE company SET name = COALESCE(CAST($2 AS TEXT), name), siren = CASE WHEN CAST($3 AS TEXT) IS NULL THEN siren ELSE NULLIF($3, '') END, timezone = COALESCE(CAST($4 AS TEXT), timezone)"
    " WHERE company_id = $1";
static const char sql_company_other[] = "SELECT company_id FROM company WHERE name = $2 AND company_id <> $1";

static int company_check_identity(struct db *db, int64_t company_id, struct str name, struct str timezone, struct err *err)
{
    struct zone *zone = NULL;
    int64_t other = 0;
    int code = OK;

    if (name.p && name.n == 0)
        return err_set(err, ERR_DATA, N_("a company needs a name"));
    if (name.p)
        code = db_query_int(db, &other, sql_company_other, err, DB_INT(company_id), DB_STR(name));
    if (code > 0)
        return err_set(err, ERR_DATA, N_("there is already a company named %s in this database: choose another name"), ERR_STR(name));
    if (code == 0 && timezone.p)
        code = zone_load(&zone, timezone, err);
    zone_free(zone);
    return code;
}

int company_set_identity(struct db *db, int64_t company_id, struct str name, struct str siren, struct str timezone, struct err *err)
{
    char digits[SIREN_DIGITS];
    int64_t touched = 0;

    name = str_trim(name);
    siren = str_trim(siren);
    timezone = str_trim(timezone);
    int code = company_check_identity(db, company_id, name, timezone, err);
    if (code < 0)
        return code;
    if (siren.n > 0) {
        if (!siren_parse(siren, digits))
            return err_set(err, ERR_DATA, N_("%s is not a SIREN number: it has nine digits, the last of which checks the others; correct it or leave it out"), ERR_STR(siren));
        siren = (struct str){digits, SIREN_DIGITS};
    }
    code = db_exec_count(db, sql_company_set_identity, &touched, err, DB_INT(company_id), DB_STR(name), DB_STR(siren), DB_STR(timezone));
    return code < 0 ? code : company_check_touched(company_id, touched, err);
}
