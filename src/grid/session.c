/* session.c: what staging and validation look up again and again, read once: VAT codes, means, the counter customer; and small texts. */
#include "grid/grid_int.h"

const struct grid_rules grid_default_rules = {
    .link_id = 0, .orders = false, .numbers = NUMBERS_KEEP, .unknown_article = UNKNOWN_REFUSE, .unknown_customer = UNKNOWN_CREATE, .refuse_negative_stock = false};

/* The mapped code of a rate comes first, then the others in the order of their ids. */
static int load_taxes(struct grid_session *session, struct err *err)
{
    static const char SELECT_TAXES[] =
        "SELECT t.tax_id, t.code, t.label, t.rate_bp FROM tax t LEFT JOIN tax_mapping m"
        " ON m.company_id = t.company_id AND m.link_id = $2 AND m.rate_bp = t.rate_bp AND m.tax_id = t.tax_id"
        " WHERE t.company_id = $1 ORDER BY CASE WHEN m.tax_id IS NULL THEN 1 ELSE 0 END, t.tax_id";
    enum { TAXES_MAX = 200 };
    struct tax *taxes = NULL;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(session->db, &rows, SELECT_TAXES, err, DB_INT(session->company->id), DB_INT(session->rules.link_id));
    size_t count = 0;
    while (rc == OK && (rc = db_next(&rows, err)) == 1 && count < TAXES_MAX) {
        taxes = array_grown(&session->arena, taxes, count, sizeof *taxes);
        if (!taxes)
            return err_memory(err);
        taxes[count] = (struct tax){.id = db_int(&rows, 0), .code = arena_copy(&session->arena, db_text(&rows, 1)),
                                    .label = arena_copy(&session->arena, db_text(&rows, 2)), .rate_bp = db_int(&rows, 3)};
        if (!taxes[count].code.p || !taxes[count].label.p)
            return err_memory(err);
        count++;
        rc = OK;
    }
    session->taxes = taxes;
    session->tax_count = count;
    return rc < 0 ? rc : OK;
}

/* A person's mapping of a till type wins over the means whose code is that type. */
static int load_means(struct grid_session *session, struct err *err)
{
    static const char SELECT_MEANS[] =
        "SELECT till_type, means_id FROM means_mapping WHERE company_id = $1 AND link_id = $2"
        " UNION ALL SELECT code, means_id FROM means WHERE company_id = $1"
        " AND NOT EXISTS (SELECT 1 FROM means_mapping WHERE company_id = $1 AND link_id = $2 AND till_type = means.code)";
    enum { MEANS_MAX = 500 };
    struct means_of_type *means = NULL;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(session->db, &rows, SELECT_MEANS, err, DB_INT(session->company->id), DB_INT(session->rules.link_id));
    size_t count = 0;
    while (rc == OK && (rc = db_next(&rows, err)) == 1 && count < MEANS_MAX) {
        means = array_grown(&session->arena, means, count, sizeof *means);
        if (!means)
            return err_memory(err);
        means[count] = (struct means_of_type){.till_type = arena_copy(&session->arena, db_text(&rows, 0)), .means_id = db_int(&rows, 1)};
        if (!means[count].till_type.p)
            return err_memory(err);
        count++;
        rc = OK;
    }
    session->means = means;
    session->means_count = count;
    return rc < 0 ? rc : OK;
}

int grid_session_new(struct grid_session **ret, struct db *db, const struct company *company, const struct grid_rules *rules, int64_t now_utc, int64_t run_id,
                     struct err *err)
{
    struct grid_session *session = mem_alloc_zero(1, sizeof *session);
    if (!session)
        return err_memory(err);
    session->db = db;
    session->company = company;
    session->rules = *rules;
    session->now_utc = now_utc;
    session->run_id = run_id;
    session->today = zone_business_day(company->zone, now_utc, company->cutoff_minutes);
    struct posting_options options = {.refuse_negative_stock = rules->refuse_negative_stock, .validate = true, .now_utc = now_utc, .run_id = run_id};
    int rc = load_taxes(session, err);
    if (rc == OK)
        rc = load_means(session, err);
    if (rc == OK)
        rc = customer_counter(db, company->id, &session->counter_customer, err);
    if (rc == OK)
        rc = article_cache_new(&session->articles, err);
    if (rc == OK)
        rc = posting_session_new(&session->posting, db, company->id, &options, err);
    if (rc != OK) {
        grid_session_free(session);
        return rc;
    }
    *ret = session;
    return OK;
}

void grid_session_free(struct grid_session *session)
{
    if (!session)
        return;
    posting_session_free(session->posting);
    article_cache_free(session->articles);
    arena_release(&session->arena);
    mem_free(session);
}

void session_forget(struct grid_session *session)
{
    article_cache_clear(session->articles);
    posting_session_reset(session->posting);
}

const struct tax *session_tax(const struct grid_session *session, int64_t rate_bp)
{
    for (size_t i = 0; i < session->tax_count; i++)
        if (session->taxes[i].rate_bp == rate_bp)
            return &session->taxes[i];
    return NULL;
}

int64_t session_means(const struct grid_session *session, struct str till_type)
{
    for (size_t i = 0; i < session->means_count; i++)
        if (str_equal(session->means[i].till_type, till_type))
            return session->means[i].means_id;
    return 0;
}

static struct str grid_text_of_decimal(struct arena *arena, int64_t value, int places, int min_decimals)
{
    BUF_AUTO buf = {0};
    decimal_append(&buf, value, places, min_decimals);
    struct str text = arena_copy(arena, buf_str(&buf));
    return text.p ? text : STR("?");
}

struct str grid_text_of_cents(struct arena *arena, int64_t cents)
{
    return grid_text_of_decimal(arena, cents, 2, 2);
}

struct str grid_text_of_rate(struct arena *arena, int64_t rate_bp)
{
    return grid_text_of_decimal(arena, rate_bp, 2, 0);
}

struct str grid_text_of_day(struct arena *arena, int32_t day)
{
    BUF_AUTO buf = {0};
    civil_append_day(&buf, day);
    struct str text = arena_copy(arena, buf_str(&buf));
    return text.p ? text : STR("?");
}
