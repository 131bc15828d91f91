/* answer.c: the checks that every answer of the till passes before a byte of it is believed: status, completeness, declared type, JSON, shape.
 * Private to till. It knows no error text of any server generation: a refusal is told by its status alone, and the text is only quoted. */
#include <stdio.h>
#include <string.h>

#include "till/till_int.h"

/* ---- text of strangers ---- */

/* How many bytes at `p` are the secret's beginning, in either case (it is hexadecimal). */
static size_t secret_at(const char *p, size_t n, struct str secret)
{
    size_t common = 0;

    while (common < n && common < secret.n && (p[common] | 0x20) == (secret.p[common] | 0x20))
        common++;
    return common;
}

struct excerpt excerpt_of(struct str s, struct str secret)
{
    enum { TELLING = 6 }; /* fewer characters of a secret tell nothing, and would blank innocent text */
    char kept[EXCERPT_BYTES + 4];
    size_t used = 0;
    bool cut = false;

    for (size_t at = 0; at < s.n;) {
        size_t hidden = secret_at(s.p + at, s.n - at, secret);

        if (used == EXCERPT_BYTES) {
            cut = true;
            break;
        }
        kept[used++] = hidden >= TELLING ? '*' : s.p[at];
        at += hidden >= TELLING ? hidden : 1;
    }
    /* Whole characters only: the last one may have lost its end, so it goes. */
    while (cut && used > 0 && ((unsigned char)kept[used - 1] & 0xC0) == 0x80)
        used--;
    if (cut && used > 0 && (unsigned char)kept[used - 1] >= 0xC0)
        used--;

    struct excerpt excerpt;
    err_str((struct str){kept, used}, excerpt.text);
    if (cut) {
        size_t end = strlen(excerpt.text);

        snprintf(excerpt.text + end, sizeof(excerpt.text) - end, "…");
    }
    return excerpt;
}

/* ---- records ---- */

const struct json *json_present(const struct json *object, struct str path)
{
    const struct json *value = json_get_path(object, path);

    return json_is(value, JSON_NULL) ? NULL : value;
}

struct str json_identity(const struct json *value)
{
    if (json_is(value, JSON_STRING))
        return value->text;
    if (!json_is(value, JSON_NUMBER))
        return STR_NULL;
    for (size_t i = 0; i < value->text.n; i++) {
        if (value->text.p[i] < '0' || value->text.p[i] > '9')
            return STR_NULL;
    }
    return value->text;
}

/* ---- naming and refusing ---- */

struct answer answer_to(const struct till_client *client, const struct http_response *response, enum http_method method, struct str path)
{
    static const char *const names[] = {[HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE"};
    struct answer answer = {.response = response, .secret = client->key_text};

    snprintf(answer.where, sizeof(answer.where), "%s %.*s%.*s", names[method], STR_ARG(client->base_text), STR_ARG(path));
    return answer;
}

static bool declares_json(struct str content_type)
{
    struct str type, parameters;

    str_cut(content_type, ';', &type, &parameters);
    return str_equal_ignore_case(str_trim(type), STR("application/json"));
}

/* The `message` of an error object when there is one, else the text as it came. */
static struct excerpt answer_text(const struct answer *answer)
{
    const struct http_response *response = answer->response;
    struct str text = response->body;
    ARENA_AUTO arena = {0};
    struct json *json = NULL;
    struct err ignored = {0};

    if (declares_json(response->content_type) && json_parse(&arena, response->body, &json, &ignored) == OK) {
        struct str message = json_text(json_get(json, STR("message")));
        if (message.n > 0)
            text = message;
    }
    return excerpt_of(text, answer->secret);
}

int answer_refuse(const struct answer *answer, const char *message, const char *detail, struct err *err)
{
    const struct http_response *response = answer->response;
    struct excerpt type = excerpt_of(response->content_type.n > 0 ? response->content_type : STR("-"), answer->secret);
    struct excerpt text = answer_text(answer);

    return err_set(err, ERR_TILL, message, answer->where, ERR_INT(response->status), type.text, text.text, detail);
}

static int answer_check_status(const struct answer *answer, struct err *err)
{
    switch (answer->response->status) {
    case 200:
    case 201:
        return OK;
    case 401:
    case 403:
        return answer_refuse(answer, N_("the till refuses the API key: %1$s answered status %2$s (%3$s, “%4$s”). Copy the key again from Tactill, or ask "
                                        "Tactill whether it is still valid"), "", err);
    case 404:
        return answer_refuse(answer, N_("the till does not know what was asked for: %1$s answered status %2$s (%3$s, “%4$s”). Check the address of the "
                                        "link; if it is right, the record no longer exists there"), "", err);
    default:
        return answer_refuse(answer, N_("the till refuses what was asked for: %1$s answered status %2$s (%3$s, “%4$s”). Try again later; if it stays so, "
                                        "show this message to Tactill's support"), "", err);
    }
}

/* ---- reading ---- */

int answer_json(const struct answer *answer, struct arena *arena, struct json **ret, struct err *err)
{
    const struct http_response *response = answer->response;
    struct err inner = {0};
    int rc = answer_check_status(answer, err);

    if (rc != OK)
        return rc;
    if (response->truncated)
        return answer_refuse(answer, N_("%1$s was cut off before its end (status %2$s, %3$s, %5$s bytes came, “%4$s”). Try again; nothing of this "
                                        "page was taken"),
                             ERR_INT((int64_t)response->body.n), err);
    if (!declares_json(response->content_type))
        return answer_refuse(answer, N_("%1$s did not answer with JSON, so this is not the till (status %2$s, %3$s, “%4$s”). Check the address of the link, "
                                        "and whether a network portal stands in between"), "", err);
    rc = json_parse(arena, response->body, ret, &inner);
    if (rc == ERR_INTERNAL) {
        *err = inner;
        return rc;
    }
    if (rc != OK)
        return answer_refuse(answer, N_("%1$s answered what is not whole, valid JSON (status %2$s, %3$s, %5$s bytes, “%4$s”). Try again; nothing of "
                                        "this page was taken"),
                             ERR_INT((int64_t)response->body.n), err);
    return OK;
}

int answer_object(const struct answer *answer, struct arena *arena, struct json **ret, struct err *err)
{
    struct json *json;
    int rc = answer_json(answer, arena, &json, err);

    if (rc != OK)
        return rc;
    if (!json_is(json, JSON_OBJECT))
        return answer_refuse(answer, N_("%1$s answered JSON that is not a record (status %2$s, %3$s, “%4$s”). Check the address of the link"), "", err);
    *ret = json;
    return OK;
}

int answer_record(const struct answer *answer, struct arena *arena, struct json **ret, struct err *err)
{
    struct json *json;
    int rc = answer_object(answer, arena, &json, err);

    if (rc != OK)
        return rc;
    if (json_identity(json_get(json, STR("_id"))).n == 0)
        return answer_refuse(answer, N_("%1$s answered a record without an identity (status %2$s, %3$s, “%4$s”). Check the address of the link"), "", err);
    *ret = json;
    return OK;
}

int answer_array(const struct answer *answer, struct str id_path, struct arena *arena, struct json **ret, struct err *err)
{
    struct json *json;
    int64_t place = 1;
    int rc = answer_json(answer, arena, &json, err);

    if (rc != OK)
        return rc;
    if (!json_is(json, JSON_ARRAY))
        return answer_refuse(answer, N_("%1$s answered JSON that is not a list (status %2$s, %3$s, “%4$s”). Check the address of the link and, for sales, its "
                                        "sales profile"), "", err);
    for (const struct json *element = json->first; element != NULL; element = element->next, place++) {
        if (json_identity(json_get_path(element, id_path)).n == 0)
            return answer_refuse(answer, N_("%1$s answered a list whose element %5$s has no identity (status %2$s, %3$s, “%4$s”). Nothing of this page was "
                                            "taken: check the address of the link and, for sales, its sales profile"), ERR_INT(place), err);
    }
    *ret = json;
    return OK;
}
