/* file_export.c: the grid out to a file, sale by sale, in pieces of bounded size: nothing of the file is held but the piece at hand. */
#include "grid/file_int.h"

/* A piece is handed out when it reaches this size; one sale is never cut in two buffers, so a piece is at most this and one sale. */
enum { PIECE_SIZE = 64 << 10 };

struct exporting {
    struct db *db;
    const struct company *company;
    enum grid_file_format format;
    grid_write_fn *write;
    void *write_context;
    struct arena arena;        /* of the whole export: VAT codes, the names of links */
    struct tax *taxes;
    size_t tax_count;
    struct link_name { int64_t id; struct str name; struct link_name *next; } *links;
    struct buf piece;
};

static int hand_out(struct exporting *export, size_t threshold, struct err *err)
{
    if (buf_failed(&export->piece))
        return err_memory(err);
    if (!export->piece.n || export->piece.n < threshold)
        return OK;
    int rc = export->write(export->write_context, buf_str(&export->piece), err);
    buf_reset(&export->piece);
    return rc;
}

/* The name of a link, asked once; none for 0. */
static int name_of_link(struct exporting *export, int64_t link_id, struct str *ret, struct err *err)
{
    static const char SELECT_NAME[] = "SELECT name FROM link WHERE company_id = $1 AND link_id = $2";
    *ret = STR_NULL;
    if (!link_id)
        return OK;
    for (struct link_name *known = export->links; known; known = known->next)
        if (known->id == link_id) {
            *ret = known->name;
            return OK;
        }
    struct link_name *link = arena_alloc(&export->arena, sizeof *link);
    if (!link)
        return err_memory(err);
    int rc = db_query_text(export->db, &export->arena, &link->name, SELECT_NAME, err, DB_INT(export->company->id), DB_INT(link_id));
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(err, ERR_DATA, N_("the grid names link %s, which does not exist: restore the database from a backup"), ERR_INT(link_id));
    link->id = link_id;
    link->next = export->links;
    export->links = link;
    *ret = link->name;
    return OK;
}

int staged_load_fault(struct db *db, int64_t company_id, struct arena *arena, struct staged *staged, struct err *err)
{
    static const char SELECT_FAULT[] =
        "SELECT args FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'sale' AND subject = $3 AND code = 'unreadable_value' LIMIT 1";
    if (!staged->blocked)
        return OK;
    struct str text = STR_NULL, args[4] = {0};
    int count = 0;
    int rc = db_query_text(db, arena, &text, SELECT_FAULT, err, DB_INT(company_id), DB_INT(staged->link_id), DB_STR(staged->sale.id));
    if (rc <= 0)
        return rc;
    rc = anomaly_read_args(arena, text, args, &count, err);
    if (rc != OK)
        return rc;
    struct sale_fault *fault = arena_alloc(arena, sizeof *fault);
    struct str reason = arena_copy(arena, args[2]);
    if (!fault || (args[2].p && !reason.p))
        return err_memory(err);
    *fault = (struct sale_fault){.path = args[0], .text = args[1], .reason = reason.p ? reason.p : ""};
    staged->sale.faults = fault;
    staged->sale.fault_count = 1;
    return OK;
}

static int export_sale(struct exporting *export, struct arena *arena, struct staged *staged, struct err *err)
{
    struct str link = STR_NULL;
    if (export->format == GRID_FILE_DAILYBIZ)
        return dailybiz_sale_write(&export->piece, staged, export->taxes, export->tax_count, arena, err);
    int rc = name_of_link(export, staged->link_id, &link, err);
    if (rc == OK)
        rc = staged_load_fault(export->db, export->company->id, arena, staged, err);
    if (rc == OK)
        file_sale_write(&export->piece, staged, link);
    return rc;
}

static int export_sales(struct exporting *export, struct err *err)
{
    int64_t next_id = 0;
    for (;;) {
        ARENA_AUTO arena = {0};
        struct staged *sales = NULL;
        size_t count = 0;
        struct staged_query query = {.link_id = -1, .first_id = next_id, .last_id = INT64_MAX, .limit = GRID_BATCH};
        int rc = staged_load(export->db, export->company->id, &arena, &query, &sales, &count, err);
        for (size_t i = 0; rc == OK && i < count; i++) {
            rc = export_sale(export, &arena, &sales[i], err);
            if (rc == OK)
                rc = hand_out(export, PIECE_SIZE, err);
        }
        if (rc != OK || count < GRID_BATCH)
            return rc;
        next_id = sales[count - 1].id + 1;
    }
}

int grid_export(struct db *db, const struct company *company, const struct grid_file_options *options, grid_write_fn *write, void *context, struct err *err)
{
    struct exporting export = {.db = db, .company = company, .format = options->format, .write = write, .write_context = context};
    int rc = tax_list(db, company->id, &export.arena, &export.taxes, &export.tax_count, err);
    if (rc == OK && options->format == GRID_FILE_LIAISON)
        file_header_write(&export.piece);
    else if (rc == OK && options->header_line)
        dailybiz_header_write(&export.piece);
    if (rc == OK)
        rc = export_sales(&export, err);
    if (rc == OK)
        rc = hand_out(&export, 0, err);
    buf_release(&export.piece);
    arena_release(&export.arena);
    return rc;
}
