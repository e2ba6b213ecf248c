#include "server/memory/client_account.h"

#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/memory/loop_memory.h"
#include "storage/entry/long_text.h"

static counter *of_size(const struct client_account *account)
{
    unsigned log2 = account->total > 0 ? 63 - (unsigned)__builtin_clzll(account->total) : 0;
    return &account->loop->memory->accounts.of_size[log2 < ACCOUNT_SIZES ? log2 : ACCOUNT_SIZES - 1];
}

static void count_size(const struct client_account *account, uint64_t by)
{
    if (!account->spared && account->total > 0) counter_add(of_size(account), by);
}

static void change(struct client_account *account, enum account_kind kind, size_t delta)
{
    if (delta == 0 || account->loop == NULL || account->has_left) return;
    struct account_sums *sums = &account->loop->memory->accounts;
    count_size(account, (uint64_t)-1);
    account->held[kind] += delta;
    account->total += delta;
    count_size(account, 1);
    counter_add(&sums->of_kind[kind], delta);
    counter_add(&sums->total, delta);
    sums->grown |= delta <= SIZE_MAX / 2;
}

void client_account_open(struct client_account *account, struct loop *loop)
{
    *account = (struct client_account){ .loop = loop };
}

void client_account_leave(struct client_account *account)
{
    size_t left = account->total - account->held[ACCOUNT_PINNED] - account->held[ACCOUNT_ELSEWHERE];
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) client_account_set(account, kind, 0);
    counter_add(&account->loop->memory->accounts.leaving, left);
    account->left = left;
    account->has_left = true;
    client_account_reserve(account, 0);
}

void client_account_close(struct client_account *account)
{
    if (account->loop == NULL) return;
    if (!account->has_left) client_account_leave(account);
    counter_add(&account->loop->memory->accounts.leaving, (uint64_t)0 - account->left);
    account->loop = NULL;
}

void client_account_set(struct client_account *account, enum account_kind kind, size_t bytes)
{
    change(account, kind, bytes - account->held[kind]);
}

void client_account_add(struct client_account *account, enum account_kind kind, size_t bytes)
{
    change(account, kind, bytes);
}

void client_account_take(struct client_account *account, enum account_kind kind, size_t bytes)
{
    if (account->loop == NULL || account->has_left) return;
    REQUIRE(bytes <= account->held[kind]);
    change(account, kind, (size_t)0 - bytes);
}

void client_account_reserve(struct client_account *account, size_t bytes)
{
    if (bytes == account->reserved || account->loop == NULL) return;
    counter_add(&account->loop->memory->accounts.reserved, bytes - account->reserved);
    account->reserved = bytes;
}

void client_account_spare(struct client_account *account, bool spared)
{
    count_size(account, (uint64_t)-1);
    account->spared = spared;
    count_size(account, 1);
}

static const struct settings *settings_of(const struct client_account *account)
{
    return account->loop->server->settings;
}

bool client_account_query_is_over(const struct client_account *account)
{
    return client_account_query(account) > (size_t)SETTING(settings_of(account), client_query_buffer_limit);
}

bool client_account_output_is_over(struct client_account *account, enum setting_client_class class,
                                   size_t more)
{
    const struct setting_output_limit *limit = &settings_of(account)->output_limits[class];
    int64_t hard = SETTING(limit, hard_bytes), soft = SETTING(limit, soft_bytes);
    int64_t output = (int64_t)(client_account_output(account) + more);
    if (hard > 0 && output >= hard) return true;
    if (soft == 0 || output < soft) {
        account->output_since_ms = 0;
        return false;
    }
    int64_t now_ms = account->loop->now_ms;
    if (account->output_since_ms == 0) account->output_since_ms = now_ms;
    return now_ms - account->output_since_ms > SETTING(limit, soft_s) * 1000;
}

size_t client_account_output_room(const struct client_account *account, enum setting_client_class class)
{
    size_t hard = (size_t)SETTING(settings_of(account), output_limits[class].hard_bytes);
    size_t output = client_account_output(account);
    if (hard == 0) return SIZE_MAX;
    return hard > output ? hard - output : 0;
}

size_t client_account_held(const struct server *server)
{
    size_t held = 0;
    for (unsigned i = 0; i < server->loop_count; i++)
        held += counter_get(&server->loops[i].memory->accounts.total);
    return held;
}

size_t client_account_resident(const struct server *server)
{
    size_t resident = long_text_orphaned();
    for (unsigned i = 0; i < server->loop_count; i++) {
        const struct account_sums *sums = &server->loops[i].memory->accounts;
        resident += counter_get(&sums->total) - counter_get(&sums->of_kind[ACCOUNT_PINNED]) -
                    counter_get(&sums->of_kind[ACCOUNT_ELSEWHERE]);
        resident += counter_get(&sums->leaving) + counter_get(&sums->receiving);
    }
    return resident;
}

size_t client_account_reserved(const struct server *server)
{
    size_t reserved = 0;
    for (unsigned i = 0; i < server->loop_count; i++)
        reserved += counter_get(&server->loops[i].memory->accounts.reserved);
    return reserved;
}
