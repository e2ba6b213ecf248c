#include "server/upstream/errands/settlement.h"

#include "server/config/settings.h"
#include "server/core/ticks.h"
#include "server/exec/command/table.h"
#include "server/exec/sampling.h"
#include "server/net/connection.h"
#include "server/observe/errorstats.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/followed_reads.h"
#include "server/upstream/errands/passed_stats.h"
#include "server/upstream/errands/publicity.h"
#include "server/upstream/errands/translation.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_errors.h"
#include "server/upstream/tier_state.h"

/* A read that a copy could have answered missed. */
static void sample(struct errand *errand, struct slice reply)
{
    bool missed = (errand->policy & (TIER_READ | TIER_TYPED)) != 0;
    sampling_count_sent(errand->home, &(struct sampled){ .command = errand->command,
                                                         .argv = errand->argv,
                                                         .argc = errand->argc,
                                                         .db = errand->db,
                                                         .bytes = reply.len,
                                                         .misses = missed });
}

static void count_call(struct errand *errand, struct slice reply)
{
    struct loop *loop = errand->home;
    struct server *server = loop->server;
    bool failed = reply.len > 0 && reply.data[0] == '-';
    if (failed) {
        errorstats_count(server->errorstats, reply);
        counter_add(&loop->counters.errors, 1);
    }
    uint64_t ns = ticks_to_ns(ticks_now() - errand->started, server->ns_per_tick);
    /* As long as its client waited for it, the upstream and the way there included: that is what it can
     * notice, and what the upstream itself took stands in the upstream's SLOWLOG. */
    publicity_took(errand, ns);
    if (errand->command == NULL) {
        const struct roster *roster = rosters_latest(&server->tier->rosters);
        const struct roster_row *row = roster_find_call(roster, errand->argv, errand->argc);
        if (row != NULL) passed_stats_count(server->tier->passed, row->name, ns, reply);
        counter_add(&loop->counters.commands, 1);
        return;
    }
    if (passed_stats_rejects(reply)) {
        counter_add(&loop->counters.commands, 1);
        counter_add(&loop->counters.by_command[errand->command->id].rejected, 1);
        return;
    }
    sample(errand, reply);
    counters_command(&loop->counters, errand->command->id, ns, SETTING(server->settings, latency_tracking));
    if (failed) counter_add(&loop->counters.by_command[errand->command->id].failed, 1);
}

/* Shorter ones are collected, and written together. */
#define HANDED_OVER_MIN ((size_t)64 << 10)

static void deliver(struct errand *errand, struct slice reply, int from)
{
    struct patron *patron = errand->patron;
    struct buffer *memory = reply.len >= HANDED_OVER_MIN ? errand_memory(errand, reply) : NULL;
    if (memory != NULL && !translation_changes(reply, from, errand->protocol)) {
        patron_take(patron, memory);
    } else if (from == errand->protocol) {
        patron_append(patron, reply.data, reply.len);
    } else {
        translation_append(&patron->replies, reply, from, errand->protocol);
        patron_append(patron, "", 0);
    }
}

static struct slice excuse_for(struct errand *errand, enum upstream_outcome outcome)
{
    struct nearcache_stats *stats = &tier_of(errand->home)->stats;
    if (outcome == UPSTREAM_UNSENT) {
        counter_add(&stats->refused, 1);
        return SLICE("-" TIER_ERR_NO_LINK "\r\n");
    }
    counter_add(&stats->unknown, 1);
    return errand_is_read(errand) ? SLICE("-" TIER_ERR_NO_LINK "\r\n")
                                  : SLICE("-" TIER_ERR_UNKNOWN_OUTCOME "\r\n");
}

void settlement_make(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from)
{
    struct patron *patron = errand->patron;
    if (outcome != UPSTREAM_REPLIED) {
        reply = excuse_for(errand, outcome);
        from = errand->protocol;
    }
    count_call(errand, reply);
    patron_received(patron, errand->charged, reply.len);
    if (!errand->unwanted && patron->connection != NULL) deliver(errand, reply, from);
    if (patron->connection != NULL && patron->connection->session.tracker != NULL)
        followed_reads_end(errand, reply);
    errand_destroy(errand);
    patron_settle(patron);
}
