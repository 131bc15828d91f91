/* fuzz_command_line.c: the words of a command line, one per line of the input. What was understood is written out in one canonical form (command,
 * --option=value, --, arguments) and must be understood the same; every value fits its type; and none lies outside of the words that were given. */
#include "base/money.h"
#include "cli/cli_int.h"
#include "fuzz.h"

enum { WORDS_MAX = 64 };

struct command_line {
    char *argv[WORDS_MAX + 1];
    int argc;
};

static void add_word(struct command_line *line, struct str word)
{
    char *copy = malloc(word.n + 1); /* one block a word: a byte read beyond it is seen */

    if (copy == NULL)
        abort();
    memcpy(copy, word.n > 0 ? word.p : "", word.n);
    copy[word.n] = '\0';
    line->argv[line->argc++] = copy;
}

static void release(struct command_line *line)
{
    for (int i = 0; i < line->argc; i++)
        free(line->argv[i]);
}

static void split(struct str input, struct command_line *ret)
{
    *ret = (struct command_line){0};
    add_word(ret, STR("liaison"));
    while (input.n > 0 && ret->argc < WORDS_MAX) {
        struct str word = input_line(&input);
        struct str before_zero;
        str_cut(word, '\0', &before_zero, &(struct str){0});
        add_word(ret, before_zero);
    }
}

static bool lies_in(const struct command_line *line, struct str text)
{
    for (int i = 0; i < line->argc; i++) {
        const char *begin = line->argv[i], *end = begin + strlen(begin);
        if (text.p >= begin && text.p + text.n <= end)
            return true;
    }
    return false;
}

/* ---- values ---- */

static int64_t count_of_choices(const char *words)
{
    int64_t count = 1;

    for (; *words != '\0'; words++)
        count += *words == '|';
    return count;
}

static void law_of_value(const struct option_value *value)
{
    int64_t least = -MONEY_MAX, greatest = MONEY_MAX;

    switch (value->spec->type) {
    case OPTION_FLAG: least = greatest = 1; break;
    case OPTION_TEXT: least = greatest = 0; break;
    case OPTION_FILE: least = greatest = 0; LAW(value->text.n > 0); break;
    case OPTION_DAY_OR_NONE:
    case OPTION_DAY: least = civil_day(1900, 1, 1); greatest = civil_day(9999, 12, 31); break;
    case OPTION_YES_NO: least = 0; greatest = 1; break;
    case OPTION_CHOICE: least = 0; greatest = count_of_choices(value->spec->placeholder) - 1; break;
    case OPTION_NUMBER: least = 0; greatest = INT64_MAX; break;
    case OPTION_RATE: least = 0; greatest = 10000; break;
    case OPTION_CLOCK: least = 0; greatest = 24 * 60 - 1; break;
    case OPTION_PRICE:
    case OPTION_QUANTITY: break;
    }
    LAW(text_is_utf8(value->text));
    LAW(value->number >= least && value->number <= greatest);
    LAW(!value->none || value->spec->type == OPTION_DAY_OR_NONE);
}

static void law_of_arguments(const struct command_line *line, const struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->option_count; i++) {
        const struct option_value *value = &arguments->options[i];
        LAW(value->spec->type == OPTION_FLAG || lies_in(line, value->text));
        law_of_value(value);
        LAW(option_given(arguments, value->spec->name));
    }
    for (size_t i = 0; i < arguments->word_count; i++)
        LAW(lies_in(line, arguments->words[i]));
}

/* What is required is there. */
static void law_of_complete(const struct arguments *arguments)
{
    const struct argument_spec *argument = arguments->command->arguments;

    LAW(command_by_path(str_from(arguments->command->path)) == arguments->command);
    for (const struct option_spec *spec = arguments->command->options; spec && spec->name; spec++)
        LAW(!spec->required || option_given(arguments, spec->name));
    for (size_t i = 0; argument && argument->placeholder; argument++, i++)
        LAW(!argument->required || arguments->word_count > i);
}

/* ---- the canonical form ---- */

static void write_canonical(struct arena *arena, const struct arguments *arguments, struct command_line *ret)
{
    struct str path = str_from(arguments->command->path), word;

    *ret = (struct command_line){0};
    add_word(ret, STR("liaison"));
    for (bool more = true; more;) {
        more = str_cut(path, ' ', &word, &path);
        add_word(ret, word);
    }
    for (size_t i = 0; i < arguments->option_count; i++) {
        const struct option_value *value = &arguments->options[i];
        bool flag = value->spec->type == OPTION_FLAG;
        add_word(ret, arena_format(arena, "--%s%s%.*s", value->spec->name, flag ? "" : "=", STR_ARG(value->text)));
    }
    add_word(ret, STR("--"));
    for (size_t i = 0; i < arguments->word_count; i++)
        add_word(ret, arguments->words[i]);
}

static void law_of_same(const struct arguments *a, const struct arguments *b)
{
    LAW(a->command == b->command && a->help == b->help && a->version == b->version);
    LAW(a->option_count == b->option_count && a->word_count == b->word_count);
    for (size_t i = 0; i < a->option_count; i++) {
        const struct option_value *left = &a->options[i], *right = &b->options[i];
        LAW(strcmp(left->spec->name, right->spec->name) == 0 && str_equal(left->text, right->text));
        LAW(left->number == right->number && left->none == right->none);
    }
    for (size_t i = 0; i < a->word_count; i++)
        LAW(str_equal(a->words[i], b->words[i]));
}

static void law_of_canonical(const struct arguments *arguments)
{
    ARENA_AUTO arena = {0};
    struct command_line line;
    struct arguments again;
    struct err err = {0};

    if (arguments->option_count + arguments->word_count + 4 > WORDS_MAX)
        return;
    write_canonical(&arena, arguments, &line);
    LAW(arguments_parse(&arena, line.argc, line.argv, &again, &err) == OK);
    law_of_same(arguments, &again);
    release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO help = {0};
    struct command_line line;
    struct arguments arguments;
    struct err err = {0};

    split(input_of(data, size), &line);
    int rc = arguments_parse(&arena, line.argc, line.argv, &arguments, &err);
    if (rc != OK)
        law_of_refusal(rc, &err);
    law_of_arguments(&line, &arguments);
    if (rc == OK && arguments.command && !arguments.help && !arguments.version)
        law_of_complete(&arguments);
    if (rc == OK && arguments.command)
        law_of_canonical(&arguments);
    if (rc != OK && arguments.command)
        help_append_usage(&help, arguments.command);
    if (rc == OK && arguments.help && !arguments.command)
        help_append_overview(&help, arguments.topic);
    LAW(!buf_failed(&help));
    release(&line);
    return 0;
}
