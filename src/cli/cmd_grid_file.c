/* cmd_grid_file.c: liaison grid import and export: the files of partner-file.md, in and out of the grid. */
#include "cli/cli_int.h"

static struct grid_file_options file_options(const struct cli *cli)
{
    return (struct grid_file_options){.format = (enum grid_file_format)option_choice(cli->arguments, "format", GRID_FILE_LIAISON),
                                      .header_line = option_yes(cli->arguments, "header", true)};
}

static int import_rules(struct cli *cli, struct grid_rules *ret, struct err *err)
{
    struct str name = option_text(cli->arguments, "link");
    struct link link;

    *ret = grid_default_rules;
    if (!name.p)
        return OK;
    int rc = session_link(cli, name, &link, err);
    if (rc == OK)
        *ret = link_grid_rules(&link);
    return rc;
}

static const char *separator_name(char separator)
{
    return separator == '\t' ? _("tabs") : separator == ',' ? _("commas") : _("semicolons");
}

static void append_report_json(struct cli *cli, const struct grid_file_report *report)
{
    struct json_out json = {.buf = &cli->out};

    json_begin_object(&json);
    grid_file_report_put_members(&json, report);
    json_end_object(&json);
    buf_append_char(&cli->out, '\n');
}

int cmd_grid_import(struct cli *cli, struct err *err)
{
    struct grid_file_options options = file_options(cli);
    struct grid_session *session = NULL;
    struct grid_file_report report;
    struct grid_rules rules;
    int rc = import_rules(cli, &rules, err);

    if (rc == OK)
        rc = session_seal_key(cli, false, err); /* for the journal */
    if (rc == OK)
        rc = grid_session_new(&session, cli->db, &cli->company, &rules, session_now(cli), 0, err);
    if (rc == OK)
        rc = grid_import_file(session, cli->arguments->words[0].p, &options, &report, err);
    grid_session_free(session);
    if (rc != OK)
        return rc;
    if (cli->json) {
        append_report_json(cli, &report);
        return OK;
    }
    say(cli, N_("Read as %s with %s: %s lines, %s sales; %s into the grid, %s already here."), report.windows1252 ? "Windows-1252" : "UTF-8", separator_name(report.separator),
        text_of_int(cli, report.lines), text_of_int(cli, report.sales), text_of_int(cli, report.staged), text_of_int(cli, report.already), NULL);
    say(cli, N_("Make the documents with: liaison grid validate"), NULL);
    return OK;
}

int cmd_grid_export(struct cli *cli, struct err *err)
{
    struct grid_file_options options = file_options(cli);
    struct file_writer writer;
    int rc = file_writer_open(&writer, cli, cli->arguments->words[0].p, err);

    if (rc == OK)
        rc = grid_export(cli->db, &cli->company, &options, file_writer_append, &writer, err);
    rc = file_writer_close(&writer, rc, err);
    if (rc == OK && writer.draft)
        note(cli, N_("The grid is written to %s."), text_of(cli, cli->arguments->words[0]), NULL);
    return rc;
}
