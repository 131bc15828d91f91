/* mentions.c: what French law asks an invoice to say besides its figures, as a dated table: a sentence stands on the documents of the days on which its rule is in force, so that an invoice that is printed
 * again years later says what it had to say then. A change of the law is the end of a row and a new row; nothing else changes. Who the seller is (legal form, capital, SIREN, RCS, VAT number) stands at
 * the foot of the page (pdf.c), as the code de commerce, art. R123-237 and R123-238, asks. */
#include "report/printed_int.h"

enum condition {
    OF_INVOICE = 1,
    OF_CREDIT_NOTE = 2,
    TO_BUSINESS = 4,               /* the customer is a company: it has a name of one, or a VAT number */
    WITHOUT_VAT = 8,               /* no VAT on it, and the seller has no VAT number */
    WITH_ORIGIN = 16,              /* a credit note on a document that is known */
    VAT_ON_DEBITS = 32,            /* the seller chose to pay the VAT of services by what is invoiced */
};
/* What %s stands for. */
enum argument { NO_ARGUMENT, PENALTY_RATE, PAYMENT_TERMS, ORIGIN, CUSTOMER_SIREN, OPERATIONS };

struct mention {
    const char *from, *to;         /* days on which it is in force; `to` NULL: still */
    unsigned conditions;           /* enum condition; of OF_INVOICE and OF_CREDIT_NOTE one is enough */
    enum argument argument;        /* the sentence is left out where there is none */
    const char *text;              /* msgid */
};
static const struct mention MENTIONS[] = {
    /* CGI, art. 272, 1 and annexe II, art. 242 nonies A; BOI-TVA-DECLA-30-20-20: a credit note names the invoice that it corrects. */
    {"2003-07-01", NULL, OF_CREDIT_NOTE | WITH_ORIGIN, ORIGIN, N_("Credit note on invoice %s.")},
    /* CGI, art. 293 E: who has the exemption of art. 293 B says so on each invoice. */
    {"1999-01-01", NULL, OF_INVOICE | OF_CREDIT_NOTE | WITHOUT_VAT, NO_ARGUMENT, N_("VAT not applicable, art. 293 B of the CGI.")},
    /* Code de commerce, art. L441-9 I (art. L441-3 until 2019-04-25): the date of payment and the conditions of discount. */
    {"2009-01-01", NULL, OF_INVOICE, PAYMENT_TERMS, N_("Terms of payment: %s.")},
    {"2009-01-01", NULL, OF_INVOICE | TO_BUSINESS, NO_ARGUMENT, N_("No discount for early payment.")},
    /* Code de commerce, art. L441-10 II (art. L441-6 until 2019-04-25): the rate of the penalties; never below three times the legal interest. */
    {"2009-01-01", NULL, OF_INVOICE | TO_BUSINESS, PENALTY_RATE, N_("Late payment: penalties of %s, due without a reminder.")},
    /* Code de commerce, art. D441-5: 40 euros, since the décret 2012-1115 of 2 October 2012. */
    {"2013-01-01", NULL, OF_INVOICE | TO_BUSINESS, NO_ARGUMENT, N_("Fixed compensation for recovery costs in case of late payment: €40.")},
    /* CGI, annexe II, art. 242 nonies A, I, as the décret 2022-1299 of 7 October 2022 completed it: the customer's SIREN, the category of the operations, the option for debits.
     * The décret names no day of its own for them. The administration ties them to the duty to issue electronic invoices (loi 2023-1322 of 29 December 2023, art. 91, and décret 2024-266
     * of 25 March 2024; press release of 18 October 2024): 1 September 2026 for large and middle-sized companies, 1 September 2027 for small ones, which a shop with a till is. The two
     * days are certain for electronic invoices; that the mentions follow them is what the profession reads in these texts, and some commentators date the mentions from October 2022. The
     * fourth of them, the address of delivery where it is another one, never applies here: what a till sells is handed over where it is sold. */
    {"2027-09-01", NULL, OF_INVOICE | OF_CREDIT_NOTE | TO_BUSINESS, CUSTOMER_SIREN, N_("Customer’s SIREN: %s.")},
    {"2027-09-01", NULL, OF_INVOICE | OF_CREDIT_NOTE, OPERATIONS, N_("Category of operations: %s.")},
    {"2027-09-01", NULL, OF_INVOICE | OF_CREDIT_NOTE | VAT_ON_DEBITS, NO_ARGUMENT, N_("Option for payment of the tax on debits.")},
};

static unsigned facts_of(const struct printed *printed)
{
    bool business = str_trim(printed->customer.company_name).n || str_trim(printed->customer.vat_number).n;
    unsigned facts = str_equal(printed->kind, STR("invoice")) ? OF_INVOICE : str_equal(printed->kind, STR("credit_note")) ? OF_CREDIT_NOTE : 0;

    if (business && !printed->counter)
        facts |= TO_BUSINESS;
    if (!printed->tax_cents && !printed_detail(printed, "vat_number").n)
        facts |= WITHOUT_VAT;
    if (printed->origin.n)
        facts |= WITH_ORIGIN;
    if (printed_detail(printed, "vat_on_debits").n)
        facts |= VAT_ON_DEBITS;
    return facts;
}

static bool holds(const struct mention *mention, unsigned facts, int32_t day)
{
    const unsigned kinds = OF_INVOICE | OF_CREDIT_NOTE;
    int32_t from = 0, to = INT32_MAX;

    if (!civil_parse_day(str_from(mention->from), &from) || (mention->to && !civil_parse_day(str_from(mention->to), &to)))
        return false;
    return day >= from && day <= to && (mention->conditions & kinds & facts) && !(mention->conditions & ~kinds & ~facts);
}

static struct str argument_of(const struct printed *printed, enum argument argument, struct arena *arena)
{
    struct str penalty = printed_detail(printed, "penalty_text");
    const char *operations = report_word(printed_detail(printed, "operations"));

    switch (argument) {
    case PENALTY_RATE: return penalty.n ? penalty : str_from(_("three times the legal interest rate"));
    case PAYMENT_TERMS: return printed_detail(printed, "payment_terms");
    case ORIGIN: return printed->origin;
    case CUSTOMER_SIREN: return printed_customer_siren(printed, arena);
    case OPERATIONS: return operations ? str_from(operations) : STR_NULL;
    case NO_ARGUMENT: break;
    }
    return STR_NULL;
}

size_t mentions_of(const struct printed *printed, struct arena *arena, struct str ret[MENTIONS_MAX])
{
    unsigned facts = facts_of(printed);
    size_t count = 0;

    for (size_t i = 0; i < sizeof MENTIONS / sizeof *MENTIONS && count < MENTIONS_MAX; i++) {
        struct str argument = arena_copy(arena, argument_of(printed, MENTIONS[i].argument, arena));
        BUF_AUTO text = {0};
        if (!holds(&MENTIONS[i], facts, printed->day) || (MENTIONS[i].argument != NO_ARGUMENT && !argument.n))
            continue;
        message_format(&text, text_translate(MENTIONS[i].text), &argument.p, argument.n ? 1 : 0);
        ret[count] = arena_copy(arena, buf_failed(&text) ? STR_NULL : buf_str(&text));
        count += ret[count].p != NULL;
    }
    return count;
}
