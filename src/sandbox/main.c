/* main.c: the program tactill-sandbox: options, the ready line, signals. It serves until it is told to stop. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "sandbox/sandbox.h"

static const char help[] =
    "Usage: tactill-sandbox [OPTION]...\n"
    "A training till: it answers as the Tactill API of version 4 does, on this machine only, with a shop of its own.\n"
    "\n"
    "  --listen 127.0.0.1:PORT   where to listen (default 127.0.0.1:0, a free port)\n"
    "  --dialect 2025|2026       which generation of the live server to imitate (default 2026)\n"
    "  --key HEX24               the API key (default: made from the seed)\n"
    "  --shop demo|empty         what it begins with (default demo; with --fixture: empty)\n"
    "  --fixture FILE            records to begin with, as JSON\n"
    "  --state FILE              keep everything in FILE across restarts\n"
    "  --articles N --sales N    size of the demo shop (default 320 and 2000)\n"
    "  --days D --from DATE      its period (default 30 days from 2026-10-05)\n"
    "  --seed S                  the same seed gives the same bytes (default 1)\n"
    "  --faults SPEC             faults on order, for example 429:every=7:retry_after=1,cut:at=9\n"
    "  --help                    this text\n"
    "\n"
    "It prints one line when it is ready and stops on Ctrl-C. The page docs/sandbox.md tells the whole of it.\n"
    "Example: tactill-sandbox --listen 127.0.0.1:9400 --seed 7\n";

struct arguments {
    struct sandbox_options sandbox;
    const char *listen;
    bool shop_chosen, help;
};

static int fail_argument(struct err *err, const char *option, const char *value, const char *wanted)
{
    return err_set(err, ERR_USAGE, N_("--%s does not take %s: give %s"), option, value, wanted);
}

static int read_number(const char *option, const char *value, int64_t least, int64_t most, int64_t *ret, struct err *err)
{
    int64_t number;
    if (!str_parse_u63(str_from(value), &number) || number < least || number > most) {
        char wanted[80];
        snprintf(wanted, sizeof wanted, "a whole number from %lld to %lld", (long long)least, (long long)most);
        return fail_argument(err, option, value, wanted);
    }
    *ret = number;
    return OK;
}

/* Only this machine: the training till has no lock on its door. *ret is ":PORT", which is loopback to the server. */
static int read_listen(const char *value, const char **ret, struct err *err)
{
    struct str host, port;
    int64_t number;
    bool cut = str_cut(str_from(value), ':', &host, &port);
    bool loopback = host.n == 0 || str_equal(host, STR("127.0.0.1")) || str_equal(host, STR("localhost"));
    if (!cut || !loopback || !str_parse_u63(port, &number) || number > 65535)
        return fail_argument(err, "listen", value, "127.0.0.1:PORT or :PORT, since it serves this machine only");
    *ret = port.p - 1;
    return OK;
}

static int read_option(struct arguments *arguments, const char *name, const char *value, struct err *err)
{
    struct sandbox_options *options = &arguments->sandbox;
    int64_t number = 0;
    int rc = OK;
    if (strcmp(name, "listen") == 0) {
        rc = read_listen(value, &arguments->listen, err);
    } else if (strcmp(name, "dialect") == 0) {
        options->dialect = strcmp(value, "2025") == 0 ? SANDBOX_2025 : SANDBOX_2026;
        if (strcmp(value, "2025") != 0 && strcmp(value, "2026") != 0)
            rc = fail_argument(err, name, value, "2025 or 2026");
    } else if (strcmp(name, "key") == 0) {
        unsigned char bytes[12];
        options->key = value;
        if (strlen(value) != 24 || !hex_parse(str_from(value), bytes, sizeof bytes))
            rc = fail_argument(err, name, value, "24 hexadecimal digits");
    } else if (strcmp(name, "shop") == 0) {
        arguments->shop_chosen = true;
        options->shop = strcmp(value, "empty") == 0 ? SANDBOX_SHOP_EMPTY : SANDBOX_SHOP_DEMO;
        if (strcmp(value, "demo") != 0 && strcmp(value, "empty") != 0)
            rc = fail_argument(err, name, value, "demo or empty");
    } else if (strcmp(name, "fixture") == 0) {
        options->fixture_path = value;
    } else if (strcmp(name, "state") == 0) {
        options->state_path = value;
    } else if (strcmp(name, "faults") == 0) {
        options->faults = value;
    } else if (strcmp(name, "articles") == 0) {
        rc = read_number(name, value, 0, SANDBOX_ARTICLES_MAX, &options->articles, err);
    } else if (strcmp(name, "sales") == 0) {
        rc = read_number(name, value, 0, SANDBOX_SALES_MAX, &options->sales, err);
    } else if (strcmp(name, "days") == 0) {
        rc = read_number(name, value, 1, SANDBOX_DAYS_MAX, &options->days, err);
    } else if (strcmp(name, "seed") == 0) {
        rc = read_number(name, value, 0, INT64_MAX, &number, err);
        options->seed = (uint64_t)number;
    } else if (strcmp(name, "from") == 0) {
        /* Ids begin with the seconds since 1970 in eight hexadecimal digits. */
        if (!civil_parse_day(str_from(value), &options->from_day) || options->from_day < civil_day(1971, 1, 1) || options->from_day > civil_day(2090, 1, 1))
            rc = fail_argument(err, name, value, "a day such as 2026-10-05, from 1971 to 2089");
    }
    return rc;
}

static int read_arguments(int argc, char **argv, struct arguments *ret, struct err *err)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'o'},  {"dialect", required_argument, NULL, 'o'}, {"key", required_argument, NULL, 'o'},
        {"shop", required_argument, NULL, 'o'},    {"fixture", required_argument, NULL, 'o'}, {"state", required_argument, NULL, 'o'},
        {"faults", required_argument, NULL, 'o'},  {"articles", required_argument, NULL, 'o'}, {"sales", required_argument, NULL, 'o'},
        {"days", required_argument, NULL, 'o'},    {"seed", required_argument, NULL, 'o'},    {"from", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},          {0},
    };
    int found, at = 0;
    *ret = (struct arguments){.sandbox = sandbox_default_options, .listen = ":0"};
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", options, &at)) != -1) {
        if (found == 'h')
            ret->help = true;
        else if (found == ':')
            return err_set(err, ERR_USAGE, N_("%s needs a value: see --help"), argv[optind - 1]);
        else if (found != 'o')
            return err_set(err, ERR_USAGE, N_("there is no option %s: see --help"), argv[optind - 1]);
        int rc = found == 'o' ? read_option(ret, options[at].name, optarg, err) : OK;
        if (rc != OK)
            return rc;
    }
    if (optind < argc)
        return err_set(err, ERR_USAGE, N_("there is no argument %s: see --help"), argv[optind]);
    /* A fixture stands alone unless a shop is asked for beside it. */
    if (ret->sandbox.fixture_path != NULL && !ret->shop_chosen)
        ret->sandbox.shop = SANDBOX_SHOP_EMPTY;
    return OK;
}

/* Signals are blocked before the server makes its threads, and waited for here: no handler runs in the middle of anything. */
static void wait_for_stop(const sigset_t *signals)
{
    int number;
    while (sigwait(signals, &number) != 0)
        continue;
}

static int serve(const struct arguments *arguments, struct err *err)
{
    struct sandbox *sandbox = NULL;
    struct http_server *server = NULL;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int rc = hash_init(err);
    if (rc == OK)
        rc = sandbox_open(&sandbox, &arguments->sandbox, &system_clock, err);
    if (rc == OK)
        rc = sandbox_save(sandbox, err);
    if (rc == OK)
        rc = http_server_start(&server, &(struct http_server_options){.listen = str_from(arguments->listen), .body_max = SANDBOX_BODY_MAX, .handler = sandbox_handle, .context = sandbox}, err);
    if (rc == OK) {
        struct str key = sandbox_key(sandbox);
        printf("tactill-sandbox listening on http://127.0.0.1:%d key %.*s\n", http_server_port(server), STR_ARG(key));
        (void)fflush(stdout);
        wait_for_stop(&signals);
        http_server_stop(server);
        rc = sandbox_save(sandbox, err);
    }
    sandbox_free(sandbox);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct arguments arguments;
    text_init(TEXT_ENGLISH, NULL);
    int rc = read_arguments(argc, argv, &arguments, &err);
    if (rc == OK && arguments.help) {
        (void)fputs(help, stdout);
        return 0;
    }
    if (rc == OK)
        rc = serve(&arguments, &err);
    if (rc == OK)
        return 0;
    BUF_AUTO text = {0};
    err_format(&err, &text);
    fprintf(stderr, "tactill-sandbox: %s\n", text.p != NULL ? text.p : "not enough memory");
    return err_exit_status(rc);
}
