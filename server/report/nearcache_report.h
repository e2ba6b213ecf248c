/*
 * nearcache_report.h - what INFO and NEARCACHE tell of the near cache.
 *
 * Threads: any loop.
 */
#ifndef SERVER_REPORT_NEARCACHE_REPORT_H
#define SERVER_REPORT_NEARCACHE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"

struct call;
struct server;
struct tier;

/* The fields of INFO's section. Without an upstream it says only that. */
void nearcache_report(struct server *server, struct buffer *out);

/* A count of all loops together; `at` is that of a counter in struct nearcache_stats. There is an upstream.
 */
uint64_t nearcache_total(const struct server *server, size_t at);
#define NEARCACHE_TOTAL(server, field) nearcache_total(server, offsetof(struct nearcache_stats, field))

/* Set all counts back to zero: each loop's by a letter to it. */
void nearcache_reset(struct call *call);

/* In words, why a read of argv[arg] is or is not answered locally. */
void nearcache_explain(struct call *call, int arg, struct buffer *out);

const char *nearcache_link_name(struct tier *tier);

#endif
