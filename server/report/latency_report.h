/*
 * latency_report.h - what the latency monitor saw, for people.
 *
 * Threads: no state.
 */
#ifndef SERVER_REPORT_LATENCY_REPORT_H
#define SERVER_REPORT_LATENCY_REPORT_H

#include <stdint.h>

#include "proto/base/buffer.h"

struct latency_event;
struct latency_monitor;

/* LATENCY GRAPH: a column for each sample, the latest right, with its age below. */
void latency_graph(const struct latency_event *event, int64_t now_s, struct buffer *out);

/* LATENCY DOCTOR: each event in numbers, and what can be done. `threshold_ms` is
 * latency-monitor-threshold, 0 when nothing is monitored. */
void latency_diagnose(struct latency_monitor *monitor, int64_t threshold_ms, struct buffer *out);

#endif
