/*
 * forgetful_cache.h - a cache in front of a Redis that is wrong in known ways: what the checker must find.
 *
 * Remembers replies of GET and forwards everything else, a thread for each client. Without mistakes it
 * remembers nothing, and is right.
 *
 * Threads: any may call.
 */
#ifndef TESTS_SCENARIOS_WORLD_FORGETFUL_CACHE_H
#define TESTS_SCENARIOS_WORLD_FORGETFUL_CACHE_H

enum forgetful_mistake {
    FORGETS_OTHERS = 1,    /* its own clients' writes drop a reply, those of others never do */
    FORGETS_OWN = 2,       /* nobody's writes drop a reply, it lives for 100 ms */
    FORGETS_IN_FLIGHT = 4, /* a read that is under way when a write drops its key brings the old value back */
};

struct forgetful_cache;

/* In front of a port of 127.0.0.1. Never NULL. */
struct forgetful_cache *forgetful_cache_start(int upstream_port, unsigned mistakes);
/* Returns when all its threads have ended. */
void forgetful_cache_stop(struct forgetful_cache **cache);
int forgetful_cache_port(const struct forgetful_cache *cache);

#endif
