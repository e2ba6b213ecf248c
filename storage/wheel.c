#include "storage/wheel.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/block.h"

#define NAME_BITS    20
#define NAME_MASK    ((UINT64_C(1) << NAME_BITS) - 1)
#define HASH_MASK    ((UINT64_C(1) << 44) - 1)
#define LEVEL_1      256 /* index of its first slot */
#define LEVEL_2      320
#define SLOTS        384
#define LEVEL_1_BITS 8 /* ticks of one of its slots */
#define LEVEL_2_BITS 14
#define NEVER        UINT64_MAX

/* The first chunk of a slot is small, since most slots hold few tokens. */
#define CHUNK_FIRST 6

struct chunk {
    struct chunk *next;
    uint32_t len;
    uint32_t capacity;
    uint64_t tokens[];
};

/*
 * A token lies in the lowest level in which its time and `tick` share the rest of their bits, so a slot of
 * level 1 or 2 is never behind the current one, and the current one is empty but for what still has to be
 * moved down.
 */
struct wheel {
    uint64_t tick; /* every token's time is this or later */
    size_t len;
    size_t bytes;
    unsigned suspect_slot;  /* the next to be looked into */
    struct chunk *suspects; /* what is left of the last one, taken out of it */
    uint64_t used[SLOTS / 64];
    struct chunk *slots[SLOTS];
};

struct wheel *wheel_create(void)
{
    struct wheel *wheel = block_alloc_zeroed(sizeof *wheel);
    wheel->bytes = block_real_size(sizeof *wheel);
    return wheel;
}

void wheel_destroy(struct wheel **wheel)
{
    if (*wheel == NULL) return;
    wheel_drain(*wheel, SIZE_MAX);
    block_free(*wheel, sizeof **wheel);
    *wheel = NULL;
}

static size_t chunk_size(size_t capacity)
{
    return sizeof(struct chunk) + capacity * sizeof(uint64_t);
}

static struct chunk *chunk_push(struct wheel *wheel, struct chunk *next)
{
    size_t capacity = next == NULL ? CHUNK_FIRST : WHEEL_BATCH;
    struct chunk *chunk = block_alloc(chunk_size(capacity));
    *chunk = (struct chunk){ .next = next, .capacity = (uint32_t)capacity };
    wheel->bytes += block_real_size(chunk_size(capacity));
    return chunk;
}

/* Unlink the first chunk of `list`, its tokens counted out. */
static struct chunk *chunk_pop(struct wheel *wheel, struct chunk **list)
{
    struct chunk *chunk = *list;
    *list = chunk->next;
    wheel->len -= chunk->len;
    return chunk;
}

static void chunk_free(struct wheel *wheel, struct chunk *chunk)
{
    size_t size = chunk_size(chunk->capacity);
    wheel->bytes -= block_real_size(size);
    block_free(chunk, size);
}

static void mark(struct wheel *wheel, unsigned slot)
{
    uint64_t bit = UINT64_C(1) << slot % 64;
    if (wheel->slots[slot] != NULL)
        wheel->used[slot / 64] |= bit;
    else
        wheel->used[slot / 64] &= ~bit;
}

static struct chunk *slot_pop(struct wheel *wheel, unsigned slot)
{
    struct chunk *chunk = chunk_pop(wheel, &wheel->slots[slot]);
    mark(wheel, slot);
    return chunk;
}

bool wheel_drain(struct wheel *wheel, size_t chunks)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        for (; wheel->slots[slot] != NULL; chunks--) {
            if (chunks == 0) return true;
            chunk_free(wheel, slot_pop(wheel, slot));
        }
    }
    for (; wheel->suspects != NULL; chunks--) {
        if (chunks == 0) return true;
        chunk_free(wheel, chunk_pop(wheel, &wheel->suspects));
    }
    return false;
}

static unsigned current_slot(const struct wheel *wheel, unsigned level_bits)
{
    unsigned within = (unsigned)(wheel->tick >> level_bits) % 64;
    return (level_bits == LEVEL_1_BITS ? LEVEL_1 : LEVEL_2) + within;
}

static unsigned slot_of(const struct wheel *wheel, uint64_t fire)
{
    uint64_t differs = fire ^ wheel->tick;
    if (differs >> LEVEL_1_BITS == 0) return (unsigned)fire % 256;
    if (differs >> LEVEL_2_BITS == 0) return LEVEL_1 + (unsigned)(fire >> LEVEL_1_BITS) % 64;
    return LEVEL_2 + (unsigned)(fire >> LEVEL_2_BITS) % 64;
}

static void put(struct wheel *wheel, uint64_t fire, uint64_t token)
{
    unsigned slot = slot_of(wheel, fire);
    struct chunk *chunk = wheel->slots[slot];
    if (chunk == NULL || chunk->len == chunk->capacity) {
        chunk = wheel->slots[slot] = chunk_push(wheel, chunk);
        mark(wheel, slot);
    }
    chunk->tokens[chunk->len++] = token;
    wheel->len++;
}

/* When a token for this deadline fires: not before it, unless it is beyond what the wheel spans or past. */
static uint64_t fire_tick(const struct wheel *wheel, int64_t deadline_ms)
{
    uint64_t fire = ((uint64_t)deadline_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
    uint64_t last = (((wheel->tick >> LEVEL_2_BITS) + 64) << LEVEL_2_BITS) - 1;
    if (fire < wheel->tick) return wheel->tick;
    return fire < last ? fire : last;
}

/* The wheel spans less than names do, so a name says which time it is. */
static uint64_t tick_of_name(const struct wheel *wheel, uint64_t name)
{
    return wheel->tick + ((name - wheel->tick) & NAME_MASK);
}

void wheel_start(struct wheel *wheel, int64_t now_ms)
{
    REQUIRE(wheel->len == 0);
    wheel->tick = now_ms > 0 ? (uint64_t)now_ms / WHEEL_TICK_MS : 0;
}

uint32_t wheel_add(struct wheel *wheel, uint64_t hash, int64_t deadline_ms)
{
    REQUIRE(deadline_ms >= 0 && deadline_ms < INT64_C(1) << 44);
    uint64_t fire = fire_tick(wheel, deadline_ms);
    put(wheel, fire, (hash & HASH_MASK) << NAME_BITS | (fire & NAME_MASK));
    return (uint32_t)(fire & NAME_MASK);
}

bool wheel_covers(const struct wheel *wheel, uint32_t name, int64_t deadline_ms)
{
    return tick_of_name(wheel, name) <= fire_tick(wheel, deadline_ms);
}

void wheel_put_back(struct wheel *wheel, uint64_t token)
{
    put(wheel, tick_of_name(wheel, wheel_token_name(token)), token);
}

static void put_back_chunk(struct wheel *wheel, struct chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->len; i++) wheel_put_back(wheel, chunk->tokens[i]);
    chunk_free(wheel, chunk);
}

static void hand_out(struct wheel *wheel, struct chunk *chunk, struct wheel_batch *batch)
{
    batch->len = batch->work = chunk->len;
    memcpy(batch->tokens, chunk->tokens, chunk->len * sizeof *chunk->tokens);
    chunk_free(wheel, chunk);
}

/* Something that must be done before the tick may change: NULL when there is nothing. */
static struct chunk *take_unfinished(struct wheel *wheel)
{
    if (wheel->suspects != NULL) return chunk_pop(wheel, &wheel->suspects);
    unsigned level_2 = current_slot(wheel, LEVEL_2_BITS);
    if (wheel->slots[level_2] != NULL) return slot_pop(wheel, level_2);
    unsigned level_1 = current_slot(wheel, LEVEL_1_BITS);
    if (wheel->slots[level_1] != NULL) return slot_pop(wheel, level_1);
    return NULL;
}

static bool is_unfinished(const struct wheel *wheel)
{
    return wheel->suspects != NULL || wheel->slots[current_slot(wheel, LEVEL_2_BITS)] != NULL ||
           wheel->slots[current_slot(wheel, LEVEL_1_BITS)] != NULL;
}

/* The first tick from now on at which a slot of level 0 fires, or one of a higher level has to be opened. */
static uint64_t next_tick(const struct wheel *wheel)
{
    unsigned from = (unsigned)wheel->tick % 256;
    for (unsigned word = from / 64; word < 4; word++) {
        uint64_t used = wheel->used[word];
        if (word == from / 64) used &= UINT64_MAX << from % 64;
        if (used != 0) return (wheel->tick & ~UINT64_C(255)) + word * 64 + (unsigned)__builtin_ctzll(used);
    }

    uint64_t block = wheel->tick >> LEVEL_1_BITS;
    uint64_t used = wheel->used[LEVEL_1 / 64] & ~(UINT64_MAX >> (63 - block % 64));
    if (used != 0) return ((block & ~UINT64_C(63)) + (unsigned)__builtin_ctzll(used)) << LEVEL_1_BITS;

    block = (wheel->tick >> LEVEL_2_BITS) + 1;
    used = wheel->used[LEVEL_2 / 64];
    if (used == 0) return NEVER;
    unsigned turn = block % 64;
    used = used >> turn | used << (-turn & 63);
    return (block + (unsigned)__builtin_ctzll(used)) << LEVEL_2_BITS;
}

bool wheel_turn(struct wheel *wheel, int64_t now_ms, struct wheel_batch *batch)
{
    uint64_t now = now_ms > 0 ? (uint64_t)now_ms / WHEEL_TICK_MS : 0;
    for (;;) {
        struct chunk *chunk = take_unfinished(wheel);
        if (chunk != NULL) {
            batch->len = 0;
            batch->work = chunk->len;
            put_back_chunk(wheel, chunk);
            return true;
        }
        uint64_t next = next_tick(wheel);
        if (next > now) {
            if (wheel->tick < now) wheel->tick = now;
            return false;
        }
        wheel->tick = next;
        unsigned slot = (unsigned)next % 256;
        if (wheel->slots[slot] != NULL) {
            hand_out(wheel, slot_pop(wheel, slot), batch);
            return true;
        }
    }
}

int64_t wheel_next_ms(const struct wheel *wheel)
{
    uint64_t next = is_unfinished(wheel) ? wheel->tick : next_tick(wheel);
    return next == NEVER ? INT64_MAX : (int64_t)(next * WHEEL_TICK_MS);
}

void wheel_take_suspects(struct wheel *wheel, struct wheel_batch *batch)
{
    batch->len = batch->work = 0;
    for (unsigned tries = 0; wheel->suspects == NULL && tries < SLOTS; tries++) {
        unsigned slot = wheel->suspect_slot;
        wheel->suspect_slot = (slot + 1) % SLOTS;
        wheel->suspects = wheel->slots[slot];
        wheel->slots[slot] = NULL;
        mark(wheel, slot);
    }
    if (wheel->suspects != NULL) hand_out(wheel, chunk_pop(wheel, &wheel->suspects), batch);
}

size_t wheel_len(const struct wheel *wheel)
{
    return wheel->len;
}

size_t wheel_bytes(const struct wheel *wheel)
{
    return wheel->bytes;
}

static void each_of(const struct chunk *chunk, void (*visit)(void *context, uint64_t token), void *context)
{
    for (; chunk != NULL; chunk = chunk->next) {
        for (uint32_t i = 0; i < chunk->len; i++) visit(context, chunk->tokens[i]);
    }
}

void wheel_each(const struct wheel *wheel, void (*visit)(void *context, uint64_t token), void *context)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) each_of(wheel->slots[slot], visit, context);
    each_of(wheel->suspects, visit, context);
}

static void check_list(const struct chunk *chunk, size_t *len, size_t *bytes)
{
    for (; chunk != NULL; chunk = chunk->next) {
        INVARIANT(chunk->len > 0 && chunk->len <= chunk->capacity);
        *len += chunk->len;
        *bytes += block_real_size(chunk_size(chunk->capacity));
    }
}

void wheel_check(const struct wheel *wheel)
{
    size_t len = 0, bytes = block_real_size(sizeof *wheel);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        INVARIANT((wheel->used[slot / 64] >> slot % 64 & 1) == (wheel->slots[slot] != NULL));
        check_list(wheel->slots[slot], &len, &bytes);
        if (slot == current_slot(wheel, LEVEL_1_BITS) || slot == current_slot(wheel, LEVEL_2_BITS)) continue;
        for (const struct chunk *chunk = wheel->slots[slot]; chunk != NULL; chunk = chunk->next) {
            for (uint32_t i = 0; i < chunk->len; i++)
                INVARIANT(slot_of(wheel, tick_of_name(wheel, chunk->tokens[i] & NAME_MASK)) == slot);
        }
    }
    check_list(wheel->suspects, &len, &bytes);
    INVARIANT(len == wheel->len);
    INVARIANT(bytes == wheel->bytes);
}
