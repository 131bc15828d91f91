/* section_int.h: showing one record of report: its head as lines, its parts as titled tables, or all of it as a JSON object. Private to src/cli. */
#ifndef CLI_SECTION_INT_H
#define CLI_SECTION_INT_H
#include "cli/cli_int.h"

/* The head's row as lines of heading and value, those that are NULL or json_only left out: 1, or 0 when there is no row. */
int section_show_fields(struct cli *cli, const struct report_section *section, int64_t id, struct err *err) MUST_CHECK;
/* Every part that has rows: a title and a table. */
int record_show_parts(struct cli *cli, const struct report_record *record, int64_t id, struct err *err) MUST_CHECK;
/* One object on a line: the head's members, and an array for each part. */
int record_put_json(struct cli *cli, const struct report_record *record, int64_t id, struct err *err) MUST_CHECK;
#endif
