#include "server/core/mailbox.h"

#include <stddef.h>

#include "storage/keyspace/rank.h"

static void answer(uv_async_t *bell)
{
    mailbox_drain(bell->data);
}

int mailbox_init(struct mailbox *mailbox, uv_loop_t *uv, struct loop *owner)
{
    atomic_init(&mailbox->newest, NULL);
    mailbox->owner = owner;
    mailbox->bell.data = mailbox;
    return uv_async_init(uv, &mailbox->bell, answer);
}

/* libuv looks by a plain load whether the bell rings already. A processor may let a load overtake the stores
 * before it: what is found then is a ring that was answered before the letter came. */
void mailbox_ring(struct mailbox *mailbox)
{
    rank_require_none();
    atomic_thread_fence(memory_order_seq_cst);
    uv_async_send(&mailbox->bell);
}

void mailbox_post(struct mailbox *mailbox, struct letter *letter)
{
    letter->next = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&mailbox->newest, &letter->next, letter,
                                                  memory_order_release, memory_order_relaxed)) {}
    mailbox_ring(mailbox);
}

static struct letter *oldest_first(struct letter *newest)
{
    struct letter *oldest = NULL;
    while (newest != NULL) {
        struct letter *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

void mailbox_drain(struct mailbox *mailbox)
{
    struct letter *letter =
        oldest_first(atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire));
    while (letter != NULL) {
        struct letter *next = letter->next; /* `open` may free the letter */
        letter->open(mailbox->owner, letter);
        letter = next;
    }
}
