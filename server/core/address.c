#include "server/core/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void print_inet(const struct sockaddr_storage *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
        snprintf(text, size, "%s:%u", host, ntohs(four->sin_port));
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const void *)address;
        inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
        snprintf(text, size, "[%s]:%u", host, ntohs(six->sin6_port));
    } else {
        snprintf(text, size, "?:0");
    }
}

/* A client's end of a unix socket has no name; the server's path stands for both, as in Redis. */
static void print_unix(int fd, char *text, size_t size)
{
    struct sockaddr_un address = { 0 };
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) address.sun_path[0] = '\0';
    snprintf(text, size, "%.*s:0", (int)sizeof(address.sun_path), address.sun_path);
}

void address_of_peer(int fd, bool unix_socket, char *text, size_t size)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    if (unix_socket)
        print_unix(fd, text, size);
    else if (getpeername(fd, (struct sockaddr *)&address, &len) == 0)
        print_inet(&address, text, size);
    else
        snprintf(text, size, "?:0");
}

void address_of_local(int fd, bool unix_socket, char *text, size_t size)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    if (unix_socket)
        print_unix(fd, text, size);
    else if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        print_inet(&address, text, size);
    else
        snprintf(text, size, "?:0");
}

static bool six_is_local(const struct sockaddr_in6 *six)
{
    if (IN6_IS_ADDR_LOOPBACK(&six->sin6_addr)) return true;
    return IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && six->sin6_addr.s6_addr[12] == 127;
}

/* Redis's idea of it: of the addresses of the loopback device those that mostly are used, and no other. */
bool address_is_local_host(int fd, bool unix_socket)
{
    static const unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    if (unix_socket) return true;
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0) return false;
    const struct sockaddr_in *four = (const void *)&address;
    const struct sockaddr_in6 *six = (const void *)&address;
    if (address.ss_family == AF_INET) return four->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) || memcmp(&six->sin6_addr, mapped, sizeof(mapped)) == 0;
}

bool address_is_loopback(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) return false;
    if (address.ss_family == AF_INET6) return six_is_local((const void *)&address);
    const struct sockaddr_in *four = (const void *)&address;
    return address.ss_family == AF_INET && (ntohl(four->sin_addr.s_addr) >> 24) == 127;
}

void address_prepare_tcp(int fd, int64_t keepalive_s)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (keepalive_s <= 0) return;
    int idle = (int)keepalive_s;
    int interval = idle / 3 > 0 ? idle / 3 : 1;
    int probes = 3;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}
