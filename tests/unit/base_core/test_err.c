/* test_err.c: filling and formatting errors, exit statuses, log lines. */
#include "check.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <unistd.h>

static void fills_and_formats(void **state)
{
    struct err err = {0};
    BUF_AUTO text = {0};

    (void)state;
    err_format(&err, &text);
    assert_str(buf_str(&text), "");
    assert_int_equal(err_set(&err, ERR_DATA, "the file %s has no column %s", "a.csv", ERR_INT(-3)), ERR_DATA);
    assert_int_equal(err.code, ERR_DATA);
    assert_int_equal(err.arg_count, 2);
    assert_true(strstr(err.file, "test_err.c") != NULL && err.line > 0);
    err_format(&err, &text);
    assert_str(buf_str(&text), "the file a.csv has no column -3");
    err_clear(&err);
    assert_int_equal(err.code, OK);
    assert_null(err.message);
}

static void needs_no_memory(void **state)
{
    struct err err = {0};

    (void)state;
    mem_fail_at(1, 1);
    int code = err_memory(&err);
    mem_fail_at(0, 0);
    assert_int_equal(code, ERR_INTERNAL);
    assert_err_says(&err, "not enough memory");
}

static void formats_by_position(void **state)
{
    const char *args[] = {"one", "two", "%s"};
    BUF_AUTO text = {0};

    (void)state;
    message_format(&text, "%2$s %1$s 100 %% %3$s %9$s %d %", args, 3);
    assert_str(buf_str(&text), "two one 100 % %s ? %d %");
    buf_reset(&text);
    message_format(&text, "%s%s%s%s", args, 3);
    assert_str(buf_str(&text), "onetwo%s?");
    buf_reset(&text);
    message_format(&text, "%2$s %s", args, 3); /* a position does not move the order */
    assert_str(buf_str(&text), "two one");
}

static void arguments_cannot_act_on_a_terminal(void **state)
{
    struct err err = {0};

    (void)state;
    err_set(&err, ERR_DATA, "%s", "a\x1B[2Jb\nc\x7F d\xC2\x9B" "e \xE2\x80\xAE" "f \xFF\xC3\xA9\xE2\x82\xAC \xD8\x9C\xD8\x9B");
    assert_string_equal(err.args[0], "a?[2Jb?c? d?e ?f ?\xC3\xA9\xE2\x82\xAC ?\xD8\x9B");
}

static void long_arguments_are_cut_between_characters(void **state)
{
    char text[601] = "";
    struct err err = {0};

    (void)state;
    for (int i = 0; i < 300; i++)
        memcpy(text + 2 * i, "\xC3\xA9", 2);
    text[600] = '\0';
    err_set(&err, ERR_DATA, "%s", text);
    assert_int_equal(strlen(err.args[0]), 254); /* 127 whole characters: a half one would not fit */
    assert_string_equal(ERR_STR(((struct str){text, 4})), "\xC3\xA9\xC3\xA9");
    assert_string_equal(ERR_STR(STR_NULL), "");
    err_set(&err, ERR_DATA, "%s", "1", "2", "3", "4", "5", "6", "7", "8");
    assert_int_equal(err.arg_count, ERR_ARGS_MAX);
}

static void exit_statuses_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(err_exit_status(OK), 0);
    assert_int_equal(err_exit_status(ERR_USAGE), 2);
    assert_int_equal(err_exit_status(ERR_TILL), 3);
    assert_int_equal(err_exit_status(ERR_DATA), 4);
    assert_int_equal(err_exit_status(ERR_NOT_FOUND), 4);
    assert_int_equal(err_exit_status(ERR_BUSY), 5);
    assert_int_equal(err_exit_status(ERR_CANCELLED), 130);
    assert_int_equal(err_exit_status(ERR_INTERNAL), 70);
    assert_int_equal(err_exit_status(ERR_RETRY), 70);
}

/* Runs with stderr turned into a pipe that nobody else has, and returns what was written. */
static size_t logged(void (*run)(void), char *ret, size_t size)
{
    int ends[2], saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    run();
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(ends[0], ret, size - 1);
    close(ends[0]);
    assert_true(n >= 0);
    ret[n] = '\0';
    return (size_t)n;
}

static void log_three(void)
{
    log_event(LOG_DEBUG, "hidden", NULL);
    log_event(LOG_INFO, "run.start", "link", "shop \"1\"", "run", "42", "empty", "", "nasty", "a\nb=\xC3\xA9", NULL);
    log_event(LOG_QUIET, "never", NULL);
}

static void log_huge(void)
{
    static char huge[20000];

    memset(huge, 'x', sizeof huge - 1);
    log_event(LOG_ERROR, "huge", "value", huge, NULL);
}

static void log_lines_can_be_cut_at_blanks(void **state)
{
    char line[1000];

    (void)state;
    log_set_level(LOG_INFO);
    logged(log_three, line, sizeof line);
    assert_true(line[4] == '-' && line[10] == 'T' && strncmp(line + 23, "Z ", 2) == 0);
    assert_string_equal(line + 25, "info run.start link=\"shop \\\"1\\\"\" run=42 empty=\"\" nasty=\"a\\x0ab=\xC3\xA9\"\n");
    logged(log_huge, line, sizeof line);
    assert_string_equal(line, "error log.dropped reason=\"line too long or no memory\"\n");
    log_set_level(LOG_QUIET);
    assert_int_equal(logged(log_huge, line, sizeof line), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_and_formats), cmocka_unit_test(needs_no_memory), cmocka_unit_test(formats_by_position),
        cmocka_unit_test(arguments_cannot_act_on_a_terminal), cmocka_unit_test(long_arguments_are_cut_between_characters),
        cmocka_unit_test(exit_statuses_are_those_of_the_contract), cmocka_unit_test(log_lines_can_be_cut_at_blanks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
