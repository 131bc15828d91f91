/* cmd_serve.c: liaison serve: the web interface, until Ctrl-C. */
#include "cli/cli_int.h"
#include "server/server.h"

/* Said at once, also to a pipe: a script waits for this line to know the port. */
static void on_ready(void *context, int port)
{
    struct cli *cli = context;
    struct err ignored = {0};

    say_to(&cli->out, N_("liaison is listening on http://127.0.0.1:%s (Ctrl-C ends)\n"), text_of_int(cli, port), NULL);
    if (output_flush(cli, &ignored) != OK)
        buf_reset(&cli->out);
}

int cmd_serve(struct cli *cli, struct err *err)
{
    struct str listen = option_text(cli->arguments, "listen");
    struct server_options options = {.company = option_text(cli->arguments, "company"), .listen = listen.p ? listen : STR("127.0.0.1:8080"), .on_ready = on_ready, .context = cli};
    int rc = session_database_url(cli, &options.db_url, err);

    return rc == OK ? server_run(&options, err) : rc;
}
