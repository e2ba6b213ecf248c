/*
 * guest.h - one hostile client: it connects, says its speech in pieces, reads as it likes, and leaves in one
 * of the ways there are. Then the next one takes its place.
 *
 * Threads: one owner.
 */
#ifndef TESTS_FUZZ_NETWORK_GUEST_H
#define TESTS_FUZZ_NETWORK_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"

struct catalogue;

enum guest_reading { GUEST_READS, GUEST_READS_SLOWLY, GUEST_NEVER_READS };
enum guest_leaving { GUEST_CLOSES, GUEST_RESETS, GUEST_ENDS_ITS_SIDE };

struct guest_house {
    const struct catalogue *catalogue;
    int port;
    const char *socket_path; /* NULL: TCP only */
};

struct guest {
    const struct guest_house *house;
    struct random random;
    uint64_t seed; /* of this visit's speech */
    int fd;        /* -1: not there */
    struct buffer speech;
    size_t said;
    enum guest_reading reading;
    enum guest_leaving leaving;
    bool ended_its_side;
    int64_t next_ms; /* when it does something again */
    int64_t leaves_ms, ended_ms;
    uint64_t visits, bytes_said, bytes_heard;
};

void guest_init(struct guest *guest, const struct guest_house *house, uint64_t seed);
/* Gone at once, by a reset. */
void guest_clear(struct guest *guest);

/* Do what is due: come, say a piece, leave. */
void guest_step(struct guest *guest, int64_t now_ms);
/* Something can be read. */
void guest_hear(struct guest *guest, int64_t now_ms);
bool guest_wants_to_hear(const struct guest *guest);
/* It has said that it will say no more, has read all, and yet is not let go. */
bool guest_is_kept(const struct guest *guest, int64_t now_ms, int64_t patience_ms);

#endif
