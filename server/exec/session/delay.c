#include "server/exec/session/delay.h"

#include <stddef.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "server/exec/session/suspension.h"

struct delay {
    uv_timer_t timer;
    struct session *session;
    void (*answer)(struct reply *reply);
};

static void free_delay(uv_handle_t *handle)
{
    alloc_free(handle->data);
}

void delay_cancel(struct session *session)
{
    struct delay *delay = session->delay;
    session->delay = NULL;
    if (delay != NULL) uv_close((uv_handle_t *)&delay->timer, free_delay);
}

static void write_answer(struct session *session, struct reply *reply, void *answer)
{
    struct delay *delay = answer;
    (void)session;
    delay->answer(reply);
}

static void on_time(uv_timer_t *timer)
{
    struct delay *delay = timer->data;
    struct session *session = delay->session;
    struct loop *loop = session->loop;
    loop_read_clock(loop);
    session->delay = NULL;
    suspension_end(loop, session->id, write_answer, delay);
    uv_close((uv_handle_t *)timer, free_delay);
}

void delay_reply(struct call *call, int64_t ms, void (*answer)(struct reply *reply))
{
    suspension_start(call, WAIT_SUSPENDED);
    if (ms < 0) return;

    struct delay *delay = ALLOC_NEW(struct delay);
    uv_loop_t *uv = &call->loop->uv;
    delay->session = call->session;
    delay->session->delay = delay;
    delay->answer = answer;
    uv_timer_init(uv, &delay->timer);
    delay->timer.data = delay;
    uv_update_time(uv); /* a batch may have taken a while since it was read */
    uv_timer_start(&delay->timer, on_time, (uint64_t)ms, 0);
}
