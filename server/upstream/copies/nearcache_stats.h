/*
 * nearcache_stats.h - what the near cache has counted.
 *
 * Threads: each loop writes its own and anyone reads, as with counters.h; the histogram is loop 0's.
 */
#ifndef SERVER_UPSTREAM_COPIES_NEARCACHE_STATS_H
#define SERVER_UPSTREAM_COPIES_NEARCACHE_STATS_H

#include "server/observe/counters.h"

struct nearcache_stats {
    counter hits;
    counter negative_hits; /* of the hits, those about a key known to be absent */
    counter stale_hits;    /* of the hits, those without a link */
    counter typed_hits;    /* of the hits, those of commands that are not about strings or keys as such */
    counter misses;
    counter fills;           /* copies kept */
    counter typed_fills;     /* of them, those that were fetched whole: typed/fetch.h */
    counter discarded_fills; /* that changed while they were on their way */
    counter coalesced;       /* reads that waited for another's reply */
    counter invalidations;   /* keys that others changed */
    counter dropped;         /* copies that went because of that */
    counter flushes;
    counter touched;
    counter forwarded; /* commands that went upstream */
    counter barriers;
    counter reconnects;
    counter refused;  /* for want of a link */
    counter repeated; /* reads sent again after their reply was lost */
    counter unknown;  /* commands whose outcome is not known */
};

#endif
