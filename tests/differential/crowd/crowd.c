#include "tests/differential/crowd/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "tests/support/client/command_line.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

/* A server that does not answer the watcher in this time is gone, or has paused everybody. */
#define WATCHER_MS 2000

static bool ask(struct crowd *crowd, const char *line)
{
    if (client_ask(&crowd->watcher, line).len == 0) crowd->lost = true;
    return !crowd->lost;
}

static int64_t ask_id(struct client *client)
{
    int64_t id = 0;
    number_parse_i64(reply_part_text(client_ask(client, "CLIENT ID")), &id);
    return id;
}

static void join(struct crowd *crowd, struct member *member)
{
    struct buffer heard = member->heard;
    struct buffer row = member->standing.row;
    heard.len = row.len = 0;
    *member = (struct member){ .heard = heard, .standing = { .row = row } };
    member->open = client_open_unix(&member->client, crowd->instance->socket_path);
    member->id = member->open ? ask_id(&member->client) : 0;
    if (member->id == 0) crowd->lost = true;
    member->client.timeout_ms = crowd->patience_ms * PACE;
}

/* Clients of the crowd before this one may still be on their way out. */
static void wait_until_alone(struct crowd *crowd)
{
    int64_t deadline_ms = pace_now_ms() + 5000 * PACE;
    while (!crowd->lost && pace_now_ms() < deadline_ms) {
        struct slice list = reply_part_text(client_ask(&crowd->watcher, "CLIENT LIST"));
        if (list.len == 0) crowd->lost = true;
        if (list.len > 0 && memchr(list.data, '\n', list.len) == list.data + list.len - 1) return;
    }
}

/* Keys past their deadline are removed when somebody comes across them, and not at some other moment. */
static void clean(struct crowd *crowd)
{
    static const char *const words[] = {
        "CLIENT UNPAUSE", "CONFIG SET maxmemory 0",    "CONFIG SET notify-keyspace-events \"\"",
        "FLUSHALL",       "DEBUG SET-ACTIVE-EXPIRE 0",
    };
    wait_until_alone(crowd);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct slice reply = client_ask(&crowd->watcher, words[i]);
        if (reply.len == 0) crowd->lost = true;
        REQUIRE(crowd->lost || slice_equal(reply, SLICE("+OK\r\n")));
    }
}

static void let_in(struct crowd *crowd)
{
    crowd->lost = !client_open_unix(&crowd->watcher, crowd->instance->socket_path);
    if (!crowd->lost) clean(crowd);
}

bool crowd_open(struct crowd *crowd, struct instance *instance, size_t len, int patience_ms)
{
    crowd->instance = instance;
    crowd->patience_ms = patience_ms;
    crowd->len = 0;
    let_in(crowd);
    if (crowd->lost) {
        client_close(&crowd->watcher);
        if (instance_restart(instance)) let_in(crowd);
    }
    crowd->watcher.timeout_ms = WATCHER_MS * PACE;
    crowd->len = len;
    return !crowd->lost;
}

void crowd_close(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->len; i++) {
        struct member *member = &crowd->members[i];
        if (member->open) client_close(&member->client);
        buffer_clear(&member->heard);
        buffer_clear(&member->standing.row);
        *member = (struct member){ 0 };
    }
    client_close(&crowd->watcher);
}

int64_t crowd_next_id(struct crowd *crowd)
{
    struct client client;
    if (!client_open_unix(&client, crowd->instance->socket_path)) return 0;
    int64_t id = ask_id(&client);
    client_close(&client);
    return id == 0 ? 0 : id + 1;
}

void crowd_skip_to(struct crowd *crowd, int64_t id)
{
    int64_t next = crowd_next_id(crowd);
    while (next != 0 && next < id) next = crowd_next_id(crowd);
    if (next != id) crowd->lost = true;
}

void crowd_replace(struct crowd *crowd, size_t member)
{
    if (crowd->members[member].open) client_close(&crowd->members[member].client);
    join(crowd, &crowd->members[member]);
}

static void format(struct crowd *crowd, const struct step *step, struct buffer *out)
{
    struct slice argv[COMMAND_LINE_WORDS];
    char ids[COMMAND_LINE_WORDS][NUMBER_I64_MAX];
    for (size_t i = 0; i < step->argc; i++) {
        size_t client;
        argv[i] = step->argv[i];
        if (!script_names_client(argv[i], &client) || client >= crowd->len) continue;
        argv[i] = slice_of(ids[i], number_format_i64(ids[i], crowd->members[client].id));
    }
    client_format_argv(out, step->argc, argv);
}

void crowd_say(struct crowd *crowd, const struct step *steps, size_t first, size_t last)
{
    struct member *member = &crowd->members[steps[first].connection];
    struct buffer bytes = { 0 };
    for (size_t i = first; i < last; i++) {
        if (script_is_close(&steps[i])) break;
        format(crowd, &steps[i], &bytes);
        member->owed++;
        member->was_reset |= slice_equal_nocase(steps[i].argv[0], SLICE("RESET"));
    }
    client_send(&member->client, buffer_slice(&bytes));
    buffer_clear(&bytes);
    if (script_is_close(&steps[last - 1])) {
        client_close(&member->client);
        member->open = false;
    }
}

/* The value of `name` in a line of CLIENT LIST. */
static struct slice field(struct slice line, const char *name)
{
    char start[32];
    int len = snprintf(start, sizeof start, " %s=", name);
    const char *at = memmem(line.data, line.len, start, (size_t)len);
    if (at == NULL) return slice_of("", 0);
    at += len;
    const char *end = memchr(at, ' ', (size_t)(line.data + line.len - at));
    return slice_of(at, (size_t)((end == NULL ? line.data + line.len : end) - at));
}

static void write_flags(struct buffer *row, struct slice flags, bool but_evictable)
{
    buffer_printf(row, "flags=");
    for (size_t i = 0; i < flags.len; i++)
        if (!but_evictable || flags.data[i] != 'e') buffer_append(row, &flags.data[i], 1);
    buffer_printf(row, " ");
}

static void note_standing(struct member *member, struct slice line)
{
    static const char *const fields[] = { "name",  "db",   "sub",   "psub", "ssub",
                                          "multi", "user", "redir", "resp", "cmd" };
    struct standing *standing = &member->standing;
    struct slice flags = field(line, "flags");
    standing->here = true;
    standing->waits = memchr(flags.data, 'b', flags.len) != NULL;
    standing->queues = memchr(flags.data, 'x', flags.len) != NULL;
    standing->row.len = 0;
    write_flags(&standing->row, flags, member->was_reset);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct slice value = field(line, fields[i]);
        buffer_printf(&standing->row, "%s=%.*s ", fields[i], (int)value.len, value.data);
    }
}

static void note_line(struct crowd *crowd, struct slice line)
{
    int64_t id = strtoll(line.data + strlen("id="), NULL, 10);
    for (size_t i = 0; i < crowd->len; i++)
        if (crowd->members[i].id == id) note_standing(&crowd->members[i], line);
}

static void forget_standings(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->len; i++) {
        struct standing *standing = &crowd->members[i].standing;
        *standing = (struct standing){ .row = standing->row };
        standing->row.len = 0;
        buffer_printf(&standing->row, "gone");
    }
}

void crowd_let_pass(struct crowd *crowd)
{
    ask(crowd, "PING");
}

void crowd_call_roll(struct crowd *crowd)
{
    struct slice left = reply_part_text(client_ask(&crowd->watcher, "CLIENT LIST"));
    if (left.len == 0) crowd->lost = true;
    forget_standings(crowd);
    while (left.len > 0) {
        const char *end = memchr(left.data, '\n', left.len);
        if (end == NULL) break;
        note_line(crowd, slice_of(left.data, (size_t)(end - left.data)));
        left = slice_of(end + 1, left.len - (size_t)(end + 1 - left.data));
    }
}

static bool contains(struct slice text, const char *word)
{
    return memmem(text.data, text.len, word, strlen(word)) != NULL;
}

/* A frame that a command was answered with, where none subscribes. */
static bool is_answer(struct slice frame)
{
    return frame.data[0] != '>';
}

void crowd_ask(struct crowd *crowd, size_t index, const char *token)
{
    struct member *member = &crowd->members[index];
    char line[64];
    snprintf(line, sizeof line, member->standing.queues ? "WATCH %s" : "PING %s", token);
    client_send_line(&member->client, line);
    member->asked = true;
}

void crowd_hear(struct crowd *crowd, size_t index, const char *token)
{
    struct member *member = &crowd->members[index];
    bool queues = member->standing.queues;
    struct slice frame;
    if (!member->asked) return;
    for (size_t answers = 0; client_read(&member->client, &frame);) {
        answers += is_answer(frame);
        bool last = queues ? answers == member->owed + 1 : is_answer(frame) && contains(frame, token);
        if (last) member->asked = false;
        if (last) break;
        buffer_append(&member->heard, frame.data, frame.len);
    }
    member->silent = member->asked;
    member->owed = 0;
}

void crowd_overhear(struct crowd *crowd, size_t index, size_t enough, int ms)
{
    struct member *member = &crowd->members[index];
    int64_t deadline_ms = pace_now_ms() + (int64_t)ms * PACE;
    int patience_ms = member->client.timeout_ms;
    do {
        struct slice frame;
        int64_t left_ms = deadline_ms - pace_now_ms();
        member->client.timeout_ms = member->heard.len < enough && left_ms > 0 ? (int)left_ms : 0;
        if (!client_read(&member->client, &frame)) break;
        buffer_append(&member->heard, frame.data, frame.len);
    } while (true);
    member->client.timeout_ms = patience_ms;
}

void crowd_hear_out(struct crowd *crowd, size_t index)
{
    struct member *member = &crowd->members[index];
    struct slice frame;
    if (!member->open) return;
    while (client_read(&member->client, &frame)) buffer_append(&member->heard, frame.data, frame.len);
    member->silent = member->client.trouble != CLIENT_CLOSED;
    client_close(&member->client);
    member->open = false;
}
