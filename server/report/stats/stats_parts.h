/*
 * stats_parts.h - the parts of /stats.json that are not figures of INFO: see stats.h.
 *
 * Threads: any loop, outside of an access.
 */
#ifndef SERVER_REPORT_STATS_STATS_PARTS_H
#define SERVER_REPORT_STATS_STATS_PARTS_H

struct buffer;
struct stats_request;

/* Each appends members to an object that is open. */
void stats_write_history(const struct stats_request *request, struct buffer *out);
void stats_write_commands(const struct stats_request *request, struct buffer *out);
/* Keys whose names the user may read: hot ones, big ones, and prefixes. */
void stats_write_top(const struct stats_request *request, struct buffer *out);
void stats_write_slowlog(const struct stats_request *request, struct buffer *out);

#endif
