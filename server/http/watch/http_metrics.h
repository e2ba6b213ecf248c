/*
 * http_metrics.h - /metrics, for Prometheus: report/metrics.h.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_WATCH_HTTP_METRICS_H
#define SERVER_HTTP_WATCH_HTTP_METRICS_H

#include "server/http/http_run.h"

/* In OpenMetrics for who accepts that, else in the text format 0.0.4. */
enum http_step http_metrics_run(struct http_client *client);

#endif
