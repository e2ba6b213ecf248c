#include "server/upstream/departure.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/loop.h"
#include "server/server.h"
#include "server/upstream/patron.h"
#include "server/upstream/tier.h"

struct departure {
    struct upstream_request request;
    struct letter letter;
    struct tier *tier;
    char bytes[96];
};

static void on_reply(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct departure *departure = (struct departure *)request;
    struct tier *tier = departure->tier;
    (void)outcome; /* without a link the connection that waits is lost as well */
    (void)reply;
    alloc_free(departure);
    atomic_fetch_add(&tier->departed, 1);
    tier_wake(tier);
}

static void send_departure(struct departure *departure)
{
    struct tier *tier = departure->tier;
    if (tier->upstream != NULL)
        tier->upstream->send(tier->upstream, &departure->request);
    else
        on_reply(&departure->request, UPSTREAM_UNSENT, SLICE(""));
}

static void open_letter(struct loop *loop, struct letter *letter)
{
    (void)loop;
    send_departure((struct departure *)(void *)((char *)letter - offsetof(struct departure, letter)));
}

void departure_announce(struct loop *loop, int64_t upstream_id, const char *how)
{
    if (upstream_id == 0) return;
    char number[24];
    struct departure *departure = ALLOC_NEW(struct departure);
    int digits = snprintf(number, sizeof(number), "%lld", (long long)upstream_id);
    int len = snprintf(departure->bytes, sizeof(departure->bytes),
                       "*4\r\n$6\r\nCLIENT\r\n$7\r\nUNBLOCK\r\n$%d\r\n%s\r\n$%zu\r\n%s\r\n", digits, number,
                       strlen(how), how);
    departure->tier = loop->server->tier;
    departure->request = (struct upstream_request){ .bytes = slice_of(departure->bytes, (size_t)len),
                                                    .db = UPSTREAM_ANY_DB,
                                                    .done = on_reply };
    atomic_fetch_add(&departure->tier->departures, 1);
    if (loop->index == 0) {
        send_departure(departure);
        return;
    }
    departure->letter.open = open_letter;
    mailbox_post(&loop->server->loops[0].mailbox, &departure->letter);
}

bool departure_is_pending(const struct tier *tier)
{
    return atomic_load(&tier->departures) != atomic_load(&tier->departed);
}

bool departure_holds(struct tier *tier, struct patron *patron)
{
    if (patron->departures == 0 && departure_is_pending(tier))
        patron->departures = atomic_load(&tier->departures);
    if (patron->departures > atomic_load(&tier->departed)) return true;
    patron->departures = 0;
    return false;
}
