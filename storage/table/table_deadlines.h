/*
 * table_deadlines.h - when the buckets of a table are looked at, for table*.c.
 *
 * A bucket is looked at when its earliest stamp says so, or sooner: its group's agenda notes it for that
 * time, and the wheel has the group wait for the first of its agenda. All of it is for tables that have had a
 * deadline.
 *
 * Threads: the owner's lock. Ownership: everything is the table's.
 */
#ifndef STORAGE_TABLE_TABLE_DEADLINES_H
#define STORAGE_TABLE_TABLE_DEADLINES_H

#include <stdint.h>

#include "storage/expiry/agenda.h"
#include "storage/expiry/wheel.h"
#include "storage/memory/segments.h"
#include "storage/table/table_layout.h"

static inline size_t table_groups(const struct table *table)
{
    return (table->buckets + AGENDA_BUCKETS - 1) / AGENDA_BUCKETS;
}

static inline struct agenda *agenda_at(const struct table *table, uint64_t group)
{
    return segments_at(&table->agendas, group, sizeof(struct agenda));
}

/* A stamp as a time since the table's anchor, in ms; UINT32_MAX: never. */
static inline uint32_t stamp_since(const struct table *table, uint32_t stamp)
{
    return stamp != STAMP_NONE ? stamp - (uint32_t)table->anchor_ms : UINT32_MAX;
}

/* What agendas count from, in ticks. */
static inline uint64_t deadlines_anchor(const struct table *table)
{
    return (uint64_t)wheel_anchor_ms(table->wheel) / WHEEL_TICK_MS;
}

/* The stamp of a slot whose entry holds the deadline. */
uint32_t deadlines_far_stamp(const struct table *table, int64_t deadline_ms);
/* Have the bucket looked at so long after the table's anchor; or for its earliest stamp, if it has any. */
void deadlines_note(struct table *table, uint64_t bucket, uint32_t since_ms);
void deadlines_place(struct table *table, uint64_t bucket);
/* Assert that it will be. */
void deadlines_check(const struct table *table, uint64_t bucket);

#endif
