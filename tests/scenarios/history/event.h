/*
 * event.h - what happened to a key, and when: for a person to read.
 *
 * Moments are numbers that rise with every event of the checker, which has one thread, and milliseconds of a
 * clock that is never set back.
 */
#ifndef TESTS_SCENARIOS_HISTORY_EVENT_H
#define TESTS_SCENARIOS_HISTORY_EVENT_H

#include <stdint.h>

#define NEVER UINT64_MAX

struct moment {
    uint64_t tick;
    int64_t ms;
};

enum event_phase { EVENT_SENT, EVENT_DONE, EVENT_REFUSED, EVENT_LOST, EVENT_READ, EVENT_ABSENT, EVENT_FAULT };

struct event {
    struct moment at;
    uint64_t began;   /* tick at which the read was sent */
    const char *what; /* a literal */
    enum event_phase phase;
    uint32_t number, times;
    short place, client;
};

#endif
