/* api_mappings.c: how the till's words are understood: its VAT rates, its means of payment, its articles without a reference. One correction frees all the sales that waited for it, at the
 * next validation. */
#include "server/server_int.h"

enum { NAME_BYTES = 200, CODE_BYTES = 100, RATE_MAX = 10000 };

/* ---- list ---- */

/* A section of the answer: rows of (link, what the till says, …, what it is here). */
struct mapping_list { const char *name, *sql; const char *columns[4]; /* "rate_bp" is a number, the others are texts */ };

static const struct mapping_list lists[] = {
    {"tax",
     "SELECT l.name, m.rate_bp, t.code FROM tax_mapping m JOIN tax t ON t.company_id = m.company_id AND t.tax_id = m.tax_id"
     " LEFT JOIN link l ON l.company_id = m.company_id AND l.link_id = m.link_id WHERE m.company_id = $1 AND (m.link_id = 0 OR l.removed = 0) ORDER BY m.link_id, m.rate_bp",
     {"link", "rate_bp", "tax", NULL}},
    {"means",
     "SELECT l.name, m.till_type, t.code FROM means_mapping m JOIN means t ON t.company_id = m.company_id AND t.means_id = m.means_id"
     " LEFT JOIN link l ON l.company_id = m.company_id AND l.link_id = m.link_id WHERE m.company_id = $1 AND (m.link_id = 0 OR l.removed = 0) ORDER BY m.link_id, m.till_type",
     {"link", "till_type", "means", NULL}},
    {"references",
     "SELECT l.name, m.till_article_id, NULLIF(m.declination_id, ''), m.bound_code FROM till_article m JOIN link l ON l.company_id = m.company_id AND l.link_id = m.link_id"
     " WHERE m.company_id = $1 AND m.bound_code IS NOT NULL AND l.removed = 0 ORDER BY l.name, m.till_article_id, m.declination_id LIMIT 10000",
     {"link", "till_article", "declination", "code"}},
};

static int put_list(struct request *request, struct json_out *json, const struct mapping_list *list, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(request->db, &rows, list->sql, err, DB_INT(request->company->id));

    json_key(json, list->name);
    json_begin_array(json);
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        json_begin_object(json);
        for (int i = 0; i < 4 && list->columns[i]; i++) {
            if (str_equal(str_from(list->columns[i]), STR("rate_bp")))
                json_member_int(json, list->columns[i], db_int(&rows, i));
            else
                json_member_str(json, list->columns[i], db_text(&rows, i));
        }
        json_end_object(json);
        rc = OK;
    }
    json_end_array(json);
    return rc;
}

int api_mapping_list(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out json = {.buf = &reply->body};
    int rc = OK;

    json_begin_object(&json);
    for (size_t i = 0; rc == OK && i < sizeof lists / sizeof *lists; i++)
        rc = put_list(request, &json, &lists[i], err);
    json_end_object(&json);
    return rc;
}

/* ---- mapping ---- */

struct mapping {
    struct request *request;
    struct reply *reply;
    const struct link *link;           /* NULL: all, and files */
    int64_t rate_bp, target_id, links;
    struct str till_type;              /* absent: it is a rate */
};

static int map_body(struct db *db, void *context, struct err *err)
{
    struct mapping *mapping = context;
    int64_t company_id = mapping->request->company->id;

    return mapping->till_type.p ? link_map_means(db, company_id, mapping->link, mapping->till_type, mapping->target_id, &mapping->links, err)
                                : link_map_tax(db, company_id, mapping->link, mapping->rate_bp, mapping->target_id, &mapping->links, err);
}

/* A name that leads nowhere is told with its member. OK or REPLIED. */
static int find_link(struct request *request, struct reply *reply, struct str name, struct link *ret, struct err *err)
{
    int rc = link_open(request->db, request->company->id, request->arena, name, ret, err);

    return rc == ERR_NOT_FOUND ? reply_problem_at(request, reply, problem_status(ERR_DATA), "/link", err) : rc;
}

/* `found` is what looking up `code` gave; the refusal names the member. */
static int check_found(const struct mapping *mapping, int found, const char *pointer, const char *message, struct str code, struct err *err)
{
    if (found != 0)
        return found < 0 ? found : OK;
    err_set(err, ERR_DATA, message, ERR_STR(code));
    return reply_problem_at(mapping->request, mapping->reply, problem_status(ERR_DATA), pointer, err);
}

static int map(struct mapping *mapping, struct str link_name, const char *pointer, struct err *err)
{
    struct link link;
    int rc = link_name.n ? find_link(mapping->request, mapping->reply, link_name, &link, err) : OK;

    mapping->link = link_name.n ? &link : NULL;
    if (rc == OK)
        rc = db_transact(mapping->request->db, map_body, mapping, err);
    mapping->link = NULL; /* it was of here */
    if (rc == ERR_DATA)
        return reply_problem_at(mapping->request, mapping->reply, problem_status(rc), pointer, err);
    if (rc == OK)
        mapping->reply->status = 204;
    return rc;
}

int api_mapping_tax(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct mapping mapping = {.request = request, .reply = reply};
    struct str link = input_text(input, "link", false, NAME_BYTES), code = input_text(input, "tax", true, CODE_BYTES);

    mapping.rate_bp = input_int(input, "rate_bp", true, 0, RATE_MAX, 0);
    int rc = input_end(input, reply);
    if (rc != OK)
        return rc;
    int found = tax_find_by_code(request->db, request->company->id, code, &mapping.target_id, err);
    rc = check_found(&mapping, found, "/tax", N_("there is no VAT code %s: make it first"), code, err);
    return rc == OK ? map(&mapping, link, "/tax", err) : rc;
}

int api_mapping_means(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct mapping mapping = {.request = request, .reply = reply};
    struct str link = input_text(input, "link", false, NAME_BYTES), code = input_text(input, "means", true, CODE_BYTES);

    mapping.till_type = input_text(input, "till_type", true, NAME_BYTES);
    int rc = input_end(input, reply);
    if (rc != OK)
        return rc;
    int found = means_find_by_code(request->db, request->company->id, code, &mapping.target_id, err);
    rc = check_found(&mapping, found, "/means", N_("there is no means of payment %s: make it first"), code, err);
    return rc == OK ? map(&mapping, link, "/means", err) : rc;
}

struct binding { struct request *request; int64_t link_id; struct str till_article, declination, code; };

static int bind_body(struct db *db, void *context, struct err *err)
{
    const struct binding *binding = context;

    return grid_bind_article(db, binding->request->company->id, binding->link_id, binding->till_article, binding->declination, binding->code, err);
}

int api_mapping_reference(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct binding binding = {.request = request, .till_article = input_text(input, "till_article", true, NAME_BYTES), .declination = input_text(input, "declination", false, NAME_BYTES),
                              .code = str_trim(input_text(input, "code", true, CODE_BYTES))};
    struct str name = input_text(input, "link", true, NAME_BYTES);
    struct link link;
    int rc = input_end(input, reply);

    if (rc == OK)
        rc = find_link(request, reply, name, &link, err);
    if (rc != OK)
        return rc;
    binding.link_id = link.id;
    rc = db_transact(request->db, bind_body, &binding, err);
    if (rc == OK)
        reply->status = 204;
    return rc;
}
