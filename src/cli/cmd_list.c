/* cmd_list.c: every `… list` that is a list of report/: documents, payments, stock, customers, VAT codes, means, families, articles, runs. */
#include "cli/cli_int.h"

enum { LIST_COLUMNS_MAX = 24 };
struct listing { struct cli *cli; struct report_table *table; };

static int show_row(void *context, const struct report_list *list, const struct db_value *values, struct err *err)
{
    struct listing *listing = context;
    struct cli *cli = listing->cli;
    struct str cells[LIST_COLUMNS_MAX] = {0};
    struct buf texts[LIST_COLUMNS_MAX] = {0};
    size_t shown = 0;

    if (cli->json) {
        report_append_json(&cli->out, list, values);
        buf_append_char(&cli->out, '\n');
        return output_spill(cli, err);
    }
    for (size_t i = 0; i < list->column_count; i++) {
        if (list->columns[i].json_only)
            continue;
        report_append_value(&texts[shown], list->columns[i].type, &values[i], cli->company.zone);
        cells[shown] = texts[shown].p ? buf_str(&texts[shown]) : STR("");
        shown++;
    }
    int rc = table_row(cli, listing->table, cells, err);
    while (shown > 0)
        buf_release(&texts[--shown]);
    return rc;
}

static bool is_number(enum report_type type)
{
    return type == REPORT_INT || type == REPORT_CENTS || type == REPORT_MILLI || type == REPORT_E4 || type == REPORT_RATE;
}

static int show_list(struct cli *cli, const char *name, const struct report_filter *filter, struct err *err)
{
    const struct report_list *list = report_list_by_name(name);
    const char *headings[LIST_COLUMNS_MAX] = {0};
    bool right[LIST_COLUMNS_MAX] = {0};
    struct listing listing = {.cli = cli};
    size_t shown = 0;
    int rc = OK;

    if (!list || list->column_count > LIST_COLUMNS_MAX)
        return err_set(err, ERR_INTERNAL, N_("there is no list of %s"), name);
    for (size_t i = 0; i < list->column_count; i++) {
        if (list->columns[i].json_only)
            continue;
        headings[shown] = list->columns[i].heading;
        right[shown++] = is_number(list->columns[i].type);
    }
    if (!cli->json)
        rc = table_open(&listing.table, shown, headings, right, err);
    if (rc == OK)
        rc = report_each(cli->db, cli->company.id, list, filter, show_row, &listing, err);
    return table_close(cli, listing.table, rc, err);
}

/* The first word of the command is the name of the list. */
int cmd_list(struct cli *cli, struct err *err)
{
    struct str name, rest;

    (void)str_cut(str_from(cli->arguments->command->path), ' ', &name, &rest);
    name = arena_copy(&cli->arena, name);
    return name.p ? show_list(cli, name.p, NULL, err) : err_memory(err);
}

int cmd_document_list(struct cli *cli, struct err *err)
{
    struct report_filter filter = {.kind = option_text(cli->arguments, "kind"), .state = option_text(cli->arguments, "state")};

    return show_list(cli, "document", &filter, err);
}

int cmd_article_list(struct cli *cli, struct err *err)
{
    return show_list(cli, "article", NULL, err);
}
