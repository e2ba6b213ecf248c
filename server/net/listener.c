#include "server/net/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "server/commands/errors.h"
#include "server/config/settings.h"
#include "server/mailbox.h"
#include "server/net/address.h"
#include "server/net/connection.h"
#include "server/observe/log.h"
#include "server/server.h"

#define SOCKETS_MAX 17 /* sixteen addresses of `bind` and a unix socket */

/* Connections taken in one go, so that a storm of them leaves room for those that are there. */
#define ACCEPTS_PER_TURN 1000

struct listening_socket {
    uv_poll_t poll;
    struct listeners *listeners;
    int fd;
    bool unix_socket;
};

struct listeners {
    struct server *server;
    struct listening_socket *sockets[SOCKETS_MAX];
    size_t len;
    char unix_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    bool started;
};

/* --- accepting -------------------------------------------------------------------------------------------
 */

struct arrival {
    struct letter letter;
    int fd;
    bool unix_socket;
};

static void take_arrival(struct loop *loop, struct letter *letter)
{
    struct arrival *arrival = (struct arrival *)letter;
    connection_open(loop, arrival->fd, arrival->unix_socket);
    alloc_free(arrival);
}

static struct loop *emptiest_loop(struct server *server)
{
    struct loop *best = &server->loops[0];
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < server->loop_count; i++) {
        uint32_t count = atomic_load_explicit(&server->loops[i].connection_count, memory_order_relaxed);
        if (count >= least) continue;
        least = count;
        best = &server->loops[i];
    }
    return best;
}

static void deal(struct server *server, int fd, bool unix_socket)
{
    struct loop *loop = emptiest_loop(server);
    atomic_fetch_add(&server->clients, 1);
    atomic_fetch_add_explicit(&loop->connection_count, 1, memory_order_relaxed);
    if (loop->index == 0) {
        connection_open(loop, fd, unix_socket);
        return;
    }
    struct arrival *arrival = alloc_bytes(sizeof(*arrival));
    *arrival = (struct arrival){ .letter = { .open = take_arrival }, .fd = fd, .unix_socket = unix_socket };
    mailbox_post(&loop->mailbox, &arrival->letter);
}

/* A courtesy that must not block: the new socket's buffer is empty, so one write carries the line. */
static void turn_away(struct server *server, int fd, const char *line)
{
    ssize_t written = send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)written;
    close(fd);
    atomic_fetch_add(&server->rejected_connections, 1);
}

#define DENIED                                                                                               \
    "-DENIED Nuthatch is running in protected mode: no password is set, so it answers only clients on its "  \
    "own host. To admit others, set a password with 'requirepass', or, if the network itself is trusted, "   \
    "turn this off with 'CONFIG SET protected-mode no' from the host or 'protected-mode no' in the "         \
    "configuration.\r\n"

static bool is_protected_from(const struct server *server, int fd, bool unix_socket)
{
    if (!SETTING(server->settings, protected_mode)) return false;
    return settings_text_is_empty(server->settings, TEXT_REQUIREPASS) &&
           !address_is_local_host(fd, unix_socket);
}

static void admit(struct server *server, int fd, bool unix_socket)
{
    int64_t most = SETTING(server->settings, maxclients);
    if ((int64_t)atomic_load(&server->clients) >= most)
        turn_away(server, fd, "-" ERR_MAX_CLIENTS "\r\n");
    else if (is_protected_from(server, fd, unix_socket))
        turn_away(server, fd, DENIED);
    else
        deal(server, fd, unix_socket);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listening_socket *listening = poll->data;
    (void)events;
    if (status < 0) return;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                log_write(LOG_LEVEL_WARNING, "Accepting client connection: %s", strerror(errno));
            return;
        }
        admit(listening->listeners->server, fd, listening->unix_socket);
    }
}

/* --- opening ---------------------------------------------------------------------------------------------
 */

static void add_socket(struct listeners *listeners, int fd, bool unix_socket)
{
    struct listening_socket *listening = ALLOC_NEW(struct listening_socket);
    listening->listeners = listeners;
    listening->fd = fd;
    listening->unix_socket = unix_socket;
    listening->poll.data = listening;
    listeners->sockets[listeners->len++] = listening;
}

static int listen_at(const struct addrinfo *address, int backlog, const char **step)
{
    int on = 1;
    *step = "socket";
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    *step = "bind";
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0) goto fail;
    *step = "listen";
    if (listen(fd, backlog) != 0) goto fail;
    return fd;
fail:;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* A socket at `host`, or -1 with errno and the failing step. "*" and "::*" are all addresses of their family.
 */
static int open_host(const char *host, int port, int backlog, const char **step)
{
    bool any_four = strcmp(host, "*") == 0;
    bool any_six = strcmp(host, "::*") == 0;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    hints.ai_family = any_four ? AF_INET : any_six ? AF_INET6 : AF_UNSPEC;
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    struct addrinfo *found = NULL;
    *step = "address";
    int failure = getaddrinfo(any_four || any_six ? NULL : host, service, &hints, &found);
    if (failure != 0) {
        errno = failure == EAI_SYSTEM ? errno : EADDRNOTAVAIL;
        return -1;
    }
    int fd = listen_at(found, backlog, step);
    int reason = errno;
    freeaddrinfo(found);
    errno = reason;
    return fd;
}

static bool may_be_missing(const char *host)
{
    bool no_such_address =
        errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ENOPROTOOPT;
    return host[0] == '-' && no_such_address;
}

/* A word of `bind`; one with a leading '-' need not exist on this host. */
static bool open_address(struct listeners *listeners, const char *host)
{
    const struct settings *settings = listeners->server->settings;
    int port = (int)SETTING(settings, port);
    const char *step = "";
    const char *name = host[0] == '-' ? host + 1 : host;
    if (listeners->len == SOCKETS_MAX - 1) return true;
    int fd = open_host(name, port, (int)SETTING(settings, tcp_backlog), &step);
    if (fd >= 0) {
        add_socket(listeners, fd, false);
        return true;
    }
    if (may_be_missing(host)) return true;
    log_write(LOG_LEVEL_WARNING, "Warning: Could not create server TCP listening socket %s:%d: %s: %s", name,
              port, step, strerror(errno));
    log_write(LOG_LEVEL_WARNING, "Failed listening on port %d (TCP), aborting.", port);
    return false;
}

static bool open_tcp(struct listeners *listeners)
{
    struct settings *settings = listeners->server->settings;
    if (SETTING(settings, port) == 0) return true;

    struct buffer addresses = { 0 };
    settings_copy_text(settings, TEXT_BIND, &addresses);
    buffer_append(&addresses, "", 1);
    bool opened = true;
    char *rest = addresses.data;
    for (char *host = strtok_r(rest, " ", &rest); opened && host != NULL; host = strtok_r(NULL, " ", &rest))
        opened = open_address(listeners, host);
    buffer_clear(&addresses);
    return opened;
}

static int listen_at_path(const char *path, int mode, int backlog)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    unlink(path); /* left by a server that did not end in order */
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        (mode == 0 || chmod(path, (mode_t)mode) == 0) && listen(fd, backlog) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static bool open_unix(struct listeners *listeners)
{
    struct settings *settings = listeners->server->settings;
    struct buffer path = { 0 };
    settings_copy_text(settings, TEXT_UNIXSOCKET, &path);
    snprintf(listeners->unix_path, sizeof(listeners->unix_path), "%.*s", (int)path.len,
             path.data ? path.data : "");
    buffer_clear(&path);
    if (listeners->unix_path[0] == '\0') return true;
    int fd = listen_at_path(listeners->unix_path, (int)SETTING(settings, unixsocketperm),
                            (int)SETTING(settings, tcp_backlog));
    if (fd < 0) {
        log_write(LOG_LEVEL_WARNING, "Failed opening Unix socket: bind: %s", strerror(errno));
        listeners->unix_path[0] = '\0';
        return false;
    }
    add_socket(listeners, fd, true);
    return true;
}

static bool has_kind(const struct listeners *listeners, bool unix_socket)
{
    for (size_t i = 0; i < listeners->len; i++)
        if (listeners->sockets[i]->unix_socket == unix_socket) return true;
    return false;
}

bool listeners_have_tcp(const struct listeners *listeners)
{
    return has_kind(listeners, false);
}

bool listeners_have_unix(const struct listeners *listeners)
{
    return has_kind(listeners, true);
}

struct listeners *listeners_open(struct server *server)
{
    struct listeners *listeners = ALLOC_NEW(struct listeners);
    listeners->server = server;
    bool opened = open_tcp(listeners) && open_unix(listeners);
    if (opened && listeners->len == 0) {
        log_write(LOG_LEVEL_WARNING, "Configured to not listen anywhere, exiting.");
        opened = false;
    }
    if (!opened) listeners_destroy(&listeners);
    return listeners;
}

/* --- life ------------------------------------------------------------------------------------------------
 */

static void start_socket(struct listeners *listeners, struct listening_socket *listening)
{
    uv_poll_init(&listeners->server->loops[0].uv, &listening->poll, listening->fd);
    uv_poll_start(&listening->poll, UV_READABLE, on_readable);
}

void listeners_start(struct listeners *listeners)
{
    listeners->started = true;
    for (size_t i = 0; i < listeners->len; i++) start_socket(listeners, listeners->sockets[i]);
}

static void free_socket(uv_handle_t *handle)
{
    alloc_free(handle->data);
}

static void close_socket(struct listeners *listeners, struct listening_socket *listening)
{
    if (listeners->started) uv_poll_stop(&listening->poll);
    close(listening->fd);
    if (listeners->started)
        uv_close((uv_handle_t *)&listening->poll, free_socket);
    else
        alloc_free(listening);
}

void listeners_stop(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->len; i++) close_socket(listeners, listeners->sockets[i]);
    listeners->len = 0;
    if (listeners->unix_path[0] != '\0') unlink(listeners->unix_path);
    listeners->unix_path[0] = '\0';
}

void listeners_destroy(struct listeners **listeners)
{
    if (*listeners == NULL) return;
    listeners_stop(*listeners);
    alloc_free(*listeners);
    *listeners = NULL;
}

struct reopening {
    struct letter letter;
    struct listeners *listeners;
    struct listeners fresh;
};

static void keep_unix_only(struct listeners *listeners)
{
    size_t kept = 0;
    for (size_t i = 0; i < listeners->len; i++) {
        if (listeners->sockets[i]->unix_socket)
            listeners->sockets[kept++] = listeners->sockets[i];
        else
            close_socket(listeners, listeners->sockets[i]);
    }
    listeners->len = kept;
}

static void exchange_tcp(struct loop *loop, struct letter *letter)
{
    struct reopening *reopening = (struct reopening *)letter;
    struct listeners *listeners = reopening->listeners;
    struct listeners *fresh = &reopening->fresh;
    keep_unix_only(listeners);
    for (size_t i = 0; i < fresh->len; i++) {
        fresh->sockets[i]->listeners = listeners;
        if (loop->stopping) {
            close_socket(fresh, fresh->sockets[i]);
            continue;
        }
        listeners->sockets[listeners->len++] = fresh->sockets[i];
        start_socket(listeners, fresh->sockets[i]);
    }
    alloc_free(reopening);
}

bool listeners_reopen_tcp(struct listeners *listeners)
{
    struct reopening *reopening = ALLOC_NEW(struct reopening);
    reopening->letter.open = exchange_tcp;
    reopening->listeners = listeners;
    reopening->fresh.server = listeners->server;
    if (!open_tcp(&reopening->fresh)) {
        listeners_stop(&reopening->fresh);
        alloc_free(reopening);
        return false;
    }
    mailbox_post(&listeners->server->loops[0].mailbox, &reopening->letter);
    return true;
}
