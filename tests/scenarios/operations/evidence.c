#include "tests/scenarios/operations/evidence.h"

static bool knows_little(const struct history *history, const struct view *view)
{
    return history->unsure || view->sent.tick <= history->pruned_tick;
}

bool evidence_fits(const struct view *view, const struct wanted *wanted,
                   bool (*fits)(const struct write *write, const struct wanted *wanted))
{
    const struct history *history = wanted->history;
    if (knows_little(history, view)) return true;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        if (write->kind == WRITE_DEADLINE || write->kind == WRITE_GONE) continue;
        if (!write_is_current(write, view->value_floor)) continue;
        if (write->kind == WRITE_MOVE || fits(write, wanted)) return true;
    }
    return false;
}

static const struct write *find(const struct history *history, uint32_t number)
{
    const struct write *found = NULL;
    for (size_t i = 0; i < history->len; i++) {
        if (history->writes[i].number == number) found = &history->writes[i];
    }
    return found;
}

static bool resets(const struct write *write)
{
    return write->kind == WRITE_SET || write->kind == WRITE_GONE || write->kind == WRITE_MOVE;
}

/* A move may have brought anything. */
static bool may_have_moved(const struct history *history, const struct view *view)
{
    bool moved = false;
    for (size_t i = 0; i < history->len; i++) {
        const struct write *write = &history->writes[i];
        moved = moved || (write->kind == WRITE_MOVE && write_is_current(write, view->reset_floor));
    }
    return moved;
}

const char *evidence_of_member(const struct history *history, const struct view *view, uint32_t number)
{
    const struct write *write = find(history, number);
    if (knows_little(history, view) || may_have_moved(history, view)) return NULL;
    if (number > history->issued) return "a member that was never added";
    if (write == NULL) return "a member that was removed long ago";
    return write_is_current(write, view->reset_floor) ? NULL : "a member that was removed";
}

static bool is_seen(const struct write *write, const struct visibility *visibility, const struct view *view)
{
    if (write->answered.tick == NEVER || write->maybe) return false;
    if (view->place == PLACE_UPSTREAM) return write->answered.tick < view->sent.tick;
    if (view->place == write->place && write->acknowledged != 0) return write->acknowledged < view->sent.tick;
    if (write->answered.tick < view->barrier) return true;
    return visibility->bound_ms > 0 && write->answered.ms + visibility->bound_ms < view->sent.ms;
}

/* Whether the write may have removed, or let expire, what `added` has added. */
static bool may_remove(const struct write *write, const struct write *added, int64_t now_ms)
{
    bool timed = write->ttl_ms > 0 || write->at_ms > 0;
    int64_t due_ms = write->at_ms > 0 ? write->at_ms : write->sent.ms + write->ttl_ms;
    if (timed && due_ms <= now_ms) return true;
    /* What was moved here may have brought a deadline. */
    if (write->kind == WRITE_MOVE) return true;
    return write != added && resets(write) && write_is_current(write, added->sent.tick);
}

bool evidence_must_show(const struct history *history, const struct visibility *visibility,
                        const struct view *view, uint32_t number, struct moment now)
{
    const struct write *added = find(history, number);
    if (knows_little(history, view) || added == NULL || added->type != TYPE_SET) return false;
    if (!is_seen(added, visibility, view)) return false;
    for (size_t i = 0; i < history->len; i++) {
        if (may_remove(&history->writes[i], added, now.ms + visibility->early_ms)) return false;
    }
    return true;
}
