/* metrics.c: what an operator's monitoring reads at /metrics (Prometheus text format 0.0.4): requests and their latencies since the start, and what the database says of runs, records,
 * anomalies and the grid. */
#include "server/jobs_int.h"

enum { BUCKETS = 8, CLASSES = 6 };
static const int64_t bucket_us[BUCKETS] = {1000, 5000, 10000, 50000, 100000, 500000, 1000000, 5000000};
static const char *const bucket_names[BUCKETS] = {"0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5"};

struct metrics {
    atomic_ullong by_class[CLASSES];   /* of the status: 2xx stands at 2 */
    atomic_ullong buckets[BUCKETS];    /* each counts its own range; summed up when told */
    atomic_ullong count, sum_us;
};

struct metrics *metrics_new(void)
{
    return mem_alloc_zero(1, sizeof(struct metrics));
}

void metrics_free(struct metrics *metrics)
{
    mem_free(metrics);
}

void metrics_count_request(struct metrics *metrics, int status, int64_t microseconds)
{
    int class = status / 100;

    atomic_fetch_add(&metrics->by_class[class > 0 && class < CLASSES ? class : 5], 1);
    atomic_fetch_add(&metrics->count, 1);
    atomic_fetch_add(&metrics->sum_us, (unsigned long long)microseconds);
    for (int i = 0; i < BUCKETS; i++)
        if (microseconds <= bucket_us[i]) {
            atomic_fetch_add(&metrics->buckets[i], 1);
            return;
        }
}

static void append_requests(struct metrics *metrics, struct buf *out)
{
    unsigned long long below = 0, count = atomic_load(&metrics->count), sum_us = atomic_load(&metrics->sum_us);

    buf_append_z(out, "# HELP liaison_http_requests_total Requests answered, by class of status.\n# TYPE liaison_http_requests_total counter\n");
    for (int class = 2; class < CLASSES; class++)
        buf_printf(out, "liaison_http_requests_total{status=\"%dxx\"} %llu\n", class, (unsigned long long)atomic_load(&metrics->by_class[class]));
    buf_append_z(out, "# HELP liaison_http_request_seconds Time to answer a request.\n# TYPE liaison_http_request_seconds histogram\n");
    for (int i = 0; i < BUCKETS; i++) {
        below += atomic_load(&metrics->buckets[i]);
        buf_printf(out, "liaison_http_request_seconds_bucket{le=\"%s\"} %llu\n", bucket_names[i], below);
    }
    buf_printf(out, "liaison_http_request_seconds_bucket{le=\"+Inf\"} %llu\nliaison_http_request_seconds_sum %llu.%06llu\nliaison_http_request_seconds_count %llu\n", count,
               sum_us / 1000000, sum_us % 1000000, count);
}

/* One family of figures from the database: a label's value and a number per row. */
struct family { const char *name, *help, *type, *label, *sql; };
static const struct family families[] = {
    {"liaison_runs_total", "Runs, by state.", "counter", "state", "SELECT state, COUNT(*) FROM run WHERE company_id = $1 GROUP BY state ORDER BY state"},
    {"liaison_sales_total", "Till sales ever seen, by where they are.", "counter", "outcome", "SELECT state, COUNT(*) FROM sale WHERE company_id = $1 GROUP BY state ORDER BY state"},
    {"liaison_documents_total", "Documents, by kind.", "counter", "kind", "SELECT kind, COUNT(*) FROM document WHERE company_id = $1 GROUP BY kind ORDER BY kind"},
    {"liaison_anomalies_open", "Anomalies that await a person, by code.", "gauge", "code", "SELECT code, COUNT(*) FROM anomaly WHERE company_id = $1 GROUP BY code ORDER BY code"},
    {"liaison_grid_sales", "Sales waiting in the import grid.", "gauge", "kind", "SELECT kind, COUNT(*) FROM grid_sale WHERE company_id = $1 GROUP BY kind ORDER BY kind"},
    {"liaison_till_requests_total", "Requests to tills, and those that were sent again.", "counter", "kind",
     "SELECT 'sent', COALESCE(CAST(SUM(requests) AS BIGINT), 0) FROM run WHERE company_id = $1 UNION ALL SELECT 'retried', COALESCE(CAST(SUM(retries) AS BIGINT), 0) FROM run WHERE company_id = $1"},
};

static int append_family(struct request *request, const struct family *family, struct buf *out, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(request->db, &rows, family->sql, err, DB_INT(request->company->id));

    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name, family->type);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        buf_printf(out, "%s{%s=\"%.*s\"} %lld\n", family->name, family->label, STR_ARG(db_text(&rows, 0)), (long long)db_int(&rows, 1));
        rc = OK;
    }
    return rc;
}

static void append_jobs(struct jobs *jobs, struct buf *out)
{
    int running = 0, queued = jobs_queued(jobs, &running);

    buf_append_z(out, "# HELP liaison_jobs Jobs of this server, by state.\n# TYPE liaison_jobs gauge\n");
    buf_printf(out, "liaison_jobs{state=\"queued\"} %d\nliaison_jobs{state=\"running\"} %d\n", queued, running);
}

int api_metrics(struct request *request, struct reply *reply, struct err *err)
{
    int rc = OK;

    append_requests(request->server->metrics, &reply->body);
    append_jobs(request->server->jobs, &reply->body);
    for (size_t i = 0; rc == OK && i < sizeof families / sizeof *families; i++)
        rc = append_family(request, &families[i], &reply->body, err);
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    return rc;
}
