/* cmd_company.c: liaison company show and set: the settings that decide which day a sale belongs to, which days are closed, and what its invoices must say of the VAT. */
#include <stdio.h>

#include "cli/cli_int.h"

/* "04:00" */
static struct str cutoff_text(struct cli *cli)
{
    int minutes = cli->company.cutoff_minutes;

    return arena_format(&cli->arena, "%02d:%02d", minutes / 60, minutes % 60);
}

int cmd_company_show(struct cli *cli, struct err *err)
{
    const struct company *company = &cli->company;
    struct json_out json = {.buf = &cli->out};
    struct str details[COMPANY_DETAILS];
    int rc = company_details(cli->db, company->id, &cli->arena, details, err);

    if (rc != OK)
        return rc;
    if (cli->json) {
        json_begin_object(&json);
        json_member_int(&json, "id", company->id);
        json_member_str(&json, "name", company->name);
        json_member_str(&json, "siren", company->siren);
        json_member_str(&json, "timezone", company->timezone);
        json_member_str(&json, "cutoff", cutoff_text(cli));
        json_member_day(&json, "closed_until", company->has_closed_until, company->closed_until);
        report_put_company_details(&json, details);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
        return OK;
    }
    say(cli, N_("Company %s"), text_of(cli, company->name), NULL);
    if (company->siren.n)
        say(cli, N_("  SIREN:         %s"), text_of(cli, company->siren), NULL);
    say(cli, N_("  Time zone:     %s"), text_of(cli, company->timezone), NULL);
    say(cli, N_("  A day begins:  %s"), text_of(cli, cutoff_text(cli)), NULL);
    say(cli, N_("  Closed until:  %s"), company->has_closed_until ? text_of_day(cli, company->closed_until) : _("nothing is closed"), NULL);
    say(cli, N_("  Operations:    %s"), report_word(company_detail(details, "operations")), NULL);
    say(cli, N_("  VAT on debits: %s"), company_detail(details, "vat_on_debits").n ? _("yes") : _("no"), NULL);
    return OK;
}

static int change_company(struct db *db, void *context, struct err *err)
{
    struct cli *cli = context;
    const struct option_value *closed = option_find(cli->arguments, "closed-until");
    int64_t cutoff = 0;
    int rc = OK;

    if (closed) {
        int32_t day = (int32_t)closed->number;
        rc = company_set_closed_until(db, cli->company.id, closed->none ? NULL : &day, err);
    }
    if (rc == OK && option_number(cli->arguments, "cutoff", &cutoff))
        rc = company_set_cutoff(db, cli->company.id, (int)cutoff, err);
    if (rc == OK && option_given(cli->arguments, "operations"))
        rc = company_set_detail(db, cli->company.id, STR("operations"), option_text(cli->arguments, "operations"), err);
    if (rc == OK && option_given(cli->arguments, "vat-on-debits"))
        rc = company_set_detail(db, cli->company.id, STR("vat_on_debits"), option_yes(cli->arguments, "vat-on-debits", false) ? STR("1") : STR(""), err);
    return rc;
}

int cmd_company_set(struct cli *cli, struct err *err)
{
    static const char *const options[] = {"closed-until", "cutoff", "operations", "vat-on-debits"};
    struct str name = cli->company.name;
    bool given = false;

    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        given = given || option_given(cli->arguments, options[i]);
    if (!given)
        return err_set(err, ERR_USAGE, N_("nothing is to be changed: give --closed-until, --cutoff, --operations or --vat-on-debits"));
    int rc = db_transact(cli->db, change_company, cli, err);
    if (rc != OK)
        return rc;
    company_release(&cli->company);
    rc = company_open(cli->db, &cli->arena, name, &cli->company, err);
    return rc == OK ? cmd_company_show(cli, err) : rc;
}
