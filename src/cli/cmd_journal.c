/* cmd_journal.c: liaison journal verify and seal: whether the records of received sales and validated documents are still those that were written. */
#include "cli/cli_int.h"

static const char *text_of_mark(struct cli *cli, const struct journal_mark *mark)
{
    BUF_AUTO text = {0};

    journal_mark_append(&text, mark);
    return text_of(cli, text.p ? buf_str(&text) : STR("?"));
}

static int parse_mark(struct str text, struct journal_mark *ret, struct err *err)
{
    struct str seq, chain;

    if (!str_cut(str_trim(text), ':', &seq, &chain) || !str_parse_u63(seq, &ret->seq) || !hex_parse(chain, ret->chain, sizeof ret->chain))
        return err_set(err, ERR_USAGE, N_("--expect takes what liaison journal verify printed as the end of the journal: a number, a colon and 64 hexadecimal digits"));
    return OK;
}

/* The journal against itself, the key when there is one, and what was noted elsewhere. */
static int verify(struct cli *cli, struct journal_verdict *ret, struct err *err)
{
    struct str expected = option_text(cli->arguments, "expect");
    struct journal_mark mark;
    int rc = expected.p ? parse_mark(expected, &mark, err) : OK;

    if (rc == OK)
        rc = journal_verify(cli->db, cli->company.id, &cli->arena, ret, err);
    return rc == OK && expected.p ? journal_compare(cli->db, cli->company.id, &mark, ret, err) : rc;
}

static const char *reason_of(const struct journal_verdict *verdict)
{
    return verdict->reason ? _(verdict->reason) : "";
}

static void append_verdict_json(struct cli *cli, const struct journal_verdict *verdict)
{
    journal_verdict_append_json(&cli->out, verdict);
    buf_append_char(&cli->out, '\n');
}

int cmd_journal_verify(struct cli *cli, struct err *err)
{
    struct journal_verdict verdict = {0};
    struct err no_key = {0};
    int rc = session_seal_key_if_there(cli, &no_key, err);

    if (rc == OK)
        rc = verify(cli, &verdict, err);
    if (rc != OK)
        return rc;
    cli->remains = verdict.bad_seq != 0;
    if (cli->json)
        append_verdict_json(cli, &verdict);
    else if (verdict.bad_seq)
        say(cli, N_("✗ The journal is broken at record %s (%s): %s. Keep this database as it is, and compare it with the last good backup."),
            text_of_int(cli, verdict.bad_seq), text_of(cli, verdict.subject), reason_of(&verdict), NULL);
    else {
        say(cli, N_("✓ The journal is unbroken: %s records."), text_of_int(cli, verdict.records), NULL);
        say(cli, N_("Its end is %s: noted elsewhere, it lets you see later, with --expect, that nothing before it was rewritten."), text_of_mark(cli, &verdict.end), NULL);
    }
    if (no_key.code != OK) {
        BUF_AUTO why = {0};
        err_format(&no_key, &why);
        note(cli, N_("The seals were not looked at: %s"), why.p ? why.p : "", NULL);
    }
    return OK;
}

static int seal_end(struct db *db, void *context, struct err *err)
{
    struct cli *cli = context;

    return journal_seal(db, cli->company.id, err);
}

int cmd_journal_seal(struct cli *cli, struct err *err)
{
    struct journal_verdict verdict = {0};
    int rc = verify(cli, &verdict, err); /* without the key as yet: all but the seals */

    if (rc == OK && verdict.bad_seq)
        return err_set(err, ERR_DATA, N_("the journal is broken at record %s, so it is not sealed: %s"), ERR_INT(verdict.bad_seq), reason_of(&verdict));
    if (rc == OK)
        rc = session_seal_key(cli, false, err);
    if (rc == OK)
        rc = db_transact(cli->db, seal_end, cli, err);
    if (rc != OK)
        return rc;
    if (cli->json)
        append_verdict_json(cli, &verdict);
    say(cli, N_("The journal of %s records is sealed with this key file. Its end is %s."), text_of_int(cli, verdict.records), text_of_mark(cli, &verdict.end), NULL);
    return OK;
}
