#include "tests/scenarios/faults/fault_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/scenarios/history/token.h"
#include "tests/support/client/client.h"
#include "tests/support/pace.h"

#define MASS_KEYS 64
#define LATE_MS   3000

/* Commands for all keys. */

/* False: it is not known whether it was done. */
static bool sweep(struct stage *stage, int place, unsigned databases, struct write write, const char *lines)
{
    struct keyspace *keyspace = &stage->referee->keyspace;
    char reply[256] = "";
    write.place = place;
    write.maybe = stage->referee->visibility.certain_from[place] == NEVER;
    keyspace_renew_counters(keyspace, referee_now(stage->referee));
    write.sent = referee_now(stage->referee);
    keyspace_write(keyspace, databases, &write);
    bool answered =
        world_ask(stage->world, place, 0, lines, reply, sizeof reply) && strstr(reply, "+OK") != NULL;
    if (answered) keyspace_answer(keyspace, referee_now(stage->referee));
    if (!answered) {
        keyspace_lose(keyspace, referee_now(stage->referee));
        stage->past[(stage->count - 1) % FAULTS_REMEMBERED].unanswered = true;
    }
    keyspace_renew_counters(keyspace, referee_now(stage->referee));
    if (answered) return true;
    /* It may be on its way still, and counters cannot tell that from a stale read. */
    keyspace_set_erasing(keyspace, true, referee_now(stage->referee));
    stage->calm_ms = pace_now_ms() + LATE_MS * PACE;
    return false;
}

static void begin_flush(struct stage *stage)
{
    int place = random_chance(&stage->random, 50) ? PLACE_UPSTREAM : stage->victim;
    bool all = random_chance(&stage->random, 50);
    sweep(stage, place, all ? ALL_DATABASES : 1u, (struct write){ .kind = WRITE_GONE },
          all ? "FLUSHALL" : "FLUSHDB");
}

/* SWAPDB, in every form there is. Of one by its own clients an instance knows at once; of others Redis tells
 * nobody, and it is found out within a second. Two keys of the same name say where one is. */

static void mark_name(const struct stage *stage, char out[static 64], const char *command, const char *value)
{
    snprintf(out, 64, "%s swap:%" PRIu64 " %s", command, stage->count, value);
}

static bool reads_mark(struct stage *stage, int place, int db, char *reply, size_t cap)
{
    char line[64];
    mark_name(stage, line, "GET", "");
    return world_ask(stage->world, place, db, line, reply, cap);
}

/* As every instance keeps them, twice asked for. */
static void set_marks(struct stage *stage)
{
    char line[64], reply[256];
    for (int db = 0; db < DATABASES; db++) {
        mark_name(stage, line, "SET", db == 0 ? "was-in-0" : "was-in-1");
        world_ask(stage->world, PLACE_UPSTREAM, db, line, reply, sizeof reply);
        for (unsigned i = 1; i <= stage->plan->instances; i++) {
            reads_mark(stage, (int)i, db, reply, sizeof reply);
            reads_mark(stage, (int)i, db, reply, sizeof reply);
        }
    }
}

static void check_marks(struct stage *stage, int place)
{
    char reply[256];
    for (int db = 0; db < DATABASES; db++) {
        if (!stage_has_link(stage, place) || !reads_mark(stage, place, db, reply, sizeof reply)) continue;
        /* What may have erased it since then makes it nil. */
        bool stale = strstr(reply, db == 0 ? "was-in-0" : "was-in-1") != NULL;
        if (stale && stage_has_link(stage, place)) {
            stage_complain(stage,
                           place == stage->swapped_by ? "an own SWAPDB that is not seen at once"
                                                      : "a foreign SWAPDB that is not seen for two seconds",
                           stage->swap_form);
        }
    }
}

static void begin_swap(struct stage *stage)
{
    static const char *const forms[] = {
        "SWAPDB 0 1",
        "MULTI\nSWAPDB 0 1\nEXEC",
        "WATCH k\nSWAPDB 0 1",
        "EVAL \"return redis.call('swapdb', 0, 1)\" 0",
    };
    int place = random_chance(&stage->random, 30) ? PLACE_UPSTREAM : stage->victim;
    stage->swap_form = forms[random_below(&stage->random, sizeof forms / sizeof *forms)];
    set_marks(stage);
    stage->swapped_by = place;
    stage->swapped =
        sweep(stage, place, ALL_DATABASES, (struct write){ .kind = WRITE_MOVE }, stage->swap_form) &&
        stage->referee->visibility.certain_from[stage->victim] != NEVER;
    if (stage->swapped && place != PLACE_UPSTREAM) check_marks(stage, place);
}

static void end_swap(struct stage *stage)
{
    bool lasted = stage_has_lasted(stage) && stage->swapped;
    for (unsigned i = 1; i <= stage->plan->instances && lasted; i++) check_marks(stage, (int)i);
}

static int64_t used_memory(struct stage *stage)
{
    static char reply[8192];
    if (!world_ask(stage->world, PLACE_UPSTREAM, 0, "INFO memory", reply, sizeof reply)) return 0;
    const char *found = strstr(reply, "\r\nused_memory:");
    return found == NULL ? 0 : strtoll(found + strlen("\r\nused_memory:"), NULL, 10);
}

static void begin_eviction(struct stage *stage)
{
    char line[64];
    keyspace_set_erasing(&stage->referee->keyspace, true, referee_now(stage->referee));
    stage_erase(stage, true);
    stage_ask(stage, PLACE_UPSTREAM, "CONFIG SET maxmemory-policy allkeys-random");
    snprintf(line, sizeof line, "CONFIG SET maxmemory %" PRId64, used_memory(stage) - 60000);
    stage_ask(stage, PLACE_UPSTREAM, line);
}

static void end_eviction(struct stage *stage)
{
    stage_ask(stage, PLACE_UPSTREAM, "CONFIG SET maxmemory 0");
    keyspace_answer(&stage->referee->keyspace, referee_now(stage->referee));
    if (stage->calm_ms == 0)
        keyspace_set_erasing(&stage->referee->keyspace, false, referee_now(stage->referee));
}

static void begin_narrow(struct stage *stage)
{
    stage_ask(stage, PLACE_UPSTREAM, "CONFIG SET tracking-table-max-keys 10");
}

static void end_narrow(struct stage *stage)
{
    stage_ask(stage, PLACE_UPSTREAM, "CONFIG SET tracking-table-max-keys 1000000");
}

static void begin_local_eviction(struct stage *stage)
{
    stage_ask(stage, stage->victim, "CONFIG SET maxmemory-policy allkeys-lru");
    stage_ask(stage, stage->victim, "CONFIG SET maxmemory 1mb");
}

static void end_local_eviction(struct stage *stage)
{
    stage_ask(stage, stage->victim, "CONFIG SET maxmemory 0");
}
static void begin_local_flush(struct stage *stage)
{
    stage_ask(stage, stage->victim, "NEARCACHE FLUSH");
}

/* Many keys whose time is over in the same millisecond. */

struct mass {
    struct history *keys[MASS_KEYS];
    uint32_t numbers[MASS_KEYS];
    size_t len;
    struct buffer out;
};

static void add_to_mass(struct stage *stage, struct mass *mass, int64_t at_ms, int64_t unix_ms)
{
    struct referee *referee = stage->referee;
    struct moment now = referee_now(referee);
    struct family *family = keyspace_draw(&referee->keyspace, FAMILY_BIT(FAMILY_PLAIN), &stage->random, now);
    struct history *key = family->members[0][0];
    if (!history_has_room(key, &referee->visibility, now)) return;
    char value[TOKEN_BYTES], deadline[32];
    uint32_t number = history_write(
        key, &(struct write){ .kind = WRITE_SET, .at_ms = at_ms, .sent = now, .bytes = TOKEN_BYTES });
    history_note(key, (struct event){ .at = now, .what = "set-pxat", .phase = EVENT_SENT, .number = number });
    token_write(value, (struct token){ key->id, number });
    snprintf(deadline, sizeof deadline, "%" PRId64, unix_ms);
    const struct slice argv[] = { SLICE("SET"), slice_of_cstr(key->name), slice_of(value, sizeof value),
                                  SLICE("PXAT"), slice_of_cstr(deadline) };
    client_format_argv(&mass->out, sizeof argv / sizeof *argv, argv);
    history_retain(key);
    mass->keys[mass->len] = key;
    mass->numbers[mass->len++] = number;
}

static void begin_mass_expiry(struct stage *stage)
{
    struct mass mass = { 0 };
    struct client client;
    struct slice reply;
    struct timespec wall;
    if (!client_open_tcp(&client, world_port(stage->world, PLACE_UPSTREAM))) return;
    client.timeout_ms = 3000 * PACE;
    clock_gettime(CLOCK_REALTIME, &wall);
    int64_t in_ms = 50 + (int64_t)random_below(&stage->random, 300);
    int64_t unix_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000 + in_ms;
    int64_t at_ms = referee_now(stage->referee).ms + in_ms;
    for (int i = 0; i < MASS_KEYS; i++) add_to_mass(stage, &mass, at_ms, unix_ms);
    client_send(&client, buffer_slice(&mass.out));
    for (size_t i = 0; i < mass.len; i++) {
        bool answered = client_read(&client, &reply) && reply.data[0] == '+';
        struct moment now = referee_now(stage->referee);
        if (answered) history_answer(mass.keys[i], mass.numbers[i], now);
        if (!answered) history_lose(mass.keys[i], mass.numbers[i], now);
        history_release(&mass.keys[i]);
    }
    client_close(&client);
    buffer_clear(&mass.out);
}

const struct fault key_faults[] = {
    { "flush", 8, 0, 0, .begin = begin_flush },
    { "swapdb", 4, 2000 * PACE, 2100 * PACE, .begin = begin_swap, .end = end_swap, .moves = true },
    { "eviction", 5, 50, 400, .begin = begin_eviction, .end = end_eviction, .erases = true },
    { "narrow-tracking", 4, 100, 400, .begin = begin_narrow, .end = end_narrow },
    { "mass-expiry", 10, 400, 600, .begin = begin_mass_expiry },
    { "local-eviction", 4, 50, 300, .begin = begin_local_eviction, .end = end_local_eviction,
      .of_tier = true },
    { "local-flush", 4, 0, 0, .begin = begin_local_flush, .of_tier = true },
};
const size_t key_fault_count = sizeof key_faults / sizeof *key_faults;
