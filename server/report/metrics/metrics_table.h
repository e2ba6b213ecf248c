/*
 * metrics_table.h - the one table of which field of INFO is which metric of redis_exporter.
 *
 * Names and types are those of redis_exporter 1.45, which Debian 12 has, so that boards and rules made for it
 * need nothing else. A field that INFO does not tell makes no metric.
 *
 * Threads: immutable.
 */
#ifndef SERVER_REPORT_METRICS_METRICS_TABLE_H
#define SERVER_REPORT_METRICS_METRICS_TABLE_H

#include "server/report/metrics/exposition.h"

/* How the value becomes a number. */
enum metric_reading {
    READ_NUMBER,
    READ_OK,     /* "ok" is 1, all else 0 */
    READ_MICROS, /* told in seconds */
};

struct metric_row {
    const char *field;
    const char *name;
    enum metric_type type;
    enum metric_reading reading;
};

/* Ended by an empty one. */
extern const struct metric_row metrics_table[];

#endif
