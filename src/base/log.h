/* log.h: structured log lines for operators, on stderr: `2026-… level event key=value …`. Only cli and server call it; libraries
 * return errors instead. A secret never gets here: values are what the caller hands in, and nothing else. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/str.h"

enum log_level { LOG_QUIET, LOG_ERROR, LOG_INFO, LOG_DEBUG };
void log_set_level(enum log_level level);
/* log_event(LOG_INFO, "run.start", "link", name, "run", id, NULL): pairs of zero-terminated strings, quoted when needed. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
#endif
