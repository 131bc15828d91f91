/* cmd_db.c: liaison db migrate, check, backup, and liaison journal verify: whether the database is whole, and copies of it. */
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

/* What must always hold (architecture.md), each as a query for what breaks it: a name, the figure found, the figure expected. */
struct invariant { const char *message; enum report_type type; const char *sql; };
#define DOCUMENT_NAME "COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT))"
static const struct invariant INVARIANTS[] = {
    {N_("document %s: its lines add up to %s, it says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(l.total_cents), 0) AS BIGINT), d.total_cents FROM document d"
        " LEFT JOIN document_line l ON l.company_id = d.company_id AND l.document_id = d.document_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, d.total_cents HAVING COALESCE(SUM(l.total_cents), 0) <> d.total_cents"},
    {N_("document %s: its VAT rates add up to %s, it says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(t.total_cents), 0) AS BIGINT), d.total_cents FROM document d"
        " LEFT JOIN document_tax t ON t.company_id = d.company_id AND t.document_id = d.document_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, d.total_cents HAVING COALESCE(SUM(t.total_cents), 0) <> d.total_cents"},
    {N_("document %s: the VAT of its rates is %s, it says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(t.tax_cents), 0) AS BIGINT), d.tax_cents FROM document d"
        " LEFT JOIN document_tax t ON t.company_id = d.company_id AND t.document_id = d.document_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, d.tax_cents HAVING COALESCE(SUM(t.tax_cents), 0) <> d.tax_cents"},
    {N_("document %s: the lines of a rate come to %s without VAT, the rate says %s"), REPORT_CENTS,
        "SELECT " DOCUMENT_NAME ", CAST(COALESCE(SUM(l.net_cents), 0) AS BIGINT), t.net_cents FROM document d"
        " JOIN document_tax t ON t.company_id = d.company_id AND t.document_id = d.document_id"
        " LEFT JOIN document_line l ON l.company_id = t.company_id AND l.document_id = t.document_id AND l.tax_id = t.tax_id WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, t.tax_id, t.net_cents HAVING COALESCE(SUM(l.net_cents), 0) <> t.net_cents"},
    {N_("document %s: its due lines add up to %s, it says %s"), REPORT_CENTS,
        "SELECT d.number, CAST(COALESCE(SUM(u.amount_cents), 0) AS BIGINT), d.total_cents FROM document d"
        " LEFT JOIN due_line u ON u.company_id = d.company_id AND u.document_id = d.document_id"
        " WHERE d.company_id = $1 AND d.state <> 'draft' AND d.kind <> 'order'"
        " GROUP BY d.document_id, d.number, d.total_cents HAVING COALESCE(SUM(u.amount_cents), 0) <> d.total_cents"},
    {N_("payment %s: %s of it is allocated, it is of %s"), REPORT_CENTS,
        "SELECT p.till_payment_id, CAST(SUM(a.amount_cents) AS BIGINT), p.amount_cents FROM payment p"
        " JOIN allocation a ON a.company_id = p.company_id AND a.payment_id = p.payment_id WHERE p.company_id = $1"
        " GROUP BY p.payment_id, p.till_payment_id, p.amount_cents"
        " HAVING SUM(a.amount_cents) NOT BETWEEN CASE WHEN p.amount_cents < 0 THEN p.amount_cents ELSE 0 END AND CASE WHEN p.amount_cents > 0 THEN p.amount_cents ELSE 0 END"},
    {N_("document %s: %s is allocated to a due line of %s"), REPORT_CENTS,
        "SELECT d.number, CAST(SUM(a.amount_cents) AS BIGINT), u.amount_cents FROM document d"
        " JOIN due_line u ON u.company_id = d.company_id AND u.document_id = d.document_id"
        " JOIN allocation a ON a.company_id = u.company_id AND a.document_id = u.document_id AND a.due_no = u.due_no WHERE d.company_id = $1"
        " GROUP BY d.document_id, d.number, u.due_no, u.amount_cents"
        " HAVING SUM(a.amount_cents) NOT BETWEEN CASE WHEN u.amount_cents < 0 THEN u.amount_cents ELSE 0 END AND CASE WHEN u.amount_cents > 0 THEN u.amount_cents ELSE 0 END"},
    {N_("article %s: its moves (counts, invoices, credit notes) come to %s, its stock says %s"), REPORT_MILLI,
        "SELECT a.code, CAST(COALESCE(m.quantity_milli, 0) AS BIGINT), COALESCE(s.quantity_milli, 0) FROM article a"
        " LEFT JOIN stock_level s ON s.company_id = a.company_id AND s.article_id = a.article_id"
        " LEFT JOIN (SELECT company_id, article_id, SUM(quantity_milli) AS quantity_milli FROM stock_move GROUP BY company_id, article_id) m"
        " ON m.company_id = a.company_id AND m.article_id = a.article_id"
        " WHERE a.company_id = $1 AND COALESCE(m.quantity_milli, 0) <> COALESCE(s.quantity_milli, 0)"},
    {N_("document %s: a stock move of %s does not undo its line of %s"), REPORT_MILLI,
        "SELECT " DOCUMENT_NAME ", m.quantity_milli, COALESCE(l.quantity_milli, 0) FROM stock_move m"
        " JOIN document d ON d.company_id = m.company_id AND d.document_id = m.source_id"
        " LEFT JOIN document_line l ON l.company_id = m.company_id AND l.document_id = m.source_id AND l.line_no = m.line_no"
        " WHERE m.company_id = $1 AND m.source = 'document' AND (m.quantity_milli <> -COALESCE(l.quantity_milli, 0) OR d.state = 'draft' OR d.kind = 'order')"},
    {N_("sale %s is said to be in the grid, but is not there"), REPORT_INT,
        "SELECT s.till_sale_id, 0, 1 FROM sale s LEFT JOIN grid_sale g ON g.company_id = s.company_id AND g.link_id = s.link_id AND g.till_sale_id = s.till_sale_id"
        " WHERE s.company_id = $1 AND s.state = 'staged' AND g.grid_sale_id IS NULL"},
    {N_("sale %s is said to be a document, but there is none"), REPORT_INT,
        "SELECT s.till_sale_id, 0, 1 FROM sale s LEFT JOIN document d ON d.company_id = s.company_id AND d.document_id = s.document_id"
        " WHERE s.company_id = $1 AND s.state = 'document' AND d.document_id IS NULL"},
};

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

static int check_invariant(struct findings *findings, const struct invariant *invariant, struct err *err)
{
    struct cli *cli = findings->cli;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(cli->db, &rows, invariant->sql, err, DB_INT(cli->company.id));

    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        BUF_AUTO found = {0};
        BUF_AUTO expected = {0};
        BUF_AUTO text = {0};
        report_append_value(&found, invariant->type, &DB_INT(db_int(&rows, 1)), NULL);
        report_append_value(&expected, invariant->type, &DB_INT(db_int(&rows, 2)), NULL);
        say_to(&text, invariant->message, text_of(cli, db_text(&rows, 0)), found.p ? found.p : "", expected.p ? expected.p : "", NULL);
        add_finding(findings, text.p ? buf_str(&text) : STR("?"));
        rc = output_spill(cli, err);
    }
    return rc;
}

static int check_journal(struct findings *findings, struct journal_verdict *ret, struct err *err)
{
    struct cli *cli = findings->cli;
    int rc = journal_verify(cli->db, cli->company.id, &cli->arena, ret, err);

    if (rc == OK && ret->bad_seq) {
        BUF_AUTO text = {0};
        say_to(&text, N_("journal record %s (%s): %s"), text_of_int(cli, ret->bad_seq), text_of(cli, ret->subject), ret->reason ? _(ret->reason) : "", NULL);
        add_finding(findings, text.p ? buf_str(&text) : STR("?"));
    }
    return rc;
}

int cmd_db_check(struct cli *cli, struct err *err)
{
    BUF_AUTO list = {0};
    struct findings findings = {.cli = cli, .json = {.buf = &list}};
    struct journal_verdict verdict = {0};

    json_begin_array(&findings.json);
    int rc = db_check(cli->db, on_engine_finding, &findings, err);
    if (rc == OK)
        rc = check_journal(&findings, &verdict, err);
    for (size_t i = 0; rc == OK && i < COUNT_OF(INVARIANTS); i++)
        rc = check_invariant(&findings, &INVARIANTS[i], err);
    json_end_array(&findings.json);
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

/* ---- the journal alone ---- */

int cmd_journal_verify(struct cli *cli, struct err *err)
{
    struct journal_verdict verdict;
    int rc = journal_verify(cli->db, cli->company.id, &cli->arena, &verdict, err);

    if (rc != OK)
        return rc;
    cli->remains = verdict.bad_seq != 0;
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_bool(&json, "ok", !verdict.bad_seq);
        json_member_int(&json, "records", verdict.records);
        json_member_int(&json, "bad_record", verdict.bad_seq);
        json_member_str(&json, "subject", verdict.bad_seq ? verdict.subject : STR_NULL);
        json_member_str(&json, "reason", verdict.bad_seq && verdict.reason ? str_from(_(verdict.reason)) : STR_NULL);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    } else if (verdict.bad_seq)
        say(cli, N_("✗ The journal is broken at record %s (%s): %s. Keep this database as it is, and compare it with the last good backup."),
            text_of_int(cli, verdict.bad_seq), text_of(cli, verdict.subject), verdict.reason ? _(verdict.reason) : "", NULL);
    else
        say(cli, N_("✓ The journal is unbroken: %s records."), text_of_int(cli, verdict.records), NULL);
    return OK;
}
