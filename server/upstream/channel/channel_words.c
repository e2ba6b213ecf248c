#include <stdio.h>

#include "proto/base/alloc.h"
#include "server/upstream/channel/channel_state.h"
#include "server/upstream/channel/command_writer.h"

/* Databases of which it is remembered that they could be selected. */
#define KNOWN_DBS 64

static void own_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct own_request *own = (struct own_request *)request;
    if (outcome == UPSTREAM_REPLIED && own->channel->stage != STAGE_CLOSING)
        own->hear(own->channel, own, reply);
    buffer_clear(&own->bytes);
    alloc_free(own);
}

bool channel_is_own(const struct upstream_request *request)
{
    return request->done == own_done;
}

struct own_request *channel_say(struct channel *channel, const struct slice *words, size_t count,
                                void (*hear)(struct channel *channel, const struct own_request *own,
                                             struct slice reply))
{
    struct own_request *own = ALLOC_NEW(struct own_request);
    own->channel = channel;
    own->hear = hear;
    command_write(&own->bytes, words, count);
    own->request = (struct upstream_request){ .bytes = buffer_slice(&own->bytes),
                                              .db = UPSTREAM_ANY_DB,
                                              .done = own_done };
    channel_enqueue(channel, &own->request);
    return own;
}

uint64_t channel_db_bit(int db)
{
    return db >= 0 && db < KNOWN_DBS ? UINT64_C(1) << db : 0;
}

static void release_held(struct channel *channel);

/* Whoever wanted to be there is told, and nobody else. Of what was sent behind a SELECT that nobody expected
 * to be refused nothing may have run. */
static void on_select(struct channel *channel, const struct own_request *own, struct slice reply)
{
    bool refused = reply.data[0] == '-';
    channel->astray = refused && !own->waited_for;
    channel->known_dbs = refused ? channel->known_dbs & ~channel_db_bit(own->db)
                                 : channel->known_dbs | channel_db_bit(own->db);
    if (channel->astray && channel->db == own->db) channel->db = UPSTREAM_ANY_DB;
    if (!own->waited_for) return;
    if (refused) channel->db = own->former_db;
    while (refused && channel->held.oldest != NULL && channel->held.oldest->db == own->db)
        channel_tell(channel, queue_take(&channel->held), UPSTREAM_REPLIED, reply);
    channel->selecting = false;
    release_held(channel);
    channel_flush(channel);
}

static void select_db(struct channel *channel, int db)
{
    char number[16];
    int len = snprintf(number, sizeof(number), "%d", db);
    struct slice words[] = { SLICE("SELECT"), slice_of(number, (size_t)len) };
    struct own_request *own = channel_say(channel, words, 2, on_select);
    own->db = db;
    own->former_db = channel->db;
    own->waited_for = (channel->known_dbs & channel_db_bit(db)) == 0;
    channel->selecting = own->waited_for;
    channel->db = db;
}

static void send_now(struct channel *channel, struct upstream_request *request)
{
    if (request->db != UPSTREAM_ANY_DB && request->db != channel->db) select_db(channel, request->db);
    if (channel->selecting)
        queue_push(&channel->held, request);
    else
        channel_enqueue(channel, request);
}

static void release_held(struct channel *channel)
{
    struct queue held = channel->held;
    channel->held = (struct queue){ 0 };
    while (held.oldest != NULL && !channel->selecting) send_now(channel, queue_take(&held));
    if (held.oldest == NULL) return;
    channel->held.newest->next = held.oldest; /* the one that waits for the next SELECT goes first */
    channel->held.newest = held.newest;
}

void channel_send(struct channel *channel, struct upstream_request *request)
{
    if (channel->stage == STAGE_CLOSING) {
        request->done(request, UPSTREAM_UNSENT, SLICE(""));
        return;
    }
    channel->outstanding++;
    if (channel->selecting || channel->held.oldest != NULL)
        queue_push(&channel->held, request);
    else
        send_now(channel, request);
}

/* It was accepted, as were those below, of which there are no gaps. */
void channel_set_db(struct channel *channel, int db)
{
    channel->db = db;
    channel->known_dbs |= channel_db_bit(db) | (channel_db_bit(db) - 1);
    if (db >= KNOWN_DBS) channel->known_dbs = UINT64_MAX;
}

bool channel_is_selecting(const struct channel *channel)
{
    return channel->selecting || channel->held.oldest != NULL;
}
