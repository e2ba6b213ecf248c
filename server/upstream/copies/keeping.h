/*
 * keeping.h - whether what the upstream has told becomes a copy, and until when.
 *
 * The rules are the same for a string that a client read or wrote and for a value that was fetched whole
 * (typed/fetch.h). What is on its way is a fill (fills.h), and one that was discarded keeps nothing.
 *
 * Threads: loop 0.
 */
#ifndef SERVER_UPSTREAM_COPIES_KEEPING_H
#define SERVER_UPSTREAM_COPIES_KEEPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/table/key.h"

struct dump_object;
struct fill;
struct tier;

/* A value or the form in which it travels, of so many bytes, is not too long for a copy. */
bool keeping_takes(const struct tier *tier, size_t bytes);

/* `ttl_ms` is as PTTL tells it, counted from `asked_at_ms` (Unix). */
void keeping_text(struct tier *tier, unsigned db, struct key key, struct slice text, int64_t asked_at_ms,
                  int64_t ttl_ms);
/* The value of `fill`, in a form of `bytes`. Takes what is in the object, the rest is the caller's to clear.
 */
void keeping_object(struct tier *tier, const struct fill *fill, struct dump_object *object, size_t bytes,
                    int64_t ttl_ms);
/* The key of `fill` does not exist. */
void keeping_absence(struct tier *tier, const struct fill *fill);

#endif
