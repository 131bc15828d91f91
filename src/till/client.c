/* client.c: one till behind one key: requests with their header, the account, and single records of the catalogue. Used by sync and cli through
 * till/till.h; list.c reads the lists on top of client_send and client_receive. The key leaves this file only as a request header. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "till/till_int.h"

/* ---- making and freeing ---- */

static char *copy_text(struct str s)
{
    char *copy = mem_alloc(s.n + 1);

    if (copy != NULL) {
        memcpy(copy, s.p, s.n);
        copy[s.n] = '\0';
    }
    return copy;
}

/* People paste the address with a slash, or with the version that the till's documentation shows. */
static struct str base_address(struct str url)
{
    url = str_trim(url);
    while (str_ends_with(url, STR("/")))
        url.n--;
    if (str_ends_with(url, STR("/v1")))
        url.n -= 3;
    while (str_ends_with(url, STR("/")))
        url.n--;
    return url;
}

int till_client_new(struct till_client **ret, struct str url, struct str key, struct http_client *http, struct err *err)
{
    struct str base = base_address(url);
    struct till_client *client = mem_alloc_zero(1, sizeof(*client));
    int rc = client == NULL ? err_memory(err) : OK;

    if (rc != OK) {
        http_client_free(http);
        return rc;
    }
    client->http = http;
    rc = http_url_check(base, err);
    if (rc != OK)
        goto out;
    if (memchr(base.p, '?', base.n) != NULL || memchr(base.p, '#', base.n) != NULL) {
        rc = err_set(err, ERR_DATA, N_("the address %s of the till has a ? or a #: give only the beginning, such as https://api4.tactill.com"), ERR_STR(base));
        goto out;
    }
    rc = till_key_check(key, err);
    if (rc != OK)
        goto out;
    client->base = copy_text(base);
    client->key = copy_text(key);
    if (client->base == NULL || client->key == NULL) {
        rc = err_memory(err);
        goto out;
    }
    client->base_text = (struct str){client->base, base.n};
    client->key_text = (struct str){client->key, key.n};
    *ret = client;
    client = NULL;
out:
    till_client_free(client);
    return rc;
}

void till_client_free(struct till_client *client)
{
    if (client == NULL)
        return;
    http_client_free(client->http);
    mem_free(client->base);
    if (client->key != NULL)
        explicit_bzero(client->key, strlen(client->key));
    mem_free(client->key);
    mem_free(client);
}

struct http_client *till_client_http(struct till_client *client)
{
    return client->http;
}

/* ---- exchanges ---- */

int client_send(struct till_client *client, enum http_method method, struct str target, struct str body, uint64_t *ret_tag, struct err *err)
{
    BUF_AUTO url = {0};
    struct http_header headers[] = {
        {STR("x-api-key"), client->key_text},
        {STR("Accept"), STR("application/json")},
        {STR("Content-Type"), STR("application/json")},
    };

    buf_append(&url, client->base_text);
    buf_append(&url, target);
    if (buf_failed(&url))
        return err_memory(err);
    struct http_request request = {
        .method = method,
        .url = buf_str(&url),
        .body = body,
        .headers = headers,
        .header_count = body.p != NULL ? 3 : 2,
    };
    int rc = http_client_submit(client->http, &request, client->last_tag + 1, err);
    if (rc != OK)
        return rc;
    client->open++;
    *ret_tag = ++client->last_tag;
    return OK;
}

int client_receive(struct till_client *client, struct http_response *ret, struct err *failure, struct err *err)
{
    struct http_response response = {0}; /* tag 0 is never given: it says that the failure is not one request's */
    struct err outcome = {0};

    assert(client->open > 0);
    int rc = http_client_next(client->http, &response, &outcome);
    if (rc != OK && response.tag == 0) {
        *err = outcome;
        return rc;
    }
    client->open--;
    if (rc != OK) {
        response = (struct http_response){.tag = response.tag};
        *failure = outcome;
    }
    *ret = response;
    return OK;
}

/* One exchange; answers that an abandoned list left behind are dropped. The response is valid until the next call. */
static int client_exchange(struct till_client *client, enum http_method method, struct str target, struct str body, struct http_response *ret, struct err *err)
{
    struct err failure = {0};
    struct http_response response;
    uint64_t tag;
    int rc = client_send(client, method, target, body, &tag, err);

    if (rc != OK)
        return rc;
    do {
        rc = client_receive(client, &response, &failure, err);
        if (rc != OK)
            return rc;
    } while (response.tag != tag);
    if (response.status == 0) {
        *err = failure;
        return failure.code;
    }
    *ret = response;
    return OK;
}

int till_page_get(struct till_client *client, const struct till_list *list, int64_t skip, struct arena *arena, struct str *ret_bytes, struct json **ret_array,
                  struct err *err)
{
    struct http_response response;
    BUF_AUTO target = {0};

    till_append_list_query(&target, list, skip);
    if (buf_failed(&target))
        return err_memory(err);
    int rc = client_exchange(client, HTTP_GET, buf_str(&target), STR_NULL, &response, err);
    if (rc != OK)
        return rc;
    struct answer answer = answer_to_page(client, &response, list, skip);
    struct json *array;
    rc = answer_array(&answer, list_id_path(list), arena, &array, err);
    if (rc != OK)
        return rc;
    struct str bytes = arena_copy(arena, response.body);
    if (bytes.p == NULL)
        return err_memory(err);
    *ret_bytes = bytes;
    *ret_array = array;
    return OK;
}

/* ---- the account ---- */

/* Element 0 of one of the account's lists: a record, or only its id. */
static bool account_first(const struct json *account, struct str list, struct arena *arena, struct str *ret_id, struct str *ret_name)
{
    const struct json *array = json_get(account, list);
    const struct json *first = json_is(array, JSON_ARRAY) ? array->first : NULL;
    struct str id = json_identity(json_is(first, JSON_OBJECT) ? json_get(first, STR("_id")) : first);

    *ret_id = arena_copy(arena, id);
    *ret_name = arena_copy(arena, json_text(json_get(first, STR("name"))));
    return id.n > 0;
}

int till_account_get(struct till_client *client, struct arena *arena, struct till_account *ret, struct err *err)
{
    static const struct str path = {"/v1/account/account", sizeof("/v1/account/account") - 1};
    struct till_account account = {0};
    struct http_response response;
    ARENA_AUTO scratch = {0}; /* the record holds the key: it is not left in the caller's arena */
    struct json *json;
    int rc = client_exchange(client, HTTP_GET, path, STR_NULL, &response, err);

    if (rc != OK)
        return rc;
    struct answer answer = answer_to(client, &response, HTTP_GET, path);
    if (response.status == 404)
        return answer_refuse(&answer, N_("no Tactill till answers at this address: %1$s answered status %2$s (%3$s, “%4$s”). Check the address of the link: "
                                         "it is https://api4.tactill.com for a real till"), "", err);
    rc = answer_object(&answer, &scratch, &json, err);
    if (rc != OK)
        return rc;
    bool has_node = account_first(json, STR("nodes"), arena, &account.node_id, &account.node_name);
    bool has_company = account_first(json, STR("companies"), arena, &account.company_id, &account.company_name);
    bool has_shop = account_first(json, STR("shops"), arena, &account.shop_id, &account.shop_name);
    const char *missing = !has_node ? "nodes" : !has_company ? "companies" : !has_shop ? "shops" : NULL;
    if (missing != NULL)
        return err_set(err, ERR_TILL, N_("the till's account has no shop (%s names nothing in “%s”): ask Tactill to finish setting up the account, "
                                         "or check the address of the link"), answer.where, missing);
    account.email = arena_copy(arena, json_text(json_get(json, STR("email"))));
    if (account.node_id.p == NULL || account.company_id.p == NULL || account.shop_id.p == NULL)
        return err_memory(err);
    *ret = account;
    return OK;
}

/* ---- catalogue records, one at a time ---- */

struct str resource_path(enum till_resource resource)
{
    static const char *const paths[TILL_RESOURCE_COUNT] = {
        [TILL_ARTICLES] = "/v1/catalog/articles",
        [TILL_CATEGORIES] = "/v1/catalog/categories",
        [TILL_TAXES] = "/v1/catalog/taxes",
        [TILL_DISCOUNTS] = "/v1/catalog/discounts",
        [TILL_OPTIONS] = "/v1/catalog/options",
        [TILL_OPTION_LISTS] = "/v1/catalog/option_lists",
        [TILL_PACKS] = "/v1/catalog/packs",
    };

    assert(resource < TILL_RESOURCE_COUNT);
    return str_from(paths[resource]);
}

static bool append_record_path(struct buf *out, enum till_resource resource, struct str id)
{
    buf_append(out, resource_path(resource));
    buf_append_char(out, '/');
    http_append_encoded(out, id);
    return !buf_failed(out);
}

int till_create(struct till_client *client, enum till_resource resource, struct str body, struct arena *arena, struct json **ret_created, struct err *err)
{
    struct http_response response;
    int rc = client_exchange(client, HTTP_POST, resource_path(resource), body, &response, err);

    if (rc != OK)
        return rc;
    struct answer answer = answer_to(client, &response, HTTP_POST, resource_path(resource));
    return answer_record(&answer, arena, ret_created, err);
}

int till_update(struct till_client *client, enum till_resource resource, struct str id, struct str body, struct err *err)
{
    struct http_response response;
    ARENA_AUTO scratch = {0};
    BUF_AUTO path = {0};
    struct json *status; /* only a status object comes back: the record is read again by who wants it */

    if (!append_record_path(&path, resource, id))
        return err_memory(err);
    int rc = client_exchange(client, HTTP_PUT, buf_str(&path), body, &response, err);
    if (rc != OK)
        return rc;
    struct answer answer = answer_to(client, &response, HTTP_PUT, buf_str(&path));
    return answer_object(&answer, &scratch, &status, err);
}

int till_get(struct till_client *client, enum till_resource resource, struct str id, struct arena *arena, struct json **ret, struct err *err)
{
    struct http_response response;
    BUF_AUTO path = {0};
    struct json *record;

    if (!append_record_path(&path, resource, id))
        return err_memory(err);
    int rc = client_exchange(client, HTTP_GET, buf_str(&path), STR_NULL, &response, err);
    if (rc != OK)
        return rc;
    struct answer answer = answer_to(client, &response, HTTP_GET, buf_str(&path));
    rc = answer_record(&answer, arena, &record, err);
    if (rc != OK)
        return rc;
    if (!str_equal(json_identity(json_get(record, STR("_id"))), id))
        return answer_refuse(&answer, N_("%1$s answered another record than the one asked for (status %2$s, %3$s, “%4$s”). Try again; if it stays so, show this "
                                         "message to Tactill's support"), "", err);
    *ret = record;
    return OK;
}
