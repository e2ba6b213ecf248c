#include "bench/kit/load/load.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/protocol.h"
#include "bench/kit/load/replies.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/program.h"
#include "proto/base/alloc.h"
#include "proto/base/buffer.h"

#define EVENTS_MAX    256
#define INPUT_BYTES   ((size_t)256 * 1024)
#define NO_LIMIT      UINT64_MAX
#define DRAIN_NS      (5 * CLOCK_NS_PER_S)
#define LATE_BATCH    1024 /* requests made up for at once when the open loop is behind */
#define QUEUE_INITIAL 64

/* Times at which the requests in flight were sent or due, oldest first: a ring, `cap` a power of two. Closed
 * loops keep one time for a whole batch. */
struct due_queue {
    uint64_t *times;
    uint64_t head;
    uint64_t tail;
    uint64_t cap;
};

struct link {
    int fd;
    bool waiting; /* for the socket to become writable */
    struct buffer out;
    size_t sent; /* bytes of `out` the kernel has */
    uint64_t in_flight;
    uint64_t issued; /* less the opening */
    uint64_t batch_at_ns;
    struct due_queue due;
    struct replies replies;
};

struct load {
    struct load_options options;
    int epoll;
    struct link *links;
    uint64_t budget;  /* requests that may still be issued */
    uint64_t pending; /* requests without a reply, all links */
    /* Open loop. */
    uint64_t schedule_start_ns;
    uint64_t scheduled;
    uint64_t next_link;
    struct load_tally *tally; /* of the current run */
    char input[INPUT_BYTES];
};

static void due_push(struct due_queue *due, uint64_t time_ns)
{
    if (due->tail - due->head == due->cap) {
        uint64_t cap = due->cap > 0 ? due->cap * 2 : QUEUE_INITIAL;
        uint64_t *times = alloc_bytes(cap * sizeof *times);
        for (uint64_t i = due->head; i != due->tail; i++)
            times[i & (cap - 1)] = due->times[i & (due->cap - 1)];
        alloc_free(due->times);
        due->times = times;
        due->cap = cap;
    }
    due->times[due->tail++ & (due->cap - 1)] = time_ns;
}

static void watch(struct load *load, struct link *link, int operation)
{
    struct epoll_event event = { .events = EPOLLIN | (link->waiting ? (uint32_t)EPOLLOUT : 0),
                                 .data.ptr = link };
    if (epoll_ctl(load->epoll, operation, link->fd, &event) != 0) program_fail("epoll: %s", strerror(errno));
}

/* Hand what is there to the kernel; what it does not take waits for the socket. */
static void flush(struct load *load, struct link *link)
{
    while (link->sent < link->out.len) {
        ssize_t n = send(link->fd, link->out.data + link->sent, link->out.len - link->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) program_fail("connection lost: %s", strerror(errno));
        if (n < 0) break;
        link->sent += (size_t)n;
    }
    if (link->sent == link->out.len) link->sent = link->out.len = 0;
    bool waiting = link->out.len > 0;
    if (waiting == link->waiting) return;
    link->waiting = waiting;
    watch(load, link, EPOLL_CTL_MOD);
}

static void issue(struct load *load, struct link *link, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        workload_append_nth(load->options.workload, link->issued++, &link->out);
    link->in_flight += count;
    load->pending += count;
    if (load->budget != NO_LIMIT) load->budget -= count;
}

/* Closed loop: the next batch of an idle link, as far as the run's budget goes. */
static void send_batch(struct load *load, struct link *link, uint64_t now_ns)
{
    uint64_t count = load->options.depth < load->budget ? load->options.depth : load->budget;
    if (count == 0) return;
    issue(load, link, count);
    link->batch_at_ns = now_ns;
    flush(load, link);
}

/* Open loop: everything that is due by now. Returns when the next request will be. */
static uint64_t send_due(struct load *load, uint64_t now_ns)
{
    double interval_ns = 1e9 / load->options.rate;
    for (int i = 0; i < LATE_BATCH; i++) {
        uint64_t due_ns = load->schedule_start_ns + (uint64_t)((double)load->scheduled * interval_ns);
        if (due_ns > now_ns) return due_ns;
        struct link *link = &load->links[load->next_link++ % load->options.clients];
        issue(load, link, 1);
        due_push(&link->due, due_ns);
        load->scheduled++;
        flush(load, link);
    }
    return now_ns;
}

static void count_replies(struct load *load, struct link *link, uint64_t done, uint64_t now_ns)
{
    if (done > link->in_flight) program_fail("more replies than requests");
    link->in_flight -= done;
    load->pending -= done;
    load->tally->replies += done;
    if (load->options.rate <= 0) {
        histogram_add(&load->tally->latency_ns, now_ns - link->batch_at_ns, done);
        return;
    }
    for (uint64_t i = 0; i < done; i++) {
        uint64_t due_ns = link->due.times[link->due.head++ & (link->due.cap - 1)];
        histogram_add(&load->tally->latency_ns, now_ns - due_ns, 1);
    }
}

/* What `replies` has seen since its errors and nulls were so many. */
static void count_content(struct load_tally *tally, const struct replies *replies, uint64_t errors_before,
                          uint64_t nulls_before)
{
    tally->errors += replies->errors - errors_before;
    tally->nulls += replies->nulls - nulls_before;
    if (tally->first_error[0] == '\0')
        memcpy(tally->first_error, replies->first_error, sizeof tally->first_error);
}

static void receive(struct load *load, struct link *link)
{
    ssize_t n = recv(link->fd, load->input, sizeof load->input, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) program_fail("connection lost: %s", n == 0 ? "closed by the server" : strerror(errno));

    struct replies *replies = &link->replies;
    uint64_t done = replies->done;
    uint64_t errors = replies->errors;
    uint64_t nulls = replies->nulls;
    uint64_t now_ns = clock_now_ns();
    if (!replies_feed(replies, load->input, (size_t)n))
        program_fail("the server sent what is no %s", load->options.address.protocol->name);
    count_content(load->tally, replies, errors, nulls);
    count_replies(load, link, replies->done - done, now_ns);
    if (load->options.rate <= 0 && link->in_flight == 0) send_batch(load, link, now_ns);
}

/* One round of what the kernel has for us, waiting for it until `until_ns`. */
static void turn(struct load *load, uint64_t now_ns, uint64_t until_ns)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec wait = { (time_t)(wait_ns / CLOCK_NS_PER_S), (long)(wait_ns % CLOCK_NS_PER_S) };
    int ready = epoll_pwait2(load->epoll, events, EVENTS_MAX, &wait, NULL);
    if (ready < 0 && errno != EINTR) program_fail("epoll: %s", strerror(errno));
    for (int i = 0; i < ready; i++) {
        struct link *link = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) flush(load, link);
        if (events[i].events & ~(uint32_t)EPOLLOUT) receive(load, link);
    }
}

static void open_link(struct load *load, struct link *link)
{
    const struct load_options *options = &load->options;
    if (options->opening == NULL) return;
    buffer_append(&link->out, options->opening, strlen(options->opening));
    link->in_flight += options->opening_replies;
    load->pending += options->opening_replies;
    link->batch_at_ns = clock_now_ns();
    flush(load, link);
}

struct load *load_open(const struct load_options *options)
{
    struct load *load = ALLOC_NEW(struct load);
    load->options = *options;
    if (load->options.clients == 0 || load->options.depth == 0) program_fail("no clients or no depth");
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->links = alloc_zeroed(load->options.clients * sizeof *load->links);
    for (uint64_t i = 0; i < load->options.clients; i++) {
        struct link *link = &load->links[i];
        bool elsewhere = options->other != NULL && i % 2 == 1;
        link->fd = address_connect(elsewhere ? options->other : &options->address);
        if (link->fd < 0) program_fail("connect: %s", strerror(errno));
        link->replies.protocol = options->address.protocol;
        watch(load, link, EPOLL_CTL_ADD);
        open_link(load, link);
    }
    return load;
}

/* Let the replies in flight come in. */
static void drain(struct load *load)
{
    uint64_t end_ns = clock_now_ns() + DRAIN_NS;
    load->budget = 0;
    for (uint64_t now_ns; load->pending > 0; turn(load, now_ns, end_ns)) {
        now_ns = clock_now_ns();
        if (now_ns > end_ns) program_fail("%llu replies missing", (unsigned long long)load->pending);
    }
}

void load_close(struct load **load)
{
    struct load_tally ignored = { 0 };
    (*load)->tally = &ignored;
    drain(*load);
    for (uint64_t i = 0; i < (*load)->options.clients; i++) {
        struct link *link = &(*load)->links[i];
        close(link->fd);
        buffer_clear(&link->out);
        alloc_free(link->due.times);
    }
    close((*load)->epoll);
    alloc_free((*load)->links);
    alloc_free(*load);
    *load = NULL;
}

static uint64_t start(struct load *load, uint64_t budget, struct load_tally *tally)
{
    *tally = (struct load_tally){ 0 };
    load->tally = tally;
    load->budget = budget;
    return clock_now_ns();
}

static void wake_idle(struct load *load, uint64_t now_ns)
{
    for (uint64_t i = 0; i < load->options.clients; i++) {
        if (load->links[i].in_flight == 0) send_batch(load, &load->links[i], now_ns);
    }
}

void load_run(struct load *load, uint64_t duration_ns, struct load_tally *tally)
{
    bool open_loop = load->options.rate > 0;
    uint64_t start_ns = start(load, NO_LIMIT, tally);
    uint64_t end_ns = start_ns + duration_ns;
    if (!open_loop) wake_idle(load, start_ns);
    load->schedule_start_ns = start_ns;
    load->scheduled = 0;

    uint64_t now_ns = start_ns;
    while (now_ns < end_ns) {
        uint64_t next_ns = open_loop ? send_due(load, now_ns) : end_ns;
        turn(load, now_ns, next_ns < end_ns ? next_ns : end_ns);
        now_ns = clock_now_ns();
    }
    tally->elapsed_ns = now_ns - start_ns;
}

void load_run_requests(struct load *load, uint64_t requests, struct load_tally *tally)
{
    uint64_t start_ns = start(load, requests, tally);
    wake_idle(load, start_ns);
    while (load->pending > 0 || load->budget > 0) turn(load, clock_now_ns(), UINT64_MAX / 4);
    tally->elapsed_ns = clock_now_ns() - start_ns;
}
