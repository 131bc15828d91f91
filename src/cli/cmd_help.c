/* cmd_help.c: liaison help. */
#include "cli/cli_int.h"

static struct str joined_words(struct cli *cli)
{
    const struct arguments *arguments = cli->arguments;
    BUF_AUTO path = {0};

    for (size_t i = 0; i < arguments->word_count; i++) {
        if (i > 0)
            buf_append_char(&path, ' ');
        buf_append(&path, arguments->words[i]);
    }
    return arena_copy(&cli->arena, path.p ? buf_str(&path) : STR(""));
}

static bool group_exists(struct str group)
{
    for (const struct command *command = command_table; command->path; command++) {
        struct str path = str_from(command->path), head, rest;
        if (str_cut(path, ' ', &head, &rest) && str_equal(head, group))
            return true;
    }
    return group.n == 0;
}

int cmd_help(struct cli *cli, struct err *err)
{
    struct str topic = joined_words(cli);

    if (!topic.p)
        return err_memory(err);
    const struct command *command = command_by_path(topic);
    if (option_given(cli->arguments, "man"))
        help_append_man(&cli->out);
    else if (command)
        help_append_command(&cli->out, command);
    else if (group_exists(topic))
        help_append_overview(&cli->out, topic);
    else
        return err_set(err, ERR_USAGE, N_("there is no command “%s”: liaison --help lists them"), ERR_STR(topic));
    return OK;
}
