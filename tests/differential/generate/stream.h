/*
 * stream.h - a sequence of commands over a few connections, made from a seed.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_STREAM_H
#define TESTS_DIFFERENTIAL_GENERATE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "tests/differential/generate/arena.h"

struct buffer;
struct catalogue;
struct random;

#define STREAM_CONNECTIONS 2

struct step {
    struct slice *argv;
    size_t argc;
    int connection;
    bool
        joined; /* sent in one piece with the step before, if that is the same connection's: crowd/script.h */
};

struct stream {
    uint64_t seed; /* also decides how the bytes are cut when it is played */
    int protocol;
    struct step *steps;
    size_t len;
    struct arena arena; /* owns steps and arguments */
};

/* The same seed and catalogue make the same stream. */
void stream_init(struct stream *stream, const struct catalogue *catalogue, uint64_t seed, int protocol);
void stream_clear(struct stream *stream);

/* One command alone, mostly of `group` unless that is NULL; its arguments live in `arena`. */
void stream_draw_step(struct step *step, const struct catalogue *catalogue, const char *group,
                      struct random *random, struct arena *arena);

/* Append the steps as lines that redis-cli reads back to the same bytes. */
void stream_write_script(struct buffer *out, const struct step *steps, size_t len);

#endif
