/* Bytes into and out of a socket. */
#include "server/net/socket.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static char memory[1 << 16];

static void open_ends(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
}

static void close_ends(void)
{
    close(ends[0]);
    close(ends[1]);
}

TestSuite(socket, .init = open_ends, .fini = close_ends, .timeout = 20);

static uv_buf_t room(size_t len)
{
    return uv_buf_init(memory, (unsigned)len);
}

Test(socket, what_was_sent_is_received_as_far_as_there_is_room)
{
    cr_assert_eq(socket_send(ends[0], uv_buf_init("nuthatch", 8)), 8);
    cr_assert_eq(socket_receive(ends[1], room(3)), 3);
    cr_assert_eq(memcmp(memory, "nut", 3), 0);
    cr_assert_eq(socket_receive(ends[1], room(64)), 5);
    cr_assert_eq(memcmp(memory, "hatch", 5), 0);
}

Test(socket, nothing_yet_and_the_end_are_told_apart)
{
    cr_assert_eq(socket_receive(ends[1], room(64)), 0);
    shutdown(ends[0], SHUT_WR);
    cr_assert_eq(socket_receive(ends[1], room(64)), UV_EOF);
}

Test(socket, one_that_is_full_takes_no_more_for_now)
{
    int taken;
    do taken = socket_send(ends[0], room(sizeof memory));
    while (taken > 0);
    cr_assert_eq(taken, UV_EAGAIN);
}

/* A signal would end the process. */
Test(socket, one_whose_peer_has_gone_fails)
{
    close(ends[1]);
    ends[1] = dup(ends[0]);
    cr_assert_eq(socket_send(ends[0], uv_buf_init("nuthatch", 8)), UV_EPIPE);
}

static unsigned told;

static void note(uv_stream_t *stream, ssize_t len, const uv_buf_t *room_given)
{
    cr_assert(len <= 0 && room_given->len == 0);
    told++;
    uv_read_stop(stream);
}

Test(socket, a_stream_that_can_be_read_says_so_and_is_not_read)
{
    uv_loop_t loop;
    uv_pipe_t pipe;
    cr_assert_eq(uv_loop_init(&loop), 0);
    cr_assert_eq(uv_pipe_init(&loop, &pipe, 0), 0);
    cr_assert_eq(uv_pipe_open(&pipe, dup(ends[1])), 0);
    cr_assert_eq(socket_listen((uv_stream_t *)&pipe, note), 0);
    cr_assert_eq(socket_send(ends[0], uv_buf_init("nuthatch", 8)), 8);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(told, 1);
    cr_assert_eq(socket_receive(ends[1], room(64)), 8);
    uv_close((uv_handle_t *)&pipe, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
}
