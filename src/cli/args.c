/* args.c: a command line into values, by the table of commands. An option may stand anywhere after the first word, `--name value` and
 * `--name=value` are the same, `--` ends the options, and a lone `-` is an argument. Used by cli.c and the tests. */
#include <assert.h>
#include <string.h>

#include "base/money.h"
#include "cli/cli_int.h"

enum { PATH_MAX_BYTES = 64 };

/* ---- values ---- */

static int refuse_value(const struct option_spec *spec, struct str text, const char *wanted, struct err *err)
{
    return err_set(err, ERR_USAGE, N_("--%s does not take “%s”: give %s"), spec->name, ERR_STR(text), wanted);
}

/* The place of `text` among the words of "keep|renumber"; -1 when it is none of them. */
static int64_t choice_index(const char *words, struct str text)
{
    struct str rest = str_from(words), word;

    for (int64_t index = 0;; index++) {
        bool more = str_cut(rest, '|', &word, &rest);
        if (str_equal(word, text))
            return index;
        if (!more)
            return -1;
    }
}

static int read_decimal(const struct option_spec *spec, struct str text, int places, const char *wanted, int64_t *ret, struct err *err)
{
    return decimal_parse_human(text, places, ret) == DECIMAL_OK ? OK : refuse_value(spec, text, wanted, err);
}

static int read_day(const struct option_spec *spec, struct str text, int64_t *ret, struct err *err)
{
    int32_t day = 0;

    if (!civil_parse_day(text, &day) && !civil_parse_day_french(text, &day))
        return refuse_value(spec, text, _("a date of the calendar such as 2026-01-31"), err);
    *ret = day;
    return OK;
}

/* "04:00" */
static int read_clock(const struct option_spec *spec, struct str text, int64_t *ret, struct err *err)
{
    struct str hours_text, minutes_text;
    int64_t hours = 0, minutes = 0;

    bool whole = str_cut(text, ':', &hours_text, &minutes_text) && hours_text.n <= 2 && minutes_text.n == 2 &&
                 str_parse_u63(hours_text, &hours) && str_parse_u63(minutes_text, &minutes);
    if (!whole || hours > 23 || minutes > 59)
        return refuse_value(spec, text, _("a time such as 04:00"), err);
    *ret = hours * 60 + minutes;
    return OK;
}

static int read_yes_no(const struct option_spec *spec, struct str text, int64_t *ret, struct err *err)
{
    int64_t index = choice_index("no|yes|non|oui", text);

    if (index < 0)
        return refuse_value(spec, text, "yes|no", err);
    *ret = index % 2;
    return OK;
}

static int read_choice(const struct option_spec *spec, struct str text, int64_t *ret, struct err *err)
{
    int64_t index = choice_index(spec->placeholder, text);

    if (index < 0)
        return refuse_value(spec, text, spec->placeholder, err);
    *ret = index;
    return OK;
}

static int read_rate(const struct option_spec *spec, struct str text, int64_t *ret, struct err *err)
{
    static const char wanted[] = N_("a rate in percent such as 5.5, from 0 to 100");
    int64_t rate_bp = 0;
    int rc = read_decimal(spec, text, 2, _(wanted), &rate_bp, err);

    if (rc == OK && (rate_bp < 0 || rate_bp > 10000))
        return refuse_value(spec, text, _(wanted), err);
    if (rc == OK)
        *ret = rate_bp;
    return rc;
}

static int read_value(const struct option_spec *spec, struct str text, struct option_value *ret, struct err *err)
{
    *ret = (struct option_value){.spec = spec, .text = text};
    if (!text_is_utf8(text))
        return err_set(err, ERR_USAGE, N_("the value of --%s is not UTF-8 text: set the terminal to UTF-8"), spec->name);
    switch (spec->type) {
    case OPTION_FLAG: ret->number = 1; return OK;
    case OPTION_TEXT: return OK;
    case OPTION_FILE: return text.n ? OK : refuse_value(spec, text, _("the name of a file"), err);
    case OPTION_DAY_OR_NONE:
        ret->none = str_equal(text, STR("none"));
        return ret->none ? OK : read_day(spec, text, &ret->number, err);
    case OPTION_DAY: return read_day(spec, text, &ret->number, err);
    case OPTION_YES_NO: return read_yes_no(spec, text, &ret->number, err);
    case OPTION_CHOICE: return read_choice(spec, text, &ret->number, err);
    case OPTION_NUMBER: return str_parse_u63(text, &ret->number) ? OK : refuse_value(spec, text, _("a whole number"), err);
    case OPTION_RATE: return read_rate(spec, text, &ret->number, err);
    case OPTION_PRICE: return read_decimal(spec, text, 4, _("an amount in euros such as 12.50, with four decimals at most"), &ret->number, err);
    case OPTION_QUANTITY: return read_decimal(spec, text, 3, _("a quantity such as 1.250, with three decimals at most"), &ret->number, err);
    case OPTION_CLOCK: return read_clock(spec, text, &ret->number, err);
    }
    return err_set(err, ERR_INTERNAL, N_("the option --%s has no type: this is a fault of the program"), spec->name);
}

/* ---- options ---- */

static const struct option_spec *spec_in(const struct option_spec *list, struct str name)
{
    for (; list && list->name; list++)
        if (str_equal(name, str_from(list->name)))
            return list;
    return NULL;
}

/* A command's own option wins over a global one of the same name (init declares its --company). */
static const struct option_spec *spec_find(const struct command *command, struct str name)
{
    const struct option_spec *spec = command ? spec_in(command->options, name) : NULL;

    return spec ? spec : spec_in(global_options, name);
}

static int refuse_option(const struct command *command, struct str name, struct err *err)
{
    enum { NAMES_MAX = 64 };
    const char *names[NAMES_MAX + 1] = {NULL};
    size_t count = 0;

    for (const struct option_spec *spec = command ? command->options : NULL; spec && spec->name && count < NAMES_MAX; spec++)
        names[count++] = spec->name;
    for (const struct option_spec *spec = global_options; spec->name && count < NAMES_MAX; spec++)
        names[count++] = spec->name;
    const char *nearest = help_nearest(name, names);
    if (nearest)
        return err_set(err, ERR_USAGE, N_("there is no option --%s: did you mean --%s?"), ERR_STR(name), nearest);
    return err_set(err, ERR_USAGE, N_("there is no option --%s: see --help"), ERR_STR(name));
}

struct reader {
    int argc, at;
    char *const *argv;
    struct arguments *ret;
    bool options_ended;
};

static int add_option(struct reader *reader, const struct option_value *value, struct err *err)
{
    struct arguments *ret = reader->ret;

    if (!value->spec->repeated && value->spec->type != OPTION_FLAG && option_find(ret, value->spec->name))
        return err_set(err, ERR_USAGE, N_("--%s is given twice: give it once"), value->spec->name);
    ret->options[ret->option_count++] = *value;
    ret->help = ret->help || strcmp(value->spec->name, "help") == 0;
    ret->version = ret->version || strcmp(value->spec->name, "version") == 0;
    return OK;
}

/* The option at reader->at, and its value when that is the next word. */
static int read_option(struct reader *reader, struct err *err)
{
    struct str word = str_from(reader->argv[reader->at++]), name, text;
    struct option_value value;

    if (str_equal(word, STR("-h")))
        word = STR("--help");
    if (!str_starts_with(word, STR("--")))
        return err_set(err, ERR_USAGE, N_("there is no option %s: options have two dashes, see --help"), ERR_STR(word));
    bool has_value = str_cut((struct str){word.p + 2, word.n - 2}, '=', &name, &text);
    const struct option_spec *spec = spec_find(reader->ret->command, name);
    if (!spec)
        return refuse_option(reader->ret->command, name, err);
    if (spec->type == OPTION_FLAG && has_value)
        return err_set(err, ERR_USAGE, N_("--%s takes no value"), spec->name);
    if (spec->type != OPTION_FLAG && !has_value) {
        if (reader->at == reader->argc)
            return err_set(err, ERR_USAGE, N_("--%s needs a value: --%s %s"), spec->name, spec->name, spec->placeholder);
        text = str_from(reader->argv[reader->at++]);
    }
    int rc = read_value(spec, spec->type == OPTION_FLAG ? STR("") : text, &value, err);
    return rc == OK ? add_option(reader, &value, err) : rc;
}

/* Options up to the next word that is none; *ret is absent at the end of the line. */
static int next_word(struct reader *reader, struct str *ret, struct err *err)
{
    while (reader->at < reader->argc) {
        const char *word = reader->argv[reader->at];
        if (!reader->options_ended && strcmp(word, "--") == 0) {
            reader->options_ended = true;
            reader->at++;
        } else if (!reader->options_ended && word[0] == '-' && word[1] != '\0') {
            int rc = read_option(reader, err);
            if (rc != OK)
                return rc;
        } else {
            reader->at++;
            *ret = str_from(word);
            return OK;
        }
    }
    *ret = STR_NULL;
    return OK;
}

/* ---- commands ---- */

const struct command *command_by_path(struct str path)
{
    for (const struct command *command = command_table; command->path; command++)
        if (str_equal(path, str_from(command->path)))
            return command;
    return NULL;
}

static bool is_group(struct str word)
{
    for (const struct command *command = command_table; command->path; command++) {
        struct str path = str_from(command->path);
        if (path.n > word.n && str_starts_with(path, word) && path.p[word.n] == ' ')
            return true;
    }
    return false;
}

static int refuse_command(struct str path, struct err *err)
{
    enum { PATHS_MAX = 100 };
    const char *paths[PATHS_MAX + 1] = {NULL};
    size_t count = 0;

    for (const struct command *command = command_table; command->path && count < PATHS_MAX; command++)
        paths[count++] = command->path;
    const char *nearest = help_nearest(path, paths);
    if (nearest)
        return err_set(err, ERR_USAGE, N_("there is no command “%s”: did you mean “%s”?"), ERR_STR(path), nearest);
    return err_set(err, ERR_USAGE, N_("there is no command “%s”: liaison --help lists them"), ERR_STR(path));
}

/* One word names a command (`sync`), or a group and a second word the command in it (`link add`). */
static int read_command(struct reader *reader, struct arena *arena, struct err *err)
{
    struct arguments *ret = reader->ret;
    struct str first, second;
    int rc = next_word(reader, &first, err);

    if (rc != OK || !first.p)
        return rc;
    ret->topic = first;
    ret->command = command_by_path(first);
    if (ret->command)
        return OK;
    if (!is_group(first))
        return refuse_command(first, err);
    rc = next_word(reader, &second, err);
    if (rc != OK || !second.p)
        return rc;
    struct str path = arena_format(arena, "%.*s %.*s", STR_ARG(first), STR_ARG(second));
    if (!path.p)
        return err_memory(err);
    ret->command = command_by_path(path);
    return ret->command ? OK : refuse_command(path, err);
}

static int check_words(const struct arguments *arguments, struct err *err)
{
    size_t taken = 0;

    for (const struct argument_spec *spec = arguments->command->arguments; spec && spec->placeholder; spec++) {
        if (spec->required && taken >= arguments->word_count)
            return err_set(err, ERR_USAGE, N_("%s is missing"), spec->placeholder);
        taken = spec->repeated ? SIZE_MAX : taken + 1;
    }
    if (arguments->word_count > taken)
        return err_set(err, ERR_USAGE, N_("“%s” is one argument too many"), ERR_STR(arguments->words[taken]));
    for (size_t i = 0; i < arguments->word_count; i++)
        if (!text_is_utf8(arguments->words[i]))
            return err_set(err, ERR_USAGE, N_("argument %s is not UTF-8 text: set the terminal to UTF-8"), ERR_INT((int64_t)i + 1));
    return OK;
}

static int check_options(const struct arguments *arguments, struct err *err)
{
    for (const struct option_spec *spec = arguments->command->options; spec && spec->name; spec++)
        if (spec->required && !option_given(arguments, spec->name))
            return err_set(err, ERR_USAGE, N_("--%s %s is missing"), spec->name, spec->placeholder);
    return OK;
}

int arguments_parse(struct arena *arena, int argc, char *const *argv, struct arguments *ret, struct err *err)
{
    struct reader reader = {.argc = argc, .at = 1, .argv = argv, .ret = ret};
    struct str word;

    *ret = (struct arguments){.topic = STR("")};
    ret->options = arena_array(arena, (size_t)argc + 1, sizeof *ret->options);
    ret->words = arena_array(arena, (size_t)argc + 1, sizeof *ret->words);
    if (!ret->options || !ret->words)
        return err_memory(err);
    int rc = read_command(&reader, arena, err);
    while (rc == OK && reader.at < argc) {
        rc = next_word(&reader, &word, err);
        if (rc == OK && word.p)
            ret->words[ret->word_count++] = word;
    }
    if (rc != OK || ret->help || ret->version)
        return rc;
    if (!ret->command && ret->topic.n)
        return err_set(err, ERR_USAGE, N_("“%s” needs another word: liaison %s --help lists them"), ERR_STR(ret->topic), ERR_STR(ret->topic));
    if (!ret->command)
        return err_set(err, ERR_USAGE, N_("no command is given: liaison --help lists them"));
    rc = check_words(ret, err);
    return rc == OK ? check_options(ret, err) : rc;
}

/* ---- asking ---- */

const struct option_value *option_next(const struct arguments *arguments, const char *name, const struct option_value *after)
{
    const struct option_value *end = arguments->options + arguments->option_count;

    assert(spec_find(arguments->command, str_from(name)));
    for (const struct option_value *value = after ? after + 1 : arguments->options; value < end; value++)
        if (strcmp(value->spec->name, name) == 0)
            return value;
    return NULL;
}

const struct option_value *option_find(const struct arguments *arguments, const char *name)
{
    const struct option_value *found = NULL;

    for (const struct option_value *value = NULL; (value = option_next(arguments, name, value));)
        found = value;
    return found;
}

bool option_given(const struct arguments *arguments, const char *name)
{
    return option_find(arguments, name) != NULL;
}

struct str option_text(const struct arguments *arguments, const char *name)
{
    const struct option_value *value = option_find(arguments, name);

    return value ? value->text : STR_NULL;
}

bool option_number(const struct arguments *arguments, const char *name, int64_t *ret)
{
    const struct option_value *value = option_find(arguments, name);

    if (value)
        *ret = value->number;
    return value != NULL;
}

bool option_yes(const struct arguments *arguments, const char *name, bool fallback)
{
    int64_t number = fallback;

    (void)option_number(arguments, name, &number);
    return number != 0;
}

int option_choice(const struct arguments *arguments, const char *name, int fallback)
{
    int64_t number = fallback;

    (void)option_number(arguments, name, &number);
    return (int)number;
}
