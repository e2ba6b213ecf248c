#include "tests/e2e/tier/tier.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/clock/moved_time.h"
#include "tests/support/pace.h"

static const char *const usual[] = { "--enable-debug-command", "yes", NULL };

static size_t append(const char **out, size_t count, const char *const *options)
{
    for (; options != NULL && *options != NULL; options++) out[count++] = *options;
    out[count] = NULL;
    return count;
}

static bool is_plain(const struct tier_example *tier)
{
    return tier->tls_port[0] == '\0' && !tier->redis.encrypted;
}

/* A Redis has another port for that, beside the one that tests ask it through. */
static void start_upstream(struct tier_example *tier, enum instance_kind upstream, const char *const *options,
                           const char *time_path)
{
    const struct certificates *files = &tier->certificates;
    const char *tls[] = { "--tls-port",
                          tier->tls_port,
                          "--tls-auth-clients",
                          "no",
                          "--tls-cert-file",
                          files->server,
                          "--tls-key-file",
                          files->server_key,
                          "--tls-ca-cert-file",
                          files->ca,
                          NULL };
    size_t count = append(tier->redis_options, 0, options);
    tier->tls_port[0] = '\0';
    if (upstream == INSTANCE_REDIS && instance_encrypts()) {
        scratch_init(&tier->certificates_scratch);
        certificates_make(&tier->certificates, &tier->certificates_scratch);
        snprintf(tier->tls_port, sizeof tier->tls_port, "%d", instance_free_port());
        append(tier->redis_options, count, tls);
    }
    instance_start_in_time(&tier->redis, upstream, tier->redis_options, time_path);
}

/* How ours gets there. */
static size_t point_upstream(struct tier_example *tier)
{
    bool is_redis = tier->tls_port[0] != '\0';
    const char *ca = is_redis ? tier->certificates.ca : tier->redis.certificates.ca;
    if (is_redis)
        snprintf(tier->url, sizeof(tier->url), "rediss://127.0.0.1:%s", tier->tls_port);
    else
        snprintf(tier->url, sizeof(tier->url), "%s://127.0.0.1:%d", is_plain(tier) ? "redis" : "rediss",
                 tier->redis.port);
    const char *to[] = { "--upstream", tier->url, NULL };
    const char *trusting[] = { "--upstream-tls-ca-cert-file", ca, NULL };
    size_t count = append(tier->options, 0, to);
    return is_plain(tier) ? count : append(tier->options, count, trusting);
}

static void open_before(struct tier_example *tier, enum instance_kind upstream,
                        const char *const *redis_options, const char *const *options, const char *time_path)
{
    start_upstream(tier, upstream, redis_options, time_path);
    size_t count = point_upstream(tier);
    append(tier->options, count, options);
    instance_start_in_time(&tier->server, INSTANCE_NUTHATCH, tier->options, time_path);
    cr_assert(client_open_tcp(&tier->direct, tier->redis.port));
    cr_assert(client_open_tcp(&tier->client, tier->server.port));
    tier_wait_link(&tier->client, "up");
}

static void open_all(struct tier_example *tier, const char *const *redis_options, const char *const *options,
                     const char *time_path)
{
    open_before(tier, INSTANCE_REDIS, redis_options, options, time_path);
}

void tier_open(struct tier_example *tier, const char *const *options)
{
    tier->time = NULL;
    open_all(tier, usual, options, NULL);
}

void tier_open_behind(struct tier_example *tier, const char *const *redis_options, const char *const *options)
{
    tier->time = NULL;
    open_all(tier, redis_options, options, NULL);
}

static void stop_time(struct tier_example *tier)
{
    scratch_init(&tier->scratch);
    scratch_path(&tier->scratch, "time", tier->time_path);
    tier->time = moved_time_share(tier->time_path);
    cr_assert_not_null(tier->time);
}

void tier_open_in_time(struct tier_example *tier, const char *const *options)
{
    stop_time(tier);
    open_all(tier, usual, options, tier->time_path);
}

void tier_open_before_ours(struct tier_example *tier, const char *const *options)
{
    stop_time(tier);
    open_before(tier, INSTANCE_NUTHATCH, usual, options, tier->time_path);
}

/* Who is asked wakes up, and what was due has been done when it is asked again. */
void tier_advance(struct tier_example *tier, int64_t ms)
{
    moved_time_advance(tier->time, ms);
    for (int i = 0; i < 2; i++) expect(&tier->client, "PING", "PONG");
}

void tier_close(struct tier_example *tier)
{
    client_close(&tier->client);
    client_close(&tier->direct);
    instance_stop(&tier->server);
    instance_stop(&tier->redis);
    if (tier->time != NULL) scratch_clear(&tier->scratch);
    if (tier->tls_port[0] != '\0') scratch_clear(&tier->certificates_scratch);
}

/* What stands behind `field` in INFO nearcache, or an empty slice. */
static struct slice find_field(struct client *client, const char *field)
{
    char name[64];
    int len = snprintf(name, sizeof(name), "\r\n%s:", field);
    struct slice info = client_ask(client, "INFO nearcache");
    const char *found = info.len > 0 ? memmem(info.data, info.len, name, (size_t)len) : NULL;
    if (found == NULL) return SLICE("");
    const char *start = found + len;
    return slice_of(start, (size_t)((const char *)memchr(start, '\r', info.len) - start));
}

int64_t tier_count(struct client *client, const char *field)
{
    struct slice text = find_field(client, field);
    return text.len > 0 ? strtoll(text.data, NULL, 10) : -1;
}

#define WAIT_MS 10000

void tier_wait_count(struct client *client, const char *field, int64_t least)
{
    int64_t end_ms = pace_now_ms() + WAIT_MS * PACE, count;
    while ((count = tier_count(client, field)) < least) {
        cr_assert(pace_now_ms() < end_ms, "%s is %lld, not yet %lld", field, (long long)count,
                  (long long)least);
        pace_sleep_ms(2);
    }
}

void tier_wait_link(struct client *client, const char *state)
{
    int64_t end_ms = pace_now_ms() + WAIT_MS * PACE;
    while (!slice_equal(find_field(client, "nearcache_link"), slice_of_cstr(state))) {
        cr_assert(pace_now_ms() < end_ms, "the link is not %s", state);
        pace_sleep_ms(2);
    }
}

void tier_wait_reply(struct client *client, const char *line, const char *text)
{
    int64_t end_ms = pace_now_ms() + WAIT_MS * PACE;
    for (;;) {
        struct buffer shown = { 0 };
        reply_text(&shown, client_ask(client, line));
        bool equal = slice_equal(buffer_slice(&shown), slice_of_cstr(text));
        buffer_append(&shown, "", 1);
        cr_assert(equal || pace_now_ms() < end_ms, "%s: %s, not yet %s", line, shown.data, text);
        buffer_clear(&shown);
        if (equal) return;
        pace_sleep_ms(2);
    }
}

void tier_expect_hit(struct client *client, const char *line, const char *text)
{
    int64_t before = tier_count(client, "nearcache_hits");
    expect(client, line, text);
    cr_assert(tier_count(client, "nearcache_hits") == before + 1, "%s was no hit", line);
}

void tier_expect_miss(struct client *client, const char *line, const char *text)
{
    int64_t before = tier_count(client, "nearcache_hits");
    expect(client, line, text);
    cr_assert(tier_count(client, "nearcache_hits") == before, "%s was a hit", line);
}
