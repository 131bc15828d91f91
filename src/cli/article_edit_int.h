/* article_edit_int.h: changing an article by hand or from a file: what is named changes, the rest stays. Private to src/cli. */
#ifndef CLI_ARTICLE_EDIT_INT_H
#define CLI_ARTICLE_EDIT_INT_H
#include "cli/cli_int.h"

/* A figure that stays as it is, is taken away, or gets a value. */
struct figure_edit { enum { FIGURE_KEEP, FIGURE_NONE, FIGURE_SET } what; int64_t value; };
enum flag_edit { FLAG_KEEP, FLAG_NO, FLAG_YES };
struct article_edit {
    struct str code;
    struct str label, family, tax, barcode, unit; /* absent = stays; empty = none (family, barcode, unit) */
    struct figure_edit price_e4, buy_price_e4, weight_milli, stock_milli;
    enum flag_edit stock_managed, archived;
};
enum article_outcome { ARTICLE_CREATED, ARTICLE_UPDATED, ARTICLE_UNCHANGED };
/* Applies an edit in the current transaction. ERR_DATA says what a new article lacks, or what a value may not be. */
int article_edit_apply(struct cli *cli, struct arena *arena, const struct article_edit *edit, enum article_outcome *ret, struct err *err) MUST_CHECK;
#endif
