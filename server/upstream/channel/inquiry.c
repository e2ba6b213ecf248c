#include "server/upstream/channel/inquiry.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/channel/upstream.h"

struct inquiry {
    struct upstream_request request;
    struct lane *lane;
    inquiry_answer answer;
    struct buffer bytes;
};

static void inquiry_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct inquiry *inquiry = (struct inquiry *)request;
    if (outcome == UPSTREAM_REPLIED) inquiry->answer(inquiry->lane, reply, request->sent_ms);
    buffer_clear(&inquiry->bytes);
    alloc_free(inquiry);
}

void inquiry_send(struct channel *channel, const struct slice *words, size_t count, inquiry_answer answer,
                  struct lane *lane)
{
    struct inquiry *inquiry = ALLOC_NEW(struct inquiry);
    inquiry->lane = lane;
    inquiry->answer = answer;
    command_write(&inquiry->bytes, words, count);
    inquiry->request = (struct upstream_request){ .bytes = buffer_slice(&inquiry->bytes),
                                                  .db = UPSTREAM_ANY_DB,
                                                  .done = inquiry_done };
    channel_send(channel, &inquiry->request);
}
