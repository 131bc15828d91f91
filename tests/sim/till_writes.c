/* till_writes.c: the simulated till's answers to POST and PUT on the catalogue, and what they leave on its shelf. As on the real one a PUT is partial, but an
 * omitted in_stock becomes false and an omitted color the default one. */
#include <stdio.h>

#include "base/json.h"
#include "base/money.h"
#include "till_store.h"

#define DEFAULT_COLOR "#57DB47"

int answer_error(int status, const char *message, struct buf *out)
{
    buf_printf(out, "{\"statusCode\":%d,\"error\":\"Error\",\"message\":\"%s\"}", status, message);
    return status;
}

/* ---- members of a body ---- */

static void take_text(const struct json *body, const char *name, char *ret, size_t size)
{
    const struct json *value = json_get(body, str_from(name));
    if (json_is(value, JSON_STRING))
        sim_copy(ret, size, value->text);
}

static void take_number(const struct json *body, const char *name, int places, bool *has, int64_t *ret)
{
    const struct json *value = json_get(body, str_from(name));
    if (json_is(value, JSON_NUMBER) && decimal_parse_rounded(value->text, places, ret) == DECIMAL_OK && has)
        *has = true;
}

static void take_bool(const struct json *body, const char *name, bool *ret)
{
    const struct json *value = json_get(body, str_from(name));
    if (value)
        *ret = json_is(value, JSON_TRUE);
}

static void take_taxes(const struct json *body, struct shelf_article *article)
{
    const struct json *taxes = json_get(body, STR("taxes"));
    if (!json_is(taxes, JSON_ARRAY))
        return;
    article->tax_count = 0;
    for (const struct json *one = taxes->first; one && article->tax_count < ARTICLE_TAXES_MAX; one = one->next)
        sim_copy(article->tax_ids[article->tax_count++], sizeof article->tax_ids[0], json_text(one));
}

static void take_article(const struct sim_till *till, const struct json *body, struct shelf_article *article)
{
    article->in_stock = false;
    sim_copy(article->color, sizeof article->color, STR(DEFAULT_COLOR));
    take_text(body, "name", article->name, sizeof article->name);
    take_text(body, "reference", article->reference, sizeof article->reference);
    take_text(body, "barcode", article->barcode, sizeof article->barcode);
    take_text(body, "category_id", article->category_id, sizeof article->category_id);
    take_text(body, "unit", article->unit, sizeof article->unit);
    take_text(body, "color", article->color, sizeof article->color);
    take_number(body, "full_price", 4, &article->has_price, &article->price_e4);
    take_number(body, "buy_price", 4, &article->has_buy_price, &article->buy_price_e4);
    take_number(body, "weight", 3, &article->has_weight, &article->weight_milli);
    take_bool(body, "in_stock", &article->in_stock);
    take_bool(body, "ignore_stock", &article->ignore_stock);
    take_taxes(body, article);
    article->updated_utc = sim_till_now(till);
}

/* ---- creating ---- */

/* Later ones have greater ids, as the real ones that begin with a time stamp. */
static void new_id(struct sim_till *till, const char *kind, char ret[25])
{
    snprintf(ret, 25, "6f%s%020llx", kind, (unsigned long long)++till->made);
}

static int create_article(struct sim_till *till, const struct json *body, struct buf *out)
{
    struct shelf_article article = {.ignore_stock = true};
    take_article(till, body, &article);
    if (!article.name[0] || !article.category_id[0] || !json_get(body, STR("taxes")))
        return answer_error(400, "Invalid request payload input", out);
    if (till->shelf_count == SHELF_MAX)
        return answer_error(500, "the shelf is full", out);
    new_id(till, "a0", article.id);
    till->shelf[till->shelf_count++] = article;
    json_append_article(&article, false, out);
    return 201;
}

static int create_named(struct sim_till *till, const struct json *body, bool is_tax, struct buf *out)
{
    struct named named = {.updated_utc = sim_till_now(till)};
    struct named *list = is_tax ? till->taxes : till->categories;
    size_t *count = is_tax ? &till->tax_count : &till->category_count;
    take_text(body, "name", named.name, sizeof named.name);
    take_number(body, "rate", 2, NULL, &named.rate_bp);
    if (!named.name[0])
        return answer_error(400, "Invalid request payload input", out);
    if (*count == NAMED_MAX)
        return answer_error(500, "the list is full", out);
    new_id(till, is_tax ? "f0" : "c0", named.id);
    list[(*count)++] = named;
    json_append_named(&named, is_tax, out);
    return 201;
}

static int update_article(struct sim_till *till, struct str id, const struct json *body, struct buf *out)
{
    for (size_t i = 0; i < till->shelf_count; i++) {
        if (!str_equal(str_from(till->shelf[i].id), id))
            continue;
        if (!json_is(json_get(body, STR("taxes")), JSON_ARRAY))
            return answer_error(400, "Invalid request payload input", out);
        take_article(till, body, &till->shelf[i]);
        buf_append_z(out, "{\"statusCode\":200,\"error\":\"\",\"message\":\"article successfully updated\"}");
        return 200;
    }
    return answer_error(404, "could not be found", out);
}

/* ---- by method and path ---- */

int answer_write(struct sim_till *till, const struct sim_request *request, struct buf *out)
{
    static const struct str one_article = {"/v1/catalog/articles/", sizeof "/v1/catalog/articles/" - 1};
    ARENA_AUTO arena = {0};
    struct json *body;
    struct err ignored = {0};
    if (json_parse(&arena, request->body, &body, &ignored) != OK)
        return answer_error(400, "Invalid request payload JSON format", out);
    if (request->method == HTTP_PUT && str_starts_with(request->path, one_article))
        return update_article(till, (struct str){request->path.p + one_article.n, request->path.n - one_article.n}, body, out);
    if (request->method != HTTP_POST)
        return answer_error(404, "Not Found", out);
    if (str_equal(request->path, STR("/v1/catalog/articles")))
        return create_article(till, body, out);
    if (str_equal(request->path, STR("/v1/catalog/categories")))
        return create_named(till, body, false, out);
    if (str_equal(request->path, STR("/v1/catalog/taxes")))
        return create_named(till, body, true, out);
    return answer_error(404, "Not Found", out);
}

int answer_request(struct sim_till *till, const struct sim_request *request, struct buf *out)
{
    return request->method == HTTP_GET ? answer_list(till, request, out) : answer_write(till, request, out);
}
