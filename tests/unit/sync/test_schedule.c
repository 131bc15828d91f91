/* test_schedule.c: when a link runs by itself. The moments are compared, minute by minute over years with all their clock changes, with what a person would say who
 * watches the clock on the wall; the rows come back as they went, on both engines. */
#include "world.h"

/* ---- the clock on the wall ---- */

enum { YEARS_FROM = 2025, YEARS_TO = 2027 };

static int64_t wall_at(const struct zone *zone, int64_t at_utc)
{
    return (at_utc + zone_offset_at(zone, at_utc) * CIVIL_SECOND) / CIVIL_MINUTE;
}

static bool rhythm_is_due(const struct schedule *schedule, int64_t wall)
{
    int64_t since_start = (wall % 1440 - schedule->from_minute + 1440) % 1440;
    int64_t window = (schedule->to_minute - schedule->from_minute + 1440) % 1440;
    return since_start <= window && since_start % schedule->every_minutes == 0;
}

/* Whether the clock reaches one of the times of the day in this minute, for the first time: `latest` is the farthest that it has ever shown before. */
static bool time_is_due(const struct schedule *schedule, int64_t latest, int64_t wall)
{
    for (int64_t minute = latest + 1; minute <= wall; minute++)
        for (size_t i = 0; i < schedule->at_count; i++)
            if (minute % 1440 == schedule->at_minutes[i])
                return true;
    return false;
}

/* Goes through the years a minute at a time: schedule_next must name each moment that is due, from the one before it and from any instant between, and no other. */
static void compare(const struct schedule *schedule, const char *zone_name)
{
    struct err err = {0};
    struct zone *zone = NULL;
    int64_t from = civil_day(YEARS_FROM, 1, 1) * CIVIL_DAY, to = civil_day(YEARS_TO, 1, 1) * CIVIL_DAY, moments = 0;
    assert_int_equal(zone_load(&zone, str_from(zone_name), &err), OK);
    int64_t next = schedule_next(schedule, zone, from - 1), last = from - 1, latest = wall_at(zone, from - CIVIL_MINUTE);
    for (int64_t at = from; at < to; at += CIVIL_MINUTE) {
        int64_t wall = wall_at(zone, at);
        bool due = schedule->every_minutes ? rhythm_is_due(schedule, wall) : time_is_due(schedule, latest, wall);
        latest = wall > latest ? wall : latest;
        if (due != (at == next)) {
            BUF_AUTO text = {0};
            instant_append(&text, at);
            fail_msg("%s in %s: %s", text.p, zone_name, due ? "due, and not named" : "named, and not due");
        }
        if (!due)
            continue;
        assert_int_equal(schedule_next(schedule, zone, at - 1), at);
        assert_int_equal(schedule_next(schedule, zone, last + (at - last) / 2), at);
        last = at;
        next = schedule_next(schedule, zone, at);
        moments++;
    }
    assert_true(moments > 365);
    zone_free(zone);
}

static struct schedule rhythm(int every_minutes, int from_minute, int to_minute)
{
    return (struct schedule){.enabled = true, .every_minutes = every_minutes, .from_minute = from_minute, .to_minute = to_minute};
}

static struct schedule times(size_t count, const int *minutes)
{
    struct schedule schedule = {.enabled = true};
    for (size_t i = 0; i < count; i++)
        assert_true(schedule_add_time(&schedule, minutes[i]));
    return schedule;
}

static void a_rhythm_goes_by_the_clock_on_the_wall(void **state)
{
    (void)state;
    const struct schedule schedules[] = {rhythm(30, 480, 1200), rhythm(7, 60, 250), rhythm(45, 0, 1439), rhythm(60, 1320, 180), rhythm(1440, 150, 150)};
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++)
        compare(&schedules[i], "Europe/Paris");
    compare(&schedules[2], "America/St_Johns");
    compare(&schedules[1], "Australia/Lord_Howe"); /* half an hour of summer time */
}

static void a_time_of_the_day_comes_once_a_day(void **state)
{
    (void)state;
    const struct schedule noon_and_night = times(2, (int[]){1260, 750}), by_night = times(4, (int[]){120, 150, 179, 180}), midnight = times(2, (int[]){0, 1439});
    compare(&noon_and_night, "Europe/Paris");
    compare(&by_night, "Europe/Paris");
    compare(&midnight, "Europe/Paris");
    compare(&by_night, "America/St_Johns");
    compare(&midnight, "Atlantic/Azores"); /* the clock is put back to midnight */
}

/* From the calendar of 2026: on 29 March at 02:00 the clock jumps to 03:00, on 25 October at 03:00 it is put back to 02:00. */
static void nights_of_the_clock_change(void **state)
{
    (void)state;
    struct err err = {0};
    struct zone *zone = NULL;
    assert_int_equal(zone_load(&zone, STR("Europe/Paris"), &err), OK);
    const struct schedule half_hours = rhythm(30, 0, 1439), half_past_two = times(1, (int[]){150});
    const int64_t spring = civil_day(2026, 3, 29) * CIVIL_DAY, autumn = civil_day(2026, 10, 25) * CIVIL_DAY;
    assert_int_equal(schedule_next(&half_hours, zone, spring + 30 * CIVIL_MINUTE), spring + CIVIL_HOUR);      /* 01:30, then 03:00 */
    assert_int_equal(schedule_next(&half_hours, zone, autumn + 30 * CIVIL_MINUTE), autumn + CIVIL_HOUR);      /* 02:30, then 02:00 again */
    assert_int_equal(schedule_next(&half_past_two, zone, spring), spring + CIVIL_HOUR);                       /* at the jump */
    assert_int_equal(schedule_next(&half_past_two, zone, autumn), autumn + 30 * CIVIL_MINUTE);                /* the first of two */
    assert_int_equal(schedule_next(&half_past_two, zone, autumn + 30 * CIVIL_MINUTE), autumn + CIVIL_DAY + 90 * CIVIL_MINUTE);
    struct schedule off = half_hours;
    off.enabled = false;
    assert_true(schedule_next(&off, zone, spring) == INT64_MAX);
    zone_free(zone);
}

/* ---- its row ---- */

struct saving { struct world *world; int64_t link_id; const struct schedule *schedule; };

static int save_body(struct db *db, void *context, struct err *err)
{
    struct saving *saving = context;
    return schedule_save(db, saving->world->company.id, saving->link_id, saving->schedule, NOON, err);
}

static int save(struct world *world, int64_t link_id, const struct schedule *schedule)
{
    return db_transact(world->db, save_body, &(struct saving){world, link_id, schedule}, &world->err);
}

static void schedules_come_back_as_they_went(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    struct link link = make_link(world, &options);
    struct schedule found, written = rhythm(30, 480, 1200);
    BUF_AUTO text = {0};
    struct json_out json = {.buf = &text};
    assert_int_equal(schedule_load(world->db, world->company.id, link.id, &found, &world->err), 0);
    assert_ok(world, save(world, link.id, &written));
    assert_int_equal(schedule_load(world->db, world->company.id, link.id, &found, &world->err), 1);
    assert_int_equal(found.fired_utc, NOON);
    schedule_put_json(&json, &found);
    assert_str(buf_str(&text), "{\"enabled\":true,\"every_minutes\":30,\"from\":\"08:00\",\"to\":\"20:00\"}");

    written = times(2, (int[]){1260, 750});
    written.enabled = false;
    assert_ok(world, save(world, link.id, &written));
    assert_int_equal(schedule_load(world->db, world->company.id, link.id, &found, &world->err), 1);
    buf_reset(&text);
    json = (struct json_out){.buf = &text};
    schedule_put_json(&json, &found);
    assert_str(buf_str(&text), "{\"enabled\":false,\"at\":[\"12:30\",\"21:00\"]}");

    written = rhythm(1441, 0, 1);
    assert_refused(world, ERR_DATA, "1441", save(world, link.id, &written));
    written = rhythm(30, 0, 1440);
    assert_refused(world, ERR_DATA, "23:59", save(world, link.id, &written));
    written = times(0, NULL);
    assert_refused(world, ERR_DATA, "at least one", save(world, link.id, &written));
    assert_ok(world, save(world, link.id, NULL));
    assert_int_equal(schedule_load(world->db, world->company.id, link.id, &found, &world->err), 0);
}

static void times_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "8", "24:00", "12:60", "12:5", "123:00", "-1:00", "12:30 ", "ab:cd"};
    int minute = -1;
    assert_true(clock_parse(STR("08:05"), &minute) && minute == 485);
    assert_true(clock_parse(STR("8:05"), &minute) && minute == 485);
    assert_true(clock_parse(STR("23:59"), &minute) && minute == 1439);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(clock_parse(str_from(bad[i]), &minute));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rhythm_goes_by_the_clock_on_the_wall),
        cmocka_unit_test(a_time_of_the_day_comes_once_a_day),
        cmocka_unit_test(nights_of_the_clock_change),
        cmocka_unit_test(schedules_come_back_as_they_went),
        cmocka_unit_test(times_are_read_as_people_write_them),
    };

    return run_on_engines(tests, sizeof tests / sizeof *tests);
}
