/*
 * identity.h - who is at the other end of a connection to an upstream.
 *
 * Read from INFO server. An upstream that tells no run_id, a proxy say, cannot be told from another one; what
 * is promised then stands in docs/consistency.md.
 *
 * Threads: plain values.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_IDENTITY_H
#define SERVER_UPSTREAM_CHANNEL_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* Of an upstream that has an upstream itself, the run_ids on the way to the last one. */
#define IDENTITY_UPSTREAMS_MAX 512

struct identity {
    char run_id[64];  /* empty: it tells none */
    char version[32]; /* empty likewise */
    char upstreams[IDENTITY_UPSTREAMS_MAX];
    bool is_ours;       /* a Nuthatch */
    bool asked_in_vain; /* it was busy: to be asked again */
};

/* From the reply to INFO server. */
void identity_read(struct identity *identity, struct slice reply);
/* 0: unknown. The same for two identities if and only if, but for chance, it is one server. */
uint64_t identity_server(const struct identity *identity);
/* Is its version known, and an older one? */
bool identity_is_before(const struct identity *identity, int major, int minor);
/* Is it `run_id`, or does it have it upstream? */
bool identity_leads_to(const struct identity *identity, const char *run_id);

/* Is the error about the moment, and not about the command: a script that runs, a data set being loaded? */
bool identity_error_is_passing(struct slice reply);

#endif
