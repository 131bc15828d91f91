/* rules.c: notes by which options of a link documents are made, so that a document can say later why it is so (report/why.c). Options are noted when they are used, not when they are
 * edited: what nobody used made nothing. */
#include "sync/sync_int.h"

static struct db_value word(const char *member, unsigned value)
{
    return DB_STR(str_from(link_member_words(member)[value]));
}

int rules_note(struct db *db, int64_t company_id, const struct link *link, int64_t now_utc, struct err *err)
{
    /* Nothing when the last ones noted are the same. */
    static const char INSERT_RULES[] =
        "INSERT INTO link_rules (company_id, link_id, from_utc, name, profile, document, numbers, auto_validate, unknown_article, unknown_customer, no_reference, negative_stock, since)"
        " SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS BIGINT), CAST($9 AS TEXT),"
        " CAST($10 AS TEXT), CAST($11 AS TEXT), CAST($12 AS TEXT), CAST($13 AS BIGINT)"
        " WHERE NOT EXISTS (SELECT 1 FROM link_rules r WHERE r.company_id = $1 AND r.link_id = $2"
        " AND r.from_utc = (SELECT MAX(m.from_utc) FROM link_rules m WHERE m.company_id = $1 AND m.link_id = $2)"
        " AND r.name = $4 AND r.profile = $5 AND r.document = $6 AND r.numbers = $7 AND r.auto_validate = $8 AND r.unknown_article = $9 AND r.unknown_customer = $10"
        " AND r.no_reference = $11 AND r.negative_stock = $12 AND r.since IS NOT DISTINCT FROM CAST($13 AS BIGINT)) ON CONFLICT DO NOTHING";
    const struct link_options *options = &link->options;
    ARENA_AUTO arena = {0};

    return db_exec(db, INSERT_RULES, err, DB_INT(company_id), DB_INT(link->id), DB_INT(now_utc), DB_STR(options->name), DB_STR(link_profile_name(&arena, options->profile)),
                   word("document", options->orders), word("numbers", options->numbers), DB_INT(options->auto_validate), word("unknown_article", options->unknown_article),
                   word("unknown_customer", options->unknown_customer), word("missing_reference", options->reference_from_barcode),
                   word("negative_stock", options->refuse_negative_stock), options->has_since ? DB_INT(options->since_utc) : DB_NIL);
}
