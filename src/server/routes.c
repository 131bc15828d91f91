/* routes.c: the one table of what can be asked of the API: who may, what the body is, what must be said with it, and who answers. Dispatch, the test of every role on every
 * route and the comparison with api/openapi.yaml are made from it. A path has names in braces; what stands there is decoded and handed to the handler in order. */
#include "server/server_int.h"

const struct route routes[] = {
    {"GET",    "/api/v1/session",            RIGHT_ANYBODY, BODY_NONE, 0,              api_session_show},
    {"POST",   "/api/v1/session",            RIGHT_ANYBODY, BODY_JSON, 0,              api_session_open},
    {"DELETE", "/api/v1/session",            RIGHT_SELF,    BODY_NONE, 0,              api_session_close},
    {"PUT",    "/api/v1/session/password",   RIGHT_SELF,    BODY_JSON, 0,              api_session_password},
    {"GET",    "/api/v1/setup",              RIGHT_ANYBODY, BODY_NONE, 0,              api_setup_show},
    {"POST",   "/api/v1/setup",              RIGHT_ANYBODY, BODY_JSON, 0,              api_setup_create},
    {"GET",    "/api/v1/users",              RIGHT_ADMIN,   BODY_NONE, 0,              api_user_list},
    {"POST",   "/api/v1/users",              RIGHT_ADMIN,   BODY_JSON, ROUTE_CREATES,  api_user_create},
    {"PATCH",  "/api/v1/users/{name}",       RIGHT_ADMIN,   BODY_JSON, 0,              api_user_update},
    {"DELETE", "/api/v1/users/{name}",       RIGHT_ADMIN,   BODY_NONE, 0,              api_user_remove},
    {"GET",    "/api/v1/tokens",             RIGHT_ADMIN,   BODY_NONE, 0,              api_token_list},
    {"POST",   "/api/v1/tokens",             RIGHT_ADMIN,   BODY_JSON, 0,              api_token_create},
    {"DELETE", "/api/v1/tokens/{id}",        RIGHT_ADMIN,   BODY_NONE, 0,              api_token_remove},
    {"GET",    "/api/v1/links",              RIGHT_READ,    BODY_NONE, 0,              api_link_list},
    {"POST",   "/api/v1/links",              RIGHT_WRITE,   BODY_JSON, ROUTE_CREATES,  api_link_create},
    {"POST",   "/api/v1/links/test",         RIGHT_WRITE,   BODY_JSON, 0,              api_link_test_new},
    {"GET",    "/api/v1/links/{name}",       RIGHT_READ,    BODY_NONE, 0,              api_link_show},
    {"PATCH",  "/api/v1/links/{name}",       RIGHT_WRITE,   BODY_JSON, ROUTE_IF_MATCH, api_link_update},
    {"DELETE", "/api/v1/links/{name}",       RIGHT_WRITE,   BODY_NONE, ROUTE_IF_MATCH, api_link_remove},
    {"POST",   "/api/v1/links/{name}/test",  RIGHT_WRITE,   BODY_NONE, 0,              api_link_test},
    {"PUT",    "/api/v1/links/{name}/schedule", RIGHT_WRITE, BODY_JSON, 0,             api_link_schedule},
    {"POST",   "/api/v1/links/{name}/runs",  RIGHT_WRITE,   BODY_JSON, 0,              api_link_run},
    {"GET",    "/api/v1/runs/{id}",          RIGHT_READ,    BODY_NONE, 0,              api_run_show},
    {"GET",    "/api/v1/runs/{id}/records",  RIGHT_READ,    BODY_NONE, 0,              api_run_records},
    {"GET",    "/api/v1/jobs",               RIGHT_READ,    BODY_NONE, 0,              api_job_list},
    {"GET",    "/api/v1/jobs/{id}",          RIGHT_READ,    BODY_NONE, 0,              api_job_show},
    {"DELETE", "/api/v1/jobs/{id}",          RIGHT_WRITE,   BODY_NONE, 0,              api_job_cancel},
    {"GET",    "/api/v1/jobs/{id}/events",   RIGHT_READ,    BODY_NONE, 0,              api_job_events},
    {"GET",    "/api/v1/jobs/{id}/changes",  RIGHT_READ,    BODY_NONE, 0,              api_job_changes},
    {"POST",   "/api/v1/grid/sales",         RIGHT_FEED,    BODY_JSON, ROUTE_CREATES,  api_grid_feed},
    {"GET",    "/api/v1/grid/sales/{id}",    RIGHT_READ,    BODY_NONE, 0,              api_grid_show},
    {"PATCH",  "/api/v1/grid/sales/{id}",    RIGHT_WRITE,   BODY_JSON, ROUTE_IF_MATCH, api_grid_edit},
    {"POST",   "/api/v1/grid/sales/{id}/accept", RIGHT_WRITE, BODY_NONE, 0,            api_grid_accept},
    {"POST",   "/api/v1/grid/validation",    RIGHT_WRITE,   BODY_JSON, 0,              api_grid_validate},
    {"POST",   "/api/v1/grid/purge",         RIGHT_WRITE,   BODY_JSON, 0,              api_grid_purge},
    {"GET",    "/api/v1/grid/file",          RIGHT_READ,    BODY_NONE, 0,              api_grid_file_export},
    {"POST",   "/api/v1/grid/file",          RIGHT_WRITE,   BODY_BYTES, 0,             api_grid_file_import},
    {"GET",    "/api/v1/anomalies",          RIGHT_READ,    BODY_NONE, 0,              api_anomaly_list},
    {"GET",    "/api/v1/mappings",           RIGHT_READ,    BODY_NONE, 0,              api_mapping_list},
    {"POST",   "/api/v1/mappings/tax",       RIGHT_WRITE,   BODY_JSON, 0,              api_mapping_tax},
    {"POST",   "/api/v1/mappings/means",     RIGHT_WRITE,   BODY_JSON, 0,              api_mapping_means},
    {"POST",   "/api/v1/mappings/reference", RIGHT_WRITE,   BODY_JSON, 0,              api_mapping_reference},
    {"POST",   "/api/v1/documents/validation", RIGHT_WRITE, BODY_JSON, 0,              api_documents_validate},
    {"POST",   "/api/v1/proof",              RIGHT_WRITE,   BODY_JSON, 0,              api_proof_start},
    {"POST",   "/api/v1/journal/verification", RIGHT_WRITE, BODY_NONE, 0,              api_journal_verify},
    {"GET",    "/api/v1/lists",              RIGHT_READ,    BODY_NONE, 0,              api_lists},
    {"GET",    "/api/v1/documents",          RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/documents",   RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/payments",           RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/payments",    RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/stock",              RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/stock",       RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/stock-moves",        RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/stock-moves", RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/customers",          RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/customers",   RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/articles",           RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/articles",    RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/families",           RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/families",    RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/taxes",              RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/taxes",       RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/means",              RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/means",       RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/runs",               RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/runs",        RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/grid/sales",         RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/grid/sales",  RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/journal",            RIGHT_READ,    BODY_NONE, 0,              api_list},
    {"GET",    "/api/v1/export/journal",     RIGHT_READ,    BODY_NONE, 0,              api_list_export},
    {"GET",    "/api/v1/home",               RIGHT_READ,    BODY_NONE, 0,              api_home},
    {"GET",    "/api/v1/company",            RIGHT_READ,    BODY_NONE, 0,              api_company_show},
    {"PATCH",  "/api/v1/company",            RIGHT_ADMIN,   BODY_JSON, ROUTE_IF_MATCH, api_company_update},
    {"GET",    "/api/v1/numbering",          RIGHT_READ,    BODY_NONE, 0,              api_numbering_show},
    {"PATCH",  "/api/v1/numbering",          RIGHT_ADMIN,   BODY_JSON, ROUTE_IF_MATCH, api_numbering_update},
    {"POST",   "/api/v1/articles",           RIGHT_WRITE,   BODY_JSON, ROUTE_CREATES,  api_article_create},
    {"GET",    "/api/v1/articles/{code}",    RIGHT_READ,    BODY_NONE, 0,              api_article_show},
    {"PATCH",  "/api/v1/articles/{code}",    RIGHT_WRITE,   BODY_JSON, ROUTE_IF_MATCH, api_article_update},
    {"PUT",    "/api/v1/articles/{code}/stock", RIGHT_WRITE, BODY_JSON, 0,              api_article_stock},
    {"POST",   "/api/v1/families",           RIGHT_WRITE,   BODY_JSON, ROUTE_CREATES,  api_family_create},
    {"POST",   "/api/v1/taxes",              RIGHT_WRITE,   BODY_JSON, ROUTE_CREATES,  api_tax_create},
    {"POST",   "/api/v1/means",              RIGHT_WRITE,   BODY_JSON, ROUTE_CREATES,  api_means_create},
    {"POST",   "/api/v1/customers",          RIGHT_WRITE,   BODY_JSON, ROUTE_CREATES,  api_customer_create},
    {"GET",    "/api/v1/customers/{code}",   RIGHT_READ,    BODY_NONE, 0,              api_customer_show},
    {"PATCH",  "/api/v1/customers/{code}",   RIGHT_WRITE,   BODY_JSON, ROUTE_IF_MATCH, api_customer_update},
    {"GET",    "/api/v1/documents/{number}", RIGHT_READ,    BODY_NONE, 0,              api_document_show},
    {"GET",    "/api/v1/documents/{number}/why",RIGHT_READ,    BODY_NONE, 0,              api_document_why},
    {"GET",    "/api/v1/documents/{number}/pdf", RIGHT_READ, BODY_NONE, 0,             api_document_pdf},
    {"GET",    "/api/v1/payments/{id}",      RIGHT_READ,    BODY_NONE, 0,              api_payment_show},
    {"POST",   "/api/v1/payments/{id}/allocations", RIGHT_WRITE, BODY_JSON, ROUTE_CREATES,  api_payment_allocate},
    {"DELETE", "/api/v1/payments/{id}/allocations/{document}/{due_no}", RIGHT_WRITE, BODY_NONE, 0,              api_payment_unallocate},
    {"GET",    "/api/v1/proof",              RIGHT_READ,    BODY_NONE, 0,              api_proof_days},
    {"GET",    "/api/v1/proof/{day}",        RIGHT_READ,    BODY_NONE, 0,              api_proof_day},
    {"GET",    "/metrics",                   RIGHT_READ,    BODY_NONE, 0,              api_metrics},
};
const size_t route_count = sizeof routes / sizeof *routes;

/* Whether the path as it came is one of the pattern; the pieces that fill its names, still encoded. */
static bool matches(struct str pattern, struct str path, struct str pieces[ROUTE_ARGS_MAX])
{
    struct str expected, piece;
    int count = 0;

    for (;;) {
        bool more_expected = str_cut(pattern, '/', &expected, &pattern), more = str_cut(path, '/', &piece, &path);
        bool named = str_starts_with(expected, STR("{"));
        if (more_expected != more || (!named && !str_equal(expected, piece)) || (named && (piece.n == 0 || count == ROUTE_ARGS_MAX)))
            return false;
        if (named)
            pieces[count++] = piece;
        if (!more)
            return true;
    }
}

/* No path is that of two routes: where a name can stand, no other route has a word (tests/api/check_openapi.py), else a record of that name could not be reached. */
const struct route *route_find(struct arena *arena, struct str method, struct str raw_path, struct str args[ROUTE_ARGS_MAX], bool *ret_path_known)
{
    *ret_path_known = false;
    for (size_t i = 0; i < route_count; i++) {
        struct str pieces[ROUTE_ARGS_MAX] = {0};
        if (!matches(str_from(routes[i].path), raw_path, pieces))
            continue;
        *ret_path_known = true;
        if (!str_equal(method, str_from(routes[i].method)))
            continue;
        for (size_t k = 0; k < ROUTE_ARGS_MAX; k++)
            args[k] = pieces[k].p ? http_decode(arena, pieces[k], false) : STR_NULL;
        return &routes[i];
    }
    return NULL;
}
