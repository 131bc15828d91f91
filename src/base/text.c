/* text.c: texts for people: the language of the process, the fold key that finds "the same but for case", cells of a terminal table, and
 * amounts as each language writes them. The only file that includes utf8proc.h. Everyone may use it. */
#include "base/text.h"

#include "base/catalogue_int.h"
#include "base/err.h"
#include "base/money.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#define DOMAIN "liaison"
#define NARROW_NO_BREAK_SPACE "\u202F"
#define NO_BREAK_SPACE "\u00A0"
#define REPLACEMENT 0xFFFD
#define ELLIPSIS "…"
enum { PATH_SIZE = 4096 };

/* English until text_init: the msgids are English. Written once, before there are threads. */
static enum text_language language = TEXT_ENGLISH;
/* What a thread chose instead; -1: nothing. */
static _Thread_local int thread_language = -1;

/* "<folder of the program>/po", where the catalogue stands when it was built there; false when that cannot be said. */
static bool directory_beside_program(char ret[PATH_SIZE])
{
    char program[PATH_SIZE];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0) return false;
    program[n] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash) return false;
    *slash = '\0';
    int length = snprintf(ret, PATH_SIZE, "%s/po", program);
    return length > 0 && length < PATH_SIZE;
}

static bool open_catalogue(const char *directory)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/fr/LC_MESSAGES/" DOMAIN ".mo", directory);
    return length > 0 && length < PATH_SIZE && catalogue_open(path);
}

void text_init(enum text_language chosen, const char *directory)
{
    language = chosen;
    /* Of the locale only the characters, and C.UTF-8 is always there. Numbers keep their point, and what the libraries say stays English: their catalogues are
     * read by the C library (catalogue.c says why not). */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    if (chosen != TEXT_ENGLISH) /* the msgids are English */
        text_open_catalogue(directory);
}

void text_open_catalogue(const char *directory)
{
    char beside[PATH_SIZE];
    if (directory)
        (void)open_catalogue(directory);
    else if (!directory_beside_program(beside) || !open_catalogue(beside))
        (void)open_catalogue(LOCALE_DIR);
}

void text_use(enum text_language chosen) { thread_language = (int)chosen; }

enum text_language text_language(void) { return thread_language < 0 ? language : (enum text_language)thread_language; }

const char *text_translate(const char *msgid)
{
    if (text_language() == TEXT_ENGLISH || msgid[0] == '\0') return msgid; /* "" would give the header of the catalogue */
    const char *text = catalogue_find(msgid);
    return text ? text : msgid;
}

const char *text_of_errno(int number)
{
    static const struct { int number; const char *reason; } reasons[] = {
        {EACCES, N_("Permission denied")}, {EADDRINUSE, N_("Address already in use")}, {EADDRNOTAVAIL, N_("Cannot assign requested address")},
        {ECONNREFUSED, N_("Connection refused")}, {ECONNRESET, N_("Connection reset by peer")}, {EHOSTUNREACH, N_("No route to host")},
        {ENETUNREACH, N_("Network is unreachable")}, {ETIMEDOUT, N_("Connection timed out")},
        {EDQUOT, N_("Disk quota exceeded")}, {EEXIST, N_("File exists")}, {EFBIG, N_("File too large")}, {EIO, N_("Input/output error")},
        {EISDIR, N_("Is a directory")}, {ELOOP, N_("Too many levels of symbolic links")}, {EMFILE, N_("Too many open files")},
        {ENAMETOOLONG, N_("File name too long")}, {ENOENT, N_("No such file or directory")}, {ENOMEM, N_("Cannot allocate memory")},
        {ENOSPC, N_("No space left on device")}, {ENOTDIR, N_("Not a directory")}, {EPERM, N_("Operation not permitted")}, {EROFS, N_("Read-only file system")},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].number == number) return text_translate(reasons[i].reason);
    return strerror(number);
}

/* The next code point of s from *at on; -1, and one byte on, when the bytes are not UTF-8. */
static int32_t next_code(struct str s, size_t *at)
{
    unsigned char first = (unsigned char)s.p[*at];
    if (first < 0x80) {
        (*at)++;
        return first;
    }
    int32_t code;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p + *at, (utf8proc_ssize_t)(s.n - *at), &code);
    *at += n > 0 ? (size_t)n : 1;
    return n > 0 ? code : -1;
}

static void append_code(struct buf *out, int32_t code)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(code, bytes);
    buf_append(out, (struct str){(const char *)bytes, (size_t)n});
}

bool text_is_utf8(struct str s)
{
    for (size_t at = 0; at < s.n;)
        if (next_code(s, &at) < 0) return false;
    return true;
}

/* Folding. */

static bool is_space(int32_t code)
{
    if ((code >= '\t' && code <= '\r') || code == ' ' || code == 0x85) return true;
    if (code < 0x80) return false;
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* Leading zeros fall, but for the last one of a text that is all zeros. */
static struct str without_leading_zeros(struct str key)
{
    size_t zeros = 0;
    while (zeros + 1 < key.n && key.p[zeros] == '0') zeros++;
    return (struct str){key.p + zeros, key.n - zeros};
}

/* Nearly every reference is plain ASCII, and a catalogue has 100 000 of them: no tables needed. False at the first other byte. */
static bool fold_ascii(struct str s, char *key, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((unsigned char)c >= 0x80) return false;
        if (!is_space(c)) key[n++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    *ret_n = n;
    return true;
}

/* What counts as the same. IGNORE drops what nobody sees, such as soft hyphens and zero-width spaces. */
static const utf8proc_option_t FOLDING =
    (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

/* The code points of the key, white space still in it; a negative count when `s` is not UTF-8. */
static utf8proc_ssize_t fold_codes(struct str s, int32_t *codes, size_t size)
{
    return utf8proc_decompose((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, codes, (utf8proc_ssize_t)size, FOLDING);
}

static struct str fold_unicode(struct arena *arena, struct str s)
{
    utf8proc_ssize_t needed = fold_codes(s, NULL, 0);
    if (needed < 0) return STR_NULL;
    size_t count = (size_t)needed, n = 0;
    int32_t *codes = arena_array(arena, count + 1, sizeof *codes);
    char *key = arena_array(arena, count + 1, 4); /* UTF-8 takes four bytes at most */
    if (!codes || !key || fold_codes(s, codes, count) != needed) return STR_NULL;
    for (size_t i = 0; i < count; i++)
        if (!is_space(codes[i])) n += (size_t)utf8proc_encode_char(codes[i], (utf8proc_uint8_t *)key + n);
    return without_leading_zeros((struct str){key, n});
}

struct str text_fold_key(struct arena *arena, struct str s)
{
    if (s.n == 0) return STR("");
    char *key = arena_alloc(arena, s.n + 1);
    if (!key) return STR_NULL;
    size_t n;
    if (fold_ascii(s, key, &n)) return without_leading_zeros((struct str){key, n});
    return fold_unicode(arena, s);
}

/* What no decomposition takes apart, as people type it. */
static const struct { int32_t code; char typed[3]; } typed_otherwise[] = {
    {0xE6, "ae"}, {0xF0, "d"}, {0xF8, "o"}, {0xFE, "th"}, {0x111, "d"}, {0x127, "h"}, {0x131, "i"}, {0x142, "l"}, {0x153, "oe"}, {0x167, "t"}, {0x2018, "'"}, {0x2019, "'"},
};

static void append_typed(struct buf *out, int32_t code)
{
    for (size_t i = 0; code >= 0x80 && i < sizeof typed_otherwise / sizeof *typed_otherwise; i++)
        if (typed_otherwise[i].code == code) {
            buf_append_z(out, typed_otherwise[i].typed);
            return;
        }
    append_code(out, code);
}

/* One letter becomes at most eighteen (U+FDFA), and marks, which alone would change places, are gone. */
static void append_folded_code(struct buf *out, int32_t code)
{
    enum { LETTERS_MAX = 18 };
    int32_t codes[LETTERS_MAX];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(code, codes, LETTERS_MAX, FOLDING, &boundary);
    for (utf8proc_ssize_t i = 0; i < n && i < LETTERS_MAX; i++) append_typed(out, codes[i]);
}

void text_append_folded(struct buf *out, struct str s)
{
    for (size_t at = 0; at < s.n;) {
        char c = s.p[at];
        int32_t code = next_code(s, &at);
        if (code < 0x80) buf_append_char(out, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c);
        else append_folded_code(out, code);
    }
}

/* Cells. */

/* Marks that turn the direction of the text around them: a name could show another amount than the one that is there. */
static bool is_bidi_control(int32_t code)
{
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F || code == 0x061C;
}

/* The next code point as it may be shown: what is invalid or would steer the terminal becomes a replacement character. */
static int32_t next_shown(struct str s, size_t *at, size_t *ret_width)
{
    int32_t code = next_code(s, at);
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 || is_bidi_control(code);
    if (control) code = REPLACEMENT;
    *ret_width = code < 0x7F ? 1 : (size_t)utf8proc_charwidth(code);
    return code;
}

size_t text_width(struct str s)
{
    size_t width = 0, one;
    for (size_t at = 0; at < s.n; width += one) (void)next_shown(s, &at, &one);
    return width;
}

static void append_blanks(struct buf *out, size_t n)
{
    for (; n > 0; n--) buf_append_char(out, ' ');
}

/* The bytes of `s` that fit into `columns`, marks on the last character included. */
static struct str fitting(struct str s, size_t columns, size_t *ret_width)
{
    size_t width = 0, at = 0, one;
    for (size_t next = 0; next < s.n; at = next) {
        (void)next_shown(s, &next, &one);
        if (width + one > columns) break;
        width += one;
    }
    *ret_width = width;
    return (struct str){s.p, at};
}

void text_append_cell(struct buf *out, struct str s, size_t columns, bool align_right)
{
    size_t width = text_width(s), one;
    bool cut = columns > 0 && width > columns;
    if (cut) {
        s = fitting(s, columns - 1, &width);
        width++; /* the ellipsis */
    }
    size_t padding = columns > width ? columns - width : 0;
    if (align_right) append_blanks(out, padding);
    for (size_t at = 0; at < s.n;) append_code(out, next_shown(s, &at, &one));
    if (cut) buf_append(out, STR(ELLIPSIS));
    if (!align_right) append_blanks(out, padding);
}

void text_append_shell_word(struct buf *out, struct str s)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:/@%+-";
    bool quotes = s.n == 0;
    for (size_t i = 0; i < s.n; i++)
        quotes = quotes || s.p[i] == '\0' || ((unsigned char)s.p[i] < 0x80 && !strchr(plain, s.p[i]));
    if (quotes) buf_append_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'') buf_append(out, STR("'\\''"));
        else buf_append_char(out, s.p[i]);
    }
    if (quotes) buf_append_char(out, '\'');
}

/* 0x80 to 0x9F; elsewhere Windows-1252 is Latin-1. Five bytes stand for nothing. */
static const uint16_t windows1252[32] = {
    0x20AC, REPLACEMENT, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, REPLACEMENT, 0x017D, REPLACEMENT,
    REPLACEMENT, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, REPLACEMENT, 0x017E, 0x0178,
};

void text_from_windows1252(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c < 0x80) buf_append_char(out, (char)c);
        else append_code(out, c < 0xA0 ? windows1252[c - 0x80] : c);
    }
}

/* Figures. */

/* The digits of `value` * 10^-places with the marks of the language between thousands and before decimals; no sign. */
static void append_figure(struct buf *out, int64_t value, int places, int min_decimals)
{
    bool french = text_language() == TEXT_FRENCH;
    BUF_AUTO plain = {.max = 64};
    decimal_append(&plain, value, places, min_decimals);
    struct str integer, decimals, digits = buf_str(&plain);
    if (str_starts_with(digits, STR("-"))) digits = (struct str){digits.p + 1, digits.n - 1};
    bool has_decimals = str_cut(digits, '.', &integer, &decimals);
    for (size_t i = 0; i < integer.n; i++) {
        if (i > 0 && (integer.n - i) % 3 == 0) buf_append(out, french ? STR(NARROW_NO_BREAK_SPACE) : STR(","));
        buf_append_char(out, integer.p[i]);
    }
    if (has_decimals) buf_append_char(out, french ? ',' : '.');
    if (has_decimals) buf_append(out, decimals);
    if (buf_failed(&plain)) out->failed = true; /* no memory: an amount that is missing must not look like a text */
}

void text_append_cents(struct buf *out, int64_t cents)
{
    if (cents < 0) buf_append_char(out, '-');
    if (text_language() == TEXT_ENGLISH) buf_append(out, STR("€"));
    append_figure(out, cents, 2, 2);
    if (text_language() == TEXT_FRENCH) buf_append(out, STR(NO_BREAK_SPACE "€"));
}

void text_append_milli(struct buf *out, int64_t milli)
{
    if (milli < 0) buf_append_char(out, '-');
    append_figure(out, milli, 3, 0);
}

void text_append_rate(struct buf *out, int64_t rate_bp)
{
    if (rate_bp < 0) buf_append_char(out, '-');
    append_figure(out, rate_bp, 2, 0);
    buf_append(out, text_language() == TEXT_FRENCH ? STR(NO_BREAK_SPACE "%") : STR("%"));
}
