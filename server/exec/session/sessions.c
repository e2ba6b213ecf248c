#include "server/exec/session/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/exec/session/session.h"
#include "server/exec/transaction/multi.h"

struct sessions {
    struct session **buckets; /* 1 << bits of them */
    unsigned bits;
    size_t len;
    struct multi *spare_multi;
};

#define FIRST_BITS 6

struct sessions *sessions_create(void)
{
    struct sessions *sessions = ALLOC_NEW(struct sessions);
    sessions->bits = FIRST_BITS;
    sessions->buckets = alloc_zeroed(((size_t)1 << FIRST_BITS) * sizeof(struct session *));
    return sessions;
}

void sessions_destroy(struct sessions **sessions)
{
    INVARIANT((*sessions)->len == 0);
    if ((*sessions)->spare_multi != NULL) multi_destroy((*sessions)->spare_multi);
    alloc_free((*sessions)->buckets);
    alloc_free(*sessions);
    *sessions = NULL;
}

static struct session **bucket_of(const struct sessions *sessions, uint64_t id)
{
    return &sessions->buckets[id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - sessions->bits)];
}

static void put(struct sessions *sessions, struct session *session)
{
    struct session **bucket = bucket_of(sessions, session->id);
    session->next_of_id = *bucket;
    *bucket = session;
}

static void grow(struct sessions *sessions)
{
    struct sessions old = *sessions;
    sessions->bits++;
    sessions->buckets = alloc_zeroed(((size_t)1 << sessions->bits) * sizeof(struct session *));
    for (size_t i = 0; i < (size_t)1 << old.bits; i++) {
        for (struct session *session = old.buckets[i], *next; session != NULL; session = next) {
            next = session->next_of_id;
            put(sessions, session);
        }
    }
    alloc_free(old.buckets);
}

void sessions_add(struct sessions *sessions, struct session *session)
{
    if (sessions->len == (size_t)1 << sessions->bits) grow(sessions);
    put(sessions, session);
    sessions->len++;
}

void sessions_remove(struct sessions *sessions, struct session *session)
{
    struct session **link = bucket_of(sessions, session->id);
    while (*link != session) {
        INVARIANT(*link != NULL);
        link = &(*link)->next_of_id;
    }
    *link = session->next_of_id;
    sessions->len--;
}

struct session *sessions_find(const struct sessions *sessions, uint64_t id)
{
    struct session *session = *bucket_of(sessions, id);
    while (session != NULL && session->id != id) session = session->next_of_id;
    return session;
}

void sessions_each(const struct sessions *sessions, void (*visit)(struct session *session, void *context),
                   void *context)
{
    for (size_t i = 0; i < (size_t)1 << sessions->bits; i++)
        for (struct session *session = sessions->buckets[i]; session != NULL; session = session->next_of_id)
            visit(session, context);
}

static int by_wait(const void *a, const void *b)
{
    const struct session *const *one = a, *const *other = b;
    return (*one)->wait_number < (*other)->wait_number ? -1 : 1;
}

/* In the order in which they came to wait. */
static size_t those_who_wait(const struct sessions *sessions, unsigned why, struct session **waiting)
{
    size_t len = 0;
    for (size_t i = 0; i < (size_t)1 << sessions->bits; i++)
        for (struct session *session = sessions->buckets[i]; session != NULL; session = session->next_of_id)
            if (session->waits & why) waiting[len++] = session;
    qsort(waiting, len, sizeof(*waiting), by_wait);
    return len;
}

bool sessions_resume(const struct sessions *sessions, unsigned why)
{
    struct session **waiting = alloc_bytes(sessions->len * sizeof(*waiting));
    size_t len = those_who_wait(sessions, why, waiting);
    bool some = false;
    for (size_t i = 0; i < len; i++) {
        session_resume(waiting[i], why); /* one that has nothing to do any more closes, and is freed later */
        some |= waiting[i]->waits == 0;
    }
    alloc_free(waiting);
    return some;
}

struct multi **sessions_spare_multi(struct sessions *sessions)
{
    return &sessions->spare_multi;
}

struct push_letter {
    struct letter letter;
    uint64_t id;
    size_t len;
    char bytes[];
};

static void deliver(struct loop *loop, struct letter *letter)
{
    struct push_letter *push = (struct push_letter *)letter;
    struct session *session = sessions_find(loop->sessions, push->id);
    if (session != NULL) session_push(session, slice_of(push->bytes, push->len));
    alloc_free(push);
}

void sessions_mail(struct loop *to, uint64_t id, struct slice bytes)
{
    struct push_letter *push = alloc_bytes(sizeof(*push) + bytes.len);
    push->letter.open = deliver;
    push->id = id;
    push->len = bytes.len;
    if (bytes.len > 0) memcpy(push->bytes, bytes.data, bytes.len);
    mailbox_post(&to->mailbox, &push->letter);
}
