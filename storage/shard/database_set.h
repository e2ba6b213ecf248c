/*
 * database_set.h - which databases have ever been written to.
 *
 * There may be a million of them, of which a handful are used. Whoever goes through all goes through these,
 * so that those that never held a key cost nothing. One that was emptied stays in the set.
 *
 * Threads: any, without a lock. A member is seen at the latest by whoever next takes the lock of the shard
 * that was written to.
 */
#ifndef STORAGE_SHARD_DATABASE_SET_H
#define STORAGE_SHARD_DATABASE_SET_H

#include <stdatomic.h>
#include <stdint.h>

struct database_set {
    unsigned databases;
    _Atomic uint64_t *words;   /* a bit for each database */
    _Atomic uint64_t *summary; /* a bit for each word that is not zero */
};

void database_set_init(struct database_set *set, unsigned databases);
void database_set_clear(struct database_set *set);

void database_set_add(struct database_set *set, unsigned db);

/* The first member from `from` on; the number of databases when there is none. */
unsigned database_set_next(const struct database_set *set, unsigned from);
/* The same, beginning anew behind the last: only an empty set has none. */
unsigned database_set_next_round(const struct database_set *set, unsigned from);

/* Each member in rising order, as `db`: a name, which takes no parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define DATABASE_SET_EACH(set, db)                                                                           \
    for (unsigned db = database_set_next(set, 0); db < (set)->databases; db = database_set_next(set, db + 1))
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
