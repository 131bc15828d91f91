/* reply_int.h: answers in the two dialects of the live server: error bodies and headers. Private to sandbox.
 * Source: the sheet of the till API, "Transport" and "Errors". */
#ifndef SANDBOX_REPLY_INT_H
#define SANDBOX_REPLY_INT_H
#include "sandbox/faults_int.h"
#include "sandbox/payload_int.h"
#include "sandbox/sandbox.h"

/* Where a refused value came from, as the dialects word it. */
enum reply_source { SOURCE_PARAMS, SOURCE_QUERY, SOURCE_PAYLOAD_POST, SOURCE_PAYLOAD_PUT };

struct reply {
    enum sandbox_dialect dialect;
    struct arena *arena;
    struct buf *body;
    int status;
};
/* {"statusCode":…,"error":"<HTTP reason>","message":…} */
void reply_error(struct reply *reply, int status, struct str message);
/* 400 for a value that fails its check. */
void reply_invalid(struct reply *reply, enum reply_source source, const struct problem *problem);
/* 404 for an id that no record has. */
void reply_unknown_id(struct reply *reply, const char *id_param);
/* {"statusCode":200,"error":"","message":"article successfully updated"} */
void reply_done(struct reply *reply, const char *noun, const char *verb);
/* Headers, compression and framing of the dialect around the body, then what the fault makes of it. */
void reply_finish(struct reply *reply, struct str accept_encoding, const struct fault_plan *plan, struct http_server_response *response);
#endif
