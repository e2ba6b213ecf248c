#include "tests/scenarios/faults/fault_rows.h"

#include <inttypes.h>
#include <string.h>

#include "tests/support/pace.h"

#define LOOK_MS 20
#define LOST_MS 300

bool stage_ask(struct stage *stage, int place, const char *lines)
{
    char reply[256];
    return world_ask(stage->world, place, 0, lines, reply, sizeof reply) && reply[0] != '-';
}

void stage_erase(struct stage *stage, bool maybe)
{
    keyspace_write(&stage->referee->keyspace, ALL_DATABASES,
                   &(struct write){ .kind = WRITE_GONE,
                                    .place = PLACE_UPSTREAM,
                                    .maybe = maybe,
                                    .sent = referee_now(stage->referee) });
}

bool stage_has_lasted(const struct stage *stage)
{
    return pace_now_ms() >= stage->end_ms;
}

void stage_complain(struct stage *stage, const char *complaint, const char *detail)
{
    struct buffer text = { 0 };
    buffer_printf(&text, "%s: %s", complaint, detail);
    buffer_append(&text, "", 1);
    referee_complain(stage->referee, NULL, NULL, text.data, slice_of("", 0));
    buffer_clear(&text);
}

static const struct fault *row(size_t i)
{
    if (i < network_fault_count) return &network_faults[i];
    i -= network_fault_count;
    return i < process_fault_count ? &process_faults[i] : &key_faults[i - process_fault_count];
}

size_t fault_count(void)
{
    return network_fault_count + process_fault_count + key_fault_count;
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
        buffer_printf(out, "%s%s", comma, row(i)->name);
        comma = ",";
    }
}

static bool add_name(struct slice name, uint64_t *set)
{
    for (size_t i = 0; i < fault_count(); i++) {
        if (!slice_equal(name, slice_of_cstr(row(i)->name))) continue;
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

static bool is_possible(const struct stage *stage, size_t i)
{
    const struct fault *fault = row(i);
    if (!(stage->plan->faults >> i & 1)) return false;
    if (fault->of_tier && stage->plan->subject != SUBJECT_TIER) return false;
    if (fault->restores && plan_has_own_upstream(stage->plan)) return false;
    return !fault->moves || stage->plan->databases > 1;
}

/* Its number; fault_count(): there is none to draw. */
static size_t draw(struct stage *stage)
{
    for (int tries = 0; tries < 200; tries++) {
        size_t i = random_below(&stage->random, fault_count());
        if (is_possible(stage, i) && random_below(&stage->random, 12) < row(i)->weight) return i;
    }
    return fault_count();
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

static void calm_down(struct stage *stage)
{
    bool erasing = stage->now != NULL && stage->now->erases;
    if (stage->calm_ms == 0 || pace_now_ms() < stage->calm_ms) return;
    stage->calm_ms = 0;
    if (!erasing) keyspace_set_erasing(&stage->referee->keyspace, false, referee_now(stage->referee));
}

static void cast_off(struct stage *stage, const struct fault *fault)
{
    uint64_t *certain_from = stage->referee->visibility.certain_from;
    if (fault->misleads) {
        for (unsigned i = 0; i <= stage->plan->instances; i++) certain_from[i] = NEVER;
    }
    if (!fault->cuts) return;
    if (strcmp(stage->plan->on_failure, "local") != 0 || stage->plan->subject != SUBJECT_TIER) return;
    for (unsigned i = 1; i <= stage->plan->instances; i++) certain_from[i] = NEVER;
}

bool stage_has_link(struct stage *stage, int place)
{
    static char reply[8192];
    if (place == PLACE_UPSTREAM || stage->plan->subject != SUBJECT_TIER) return true;
    return world_ask(stage->world, place, 0, "INFO nearcache", reply, sizeof reply) &&
           strstr(reply, "nearcache_link:up") != NULL;
}

/* A link that broke unnoticed while the fault lasted is made anew at the first attempt, and until then nobody
 * goes on alone. */
static void look_for_links(struct stage *stage)
{
    uint64_t *certain_from = stage->referee->visibility.certain_from;
    if (stage->now != NULL && (stage->now->cuts || stage->now->misleads)) return;
    if (pace_now_ms() < stage->look_ms) return;
    stage->look_ms = pace_now_ms() + LOOK_MS;
    for (unsigned i = 0; i <= stage->plan->instances; i++) {
        if (certain_from[i] == NEVER && stage_has_link(stage, (int)i))
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
    /* Links to what is no longer the upstream must be noticed to be lost before anybody is asked for them. */
    if (fault->misleads) stage->look_ms = pace_now_ms() + LOST_MS * PACE;
    stage->next_ms = pace_now_ms() + draw_pause_ms(stage);
}

static void begin(struct stage *stage)
{
    size_t number = draw(stage);
    stage->next_ms = pace_now_ms() + draw_pause_ms(stage);
    if (number == fault_count()) return;
    const struct fault *fault = row(number);
    stage->victim = 1 + (int)random_below(&stage->random, stage->plan->instances);
    announce(stage, fault->name);
    size_t slot = stage->count++ % FAULTS_REMEMBERED;
    stage->past[slot].name = fault->name;
    stage->past[slot].victim = stage->victim;
    stage->past[slot].began = referee_now(stage->referee);
    stage->past[slot].ended = (struct moment){ 0 };
    stage->past[slot].unanswered = false;
    cast_off(stage, fault);
    fault->begin(stage);
    stage->now = fault;
    stage->counts[number]++;
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
    for (int i = 0; i < PLACES; i++) anyone = anyone || stage->referee->visibility.certain_from[i] == NEVER;
    return anyone;
}

void stage_close(struct stage *stage)
{
    if (stage->now != NULL) end(stage);
    for (unsigned i = 0; i < stage->plan->instances; i++) {
        tcp_proxy_aim(stage->world->networks[i], TCP_PROXY_ALL);
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
        if (stage->counts[i] > 0) buffer_printf(out, " %s %" PRIu64, row(i)->name, stage->counts[i]);
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
