/* cmd_anomaly.c: what is wrong, by root cause, with its cure (for sync and `grid list --anomalies`), and the catalogue of all that can be
 * (liaison anomaly list; docs/anomalies.md is its --markdown form). */
#include "cli/cli_int.h"

/* ---- what is wrong now ---- */

struct showing { struct cli *cli; int64_t count; };

static int append_group_json(struct cli *cli, const struct anomaly_group *group, struct err *err)
{
    struct json_out json = {.buf = &cli->out};
    struct anomaly_action action;
    struct str link = STR_NULL;
    ARENA_AUTO arena = {0};
    int rc = anomaly_group_action(cli->db, cli->company.id, group, &arena, &action, err);

    if (rc == OK)
        rc = grid_link_name(cli->db, cli->company.id, group->link_id, &arena, &link, err);
    if (rc == OK)
        anomaly_group_put_json(&json, group, &action, link);
    buf_append_char(&cli->out, '\n');
    return rc;
}

/* "VAT 2.1 % is not mapped: 312 sales, 4 180.20 €" */
static int append_group_text(struct cli *cli, const struct anomaly_group *group, struct err *err)
{
    BUF_AUTO cause = {0};
    BUF_AUTO cure = {0};
    struct str subject = str_from(group->kind->subject);
    const char *message = str_equal(subject, STR("sale"))      ? N_(": sales concerned: %s, for %s")
                          : str_equal(subject, STR("article")) ? N_(": articles concerned: %s")
                                                               : N_(": numbers concerned: %s");

    anomaly_append_cause(&cause, group->kind, group->args, group->arg_count);
    anomaly_append_cure(&cure, group->kind, group->args, group->arg_count);
    if (buf_failed(&cause) || buf_failed(&cure))
        return err_memory(err);
    text_append_cell(&cli->out, buf_str(&cause), 0, false);
    say_to(&cli->out, message, text_of_int(cli, group->subjects), text_of_cents(cli, group->amount_cents), NULL);
    say_to(&cli->out, N_(", for example %s"), text_of(cli, group->example), NULL);
    buf_append_char(&cli->out, '\n');
    append_indented(&cli->out, buf_str(&cure), 4);
    return OK;
}

static int show_group(void *context, const struct anomaly_group *group, struct err *err)
{
    struct showing *showing = context;
    int rc = showing->cli->json ? append_group_json(showing->cli, group, err) : append_group_text(showing->cli, group, err);

    showing->count++;
    return rc == OK ? output_spill(showing->cli, err) : rc;
}

int anomalies_show(struct cli *cli, int64_t link_id, int64_t *ret_count, struct err *err)
{
    struct showing showing = {.cli = cli};
    int rc = anomaly_groups(cli->db, cli->company.id, link_id, show_group, &showing, err);

    *ret_count = showing.count;
    return rc;
}

/* ---- the catalogue ---- */

/* The places where a finding puts its own words, as a person writes them. */
static const struct str placeholders[4] = {{"…", 3}, {"…", 3}, {"…", 3}, {"…", 3}};

static void append_markdown_cure(struct buf *out, struct str cure)
{
    struct str line, rest = cure;

    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        buf_append(out, line);
        buf_append_char(out, '\n');
    }
}

void anomalies_append_markdown(struct buf *out)
{
    say_to(out, N_("# Anomalies\n\n"
                   "Everything that Liaison reports as wrong, with its cause and its cure. `liaison grid list --anomalies` groups what is wrong now\n"
                   "by root cause. A blocking anomaly keeps its sale in the grid; the other sales go on.\n\n"
                   "This page is made from the catalogue: `liaison --lang en anomaly list --markdown`.\n"), NULL);
    for (size_t i = 0; i < ANOMALY_COUNT; i++) {
        const struct anomaly_kind *kind = &anomaly_catalogue[i];
        BUF_AUTO cure = {0};
        anomaly_append_cure(&cure, kind, placeholders, kind->arg_count);
        buf_printf(out, "\n## %s\n\n", kind->code);
        anomaly_append_cause(out, kind, placeholders, kind->arg_count);
        say_to(out, kind->blocking ? N_(". Of a %s; blocking.\n\n") : N_(". Of a %s; it blocks no sale.\n\n"), report_word(str_from(kind->subject)), NULL);
        append_markdown_cure(out, buf_str(&cure));
    }
}

static void append_kind_json(struct cli *cli, const struct anomaly_kind *kind)
{
    BUF_AUTO cause = {0};
    BUF_AUTO cure = {0};
    struct json_out json = {.buf = &cli->out};

    anomaly_append_cause(&cause, kind, placeholders, kind->arg_count);
    anomaly_append_cure(&cure, kind, placeholders, kind->arg_count);
    json_begin_object(&json);
    json_member_str(&json, "code", str_from(kind->code));
    json_member_str(&json, "subject", str_from(kind->subject));
    json_member_bool(&json, "blocking", kind->blocking);
    json_member_str(&json, "cause", buf_str(&cause));
    json_member_str(&json, "cure", buf_str(&cure));
    json_end_object(&json);
    buf_append_char(&cli->out, '\n');
}

static void append_kind_text(struct cli *cli, const struct anomaly_kind *kind)
{
    BUF_AUTO cure = {0};

    anomaly_append_cure(&cure, kind, placeholders, kind->arg_count);
    buf_printf(&cli->out, "%s: ", kind->code);
    anomaly_append_cause(&cli->out, kind, placeholders, kind->arg_count);
    buf_append_char(&cli->out, '\n');
    append_indented(&cli->out, buf_str(&cure), 4);
}

int cmd_anomaly_list(struct cli *cli, struct err *err)
{
    (void)err;
    if (option_given(cli->arguments, "markdown")) {
        anomalies_append_markdown(&cli->out);
        return OK;
    }
    for (size_t i = 0; i < ANOMALY_COUNT; i++)
        (cli->json ? append_kind_json : append_kind_text)(cli, &anomaly_catalogue[i]);
    return OK;
}
