/* test_args.c: a command line into values: each type, each refusal, and what is suggested for a slip of the fingers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli_int.h"

enum { WORDS_MAX = 20 };
struct parsed { struct arena arena; struct arguments arguments; struct err err; int rc; };

/* Blanks separate the words of `line`; `~` inside a word stands for a blank. */
static void parse(struct parsed *ret, const char *line)
{
    char *argv[WORDS_MAX];
    struct str rest = str_from(line), word;
    int argc = 0;

    *ret = (struct parsed){0};
    for (bool more = true; more && argc < WORDS_MAX;) {
        more = str_cut(rest, ' ', &word, &rest);
        struct str copy = arena_copy(&ret->arena, word);
        assert_non_null(copy.p);
        argv[argc] = (char *)copy.p;
        for (char *p = argv[argc]; *p; p++)
            *p = *p == '~' ? ' ' : *p;
        argc++;
    }
    ret->rc = arguments_parse(&ret->arena, argc, argv, &ret->arguments, &ret->err);
}

static const char *message(const struct parsed *parsed)
{
    static struct buf text;

    buf_reset(&text);
    err_format(&parsed->err, &text);
    return text.p ? text.p : "";
}

static void test_commands(void **state)
{
    static const struct { const char *line, *path; size_t words; } cases[] = {
        {"liaison sync Shop", "sync", 1},
        {"liaison link list", "link list", 0},
        {"liaison --db sqlite:x link --json list", "link list", 0},
        {"liaison grid purge 1 2 3", "grid purge", 3},
        {"liaison grid export -", "grid export", 1},
        {"liaison grid purge -- --odd", "grid purge", 1},
        {"liaison help link add", "help", 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct parsed parsed;
        parse(&parsed, cases[i].line);
        assert_int_equal(parsed.rc, OK);
        assert_string_equal(parsed.arguments.command->path, cases[i].path);
        assert_int_equal(parsed.arguments.word_count, cases[i].words);
        arena_release(&parsed.arena);
    }
}

static void test_values(void **state)
{
    static const struct { const char *line, *option; int64_t number; } cases[] = {
        {"liaison sync Shop --since 2026-01-31", "since", 20484},
        {"liaison sync Shop --since=31/01/2026", "since", 20484},
        {"liaison sync Shop --since 1/2/2026", "since", 20485},
        {"liaison sync Shop --only orders", "only", 2},
        {"liaison link edit Shop --overlap-days 30", "overlap-days", 30},
        {"liaison link edit Shop --auto-validate oui", "auto-validate", 1},
        {"liaison link edit Shop --auto-validate no", "auto-validate", 0},
        {"liaison tax add X --rate 5,5", "rate", 550},
        {"liaison tax add X --rate 2.1", "rate", 210},
        {"liaison tax add X --rate 100", "rate", 10000},
        {"liaison article set X --price 1~234,50", "price", 12345000},
        {"liaison article set X --price 0.0005", "price", 5},
        {"liaison article set X --stock -1.250", "stock", -1250},
        {"liaison company set --cutoff 04:30", "cutoff", 270},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct parsed parsed;
        int64_t number = -1;
        parse(&parsed, cases[i].line);
        assert_int_equal(parsed.rc, OK);
        assert_true(option_number(&parsed.arguments, cases[i].option, &number));
        assert_int_equal(number, cases[i].number);
        arena_release(&parsed.arena);
    }
}

/* Every refusal is a usage error, and says where. */
static void test_refusals(void **state)
{
    static const struct { const char *line, *said; } cases[] = {
        {"liaison", "no command is given: liaison --help lists them"},
        {"liaison link", "“link” needs another word: liaison link --help lists them"},
        {"liaison snyc Shop", "there is no command “snyc”: did you mean “sync”?"},
        {"liaison link lits", "there is no command “link lits”: did you mean “link list”?"},
        {"liaison frobnicate", "there is no command “frobnicate”: liaison --help lists them"},
        {"liaison sync", "LINK is missing"},
        {"liaison sync Shop Other", "“Other” is one argument too many"},
        {"liaison sync Shop --dryrun", "there is no option --dryrun: did you mean --dry-run?"},
        {"liaison sync Shop --xyzzyx", "there is no option --xyzzyx: see --help"},
        {"liaison sync Shop -n", "there is no option -n: options have two dashes, see --help"},
        {"liaison sync Shop --dry-run=yes", "--dry-run takes no value"},
        {"liaison sync Shop --since", "--since needs a value: --since DATE"},
        {"liaison sync Shop --since 2026-02-30", "--since does not take “2026-02-30”: give a date of the calendar such as 2026-01-31"},
        {"liaison sync Shop --since 2026-01-01 --since 2026-01-02", "--since is given twice: give it once"},
        {"liaison sync Shop --only everything", "--only does not take “everything”: give articles-in|articles-out|orders"},
        {"liaison init", "--company NAME is missing"},
        {"liaison link edit Shop --auto-validate maybe", "--auto-validate does not take “maybe”: give yes|no"},
        {"liaison link edit Shop --overlap-days -3", "--overlap-days does not take “-3”: give a whole number"},
        {"liaison tax add X --rate 101", "--rate does not take “101”: give a rate in percent such as 5.5, from 0 to 100"},
        {"liaison tax add X --rate 1e400", "--rate does not take “1e400”: give a rate in percent such as 5.5, from 0 to 100"},
        {"liaison tax add X --rate 5.555", "--rate does not take “5.555”: give a rate in percent such as 5.5, from 0 to 100"},
        {"liaison article set X --price 10.00505", "--price does not take “10.00505”: give an amount in euros such as 12.50, with four decimals at most"},
        {"liaison company set --cutoff 24:00", "--cutoff does not take “24:00”: give a time such as 04:00"},
        {"liaison company set --cutoff 4:5", "--cutoff does not take “4:5”: give a time such as 04:00"},
        {"liaison sync Shop --lang de", "--lang does not take “de”: give fr|en"},
        {"liaison grid export \xff", "argument 1 is not UTF-8 text: set the terminal to UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct parsed parsed;
        parse(&parsed, cases[i].line);
        assert_int_equal(parsed.rc, ERR_USAGE);
        assert_string_equal(message(&parsed), cases[i].said);
        arena_release(&parsed.arena);
    }
}

static void test_repeated(void **state)
{
    struct parsed parsed;
    const struct option_value *first, *second;

    (void)state;
    parse(&parsed, "liaison grid edit 12 --set line.1.rate=20 --set date=2026-01-31");
    assert_int_equal(parsed.rc, OK);
    first = option_next(&parsed.arguments, "set", NULL);
    second = option_next(&parsed.arguments, "set", first);
    assert_true(str_equal(first->text, STR("line.1.rate=20")));
    assert_true(str_equal(second->text, STR("date=2026-01-31")));
    assert_null(option_next(&parsed.arguments, "set", second));
    arena_release(&parsed.arena);
}

static void test_none(void **state)
{
    struct parsed parsed;

    (void)state;
    parse(&parsed, "liaison company set --closed-until none");
    assert_int_equal(parsed.rc, OK);
    assert_true(option_find(&parsed.arguments, "closed-until")->none);
    arena_release(&parsed.arena);
}

/* Help comes before everything that is missing. */
static void test_help(void **state)
{
    static const char *const lines[] = {"liaison --help", "liaison sync --help", "liaison -h", "liaison link --help", "liaison link add --help --json", "liaison --version"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed parsed;
        parse(&parsed, lines[i]);
        assert_int_equal(parsed.rc, OK);
        assert_true(parsed.arguments.help || parsed.arguments.version);
        arena_release(&parsed.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands), cmocka_unit_test(test_values), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_repeated), cmocka_unit_test(test_none),   cmocka_unit_test(test_help),
    };
    text_init(TEXT_ENGLISH, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
