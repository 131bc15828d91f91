/* cmd_serve.c: liaison serve: the web interface and the API, until Ctrl-C. */
#include "base/log.h"
#include "base/text.h"
#include "cli/cli_int.h"
#include "server/server.h"

#define PEM_MAX ((size_t)1 << 20)

/* Said at once, also to a pipe: a script waits for the first line to know the port. */
static void on_ready(void *context, int port, const char *setup_code)
{
    struct cli *cli = context;
    struct err ignored = {0};
    bool secure = option_text(cli->arguments, "certificate").p != NULL;

    say_to(&cli->out, N_("liaison is listening on %s://127.0.0.1:%s (Ctrl-C ends)\n"), secure ? "https" : "http", text_of_int(cli, port), NULL);
    if (setup_code)
        say_to(&cli->out, N_("Nobody can log in yet: open that address and make the first administrator with the code %s\n"), setup_code, NULL);
    if (output_flush(cli, &ignored) != OK)
        buf_reset(&cli->out);
}

/* Both or neither. */
static int read_certificate(const struct cli *cli, struct buf *certificate, struct buf *key, struct err *err)
{
    struct str certificate_path = option_text(cli->arguments, "certificate"), key_path = option_text(cli->arguments, "certificate-key");

    if (!certificate_path.p && !key_path.p)
        return OK;
    if (!certificate_path.p || !key_path.p)
        return err_set(err, ERR_USAGE, N_("TLS needs both files: --certificate and --certificate-key"));
    int rc = file_read(certificate_path.p, certificate, err);
    return rc == OK ? file_read(key_path.p, key, err) : rc;
}

/* The values of --trusted-proxy, in the command's arena. */
static int read_proxies(struct cli *cli, struct server_options *ret, struct err *err)
{
    size_t count = 0;
    for (const struct option_value *value = NULL; (value = option_next(cli->arguments, "trusted-proxy", value));)
        count++;
    struct str *proxies = arena_alloc(&cli->arena, (count + 1) * sizeof *proxies);
    if (!proxies)
        return err_memory(err);
    ret->trusted_proxies = proxies;
    for (const struct option_value *value = NULL; (value = option_next(cli->arguments, "trusted-proxy", value));)
        proxies[ret->trusted_proxy_count++] = value->text;
    return OK;
}

int cmd_serve(struct cli *cli, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    struct str listen = option_text(arguments, "listen");
    struct server_options options = {.company = option_text(arguments, "company"), .listen = listen.p ? listen : STR("127.0.0.1:8080"), .public_url = option_text(arguments, "public-url"),
                                     .ui_folder = option_text(arguments, "ui"), .allow_local_tills = option_given(arguments, "allow-local-tills"), .on_ready = on_ready, .context = cli};
    BUF_AUTO certificate = {.max = PEM_MAX};
    struct buf key = {.max = PEM_MAX};
    struct err no_key = {0};
    int rc = session_database_url(cli, &options.db_url, err);

    if (rc == OK)
        rc = read_certificate(cli, &certificate, &key, err);
    if (rc == OK)
        rc = read_proxies(cli, &options, err);
    if (rc == OK)
        rc = session_seal_key_if_there(cli, &no_key, err);
    if (rc == OK) {
        options.certificate = certificate.n ? buf_str(&certificate) : STR_NULL;
        options.certificate_key = key.n ? buf_str(&key) : STR_NULL;
        options.seal_key = no_key.code == OK ? &cli->seal_key : NULL;
        text_open_catalogue(NULL); /* each request is answered in its own language */
        log_set_level(cli->quiet ? LOG_ERROR : LOG_INFO);
        rc = server_run(&options, err);
    }
    secret_wipe(&key);
    return rc;
}
