/* cmd_user.c: liaison user add: who may use the web interface; liaison init makes its administrator with it. A password comes from a file or from the terminal, never from the command line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli_int.h"

enum { PASSWORD_MAX = 1024, PASSWORD_MIN = 8 };

/* One line from the terminal, which does not show it; the terminal is put back whatever happens. */
static int ask_hidden(const char *question, struct buf *ret, struct err *err)
{
    struct termios before, hidden;
    ssize_t n = 1;

    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return err_set(err, ERR_USAGE, N_("there is no terminal to ask for the password on: give --password-file FILE (- is standard input)"));
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)fputs(question, stderr);
    (void)fflush(stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    while (n > 0 && !interrupt_requested()) {
        char c;
        n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0 && c == '\n')
            break;
        else if (n > 0)
            buf_append_char(ret, c);
    }
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    (void)fputc('\n', stderr);
    return interrupt_requested() ? err_set(err, ERR_CANCELLED, N_("interrupted: nothing was written")) : OK;
}

static int ask_twice(struct buf *ret, struct err *err)
{
    struct buf again = {.max = PASSWORD_MAX};
    int rc = ask_hidden(_("Password: "), ret, err);

    if (rc == OK)
        rc = ask_hidden(_("Once more: "), &again, err);
    if (rc == OK && !str_equal(buf_str(ret), buf_str(&again)))
        rc = err_set(err, ERR_DATA, N_("the two passwords are not the same: try again"));
    secret_wipe(&again);
    return rc;
}

/* The first line of the file, so that an editor's line end does not count. */
static int read_password(const struct cli *cli, struct buf *ret, struct str *password, struct err *err)
{
    struct str path = option_text(cli->arguments, "password-file"), rest;
    int rc = path.p ? file_read(path.p, ret, err) : ask_twice(ret, err);

    if (rc != OK)
        return rc;
    (void)str_cut(ret->p ? buf_str(ret) : STR(""), '\n', password, &rest);
    if (str_ends_with(*password, STR("\r")))
        password->n--;
    if (password->n < PASSWORD_MIN)
        return err_set(err, ERR_DATA, N_("the password is too short: %s characters at least"), ERR_INT(PASSWORD_MIN));
    return OK;
}

int user_read_password(const struct cli *cli, struct buf *ret_encoded, struct err *err)
{
    struct buf text = {.max = PASSWORD_MAX};
    struct str password;
    int rc = read_password(cli, &text, &password, err);

    if (rc == OK)
        rc = password_hash(password, ret_encoded, err);
    secret_wipe(&text);
    return rc;
}

struct new_user { struct cli *cli; struct str name, role, encoded; };

static int set_user(struct db *db, void *context, struct err *err)
{
    struct new_user *user = context;

    return user_set(db, user->cli->company.id, user->name, user->role, user->encoded, session_now(user->cli), err);
}

int cmd_user_add(struct cli *cli, struct err *err)
{
    struct buf encoded = {0};
    struct str role = option_text(cli->arguments, "role");
    struct new_user user = {.cli = cli, .name = str_trim(cli->arguments->words[0]), .role = role.p ? role : STR("viewer")};
    int rc = user_read_password(cli, &encoded, err);

    if (rc == OK) {
        user.encoded = buf_str(&encoded);
        rc = db_transact(cli->db, set_user, &user, err);
    }
    secret_wipe(&encoded);
    if (rc == OK && cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_str(&json, "user", user.name);
        json_member_str(&json, "role", user.role);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    }
    if (rc == OK)
        say(cli, N_("The user %s (%s) may log in."), text_of(cli, user.name), text_of(cli, user.role), NULL);
    return rc;
}
