#include "server/events/tracking/trackers.h"

#include <pthread.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/events/tracking/tracked_keys.h"
#include "storage/keyspace/rank.h"

/* A number is a place among the slots, and how often that was given away: never 0 of either. */
#define PLACE_BITS 22
#define PLACES_MAX (1u << PLACE_BITS)
#define TURNS_MAX  (TRACKED_NUMBER_MAX >> PLACE_BITS)

/* So many places are free before one is used again: with the turns, half a million clients come between two
 * of one number. */
#define FREE_MIN 1024

struct place {
    struct tracker *tracker; /* NULL: free */
    uint32_t turn;
    uint32_t next_free;
};

struct trackers {
    bool locking;
    pthread_rwlock_t lock;
    struct place *places;
    size_t len; /* of the places ever used; the first is nobody's */
    size_t cap;
    size_t free_count;
    uint32_t first_free;
    uint32_t last_free;
    struct wanted wanted;
    _Atomic size_t on;
    _Atomic size_t redirecting; /* of those that are on */
    _Atomic size_t prefix_count;
};

struct trackers *trackers_create(bool locking)
{
    struct trackers *trackers = ALLOC_NEW(struct trackers);
    trackers->locking = locking;
    pthread_rwlock_init(&trackers->lock, NULL);
    return trackers;
}

void trackers_destroy(struct trackers **trackers)
{
    struct trackers *gone = *trackers;
    if (gone == NULL) return;
    for (size_t i = 1; i < gone->len; i++) INVARIANT(gone->places[i].tracker == NULL);
    wanted_clear(&gone->wanted);
    pthread_rwlock_destroy(&gone->lock);
    alloc_free(gone->places);
    alloc_free(gone);
    *trackers = NULL;
}

void trackers_lock_to_read(struct trackers *trackers)
{
    rank_take(RANK_LEAF);
    if (trackers->locking) pthread_rwlock_rdlock(&trackers->lock);
}

void trackers_unlock(struct trackers *trackers)
{
    if (trackers->locking) pthread_rwlock_unlock(&trackers->lock);
    rank_drop(RANK_LEAF);
}

static void lock_to_write(struct trackers *trackers)
{
    rank_take(RANK_LEAF);
    if (trackers->locking) pthread_rwlock_wrlock(&trackers->lock);
}

static uint32_t new_place(struct trackers *trackers)
{
    if (trackers->len + 1 >= trackers->cap) {
        trackers->cap = trackers->cap > 0 ? 2 * trackers->cap : 16;
        trackers->places = alloc_resize(trackers->places, trackers->cap * sizeof *trackers->places);
    }
    if (trackers->len == 0) trackers->places[trackers->len++] = (struct place){ 0 };
    INVARIANT(trackers->len < PLACES_MAX);
    trackers->places[trackers->len] = (struct place){ 0 };
    return (uint32_t)trackers->len++;
}

static uint32_t take_place(struct trackers *trackers)
{
    if (trackers->free_count < FREE_MIN) return new_place(trackers);
    uint32_t at = trackers->first_free;
    trackers->first_free = trackers->places[at].next_free;
    trackers->free_count--;
    return at;
}

static void free_place(struct trackers *trackers, uint32_t at)
{
    trackers->places[at].tracker = NULL;
    if (trackers->free_count++ == 0)
        trackers->first_free = at;
    else
        trackers->places[trackers->last_free].next_free = at;
    trackers->last_free = at;
}

static uint32_t place_in(uint32_t number)
{
    return number & (PLACES_MAX - 1);
}

struct tracker *trackers_find(const struct trackers *trackers, uint32_t number)
{
    uint32_t at = place_in(number);
    if (at >= trackers->len) return NULL;
    struct tracker *tracker = trackers->places[at].tracker;
    return tracker != NULL && tracker->number == number ? tracker : NULL;
}

struct tracker *trackers_next(const struct trackers *trackers, const struct tracker *tracker)
{
    size_t at = tracker != NULL ? place_in(tracker->number) + 1 : 1;
    while (at < trackers->len && trackers->places[at].tracker == NULL) at++;
    return at < trackers->len ? trackers->places[at].tracker : NULL;
}

struct tracker *trackers_enter(struct trackers *trackers, uint64_t session, unsigned loop)
{
    struct tracker *tracker = ALLOC_NEW(struct tracker);
    tracker->session = session;
    tracker->loop = loop;
    lock_to_write(trackers);
    uint32_t at = take_place(trackers);
    struct place *place = &trackers->places[at];
    place->turn = place->turn < TURNS_MAX ? place->turn + 1 : 1;
    place->tracker = tracker;
    tracker->number = place->turn << PLACE_BITS | at;
    trackers_unlock(trackers);
    return tracker;
}

static bool is_on(const struct tracker *tracker)
{
    return atomic_load_explicit(&tracker->modes, memory_order_relaxed) & TRACKER_ON;
}

static void publish_prefix_count(struct trackers *trackers)
{
    atomic_store(&trackers->prefix_count, trackers->wanted.len);
}

static void drop_prefixes(struct trackers *trackers, struct tracker *tracker)
{
    size_t count = tracker->prefix_count;
    if (count == 0) return;
    wanted_remove(&trackers->wanted, tracker->prefixes, count, tracker->number);
    for (size_t i = 0; i < count; i++) alloc_free((char *)tracker->prefixes[i].data);
    alloc_free(tracker->prefixes);
    tracker->prefixes = NULL;
    tracker->prefix_count = 0;
    publish_prefix_count(trackers);
}

static void redirect(struct trackers *trackers, struct tracker *tracker, uint64_t session, unsigned loop)
{
    if (tracker->redirect != 0) atomic_fetch_sub(&trackers->redirecting, 1);
    if (session != 0) atomic_fetch_add(&trackers->redirecting, 1);
    tracker->redirect = session;
    tracker->redirect_loop = loop;
    tracker->redirect_gone = false;
}

static void turn_off(struct trackers *trackers, struct tracker *tracker)
{
    if (!is_on(tracker)) return;
    drop_prefixes(trackers, tracker);
    redirect(trackers, tracker, 0, 0);
    atomic_store(&tracker->modes, 0);
    atomic_fetch_sub(&trackers->on, 1);
    tracker->caching = false;
}

void trackers_turn_off(struct trackers *trackers, struct tracker *tracker)
{
    lock_to_write(trackers);
    turn_off(trackers, tracker);
    trackers_unlock(trackers);
}

void trackers_leave(struct trackers *trackers, struct tracker **tracker)
{
    lock_to_write(trackers);
    turn_off(trackers, *tracker);
    free_place(trackers, place_in((*tracker)->number));
    trackers_unlock(trackers);
    alloc_free((*tracker)->tags);
    alloc_free(*tracker);
    *tracker = NULL;
}

/* Both lists are in order. */
static void add_prefixes(struct tracker *tracker, const struct slice *texts, size_t count)
{
    struct slice *merged = alloc_bytes((tracker->prefix_count + count) * sizeof *merged);
    size_t len = 0, old = 0;
    for (size_t i = 0; i < count; i++) {
        while (old < tracker->prefix_count && prefix_compare(tracker->prefixes[old], texts[i]) < 0)
            merged[len++] = tracker->prefixes[old++];
        if (old < tracker->prefix_count && slice_equal(tracker->prefixes[old], texts[i])) continue;
        merged[len++] = slice_of(alloc_cstr(texts[i].data, texts[i].len), texts[i].len);
    }
    while (old < tracker->prefix_count) merged[len++] = tracker->prefixes[old++];
    alloc_free(tracker->prefixes);
    tracker->prefixes = merged;
    tracker->prefix_count = len;
}

static void want(struct trackers *trackers, struct tracker *tracker, const struct tracker_wish *wish)
{
    if (wish->prefix_count == 0) return;
    add_prefixes(tracker, wish->prefixes, wish->prefix_count);
    wanted_add(&trackers->wanted, wish->prefixes, wish->prefix_count, tracker->number);
    publish_prefix_count(trackers);
}

void trackers_turn_on(struct trackers *trackers, struct tracker *tracker, const struct tracker_wish *wish)
{
    lock_to_write(trackers);
    if (!is_on(tracker)) atomic_fetch_add(&trackers->on, 1);
    redirect(trackers, tracker, wish->redirect, wish->redirect_loop);
    want(trackers, tracker, wish);
    atomic_store(&tracker->modes, wish->modes | TRACKER_ON);
    trackers_unlock(trackers);
}

void trackers_part_with(struct trackers *trackers, uint64_t session)
{
    if (atomic_load(&trackers->redirecting) == 0) return;
    lock_to_write(trackers);
    struct tracker *tracker = NULL;
    while ((tracker = trackers_next(trackers, tracker)) != NULL)
        if (tracker->redirect == session) tracker->redirect_gone = true;
    trackers_unlock(trackers);
}

size_t trackers_on(const struct trackers *trackers)
{
    return atomic_load_explicit(&trackers->on, memory_order_relaxed);
}

size_t trackers_prefixes(const struct trackers *trackers)
{
    return atomic_load_explicit(&trackers->prefix_count, memory_order_relaxed);
}

bool trackers_want(struct trackers *trackers, struct slice key)
{
    if (trackers_prefixes(trackers) == 0) return false;
    trackers_lock_to_read(trackers);
    bool wanted = wanted_match(&trackers->wanted, key);
    trackers_unlock(trackers);
    return wanted;
}

const struct wanted *trackers_wanted(const struct trackers *trackers)
{
    return &trackers->wanted;
}

void trackers_check(struct trackers *trackers)
{
    size_t on = 0, free_count = 0, pairs = 0;
    trackers_lock_to_read(trackers);
    for (size_t i = 1; i < trackers->len; i++) {
        const struct tracker *tracker = trackers->places[i].tracker;
        free_count += tracker == NULL;
        if (tracker == NULL) continue;
        INVARIANT(place_in(tracker->number) == i && trackers_find(trackers, tracker->number) == tracker);
        INVARIANT(is_on(tracker) || tracker->prefix_count == 0);
        on += is_on(tracker);
        pairs += tracker->prefix_count;
    }
    wanted_check(&trackers->wanted);
    for (size_t i = 0; i < trackers->wanted.len; i++) pairs -= trackers->wanted.items[i].len;
    INVARIANT(pairs == 0 && on == trackers_on(trackers) && free_count == trackers->free_count);
    INVARIANT(trackers->wanted.len == trackers_prefixes(trackers));
    trackers_unlock(trackers);
}
