/* cmd_company.c: liaison company show and set: the settings that decide which day a sale belongs to, and which days are closed. */
#include <stdio.h>

#include "cli/cli_int.h"

/* "04:00" */
static struct str cutoff_text(struct cli *cli)
{
    int minutes = cli->company.cutoff_minutes;

    return arena_format(&cli->arena, "%02d:%02d", minutes / 60, minutes % 60);
}

static void show_company(struct cli *cli)
{
    const struct company *company = &cli->company;
    struct json_out json = {.buf = &cli->out};

    if (cli->json) {
        json_begin_object(&json);
        json_member_int(&json, "id", company->id);
        json_member_str(&json, "name", company->name);
        json_member_str(&json, "siren", company->siren);
        json_member_str(&json, "timezone", company->timezone);
        json_member_str(&json, "cutoff", cutoff_text(cli));
        json_member_day(&json, "closed_until", company->has_closed_until, company->closed_until);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
        return;
    }
    say(cli, N_("Company %s"), text_of(cli, company->name), NULL);
    if (company->siren.n)
        say(cli, N_("  SIREN:         %s"), text_of(cli, company->siren), NULL);
    say(cli, N_("  Time zone:     %s"), text_of(cli, company->timezone), NULL);
    say(cli, N_("  A day begins:  %s"), text_of(cli, cutoff_text(cli)), NULL);
    say(cli, N_("  Closed until:  %s"), company->has_closed_until ? text_of_day(cli, company->closed_until) : _("nothing is closed"), NULL);
}

int cmd_company_show(struct cli *cli, struct err *err)
{
    (void)err;
    show_company(cli);
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
    return rc;
}

int cmd_company_set(struct cli *cli, struct err *err)
{
    struct str name = cli->company.name;

    if (!option_given(cli->arguments, "closed-until") && !option_given(cli->arguments, "cutoff"))
        return err_set(err, ERR_USAGE, N_("nothing is to be changed: give --closed-until or --cutoff"));
    int rc = db_transact(cli->db, change_company, cli, err);
    if (rc != OK)
        return rc;
    company_release(&cli->company);
    rc = company_open(cli->db, &cli->arena, name, &cli->company, err);
    if (rc == OK)
        show_company(cli);
    return rc;
}
