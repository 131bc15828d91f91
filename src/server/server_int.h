/* server_int.h: private to server/: the pages, made of text that is escaped where it is appended. */
#ifndef SERVER_SERVER_INT_H
#define SERVER_SERVER_INT_H
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/report.h"
#include "server/server.h"

struct page_context { struct db *db; struct company company; };

extern const char page_style[];
/* The login form, with what went wrong before (NULL: nothing). */
void page_login(struct buf *out, const char *message);
/* Documents by kind and state, anomalies by cause with their cure, the last runs. */
int page_overview(struct page_context *page, struct buf *out, struct err *err) MUST_CHECK;
#endif
