#include "server/events/notify.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/changes.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/pubsub/pubsub_registry.h"
#include "storage/shard/change.h"

/* What is noted of a change, behind which the key's name follows. */
struct notice {
    const char *event;
    unsigned db;
    size_t key_len;
};

/* A loop's. */
struct notices {
    struct buffer noted;
    struct buffer channel; /* as it is written */
};

struct notify {
    struct settings *settings;
    struct pubsub_registry *registry;
    struct changes *changes;
    pthread_mutex_t lock; /* of `listening` */
    _Atomic bool listening;
    unsigned loop_count;
    struct notices notices[];
};

static bool tells_keys(const struct notify *notify, int64_t classes)
{
    return (classes & NOTIFY_KEYSPACE) != 0 && pubsub_registry_hears_keys(notify->registry);
}

static bool tells_events(const struct notify *notify, int64_t classes)
{
    return (classes & NOTIFY_KEYEVENT) != 0 && pubsub_registry_hears_events(notify->registry);
}

static bool is_wanted(const struct notify *notify)
{
    int64_t classes = SETTING(notify->settings, notify_keyspace_events);
    return tells_keys(notify, classes) || tells_events(notify, classes);
}

/* Whoever has subscribed, or has changed the setting, looks at the other afterwards: one of two sees both. */
void notify_reconsider(struct notify *notify)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (SETTING(notify->settings, notify_keyspace_events) == 0 && !atomic_load(&notify->listening)) return;
    pthread_mutex_lock(&notify->lock);
    bool wanted = is_wanted(notify);
    if (wanted && !notify->listening) changes_listen(notify->changes, CHANGES_NOTIFY);
    if (!wanted && notify->listening) changes_unlisten(notify->changes, CHANGES_NOTIFY);
    notify->listening = wanted;
    pthread_mutex_unlock(&notify->lock);
}

void notify_on_change(struct loop *loop, const struct change *change)
{
    struct notify *notify = loop->server->notify;
    if ((SETTING(notify->settings, notify_keyspace_events) & change->class) == 0 || change->event == NULL)
        return;
    struct buffer *noted = &notify->notices[loop->index].noted;
    struct slice key = change->key.name;
    struct notice notice = { .event = change->event, .db = change->db, .key_len = key.len };
    buffer_append(noted, &notice, sizeof(notice));
    buffer_append(noted, key.data, key.len);
    loop->unposted = true;
}

static void publish(struct loop *loop, struct buffer *channel, const char *start, unsigned db,
                    struct slice name, struct slice message)
{
    channel->len = 0;
    buffer_printf(channel, "%s%u__:", start, db);
    buffer_append(channel, name.data, name.len);
    pubsub_publish(loop, TOPIC_CHANNEL, buffer_slice(channel), message);
}

static void announce(struct loop *loop, const struct notice *notice, struct slice key)
{
    struct notify *notify = loop->server->notify;
    struct buffer *channel = &notify->notices[loop->index].channel;
    struct slice event = slice_of_cstr(notice->event);
    int64_t classes = SETTING(notify->settings, notify_keyspace_events);
    if (tells_keys(notify, classes)) publish(loop, channel, "__keyspace@", notice->db, key, event);
    if (tells_events(notify, classes)) publish(loop, channel, "__keyevent@", notice->db, event, key);
}

/* Of many at once the memory is not kept. */
#define KEPT_MAX (64u << 10)

void notify_post(struct loop *loop)
{
    struct buffer *noted = &loop->server->notify->notices[loop->index].noted;
    for (size_t at = 0; at < noted->len;) {
        struct notice notice;
        memcpy(&notice, noted->data + at, sizeof(notice));
        at += sizeof(notice);
        announce(loop, &notice, slice_of(noted->data + at, notice.key_len));
        at += notice.key_len;
    }
    noted->len = 0;
    if (noted->cap > KEPT_MAX) buffer_clear(noted);
}

struct notify *notify_create(struct settings *settings, struct pubsub_registry *registry,
                             struct changes *changes, unsigned loop_count)
{
    struct notify *notify = alloc_zeroed(sizeof(*notify) + loop_count * sizeof(struct notices));
    notify->settings = settings;
    notify->registry = registry;
    notify->changes = changes;
    notify->loop_count = loop_count;
    pthread_mutex_init(&notify->lock, NULL);
    return notify;
}

void notify_destroy(struct notify **notify)
{
    struct notify *gone = *notify;
    for (unsigned i = 0; i < gone->loop_count; i++) {
        buffer_clear(&gone->notices[i].noted);
        buffer_clear(&gone->notices[i].channel);
    }
    pthread_mutex_destroy(&gone->lock);
    alloc_free(gone);
    *notify = NULL;
}
