/*
 * sampler.h - takes a row of the history (observe/timeline.h) once a second, while HTTP is on.
 *
 * It reads counters as INFO does and walks over no keys.
 *
 * Threads: each loop, by its cron.
 */
#ifndef SERVER_REPORT_SAMPLER_H
#define SERVER_REPORT_SAMPLER_H

#include <stdint.h>

struct loop;
struct server;

/* Every loop notes its latencies; loop 0 adds the row, and begins and ends the history as HTTP is turned on
 * and off. */
void sampler_run(struct loop *loop);

/* What the page calls hits, misses and invalidated, so far: of the near cache where there is one. Invalidated
 * are tags that were bumped, hard or soft, and copies that went since the upstream's keys changed. */
struct sampler_reads {
    uint64_t hits, misses, invalidated;
};
struct sampler_reads sampler_reads(struct server *server);

#endif
