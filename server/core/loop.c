#include "server/core/loop.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/core/server.h"
#include "server/exec/pause.h"
#include "server/exec/sessions.h"
#include "server/exec/table.h"
#include "server/main/cron.h"
#include "server/memory/memory_limit.h"
#include "server/net/client_eviction.h"
#include "server/net/connection.h"
#include "server/upstream/clients/departure.h"
#include "server/upstream/tier.h"
#include "storage/entry/long_text.h"

void loop_read_clock(struct loop *loop)
{
    loop->now_ms = server_now_ms(loop->server);
}

/* --- a turn ----------------------------------------------------------------------------------------------
 */

/* An idle handle makes the poll return at once: wanted only while there is something to do. */
static void do_nothing(uv_idle_t *idle)
{
    (void)idle;
}

static bool has_work(const struct loop *loop)
{
    return loop->ready_len > 0 || loop->sweeping || loop->relieving;
}

void loop_hurry(struct loop *loop)
{
    uv_idle_start(&loop->busy, do_nothing);
}

static void update_busy(struct loop *loop)
{
    if (has_work(loop))
        uv_idle_start(&loop->busy, do_nothing);
    else
        uv_idle_stop(&loop->busy);
}

static void run_batch(struct loop *loop)
{
    batch_run(loop);
    drowse_rouse(loop->server);
}

/* So many connections make a batch: it has keys enough to be fetched ahead together, what was read is still
 * in the nearest cache, and the first do not wait for all others to be read. */
#define BATCH_CONNECTIONS 16

void loop_serve(struct loop *loop)
{
    if (loop->ready_len < BATCH_CONNECTIONS) return;
    if (loop->server->tier != NULL) tier_deliver(loop);
    loop_read_clock(loop);
    if (loop->accounts.grown) client_eviction_run(loop);
    run_batch(loop);
    connection_flush_pushed(loop);
    update_busy(loop);
}

static void run_turn(struct loop *loop)
{
    loop_read_clock(loop);
    if (loop->accounts.grown) client_eviction_run(loop);
    if (loop->ready_len > 0) run_batch(loop);
    if (loop->accounts.grown) client_eviction_run(loop); /* for what they were replied */
    if (loop->sweeping) cron_sweep(loop);
    if (loop->relieving) memory_limit_relieve(loop);
    loop_post(loop);
}

static void after_poll(uv_check_t *check)
{
    struct loop *loop = check->data;
    struct tier *tier = loop->server->tier;
    drowse_listen(loop);
    if (tier != NULL) departure_looked(loop);
    counter_add(&loop->counters.turns, 1);
    if (tier != NULL) tier_deliver(loop);
    bool worked = has_work(loop);
    if (worked) run_turn(loop);
    if (tier != NULL) tier_depart(loop);
    bool pushed = connection_flush_pushed(loop);
    if (worked || pushed || has_work(loop)) update_busy(loop);
}

static void on_cron(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop_read_clock(loop);
    cron_run(loop);
    loop_post(loop);
    drowse_consider(loop);
    update_busy(loop);
}

void loop_make_ready(struct loop *loop, struct connection *connection)
{
    if (connection->ready) return;
    connection->ready = true;
    if (loop->ready_len == loop->ready_cap) {
        loop->ready_cap = loop->ready_cap > 0 ? 2 * loop->ready_cap : 64;
        loop->ready = alloc_resize(loop->ready, loop->ready_cap * sizeof(*loop->ready));
    }
    loop->ready[loop->ready_len++] = connection;
}

void loop_forget_ready(struct loop *loop, struct connection *connection)
{
    if (!connection->ready) return;
    connection->ready = false;
    for (size_t i = 0; i < loop->ready_len; i++) {
        if (loop->ready[i] == connection) loop->ready[i] = NULL;
    }
}

void loop_take_back(struct loop *loop, size_t start)
{
    struct reply_values *values = &loop->values;
    while (values->len > 0 && values->items[values->len - 1].at > start) {
        struct reply_value *value = &values->items[--values->len];
        values->bytes -= value->text.len;
        pin_drop(&(struct pin){ .text = value->text, .place = value->holder });
    }
    buffer_truncate(&loop->out, start);
}

/* --- CLIENT PAUSE ----------------------------------------------------------------------------------------
 */

static void resume_all(struct loop *loop, enum session_wait why)
{
    for (struct connection *connection = loop->connections; connection != NULL; connection = connection->next)
        if (connection->session.waits & why) connection_resume(connection, why);
}

static void end_pause(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop_read_clock(loop);
    loop_pause_changed(loop);
}

void loop_pause_changed(struct loop *loop)
{
    int64_t until_ms = pause_until_ms(loop->server->pause);
    if (until_ms > loop->now_ms) {
        uv_update_time(&loop->uv);
        uv_timer_start(&loop->pause, end_pause, (uint64_t)(until_ms - loop->now_ms), 0);
    }
    /* Also when a pause goes on: it may have turned from all commands to writes. */
    loop_ask_again(loop);
    update_busy(loop);
}

void loop_ask_again(struct loop *loop)
{
    resume_all(loop, WAIT_PAUSED);
}

void loop_unpark(struct loop *loop)
{
    resume_all(loop, WAIT_PARKED);
}

/* --- life ------------------------------------------------------------------------------------------------
 */

static void attach(struct loop *loop, uv_handle_t *handle)
{
    handle->data = loop;
}

/* Of its own, since most of it is seldom touched, and with a page behind it that nobody may touch. */
#define GUARD_BYTES 65536

static char *map_input(void)
{
    char *input = mmap(NULL, LOOP_INPUT_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    INVARIANT(input != MAP_FAILED);
    mprotect(input + LOOP_INPUT_BYTES, GUARD_BYTES, PROT_NONE);
    return input;
}

int loop_init(struct loop *loop, struct server *server, unsigned index)
{
    *loop = (struct loop){ .server = server, .index = index };
    int failure = uv_loop_init(&loop->uv);
    if (failure == 0) failure = mailbox_init(&loop->mailbox, &loop->uv, loop);
    if (failure == 0) failure = uv_check_init(&loop->uv, &loop->after_poll);
    if (failure == 0) failure = uv_idle_init(&loop->uv, &loop->busy);
    if (failure == 0) failure = uv_timer_init(&loop->uv, &loop->cron);
    if (failure == 0) failure = uv_timer_init(&loop->uv, &loop->pause);
    if (failure == 0) failure = uv_timer_init(&loop->uv, &loop->drain);
    if (failure != 0) return failure;

    attach(loop, (uv_handle_t *)&loop->after_poll);
    attach(loop, (uv_handle_t *)&loop->busy);
    attach(loop, (uv_handle_t *)&loop->cron);
    attach(loop, (uv_handle_t *)&loop->pause);
    attach(loop, (uv_handle_t *)&loop->drain);
    uv_check_start(&loop->after_poll, after_poll);
    uv_timer_start(&loop->cron, on_cron, CRON_MS, CRON_MS);
    loop->input = map_input();
    batch_init(&loop->batch);
    loop->sessions = sessions_create();
    loop->reply = (struct reply){ .out = &loop->out, .values = &loop->values, .protocol = 2 };
    loop->flush_at = FLUSH_BYTES;
    buffer_reserve(&loop->out, 16 << 10);
    counters_init(&loop->counters, command_table_ids(server->commands));
    return 0;
}

/* Written once, when the thread begins to run its loop. */
static _Thread_local struct loop *thread_loop;

struct loop *loop_of_thread(void)
{
    return thread_loop;
}

void loop_run(struct loop *loop)
{
    thread_loop = loop;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
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
    while (loop->connections != NULL) connection_close(loop->connections);
    loop->ready_len = 0;
    if (loop->server->tier != NULL) tier_stop_loop(loop->server->tier, loop);
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
    struct connection *next;
    for (struct connection *connection = loop->connections; connection != NULL; connection = next) {
        next = connection->next;
        connection->session.closing = true;
        connection_finish(connection);
    }
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->drain, stop_draining, loop->connections != NULL ? DRAIN_MS : 0, 0);
}

void loop_connection_left(struct loop *loop)
{
    bool waited_for = loop->stopping && !loop->ended;
    if (waited_for && loop->connections == NULL) uv_timer_start(&loop->drain, stop_draining, 0, 0);
}

void loop_clear(struct loop *loop)
{
    mailbox_drain(&loop->mailbox);
    int failure = uv_loop_close(&loop->uv);
    INVARIANT(failure == 0);
    batch_clear(&loop->batch);
    loop_take_back(loop, 0);
    alloc_free(loop->values.items);
    buffer_clear(&loop->out);
    buffer_clear(&loop->behind);
    sessions_destroy(&loop->sessions);
    counters_clear(&loop->counters);
    alloc_free(loop->ready);
    munmap(loop->input, LOOP_INPUT_BYTES + GUARD_BYTES);
}
