/* api_documents.c: a document, why it is so, as a page to print; a payment, and what a person allocates of it. */
#include "base/money.h"
#include "server/server_int.h"

enum { NUMBER_MAX_BYTES = 100 };

/* ---- documents ---- */

static int find_document(struct request *request, struct str number, int64_t *ret_id, struct err *err)
{
    int found = document_find(request->db, request->company->id, number, ret_id, err);

    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no document %s"), ERR_STR(number));
    return found < 0 ? found : OK;
}

int api_document_show(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id = 0;
    int rc = find_document(request, request->args[0], &id, err);

    if (rc == OK)
        rc = report_record_json(request->db, request->company->id, report_record_by_name("document"), id, &reply->body, err);
    if (rc < 0)
        return rc;
    reply_tag(request, reply);
    return OK;
}

int api_document_why(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id = 0;
    int rc = find_document(request, request->args[0], &id, err);

    return rc == OK ? report_why_json(request->db, request->company, id, request->arena, &reply->body, err) : rc;
}

int api_document_pdf(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id = 0;
    int rc = find_document(request, request->args[0], &id, err);

    if (rc == OK)
        rc = report_document_pdf(request->db, request->company, id, request->arena, &reply->body, err);
    if (rc != OK)
        return rc;
    reply->content_type = "application/pdf";
    reply->file_name = arena_format(request->arena, "%.*s.pdf", STR_ARG(request->args[0]));
    return OK;
}

/* ---- payments ---- */

static int payment_id_of(struct request *request, int64_t *ret, struct err *err)
{
    if (!str_parse_u63(request->args[0], ret))
        return err_set(err, ERR_NOT_FOUND, N_("there is no payment with the number %s"), ERR_STR(request->args[0]));
    return OK;
}

static int show_payment(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    int rc = report_record_json(request->db, request->company->id, report_record_by_name("payment"), id, &reply->body, err);

    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no payment with the number %s"), ERR_INT(id));
    if (rc > 0)
        reply_tag(request, reply);
    return rc < 0 ? rc : OK;
}

int api_payment_show(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id = 0;
    int rc = payment_id_of(request, &id, err);

    return rc == OK ? show_payment(request, reply, id, err) : rc;
}

struct allocating { struct request *request; struct allocation allocation; };

static int allocate_body(struct db *db, void *context, struct err *err)
{
    const struct allocating *allocating = context;
    const struct request *request = allocating->request;

    return payment_allocate(db, request->company->id, &allocating->allocation, request->who.user, request->now_utc, err);
}

static int unallocate_body(struct db *db, void *context, struct err *err)
{
    const struct allocating *allocating = context;
    const struct request *request = allocating->request;

    return payment_unallocate(db, request->company->id, &allocating->allocation, request->who.user, request->now_utc, err);
}

int api_payment_allocate(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct allocating allocating = {.request = request};
    struct str document = input_text(input, "document", true, NUMBER_MAX_BYTES);

    allocating.allocation.due_no = input_int(input, "due_no", true, 1, INT32_MAX, 0);
    allocating.allocation.amount_cents = input_int(input, "amount_cents", true, -MONEY_MAX, MONEY_MAX, 0);
    int rc = payment_id_of(request, &allocating.allocation.payment_id, err);
    if (rc == OK)
        rc = input_end(input, reply);
    if (rc == OK)
        rc = find_document(request, document, &allocating.allocation.document_id, err);
    if (rc == OK)
        rc = db_transact(request->db, allocate_body, &allocating, err);
    if (rc == OK) {
        reply->status = 201;
        rc = show_payment(request, reply, allocating.allocation.payment_id, err);
    }
    return rc;
}

int api_payment_unallocate(struct request *request, struct reply *reply, struct err *err)
{
    struct allocating allocating = {.request = request};
    int rc = payment_id_of(request, &allocating.allocation.payment_id, err);

    if (rc == OK)
        rc = find_document(request, request->args[1], &allocating.allocation.document_id, err);
    if (rc == OK && !str_parse_u63(request->args[2], &allocating.allocation.due_no))
        return err_set(err, ERR_NOT_FOUND, N_("the document has no due line %s"), ERR_STR(request->args[2]));
    if (rc == OK)
        rc = db_transact(request->db, unallocate_body, &allocating, err);
    return rc == OK ? show_payment(request, reply, allocating.allocation.payment_id, err) : rc;
}
