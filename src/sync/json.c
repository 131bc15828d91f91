/* json.c: what a run counted, as the JSON object of `sync --json`; the run's journal keeps the same text. Used by server and cli. */
#include "base/json.h"
#include "sync/sync.h"

const char *const sync_flow_names[FLOW_COUNT] = {[FLOW_ARTICLES_IN] = "articles_in", [FLOW_ARTICLES_OUT] = "articles_out", [FLOW_ORDERS] = "orders"};

static void append_articles(struct json_out *out, const char *name, const struct article_counts *counts)
{
    json_key(out, name);
    json_begin_object(out);
    json_member_int(out, "read", counts->read);
    json_member_int(out, "created", counts->created);
    json_member_int(out, "updated", counts->updated);
    json_member_int(out, "unchanged", counts->unchanged);
    json_member_int(out, "skipped", counts->skipped);
    json_member_int(out, "anomalies", counts->anomalies);
    json_end_object(out);
}

static void append_orders(struct json_out *out, const struct order_counts *counts)
{
    json_key(out, sync_flow_names[FLOW_ORDERS]);
    json_begin_object(out);
    json_member_int(out, "read", counts->read);
    json_member_int(out, "staged", counts->staged);
    json_member_int(out, "already", counts->already);
    json_member_int(out, "changed", counts->changed);
    json_member_int(out, "skipped", counts->skipped);
    json_member_int(out, "documents", counts->documents);
    json_member_int(out, "validated", counts->validated);
    json_member_int(out, "blocked", counts->blocked);
    json_member_int(out, "payments", counts->payments);
    json_member_int(out, "reconciled", counts->reconciled);
    json_member_int(out, "anomalies", counts->anomalies);
    json_end_object(out);
}

void sync_append_json(struct buf *out, const struct sync_result *result)
{
    struct json_out json = {.buf = out};
    json_begin_object(&json);
    json_member_int(&json, "run", result->run_id);
    json_member_bool(&json, "dry_run", result->dry_run);
    append_articles(&json, sync_flow_names[FLOW_ARTICLES_IN], &result->articles_in);
    append_articles(&json, sync_flow_names[FLOW_ARTICLES_OUT], &result->articles_out);
    append_orders(&json, &result->orders);
    json_member_bool(&json, "ok", result->ok);
    json_end_object(&json);
}
