/*
 * speech.h - all that one hostile client says to the server, from its first byte to its last.
 *
 * Mostly commands as their syntax has them, in pipelines; among them what changes a connection (HELLO, MULTI,
 * CLIENT REPLY, SUBSCRIBE ...), what changes the server's limits, announcements of far more than follows, and
 * bytes that were changed, doubled or left out.
 *
 * Threads: no state.
 */
#ifndef TESTS_FUZZ_NETWORK_SPEECH_H
#define TESTS_FUZZ_NETWORK_SPEECH_H

#include <stdint.h>

struct buffer;
struct catalogue;

/* What a server that asks for one takes. */
#define SPEECH_PASSWORD "pw"

/* Append one to `out`; the same seed and catalogue make the same one. */
void speech_write(struct buffer *out, const struct catalogue *catalogue, uint64_t seed);

#endif
