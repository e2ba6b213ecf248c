#include "server/net/tls/tls_loop.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/net/tls/tls_state.h"

/* Of each turn, for those that are due; then the requests that were read meanwhile have theirs. */
#define SLICE_NS 1000000u

static void step_all(uv_check_t *check);

struct tls_loop *tls_loop_create(uv_loop_t *uv, const struct settings *settings)
{
    struct tls_loop *loop = ALLOC_NEW(struct tls_loop);
    loop->settings = settings;
    int failure = uv_check_init(uv, &loop->step);
    if (failure == 0) failure = uv_idle_init(uv, &loop->again);
    if (failure == 0) failure = uv_timer_init(uv, &loop->patience);
    INVARIANT(failure == 0);
    loop->step.data = loop->patience.data = loop;
    return loop;
}

void tls_loop_destroy(struct tls_loop **loop)
{
    alloc_free((*loop)->input);
    buffer_clear(&(*loop)->out);
    alloc_free(*loop);
    *loop = NULL;
}

static void do_nothing(uv_idle_t *idle)
{
    (void)idle;
}

void tls_loop_make_due(struct tls_wire *tls)
{
    struct tls_list *due = &tls->loop->due;
    if (tls->due) return;
    tls->due = true;
    tls->due_before = due->last;
    tls->due_behind = NULL;
    if (due->last != NULL)
        due->last->due_behind = tls;
    else
        due->first = tls;
    due->last = tls;
    if (due->first != tls || uv_is_closing((uv_handle_t *)&tls->loop->step)) return;
    uv_check_start(&tls->loop->step, step_all);
    uv_idle_start(&tls->loop->again, do_nothing);
}

static void leave_due(struct tls_wire *tls)
{
    struct tls_list *due = &tls->loop->due;
    if (!tls->due) return;
    tls->due = false;
    *(tls->due_before != NULL ? &tls->due_before->due_behind : &due->first) = tls->due_behind;
    *(tls->due_behind != NULL ? &tls->due_behind->due_before : &due->last) = tls->due_before;
    if (due->first != NULL) return;
    uv_check_stop(&tls->loop->step);
    uv_idle_stop(&tls->loop->again);
}

static void step_all(uv_check_t *check)
{
    struct tls_loop *loop = check->data;
    uint64_t until_ns = uv_hrtime() + SLICE_NS;
    while (loop->due.first != NULL) {
        struct tls_wire *tls = loop->due.first;
        leave_due(tls);
        tls_step(tls);
        if (uv_hrtime() >= until_ns) return;
    }
}

static void lose_patience(uv_timer_t *timer);

static void wait_for_first(struct tls_loop *loop)
{
    const struct tls_wire *first = loop->shaking.first;
    uint64_t now_ms = uv_now(loop->patience.loop);
    if (first == NULL)
        uv_timer_stop(&loop->patience);
    else
        uv_timer_start(&loop->patience, lose_patience,
                       first->patience_ends_ms > now_ms ? first->patience_ends_ms - now_ms : 0, 0);
}

static void lose_patience(uv_timer_t *timer)
{
    struct tls_loop *loop = timer->data;
    while (loop->shaking.first != NULL && loop->shaking.first->patience_ends_ms <= uv_now(timer->loop)) {
        struct tls_wire *tls = loop->shaking.first;
        tls_loop_end_shaking(tls);
        tls_lose_patience(tls);
    }
    wait_for_first(loop);
}

void tls_loop_begin_shaking(struct tls_wire *tls)
{
    struct tls_list *shaking = &tls->loop->shaking;
    int64_t patience_ms = SETTING(tls->loop->settings, tls_handshake_timeout_ms);
    tls->patience_ends_ms = uv_now(tls->loop->patience.loop) + (uint64_t)patience_ms;
    tls->shaking = true;
    tls->shaking_before = shaking->last;
    tls->shaking_behind = NULL;
    if (shaking->last != NULL)
        shaking->last->shaking_behind = tls;
    else
        shaking->first = tls;
    shaking->last = tls;
    if (shaking->first == tls && !uv_is_closing((uv_handle_t *)&tls->loop->patience))
        wait_for_first(tls->loop);
}

void tls_loop_end_shaking(struct tls_wire *tls)
{
    struct tls_list *shaking = &tls->loop->shaking;
    if (!tls->shaking) return;
    tls->shaking = false;
    *(tls->shaking_before != NULL ? &tls->shaking_before->shaking_behind : &shaking->first) =
        tls->shaking_behind;
    *(tls->shaking_behind != NULL ? &tls->shaking_behind->shaking_before : &shaking->last) =
        tls->shaking_before;
    if (shaking->first == NULL) uv_timer_stop(&tls->loop->patience);
}

void tls_loop_forget(struct tls_wire *tls)
{
    leave_due(tls);
    tls_loop_end_shaking(tls);
}
