/* cmd_sync.c: liaison sync: runs a link and says in plain words what was done; a rehearsal says it beforehand, change by change. */
#include <string.h>

#include "cli/cli_int.h"

struct watch {
    struct cli *cli;
    struct progress progress;
    struct buf subject;    /* what the last change line was about, so that its fields gather under it */
    struct err failure;    /* of the output; the run itself goes on */
};

/* What a run announces, as sync names it. */
static const char *action_word(const char *action)
{
    static const char *const WORDS[][2] = {
        {"create", N_("create")}, {"update", N_("update")}, {"archive", N_("archive")}, {"create_category", N_("create the category")},
        {"create_tax", N_("create the VAT rate")}, {"document", N_("document for ticket")},
    };

    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (strcmp(action, WORDS[i][0]) == 0)
            return text_translate(WORDS[i][1]);
    return action;
}

static void on_progress(void *context, const struct sync_progress *state)
{
    struct watch *watch = context;

    progress_of_sync(&watch->progress, state);
}

static const char *const flow_titles[FLOW_COUNT] = {
    [FLOW_ARTICLES_IN] = N_("articles in"), [FLOW_ARTICLES_OUT] = N_("articles out"), [FLOW_ORDERS] = N_("sales")};

/* One line per article or document, then one per field of it that changes. */
static void on_change(void *context, const struct sync_change *change)
{
    struct watch *watch = context;
    struct cli *cli = watch->cli;
    BUF_AUTO subject = {0};

    buf_printf(&subject, "%d %s %.*s", (int)change->flow, change->action, STR_ARG(change->subject));
    progress_end(&watch->progress);
    if (!str_equal(buf_str(&subject), buf_str(&watch->subject))) {
        buf_reset(&watch->subject);
        buf_append(&watch->subject, buf_str(&subject));
        buf_append_z(&cli->out, _(flow_titles[change->flow]));
        buf_append_z(&cli->out, ": ");
        buf_append_z(&cli->out, action_word(change->action));
        buf_append_char(&cli->out, ' ');
        text_append_cell(&cli->out, change->subject, 0, false);
        buf_append_char(&cli->out, '\n');
    }
    if (change->field.n) {
        buf_append_z(&cli->out, "    ");
        text_append_cell(&cli->out, change->field, 0, false);
        buf_append_z(&cli->out, ": ");
        if (change->old_value.p) {
            text_append_cell(&cli->out, change->old_value, 0, false);
            buf_append_z(&cli->out, " → ");
        }
        text_append_cell(&cli->out, change->new_value.p ? change->new_value : STR(""), 0, false);
        buf_append_char(&cli->out, '\n');
    }
    if (watch->failure.code == OK && output_spill(cli, &watch->failure) == ERR_CANCELLED)
        err_clear(&watch->failure);
}

/* ---- what was done ---- */

static void say_articles(struct cli *cli, const char *message, const struct article_counts *counts)
{
    say(cli, message, text_of_int(cli, counts->read), text_of_int(cli, counts->created), text_of_int(cli, counts->updated), text_of_int(cli, counts->unchanged),
        text_of_int(cli, counts->skipped), text_of_int(cli, counts->anomalies), NULL);
}

static void say_orders(struct cli *cli, const struct order_counts *counts)
{
    say(cli, N_("Sales: %s read; %s into the grid, %s already here, %s changed at the till, %s left out (cancelled, open, training or zero)."),
        text_of_int(cli, counts->read), text_of_int(cli, counts->staged), text_of_int(cli, counts->already), text_of_int(cli, counts->changed),
        text_of_int(cli, counts->skipped), NULL);
    say(cli, N_("Documents: %s made, %s validated, %s blocked; %s payments, %s documents reconciled with their payments."), text_of_int(cli, counts->documents),
        text_of_int(cli, counts->validated), text_of_int(cli, counts->blocked), text_of_int(cli, counts->payments), text_of_int(cli, counts->reconciled), NULL);
    if (counts->anomalies)
        say(cli, N_("Sales that stay in the grid for an anomaly: %s."), text_of_int(cli, counts->anomalies), NULL);
}

static bool flow_ran(const struct link *link, const struct sync_options *options, enum sync_flow flow)
{
    const bool asked[FLOW_COUNT] = {[FLOW_ARTICLES_IN] = link->options.import_articles, [FLOW_ARTICLES_OUT] = link->options.export_articles,
                                    [FLOW_ORDERS] = link->options.import_orders};

    return options->has_only ? options->only == flow : asked[flow];
}

static void say_result(struct cli *cli, const struct link *link, const struct sync_options *options, const struct sync_result *result)
{
    if (result->dry_run)
        say(cli, N_("Rehearsal of %s: nothing was written. The synchronisation would do this:"), text_of(cli, link->options.name), NULL);
    else
        say(cli, N_("Synchronisation of %s done (run %s)."), text_of(cli, link->options.name), text_of_int(cli, result->run_id), NULL);
    if (flow_ran(link, options, FLOW_ARTICLES_IN))
        say_articles(cli, N_("Articles in: %s read; %s created, %s updated, %s unchanged, %s left out, %s with an anomaly."), &result->articles_in);
    if (flow_ran(link, options, FLOW_ARTICLES_OUT))
        say_articles(cli, N_("Articles out: %s read; %s created at the till, %s overwritten there, %s unchanged, %s left out, %s with an anomaly."),
                     &result->articles_out);
    if (flow_ran(link, options, FLOW_ORDERS))
        say_orders(cli, &result->orders);
}

/* The anomalies of a rehearsal went away with it. */
static int show_anomalies(struct cli *cli, const struct link *link, const struct sync_result *result, struct err *err)
{
    int64_t count = 0;

    if (cli->quiet || result->dry_run || !result->open_anomalies)
        return OK;
    say(cli, N_("\nWhat is wrong, by root cause:"), NULL);
    return anomalies_show(cli, link->id, &count, err);
}

static int run_link(struct cli *cli, const struct link *link, const struct sync_options *options, struct sync_result *ret, struct err *err)
{
    struct watch watch = {.cli = cli};
    struct sync_environment environment;
    int rc = session_environment(cli, &environment, err);

    if (rc != OK)
        return rc;
    progress_init(&watch.progress, cli);
    environment.on_progress = on_progress;
    environment.on_change = options->dry_run && !cli->json && !cli->quiet ? on_change : NULL;
    environment.context = &watch;
    rc = sync_run(&environment, link, options, ret, err);
    progress_end(&watch.progress);
    buf_release(&watch.subject);
    if (rc == OK && watch.failure.code != OK) {
        *err = watch.failure;
        rc = err->code;
    }
    return rc;
}

int cmd_sync(struct cli *cli, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    struct sync_options options = {.dry_run = option_given(arguments, "dry-run"), .has_only = option_given(arguments, "only")};
    struct sync_result result;
    struct link link;
    int64_t since_day = 0;

    options.only = (enum sync_flow)option_choice(arguments, "only", 0);
    options.has_since = option_number(arguments, "since", &since_day);
    if (options.has_since)
        options.since_utc = session_day_start(cli, since_day);
    int rc = session_link(cli, arguments->words[0], &link, err);
    if (rc == OK)
        rc = run_link(cli, &link, &options, &result, err);
    if (rc != OK)
        return rc;
    cli->remains = !result.ok || result.open_anomalies > 0;
    if (cli->json) {
        sync_append_json(&cli->out, &result);
        buf_append_char(&cli->out, '\n');
        return OK;
    }
    say_result(cli, &link, &options, &result);
    return show_anomalies(cli, &link, &result, err);
}
