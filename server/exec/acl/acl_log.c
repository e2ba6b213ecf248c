#include "server/exec/acl/acl_log.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "server/config/settings.h"

#define GROUPED_MS 60000
/* Of a key or a name no more is kept: who is denied must not make it hold what it sent. */
#define TEXT_MAX 4096
/* So many of the newest are looked at for one that is the same. */
#define LOOKED_AT 10

struct acl_log {
    pthread_mutex_t lock;
    struct settings *settings;
    void (*describe)(const struct session *session, struct buffer *out);
    struct acl_entry *entries; /* the oldest first */
    size_t len, cap;
    uint64_t next_id;
};

struct acl_log *acl_log_create(struct settings *settings,
                               void (*describe)(const struct session *session, struct buffer *out))
{
    struct acl_log *log = ALLOC_NEW(struct acl_log);
    pthread_mutex_init(&log->lock, NULL);
    log->settings = settings;
    log->describe = describe;
    return log;
}

static void clear_entry(struct acl_entry *entry)
{
    buffer_clear(&entry->object);
    buffer_clear(&entry->username);
    buffer_clear(&entry->client);
}

static void clear(struct acl_log *log)
{
    for (size_t i = 0; i < log->len; i++) clear_entry(&log->entries[i]);
    log->len = 0;
}

void acl_log_destroy(struct acl_log **log)
{
    clear(*log);
    alloc_free((*log)->entries);
    pthread_mutex_destroy(&(*log)->lock);
    alloc_free(*log);
    *log = NULL;
}

static bool is_same(const struct acl_entry *entry, const struct acl_event *event)
{
    return entry->denial == event->denial && entry->context == event->context &&
           event->now_ms - entry->created_ms <= GROUPED_MS &&
           slice_equal(buffer_slice(&entry->object), event->object) &&
           slice_equal(buffer_slice(&entry->username), event->username);
}

/* The one to count up; `len`: there is none. */
static size_t find(const struct acl_log *log, const struct acl_event *event)
{
    for (size_t i = 0; i < LOOKED_AT && i < log->len; i++)
        if (is_same(&log->entries[log->len - 1 - i], event)) return log->len - 1 - i;
    return log->len;
}

static void take_out(struct acl_log *log, size_t at)
{
    log->len--;
    memmove(log->entries + at, log->entries + at + 1, (log->len - at) * sizeof(*log->entries));
}

static struct acl_entry make(struct acl_log *log, const struct acl_event *event)
{
    struct acl_entry entry = {
        .id = log->next_id++, .denial = event->denial, .context = event->context, .created_ms = event->now_ms
    };
    buffer_append(&entry.object, event->object.data, event->object.len);
    buffer_append(&entry.username, event->username.data, event->username.len);
    return entry;
}

static void trim(struct acl_log *log)
{
    size_t most = (size_t)SETTING(log->settings, acllog_max_len);
    while (log->len > most) {
        clear_entry(&log->entries[0]);
        take_out(log, 0);
    }
}

static struct slice shorten(struct slice text)
{
    return slice_of(text.data, text.len < TEXT_MAX ? text.len : TEXT_MAX);
}

/* What is denied again is news: it stands at the head, with what the client is now. */
void acl_log_add(struct acl_log *log, const struct acl_event *denied)
{
    struct acl_event told = *denied;
    const struct acl_event *event = &told;
    told.object = shorten(denied->object);
    told.username = shorten(denied->username);
    struct buffer client = { 0 };
    log->describe(event->session, &client);
    if (client.len > 0 && client.data[client.len - 1] == '\n') client.len--;
    pthread_mutex_lock(&log->lock);
    size_t at = find(log, event);
    struct acl_entry entry = at < log->len ? log->entries[at] : make(log, event);
    if (at < log->len) take_out(log, at);
    buffer_clear(&entry.client);
    entry.client = client;
    entry.count++;
    entry.updated_ms = event->now_ms;
    ARRAY_RESERVE(log->entries, log->len, log->cap, 16);
    log->entries[log->len++] = entry;
    trim(log);
    pthread_mutex_unlock(&log->lock);
}

void acl_log_reset(struct acl_log *log)
{
    pthread_mutex_lock(&log->lock);
    clear(log);
    pthread_mutex_unlock(&log->lock);
}

size_t acl_log_each(struct acl_log *log, size_t most,
                    void (*visit)(void *context, const struct acl_entry *entry), void *context)
{
    pthread_mutex_lock(&log->lock);
    size_t count = log->len < most ? log->len : most;
    for (size_t i = 0; i < count; i++) visit(context, &log->entries[log->len - 1 - i]);
    pthread_mutex_unlock(&log->lock);
    return count;
}
