#include "server/net/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

static void give_none(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    (void)handle;
    (void)suggested;
    *room = uv_buf_init(NULL, 0);
}

int socket_listen(uv_stream_t *stream, uv_read_cb readable)
{
    return uv_read_start(stream, give_none, readable);
}

static bool is_for_now(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

ssize_t socket_receive(int fd, uv_buf_t room)
{
    ssize_t len;
    do len = recv(fd, room.base, room.len, MSG_DONTWAIT);
    while (__builtin_expect(len < 0, 0) && errno == EINTR);
    if (__builtin_expect(len > 0, 1)) return len;
    if (len == 0) return UV_EOF;
    return is_for_now(errno) ? 0 : uv_translate_sys_error(errno);
}

int socket_send(int fd, uv_buf_t piece)
{
    ssize_t len;
    do len = send(fd, piece.base, piece.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (__builtin_expect(len < 0, 0) && errno == EINTR);
    if (__builtin_expect(len >= 0, 1)) return (int)len;
    return is_for_now(errno) || errno == ENOBUFS ? UV_EAGAIN : uv_translate_sys_error(errno);
}
