/*
 * socket.h - bytes into and out of a socket, with one system call each.
 *
 * libuv says when a socket can be read, and writes what had to be queued. What is read, and what is sent at
 * once, goes past it: recv() and send() cost the kernel less than the read() and write() of libuv, which pass
 * through what is there for files (65 and 30 ns of some 4 us, measured).
 *
 * libuv reads by itself once it is given room. It is given none, which it tells its reader of as UV_ENOBUFS:
 * that is how a stream says that there is something to read, or an end, or a failure.
 *
 * Threads: the loop of the socket. No call blocks.
 */
#ifndef SERVER_NET_SOCKET_H
#define SERVER_NET_SOCKET_H

#include <uv.h>

/* Reads of one socket, while each fills its room, before others have their turn. */
#define SOCKET_READS_MAX 32

/* Tell `readable`, with a length that is to be passed over, whenever the socket can be read, until
 * uv_read_stop(). libuv's code. */
int socket_listen(uv_stream_t *stream, uv_read_cb readable);

/* How many bytes came; 0: none yet; UV_EOF: none will; any other code: it has failed. The room is not empty.
 */
ssize_t socket_receive(int fd, uv_buf_t room);

/* How many bytes the kernel has taken; UV_EAGAIN: none now; any other code: it has failed. What was queued
 * before must have gone. */
int socket_send(int fd, uv_buf_t piece);

#endif
