/* register.c: the register of till sales: one row for each ever seen, that says where it is now. Receiving journals the bytes first; what was
 * seen before and has not changed costs one look-up. */
#include "grid/grid_int.h"

int register_find(struct db *db, int64_t company_id, int64_t link_id, struct arena *arena, struct str till_sale_id, struct registered *ret, struct err *err)
{
    static const char SELECT_SALE[] =
        "SELECT state, document_id, journal_seq, previous_seq FROM sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_SALE, err, DB_INT(company_id), DB_INT(link_id), DB_STR(till_sale_id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 0)
        return rc;
    *ret = (struct registered){0};
    if (rc == 0)
        return OK;
    *ret = (struct registered){.found = true, .state = arena_copy(arena, db_text(&rows, 0)), .document_id = db_int(&rows, 1), .journal_seq = db_int(&rows, 2),
                               .previous_seq = db_int(&rows, 3)};
    return ret->state.p ? OK : err_memory(err);
}

int register_move(struct db *db, int64_t company_id, int64_t link_id, struct str till_sale_id, const char *state, const char *reason, int64_t document_id,
                  struct err *err)
{
    /* While a correction stands in the grid, the record that its document was made from stays known: a further change is compared with that one. */
    static const char UPDATE_SALE[] =
        "UPDATE sale SET state = $4, reason = $5, document_id = $6, previous_seq = CASE WHEN $4 = 'staged' THEN previous_seq END"
        " WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    return db_exec(db, UPDATE_SALE, err, DB_INT(company_id), DB_INT(link_id), DB_STR(till_sale_id), DB_STR(str_from(state)), DB_STR(str_from(reason)),
                   document_id ? DB_INT(document_id) : DB_NIL);
}

/* Compares with what is known of that identity. */
static int seen_before(struct db *db, int64_t company_id, int64_t link_id, const struct grid_record *record, enum grid_seen *ret, struct err *err)
{
    static const char SELECT_FINGERPRINT[] = "SELECT fingerprint FROM sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_FINGERPRINT, err, DB_INT(company_id), DB_INT(link_id), DB_STR(record->id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 0)
        return rc;
    struct str own = {(const char *)record->fingerprint, SHA256_SIZE};
    *ret = rc == 0 ? GRID_NEW : str_equal(db_bytes(&rows, 0), own) ? GRID_UNCHANGED : GRID_CHANGED;
    return OK;
}

static int register_received(struct db *db, int64_t company_id, int64_t link_id, int64_t run_id, const struct grid_record *record, int64_t seq, struct err *err)
{
    static const char UPSERT_SALE[] =
        "INSERT INTO sale (company_id, link_id, till_sale_id, state, fingerprint, journal_seq, run_id) VALUES ($1, $2, $3, 'received', $4, $5, $6)"
        " ON CONFLICT (company_id, link_id, till_sale_id) DO UPDATE SET state = 'received', fingerprint = excluded.fingerprint,"
        " previous_seq = COALESCE(sale.previous_seq, sale.journal_seq), journal_seq = excluded.journal_seq, run_id = excluded.run_id";
    struct str fingerprint = {(const char *)record->fingerprint, SHA256_SIZE};
    return db_exec(db, UPSERT_SALE, err, DB_INT(company_id), DB_INT(link_id), DB_STR(record->id), DB_BLOB(fingerprint), DB_INT(seq), DB_INT(run_id));
}

int grid_receive(struct db *db, int64_t company_id, int64_t link_id, int64_t run_id, int64_t now_utc, const struct grid_record *records, size_t count,
                 enum grid_seen *ret_seen, struct err *err)
{
    ARENA_AUTO arena = {0};
    struct journal_entry *entries = arena_array(&arena, count + 1, sizeof *entries);
    size_t *places = arena_array(&arena, count + 1, sizeof *places);
    if (!entries || !places)
        return err_memory(err);
    size_t fresh = 0;
    int rc = OK;
    for (size_t i = 0; rc == OK && i < count; i++) {
        rc = seen_before(db, company_id, link_id, &records[i], &ret_seen[i], err);
        for (size_t j = 0; rc == OK && ret_seen[i] != GRID_UNCHANGED && j < fresh; j++)
            if (str_equal(records[places[j]].id, records[i].id))
                ret_seen[i] = GRID_UNCHANGED;  /* the page names it twice: a page that moved */
        if (rc != OK || ret_seen[i] == GRID_UNCHANGED)
            continue;
        entries[fresh] = (struct journal_entry){.kind = "sale", .link_id = link_id, .subject = records[i].id, .at_utc = now_utc, .run_id = run_id,
                                                .body = records[i].body, .has_body = true};
        places[fresh++] = i;
    }
    int64_t seq = 0;
    if (rc == OK && fresh)
        rc = journal_append(db, company_id, entries, fresh, &seq, err);
    for (size_t j = 0; rc == OK && j < fresh; j++)
        rc = register_received(db, company_id, link_id, run_id, &records[places[j]], seq + (int64_t)j, err);
    return rc;
}

int grid_receive_purged(struct db *db, int64_t company_id, int64_t link_id, int32_t from_day, struct err *err)
{
    static const char UPDATE_PURGED[] =
        "UPDATE sale SET state = 'received' WHERE company_id = $1 AND link_id = $2 AND state = 'skipped' AND reason = 'purged' AND (day IS NULL OR day >= $3)";
    return db_exec(db, UPDATE_PURGED, err, DB_INT(company_id), DB_INT(link_id), DB_INT(from_day));
}

/* ---- ticket numbers ---- */

struct number_walk {
    struct db *db;
    int64_t company_id, link_id;
    int64_t previous;          /* -1: none yet */
    int64_t repeats_of_previous;
    int64_t holes, repeats;
};

static int report_number(struct number_walk *walk, enum anomaly_code code, struct str subject, struct str count, struct err *err)
{
    struct anomaly anomaly = {.code = code, .cause_key = subject, .args = {subject, count}, .arg_count = anomaly_catalogue[code].arg_count};
    return anomaly_set(walk->db, walk->company_id, walk->link_id, "number", subject, &anomaly, 1, err);
}

static int report_hole(struct number_walk *walk, int64_t first, int64_t last, struct err *err)
{
    char text[64];
    if (first == last)
        snprintf(text, sizeof text, "%lld", (long long)first);
    else
        snprintf(text, sizeof text, "%lld-%lld", (long long)first, (long long)last);
    walk->holes += last - first + 1;
    return report_number(walk, ANOMALY_HOLE_IN_NUMBERS, str_from(text), STR_NULL, err);
}

static int report_repeat(struct number_walk *walk, struct err *err)
{
    if (walk->repeats_of_previous < 2)
        return OK;
    char number[32], count[32];
    snprintf(number, sizeof number, "%lld", (long long)walk->previous);
    snprintf(count, sizeof count, "%lld", (long long)walk->repeats_of_previous);
    walk->repeats++;
    return report_number(walk, ANOMALY_REPEAT_IN_NUMBERS, str_from(number), str_from(count), err);
}

static int walk_number(struct number_walk *walk, int64_t number, struct err *err)
{
    if (number == walk->previous) {
        walk->repeats_of_previous++;
        return OK;
    }
    int rc = report_repeat(walk, err);
    if (rc == OK && walk->previous >= 0 && number > walk->previous + 1 && number - walk->previous <= GRID_HOLE_MAX)
        rc = report_hole(walk, walk->previous + 1, number - 1, err);
    walk->previous = number;
    walk->repeats_of_previous = 1;
    return rc;
}

int grid_check_numbers(struct db *db, int64_t company_id, int64_t link_id, int32_t from_day, int64_t *ret_holes, int64_t *ret_repeats, struct err *err)
{
    static const char DELETE_NUMBERS[] = "DELETE FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'number'";
    /* Decimal numbers in their own order: by length, then by digits. */
    static const char SELECT_NUMBERS[] =
        "SELECT number FROM sale WHERE company_id = $1 AND link_id = $2 AND number IS NOT NULL AND (day IS NULL OR day >= $3)"
        " ORDER BY LENGTH(number), number";
    struct number_walk walk = {.db = db, .company_id = company_id, .link_id = link_id, .previous = -1};
    int rc = db_exec(db, DELETE_NUMBERS, err, DB_INT(company_id), DB_INT(link_id));
    DB_ROWS_AUTO rows = {0};
    if (rc == OK)
        rc = db_query(db, &rows, SELECT_NUMBERS, err, DB_INT(company_id), DB_INT(link_id), DB_INT(from_day));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        int64_t number = 0;
        rc = str_parse_u63(db_text(&rows, 0), &number) ? walk_number(&walk, number, err) : OK;
    }
    if (rc == OK)
        rc = report_repeat(&walk, err);
    if (rc != OK)
        return rc;
    *ret_holes = walk.holes;
    *ret_repeats = walk.repeats;
    return OK;
}
