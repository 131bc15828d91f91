/* orders.c: the flow of the paid sales: read by closing time, then once more by last change; each page is received (journalled and registered) in the
 * transaction that moves the cursor, then staged in the grid. Private to sync. Killed anywhere, the next run goes on from what is stored; identity, never
 * time, decides what is new. */
#include "base/hash.h"
#include "base/money.h"
#include "sync/sync_int.h"

enum { STAGE_LIMIT = SYNC_SALES_PER_PAGE, NOTES_LIMIT = SYNC_SALES_PER_PAGE };
/* Clocks of a till's tablets and its server differ; a reading by last change begins this much earlier. */
#define CHANGE_OVERLAP CIVIL_HOUR
#define FIRST_INSTANT INT64_MIN

/* How far all is stored: one by closing time, one by last change. */
struct cursor {
    bool known;
    bool moves;                /* this run reads without a gap from it on */
    int64_t at_utc;
};

struct orders_flow {
    struct sync_run *run;
    struct sales_profile *profile;
    struct grid_session *grid; /* NULL until something is staged */
    int64_t floor_utc;         /* no sale closed before it counts */
    struct cursor closed, changed; /* as the run found them */
    bool by_change;            /* the reading that is going on */
    int64_t already_before;    /* `already` when it began */
    bool waits;                /* something was received that is not staged */
    size_t page_size;          /* of the till, as far as it is known */
    struct arena page;         /* of the page at hand */
};

/* A page on its way into the register. */
struct receiving {
    struct orders_flow *flow;
    const struct sales_page *page;
    struct grid_record *records;
    enum grid_seen *seen;
    bool *already;             /* unchanged, and not counted otherwise in this run */
    size_t count;
    bool writes;               /* something of it goes to the database */
};

/* ---- where to read ---- */

static int cursors_read(struct orders_flow *flow, struct err *err)
{
    static const char SELECT_CURSORS[] = "SELECT cursor_utc, changed_cursor_utc FROM link WHERE company_id = $1 AND link_id = $2";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(flow->run->environment->db, &rows, SELECT_CURSORS, err, DB_INT(flow->run->environment->company->id), DB_INT(flow->run->link->id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 1)
        return rc;
    flow->closed = (struct cursor){.known = !db_is_null(&rows, 0), .at_utc = db_int(&rows, 0)};
    flow->changed = (struct cursor){.known = !db_is_null(&rows, 1), .at_utc = db_int(&rows, 1)};
    return OK;
}

/* The overlap counts from the newest sale that is stored (one of a wrong clock aside): a till that was offline for a week brings its sales late. */
static int overlap_begin(struct orders_flow *flow, int64_t *ret_utc, struct err *err)
{
    static const char SELECT_NEWEST[] =
        "SELECT MAX(closed_utc) FROM sale WHERE company_id = $1 AND link_id = $2 AND closed_utc < $3"
        " AND day = (SELECT MAX(day) FROM sale WHERE company_id = $1 AND link_id = $2 AND closed_utc < $3)";
    const struct sync_run *run = flow->run;
    int64_t newest_utc = flow->closed.at_utc;
    int rc = db_query_int(run->environment->db, &newest_utc, SELECT_NEWEST, err, DB_INT(run->environment->company->id), DB_INT(run->link->id),
                          DB_INT(run->started_utc));
    if (rc < 0)
        return rc;
    *ret_utc = (newest_utc < flow->closed.at_utc ? newest_utc : flow->closed.at_utc) - run->link->options.overlap_minutes * CIVIL_MINUTE;
    return OK;
}

/* The window by closing time. What a person asks for explicitly wins over the link's own date; then the cursor moves only when that leaves no gap behind it. */
static int window_decide(struct orders_flow *flow, struct err *err)
{
    struct sync_run *run = flow->run;
    const struct link_options *link = &run->link->options;
    int64_t floor_utc = link->has_since ? link->since_utc : FIRST_INSTANT, from_utc = floor_utc;
    int rc = cursors_read(flow, err);
    if (rc == OK && run->options->has_since)
        from_utc = run->options->since_utc;
    else if (rc == OK && flow->closed.known)
        rc = overlap_begin(flow, &from_utc, err);
    if (rc != OK)
        return rc;
    if (!run->options->has_since && from_utc < floor_utc)
        from_utc = floor_utc;
    flow->floor_utc = floor_utc;
    flow->closed.moves = from_utc <= (flow->closed.known ? flow->closed.at_utc : floor_utc);
    flow->changed.moves = true;
    run->has_window = true;
    /* The till is asked in milliseconds, and before the first of 1970 nobody sold on a tablet. */
    run->from_utc = from_utc < 0 ? 0 : from_utc - from_utc % 1000;
    run->to_utc = run->started_utc - run->started_utc % 1000;
    return OK;
}

/* ---- receiving ---- */

static int store_cursor(struct db *db, const struct orders_flow *flow, bool by_change, const struct cursor *cursor, struct err *err)
{
    static const char UPDATE_CLOSED[] = "UPDATE link SET cursor_utc = $3 WHERE company_id = $1 AND link_id = $2";
    static const char UPDATE_CHANGED[] = "UPDATE link SET changed_cursor_utc = $3 WHERE company_id = $1 AND link_id = $2";
    const struct sync_run *run = flow->run;
    return db_exec(db, by_change ? UPDATE_CHANGED : UPDATE_CLOSED, err, DB_INT(run->environment->company->id), DB_INT(run->link->id),
                   cursor->known ? DB_INT(cursor->at_utc) : DB_NIL);
}

/* Whether the page moves the cursor. Never back, except when the till turns out to keep no order: then what this reading moved was not certain. */
static bool moves_cursor(const struct orders_flow *flow, const struct sales_page *page, struct cursor *ret_next)
{
    const struct cursor *begin = flow->by_change ? &flow->changed : &flow->closed;
    *ret_next = *begin;
    if (page->has_complete && (!begin->known || begin->at_utc < page->complete_utc))
        *ret_next = (struct cursor){.known = true, .at_utc = page->complete_utc};
    bool worth_it = page->again || ret_next->known != begin->known || ret_next->at_utc != begin->at_utc;
    return begin->moves && worth_it;
}

/* What is unchanged counts as "already" unless staging counts it: a sale that an earlier run left behind, or one that this run read twice. */
static int find_already(struct db *db, struct receiving *receiving, struct err *err)
{
    static const char SELECT_RUN[] = "SELECT run_id FROM sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    const struct sync_run *run = receiving->flow->run;
    int rc = OK;
    for (size_t i = 0; rc >= 0 && i < receiving->count; i++) {
        int64_t run_id = run->run_id;
        if (receiving->seen[i] == GRID_UNCHANGED)
            rc = db_query_int(db, &run_id, SELECT_RUN, err, DB_INT(run->environment->company->id), DB_INT(run->link->id), DB_STR(receiving->records[i].id));
        receiving->already[i] = run_id != run->run_id;
    }
    return rc < 0 ? rc : OK;
}

static bool has_news(const struct receiving *receiving)
{
    for (size_t i = 0; i < receiving->count; i++)
        if (receiving->seen[i] != GRID_UNCHANGED)
            return true;
    return false;
}

static int receive_body(struct db *db, void *context, struct err *err)
{
    struct receiving *receiving = context;
    struct sync_run *run = receiving->flow->run;
    const struct clock *clock = run->environment->clock;
    struct cursor next;
    int rc = run->lease.until_utc ? lease_confirm(db, run->environment->company->id, run->link, &run->lease, err) : OK;
    if (rc == OK && receiving->count > 0)
        rc = grid_receive(db, run->environment->company->id, run->link->id, run->run_id, clock->now_utc(clock->context), receiving->records, receiving->count,
                          receiving->seen, err);
    if (rc == OK)
        rc = find_already(db, receiving, err);
    if (rc == OK && moves_cursor(receiving->flow, receiving->page, &next)) {
        rc = store_cursor(db, receiving->flow, receiving->flow->by_change, &next, err);
        receiving->writes = true;
    }
    receiving->writes = receiving->writes || has_news(receiving) || run->pages[FLOW_ORDERS].records >= NOTES_LIMIT;
    return rc == OK && receiving->writes ? run_flush(run, FLOW_ORDERS, err) : rc;
}

/* Most pages of a quiet day leave nothing to write; what is noted of them waits for one that does, or for the end. */
static int receive(struct receiving *receiving, struct err *err)
{
    struct orders_flow *flow = receiving->flow;
    struct cursor next;
    if (receiving->count == 0 && !moves_cursor(flow, receiving->page, &next))
        return OK;
    int rc = db_transact(flow->run->environment->db, receive_body, receiving, err);
    if (rc == OK && receiving->writes)
        run_kept(flow->run, FLOW_ORDERS);
    flow->waits = flow->waits || (rc == OK && has_news(receiving));
    return rc;
}

/* The reading by last change is for what the reading by closing time does not see: sales closed before its window, from the link's date on. */
static bool is_for_this_reading(const struct orders_flow *flow, const struct sales_record *record)
{
    int64_t closed_utc;
    if (!flow->by_change)
        return true;
    if (!sales_profile_sale_instant(flow->profile, record->json, false, &closed_utc))
        return false;
    return closed_utc >= flow->floor_utc && closed_utc < flow->run->from_utc;
}

static int fingerprint(const struct orders_flow *flow, const struct sales_record *record, struct buf *scratch, unsigned char ret[SHA256_SIZE], struct err *err)
{
    buf_reset(scratch);
    sales_profile_append_canonical(flow->profile, record->json, scratch);
    if (buf_failed(scratch))
        return err_memory(err);
    sha256(buf_str(scratch), ret);
    return OK;
}

static int receiving_prepare(struct receiving *receiving, struct err *err)
{
    struct orders_flow *flow = receiving->flow;
    size_t room = receiving->page->count + 1;
    BUF_AUTO scratch = {0};
    int rc = OK;
    arena_reset(&flow->page);
    receiving->records = arena_array(&flow->page, room, sizeof *receiving->records);
    receiving->seen = arena_array(&flow->page, room, sizeof *receiving->seen);
    receiving->already = arena_array(&flow->page, room, sizeof *receiving->already);
    if (!receiving->records || !receiving->seen || !receiving->already)
        return err_memory(err);
    for (size_t i = 0; rc == OK && i < receiving->page->count; i++) {
        const struct sales_record *record = &receiving->page->records[i];
        if (!is_for_this_reading(flow, record))
            continue;
        struct grid_record *received = &receiving->records[receiving->count++];
        *received = (struct grid_record){.id = record->id, .body = record->body};
        rc = fingerprint(flow, record, &scratch, received->fingerprint, err);
    }
    return rc;
}

/* ---- staging ---- */

static int read_body(void *context, struct str body, struct arena *arena, struct sale *ret, struct err *err)
{
    const struct orders_flow *flow = context;
    struct json *record;
    int rc = json_parse(arena, body, &record, err);
    return rc == OK ? sales_profile_read(flow->profile, record, arena, ret, err) : rc;
}

/* What was staged, told to who wants to know: a document will come of it. */
static int tell_staged(struct orders_flow *flow, struct str till_sale_id, struct err *err)
{
    static const char SELECT_STAGED[] = "SELECT number, total_cents FROM grid_sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    const struct sync_run *run = flow->run;
    BUF_AUTO total = {0};
    DB_ROWS_AUTO rows = {0};
    if (!run->environment->on_change)
        return OK;
    int rc = db_query(run->environment->db, &rows, SELECT_STAGED, err, DB_INT(run->environment->company->id), DB_INT(run->link->id), DB_STR(till_sale_id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 1)
        return rc;
    decimal_append(&total, db_int(&rows, 1), 2, 2);
    run_change(run, FLOW_ORDERS, "document", db_text(&rows, 0), STR("total"), STR_NULL, buf_str(&total));
    return OK;
}

static int on_outcome(void *context, struct str till_sale_id, enum grid_outcome outcome, const char *reason, struct err *err)
{
    struct orders_flow *flow = context;
    struct order_counts *counts = &flow->run->result.orders;
    bool nothing_for_us = outcome == GRID_SKIPPED && !str_equal(str_from(reason), STR("no figure changed"));
    const char *word = outcome == GRID_STAGED ? "staged" : nothing_for_us ? "skipped" : "changed";
    counts->read++;
    if (outcome == GRID_STAGED)
        counts->staged++;
    else if (nothing_for_us)
        counts->skipped++;
    else
        counts->changed++;
    int rc = run_note(flow->run, FLOW_ORDERS, till_sale_id, word, str_from(reason), err);
    return rc == OK && outcome == GRID_STAGED ? tell_staged(flow, till_sale_id, err) : rc;
}

static int session_open(struct orders_flow *flow, struct err *err)
{
    const struct sync_run *run = flow->run;
    const struct grid_rules rules = link_grid_rules(run->link);
    return grid_session_new(&flow->grid, run->environment->db, run->environment->company, &rules, run->started_utc, run->run_id, err);
}

static int stage_received(struct orders_flow *flow, struct err *err)
{
    while (flow->waits) {
        int64_t count = 0;
        int rc = run_heartbeat(flow->run, err);
        if (rc == OK && !flow->grid)
            rc = session_open(flow, err);
        if (rc == OK)
            rc = grid_stage_received(flow->grid, STAGE_LIMIT, read_body, flow, on_outcome, flow, &count, err);
        if (rc != OK)
            return rc;
        run_progress(flow->run, FLOW_ORDERS, N_("staging"), flow->run->result.orders.read, 0);
        flow->waits = count == STAGE_LIMIT;
    }
    return OK;
}

/* ---- one reading ---- */

static int note_already(struct receiving *receiving, struct err *err)
{
    struct order_counts *counts = &receiving->flow->run->result.orders;
    int rc = OK;
    for (size_t i = 0; rc == OK && i < receiving->count; i++) {
        if (!receiving->already[i])
            continue;
        counts->read++;
        counts->already++;
        rc = run_note(receiving->flow->run, FLOW_ORDERS, receiving->records[i].id, "already", STR_NULL, err);
    }
    return rc;
}

static int on_page(void *context, const struct sales_page *page, struct err *err)
{
    struct orders_flow *flow = context;
    struct order_counts *counts = &flow->run->result.orders;
    struct receiving receiving = {.flow = flow, .page = page};
    if (page->again) {
        counts->read -= counts->already - flow->already_before;
        counts->already = flow->already_before;
    }
    int rc = run_heartbeat(flow->run, err);
    if (rc == OK)
        rc = receiving_prepare(&receiving, err);
    if (rc == OK)
        rc = receive(&receiving, err);
    if (rc == OK)
        rc = note_already(&receiving, err);
    if (rc == OK)
        rc = stage_received(flow, err);
    if (rc == OK)
        run_progress(flow->run, FLOW_ORDERS, N_("reading"), counts->read, 0);
    return rc;
}

static int read_window(struct orders_flow *flow, bool by_change, int64_t from_utc, int64_t to_utc, struct err *err)
{
    struct sync_run *run = flow->run;
    struct sales_query query = {
        .till = run->till,
        .account = &run->account,
        .profile = flow->profile,
        .by_change = by_change,
        .from_utc = from_utc,
        .to_utc = to_utc,
        .page_size = &flow->page_size,
    };
    flow->by_change = by_change;
    flow->already_before = run->result.orders.already;
    return sales_read(&query, on_page, flow, err);
}

/* A till whose clock is wrong closes sales in the future. Nobody would ask for them until then: so they are read as well, beyond what clocks differ by, and stand in
 * the grid with their anomaly. The cursor knows nothing of it. */
static int read_future(struct orders_flow *flow, struct err *err)
{
    const int64_t end_of_calendar_utc = (int64_t)civil_day(9999, 12, 29) * CIVIL_DAY; /* the last day that every program reads */
    flow->closed.moves = false;
    return read_window(flow, false, flow->run->to_utc + GRID_CLOCK_TOLERANCE, end_of_calendar_utc, err);
}

/* ---- the flow ---- */

/* The first run begins to watch changes before it reads anything: what it reads afterwards is as it is then, or newer. */
static int watch_changes(struct db *db, struct orders_flow *flow, struct err *err)
{
    const struct cursor now = {.known = true, .at_utc = flow->run->to_utc};
    return flow->changed.known || !sales_profile_has_change_field(flow->profile) ? OK : store_cursor(db, flow, true, &now, err);
}

/* What an explicit date brings back, and what an earlier run received and did not stage, is this run's to count. */
static int adopt_body(struct db *db, void *context, struct err *err)
{
    static const char ADOPT_RECEIVED[] = "UPDATE sale SET run_id = $3 WHERE company_id = $1 AND link_id = $2 AND state = 'received'";
    struct orders_flow *flow = context;
    const struct sync_run *run = flow->run;
    const struct company *company = run->environment->company;
    int64_t adopted = 0;
    int rc = watch_changes(db, flow, err);
    if (rc == OK && run->options->has_since)
        rc = grid_receive_purged(db, company->id, run->link->id, zone_business_day(company->zone, run->options->since_utc, company->cutoff_minutes), err);
    if (rc == OK)
        rc = db_exec_count(db, ADOPT_RECEIVED, &adopted, err, DB_INT(company->id), DB_INT(run->link->id), DB_INT(run->run_id));
    flow->waits = adopted > 0;
    return rc;
}

static int finish_body(struct db *db, void *context, struct err *err)
{
    const struct orders_flow *flow = context;
    const struct company *company = flow->run->environment->company;
    int64_t holes, repeats;
    int32_t from_day = flow->floor_utc == FIRST_INSTANT ? INT32_MIN : zone_business_day(company->zone, flow->floor_utc, company->cutoff_minutes);
    int rc = grid_check_numbers(db, company->id, flow->run->link->id, from_day, &holes, &repeats, err);
    return rc == OK ? run_flush(flow->run, FLOW_ORDERS, err) : rc;
}

int flow_orders(struct sync_run *run, struct err *err)
{
    const struct sync_environment *environment = run->environment;
    struct orders_flow flow = {.run = run};
    int rc = link_profile(&run->link->options, &run->arena, &flow.profile, err);
    if (rc == OK)
        rc = window_decide(&flow, err);
    if (rc == OK)
        rc = db_transact(environment->db, adopt_body, &flow, err);
    if (rc == OK)
        rc = stage_received(&flow, err);
    if (rc == OK)
        rc = read_window(&flow, false, run->from_utc, run->to_utc, err);
    if (rc == OK && flow.changed.known && sales_profile_has_change_field(flow.profile))
        rc = read_window(&flow, true, flow.changed.at_utc - CHANGE_OVERLAP, run->to_utc, err);
    if (rc == OK)
        rc = read_future(&flow, err);
    if (rc == OK)
        rc = db_transact(environment->db, finish_body, &flow, err);
    if (rc == OK)
        run_kept(run, FLOW_ORDERS);
    grid_session_free(flow.grid);
    arena_release(&flow.page);
    return rc;
}
