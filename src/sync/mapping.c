/* mapping.c: what the till calls a rate or a means of payment, said once for one link, or for all of them and for files. Used by server and cli through sync/sync.h. */
#include "sync/sync_int.h"

struct mapping {
    struct db *db;
    int64_t company_id;
    int64_t rate_bp;
    struct str till_type;          /* absent: it is a rate */
    int64_t target_id;
    int64_t links;
};

static int map_one(struct mapping *mapping, int64_t link_id, struct err *err)
{
    return mapping->till_type.p ? grid_map_means(mapping->db, mapping->company_id, link_id, mapping->till_type, mapping->target_id, err)
                                : grid_map_tax(mapping->db, mapping->company_id, link_id, mapping->rate_bp, mapping->target_id, err);
}

static int map_link(void *context, const struct link *link, struct err *err)
{
    struct mapping *mapping = context;
    int rc = map_one(mapping, link->id, err);
    mapping->links += rc == OK;
    return rc;
}

static int map(struct mapping *mapping, const struct link *link, int64_t *ret_links, struct err *err)
{
    int rc = link ? map_link(mapping, link, err) : map_one(mapping, 0, err);
    if (rc == OK && !link)
        rc = link_each(mapping->db, mapping->company_id, map_link, mapping, err);
    if (rc == OK)
        *ret_links = mapping->links;
    return rc;
}

int link_map_tax(struct db *db, int64_t company_id, const struct link *link, int64_t rate_bp, int64_t tax_id, int64_t *ret_links, struct err *err)
{
    struct mapping mapping = {.db = db, .company_id = company_id, .rate_bp = rate_bp, .target_id = tax_id};
    return map(&mapping, link, ret_links, err);
}

int link_map_means(struct db *db, int64_t company_id, const struct link *link, struct str till_type, int64_t means_id, int64_t *ret_links, struct err *err)
{
    struct mapping mapping = {.db = db, .company_id = company_id, .till_type = till_type.p ? till_type : STR(""), .target_id = means_id};
    return map(&mapping, link, ret_links, err);
}
