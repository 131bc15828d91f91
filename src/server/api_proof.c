/* api_proof.c: the colour of days and what the proof of a day said (asking the till is a job). */
#include "server/server_int.h"

/* A parameter that is no day is wrong; a path that names none leads nowhere. */
static int day_of(struct str text, const char *name, int code, int32_t *ret, struct err *err)
{
    if (!civil_parse_day(text, ret))
        return err_set(err, code, N_("%s must be a day such as 2026-01-30"), name);
    return OK;
}

int api_proof_days(struct request *request, struct reply *reply, struct err *err)
{
    int32_t from_day = 0, to_day = 0;
    int rc = day_of(query_text(request, "from"), "from", ERR_USAGE, &from_day, err);

    if (rc == OK)
        rc = day_of(query_text(request, "to"), "to", ERR_USAGE, &to_day, err);
    return rc == OK ? proof_days_json(request->db, request->company->id, from_day, to_day, &reply->body, err) : rc;
}

int api_proof_day(struct request *request, struct reply *reply, struct err *err)
{
    int32_t day = 0;
    int rc = day_of(request->args[0], "day", ERR_NOT_FOUND, &day, err);

    return rc == OK ? proof_day_json(request->db, request->company->id, day, request->arena, &reply->body, err) : rc;
}
