/* cmd_run.c: liaison run show: one synchronisation, with what became of every record that it read (the list is in cmd_list.c). */
#include "cli/section_int.h"

/* The error that ended it, kept as a msgid with its arguments, in the reader's language. */
static int show_error(struct cli *cli, int64_t run_id, struct err *err)
{
    static const char SELECT_ERROR[] = "SELECT error FROM run WHERE company_id = $1 AND run_id = $2";
    struct str text = STR_NULL;
    int rc = db_query_text(cli->db, &cli->arena, &text, SELECT_ERROR, err, DB_INT(cli->company.id), DB_INT(run_id));

    if (rc <= 0)
        return rc;
    buf_append_z(&cli->out, "✗ ");
    rc = report_append_error(&cli->out, &cli->arena, text, err);
    buf_append_char(&cli->out, '\n');
    return rc;
}

static int show_record(void *context, const struct run_record *record, struct err *err)
{
    struct cli *cli = context;
    struct str flow = str_from(sync_flow_names[record->flow]);

    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        run_record_put_json(&json, record);
        buf_append_char(&cli->out, '\n');
        return output_spill(cli, err);
    }
    text_append_cell(&cli->out, flow, 14, false);
    text_append_cell(&cli->out, record->outcome, 0, false);
    buf_append_char(&cli->out, ' ');
    text_append_cell(&cli->out, record->id, 0, false);
    buf_append_z(&cli->out, record->detail.p ? " " : "");
    text_append_cell(&cli->out, record->detail, 0, false);
    buf_append_char(&cli->out, '\n');
    return output_spill(cli, err);
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
        rc = report_put_head(cli->db, cli->company.id, report_record_by_name("run"), run_id, &json, err);
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
    const struct run_records_query query = {.run_id = run_id, .subjects = cli->json}; /* the text has no room for them */
    struct run_cursor end;
    return rc == OK ? run_records_each(cli->db, cli->company.id, &query, show_record, cli, &end, err) : rc;
}
