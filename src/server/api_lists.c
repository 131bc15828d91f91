/* api_lists.c: every list of the books, by pages and as a file: one handler for them all, since report/ has each as data. The route's path names the list. */
#include "server/server_int.h"

/* The list of "/api/v1/LIST" or "/api/v1/export/LIST": "/api/v1/LIST/export" would be the record that is called so. */
static const struct report_list *list_of(const struct request *request)
{
    const struct str prefix = STR("/api/v1/"), export = STR("export/");
    struct str path = str_from(request->route->path);

    path = (struct str){path.p + prefix.n, path.n - prefix.n};
    if (str_starts_with(path, export))
        path = (struct str){path.p + export.n, path.n - export.n};
    for (size_t i = 0; report_list_at(i); i++)
        if (str_equal(path, str_from(report_list_at(i)->path)))
            return report_list_at(i);
    return NULL;
}

enum { PARAMETERS_MAX = 64 };

/* The parameters of the address; that named `known` is the handler's own. */
static int read_query(const struct request *request, const struct report_list *list, const char *known, struct report_query *ret, struct err *err)
{
    struct report_parameter parameters[PARAMETERS_MAX];
    size_t count = 0;

    if (!list)
        return err_set(err, ERR_INTERNAL, N_("there is no list of %s"), request->route->path);
    for (size_t i = 0; i < request->parameter_count; i++) {
        if (known && str_equal(request->parameters[i].name, str_from(known)))
            continue;
        if (count == PARAMETERS_MAX)
            return err_set(err, ERR_USAGE, N_("the address has more than %s parameters"), ERR_INT(PARAMETERS_MAX));
        parameters[count++] = request->parameters[i];
    }
    return report_query_parse(list, request->company, request->arena, parameters, count, ret, err);
}

int api_list(struct request *request, struct reply *reply, struct err *err)
{
    const struct report_list *list = list_of(request);
    struct report_query query;
    int rc = read_query(request, list, NULL, &query, err);

    return rc == OK ? report_page_json(request->db, request->company->id, list, &query, request->arena, &reply->body, err) : rc;
}

int api_lists(struct request *request, struct reply *reply, struct err *err)
{
    return report_lists_json(request->db, request->company->id, &reply->body, err);
}

int api_list_export(struct request *request, struct reply *reply, struct err *err)
{
    const struct report_list *list = list_of(request);
    struct str format = query_text(request, "format");
    bool xlsx = str_equal(format, STR("xlsx"));
    BUF_AUTO day = {0};
    struct report_query query;
    int rc = read_query(request, list, "format", &query, err);

    if (rc == OK && format.n && !xlsx && !str_equal(format, STR("csv")))
        return err_set(err, ERR_USAGE, N_("a list is exported as csv or xlsx, not as “%s”"), ERR_STR(format));
    if (rc == OK)
        rc = (xlsx ? report_export_xlsx : report_export_csv)(request->db, request->company, list, &query, &reply->file, err);
    if (rc != OK)
        return rc;
    civil_append_day(&day, zone_business_day(request->company->zone, request->now_utc, 0));
    reply->file_name = arena_format(request->arena, "%s-%.*s.%s", list->name, STR_ARG(buf_str(&day)), xlsx ? "xlsx" : "csv");
    reply->content_type = xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv; charset=utf-8";
    return OK;
}
