/*
 * sessions.h - the sessions of a loop, by their id.
 *
 * Whoever has something to tell a session later, or from another loop, keeps its id: a session may be gone by
 * then, and ids are never used twice.
 *
 * Threads: the loop that owns them, sessions_mail() apart. Ownership: sessions are borrowed; they are added
 * when they open and removed before they are freed.
 */
#ifndef SERVER_EXEC_SESSION_SESSIONS_H
#define SERVER_EXEC_SESSION_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct loop;
struct multi;
struct session;
struct sessions;

struct sessions *sessions_create(void);
/* When none is left. */
void sessions_destroy(struct sessions **sessions);

void sessions_add(struct sessions *sessions, struct session *session);
void sessions_remove(struct sessions *sessions, struct session *session);
/* NULL: it is gone, or another loop's. */
struct session *sessions_find(const struct sessions *sessions, uint64_t id);

/* In no order. `visit` may push to a session, but not close one. */
void sessions_each(const struct sessions *sessions, void (*visit)(struct session *session, void *context),
                   void *context);

/* Lift one of the reasons for which sessions wait, for all of them, first for who came first. True: some of
 * them can run now. */
bool sessions_resume(const struct sessions *sessions, unsigned why);

/* A transaction that is over, for the next one; NULL: there is none. Freed with the sessions. */
struct multi **sessions_spare_multi(struct sessions *sessions);

/* session_push() to a session of any loop, by letter; from any thread. Nothing happens if it is gone. To one
 * of the own loop it comes later than with session_push(). */
void sessions_mail(struct loop *to, uint64_t id, struct slice bytes);

#endif
