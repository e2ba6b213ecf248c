/* Letters between loops: within one thread, where only the mailbox itself costs, and there and back between
 * two, each on a core of its own where the machine has two. */
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "bench/kit/program.h"
#include "bench/micro/case.h"
#include "proto/base/alloc.h"
#include "proto/base/holder.h"
#include "server/core/mailbox.h"

#define BATCH      16
#define OTHER_CORE 1

struct own {
    uv_loop_t uv;
    struct mailbox mailbox;
    struct letter letters[BATCH];
};

static void close_mailbox(uv_loop_t *uv, struct mailbox *mailbox)
{
    uv_close((uv_handle_t *)&mailbox->bell, NULL);
    uv_run(uv, UV_RUN_DEFAULT);
    uv_loop_close(uv);
}

static void open_own(struct loop *loop, struct letter *letter)
{
    (void)loop;
    micro_use(letter);
}

static void *create_own(void)
{
    struct own *own = ALLOC_NEW(struct own);
    uv_loop_init(&own->uv);
    mailbox_init(&own->mailbox, &own->uv, NULL);
    for (int i = 0; i < BATCH; i++) own->letters[i].open = open_own;
    return own;
}

/* Posted together, and opened by one turn of the loop. */
static void post_and_open(void *context, uint64_t count)
{
    struct own *own = context;
    for (uint64_t done = 0; done < count; done += BATCH) {
        for (int i = 0; i < BATCH; i++) mailbox_post(&own->mailbox, &own->letters[i]);
        uv_run(&own->uv, UV_RUN_NOWAIT);
    }
}

static void destroy_own(void *context)
{
    struct own *own = context;
    close_mailbox(&own->uv, &own->mailbox);
    alloc_free(own);
}

struct trip {
    struct letter letter;
    uint64_t left;
    uv_loop_t here, there;
    struct mailbox mailbox_here, mailbox_there;
    uv_thread_t thread;
};

static struct trip *trip_of(struct letter *letter)
{
    return HOLDER_OF(letter, struct trip, letter);
}

static void open_there(struct loop *loop, struct letter *letter);

static void open_here(struct loop *loop, struct letter *letter)
{
    (void)loop;
    struct trip *trip = trip_of(letter);
    if (--trip->left == 0) {
        uv_stop(&trip->here);
        return;
    }
    letter->open = open_there;
    mailbox_post(&trip->mailbox_there, letter);
}

static void open_there(struct loop *loop, struct letter *letter)
{
    (void)loop;
    letter->open = open_here;
    mailbox_post(&trip_of(letter)->mailbox_here, letter);
}

static void end_there(struct loop *loop, struct letter *letter)
{
    (void)loop;
    uv_close((uv_handle_t *)&trip_of(letter)->mailbox_there.bell, NULL);
}

static void run_there(void *context)
{
    struct trip *trip = context;
    program_pin(OTHER_CORE);
    uv_run(&trip->there, UV_RUN_DEFAULT);
}

static void *create_trip(void)
{
    struct trip *trip = ALLOC_NEW(struct trip);
    uv_loop_init(&trip->here);
    uv_loop_init(&trip->there);
    mailbox_init(&trip->mailbox_here, &trip->here, NULL);
    mailbox_init(&trip->mailbox_there, &trip->there, NULL);
    uv_thread_create(&trip->thread, run_there, trip);
    return trip;
}

static void go_there_and_back(void *context, uint64_t count)
{
    struct trip *trip = context;
    trip->left = count;
    trip->letter.open = open_there;
    mailbox_post(&trip->mailbox_there, &trip->letter);
    uv_run(&trip->here, UV_RUN_DEFAULT);
}

static void destroy_trip(void *context)
{
    struct trip *trip = context;
    trip->letter.open = end_there;
    mailbox_post(&trip->mailbox_there, &trip->letter);
    uv_thread_join(&trip->thread);
    uv_loop_close(&trip->there);
    close_mailbox(&trip->here, &trip->mailbox_here);
    alloc_free(trip);
}

const struct micro_case mailbox_cases[] = {
    { "mailbox: post and open, 16 at once", create_own, post_and_open, destroy_own },
    { "mailbox: there and back between two loops", create_trip, go_there_and_back, destroy_trip },
    { 0 },
};
