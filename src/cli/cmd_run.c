/* cmd_run.c: liaison run show: one synchronisation, with what became of every record that it read (the list is in cmd_list.c). */
#include "cli/section_int.h"

/* The error that ended it, kept as a msgid with its arguments, in the reader's language. */
static int show_error(struct cli *cli, int64_t run_id, struct err *err)
{
    static const char SELECT_ERROR[] = "SELECT error FROM run WHERE company_id = $1 AND run_id = $2";
    struct str text = STR_NULL;
    struct json *error = NULL;
    const char *args[ERR_ARGS_MAX];
    int count = 0;
    int rc = db_query_text(cli->db, &cli->arena, &text, SELECT_ERROR, err, DB_INT(cli->company.id), DB_INT(run_id));

    if (rc <= 0)
        return rc;
    rc = json_parse(&cli->arena, text, &error, err);
    if (rc != OK)
        return rc;
    const struct json *list = json_get(error, STR("args"));
    for (const struct json *item = list ? list->first : NULL; item && count < ERR_ARGS_MAX; item = item->next)
        args[count++] = text_of(cli, json_text(item));
    const char *message = text_of(cli, json_text(json_get(error, STR("message"))));
    buf_append_z(&cli->out, "✗ ");
    message_format(&cli->out, text_translate(message), args, count);
    buf_append_char(&cli->out, '\n');
    return OK;
}

/* `outcome id detail`, a record a line. */
static void put_outcome(struct cli *cli, struct str flow, struct str line)
{
    struct json_out json = {.buf = &cli->out};
    struct str outcome, id, rest;

    (void)str_cut(line, ' ', &outcome, &rest);
    bool has_detail = str_cut(rest, ' ', &id, &rest);
    json_begin_object(&json);
    json_member_str(&json, "flow", flow);
    json_member_str(&json, "outcome", outcome);
    json_member_str(&json, "id", id);
    json_member_str(&json, "detail", has_detail ? rest : STR_NULL);
    json_end_object(&json);
    buf_append_char(&cli->out, '\n');
}

static int show_outcomes(struct cli *cli, struct str flow, struct str outcomes, struct err *err)
{
    struct str line, rest = outcomes;
    int rc = OK;

    for (bool more = true; rc == OK && more;) {
        more = str_cut(rest, '\n', &line, &rest);
        if (!line.n)
            continue;
        if (cli->json)
            put_outcome(cli, flow, line);
        else {
            text_append_cell(&cli->out, flow, 14, false);
            text_append_cell(&cli->out, line, 0, false);
            buf_append_char(&cli->out, '\n');
        }
        rc = output_spill(cli, err);
    }
    return rc;
}

/* Page by page: a run of a million records needs no more memory than one of a hundred. */
static int show_pages(struct cli *cli, int64_t run_id, const char *flow, struct err *err)
{
    static const char SELECT_PAGE[] =
        "SELECT page_no, outcomes FROM run_page WHERE company_id = $1 AND run_id = $2 AND flow = $3 AND page_no > $4 ORDER BY page_no LIMIT 1";
    int64_t page_no = -1;
    int rc = 1;

    while (rc == 1) {
        DB_ROWS_AUTO rows = {0};
        rc = db_query(cli->db, &rows, SELECT_PAGE, err, DB_INT(cli->company.id), DB_INT(run_id), DB_STR(str_from(flow)), DB_INT(page_no));
        if (rc == OK)
            rc = db_next(&rows, err);
        if (rc != 1)
            break;
        page_no = db_int(&rows, 0);
        int shown = show_outcomes(cli, str_from(flow), db_text(&rows, 1), err);
        if (shown != OK)
            return shown;
    }
    return rc;
}

int cmd_run_show(struct cli *cli, struct err *err)
{
    struct str word = cli->arguments->words[0];
    int64_t run_id = 0;
    int rc;

    if (!str_parse_u63(word, &run_id))
        return err_set(err, ERR_USAGE, N_("“%s” is not the number of a run: liaison run list shows them"), ERR_STR(word));
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        rc = section_put_members(cli, &json, &report_record_by_name("run")->head, run_id, err);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    } else
        rc = section_show_fields(cli, &report_record_by_name("run")->head, run_id, err);
    if (rc == 0) {
        buf_reset(&cli->out);
        return err_set(err, ERR_NOT_FOUND, N_("there is no run %s: liaison run list shows them"), ERR_STR(word));
    }
    if (rc > 0)
        rc = cli->json ? OK : show_error(cli, run_id, err);
    for (size_t i = 0; rc == OK && i < FLOW_COUNT; i++)
        rc = show_pages(cli, run_id, sync_flow_names[i], err);
    return rc;
}
