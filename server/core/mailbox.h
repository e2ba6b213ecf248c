/*
 * mailbox.h - the one way between loops.
 *
 * Any thread posts a letter; the owning loop wakes up and opens all that came, in the order in which each
 * sender posted. Posting is lock-free: a push onto a stack that the owner takes whole and turns around.
 *
 * Ownership: a letter belongs to the mailbox from mailbox_post() until `open` is called on it; `open` owns
 * it. Letters are embedded in what they carry. Threads: mailbox_post() and mailbox_ring() any; everything
 * else the owning loop.
 */
#ifndef SERVER_CORE_MAILBOX_H
#define SERVER_CORE_MAILBOX_H

#include <stdatomic.h>

#include <uv.h>

struct loop;

struct letter {
    struct letter *next;
    void (*open)(struct loop *loop, struct letter *letter);
};

struct mailbox {
    _Atomic(struct letter *) newest;
    uv_async_t bell;
    struct loop *owner;
};

/* libuv's code, 0 for success. */
int mailbox_init(struct mailbox *mailbox, uv_loop_t *uv, struct loop *owner);
/* Let the owner poll again, with or without a letter. */
void mailbox_ring(struct mailbox *mailbox);
void mailbox_post(struct mailbox *mailbox, struct letter *letter);
/* Open what is there now. */
void mailbox_drain(struct mailbox *mailbox);
/* The same, where mostly nothing is. */
static inline void mailbox_look(struct mailbox *mailbox)
{
    struct letter *newest = atomic_load_explicit(&mailbox->newest, memory_order_acquire);
    if (__builtin_expect(newest != NULL, 0)) mailbox_drain(mailbox);
}

#endif
