/* progress.c: one line on a terminal that says how far a run is; nothing at all in a pipe, with --json or with --quiet. */
#include <unistd.h>

#include "cli/cli_int.h"

enum { BAR_COLUMNS = 24 };

void progress_init(struct progress *ret, struct cli *cli)
{
    *ret = (struct progress){.cli = cli, .shown = isatty(STDERR_FILENO) && !cli->json && !cli->quiet};
}

static void write_line(const struct buf *line)
{
    struct str text = buf_str(line);

    /* What a terminal did not take is drawn again a moment later. */
    if (!buf_failed(line) && write(STDERR_FILENO, text.p, text.n) < 0)
        return;
}

static void append_bar(struct buf *line, int64_t done, int64_t total)
{
    int64_t filled = done >= total ? BAR_COLUMNS : done * BAR_COLUMNS / total;

    buf_append_z(line, " [");
    for (int64_t i = 0; i < BAR_COLUMNS; i++)
        buf_append_z(line, i < filled ? "█" : "·");
    buf_append_z(line, "]");
}

void progress_draw(struct progress *progress, const char *what, const char *stage, int64_t done, int64_t total)
{
    BUF_AUTO line = {0};
    int64_t now_utc;

    if (!progress->shown)
        return;
    now_utc = session_now(progress->cli);
    bool last = total > 0 && done >= total;
    if (progress->active && !last && now_utc - progress->drawn_utc < CIVIL_SECOND / 10 && now_utc >= progress->drawn_utc)
        return;
    progress->drawn_utc = now_utc;
    progress->active = true;
    buf_append_z(&line, "\r\033[K");
    buf_append_z(&line, _(what));
    buf_append_z(&line, ", ");
    buf_append_z(&line, _(stage));
    if (total > 0)
        append_bar(&line, done, total);
    buf_append_char(&line, ' ');
    buf_append_int(&line, done);
    if (total > 0) {
        buf_append_char(&line, '/');
        buf_append_int(&line, total);
    }
    write_line(&line);
}

void progress_end(struct progress *progress)
{
    BUF_AUTO line = {0};

    if (!progress->active)
        return;
    buf_append_z(&line, "\r\033[K");
    write_line(&line);
    progress->active = false;
}

void progress_of_sync(struct progress *progress, const struct sync_progress *state)
{
    static const char *const flows[FLOW_COUNT] = {
        [FLOW_ARTICLES_IN] = N_("articles in"), [FLOW_ARTICLES_OUT] = N_("articles out"), [FLOW_ORDERS] = N_("sales")};

    progress_draw(progress, flows[state->flow], state->stage, state->done, state->total);
}
