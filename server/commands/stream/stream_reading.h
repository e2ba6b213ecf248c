/*
 * stream_reading.h - what XREAD and XREADGROUP are asked for.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_READING_H
#define SERVER_COMMANDS_STREAM_STREAM_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

struct stream_reading {
    bool for_group;
    int group, consumer; /* arguments */
    bool no_ack;
    size_t count; /* entries of each stream; 0: all */
    bool waits;
    int64_t until_ms;
    int first; /* argument: the first key; the id of argv[first + i] is argv[first + keys + i] */
    int keys;
};

/* False: an error was replied. The ids are not looked at. */
bool stream_reading_read(struct call *call, bool for_group, struct stream_reading *reading);

#endif
