#include "server/exec/session/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/chains.h"
#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/exec/session/session.h"
#include "server/exec/transaction/multi.h"

struct sessions {
    struct chains by_id;
    struct multi *spare_multi;
};

struct sessions *sessions_create(void)
{
    return ALLOC_NEW(struct sessions);
}

void sessions_destroy(struct sessions **sessions)
{
    INVARIANT((*sessions)->by_id.len == 0);
    if ((*sessions)->spare_multi != NULL) multi_destroy((*sessions)->spare_multi);
    chains_clear(&(*sessions)->by_id);
    alloc_free(*sessions);
    *sessions = NULL;
}

void sessions_add(struct sessions *sessions, struct session *session)
{
    chains_add(&sessions->by_id, &session->by_id, chains_hash_number(session->id));
}

void sessions_remove(struct sessions *sessions, struct session *session)
{
    chains_remove(&sessions->by_id, &session->by_id);
}

struct session *sessions_find(const struct sessions *sessions, uint64_t id)
{
    struct chain *at = chains_find(&sessions->by_id, chains_hash_number(id));
    while (at != NULL && ((struct session *)at)->id != id) at = chain_next(at);
    return (struct session *)at;
}

void sessions_each(const struct sessions *sessions, void (*visit)(struct session *session, void *context),
                   void *context)
{
    struct chains_walk walk = { 0 };
    for (struct chain *at; (at = chains_next(&sessions->by_id, &walk)) != NULL;)
        visit((struct session *)at, context);
}

static int by_wait(const void *a, const void *b)
{
    const struct session *const *one = a, *const *other = b;
    return (*one)->wait_number < (*other)->wait_number ? -1 : 1;
}

/* In the order in which they came to wait. */
static size_t those_who_wait(const struct sessions *sessions, unsigned why, struct session **waiting)
{
    struct chains_walk walk = { 0 };
    size_t len = 0;
    for (struct chain *at; (at = chains_next(&sessions->by_id, &walk)) != NULL;) {
        struct session *session = (struct session *)at;
        if (session->waits & why) waiting[len++] = session;
    }
    qsort(waiting, len, sizeof(*waiting), by_wait);
    return len;
}

bool sessions_resume(const struct sessions *sessions, unsigned why)
{
    struct session **waiting = alloc_bytes(sessions->by_id.len * sizeof(*waiting));
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
