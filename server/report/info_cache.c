#include <stddef.h>

#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/events/lease/leasing.h"
#include "server/observe/counters.h"
#include "server/report/info.h"

static void info_count(struct buffer *out, const char *name, uint64_t count)
{
    info_field(out, name, "%llu", (unsigned long long)count);
}

static void tell_leases(const struct server *server, struct buffer *out)
{
    struct leasing_counts counts = leasing_counts(server->leasing);
    info_count(out, "cache_leases", counts.held);
    info_count(out, "cache_lease_records", counts.leases);
}

void info_cache(struct server *server, struct buffer *out)
{
    info_count(out, "cache_hits", TOTAL(server, cache_hits));
    info_count(out, "cache_stale", TOTAL(server, cache_stale));
    info_count(out, "cache_wins", TOTAL(server, cache_wins));
    info_count(out, "cache_early", TOTAL(server, cache_early));
    info_count(out, "cache_waits", TOTAL(server, cache_waits));
    info_count(out, "cache_timeouts", TOTAL(server, cache_timeouts));
    info_count(out, "cache_fills", TOTAL(server, cache_fills));
    info_count(out, "cache_refused", TOTAL(server, cache_refused));
    info_count(out, "cache_renewed", TOTAL(server, cache_renewed));
    info_count(out, "cache_released", TOTAL(server, cache_released));
    tell_leases(server, out);
}
