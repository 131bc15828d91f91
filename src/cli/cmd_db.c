/* cmd_db.c: liaison db migrate, check, backup: whether the database is whole, and copies of it. */
#include "cli/cli_int.h"

/* ---- migrate and backup ---- */

int cmd_db_migrate(struct cli *cli, struct err *err)
{
    int from = 0, to = 0;
    int rc = db_migrate(cli->db, &from, &to, err);

    if (rc != OK)
        return rc;
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_int(&json, "from", from);
        json_member_int(&json, "to", to);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    }
    say(cli, from == to ? N_("The database is of version %s already.") : N_("The database was of version %s and is of version %s now."), text_of_int(cli, from),
        text_of_int(cli, to), NULL);
    return OK;
}

int cmd_db_backup(struct cli *cli, struct err *err)
{
    struct str path = cli->arguments->words[0];
    int rc = db_backup(cli->db, path.p, err);

    if (rc == OK && cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_str(&json, "file", path);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    }
    if (rc == OK)
        say(cli, N_("The database is copied to %s. The key file is not in it: keep a copy of that elsewhere."), text_of(cli, path), NULL);
    return rc;
}

/* ---- check ---- */

struct findings { struct cli *cli; struct json_out json; int64_t count; };

static void add_finding(struct findings *findings, struct str text)
{
    struct cli *cli = findings->cli;

    findings->count++;
    if (cli->json) {
        json_put_str(&findings->json, text);
        return;
    }
    buf_append_z(&cli->out, "✗ ");
    text_append_cell(&cli->out, text, 0, false);
    buf_append_char(&cli->out, '\n');
}

static void on_engine_finding(void *context, struct str finding)
{
    add_finding(context, finding);
}

static int on_broken_rule(void *context, struct str finding, struct err *err)
{
    struct findings *findings = context;

    add_finding(findings, finding);
    return output_spill(findings->cli, err);
}

static int check_journal(struct findings *findings, struct journal_verdict *ret, struct err *err)
{
    struct cli *cli = findings->cli;
    struct err no_key = {0};
    int rc = session_seal_key_if_there(cli, &no_key, err); /* else the seals are not looked at, and `journal verify` says so */

    if (rc == OK)
        rc = journal_verify(cli->db, cli->company.id, &cli->arena, ret, err);

    if (rc == OK && ret->bad_seq) {
        BUF_AUTO text = {0};
        say_to(&text, N_("journal record %s (%s): %s"), text_of_int(cli, ret->bad_seq), text_of(cli, ret->subject), ret->reason ? _(ret->reason) : "", NULL);
        if (buf_failed(&text))
            return err_memory(err);
        add_finding(findings, buf_str(&text));
    }
    return rc;
}

/* Where damage was found, a part of the check that cannot be carried out for it is one more finding, and the other parts go on. Memory is not of the database. */
static int note_part(struct findings *findings, int rc, struct err *err)
{
    if (rc == OK || findings->count == 0 || (rc != ERR_DATA && rc != ERR_INTERNAL) || err_is_memory(err))
        return rc;
    BUF_AUTO text = {0};
    err_format(err, &text);
    if (buf_failed(&text))
        return err_memory(err);
    add_finding(findings, buf_str(&text));
    err_clear(err);
    return OK;
}

int cmd_db_check(struct cli *cli, struct err *err)
{
    BUF_AUTO list = {0};
    struct findings findings = {.cli = cli, .json = {.buf = &list}};
    struct journal_verdict verdict = {0};

    json_begin_array(&findings.json);
    int rc = note_part(&findings, db_check(cli->db, on_engine_finding, &findings, err), err);
    if (rc == OK)
        rc = note_part(&findings, session_company(cli, err), err);
    if (rc == OK && cli->company.id)
        rc = note_part(&findings, check_journal(&findings, &verdict, err), err);
    if (rc == OK && cli->company.id)
        rc = note_part(&findings, report_check(cli->db, cli->company.id, on_broken_rule, &findings, err), err);
    json_end_array(&findings.json);
    if (rc == OK && buf_failed(&list))
        rc = err_memory(err);
    if (rc != OK)
        return rc;
    cli->remains = findings.count > 0;
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_bool(&json, "ok", findings.count == 0);
        json_key(&json, "findings");
        json_put_raw(&json, buf_str(&list));
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    } else if (findings.count == 0)
        say(cli, N_("✓ The database is whole, the journal of %s records is unbroken, and all sums agree."), text_of_int(cli, verdict.records), NULL);
    else
        say(cli, N_("%s findings. Keep a copy of the database as it is, and restore the last good backup."), text_of_int(cli, findings.count), NULL);
    return OK;
}
