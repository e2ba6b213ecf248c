#include "server/events/pubsub/pubsub.h"

#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/events/notify.h"
#include "server/events/pubsub/audience.h"
#include "server/events/pubsub/edition.h"
#include "server/events/pubsub/pubsub_registry.h"
#include "server/events/pubsub/subscriber.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/sheet.h"
#include "server/memory/client_account.h"
#include "storage/table/key.h"

#define LOOPS_MAX 128

/* What each loop has of it. */
struct outlet {
    struct edition_box box;
    struct letter bell;               /* for this loop, to open its box */
    _Atomic bool ringing;             /* the bell is in its mailbox */
    uint64_t to_ring[LOOPS_MAX / 64]; /* loops that this one has put something into the boxes of */
    struct topic **topics;            /* of the publication at hand */
    size_t topics_cap;
    _Atomic uint64_t waiting[LOOPS_MAX / 64]; /* loops with sessions that wait until this box is emptied */
    uint64_t to_let_go[LOOPS_MAX / 64];       /* those of them that it has been emptied for */
    struct letter room;                       /* for this loop: a box that sessions of its waited for was */
    _Atomic bool room_is_told;                /* it is in its mailbox */
};

struct pubsub {
    struct pubsub_registry *registry;
    struct loop *loops;
    unsigned loop_count;
    uint64_t seed;
    struct outlet outlets[];
};

static struct pubsub *pubsub_of(const struct loop *loop)
{
    return loop->server->pubsub;
}

static struct outlet *outlet_of(const struct loop *loop)
{
    return &pubsub_of(loop)->outlets[loop->index];
}

uint64_t pubsub_hash(const struct pubsub *pubsub, struct slice name)
{
    return key_hash(pubsub->seed, name);
}

struct pubsub_registry *pubsub_registry_of(struct pubsub *pubsub)
{
    return pubsub->registry;
}

/* Behind the end of the loop's sheet. Returns its length. */
static size_t write_message(struct loop *loop, const struct audience *audience, int protocol,
                            struct slice channel, struct slice message)
{
    char *place = sheet_reserve(loop->sheet, audience_message_max(audience, channel, message));
    return audience_write(audience, protocol, channel, message, place);
}

/* Of them, how many were given the message, so that more could be added to it for all of them. */
static uint32_t tell_protocol(struct loop *loop, const struct audience *audience, int protocol,
                              struct slice channel, struct slice message)
{
    uint32_t told = 0, piece = 0;
    for (uint32_t i = 0; i < audience->len; i++) {
        struct session *session = audience->members[i].session;
        if (session->protocol != protocol) continue;
        if (told == 0)
            piece = sheet_add(loop->sheet, write_message(loop, audience, protocol, channel, message));
        session_push_piece(session, piece);
        told++;
    }
    return told;
}

/* Whose command is being executed, if it may be among those who are told; NULL: nobody's. */
static const struct session *executing_subscriber(const struct loop *loop)
{
    const struct session *executing = loop->executing;
    return executing != NULL && executing->subscriber != NULL ? executing : NULL;
}

/* What is pushed to a session whose command is being executed is no claim. */
static bool is_executing(const struct loop *loop, const struct audience *audience)
{
    const struct session *executing = executing_subscriber(loop);
    return executing != NULL &&
           subscriber_find(executing->subscriber, audience->kind, audience->name, audience->hash) != NULL;
}

static void tell_each(struct loop *loop, const struct audience *audience, struct slice channel,
                      struct slice message)
{
    uint32_t of_two = tell_protocol(loop, audience, 2, channel, message), of_three = 0;
    if (of_two < audience->len) of_three = tell_protocol(loop, audience, 3, channel, message);
    bool is_mixed = of_two > 0 && of_three > 0;
    if (!is_mixed && !is_executing(loop, audience))
        sheet_open(loop->sheet, audience, executing_subscriber(loop));
}

static void tell(struct loop *loop, const struct audience *audience, struct slice channel,
                 struct slice message)
{
    if (!sheet_is_open(loop->sheet, audience, executing_subscriber(loop))) {
        tell_each(loop, audience, channel, message);
        return;
    }
    int protocol = audience->members[0].session->protocol;
    sheet_extend(loop->sheet, write_message(loop, audience, protocol, channel, message));
}

/* Whoever waits for it has said so before he looked into the box once more. */
static void settle(struct loop *loop, size_t bytes)
{
    struct outlet *outlet = outlet_of(loop);
    edition_box_settle(&outlet->box, bytes);
    for (unsigned i = 0; i < LOOPS_MAX / 64; i++) {
        if (atomic_load(&outlet->waiting[i]) == 0) continue;
        outlet->to_let_go[i] |= atomic_exchange(&outlet->waiting[i], 0);
        loop->unposted = true;
    }
}

static void hand_out(struct loop *loop, struct edition_copy *copies)
{
    size_t bytes = 0;
    for (struct edition_copy *copy = copies, *next; copy != NULL; copy = next) {
        next = copy->next;
        bytes += copy->edition->bytes;
        for (size_t i = 0; i < copy->len; i++)
            tell(loop, copy->audiences[i], copy->edition->channel, copy->edition->message);
        edition_drop(copy);
    }
    if (bytes > 0) settle(loop, bytes);
}

static struct outlet *outlet_of_bell(struct letter *letter)
{
    return (struct outlet *)((char *)letter - offsetof(struct outlet, bell));
}

static void tell_of_room(struct pubsub *pubsub, unsigned loop)
{
    struct outlet *outlet = &pubsub->outlets[loop];
    if (atomic_exchange(&outlet->room_is_told, true)) return;
    mailbox_post(&pubsub->loops[loop].mailbox, &outlet->room);
}

/* The last letters of a loop are opened when others are no more. */
static void let_others_go(struct loop *loop)
{
    struct outlet *outlet = outlet_of(loop);
    if (loop->ended) return;
    for (unsigned i = 0; i < LOOPS_MAX; i += 64)
        for (uint64_t *word = &outlet->to_let_go[i / 64]; *word != 0; *word &= *word - 1)
            tell_of_room(pubsub_of(loop), i + (unsigned)__builtin_ctzll(*word));
}

/* Whoever puts something into the box from now on rings again. */
static void open_box(struct loop *loop, struct letter *letter)
{
    struct outlet *outlet = outlet_of_bell(letter);
    atomic_store(&outlet->ringing, false);
    hand_out(loop, edition_box_take(&outlet->box));
    let_others_go(loop);
}

static void ring(struct pubsub *pubsub, unsigned loop)
{
    struct outlet *outlet = &pubsub->outlets[loop];
    if (atomic_exchange(&outlet->ringing, true)) return;
    mailbox_post(&pubsub->loops[loop].mailbox, &outlet->bell);
}

static struct outlet *outlet_of_room(struct letter *letter)
{
    return (struct outlet *)((char *)letter - offsetof(struct outlet, room));
}

static void let_go_on(struct loop *loop, struct letter *letter)
{
    atomic_store(&outlet_of_room(letter)->room_is_told, false);
    sessions_resume(loop->sessions, WAIT_READERS);
}

bool pubsub_is_ahead(struct loop *loop)
{
    struct pubsub *pubsub = pubsub_of(loop);
    uint64_t bit = UINT64_C(1) << loop->index % 64;
    bool is_ahead = false;
    for (unsigned i = 0; i < pubsub->loop_count; i++) {
        struct outlet *other = &pubsub->outlets[i];
        if (i == loop->index || !edition_box_is_full(&other->box)) continue;
        atomic_fetch_or(&other->waiting[loop->index / 64], bit);
        is_ahead |= edition_box_is_full(&other->box);
    }
    return is_ahead;
}

/* Nothing more of a client runs that publishes faster than it is handed out; what it was about to do in a
 * transaction is done first. */
static void hold_back(struct loop *loop, bool mailed)
{
    struct session *session = loop->executing;
    if (session == NULL || session->executing) return;
    if (mailed && pubsub_is_ahead(loop)) session_wait(session, WAIT_READERS);
    if (!sheet_is_long(loop->sheet)) return;
    loop->sheet->waited_for = true;
    session_wait(session, WAIT_SHEET);
}

void pubsub_post(struct loop *loop)
{
    struct outlet *outlet = outlet_of(loop);
    bool mailed = false;
    for (unsigned i = 0; i < LOOPS_MAX; i += 64) {
        for (uint64_t *word = &outlet->to_ring[i / 64]; *word != 0; *word &= *word - 1) {
            ring(pubsub_of(loop), i + (unsigned)__builtin_ctzll(*word));
            mailed = true;
        }
    }
    let_others_go(loop);
    hold_back(loop, mailed);
}

static void mail(struct loop *from, struct edition *edition)
{
    struct pubsub *pubsub = pubsub_of(from);
    struct outlet *outlet = outlet_of(from);
    for (unsigned i = 0; i < pubsub->loop_count; i++) {
        struct edition_copy *copy = &edition->copies[i];
        if (copy->len == 0) continue;
        edition_box_put(&pubsub->outlets[i].box, copy);
        outlet->to_ring[i / 64] |= UINT64_C(1) << i % 64;
    }
    from->unposted = true;
    edition_drop(&edition->copies[from->index]);
}

static void note_topic(struct outlet *outlet, size_t at, struct topic *topic)
{
    if (at == outlet->topics_cap) {
        outlet->topics_cap = at > 0 ? 2 * at : 16;
        outlet->topics = alloc_resize(outlet->topics, outlet->topics_cap * sizeof(struct topic *));
    }
    outlet->topics[at] = topic;
}

/* Topics that have an audience here stay until this loop's last one leaves. */
static void tell_own(struct loop *loop, size_t topics, struct slice channel, struct slice message)
{
    const struct outlet *outlet = outlet_of(loop);
    for (size_t i = 0; i < topics; i++)
        tell(loop, outlet->topics[i]->audiences[loop->index], channel, message);
}

/* Keep those of the topics that have an audience of this loop. */
static size_t keep_own(const struct loop *loop, size_t topics)
{
    struct outlet *outlet = outlet_of(loop);
    size_t own = 0;
    for (size_t i = 0; i < topics; i++)
        if (outlet->topics[i]->audiences[loop->index] != NULL) outlet->topics[own++] = outlet->topics[i];
    return own;
}

uint64_t pubsub_publish(struct loop *loop, enum topic_kind kind, struct slice channel, struct slice message)
{
    struct pubsub *pubsub = pubsub_of(loop);
    struct outlet *outlet = outlet_of(loop);
    struct edition *edition = NULL;
    struct topic *topic;
    size_t topics = 0;
    uint64_t receivers = 0;
    struct pubsub_walk walk = pubsub_walk_open(pubsub->registry, kind, channel, pubsub_hash(pubsub, channel));
    while ((topic = pubsub_walk_next(&walk)) != NULL) {
        note_topic(outlet, topics++, topic);
        receivers += topic->subscribers;
    }
    if (pubsub->loop_count > 1 && topics > 0)
        edition = edition_create(outlet->topics, topics, pubsub->loop_count, loop->index, channel, message);
    if (edition != NULL) mail(loop, edition);
    topics = keep_own(loop, topics);
    pubsub_walk_close(&walk);
    tell_own(loop, topics, channel, message);
    hold_back(loop, edition != NULL);
    return receivers;
}

static struct subscription *find(const struct session *session, enum topic_kind kind, struct slice name,
                                 uint64_t hash)
{
    return session->subscriber != NULL ? subscriber_find(session->subscriber, kind, name, hash) : NULL;
}

/* What a subscription takes, were it the only one of that name. */
static size_t bytes_of(const struct pubsub *pubsub, const struct audience *audience)
{
    return sizeof(struct subscription) + sizeof(struct member) + 2 * sizeof(struct subscription *) +
           audience_bytes(audience) + topic_bytes(audience->name, pubsub->loop_count);
}

static struct audience *audience_at(struct topic *topic, const struct loop *loop)
{
    struct audience **audience = &topic->audiences[loop->index];
    if (*audience == NULL) {
        *audience = audience_create(topic->kind, topic->name, topic->chain.hash);
        (*audience)->topic = topic;
    }
    return *audience;
}

/* What was mailed before is not for the new one, so that it is told before that is among the audience. */
static struct audience *join(struct loop *loop, enum topic_kind kind, struct slice name, uint64_t hash)
{
    struct pubsub *pubsub = pubsub_of(loop);
    notify_post(loop);
    pubsub_registry_lock(pubsub->registry, kind, hash);
    struct topic *topic = pubsub_registry_enter(pubsub->registry, kind, name, hash);
    struct audience *audience = audience_at(topic, loop);
    struct edition_copy *before = edition_box_take(&outlet_of(loop)->box);
    pubsub_registry_unlock(pubsub->registry, kind, hash);
    if (kind != TOPIC_SHARD_CHANNEL) notify_reconsider(loop->server->notify);
    hand_out(loop, before);
    return audience;
}

bool pubsub_subscribe(struct session *session, enum topic_kind kind, struct slice name)
{
    const struct pubsub *pubsub = pubsub_of(session->loop);
    uint64_t hash = pubsub_hash(pubsub, name);
    if (find(session, kind, name, hash) != NULL) return false;
    struct audience *audience = join(session->loop, kind, name, hash);
    if (session->subscriber == NULL) session->subscriber = subscriber_create(session);
    session->gates |= GATE_SUBSCRIBER;
    subscriber_add(session->subscriber, audience);
    sheet_close(session->loop->sheet);
    client_account_add(session->account, ACCOUNT_SUBSCRIPTIONS, bytes_of(pubsub, audience));
    return true;
}

/* What was mailed before is for the one that leaves as well. */
static void part(struct loop *loop, struct audience *audience)
{
    struct pubsub *pubsub = pubsub_of(loop);
    enum topic_kind kind = audience->kind;
    uint64_t hash = audience->hash;
    notify_post(loop);
    pubsub_registry_lock(pubsub->registry, kind, hash);
    if (audience->len == 1) audience->topic->audiences[loop->index] = NULL;
    pubsub_registry_leave(pubsub->registry, audience->topic);
    struct edition_copy *before = edition_box_take(&outlet_of(loop)->box);
    pubsub_registry_unlock(pubsub->registry, kind, hash);
    if (kind != TOPIC_SHARD_CHANNEL) notify_reconsider(loop->server->notify);
    hand_out(loop, before);
}

static void unsubscribe(struct session *session, struct subscription *subscription)
{
    struct audience *audience = subscription->audience;
    part(session->loop, audience);
    client_account_take(session->account, ACCOUNT_SUBSCRIPTIONS,
                        bytes_of(pubsub_of(session->loop), audience));
    subscriber_remove(session->subscriber, &subscription);
    sheet_close(session->loop->sheet);
    if (audience->len == 0) audience_destroy(&audience);
    if (subscriber_total(session->subscriber) > 0) return;
    subscriber_destroy(&session->subscriber);
    session->gates &= ~(uint32_t)GATE_SUBSCRIBER;
}

bool pubsub_unsubscribe(struct session *session, enum topic_kind kind, struct slice name)
{
    uint64_t hash = pubsub_hash(pubsub_of(session->loop), name);
    struct subscription *subscription = find(session, kind, name, hash);
    if (subscription == NULL) return false;
    unsubscribe(session, subscription);
    return true;
}

void pubsub_leave(struct session *session)
{
    for (unsigned kind = 0; kind < TOPIC_KINDS; kind++)
        while (session->subscriber != NULL && session->subscriber->first[kind] != NULL)
            unsubscribe(session, session->subscriber->first[kind]);
}

size_t pubsub_count(const struct session *session, enum topic_kind kind)
{
    return session->subscriber != NULL ? session->subscriber->count[kind] : 0;
}

size_t pubsub_told_count(const struct session *session, enum topic_kind kind)
{
    if (kind == TOPIC_SHARD_CHANNEL) return pubsub_count(session, kind);
    return pubsub_count(session, TOPIC_CHANNEL) + pubsub_count(session, TOPIC_PATTERN);
}

bool pubsub_first(const struct session *session, enum topic_kind kind, struct slice *name)
{
    if (pubsub_count(session, kind) == 0) return false;
    *name = session->subscriber->first[kind]->audience->name;
    return true;
}

bool pubsub_all(const struct session *session, enum topic_kind kind,
                bool (*holds)(struct slice name, void *context), void *context)
{
    if (pubsub_count(session, kind) == 0) return true;
    const struct subscription *next = session->subscriber->first[kind];
    while (next != NULL && holds(next->audience->name, context)) next = next->next;
    return next == NULL;
}

struct pubsub *pubsub_create(struct loop *loops, unsigned loop_count, uint64_t seed)
{
    REQUIRE(loop_count <= LOOPS_MAX);
    struct pubsub *pubsub = alloc_zeroed(sizeof(*pubsub) + loop_count * sizeof(struct outlet));
    pubsub->registry = pubsub_registry_create(loop_count);
    pubsub->loops = loops;
    pubsub->loop_count = loop_count;
    pubsub->seed = seed;
    for (unsigned i = 0; i < loop_count; i++) {
        pubsub->outlets[i].bell.open = open_box;
        pubsub->outlets[i].room.open = let_go_on;
    }
    return pubsub;
}

static void clear_outlet(struct outlet *outlet)
{
    for (struct edition_copy *copy = edition_box_take(&outlet->box), *next; copy != NULL; copy = next) {
        next = copy->next;
        edition_drop(copy);
    }
    alloc_free(outlet->topics);
}

void pubsub_destroy(struct pubsub **pubsub)
{
    struct pubsub *gone = *pubsub;
    if (gone == NULL) return;
    for (unsigned i = 0; i < gone->loop_count; i++) clear_outlet(&gone->outlets[i]);
    pubsub_registry_destroy(&gone->registry);
    alloc_free(gone);
    *pubsub = NULL;
}
