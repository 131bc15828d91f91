/* runs_int.h: a run as JSON, for who shows one. Private to server. */
#ifndef SERVER_RUNS_INT_H
#define SERVER_RUNS_INT_H
#include "server/server_int.h"

/* The object of `run show --json`, with the text of its error. 1, or 0 when there is no such run (nothing is put). */
int run_put_json(struct request *request, struct json_out *json, int64_t run_id, struct err *err) MUST_CHECK;
#endif
