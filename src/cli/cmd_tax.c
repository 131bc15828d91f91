/* cmd_tax.c: liaison tax add, tax map, means add, means map: the records that cure what is not mapped (the lists are in cmd_list.c). */
#include "base/money.h"
#include "cli/cli_int.h"

struct small_record { struct cli *cli; struct str code, label; int64_t rate_bp, id; };

static int create_tax(struct db *db, void *context, struct err *err)
{
    struct small_record *record = context;

    return tax_create(db, record->cli->company.id, record->code, record->label, record->rate_bp, &record->id, err);
}

static int create_means(struct db *db, void *context, struct err *err)
{
    struct small_record *record = context;

    return means_create(db, record->cli->company.id, record->code, record->label, &record->id, err);
}

static void put_record(struct cli *cli, const struct small_record *record, bool has_rate)
{
    struct json_out json = {.buf = &cli->out};

    json_begin_object(&json);
    json_member_str(&json, "code", record->code);
    json_member_str(&json, "label", record->label);
    if (has_rate)
        json_member_int(&json, "rate_bp", record->rate_bp);
    json_end_object(&json);
    buf_append_char(&cli->out, '\n');
}

int cmd_tax_add(struct cli *cli, struct err *err)
{
    struct small_record record = {.cli = cli, .code = str_trim(cli->arguments->words[0]), .label = option_text(cli->arguments, "label")};

    if (!record.label.p)
        record.label = record.code;
    (void)option_number(cli->arguments, "rate", &record.rate_bp);
    int rc = db_transact(cli->db, create_tax, &record, err);
    if (rc == OK && cli->json)
        put_record(cli, &record, true);
    if (rc == OK)
        say(cli, N_("The VAT code %s (%s) is created: liaison grid validate frees the sales that waited for it."), text_of(cli, record.code), text_of_rate(cli, record.rate_bp),
            NULL);
    return rc;
}

int cmd_means_add(struct cli *cli, struct err *err)
{
    struct small_record record = {.cli = cli, .code = str_trim(cli->arguments->words[0]), .label = option_text(cli->arguments, "label")};
    int rc = db_transact(cli->db, create_means, &record, err);

    if (rc == OK && cli->json)
        put_record(cli, &record, false);
    if (rc == OK)
        say(cli, N_("The means of payment %s is created."), text_of(cli, record.code), NULL);
    return rc;
}

/* ---- mappings: for one link, or for all of them and for files ---- */

struct mapping { struct cli *cli; int64_t rate_bp; struct str till_type; int64_t target_id; bool for_tax; const struct link *link; int64_t links; };

static int map_body(struct db *db, void *context, struct err *err)
{
    struct mapping *mapping = context;
    int64_t company_id = mapping->cli->company.id;

    return mapping->for_tax ? link_map_tax(db, company_id, mapping->link, mapping->rate_bp, mapping->target_id, &mapping->links, err)
                            : link_map_means(db, company_id, mapping->link, mapping->till_type, mapping->target_id, &mapping->links, err);
}

static int map(struct cli *cli, struct mapping *mapping, struct err *err)
{
    struct str name = option_text(cli->arguments, "link");
    struct link link;
    int rc = name.p ? session_link(cli, name, &link, err) : OK;

    mapping->cli = cli;
    mapping->link = name.p ? &link : NULL;
    if (rc == OK)
        rc = db_transact(cli->db, map_body, mapping, err);
    mapping->link = NULL; /* it was of here */
    if (rc == OK && cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_str(&json, "from", cli->arguments->words[0]);
        json_member_str(&json, "to", cli->arguments->words[1]);
        json_member_int(&json, "links", mapping->links);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    }
    if (rc == OK)
        say(cli, N_("%s of the till is now %s here: liaison grid validate frees the sales that waited for it."), text_of(cli, cli->arguments->words[0]),
            text_of(cli, cli->arguments->words[1]), NULL);
    return rc;
}

int cmd_tax_map(struct cli *cli, struct err *err)
{
    struct str rate = cli->arguments->words[0], code = cli->arguments->words[1];
    struct mapping mapping = {.for_tax = true};

    if (decimal_parse_human(rate, 2, &mapping.rate_bp) != DECIMAL_OK || mapping.rate_bp < 0 || mapping.rate_bp > 10000)
        return err_set(err, ERR_USAGE, N_("“%s” is not a rate: write it in percent, such as 5.5"), ERR_STR(rate));
    int found = tax_find_by_code(cli->db, cli->company.id, code, &mapping.target_id, err);
    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no VAT code %s: liaison tax list shows them, liaison tax add makes one"), ERR_STR(code));
    return found < 0 ? found : map(cli, &mapping, err);
}

int cmd_means_map(struct cli *cli, struct err *err)
{
    struct str code = cli->arguments->words[1];
    struct mapping mapping = {.till_type = cli->arguments->words[0]};
    int found = means_find_by_code(cli->db, cli->company.id, code, &mapping.target_id, err);

    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no means of payment %s: liaison means list shows them, liaison means add makes one"), ERR_STR(code));
    return found < 0 ? found : map(cli, &mapping, err);
}
