/*
 * stats.h - /stats.json: what INFO, CACHE TOP, SLOWLOG and CLIENT LIST tell, in one object for a page.
 *
 * A part that the user may not see is absent; what does not exist is null. docs/http.md describes it.
 *
 * Threads: any loop, outside of an access; figures are read as INFO reads them, and no keys are walked over.
 */
#ifndef SERVER_REPORT_STATS_STATS_H
#define SERVER_REPORT_STATS_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct loop;
struct server;
struct session;
struct survey;

/* By the command that tells the same over RESP. */
enum stats_part {
    STATS_INFO = 1 << 0,
    STATS_TOP = 1 << 1,
    STATS_SLOWLOG = 1 << 2,
    STATS_CLIENTS = 1 << 3,
    STATS_WHY = 1 << 4,
    STATS_PARTS = (1 << 5) - 1, /* all of them */
};

struct stats_request {
    struct server *server;
    struct session *session; /* that asks */
    unsigned parts;          /* that it may see */
    int64_t since_ms;        /* rows of the history that are younger */
    struct slice clients;    /* a list in JSON, of stats_clients_survey() */
};

/* What the session's user may see. */
unsigned stats_parts_of(const struct session *session);
/* The commands of all these were taken out by rename-command: it is not for want of a right. */
bool stats_parts_are_out(const struct session *session, unsigned parts);
void stats_write(const struct stats_request *request, struct buffer *out);

/* Replies the list of clients, in JSON, as a bulk string: of each loop at most so many. It has no question.
 */
#define STATS_CLIENTS_MAX 100
extern const struct survey stats_clients_survey;

#endif
