#include "server/upstream/channel/limits.h"

#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "server/exec/call.h"
#include "server/observe/log.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/channel/upstream.h"

#define BULK_BYTES  (INT64_C(512) << 20)
#define INPUT_BYTES (INT64_C(1) << 30)
/* Commands before and behind one stand in the same buffer. */
#define INPUT_SLACK (INT64_C(128) << 10)

struct question {
    struct upstream_request request;
    struct upstream_limits *limits;
    const char *name;
    void (*learn)(struct upstream_limits *limits, struct slice value);
};

void limits_init(struct upstream_limits *limits)
{
    atomic_init(&limits->argument_bytes, BULK_BYTES);
    atomic_init(&limits->input_bytes, INPUT_BYTES);
    atomic_init(&limits->reply_bytes, 0);
    atomic_init(&limits->threaded, false);
}

static void learn_argument(struct upstream_limits *limits, struct slice value)
{
    int64_t bytes;
    if (number_parse_i64(value, &bytes)) atomic_store(&limits->argument_bytes, bytes);
}

static void learn_input(struct upstream_limits *limits, struct slice value)
{
    int64_t bytes;
    if (number_parse_i64(value, &bytes)) atomic_store(&limits->input_bytes, bytes);
}

static void learn_threads(struct upstream_limits *limits, struct slice value)
{
    int64_t threads;
    atomic_store(&limits->threaded, number_parse_i64(value, &threads) && threads > 1);
}

static struct slice next_word(struct slice *rest)
{
    size_t len = 0;
    while (rest->len > 0 && rest->data[0] == ' ') *rest = slice_of(rest->data + 1, rest->len - 1);
    while (len < rest->len && rest->data[len] != ' ') len++;
    struct slice word = slice_of(rest->data, len);
    *rest = slice_of(rest->data + len, rest->len - len);
    return word;
}

/* normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60 */
int64_t limits_read_output(struct slice value)
{
    int64_t hard, soft;
    while (value.len > 0) {
        if (!slice_equal_nocase(next_word(&value), SLICE("normal"))) continue;
        bool told = number_parse_i64(next_word(&value), &hard) && number_parse_i64(next_word(&value), &soft);
        if (!told) return 0;
        return hard == 0 || (soft > 0 && soft < hard) ? soft : hard;
    }
    return 0;
}

static void learn_output(struct upstream_limits *limits, struct slice value)
{
    int64_t bytes = limits_read_output(value);
    if (bytes > 0 && atomic_exchange(&limits->reply_bytes, bytes) != bytes)
        log_write(
            LOG_LEVEL_WARNING,
            "Upstream: its client-output-buffer-limit closes connections with %lld bytes of replies: one "
            "string that is larger costs the link",
            (long long)bytes);
    if (bytes == 0) atomic_store(&limits->reply_bytes, 0);
}

/* A map, or an array, of the name and the value. */
static void on_reply(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct question *question = (struct question *)request;
    struct reply_reader reader = { 0 };
    struct reply_element element[3] = { 0 };
    size_t at = 0, len;
    for (int i = 0; outcome == UPSTREAM_REPLIED && i < 3; i++) {
        struct slice rest = slice_of(reply.data + at, reply.len - at);
        if (reply_reader_next(&reader, rest, &element[i], &len) != READER_READY) break;
        at += len;
        if (reply_reader_at_end(&reader)) break;
    }
    bool secret = outcome == UPSTREAM_REPLIED && element[0].type == REPLY_ERROR;
    if (secret && question->learn == learn_threads) atomic_store(&question->limits->threaded, true);
    bool named = slice_equal_nocase(element[1].text, slice_of_cstr(question->name));
    if (named && element[2].type == REPLY_BULK) question->learn(question->limits, element[2].text);
    alloc_free(question);
}

void limits_ask(struct upstream_limits *limits, struct upstream *upstream)
{
    static const struct {
        const char *name;
        void (*learn)(struct upstream_limits *limits, struct slice value);
    } questions[] = {
        { "proto-max-bulk-len", learn_argument },
        { "client-query-buffer-limit", learn_input },
        { "client-output-buffer-limit", learn_output },
        { "io-threads", learn_threads },
    };
    for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
        const struct slice words[] = { SLICE("CONFIG"), SLICE("GET"), slice_of_cstr(questions[i].name) };
        struct buffer bytes = { 0 };
        command_write(&bytes, words, 3);
        struct question *question = ALLOC_NEW(struct question);
        question->limits = limits;
        question->name = questions[i].name;
        question->learn = questions[i].learn;
        question->request = (struct upstream_request){ .bytes = buffer_slice(&bytes),
                                                       .db = UPSTREAM_ANY_DB,
                                                       .done = on_reply };
        upstream->send(upstream, &question->request);
        buffer_clear(&bytes);
    }
}

bool limits_exceeded(const struct upstream_limits *limits, const struct call *call)
{
    int64_t argument = atomic_load_explicit(&limits->argument_bytes, memory_order_relaxed);
    int64_t input = atomic_load_explicit(&limits->input_bytes, memory_order_relaxed) - INPUT_SLACK;
    int64_t most = argument < input ? argument : input;
    for (int i = 0; i < call->argc; i++)
        if ((int64_t)call->argv[i].len > most) return true;
    return false;
}
