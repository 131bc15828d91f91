/* test_text.c: languages, fold keys, cells of a terminal, Windows-1252, and amounts as each language writes them. */
#include "values.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void knows_utf8(void **state)
{
    static const char *const valid[] = {"", "abc", "Réf", "€", "𝄞", "\xF4\x8F\xBF\xBF", "e\u0301", "\xEF\xBF\xBD"};
    static const char *const invalid[] = {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "abc\xE9", "\xE2\x82", "R\xE9-1"};

    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        assert_true(text_is_utf8(str_from(valid[i])));
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        assert_false(text_is_utf8(str_from(invalid[i])));
    assert_true(text_is_utf8(STR_NULL));
    assert_true(text_is_utf8(STR("a\0b")));
}

static void folds_to_the_same_key(void **state)
{
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"Réf 007 ", "ref007"},  {"REF007", "ref007"},       {"re\u0301f\u00A0007", "ref007"}, {"007", "7"},          {"7", "7"},
        {" 0 0 7", "7"},         {"000", "0"},               {"0", "0"},                       {"", ""},              {"  \t\n", ""},
        {"Straße", "strasse"},   {"STRASSE", "strasse"},     {"ﬁlet", "filet"},                {"Ｒｅｆ１", "ref1"},    {"Noël\u200B", "noel"},
        {"ÉPICERIE", "epicerie"}, {"A\u202F1", "a1"},        {"00é", "e"},                     {"0.5", ".5"},          {"ΣΑΣ", "σασ"},
    };
    ARENA_AUTO arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str key = text_fold_key(&arena, str_from(cases[i].text));
        if (key.p == NULL || !str_equal(key, str_from(cases[i].key)))
            fail_msg("\"%s\" folds to \"%.*s\", not \"%s\"", cases[i].text, STR_ARG(key), cases[i].key);
    }
    assert_null(text_fold_key(&arena, STR("R\xE9-1")).p);
    assert_non_null(text_fold_key(&arena, STR_NULL).p);
}

static void folding_twice_changes_nothing(void **state)
{
    static const char *const pieces[] = {"0", "A", "é", " ", "Œ", "ﬃ", "e\u0301", "\u00A0", "z", "9", "ẞ", "İ", "\u0345", "Å", "ǆ"};
    uint64_t seed = 29;
    ARENA_AUTO arena = {0};

    (void)state;
    for (int i = 0; i < 5000; i++) {
        BUF_AUTO text = {0};
        for (int64_t n = random_between(&seed, 0, 8); n > 0; n--)
            buf_append_z(&text, pieces[random_between(&seed, 0, sizeof pieces / sizeof pieces[0] - 1)]);
        struct str once = text_fold_key(&arena, buf_str(&text)), twice = text_fold_key(&arena, once);
        if (!str_equal(once, twice))
            fail_msg("\"%s\" folds to \"%.*s\", then to \"%.*s\"", text.p ? text.p : "", STR_ARG(once), STR_ARG(twice));
        arena_reset(&arena);
    }
}

static void folding_says_when_memory_is_exhausted(void **state)
{
    (void)state;
    for (int64_t nth = 1; nth <= 3; nth++) {
        ARENA_AUTO arena = {0};
        mem_fail_at(nth, 1);
        struct str key = text_fold_key(&arena, STR("Réf"));
        mem_fail_at(0, 0);
        assert_true(key.p == NULL || str_equal(key, STR("ref")));
        assert_true(nth > 1 || key.p == NULL);
    }
}

/* As people type it: a French keyboard has no œ and no typographic apostrophe. */
static void folds_for_a_search(void **state)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"Épicerie", "epicerie"}, {"ŒUF", "oeuf"}, {"œufs brouillés", "oeufs brouilles"}, {"Comté", "comte"}, {"COMTE\u0301", "comte"}, {"Crème brûlée", "creme brulee"},
        {"Ça à Noël", "ca a noel"}, {"L’été", "l'ete"}, {"12\u202F000\u00A0€", "12 000 €"}, {"  007 ", "  007 "}, {"Straße", "strasse"}, {"ex æquo", "ex aequo"},
        {"Smørrebrød", "smorrebrod"}, {"Łódź", "lodz"}, {"Ｎ°１", "n°1"}, {"ﬁlet", "filet"}, {"Vin\u00AD\u200Baigre", "vinaigre"}, {"ΜΟΥΣΑΚΆΣ", "μουσακασ"}, {"Борщ", "борщ"},
        {"", ""}, {"R\xE9-1", "r\xE9-1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO folded = {0};
        text_append_folded(&folded, str_from(cases[i].text));
        if (!str_equal(buf_str(&folded), str_from(cases[i].folded)))
            fail_msg("\"%s\" folds to \"%s\", not \"%s\"", cases[i].text, folded.p, cases[i].folded);
    }
}

static void measures_columns(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {{"", 0}, {"abc", 3}, {"Réf", 3}, {"Re\u0301f", 3}, {"日本", 4}, {"€", 1}, {"a\tb", 3}, {"\xFF", 1}, {"\u202E" "a", 2}, {"\u200D", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(text_width(str_from(cases[i].text)), cases[i].columns);
    assert_int_equal(text_width(STR_NULL), 0);
}

static void fills_cells(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        bool align_right;
        const char *cell;
    } cases[] = {
        {"Pain", 6, false, "Pain  "},   {"Pain", 6, true, "  Pain"},     {"Pain", 4, false, "Pain"},      {"Baguette", 5, false, "Bagu…"},
        {"Baguette", 1, false, "…"},    {"Baguette", 5, true, "Bagu…"},  {"Crêpes", 6, false, "Crêpes"},  {"Cre\u0302pes", 4, false, "Cre\u0302…"},
        {"日本語", 4, false, "日… "},   {"日本語", 4, true, " 日…"},      {"日本語", 5, false, "日本…"},     {"日本語", 6, false, "日本語"},
        {"", 3, false, "   "},          {"all of it", 0, true, "all of it"},
        {"a\x1B[2Jb", 0, false, "a�[2Jb"}, {"a\nb\x7F", 5, false, "a�b� "}, {"\u202E" "99,1\u202C", 6, false, "�99,1�"}, {"\u2066x\u200F", 4, true, " �x�"},
        {"\xC2\x9B" "31m", 0, false, "�31m"}, {"R\xE9" "f", 4, false, "R�f "}, {"a\u2028b", 3, false, "a�b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO out = {0};
        text_append_cell(&out, str_from(cases[i].text), cases[i].columns, cases[i].align_right);
        assert_text(&out, cases[i].cell);
    }
}

static void cells_have_exactly_their_columns(void **state)
{
    uint64_t seed = 31;
    static const char *const pieces[] = {"a", "é", "e\u0301", "日", "\x01", "\xFE", "\u200D", "👍", "\u202A", " "};

    (void)state;
    for (int i = 0; i < 5000; i++) {
        BUF_AUTO text = {0};
        BUF_AUTO cell = {0};
        size_t columns = (size_t)random_between(&seed, 1, 12);
        for (int64_t n = random_between(&seed, 0, 10); n > 0; n--)
            buf_append_z(&text, pieces[random_between(&seed, 0, sizeof pieces / sizeof pieces[0] - 1)]);
        text_append_cell(&cell, buf_str(&text), columns, i % 2);
        assert_int_equal(text_width(buf_str(&cell)), columns);
        assert_true(text_is_utf8(buf_str(&cell)));
    }
}

static void reads_windows1252(void **state)
{
    BUF_AUTO out = {0};
    BUF_AUTO all = {0};
    char bytes[256];

    (void)state;
    text_from_windows1252(&out, STR("Caf\xE9 4,50 \x80 \x8C\x9Cuf \x93x\x94 \x85 \x81"));
    assert_text(&out, "Café 4,50 € Œœuf “x” … �");
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    text_from_windows1252(&all, (struct str){bytes, sizeof bytes});
    assert_true(text_is_utf8(buf_str(&all)));
}

static void check_figure(void (*append)(struct buf *, int64_t), int64_t value, const char *french, const char *english)
{
    BUF_AUTO out = {0};

    text_init(TEXT_FRENCH, "/nonexistent");
    append(&out, value);
    assert_text(&out, french);
    text_init(TEXT_ENGLISH, "/nonexistent");
    buf_reset(&out);
    append(&out, value);
    assert_text(&out, english);
}

static void writes_figures_as_the_language_does(void **state)
{
    (void)state;
    check_figure(text_append_cents, 418020, "4\u202F180,20\u00A0€", "€4,180.20");
    check_figure(text_append_cents, -400, "-4,00\u00A0€", "-€4.00");
    check_figure(text_append_cents, 0, "0,00\u00A0€", "€0.00");
    check_figure(text_append_cents, -5, "-0,05\u00A0€", "-€0.05");
    check_figure(text_append_cents, 99999, "999,99\u00A0€", "€999.99");
    check_figure(text_append_cents, 100000, "1\u202F000,00\u00A0€", "€1,000.00");
    check_figure(text_append_cents, INT64_MIN, "-92\u202F233\u202F720\u202F368\u202F547\u202F758,08\u00A0€", "-€92,233,720,368,547,758.08");
    check_figure(text_append_milli, 1500, "1,5", "1.5");
    check_figure(text_append_milli, 2000, "2", "2");
    check_figure(text_append_milli, -1234567, "-1\u202F234,567", "-1,234.567");
    check_figure(text_append_rate, 550, "5,5\u00A0%", "5.5%");
    check_figure(text_append_rate, 2000, "20\u00A0%", "20%");
    check_figure(text_append_rate, 210, "2,1\u00A0%", "2.1%");
}

static void a_figure_without_memory_is_a_failure(void **state)
{
    BUF_AUTO out = {0};

    (void)state;
    buf_append_z(&out, "x"); /* has its room already */
    mem_fail_at(1, 1);
    text_append_cents(&out, 418020);
    mem_fail_at(0, 0);
    assert_true(buf_failed(&out));
}

/* ---- a catalogue made here: "No such file or directory" = "aucun", "yes" = "oui", in this machine's byte order ---- */

static void write_catalogue(const char *path)
{
    /* A header of seven words, descriptors of the msgids, then of their translations, then the texts. */
    static const uint32_t words[] = {0x950412de, 0, 2, 28, 44, 0, 60, 25, 60, 3, 86, 5, 90, 3, 96};
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(words, sizeof words, 1, file), 1);
    static const char texts[] = "No such file or directory\0yes\0aucun\0oui";
    assert_int_equal(fwrite(texts, sizeof texts, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void translates_from_a_catalogue(void **state)
{
    char directory[] = "liaison-po-XXXXXX", here[2048], root[3000], path[4096];

    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_non_null(getcwd(here, sizeof here));
    snprintf(root, sizeof root, "%s/%s", here, directory);
    snprintf(path, sizeof path, "%s/fr", root);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/fr/LC_MESSAGES", root);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/fr/LC_MESSAGES/liaison.mo", root);
    write_catalogue(path);

    text_init(TEXT_FRENCH, root);
    assert_int_equal(text_language(), TEXT_FRENCH);
    assert_string_equal(_("yes"), "oui");
    assert_string_equal(_("never translated"), "never translated");
    assert_string_equal(text_translate(""), "");
    assert_string_equal(text_of_errno(ENOENT), "aucun");
    assert_string_equal(text_of_errno(EACCES), "Permission denied"); /* this catalogue does not have it */
    text_init(TEXT_ENGLISH, root);
    assert_int_equal(text_language(), TEXT_ENGLISH);
    assert_string_equal(_("yes"), "yes");
    assert_string_equal(text_of_errno(ENOENT), "No such file or directory");

    unlink(path);
    for (int levels = 3; levels > 0; levels--) {
        *strrchr(path, '/') = '\0';
        assert_int_equal(rmdir(path), 0);
    }
}

/* Copied, because the C library keeps what it says of an unknown number only until it is asked again. */
static void assert_said_alike(int number)
{
    char said[128];

    assert_true(snprintf(said, sizeof said, "%s", text_of_errno(number)) < (int)sizeof said);
    assert_string_equal(said, strerror(number));
}

/* Where translations are looked for by their text, the text must be the very one that the catalogue has: the C library's own, so that English stays what it was. */
static void reasons_are_those_of_the_system(void **state)
{
    (void)state;
    text_init(TEXT_ENGLISH, "/nonexistent");
    for (int number = 1; number < 134; number++)
        assert_said_alike(number);
    assert_said_alike(99999);
}

/* Each as a shell reads it: the word of a command that is copied from a screen. */
static void shell_words_stay_one_word(void **state)
{
    static const char *const cases[][2] = {
        {"VIN-75_a.b:c/d@e%f+g,h", "VIN-75_a.b:c/d@e%f+g,h"}, {"caf\xC3\xA9", "caf\xC3\xA9"}, {"", "''"}, {"two words", "'two words'"}, {"$(rm -r x)`y`", "'$(rm -r x)`y`'"},
        {"it's", "'it'\\''s'"}, {"a;b", "'a;b'"}, {"a\\b", "'a\\b'"}, {"~", "'~'"}, {"#", "'#'"}, {"*", "'*'"}, {"{a,b}", "'{a,b}'"}, {"!x", "'!x'"}, {"a=b", "'a=b'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BUF_AUTO word = {0};
        text_append_shell_word(&word, str_from(cases[i][0]));
        assert_text(&word, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translates_from_a_catalogue), cmocka_unit_test(reasons_are_those_of_the_system), cmocka_unit_test(knows_utf8), cmocka_unit_test(folds_to_the_same_key),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(folds_for_a_search),
        cmocka_unit_test(folding_says_when_memory_is_exhausted),
        cmocka_unit_test(measures_columns), cmocka_unit_test(fills_cells), cmocka_unit_test(cells_have_exactly_their_columns),
        cmocka_unit_test(reads_windows1252), cmocka_unit_test(shell_words_stay_one_word), cmocka_unit_test(writes_figures_as_the_language_does),
        cmocka_unit_test(a_figure_without_memory_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
