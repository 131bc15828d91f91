/* cmd_article.c: liaison article show and set (the list is in cmd_list.c, the files in cmd_article_file.c). */
#include "cli/section_int.h"

/* ---- show ---- */

static int show_article(struct cli *cli, struct str code, struct err *err)
{
    struct article article;
    int found = article_find_by_code(cli->db, cli->company.id, &cli->arena, code, &article, err);

    if (found < 0)
        return found;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, N_("there is no article %s: liaison article list shows them"), ERR_STR(code));
    const struct report_record *record = report_record_by_name("article");
    if (cli->json)
        return record_put_json(cli, record, article.id, err);
    int rc = section_show_fields(cli, &record->head, article.id, err);
    return rc < 0 ? rc : record_show_parts(cli, record, article.id, err);
}

int cmd_article_show(struct cli *cli, struct err *err)
{
    return show_article(cli, cli->arguments->words[0], err);
}

/* ---- set ---- */

static struct figure_edit figure_option(const struct cli *cli, const char *name)
{
    struct figure_edit edit = {.what = FIGURE_KEEP};

    if (option_number(cli->arguments, name, &edit.value))
        edit.what = FIGURE_SET;
    return edit;
}

static enum flag_edit flag_option(const struct cli *cli, const char *name)
{
    if (!option_given(cli->arguments, name))
        return FLAG_KEEP;
    return option_yes(cli->arguments, name, false) ? FLAG_YES : FLAG_NO;
}

static struct article_edit edit_of_options(const struct cli *cli)
{
    const struct arguments *arguments = cli->arguments;

    return (struct article_edit){
        .code = str_trim(arguments->words[0]),
        .label = option_text(arguments, "label"),
        .family = option_text(arguments, "family"),
        .tax = option_text(arguments, "tax"),
        .barcode = option_text(arguments, "barcode"),
        .unit = option_text(arguments, "unit"),
        .price_e4 = figure_option(cli, "price"),
        .buy_price_e4 = figure_option(cli, "buy-price"),
        .weight_milli = figure_option(cli, "weight"),
        .stock_milli = figure_option(cli, "stock"),
        .stock_managed = flag_option(cli, "stock-managed"),
        .archived = flag_option(cli, "archived"),
    };
}

/* The link of --till-article: the one that is named, or the only one. */
static int link_of_till_article(struct cli *cli, int64_t *ret, struct err *err)
{
    struct link_name *links = NULL;
    size_t count = 0;
    int rc = session_links(cli, option_text(cli->arguments, "link"), &links, &count, err);

    if (rc == OK && count != 1)
        return err_set(err, ERR_USAGE, N_("--till-article needs --link: this company has %s links"), ERR_INT((int64_t)count));
    if (rc == OK)
        *ret = links[0].id;
    return rc;
}

struct article_setting { struct cli *cli; struct article_edit edit; bool edits; int64_t link_id; enum article_outcome outcome; };

static int set_article(struct db *db, void *context, struct err *err)
{
    struct article_setting *setting = context;
    struct cli *cli = setting->cli;
    struct str till_article = option_text(cli->arguments, "till-article"), id, declination;
    ARENA_AUTO arena = {0};
    int rc = setting->edits ? article_edit_apply(db, cli->company.id, &arena, &setting->edit, session_now(cli), &setting->outcome, err) : OK;

    if (rc != OK || !till_article.p)
        return rc;
    if (!str_cut(till_article, '/', &id, &declination))
        declination = STR("");
    return grid_bind_article(db, cli->company.id, setting->link_id, id, declination, setting->edit.code, err);
}

/* Whether anything but the till article was given: a code may be bound before its article exists. */
static bool edits_article(const struct arguments *arguments)
{
    static const char *const names[] = {"label", "family", "tax", "price", "buy-price", "barcode", "unit", "weight", "stock-managed", "archived", "stock"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (option_given(arguments, names[i]))
            return true;
    return false;
}

int cmd_article_set(struct cli *cli, struct err *err)
{
    struct article_setting setting = {.cli = cli, .edit = edit_of_options(cli), .edits = edits_article(cli->arguments)};
    bool binds = option_given(cli->arguments, "till-article");
    int rc = OK;

    if (!setting.edit.code.n)
        return err_set(err, ERR_USAGE, N_("the article code is empty"));
    if (!setting.edits && !binds)
        return err_set(err, ERR_USAGE, N_("nothing is to be changed: give --label, --price, --stock … or --till-article"));
    if (binds)
        rc = link_of_till_article(cli, &setting.link_id, err);
    if (rc == OK)
        rc = db_transact(cli->db, set_article, &setting, err);
    if (rc != OK)
        return rc;
    if (cli->json && setting.edits)
        return show_article(cli, setting.edit.code, err);
    if (setting.edits)
        say(cli, setting.outcome == ARTICLE_CREATED ? N_("Article %s created.") : setting.outcome == ARTICLE_UPDATED ? N_("Article %s changed.") : N_("Article %s is as it was."),
            text_of(cli, setting.edit.code), NULL);
    if (binds)
        say(cli, N_("The till article %s has the code %s from now on: liaison sync LINK --only articles-in brings it in."), text_of(cli, option_text(cli->arguments, "till-article")),
            text_of(cli, setting.edit.code), NULL);
    return OK;
}
