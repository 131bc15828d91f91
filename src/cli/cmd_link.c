/* cmd_link.c: liaison link …: links to tills, and whether they work. The API key comes from a file and goes sealed into the database; it is shown nowhere. */
#include <string.h>
#include <sys/stat.h>

#include "cli/cli_int.h"

/* ---- options ---- */

enum { KEY_FILE_MAX = 4 << 10, PROFILE_FILE_MAX = 256 << 10 };
static const char *const archived_words[] = {"any", "no", "only"};

/* A built-in profile is kept by its name, a file by its text, so that the link goes on when the file moves away. */
static int read_profile(struct cli *cli, struct str named, struct str *ret, struct err *err)
{
    struct buf text = {.max = PROFILE_FILE_MAX};
    struct sales_profile *profile = NULL;

    if (sales_profile_builtin(named).p) {
        *ret = named;
        return OK;
    }
    int rc = file_read(named.p, &text, err);
    if (rc == OK)
        rc = sales_profile_parse(&cli->arena, buf_str(&text), named.p, &profile, err);
    if (rc == OK) {
        *ret = arena_copy(&cli->arena, buf_str(&text));
        rc = ret->p ? OK : err_memory(err);
    }
    buf_release(&text);
    return rc;
}

static int apply_filters(const struct cli *cli, struct link_options *options, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    const struct option_value *since = option_find(arguments, "changed-since");

    if (option_given(arguments, "family"))
        options->family_count = 0;
    for (const struct option_value *family = NULL; (family = option_next(arguments, "family", family));) {
        if (!family->text.n)
            continue;
        if (options->family_count == COUNT_OF(options->families))
            return err_set(err, ERR_USAGE, N_("a link filters %s families at most: leave --family out to take all"), ERR_INT(COUNT_OF(options->families)));
        options->families[options->family_count++] = family->text;
    }
    if (option_given(arguments, "code"))
        options->code_pattern = option_text(arguments, "code").n ? option_text(arguments, "code") : STR_NULL;
    if (since) {
        options->has_changed_since = !since->none;
        options->changed_since_utc = since->none ? 0 : session_day_start(cli, since->number);
    }
    options->only_in_stock = option_yes(arguments, "in-stock", options->only_in_stock);
    if (option_given(arguments, "archived"))
        options->archived = str_from(archived_words[option_choice(arguments, "archived", 0)]);
    return OK;
}

/* What was typed, on top of what the link has. */
static int apply_options(struct cli *cli, struct link_options *options, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    int64_t since_day = 0, overlap_days = 0;

    if (option_given(arguments, "name"))
        options->name = str_trim(option_text(arguments, "name"));
    if (option_given(arguments, "url"))
        options->url = str_trim(option_text(arguments, "url"));
    if (option_number(arguments, "since", &since_day)) {
        options->has_since = true;
        options->since_utc = session_day_start(cli, since_day);
    }
    if (option_number(arguments, "overlap-days", &overlap_days)) {
        if (overlap_days > 366)
            return err_set(err, ERR_USAGE, N_("--overlap-days goes to 366: use liaison sync LINK --since DATE to read everything again"));
        options->overlap_minutes = overlap_days * 24 * 60;
    }
    options->import_articles = option_yes(arguments, "import-articles", options->import_articles);
    options->export_articles = option_yes(arguments, "export-articles", options->export_articles);
    options->import_orders = option_yes(arguments, "import-orders", options->import_orders);
    options->auto_validate = option_yes(arguments, "auto-validate", options->auto_validate);
    options->orders = option_choice(arguments, "document", options->orders) == 1;
    options->numbers = (enum number_rule)option_choice(arguments, "numbers", (int)options->numbers);
    options->unknown_article = (enum unknown_rule)option_choice(arguments, "unknown-article", (int)options->unknown_article);
    options->unknown_customer = (enum unknown_rule)option_choice(arguments, "unknown-customer", (int)options->unknown_customer);
    options->reference_from_barcode = option_choice(arguments, "missing-reference", options->reference_from_barcode) == 1;
    options->refuse_negative_stock = option_choice(arguments, "negative-stock", options->refuse_negative_stock) == 1;
    int rc = apply_filters(cli, options, err);
    if (rc == OK && option_given(arguments, "profile"))
        rc = read_profile(cli, option_text(arguments, "profile"), &options->profile, err);
    return rc;
}

/* Into `ret`, which the caller wipes. */
static int read_key(struct cli *cli, struct buf *ret, struct err *err)
{
    struct str path = option_text(cli->arguments, "key-file");
    struct stat found;

    if (!str_equal(path, STR("-")) && stat(path.p, &found) == 0 && (found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        note(cli, N_("liaison: others can read the key file %s: protect it with `chmod 600`"), text_of(cli, path), NULL);
    ret->max = KEY_FILE_MAX;
    return file_read(path.p, ret, err);
}

/* ---- add, edit, remove ---- */

struct link_change {
    struct cli *cli;
    struct link_options options;
    struct str key;
    int64_t id;
    bool has_schedule;             /* --every, --at or --no-schedule was given */
    struct schedule schedule;      /* neither rhythm nor times: it is taken away */
};

static int read_rhythm(const struct arguments *arguments, struct schedule *ret, struct err *err)
{
    struct str between = option_text(arguments, "between"), from, to;
    int64_t every = 0;

    *ret = (struct schedule){.enabled = true, .from_minute = 0, .to_minute = 23 * 60 + 59};
    (void)option_number(arguments, "every", &every);
    ret->every_minutes = every > INT16_MAX ? INT16_MAX : (int)every;
    if (between.p && (!str_cut(between, '-', &from, &to) || !clock_parse(str_trim(from), &ret->from_minute) || !clock_parse(str_trim(to), &ret->to_minute)))
        return err_set(err, ERR_USAGE, N_("--between takes two times of the day, such as 08:00-20:00, not “%s”"), ERR_STR(between));
    return OK;
}

static int read_times(struct str text, struct schedule *ret, struct err *err)
{
    struct str word, rest = text;

    *ret = (struct schedule){.enabled = true};
    for (bool more = true; more;) {
        int minute = 0;
        more = str_cut(rest, ',', &word, &rest);
        if (!clock_parse(str_trim(word), &minute))
            return err_set(err, ERR_USAGE, N_("“%s” is not a time of the day: write it like 12:30"), ERR_STR(word));
        if (!schedule_add_time(ret, minute))
            return err_set(err, ERR_USAGE, N_("a schedule has %s times of the day at most: give a rhythm with --every"), ERR_INT(SCHEDULE_TIMES_MAX));
    }
    return OK;
}

static int read_schedule(struct link_change *change, struct err *err)
{
    const struct arguments *arguments = change->cli->arguments;
    const char *member;
    bool every = option_given(arguments, "every"), at = option_given(arguments, "at"), none = option_given(arguments, "no-schedule");

    if (every + at + none > 1 || (option_given(arguments, "between") && !every))
        return err_set(err, ERR_USAGE, N_("give a schedule in one way: --every MINUTES (with --between), --at TIMES, or --no-schedule"));
    change->has_schedule = every || at || none;
    int rc = every ? read_rhythm(arguments, &change->schedule, err) : at ? read_times(option_text(arguments, "at"), &change->schedule, err) : OK;
    return rc == OK && (every || at) ? schedule_check(&change->schedule, &member, err) : rc;
}

static int create_link(struct db *db, void *context, struct err *err)
{
    struct link_change *change = context;
    struct cli *cli = change->cli;

    return link_create(db, cli->company.id, &change->options, change->key, &cli->seal_key, cli->random, &change->id, err);
}

static int update_link(struct db *db, void *context, struct err *err)
{
    struct link_change *change = context;
    struct cli *cli = change->cli;

    int rc = link_update(db, cli->company.id, change->id, &change->options, change->key, &cli->seal_key, cli->random, err);

    if (rc == OK && change->has_schedule)
        rc = schedule_save(db, cli->company.id, change->id, change->schedule.enabled ? &change->schedule : NULL, session_now(cli), err);
    return rc;
}

static int remove_link(struct db *db, void *context, struct err *err)
{
    struct link_change *change = context;

    return link_remove(db, change->cli->company.id, change->id, err);
}

static int show_link(struct cli *cli, struct str name, struct err *err);

int cmd_link_add(struct cli *cli, struct err *err)
{
    struct link_change change = {.cli = cli, .options = link_default_options};
    struct buf key = {0};
    int rc = apply_options(cli, &change.options, err);

    if (rc == OK)
        rc = read_key(cli, &key, err);
    change.key = str_trim(buf_str(&key));
    if (rc == OK)
        rc = till_key_check(change.key, err);
    if (rc == OK)
        rc = session_seal_key(cli, true, err);
    if (rc == OK)
        rc = db_transact(cli->db, create_link, &change, err);
    secret_wipe(&key);
    if (rc != OK || cli->json)
        return rc == OK ? show_link(cli, change.options.name, err) : rc;
    say(cli, N_("The link %s is saved. Try it with: liaison link test %s"), text_of(cli, change.options.name), text_of_word(cli, change.options.name), NULL);
    return OK;
}

int cmd_link_edit(struct cli *cli, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    struct link_change change = {.cli = cli, .key = STR_NULL};
    struct buf key = {0};
    struct link link;
    int rc = session_link(cli, arguments->words[0], &link, err);

    if (rc != OK)
        return rc;
    change.options = link.options;
    change.id = link.id;
    if (option_given(arguments, "no-since"))
        change.options.has_since = false;
    rc = apply_options(cli, &change.options, err);
    if (rc == OK)
        rc = read_schedule(&change, err);
    if (rc == OK && option_given(arguments, "key-file")) {
        rc = read_key(cli, &key, err);
        change.key = str_trim(key.p ? buf_str(&key) : STR(""));
        if (rc == OK)
            rc = till_key_check(change.key, err);
        if (rc == OK)
            rc = session_seal_key(cli, true, err);
    }
    if (rc == OK)
        rc = db_transact(cli->db, update_link, &change, err);
    secret_wipe(&key);
    if (rc != OK || cli->json)
        return rc == OK ? show_link(cli, change.options.name, err) : rc;
    say(cli, N_("The link %s is changed."), text_of(cli, change.options.name), NULL);
    return OK;
}

int cmd_link_remove(struct cli *cli, struct err *err)
{
    struct link link;
    int rc = session_link(cli, cli->arguments->words[0], &link, err);

    if (rc == OK)
        rc = db_transact(cli->db, remove_link, &(struct link_change){.cli = cli, .id = link.id}, err);
    if (rc == OK && cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_str(&json, "removed", link.options.name);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    }
    if (rc == OK)
        say(cli, N_("The link %s is removed and its key wiped. Its documents stay."), text_of(cli, link.options.name), NULL);
    return rc;
}

/* ---- list and show ---- */

static const char *unknown_word(enum unknown_rule rule)
{
    return rule == UNKNOWN_CREATE ? "create" : rule == UNKNOWN_REFUSE ? "refuse" : "drop";
}

/* With its schedule, which stands in a row of its own. */
static int append_link_json(struct cli *cli, const struct link *link, struct err *err)
{
    struct json_out json = {.buf = &cli->out};
    struct schedule schedule;
    int found = schedule_load(cli->db, cli->company.id, link->id, &schedule, err);

    if (found < 0)
        return found;
    json_begin_object(&json);
    link_put_members(&json, &cli->company, link);
    json_key(&json, "schedule");
    if (found)
        schedule_put_json(&json, &schedule);
    else
        json_put_null(&json);
    json_end_object(&json);
    buf_append_char(&cli->out, '\n');
    return OK;
}

struct link_listing { struct cli *cli; struct report_table *table; };

static int list_link(void *context, const struct link *link, struct err *err)
{
    struct link_listing *listing = context;
    struct cli *cli = listing->cli;
    const struct link_options *o = &link->options;
    BUF_AUTO cursor = {0};

    if (cli->json) {
        int rc = append_link_json(cli, link, err);
        return rc == OK ? output_spill(cli, err) : rc;
    }
    if (link->has_cursor)
        instant_append_local(&cursor, cli->company.zone, link->cursor_utc);
    const char *yes = _("yes"), *no = _("no");
    const struct str cells[] = {o->name, o->url, str_from(o->import_articles ? yes : no), str_from(o->export_articles ? yes : no),
                                str_from(o->import_orders ? yes : no), str_from(o->orders ? _("orders") : _("invoices")),
                                str_from(o->auto_validate ? yes : no), buf_str(&cursor)};
    return table_row(cli, listing->table, cells, err);
}

int cmd_link_list(struct cli *cli, struct err *err)
{
    static const char *const headings[] = {N_("Name"), N_("Address"), N_("Articles in"), N_("Articles out"), N_("Sales"), N_("Documents"), N_("Validated"), N_("Sales read until")};
    static const bool right[COUNT_OF(headings)] = {false};
    struct link_listing listing = {.cli = cli};
    int rc = cli->json ? OK : table_open(&listing.table, COUNT_OF(headings), headings, right, err);

    if (rc == OK)
        rc = link_each(cli->db, cli->company.id, list_link, &listing, err);
    return table_close(cli, listing.table, rc, err);
}

static const char *instant_text(struct cli *cli, bool known, int64_t at_utc, const char *otherwise)
{
    BUF_AUTO text = {0};

    if (!known)
        return otherwise;
    instant_append_local(&text, cli->company.zone, at_utc);
    return text_of(cli, buf_str(&text));
}

static const char *families_text(struct cli *cli, const struct link_options *o)
{
    BUF_AUTO text = {0};

    for (size_t i = 0; i < o->family_count; i++) {
        if (i > 0)
            buf_append_z(&text, ", ");
        buf_append(&text, o->families[i]);
    }
    return o->family_count ? text_of(cli, buf_str(&text)) : _("all");
}

static void say_link(struct cli *cli, const struct link *link)
{
    const struct link_options *o = &link->options;
    const char *yes = _("yes"), *no = _("no");

    say(cli, N_("Link %s (%s)"), text_of(cli, o->name), text_of(cli, o->url), NULL);
    say(cli, N_("  Sales profile:         %s"), text_of(cli, link_profile_name(&cli->arena, o->profile)), NULL);
    say(cli, N_("  Articles in, out:      %s, %s"), o->import_articles ? yes : no, o->export_articles ? yes : no, NULL);
    say(cli, N_("  Sales in:              %s, since %s"), o->import_orders ? yes : no, instant_text(cli, o->has_since, o->since_utc, _("the beginning")), NULL);
    say(cli, N_("  Sales become:          %s, numbers %s"), o->orders ? _("orders") : _("invoices"), o->numbers == NUMBERS_KEEP ? _("kept") : _("given anew"), NULL);
    say(cli, N_("  Validated by itself:   %s"), o->auto_validate ? yes : no, NULL);
    say(cli, N_("  Families:              %s"), families_text(cli, o), NULL);
    say(cli, N_("  Codes:                 %s"), o->code_pattern.p ? text_of(cli, o->code_pattern) : _("all"), NULL);
    say(cli, N_("  Changed since:         %s"), instant_text(cli, o->has_changed_since, o->changed_since_utc, _("the beginning")), NULL);
    say(cli, N_("  Only in stock:         %s"), o->only_in_stock ? yes : no, NULL);
    say(cli, N_("  Archived articles:     %s"), text_of(cli, o->archived.p ? o->archived : STR("any")), NULL);
    say(cli, N_("  Unknown article:       %s"), unknown_word(o->unknown_article), NULL);
    say(cli, N_("  Unknown customer:      %s"), unknown_word(o->unknown_customer), NULL);
    say(cli, N_("  Missing reference:     %s"), o->reference_from_barcode ? "barcode" : "refuse", NULL);
    say(cli, N_("  Negative stock:        %s"), o->refuse_negative_stock ? "refuse" : "allow", NULL);
    say(cli, N_("  Days read again:       %s"), text_of_milli(cli, o->overlap_minutes * 1000 / (INT64_C(24) * 60)), NULL);
    say(cli, N_("  Sales read until:      %s"), instant_text(cli, link->has_cursor, link->cursor_utc, _("never")), NULL);
}

/* "every 30 minutes from 08:00 to 20:00", "at 12:30, 21:00". */
static const char *schedule_text(struct cli *cli, const struct schedule *schedule)
{
    BUF_AUTO from = {0};
    BUF_AUTO to = {0};
    BUF_AUTO text = {0};

    clock_append(&from, schedule->from_minute);
    clock_append(&to, schedule->to_minute);
    if (schedule->every_minutes)
        say_to(&text, N_("every %s minutes from %s to %s"), text_of_int(cli, schedule->every_minutes), text_of(cli, buf_str(&from)), text_of(cli, buf_str(&to)), NULL);
    for (size_t i = 0; !schedule->every_minutes && i < schedule->at_count; i++) {
        buf_append_z(&text, i ? ", " : _("at "));
        clock_append(&text, schedule->at_minutes[i]);
    }
    if (!schedule->enabled)
        buf_append_z(&text, _(" (switched off)"));
    return text_of(cli, buf_str(&text));
}

static int say_schedule(struct cli *cli, const struct link *link, struct err *err)
{
    struct schedule schedule;
    int found = schedule_load(cli->db, cli->company.id, link->id, &schedule, err);

    if (found >= 0)
        say(cli, N_("  Runs by itself:        %s"), found ? schedule_text(cli, &schedule) : _("no"), NULL);
    return found < 0 ? found : OK;
}

static int show_link(struct cli *cli, struct str name, struct err *err)
{
    struct link link;
    int rc = session_link(cli, name, &link, err);

    if (rc == OK && cli->json)
        return append_link_json(cli, &link, err);
    if (rc == OK)
        say_link(cli, &link);
    return rc == OK ? say_schedule(cli, &link, err) : rc;
}

int cmd_link_show(struct cli *cli, struct err *err)
{
    return show_link(cli, cli->arguments->words[0], err);
}

/* ---- test ---- */

static void append_report_json(struct cli *cli, const struct link_report *report, const struct err *failure)
{
    struct json_out json = {.buf = &cli->out};
    BUF_AUTO message = {0};

    err_format(failure, &message);
    json_begin_object(&json);
    json_member_bool(&json, "ok", !failure->code && (!report->has_sale || report->sale_readable));
    link_report_put_members(&json, report);
    json_member_str(&json, "error", failure->code ? buf_str(&message) : STR_NULL);
    json_end_object(&json);
    buf_append_char(&cli->out, '\n');
}

static const char *name_or(struct cli *cli, struct str name, const char *otherwise)
{
    return name.n ? text_of(cli, name) : otherwise;
}

/* As far as the test got; the error that stopped it follows on standard error. */
static void say_report(struct cli *cli, const struct link *link, const struct link_report *report, bool stopped)
{
    const char *unnamed = _("without a name");

    say(cli, report->reachable ? N_("✓ %s answers") : N_("✗ %s does not answer as a till"), text_of(cli, link->options.url), NULL);
    if (report->reachable)
        say(cli, report->key_accepted ? N_("✓ the key is accepted") : N_("✗ the key is not accepted"), NULL);
    if (stopped || !report->key_accepted)
        return;
    say(cli, N_("✓ account: company %s, shop %s"), name_or(cli, report->account.company_name, unnamed), name_or(cli, report->account.shop_name, unnamed), NULL);
    say(cli, N_("✓ %s articles in %s categories"), text_of_int(cli, report->articles), text_of_int(cli, report->categories), NULL);
    if (!report->has_sale)
        say(cli, N_("– the till shows no sale yet: the sales profile %s could not be tried"), text_of(cli, report->profile_name), NULL);
    else if (report->sale_readable)
        say(cli, N_("✓ the sales profile %s reads sale %s"), text_of(cli, report->profile_name), name_or(cli, report->sale_number, "?"), NULL);
    else
        say(cli, N_("✗ the sales profile %s does not read sale %s: %s"), text_of(cli, report->profile_name), name_or(cli, report->sale_number, "?"),
            text_of(cli, report->sale_fault), NULL);
    if (!report->profile_confirmed)
        say(cli, N_("  This profile is not confirmed by a real account yet: compare the first days with liaison proof."), NULL);
}

int cmd_link_test(struct cli *cli, struct err *err)
{
    struct sync_environment environment;
    struct link_report report = {0};
    struct link link;
    int rc = session_link(cli, cli->arguments->words[0], &link, err);

    if (rc == OK)
        rc = session_environment(cli, &environment, err);
    if (rc != OK)
        return rc;
    rc = link_test(&environment, &link, &cli->arena, &report, err);
    if (cli->json)
        append_report_json(cli, &report, err);
    else
        say_report(cli, &link, &report, rc != OK);
    cli->remains = rc == OK && report.has_sale && !report.sale_readable;
    return rc;
}
