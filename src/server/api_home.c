/* api_home.c: the figures of the first page. */
#include "server/server_int.h"

enum { HOME_DAYS = 30, HOME_DAYS_MAX = 366 };

int api_home(struct request *request, struct reply *reply, struct err *err)
{
    const struct company *company = request->company;
    struct str text = query_text(request, "days");
    int64_t days = HOME_DAYS;

    if (text.n && (!str_parse_u63(text, &days) || days < 1 || days > HOME_DAYS_MAX))
        return err_set(err, ERR_USAGE, N_("the first page shows 1 to %s days, not “%s”"), ERR_INT(HOME_DAYS_MAX), ERR_STR(text));
    int32_t today = zone_business_day(company->zone, request->now_utc, company->cutoff_minutes);
    return report_home_json(request->db, company, today, (int32_t)days, request->arena, &reply->body, err);
}
