/* schedule.c: when a link runs by itself: every so many minutes between two local times, or at given local times, and which moment comes next. The moments are pure
 * arithmetic on a zone; a person's clock decides, also in the nights in which it is changed. Used by server (which starts the runs) and cli through sync/sync.h. */
#include "sync/sync_int.h"

enum { DAY_MINUTES = 24 * 60 };

/* ---- the next moment ---- */

static int64_t floor_minutes(int64_t at_utc)
{
    int64_t minutes = at_utc / CIVIL_MINUTE;
    return minutes - (at_utc % CIVIL_MINUTE < 0);
}

/* How long after its beginning the last moment of a day may be: a window may go over midnight. */
static int span_of(const struct schedule *schedule)
{
    return (schedule->to_minute - schedule->from_minute + DAY_MINUTES) % DAY_MINUTES;
}

static void take_earlier(int64_t *best, int64_t at_utc, int64_t after_utc)
{
    if (at_utc > after_utc && at_utc < *best)
        *best = at_utc;
}

/* A rhythm goes by every instant at which the clock shows one of its times: both, when it is put back over it, and none, when it jumps over it; so the distance
 * between two runs stays about what was asked for. */
static void take_shown(int64_t *best, const struct zone *zone, int64_t wall_minutes, int64_t after_utc)
{
    int64_t wall_utc = wall_minutes * CIVIL_MINUTE;
    int64_t before_s = zone_offset_at(zone, wall_utc - CIVIL_DAY), behind_s = zone_offset_at(zone, wall_utc + CIVIL_DAY);
    int64_t first = wall_utc - before_s * CIVIL_SECOND, second = wall_utc - behind_s * CIVIL_SECOND;
    if (zone_offset_at(zone, first) == before_s)
        take_earlier(best, first, after_utc);
    if (zone_offset_at(zone, second) == behind_s)
        take_earlier(best, second, after_utc);
}

int64_t schedule_next(const struct schedule *schedule, const struct zone *zone, int64_t after_utc)
{
    int64_t best = INT64_MAX;
    int64_t today = floor_minutes(after_utc + zone_offset_at(zone, after_utc) * CIVIL_SECOND) / DAY_MINUTES;
    if (!schedule->enabled)
        return INT64_MAX;
    /* Yesterday's window may still go on; tomorrow's may be jumped over whole. */
    for (int64_t day = today - 1; day <= today + 2; day++) {
        for (int k = 0; schedule->every_minutes > 0 && k <= span_of(schedule); k += schedule->every_minutes)
            take_shown(&best, zone, day * DAY_MINUTES + schedule->from_minute + k, after_utc);
        /* A time of the day comes once: the first time when the clock is put back over it, and when it jumps over it, at the jump. */
        for (size_t i = 0; schedule->every_minutes == 0 && i < schedule->at_count; i++)
            take_earlier(&best, zone_day_start(zone, (int32_t)day, schedule->at_minutes[i]), after_utc);
        if (best != INT64_MAX && day > today)
            break;
    }
    return best;
}

/* ---- rules ---- */

static bool minute_is_of_day(int minute)
{
    return minute >= 0 && minute < DAY_MINUTES;
}

int schedule_check(const struct schedule *schedule, const char **ret_member, struct err *err)
{
    if (schedule->every_minutes) {
        *ret_member = "every_minutes";
        if (schedule->every_minutes < 1 || schedule->every_minutes > DAY_MINUTES)
            return err_set(err, ERR_DATA, N_("a schedule runs every 1 to %s minutes, not every %s"), ERR_INT(DAY_MINUTES), ERR_INT(schedule->every_minutes));
        *ret_member = minute_is_of_day(schedule->from_minute) ? "to" : "from";
        if (!minute_is_of_day(schedule->from_minute) || !minute_is_of_day(schedule->to_minute))
            return err_set(err, ERR_DATA, N_("the hours of a schedule go from 00:00 to 23:59"));
        return OK;
    }
    *ret_member = "at";
    if (schedule->at_count == 0)
        return err_set(err, ERR_DATA, N_("a schedule needs a rhythm or at least one time of the day: give one of both"));
    for (size_t i = 0; i < schedule->at_count; i++)
        if (!minute_is_of_day(schedule->at_minutes[i]) || (i > 0 && schedule->at_minutes[i] <= schedule->at_minutes[i - 1]))
            return err_set(err, ERR_DATA, N_("the times of a schedule go from 00:00 to 23:59, each once"));
    return OK;
}

bool clock_parse(struct str text, int *ret_minute)
{
    struct str hour_text, minute_text;
    int64_t hour = 0, minute = 0;
    if (!str_cut(text, ':', &hour_text, &minute_text) || hour_text.n < 1 || hour_text.n > 2 || minute_text.n != 2 || !str_parse_u63(hour_text, &hour) ||
        !str_parse_u63(minute_text, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_minute = (int)(hour * 60 + minute);
    return true;
}

void clock_append(struct buf *out, int minute)
{
    buf_printf(out, "%02d:%02d", minute / 60, minute % 60);
}

bool schedule_add_time(struct schedule *schedule, int minute)
{
    size_t at = 0;
    while (at < schedule->at_count && schedule->at_minutes[at] < minute)
        at++;
    if (at < schedule->at_count && schedule->at_minutes[at] == minute)
        return true;
    if (schedule->at_count == SCHEDULE_TIMES_MAX)
        return false;
    for (size_t i = schedule->at_count++; i > at; i--)
        schedule->at_minutes[i] = schedule->at_minutes[i - 1];
    schedule->at_minutes[at] = minute;
    return true;
}

/* ---- its row ---- */

static bool times_parse(struct str text, struct schedule *schedule)
{
    struct str word, rest = text;
    for (bool more = text.n > 0; more;) {
        int64_t minute = 0;
        more = str_cut(rest, ' ', &word, &rest);
        if (!str_parse_u63(word, &minute) || minute >= DAY_MINUTES || !schedule_add_time(schedule, (int)minute))
            return false;
    }
    return true;
}

static int schedule_from_row(struct db_rows *rows, struct schedule *ret, struct err *err)
{
    *ret = (struct schedule){.enabled = db_int(rows, 0) != 0, .every_minutes = (int)db_int(rows, 1), .from_minute = (int)db_int(rows, 2), .to_minute = (int)db_int(rows, 3),
                             .fired_utc = db_int(rows, 5)};
    const char *member;
    if (!times_parse(db_text(rows, 4), ret))
        return err_set(err, ERR_DATA, N_("the schedule of a link cannot be read: set it again with liaison link edit"));
    return schedule_check(ret, &member, err);
}

int schedule_load(struct db *db, int64_t company_id, int64_t link_id, struct schedule *ret, struct err *err)
{
    static const char SELECT_SCHEDULE[] =
        "SELECT enabled, every_minutes, from_minute, to_minute, at_minutes, fired_utc FROM link_schedule WHERE company_id = $1 AND link_id = $2";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_SCHEDULE, err, DB_INT(company_id), DB_INT(link_id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc != 1)
        return rc;
    rc = schedule_from_row(&rows, ret, err);
    return rc == OK ? 1 : rc;
}

int schedule_save(struct db *db, int64_t company_id, int64_t link_id, const struct schedule *schedule, int64_t now_utc, struct err *err)
{
    static const char DELETE_SCHEDULE[] = "DELETE FROM link_schedule WHERE company_id = $1 AND link_id = $2";
    static const char UPSERT_SCHEDULE[] =
        "INSERT INTO link_schedule (company_id, link_id, enabled, every_minutes, from_minute, to_minute, at_minutes, fired_utc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (company_id, link_id) DO UPDATE SET enabled = excluded.enabled, every_minutes = excluded.every_minutes, from_minute = excluded.from_minute,"
        " to_minute = excluded.to_minute, at_minutes = excluded.at_minutes, fired_utc = excluded.fired_utc";
    const char *member;
    BUF_AUTO times = {0};
    if (!schedule)
        return db_exec(db, DELETE_SCHEDULE, err, DB_INT(company_id), DB_INT(link_id));
    int rc = schedule_check(schedule, &member, err);
    if (rc != OK)
        return rc;
    const bool rhythm = schedule->every_minutes > 0;
    for (size_t i = 0; !rhythm && i < schedule->at_count; i++)
        buf_printf(&times, "%s%d", i ? " " : "", schedule->at_minutes[i]);
    if (buf_failed(&times))
        return err_memory(err);
    return db_exec(db, UPSERT_SCHEDULE, err, DB_INT(company_id), DB_INT(link_id), DB_INT(schedule->enabled), rhythm ? DB_INT(schedule->every_minutes) : DB_NIL,
                   rhythm ? DB_INT(schedule->from_minute) : DB_NIL, rhythm ? DB_INT(schedule->to_minute) : DB_NIL, DB_STR(times.p ? buf_str(&times) : STR("")),
                   DB_INT(now_utc));
}

int schedule_fired(struct db *db, int64_t company_id, int64_t link_id, int64_t at_utc, struct err *err)
{
    static const char UPDATE_FIRED[] = "UPDATE link_schedule SET fired_utc = $3 WHERE company_id = $1 AND link_id = $2";
    return db_exec(db, UPDATE_FIRED, err, DB_INT(company_id), DB_INT(link_id), DB_INT(at_utc));
}

/* ---- as JSON ---- */

static void put_clock(struct json_out *json, const char *name, int minute)
{
    BUF_AUTO text = {0};
    clock_append(&text, minute);
    if (name)
        json_member_str(json, name, buf_str(&text));
    else
        json_put_str(json, buf_str(&text));
}

void schedule_put_json(struct json_out *json, const struct schedule *schedule)
{
    json_begin_object(json);
    json_member_bool(json, "enabled", schedule->enabled);
    if (schedule->every_minutes) {
        json_member_int(json, "every_minutes", schedule->every_minutes);
        put_clock(json, "from", schedule->from_minute);
        put_clock(json, "to", schedule->to_minute);
    } else {
        json_key(json, "at");
        json_begin_array(json);
        for (size_t i = 0; i < schedule->at_count; i++)
            put_clock(json, NULL, schedule->at_minutes[i]);
        json_end_array(json);
    }
    json_end_object(json);
}
