#include "server/core/loop.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/core/server.h"
#include "server/core/take_back.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/keyspace.h"

void loop_read_clock(struct loop *loop)
{
    loop->now_ms = server_now_ms(loop->server);
    /* What commands see of bumps is fixed along with the time. */
    bumps_look(keyspace_bumps(loop->server->keyspace));
}

/* An idle handle makes the poll return at once: wanted only while there is something to do. */
static void do_nothing(uv_idle_t *idle)
{
    (void)idle;
}

void loop_set_busy(struct loop *loop, bool busy)
{
    if (busy)
        uv_idle_start(&loop->busy, do_nothing);
    else
        uv_idle_stop(&loop->busy);
}

static void after_poll(uv_check_t *check)
{
    struct loop *loop = check->data;
    drowse_listen(loop);
    counter_add(&loop->counters.turns, 1);
    loop->stages->turn(loop);
}

static void on_cron(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop_read_clock(loop);
    loop->stages->cron(loop);
    drowse_consider(loop);
}

void loop_take_back(struct loop *loop, size_t start)
{
    take_back(&loop->reply, start);
}

static void attach(struct loop *loop, uv_handle_t *handle)
{
    handle->data = loop;
}

int loop_init(struct loop *loop, struct server *server, unsigned index, const struct loop_stages *stages)
{
    *loop = (struct loop){ .server = server, .index = index, .stages = stages };
    int failure = uv_loop_init(&loop->uv);
    if (failure == 0) failure = mailbox_init(&loop->mailbox, &loop->uv, loop);
    if (failure == 0) failure = uv_check_init(&loop->uv, &loop->after_poll);
    if (failure == 0) failure = uv_idle_init(&loop->uv, &loop->busy);
    if (failure == 0) failure = uv_timer_init(&loop->uv, &loop->cron);
    if (failure == 0) failure = uv_timer_init(&loop->uv, &loop->drain);
    if (failure != 0) return failure;

    attach(loop, (uv_handle_t *)&loop->after_poll);
    attach(loop, (uv_handle_t *)&loop->busy);
    attach(loop, (uv_handle_t *)&loop->cron);
    attach(loop, (uv_handle_t *)&loop->drain);
    uv_check_start(&loop->after_poll, after_poll);
    uv_timer_start(&loop->cron, on_cron, CRON_MS, CRON_MS);
    loop->reply = (struct reply){ .out = &loop->out, .values = &loop->values, .protocol = 2 };
    loop->flush_at = FLUSH_BYTES;
    buffer_reserve(&loop->out, 16 << 10);
    stages->open(loop);
    return 0;
}

/* Written when the thread begins to run its loop, and at the end of that. */
static _Thread_local struct loop *thread_loop;

struct loop *loop_of_thread(void)
{
    return thread_loop;
}

void loop_run(struct loop *loop)
{
    thread_loop = loop;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    thread_loop = NULL;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

/* How long clients may take to read the replies they are owed. */
#define DRAIN_MS 1000

static void end(struct loop *loop)
{
    if (loop->ended) return;
    loop->ended = true;
    loop->stages->end(loop);
    uv_walk(&loop->uv, close_handle, NULL);
}

static void stop_draining(uv_timer_t *timer)
{
    end(timer->data);
}

void loop_stop(struct loop *loop)
{
    if (loop->stopping) return;
    loop->stopping = true;
    bool waits = loop->stages->finish(loop);
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->drain, stop_draining, waits ? DRAIN_MS : 0, 0);
}

void loop_is_deserted(struct loop *loop)
{
    if (loop->stopping && !loop->ended) uv_timer_start(&loop->drain, stop_draining, 0, 0);
}

void loop_clear(struct loop *loop)
{
    mailbox_drain(&loop->mailbox);
    int failure = uv_loop_close(&loop->uv);
    INVARIANT(failure == 0);
    loop_take_back(loop, 0);
    alloc_free(loop->values.items);
    buffer_clear(&loop->out);
    buffer_clear(&loop->behind);
    loop->stages->clear(loop);
}
