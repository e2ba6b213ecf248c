/*
 * redis_source.h - the commands of a running Redis as the source of a catalogue.
 *
 * COMMAND DOCS says of every command which arguments it takes; from that the syntax is written that grammar.h
 * reads. So commands that this server does not know itself are generated too, as far as the Redis knows them.
 *
 * Threads: one owner.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_REDIS_SOURCE_H
#define TESTS_DIFFERENTIAL_GENERATE_REDIS_SOURCE_H

#include <stddef.h>

#include "tests/differential/generate/arena.h"
#include "tests/differential/generate/catalogue.h"

/* Every command and subcommand of the Redis on `port`; names and syntaxes live in `arena`. A Redis that does
 * not answer ends the test. */
struct catalogue_source *redis_source_create(int port, struct arena *arena, size_t *len);

#endif
