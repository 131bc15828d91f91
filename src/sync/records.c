/* records.c: what became of every record of a run, read back from its pages: for a person who looks one up, and for who pages through a million of them.
 * Used by server and cli through sync/sync.h. */
#include "sync/sync_int.h"

struct reading {
    struct db *db;
    int64_t company_id, link_id;
    const struct run_records_query *query;
    run_record_fn *on_record;
    void *context;
    struct arena arena;            /* of one record */
    int64_t told;
    struct run_cursor at;
};

/* ---- what a record is in the books ---- */

static int read_subject(struct reading *reading, struct db_rows *rows, struct run_subject *ret, struct err *err)
{
    int rc = db_next(rows, err);
    if (rc != 1)
        return rc;
    struct str *const texts[] = {&ret->kind, &ret->key, &ret->label};
    for (int i = 0; i < 3; i++) {
        *texts[i] = arena_copy(&reading->arena, db_text(rows, i));
        if (!texts[i]->p)
            return err_memory(err);
    }
    return OK;
}

/* Of the article that the till's article, or one of its declinations, is bound to. */
static int find_till_article(struct reading *reading, struct str id, struct run_subject *ret, struct err *err)
{
    static const char SELECT_ARTICLE[] =
        "SELECT 'article', a.code, a.label FROM till_article t JOIN article a ON a.company_id = t.company_id AND a.article_id = t.article_id"
        " WHERE t.company_id = $1 AND t.link_id = $2 AND t.till_article_id = $3 AND t.declination_id = $4";
    struct str article, declination;
    DB_ROWS_AUTO rows = {0};
    if (!str_cut(id, '/', &article, &declination))
        declination = STR("");
    int rc = db_query(reading->db, &rows, SELECT_ARTICLE, err, DB_INT(reading->company_id), DB_INT(reading->link_id), DB_STR(article), DB_STR(declination));
    return rc == OK ? read_subject(reading, &rows, ret, err) : rc;
}

static int find_article(struct reading *reading, struct str code, struct run_subject *ret, struct err *err)
{
    static const char SELECT_ARTICLE[] = "SELECT 'article', code, label FROM article WHERE company_id = $1 AND code = $2";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(reading->db, &rows, SELECT_ARTICLE, err, DB_INT(reading->company_id), DB_STR(code));
    return rc == OK ? read_subject(reading, &rows, ret, err) : rc;
}

/* The document of the sale, its row of the grid, or its number alone. */
static int find_sale(struct reading *reading, struct str id, struct run_subject *ret, struct err *err)
{
    static const char SELECT_SALE[] =
        "SELECT CASE WHEN g.grid_sale_id IS NOT NULL THEN 'grid_sale' ELSE COALESCE(d.kind, 'ticket') END,"
        " COALESCE(CAST(g.grid_sale_id AS TEXT), d.number, s.number, ''), COALESCE(s.number, '')"
        " FROM sale s LEFT JOIN document d ON d.company_id = s.company_id AND d.document_id = s.document_id"
        " LEFT JOIN grid_sale g ON g.company_id = s.company_id AND g.link_id = s.link_id AND g.till_sale_id = s.till_sale_id"
        " WHERE s.company_id = $1 AND s.link_id = $2 AND s.till_sale_id = $3";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(reading->db, &rows, SELECT_SALE, err, DB_INT(reading->company_id), DB_INT(reading->link_id), DB_STR(id));
    return rc == OK ? read_subject(reading, &rows, ret, err) : rc;
}

typedef int find_fn(struct reading *reading, struct str id, struct run_subject *ret, struct err *err);
static find_fn *const FINDERS[FLOW_COUNT] = {[FLOW_ARTICLES_IN] = find_till_article, [FLOW_ARTICLES_OUT] = find_article, [FLOW_ORDERS] = find_sale};

/* ---- the lines of a run ---- */

/* `outcome id detail`. */
static struct run_record record_of(enum sync_flow flow, struct str line)
{
    struct run_record record = {.flow = flow};
    struct str rest;
    (void)str_cut(line, ' ', &record.outcome, &rest);
    if (str_cut(rest, ' ', &record.id, &rest))
        record.detail = rest;
    return record;
}

/* The lines of one page from an offset on: 1 when the limit is reached. */
static int read_page(struct reading *reading, struct str outcomes, struct err *err)
{
    const struct run_records_query *query = reading->query;
    struct str line, rest = outcomes;
    if (reading->at.offset < 0 || (size_t)reading->at.offset > outcomes.n)
        return OK;
    rest = (struct str){outcomes.p + reading->at.offset, outcomes.n - (size_t)reading->at.offset};
    while (rest.n > 0) {
        (void)str_cut(rest, '\n', &line, &rest);
        struct run_record record = record_of((enum sync_flow)reading->at.flow, line);
        if (line.n && (!query->outcome.p || str_equal(record.outcome, query->outcome))) {
            if (query->limit && reading->told == query->limit)
                return 1;
            arena_reset(&reading->arena);
            int rc = query->subjects ? FINDERS[record.flow](reading, record.id, &record.subject, err) : OK;
            if (rc == OK)
                rc = reading->on_record(reading->context, &record, err);
            if (rc != OK)
                return rc;
            reading->told++;
        }
        reading->at.offset = rest.n ? rest.p - outcomes.p : (int64_t)outcomes.n;
    }
    return OK;
}

/* The pages of the flow that the cursor is in: 1 when the limit is reached. */
static int read_flow(struct reading *reading, struct err *err)
{
    static const char SELECT_PAGE[] =
        "SELECT page_no, outcomes FROM run_page WHERE company_id = $1 AND run_id = $2 AND flow = $3 AND page_no >= $4 ORDER BY page_no LIMIT 1";
    for (;;) {
        DB_ROWS_AUTO rows = {0};
        int rc = db_query(reading->db, &rows, SELECT_PAGE, err, DB_INT(reading->company_id), DB_INT(reading->query->run_id), DB_STR(str_from(sync_flow_names[reading->at.flow])),
                          DB_INT(reading->at.page_no));
        if (rc == OK)
            rc = db_next(&rows, err);
        if (rc != 1)
            return rc;
        if (db_int(&rows, 0) != reading->at.page_no)
            reading->at = (struct run_cursor){.flow = reading->at.flow, .page_no = db_int(&rows, 0)};
        rc = read_page(reading, db_text(&rows, 1), err);
        if (rc != OK)
            return rc;
        reading->at = (struct run_cursor){.flow = reading->at.flow, .page_no = reading->at.page_no + 1};
    }
}

int run_records_each(struct db *db, int64_t company_id, const struct run_records_query *query, run_record_fn *on_record, void *context, struct run_cursor *ret_next, struct err *err)
{
    static const char SELECT_LINK[] = "SELECT link_id FROM run WHERE company_id = $1 AND run_id = $2";
    struct reading reading = {.db = db, .company_id = company_id, .query = query, .on_record = on_record, .context = context, .at = query->from};
    int rc = db_query_int(db, &reading.link_id, SELECT_LINK, err, DB_INT(company_id), DB_INT(query->run_id));
    if (rc != 1)
        return rc;
    rc = OK;
    if (query->has_flow && reading.at.flow < (int64_t)query->flow)
        reading.at = (struct run_cursor){.flow = (int64_t)query->flow};
    const int64_t last = query->has_flow ? (int64_t)query->flow : FLOW_COUNT - 1;
    while (rc == OK && reading.at.flow >= 0 && reading.at.flow <= last) {
        rc = read_flow(&reading, err);
        if (rc == OK)
            reading.at = (struct run_cursor){.flow = reading.at.flow + 1};
    }
    arena_release(&reading.arena);
    if (rc == 1)
        *ret_next = reading.at;
    return rc;
}

void run_record_put_json(struct json_out *json, const struct run_record *record)
{
    json_begin_object(json);
    json_member_str(json, "flow", str_from(sync_flow_names[record->flow]));
    json_member_str(json, "outcome", record->outcome);
    json_member_str(json, "id", record->id);
    json_member_str(json, "detail", record->detail);
    json_key(json, "subject");
    if (record->subject.kind.p) {
        json_begin_object(json);
        json_member_str(json, "kind", record->subject.kind);
        json_member_str(json, "key", record->subject.key);
        json_member_str(json, "label", record->subject.label);
        json_end_object(json);
    } else
        json_put_null(json);
    json_end_object(json);
}

void run_cursor_append(struct buf *out, const struct run_cursor *cursor)
{
    buf_printf(out, "%lld.%lld.%lld", (long long)cursor->flow, (long long)cursor->page_no, (long long)cursor->offset);
}

bool run_cursor_parse(struct str text, struct run_cursor *ret)
{
    struct str flow, page_no, offset;
    struct run_cursor cursor;
    if (!str_cut(text, '.', &flow, &text) || !str_cut(text, '.', &page_no, &offset) || !str_parse_u63(flow, &cursor.flow) || !str_parse_u63(page_no, &cursor.page_no) ||
        !str_parse_u63(offset, &cursor.offset) || cursor.flow >= FLOW_COUNT)
        return false;
    *ret = cursor;
    return true;
}
