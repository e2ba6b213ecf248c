#include "tests/scenarios/history/history.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "tests/scenarios/history/token.h"

/* Ticks from which and until which a write may have made, or may last be known to be, the present state. */
static uint64_t last_tick(const struct write *write)
{
    return write->answered.tick > write->seen_until ? write->answered.tick : write->seen_until;
}

static bool makes_value(const struct write *write)
{
    return write->kind != WRITE_DEADLINE;
}

static bool resets_deadline(const struct write *write)
{
    return write->kind == WRITE_SET || write->kind == WRITE_GONE || write->kind == WRITE_MOVE;
}

static bool has_deadline(const struct write *write)
{
    return write->ttl_ms > 0 || write->at_ms > 0;
}

static int64_t earliest_deadline_ms(const struct write *write)
{
    return write->at_ms > 0 ? write->at_ms : write->sent.ms + write->ttl_ms;
}

static int64_t latest_deadline_ms(const struct write *write)
{
    if (write->at_ms > 0) return write->at_ms;
    return write->answered.tick == NEVER ? INT64_MAX : write->answered.ms + write->ttl_ms;
}

struct history *history_create(uint32_t id, const char *name, int db, struct moment now)
{
    struct history *history = ALLOC_NEW(struct history);
    history->id = id;
    history->db = db;
    snprintf(history->name, sizeof history->name, "%s", name);
    history_write(history, &(struct write){ .kind = WRITE_GONE, .sent = now });
    history_answer(history, history->issued, now);
    return history;
}

void history_retain(struct history *history)
{
    history->references++;
}

static void destroy(struct history *history)
{
    alloc_free(history->queue);
    alloc_free(history);
}

void history_release(struct history **history)
{
    REQUIRE((*history)->references > 0);
    (*history)->references--;
    if ((*history)->references == 0 && (*history)->retired) destroy(*history);
    *history = NULL;
}

void history_retire(struct history **history)
{
    (*history)->retired = true;
    if ((*history)->references == 0) destroy(*history);
    *history = NULL;
}

static struct write *find(const struct history *history, uint32_t number)
{
    /* The newest are asked for most. */
    for (size_t i = history->len; i-- > 0;) {
        if (history->writes[i].number == number) return (struct write *)&history->writes[i];
    }
    return NULL;
}

uint32_t history_write(struct history *history, const struct write *write)
{
    REQUIRE(history->len < HISTORY_WRITES);
    struct write *kept = &history->writes[history->len++];
    *kept = *write;
    kept->number = ++history->issued;
    kept->answered.tick = NEVER;
    return kept->number;
}

void history_answer(struct history *history, uint32_t number, struct moment now)
{
    struct write *write = find(history, number);
    if (write == NULL) return;
    write->acknowledged = now.tick;
    /* A read that returned it has said before the answer that it took effect. */
    if (write->answered.tick > now.tick) write->answered = now;
}

bool history_sent(const struct history *history, uint32_t number, struct moment *sent)
{
    const struct write *write = find(history, number);
    if (write != NULL) *sent = write->sent;
    return write != NULL;
}

void history_answer_perhaps(struct history *history, uint32_t number, struct moment now)
{
    struct write *write = find(history, number);
    if (write != NULL) write->maybe = true;
    history_answer(history, number, now);
}

void history_withdraw(struct history *history, uint32_t number)
{
    struct write *write = find(history, number);
    if (write == NULL) return;
    size_t at = (size_t)(write - history->writes);
    memmove(write, write + 1, (--history->len - at) * sizeof *write);
}

void history_lose(struct history *history, uint32_t number, struct moment now)
{
    struct write *write = find(history, number);
    if (write == NULL || write->answered.tick != NEVER) return;
    write->lost = true;
    write->answered.ms = now.ms;
}

void history_settle(struct history *history, struct moment now, int64_t age_ms)
{
    for (size_t i = 0; i < history->len; i++) {
        struct write *write = &history->writes[i];
        if (!write->lost || write->answered.tick != NEVER || now.ms - write->answered.ms < age_ms) continue;
        write->answered = now;
        write->maybe = true;
    }
}

static void raise_floor(uint64_t *floor, uint64_t tick)
{
    if (tick > *floor) *floor = tick;
}

static void raise_count(int64_t *floor, int64_t count)
{
    if (count > *floor) *floor = count;
}

static bool is_seen(const struct visibility *visibility, const struct write *write, int place,
                    struct moment now)
{
    if (write->answered.tick == NEVER || write->maybe) return false;
    if (place == PLACE_UPSTREAM) return write->answered.tick < now.tick;
    if (place == write->place && write->acknowledged != 0) return write->acknowledged < now.tick;
    if (write->answered.tick < visibility->barrier[place]) return true;
    return visibility->bound_ms > 0 && write->answered.ms + visibility->bound_ms < now.ms;
}

/* That the upstream showed a state between two ticks is known at `place`. */
static bool is_sighting_seen(const struct visibility *visibility, uint64_t until, int place,
                             struct moment now)
{
    if (until == 0) return false;
    return until < (place == PLACE_UPSTREAM ? now.tick : visibility->barrier[place]);
}

static void raise_view(struct view *view, const struct write *write)
{
    raise_count(&view->count_floor, write->count);
    if (makes_value(write)) raise_floor(&view->value_floor, write->sent.tick);
    if (resets_deadline(write)) raise_floor(&view->reset_floor, write->sent.tick);
    if (resets_deadline(write) || write->kind == WRITE_DEADLINE) {
        raise_floor(&view->deadline_floor, write->sent.tick);
    }
}

/* Raise a view's floors by what must have been seen. */
static void raise_by_writes(const struct history *history, const struct visibility *visibility,
                            struct view *view)
{
    int place = view->place;
    struct moment now = view->sent;
    if (is_sighting_seen(visibility, history->absent_until, place, now)) {
        raise_floor(&view->value_floor, history->absent_from);
    }
    if (is_sighting_seen(visibility, history->sighted_tick, place, now)) {
        raise_count(&view->count_floor, history->sighted_count);
    }
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        if (is_sighting_seen(visibility, write->seen_until, place, now)) {
            raise_floor(&view->value_floor, write->seen_from);
        }
        if (is_seen(visibility, write, place, now)) raise_view(view, write);
    }
}

struct view history_view(const struct history *history, const struct visibility *visibility, int place,
                         struct moment now)
{
    struct view view = { .place = place,
                         .sent = now,
                         .barrier = visibility->barrier[place],
                         .count_floor = history->read_count[place],
                         .value_floor = history->read_floor[place] };
    raise_by_writes(history, visibility, &view);
    return view;
}

struct view history_view_apart(const struct history *history, const struct visibility *visibility, int place,
                               struct moment now)
{
    struct view view = { .place = place, .sent = now, .apart = true, .barrier = visibility->barrier[place] };
    raise_by_writes(history, visibility, &view);
    return view;
}

void history_raise_view(const struct history *history, struct view *view, int client)
{
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        bool before = write->acknowledged != 0 && !write->maybe && write->sent.tick < view->sent.tick;
        if (before && write->client == client) raise_view(view, write);
    }
}

bool write_is_current(const struct write *write, uint64_t floor)
{
    return last_tick(write) >= floor;
}

/* Forget writes that no read, sent from now on, may return. */
static void prune(struct history *history, const struct visibility *visibility, struct moment now)
{
    uint64_t floor = NEVER;
    int64_t count_floor = INT64_MAX;
    for (int place = 0; place < PLACES; place++) {
        struct view view = history_view(history, visibility, place, now);
        uint64_t lowest = view.reset_floor < view.value_floor ? view.reset_floor : view.value_floor;
        if (lowest < floor) floor = lowest;
        if (view.count_floor < count_floor) count_floor = view.count_floor;
    }
    size_t kept = 0;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        bool counted = write->count > 0 && write->count < count_floor;
        if (write_is_current(write, floor) && !counted) history->writes[kept++] = *write;
    }
    if (kept < history->len) history->pruned_tick = now.tick;
    history->len = kept;
}

bool history_has_room(struct history *history, const struct visibility *visibility, struct moment now)
{
    /* Short lists are cheap to walk, which every read does. */
    if (history->len >= 16) prune(history, visibility, now);
    return history->len < HISTORY_WRITES - 8;
}

static const struct write *find_move(const struct history *history, uint64_t floor)
{
    for (size_t i = history->len; i-- > 0;) {
        const struct write *write = &history->writes[i];
        if (write->kind == WRITE_MOVE && write_is_current(write, floor)) return write;
    }
    return NULL;
}

static bool newest_token(const struct history *history, struct slice value, struct token *token)
{
    size_t count = token_count(value);
    if (count == 0) return false;
    return token_read(value.data + (history->newest_last ? count - 1 : 0) * TOKEN_BYTES, token);
}

uint32_t history_identify(const struct history *history, struct slice value)
{
    struct token token;
    return newest_token(history, value, &token) && token.key == history->id ? token.write : 0;
}

/* Every token must come from a write of this key or of the one it exchanges values with. */
static const char *check_tokens(const struct history *history, struct slice value)
{
    size_t count = token_count(value);
    if (count == 0) return "a value that was never written: it is not made of whole tokens";
    for (size_t i = 0; i < count; i++) {
        struct token token;
        if (!token_read(value.data + i * TOKEN_BYTES, &token))
            return "a value that was never written: not a token";
        if (token.key / FAMILY_IDS != history->id / FAMILY_IDS) return "a value of another key";
        if (token.key == history->id && token.write > history->issued)
            return "a value that was never written";
    }
    return NULL;
}

/* Its deadline has passed before the read was sent, whichever deadline is the one that counts. */
static bool is_overdue(const struct history *history, const struct visibility *visibility,
                       const struct view *view)
{
    bool any = false;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        if (write->kind == WRITE_GONE || !write_is_current(write, view->deadline_floor)) continue;
        if (!has_deadline(write)) return false;
        int64_t latest_ms = latest_deadline_ms(write);
        if (latest_ms == INT64_MAX || latest_ms + visibility->slack_ms >= view->sent.ms) return false;
        any = true;
    }
    return any;
}

/* `place` shows the state of `shown`; the states it showed before the read was sent are past. */
static void bury_others(struct history *history, const struct write *shown, const struct view *view,
                        struct moment now)
{
    for (size_t i = 0; i < history->len; i++) {
        struct write *write = &history->writes[i];
        uint64_t seen = write->shown[view->place];
        if (write == shown || seen == 0 || seen >= view->sent.tick) continue;
        if (write->buried[view->place] == 0) write->buried[view->place] = now.tick;
    }
}

static void show(struct history *history, struct write *write, const struct view *view, struct moment now)
{
    bury_others(history, write, view, now);
    write->shown[view->place] = now.tick;
    raise_floor(&history->read_floor[view->place], write->sent.tick);
    if (write->answered.tick > now.tick) write->answered = now;
    if (view->place != PLACE_UPSTREAM) return;
    if (view->sent.tick > write->seen_from) write->seen_from = view->sent.tick;
    write->seen_until = now.tick;
}

/* The state is that of `number`, a write of this key. */
static const char *judge_state(struct history *history, const struct visibility *visibility,
                               const struct view *view, uint32_t number, struct moment now)
{
    struct write *write = find(history, number);
    const struct write *move = find_move(history, view->value_floor);
    if (move != NULL) return NULL;
    if (write == NULL) {
        /* Forgotten since the read was sent, or long before. */
        return view->sent.tick > history->pruned_tick ? "a stale value, overwritten long ago" : NULL;
    }
    if (!write_is_current(write, view->value_floor)) return "a stale value";
    uint64_t buried = write->buried[view->place];
    if (!view->apart && buried != 0 && buried < view->sent.tick)
        return "a value that this place had already shown to be overwritten";
    if (is_overdue(history, visibility, view)) return "a value past its deadline";
    if (!view->apart) show(history, write, view, now);
    return NULL;
}

const char *history_read_value(struct history *history, const struct visibility *visibility,
                               const struct view *view, struct slice value, struct moment now)
{
    if (history->unsure) return NULL;
    const char *complaint = check_tokens(history, value);
    if (complaint != NULL) return complaint;
    struct token token;
    newest_token(history, value, &token);
    if (token.key == history->id) return judge_state(history, visibility, view, token.write, now);
    if (find_move(history, view->value_floor) != NULL) return NULL;
    return view->sent.tick > history->pruned_tick ? "a stale value, which came from another key" : NULL;
}

/* Whether the write can be why the key is not there. */
static bool explains_absence(const struct write *write, const struct visibility *visibility,
                             const struct view *view, struct moment now)
{
    if (write->kind == WRITE_GONE) return write_is_current(write, view->value_floor);
    /* What came with the value is a deadline that is not known here. */
    if (write->kind == WRITE_MOVE) return write_is_current(write, view->reset_floor);
    if (!has_deadline(write) || !write_is_current(write, view->reset_floor)) return false;
    return earliest_deadline_ms(write) <= now.ms + visibility->early_ms;
}

/* When the oldest state without the key that may be shown began; NEVER: there is none. */
static uint64_t absent_since(const struct history *history, const struct visibility *visibility,
                             const struct view *view, struct moment now)
{
    uint64_t oldest = NEVER;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        if (explains_absence(write, visibility, view, now) && write->sent.tick < oldest)
            oldest = write->sent.tick;
    }
    bool sighted = history->absent_until != 0 && history->absent_until >= view->value_floor;
    return sighted && history->absent_from < oldest ? history->absent_from : oldest;
}

bool history_may_be_absent(const struct history *history, const struct visibility *visibility,
                           const struct view *view, struct moment now)
{
    if (history->unsure || view->sent.tick <= history->pruned_tick) return true;
    return absent_since(history, visibility, view, now) != NEVER;
}

bool history_may_be_present(const struct history *history, const struct visibility *visibility,
                            const struct view *view)
{
    bool any = history->unsure || view->sent.tick <= history->pruned_tick;
    for (size_t i = 0; i < history->len && !any; i++) {
        const struct write *write = &history->writes[i];
        any = write->kind != WRITE_GONE && makes_value(write) && write_is_current(write, view->value_floor);
        any = any && !is_overdue(history, visibility, view);
    }
    return any;
}

/* An exchange of databases, which no client of a known order does, is told to nobody: that another place is
 * past it no barrier proves. */
static bool may_have_swapped(const struct history *history, const struct view *view)
{
    bool swapped = false;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        bool exchange = write->kind == WRITE_MOVE && write->client == 0;
        swapped = swapped || (exchange && write_is_current(write, view->value_floor));
    }
    return swapped;
}

const char *history_read_absent(struct history *history, const struct visibility *visibility,
                                const struct view *view, struct moment now)
{
    if (history->unsure) return NULL;
    uint64_t oldest = absent_since(history, visibility, view, now);
    if (oldest == NEVER) {
        return view->sent.tick > history->pruned_tick ? "a value is missing: nothing removed it" : NULL;
    }
    if (view->apart) return NULL;
    raise_floor(&history->read_floor[view->place], oldest);
    if (view->place == PLACE_UPSTREAM && !may_have_swapped(history, view)) {
        history->absent_from = view->sent.tick;
        history->absent_until = now.tick;
    }
    return NULL;
}

const char *history_read_present(const struct history *history, const struct view *view, enum value_type type,
                                 size_t bytes)
{
    if (history->unsure || view->sent.tick <= history->pruned_tick) return NULL;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        if (write->kind == WRITE_GONE || !makes_value(write) || !write_is_current(write, view->value_floor))
            continue;
        if (write->kind == WRITE_MOVE) return NULL;
        if (write->type == type && (bytes == 0 || write->bytes == 0 || write->bytes == bytes)) return NULL;
    }
    return bytes == 0 ? "a type that the key no longer has" : "a length that the key no longer has";
}

static bool explains_deadline(const struct write *write, const struct visibility *visibility,
                              const struct view *view, int64_t left_ms, int64_t grain_ms, struct moment now)
{
    if (!has_deadline(write)) return left_ms < 0;
    if (left_ms < 0) return false;
    int64_t slack_ms = visibility->slack_ms + grain_ms;
    int64_t latest_ms = latest_deadline_ms(write);
    bool early_enough = latest_ms == INT64_MAX || left_ms <= latest_ms - view->sent.ms + slack_ms;
    return early_enough && left_ms >= earliest_deadline_ms(write) - now.ms - slack_ms - visibility->haste_ms;
}

const char *history_read_deadline(const struct history *history, const struct visibility *visibility,
                                  const struct view *view, int64_t left_ms, int64_t grain_ms,
                                  struct moment now)
{
    if (history->unsure || view->sent.tick <= history->pruned_tick) return NULL;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        if (write->kind == WRITE_GONE || !write_is_current(write, view->deadline_floor)) continue;
        if (write->kind == WRITE_MOVE) return NULL;
        if (explains_deadline(write, visibility, view, left_ms, grain_ms, now)) return NULL;
    }
    return left_ms < 0 ? "no deadline, though there must be one" : "a deadline that the key does not have";
}

const char *history_read_count(struct history *history, const struct view *view, int64_t count,
                               struct moment now)
{
    if (history->unsure) return NULL;
    if (count > history->issued) return "a counter that is ahead of all increments sent";
    if (count < view->count_floor) return "a counter that has gone back";
    raise_count(&history->read_count[view->place], count);
    if (view->place == PLACE_UPSTREAM) {
        history->sighted_count = count;
        history->sighted_tick = now.tick;
    }
    return NULL;
}

const char *history_count(struct history *history, const struct view *view, uint32_t number, int64_t count,
                          struct moment now)
{
    struct write *write = find(history, number);
    history_answer(history, number, now);
    if (write != NULL) write->count = count;
    if (history->unsure) return NULL;
    if (count > history->issued) return "an increment that counted more than was sent";
    return count <= view->count_floor ? "an increment that did not count all before it" : NULL;
}

bool history_is_own(const struct history *history, uint32_t number, int place)
{
    const struct write *write = find(history, number);
    return write != NULL && write->place == place && !write->apart;
}
