/*
 * Values of every type and size go to and fro between this server and a Redis by DUMP and RESTORE: what
 * arrives must be what was sent.
 *
 * NUTHATCH_DIFF_SEED draws others, NUTHATCH_DUMP_VALUES more of them.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/process/instance.h"

#define VALUES    10000
#define PARTS_MAX 8192

/* A command that makes the value `k`, all of it, of a number of elements of one to two arguments; and one
 * that reads it, whose reply has that many parts for an element. */
static const struct shape {
    const char *make;
    const char *read[4];
    size_t arguments;
    bool integers;  /* only */
    bool scores;    /* an element is a score and a member, and is read as a member and a score */
    bool any_order; /* of its elements */
} shapes[] = {
    { "RPUSH", { "LRANGE", "k", "0", "-1" }, 1, false, false, false },
    { "SADD", { "SMEMBERS", "k" }, 1, false, false, true },
    { "SADD", { "SMEMBERS", "k" }, 1, true, false, true },
    { "HSET", { "HGETALL", "k" }, 2, false, false, true },
    { "ZADD", { "ZRANGE", "k", "0", "-1" }, 2, false, true, false },
};

struct exchange {
    struct instance servers[2];
    struct client clients[2];
    struct random random;
    struct buffer command, payload, made, got;
};

static void append_word(struct buffer *command, struct slice word)
{
    buffer_printf(command, "$%zu\r\n", word.len);
    buffer_append(command, word.data, word.len);
    buffer_append(command, "\r\n", 2);
}

/* Integers around every width that a form has for them. */
static struct slice draw_integer(struct random *random, char *text)
{
    unsigned width = (unsigned)random_below(random, 64);
    uint64_t number = random_next(random) >> width;
    if (random_chance(random, 50)) number = -number;
    if (random_chance(random, 50)) number = (UINT64_C(1) << width) - random_below(random, 3);
    return slice_of(text, (size_t)sprintf(text, "%" PRId64, (int64_t)number));
}

/* Lengths around every border that a form has, bytes that compress well and bytes that do not. */
static struct slice draw_text(struct random *random, char *text)
{
    static const size_t lengths[] = { 0,   1,   20,  21,  63,   64,   65,   127,   253,
                                      254, 255, 511, 513, 4095, 4096, 9000, 16384, 70000 };
    size_t len = random_below(random, 40);
    if (random_chance(random, 15)) len = lengths[random_below(random, random_chance(random, 10) ? 18 : 13)];
    bool dull = random_chance(random, 50);
    for (size_t i = 0; i < len; i++) text[i] = dull ? (char)('a' + (i & 3)) : (char)random_next(random);
    return slice_of(text, len);
}

#define TEXT_MAX 70000

static struct slice draw_element(struct random *random, const struct shape *shape, char *text)
{
    static const char *const odd[] = { "007", "-0", "+1", " 1", "9223372036854775808", "inf", "1.5", "1e3" };
    if (shape->integers || random_chance(random, 25)) return draw_integer(random, text);
    if (random_chance(random, 5)) return slice_of_cstr(odd[random_below(random, sizeof odd / sizeof *odd)]);
    return draw_text(random, text);
}

static struct slice draw_score(struct random *random, char *text)
{
    static const char *const odd[] = { "inf", "-inf", "0", "1.5", "1e300", "-7", "0.1" };
    if (random_chance(random, 30)) return slice_of_cstr(odd[random_below(random, sizeof odd / sizeof *odd)]);
    double score = (double)(int64_t)random_next(random) / (double)(1 + random_below(random, 1 << 20));
    return slice_of(text, (size_t)sprintf(text, "%.17g", score));
}

static size_t draw_size(struct random *random)
{
    static const size_t sizes[] = { 1, 2, 3, 127, 128, 129, 511, 512, 513, 2000 };
    return random_chance(random, 80) ? 1 + random_below(random, 30)
                                     : sizes[random_below(random, sizeof sizes / sizeof *sizes)];
}

static void write_make(struct exchange *x, const struct shape *shape)
{
    static char text[TEXT_MAX];
    size_t elements = draw_size(&x->random);
    x->command.len = 0;
    buffer_printf(&x->command, "*%zu\r\n", 2 + elements * shape->arguments);
    append_word(&x->command, slice_of_cstr(shape->make));
    append_word(&x->command, SLICE("k"));
    for (size_t i = 0; i < elements; i++) {
        if (shape->scores) append_word(&x->command, draw_score(&x->random, text));
        append_word(&x->command, draw_element(&x->random, shape, text));
        if (shape->arguments == 2 && !shape->scores)
            append_word(&x->command, draw_element(&x->random, shape, text));
    }
}

static struct slice ask(struct client *client, struct slice request)
{
    struct slice reply;
    cr_assert(client_send(client, request) && client_read(client, &reply), "%s",
              client_trouble_name(client->trouble));
    return reply;
}

static int compare_slices(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->data, y->data, len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static struct slice ask_for_value(struct client *client, const struct shape *shape)
{
    struct slice argv[5];
    size_t argc = 0;
    for (; argc < 4 && shape->read[argc] != NULL; argc++) argv[argc] = slice_of_cstr(shape->read[argc]);
    if (shape->scores) argv[argc++] = SLICE("WITHSCORES");
    struct buffer request = { 0 };
    client_format_argv(&request, argc, argv);
    struct slice reply = ask(client, buffer_slice(&request));
    buffer_clear(&request);
    return reply;
}

/* The elements of a reply, each in one piece: two parts that stand side by side in it, where it is of two.
 * How many. */
static size_t cut(struct slice reply, size_t per_element, struct slice elements[PARTS_MAX])
{
    struct reply_parts parts;
    struct slice part;
    size_t count = 0;
    cr_assert(reply_parts_init(&parts, reply));
    for (size_t i = 0; reply_parts_next(&parts, &part); i++) {
        if (i % per_element == 0) {
            cr_assert(count < PARTS_MAX);
            elements[count++] = part;
        } else {
            elements[count - 1].len += part.len;
        }
    }
    return count;
}

/* However it is written. */
static void append_scored(struct buffer *out, struct slice element)
{
    struct slice member = reply_part_text(element);
    const char *end = element.data + element.len, *score = member.data + member.len + 2;
    score = memchr(score, '\n', (size_t)(end - score));
    buffer_append(out, member.data, member.len);
    buffer_printf(out, " %a\n", strtod(score + 1, NULL) + 0.0);
}

/* In a form that is the same on both sides. */
static void read_value(struct client *client, const struct shape *shape, struct buffer *out)
{
    static struct slice elements[PARTS_MAX];
    size_t count = cut(ask_for_value(client, shape), shape->arguments, elements);
    if (shape->any_order) qsort(elements, count, sizeof *elements, compare_slices);
    out->len = 0;
    for (size_t i = 0; i < count; i++) {
        if (shape->scores)
            append_scored(out, elements[i]);
        else
            buffer_append(out, elements[i].data, elements[i].len);
    }
}

static void restore(struct client *client, struct slice payload)
{
    struct slice argv[] = { SLICE("RESTORE"), SLICE("k"), SLICE("0"), payload, SLICE("REPLACE") };
    struct buffer request = { 0 };
    client_format_argv(&request, sizeof argv / sizeof *argv, argv);
    struct slice reply = ask(client, buffer_slice(&request));
    cr_assert(slice_equal(reply, SLICE("+OK\r\n")), "%.*s", (int)reply.len, reply.data);
    buffer_clear(&request);
}

/* What server `from` has as `k` goes to the other by its payload. */
static void carry(struct exchange *x, unsigned from)
{
    struct slice payload = reply_part_text(ask(&x->clients[from], SLICE("*2\r\n$4\r\nDUMP\r\n$1\r\nk\r\n")));
    x->payload.len = 0;
    buffer_append(&x->payload, payload.data, payload.len);
    restore(&x->clients[!from], buffer_slice(&x->payload));
}

/* Made here, read there; and what arrived there comes back unchanged. */
static void exchange_one(struct exchange *x, const struct shape *shape, unsigned from)
{
    write_make(x, shape);
    client_ask(&x->clients[from], "DEL k");
    struct slice reply = ask(&x->clients[from], buffer_slice(&x->command));
    cr_assert(reply.data[0] == ':', "%.*s", (int)reply.len, reply.data);
    read_value(&x->clients[from], shape, &x->made);
    carry(x, from);
    read_value(&x->clients[!from], shape, &x->got);
    cr_assert(slice_equal(buffer_slice(&x->made), buffer_slice(&x->got)), "%s arrives as another",
              shape->make);
    carry(x, !from);
    read_value(&x->clients[from], shape, &x->got);
    cr_assert(slice_equal(buffer_slice(&x->made), buffer_slice(&x->got)), "%s returns as another",
              shape->make);
}

static void exchange_string(struct exchange *x, unsigned from)
{
    static char text[TEXT_MAX];
    struct slice argv[] = { SLICE("SET"), SLICE("k"), draw_element(&x->random, &shapes[0], text) };
    x->command.len = 0;
    client_format_argv(&x->command, 3, argv);
    ask(&x->clients[from], buffer_slice(&x->command));
    carry(x, from);
    struct slice got = reply_part_text(client_ask(&x->clients[!from], "GET k"));
    cr_assert(slice_equal(got, argv[2]));
}

static void open_exchange(struct exchange *x)
{
    const char *given = getenv("NUTHATCH_DIFF_SEED");
    *x = (struct exchange){ .random = { given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) } };
    fprintf(stderr, "NUTHATCH_DIFF_SEED=%" PRIu64 "\n", x->random.state);
    instance_start(&x->servers[0], INSTANCE_NUTHATCH, NULL);
    instance_start(&x->servers[1], INSTANCE_REDIS, NULL);
    for (int i = 0; i < 2; i++) cr_assert(client_open_tcp(&x->clients[i], x->servers[i].port));
}

static void close_exchange(struct exchange *x)
{
    for (int i = 0; i < 2; i++) {
        client_close(&x->clients[i]);
        instance_stop(&x->servers[i]);
    }
    buffer_clear(&x->command);
    buffer_clear(&x->payload);
    buffer_clear(&x->made);
    buffer_clear(&x->got);
}

Test(dump_exchange, of_random_values_with_redis_loses_nothing, .timeout = 600)
{
    struct exchange x;
    const char *given = getenv("NUTHATCH_DUMP_VALUES");
    open_exchange(&x);
    for (uint64_t left = given != NULL ? strtoull(given, NULL, 10) : VALUES; left > 0; left--) {
        unsigned from = (unsigned)random_below(&x.random, 2);
        size_t shape = random_below(&x.random, sizeof shapes / sizeof *shapes + 1);
        if (shape == sizeof shapes / sizeof *shapes)
            exchange_string(&x, from);
        else
            exchange_one(&x, &shapes[shape], from);
    }
    close_exchange(&x);
}

static void say(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct client *client, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct slice reply = client_ask(client, line);
    cr_assert(reply.len > 0 && reply.data[0] != '-', "%s: %.*s", line, (int)reply.len, reply.data);
}

/* Entries whose ids, names and values are of many kinds, some of which go again. */
static void make_entries(struct exchange *x, struct client *client)
{
    static const size_t counts[] = { 1, 2, 5, 99, 100, 101, 250 };
    static const char *const names[] = { "f 1", "f 2 g -300", "name 70000 other text", "12 34" };
    uint64_t ms = random_chance(&x->random, 50) ? 1 : (uint64_t)1 << 40, seq = 1;
    size_t name = random_below(&x->random, 4);
    for (size_t left = counts[random_below(&x->random, 7)]; left > 0; left--) {
        if (random_chance(&x->random, 10)) name = random_below(&x->random, 4);
        if (random_chance(&x->random, 50)) {
            ms += random_below(&x->random, 5000);
            seq++;
        }
        seq += 1 + random_below(&x->random, 3);
        say(client, "XADD k %" PRIu64 "-%" PRIu64 " %s", ms, seq, names[name]);
        if (random_chance(&x->random, 5)) say(client, "XDEL k %" PRIu64 "-%" PRIu64, ms, seq);
    }
    if (random_chance(&x->random, 20)) say(client, "XTRIM k MAXLEN %zu", random_below(&x->random, 100));
}

static void make_groups(struct exchange *x, struct client *client)
{
    for (size_t group = random_below(&x->random, 3); group > 0; group--) {
        say(client, "XGROUP CREATE k g%zu %s", group, random_chance(&x->random, 50) ? "0" : "$");
        for (size_t consumer = 0; consumer < 3; consumer++) {
            char line[128];
            snprintf(line, sizeof line, "XREADGROUP GROUP g%zu c%zu COUNT %zu STREAMS k >", group, consumer,
                     1 + random_below(&x->random, 50));
            struct slice entry =
                reply_part(reply_part(reply_part(reply_part(client_ask(client, line), 0), 1), 0), 0);
            struct slice id = reply_part_text(entry);
            if (id.len > 0 && random_chance(&x->random, 50))
                say(client, "XACK k g%zu %.*s", group, (int)id.len, id.data);
        }
    }
}

/* All of it, but for how it is kept: radix-tree-keys and -nodes. */
static void read_stream(struct client *client, const char *question, struct buffer *out)
{
    struct reply_parts parts;
    struct slice part, reply = client_ask(client, question);
    out->len = 0;
    cr_assert(reply_parts_init(&parts, reply), "%.*s", (int)reply.len, reply.data);
    bool is_info = question[1] == 'I';
    for (size_t i = 0; reply_parts_next(&parts, &part); i++)
        if (!is_info || i < 2 || i > 5) buffer_append(out, part.data, part.len);
}

Test(dump_exchange, of_streams_with_redis_loses_nothing, .timeout = 300)
{
    struct exchange x;
    open_exchange(&x);
    for (unsigned i = 0; i < 200; i++) {
        unsigned from = (unsigned)random_below(&x.random, 2);
        const char *question = from == 1 ? "XINFO STREAM k FULL COUNT 0" : "XRANGE k - +";
        client_ask(&x.clients[from], "DEL k");
        make_entries(&x, &x.clients[from]);
        if (from == 1) make_groups(&x, &x.clients[from]);
        read_stream(&x.clients[from], question, &x.made);
        carry(&x, from);
        if (from == 0) {
            read_stream(&x.clients[1], question, &x.got);
            cr_assert(slice_equal(buffer_slice(&x.made), buffer_slice(&x.got)), "arrives as another");
        }
        carry(&x, !from);
        read_stream(&x.clients[from], question, &x.got);
        cr_assert(slice_equal(buffer_slice(&x.made), buffer_slice(&x.got)), "returns as another");
    }
    close_exchange(&x);
}
