/*
 * metrics_parts.h - the parts of /metrics that are more than a field of INFO each: see metrics.h.
 *
 * Threads: any loop, outside of an access.
 */
#ifndef SERVER_REPORT_METRICS_METRICS_PARTS_H
#define SERVER_REPORT_METRICS_METRICS_PARTS_H

struct exposition;
struct figures;
struct server;
struct session;

/* Of each command that was called or refused. */
void metrics_write_commands(struct exposition *exposition, struct server *server);
/* What is Nuthatch's own. */
void metrics_write_own(struct exposition *exposition, struct server *server, const struct figures *figures);
/* Of prefixes whose keys the session's user may read: the hundred with most bytes. */
void metrics_write_prefixes(struct exposition *exposition, const struct session *session);

#endif
