/* cmd_grid_show.c: liaison grid show and grid print: a staged sale whole, with its lines, payments, what is wrong and its cure. */
#include "cli/cli_int.h"

static int append_content_json(struct cli *cli, const struct grid_content *content, struct err *err)
{
    struct json_out json = {.buf = &cli->out};
    struct str link = STR_NULL;
    int rc = grid_link_name(cli->db, cli->company.id, content->row.link_id, &cli->arena, &link, err);

    if (rc == OK)
        grid_content_put_json(&json, content, link);
    buf_append_char(&cli->out, '\n');
    return rc;
}

/* ---- text ---- */

static const char *kind_word(struct str kind)
{
    return str_equal(kind, STR("refund")) ? _("refund") : _("sale");
}

static int show_lines(struct cli *cli, const struct sale *sale, struct err *err)
{
    static const char *const headings[] = {N_("Line"), N_("Reference"), N_("Label"), N_("Quantity"), N_("Price"), N_("Discount"), N_("Total"), N_("VAT")};
    static const bool right[] = {true, false, false, true, true, true, true, true};
    struct report_table *table = NULL;
    int rc = table_open(&table, COUNT_OF(headings), headings, right, err);

    for (size_t i = 0; rc == OK && i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];
        const struct str cells[] = {str_from(text_of_int(cli, (int64_t)i + 1)),
                                    line->reference,
                                    line->label,
                                    str_from(text_of_milli(cli, line->quantity_milli)),
                                    str_from(text_of_price(cli, line->unit_price_e4)),
                                    str_from(line->discount_cents ? text_of_cents(cli, line->discount_cents) : ""),
                                    str_from(text_of_cents(cli, line->total_cents)),
                                    str_from(line->has_rate ? text_of_rate(cli, line->rate_bp) : "?")};
        rc = table_row(cli, table, cells, err);
    }
    return table_close(cli, table, rc, err);
}

static void show_anomalies(struct cli *cli, const struct grid_content *content)
{
    for (size_t i = 0; i < content->anomaly_count; i++) {
        const struct anomaly *anomaly = &content->anomalies[i];
        const struct anomaly_kind *kind = &anomaly_catalogue[anomaly->code];
        BUF_AUTO cure = {0};
        buf_append_z(&cli->out, "✗ ");
        if (anomaly->line_no > 0)
            say_to(&cli->out, N_("line %s: "), text_of_int(cli, anomaly->line_no), NULL);
        if (anomaly->line_no < 0)
            say_to(&cli->out, N_("payment %s: "), text_of_int(cli, -anomaly->line_no), NULL);
        anomaly_append_cause(&cli->out, kind, anomaly->args, anomaly->arg_count);
        anomaly_append_cure(&cure, kind, anomaly->args, anomaly->arg_count);
        buf_append_char(&cli->out, '\n');
        append_indented(&cli->out, buf_str(&cure), 4);
    }
}

static int show_content(struct cli *cli, const struct grid_content *content, struct err *err)
{
    const struct grid_sale_row *row = &content->row;
    struct buf *out = &cli->out;

    say_to(out, N_("%s %s (%s) of %s, customer %s, total %s"), kind_word(row->kind), row->number.n ? text_of(cli, row->number) : _("without a number"),
           text_of(cli, row->till_sale_id), row->has_day ? text_of_day(cli, row->day) : _("an unknown day"),
           row->customer.n ? text_of(cli, row->customer) : _("anonymous"), text_of_cents(cli, row->total_cents), NULL);
    if (row->tip_cents)
        say_to(out, N_(", tip %s"), text_of_cents(cli, row->tip_cents), NULL);
    if (row->refund_of.n)
        say_to(out, N_(", refund of %s"), text_of(cli, row->refund_of), NULL);
    if (row->revision > 0)
        say_to(out, N_("\nThe sale changed at the till after it became a document: a credit note and a new document are proposed."), NULL);
    buf_append_char(out, '\n');
    int rc = show_lines(cli, &content->sale, err);
    if (rc != OK)
        return rc;
    for (size_t i = 0; i < content->sale.payment_count; i++) {
        const struct sale_payment *payment = &content->sale.payments[i];
        say_to(out, N_("Payment %s: %s %s %s\n"), text_of_int(cli, (int64_t)i + 1), text_of(cli, payment->type), text_of(cli, payment->label),
               text_of_cents(cli, payment->amount_cents), NULL);
    }
    for (size_t i = 0; i < content->sale.tax_count; i++)
        say_to(out, N_("VAT stated by the till at %s: %s\n"), text_of_rate(cli, content->sale.taxes[i].rate_bp), text_of_cents(cli, content->sale.taxes[i].tax_cents), NULL);
    show_anomalies(cli, content);
    return OK;
}

int cmd_grid_show(struct cli *cli, struct err *err)
{
    struct grid_content content;
    int64_t id = 0;
    int rc = grid_find(cli->db, cli->company.id, cli->arguments->words[0], &id, err);

    if (rc == OK)
        rc = grid_load(cli->db, cli->company.id, id, &cli->arena, &content, err);
    if (rc != OK)
        return rc;
    if (!cli->json)
        return show_content(cli, &content, err);
    return append_content_json(cli, &content, err);
}

/* ---- print: the whole grid in one table ---- */

struct printing { struct cli *cli; struct report_table *table; struct arena arena; };

static int print_row(struct printing *printing, struct str ticket, struct str day, struct str what, struct str quantity, struct str total, struct str anomaly, struct err *err)
{
    const struct str cells[] = {ticket, day, what, quantity, total, anomaly};

    return table_row(printing->cli, printing->table, cells, err);
}

static int print_lines(struct printing *printing, const struct sale *sale, struct err *err)
{
    int rc = OK;

    for (size_t i = 0; rc == OK && i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];
        BUF_AUTO quantity = {0};
        BUF_AUTO total = {0};
        struct str what = arena_format(&printing->arena, "  %.*s %.*s", STR_ARG(line->reference), STR_ARG(line->label));
        text_append_milli(&quantity, line->quantity_milli);
        text_append_cents(&total, line->total_cents);
        rc = what.p ? print_row(printing, STR(""), STR(""), what, buf_str(&quantity), buf_str(&total), STR(""), err) : err_memory(err);
    }
    for (size_t i = 0; rc == OK && i < sale->payment_count; i++) {
        BUF_AUTO amount = {0};
        struct str what = arena_format(&printing->arena, "  ⇐ %.*s %.*s", STR_ARG(sale->payments[i].type), STR_ARG(sale->payments[i].label));
        text_append_cents(&amount, sale->payments[i].amount_cents);
        rc = what.p ? print_row(printing, STR(""), STR(""), what, STR(""), buf_str(&amount), STR(""), err) : err_memory(err);
    }
    return rc;
}

static int print_sale(void *context, const struct grid_sale_row *row, struct err *err)
{
    struct printing *printing = context;
    struct cli *cli = printing->cli;
    struct grid_content content;
    BUF_AUTO day = {0};
    BUF_AUTO total = {0};

    arena_reset(&printing->arena);
    int rc = grid_load(cli->db, cli->company.id, row->id, &printing->arena, &content, err);
    if (rc != OK)
        return rc;
    if (cli->json) {
        rc = append_content_json(cli, &content, err);
        return rc == OK ? output_spill(cli, err) : rc;
    }
    if (row->has_day)
        civil_append_day_local(&day, row->day);
    text_append_cents(&total, row->total_cents);
    struct str ticket = row->number.n ? row->number : row->till_sale_id, who = row->customer.n ? row->customer : str_from(_("anonymous"));
    rc = print_row(printing, ticket, buf_str(&day), who, STR(""), buf_str(&total), row->anomaly, err);
    return rc == OK ? print_lines(printing, &content.sale, err) : rc;
}

int cmd_grid_print(struct cli *cli, struct err *err)
{
    static const char *const headings[] = {N_("Ticket"), N_("Date"), N_("Customer, lines, payments"), N_("Quantity"), N_("Amount"), N_("Anomaly")};
    static const bool right[] = {false, false, false, true, true, false};
    struct printing printing = {.cli = cli};
    struct grid_filter filter = {0};
    struct str name = option_text(cli->arguments, "link");
    struct link link;
    int rc = name.p ? session_link(cli, name, &link, err) : OK;

    if (rc == OK && name.p)
        filter.link_id = link.id;
    if (rc == OK && !cli->json)
        rc = table_open(&printing.table, COUNT_OF(headings), headings, right, err);
    if (rc == OK)
        rc = grid_each(cli->db, cli->company.id, &filter, print_sale, &printing, err);
    rc = table_close(cli, printing.table, rc, err);
    arena_release(&printing.arena);
    return rc;
}
