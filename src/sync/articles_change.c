/* articles_change.c: what changes in an article, field by field: the text of a rehearsal, and of a run as it writes. Kept until the transaction has
 * been committed, since one that is run again must not tell twice. Private to sync (articles_int.h). */
#include "sync/articles_int.h"

#include "base/money.h"

#include <string.h>

bool change_log_wanted(const struct change_log *log)
{
    return log->run->environment->on_change != NULL;
}

/* ---- the log: two literals and four texts a change ---- */

struct change_head {
    const char *action, *field;
    size_t subject_size, old_size, new_size;
};

void change_log_put(struct change_log *log, const char *action, struct str subject, const char *field, struct str old_value, struct str new_value)
{
    const struct change_head head = {action, field, subject.n, old_value.n, new_value.n};

    if (!change_log_wanted(log))
        return;
    buf_append(&log->bytes, (struct str){(const char *)&head, sizeof head});
    buf_append(&log->bytes, subject);
    buf_append(&log->bytes, old_value);
    buf_append(&log->bytes, new_value);
}

static struct str take_text(const char **p, size_t size)
{
    struct str text = {*p, size};

    *p += size;
    return text;
}

int change_log_tell(struct change_log *log, struct err *err)
{
    const char *p = log->bytes.n > 0 ? log->bytes.p : "", *end = p + log->bytes.n;

    if (buf_failed(&log->bytes))
        return err_memory(err);
    while (p < end) {
        struct change_head head;

        memcpy(&head, p, sizeof head);
        p += sizeof head;
        struct str subject = take_text(&p, head.subject_size), old_value = take_text(&p, head.old_size), new_value = take_text(&p, head.new_size);
        run_change(log->run, log->flow, head.action, subject, str_from(head.field), old_value, new_value);
    }
    buf_reset(&log->bytes);
    return OK;
}

/* ---- the fields of an article ---- */

static struct str text_of_decimal(struct arena *arena, bool has, int64_t value, int places, int min_decimals)
{
    BUF_AUTO text = {0};

    if (!has)
        return STR("");
    decimal_append(&text, value, places, min_decimals);
    return buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
}

struct str article_text_of_price(struct arena *arena, bool has, int64_t price_e4)
{
    return text_of_decimal(arena, has, price_e4, 4, 2);
}

struct str text_of_weight(struct arena *arena, bool has, int64_t weight_milli)
{
    return text_of_decimal(arena, has, weight_milli, 3, 0);
}

static struct str text_of_truth(bool truth)
{
    return truth ? STR(N_("yes")) : STR(N_("no"));
}

struct difference {
    struct change_log *log;        /* NULL: only count */
    struct str subject;
    size_t count;
};

/* An absent text and an empty one are the same to a person. */
static void compare_texts(struct difference *difference, const char *field, struct str before, struct str after)
{
    if (before.n == after.n && (before.n == 0 || memcmp(before.p, after.p, before.n) == 0))
        return;
    difference->count++;
    if (difference->log)
        change_log_put(difference->log, "update", difference->subject, field, before, after);
}

/* For values that have a text only when somebody listens. */
static void note_change(struct difference *difference, const char *field, struct str before, struct str after)
{
    difference->count++;
    if (difference->log)
        change_log_put(difference->log, "update", difference->subject, field, before, after);
}

static void compare_numbers(struct difference *difference, struct arena *arena, const struct article *before, const struct article *after)
{
    if (before->tax_id != after->tax_id)
        note_change(difference, "vat", text_of_percent(arena, before->rate_bp), text_of_percent(arena, after->rate_bp));
    if (before->has_price != after->has_price || (after->has_price && before->price_e4 != after->price_e4))
        note_change(difference, "price", article_text_of_price(arena, before->has_price, before->price_e4), article_text_of_price(arena, after->has_price, after->price_e4));
    if (before->has_buy_price != after->has_buy_price || (after->has_buy_price && before->buy_price_e4 != after->buy_price_e4))
        note_change(difference, "buy_price", article_text_of_price(arena, before->has_buy_price, before->buy_price_e4),
                    article_text_of_price(arena, after->has_buy_price, after->buy_price_e4));
    if (before->has_weight != after->has_weight || (after->has_weight && before->weight_milli != after->weight_milli))
        note_change(difference, "weight", text_of_weight(arena, before->has_weight, before->weight_milli), text_of_weight(arena, after->has_weight, after->weight_milli));
    if (before->stock_managed != after->stock_managed)
        note_change(difference, "stock_managed", text_of_truth(before->stock_managed), text_of_truth(after->stock_managed));
    if (before->archived != after->archived)
        note_change(difference, "archived", text_of_truth(before->archived), text_of_truth(after->archived));
}

size_t article_differences(struct change_log *log, const struct article *before, const struct article *after)
{
    struct difference difference = {.log = log && change_log_wanted(log) ? log : NULL, .subject = before->code};
    ARENA_AUTO arena = {0};

    compare_texts(&difference, "code", before->code, after->code);
    compare_texts(&difference, "label", before->label, after->label);
    compare_texts(&difference, "family", before->family, after->family);
    compare_texts(&difference, "barcode", before->barcode, after->barcode);
    compare_texts(&difference, "unit", before->unit, after->unit);
    compare_numbers(&difference, &arena, before, after);
    return difference.count;
}
