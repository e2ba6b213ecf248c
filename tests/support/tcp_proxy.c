#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"

#define READ_BYTES  65536
#define QUEUE_LIMIT (4 << 20)
#define EVENTS_MAX  64
#define NO_RESET    INT64_MIN
#define PIECE_US    300

/* Bytes that arrived together. */
struct parcel {
    struct parcel *next;
    int64_t due_us;
    size_t sent;
    struct buffer bytes;
};

/* What goes from one end to the other. */
struct way {
    struct parcel *first, *last;
    size_t queued;
    bool ended; /* no more will come */
};

struct pair;

struct end {
    struct pair *pair;
    int fd;
    uint32_t interest;
};

struct pair {
    struct pair *next;
    struct end ends[2]; /* the client's, the server's */
    struct way ways[2]; /* ways[i] carries what ends[i] sends */
    unsigned share;     /* of an uneven delay, in fifths */
    unsigned kind;      /* a bit of enum tcp_proxy_kind */
    bool swallowing, dead;
};

struct orders {
    int64_t delay_us, reset_after;
    int64_t piece_bytes; /* 0: as many as there are */
    int target_port;
    unsigned kinds;
    bool uneven, stalled, swallowing, stopping;
};

struct tcp_proxy {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t obeyed;
    struct orders given;                  /* under `lock` */
    unsigned orders_given, orders_obeyed; /* under `lock` */
    struct orders orders;
    int port, listener, wake, poller;
    struct pair *pairs;
    unsigned accepted;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void watch(struct tcp_proxy *proxy, int operation, int fd, uint32_t interest, void *owner)
{
    struct epoll_event event = { .events = interest, .data.ptr = owner };
    epoll_ctl(proxy->poller, operation, fd, &event);
}

/* A process that is being forked still holds the socket until it runs its program, and as long as it does
 * closing alone would not end the events. */
static void close_end(struct tcp_proxy *proxy, struct end *end)
{
    if (end->fd < 0) return;
    watch(proxy, EPOLL_CTL_DEL, end->fd, 0, NULL);
    close(end->fd);
    end->fd = -1;
}

/* A reset, not an orderly end: the peer's kernel says so to whoever reads or writes. */
static void cut(struct tcp_proxy *proxy, struct pair *pair)
{
    struct linger linger = { .l_onoff = 1 };
    for (int i = 0; i < 2; i++) {
        if (pair->ends[i].fd >= 0)
            setsockopt(pair->ends[i].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close_end(proxy, &pair->ends[i]);
    }
    pair->dead = true;
}

static void finish(struct tcp_proxy *proxy, struct pair *pair)
{
    for (int i = 0; i < 2; i++) close_end(proxy, &pair->ends[i]);
    pair->dead = true;
}

static void drop_first(struct way *way)
{
    struct parcel *parcel = way->first;
    way->first = parcel->next;
    if (way->first == NULL) way->last = NULL;
    buffer_clear(&parcel->bytes);
    alloc_free(parcel);
}

static void bury(struct tcp_proxy *proxy)
{
    for (struct pair **at = &proxy->pairs; *at != NULL;) {
        struct pair *pair = *at;
        if (!pair->dead) {
            at = &pair->next;
            continue;
        }
        *at = pair->next;
        for (int i = 0; i < 2; i++) {
            while (pair->ways[i].first != NULL) drop_first(&pair->ways[i]);
        }
        alloc_free(pair);
    }
}

static void accept_one(struct tcp_proxy *proxy)
{
    int fd = accept4(proxy->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int other = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(proxy->orders.target_port);
    REQUIRE(other >= 0);
    if (connect(other, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
        close(fd);
        close(other);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    struct pair *pair = ALLOC_NEW(struct pair);
    pair->next = proxy->pairs;
    pair->share = proxy->accepted++ * 3 % 5 + 1;
    pair->kind = TCP_PROXY_SIDE;
    /* Of what kind it is nobody knows yet. */
    pair->swallowing = proxy->orders.swallowing && proxy->orders.kinds == TCP_PROXY_ALL;
    proxy->pairs = pair;
    for (int i = 0; i < 2; i++) {
        pair->ends[i] = (struct end){ pair, i == 0 ? fd : other, EPOLLIN };
        watch(proxy, EPOLL_CTL_ADD, pair->ends[i].fd, EPOLLIN, &pair->ends[i]);
    }
}

static bool is_meant(const struct tcp_proxy *proxy, const struct pair *pair)
{
    return proxy->orders.kinds & pair->kind;
}

static bool is_stalled(const struct tcp_proxy *proxy, const struct pair *pair)
{
    return proxy->orders.stalled && is_meant(proxy, pair);
}

static bool says(struct slice bytes, const char *word)
{
    return memmem(bytes.data, bytes.len, word, strlen(word)) != NULL;
}

/* By what a client of a Redis says only on a connection of this kind, in one piece as it writes it. */
static void tell_kind(struct pair *pair, struct slice bytes)
{
    static const char *const of_lanes[] = { "TRACKING", "commandstats" };
    static const char *const of_dedicated[] = { "\nMULTI", "\nWATCH", "SUBSCRIBE", "\nBLPOP", "\nBLMOVE" };
    if (pair->kind != TCP_PROXY_SIDE) return;
    for (size_t i = 0; i < sizeof of_lanes / sizeof *of_lanes; i++) {
        if (says(bytes, of_lanes[i])) pair->kind = TCP_PROXY_LANE;
    }
    if (pair->kind != TCP_PROXY_SIDE) return;
    for (size_t i = 0; i < sizeof of_dedicated / sizeof *of_dedicated; i++) {
        if (says(bytes, of_dedicated[i])) pair->kind = TCP_PROXY_DEDICATED;
    }
}

static int64_t due_us(const struct tcp_proxy *proxy, const struct pair *pair)
{
    int64_t delay_us = is_meant(proxy, pair) ? proxy->orders.delay_us : 0;
    if (proxy->orders.uneven) delay_us = delay_us * pair->share / 5;
    return delay_us == 0 ? 0 : now_us() + delay_us;
}

static void receive(struct tcp_proxy *proxy, struct pair *pair, int from)
{
    struct way *way = &pair->ways[from];
    if (way->ended || way->queued >= QUEUE_LIMIT) return;
    struct parcel *parcel = ALLOC_NEW(struct parcel);
    ssize_t got = recv(pair->ends[from].fd, buffer_reserve(&parcel->bytes, READ_BYTES), READ_BYTES, 0);
    if (got > 0 && !pair->swallowing) {
        buffer_commit(&parcel->bytes, (size_t)got);
        if (from == 0) tell_kind(pair, buffer_slice(&parcel->bytes));
        parcel->due_us = due_us(proxy, pair);
        way->queued += (size_t)got;
        if (way->last != NULL) way->last->next = parcel;
        if (way->first == NULL) way->first = parcel;
        way->last = parcel;
        return;
    }
    buffer_clear(&parcel->bytes);
    alloc_free(parcel);
    if (got == 0) way->ended = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) cut(proxy, pair);
}

/* True while there may be more to send at once. */
static bool send_parcel(struct tcp_proxy *proxy, struct pair *pair, int from)
{
    struct way *way = &pair->ways[from];
    struct parcel *parcel = way->first;
    size_t len = parcel->bytes.len - parcel->sent;
    bool in_pieces = proxy->orders.piece_bytes > 0 && is_meant(proxy, pair);
    if (in_pieces && len > (size_t)proxy->orders.piece_bytes) len = (size_t)proxy->orders.piece_bytes;
    bool last_words = false, counted = proxy->orders.reset_after != NO_RESET && is_meant(proxy, pair);
    if (counted && (int64_t)len >= proxy->orders.reset_after) {
        len = (size_t)proxy->orders.reset_after;
        last_words = true;
    }
    ssize_t sent = send(pair->ends[!from].fd, parcel->bytes.data + parcel->sent, len, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return false;
    if (sent < 0 || last_words) {
        if (last_words) proxy->orders.reset_after = NO_RESET;
        cut(proxy, pair);
        return false;
    }
    parcel->sent += (size_t)sent;
    way->queued -= (size_t)sent;
    if (counted) proxy->orders.reset_after -= sent;
    if (parcel->sent == parcel->bytes.len) {
        drop_first(way);
    } else if (in_pieces) {
        parcel->due_us = now_us() + PIECE_US;
    }
    return !in_pieces;
}

static void forward(struct tcp_proxy *proxy, struct pair *pair, int from, int64_t now)
{
    struct way *way = &pair->ways[from];
    while (!pair->dead && way->first != NULL && way->first->due_us <= now) {
        if (!send_parcel(proxy, pair, from)) return;
    }
    if (!pair->dead && way->ended && way->first == NULL) finish(proxy, pair);
}

static void adjust_interest(struct tcp_proxy *proxy, struct pair *pair, int64_t now)
{
    for (int i = 0; i < 2 && !pair->dead; i++) {
        const struct way *in = &pair->ways[i], *out = &pair->ways[!i];
        bool blocked = !is_stalled(proxy, pair) && out->first != NULL && out->first->due_us <= now;
        uint32_t interest = (!in->ended && in->queued < QUEUE_LIMIT ? (uint32_t)EPOLLIN : 0) |
                            (blocked ? (uint32_t)EPOLLOUT : 0);
        if (interest == pair->ends[i].interest) continue;
        pair->ends[i].interest = interest;
        watch(proxy, EPOLL_CTL_MOD, pair->ends[i].fd, interest, &pair->ends[i]);
    }
}

/* Microseconds until something is due; -1: nothing is. */
static int64_t forward_all(struct tcp_proxy *proxy)
{
    int64_t now = now_us(), next = INT64_MAX;
    for (struct pair *pair = proxy->pairs; pair != NULL; pair = pair->next) {
        bool stalled = is_stalled(proxy, pair);
        for (int i = 0; i < 2 && !stalled; i++) forward(proxy, pair, i, now);
        adjust_interest(proxy, pair, now);
        for (int i = 0; i < 2 && !pair->dead && !stalled; i++) {
            const struct parcel *parcel = pair->ways[i].first;
            if (parcel != NULL && parcel->due_us > now && parcel->due_us < next) next = parcel->due_us;
        }
    }
    bury(proxy);
    return next == INT64_MAX ? -1 : next - now;
}

static void swallow_open_ones(struct tcp_proxy *proxy, bool swallowing)
{
    for (struct pair *pair = proxy->pairs; pair != NULL; pair = pair->next) {
        if (!swallowing && pair->swallowing) cut(proxy, pair);
        if (!swallowing || !is_meant(proxy, pair)) continue;
        pair->swallowing = true;
        for (int i = 0; i < 2; i++) {
            while (pair->ways[i].first != NULL) drop_first(&pair->ways[i]);
            pair->ways[i].queued = 0;
        }
    }
}

static void take_orders(struct tcp_proxy *proxy)
{
    bool swallowed = proxy->orders.swallowing;
    int64_t reset_after = proxy->orders.reset_after;
    proxy->orders = proxy->given;
    proxy->given.reset_after = NO_RESET;
    if (proxy->orders.reset_after == NO_RESET) proxy->orders.reset_after = reset_after;
    if (proxy->orders.swallowing != swallowed) swallow_open_ones(proxy, proxy->orders.swallowing);
    if (proxy->orders.reset_after != 0) return;
    for (struct pair *pair = proxy->pairs; pair != NULL; pair = pair->next) {
        if (is_meant(proxy, pair)) cut(proxy, pair);
    }
    proxy->orders.reset_after = NO_RESET;
}

static void obey(struct tcp_proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    take_orders(proxy);
    proxy->orders_obeyed = proxy->orders_given;
    pthread_cond_broadcast(&proxy->obeyed);
    pthread_mutex_unlock(&proxy->lock);
}

static void note_readiness(struct tcp_proxy *proxy, struct pair *pair, int from, uint32_t ready)
{
    if (pair->dead) return;
    if (ready & (EPOLLHUP | EPOLLERR) && pair->ways[from].ended) {
        cut(proxy, pair);
    } else if (ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        receive(proxy, pair, from);
    }
}

static void wait_for_events(struct tcp_proxy *proxy, int64_t timeout_us)
{
    struct epoll_event events[EVENTS_MAX];
    struct timespec timeout = { timeout_us / 1000000, timeout_us % 1000000 * 1000 };
    int count = epoll_pwait2(proxy->poller, events, EVENTS_MAX, timeout_us < 0 ? NULL : &timeout, NULL);
    for (int i = 0; i < count; i++) {
        void *owner = events[i].data.ptr;
        if (owner == &proxy->listener) {
            accept_one(proxy);
        } else if (owner == &proxy->wake) {
            uint64_t times;
            if (read(proxy->wake, &times, sizeof times) < 0) continue;
        } else {
            struct end *end = owner;
            note_readiness(proxy, end->pair, end == &end->pair->ends[1], events[i].events);
        }
    }
}

static void *run(void *context)
{
    struct tcp_proxy *proxy = context;
    int64_t timeout_us = -1;
    while (!proxy->orders.stopping) {
        wait_for_events(proxy, timeout_us);
        obey(proxy);
        timeout_us = forward_all(proxy);
    }
    for (struct pair *pair = proxy->pairs; pair != NULL; pair = pair->next) cut(proxy, pair);
    bury(proxy);
    return NULL;
}

struct tcp_proxy *tcp_proxy_start(int target_port)
{
    struct tcp_proxy *proxy = ALLOC_NEW(struct tcp_proxy);
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    proxy->given.target_port = proxy->orders.target_port = target_port;
    proxy->given.reset_after = proxy->orders.reset_after = NO_RESET;
    proxy->given.kinds = proxy->orders.kinds = TCP_PROXY_ALL;
    pthread_mutex_init(&proxy->lock, NULL);
    pthread_cond_init(&proxy->obeyed, NULL);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(bind(proxy->listener, (struct sockaddr *)&address, len) == 0);
    REQUIRE(listen(proxy->listener, 512) == 0);
    REQUIRE(getsockname(proxy->listener, (struct sockaddr *)&address, &len) == 0);
    proxy->port = ntohs(address.sin_port);
    proxy->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    proxy->poller = epoll_create1(EPOLL_CLOEXEC);
    watch(proxy, EPOLL_CTL_ADD, proxy->listener, EPOLLIN, &proxy->listener);
    watch(proxy, EPOLL_CTL_ADD, proxy->wake, EPOLLIN, &proxy->wake);
    REQUIRE(pthread_create(&proxy->thread, NULL, run, proxy) == 0);
    return proxy;
}

int tcp_proxy_port(const struct tcp_proxy *proxy)
{
    return proxy->port;
}

static void order(struct tcp_proxy *proxy, void (*change)(struct orders *orders, int64_t value),
                  int64_t value)
{
    pthread_mutex_lock(&proxy->lock);
    change(&proxy->given, value);
    unsigned number = ++proxy->orders_given;
    REQUIRE(write(proxy->wake, &(uint64_t){ 1 }, sizeof(uint64_t)) == sizeof(uint64_t));
    while ((int)(proxy->orders_obeyed - number) < 0) pthread_cond_wait(&proxy->obeyed, &proxy->lock);
    pthread_mutex_unlock(&proxy->lock);
}

static void set_delay(struct orders *orders, int64_t value)
{
    orders->delay_us = value;
    orders->uneven = false;
}

static void set_uneven_delay(struct orders *orders, int64_t value)
{
    orders->delay_us = value;
    orders->uneven = true;
}

static void set_pieces(struct orders *orders, int64_t value)
{
    orders->piece_bytes = value;
}
static void set_stalled(struct orders *orders, int64_t value)
{
    orders->stalled = value != 0;
}
static void set_reset(struct orders *orders, int64_t value)
{
    orders->reset_after = value;
}
static void set_swallowing(struct orders *orders, int64_t value)
{
    orders->swallowing = value != 0;
}
static void set_kinds(struct orders *orders, int64_t value)
{
    orders->kinds = (unsigned)value;
}
static void set_target(struct orders *orders, int64_t value)
{
    orders->target_port = (int)value;
}
static void set_stopping(struct orders *orders, int64_t value)
{
    orders->stopping = value != 0;
}

void tcp_proxy_aim(struct tcp_proxy *proxy, unsigned kinds)
{
    order(proxy, set_kinds, kinds);
}

void tcp_proxy_redirect(struct tcp_proxy *proxy, int target_port)
{
    order(proxy, set_target, target_port);
}

void tcp_proxy_delay(struct tcp_proxy *proxy, int64_t delay_us)
{
    order(proxy, set_delay, delay_us);
}

void tcp_proxy_delay_unevenly(struct tcp_proxy *proxy, int64_t delay_us)
{
    order(proxy, set_uneven_delay, delay_us);
}

void tcp_proxy_crumble(struct tcp_proxy *proxy, int64_t piece_bytes)
{
    order(proxy, set_pieces, piece_bytes);
}

void tcp_proxy_stall(struct tcp_proxy *proxy, bool stalled)
{
    order(proxy, set_stalled, stalled);
}

void tcp_proxy_reset(struct tcp_proxy *proxy, int64_t after_bytes)
{
    order(proxy, set_reset, after_bytes);
}

void tcp_proxy_swallow(struct tcp_proxy *proxy, bool swallowing)
{
    order(proxy, set_swallowing, swallowing);
}

void tcp_proxy_stop(struct tcp_proxy **proxy)
{
    order(*proxy, set_stopping, 1);
    pthread_join((*proxy)->thread, NULL);
    pthread_mutex_destroy(&(*proxy)->lock);
    pthread_cond_destroy(&(*proxy)->obeyed);
    close((*proxy)->listener);
    close((*proxy)->wake);
    close((*proxy)->poller);
    alloc_free(*proxy);
    *proxy = NULL;
}
