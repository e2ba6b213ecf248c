/*
 * Whoever publishes faster than another loop hands out is made to wait, and goes on when that has caught up.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/notify.h"
#include "server/events/pubsub/edition.h"
#include "server/events/pubsub/pubsub.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/sheet.h"
#include "server/memory/client_account.h"

#define LOOPS 2
/* Far above what a box should hold. */
#define MANY 100000

/* Two loops whose threads do not run: each does something when it is told to. */
struct stage {
    struct settings settings;
    struct server server;
    struct loop loops[LOOPS];
    struct session publisher, reader;
    struct client_account account;
};

static size_t came; /* pieces, for the reader */

static void wait_for(struct session *session, enum session_wait why)
{
    session->waits |= why;
}

static void resume(struct session *session, unsigned why)
{
    session->waits &= ~why;
}

static void push_piece(struct session *session, uint32_t piece)
{
    (void)session, (void)piece;
    came++;
}

static const struct session_ops ops = { .wait = wait_for, .resume = resume, .push_piece = push_piece };

static void open_session(struct stage *stage, struct session *session, unsigned loop)
{
    session_init(session, loop + 1, true, 0);
    session->ops = &ops;
    session->loop = &stage->loops[loop];
    session->account = &stage->account;
    sessions_add(stage->loops[loop].sessions, session);
}

static struct stage *open_stage(void)
{
    struct stage *stage = ALLOC_NEW(struct stage);
    settings_init(&stage->settings);
    stage->server.settings = &stage->settings;
    stage->server.pubsub = pubsub_create(stage->loops, LOOPS, 1);
    stage->server.notify =
        notify_create(stage->server.settings, pubsub_registry_of(stage->server.pubsub), NULL, LOOPS);
    for (unsigned i = 0; i < LOOPS; i++) {
        struct loop *loop = &stage->loops[i];
        loop->server = &stage->server;
        loop->index = i;
        uv_loop_init(&loop->uv);
        mailbox_init(&loop->mailbox, &loop->uv, loop);
        loop->sessions = sessions_create();
        loop->sheet = ALLOC_NEW(struct sheet);
    }
    open_session(stage, &stage->publisher, 0);
    open_session(stage, &stage->reader, 1);
    cr_assert(pubsub_subscribe(&stage->reader, TOPIC_CHANNEL, SLICE("news")));
    came = 0;
    return stage;
}

static void close_session(struct session *session)
{
    pubsub_leave(session);
    sessions_remove(session->loop->sessions, session);
    session_clear(session);
}

static void close_stage(struct stage *stage)
{
    close_session(&stage->publisher);
    close_session(&stage->reader);
    for (unsigned i = 0; i < LOOPS; i++) stage->loops[i].ended = true;
    for (unsigned i = 0; i < LOOPS; i++) {
        struct loop *loop = &stage->loops[i];
        mailbox_drain(&loop->mailbox);
        uv_close((uv_handle_t *)&loop->mailbox.bell, NULL);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
        uv_loop_close(&loop->uv);
        sessions_destroy(&loop->sessions);
        sheet_clear(loop->sheet);
        alloc_free(loop->sheet);
    }
    notify_destroy(&stage->server.notify);
    pubsub_destroy(&stage->server.pubsub);
    settings_clear(&stage->settings);
    alloc_free(stage);
}

/* Until it has to wait. Returns how many. */
static size_t publish_on(struct stage *stage)
{
    size_t count = 0;
    struct loop *loop = &stage->loops[0];
    loop->executing = &stage->publisher;
    for (; count < MANY && stage->publisher.waits == 0; count++)
        cr_assert_eq(pubsub_publish(loop, TOPIC_CHANNEL, SLICE("news"), SLICE("0123456789abcdef")), 1);
    loop->executing = NULL;
    pubsub_post(loop);
    return count;
}

Test(pubsub_room, who_publishes_faster_than_another_loop_hands_out_waits_for_it)
{
    struct stage *stage = open_stage();
    size_t first = publish_on(stage);
    cr_assert(first > 1000 && first < MANY, "%zu messages", first);
    cr_assert_eq(stage->publisher.waits, WAIT_READERS);
    cr_assert(pubsub_is_ahead(&stage->loops[0]));

    mailbox_drain(&stage->loops[1].mailbox);
    cr_assert_not(pubsub_is_ahead(&stage->loops[0]));
    cr_assert_eq(stage->publisher.waits, WAIT_READERS);
    mailbox_drain(&stage->loops[0].mailbox);
    cr_assert_eq(stage->publisher.waits, 0);
    cr_assert(publish_on(stage) > 1000);
    close_stage(stage);
}

Test(pubsub_room, what_a_transaction_publishes_is_not_held_back_before_its_end)
{
    struct stage *stage = open_stage();
    stage->publisher.executing = true;
    cr_assert_eq(publish_on(stage), MANY);
    stage->publisher.executing = false;
    stage->loops[0].executing = &stage->publisher;
    pubsub_publish(&stage->loops[0], TOPIC_CHANNEL, SLICE("news"), SLICE("x"));
    stage->loops[0].executing = NULL;
    cr_assert_eq(stage->publisher.waits, WAIT_READERS);
    close_stage(stage);
}

Test(pubsub_room, who_empties_the_box_to_leave_lets_others_go_on)
{
    struct stage *stage = open_stage();
    publish_on(stage);
    cr_assert_eq(stage->publisher.waits, WAIT_READERS);
    pubsub_leave(&stage->reader);
    pubsub_post(&stage->loops[1]);
    mailbox_drain(&stage->loops[0].mailbox);
    cr_assert_eq(stage->publisher.waits, 0);
    close_stage(stage);
}
