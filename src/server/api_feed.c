/* api_feed.c: sales that a program hands over: one, or a list of them, as JSON. Each member is looked at as a cell of a file would be, and what is wrong is told with its place; then all of
 * them are staged or none (grid_feed). Told again with the same content, a sale changes nothing. */
#include <stdio.h>

#include "base/money.h"
#include "server/server_int.h"

enum { SALES_MAX = 500, LINES_MAX = 10000, PAYMENTS_MAX = 1000, TAXES_MAX = 100, NAME_BYTES = 200, TEXT_BYTES = 64 << 10, RATE_MAX = 10000 };

static const char *const kinds[] = {"sale", "refund", NULL};

struct feed {
    struct request *request;
    struct reply *reply;
    const struct company *company;
};

/* A text, absent when it is empty. */
static struct str read_text(struct input *input, const char *member)
{
    struct str text = input_text(input, member, false, TEXT_BYTES);
    return text.n ? text : STR_NULL;
}

static int64_t read_figure(struct input *input, const char *member, bool required)
{
    return input_int(input, member, required, -MONEY_MAX, MONEY_MAX, 0);
}

static bool read_instant(struct input *input, const char *member, int64_t *ret_utc)
{
    struct str text = read_text(input, member);

    if (!text.p)
        return false;
    if (instant_parse(text, ret_utc))
        return true;
    input_refuse(input, member, N_("an instant such as 2026-01-31T10:00:00Z is expected here"));
    return false;
}

static bool read_rate(struct input *input, const char *member, bool required, int64_t *ret_bp)
{
    *ret_bp = input_int(input, member, required, 0, RATE_MAX, -1);
    if (*ret_bp >= 0)
        return true;
    *ret_bp = 0;
    return false;
}

/* The next of a list, as an object of its own; OK or REPLIED when it ends. */
typedef void read_part(struct input *input, void *part);

/* Each object of a list into an element of an array in the arena. OK, REPLIED, or without memory. */
static int read_parts(struct feed *feed, struct input *input, const char *pointer, const char *member, bool required, size_t max, size_t size, read_part *read, void **ret,
                      size_t *ret_count, struct err *err)
{
    const struct json *list = input_array(input, member, required, max);
    char *parts = arena_array(feed->request->arena, (list ? list->count : 0) + 1, size);
    size_t count = 0;

    if (!parts)
        return err_memory(err);
    for (const struct json *item = list ? list->first : NULL; item; item = item->next, count++) {
        struct str place = arena_format(feed->request->arena, "%s/%s/%zu", pointer, member, count);
        struct input *part = place.p ? input_open(feed->request, item, place.p) : NULL;
        read(part, parts + count * size);
        int rc = input_end(part, feed->reply);
        if (rc != OK)
            return rc;
    }
    *ret = parts;
    *ret_count = count;
    return OK;
}

static void read_line(struct input *input, void *part)
{
    struct sale_line *line = part;

    *line = (struct sale_line){
        .article_id = read_text(input, "article_id"), .declination_id = read_text(input, "declination_id"), .reference = read_text(input, "reference"), .label = read_text(input, "label"),
        .category = read_text(input, "category"), .unit = read_text(input, "unit"), .options = read_text(input, "options"), .quantity_milli = read_figure(input, "quantity_milli", true),
        .unit_price_e4 = read_figure(input, "unit_price_e4", true), .discount_cents = read_figure(input, "discount_cents", false), .total_cents = read_figure(input, "total_cents", true),
    };
    line->has_rate = read_rate(input, "rate_bp", false, &line->rate_bp);
}

static void read_payment(struct input *input, void *part)
{
    struct sale_payment *payment = part;

    *payment = (struct sale_payment){.id = read_text(input, "id"), .type = input_text(input, "type", true, NAME_BYTES), .label = read_text(input, "label"),
                                     .amount_cents = read_figure(input, "amount_cents", true)};
    payment->has_paid_utc = read_instant(input, "paid_at", &payment->paid_utc);
}

static void read_tax(struct input *input, void *part)
{
    struct sale_tax *tax = part;

    (void)read_rate(input, "rate_bp", true, &tax->rate_bp);
    tax->tax_cents = read_figure(input, "tax_cents", true);
}

static int read_customer(struct feed *feed, struct input *sale_input, const struct json *object, const char *pointer, struct sale *sale)
{
    const struct json *member = json_get(object, STR("customer"));
    struct str place = arena_format(feed->request->arena, "%s/customer", pointer);

    if (!input_has(sale_input, "customer") || member->type == JSON_NULL)
        return OK;
    struct input *input = place.p ? input_open(feed->request, member, place.p) : NULL;
    sale->has_customer = true;
    sale->customer = (struct sale_customer){
        .id = read_text(input, "id"), .code = read_text(input, "code"), .company_name = read_text(input, "company_name"), .last_name = read_text(input, "last_name"),
        .first_name = read_text(input, "first_name"), .email = read_text(input, "email"), .phone = read_text(input, "phone"), .address = read_text(input, "address"),
        .postcode = read_text(input, "postcode"), .town = read_text(input, "town"), .country = read_text(input, "country"), .vat_number = read_text(input, "vat_number"),
    };
    return input_end(input, feed->reply);
}

/* The day follows from the instant; with a day alone, the sale stands at its beginning, which is never in the future. As in files. */
static void read_time(const struct feed *feed, struct input *input, struct grid_feed_sale *ret)
{
    const struct company *company = feed->company;
    struct sale *sale = &ret->sale;
    int32_t day = 0;

    ret->has_day = input_day(input, "date", false, &ret->day);
    sale->has_closed_utc = read_instant(input, "closed_at", &sale->closed_utc);
    if (ret->has_day && !sale->has_closed_utc) {
        sale->closed_utc = zone_day_start(company->zone, ret->day, company->cutoff_minutes);
        sale->has_closed_utc = instant_is_readable(sale->closed_utc);
        if (!sale->has_closed_utc)
            input_refuse(input, "date", N_("a day such as 2026-01-30 is expected here"));
    }
    if (!sale->has_closed_utc)
        return;
    day = zone_business_day(company->zone, sale->closed_utc, company->cutoff_minutes);
    if (ret->has_day && ret->day != day)
        input_refuse(input, "closed_at", N_("this is not on the day of the member date: leave one of the two away"));
    ret->has_day = true;
    ret->day = day;
}

static int read_sale(struct feed *feed, const struct json *object, const char *pointer, struct grid_feed_sale *ret, struct err *err)
{
    struct input *input = input_open(feed->request, object, pointer);
    struct sale *sale = &ret->sale;

    *ret = (struct grid_feed_sale){.link = read_text(input, "link")};
    *sale = (struct sale){.id = input_text(input, "sale", true, NAME_BYTES), .number = read_text(input, "number"), .state = SALE_PAID, .refund_of = read_text(input, "refund_of"),
                          .total_cents = read_figure(input, "total_cents", true), .tip_cents = read_figure(input, "tip_cents", false), .salesperson = read_text(input, "salesperson")};
    sale->is_refund = input_choice(input, "kind", kinds, sale->total_cents < 0) == 1;
    read_time(feed, input, ret);
    int rc = read_customer(feed, input, object, pointer, sale);
    if (rc == OK)
        rc = read_parts(feed, input, pointer, "lines", true, LINES_MAX, sizeof *sale->lines, read_line, (void **)&sale->lines, &sale->line_count, err);
    if (rc == OK)
        rc = read_parts(feed, input, pointer, "payments", false, PAYMENTS_MAX, sizeof *sale->payments, read_payment, (void **)&sale->payments, &sale->payment_count, err);
    if (rc == OK)
        rc = read_parts(feed, input, pointer, "tax", false, TAXES_MAX, sizeof *sale->taxes, read_tax, (void **)&sale->taxes, &sale->tax_count, err);
    return rc == OK ? input_end(input, feed->reply) : rc;
}

/* ---- the answer ---- */

static void put_results(struct json_out *json, const struct grid_feed_sale *sales, const struct grid_feed_result *results, size_t count)
{
    int64_t staged = 0;

    for (size_t i = 0; i < count; i++)
        staged += results[i].outcome == GRID_FED_STAGED || results[i].outcome == GRID_FED_REPLACED;
    json_begin_object(json);
    json_member_int(json, "staged", staged);
    json_member_int(json, "already", (int64_t)count - staged);
    json_key(json, "sales");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json);
        json_member_str(json, "sale", sales[i].sale.id);
        json_member_str(json, "outcome", str_from(grid_fed_names[results[i].outcome]));
        json_key(json, "id");
        if (results[i].grid_sale_id)
            json_put_int(json, results[i].grid_sale_id);
        else
            json_put_null(json);
        json_member_str(json, "document", results[i].document);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static int feed_sales(struct feed *feed, const struct grid_feed_sale *sales, size_t count, bool listed, struct err *err)
{
    struct request *request = feed->request;
    struct grid_feed_result *results = arena_array(request->arena, count, sizeof *results);
    struct json_out json = {.buf = &feed->reply->body};
    struct grid_session *session = NULL;
    char pointer[40] = "";
    size_t bad = count;
    int rc = results ? grid_session_new(&session, request->db, request->company, &grid_default_rules, request->now_utc, 0, err) : err_memory(err);

    if (rc == OK)
        rc = grid_feed(session, sales, count, request->arena, results, &bad, err);
    grid_session_free(session);
    if (rc == ERR_DATA && bad < count) {
        if (listed)
            snprintf(pointer, sizeof pointer, "/sales/%zu", bad);
        return reply_problem_at(request, feed->reply, problem_status(rc), pointer, err);
    }
    if (rc != OK)
        return rc;
    put_results(&json, sales, results, count);
    feed->reply->status = 201;
    return OK;
}

/* A list, and nothing besides it. */
static int open_list(struct feed *feed, const struct json **ret)
{
    struct input *input = input_open(feed->request, feed->request->body, "");

    *ret = input_array(input, "sales", true, SALES_MAX);
    if (*ret && (*ret)->count == 0)
        input_refuse(input, "sales", N_("this is needed"));
    return input_end(input, feed->reply);
}

int api_grid_feed(struct request *request, struct reply *reply, struct err *err)
{
    struct feed feed = {.request = request, .reply = reply, .company = request->company};
    const struct json *list = json_get(request->body, STR("sales"));
    bool listed = list != NULL;
    int rc = listed ? open_list(&feed, &list) : OK;
    size_t count = listed && rc == OK ? list->count : 1, i = 0;
    struct grid_feed_sale *sales = rc == OK ? arena_array(request->arena, count, sizeof *sales) : NULL;

    if (rc == OK && !sales)
        return err_memory(err);
    if (rc == OK && !listed)
        rc = read_sale(&feed, request->body, "", &sales[0], err);
    for (const struct json *item = listed && rc == OK ? list->first : NULL; rc == OK && item; item = item->next, i++) {
        struct str pointer = arena_format(request->arena, "/sales/%zu", i);
        rc = pointer.p ? read_sale(&feed, item, pointer.p, &sales[i], err) : err_memory(err);
    }
    return rc == OK ? feed_sales(&feed, sales, count, listed, err) : rc;
}
