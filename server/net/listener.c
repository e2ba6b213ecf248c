#include "server/net/listener.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/exec/acl/users.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/census.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/net/endpoint.h"
#include "server/observe/log.h"

#define HOSTS_MAX   16                  /* addresses of `bind` */
#define SOCKETS_MAX (4 * HOSTS_MAX + 2) /* of each port, and the unix sockets */

/* Of each turn, for those that come, so that a storm of them leaves room for those that are there. By time
 * and not by number: who comes by TLS takes five times as long. */
#define ACCEPTS_NS 500000u

struct listening_socket {
    uv_poll_t poll;
    struct listeners *listeners;
    struct listening_socket *next; /* retired ones */
    int fd;
    enum connection_kind kind;
    bool polled; /* its poll handle is loop 0's by now */
    bool paused; /* nobody can be let in at present */
    int port;
    char host[NI_MAXHOST];
};

struct listeners {
    struct server *server;
    pthread_mutex_t lock; /* of the sockets: CONFIG SET comes from any loop */
    struct listening_socket *sockets[SOCKETS_MAX];
    size_t len;
    struct listening_socket *retired; /* listen no more, to be closed by loop 0 */
    bool starved;                     /* since there was something amiss; the log says it once */
    char unix_paths[2][sizeof(((struct sockaddr_un *)0)->sun_path)]; /* for RESP, and for HTTP */
};

struct arrival {
    struct letter letter;
    int fd;
    enum connection_kind kind;
};

static void take_arrival(struct loop *loop, struct letter *letter)
{
    struct arrival *arrival = (struct arrival *)letter;
    if (loop->stopping)
        close(arrival->fd); /* it came too late */
    else
        connection_open(loop, arrival->fd, arrival->kind);
    alloc_free(arrival);
}

static struct loop *emptiest_loop(struct server *server)
{
    struct loop *best = &server->loops[0];
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < server->loop_count; i++) {
        uint32_t count = atomic_load_explicit(&server->loops[i].connections->count, memory_order_relaxed);
        if (count >= least) continue;
        least = count;
        best = &server->loops[i];
    }
    return best;
}

static void deal(struct server *server, int fd, enum connection_kind kind)
{
    struct loop *loop = emptiest_loop(server);
    census_join(&server->census->connected);
    atomic_fetch_add_explicit(&loop->connections->count, 1, memory_order_relaxed);
    if (loop->index == 0) {
        connection_open(loop, fd, kind);
        return;
    }
    struct arrival *arrival = alloc_bytes(sizeof(*arrival));
    *arrival = (struct arrival){ .letter = { .open = take_arrival }, .fd = fd, .kind = kind };
    mailbox_post(&loop->mailbox, &arrival->letter);
}

/* A courtesy that must not block: the new socket's buffer is empty, so one write carries the line. Who comes
 * by TLS could not read it before hands are shaken. */
static void turn_away(struct server *server, int fd, enum connection_kind kind, const char *line)
{
    bool plain = !connection_kind_is_tls(kind);
    ssize_t written = plain ? send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    (void)written;
    close(fd);
    counter_add(&server->loops[0].counters.rejected_connections, 1);
}

#define DENIED                                                                                               \
    "-DENIED Nuthatch is running in protected mode: no password is set, so it answers only clients on its "  \
    "own host. To admit others, set a password with 'requirepass', or, if the network itself is trusted, "   \
    "turn this off with 'CONFIG SET protected-mode no' from the host or 'protected-mode no' in the "         \
    "configuration.\r\n"

#define HTTP_REFUSAL(status)                                                                                 \
    "HTTP/1.1 " status "\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"

static bool is_protected(const struct settings *settings, enum connection_kind kind)
{
    if (connection_kind_is_http(kind)) return !SETTING(settings, http_open);
    return SETTING(settings, protected_mode);
}

static bool is_protected_from(const struct server *server, int fd, enum connection_kind kind)
{
    if (!is_protected(server->settings, kind)) return false;
    return users_are_open(server->users) && !address_is_local_host(fd, connection_kind_is_unix(kind));
}

static void admit(struct server *server, int fd, enum connection_kind kind)
{
    int64_t most = SETTING(server->settings, maxclients);
    bool http = connection_kind_is_http(kind);
    if ((int64_t)census_get(&server->census->connected) >= most)
        turn_away(server, fd, kind,
                  http ? HTTP_REFUSAL("503 Service Unavailable") : "-" ERR_MAX_CLIENTS "\r\n");
    else if (is_protected_from(server, fd, kind))
        turn_away(server, fd, kind, http ? HTTP_REFUSAL("403 Forbidden") : DENIED);
    else
        deal(server, fd, kind);
}

/* Descriptors or memory are used up: who waits stays in the kernel's queue, and the socket stays readable. To
 * ask again at once would only take the time of those who are here. */
static void pause_accepting(struct listening_socket *listening)
{
    listening->paused = true;
    uv_poll_stop(&listening->poll);
}

static void accept_failed(struct listening_socket *listening, int error)
{
    struct listeners *listeners = listening->listeners;
    bool nobody_waits = error == EAGAIN || error == EWOULDBLOCK;
    bool retired = error == EINVAL;
    if (nobody_waits) listeners->starved = false;
    if (nobody_waits || retired || error == EINTR || error == ECONNABORTED) return;
    if (!listeners->starved)
        log_write(LOG_LEVEL_WARNING, "Accepting client connection: accept: %s", strerror(error));
    listeners->starved = true;
    pause_accepting(listening);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listening_socket *listening = poll->data;
    (void)events;
    if (status < 0) return;
    uint64_t until_ns = uv_hrtime() + ACCEPTS_NS;
    do {
        int fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            accept_failed(listening, errno);
            return;
        }
        admit(listening->listeners->server, fd, listening->kind);
    } while (uv_hrtime() < until_ns);
}

void listeners_resume(struct listeners *listeners)
{
    if (!listeners->starved) return;
    pthread_mutex_lock(&listeners->lock);
    for (size_t i = 0; i < listeners->len; i++) {
        struct listening_socket *listening = listeners->sockets[i];
        if (!listening->paused) continue;
        listening->paused = false;
        uv_poll_start(&listening->poll, UV_READABLE, on_readable);
    }
    pthread_mutex_unlock(&listeners->lock);
}

static void add_socket(struct listeners *listeners, int fd, enum connection_kind kind, const char *host,
                       int port)
{
    struct listening_socket *listening = ALLOC_NEW(struct listening_socket);
    listening->listeners = listeners;
    listening->fd = fd;
    listening->kind = kind;
    listening->port = port;
    snprintf(listening->host, sizeof(listening->host), "%s", host);
    listening->poll.data = listening;
    listeners->sockets[listeners->len++] = listening;
}

static bool may_be_missing(const char *host)
{
    bool no_such_address =
        errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ENOPROTOOPT;
    return host[0] == '-' && no_such_address;
}

static bool has_address(const struct listeners *listeners, size_t len, enum connection_kind kind,
                        const char *host, int port)
{
    for (size_t i = 0; i < len; i++) {
        const struct listening_socket *listening = listeners->sockets[i];
        bool same = listening->kind == kind && listening->port == port;
        if (same && strcmp(listening->host, host) == 0) return true;
    }
    return false;
}

/* For the packet filter. Connections inherit the mark. */
static void mark_socket(int fd, unsigned mark)
{
    if (mark == 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0) return;
    log_write(LOG_LEVEL_WARNING, "Unable to mark socket: %s", strerror(errno));
}

static int port_of(const struct listeners *listeners, enum connection_kind kind)
{
    const struct settings *settings = listeners->server->settings;
    switch (kind) {
    case CONNECTION_TCP: return (int)SETTING(settings, port);
    case CONNECTION_TLS: return (int)SETTING(settings, tls_port);
    case CONNECTION_HTTP: return (int)SETTING(settings, http_port);
    case CONNECTION_HTTP_TLS: return (int)SETTING(settings, http_tls_port);
    default: return 0;
    }
}

/* Whoever reaches it may do everything: HTTP, which every browser speaks, is not opened to others that way.
 */
static bool may_listen(const struct listeners *listeners, int fd, enum connection_kind kind, const char *host,
                       int port)
{
    const struct server *server = listeners->server;
    bool open = connection_kind_is_http(kind) && !SETTING(server->settings, http_open) &&
                users_are_open(server->users);
    if (!open || address_is_loopback(fd)) return true;
    log_write(LOG_LEVEL_WARNING,
              "Not listening for HTTP on %s:%d: no password is set. Set one with 'requirepass' or a 'user' "
              "line, bind it to this host only with 'http-bind', or say 'http-open yes' if the network is "
              "trusted.",
              host, port);
    close(fd);
    return false;
}

/* A word of `bind`; one with a leading '-' need not exist on this host. The first `kept` sockets are those
 * that were there before. */
static bool open_address(struct listeners *listeners, enum connection_kind kind, const char *host,
                         size_t kept)
{
    const struct settings *settings = listeners->server->settings;
    int port = port_of(listeners, kind);
    const char *step = "";
    const char *name = host[0] == '-' ? host + 1 : host;
    if (has_address(listeners, kept, kind, name, port)) return true;
    int fd = endpoint_open_tcp(name, port, (int)SETTING(settings, tcp_backlog), &step);
    if (fd >= 0 && !may_listen(listeners, fd, kind, name, port)) return false;
    if (fd >= 0) {
        mark_socket(fd, (unsigned)SETTING(settings, socket_mark_id));
        add_socket(listeners, fd, kind, name, port);
        return true;
    }
    if (may_be_missing(host)) return true;
    log_write(LOG_LEVEL_WARNING, "Warning: Could not create server TCP listening socket %s:%d: %s: %s", name,
              port, step, strerror(errno));
    return false;
}

/* The words of `bind` or `http-bind`, each terminated. */
struct words {
    struct buffer text;
    const char *hosts[HOSTS_MAX];
    size_t len;
};

struct addresses {
    struct words resp, http;
};

static const struct words *words_of(const struct addresses *addresses, enum connection_kind kind)
{
    return connection_kind_is_http(kind) ? &addresses->http : &addresses->resp;
}

static void read_words(struct settings *settings, enum setting_text text, struct words *addresses)
{
    *addresses = (struct words){ 0 };
    settings_copy_text(settings, text, &addresses->text);
    buffer_append(&addresses->text, "", 1);
    char *rest = addresses->text.data;
    for (char *host = strtok_r(rest, " ", &rest); host != NULL; host = strtok_r(NULL, " ", &rest))
        if (addresses->len < HOSTS_MAX) addresses->hosts[addresses->len++] = host;
}

static void read_addresses(struct settings *settings, struct addresses *addresses)
{
    read_words(settings, TEXT_BIND, &addresses->resp);
    read_words(settings, TEXT_HTTP_BIND, &addresses->http);
}

static void clear_addresses(struct addresses *addresses)
{
    buffer_clear(&addresses->resp.text);
    buffer_clear(&addresses->http.text);
}

/* At each port that is set. False: `failed` is the kind that is not to be had. */
static bool open_addresses(struct listeners *listeners, const struct addresses *addresses,
                           enum connection_kind *failed)
{
    static const enum connection_kind kinds[] = { CONNECTION_TCP, CONNECTION_TLS, CONNECTION_HTTP,
                                                  CONNECTION_HTTP_TLS };
    size_t kept = listeners->len;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        *failed = kinds[k];
        const struct words *words = words_of(addresses, kinds[k]);
        for (size_t i = 0; port_of(listeners, kinds[k]) != 0 && i < words->len; i++)
            if (!open_address(listeners, kinds[k], words->hosts[i], kept)) return false;
    }
    return true;
}

static bool open_tcp(struct listeners *listeners)
{
    struct addresses addresses;
    enum connection_kind failed;
    read_addresses(listeners->server->settings, &addresses);
    bool opened = open_addresses(listeners, &addresses, &failed);
    clear_addresses(&addresses);
    if (!opened)
        log_write(LOG_LEVEL_WARNING, "Failed listening on port %d (%s), aborting.",
                  port_of(listeners, failed), connection_kind_is_tls(failed) ? "TLS" : "TCP");
    return opened;
}

static bool open_unix(struct listeners *listeners, enum connection_kind kind)
{
    struct settings *settings = listeners->server->settings;
    bool http = connection_kind_is_http(kind);
    char *name = listeners->unix_paths[http];
    struct buffer path = { 0 };
    settings_copy_text(settings, http ? TEXT_HTTP_UNIXSOCKET : TEXT_UNIXSOCKET, &path);
    snprintf(name, sizeof(listeners->unix_paths[0]), "%.*s", (int)path.len, path.data ? path.data : "");
    buffer_clear(&path);
    if (name[0] == '\0') return true;
    int fd = endpoint_open_unix(name, (mode_t)SETTING(settings, unixsocketperm),
                                (int)SETTING(settings, tcp_backlog));
    if (fd < 0) {
        log_write(LOG_LEVEL_WARNING, "Failed opening Unix socket: bind: %s", strerror(errno));
        name[0] = '\0';
        return false;
    }
    add_socket(listeners, fd, kind, name, 0);
    return true;
}

bool listeners_have(const struct listeners *listeners, enum connection_kind kind)
{
    for (size_t i = 0; i < listeners->len; i++)
        if (listeners->sockets[i]->kind == kind) return true;
    return false;
}

struct listeners *listeners_open(struct server *server)
{
    struct listeners *listeners = ALLOC_NEW(struct listeners);
    listeners->server = server;
    pthread_mutex_init(&listeners->lock, NULL);
    bool opened = open_tcp(listeners);
    opened = opened && open_unix(listeners, CONNECTION_UNIX) && open_unix(listeners, CONNECTION_HTTP_UNIX);
    if (opened && listeners->len == 0) {
        log_write(LOG_LEVEL_WARNING, "Configured to not listen anywhere, exiting.");
        opened = false;
    }
    if (!opened) listeners_destroy(&listeners);
    return listeners;
}

static void start_socket(struct loop *loop, struct listening_socket *listening)
{
    uv_poll_init(&loop->uv, &listening->poll, listening->fd);
    uv_poll_start(&listening->poll, UV_READABLE, on_readable);
    listening->polled = true;
}

static void free_socket(uv_handle_t *handle)
{
    alloc_free(handle->data);
}

static void close_socket(struct listening_socket *listening)
{
    if (listening->polled) uv_poll_stop(&listening->poll);
    close(listening->fd);
    if (listening->polled)
        uv_close((uv_handle_t *)&listening->poll, free_socket);
    else
        alloc_free(listening);
}

static void close_retired(struct listeners *listeners)
{
    while (listeners->retired != NULL) {
        struct listening_socket *listening = listeners->retired;
        listeners->retired = listening->next;
        close_socket(listening);
    }
}

void listeners_start(struct listeners *listeners)
{
    struct loop *loop = &listeners->server->loops[0];
    pthread_mutex_lock(&listeners->lock);
    for (size_t i = 0; i < listeners->len; i++)
        if (!listeners->sockets[i]->polled) start_socket(loop, listeners->sockets[i]);
    pthread_mutex_unlock(&listeners->lock);
}

void listeners_stop(struct listeners *listeners)
{
    pthread_mutex_lock(&listeners->lock);
    close_retired(listeners);
    for (size_t i = 0; i < listeners->len; i++) close_socket(listeners->sockets[i]);
    listeners->len = 0;
    pthread_mutex_unlock(&listeners->lock);
    for (size_t i = 0; i < 2; i++) {
        char *path = listeners->unix_paths[i];
        if (path[0] == '\0') continue;
        log_write(LOG_LEVEL_NOTICE, "Removing the unix socket file.");
        unlink(path);
        path[0] = '\0';
    }
}

void listeners_destroy(struct listeners **listeners)
{
    if (*listeners == NULL) return;
    listeners_stop(*listeners);
    pthread_mutex_destroy(&(*listeners)->lock);
    alloc_free(*listeners);
    *listeners = NULL;
}

/* Takes the listeners from the server: they may be gone when the letter is opened at the very end. */
static void tend(struct loop *loop, struct letter *letter)
{
    struct listeners *listeners = loop->server->listeners;
    alloc_free(letter);
    if (listeners == NULL) return;
    pthread_mutex_lock(&listeners->lock);
    close_retired(listeners);
    pthread_mutex_unlock(&listeners->lock);
    if (!loop->stopping) listeners_start(listeners);
}

static bool is_wanted(const struct listeners *listeners, const struct listening_socket *listening,
                      const struct addresses *addresses)
{
    if (connection_kind_is_unix(listening->kind)) return true;
    const struct words *words = words_of(addresses, listening->kind);
    bool same = listening->port == port_of(listeners, listening->kind);
    for (size_t i = 0; same && i < words->len; i++) {
        const char *host = words->hosts[i];
        if (strcmp(listening->host, host[0] == '-' ? host + 1 : host) == 0) return true;
    }
    return false;
}

/* What is not wanted any more gives its address free at once, since a new socket may overlap it ("*" and
 * "127.0.0.1"), but stays open: loop 0 polls it, and it can listen again. */
static struct listening_socket *silence_unwanted(struct listeners *listeners,
                                                 const struct addresses *addresses)
{
    struct listening_socket *silenced = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < listeners->len; i++) {
        struct listening_socket *listening = listeners->sockets[i];
        if (is_wanted(listeners, listening, addresses)) {
            listeners->sockets[kept++] = listening;
            continue;
        }
        shutdown(listening->fd, SHUT_RDWR);
        listening->next = silenced;
        silenced = listening;
    }
    listeners->len = kept;
    return silenced;
}

static void restore(struct listeners *listeners, size_t kept, struct listening_socket *silenced)
{
    while (listeners->len > kept) close_socket(listeners->sockets[--listeners->len]);
    int backlog = (int)SETTING(listeners->server->settings, tcp_backlog);
    for (; silenced != NULL; silenced = silenced->next) {
        if (listen(silenced->fd, backlog) != 0)
            log_write(LOG_LEVEL_WARNING, "Cannot listen on %s:%d again: %s", silenced->host, silenced->port,
                      strerror(errno));
        listeners->sockets[listeners->len++] = silenced;
    }
}

static void retire(struct listeners *listeners, struct listening_socket *silenced)
{
    while (silenced != NULL) {
        struct listening_socket *next = silenced->next;
        silenced->next = listeners->retired;
        listeners->retired = silenced;
        silenced = next;
    }
}

static bool exchange(struct listeners *listeners, const struct addresses *addresses)
{
    struct listening_socket *silenced = silence_unwanted(listeners, addresses);
    size_t kept = listeners->len;
    enum connection_kind failed;
    bool opened = open_addresses(listeners, addresses, &failed);
    if (opened)
        retire(listeners, silenced);
    else
        restore(listeners, kept, silenced);
    return opened;
}

bool listeners_reopen_tcp(struct listeners *listeners)
{
    struct addresses addresses;
    read_addresses(listeners->server->settings, &addresses);
    pthread_mutex_lock(&listeners->lock);
    bool opened = exchange(listeners, &addresses);
    pthread_mutex_unlock(&listeners->lock);
    clear_addresses(&addresses);
    if (!opened) return false;

    struct letter *letter = ALLOC_NEW(struct letter);
    letter->open = tend;
    mailbox_post(&listeners->server->loops[0].mailbox, letter);
    return true;
}
