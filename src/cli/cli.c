/* cli.c: from a command line to an exit status: language, signals, parsing, dispatch, and the one place where errors are printed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_int.h"

enum { EXIT_REMAINS = 1 };

/* The language is needed before the command line can be read, because its errors are texts too. French unless asked otherwise. */
static enum text_language language_of(int argc, char *const *argv)
{
    struct str chosen = str_from(getenv("LIAISON_LANG"));

    for (int i = 1; i < argc; i++) {
        struct str word = str_from(argv[i]);
        if (str_starts_with(word, STR("--lang=")))
            chosen = (struct str){word.p + 7, word.n - 7};
        else if (str_equal(word, STR("--lang")) && i + 1 < argc)
            chosen = str_from(argv[i + 1]);
    }
    return str_starts_with(chosen, STR("en")) ? TEXT_ENGLISH : TEXT_FRENCH;
}

static void on_signal(int number)
{
    (void)number;
    interrupt_request();
}

/* Ctrl-C asks: what is committed stays, and the command ends by itself. A second one ends it at once: the journal and the lease are made for that. */
static void watch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static void print_error(const struct arguments *arguments, const struct err *err)
{
    BUF_AUTO text = {0};

    buf_append_z(&text, "liaison: ");
    err_format(err, &text);
    if (err->code == ERR_INTERNAL && err->file)
        buf_printf(&text, " (%s:%d)", err->file, err->line);
    buf_append_char(&text, '\n');
    if (err->code == ERR_USAGE && arguments->command) {
        say_to(&text, N_("Usage: "), NULL);
        help_append_usage(&text, arguments->command);
        say_to(&text, N_("\nExample: %s\n"), arguments->command->example, NULL);
    }
    (void)fputs(buf_failed(&text) ? "liaison: not enough memory\n" : text.p, stderr);
}

static int show_help(struct cli *cli)
{
    const struct arguments *arguments = cli->arguments;

    if (arguments->version)
        buf_append_z(&cli->out, "liaison " LIAISON_VERSION "\n");
    else if (arguments->command)
        help_append_command(&cli->out, arguments->command);
    else
        help_append_overview(&cli->out, arguments->topic);
    return OK;
}

static int run_command(struct cli *cli, struct err *err)
{
    if (cli->arguments->help || cli->arguments->version)
        return show_help(cli);
    int rc = session_open(cli, err);
    return rc == OK ? cli->arguments->command->run(cli, err) : rc;
}

/* What a handler wrote before it failed is shown all the same: it is what was found until then. */
static int finish(struct cli *cli, int rc, struct err *err)
{
    struct err output_err = {0};
    int output_rc = output_flush(cli, &output_err);

    if (cli->out_closed && rc == ERR_CANCELLED && !interrupt_requested())
        rc = OK; /* nobody reads any more, as in `liaison document list | head` */
    if (rc == OK && output_rc != OK) {
        *err = output_err;
        rc = output_rc;
    }
    return rc;
}

int cli_main(int argc, char *const *argv)
{
    struct arguments arguments = {0};
    struct cli cli = {.arguments = &arguments, .clock = &system_clock, .random = &system_random};
    struct err err = {0};

    text_init(language_of(argc, argv), NULL);
    watch_signals();
    int rc = hash_init(&err);
    if (rc == OK)
        rc = arguments_parse(&cli.arena, argc, argv, &arguments, &err);
    if (rc == OK) {
        cli.json = option_given(&arguments, "json");
        cli.quiet = option_given(&arguments, "quiet");
        rc = run_command(&cli, &err);
        rc = finish(&cli, rc, &err);
    }
    if (rc != OK)
        print_error(&arguments, &err);
    int status = rc != OK ? err_exit_status(rc) : cli.remains ? EXIT_REMAINS : 0;
    session_close(&cli);
    buf_release(&cli.out);
    arena_release(&cli.arena);
    return status;
}
