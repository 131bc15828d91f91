/* validate.c: from the grid to documents: at the end of a run when the link says so, or when a person asks; then the drafts that waited try again. Used by server
 * and cli through sync/sync.h. */
#include <stdio.h>

#include "sync/sync_int.h"

/* ---- at the end of a run ---- */

struct validating {
    struct sync_run *run;
    int rc;                        /* of the heartbeat: the grid's progress cannot say no */
    struct err failure;
};

/* Called between transactions: a validation may last longer than a lease. */
static void on_progress(void *context, int64_t done, int64_t total)
{
    struct validating *validating = context;
    run_progress(validating->run, FLOW_ORDERS, N_("validating"), done, total);
    if (validating->rc == OK)
        validating->rc = run_heartbeat(validating->run, &validating->failure);
}

static struct posting_options options_of(const struct grid_rules *rules, int64_t now_utc, int64_t run_id)
{
    return (struct posting_options){.refuse_negative_stock = rules->refuse_negative_stock, .validate = true, .now_utc = now_utc, .run_id = run_id};
}

int flow_validate(struct sync_run *run, struct err *err)
{
    const struct sync_environment *environment = run->environment;
    const struct grid_rules rules = link_grid_rules(run->link);
    const struct posting_options options = options_of(&rules, run->started_utc, run->run_id);
    struct order_counts *counts = &run->result.orders;
    struct validating validating = {.run = run};
    struct grid_validation made = {0};
    struct resume_result resumed = {0};
    struct grid_session *grid = NULL;
    int rc = grid_session_new(&grid, environment->db, environment->company, &rules, run->started_utc, run->run_id, err);
    if (rc == OK)
        rc = grid_validate(grid, NULL, 0, on_progress, &validating, &made, err);
    if (rc == OK && validating.rc != OK) {
        *err = validating.failure;
        rc = validating.rc;
    }
    if (rc == OK)
        rc = document_resume(environment->db, environment->company->id, run->link->id, STR_NULL, &options, &resumed, err);
    grid_session_free(grid);
    counts->documents = made.documents;
    counts->validated = made.validated + resumed.validated;
    counts->payments = made.payments;
    counts->reconciled = made.reconciled + resumed.reconciled;
    counts->blocked = rc == OK ? resumed.still_blocked : made.blocked;
    return rc;
}

/* ---- when a person asks ---- */

/* A sale that was named, found before anything is written. */
struct named { struct str name; int64_t grid_sale_id, link_id; };

struct asking {
    const struct sync_environment *environment;
    int64_t now_utc;
    struct arena arena;
    struct named *named;           /* NULL: all of the grid */
    size_t named_count;
    struct grid_validation sum;
};

static int named_find(struct asking *asking, const struct str *selection, size_t count, struct err *err)
{
    static const char SELECT_LINK[] = "SELECT link_id FROM grid_sale WHERE company_id = $1 AND grid_sale_id = $2";
    struct db *db = asking->environment->db;
    int64_t company_id = asking->environment->company->id;
    asking->named = arena_array(&asking->arena, count, sizeof *asking->named);
    if (!asking->named)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct named named = {.name = selection[i]};
        bool again = false;
        int rc = grid_find(db, company_id, named.name, &named.grid_sale_id, err);
        if (rc >= 0)
            rc = db_query_int(db, &named.link_id, SELECT_LINK, err, DB_INT(company_id), DB_INT(named.grid_sale_id));
        if (rc < 0)
            return rc;
        for (size_t j = 0; j < asking->named_count; j++)
            again = again || asking->named[j].grid_sale_id == named.grid_sale_id;
        if (!again)
            asking->named[asking->named_count++] = named;
    }
    return OK;
}

/* The names that are of one link; false when memory is exhausted. */
static bool names_of_link(struct asking *asking, int64_t link_id, struct str **ret, size_t *ret_count)
{
    struct str *names = arena_array(&asking->arena, asking->named_count + 1, sizeof *names);
    size_t count = 0;
    if (!names)
        return false;
    for (size_t i = 0; i < asking->named_count; i++)
        if (asking->named[i].link_id == link_id)
            names[count++] = asking->named[i].name;
    *ret = names;
    *ret_count = count;
    return true;
}

struct keeping { struct asking *asking; const struct link *link; struct lease *lease; };

static void keep_lease(void *context, int64_t done, int64_t total)
{
    struct keeping *keeping = context;
    const struct sync_environment *environment = keeping->asking->environment;
    struct sync_progress progress = {.flow = FLOW_ORDERS, .stage = N_("validating"), .done = done, .total = total};
    struct err ignored = {0};
    if (environment->on_progress)
        environment->on_progress(environment->context, &progress);
    /* When it is lost, what goes on is safe all the same: each batch is a transaction that looks at the grid as it is. */
    if (lease_renew(environment, keeping->link, keeping->lease, &ignored) != OK)
        keeping->lease->until_utc = 0;
}

struct noting { int64_t company_id; const struct link *link; int64_t now_utc; };

static int note_body(struct db *db, void *context, struct err *err)
{
    const struct noting *noting = context;
    return rules_note(db, noting->company_id, noting->link, noting->now_utc, err);
}

/* The options of the link are used, now. */
static int note_rules(const struct sync_environment *environment, const struct link *link, int64_t now_utc, struct err *err)
{
    struct noting noting = {environment->company->id, link, now_utc};
    return db_transact(environment->db, note_body, &noting, err);
}

static int validate_with(struct asking *asking, const struct link *link, const struct grid_rules *rules, struct lease *lease, struct err *err)
{
    const struct sync_environment *environment = asking->environment;
    struct keeping keeping = {.asking = asking, .link = link, .lease = lease};
    struct grid_validation made = {0};
    struct grid_session *grid = NULL;
    struct str *names = NULL;
    size_t count = 0;
    if (asking->named && !names_of_link(asking, rules->link_id, &names, &count))
        return err_memory(err);
    if (asking->named && count == 0)
        return OK;
    int rc = grid_session_new(&grid, environment->db, environment->company, rules, asking->now_utc, 0, err);
    if (rc == OK)
        rc = grid_validate(grid, names, count, keep_lease, &keeping, &made, err);
    grid_session_free(grid);
    grid_validation_add(&asking->sum, &made);
    return rc;
}

/* The grid of one link under its lease, or of the files (link 0), which no run touches. */
static int validate_link(struct asking *asking, int64_t link_id, bool dry_run, struct err *err)
{
    const struct sync_environment *environment = asking->environment;
    struct grid_rules rules = grid_default_rules;
    struct lease lease = {.until_utc = 0};
    struct err second = {0};
    struct link link = {0};
    int rc = link_id == 0 ? 0 : link_load(environment->db, environment->company->id, &asking->arena, link_id, &link, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return validate_with(asking, &link, &rules, &lease, err);
    rules = link_grid_rules(&link);
    rc = dry_run ? lease_ask(environment, &link, err) : lease_take(environment, &link, &lease, err);
    if (rc == OK)
        rc = note_rules(environment, &link, asking->now_utc, err);
    if (rc == OK)
        rc = validate_with(asking, &link, &rules, &lease, err);
    int released = lease_release(environment, &link, &lease, rc == OK ? err : &second);
    return rc == OK ? released : rc;
}

static int validate_links(struct asking *asking, bool dry_run, struct err *err)
{
    static const char SELECT_NEXT_LINK[] = "SELECT MIN(link_id) FROM grid_sale WHERE company_id = $1 AND link_id > $2";
    int64_t link_id = -1;
    for (;;) {
        int rc = db_query_int(asking->environment->db, &link_id, SELECT_NEXT_LINK, err, DB_INT(asking->environment->company->id), DB_INT(link_id));
        if (rc != 1)
            return rc;
        rc = validate_link(asking, link_id, dry_run, err);
        if (rc != OK)
            return rc;
    }
}

int sync_validate_grid(const struct sync_environment *environment, const struct str *selection, size_t selection_count, bool dry_run, struct grid_validation *ret, struct err *err)
{
    struct asking asking = {.environment = environment, .now_utc = environment->clock->now_utc(environment->clock->context)};
    int rc = dry_run ? db_rehearsal_begin(environment->db, err) : OK;
    if (rc == OK && selection_count > 0)
        rc = named_find(&asking, selection, selection_count, err);
    if (rc == OK)
        rc = validate_links(&asking, dry_run, err);
    if (dry_run)
        db_rehearsal_end(environment->db);
    if (rc == OK)
        *ret = asking.sum;
    arena_release(&asking.arena);
    return rc;
}

/* ---- drafts ---- */

/* A draft tries again by the rules of its link; one that came from a file or by hand, by those of files. */
static int resume_one(const struct sync_environment *environment, int64_t document_id, struct str number, struct resume_result *sum, struct err *err)
{
    static const char SELECT_LINK[] = "SELECT link_id FROM document WHERE company_id = $1 AND document_id = $2";
    const int64_t company_id = environment->company->id;
    struct grid_rules rules = grid_default_rules;
    struct resume_result part = {0};
    struct link link;
    int64_t link_id = 0;
    ARENA_AUTO arena = {0};
    int rc = db_query_int(environment->db, &link_id, SELECT_LINK, err, DB_INT(company_id), DB_INT(document_id));
    if (rc >= 0 && link_id != 0)
        rc = link_load(environment->db, company_id, &arena, link_id, &link, err);
    if (rc < 0)
        return rc;
    const int64_t now_utc = environment->clock->now_utc(environment->clock->context);
    const bool by_link = rc == 1 && link_id != 0;
    if (by_link)
        rules = link_grid_rules(&link);
    const struct posting_options options = options_of(&rules, now_utc, 0);
    rc = by_link ? note_rules(environment, &link, now_utc, err) : OK;
    if (rc == OK)
        rc = document_resume(environment->db, company_id, link_id, number, &options, &part, err);
    if (rc != OK)
        return rc;
    sum->tried += part.tried;
    sum->validated += part.validated;
    sum->still_blocked += part.still_blocked;
    sum->reconciled += part.reconciled;
    return OK;
}

static int resume_all(const struct sync_environment *environment, struct resume_result *sum, struct err *err)
{
    static const char SELECT_NEXT_DRAFT[] =
        "SELECT MIN(document_id) FROM document WHERE company_id = $1 AND document_id > $2 AND state = 'draft' AND block IS NOT NULL";
    int64_t id = 0;
    for (;;) {
        char name[40];
        int rc = db_query_int(environment->db, &id, SELECT_NEXT_DRAFT, err, DB_INT(environment->company->id), DB_INT(id));
        if (rc != 1)
            return rc;
        snprintf(name, sizeof name, "draft-%lld", (long long)id);
        rc = resume_one(environment, id, str_from(name), sum, err);
        if (rc != OK)
            return rc;
    }
}

int sync_validate_documents(const struct sync_environment *environment, const struct str *numbers, size_t count, struct resume_result *ret, struct err *err)
{
    struct resume_result sum = {0};
    ARENA_AUTO arena = {0};
    int64_t *ids = arena_array(&arena, count + 1, sizeof *ids);
    int rc = ids ? OK : err_memory(err);
    /* All are looked up first: a number that does not exist stops everything before the first change. */
    for (size_t i = 0; rc == OK && i < count; i++) {
        int found = document_find(environment->db, environment->company->id, numbers[i], &ids[i], err);
        if (found == 0)
            found = err_set(err, ERR_NOT_FOUND, N_("there is no document %s: see `liaison document list`"), ERR_STR(numbers[i]));
        rc = found < 0 ? found : OK;
    }
    for (size_t i = 0; rc == OK && i < count; i++)
        rc = resume_one(environment, ids[i], numbers[i], &sum, err);
    if (rc == OK && count == 0)
        rc = resume_all(environment, &sum, err);
    if (rc == OK)
        *ret = sum;
    return rc;
}
