#include "server/events/lease/lease.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/base/holder.h"

static size_t bytes_of(const struct lease *lease)
{
    return sizeof(*lease) + lease->name_len;
}

static size_t table_bytes(const struct leases *leases)
{
    size_t buckets = leases->by_key.cap + leases->by_owner.cap;
    size_t places = leases->timeouts.cap + leases->resting.cap;
    return buckets * sizeof(struct chain *) + places * sizeof(struct timeout *);
}

static bool is_resting(enum lease_phase phase)
{
    return phase == LEASE_RETRY || phase == LEASE_PASS;
}

/* That in which one of this phase waits for its end. */
static struct timeouts *timeouts_of(struct leases *leases, enum lease_phase phase)
{
    return is_resting(phase) ? &leases->resting : &leases->timeouts;
}

/* In no order; what was told last may be taken out. */
static struct lease *next_of(const struct leases *leases, struct chains_walk *walk)
{
    return (struct lease *)chains_next(&leases->by_key, walk);
}

void leases_init(struct leases *leases)
{
    *leases = (struct leases){ 0 };
    TAILQ_INIT(&leases->open);
}

void leases_clear(struct leases *leases)
{
    struct chains_walk walk = { 0 };
    for (struct lease *lease; (lease = next_of(leases, &walk)) != NULL;) alloc_free(lease);
    chains_clear(&leases->by_key);
    chains_clear(&leases->by_owner);
    timeouts_clear(&leases->timeouts);
    timeouts_clear(&leases->resting);
    leases_init(leases);
}

static struct lease *lease_of_owner_chain(struct chain *chain)
{
    return HOLDER_OF(chain, struct lease, by_owner);
}

/* Takes it out of whatever its phase has it in. */
static void leave_phase(struct leases *leases, struct lease *lease)
{
    timeouts_remove(timeouts_of(leases, lease->phase), &lease->timeout);
    if (lease->phase == LEASE_HELD) {
        chains_remove(&leases->by_owner, &lease->by_owner);
        leases->held--;
    } else if (lease->phase == LEASE_OPEN) {
        TAILQ_REMOVE(&leases->open, lease, open_others);
    }
}

static void enter_phase(struct leases *leases, struct lease *lease, enum lease_phase phase, int64_t until_ms)
{
    lease->phase = (uint8_t)phase;
    lease->timeout.at_ms = until_ms;
    timeouts_add(timeouts_of(leases, phase), &lease->timeout);
    if (phase == LEASE_HELD) {
        chains_add(&leases->by_owner, &lease->by_owner, chains_hash_number(lease->owner));
        leases->held++;
    } else if (phase == LEASE_OPEN) {
        TAILQ_INSERT_TAIL(&leases->open, lease, open_others);
    }
}

static void change_phase(struct leases *leases, struct lease *lease, enum lease_phase phase, int64_t until_ms)
{
    leases->bytes -= table_bytes(leases);
    leave_phase(leases, lease);
    enter_phase(leases, lease, phase, until_ms);
    leases->bytes += table_bytes(leases);
}

static bool is_of(const struct lease *lease, unsigned db, struct key key)
{
    return lease->db == db && slice_equal(lease_key(lease).name, key.name);
}

struct lease *leases_find(const struct leases *leases, unsigned db, struct key key)
{
    struct chain *at = chains_find(&leases->by_key, key.hash);
    while (at != NULL && !is_of((struct lease *)at, db, key)) at = chain_next(at);
    return (struct lease *)at;
}

static struct lease *add(struct leases *leases, struct key key, unsigned db)
{
    struct lease *lease = alloc_bytes(sizeof(*lease) + key.name.len);
    *lease = (struct lease){ .name_len = (uint32_t)key.name.len, .db = (uint16_t)db };
    if (key.name.len > 0) memcpy(lease->name, key.name.data, key.name.len);
    leases->bytes -= table_bytes(leases);
    chains_add(&leases->by_key, &lease->by_key, key.hash);
    leases->bytes += table_bytes(leases) + bytes_of(lease);
    return lease;
}

struct lease *leases_grant(struct leases *leases, struct lease *lease, struct key key,
                           const struct lease_terms *terms)
{
    REQUIRE(terms->secret != 0);
    if (lease == NULL) {
        lease = add(leases, key, terms->db);
        leases->bytes -= table_bytes(leases);
    } else {
        REQUIRE(lease_phase_at(lease, terms->now_ms) == LEASE_OPEN);
        leases->bytes -= table_bytes(leases);
        leave_phase(leases, lease);
    }
    lease->secret = terms->secret;
    lease->owner = terms->owner;
    lease->granted = terms->granted;
    lease->granted_ms = terms->now_ms;
    lease->cost_ms = terms->cost_ms;
    enter_phase(leases, lease, LEASE_HELD, terms->until_ms);
    leases->bytes += table_bytes(leases);
    return lease;
}

void leases_rest(struct leases *leases, struct lease *lease, enum lease_phase phase, int64_t until_ms)
{
    REQUIRE(is_resting(phase));
    lease->secret = 0;
    change_phase(leases, lease, phase, until_ms);
}

void leases_open(struct leases *leases, struct lease *lease, int64_t now_ms)
{
    REQUIRE(lease->phase == LEASE_HELD);
    change_phase(leases, lease, LEASE_OPEN, now_ms + LEASE_LINGER_MS);
}

static void take_out(struct leases *leases, struct lease *lease)
{
    leases->bytes -= bytes_of(lease);
    leave_phase(leases, lease);
    chains_remove(&leases->by_key, &lease->by_key);
    alloc_free(lease);
}

static void shrink(struct leases *leases)
{
    if (leases->by_key.len > 0) {
        chains_shrink(&leases->by_key);
        chains_shrink(&leases->by_owner);
        return;
    }
    chains_clear(&leases->by_key);
    chains_clear(&leases->by_owner);
    timeouts_clear(&leases->timeouts);
    timeouts_clear(&leases->resting);
}

void leases_drop(struct leases *leases, struct lease *lease)
{
    leases->bytes -= table_bytes(leases);
    take_out(leases, lease);
    shrink(leases);
    leases->bytes += table_bytes(leases);
}

void leases_drop_each(struct leases *leases, bool (*goes)(void *context, const struct lease *lease),
                      void *context)
{
    struct chains_walk walk = { 0 };
    leases->bytes -= table_bytes(leases);
    for (struct lease *lease; (lease = next_of(leases, &walk)) != NULL;)
        if (goes(context, lease)) take_out(leases, lease);
    shrink(leases);
    leases->bytes += table_bytes(leases);
}

bool leases_drop_open(struct leases *leases)
{
    struct lease *lease = TAILQ_FIRST(&leases->open);
    if (lease != NULL) leases_drop(leases, lease);
    return lease != NULL;
}

bool leases_drop_resting(struct leases *leases)
{
    struct timeout *first = timeouts_first(&leases->resting);
    if (first != NULL) leases_drop(leases, HOLDER_OF(first, struct lease, timeout));
    return first != NULL;
}

static struct lease *first_due(const struct leases *leases)
{
    struct timeout *first = timeouts_first(&leases->timeouts);
    struct timeout *resting = timeouts_first(&leases->resting);
    if (first == NULL || (resting != NULL && resting->at_ms < first->at_ms)) first = resting;
    return first != NULL ? HOLDER_OF(first, struct lease, timeout) : NULL;
}

bool leases_advance(struct leases *leases, int64_t now_ms, struct lease **opened)
{
    struct lease *lease = first_due(leases);
    if (lease == NULL || lease->timeout.at_ms > now_ms) return false;
    *opened = lease->phase == LEASE_HELD ? lease : NULL;
    if (*opened != NULL)
        leases_open(leases, lease, lease->timeout.at_ms);
    else
        leases_drop(leases, lease);
    return true;
}

int64_t leases_due_ms(const struct leases *leases)
{
    const struct lease *lease = first_due(leases);
    return lease != NULL ? lease->timeout.at_ms : 0;
}

struct lease *leases_of_owner(const struct leases *leases, uint64_t owner)
{
    struct chain *at = chains_find(&leases->by_owner, chains_hash_number(owner));
    while (at != NULL && lease_of_owner_chain(at)->owner != owner) at = chain_next(at);
    return at != NULL ? lease_of_owner_chain(at) : NULL;
}

uint64_t leases_oldest(const struct leases *leases)
{
    uint64_t oldest = UINT64_MAX;
    struct chains_walk walk = { 0 };
    for (const struct lease *lease; (lease = next_of(leases, &walk)) != NULL;)
        if (lease_is_good(lease) && lease->granted < oldest) oldest = lease->granted;
    return oldest;
}

void leases_check(const struct leases *leases)
{
    size_t len = 0, held = 0, open = 0, resting = 0, bytes = table_bytes(leases);
    struct chains_walk walk = { 0 };
    for (const struct lease *lease; (lease = next_of(leases, &walk)) != NULL; len++) {
        INVARIANT(lease->timeout.place != 0);
        INVARIANT(lease_is_good(lease) == (lease->secret != 0));
        held += lease->phase == LEASE_HELD;
        open += lease->phase == LEASE_OPEN;
        resting += is_resting(lease->phase);
        bytes += bytes_of(lease);
    }
    const struct lease *lease;
    TAILQ_FOREACH(lease, &leases->open, open_others)
    {
        INVARIANT(lease->phase == LEASE_OPEN && open-- > 0);
    }
    INVARIANT(open == 0 && held == leases->held && held == leases->by_owner.len);
    INVARIANT(len == leases->by_key.len && bytes == leases->bytes);
    INVARIANT(resting == leases->resting.len && len - resting == leases->timeouts.len);
    timeouts_check(&leases->timeouts);
    timeouts_check(&leases->resting);
}
