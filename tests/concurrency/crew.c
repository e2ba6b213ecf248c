#include "tests/concurrency/crew.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "tests/support/client/command_line.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"

#define LINE_BYTES 4096

bool crew_is_over(struct crew *crew)
{
    if (atomic_load_explicit(&crew->over, memory_order_relaxed)) return true;
    if (pace_now_ms() < crew->deadline_ms) return false;
    atomic_store(&crew->over, true);
    return true;
}

void crew_fail(struct crew *crew, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&crew->lock);
    if (!crew->failed) vsnprintf(crew->failure, sizeof crew->failure, format, arguments);
    crew->failed = true;
    pthread_mutex_unlock(&crew->lock);
    va_end(arguments);
    atomic_store(&crew->over, true);
}

static const char *part_name(const struct worker *worker)
{
    size_t behind = worker->index;
    const struct part *part = worker->crew->exercise->parts;
    for (; behind >= part->workers; part++) behind -= part->workers;
    return part->name;
}

static void send_line(struct worker *worker, const char *line)
{
    if (client_send_line(&worker->client, line)) return;
    crew_fail(worker->crew, "%s %zu: the connection is %s when it sends %s", part_name(worker),
              worker->number, client_trouble_name(worker->client.trouble), line);
}

static struct slice read_reply(struct worker *worker, const char *line)
{
    struct slice reply;
    if (client_read(&worker->client, &reply)) {
        atomic_fetch_add_explicit(&worker->crew->done, 1, memory_order_relaxed);
        return reply;
    }
    crew_fail(worker->crew, "%s %zu: no reply to %s, the connection is %s", part_name(worker), worker->number,
              line, client_trouble_name(worker->client.trouble));
    return slice_of("", 0);
}

struct slice worker_ask(struct worker *worker, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    send_line(worker, line);
    return read_reply(worker, line);
}

void worker_send(struct worker *worker, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    send_line(worker, line);
}

struct slice worker_read(struct worker *worker)
{
    return read_reply(worker, "something sent before");
}

static void connect_worker(struct worker *worker)
{
    if (client_open_unix(&worker->client, worker->crew->server->socket_path)) return;
    crew_fail(worker->crew, "%s %zu cannot connect", part_name(worker), worker->number);
}

void worker_reconnect(struct worker *worker)
{
    client_close(&worker->client);
    connect_worker(worker);
}

bool worker_text(struct slice reply, char *out, size_t size)
{
    *out = '\0';
    if (reply.len == 0 || (reply.data[0] != '$' && reply.data[0] != '+') || reply.data[1] == '-')
        return false;
    slice_to_cstr(reply_part_text(reply), out, size);
    return true;
}

int64_t worker_number(struct slice reply)
{
    int64_t number = 0;
    struct slice text = reply_part_text(reply);
    return text.len > 0 && number_parse_i64(text, &number) ? number : 0;
}

static void *work(void *context)
{
    struct worker *worker = context;
    size_t behind = worker->index;
    const struct part *part = worker->crew->exercise->parts;
    for (; behind >= part->workers; part++) behind -= part->workers;
    if (!crew_is_over(worker->crew)) part->play(worker);
    return NULL;
}

static void gather(struct crew *crew, uint64_t seed)
{
    for (const struct part *part = crew->exercise->parts; part->play != NULL; part++) {
        for (size_t i = 0; i < part->workers; i++) {
            struct worker *worker = &crew->workers[crew->len];
            REQUIRE(crew->len < CREW_MAX);
            *worker = (struct worker){
                .crew = crew, .index = crew->len, .number = i, .random = { seed * 1000 + crew->len }
            };
            crew->len++;
            connect_worker(worker);
        }
    }
}

static void play(struct crew *crew, uint64_t seed, int64_t ms)
{
    struct client client;
    bool open = client_open_unix(&client, crew->server->socket_path);
    REQUIRE(open);
    if (crew->exercise->prepare != NULL) crew->exercise->prepare(crew, &client);
    gather(crew, seed);
    crew->deadline_ms = pace_now_ms() + ms;
    for (size_t i = 0; i < crew->len; i++)
        REQUIRE(pthread_create(&crew->workers[i].thread, NULL, work, &crew->workers[i]) == 0);
    for (size_t i = 0; i < crew->len; i++) pthread_join(crew->workers[i].thread, NULL);
    if (!crew->failed && crew->exercise->finish != NULL) crew->exercise->finish(crew, &client);
    client_close(&client);
}

struct crew_result crew_run(const struct exercise *exercise, const char *loops, uint64_t seed, int64_t ms)
{
    const char *options[32] = { "--io-threads", loops };
    size_t count = 2;
    for (const char *const *option = exercise->options; option != NULL && *option != NULL; option++)
        options[count++] = *option;
    struct instance server;
    instance_start(&server, INSTANCE_NUTHATCH, options);

    struct crew *crew = ALLOC_NEW(struct crew);
    crew->exercise = exercise;
    crew->server = &server;
    pthread_mutex_init(&crew->lock, NULL);
    play(crew, seed, ms);
    struct crew_result result = { .failed = crew->failed, .done = crew->done };
    snprintf(result.failure, sizeof result.failure, "%s", crew->failure);
    for (size_t i = 0; i < crew->len; i++) {
        client_close(&crew->workers[i].client);
        alloc_free(crew->workers[i].notes);
    }
    alloc_free(crew->notes);
    pthread_mutex_destroy(&crew->lock);
    alloc_free(crew);
    if (result.failed) instance_print_log(&server);
    instance_stop(&server);
    return result;
}
