/* file_import.c: a sales file into the grid, all or nothing. Two passes over the file: the first learns where each sale ends and refuses what can be refused
 * without the database; the second, in one transaction, stages sale after sale. Both formats go this way. */
#include "grid/file_int.h"

static bool is_named(const struct importing *import)
{
    return import->options->format == GRID_FILE_LIAISON;
}

static bool has_head(const struct importing *import)
{
    return is_named(import) || import->options->header_line;
}

/* ---- the first pass ---- */

static int key_of(struct importing *import, const struct csv_row *row, struct err *err)
{
    buf_reset(&import->key);
    int rc = OK;
    if (is_named(import))
        rc = file_sale_key(&import->header, row, import->path, &import->key, err);
    else
        buf_append(&import->key, dailybiz_row_key(row));
    return rc == OK && buf_failed(&import->key) ? err_memory(err) : rc;
}

static int learn_row(void *context, const struct csv_row *row, struct err *err)
{
    struct importing *import = context;
    if (has_head(import) && !import->head_seen) {
        import->head_seen = true;
        return is_named(import) ? file_header_read(row, import->path, &import->header, err) : dailybiz_head_check(row, import->path, err);
    }
    int rc = is_named(import) ? OK : dailybiz_row_check(row, import->path, err);
    if (rc == OK)
        rc = key_of(import, row, err);
    return rc == OK ? file_groups_learn(&import->groups, buf_str(&import->key), err) : rc;
}

static int read_rows(struct importing *import, csv_row_fn *on_row, struct err *err)
{
    return import->bytes.p ? csv_read(import->bytes, import->path, &import->dialect, on_row, import, err) : csv_read_file(import->path, &import->dialect, on_row, import, err);
}

static int learn_file(struct importing *import, struct err *err)
{
    int rc = read_rows(import, learn_row, err);
    if (rc != OK)
        return rc;
    if (!import->groups.rows && !import->head_seen)
        return err_set(err, ERR_DATA, N_("the file %s is empty: nothing to import"), import->path);
    if (!import->groups.rows)
        return err_set(err, ERR_DATA, N_("the file %s holds column names but no sale: nothing to import"), import->path);
    return OK;
}

/* ---- links ---- */

/* Removed links too: their sales may still stand in the grid, and go out and in with it. */
static int rules_of_link(struct importing *import, struct str name, int64_t line, struct grid_rules *ret, struct err *err)
{
    static const char SELECT_RULES[] =
        "SELECT link_id, document, numbers, unknown_article, unknown_customer, negative_stock FROM link WHERE company_id = $1 AND name = $2";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(import->session->db, &rows, SELECT_RULES, err, DB_INT(import->session->company->id), DB_STR(name));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(err, ERR_DATA, N_("%s, line %s, column link: there is no link “%s”: liaison link list shows them; empty the cell for a sale of no till"), import->path,
                       ERR_INT(line), ERR_STR(name));
    struct str customer = db_text(&rows, 4);
    *ret = (struct grid_rules){.link_id = db_int(&rows, 0), .orders = str_equal(db_text(&rows, 1), STR("order")),
                               .numbers = str_equal(db_text(&rows, 2), STR("keep")) ? NUMBERS_KEEP : NUMBERS_RENUMBER,
                               .unknown_article = str_equal(db_text(&rows, 3), STR("create")) ? UNKNOWN_CREATE : UNKNOWN_REFUSE,
                               .unknown_customer = str_equal(customer, STR("create")) ? UNKNOWN_CREATE : str_equal(customer, STR("drop")) ? UNKNOWN_DROP : UNKNOWN_REFUSE,
                               .refuse_negative_stock = str_equal(db_text(&rows, 5), STR("refuse"))};
    return OK;
}

int import_session_of(struct importing *import, struct str name, int64_t line, struct grid_session **ret, struct err *err)
{
    struct grid_rules rules = {0};
    *ret = import->session;
    if (!name.n)
        return OK;
    for (struct link_session *link = import->links; link; link = link->next)
        if (str_equal(link->name, name)) {
            *ret = link->session;
            return OK;
        }
    int rc = rules_of_link(import, name, line, &rules, err);
    if (rc != OK || rules.link_id == import->session->rules.link_id)
        return rc;
    struct link_session *link = arena_alloc(&import->link_arena, sizeof *link);
    if (!link)
        return err_memory(err);
    link->name = arena_copy(&import->link_arena, name);
    if (!link->name.p)
        return err_memory(err);
    rc = grid_session_new(&link->session, import->session->db, import->session->company, &rules, import->session->now_utc, import->session->run_id, err);
    if (rc != OK)
        return rc;
    link->next = import->links;
    import->links = link;
    *ret = link->session;
    return OK;
}

void import_forget_links(struct importing *import)
{
    for (struct link_session *link = import->links; link; link = link->next)
        grid_session_free(link->session);
    import->links = NULL;
    arena_reset(&import->link_arena);
}

/* ---- the second pass: one sale ---- */

/* A sale that the grid holds exactly as the file has it is left alone: an export imported again changes nothing. */
int import_stands_in_grid(struct importing *import, const struct grid_session *session, struct str till_sale_id, struct str link, bool *ret, struct err *err)
{
    static const char SELECT_GRID_ID[] = "SELECT grid_sale_id FROM grid_sale WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3";
    int64_t company_id = session->company->id, id = 0;
    *ret = false;
    int rc = db_query_int(session->db, &id, SELECT_GRID_ID, err, DB_INT(company_id), DB_INT(session->rules.link_id), DB_STR(till_sale_id));
    if (rc <= 0)
        return rc;
    struct staged *staged = NULL;
    size_t count = 0;
    struct staged_query query = {.link_id = -1, .first_id = id, .last_id = id, .limit = 1};
    rc = staged_load(session->db, company_id, &import->arena, &query, &staged, &count, err);
    if (rc == OK && count)
        rc = staged_load_fault(session->db, company_id, &import->arena, staged, err);
    if (rc != OK || !count)
        return rc;
    buf_reset(&import->current);
    file_header_write(&import->current);
    file_sale_write(&import->current, staged, link);
    *ret = str_equal(buf_str(&import->current), buf_str(&import->body));
    return buf_failed(&import->current) ? err_memory(err) : OK;
}

int import_document_of(struct importing *import, const struct grid_session *session, struct str till_sale_id, struct str *ret, struct err *err)
{
    static const char SELECT_NUMBER[] = "SELECT COALESCE(number, '') FROM document WHERE company_id = $1 AND document_id = $2";
    struct registered known = {0};
    struct str number = STR_NULL;
    *ret = STR_NULL;
    int rc = register_find(session->db, session->company->id, session->rules.link_id, &import->arena, till_sale_id, &known, err);
    if (rc != OK || !known.document_id)
        return rc;
    rc = db_query_text(session->db, &import->arena, &number, SELECT_NUMBER, err, DB_INT(session->company->id), DB_INT(known.document_id));
    if (rc < 0)
        return rc;
    *ret = number.n ? number : arena_format(&import->arena, "draft-%lld", (long long)known.document_id);
    return ret->p ? OK : err_memory(err);
}

static int refuse_document(struct importing *import, const struct grid_session *session, struct str till_sale_id, int64_t line, struct err *err)
{
    struct str number = STR_NULL;
    int rc = import_document_of(import, session, till_sale_id, &number, err);
    if (rc != OK || !number.p)
        return rc;
    return err_set(err, ERR_DATA, N_("%s, line %s: sale %s is document %s already: take its rows out of the file, or correct that document by a credit note; nothing was imported"),
                   import->path, ERR_INT(line), ERR_STR(till_sale_id), ERR_STR(number));
}

static int read_group(struct importing *import, const struct file_group *group, struct staged *staged, struct str *ret_link, struct err *err)
{
    const struct grid_session *session = import->session;
    buf_reset(&import->body);
    if (!is_named(import)) {
        *ret_link = STR_NULL;
        dailybiz_body_write(&import->body, &group->rows);
        return dailybiz_sale_read(&group->rows, import->path, session, &import->arena, staged, err);
    }
    int rc = file_sale_read(&import->header, &group->rows, import->path, session->company, &import->arena, staged, ret_link, err);
    if (rc != OK)
        return rc;
    file_header_write(&import->body);
    file_sale_write(&import->body, staged, *ret_link);
    return OK;
}

static int import_group(struct importing *import, const struct file_group *group, struct err *err)
{
    struct kept_cursor first = {.rows = &group->rows};
    struct grid_session *session = NULL;
    struct staged staged = {0};
    struct str link = STR_NULL;
    bool already = false;
    arena_reset(&import->arena);
    int rc = read_group(import, group, &staged, &link, err);
    if (rc != OK)
        return rc;
    if (buf_failed(&import->body))
        return err_memory(err);
    int64_t line = kept_next(&first) ? first.row.line : 0;
    rc = import_session_of(import, link, line, &session, err);
    if (rc == OK && is_named(import))
        rc = import_stands_in_grid(import, session, staged.sale.id, link, &already, err);
    if (rc == OK && !already)
        rc = refuse_document(import, session, staged.sale.id, line, err);
    enum grid_seen seen = GRID_UNCHANGED;
    if (rc == OK && !already)
        rc = stage_from_file(session, &staged, buf_str(&import->body), &seen, err);
    import->report.sales++;
    import->report.already += already || seen == GRID_UNCHANGED;
    import->report.staged += !already && seen != GRID_UNCHANGED;
    return rc;
}

static int import_row(void *context, const struct csv_row *row, struct err *err)
{
    struct importing *import = context;
    struct file_group *complete = NULL;
    if (has_head(import) && !import->head_seen) {
        import->head_seen = true;
        return OK;
    }
    int rc = key_of(import, row, err);
    if (rc == OK)
        rc = file_groups_add(&import->groups, buf_str(&import->key), row, import->path, &complete, err);
    for (; rc == OK && complete; complete = complete->next)
        rc = import_group(import, complete, err);
    return rc;
}

static int import_body(struct db *db, void *context, struct err *err)
{
    (void)db;
    struct importing *import = context;
    session_forget(import->session);
    import_forget_links(import);
    file_groups_rewind(&import->groups);
    import->head_seen = false;
    import->report = (struct grid_file_report){0};
    int rc = read_rows(import, import_row, err);
    if (rc == OK && !file_groups_same(&import->groups))
        return err_set(err, ERR_DATA, N_("the file %s was changed while it was read: import it again when it is complete"), import->path);
    return rc;
}

void import_release(struct importing *import)
{
    import_forget_links(import);
    file_groups_release(&import->groups);
    arena_release(&import->link_arena);
    arena_release(&import->arena);
    buf_release(&import->key);
    buf_release(&import->body);
    buf_release(&import->current);
}

static int import_whole(struct importing *import, struct grid_file_report *ret, struct err *err)
{
    int rc = learn_file(import, err);
    if (rc == OK) {
        rc = db_transact(import->session->db, import_body, import, err);
        if (rc != OK)
            session_forget(import->session);
    }
    if (rc == OK) {
        const struct csv_dialect *dialect = &import->dialect;
        *ret = import->report;
        ret->separator = dialect->separator;
        ret->windows1252 = dialect->windows1252;
        ret->byte_order_mark = dialect->byte_order_mark;
        ret->crlf = dialect->crlf;
        ret->lines = import->groups.learned_rows;
    }
    import_release(import);
    return rc;
}

int grid_import_file(struct grid_session *session, const char *path, const struct grid_file_options *options, struct grid_file_report *ret, struct err *err)
{
    return import_whole(&(struct importing){.session = session, .path = path, .options = options}, ret, err);
}

int grid_import_bytes(struct grid_session *session, struct str bytes, const char *name, const struct grid_file_options *options, struct grid_file_report *ret, struct err *err)
{
    return import_whole(&(struct importing){.session = session, .path = name, .bytes = bytes.p ? bytes : STR(""), .options = options}, ret, err);
}

void grid_file_report_put_members(struct json_out *json, const struct grid_file_report *report)
{
    json_member_str(json, "separator", (struct str){&report->separator, 1});
    json_member_str(json, "encoding", report->windows1252 ? STR("windows-1252") : STR("utf-8"));
    json_member_bool(json, "byte_order_mark", report->byte_order_mark);
    json_member_str(json, "line_end", report->crlf ? STR("crlf") : STR("lf"));
    json_member_int(json, "lines", report->lines);
    json_member_int(json, "sales", report->sales);
    json_member_int(json, "staged", report->staged);
    json_member_int(json, "already", report->already);
}
