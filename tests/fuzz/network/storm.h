/*
 * storm.h - hundreds of hostile clients at one server for some seconds, and what must be so afterwards.
 *
 * During the storm the server answers a PING, its memory stays within a bound, and whoever ends its side of a
 * connection is let go. When the last guest has gone no client is left, neither here nor upstream; the memory
 * is back; SIGTERM ends the server with exit code 0. What a sanitizer finds it writes itself.
 *
 * Which server it is follows from the seed: with an upstream or without, one thread or more, with a password
 * or without. What the guests say follows from it too; in which order it arrives does not.
 *
 * Threads: one owner.
 */
#ifndef TESTS_FUZZ_NETWORK_STORM_H
#define TESTS_FUZZ_NETWORK_STORM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"

/* A fault that the storm must find: how it is tested itself. */
enum storm_plant {
    PLANT_NOTHING,
    PLANT_DEATH,   /* the server is killed in the middle */
    PLANT_SILENCE, /* it is stopped */
    PLANT_KEEPING, /* a connection stays, as if the server had not noticed that its client is gone */
};

struct storm_plan {
    uint64_t seed;
    unsigned guests;
    int64_t duration_ms;
    enum storm_plant plant;
    const char *keep_path; /* a directory for what was said when it fails; NULL: it is forgotten */
};

struct storm_outcome {
    bool failed;
    uint64_t visits, bytes_said, bytes_heard;
    int64_t peak_bytes;   /* resident memory at its highest */
    struct buffer report; /* of a failure */
};

void storm_play(const struct storm_plan *plan, struct storm_outcome *outcome);
void storm_outcome_clear(struct storm_outcome *outcome);

#endif
