/*
 * wheel.h - a timing wheel: who is due, without looking at who is not.
 *
 * What waits are items numbered from 0, such as groups of a table's buckets. Each waits once at most, linked
 * into the slot of its time by twelve bytes of its own, so placing it anew leaves nothing behind, however
 * often that is done. Times are counted in ticks of 16 ms. Three levels of 256, 64 and 64 slots span 4.6
 * hours; what is to wait longer lies in the last slot.
 *
 * An item whose slot comes up is handed out and waits no more. That may be before its time, if it lay in one
 * of the wide slots of the upper levels: the owner looks at what the item has and places it again.
 *
 * The wheel also says how far back a deadline may lie that still waits (wheel_anchor_ms()), so that its owner
 * can keep deadlines in four bytes.
 *
 * Threads: the owner's lock. Time: Unix milliseconds from the caller.
 */
#ifndef STORAGE_EXPIRY_WHEEL_H
#define STORAGE_EXPIRY_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_TICK_MS 16

struct wheel;

struct wheel *wheel_create(void);
void wheel_destroy(struct wheel **wheel);

/* Room for so many items; those that are new do not wait. */
void wheel_extend(struct wheel *wheel, size_t items);
/* Take the last item away, waiting or not. */
void wheel_pop(struct wheel *wheel);

/* Set a wheel in which nothing waits to the present. */
void wheel_start(struct wheel *wheel, int64_t now_ms);
/* Let the item wait for this time, which is not negative, unless it waits for an earlier one. */
void wheel_place(struct wheel *wheel, uint32_t item, int64_t deadline_ms);

/* Hand out an item whose turn has come. False when there is none until later. */
bool wheel_turn(struct wheel *wheel, int64_t now_ms, uint32_t *item);
/* One that is likely to be the next, to be fetched ahead; false when none is known. */
bool wheel_peek(const struct wheel *wheel, uint32_t *item);
/* Name an item that waits, another each time, and leave it where it is. False when none waits. */
bool wheel_look(struct wheel *wheel, uint32_t *item);
/* Nothing happens before this time; INT64_MAX when nothing waits. */
int64_t wheel_next_ms(const struct wheel *wheel);
/* Whatever was handed out because of deadlines before this time has been handed out already. Never goes back
 * but by wheel_start(). */
int64_t wheel_anchor_ms(const struct wheel *wheel);

size_t wheel_len(const struct wheel *wheel); /* items that wait */
size_t wheel_bytes(const struct wheel *wheel);

/* Assert the links, and that `item` waits for this time or less. */
void wheel_check(const struct wheel *wheel);
void wheel_check_item(const struct wheel *wheel, uint32_t item, int64_t deadline_ms);

#endif
