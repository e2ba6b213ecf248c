/*
 * address.h - names of socket ends, and the options every TCP client gets.
 *
 * Threads: no state.
 */
#ifndef SERVER_CORE_ADDRESS_H
#define SERVER_CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT_MAX 160

/* "127.0.0.1:6379", "[::1]:6379"; a unix socket is "/path/of/it:0". "?:0" when the kernel will not tell. */
void address_of_peer(int fd, bool unix_socket, char *text, size_t size);
void address_of_local(int fd, bool unix_socket, char *text, size_t size);

/* From this host, or over a unix socket. */
bool address_is_local_host(int fd, bool unix_socket);

/* Is the end of a TCP socket that is here one that only this host reaches? */
bool address_is_loopback(int fd);

/* No delay, and keep-alive probes after `keepalive_s` seconds of silence (0: none). Failures are of no
 * consequence. */
void address_prepare_tcp(int fd, int64_t keepalive_s);

#endif
