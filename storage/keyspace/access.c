#include "storage/keyspace/access.h"

/* So often it begins again before it takes the token. */
#define RESTARTS 3

static struct stripe *stripe_at(const struct keyspace *keyspace, unsigned index)
{
    return &keyspace->stripes[index];
}

static unsigned lowest(uint64_t shards)
{
    return (unsigned)__builtin_ctzll(shards);
}

static void unlock_shards(struct keyspace *keyspace, uint64_t shards)
{
    for (; shards != 0; shards &= shards - 1)
        pthread_mutex_unlock(&stripe_at(keyspace, lowest(shards))->lock);
}

/* Waits, if only for microseconds. False: it is kept for long. */
static bool lock(struct stripe *stripe)
{
    pthread_mutex_lock(&stripe->lock);
    if (!stripe->kept) return true;
    pthread_mutex_unlock(&stripe->lock);
    return false;
}

enum outcome { DONE, BUSY, KEPT };

/* The other shards, one of them being locked. Whatever comes, nobody has waited; unless all are locked none
 * is afterwards, and `*met` is the one that could not be had. */
static enum outcome try_others(struct keyspace *keyspace, uint64_t shards, unsigned one, unsigned *met)
{
    uint64_t locked = UINT64_C(1) << one;
    for (uint64_t left = shards & ~locked; left != 0; left &= left - 1) {
        *met = lowest(left);
        bool busy = pthread_mutex_trylock(&stripe_at(keyspace, *met)->lock) != 0;
        if (!busy) locked |= UINT64_C(1) << *met;
        bool kept = !busy && stripe_at(keyspace, *met)->kept;
        if (!busy && !kept) continue;
        unlock_shards(keyspace, locked);
        return busy ? BUSY : KEPT;
    }
    return DONE;
}

static enum outcome try_all(struct keyspace *keyspace, uint64_t shards)
{
    unsigned met = lowest(shards);
    enum outcome outcome = BUSY;
    for (unsigned begun = 0; outcome == BUSY && begun <= RESTARTS; begun++)
        outcome = lock(stripe_at(keyspace, met)) ? try_others(keyspace, shards, met, &met) : KEPT;
    return outcome;
}

/* With the token nothing is kept, and it may wait with locks in hand. */
static void lock_waiting(struct keyspace *keyspace, uint64_t shards)
{
    for (; shards != 0; shards &= shards - 1) INVARIANT(lock(stripe_at(keyspace, lowest(shards))));
}

static bool lock_with_token(struct access *access)
{
    if (!lock(&access->keyspace->token)) return false;
    access->token = true;
    lock_waiting(access->keyspace, access->shards);
    return true;
}

/* While somebody keeps the token for long, there is only to begin again. */
static bool lock_shards(struct access *access)
{
    for (;;) {
        enum outcome outcome = try_all(access->keyspace, access->shards);
        if (outcome != BUSY) return outcome == DONE;
        if (lock_with_token(access)) return true;
    }
}

static bool opened(struct access *access, bool success)
{
    if (success) return true;
    access->shards = 0;
    access->token = false;
    rank_drop(RANK_ACCESS);
    return false;
}

__attribute__((noinline, cold)) bool access_refuse(struct access *access)
{
    unlock_shards(access->keyspace, access->shards);
    return opened(access, false);
}

bool access_open_shards(struct access *access, struct keyspace *keyspace, uint64_t shards)
{
    rank_take(RANK_ACCESS);
    REQUIRE(shards != 0);
    *access = (struct access){ .keyspace = keyspace, .shards = shards };
    return opened(access, !keyspace->locking || lock_shards(access));
}

bool access_open_at(struct access *access, struct keyspace *keyspace, unsigned index)
{
    REQUIRE(index < keyspace->options.shards);
    return access_open_shards(access, keyspace, UINT64_C(1) << index);
}

bool access_open_token(struct access *access, struct keyspace *keyspace, uint64_t shards)
{
    rank_take(RANK_ACCESS);
    *access = (struct access){ .keyspace = keyspace, .shards = shards, .token = true };
    return opened(access, !keyspace->locking || lock_with_token(access));
}

bool access_open_all(struct access *access, struct keyspace *keyspace)
{
    return access_open_token(access, keyspace, UINT64_MAX >> (64 - keyspace->options.shards));
}

static void extend_at(struct access *access, unsigned index)
{
    struct stripe *stripe = stripe_at(access->keyspace, index);
    INVARIANT(lock(stripe));
    if (!access->kept) return;
    stripe->kept = true;
    pthread_mutex_unlock(&stripe->lock);
}

void access_extend_shards(struct access *access, uint64_t shards)
{
    REQUIRE(access->token);
    uint64_t more = shards & ~access->shards;
    access->shards |= more;
    if (!access->keyspace->locking) return;
    for (; more != 0; more &= more - 1) extend_at(access, lowest(more));
}

void access_extend(struct access *access, uint64_t hash)
{
    access_extend_shards(access, access_bit(access->keyspace, hash));
}

void access_get(struct access *access, struct keyspace *keyspace, uint64_t hash)
{
    bool open = access_open(access, keyspace, hash);
    INVARIANT(open);
}

void access_get_all(struct access *access, struct keyspace *keyspace)
{
    bool open = access_open_all(access, keyspace);
    INVARIANT(open);
}

void access_unlock(struct access *access)
{
    REQUIRE(!access->kept);
    unlock_shards(access->keyspace, access->shards);
    if (access->token) pthread_mutex_unlock(&access->keyspace->token.lock);
    access->token = false;
}
