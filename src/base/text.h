/* text.h: texts for people: language, validity, comparison of names, width on a terminal.
 * Everyone may use it; the translations themselves are chosen only at the edge (cli, server, report).
 * utf8proc (Unicode 14 tables, MIT) does the folding. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include "base/arena.h"
#include "base/buf.h"

enum text_language { TEXT_FRENCH, TEXT_ENGLISH };

/* Chooses the language of the whole process and opens its catalogue, which English needs none of: `directory` of compiled .mo files as gettext lays them out
 * (NULL: beside the program, then the installed one). Call once, before threads. */
void text_init(enum text_language chosen, const char *directory);
/* For a program that answers in both languages: opens the catalogue whatever language was chosen. After text_init, before threads. */
void text_open_catalogue(const char *directory);
/* The language of this thread from now on, in place of the process's. */
void text_use(enum text_language chosen);
enum text_language text_language(void);
/* The translation of a msgid; the msgid itself when there is none. Borrowed for ever. */
const char *text_translate(const char *msgid) __attribute__((format_arg(1)));
#define _(msgid) text_translate(msgid)
/* What an errno says, in the language of the process, for the errors that a person meets; English for the others. Borrowed as from strerror. */
const char *text_of_errno(int number);

bool text_is_utf8(struct str s);
/* The key by which two references or names count as "the same but for case, blanks, accents or leading zeros":
 * compatibility decomposition, marks stripped, case folded, all white space removed, leading zeros dropped (an all-zero text keeps one).
 * In the arena; {NULL,0} when memory is exhausted or `s` is not UTF-8. */
struct str text_fold_key(struct arena *arena, struct str s);
/* Appends `s` as a search compares it: "the same but for case and accents", as above, but white space stays (a no-break space becomes a blank), zeros stay, and letters and
 * signs that no keyboard gives at once are as people type them: œ oe, æ ae, ø o, ł l, ’ '. It goes letter by letter, so that a part of a text stays a part of it. What is not
 * UTF-8 is left as it is. The function text_contains of the database (db.h) compares by it; sql/006 says the same for PostgreSQL. */
void text_append_folded(struct buf *out, struct str s);
/* Columns that `s` takes on a terminal (wide characters count 2, marks 0). */
size_t text_width(struct str s);
/* Appends at most `columns` columns of `s`, control and bidi-override characters replaced by `�`, an ellipsis when cut,
 * padded with blanks on the right (or on the left with `align_right`) to exactly `columns`. columns 0: all of it, no padding. */
void text_append_cell(struct buf *out, struct str s, size_t columns, bool align_right);
/* Appends `s` as one word of a command line that a person will copy: as it is when the shell leaves it alone, else in single quotes. For a text without controls. */
void text_append_shell_word(struct buf *out, struct str s);
/* Windows-1252 to UTF-8, appended. */
void text_from_windows1252(struct buf *out, struct str bytes);

/* Amounts as the language writes them: "4 180,20 €" with no-break spaces in French, "€4,180.20" in English; quantities (1/1000)
 * and rates (1/100 percent) without trailing zeros: "1,5", "5,5 %". */
void text_append_cents(struct buf *out, int64_t cents);
void text_append_milli(struct buf *out, int64_t milli);
void text_append_rate(struct buf *out, int64_t rate_bp);
#endif
