/*
 * metrics.h - /metrics: what INFO, SLOWLOG and LATENCY tell, as Prometheus reads it.
 *
 * Under the names, types and labels of redis_exporter what it prints of a Redis (metrics_table.h), so that
 * boards and rules made for it work without it; what it does not know as nuthatch_*. No key is a label.
 *
 * Threads: any loop, outside of an access; no keys are walked over.
 */
#ifndef SERVER_REPORT_METRICS_METRICS_H
#define SERVER_REPORT_METRICS_METRICS_H

#include <stdbool.h>

#include "proto/base/buffer.h"

struct session;

struct metrics_request {
    struct session *session; /* that asks */
    unsigned parts;          /* of enum stats_part: what it may see */
    bool is_openmetrics;
};

void metrics_write(const struct metrics_request *request, struct buffer *out);

#endif
