#include "server/events/pubsub/subscriber.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "server/events/pubsub/audience.h"

#define NAMES 60
#define STEPS 20000
#define SEED  20240716

Test(audience, a_message_is_written_as_each_protocol_has_it)
{
    char out[256];
    struct audience *pattern = audience_create(TOPIC_PATTERN, SLICE("n*"), 1);
    struct audience *channel = audience_create(TOPIC_CHANNEL, SLICE("news"), 1);
    cr_assert_leq(audience_message_max(pattern, SLICE("news"), SLICE("hello")), sizeof out);
    size_t len = audience_write(pattern, 3, SLICE("news"), SLICE("hello"), out);
    cr_assert(slice_equal(slice_of(out, len),
                          SLICE(">4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$5\r\nhello\r\n")));
    len = audience_write(channel, 2, SLICE("news"), SLICE(""), out);
    cr_assert(slice_equal(slice_of(out, len), SLICE("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$0\r\n\r\n")));
    audience_destroy(&pattern);
    audience_destroy(&channel);
}

static struct audience *audiences[NAMES];
static char names[NAMES][8];

/* Names of all kinds, whose hashes meet. */
static void open_audiences(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        snprintf(names[i], sizeof names[i], "%zu", i);
        audiences[i] = audience_create(i % TOPIC_KINDS, slice_of_cstr(names[i]), i % 7);
    }
}

static struct subscription *find(const struct subscriber *subscriber, size_t i)
{
    return subscriber_find(subscriber, i % TOPIC_KINDS, slice_of_cstr(names[i]), i % 7);
}

static void check(const struct subscriber *subscriber, const bool *subscribed)
{
    size_t total = 0;
    for (size_t i = 0; i < NAMES; i++) {
        struct subscription *found = find(subscriber, i);
        cr_assert_eq(found != NULL, subscribed[i], "%zu", i);
        cr_assert(found == NULL || audiences[i]->members[found->at].subscription == found);
        total += subscribed[i];
    }
    cr_assert_eq(subscriber_total(subscriber), total);
}

Test(subscriber, random_steps_agree_with_a_naive_model)
{
    struct random random = { .state = SEED };
    struct subscriber *one = subscriber_create(NULL), *other = subscriber_create(NULL);
    bool subscribed[2][NAMES] = { { false } };
    open_audiences();
    for (int step = 0; step < STEPS; step++) {
        size_t who = random_below(&random, 2), i = random_below(&random, NAMES);
        struct subscriber *subscriber = who == 0 ? one : other;
        bool leaves = random_chance(&random, step / 1000 % 2 == 0 ? 30 : 70);
        struct subscription *found = find(subscriber, i);
        if (leaves && found != NULL) subscriber_remove(subscriber, &found);
        if (!leaves && found == NULL) subscriber_add(subscriber, audiences[i]);
        subscribed[who][i] = !leaves;
        check(subscriber, subscribed[who]);
    }
    for (size_t i = 0; i < NAMES; i++) {
        struct subscription *first = find(one, i), *second = find(other, i);
        if (first != NULL) subscriber_remove(one, &first);
        if (second != NULL) subscriber_remove(other, &second);
        audience_destroy(&audiences[i]);
    }
    subscriber_destroy(&one);
    subscriber_destroy(&other);
}
