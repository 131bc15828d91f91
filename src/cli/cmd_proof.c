/* cmd_proof.c: liaison proof: the till's days against the documents, to the cent, as a table and as JSON. */
#include "cli/cli_int.h"

/* ---- the till's side ---- */

struct reading { struct proof *proof; struct progress progress; };

static int add_sale(void *context, int64_t link_id, const struct sale *sale, struct err *err)
{
    struct reading *reading = context;

    return proof_add_till_sale(reading->proof, link_id, sale, err);
}

static void on_reading(void *context, const struct sync_progress *state)
{
    struct reading *reading = context;

    progress_draw(&reading->progress, N_("proof"), state->stage, state->done, state->total);
}

static int read_links(struct cli *cli, struct reading *reading, int32_t from_day, int32_t to_day, struct err *err)
{
    struct sync_environment environment;
    int rc = session_environment(cli, &environment, err);

    environment.on_progress = on_reading;
    environment.context = reading;
    if (rc == OK)
        rc = sync_read_company_sales(&environment, from_day, to_day, add_sale, reading, err);
    progress_end(&reading->progress);
    return rc;
}

/* ---- the table ---- */

struct proof_output { struct cli *cli; struct report_table *table; struct json_out days; int64_t now_utc; };

/* A row: what, the till's figure, the documents' figure, and ✓ or the difference. */
static int show_figure(struct proof_output *output, const char *day, const char *what, enum report_type type, int64_t till, int64_t books, struct err *err)
{
    BUF_AUTO till_text = {0};
    BUF_AUTO books_text = {0};
    BUF_AUTO verdict = {0};

    report_append_value(&till_text, type, &DB_INT(till), NULL);
    report_append_value(&books_text, type, &DB_INT(books), NULL);
    if (till == books)
        buf_append_z(&verdict, "✓");
    else {
        buf_append_z(&verdict, "✗ ");
        report_append_value(&verdict, type, &DB_INT(books - till), NULL);
    }
    const struct str cells[] = {str_from(day), str_from(what), buf_str(&till_text), buf_str(&books_text), buf_str(&verdict)};
    return table_row(output->cli, output->table, cells, err);
}

static int show_numbers(struct proof_output *output, const char *what, const struct str *numbers, size_t count, struct err *err)
{
    BUF_AUTO verdict = {0};

    if (!count)
        return OK;
    buf_append_z(&verdict, "✗ ");
    for (size_t i = 0; i < count; i++) {
        buf_append_z(&verdict, i ? ", " : "");
        buf_append(&verdict, numbers[i]);
    }
    const struct str cells[] = {STR(""), str_from(what), STR(""), STR(""), buf_str(&verdict)};
    return table_row(output->cli, output->table, cells, err);
}

/* The label that people gave the means of a code; the code itself when it has none here. */
static const char *means_label(struct cli *cli, struct str code, struct err *err)
{
    static const char SELECT_LABEL[] = "SELECT label FROM means WHERE company_id = $1 AND code = $2";
    struct str label = STR_NULL;

    return db_query_text(cli->db, &cli->arena, &label, SELECT_LABEL, err, DB_INT(cli->company.id), DB_STR(code)) == 1 ? text_of(cli, label) : text_of(cli, code);
}

static int show_day(struct proof_output *output, const struct proof_day *day, struct err *err)
{
    struct cli *cli = output->cli;
    int rc = OK;

    if (!day->till_tickets && !day->document_tickets && day->ok)
        return OK; /* a day without a sale has nothing to say */
    rc = show_figure(output, text_of_day(cli, day->day), _("tickets"), REPORT_INT, day->till_tickets, day->document_tickets, err);
    if (rc == OK)
        rc = show_figure(output, "", _("total"), REPORT_CENTS, day->till_total_cents, day->document_total_cents, err);
    for (size_t i = 0; rc == OK && i < day->tax_count; i++) {
        BUF_AUTO what = {0};
        say_to(&what, N_("VAT %s"), text_of_rate(cli, day->tax[i].rate_bp), NULL);
        rc = show_figure(output, "", what.p ? what.p : "", REPORT_CENTS, day->tax[i].till_cents, day->tax[i].books_cents, err);
    }
    for (size_t i = 0; rc == OK && i < day->means_count; i++)
        rc = show_figure(output, "", means_label(cli, day->means[i].key, err), REPORT_CENTS, day->means[i].till_cents, day->means[i].books_cents, err);
    if (rc == OK)
        rc = show_numbers(output, _("missing numbers"), day->missing_numbers, day->missing_count, err);
    return rc == OK ? show_numbers(output, _("repeated numbers"), day->repeated_numbers, day->repeated_count, err) : rc;
}

static int on_day(void *context, const struct proof_day *day, struct err *err)
{
    struct proof_output *output = context;
    int rc = proof_day_store(output->cli->db, output->cli->company.id, day, output->now_utc, err);

    if (rc != OK)
        return rc;
    if (!output->cli->json)
        return show_day(output, day, err);
    proof_put_day(&output->days, day);
    return buf_failed(output->days.buf) ? err_memory(err) : OK;
}

static int finish(struct cli *cli, struct proof *proof, struct err *err)
{
    static const char *const headings[] = {N_("Day"), N_("Figure"), N_("Till"), N_("Documents"), N_("Verdict")};
    static const bool right[] = {false, false, true, true, false};
    BUF_AUTO days = {0};
    struct proof_output output = {.cli = cli, .days = {.buf = &days}, .now_utc = session_now(cli)};
    bool ok = false;
    int rc = cli->json ? OK : table_open(&output.table, COUNT_OF(headings), headings, right, err);

    json_begin_array(&output.days);
    if (rc == OK)
        rc = proof_finish(proof, on_day, &output, &ok, err);
    json_end_array(&output.days);
    rc = table_close(cli, output.table, rc, err);
    if (rc != OK)
        return rc;
    cli->remains = !ok;
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_bool(&json, "ok", ok);
        json_key(&json, "days");
        json_put_raw(&json, buf_str(&days));
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    } else
        say(cli, ok ? N_("✓ Every day agrees with the till, to the cent.") : N_("✗ The days above do not agree with the till: see liaison grid list --anomalies."), NULL);
    return OK;
}

int cmd_proof(struct cli *cli, struct err *err)
{
    int64_t from_day = 0, to_day = 0;
    struct reading reading = {0};

    (void)option_number(cli->arguments, "from", &from_day);
    (void)option_number(cli->arguments, "to", &to_day);
    progress_init(&reading.progress, cli);
    int rc = proof_new(&reading.proof, cli->db, &cli->company, (int32_t)from_day, (int32_t)to_day, err);
    if (rc != OK)
        return rc;
    rc = read_links(cli, &reading, (int32_t)from_day, (int32_t)to_day, err);
    if (rc == OK)
        rc = finish(cli, reading.proof, err);
    proof_free(reading.proof);
    return rc;
}
