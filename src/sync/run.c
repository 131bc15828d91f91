/* run.c: one run of a link: its lease, its row and its pages of outcomes in the journal of runs, the flows in their order, and its end, whatever comes. A
 * rehearsal is the same code inside a transaction that is rolled back. Used by server and cli through sync_run; the flows use the rest. */
#include "base/json.h"
#include "sync/sync_int.h"

/* ---- outcomes ---- */

/* A record is a line of words: blanks and control characters of strangers' ids would break it. */
static void append_word(struct buf *out, struct str word)
{
    size_t at = out->n;
    buf_append(out, word);
    for (; !out->failed && at < out->n; at++)
        if ((unsigned char)out->p[at] <= ' ' || out->p[at] == 0x7F)
            out->p[at] = '?';
}

int run_note(struct sync_run *run, enum sync_flow flow, struct str id, const char *outcome, struct str detail, struct err *err)
{
    struct outcome_page *page = &run->pages[flow];
    if (run->run_id == 0)
        return OK;
    if (page->written) {
        buf_reset(&page->text);
        page->records = 0;
        page->number++;
        page->written = false;
    }
    page->kept = false;
    buf_append_z(&page->text, outcome);
    buf_append_char(&page->text, ' ');
    append_word(&page->text, id);
    if (detail.n > 0) {
        buf_append_char(&page->text, ' ');
        for (size_t i = 0; i < detail.n; i++)
            buf_append_char(&page->text, (unsigned char)detail.p[i] >= ' ' && detail.p[i] != 0x7F ? detail.p[i] : '?');
    }
    buf_append_char(&page->text, '\n');
    page->records++;
    return buf_failed(&page->text) ? err_memory(err) : OK;
}

struct flush { struct sync_run *run; enum sync_flow flow; };

/* The page and the counts go together: however a run ends, its counts are the sum of its outcomes. */
static int flush_body(struct db *db, void *context, struct err *err)
{
    static const char UPSERT_PAGE[] =
        "INSERT INTO run_page (company_id, run_id, flow, page_no, records, outcomes) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (company_id, run_id, flow, page_no) DO UPDATE SET records = excluded.records, outcomes = excluded.outcomes";
    static const char UPDATE_COUNTS[] = "UPDATE run SET counts = $3 WHERE company_id = $1 AND run_id = $2";
    const struct flush *flush = context;
    struct sync_run *run = flush->run;
    const struct outcome_page *page = &run->pages[flush->flow];
    int64_t company_id = run->environment->company->id;
    BUF_AUTO counts = {0};
    sync_append_json(&counts, &run->result);
    if (buf_failed(&counts))
        return err_memory(err);
    int rc = db_exec(db, UPSERT_PAGE, err, DB_INT(company_id), DB_INT(run->run_id), DB_STR(str_from(sync_flow_names[flush->flow])), DB_INT(page->number + 1),
                     DB_INT(page->records), DB_STR(buf_str(&page->text)));
    return rc == OK ? db_exec(db, UPDATE_COUNTS, err, DB_INT(company_id), DB_INT(run->run_id), DB_STR(buf_str(&counts))) : rc;
}

int run_flush(struct sync_run *run, enum sync_flow flow, struct err *err)
{
    struct flush flush = {.run = run, .flow = flow};
    struct outcome_page *page = &run->pages[flow];
    if (run->run_id == 0 || page->records == 0 || page->kept)
        return OK;
    int rc = db_transact(run->environment->db, flush_body, &flush, err);
    page->written = page->written || rc == OK;
    return rc;
}

void run_kept(struct sync_run *run, enum sync_flow flow)
{
    run->pages[flow].kept = run->pages[flow].written;
}

/* ---- while it goes on ---- */

int run_heartbeat(struct sync_run *run, struct err *err)
{
    if (interrupt_requested())
        return err_set(err, ERR_CANCELLED, N_("interrupted: what was done stays, start again to go on"));
    return lease_renew(run->environment, run->link, &run->lease, err);
}

/* While the till is awaited: it may ask for two minutes, and a run that lives must not be taken for a dead one. */
static int keep_lease(void *context, struct err *err)
{
    struct sync_run *run = context;
    return lease_renew(run->environment, run->link, &run->lease, err);
}

void run_progress(const struct sync_run *run, enum sync_flow flow, const char *stage, int64_t done, int64_t total)
{
    const struct sync_environment *environment = run->environment;
    struct sync_progress progress = {.flow = flow, .stage = stage, .done = done, .total = total};
    if (environment->on_progress)
        environment->on_progress(environment->context, &progress);
}

void run_change(const struct sync_run *run, enum sync_flow flow, const char *action, struct str subject, struct str field, struct str old_value, struct str new_value)
{
    const struct sync_environment *environment = run->environment;
    struct sync_change change = {.flow = flow, .action = action, .subject = subject, .field = field, .old_value = old_value, .new_value = new_value};
    if (environment->on_change)
        environment->on_change(environment->context, &change);
}

/* ---- its row ---- */

static int begin_body(struct db *db, void *context, struct err *err)
{
    static const char INSERT_RUN[] =
        "INSERT INTO run (company_id, run_id, link_id, state, started_utc, counts) VALUES ($1, $2, $3, 'running', $4, $5)";
    struct sync_run *run = context;
    int64_t company_id = run->environment->company->id, run_id = 0;
    BUF_AUTO counts = {0};
    int rc = db_reserve_ids(db, company_id, "run", 1, &run_id, err);
    if (rc != OK)
        return rc;
    run->run_id = run->result.run_id = run_id;
    sync_append_json(&counts, &run->result);
    if (buf_failed(&counts))
        return err_memory(err);
    rc = db_exec(db, INSERT_RUN, err, DB_INT(company_id), DB_INT(run_id), DB_INT(run->link->id), DB_INT(run->started_utc), DB_STR(buf_str(&counts)));
    return rc == OK ? rules_note(db, company_id, run->link, run->started_utc, err) : rc;
}

/* The lease and the row go together: one write that has to reach the disk instead of two. */
static int take_and_begin(struct db *db, void *context, struct err *err)
{
    struct sync_run *run = context;
    int rc = lease_take(run->environment, run->link, &run->lease, err);
    return rc == OK ? begin_body(db, run, err) : rc;
}

static int run_begin(struct sync_run *run, struct err *err)
{
    if (run->options->dry_run)
        return lease_ask(run->environment, run->link, err);
    int rc = db_transact(run->environment->db, take_and_begin, run, err);
    if (rc != OK) {
        run->run_id = 0;
        run->lease.until_utc = 0;
    }
    return rc;
}

struct ending { struct sync_run *run; const struct err *failure; };

static void append_failure(struct buf *out, const struct err *failure)
{
    struct json_out json = {.buf = out};
    json_begin_object(&json);
    json_member_str(&json, "message", str_from(failure->message));
    json_key(&json, "args");
    json_begin_array(&json);
    for (int i = 0; i < failure->arg_count; i++)
        json_put_str(&json, str_from(failure->args[i]));
    json_end_array(&json);
    json_end_object(&json);
}

static int end_body(struct db *db, void *context, struct err *err)
{
    static const char UPDATE_RUN[] =
        "UPDATE run SET state = $3, ended_utc = $4, from_utc = $5, to_utc = $6, counts = $7, error = $8, requests = $9, retries = $10"
        " WHERE company_id = $1 AND run_id = $2";
    const struct ending *ending = context;
    struct sync_run *run = ending->run;
    const struct clock *clock = run->environment->clock;
    const char *state = !ending->failure ? "done" : ending->failure->code == ERR_CANCELLED ? "interrupted" : "failed";
    int64_t requests = 0, retries = 0;
    BUF_AUTO counts = {0};
    BUF_AUTO failure = {0};
    sync_append_json(&counts, &run->result);
    if (ending->failure)
        append_failure(&failure, ending->failure);
    if (buf_failed(&counts) || buf_failed(&failure))
        return err_memory(err);
    if (run->till)
        http_client_totals(till_client_http(run->till), &requests, &retries);
    int rc = OK;
    for (enum sync_flow flow = 0; rc == OK && flow < FLOW_COUNT; flow++)
        rc = run_flush(run, flow, err);
    if (rc == OK)
        rc = db_exec(db, UPDATE_RUN, err, DB_INT(run->environment->company->id), DB_INT(run->run_id), DB_STR(str_from(state)), DB_INT(clock->now_utc(clock->context)),
                     run->has_window ? DB_INT(run->from_utc) : DB_NIL, run->has_window ? DB_INT(run->to_utc) : DB_NIL, DB_STR(buf_str(&counts)),
                     ending->failure ? DB_STR(buf_str(&failure)) : DB_NIL, DB_INT(requests), DB_INT(retries));
    return rc;
}

static int end_and_release(struct db *db, void *context, struct err *err)
{
    const struct ending *ending = context;
    struct lease lease = ending->run->lease; /* given back when this is committed, not before */
    int rc = end_body(db, context, err);
    return rc == OK ? lease_release(ending->run->environment, ending->run->link, &lease, err) : rc;
}

/* Writes how it went, and gives the lease back whatever comes. `failure` NULL: it went well. */
static int run_end(struct sync_run *run, const struct err *failure, struct err *err)
{
    struct ending ending = {.run = run, .failure = failure};
    struct err released = {0};
    int rc = run->run_id ? db_transact(run->environment->db, end_and_release, &ending, err) : OK;
    if (run->run_id && rc == OK)
        run->lease.until_utc = 0;
    int release_rc = lease_release(run->environment, run->link, &run->lease, &released);
    if (rc == OK && release_rc != OK) {
        *err = released;
        rc = release_rc;
    }
    return rc;
}

/* ---- its flows ---- */

static bool flow_wanted(const struct sync_run *run, enum sync_flow flow)
{
    const struct link_options *options = &run->link->options;
    if (run->options->has_only)
        return run->options->only == flow;
    switch (flow) {
    case FLOW_ARTICLES_IN: return options->import_articles;
    case FLOW_ARTICLES_OUT: return options->export_articles;
    case FLOW_ORDERS: return options->import_orders;
    case FLOW_COUNT: break;
    }
    return false;
}

/* What is still to be cured, of the whole link. */
static int count_open(struct sync_run *run, struct err *err)
{
    static const char COUNT_SUBJECTS[] =
        "SELECT COUNT(*) FROM (SELECT DISTINCT subject_kind, subject FROM anomaly WHERE company_id = $1 AND link_id = $2) AS subjects";
    static const char COUNT_BLOCKED[] = "SELECT COUNT(*) FROM grid_sale WHERE company_id = $1 AND link_id = $2 AND blocked = 1";
    struct db *db = run->environment->db;
    int64_t company_id = run->environment->company->id;
    int rc = db_query_int(db, &run->result.open_anomalies, COUNT_SUBJECTS, err, DB_INT(company_id), DB_INT(run->link->id));
    if (rc >= 0)
        rc = db_query_int(db, &run->result.orders.anomalies, COUNT_BLOCKED, err, DB_INT(company_id), DB_INT(run->link->id));
    return rc < 0 ? rc : OK;
}

static int run_flows(struct sync_run *run, struct err *err)
{
    static int (*const flows[FLOW_COUNT])(struct sync_run *, struct err *) = {
        [FLOW_ARTICLES_IN] = flow_articles_in, [FLOW_ARTICLES_OUT] = flow_articles_out, [FLOW_ORDERS] = flow_orders,
    };
    int rc = link_connect(run->environment, run->link, NULL, NULL, &run->till, err);
    if (rc != OK)
        return rc;
    http_client_watch(till_client_http(run->till), keep_lease, run);
    rc = till_account_get(run->till, &run->arena, &run->account, err);
    for (enum sync_flow flow = 0; rc == OK && flow < FLOW_COUNT; flow++)
        if (flow_wanted(run, flow))
            rc = flows[flow](run, err);
    if (rc == OK && flow_wanted(run, FLOW_ORDERS) && run->link->options.auto_validate)
        rc = flow_validate(run, err);
    if (rc == OK)
        rc = count_open(run, err);
    if (rc == OK)
        run->result.ok = run->result.open_anomalies == 0 && run->result.orders.blocked == 0;
    return rc;
}

/* The first failure is the one to tell; what its end adds to it changes nothing for the person. */
static int run_whole(struct sync_run *run, struct err *err)
{
    struct err second = {0};
    const struct sync_environment *environment = run->environment;
    int rc = run_begin(run, err);
    if (rc == OK && run->run_id && environment->on_run)
        environment->on_run(environment->context, run->run_id);
    if (rc == OK)
        rc = run_flows(run, err);
    int ended = run_end(run, rc == OK ? NULL : err, rc == OK ? err : &second);
    return rc == OK ? ended : rc;
}

int sync_run(const struct sync_environment *environment, const struct link *link, const struct sync_options *options, struct sync_result *ret, struct err *err)
{
    struct sync_run run = {
        .environment = environment,
        .link = link,
        .options = options,
        .started_utc = environment->clock->now_utc(environment->clock->context),
        .result.dry_run = options->dry_run,
    };
    int rc = options->dry_run ? db_rehearsal_begin(environment->db, err) : OK;
    if (rc == OK)
        rc = run_whole(&run, err);
    if (options->dry_run)
        db_rehearsal_end(environment->db);
    till_client_free(run.till);
    for (enum sync_flow flow = 0; flow < FLOW_COUNT; flow++)
        buf_release(&run.pages[flow].text);
    arena_release(&run.arena);
    if (rc == OK)
        *ret = run.result;
    return rc;
}
