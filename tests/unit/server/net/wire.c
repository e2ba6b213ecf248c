/*
 * A wire between this test and a peer that reads as slowly as it likes: through the socket itself, and
 * through a layer that changes every byte.
 */
#include "server/net/wire.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/entry/entry_making.h"
#include "tests/support/pace.h"

#define KEY 0x5a

static uv_loop_t uv;
static struct wire wire;
static int peer;

/* What the owner was told. */
static struct buffer in;
static size_t room_len;
static bool ended, closed;
static int failure;
static size_t sent_text, sent_values, lost;

static void give_room(struct wire *w, uv_buf_t *room)
{
    (void)w;
    *room = uv_buf_init(room_len > 0 ? buffer_reserve(&in, room_len) : NULL, (unsigned)room_len);
}

static void on_received(struct wire *w, char *bytes, size_t len)
{
    (void)w;
    cr_assert_eq(bytes, in.data + in.len);
    buffer_commit(&in, len);
}

static void on_ended(struct wire *w)
{
    (void)w;
    ended = true;
}

static void on_failed(struct wire *w, int why)
{
    (void)w;
    failure = why;
}

static void on_sent(struct wire *w, size_t text_len, size_t value_len, int status)
{
    (void)w;
    cr_assert_not(closed);
    if (status < 0) {
        lost += text_len + value_len;
        return;
    }
    sent_text += text_len;
    sent_values += value_len;
}

static void on_closed(struct wire *w)
{
    (void)w;
    closed = true;
}

static const struct wire_events events = {
    .room = give_room,
    .received = on_received,
    .ended = on_ended,
    .failed = on_failed,
    .sent = on_sent,
    .closed = on_closed,
};

static void turn(void)
{
    uv_run(&uv, UV_RUN_NOWAIT);
}

static void open_all(void)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&uv);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    peer = ends[1];
    cr_assert_eq(fcntl(peer, F_SETFL, O_NONBLOCK), 0);
    cr_assert_eq(wire_open(&wire, &uv, ends[0], true, &events), 0);
    room_len = 4096;
}

static void close_wire(void)
{
    wire_close(&wire);
    uv_run(&uv, UV_RUN_DEFAULT);
    cr_assert(closed);
}

static void close_all(void)
{
    if (!wire.closing) close_wire();
    cr_assert_eq(uv_loop_close(&uv), 0);
    close(peer);
    buffer_clear(&in);
}

TestSuite(wire, .init = open_all, .fini = close_all, .timeout = 60);

static void expect_in(const char *text)
{
    for (int64_t start = pace_now_ms(); in.len < strlen(text); turn())
        cr_assert_lt(pace_now_ms() - start, 10000 * PACE);
    cr_assert(slice_equal(buffer_slice(&in), slice_of_cstr(text)), "%.*s", (int)in.len, in.data);
}

static ssize_t try_text(const char *text)
{
    uv_buf_t piece = { .base = (char *)(uintptr_t)text, .len = strlen(text) };
    return wire_try(&wire, &piece, 1);
}

/* All that is there for the peer. */
static void read_all(struct buffer *out, size_t at_most)
{
    while (at_most > 0) {
        size_t room = at_most < 65536 ? at_most : 65536;
        ssize_t len = read(peer, buffer_reserve(out, room), room);
        if (len <= 0) return;
        buffer_commit(out, (size_t)len);
        at_most -= (size_t)len;
    }
}

static void expect_peer(const char *text)
{
    struct buffer out = { 0 };
    for (int64_t start = pace_now_ms(); out.len < strlen(text); turn()) {
        read_all(&out, strlen(text));
        cr_assert_lt(pace_now_ms() - start, 10000 * PACE);
    }
    cr_assert(slice_equal(buffer_slice(&out), slice_of_cstr(text)), "%.*s", (int)out.len, out.data);
    buffer_clear(&out);
}

Test(wire, what_comes_lands_in_the_room_that_the_owner_gives)
{
    room_len = 3;
    cr_assert_eq(write(peer, "one two", 7), 7);
    turn();
    cr_assert_eq(in.len, 0); /* it is not read yet */
    wire_read(&wire, true);
    expect_in("one two");
    wire_read(&wire, false);
    cr_assert_eq(write(peer, " three", 6), 6);
    turn();
    cr_assert_eq(in.len, 7);
    wire_read(&wire, true);
    expect_in("one two three");
}

Test(wire, who_sends_no_more_may_still_be_told_something)
{
    wire_read(&wire, true);
    cr_assert_eq(write(peer, "last", 4), 4);
    shutdown(peer, SHUT_WR);
    expect_in("last");
    for (int i = 0; i < 3 && !ended; i++) turn();
    cr_assert(ended);
    cr_assert_eq(failure, 0);
    cr_assert_eq(try_text("answer"), 6);
    expect_peer("answer");
}

Test(wire, the_end_of_a_connection_that_is_not_read_can_be_looked_for)
{
    cr_assert_eq(write(peer, "last", 4), 4);
    cr_assert_not(wire_has_ended(&wire));
    shutdown(peer, SHUT_WR);
    cr_assert(wire_has_ended(&wire));
    cr_assert_not(ended);
}

Test(wire, without_room_it_fails_and_takes_nothing)
{
    room_len = 0;
    wire_read(&wire, true);
    cr_assert_eq(write(peer, "one", 3), 3);
    for (int i = 0; i < 3 && failure == 0; i++) turn();
    cr_assert_eq(failure, UV_ENOBUFS);
    cr_assert_eq(in.len, 0);
}

Test(wire, who_writes_to_a_peer_that_is_gone_is_told)
{
    close(peer);
    cr_assert_eq(try_text("one"), UV_EPIPE);
    peer = socket(AF_UNIX, SOCK_STREAM, 0);
}

static struct buffer repeated(char with, size_t len)
{
    struct buffer text = { 0 };
    memset(buffer_reserve(&text, len), with, len);
    buffer_commit(&text, len);
    return text;
}

static struct pin pin_of_new(char with, size_t len)
{
    struct buffer text = repeated(with, len);
    struct entry *entry = entry_make_string(NULL, SLICE("k"), buffer_slice(&text), 0);
    struct pin pin;
    cr_assert(pin_take(&pin, entry));
    entry_free(entry);
    buffer_clear(&text);
    return pin;
}

Test(wire, nothing_is_tried_while_something_waits)
{
    struct buffer text = repeated('a', 4 << 20);
    cr_assert_eq(wire_queue_rest(&wire, &text, 0), 0);
    cr_assert_eq(text.data, NULL); /* it was taken */
    cr_assert_gt(wire_unsent(&wire), 0);
    cr_assert_eq(try_text("b"), 0);
}

Test(wire, what_is_queued_when_it_is_closed_is_told_to_be_lost)
{
    struct pin pin = pin_of_new('v', 4 << 20);
    struct wire_passage passage = {
        .before = SLICE("before"), .value = pin.text, .behind = SLICE("behind"), .pin = pin
    };
    cr_assert_gt(wire_try_passage(&wire, &passage), 6);
    cr_assert_lt(passage.value.len, pin.text.len);
    size_t left = passage.value.len + passage.behind.len;
    cr_assert_eq(wire_queue(&wire, &passage), 0);
    cr_assert_eq(wire_unsent(&wire), left);
    cr_assert_gt(long_text_orphaned(), 0);
    close_wire();
    cr_assert_eq(lost, left);
    cr_assert_eq(wire_unsent(&wire), 0);
    cr_assert_eq(long_text_orphaned(), 0);
}

/* A layer that changes every byte, with memory of its own for what the kernel has not taken. */
struct changed_write {
    uv_write_t own;
    uv_write_t *request;
    uv_write_cb written;
    char bytes[];
};

static void change(char *to, const char *from, size_t len)
{
    for (size_t i = 0; i < len; i++) to[i] = (char)(from[i] ^ KEY);
}

static size_t change_pieces(char *to, const uv_buf_t *pieces, unsigned count)
{
    size_t len = 0;
    for (unsigned i = 0; i < count; len += pieces[i++].len)
        if (to != NULL) change(to + len, pieces[i].base, pieces[i].len);
    return len;
}

static void give_changed_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    (void)suggested;
    (void)handle;
    wire.events->room(&wire, room);
}

static void on_changed_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    (void)stream;
    if (len <= 0) return;
    change(room->base, room->base, (size_t)len);
    wire.events->received(&wire, room->base, (size_t)len);
}

static void start_changing(struct wire *w)
{
    uv_read_start(&w->stream, give_changed_room, on_changed_read);
}

static int try_changed(struct wire *w, const uv_buf_t *pieces, unsigned count)
{
    size_t len = change_pieces(NULL, pieces, count);
    char *bytes = alloc_bytes(len);
    change_pieces(bytes, pieces, count);
    uv_buf_t piece = { .base = bytes, .len = len };
    int written = uv_try_write(&w->stream, &piece, 1);
    alloc_free(bytes);
    return written;
}

static void on_changed_written(uv_write_t *own, int status)
{
    struct changed_write *changed = (struct changed_write *)own;
    changed->written(changed->request, status);
    alloc_free(changed);
}

static int write_changed(struct wire *w, uv_write_t *request, const uv_buf_t *pieces, unsigned count,
                         uv_write_cb written)
{
    size_t len = change_pieces(NULL, pieces, count);
    struct changed_write *changed = alloc_bytes(sizeof *changed + len);
    changed->request = request;
    changed->written = written;
    change_pieces(changed->bytes, pieces, count);
    uv_buf_t piece = { .base = changed->bytes, .len = len };
    return uv_write(&changed->own, &w->stream, &piece, 1, on_changed_written);
}

static struct wire_ops changing;

static void put_layer(void)
{
    changing = plain_wire;
    changing.start = start_changing;
    changing.try_write = try_changed;
    changing.write = write_changed;
    wire.ops = &changing;
}

Test(wire, a_layer_sees_what_comes)
{
    put_layer();
    wire_read(&wire, true);
    char bytes[3];
    change(bytes, "one", 3);
    cr_assert_eq(write(peer, bytes, 3), 3);
    expect_in("one");
}

/* What has been written, and what the peer has got of it. */
static struct buffer written, got;

static void write_some_text(struct random *random)
{
    size_t len = 1 + random_below(random, random_chance(random, 30) ? 300000 : 3000);
    struct buffer text = repeated((char)('a' + random_below(random, 26)), len);
    uv_buf_t piece = { .base = text.data, .len = text.len };
    buffer_append(&written, text.data, text.len);
    ssize_t done = wire_try(&wire, &piece, 1);
    cr_assert_geq(done, 0);
    if ((size_t)done < text.len) cr_assert_eq(wire_queue_rest(&wire, &text, (size_t)done), 0);
    buffer_clear(&text);
}

static void write_some_value(struct random *random)
{
    struct pin pin =
        pin_of_new((char)('A' + random_below(random, 26)), PIN_MIN + random_below(random, 300000));
    struct wire_passage passage = {
        .before = SLICE("before"), .value = pin.text, .behind = SLICE("behind"), .pin = pin
    };
    buffer_append(&written, "before", 6);
    buffer_append(&written, pin.text.data, pin.text.len);
    buffer_append(&written, "behind", 6);
    cr_assert_geq(wire_try_passage(&wire, &passage), 0);
    if (passage.before.len + passage.value.len + passage.behind.len == 0)
        pin_drop(&pin);
    else
        cr_assert_eq(wire_queue(&wire, &passage), 0);
}

static void exchange(struct random *random)
{
    for (int i = 0; i < 200; i++) {
        if (random_chance(random, 70))
            write_some_text(random);
        else
            write_some_value(random);
        if (random_chance(random, 60)) read_all(&got, random_below(random, 400000));
        if (random_chance(random, 60)) turn();
    }
    for (int64_t start = pace_now_ms(); got.len < written.len; turn()) {
        read_all(&got, SIZE_MAX);
        cr_assert_lt(pace_now_ms() - start, 20000 * PACE);
    }
    turn();
}

static void expect_whole_exchange(char key)
{
    struct random random = { .state = (uint64_t)time(NULL) };
    const char *seed = getenv("NUTHATCH_SEED");
    if (seed != NULL) random.state = strtoull(seed, NULL, 10);
    printf("NUTHATCH_SEED=%llu\n", (unsigned long long)random.state);
    exchange(&random);
    for (size_t i = 0; i < got.len; i++) got.data[i] = (char)(got.data[i] ^ key);
    cr_assert(slice_equal(buffer_slice(&got), buffer_slice(&written)));
    cr_assert_eq(wire_unsent(&wire), 0);
    cr_assert_eq(lost, 0);
    cr_assert_gt(sent_text, 0);
    cr_assert_gt(sent_values, 0);
    cr_assert_eq(long_text_orphaned(), 0);
    buffer_clear(&got);
    buffer_clear(&written);
}

Test(wire, every_byte_comes_once_and_in_order)
{
    expect_whole_exchange(0);
}

Test(wire, every_byte_comes_through_a_layer_once_and_in_order)
{
    put_layer();
    expect_whole_exchange(KEY);
}
