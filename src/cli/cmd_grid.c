/* cmd_grid.c: liaison grid list, edit, validate, purge: what waits in the import grid and what a person does about it. grid show, print and the
 * files are in cmd_grid_show.c and cmd_grid_file.c. */
#include "cli/cli_int.h"

/* ---- list ---- */

struct grid_listing { struct cli *cli; struct report_table *table; struct link_name *links; size_t link_count; };

/* A file's sales have no link; a removed link has no name any more. */
static struct str link_of(const struct grid_listing *listing, int64_t link_id)
{
    for (size_t i = 0; i < listing->link_count; i++)
        if (listing->links[i].id == link_id)
            return listing->links[i].name;
    return STR_NULL;
}

static void append_sale_json(const struct grid_listing *listing, const struct grid_sale_row *row)
{
    struct buf *out = &listing->cli->out;
    struct json_out json = {.buf = out};

    json_begin_object(&json);
    json_member_str(&json, "sale", row->till_sale_id);
    json_member_str(&json, "number", row->number);
    json_member_str(&json, "kind", row->kind);
    json_member_day(&json, "date", row->has_day, row->day);
    json_member_str(&json, "customer", row->customer);
    json_member_int(&json, "total_cents", row->total_cents);
    json_member_int(&json, "lines", row->line_count);
    json_member_str(&json, "anomaly", row->anomaly.n ? row->anomaly : STR_NULL);
    json_member_str(&json, "link", link_of(listing, row->link_id));
    json_member_bool(&json, "edited", row->edited);
    json_end_object(&json);
    buf_append_char(out, '\n');
}

static int list_sale(void *context, const struct grid_sale_row *row, struct err *err)
{
    struct grid_listing *listing = context;
    struct cli *cli = listing->cli;
    BUF_AUTO day = {0};
    BUF_AUTO total = {0};
    BUF_AUTO lines = {0};

    if (cli->json) {
        append_sale_json(listing, row);
        return output_spill(cli, err);
    }
    if (row->has_day)
        civil_append_day_local(&day, row->day);
    text_append_cents(&total, row->total_cents);
    buf_append_int(&lines, row->line_count);
    const struct str cells[] = {row->till_sale_id, row->number, str_from(str_equal(row->kind, STR("refund")) ? _("refund") : _("sale")), buf_str(&day),
                                row->customer, buf_str(&total), buf_str(&lines), row->anomaly, str_from(row->edited ? _("yes") : "")};
    return table_row(cli, listing->table, cells, err);
}

static int list_sales(struct cli *cli, int64_t link_id, struct err *err)
{
    static const char *const headings[] = {N_("Sale"), N_("Ticket"), N_("Kind"), N_("Date"), N_("Customer"), N_("Total"), N_("Lines"), N_("Anomaly"), N_("Edited")};
    static const bool right[] = {false, false, false, false, false, true, true, false, false};
    struct grid_listing listing = {.cli = cli};
    struct grid_filter filter = {.link_id = link_id};
    int rc = session_links(cli, STR_NULL, &listing.links, &listing.link_count, err);

    if (rc == OK && !cli->json)
        rc = table_open(&listing.table, COUNT_OF(headings), headings, right, err);
    if (rc == OK)
        rc = grid_each(cli->db, cli->company.id, &filter, list_sale, &listing, err);
    return table_close(cli, listing.table, rc, err);
}

/* The id of --link, 0 when it was not given. */
static int filter_link(struct cli *cli, int64_t *ret, struct err *err)
{
    struct link link;
    struct str name = option_text(cli->arguments, "link");

    *ret = 0;
    if (!name.p)
        return OK;
    int rc = session_link(cli, name, &link, err);
    if (rc == OK)
        *ret = link.id;
    return rc;
}

int cmd_grid_list(struct cli *cli, struct err *err)
{
    int64_t link_id = 0, count = 0;
    int rc = filter_link(cli, &link_id, err);

    if (rc != OK)
        return rc;
    if (!option_given(cli->arguments, "anomalies"))
        return list_sales(cli, link_id, err);
    rc = anomalies_show(cli, link_id, &count, err);
    if (rc == OK && count == 0)
        say(cli, N_("✓ Nothing is known to be wrong. Sales that were not validated yet are checked by liaison grid validate."), NULL);
    return rc;
}

/* ---- edit ---- */

struct grid_correction { struct cli *cli; int64_t id; };

static int correct_sale(struct db *db, void *context, struct err *err)
{
    struct grid_correction *correction = context;
    struct cli *cli = correction->cli;
    int rc = grid_find(db, cli->company.id, cli->arguments->words[0], &correction->id, err);

    for (const struct option_value *set = NULL; rc == OK && (set = option_next(cli->arguments, "set", set));) {
        struct str field, value;
        if (!str_cut(set->text, '=', &field, &value))
            return err_set(err, ERR_USAGE, N_("--set takes FIELD=VALUE, not “%s”"), ERR_STR(set->text));
        rc = grid_edit(db, &cli->company, correction->id, str_trim(field), value, err);
    }
    if (rc == OK && option_given(cli->arguments, "accept"))
        rc = grid_accept(db, cli->company.id, correction->id, err);
    return rc;
}

int cmd_grid_edit(struct cli *cli, struct err *err)
{
    struct grid_correction correction = {.cli = cli};

    if (!option_given(cli->arguments, "set") && !option_given(cli->arguments, "accept"))
        return err_set(err, ERR_USAGE, N_("nothing is to be changed: give --set FIELD=VALUE or --accept"));
    int rc = db_transact(cli->db, correct_sale, &correction, err);
    if (rc == OK && cli->json)
        return cmd_grid_show(cli, err);
    if (rc == OK)
        say(cli, N_("The sale %s is corrected. Make its document with: liaison grid validate %s"), text_of(cli, cli->arguments->words[0]),
            text_of_word(cli, cli->arguments->words[0]), NULL);
    return rc;
}

/* ---- validate ---- */

static void on_validation_progress(void *context, const struct sync_progress *state)
{
    progress_of_sync(context, state);
}

int cmd_grid_validate(struct cli *cli, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    bool dry_run = option_given(arguments, "dry-run");
    struct sync_environment environment;
    struct grid_validation result = {0};
    struct progress progress;
    int rc = session_environment(cli, &environment, err);

    if (rc != OK)
        return rc;
    progress_init(&progress, cli);
    environment.on_progress = on_validation_progress;
    environment.context = &progress;
    rc = sync_validate_grid(&environment, arguments->words, arguments->word_count, dry_run, &result, err);
    progress_end(&progress);
    if (rc != OK)
        return rc;
    cli->remains = result.anomalies > 0 || result.blocked > 0;
    if (cli->json) {
        sync_append_grid_validation_json(&cli->out, &result, dry_run);
        buf_append_char(&cli->out, '\n');
        return OK;
    }
    say(cli, dry_run ? N_("Rehearsal: nothing was written. %s sales checked; %s documents would be made, %s validated, %s blocked; %s payments, %s reconciled.")
                     : N_("%s sales checked; %s documents made, %s validated, %s blocked; %s payments, %s documents reconciled."),
        text_of_int(cli, result.checked), text_of_int(cli, result.documents), text_of_int(cli, result.validated), text_of_int(cli, result.blocked),
        text_of_int(cli, result.payments), text_of_int(cli, result.reconciled), NULL);
    if (result.anomalies)
        say(cli, N_("%s sales stay in the grid for an anomaly: liaison grid list --anomalies says which and what to do."), text_of_int(cli, result.anomalies), NULL);
    return OK;
}

/* ---- purge ---- */

struct grid_removal { struct cli *cli; int64_t link_id, count; };

static int purge_sales(struct db *db, void *context, struct err *err)
{
    struct grid_removal *removal = context;
    const struct arguments *arguments = removal->cli->arguments;

    return grid_purge(db, removal->cli->company.id, removal->link_id, arguments->words, arguments->word_count, &removal->count, err);
}

int cmd_grid_purge(struct cli *cli, struct err *err)
{
    struct grid_removal removal = {.cli = cli};
    int rc = filter_link(cli, &removal.link_id, err);

    if (rc == OK)
        rc = db_transact(cli->db, purge_sales, &removal, err);
    if (rc == OK && cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_int(&json, "purged", removal.count);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    }
    if (rc == OK)
        say(cli, N_("%s sales removed from the grid. A synchronisation with --since brings those of a till back."), text_of_int(cli, removal.count), NULL);
    return rc;
}
