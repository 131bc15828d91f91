/* pdf.c: a document as A4 pages (libharu, which nobody else sees): who sells, who buys, what, the VAT by rate, what was paid and what remains due, and what the law asks to be said (mentions.c). The page
 * is French whatever the reader speaks: it goes to the customer. Fonts are those that every reader of PDF has, with the letters of Windows-1252; others become `?`.
 *
 * libharu measures in floats: places on the page are the only fractions here, and every figure is text that was made of integers. */
#include <stdarg.h>

#include <hpdf.h>

#include "report/printed_int.h"

static const float PAGE_WIDTH = 595, PAGE_HEIGHT = 842, MARGIN = 40, FOOT = 86, LEADING = 11, SMALL = 8, NORMAL = 9;
enum { LABEL_LINES_MAX = 6 };

struct page {
    const struct printed *printed;
    HPDF_Doc pdf;
    HPDF_Font font, bold;
    HPDF_Page page;
    float y;                       /* the next base line */
    int pages;
    struct arena *arena;
    bool failed;
};

/* ---- text ---- */

static uint32_t next_character(struct str text, size_t *at)
{
    unsigned char c = (unsigned char)text.p[(*at)++];
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    uint32_t character = more == 3 ? c & 7u : more == 2 ? c & 15u : more == 1 ? c & 31u : c;

    while (more-- > 0 && *at < text.n)
        character = character << 6 | ((unsigned char)text.p[(*at)++] & 63u);
    return character;
}

/* What stands from 0x80 to 0x9F; 0: nothing. */
static const uint16_t WINDOWS_1252[32] = {0x20AC, 0, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17D, 0,
                                          0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0, 0x17E, 0x178};

static char byte_of(uint32_t character)
{
    if (character == 0x202F || character == 0x2009) /* narrow blanks */
        return (char)0xA0;
    if (character == 0x2212)
        return '-';
    if (character < 0x20 || character == 0x7F)
        return ' ';
    if (character < 0x80 || (character >= 0xA0 && character <= 0xFF))
        return (char)character;
    for (size_t i = 0; i < sizeof WINDOWS_1252 / sizeof *WINDOWS_1252; i++)
        if (WINDOWS_1252[i] == character)
            return (char)(0x80 + i);
    return '?';
}

/* In the fonts' letters, zero-terminated, in the arena. */
static const char *encoded(struct page *page, struct str text)
{
    BUF_AUTO out = {0};

    for (size_t at = 0; at < text.n;)
        buf_append_char(&out, byte_of(next_character(text, &at)));
    struct str copy = arena_copy(page->arena, out.p ? buf_str(&out) : STR(""));
    page->failed = page->failed || buf_failed(&out) || !copy.p;
    return copy.p ? copy.p : "";
}

/* libharu 2.3 goes on with a page that it could make in part only, and follows a null pointer in it: after an error nothing more is asked of it. */
static bool broken(struct page *page)
{
    page->failed = page->failed || HPDF_GetError(page->pdf) != HPDF_OK;
    return page->failed;
}

static float width_of(struct page *page, HPDF_Font font, float size, const char *text)
{
    if (broken(page))
        return 0;
    HPDF_Page_SetFontAndSize(page->page, font, size);
    return HPDF_Page_TextWidth(page->page, text);
}

static void put_bytes(struct page *page, HPDF_Font font, float size, float x, float y, const char *text)
{
    if (broken(page))
        return;
    HPDF_Page_BeginText(page->page);
    HPDF_Page_SetFontAndSize(page->page, font, size);
    HPDF_Page_TextOut(page->page, x, y, text);
    HPDF_Page_EndText(page->page);
}

static void put_left(struct page *page, HPDF_Font font, float size, float x, float y, struct str text)
{
    put_bytes(page, font, size, x, y, encoded(page, text));
}

static void put_right(struct page *page, HPDF_Font font, float size, float x, float y, struct str text)
{
    const char *bytes = encoded(page, text);
    put_bytes(page, font, size, x - width_of(page, font, size, bytes), y, bytes);
}

/* As many bytes, whole words if there are any, as fit the width. */
static size_t fitting(struct page *page, HPDF_Font font, float size, const char *text, size_t n, float width)
{
    BUF_AUTO piece = {0};
    size_t word = 0, at = 0;

    for (; at < n; at++) {
        if (text[at] == ' ')
            word = at;
        buf_append_char(&piece, text[at]);
        if (piece.p && width_of(page, font, size, piece.p) > width)
            break;
    }
    return at == n ? n : word ? word : at ? at : 1;
}

/* Lines of a text that is wider than its column, downwards from `y`; how many. */
static int put_wrapped(struct page *page, HPDF_Font font, float size, float x, float y, float width, struct str text, int lines_max)
{
    const char *bytes = encoded(page, text);
    size_t n = strlen(bytes);
    int lines = 0;

    while (n && lines < lines_max) {
        size_t taken = fitting(page, font, size, bytes, n, width);
        struct str line = arena_copy(page->arena, (struct str){bytes, taken});
        put_bytes(page, font, size, x, y - (float)lines * LEADING, line.p ? line.p : "");
        lines++;
        bytes += taken;
        n -= taken;
        while (n && *bytes == ' ')
            bytes++, n--;
    }
    return lines ? lines : 1;
}

/* ---- values ---- */

static struct str text_of_value(struct page *page, enum report_type type, int64_t value)
{
    BUF_AUTO text = {0};

    report_append_value(&text, type, &DB_INT(value), NULL);
    struct str copy = arena_copy(page->arena, text.p ? buf_str(&text) : STR(""));
    page->failed = page->failed || !copy.p;
    return copy;
}

__attribute__((sentinel)) static struct str sentence(struct page *page, const char *message, ...)
{
    BUF_AUTO text = {0};
    va_list args;

    va_start(args, message);
    message_append(&text, message, args);
    va_end(args);
    struct str copy = arena_copy(page->arena, text.p ? buf_str(&text) : STR(""));
    page->failed = page->failed || !copy.p;
    return copy;
}

static struct str joined(struct page *page, const char *separator, const struct str *parts, size_t count)
{
    BUF_AUTO text = {0};

    for (size_t i = 0; i < count; i++) {
        if (!str_trim(parts[i]).n)
            continue;
        buf_append_z(&text, text.n ? separator : "");
        buf_append(&text, str_trim(parts[i]));
    }
    return arena_copy(page->arena, text.p ? buf_str(&text) : STR(""));
}

static void rule(struct page *page, float y)
{
    HPDF_Page_SetLineWidth(page->page, 0.5f);
    HPDF_Page_MoveTo(page->page, MARGIN, y);
    HPDF_Page_LineTo(page->page, PAGE_WIDTH - MARGIN, y);
    HPDF_Page_Stroke(page->page);
}

/* ---- the columns of the lines ---- */

struct column { const char *heading; float edge; bool right; }; /* its right edge, or its left one */
static const struct column COLUMNS[] = {
    {N_("Code"), 40, false}, {N_("Description"), 108, false}, {N_("Quantity"), 290, true}, {N_("Unit excl. VAT"), 345, true}, {N_("Unit incl. VAT"), 398, true},
    {N_("Discount"), 440, true}, {N_("VAT"), 468, true}, {N_("Total excl."), 511, true}, {N_("Total incl."), 555, true},
};
enum { COLUMN_CODE, COLUMN_LABEL, COLUMN_QUANTITY, COLUMN_NET, COLUMN_PRICE, COLUMN_DISCOUNT, COLUMN_RATE, COLUMN_TOTAL_NET, COLUMN_TOTAL };
static const float CODE_WIDTH = 64, LABEL_WIDTH = 138;

static void put_headings(struct page *page)
{
    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++)
        (COLUMNS[i].right ? put_right : put_left)(page, page->bold, 7.5f, COLUMNS[i].edge, page->y, str_from(_(COLUMNS[i].heading)));
    rule(page, page->y - 4);
    page->y -= LEADING + 5;
}

static void new_page(struct page *page)
{
    page->page = HPDF_AddPage(page->pdf);
    HPDF_Page_SetSize(page->page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
    page->y = PAGE_HEIGHT - MARGIN - 10;
    page->pages++;
}

/* Room for so many lines above the foot, else the next page; with the headings again inside the table. */
static void need(struct page *page, int lines, bool in_table)
{
    if (page->y - (float)lines * LEADING >= FOOT)
        return;
    new_page(page);
    if (in_table)
        put_headings(page);
}

static void put_figure(struct page *page, int column, enum report_type type, int64_t value)
{
    put_right(page, page->font, SMALL, COLUMNS[column].edge, page->y, text_of_value(page, type, value));
}

/* A unit price before VAT is computed for the reader; the sums are those of the document. */
static void put_line(struct page *page, const struct printed_line *line)
{
    need(page, 2, true);
    BUF_AUTO quantity = {0};
    text_append_milli(&quantity, line->quantity_milli);
    if (line->unit.n) {
        buf_append_z(&quantity, "\u00a0");
        buf_append(&quantity, line->unit);
    }
    put_right(page, page->font, SMALL, COLUMNS[COLUMN_QUANTITY].edge, page->y, buf_str(&quantity));
    put_figure(page, COLUMN_NET, REPORT_E4, article_net_price_e4(line->unit_price_e4, line->rate_bp));
    put_figure(page, COLUMN_PRICE, REPORT_E4, line->unit_price_e4);
    if (line->discount_cents)
        put_figure(page, COLUMN_DISCOUNT, REPORT_CENTS, -line->discount_cents);
    put_figure(page, COLUMN_RATE, REPORT_RATE, line->rate_bp);
    put_figure(page, COLUMN_TOTAL_NET, REPORT_CENTS, line->net_cents);
    put_figure(page, COLUMN_TOTAL, REPORT_CENTS, line->total_cents);
    int code_lines = put_wrapped(page, page->font, SMALL, COLUMNS[COLUMN_CODE].edge, page->y, CODE_WIDTH, line->code, 2);
    int label_lines = put_wrapped(page, page->font, SMALL, COLUMNS[COLUMN_LABEL].edge, page->y, LABEL_WIDTH, line->label, LABEL_LINES_MAX);
    page->y -= (float)(code_lines > label_lines ? code_lines : label_lines) * LEADING + 2;
}

/* ---- head ---- */

static struct str title_of(struct page *page)
{
    const struct printed *printed = page->printed;
    struct str number = arena_copy(page->arena, printed->number);
    const char *message = str_equal(printed->kind, STR("order"))         ? N_("Order no. %s")
                          : str_equal(printed->kind, STR("credit_note")) ? N_("Credit note no. %s")
                                                                         : N_("Invoice no. %s");

    return sentence(page, message, number.p ? number.p : "", NULL);
}

static void put_block(struct page *page, float x, float y, float width, const struct str *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_trim(lines[i]).n)
            y -= (float)put_wrapped(page, page->font, NORMAL, x, y, width, lines[i], 3) * LEADING;
}

static void put_seller(struct page *page)
{
    const struct printed *printed = page->printed;
    struct str town = joined(page, " ", (const struct str[]){printed_detail(printed, "postcode"), printed_detail(printed, "town")}, 2);
    const struct str lines[] = {printed_detail(printed, "address"), town, printed_detail(printed, "country"), printed_detail(printed, "phone"), printed_detail(printed, "email")};

    put_wrapped(page, page->bold, 13, MARGIN, page->y, 300, printed->company->name, 1);
    put_block(page, MARGIN, page->y - 16, 240, lines, sizeof lines / sizeof *lines);
}

static void put_customer(struct page *page, float y)
{
    const struct sale_customer *customer = &page->printed->customer;
    struct str name = joined(page, " ", (const struct str[]){customer->first_name, customer->last_name}, 2);
    struct str town = joined(page, " ", (const struct str[]){customer->postcode, customer->town}, 2);
    struct str vat = arena_copy(page->arena, customer->vat_number);
    const struct str lines[] = {customer->company_name, name, customer->address, town, customer->country, vat.n ? sentence(page, N_("VAT number: %s"), vat.p, NULL) : STR_NULL};

    put_left(page, page->bold, SMALL, 340, y, str_from(_("Customer")));
    put_block(page, 340, y - 13, 215, lines, sizeof lines / sizeof *lines);
}

static void put_head(struct page *page)
{
    const struct printed *printed = page->printed;
    struct str date = text_of_value(page, REPORT_DAY, printed->day), due = text_of_value(page, REPORT_DAY, printed->due_day);
    struct str ticket = arena_copy(page->arena, printed->till_number);

    put_seller(page);
    put_customer(page, PAGE_HEIGHT - 118);
    page->y = PAGE_HEIGHT - 218;
    put_left(page, page->bold, 15, MARGIN, page->y, title_of(page));
    if (printed->draft)
        put_right(page, page->bold, 15, PAGE_WIDTH - MARGIN, page->y, str_from(_("DRAFT")));
    page->y -= 16;
    const struct str facts[] = {
        sentence(page, N_("Date: %s"), date.p ? date.p : "", NULL),
        str_equal(printed->kind, STR("invoice")) ? sentence(page, N_("Due on: %s"), due.p ? due.p : "", NULL) : STR_NULL,
        ticket.n && !str_equal(ticket, printed->number) ? sentence(page, N_("Ticket: %s"), ticket.p, NULL) : STR_NULL,
    };
    put_left(page, page->font, NORMAL, MARGIN, page->y, joined(page, "   ·   ", facts, 3));
    page->y -= 24;
    put_headings(page);
}

/* ---- sums ---- */

static void put_sum(struct page *page, HPDF_Font font, const char *what, int64_t cents)
{
    put_right(page, font, NORMAL, 470, page->y, str_from(_(what)));
    put_right(page, font, NORMAL, PAGE_WIDTH - MARGIN, page->y, text_of_value(page, REPORT_CENTS, cents));
    page->y -= LEADING + 2;
}

static void put_taxes(struct page *page)
{
    static const struct column columns[] = {{N_("VAT rate"), 40, false}, {N_("Excl. VAT"), 150, true}, {N_("VAT"), 215, true}, {N_("Incl. VAT"), 285, true}};
    const struct printed *printed = page->printed;
    float top = page->y;

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        (columns[i].right ? put_right : put_left)(page, page->bold, SMALL, columns[i].edge, page->y, str_from(_(columns[i].heading)));
    for (size_t i = 0; i < printed->tax_count; i++) {
        const struct printed_tax *tax = &printed->taxes[i];
        float y = top - (float)(i + 1) * LEADING;
        put_left(page, page->font, SMALL, columns[0].edge, y, text_of_value(page, REPORT_RATE, tax->rate_bp));
        put_right(page, page->font, SMALL, columns[1].edge, y, text_of_value(page, REPORT_CENTS, tax->net_cents));
        put_right(page, page->font, SMALL, columns[2].edge, y, text_of_value(page, REPORT_CENTS, tax->tax_cents));
        put_right(page, page->font, SMALL, columns[3].edge, y, text_of_value(page, REPORT_CENTS, tax->total_cents));
    }
}

static void put_totals(struct page *page)
{
    const struct printed *printed = page->printed;
    int taxes = (int)printed->tax_count + 1, sums = 3;

    need(page, (taxes > sums ? taxes : sums) + 2, false);
    rule(page, page->y + LEADING - 3);
    page->y -= 6;
    float top = page->y;
    put_taxes(page);
    put_sum(page, page->font, N_("Total excl. VAT"), printed->total_cents - printed->tax_cents);
    put_sum(page, page->font, N_("VAT"), printed->tax_cents);
    put_sum(page, page->bold, N_("Total incl. VAT"), printed->total_cents);
    float below = top - (float)taxes * LEADING;
    page->y = (page->y < below ? page->y : below) - 10;
}

static void put_payments(struct page *page)
{
    const struct printed *printed = page->printed;
    bool order = str_equal(printed->kind, STR("order"));

    for (size_t i = 0; i < printed->payment_count; i++) {
        const struct printed_payment *payment = &printed->payments[i];
        struct str day = text_of_value(page, REPORT_DAY, payment->day), means = arena_copy(page->arena, payment->means);
        need(page, 2, false);
        put_right(page, page->font, NORMAL, 470, page->y, sentence(page, order ? N_("Deposit of %s, %s") : N_("Paid on %s, %s"), day.p ? day.p : "", means.p ? means.p : "", NULL));
        put_right(page, page->font, NORMAL, PAGE_WIDTH - MARGIN, page->y, text_of_value(page, REPORT_CENTS, payment->amount_cents));
        page->y -= LEADING + 2;
    }
    need(page, 2, false);
    put_sum(page, page->bold, N_("Remains due"), printed->total_cents - printed->allocated_cents);
}

static void put_mentions(struct page *page)
{
    struct str mentions[MENTIONS_MAX], iban = arena_copy(page->arena, printed_detail(page->printed, "iban"));
    size_t count = mentions_of(page->printed, page->arena, mentions);

    page->y -= 12;
    if (iban.n && page->printed->total_cents > page->printed->allocated_cents && count < MENTIONS_MAX)
        mentions[count++] = sentence(page, N_("Bank account (IBAN): %s"), iban.p, NULL);
    for (size_t i = 0; i < count; i++) {
        need(page, 2, false);
        page->y -= (float)put_wrapped(page, page->font, SMALL, MARGIN, page->y, PAGE_WIDTH - 2 * MARGIN, mentions[i], 6) * LEADING;
    }
}

/* ---- foot ---- */

/* "SAS au capital de 10 000,00 € · SIREN 732 829 320 · RCS Metz · TVA FR44…" */
static struct str identity_of(struct page *page)
{
    const struct printed *printed = page->printed;
    struct str form = arena_copy(page->arena, printed_detail(printed, "legal_form")), siren = printed_siren(printed->company->siren, page->arena);
    struct str rcs = arena_copy(page->arena, printed_detail(printed, "rcs")), vat = arena_copy(page->arena, printed_detail(printed, "vat_number"));
    int64_t capital = 0;

    if (str_parse_u63(printed_detail(printed, "capital_cents"), &capital) && capital)
        form = sentence(page, N_("%s with a capital of %s"), form.n ? form.p : "", text_of_value(page, REPORT_CENTS, capital).p, NULL);
    const struct str parts[] = {printed->company->name, form, siren.n ? sentence(page, N_("SIREN %s"), siren.p, NULL) : STR_NULL, rcs.n ? sentence(page, N_("RCS %s"), rcs.p, NULL) : STR_NULL,
                                vat.n ? sentence(page, N_("VAT %s"), vat.p, NULL) : STR_NULL};
    return joined(page, " · ", parts, sizeof parts / sizeof *parts);
}

/* The pages are counted when all are there. */
static void put_feet(struct page *page)
{
    struct str identity = identity_of(page), title = title_of(page);

    for (int i = 0; i < page->pages; i++) {
        page->page = HPDF_GetPageByIndex(page->pdf, (HPDF_UINT)i);
        rule(page, 58);
        put_wrapped(page, page->font, 7.5f, MARGIN, 46, 420, identity, 2);
        put_right(page, page->font, 7.5f, PAGE_WIDTH - MARGIN, 46,
                  sentence(page, N_("%s – page %s of %s"), title.p ? title.p : "", text_of_value(page, REPORT_INT, i + 1).p, text_of_value(page, REPORT_INT, page->pages).p, NULL));
    }
}

/* ---- all of it ---- */

static void lay_out(struct page *page)
{
    new_page(page);
    put_head(page);
    for (size_t i = 0; i < page->printed->line_count; i++)
        put_line(page, &page->printed->lines[i]);
    put_totals(page);
    if (!page->printed->draft)
        put_payments(page);
    put_mentions(page);
    put_feet(page);
}

static int append_file(struct page *page, struct buf *out, struct err *err)
{
    unsigned char bytes[16384];

    HPDF_SaveToStream(page->pdf);
    HPDF_ResetStream(page->pdf);
    for (;;) {
        HPDF_UINT32 size = sizeof bytes;
        HPDF_STATUS status = HPDF_ReadFromStream(page->pdf, bytes, &size);
        buf_append(out, (struct str){(const char *)bytes, size});
        if (status != HPDF_OK && status != HPDF_STREAM_EOF)
            break;
        if (size < sizeof bytes || status == HPDF_STREAM_EOF)
            return buf_failed(out) ? err_memory(err) : OK;
    }
    return err_set(err, ERR_INTERNAL, N_("the page cannot be made (libharu %s)"), ERR_INT((int64_t)HPDF_GetError(page->pdf)));
}

static int make(struct page *page, struct buf *out, struct err *err)
{
    HPDF_SetCompressionMode(page->pdf, HPDF_COMP_ALL);
    page->font = HPDF_GetFont(page->pdf, "Helvetica", "CP1252");
    page->bold = HPDF_GetFont(page->pdf, "Helvetica-Bold", "CP1252");
    if (!page->font || !page->bold)
        return err_memory(err);
    HPDF_SetInfoAttr(page->pdf, HPDF_INFO_TITLE, encoded(page, title_of(page)));
    HPDF_SetInfoAttr(page->pdf, HPDF_INFO_AUTHOR, encoded(page, page->printed->company->name));
    lay_out(page);
    if (page->failed)
        return err_memory(err);
    if (HPDF_GetError(page->pdf) != HPDF_OK)
        return err_set(err, ERR_INTERNAL, N_("the page cannot be made (libharu %s)"), ERR_INT((int64_t)HPDF_GetError(page->pdf)));
    return append_file(page, out, err);
}

int report_document_pdf(struct db *db, const struct company *company, int64_t document_id, struct arena *arena, struct buf *out, struct err *err)
{
    enum text_language language = text_language();
    struct printed printed;
    int rc = printed_load(db, company, document_id, arena, &printed, err);

    if (rc != 1)
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, N_("there is no document %s: liaison document list shows them"), ERR_INT(document_id)) : rc;
    struct page page = {.printed = &printed, .arena = arena, .pdf = HPDF_New(NULL, NULL)};
    if (!page.pdf)
        return err_memory(err);
    text_use(TEXT_FRENCH);
    rc = make(&page, out, err);
    text_use(language);
    HPDF_Free(page.pdf);
    return rc;
}
