/* section_int.h: a part of one record: a query whose rows belong to it, as a titled table and as a JSON array. Private to src/cli. */
#ifndef CLI_SECTION_INT_H
#define CLI_SECTION_INT_H
#include "cli/cli_int.h"

struct section {
    const char *title;                   /* msgid */
    const char *name;                    /* member of the JSON object */
    const char *sql;                     /* $1 company, $2 the record's id */
    const struct report_column *columns;
    size_t column_count;
};
/* A title and a table; nothing at all when there is no row. */
int section_show(struct cli *cli, const struct section *section, int64_t id, struct err *err) MUST_CHECK;
/* A member with an array of objects. */
int section_put_json(struct cli *cli, struct json_out *json, const struct section *section, int64_t id, struct err *err) MUST_CHECK;
/* The first row as lines of heading and value, those that are NULL or json_only left out: 1, or 0 when there is no row. */
int section_show_fields(struct cli *cli, const struct section *section, int64_t id, struct err *err) MUST_CHECK;
/* The first row as members of the object that is open: 1, or 0 when there is no row. */
int section_put_members(struct cli *cli, struct json_out *json, const struct section *section, int64_t id, struct err *err) MUST_CHECK;
#endif
