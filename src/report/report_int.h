/* report_int.h: private to report/. */
#ifndef REPORT_REPORT_INT_H
#define REPORT_REPORT_INT_H
#include "base/mem.h"
#include "base/money.h"
#include "base/text.h"
#include "report/report.h"

/* A column of the current row, as its type asks. Borrowed until the next row. */
struct db_value report_value_of(struct db_rows *rows, int column, enum report_type type);
#endif
