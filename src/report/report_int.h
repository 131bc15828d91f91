/* report_int.h: private to report/. */
#ifndef REPORT_REPORT_INT_H
#define REPORT_REPORT_INT_H
#include "base/mem.h"
#include "base/money.h"
#include "base/text.h"
#include "report/report.h"

enum { REPORT_COLUMNS_MAX = 24 };
#endif
