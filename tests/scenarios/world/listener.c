#include "tests/scenarios/world/listener.h"

#include <stdio.h>

#include "tests/support/client/reply_parts.h"

struct slice listener_channel(char out[static LISTENER_CHANNEL_MAX], int place)
{
    int len = snprintf(out, LISTENER_CHANNEL_MAX, "told:%d", place);
    return slice_of(out, (size_t)len);
}

void listener_hear(struct referee *referee, int place, struct slice reply)
{
    struct slice kind = reply_part(reply, 0);
    if (kind.len == 0 || !slice_equal(reply_part_text(kind), SLICE("message"))) return;
    referee_tell(referee, place, reply_part_text(reply_part(reply, 2)));
}
