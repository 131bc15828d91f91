/* test.c: the test of a link, step by step: does the address answer, is the key taken, which account, how much does it hold, and can a sale be read. Writes nothing.
 * Used by server and cli through sync/sync.h. */
#include "sync/sync_int.h"

/* Recent sales are looked at first: their form is the one that counts. */
#define RECENT (30 * CIVIL_DAY)

/* Stands between the client and its transport, to know whether anything answered at all: an error does not tell. And watches the time. */
struct probe {
    struct http_transport inner;
    bool answered;
    const struct clock *clock;
    int64_t limit_ms, begin_utc;
};

static struct probe probe_of(const struct sync_environment *environment)
{
    return (struct probe){.clock = environment->clock, .limit_ms = environment->test_ms, .begin_utc = environment->clock->now_utc(environment->clock->context)};
}

static int watch_time(void *context, struct err *err)
{
    const struct probe *probe = context;
    if (probe->clock->now_utc(probe->clock->context) - probe->begin_utc < probe->limit_ms * 1000)
        return OK;
    return err_set(err, ERR_TILL, N_("the till answers so slowly that the test was ended after %s s: a synchronisation waits longer"), ERR_INT(probe->limit_ms / 1000));
}

static int probe_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct probe *probe = context;
    return probe->inner.submit(probe->inner.context, request, tag, err);
}

static int probe_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct probe *probe = context;
    int rc = probe->inner.wait(probe->inner.context, timeout_ms, ret, failure);
    if (rc == 1 && ret->status != 0)
        probe->answered = true;
    return rc;
}

static void probe_free(void *context)
{
    struct probe *probe = context;
    probe->inner.free(probe->inner.context);
}

static void probe_wrap(void *context, struct http_transport *transport)
{
    struct probe *probe = context;
    probe->inner = *transport;
    *transport = (struct http_transport){.submit = probe_submit, .wait = probe_wait, .free = probe_free, .context = probe};
}

static int count_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    int64_t *count = context;
    (void)skip;
    (void)bytes;
    if (interrupt_requested())
        return err_set(err, ERR_CANCELLED, N_("interrupted: what was done stays, start again to go on"));
    *count += (int64_t)array->count;
    return OK;
}

/* What a person sees on the till: neither what was deleted nor the one that every account has. */
static int count_records(struct till_client *till, const struct till_account *account, enum till_resource resource, int64_t *ret, struct err *err)
{
    static const struct till_filter shown[] = {
        {{"deprecated", sizeof "deprecated" - 1}, {"", 0}, {"false", sizeof "false" - 1}},
        {{"is_default", sizeof "is_default" - 1}, {"", 0}, {"false", sizeof "false" - 1}},
    };
    struct till_list list = till_catalog_list(resource, account);
    int64_t count = 0;
    list.filters = shown;
    list.filter_count = sizeof shown / sizeof *shown;
    list.limit = SYNC_ARTICLES_PER_PAGE;
    int rc = till_list_read(till, &list, SYNC_ARTICLES_IN_FLIGHT, count_page, &count, err);
    if (rc == OK)
        *ret = count;
    return rc;
}

/* The first sale closed in a window: *ret_record NULL when there is none. */
static int first_sale(struct till_client *till, const struct till_account *account, const struct sales_profile *profile, int64_t from_utc, int64_t to_utc, struct arena *arena,
                      const struct json **ret_record, struct err *err)
{
    struct till_list list;
    struct str bytes;
    struct json *page;
    if (!sales_profile_list(profile, account, arena, false, from_utc, to_utc, 1, &list))
        return err_memory(err);
    int rc = till_page_get(till, &list, 0, arena, &bytes, &page, err);
    if (rc == OK)
        *ret_record = page->first;
    return rc;
}

static int try_sale(struct link_report *report, const struct sales_profile *profile, const struct json *record, struct arena *arena, struct err *err)
{
    struct sale sale = {0};
    int rc = sales_profile_read(profile, record, arena, &sale, err);
    if (rc != OK)
        return rc;
    report->has_sale = true;
    report->sale_readable = sale.fault_count == 0;
    report->sale_number = sale.number.p ? sale.number : sale.id;
    if (sale.fault_count > 0)
        report->sale_fault = arena_format(arena, "%.*s = %.*s", STR_ARG(sale.faults[0].path), STR_ARG(sale.faults[0].text));
    return sale.fault_count > 0 && !report->sale_fault.p ? err_memory(err) : OK;
}

static int test_sales(const struct sync_environment *environment, struct till_client *till, const struct sales_profile *profile, struct arena *arena, struct link_report *report,
                      struct err *err)
{
    int64_t now_utc = environment->clock->now_utc(environment->clock->context);
    const struct json *record = NULL;
    int rc = first_sale(till, &report->account, profile, now_utc - RECENT, now_utc, arena, &record, err);
    if (rc == OK && !record)
        rc = first_sale(till, &report->account, profile, 0, now_utc, arena, &record, err);
    return rc == OK && record ? try_sale(report, profile, record, arena, err) : rc;
}

/* Goes on where a client stands, whoever made it. */
static int test_with(const struct sync_environment *environment, struct till_client *till, const struct sales_profile *profile, struct probe *probe, struct arena *arena,
                     struct link_report *ret, struct err *err)
{
    if (probe->limit_ms > 0)
        http_client_watch(till_client_http(till), watch_time, probe);
    int rc = till_account_get(till, arena, &ret->account, err);
    ret->reachable = probe->answered;
    ret->key_accepted = rc == OK;
    if (rc == OK)
        rc = count_records(till, &ret->account, TILL_ARTICLES, &ret->articles, err);
    if (rc == OK)
        rc = count_records(till, &ret->account, TILL_CATEGORIES, &ret->categories, err);
    if (rc == OK)
        rc = test_sales(environment, till, profile, arena, ret, err);
    return rc;
}

static int open_profile(const struct link_options *options, struct arena *arena, struct sales_profile **ret, struct link_report *report, struct err *err)
{
    *report = (struct link_report){0};
    int rc = link_profile(options, arena, ret, err);
    if (rc != OK)
        return rc;
    report->profile_name = sales_profile_name(*ret);
    report->profile_confirmed = sales_profile_confirmed(*ret);
    return OK;
}

int link_test(const struct sync_environment *environment, const struct link *link, struct arena *arena, struct link_report *ret, struct err *err)
{
    struct probe probe = probe_of(environment);
    struct till_client *till = NULL;
    struct sales_profile *profile;
    int rc = open_profile(&link->options, arena, &profile, ret, err);
    if (rc == OK)
        rc = link_connect(environment, link, probe_wrap, &probe, &till, err);
    if (rc != OK)
        return rc;
    rc = test_with(environment, till, profile, &probe, arena, ret, err);
    till_client_free(till);
    return rc;
}

int link_try(const struct sync_environment *environment, const struct link_options *options, struct str key, struct arena *arena, struct link_report *ret, struct err *err)
{
    struct probe probe = probe_of(environment);
    struct till_client *till = NULL;
    struct sales_profile *profile;
    int rc = open_profile(options, arena, &profile, ret, err);
    if (rc == OK)
        rc = till_key_check(key, err);
    if (rc == OK)
        rc = link_connect_with(environment, options->url, key, probe_wrap, &probe, &till, err);
    if (rc != OK)
        return rc;
    rc = test_with(environment, till, profile, &probe, arena, ret, err);
    till_client_free(till);
    return rc;
}
