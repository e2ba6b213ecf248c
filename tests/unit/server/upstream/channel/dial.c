#include "server/upstream/channel/dial.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

/* B25: what a dial to a free port of this machine does when the kernel picks that very port for our end. */
Test(dial, a_connection_to_itself_is_seen)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    uv_loop_t uv;
    uv_tcp_t tcp;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, len), 0);
    uv_loop_init(&uv);
    uv_tcp_init(&uv, &tcp);
    cr_assert_eq(uv_tcp_open(&tcp, fd), 0);
    cr_expect(dial_reached_itself(&tcp));
    uv_close((uv_handle_t *)&tcp, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);
    uv_loop_close(&uv);
}

Test(dial, a_connection_to_another_is_none_to_itself)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    uv_loop_t uv;
    uv_tcp_t tcp;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, len), 0);
    uv_loop_init(&uv);
    uv_tcp_init(&uv, &tcp);
    cr_assert_eq(uv_tcp_open(&tcp, fd), 0);
    cr_expect_not(dial_reached_itself(&tcp));
    uv_close((uv_handle_t *)&tcp, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);
    uv_loop_close(&uv);
    close(listener);
}
