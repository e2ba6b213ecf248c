#include "tests/fuzz/network/aftermath.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/fuzz/network/speech.h"
#include "tests/support/client/client.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define PATIENCE_MS 15000
#define AGAIN_MS    50
#define SHOWN_BYTES 2000

#define MIB (INT64_C(1) << 20)
/* What the allocator keeps; a sanitizer's keeps what was freed for a while. */
#define KEPT_BYTES ((PACE_SANITIZED ? 600 : 96) * MIB)
/* One client, which asks, and has asked for little. */
#define CLIENT_BYTES (1 * MIB)
/* The lane, the side connections and the idle ones of each loop's pool, and one to ask by. */
#define LINKS_MAX 40

void aftermath_init(struct aftermath *aftermath, struct instance *server, struct instance *upstream)
{
    *aftermath = (struct aftermath){ server, upstream, instance_rss_bytes(server) };
}

static bool is_error(struct slice reply)
{
    return reply.len == 0 || reply.data[0] == '-';
}

/* One that has the password, if there is one, and is not refused for somebody who has just gone. */
static bool open_client(struct client *client, int port, struct buffer *report)
{
    int64_t deadline_ms = pace_now_ms() + PATIENCE_MS * PACE;
    while (client_open_tcp(client, port)) {
        client_ask(client, "AUTH " SPEECH_PASSWORD);
        struct slice reply = client_ask(client, "PING");
        if (!is_error(reply)) return true;
        if (pace_now_ms() >= deadline_ms) {
            buffer_printf(report, "nobody is let in when all have gone (%s): %.*s\n",
                          client_trouble_name(client->trouble), (int)reply.len, reply.data);
        }
        client_close(client);
        if (pace_now_ms() >= deadline_ms) return false;
        pace_sleep_ms(AGAIN_MS);
    }
    buffer_printf(report, "nobody is listening when all have gone\n");
    return false;
}

/* A number behind `name` in a section of INFO; -1: it is not there. */
static int64_t info_number(struct client *client, const char *section, const char *name)
{
    char line[64], text[64];
    snprintf(line, sizeof line, "INFO %s", section);
    snprintf(text, sizeof text, "\n%s:", name);
    struct slice reply = client_ask(client, line);
    const char *found = reply.len == 0 ? NULL : memmem(reply.data, reply.len, text, strlen(text));
    return found == NULL ? -1 : strtoll(found + strlen(text), NULL, 10);
}

static size_t count_lines(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i + 4 < text.len; i++) count += memcmp(text.data + i, " addr", 5) == 0;
    return count;
}

/* Whether no more than `most` clients of a server are left, who asks among them, in time. Each time over a
 * connection of its own: what a guest has said before it went may still be done, and be a CLIENT KILL. */
static bool is_left(int port, size_t most, struct buffer *report)
{
    int64_t deadline_ms = pace_now_ms() + PATIENCE_MS * PACE;
    struct client client;
    while (open_client(&client, port, report)) {
        struct slice list = client_ask(&client, "CLIENT LIST");
        size_t left = count_lines(list);
        bool fine = list.len > 0 && left <= most, late = pace_now_ms() >= deadline_ms;
        if (late && !fine) {
            buffer_printf(report, "%zu clients are left, and not %zu (%s):\n%.*s\n", left, most,
                          client_trouble_name(client.trouble),
                          (int)(list.len < SHOWN_BYTES ? list.len : SHOWN_BYTES), list.data);
        }
        client_close(&client);
        if (late || fine) return fine;
        pace_sleep_ms(AGAIN_MS);
    }
    return false;
}

static bool memory_is_back(struct aftermath *aftermath, struct client *client, int64_t deadline_ms,
                           struct buffer *report)
{
    for (;;) {
        int64_t of_clients = info_number(client, "memory", "mem_clients_normal");
        int64_t kept = instance_rss_bytes(aftermath->server) - aftermath->bytes_before;
        if (of_clients >= 0 && of_clients <= CLIENT_BYTES && kept <= KEPT_BYTES) return true;
        if (pace_now_ms() < deadline_ms) {
            pace_sleep_ms(AGAIN_MS);
            continue;
        }
        buffer_printf(report, "memory is not back: %" PRId64 " bytes of clients, %" PRId64 " MiB resident\n",
                      of_clients, kept / MIB);
        return false;
    }
}

/* Nothing is kept on purpose any more. */
static bool tidy_up(struct client *client, struct buffer *report)
{
    static const char *const lines[] = { "FLUSHALL", "SCRIPT FLUSH", "SLOWLOG RESET", "MEMORY PURGE" };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct slice reply = client_ask(client, lines[i]);
        if (reply.len > 0) continue;
        buffer_printf(report, "%s is not answered: %s\n", lines[i], client_trouble_name(client->trouble));
        return false;
    }
    return true;
}

static bool look(struct aftermath *aftermath, struct client *client, struct buffer *report)
{
    int64_t deadline_ms = pace_now_ms() + PATIENCE_MS * PACE;
    if (!tidy_up(client, report) || !memory_is_back(aftermath, client, deadline_ms, report)) return false;
    if (!is_error(client_ask(client, "PING"))) return true;
    buffer_printf(report, "a PING is not answered at the end\n");
    return false;
}

static bool ends_well(struct aftermath *aftermath, struct buffer *report)
{
    struct child *child = &aftermath->server->child;
    child_stop(child, 10000);
    int code = child_exit_code(child);
    if (code == 0) return true;
    buffer_printf(report, "SIGTERM is answered with exit code %d\n", code);
    return false;
}

bool aftermath_check(struct aftermath *aftermath, struct buffer *report)
{
    struct client client;
    if (!is_left(aftermath->server->port, 1, report)) return false;
    if (!open_client(&client, aftermath->server->port, report)) return false;
    bool fine = look(aftermath, &client, report);
    client_close(&client);
    if (aftermath->upstream != NULL) fine = fine && is_left(aftermath->upstream->port, LINKS_MAX, report);
    return fine && ends_well(aftermath, report);
}
