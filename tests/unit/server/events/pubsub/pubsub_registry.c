#include "server/events/pubsub/pubsub_registry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/glob.h"
#include "proto/base/random.h"

#define LOOPS 4
#define NAMES 40
#define STEPS 20000
#define SEED  20240715

static struct pubsub_registry *registry;

static void open_registry(void)
{
    registry = pubsub_registry_create(LOOPS);
}

static void close_registry(void)
{
    pubsub_registry_destroy(&registry);
}

TestSuite(pubsub_registry, .init = open_registry, .fini = close_registry);

/* Any hash will do; this one lets names meet in a stripe, in a bucket and altogether. */
static uint64_t hash_of(struct slice name)
{
    uint64_t sum = name.len;
    for (size_t i = 0; i < name.len; i++) sum += (unsigned char)name.data[i];
    return (sum % 5) << 60 | (sum % 7);
}

static struct topic *enter(enum topic_kind kind, const char *text)
{
    struct slice name = slice_of_cstr(text);
    uint64_t hash = hash_of(name);
    pubsub_registry_lock(registry, kind, hash);
    struct topic *topic = pubsub_registry_enter(registry, kind, name, hash);
    pubsub_registry_unlock(registry, kind, hash);
    return topic;
}

static void leave(struct topic *topic)
{
    enum topic_kind kind = topic->kind;
    uint64_t hash = topic->chain.hash;
    pubsub_registry_lock(registry, kind, hash);
    pubsub_registry_leave(registry, topic);
    pubsub_registry_unlock(registry, kind, hash);
}

/* How many would receive it, and how many topics that takes. */
static uint64_t count_receivers(enum topic_kind kind, const char *channel, size_t *topics)
{
    struct slice name = slice_of_cstr(channel);
    struct pubsub_walk walk = pubsub_walk_open(registry, kind, name, hash_of(name));
    uint64_t receivers = 0;
    const struct topic *topic;
    for (*topics = 0; (topic = pubsub_walk_next(&walk)) != NULL; ++*topics) receivers += topic->subscribers;
    pubsub_walk_close(&walk);
    return receivers;
}

static uint64_t receivers_of(const char *channel)
{
    size_t topics;
    return count_receivers(TOPIC_CHANNEL, channel, &topics);
}

Test(pubsub_registry, a_message_goes_to_its_channel_and_to_the_patterns_that_match_it)
{
    struct topic *news = enter(TOPIC_CHANNEL, "news");
    struct topic *all = enter(TOPIC_PATTERN, "n*");
    struct topic *exact = enter(TOPIC_PATTERN, "news");
    struct topic *other = enter(TOPIC_PATTERN, "[a-m]*");
    enter(TOPIC_CHANNEL, "news");

    cr_assert_eq(receivers_of("news"), 4);
    cr_assert_eq(receivers_of("nothing"), 1);
    cr_assert_eq(receivers_of("birds"), 1);
    cr_assert_eq(receivers_of("zoo"), 0);
    leave(all);
    leave(exact);
    leave(other);
    cr_assert_eq(receivers_of("news"), 2);
    leave(news);
    leave(news);
    cr_assert_eq(receivers_of("news"), 0);
}

Test(pubsub_registry, channels_and_shard_channels_of_one_name_are_two)
{
    size_t topics;
    struct topic *channel = enter(TOPIC_CHANNEL, "c");
    struct topic *shard_channel = enter(TOPIC_SHARD_CHANNEL, "c");
    struct topic *pattern = enter(TOPIC_PATTERN, "c");
    enter(TOPIC_SHARD_CHANNEL, "c");

    cr_assert_eq(count_receivers(TOPIC_CHANNEL, "c", &topics), 2);
    cr_assert_eq(count_receivers(TOPIC_SHARD_CHANNEL, "c", &topics), 2);
    cr_assert_eq(topics, 1);
    for (unsigned kind = 0; kind < TOPIC_KINDS; kind++)
        cr_assert_eq(pubsub_registry_topics(registry, kind), 1);
    leave(channel);
    leave(shard_channel);
    leave(shard_channel);
    leave(pattern);
}

Test(pubsub_registry, a_topic_remembers_the_audience_of_each_loop)
{
    struct topic *topic = enter(TOPIC_CHANNEL, "c");
    for (unsigned i = 0; i < LOOPS; i++) cr_assert_null(topic->audiences[i]);
    topic->audiences[2] = (struct audience *)registry;
    cr_assert_eq(enter(TOPIC_CHANNEL, "c"), topic);
    cr_assert_eq(topic->audiences[2], (struct audience *)registry);
    leave(topic);
    leave(topic);
}

Test(pubsub_registry, who_might_hear_of_keys_is_known_without_looking)
{
    static const struct {
        enum topic_kind kind;
        const char *name;
        bool keys, events;
    } cases[] = {
        { TOPIC_CHANNEL, "news", false, false },
        { TOPIC_CHANNEL, "__keyspace@", true, false },
        { TOPIC_CHANNEL, "__keyspace", false, false },
        { TOPIC_CHANNEL, "__keyevent@0__:set", false, true },
        { TOPIC_SHARD_CHANNEL, "__keyevent@0__:set", false, false },
        { TOPIC_PATTERN, "*", true, true },
        { TOPIC_PATTERN, "__key*", true, true },
        { TOPIC_PATTERN, "__key?vent@0__:*", true, true },
        { TOPIC_PATTERN, "__keyevent@*", false, true },
        { TOPIC_PATTERN, "__keyspace@0__:user:*", true, false },
        { TOPIC_PATTERN, "news.*", false, false },
        { TOPIC_PATTERN, "", true, true },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct topic *topic = enter(cases[i].kind, cases[i].name);
        cr_expect_eq(pubsub_registry_hears_keys(registry), cases[i].keys, "%s", cases[i].name);
        cr_expect_eq(pubsub_registry_hears_events(registry), cases[i].events, "%s", cases[i].name);
        leave(topic);
        cr_expect_not(pubsub_registry_hears_keys(registry));
        cr_expect_not(pubsub_registry_hears_events(registry));
    }
}

static struct {
    char name[8];
    uint64_t subscribers[TOPIC_KINDS];
    struct topic *topics[TOPIC_KINDS];
} model[NAMES];

static void draw_name(struct random *random, char name[8])
{
    static const char letters[] = "ab*?[]\\";
    size_t len = random_below(random, 5);
    for (size_t i = 0; i < len; i++)
        name[i] = letters[random_chance(random, 70) ? random_below(random, 2) : random_below(random, 7)];
    name[len] = '\0';
}

static bool is_named(const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(model[i].name, name) == 0) return true;
    return false;
}

static void name_all(struct random *random)
{
    for (size_t i = 0; i < NAMES; i++) {
        do {
            draw_name(random, model[i].name);
        } while (is_named(model[i].name, i));
    }
}

static void step(struct random *random)
{
    size_t i = random_below(random, NAMES);
    unsigned kind = (unsigned)random_below(random, TOPIC_KINDS);
    if (random_chance(random, 50)) {
        model[i].topics[kind] = enter(kind, model[i].name);
        model[i].subscribers[kind]++;
    } else if (model[i].subscribers[kind] > 0) {
        model[i].subscribers[kind]--;
        leave(model[i].topics[kind]);
    }
}

static void check_publication(struct random *random)
{
    size_t at = random_below(random, NAMES), topics;
    struct slice channel = slice_of_cstr(model[at].name);
    uint64_t expected = model[at].subscribers[TOPIC_CHANNEL];
    for (size_t i = 0; i < NAMES; i++)
        if (glob_match(slice_of_cstr(model[i].name), channel))
            expected += model[i].subscribers[TOPIC_PATTERN];
    cr_assert_eq(receivers_of(model[at].name), expected, "%s", model[at].name);
    cr_assert_eq(count_receivers(TOPIC_SHARD_CHANNEL, model[at].name, &topics),
                 model[at].subscribers[TOPIC_SHARD_CHANNEL]);
    cr_assert_eq(pubsub_registry_subscribers(registry, TOPIC_CHANNEL, channel, hash_of(channel)),
                 model[at].subscribers[TOPIC_CHANNEL]);
}

static void count_visit(void *context, struct slice name)
{
    (void)name;
    ++*(size_t *)context;
}

static void check_counts(void)
{
    for (unsigned kind = 0; kind < TOPIC_KINDS; kind++) {
        size_t expected = 0, visited = 0;
        for (size_t i = 0; i < NAMES; i++) expected += model[i].subscribers[kind] > 0;
        cr_assert_eq(pubsub_registry_topics(registry, kind), expected);
        if (kind == TOPIC_PATTERN) continue;
        pubsub_registry_each(registry, kind, count_visit, &visited);
        cr_assert_eq(visited, expected);
    }
}

Test(pubsub_registry, random_steps_agree_with_a_naive_model)
{
    struct random random = { .state = SEED };
    memset(model, 0, sizeof(model));
    name_all(&random);
    for (int i = 0; i < STEPS; i++) {
        step(&random);
        check_publication(&random);
        check_counts();
    }
}
