/*
 * wheel.h - a timing wheel: who is due, without looking at who is not.
 *
 * For each entry with a deadline a token of 8 bytes lies in the slot of the time at which it fires: 20 bits
 * of that time, in ticks of 16 ms, and 44 bits of its key's hash, by which the entry is found. Three levels
 * of 256, 64 and 64 slots span 4.6 hours; a token of a later deadline lies in the last slot, fires early, and
 * is added again, which costs less than a fourth level would. A token moves at most twice on its way.
 *
 * Tokens are never searched for. The low 20 bits of its time, its name, are unique among all times that the
 * wheel holds, and the entry keeps the name of its one live token; a token that fires and finds no entry by
 * its name is dead and forgotten. So a deadline that moves later costs nothing (the token fires early), one
 * that moves earlier one token more. Dead tokens are gone when their time comes; when there are too many the
 * owner has suspects handed out and puts back those that live.
 *
 * Threads: the owner's lock. Time: Unix milliseconds from the caller, 0 <= deadline < 2^44.
 */
#ifndef STORAGE_WHEEL_H
#define STORAGE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_TICK_MS 16
#define WHEEL_BATCH   30

struct wheel;

/* Some tokens on their way out, and how many were touched for it. */
struct wheel_batch {
    size_t len;
    size_t work;
    uint64_t tokens[WHEEL_BATCH];
};

static inline uint64_t wheel_token_hash(uint64_t token)
{
    return token >> 20;
}

static inline uint32_t wheel_token_name(uint64_t token)
{
    return (uint32_t)token & 0xfffff;
}

struct wheel *wheel_create(void);
void wheel_destroy(struct wheel **wheel);
/* Free up to `chunks` chunks of tokens; false when none is left. Only wheel_destroy() may follow. */
bool wheel_drain(struct wheel *wheel, size_t chunks);

/* Set an empty wheel to the present, and without tokens on their way out: names change their meaning. */
void wheel_start(struct wheel *wheel, int64_t now_ms);
/* Add a token and return its name. */
uint32_t wheel_add(struct wheel *wheel, uint64_t hash, int64_t deadline_ms);
/* Whether the live token of this name fires no later than one added for this deadline would. */
bool wheel_covers(const struct wheel *wheel, uint32_t name, int64_t deadline_ms);

/* One step of work: hand out some tokens whose time has come, or move some nearer (`len` is 0). False when
 * nothing is left to do until later. */
bool wheel_turn(struct wheel *wheel, int64_t now_ms, struct wheel_batch *batch);
/* Nothing happens before this time; INT64_MAX when the wheel is empty. */
int64_t wheel_next_ms(const struct wheel *wheel);

/* Hand out some tokens, slot after slot in turn. Each that lives must be put back before the wheel turns. */
void wheel_take_suspects(struct wheel *wheel, struct wheel_batch *batch);
void wheel_put_back(struct wheel *wheel, uint64_t token);

size_t wheel_len(const struct wheel *wheel);
size_t wheel_bytes(const struct wheel *wheel);

/* Every token, in no order. */
void wheel_each(const struct wheel *wheel, void (*visit)(void *context, uint64_t token), void *context);
void wheel_check(const struct wheel *wheel);

#endif
