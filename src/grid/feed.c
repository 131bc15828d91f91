/* feed.c: sales that a program hands over through the API, by the rules of files: all or nothing, known by their identity, journalled as rows of our own format, so
 * that what is told again later is compared with them. Used by server through grid/grid.h. */
#include "grid/file_int.h"

const char *const grid_fed_names[] = {[GRID_FED_STAGED] = "staged", [GRID_FED_REPLACED] = "replaced", [GRID_FED_ALREADY] = "already", [GRID_FED_DOCUMENT] = "document"};

struct feeding {
    struct importing import;
    const struct grid_feed_sale *sales;
    size_t count, at;              /* at: the sale at hand */
    struct arena *arena;
    struct grid_feed_result *results;
};

/* What may be left out of a payment: it then has a name made of the sale's. */
static int name_payments(struct feeding *feeding, struct sale *sale, struct err *err)
{
    struct sale_payment *payments = arena_array(&feeding->import.arena, sale->payment_count + 1, sizeof *payments);
    if (!payments)
        return err_memory(err);
    for (size_t i = 0; i < sale->payment_count; i++) {
        payments[i] = sale->payments[i];
        if (payments[i].id.n)
            continue;
        payments[i].id = arena_format(&feeding->import.arena, "%.*s#%zu", STR_ARG(sale->id), i + 1);
        if (!payments[i].id.p)
            return err_memory(err);
    }
    sale->payments = payments;
    return OK;
}

/* 1 = what was received last of that sale is exactly this. */
static int is_received(const struct feeding *feeding, const struct grid_session *session, struct str till_sale_id, struct err *err)
{
    static const char SELECT_FINGERPRINT[] = "SELECT 1 FROM sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3 AND fingerprint = $4";
    unsigned char fingerprint[SHA256_SIZE];
    int64_t one;
    sha256(buf_str(&feeding->import.body), fingerprint);
    return db_query_int(session->db, &one, SELECT_FINGERPRINT, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_STR(till_sale_id),
                        DB_BLOB(((struct str){(const char *)fingerprint, sizeof fingerprint})));
}

static int grid_id(const struct grid_session *session, struct str till_sale_id, int64_t *ret, struct err *err)
{
    static const char SELECT_GRID_ID[] = "SELECT grid_sale_id FROM grid_sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    *ret = 0;
    int rc = db_query_int(session->db, ret, SELECT_GRID_ID, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_STR(till_sale_id));
    return rc < 0 ? rc : OK;
}

static int feed_document(struct feeding *feeding, const struct grid_session *session, struct str till_sale_id, struct str number, struct grid_feed_result *ret, struct err *err)
{
    int same = is_received(feeding, session, till_sale_id, err);
    if (same < 0)
        return same;
    if (!same)
        return err_set(err, ERR_DATA, N_("sale %s is document %s already, and had another content: correct that document by a credit note; nothing was taken"), ERR_STR(till_sale_id),
                       ERR_STR(number));
    *ret = (struct grid_feed_result){.outcome = GRID_FED_DOCUMENT, .document = arena_copy(feeding->arena, number)};
    return ret->document.p ? OK : err_memory(err);
}

static int feed_new(struct feeding *feeding, struct grid_session *session, const struct staged *staged, struct str link, struct grid_feed_result *ret, struct err *err)
{
    enum grid_seen seen = GRID_UNCHANGED;
    int64_t before = 0;
    bool already = false;
    int rc = grid_id(session, staged->sale.id, &before, err);
    if (rc == OK)
        rc = import_stands_in_grid(&feeding->import, session, staged->sale.id, link, &already, err);
    if (rc == OK && !already)
        rc = stage_from_file(session, staged, buf_str(&feeding->import.body), &seen, err);
    if (rc == OK)
        rc = grid_id(session, staged->sale.id, &ret->grid_sale_id, err);
    ret->outcome = already || seen == GRID_UNCHANGED ? GRID_FED_ALREADY : before ? GRID_FED_REPLACED : GRID_FED_STAGED;
    return rc;
}

static int feed_one(struct feeding *feeding, const struct grid_feed_sale *fed, struct grid_feed_result *ret, struct err *err)
{
    struct importing *import = &feeding->import;
    struct staged staged = {.sale = fed->sale, .has_day = fed->has_day, .day = fed->day};
    struct grid_session *session = NULL;
    struct str number = STR_NULL;
    *ret = (struct grid_feed_result){.outcome = GRID_FED_STAGED};
    arena_reset(&import->arena);
    int rc = name_payments(feeding, &staged.sale, err);
    if (rc == OK)
        rc = import_session_of(import, fed->link, (int64_t)feeding->at + 1, &session, err);
    if (rc != OK)
        return rc;
    buf_reset(&import->body);
    file_header_write(&import->body);
    file_sale_write(&import->body, &staged, fed->link);
    if (buf_failed(&import->body))
        return err_memory(err);
    rc = import_document_of(import, session, staged.sale.id, &number, err);
    if (rc != OK)
        return rc;
    return number.p ? feed_document(feeding, session, staged.sale.id, number, ret, err) : feed_new(feeding, session, &staged, fed->link, ret, err);
}

static int feed_body(struct db *db, void *context, struct err *err)
{
    struct feeding *feeding = context;
    int rc = OK;
    (void)db;
    session_forget(feeding->import.session);
    import_forget_links(&feeding->import);
    for (feeding->at = 0; rc == OK && feeding->at < feeding->count; feeding->at += rc == OK)
        rc = feed_one(feeding, &feeding->sales[feeding->at], &feeding->results[feeding->at], err);
    return rc;
}

int grid_feed(struct grid_session *session, const struct grid_feed_sale *sales, size_t count, struct arena *arena, struct grid_feed_result *ret, size_t *ret_bad, struct err *err)
{
    struct feeding feeding = {.import = {.session = session, .path = "sales"}, .sales = sales, .count = count, .arena = arena, .results = ret};
    int rc = db_transact(session->db, feed_body, &feeding, err);
    *ret_bad = rc == ERR_DATA ? feeding.at : count;
    if (rc != OK)
        session_forget(session);
    import_release(&feeding.import);
    return rc;
}
