/*
 * http_stats.h - /stats.json: what is told by report/stats.h, and of one key why it is or is not local.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_WATCH_HTTP_STATS_H
#define SERVER_HTTP_WATCH_HTTP_STATS_H

#include "server/http/http_run.h"

/* ?since=MS: rows of the history that are younger. ?why=KEY[&db=N]: that alone. */
enum http_step http_stats_run(struct http_client *client);

#endif
