/*
 * Many messages at once: of one batch, to who has subscribed to some of their channels.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

TestSuite(pubsub_batches, .timeout = 60);

#define CHANNELS 3
#define READERS  5
#define ROUNDS   40
#define SEED     UINT64_C(20251130)

/* Of whom it is known what he is to be sent. */
struct reader {
    struct client client;
    int protocol;
    bool reads[CHANNELS];
    struct buffer expected;
};

static void ask(struct client *client, const char *line)
{
    cr_assert(client_ask(client, line).len > 0);
}

static void open_reader(const struct example *example, struct reader *reader, int protocol)
{
    *reader = (struct reader){ .protocol = protocol };
    cr_assert(client_open_tcp(&reader->client, example->server.port));
    if (protocol == 3) ask(&reader->client, "HELLO 3");
}

static void turn_over(struct reader *reader, size_t channel)
{
    char line[40];
    snprintf(line, sizeof line, "%sSUBSCRIBE %zu", reader->reads[channel] ? "UN" : "", channel);
    ask(&reader->client, line);
    reader->reads[channel] = !reader->reads[channel];
}

static void expect_message(struct reader *reader, size_t channel, const char *text)
{
    if (reader->reads[channel])
        buffer_printf(&reader->expected, "%c3\r\n$7\r\nmessage\r\n$1\r\n%zu\r\n$%zu\r\n%s\r\n",
                      reader->protocol == 3 ? '>' : '*', channel, strlen(text), text);
}

static void read_expected(struct reader *reader)
{
    struct buffer came = { 0 };
    struct slice frame;
    while (came.len < reader->expected.len && client_read(&reader->client, &frame))
        buffer_append(&came, frame.data, frame.len);
    cr_assert(slice_equal(buffer_slice(&came), buffer_slice(&reader->expected)));
    buffer_clear(&came);
    reader->expected.len = 0;
}

/* The first reader publishes, and may be told of it between the replies. */
static void publish_batch(struct reader *readers, struct random *random)
{
    struct buffer batch = { 0 };
    size_t count = 1 + random_below(random, 60), channel = 0;
    for (size_t i = 0; i < count; i++) {
        char text[24];
        unsigned receivers = 0;
        if (random_below(random, 3) == 0) channel = random_below(random, CHANNELS);
        snprintf(text, sizeof text, "%zu", random_below(random, 1000000));
        buffer_printf(&batch, "PUBLISH %zu %s\r\n", channel, text);
        for (size_t r = 0; r < READERS; r++) {
            expect_message(&readers[r], channel, text);
            receivers += readers[r].reads[channel];
        }
        buffer_printf(&readers[0].expected, ":%u\r\n", receivers);
    }
    cr_assert(client_send(&readers[0].client, buffer_slice(&batch)));
    buffer_clear(&batch);
}

Test(pubsub_batches, each_reader_is_sent_what_is_for_it_in_its_order)
{
    struct example example;
    struct random random = { .state = SEED };
    struct reader readers[READERS];
    example_open(&example);
    for (size_t i = 0; i < READERS; i++) open_reader(&example, &readers[i], i == 0 ? 3 : 2 + (int)i % 2);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < READERS; i++)
            if (random_below(&random, 2) == 0) turn_over(&readers[i], random_below(&random, CHANNELS));
        publish_batch(readers, &random);
        for (size_t i = 0; i < READERS; i++) read_expected(&readers[i]);
    }
    for (size_t i = 0; i < READERS; i++) {
        buffer_clear(&readers[i].expected);
        client_close(&readers[i].client);
    }
    example_close(&example);
}

/* It is sent more by the same batch than it may have unread, all of it in one stretch. */
Test(pubsub_batches, what_one_batch_brings_counts_for_each_who_reads_it)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client narrow;
    struct buffer batch = { 0 };
    char text[1001] = "";
    memset(text, 'x', sizeof text - 1);
    ask(c, "CONFIG SET client-output-buffer-limit \"pubsub 10kb 0 0\"");
    cr_assert(client_open_tcp(&narrow, example.server.port));
    ask(&narrow, "SUBSCRIBE a");
    /* Of one piece, also where it comes encrypted. */
    for (int i = 0; i < 14; i++) buffer_printf(&batch, "PUBLISH a %s\r\n", text);
    cr_assert(client_send(c, buffer_slice(&batch)));
    for (int i = 0; i < 14; i++) expect_next(c, "(integer) 1");
    cr_assert(client_wait_closed(&narrow));
    expect(c, "PUBLISH a x", "(integer) 0");
    struct slice info = client_ask(c, "INFO stats");
    static const char closed[] = "client_output_buffer_limit_disconnections:1\r\n";
    cr_assert(memmem(info.data, info.len, closed, sizeof closed - 1) != NULL);
    buffer_clear(&batch);
    client_close(&narrow);
    example_close(&example);
}

/* More than is written down for others before they are sent it. */
Test(pubsub_batches, who_publishes_much_at_once_goes_on_when_it_has_been_sent)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener;
    struct buffer batch = { 0 };
    char text[20001] = "";
    memset(text, 'x', sizeof text - 1);
    cr_assert(client_open_tcp(&listener, example.server.port));
    ask(&listener, "SUBSCRIBE a");
    for (int i = 0; i < 20; i++) buffer_printf(&batch, "PUBLISH a %s\r\n", text);
    for (int round = 0; round < 15; round++) cr_assert(client_send(c, buffer_slice(&batch)));
    for (int i = 0; i < 300; i++) {
        struct slice frame;
        expect_next(c, "(integer) 1");
        cr_assert(client_read(&listener, &frame) && frame.len > sizeof text);
    }
    buffer_clear(&batch);
    client_close(&listener);
    example_close(&example);
}

#define PUBLISHERS 40

static unsigned long long writes_of(struct client *c)
{
    static const char name[] = "total_writes_processed:";
    struct slice info = client_ask(c, "INFO stats");
    const char *at = memmem(info.data, info.len, name, sizeof name - 1);
    cr_assert(at != NULL);
    return strtoull(at + sizeof name - 1, NULL, 10);
}

/* More of them than are served together: each is answered, and those who listen are written to once. */
Test(pubsub_batches, what_many_publish_at_once_is_sent_in_one_write)
{
    static const char *const options[] = { "--threads", "1", NULL };
    struct example example;
    struct client listener, publishers[PUBLISHERS];
    instance_start(&example.server, INSTANCE_NUTHATCH, options);
    struct client *c = &example.client;
    cr_assert(client_open_tcp(c, example.server.port));
    cr_assert(client_open_tcp(&listener, example.server.port));
    ask(&listener, "SUBSCRIBE a");
    for (int i = 0; i < PUBLISHERS; i++) {
        cr_assert(client_open_tcp(&publishers[i], example.server.port));
        ask(&publishers[i], "PING");
    }
    unsigned long long before = writes_of(c);
    child_signal(&example.server.child, SIGSTOP);
    cr_assert_eq(waitpid(example.server.child.pid, NULL, WUNTRACED), example.server.child.pid);
    for (int i = 0; i < PUBLISHERS; i++)
        cr_assert(client_send(&publishers[i], SLICE("PUBLISH a x\r\nPUBLISH a y\r\n")));
    child_signal(&example.server.child, SIGCONT);
    for (int i = 0; i < PUBLISHERS; i++) {
        expect_next(&publishers[i], "(integer) 1");
        expect_next(&publishers[i], "(integer) 1");
        expect_next(&listener, "1) \"message\"\n2) \"a\"\n3) \"x\"");
        expect_next(&listener, "1) \"message\"\n2) \"a\"\n3) \"y\"");
    }
    /* Its own INFO, the replies, and the messages. */
    cr_assert_eq(writes_of(c) - before, 1 + PUBLISHERS + 1);
    for (int i = 0; i < PUBLISHERS; i++) client_close(&publishers[i]);
    client_close(&listener);
    example_close(&example);
}
