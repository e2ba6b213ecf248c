/*
 * exposition.h - writes metrics in the text format of Prometheus, 0.0.4, or in OpenMetrics 1.0.0.
 *
 *     exposition_family(e, "redis_commands_total", METRIC_COUNTER, "Calls of each command.");
 *     exposition_begin(e, "redis_commands_total", "");
 *     exposition_label(e, "cmd", SLICE("get"));
 *     exposition_u64(e, 7);
 *
 * OpenMetrics knows a counter by `_total` at the end of its name; one without it, and what has a suffix that
 * is another type's, is told there as of unknown type, under the same name.
 *
 * Threads: one owner. Errors: none.
 */
#ifndef SERVER_REPORT_METRICS_EXPOSITION_H
#define SERVER_REPORT_METRICS_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_SUMMARY, METRIC_HISTOGRAM, METRIC_UNKNOWN };

struct exposition {
    struct buffer *out;
    bool is_openmetrics;
    bool has_labels; /* of the sample that is being written */
};

/* What the samples that follow belong to; all of a family stand together. */
void exposition_family(struct exposition *exposition, const char *name, enum metric_type type,
                       const char *help);

/* A sample: its name in two parts, then labels, and then a value. */
void exposition_begin(struct exposition *exposition, const char *name, const char *suffix);
void exposition_label(struct exposition *exposition, const char *name, struct slice value);
void exposition_u64(struct exposition *exposition, uint64_t value);
void exposition_double(struct exposition *exposition, double value);
/* Digits, as INFO writes a number. */
void exposition_text(struct exposition *exposition, struct slice value);

/* Behind the last. */
void exposition_end(struct exposition *exposition);

#endif
