/*
 * fault_rows.h - the rows of which fault.h draws, and what they share.
 *
 * A row is how long a fault lasts, and functions that begin and end it. They work on the stage's victim.
 *
 * Threads: the rows are immutable.
 */
#ifndef TESTS_SCENARIOS_FAULTS_FAULT_ROWS_H
#define TESTS_SCENARIOS_FAULTS_FAULT_ROWS_H

#include "tests/scenarios/faults/fault.h"

#define ALL_DATABASES 3u

struct fault {
    const char *name;
    unsigned weight;
    int64_t least_ms, most_ms; /* how long it lasts; 0: it is over at once */
    void (*begin)(struct stage *stage);
    void (*end)(struct stage *stage);
    bool of_tier;  /* makes sense with an instance of ours only */
    bool cuts;     /* the links between the upstream and instances, or keeps new ones from being made */
    bool erases;   /* keys vanish at any time while it lasts */
    bool moves;    /* keys from one database to another */
    bool restores; /* the upstream must keep its keys when it is killed, or have a replica */
    bool misleads; /* while it lasts two servers pass for the upstream, and nobody is judged */
};

/* Of the network, of the upstream's process, of the keys. */
extern const struct fault network_faults[], process_faults[], key_faults[];
extern const size_t network_fault_count, process_fault_count, key_fault_count;

/* Send lines to a place (world.h). False: an error, or nothing, was answered. */
bool stage_ask(struct stage *stage, int place, const char *lines);
/* All keys go, by what is not a client's command; `maybe` each, or for certain. */
void stage_erase(struct stage *stage, bool maybe);
/* Whether a place says that it has a link to the upstream; the upstream itself has. */
bool stage_has_link(struct stage *stage, int place);
/* Whether the fault that ends has had its time: the end of a run cuts it short. */
bool stage_has_lasted(const struct stage *stage);
/* Something is wrong that is not about one of the keyspace's keys. */
void stage_complain(struct stage *stage, const char *complaint, const char *detail);

#endif
