/* help.c: what the table of commands says of itself: usage lines, help texts, the man page, and what was perhaps meant by a word that is not
 * in it. Used by cli.c, args.c, cmd_help.c and the tests. */
#include <string.h>

#include "cli/cli_int.h"

/* ---- usage ---- */

static void append_option_words(struct buf *out, const struct option_spec *spec)
{
    buf_append_z(out, "--");
    buf_append_z(out, spec->name);
    if (spec->placeholder) {
        buf_append_char(out, ' ');
        buf_append_z(out, spec->placeholder);
    }
}

void help_append_usage(struct buf *out, const struct command *command)
{
    buf_append_z(out, "liaison ");
    buf_append_z(out, command->path);
    for (const struct argument_spec *spec = command->arguments; spec && spec->placeholder; spec++) {
        buf_append_z(out, spec->required ? " " : " [");
        buf_append_z(out, spec->placeholder);
        buf_append_z(out, spec->repeated ? "…" : "");
        buf_append_z(out, spec->required ? "" : "]");
    }
    bool optional = false;
    for (const struct option_spec *spec = command->options; spec && spec->name; spec++) {
        optional = optional || !spec->required;
        if (!spec->required)
            continue;
        buf_append_char(out, ' ');
        append_option_words(out, spec);
    }
    if (optional)
        buf_append_z(out, _(N_(" [OPTION]…")));
}

/* ---- help of one command ---- */

enum { HELP_INDENT = 2, HELP_COLUMN = 34 };

/* "  words            text", the text on a line of its own when the words are long. */
static void append_entry(struct buf *out, struct str words, const char *text)
{
    size_t width = text_width(words) + HELP_INDENT;

    buf_append_z(out, "  ");
    buf_append(out, words);
    if (width + 2 > HELP_COLUMN) {
        buf_append_char(out, '\n');
        width = 0;
    }
    for (; width < HELP_COLUMN; width++)
        buf_append_char(out, ' ');
    buf_append_z(out, text);
}

static void append_options(struct buf *out, const struct option_spec *list)
{
    BUF_AUTO words = {0};

    for (const struct option_spec *spec = list; spec && spec->name; spec++) {
        buf_reset(&words);
        append_option_words(&words, spec);
        append_entry(out, buf_str(&words), _(spec->help));
        if (spec->fallback)
            say_to(out, N_(" (default: %s)"), _(spec->fallback), NULL);
        buf_append_char(out, '\n');
    }
}

void help_append_command(struct buf *out, const struct command *command)
{
    say_to(out, N_("Usage: "), NULL);
    help_append_usage(out, command);
    buf_append_z(out, "\n\n");
    buf_append_z(out, _(command->summary));
    buf_append_z(out, "\n");
    if (command->note) {
        buf_append_z(out, _(command->note));
        buf_append_z(out, "\n");
    }
    if (command->arguments)
        say_to(out, N_("\nArguments:\n"), NULL);
    for (const struct argument_spec *spec = command->arguments; spec && spec->placeholder; spec++) {
        append_entry(out, str_from(spec->placeholder), _(spec->help));
        buf_append_char(out, '\n');
    }
    if (command->options)
        say_to(out, N_("\nOptions:\n"), NULL);
    append_options(out, command->options);
    say_to(out, N_("\nEverywhere:\n"), NULL);
    append_options(out, global_options);
    say_to(out, N_("\nExample:\n  %s\n"), command->example, NULL);
}

/* ---- overview ---- */

static bool in_group(const struct command *command, struct str group)
{
    struct str path = str_from(command->path);

    return group.n == 0 || (str_starts_with(path, group) && (path.n == group.n || path.p[group.n] == ' '));
}

void help_append_overview(struct buf *out, struct str group)
{
    if (group.n == 0)
        say_to(out, N_("Liaison: synchronisation of a Tactill till with the back office.\n\n"), NULL);
    say_to(out, N_("Usage: liaison COMMAND …\n\nCommands:\n"), NULL);
    for (const struct command *command = command_table; command->path; command++) {
        if (!in_group(command, group))
            continue;
        append_entry(out, str_from(command->path), _(command->summary));
        buf_append_char(out, '\n');
    }
    say_to(out, N_("\nEverywhere:\n"), NULL);
    append_options(out, global_options);
    say_to(out, N_("\nliaison COMMAND --help explains one and shows an example.\n"), NULL);
    say_to(out, N_("Exit status: 0 done; 1 done, anomalies or gaps remain; 2 usage; 3 the till cannot be reached or refuses;\n"
                   "4 the data or the file is not acceptable; 5 another run of the same link is going on; 70 a fault of ours.\n"), NULL);
}

/* ---- man page ---- */

/* Backslashes and dashes as roff wants them, and no line that begins with a control character. */
static void append_roff(struct buf *out, const char *text)
{
    bool line_start = true;

    for (const char *p = text; *p; p++) {
        if (line_start && (*p == '.' || *p == '\''))
            buf_append_z(out, "\\&");
        if (*p == '\\')
            buf_append_z(out, "\\e");
        else if (*p == '-')
            buf_append_z(out, "\\-");
        else
            buf_append_char(out, *p);
        line_start = *p == '\n';
    }
}

static void append_man_options(struct buf *out, const struct option_spec *list)
{
    for (const struct option_spec *spec = list; spec && spec->name; spec++) {
        buf_append_z(out, ".TP\n\\fB\\-\\-");
        append_roff(out, spec->name);
        buf_append_z(out, "\\fR");
        if (spec->placeholder) {
            buf_append_z(out, " \\fI");
            append_roff(out, spec->placeholder);
            buf_append_z(out, "\\fR");
        }
        buf_append_char(out, '\n');
        append_roff(out, spec->help);
        if (spec->fallback) {
            buf_append_z(out, " (default: ");
            append_roff(out, spec->fallback);
            buf_append_char(out, ')');
        }
        buf_append_char(out, '\n');
    }
}

static void append_man_command(struct buf *out, const struct command *command)
{
    BUF_AUTO usage = {0};

    help_append_usage(&usage, command);
    buf_append_z(out, ".SS ");
    append_roff(out, usage.p ? usage.p : "");
    buf_append_char(out, '\n');
    append_roff(out, command->summary);
    buf_append_z(out, ".\n");
    if (command->note) {
        append_roff(out, command->note);
        buf_append_char(out, '\n');
    }
    for (const struct argument_spec *spec = command->arguments; spec && spec->placeholder; spec++) {
        buf_append_z(out, ".TP\n\\fI");
        append_roff(out, spec->placeholder);
        buf_append_z(out, "\\fR\n");
        append_roff(out, spec->help);
        buf_append_char(out, '\n');
    }
    append_man_options(out, command->options);
    buf_append_z(out, ".PP\nExample:\n.PP\n.nf\n");
    append_roff(out, command->example);
    buf_append_z(out, "\n.fi\n");
}

static const char man_head[] =
    ".\\\" Made from the table of commands: liaison --lang en help --man\n"
    ".TH LIAISON 1 \"\" \"Liaison " LIAISON_VERSION "\" \"User commands\"\n"
    ".SH NAME\nliaison \\- synchronise a Tactill till with a commercial back office\n"
    ".SH SYNOPSIS\n.B liaison\n.I command\n[\\fIargument\\fR]... [\\fIoption\\fR]...\n"
    ".SH DESCRIPTION\n"
    "Liaison brings the articles and the paid sales of a Tactill till into a back office of its own, keeps the sales in an import grid until\n"
    "nothing is wrong with them, and makes validated and reconciled documents of them. Nothing is lost, nothing is doubled, and every cent is\n"
    "explained. Results go to standard output, messages to standard error.\n";
static const char man_tail[] =
    ".SH ENVIRONMENT\n"
    ".TP\n.B LIAISON_DB\nthe database, when \\-\\-db is not given\n"
    ".TP\n.B LIAISON_LANG\nthe language, when \\-\\-lang is not given\n"
    ".TP\n.B LIAISON_KEY_FILE\nthe file with the key that seals the secrets of the database. Without it: FILE.key beside the database sqlite:FILE,\n"
    "otherwise ~/.config/liaison/key. Keep a copy of it: without it, the till's API key has to be entered again.\n"
    ".TP\n.B LIAISON_PRIVATE_TILLS\nyes: a till may be in a private network (10.0.0.0/8, 192.168.0.0/16 ...); otherwise such an address is not connected to\n"
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\ndone\n.TP\n.B 1\ndone, anomalies or gaps remain\n.TP\n.B 2\nthe command line is wrong\n"
    ".TP\n.B 3\nthe till cannot be reached or refuses\n.TP\n.B 4\nthe data or the file is not acceptable; nothing was written\n"
    ".TP\n.B 5\nanother run of the same link is going on\n.TP\n.B 70\na fault of ours\n.TP\n.B 130\ninterrupted\n"
    ".SH SEE ALSO\nThe folder docs of the source: anomalies.md, grid.md, sales-profile.md.\n";

void help_append_man(struct buf *out)
{
    buf_append_z(out, man_head);
    buf_append_z(out, ".SH OPTIONS OF EVERY COMMAND\n");
    append_man_options(out, global_options);
    buf_append_z(out, ".SH COMMANDS\n");
    for (const struct command *command = command_table; command->path; command++)
        append_man_command(out, command);
    buf_append_z(out, man_tail);
}

/* ---- slips of the fingers ---- */

enum { SLIP_LENGTH_MAX = 40 };

/* Letters to add, drop or replace to go from one to the other (Levenshtein); a long word is compared by its beginning. */
static int distance(struct str a, struct str b)
{
    int row[SLIP_LENGTH_MAX + 1];
    size_t a_n = a.n < SLIP_LENGTH_MAX ? a.n : SLIP_LENGTH_MAX, b_n = b.n < SLIP_LENGTH_MAX ? b.n : SLIP_LENGTH_MAX;

    for (size_t j = 0; j <= b_n; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a_n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_n; j++) {
            int replaced = diagonal + (a.p[i - 1] != b.p[j - 1]), dropped = row[j] + 1, added = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = replaced < dropped ? replaced : dropped;
            row[j] = row[j] < added ? row[j] : added;
        }
    }
    return row[b_n];
}

const char *help_nearest(struct str typed, const char *const *known)
{
    const char *nearest = NULL;
    int best = typed.n > 5 ? 4 : typed.n > 2 ? 3 : 2; /* one more than the slips that are forgiven */

    for (; *known; known++) {
        int slips = distance(typed, str_from(*known));
        if (slips < best) {
            best = slips;
            nearest = *known;
        }
    }
    return nearest;
}
