#include "server/upstream/copies/coherence.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/holder.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/copies/forget.h"
#include "server/upstream/copies/keeping.h"
#include "server/upstream/copies/lease.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/journey.h"
#include "server/upstream/tier_state.h"
#include "storage/keyspace/keyspace.h"

/* An MGET of more keys keeps nothing: a PTTL for each would double what it costs. */
#define KEPT_KEYS_MAX 64

static struct tier *tier_of_request(const struct errand *errand)
{
    return errand->home->server->tier;
}

static struct loop *loop_of(struct tier *tier)
{
    return &tier->server->loops[0];
}

static struct nearcache_stats *stats_of(struct tier *tier)
{
    return &tier->loops[0].stats;
}

static struct key key_of(const struct tier *tier, struct slice name)
{
    return keyspace_key(tier->server->keyspace, name);
}

static int lane_protocol(const struct tier *tier)
{
    return tier->upstream != NULL ? tier->upstream->protocol(tier->upstream) : 3;
}

static void drop_copies(struct tier *tier, unsigned db, struct key key)
{
    (void)db;
    copies_drop(&tier->copies, key);
}

static void each_key(struct tier *tier, const struct errand *errand,
                     void (*visit)(struct tier *tier, unsigned db, struct key key))
{
    struct key_walk walk = key_walk(errand->command->row, errand->argv, errand->argc);
    while (key_next(&walk)) visit(tier, errand->db, key_of(tier, errand->argv[walk.arg]));
}

static void fill_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct fill *fill = (struct fill *)request;
    struct tier *tier = fill->owner;
    if (outcome == UPSTREAM_REPLIED && fill->has_value && !fill->discarded) {
        struct reply_element ttl = reply_reader_first(reply);
        if (ttl.type == REPLY_INT && ttl.integer >= LEASE_NO_TTL)
            keeping_text(tier, fill->db, fill->key, buffer_slice(&fill->value), fill->asked_at_ms,
                         ttl.integer);
    }
    fills_remove(&tier->fills, fill);
}

/* The read or write that it belongs to has just been sent: ask how long its key lives. */
static struct fill *start_fill(struct tier *tier, const struct errand *errand, struct key key)
{
    struct fill *fill = fills_add(&tier->fills, key, errand->db);
    fill->owner = tier;
    fill->asked_ms = (int64_t)uv_now(&loop_of(tier)->uv);
    fill->asked_at_ms = errand->asked_at_ms;
    fill->ttl.db = errand->request.db;
    fill->ttl.done = fill_done;
    return fill;
}

static void take_value(struct tier *tier, struct fill *fill, const struct reply_element *element)
{
    if (fill == NULL || fill->discarded) return;
    if (element->type == REPLY_NULL) keeping_absence(tier, fill);
    if (element->type != REPLY_BULK) return;
    if (!keeping_takes(tier, element->text.len)) return;
    buffer_append(&fill->value, element->text.data, element->text.len);
    fill->has_value = true;
}

static void answer_waiters(struct tier *tier, struct fill *fill, enum upstream_outcome outcome,
                           struct slice reply)
{
    while (fill->waiters != NULL) {
        struct errand *waiter = fill->waiters;
        fill->waiters = waiter->next;
        journey_bring_home(waiter, outcome, reply, lane_protocol(tier));
    }
}

/* An MGET cannot tell a key that is absent from one that holds no string. */
static void take_values(struct tier *tier, struct errand *errand, struct slice reply)
{
    struct reply_reader reader;
    struct reply_element element;
    size_t at = 0, len;
    bool single = errand->policy & TIER_KEEPS_VALUE;
    reply_reader_clear(&reader);
    for (size_t i = 0; i <= errand->fill_count; i++) {
        struct slice rest = slice_of(reply.data + at, reply.len - at);
        if (reply_reader_next(&reader, rest, &element, &len) != READER_READY) return;
        at += len;
        if (single) {
            take_value(tier, errand->fills[0], &element);
            return;
        }
        if (i > 0 && element.type == REPLY_BULK) take_value(tier, errand->fills[i - 1], &element);
    }
}

static void note_rtt(struct tier *tier, const struct errand *errand)
{
    if (errand->repeated) return;
    uint64_t ns = ticks_to_ns(ticks_now() - errand->started, tier->server->ns_per_tick);
    histogram_add(&tier->rtt, ns);
}

/* What a count of keys says of each of them: something when it says the same of all. */
static enum shard_knowledge told_of_each(const struct errand *errand, struct slice reply)
{
    if (!(errand->policy & TIER_COUNTS_KEYS)) return SHARD_UNKNOWN;
    struct reply_element count = reply_reader_first(reply);
    if (count.type != REPLY_INT) return SHARD_UNKNOWN;
    if (count.integer == 0) return SHARD_KNOWN_ABSENT;
    return count.integer == errand->argc - 1 ? SHARD_KNOWN : SHARD_UNKNOWN;
}

static void drop_unless_shown(struct tier *tier, unsigned db, struct key key,
                              const struct reply_element *element)
{
    int64_t now_ms = loop_of(tier)->now_ms;
    if (element->type == REPLY_NULL)
        copies_drop_unless_text(&tier->copies, db, key, NULL, now_ms);
    else if (element->type == REPLY_BULK)
        copies_drop_unless_text(&tier->copies, db, key, &element->text, now_ms);
    else
        copies_drop_in(&tier->copies, db, key);
}

/* Of MGET, whose keys are all its arguments. What is no array of so many says nothing of what it lacks. */
static void drop_other_values(struct tier *tier, const struct errand *errand, struct slice reply)
{
    struct reply_reader reader;
    struct reply_element element;
    size_t len = 0;
    reply_reader_clear(&reader);
    bool good = reply_reader_next(&reader, reply, &element, &len) == READER_READY;
    for (int arg = 1; arg < errand->argc; arg++) {
        struct key key = key_of(tier, errand->argv[arg]);
        if (good) reply = slice_of(reply.data + len, reply.len - len);
        good = good && reply_reader_next(&reader, reply, &element, &len) == READER_READY;
        if (good)
            drop_unless_shown(tier, errand->db, key, &element);
        else
            copies_drop_in(&tier->copies, errand->db, key);
    }
}

/* The upstream tells of what it does in the turn of a command only behind that command's reply: of a key that
 * it evicts to make room, of another client's write. So this reply may know more than the copies do, and
 * whoever has seen it must not be shown them any more. A copy from which the same would have been replied
 * shows nothing that is older than this. */
static void drop_what_may_be_older(struct tier *tier, const struct errand *errand, struct slice reply)
{
    if (errand->policy & TIER_KEEPS_VALUES) {
        drop_other_values(tier, errand, reply);
        return;
    }
    enum shard_knowledge told = told_of_each(errand, reply);
    struct key_walk walk = key_walk(errand->command->row, errand->argv, errand->argc);
    while (key_next(&walk)) {
        struct key key = key_of(tier, errand->argv[walk.arg]);
        copies_drop_unless(&tier->copies, errand->db, key, told, loop_of(tier)->now_ms);
    }
}

static void read_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct errand *errand = (struct errand *)request;
    struct tier *tier = tier_of_request(errand);
    if (outcome == UPSTREAM_REPLIED) {
        note_rtt(tier, errand);
        drop_what_may_be_older(tier, errand, reply);
        if (errand->fills != NULL) take_values(tier, errand, reply);
    }
    for (size_t i = 0; i < errand->fill_count; i++)
        if (errand->fills[i] != NULL) {
            errand->fills[i]->findable = false;
            answer_waiters(tier, errand->fills[i], outcome, reply);
        }
    journey_bring_home(errand, outcome, reply, lane_protocol(tier));
}

static bool join(struct tier *tier, struct errand *errand)
{
    if (!(errand->policy & TIER_KEEPS_VALUE) || !errand->may_join) return false;
    int64_t patience_ms = SETTING(tier->server->settings, near_cache_lock_timeout_ms);
    struct fill *fill = fills_find(&tier->fills, key_of(tier, errand->argv[1]), errand->db);
    if (fill == NULL || (int64_t)uv_now(&loop_of(tier)->uv) - fill->asked_ms >= patience_ms) return false;
    errand->next = fill->waiters;
    fill->waiters = errand;
    counter_add(&stats_of(tier)->coalesced, 1);
    return true;
}

static bool fills_values(const struct errand *errand)
{
    bool several = (errand->policy & TIER_KEEPS_VALUES) && errand->argc - 1 <= KEPT_KEYS_MAX;
    return (errand->policy & TIER_KEEPS_VALUE) || several;
}

static void send_read(struct tier *tier, struct errand *errand)
{
    counter_add(&stats_of(tier)->misses, 1);
    if (join(tier, errand)) return;
    errand->request.done = read_done;
    if (fills_values(errand)) errand_make_fills(errand, (size_t)errand->argc - 1);
    for (size_t i = 0; i < errand->fill_count; i++) {
        struct slice name = errand->argv[i + 1];
        if (!copies_want(&tier->copies, name)) continue;
        errand->fills[i] = start_fill(tier, errand, key_of(tier, name));
        errand->fills[i]->findable = errand->policy & TIER_KEEPS_VALUE;
    }
    /* The upstream may answer at once, when it has no link, and the errand is gone then. */
    size_t count = errand->fill_count;
    struct fill *fills[KEPT_KEYS_MAX];
    if (count > 0) memcpy(fills, errand->fills, count * sizeof(struct fill *));
    tier_ask(tier, &errand->request);
    for (size_t i = 0; i < count; i++)
        if (fills[i] != NULL) tier_ask(tier, &fills[i]->ttl);
}

static bool keeps_writes(const struct tier *tier, const struct errand *errand)
{
    return errand->outcome.kind != OUTCOME_UNKNOWN &&
           atomic_load(&tier->link.tracking) == UPSTREAM_TRACKS_ALL;
}

static void drop_and_hold(struct tier *tier, unsigned db, struct key key)
{
    (void)db;
    forget_key(tier, key);
    fills_hold(&tier->fills, key.hash);
}

static void release(struct tier *tier, unsigned db, struct key key)
{
    (void)db;
    fills_release(&tier->fills, key.hash);
}

static void keep_argument(struct tier *tier, const struct errand *errand, int key_arg, int value_arg)
{
    struct slice name = errand->argv[key_arg];
    if (!copies_want(&tier->copies, name)) return;
    keeping_text(tier, errand->db, key_of(tier, name), errand->argv[value_arg], errand->asked_at_ms,
                 errand->outcome.ttl_ms);
}

static void keep_pairs(struct tier *tier, struct errand *errand)
{
    errand->outcome.ttl_ms = LEASE_NO_TTL;
    for (int i = 1; i + 1 < errand->argc; i += 2) keep_argument(tier, errand, i, i + 1);
}

static void keep_outcome(struct tier *tier, struct errand *errand)
{
    struct fill *fill = errand->fills != NULL ? errand->fills[0] : NULL;
    switch (errand->outcome.kind) {
    case OUTCOME_VALUE: keep_argument(tier, errand, 1, errand->outcome.value_arg); break;
    case OUTCOME_PAIRS: keep_pairs(tier, errand); break;
    case OUTCOME_VALUE_TIMED: {
        struct reply_element value = { .type = REPLY_BULK, .text = errand->argv[errand->outcome.value_arg] };
        take_value(tier, fill, &value);
        break;
    }
    case OUTCOME_UNKNOWN: break;
    }
}

/* Of what was refused nothing has changed. */
static void tell_followers(struct tier *tier, const struct errand *errand, enum upstream_outcome outcome,
                           struct slice reply)
{
    if (outcome == UPSTREAM_REPLIED && reply.data[0] == '-') return;
    struct key_walk walk = key_walk(errand->command->row, errand->argv, errand->argc);
    while (key_next(&walk)) followers_tell(tier, key_of(tier, errand->argv[walk.arg]), errand->session);
}

/* Its own fill was started when it was sent and must survive: only the copies go. Those that other writes
 * before it have left are older than it. */
static void write_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct errand *errand = (struct errand *)request;
    struct tier *tier = tier_of_request(errand);
    bool flush = errand->policy & TIER_FLUSHES;
    if (flush)
        forget_and_tell_all(tier);
    else
        each_key(tier, errand, drop_copies);
    if (!flush) tell_followers(tier, errand, outcome, reply);
    if (outcome == UPSTREAM_REPLIED) {
        note_rtt(tier, errand);
        if (keeps_writes(tier, errand) && outcome_happened(&errand->outcome, reply))
            keep_outcome(tier, errand);
    }
    /* Not before: another loop that looks for what is on its way, and then for what is here, must see one. */
    if (!flush) each_key(tier, errand, release);
    journey_bring_home(errand, outcome, reply, lane_protocol(tier));
}

static bool asks_ttl(const struct tier *tier, const struct errand *errand)
{
    return errand->outcome.kind == OUTCOME_VALUE_TIMED && keeps_writes(tier, errand) &&
           copies_want(&tier->copies, errand->argv[1]);
}

static void send_write(struct tier *tier, struct errand *errand)
{
    struct fill *fill = NULL;
    errand->request.done = write_done;
    if (errand->policy & TIER_FLUSHES)
        forget_all(tier);
    else
        each_key(tier, errand, drop_and_hold);
    if (asks_ttl(tier, errand)) {
        errand_make_fills(errand, 1);
        errand->fills[0] = fill = start_fill(tier, errand, key_of(tier, errand->argv[1]));
    }
    tier_ask(tier, &errand->request);
    if (fill != NULL) tier_ask(tier, &fill->ttl);
}

static void carry_out(struct tier *tier, struct errand *errand)
{
    struct loop *loop = loop_of(tier);
    loop_read_clock(loop);
    errand->asked_at_ms = loop->now_ms;
    if (errand->policy & TIER_WRITE)
        send_write(tier, errand);
    else
        send_read(tier, errand);
}

static struct errand *errand_of_letter(struct letter *letter)
{
    return HOLDER_OF(letter, struct errand, letter);
}

static void open_errand(struct loop *loop, struct letter *letter)
{
    carry_out(loop->server->tier, errand_of_letter(letter));
}

void coherence_send(struct errand *errand)
{
    struct tier *tier = tier_of_request(errand);
    errand->send = coherence_send;
    if (errand->home->index == 0) {
        carry_out(tier, errand);
        return;
    }
    errand->letter.open = open_errand;
    mailbox_post(&loop_of(tier)->mailbox, &errand->letter);
}
