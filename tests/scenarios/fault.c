#include "tests/scenarios/fault.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/scenarios/token.h"
#include "tests/support/client.h"
#include "tests/support/pace.h"

#define ALL_DATABASES 3u
#define MASS_KEYS     64
#define LOOK_MS       20
#define LATE_MS       3000

struct fault {
    const char *name;
    unsigned weight;
    int64_t least_ms, most_ms; /* how long it lasts; 0: it is over at once */
    void (*begin)(struct stage *stage);
    void (*end)(struct stage *stage);
    bool of_tier; /* makes sense with an instance of ours only */
    bool cuts;    /* the links between the upstream and instances, or keeps new ones from being made */
};

static struct tcp_proxy *network(const struct stage *stage)
{
    return stage->world->networks[stage->victim - 1];
}

static bool ask(struct stage *stage, int place, const char *line)
{
    char reply[256];
    return world_ask(stage->world, place, 0, line, reply, sizeof reply) && reply[0] != '-';
}

/* The network. */

static void begin_delay(struct stage *stage)
{
    tcp_proxy_delay_unevenly(network(stage), 200 + (int64_t)random_below(&stage->random, 20000));
}

static void end_delay(struct stage *stage)
{
    tcp_proxy_delay(network(stage), 0);
}
static void begin_stall(struct stage *stage)
{
    tcp_proxy_stall(network(stage), true);
}
static void end_stall(struct stage *stage)
{
    tcp_proxy_stall(network(stage), false);
}
static void begin_hole(struct stage *stage)
{
    tcp_proxy_swallow(network(stage), true);
}
static void end_hole(struct stage *stage)
{
    tcp_proxy_swallow(network(stage), false);
}

static void begin_reset(struct stage *stage)
{
    int64_t after = random_chance(&stage->random, 20) ? 0 : 1 + (int64_t)random_below(&stage->random, 40000);
    tcp_proxy_reset(network(stage), after);
}

/* The upstream's process. */

static void begin_stop(struct stage *stage)
{
    child_signal(&stage->world->upstream, SIGSTOP);
}
static void end_stop(struct stage *stage)
{
    child_signal(&stage->world->upstream, SIGCONT);
}
static void begin_crash(struct stage *stage)
{
    world_kill_upstream(stage->world);
}
static void end_crash(struct stage *stage)
{
    world_start_upstream(stage->world, false);
}

/* All keys go, by what is not a client's command; `maybe` each, or for certain. */
static void begin_erasure(struct stage *stage, bool maybe)
{
    keyspace_write(&stage->referee->keyspace, ALL_DATABASES,
                   &(struct write){ .kind = WRITE_GONE,
                                    .place = PLACE_UPSTREAM,
                                    .maybe = maybe,
                                    .sent = referee_now(stage->referee) });
}

static void begin_loss(struct stage *stage)
{
    world_kill_upstream(stage->world);
    begin_erasure(stage, false);
    keyspace_renew_counters(&stage->referee->keyspace, referee_now(stage->referee));
}

static void end_loss(struct stage *stage)
{
    world_start_upstream(stage->world, true);
    keyspace_answer(&stage->referee->keyspace, referee_now(stage->referee));
    /* An INCR that was being sent may have reached the new one. */
    keyspace_renew_counters(&stage->referee->keyspace, referee_now(stage->referee));
}

static void begin_kick(struct stage *stage)
{
    ask(stage, PLACE_UPSTREAM, "CLIENT KILL TYPE normal SKIPME yes");
}

/* Commands for all keys. */

static void sweep(struct stage *stage, int place, unsigned databases, struct write write, const char *line)
{
    struct keyspace *keyspace = &stage->referee->keyspace;
    char reply[256] = "";
    write.place = place;
    write.maybe = stage->referee->visibility.certain_from[place] == NEVER;
    keyspace_renew_counters(keyspace, referee_now(stage->referee));
    write.sent = referee_now(stage->referee);
    keyspace_write(keyspace, databases, &write);
    bool answered = world_ask(stage->world, place, 0, line, reply, sizeof reply) && reply[0] == '+';
    if (answered) keyspace_answer(keyspace, referee_now(stage->referee));
    if (!answered) {
        keyspace_lose(keyspace, referee_now(stage->referee));
        stage->past[(stage->count - 1) % FAULTS_REMEMBERED].unanswered = true;
    }
    keyspace_renew_counters(keyspace, referee_now(stage->referee));
    if (answered) return;
    /* It may be on its way still, and counters cannot tell that from a stale read. */
    keyspace_set_erasing(keyspace, true, referee_now(stage->referee));
    stage->calm_ms = pace_now_ms() + LATE_MS * PACE;
}

static void begin_flush(struct stage *stage)
{
    int place = random_chance(&stage->random, 50) ? PLACE_UPSTREAM : stage->victim;
    bool all = random_chance(&stage->random, 50);
    sweep(stage, place, all ? ALL_DATABASES : 1u, (struct write){ .kind = WRITE_GONE },
          all ? "FLUSHALL" : "FLUSHDB");
}

/* Nobody is told of a SWAPDB, so the other instance is told by hand, as docs/consistency.md advises. */
static void begin_swap(struct stage *stage)
{
    sweep(stage, stage->victim, ALL_DATABASES, (struct write){ .kind = WRITE_MOVE }, "SWAPDB 0 1");
    for (unsigned i = 1; i <= stage->plan->instances; i++) {
        if ((int)i != stage->victim && stage->plan->subject == SUBJECT_TIER)
            ask(stage, (int)i, "NEARCACHE FLUSH");
    }
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
    begin_erasure(stage, true);
    ask(stage, PLACE_UPSTREAM, "CONFIG SET maxmemory-policy allkeys-random");
    snprintf(line, sizeof line, "CONFIG SET maxmemory %" PRId64, used_memory(stage) - 60000);
    ask(stage, PLACE_UPSTREAM, line);
}

static void end_eviction(struct stage *stage)
{
    ask(stage, PLACE_UPSTREAM, "CONFIG SET maxmemory 0");
    keyspace_answer(&stage->referee->keyspace, referee_now(stage->referee));
    if (stage->calm_ms == 0)
        keyspace_set_erasing(&stage->referee->keyspace, false, referee_now(stage->referee));
}

static void begin_narrow(struct stage *stage)
{
    ask(stage, PLACE_UPSTREAM, "CONFIG SET tracking-table-max-keys 10");
}

static void end_narrow(struct stage *stage)
{
    ask(stage, PLACE_UPSTREAM, "CONFIG SET tracking-table-max-keys 1000000");
}

static void begin_local_eviction(struct stage *stage)
{
    ask(stage, stage->victim, "CONFIG SET maxmemory-policy allkeys-lru");
    ask(stage, stage->victim, "CONFIG SET maxmemory 1mb");
}

static void end_local_eviction(struct stage *stage)
{
    ask(stage, stage->victim, "CONFIG SET maxmemory 0");
}
static void begin_local_flush(struct stage *stage)
{
    ask(stage, stage->victim, "NEARCACHE FLUSH");
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

static const struct fault faults[] = {
    { "delay", 10, 100, 400, begin_delay, end_delay, false, false },
    { "stall", 8, 50, 1500, begin_stall, end_stall, false, true },
    { "reset", 12, 20, 60, begin_reset, NULL, false, true },
    { "black-hole", 5, 300, 1800, begin_hole, end_hole, false, true },
    { "stop", 8, 50, 1500, begin_stop, end_stop, false, true },
    { "partition", 3, 1500, 4500, begin_hole, end_hole, false, true },
    { "crash", 6, 20, 300, begin_crash, end_crash, false, true },
    { "loss", 4, 20, 200, begin_loss, end_loss, false, true },
    { "client-kill", 8, 0, 0, begin_kick, NULL, false, true },
    { "flush", 8, 0, 0, begin_flush, NULL, false, false },
    { "swapdb", 4, 0, 0, begin_swap, NULL, false, false },
    { "eviction", 5, 50, 400, begin_eviction, end_eviction, false, false },
    { "narrow-tracking", 4, 100, 400, begin_narrow, end_narrow, false, false },
    { "mass-expiry", 10, 400, 600, begin_mass_expiry, NULL, false, false },
    { "local-eviction", 4, 50, 300, begin_local_eviction, end_local_eviction, true, false },
    { "local-flush", 4, 0, 0, begin_local_flush, NULL, true, false },
};

size_t fault_count(void)
{
    return sizeof faults / sizeof *faults;
}

void fault_print_names(uint64_t set, struct buffer *out)
{
    const char *comma = "";
    uint64_t all = (UINT64_C(1) << fault_count()) - 1;
    set &= all;
    if (set == all || set == 0) {
        buffer_printf(out, set == 0 ? "none" : "all");
        return;
    }
    for (size_t i = 0; i < fault_count(); i++) {
        if (!(set >> i & 1)) continue;
        buffer_printf(out, "%s%s", comma, faults[i].name);
        comma = ",";
    }
}

static bool add_name(struct slice name, uint64_t *set)
{
    for (size_t i = 0; i < fault_count(); i++) {
        if (!slice_equal(name, slice_of_cstr(faults[i].name))) continue;
        *set |= UINT64_C(1) << i;
        return true;
    }
    return false;
}

bool fault_parse_names(const char *text, uint64_t *set)
{
    *set = strcmp(text, "all") == 0 ? FAULTS_ALL : 0;
    if (*set != 0 || strcmp(text, "none") == 0) return true;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        if (!add_name(slice_of(text, len), set)) return false;
        text += len + (text[len] == ',');
    }
    return true;
}

static int64_t draw_pause_ms(struct stage *stage)
{
    return (50 + (int64_t)random_below(&stage->random, 350)) * PACE;
}

void stage_init(struct stage *stage, const struct plan *plan, struct world *world, struct referee *referee)
{
    *stage = (struct stage){ .plan = plan, .world = world, .referee = referee, .random = { ~plan->seed } };
    stage->next_ms = pace_now_ms() + draw_pause_ms(stage);
}

static const struct fault *draw(struct stage *stage)
{
    for (int tries = 0; tries < 200; tries++) {
        size_t i = random_below(&stage->random, fault_count());
        bool possible = stage->plan->faults >> i & 1 &&
                        (!faults[i].of_tier || stage->plan->subject == SUBJECT_TIER) &&
                        (faults[i].begin != begin_swap || stage->plan->databases > 1);
        if (possible && random_below(&stage->random, 12) < faults[i].weight) return &faults[i];
    }
    return NULL;
}

/* In each key's history, so that who reads one sees what happened around it. */
static void note(void *context, struct family *family, struct history *history)
{
    const struct event *event = context;
    (void)family;
    history_note(history, *event);
}

static void announce(struct stage *stage, const char *what)
{
    struct event event = {
        .at = referee_now(stage->referee), .what = what, .phase = EVENT_FAULT, .place = (short)stage->victim
    };
    keyspace_each(&stage->referee->keyspace, note, &event);
}

/* --- instances that may go on alone ---------------------------------------------------------------------
 */

static void calm_down(struct stage *stage)
{
    bool evicting = stage->now != NULL && stage->now->begin == begin_eviction;
    if (stage->calm_ms == 0 || pace_now_ms() < stage->calm_ms) return;
    stage->calm_ms = 0;
    if (!evicting) keyspace_set_erasing(&stage->referee->keyspace, false, referee_now(stage->referee));
}

static void cast_off(struct stage *stage)
{
    if (strcmp(stage->plan->on_failure, "local") != 0 || stage->plan->subject != SUBJECT_TIER) return;
    for (unsigned i = 1; i <= stage->plan->instances; i++) stage->referee->visibility.certain_from[i] = NEVER;
}

static bool has_link(struct stage *stage, int place)
{
    static char reply[8192];
    return world_ask(stage->world, place, 0, "INFO nearcache", reply, sizeof reply) &&
           strstr(reply, "nearcache_link:up") != NULL;
}

/* A link that broke unnoticed while the fault lasted is made anew at the first attempt, and until then nobody
 * goes on alone. */
static void look_for_links(struct stage *stage)
{
    uint64_t *certain_from = stage->referee->visibility.certain_from;
    if (stage->now != NULL && stage->now->cuts) return;
    if (pace_now_ms() < stage->look_ms) return;
    stage->look_ms = pace_now_ms() + LOOK_MS;
    for (unsigned i = 1; i <= stage->plan->instances; i++) {
        if (certain_from[i] == NEVER && has_link(stage, (int)i))
            certain_from[i] = referee_now(stage->referee).tick;
    }
}

static void end(struct stage *stage)
{
    const struct fault *fault = stage->now;
    stage->now = NULL;
    if (fault->end != NULL) fault->end(stage);
    stage->past[(stage->count - 1) % FAULTS_REMEMBERED].ended = referee_now(stage->referee);
    if (fault->most_ms > 0) announce(stage, "(fault over)");
    stage->next_ms = pace_now_ms() + draw_pause_ms(stage);
}

static void begin(struct stage *stage)
{
    const struct fault *fault = draw(stage);
    stage->next_ms = pace_now_ms() + draw_pause_ms(stage);
    if (fault == NULL) return;
    stage->victim = 1 + (int)random_below(&stage->random, stage->plan->instances);
    announce(stage, fault->name);
    size_t slot = stage->count++ % FAULTS_REMEMBERED;
    stage->past[slot].name = fault->name;
    stage->past[slot].victim = stage->victim;
    stage->past[slot].began = referee_now(stage->referee);
    stage->past[slot].ended = (struct moment){ 0 };
    stage->past[slot].unanswered = false;
    if (fault->cuts) cast_off(stage);
    fault->begin(stage);
    stage->now = fault;
    stage->counts[fault - faults]++;
    int64_t range_ms = fault->most_ms - fault->least_ms;
    stage->end_ms = pace_now_ms() + fault->least_ms +
                    (range_ms == 0 ? 0 : (int64_t)random_below(&stage->random, (size_t)range_ms));
}

void stage_step(struct stage *stage)
{
    int64_t now_ms = pace_now_ms();
    if (stage->now != NULL) {
        if (now_ms >= stage->end_ms) end(stage);
    } else if (now_ms >= stage->next_ms) {
        begin(stage);
    }
    look_for_links(stage);
    calm_down(stage);
}

static bool anyone_is_uncertain(const struct stage *stage)
{
    bool anyone = false;
    for (int i = 1; i < PLACES; i++) anyone = anyone || stage->referee->visibility.certain_from[i] == NEVER;
    return anyone;
}

void stage_close(struct stage *stage)
{
    if (stage->now != NULL) end(stage);
    for (unsigned i = 0; i < stage->plan->instances; i++) {
        tcp_proxy_swallow(stage->world->networks[i], false);
        tcp_proxy_stall(stage->world->networks[i], false);
    }
    int64_t deadline_ms = pace_now_ms() + 10000 * PACE;
    while (anyone_is_uncertain(stage) && pace_now_ms() < deadline_ms) {
        pace_sleep_ms(LOOK_MS);
        look_for_links(stage);
    }
}

void stage_print(const struct stage *stage, struct buffer *out)
{
    for (size_t i = 0; i < fault_count(); i++) {
        if (stage->counts[i] > 0) buffer_printf(out, " %s %" PRIu64, faults[i].name, stage->counts[i]);
    }
}

void stage_print_past(const struct stage *stage, struct buffer *out)
{
    uint64_t first = stage->count > FAULTS_REMEMBERED ? stage->count - FAULTS_REMEMBERED : 0;
    for (uint64_t i = first; i < stage->count; i++) {
        size_t slot = i % FAULTS_REMEMBERED;
        const struct moment *began = &stage->past[slot].began, *ended = &stage->past[slot].ended;
        buffer_printf(
            out, "fault %-16s instance %d  %8" PRId64 " - %8" PRId64 " ms  (%" PRIu64 " - %" PRIu64 ")%s\n",
            stage->past[slot].name, stage->past[slot].victim, began->ms, ended->ms, began->tick, ended->tick,
            stage->past[slot].unanswered ? " unanswered" : "");
    }
}
