/* test_texts.c: what is made from the tables: every command is complete, its example can be typed, and the man page and docs/anomalies.md are those of
 * this table (`ninja generated-texts` writes them anew). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli_int.h"

static void check_option(const struct command *command, const struct option_spec *spec)
{
    if (!spec->help || !*spec->help)
        fail_msg("%s --%s has no help", command ? command->path : "", spec->name);
    if ((spec->type == OPTION_FLAG) != (spec->placeholder == NULL))
        fail_msg("%s --%s: a flag has no placeholder, everything else has one", command ? command->path : "", spec->name);
    if (spec->type == OPTION_CHOICE && !strchr(spec->placeholder, '|'))
        fail_msg("%s --%s: a choice names its words", command ? command->path : "", spec->name);
}

static void test_every_command_is_complete(void **state)
{
    (void)state;
    for (const struct command *command = command_table; command->path; command++) {
        if (!command->summary || !*command->summary || !command->run)
            fail_msg("%s has no summary or handler", command->path);
        if (!command->example || strstr(command->example, command->path) == NULL)
            fail_msg("%s has no example that names it", command->path);
        for (const struct command *other = command + 1; other->path; other++)
            assert_string_not_equal(command->path, other->path);
        for (const struct option_spec *spec = command->options; spec && spec->name; spec++) {
            check_option(command, spec);
            for (const struct option_spec *other = spec + 1; other->name; other++)
                assert_string_not_equal(spec->name, other->name);
        }
        for (const struct argument_spec *spec = command->arguments; spec && spec->placeholder; spec++)
            if (!spec->help || !*spec->help || (spec->repeated && spec[1].placeholder))
                fail_msg("%s %s has no help, or stands after a repeated one", command->path, spec->placeholder);
    }
    for (const struct option_spec *spec = global_options; spec->name; spec++)
        check_option(NULL, spec);
}

/* Cuts a line as a shell does, as far as examples need it: blanks, and words in double quotes. */
static int words_of(struct arena *arena, const char *line, char **argv, int max)
{
    struct str copy = arena_copy(arena, str_from(line));
    int argc = 0;

    assert_non_null(copy.p);
    for (char *p = (char *)copy.p; *p && argc < max;) {
        char end = *p == '"' ? '"' : ' ';
        p += end == '"';
        argv[argc++] = p;
        while (*p && *p != end)
            p++;
        while (*p == end || *p == ' ')
            *p++ = '\0';
    }
    return argc;
}

static void test_every_example_can_be_typed(void **state)
{
    (void)state;
    for (const struct command *command = command_table; command->path; command++) {
        ARENA_AUTO arena = {0};
        char *argv[32];
        struct arguments arguments;
        struct err err = {0};
        int argc = words_of(&arena, command->example, argv, COUNT_OF(argv));
        if (arguments_parse(&arena, argc, argv, &arguments, &err) != OK)
            fail_msg("%s: %s", command->example, err.message);
        assert_ptr_equal(arguments.command, command);
    }
}

static void test_help_shows_everything(void **state)
{
    (void)state;
    for (const struct command *command = command_table; command->path; command++) {
        BUF_AUTO text = {0};
        help_append_command(&text, command);
        assert_non_null(strstr(text.p, command->summary));
        assert_non_null(strstr(text.p, command->example));
        for (const struct option_spec *spec = command->options; spec && spec->name; spec++)
            assert_non_null(strstr(text.p, spec->help));
    }
}

/* The commands of the contract, by name: none may get lost. */
static void test_contract(void **state)
{
    static const char *const paths[] = {
        "init", "link add", "link list", "link show", "link edit", "link test", "link remove", "sync", "grid list", "grid show", "grid edit", "grid validate",
        "grid purge", "grid import", "grid export", "article list", "article show", "article set", "article import", "article export", "document list",
        "document show", "document validate", "payment list", "stock list", "customer list", "tax list", "means list", "run list", "run show", "proof",
        "journal verify", "db migrate", "db check", "db backup", "user add", "serve",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (!command_by_path(str_from(paths[i])))
            fail_msg("the contract has a command %s", paths[i]);
}

static void check_file(const char *path, const struct buf *wanted)
{
    struct buf there = {0};
    struct err err = {0};

    assert_int_equal(file_read(path, &there, &err), OK);
    assert_false(buf_failed(wanted));
    if (!str_equal(buf_str(&there), buf_str(wanted)))
        fail_msg("%s is not what the program prints: run ninja generated-texts", path);
    buf_release(&there);
}

static void test_man_page(void **state)
{
    BUF_AUTO wanted = {0};
    (void)state;
    help_append_man(&wanted);
    check_file(SOURCE_ROOT "/packaging/liaison.1", &wanted);
}

static void test_anomalies_page(void **state)
{
    BUF_AUTO wanted = {0};
    (void)state;
    anomalies_append_markdown(&wanted);
    check_file(SOURCE_ROOT "/docs/anomalies.md", &wanted);
}

/* A cure that names a command names one that exists. */
static void test_cures_name_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < ANOMALY_COUNT; i++) {
        const char *cure = anomaly_catalogue[i].cure;
        for (const char *at = strstr(cure, "liaison "); at; at = strstr(at + 1, "liaison ")) {
            struct str first, second, rest = str_from(at + strlen("liaison "));
            (void)str_cut(rest, ' ', &first, &rest);
            while (first.n && strchr(",.;:)\n", first.p[first.n - 1]))
                first.n--;
            if (command_by_path(first))
                continue;
            for (second = (struct str){rest.p, 0}; second.n < rest.n && strchr("abcdefghijklmnopqrstuvwxyz", rest.p[second.n]);)
                second.n++;
            ARENA_AUTO arena = {0};
            struct str path = arena_format(&arena, "%.*s %.*s", STR_ARG(first), STR_ARG(second));
            if (!command_by_path(path))
                fail_msg("the cure of %s names a command that does not exist: %s", anomaly_catalogue[i].code, path.p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_is_complete), cmocka_unit_test(test_every_example_can_be_typed), cmocka_unit_test(test_help_shows_everything),
        cmocka_unit_test(test_contract),                  cmocka_unit_test(test_man_page),                   cmocka_unit_test(test_anomalies_page),
        cmocka_unit_test(test_cures_name_commands),
    };
    text_init(TEXT_ENGLISH, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
