/* test_catalogue.c: compiled catalogues of translations: what a good one says, and that of a bad one nothing is used. */
#include "values.h"

#include "base/catalogue_int.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x950412de
enum { HEADER_BYTES = 28, WORD = 4, DESCRIPTOR = 2 * WORD };
/* Where words of the header stand (GNU gettext manual, "The Format of GNU MO Files"). */
enum { AT_COUNT = 8, AT_MSGIDS = 12, AT_TEXTS = 16 };

struct entry { const char *msgid, *text; };

/* Sorted by msgid, as in every catalogue; the first entry is its header. */
static const struct entry entries[] = {
    {"", "Content-Type: text/plain; charset=UTF-8\n"}, {"%s is read", "%s est lu"}, {"Permission denied", "accès non permis"},
    {"no", "non"}, {"not translated", ""}, {"yes", "oui"}, {"yes, all of them", "oui, tous"},
};
enum { ENTRIES = sizeof entries / sizeof entries[0], MSGIDS_AT = HEADER_BYTES, TEXTS_AT = MSGIDS_AT + DESCRIPTOR * ENTRIES };

static char folder[4096], path[4200];

/* ---- making one ---- */

static void append_word(struct buf *out, uint32_t word)
{
    buf_append(out, (struct str){(const char *)&word, sizeof word});
}

static void append_texts(struct buf *descriptors, struct buf *bytes, size_t bytes_at, bool msgids)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        const char *text = msgids ? entries[i].msgid : entries[i].text;
        append_word(descriptors, (uint32_t)strlen(text));
        append_word(descriptors, (uint32_t)(bytes_at + bytes->n));
        buf_append(bytes, (struct str){text, strlen(text) + 1});
    }
}

static void make(struct buf *out)
{
    BUF_AUTO bytes = {0};

    for (size_t i = 0; i < HEADER_BYTES / WORD; i++)
        append_word(out, (uint32_t[]){MAGIC, 0, ENTRIES, MSGIDS_AT, TEXTS_AT, 0, 0}[i]);
    append_texts(out, &bytes, TEXTS_AT + DESCRIPTOR * ENTRIES, true);
    append_texts(out, &bytes, TEXTS_AT + DESCRIPTOR * ENTRIES, false);
    buf_append(out, buf_str(&bytes));
    assert_false(buf_failed(out));
}

static uint32_t word_at(const struct buf *catalogue, size_t at)
{
    uint32_t word;
    memcpy(&word, catalogue->p + at, sizeof word);
    return word;
}

/* Another name each time: a catalogue stays mapped for the life of the process, and the next file must not change what it shows. */
static void write_file(const char *bytes, size_t n)
{
    if (path[0])
        unlink(path);
    static int number;
    snprintf(path, sizeof path, "%s/%d.mo", folder, number++);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Not one word of it is used. */
static void assert_refused(const struct buf *catalogue)
{
    write_file(catalogue->p, catalogue->n);
    assert_false(catalogue_open(path));
    for (size_t i = 0; i < ENTRIES; i++)
        assert_null(catalogue_find(entries[i].msgid));
}

/* The good one with this word instead. */
static void assert_refused_with(size_t at, uint32_t word)
{
    BUF_AUTO catalogue = {0};

    make(&catalogue);
    memcpy(catalogue.p + at, &word, sizeof word);
    assert_refused(&catalogue);
}

/* ---- the tests ---- */

static void a_good_one_is_read(void **state)
{
    BUF_AUTO catalogue = {0};
    static const char *const absent[] = {"!", "%s", "Permission", "Permission denied.", "nn", "not", "ye", "yes,", "yes, all of them!", "\xFF"};

    (void)state;
    make(&catalogue);
    write_file(catalogue.p, catalogue.n);
    assert_true(catalogue_open(path));
    for (size_t i = 0; i < ENTRIES; i++) {
        const char *text = catalogue_find(entries[i].msgid);
        if (entries[i].text[0])
            assert_string_equal(text, entries[i].text);
        else
            assert_null(text);
    }
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_null(catalogue_find(absent[i]));
}

static void texts_stay_readable_after_the_next_one(void **state)
{
    BUF_AUTO catalogue = {0};

    (void)state;
    make(&catalogue);
    write_file(catalogue.p, catalogue.n);
    assert_true(catalogue_open(path));
    const char *text = catalogue_find("yes");
    assert_refused_with(0, 0);
    assert_string_equal(text, "oui");
}

static void a_cut_one_is_refused(void **state)
{
    BUF_AUTO catalogue = {0};

    (void)state;
    make(&catalogue);
    for (size_t n = 0; n < catalogue.n; n++)
        assert_refused(&(struct buf){.p = catalogue.p, .n = n});
}

static void what_is_not_inside_is_refused(void **state)
{
    BUF_AUTO good = {0};

    (void)state;
    make(&good);
    uint32_t size = (uint32_t)good.n;
    const uint32_t outside[] = {size, size + 1, INT32_MAX, UINT32_C(0x80000000), UINT32_MAX - DESCRIPTOR, UINT32_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        assert_refused_with(AT_COUNT, outside[i]);
        assert_refused_with(AT_MSGIDS, outside[i]);
        assert_refused_with(AT_TEXTS, outside[i]);
        for (size_t at = MSGIDS_AT; at < TEXTS_AT + DESCRIPTOR * ENTRIES; at += WORD)
            assert_refused_with(at, outside[i]);
    }
    assert_refused_with(AT_MSGIDS, size - DESCRIPTOR);
    assert_refused_with(AT_TEXTS, size - DESCRIPTOR);
    for (uint32_t off = 1; off < WORD; off++) {
        assert_refused_with(AT_MSGIDS, MSGIDS_AT + off);
        assert_refused_with(AT_TEXTS, TEXTS_AT + off);
    }
}

/* A text without a zero after it would be read on into the next one, or past the end. */
static void a_text_without_its_end_is_refused(void **state)
{
    BUF_AUTO good = {0};

    (void)state;
    make(&good);
    for (size_t at = MSGIDS_AT; at < TEXTS_AT + DESCRIPTOR * ENTRIES; at += DESCRIPTOR)
        if (word_at(&good, at) > 0)
            assert_refused_with(at, word_at(&good, at) - 1);
    good.p[good.n - 1] = '!';
    assert_refused(&good);
}

static void one_of_another_machine_is_refused(void **state)
{
    BUF_AUTO catalogue = {0};

    (void)state;
    make(&catalogue);
    for (size_t at = 0; at < TEXTS_AT + DESCRIPTOR * ENTRIES; at += WORD) {
        uint32_t word = __builtin_bswap32(word_at(&catalogue, at));
        memcpy(catalogue.p + at, &word, sizeof word);
    }
    assert_refused(&catalogue);
}

static void what_is_no_file_is_refused(void **state)
{
    BUF_AUTO catalogue = {0};

    (void)state;
    make(&catalogue);
    write_file(catalogue.p, catalogue.n);
    assert_true(catalogue_open(path));
    assert_false(catalogue_open("/nonexistent/liaison.mo"));
    assert_null(catalogue_find("yes"));
    assert_true(catalogue_open(path));
    assert_false(catalogue_open(folder));
    assert_null(catalogue_find("yes"));
}

/* Without a catalogue people read English, but figures as in their own language. */
static void a_refused_one_leaves_english(void **state)
{
    char french[8192], file[9000];

    (void)state;
    snprintf(french, sizeof french, "%s/fr", folder);
    assert_int_equal(mkdir(french, 0700), 0);
    snprintf(french, sizeof french, "%s/fr/LC_MESSAGES", folder);
    assert_int_equal(mkdir(french, 0700), 0);
    snprintf(file, sizeof file, "%s/liaison.mo", french);
    for (int cut = 0; cut < 2; cut++) {
        BUF_AUTO catalogue = {0};
        BUF_AUTO amount = {0};
        make(&catalogue);
        write_file(catalogue.p, catalogue.n - (size_t)cut);
        assert_int_equal(rename(path, file), 0);
        text_init(TEXT_FRENCH, folder);
        assert_string_equal(_("yes"), cut ? "yes" : "oui");
        text_append_cents(&amount, -400);
        assert_text(&amount, "-4,00\u00A0€");
    }
    unlink(file);
    rmdir(french);
    *strrchr(french, '/') = '\0';
    rmdir(french);
}

/* ---- where they are ---- */

static int make_folder(void **state)
{
    const char *parent = getenv("TMPDIR");

    (void)state;
    snprintf(folder, sizeof folder, "%s/liaison-mo-XXXXXX", parent ? parent : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read), cmocka_unit_test(texts_stay_readable_after_the_next_one), cmocka_unit_test(a_cut_one_is_refused),
        cmocka_unit_test(what_is_not_inside_is_refused), cmocka_unit_test(a_text_without_its_end_is_refused),
        cmocka_unit_test(one_of_another_machine_is_refused), cmocka_unit_test(what_is_no_file_is_refused), cmocka_unit_test(a_refused_one_leaves_english),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
