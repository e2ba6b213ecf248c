/*
 * notify.h - keyspace notifications: what happens to keys, published to whoever has subscribed to it.
 *
 * `notify-keyspace-events` says which classes of events are announced, and whether under the key's name
 * (`__keyspace@DB__:KEY`, message: the event), the event's (`__keyevent@DB__:EVENT`, message: the key), or
 * both, in this order. A change is noted under the lock of its shard and published from notify_post(), after
 * the access is closed and before a reply leaves; and before its loop publishes something else, or somebody
 * there subscribes or unsubscribes, in the same transaction say.
 *
 * Nothing is noted, and no shard listened to, while the setting is empty, or while nobody has subscribed to a
 * channel of such a name or to a pattern that could match one.
 *
 * Threads: as each function says.
 */
#ifndef SERVER_EVENTS_NOTIFY_H
#define SERVER_EVENTS_NOTIFY_H

struct change;
struct changes;
struct loop;
struct notify;
struct pubsub_registry;
struct settings;

/* All of these outlive it. */
struct notify *notify_create(struct settings *settings, struct pubsub_registry *registry,
                             struct changes *changes, unsigned loop_count);
/* When no loop runs any more. */
void notify_destroy(struct notify **notify);

/* Listen to the shards, or do not, as the setting and those who have subscribed ask for: when either has
 * changed. Any thread, outside of an access or inside. */
void notify_reconsider(struct notify *notify);

/* Under the lock of the shard; on the thread of the loop. */
void notify_on_change(struct loop *loop, const struct change *change);
/* Publish what was noted; on the loop's thread. */
void notify_post(struct loop *loop);

#endif
