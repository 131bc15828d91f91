/* json.c: what a run counted, as the JSON object of `sync --json`, the text of which the run's journal keeps too; and a link, with what its test says. Used by server and cli. */
#include "sync/sync_int.h"

const char *const sync_flow_names[FLOW_COUNT + 1] = {[FLOW_ARTICLES_IN] = "articles_in", [FLOW_ARTICLES_OUT] = "articles_out", [FLOW_ORDERS] = "orders"};

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

void sync_append_grid_validation_json(struct buf *out, const struct grid_validation *result, bool dry_run)
{
    struct json_out json = {.buf = out};
    json_begin_object(&json);
    json_member_bool(&json, "dry_run", dry_run);
    json_member_int(&json, "checked", result->checked);
    json_member_int(&json, "documents", result->documents);
    json_member_int(&json, "validated", result->validated);
    json_member_int(&json, "blocked", result->blocked);
    json_member_int(&json, "payments", result->payments);
    json_member_int(&json, "reconciled", result->reconciled);
    json_member_int(&json, "anomalies", result->anomalies);
    json_member_bool(&json, "ok", !result->blocked && !result->anomalies);
    json_end_object(&json);
}

void sync_append_resume_json(struct buf *out, const struct resume_result *result)
{
    struct json_out json = {.buf = out};
    json_begin_object(&json);
    json_member_int(&json, "tried", result->tried);
    json_member_int(&json, "validated", result->validated);
    json_member_int(&json, "still_blocked", result->still_blocked);
    json_member_int(&json, "reconciled", result->reconciled);
    json_end_object(&json);
}

/* ---- links ---- */

struct str link_profile_name(struct arena *arena, struct str profile)
{
    struct sales_profile *parsed = NULL;
    struct err ignored = {0};
    if (sales_profile_builtin(profile).p)
        return profile;
    return sales_profile_parse(arena, profile, "profile", &parsed, &ignored) == OK ? sales_profile_name(parsed) : STR("?");
}

static void member_day(struct json_out *json, const struct company *company, const char *name, bool known, int64_t at_utc)
{
    json_member_day(json, name, known, known ? zone_business_day(company->zone, at_utc, company->cutoff_minutes) : 0);
}

static void member_word(struct json_out *json, const char *name, unsigned value)
{
    json_member_str(json, name, str_from(link_member_words(name)[value]));
}

static void put_filters(struct json_out *json, const struct company *company, const struct link_options *o)
{
    json_key(json, "families");
    json_begin_array(json);
    for (size_t i = 0; i < o->family_count; i++)
        json_put_str(json, o->families[i]);
    json_end_array(json);
    json_member_str(json, "code_pattern", o->code_pattern);
    member_day(json, company, "changed_since", o->has_changed_since, o->changed_since_utc);
    json_member_bool(json, "only_in_stock", o->only_in_stock);
    json_member_str(json, "archived", o->archived.p ? o->archived : STR("any"));
}

void link_put_members(struct json_out *json, const struct company *company, const struct link *link)
{
    const struct link_options *o = &link->options;
    ARENA_AUTO arena = {0};
    json_member_int(json, "id", link->id);
    json_member_str(json, "name", o->name);
    json_member_str(json, "url", o->url);
    json_member_str(json, "profile", link_profile_name(&arena, o->profile));
    member_day(json, company, "since", o->has_since, o->since_utc);
    json_member_bool(json, "import_articles", o->import_articles);
    json_member_bool(json, "export_articles", o->export_articles);
    json_member_bool(json, "import_orders", o->import_orders);
    member_word(json, "document", o->orders);
    member_word(json, "numbers", o->numbers);
    json_member_bool(json, "auto_validate", o->auto_validate);
    put_filters(json, company, o);
    member_word(json, "unknown_article", o->unknown_article);
    member_word(json, "unknown_customer", o->unknown_customer);
    member_word(json, "missing_reference", o->reference_from_barcode);
    member_word(json, "negative_stock", o->refuse_negative_stock);
    json_member_int(json, "overlap_minutes", o->overlap_minutes);
    json_member_instant(json, "cursor", link->has_cursor, link->cursor_utc);
}

void link_report_put_members(struct json_out *json, const struct link_report *report)
{
    json_member_bool(json, "reachable", report->reachable);
    json_member_bool(json, "key_accepted", report->key_accepted);
    json_member_str(json, "company", report->account.company_name);
    json_member_str(json, "shop", report->account.shop_name);
    json_member_int(json, "articles", report->articles);
    json_member_int(json, "categories", report->categories);
    json_member_str(json, "profile", report->profile_name);
    json_member_bool(json, "profile_confirmed", report->profile_confirmed);
    json_member_bool(json, "has_sale", report->has_sale);
    json_member_bool(json, "sale_readable", report->sale_readable);
    json_member_str(json, "sale_number", report->sale_number);
    json_member_str(json, "sale_fault", report->sale_fault);
}
