/*
 * nearcache_report.h - what INFO and NEARCACHE tell of the near cache.
 *
 * Threads: any loop.
 */
#ifndef SERVER_REPORT_NEARCACHE_REPORT_H
#define SERVER_REPORT_NEARCACHE_REPORT_H

#include "proto/base/buffer.h"

struct call;
struct server;
struct tier;

/* The fields of INFO's section. Without an upstream it says only that. */
void nearcache_report(struct server *server, struct buffer *out);

/* Set all counts back to zero: each loop's by a letter to it. */
void nearcache_reset(struct call *call);

/* In words, why a read of argv[arg] is or is not answered locally. */
void nearcache_explain(struct call *call, int arg, struct buffer *out);

const char *nearcache_link_name(struct tier *tier);

#endif
