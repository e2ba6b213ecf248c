#include "server/upstream/copies/touch.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/holder.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/tier_state.h"

struct touch {
    struct letter letter; /* first */
    struct upstream_request request;
    struct buffer bytes;
};

static void touch_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct touch *touch = HOLDER_OF(request, struct touch, request);
    (void)outcome;
    (void)reply;
    buffer_clear(&touch->bytes);
    alloc_free(touch);
}

static void open_touch(struct loop *loop, struct letter *letter)
{
    struct touch *touch = (struct touch *)letter;
    tier_ask(loop->server->tier, &touch->request);
}

void touch_send(struct loop *loop, unsigned db, struct slice name)
{
    struct touch *touch = ALLOC_NEW(struct touch);
    struct slice words[] = { SLICE("TOUCH"), name };
    command_write(&touch->bytes, words, 2);
    touch->letter.open = open_touch;
    touch->request = (struct upstream_request){ .bytes = buffer_slice(&touch->bytes),
                                                .db = tier_upstream_db(loop->server->tier, db),
                                                .done = touch_done };
    counter_add(&tier_of(loop)->stats.touched, 1);
    mailbox_post(&loop->server->loops[0].mailbox, &touch->letter);
}
