#include "server/exec/acl/users.h"

#include <pthread.h>
#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "server/auth/envoys.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/acl/roll.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/user_lines.h"
#include "server/exec/session/session.h"

struct users {
    pthread_mutex_t lock;
    const struct command_table *commands;
    struct settings *settings;
    struct roll roll;
    uint64_t births;
    _Atomic uint64_t version; /* written under the lock */
};

#define DEFAULT_NAME SLICE("default")

uint64_t users_version(const struct users *users)
{
    return atomic_load_explicit(&users->version, memory_order_acquire);
}

static void note_change(struct users *users)
{
    atomic_fetch_add_explicit(&users->version, 1, memory_order_release);
}

static bool opens_channels(const struct users *users)
{
    return !SETTING(users->settings, acl_pubsub_resets);
}

static struct user *create_user(const struct users *users, struct slice name)
{
    return user_create(users->commands, name, opens_channels(users));
}

static struct user *create_default(const struct users *users)
{
    static const char *const rules[] = { "on", "nopass", "~*", "&*", "+@all" };
    struct user *user = create_user(users, DEFAULT_NAME);
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) user_apply(user, slice_of_cstr(rules[i]));
    return user;
}

struct users *users_create(const struct command_table *commands, struct settings *settings)
{
    struct users *users = ALLOC_NEW(struct users);
    pthread_mutex_init(&users->lock, NULL);
    users->commands = commands;
    users->settings = settings;
    roll_put(&users->roll, create_default(users));
    return users;
}

void users_destroy(struct users **users)
{
    roll_clear(&(*users)->roll);
    pthread_mutex_destroy(&(*users)->lock);
    alloc_free(*users);
    *users = NULL;
}

struct user *users_find(struct users *users, struct slice name)
{
    pthread_mutex_lock(&users->lock);
    const struct user *found = roll_find(&users->roll, name);
    struct user *held = found != NULL ? user_hold(found) : NULL;
    pthread_mutex_unlock(&users->lock);
    return held;
}

bool users_are_open(struct users *users)
{
    struct user *user = users_find(users, DEFAULT_NAME);
    bool open = user_is_open(user);
    user_drop(&user);
    return open;
}

/* It takes as long where there is none of that name. */
struct user *users_admit(struct users *users, struct slice name, struct slice password)
{
    struct user *user = users_find(users, name);
    struct user *nobody = user == NULL ? create_user(users, name) : NULL;
    bool admitted = user_admits(user != NULL ? user : nobody, password);
    user_drop(&nobody);
    if (!admitted) user_drop(&user);
    return user;
}

/* Under the lock, so that no other change is lost. */
enum rule_fault users_set(struct users *users, struct slice name, const struct slice *rules, size_t count,
                          size_t *fault_at)
{
    pthread_mutex_lock(&users->lock);
    const struct user *old = roll_find(&users->roll, name);
    struct user *draft = old != NULL ? user_copy(old) : create_user(users, name);
    enum rule_fault fault = user_apply_all(draft, rules, count, fault_at);
    if (old == NULL) draft->birth = ++users->births;
    if (fault == RULE_GOOD)
        roll_put(&users->roll, draft);
    else
        user_drop(&draft);
    note_change(users);
    pthread_mutex_unlock(&users->lock);
    return fault;
}

bool users_remove(struct users *users, struct slice name)
{
    pthread_mutex_lock(&users->lock);
    bool there = roll_remove(&users->roll, name);
    note_change(users);
    pthread_mutex_unlock(&users->lock);
    return there;
}

void users_set_default_password(struct users *users, struct slice password)
{
    size_t ignored;
    struct buffer rule = { 0 };
    buffer_append(&rule, ">", 1);
    buffer_append(&rule, password.data, password.len);
    struct slice rules[] = { SLICE("resetpass"), buffer_slice(&rule) };
    struct slice none[] = { SLICE("nopass") };
    if (password.len > 0)
        users_set(users, DEFAULT_NAME, rules, 2, &ignored);
    else
        users_set(users, DEFAULT_NAME, none, 1, &ignored);
    buffer_clear(&rule);
}

void users_each(struct users *users, void (*visit)(const struct user *user, void *context), void *context)
{
    pthread_mutex_lock(&users->lock);
    for (size_t i = 0; i < users->roll.len; i++) visit(users->roll.items[i], context);
    pthread_mutex_unlock(&users->lock);
}

/* A session that no loop serves has nothing to do with an upstream. */
static const struct envoy *envoy_of(const struct session *session, const struct user *user)
{
    bool may_have = user != NULL && session->loop != NULL;
    return may_have ? envoys_find(session->loop->server->envoys, user_name(user)) : NULL;
}

void users_seat(struct session *session, struct user *user)
{
    user_drop(&session->user);
    session->user = user;
    session->envoy = envoy_of(session, user);
    session->gates &= ~(uint32_t)(GATE_RESTRICTED | GATE_ENVOY);
    if (session->envoy != NULL) session->gates |= GATE_ENVOY;
    if (user != NULL && !user_is_boundless(user)) session->gates |= GATE_RESTRICTED;
}

void users_seat_default(struct users *users, struct session *session)
{
    users_seat(session, users_find(users, DEFAULT_NAME));
    session->gates &= ~(uint32_t)GATE_STRANGER;
    if (!user_is_open(session->user)) session->gates |= GATE_STRANGER;
}

bool users_seat_certified(struct users *users, struct session *session, struct slice name)
{
    struct user *user = users_find(users, name);
    bool is_on = user != NULL && (user->flags & USER_ON);
    if (!is_on) {
        user_drop(&user);
        return false;
    }
    users_seat(session, user);
    session->gates &= ~(uint32_t)GATE_STRANGER;
    return true;
}

/* Who is in both is the same user. Under the lock. */
static void recognise(struct users *users, const struct roll *loaded)
{
    for (size_t i = 0; i < loaded->len; i++) {
        const struct user *old = roll_find(&users->roll, user_name(loaded->items[i]));
        loaded->items[i]->birth = old != NULL ? old->birth : ++users->births;
    }
}

bool users_load(struct users *users, struct slice text, const char *source, struct buffer *complaint)
{
    struct roll roll = { 0 };
    size_t before = complaint->len;
    struct user_lines lines = { .commands = users->commands,
                                .all_channels = opens_channels(users),
                                .source = source };
    user_lines_read(&lines, text, &roll, complaint);
    if (complaint->len > before) {
        roll_clear(&roll);
        return false;
    }
    if (roll_find(&roll, DEFAULT_NAME) == NULL) roll_put(&roll, create_default(users));
    pthread_mutex_lock(&users->lock);
    struct roll old = users->roll;
    recognise(users, &roll);
    users->roll = roll;
    note_change(users);
    pthread_mutex_unlock(&users->lock);
    roll_clear(&old);
    return true;
}
