/*
 * address.h - where a server listens, `host:port` or `unix:path`, and what it speaks: RESP, unless
 * `memcached:` stands before that.
 *
 * Threads: plain values.
 */
#ifndef BENCH_KIT_SERVERS_ADDRESS_H
#define BENCH_KIT_SERVERS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct protocol;

struct address {
    struct sockaddr_storage socket;
    socklen_t len;
    const struct protocol *protocol;
};

/* False when the text is no address or the host has no name; the first address of a host is taken. */
bool address_parse(const char *text, struct address *address);

struct address address_of_loopback(uint16_t port);

/* A TCP port on 127.0.0.1 that nobody listens on at the moment. */
uint16_t address_free_port(void);

/* A connected, non-blocking socket without Nagle's delay, or -1 and errno. Waits for the connection. */
int address_connect(const struct address *address);

#endif
