#include "server/events/walk/walk.h"

#include <stdatomic.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/burials.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/lease/leasing.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/walk/asking.h"
#include "server/events/walk/matching.h"
#include "server/events/walk/tally_round.h"
#include "server/events/walk/walk_state.h"
#include "server/exec/gates/pause.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/shard_walk.h"

/* Between two slices, and the longest of them however late the timer is. */
#define SLICE_EVERY_MS 2
#define SLICE_MAX_NS   100000
/* Of one whose end somebody waits for, each turn. */
#define HURRIED_SLICE_NS 50000

/* Where the walk stands in a shard: its loop's. */
struct stretch {
    uint64_t round; /* the last that was finished here */
    unsigned db;
    uint64_t swaps; /* of the shard, when it last came from the first database */
};

struct walk {
    struct server *server;
    _Atomic uint64_t round; /* that is under way, if any shard is left; they count from 1 */
    _Atomic unsigned left; /* shards that are not finished in it, loops that have not come to it, and 1; 0: no
                              round is under way */
    _Atomic bool beginning;  /* somebody is about to begin one */
    _Atomic uint64_t oldest; /* lease that was met in it */
    _Atomic uint64_t start;  /* what was published as it began */
    _Atomic bool tallies;    /* the round is one of the tally */
    _Atomic bool hurried;    /* somebody waits for its end */
    uint64_t start_before;   /* the same of the round before it; these are of whoever ends a round */
    int64_t started_ms;
    _Atomic uint64_t rounds, reaped, round_ms;
    _Atomic int64_t ended_ms;
    struct stretch stretches[KEYSPACE_SHARDS_MAX];
};

struct walk *walk_create(struct server *server)
{
    struct walk *walk = ALLOC_NEW(struct walk);
    walk->server = server;
    return walk;
}

void walk_destroy(struct walk **walk)
{
    alloc_free(*walk);
    *walk = NULL;
}

static bool is_wanted(struct server *server)
{
    struct bumps_stats stats = bumps_stats(keyspace_bumps(server->keyspace));
    return stats.len > 0 || stats.waiting || tally_is_due(server->tally, server_now_ms(server));
}

static void begin_tally(struct walk *walk)
{
    struct server *server = walk->server;
    walk->tallies = tally_is_due(server->tally, walk->started_ms);
    walk->hurried = tally_is_waited_for(server->tally);
    if (walk->tallies) tally_begin(server, walk->started_ms);
}

static void begin_round(struct walk *walk)
{
    struct server *server = walk->server;
    bool expected = false;
    if (!atomic_compare_exchange_strong(&walk->beginning, &expected, true)) return;
    if (atomic_load(&walk->left) == 0) {
        walk->start_before = atomic_load(&walk->start);
        atomic_store(&walk->start, bumps_published(keyspace_bumps(server->keyspace)));
        atomic_store(&walk->oldest, UINT64_MAX);
        walk->started_ms = server_now_ms(server);
        begin_tally(walk);
        atomic_fetch_add(&walk->round, 1);
        atomic_store(&walk->left, keyspace_shards(server->keyspace) + server->loop_count + 1);
    }
    atomic_store(&walk->beginning, false);
}

/* What was bumped no later than the round before this one began has been held against every entry twice. */
static uint64_t forgotten_before(const struct walk *walk)
{
    uint64_t number = walk->start_before + 1, oldest = atomic_load(&walk->oldest);
    return number < oldest ? number : oldest;
}

/* Only then may another begin. */
static void end_round(struct walk *walk)
{
    int64_t now_ms = server_now_ms(walk->server);
    atomic_store(&walk->ended_ms, now_ms);
    atomic_store(&walk->round_ms, (uint64_t)(now_ms - walk->started_ms));
    atomic_fetch_add(&walk->rounds, 1);
    if (walk->tallies) tally_end(walk->server->tally, now_ms);
    atomic_store(&walk->left, 0);
    if (walk->hurried) walk_hurry(walk->server);
}

/* Whoever counts off last ends the round. */
static void count_off(struct walk *walk, struct loop_walk *own)
{
    if (atomic_fetch_sub(&walk->left, 1) != 2) return;
    own->ends = true;
    own->stripe = 0;
}

static void note_oldest(struct walk *walk, uint64_t number)
{
    uint64_t oldest = atomic_load(&walk->oldest);
    while (number < oldest && !atomic_compare_exchange_weak(&walk->oldest, &oldest, number)) {}
}

static bool is_passed(struct walk *walk, struct shard *shard, unsigned db)
{
    const struct shard_walk_place *place = shard_walk_place(shard, db);
    return place->is_passed && place->round == atomic_load(&walk->round);
}

/* From there on, the first that was not walked through in this round; the number of databases: none. */
static unsigned next_database(struct walk *walk, struct shard *shard, unsigned db)
{
    const struct database_set *used = keyspace_used_databases(walk->server->keyspace);
    unsigned databases = keyspace_databases(walk->server->keyspace);
    for (db = database_set_next(used, db); db < databases && is_passed(walk, shard, db);)
        db = database_set_next(used, db + 1);
    return db;
}

/* False: there is none left. One that was exchanged may stand where the walk has been. */
static bool find_database(struct walk *walk, struct stretch *stretch, struct shard *shard)
{
    unsigned databases = keyspace_databases(walk->server->keyspace);
    stretch->db = next_database(walk, shard, stretch->db);
    if (stretch->db < databases || stretch->swaps == shard_swaps(shard)) return stretch->db < databases;
    stretch->swaps = shard_swaps(shard);
    stretch->db = next_database(walk, shard, 0);
    return stretch->db < databases;
}

static struct shard_walk_place *place_in(struct walk *walk, struct shard *shard, unsigned db)
{
    struct shard_walk_place *place = shard_walk_place(shard, db);
    uint64_t round = atomic_load(&walk->round);
    if (place->round != round) *place = (struct shard_walk_place){ .round = round };
    return place;
}

/* A bucket. What the tally has in its heap from others before it stays: none of it is dead, or it would have
 * gone when it was met, and nothing else goes here. */
static uint64_t step(struct walk *walk, unsigned db, struct shard *shard, int64_t now_ms,
                     struct tally_heap *heap)
{
    size_t reaped = 0;
    uint64_t cursor = shard_walk_place(shard, db)->cursor;
    uint64_t next = shard_walk(shard, db, cursor, now_ms, &reaped);
    if (reaped > 0) atomic_fetch_add_explicit(&walk->reaped, reaped, memory_order_relaxed);
    bool again = next == cursor && next != 0;
    if (!walk->tallies || again) return next;
    return tally_meet(walk->server->tally, heap, shard, db, cursor);
}

/* As many buckets as are fetched at a time lie between two looks at the clock. */
static bool step_on(struct walk *walk, struct stretch *stretch, struct shard *shard, int64_t now_ms)
{
    struct tally_heap heap;
    heap.len = 0;
    if (!find_database(walk, stretch, shard)) return false;
    struct shard_walk_place *place = place_in(walk, shard, stretch->db);
    shard_fetch_scan(shard, stretch->db, place->cursor);
    for (unsigned i = 0; i < SHARD_SCAN_AHEAD && !place->is_passed; i++) {
        place->cursor = step(walk, stretch->db, shard, now_ms, &heap);
        place->is_passed = place->cursor == 0;
    }
    if (heap.len > 0) tally_heap_finish(walk->server->tally, &heap, stretch->db);
    return true;
}

/* Some of a shard, whose lock is held. True: it is finished. */
static bool walk_some(struct walk *walk, struct loop *loop, unsigned index, struct shard *shard)
{
    struct stretch *stretch = &walk->stretches[index];
    bumps_look(keyspace_bumps(loop->server->keyspace));
    if (step_on(walk, stretch, shard, loop->now_ms)) return false;
    note_oldest(walk, leasing_oldest(loop->server->leasing, index));
    bumps_passed(keyspace_bumps(loop->server->keyspace), index);
    *stretch = (struct stretch){ .round = atomic_load(&walk->round), .swaps = shard_swaps(shard) };
    return true;
}

static uint64_t spent_ns(const struct loop *loop, uint64_t start)
{
    return ticks_to_ns(ticks_now() - start, loop->server->ns_per_tick);
}

/* False: it is kept for long, or the slice is over. */
static bool walk_shard(struct walk *walk, struct loop *loop, unsigned index, uint64_t start,
                       uint64_t slice_ns)
{
    while (spent_ns(loop, start) < slice_ns) {
        struct access access;
        if (!access_open_at(&access, loop->server->keyspace, index)) return false;
        bool finished = walk_some(walk, loop, index, access_shard_at(&access, index));
        if (loop->unserved) loop->serve_alone(loop, &access);
        access_close(&access);
        if (!finished) continue;
        count_off(walk, loop->walk);
        return true;
    }
    return false;
}

/* True: all shards of the loop are finished, or kept by others for long. */
static bool walk_slice(struct walk *walk, struct loop *loop, uint64_t start, uint64_t slice_ns)
{
    uint64_t round = atomic_load(&walk->round);
    unsigned shards = keyspace_shards(loop->server->keyspace);
    for (unsigned i = loop->index; i < shards; i += loop->server->loop_count) {
        if (walk->stretches[i].round == round) continue;
        if (!walk_shard(walk, loop, i, start, slice_ns) && spent_ns(loop, start) >= slice_ns) return false;
    }
    return true;
}

/* Each loop has been through a turn since the last round, also one that has no shard. */
static void take_part(struct walk *walk, struct loop_walk *own)
{
    uint64_t round = atomic_load(&walk->round);
    if (own->round == round) return;
    own->round = round;
    count_off(walk, own);
}

/* False: the slice is over. A hundred thousand tags would keep the loop for milliseconds at once. */
static bool forget(struct walk *walk, struct loop *loop, uint64_t start, uint64_t slice_ns)
{
    struct bumps *bumps = keyspace_bumps(loop->server->keyspace);
    uint64_t number = forgotten_before(walk);
    while (loop->walk->stripe < BUMPS_STRIPES) {
        if (spent_ns(loop, start) >= slice_ns) return false;
        bumps_forget_stripe(bumps, number, loop->walk->stripe++);
    }
    loop->walk->ends = false;
    end_round(walk);
    return true;
}

static uint64_t slice_of_time(struct loop_walk *own)
{
    struct loop *loop = own->loop;
    uint64_t since_ns = spent_ns(loop, own->last_ticks);
    own->last_ticks = ticks_now();
    uint64_t slice_ns = since_ns / 100 * (uint64_t)SETTING(loop->server->settings, cache_walk_effort);
    return slice_ns < SLICE_MAX_NS ? slice_ns : SLICE_MAX_NS;
}

/* True: there is nothing more to do in this round for this loop, or not now. */
static bool go_on(struct loop *loop, uint64_t slice_ns)
{
    struct walk *walk = loop->server->walk;
    /* What goes is announced, to whoever is behind already. */
    if (pause_is_on(loop->server->pause, loop->now_ms) || pubsub_is_ahead(loop)) return true;
    if (atomic_load(&walk->left) == 0) return true;
    uint64_t start = ticks_now();
    bool done = walk_slice(walk, loop, start, slice_ns);
    take_part(walk, loop->walk);
    if (loop->walk->ends) done = forget(walk, loop, start, slice_ns);
    loop_post(loop);
    burials_ring(loop->server->burials); /* the next turn may be far away */
    return done;
}

static void on_time(uv_timer_t *timer)
{
    struct loop_walk *own = timer->data;
    struct loop *loop = own->loop;
    struct walk *walk = loop->server->walk;
    if (loop->stopping) return;
    loop_read_clock(loop);
    go_on(loop, slice_of_time(own));
    bool over = atomic_load(&walk->left) == 0;
    if (over && is_wanted(loop->server)) begin_round(walk);
    if (!over || is_wanted(loop->server)) return;
    uv_timer_stop(&own->timer);
    own->running = false;
}

static void hurry(struct loop *loop)
{
    loop->walk->hurries = true;
    loop_walk_note_busy(loop->walk);
    loop_set_busy(loop, true);
}

static void on_hurry(struct loop *loop, struct letter *letter)
{
    (void)letter;
    atomic_store(&loop->walk->hurry_posted, false);
    hurry(loop);
}

void walk_hurry(struct server *server)
{
    atomic_store(&server->walk->hurried, true);
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct loop_walk *own = server->loops[i].walk;
        if (atomic_exchange(&own->hurry_posted, true)) continue;
        own->hurry.open = on_hurry;
        mailbox_post(&server->loops[i].mailbox, &own->hurry);
    }
}

uint64_t walk_next_tally(struct walk *walk)
{
    bool is_under_way = atomic_load(&walk->left) > 0 && walk->tallies;
    return tally_rounds(walk->server->tally) + (is_under_way ? 2 : 1);
}

/* A loop that has done its part stops hurrying until a round ends or begins. */
static void hurry_on(struct loop *loop)
{
    struct walk *walk = loop->server->walk;
    asking_answer(loop);
    loop->walk->hurries = tally_is_waited_for(loop->server->tally) && !go_on(loop, HURRIED_SLICE_NS);
    if (atomic_load(&walk->left) > 0 || !tally_is_waited_for(loop->server->tally)) return;
    begin_round(walk);
    walk_hurry(loop->server);
}

bool walk_is_busy(const struct loop *loop)
{
    return loop->walk->busy;
}

void walk_run(struct loop *loop)
{
    if (loop->walk->matches != NULL) matching_run(loop);
    if (loop->walk->hurries) hurry_on(loop);
    loop_walk_note_busy(loop->walk);
}

void walk_consider(struct loop *loop)
{
    struct walk *walk = loop->server->walk;
    struct loop_walk *own = loop->walk;
    if (loop->index == 0)
        bumps_set_limit(keyspace_bumps(loop->server->keyspace),
                        (size_t)SETTING(loop->server->settings, cache_bumps_max));
    if (tally_is_waited_for(loop->server->tally)) hurry(loop);
    own->holds = false;
    loop_walk_note_busy(own);
    if (own->running || (atomic_load(&walk->left) == 0 && !is_wanted(loop->server))) return;
    own->running = true;
    own->last_ticks = ticks_now();
    uv_timer_start(&own->timer, on_time, SLICE_EVERY_MS, SLICE_EVERY_MS);
}

struct loop_walk *walk_open(struct loop *loop)
{
    struct loop_walk *own = ALLOC_NEW(struct loop_walk);
    own->loop = loop;
    uv_timer_init(&loop->uv, &own->timer);
    own->timer.data = own;
    return own;
}

void walk_close(struct loop_walk **walk)
{
    matching_drop(&(*walk)->matches);
    asking_drop(*walk);
    alloc_free(*walk);
    *walk = NULL;
}

struct walk_stats walk_stats(const struct walk *walk)
{
    return (struct walk_stats){
        .rounds = atomic_load(&walk->rounds),
        .reaped = atomic_load(&walk->reaped),
        .round_ms = atomic_load(&walk->round_ms),
        .ended_ms = atomic_load(&walk->ended_ms),
    };
}
