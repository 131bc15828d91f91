/* article_edit.c: changing an article by hand or from a file: what is named changes, the rest stays. Public interface in books.h. */
#include "books/books_int.h"

struct edit_context { struct db *db; int64_t company_id, now_utc; struct arena *arena; };

static int resolve_tax(const struct edit_context *context, struct str code, struct article *article, struct err *err)
{
    struct tax *taxes = NULL;
    size_t count = 0;
    int rc = tax_list(context->db, context->company_id, context->arena, &taxes, &count, err);

    for (size_t i = 0; rc == OK && i < count; i++) {
        if (!str_equal(taxes[i].code, code))
            continue;
        article->tax_id = taxes[i].id;
        article->rate_bp = taxes[i].rate_bp;
        return OK;
    }
    return rc != OK ? rc : err_set(err, ERR_DATA, N_("article %s: there is no VAT code %s: liaison tax list shows them"), ERR_STR(article->code), ERR_STR(code));
}

static int resolve_family(const struct edit_context *context, struct str name, struct article *article, struct err *err)
{
    article->family = name;
    article->family_id = 0;
    return name.n ? family_find_or_create(context->db, context->company_id, name, &article->family_id, err) : OK;
}

static void apply_figure(const struct figure_edit *edit, bool *has, int64_t *value)
{
    if (edit->what == FIGURE_KEEP)
        return;
    *has = edit->what == FIGURE_SET;
    *value = *has ? edit->value : 0;
}

static bool negative(const struct figure_edit *edit)
{
    return edit->what == FIGURE_SET && edit->value < 0;
}

static int apply(const struct edit_context *context, const struct article_edit *edit, struct article *article, struct err *err)
{
    int rc = OK;

    if (negative(&edit->price_e4) || negative(&edit->buy_price_e4) || negative(&edit->weight_milli))
        return err_set(err, ERR_DATA, N_("article %s: a price or weight cannot be negative"), ERR_STR(edit->code));
    if (edit->label.p)
        article->label = str_trim(edit->label);
    if (edit->barcode.p)
        article->barcode = edit->barcode.n ? str_trim(edit->barcode) : STR_NULL;
    if (edit->unit.p)
        article->unit = str_trim(edit->unit);
    apply_figure(&edit->price_e4, &article->has_price, &article->price_e4);
    apply_figure(&edit->buy_price_e4, &article->has_buy_price, &article->buy_price_e4);
    apply_figure(&edit->weight_milli, &article->has_weight, &article->weight_milli);
    if (edit->stock_managed != FLAG_KEEP)
        article->stock_managed = edit->stock_managed == FLAG_YES;
    if (edit->archived != FLAG_KEEP)
        article->archived = edit->archived == FLAG_YES;
    if (edit->tax.p)
        rc = resolve_tax(context, str_trim(edit->tax), article, err);
    if (rc == OK && edit->family.p)
        rc = resolve_family(context, str_trim(edit->family), article, err);
    if (rc == OK && !article->label.n)
        return err_set(err, ERR_DATA, N_("article %s is new or would lose its name: give it a label"), ERR_STR(edit->code));
    if (rc == OK && !article->tax_id)
        return err_set(err, ERR_DATA, N_("article %s is new: give it a VAT code (liaison tax list shows them)"), ERR_STR(edit->code));
    return rc;
}

static bool same_text(struct str a, struct str b)
{
    return str_equal(a.p ? a : STR(""), b.p ? b : STR(""));
}

static bool same(const struct article *a, const struct article *b)
{
    return same_text(a->label, b->label) && same_text(a->barcode, b->barcode) && same_text(a->unit, b->unit) && a->family_id == b->family_id &&
           a->tax_id == b->tax_id && a->has_price == b->has_price && a->price_e4 == b->price_e4 && a->has_buy_price == b->has_buy_price &&
           a->buy_price_e4 == b->buy_price_e4 && a->has_weight == b->has_weight && a->weight_milli == b->weight_milli &&
           a->stock_managed == b->stock_managed && a->archived == b->archived;
}

static int write_article(const struct edit_context *context, const struct article *before, struct article *article, bool known, enum article_outcome *ret, struct err *err)
{
    *ret = !known ? ARTICLE_CREATED : same(before, article) ? ARTICLE_UNCHANGED : ARTICLE_UPDATED;
    if (*ret == ARTICLE_UPDATED)
        return article_update(context->db, context->company_id, article, context->now_utc, err);
    if (*ret == ARTICLE_UNCHANGED)
        return OK;
    int rc = db_reserve_ids(context->db, context->company_id, "article", 1, &article->id, err);
    return rc == OK ? article_insert(context->db, context->company_id, article, context->now_utc, err) : rc;
}

/* A count that finds what is there already is no change. */
static int count_stock(const struct edit_context *context, const struct article *article, const struct figure_edit *edit, enum article_outcome *outcome, struct err *err)
{
    int64_t before = 0;

    if (edit->what != FIGURE_SET)
        return OK;
    if (!article->stock_managed)
        return err_set(err, ERR_DATA, N_("the stock of article %s is not followed: say --stock-managed yes (stock_managed in a file) before it is counted"), ERR_STR(article->code));
    int rc = stock_get(context->db, context->company_id, article->id, &before, err);
    if (rc != OK || before == edit->value)
        return rc;
    if (*outcome == ARTICLE_UNCHANGED)
        *outcome = ARTICLE_UPDATED;
    return stock_count_set(context->db, context->company_id, article->id, edit->value, context->now_utc, err);
}

int article_edit_apply(struct db *db, int64_t company_id, struct arena *arena, const struct article_edit *edit, int64_t now_utc, enum article_outcome *ret, struct err *err)
{
    const struct edit_context context = {db, company_id, now_utc, arena};
    struct article before = {0}, article;
    int known = article_find_by_code(db, company_id, arena, edit->code, &before, err);

    if (known < 0)
        return known;
    article = before;
    article.code = edit->code;
    if (!known)
        article.unit = STR("");
    int rc = apply(&context, edit, &article, err);
    if (rc == OK)
        rc = write_article(&context, &before, &article, known == 1, ret, err);
    return rc == OK ? count_stock(&context, &article, &edit->stock_milli, ret, err) : rc;
}
