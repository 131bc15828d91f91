/* grid_json.c: the grid as JSON: a staged sale whole, what is wrong, and what one press of a button can do about it, derived from the catalogue and the arguments of
 * the anomaly. Used by server and cli through grid/grid.h, so that a page shows what the command line prints. */
#include "grid/grid_int.h"

/* ---- cures ---- */

static const char *const cure_names[] = {[CURE_MAP_TAX] = "map_tax", [CURE_MAP_MEANS] = "map_means", [CURE_CREATE_ARTICLE] = "create_article",
                                         [CURE_SET_REFERENCE] = "set_reference", [CURE_ACCEPT] = "accept", [CURE_EDIT] = "edit"};

static bool is_of_sale(const struct anomaly_kind *kind)
{
    return str_equal(str_from(kind->subject), STR("sale"));
}

/* What the arguments alone say. A rate that is no number (the till's own name of a VAT that it does not explain) cannot be mapped. */
static struct anomaly_action action_of_args(const struct anomaly_kind *kind, const struct str *args)
{
    struct anomaly_action action = {.cure = kind->action};
    switch (kind->action) {
    case CURE_MAP_TAX:
        if (decimal_parse_human(args[0], 2, &action.rate_bp) != DECIMAL_OK)
            action.cure = CURE_NONE;
        break;
    case CURE_MAP_MEANS:
        action.till_type = args[0];
        action.label = args[1];
        break;
    case CURE_CREATE_ARTICLE:
        action.code = args[0];
        action.label = args[1];
        break;
    case CURE_SET_REFERENCE:
        action.till_article = args[0];
        action.name = args[1];
        break;
    case CURE_NONE:
    case CURE_ACCEPT:
    case CURE_EDIT: break;
    }
    return action;
}

/* A till article is the subject itself: "id" or "id/declination". */
static void take_article(struct anomaly_action *action, struct str subject)
{
    if (!str_cut(subject, '/', &action->till_article, &action->declination))
        action->declination = STR_NULL;
}

/* The first sale of the grid that has it, and the declination of its line. */
static int find_example(struct db *db, int64_t company_id, const struct anomaly_group *group, struct arena *arena, struct anomaly_action *action, struct err *err)
{
    static const char SELECT_EXAMPLE[] =
        "SELECT g.grid_sale_id, l.declination_id FROM anomaly a JOIN grid_sale g ON g.company_id = a.company_id AND g.link_id = a.link_id AND g.till_sale_id = a.subject"
        " LEFT JOIN grid_line l ON l.company_id = g.company_id AND l.grid_sale_id = g.grid_sale_id AND l.line_no = a.line_no"
        " WHERE a.company_id = $1 AND a.code = $2 AND a.cause_key = $3 AND a.subject_kind = 'sale' AND (a.link_id = $4 OR $4 < 0) ORDER BY g.grid_sale_id LIMIT 1";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_EXAMPLE, err, DB_INT(company_id), DB_STR(str_from(group->kind->code)), DB_STR(group->cause_key), DB_INT(group->link_id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc <= 0)
        return rc;
    action->grid_sale_id = db_int(&rows, 0);
    if (db_is_null(&rows, 1))
        return OK;
    action->declination = arena_copy(arena, db_text(&rows, 1));
    return action->declination.p ? OK : err_memory(err);
}

int anomaly_group_action(struct db *db, int64_t company_id, const struct anomaly_group *group, struct arena *arena, struct anomaly_action *ret, struct err *err)
{
    struct anomaly_action action = action_of_args(group->kind, group->args);
    int rc = OK;
    action.link_id = group->link_id;
    if (action.cure != CURE_NONE && is_of_sale(group->kind))
        rc = find_example(db, company_id, group, arena, &action, err);
    else if (action.cure == CURE_SET_REFERENCE)
        take_article(&action, group->example);
    if (rc == OK)
        *ret = action;
    return rc;
}

static struct anomaly_action action_of_row(const struct grid_content *content, const struct anomaly *anomaly)
{
    struct anomaly_action action = action_of_args(&anomaly_catalogue[anomaly->code], anomaly->args);
    action.link_id = content->row.link_id;
    action.grid_sale_id = content->row.id;
    if (action.cure == CURE_SET_REFERENCE && anomaly->line_no > 0 && (size_t)anomaly->line_no <= content->sale.line_count)
        action.declination = content->sale.lines[anomaly->line_no - 1].declination_id;
    return action;
}

void anomaly_action_put_json(struct json_out *json, const struct anomaly_action *action, struct str link_name)
{
    if (action->cure == CURE_NONE) {
        json_put_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "kind", str_from(cure_names[action->cure]));
    if (action->cure == CURE_MAP_TAX || action->cure == CURE_MAP_MEANS || action->cure == CURE_SET_REFERENCE)
        json_member_str(json, "link", link_name);
    switch (action->cure) {
    case CURE_MAP_TAX: json_member_int(json, "rate_bp", action->rate_bp); break;
    case CURE_MAP_MEANS:
        json_member_str(json, "till_type", action->till_type);
        json_member_str(json, "label", action->label);
        break;
    case CURE_CREATE_ARTICLE:
        json_member_str(json, "code", action->code);
        json_member_str(json, "label", action->label);
        break;
    case CURE_SET_REFERENCE:
        json_member_str(json, "till_article", action->till_article);
        json_member_str(json, "declination", action->declination);
        json_member_str(json, "name", action->name);
        break;
    case CURE_ACCEPT:
    case CURE_EDIT: json_member_int(json, "sale", action->grid_sale_id); break;
    case CURE_NONE: break;
    }
    json_end_object(json);
}

static void put_cause_and_cure(struct json_out *json, const struct anomaly_kind *kind, const struct str *args, int arg_count)
{
    BUF_AUTO cause = {0};
    BUF_AUTO cure = {0};
    anomaly_append_cause(&cause, kind, args, arg_count);
    anomaly_append_cure(&cure, kind, args, arg_count);
    json_member_str(json, "cause", buf_str(&cause));
    json_member_str(json, "cure", buf_str(&cure));
}

void anomaly_group_put_json(struct json_out *json, const struct anomaly_group *group, const struct anomaly_action *action, struct str link_name)
{
    json_begin_object(json);
    json_member_str(json, "code", str_from(group->kind->code));
    json_member_str(json, "subject", str_from(group->kind->subject));
    put_cause_and_cure(json, group->kind, group->args, group->arg_count);
    json_member_bool(json, "blocking", group->kind->blocking);
    json_member_int(json, "subjects", group->subjects);
    json_member_int(json, "amount_cents", group->amount_cents);
    json_member_str(json, "example", group->example);
    json_member_str(json, "link", link_name);
    json_key(json, "args");
    json_begin_array(json);
    for (int i = 0; i < group->arg_count; i++)
        json_put_str(json, group->args[i]);
    json_end_array(json);
    json_key(json, "action");
    anomaly_action_put_json(json, action, link_name);
    json_end_object(json);
}

int grid_link_name(struct db *db, int64_t company_id, int64_t link_id, struct arena *arena, struct str *ret, struct err *err)
{
    static const char SELECT_NAME[] = "SELECT name FROM link WHERE company_id = $1 AND link_id = $2 AND removed = 0";
    *ret = STR_NULL;
    if (link_id <= 0)
        return OK;
    int rc = db_query_text(db, arena, ret, SELECT_NAME, err, DB_INT(company_id), DB_INT(link_id));
    return rc < 0 ? rc : OK;
}

/* ---- a sale whole ---- */

static void put_anomalies(struct json_out *json, const struct grid_content *content, struct str link_name)
{
    json_key(json, "anomalies");
    json_begin_array(json);
    for (size_t i = 0; i < content->anomaly_count; i++) {
        const struct anomaly *anomaly = &content->anomalies[i];
        const struct anomaly_action action = action_of_row(content, anomaly);
        json_begin_object(json);
        json_member_str(json, "code", str_from(anomaly_catalogue[anomaly->code].code));
        json_member_int(json, "line", anomaly->line_no);
        put_cause_and_cure(json, &anomaly_catalogue[anomaly->code], anomaly->args, anomaly->arg_count);
        json_member_int(json, "amount_cents", anomaly->amount_cents);
        json_key(json, "action");
        anomaly_action_put_json(json, &action, link_name);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_lines(struct json_out *json, const struct sale *sale)
{
    json_key(json, "lines");
    json_begin_array(json);
    for (size_t i = 0; i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];
        json_begin_object(json);
        json_member_int(json, "line", (int64_t)i + 1);
        json_member_str(json, "till_article", line->article_id);
        json_member_str(json, "reference", line->reference);
        json_member_str(json, "label", line->label);
        json_member_int(json, "quantity_milli", line->quantity_milli);
        json_member_str(json, "unit", line->unit);
        json_member_int(json, "unit_price_e4", line->unit_price_e4);
        json_member_int(json, "discount_cents", line->discount_cents);
        json_member_int(json, "total_cents", line->total_cents);
        json_key(json, "rate_bp");
        if (line->has_rate)
            json_put_int(json, line->rate_bp);
        else
            json_put_null(json);
        json_member_str(json, "options", line->options);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_payments_and_taxes(struct json_out *json, const struct sale *sale)
{
    json_key(json, "payments");
    json_begin_array(json);
    for (size_t i = 0; i < sale->payment_count; i++) {
        json_begin_object(json);
        json_member_str(json, "till_payment", sale->payments[i].id);
        json_member_str(json, "type", sale->payments[i].type);
        json_member_str(json, "label", sale->payments[i].label);
        json_member_int(json, "amount_cents", sale->payments[i].amount_cents);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "tax");
    json_begin_array(json);
    for (size_t i = 0; i < sale->tax_count; i++) {
        json_begin_object(json);
        json_member_int(json, "rate_bp", sale->taxes[i].rate_bp);
        json_member_int(json, "tax_cents", sale->taxes[i].tax_cents);
        json_end_object(json);
    }
    json_end_array(json);
}

void grid_content_put_json(struct json_out *json, const struct grid_content *content, struct str link_name)
{
    const struct grid_sale_row *row = &content->row;

    json_begin_object(json);
    json_member_int(json, "id", row->id);
    json_member_str(json, "sale", row->till_sale_id);
    json_member_str(json, "number", row->number);
    json_member_str(json, "kind", row->kind);
    json_member_day(json, "date", row->has_day, row->day);
    json_member_str(json, "customer", row->customer);
    json_member_str(json, "salesperson", row->salesperson);
    json_member_str(json, "refund_of", row->refund_of);
    json_member_int(json, "total_cents", row->total_cents);
    json_member_int(json, "tip_cents", row->tip_cents);
    json_member_str(json, "anomaly", row->anomaly);
    json_member_str(json, "link", link_name);
    json_member_int(json, "revision", row->revision);
    json_member_bool(json, "blocked", row->blocked);
    json_member_bool(json, "edited", row->edited);
    put_lines(json, &content->sale);
    put_payments_and_taxes(json, &content->sale);
    put_anomalies(json, content, link_name);
    grid_put_editable(json, content);
    json_end_object(json);
}
