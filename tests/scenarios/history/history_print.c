#include <inttypes.h>

#include "tests/scenarios/history/history.h"

static bool is_same_read(const struct event *a, const struct event *b)
{
    return a->phase == b->phase && (a->phase == EVENT_READ || a->phase == EVENT_ABSENT) &&
           a->number == b->number && a->place == b->place && a->what == b->what;
}

void history_note(struct history *history, struct event event)
{
    event.times = 1;
    if (history->event_count > 0) {
        struct event *before = &history->events[(history->event_count - 1) % HISTORY_EVENTS];
        /* The same read over and over is one line. */
        if (is_same_read(before, &event)) {
            before->times++;
            before->at = event.at;
            return;
        }
    }
    history->events[history->event_count++ % HISTORY_EVENTS] = event;
}

static const char *place_name(int place)
{
    static const char *const names[PLACES] = { "upstream", "instance 1", "instance 2" };
    return place < 0 || place >= PLACES ? "-" : names[place];
}

static void print_event(struct buffer *out, const struct event *event)
{
    static const char *const phases[] = { "sent",           "answered",         "refused", "lost",
                                          "returned write", "returned nothing", "" };
    buffer_printf(out, "%10" PRIu64 " %8" PRId64 " ms  %-10s client %-3d %-16s ", event->at.tick,
                  event->at.ms, place_name(event->place), event->client, event->what);
    if (event->phase == EVENT_READ || event->phase == EVENT_ABSENT) {
        buffer_printf(out, "sent at %" PRIu64 " ", event->began);
    }
    buffer_printf(out, "%s", phases[event->phase]);
    if (event->phase != EVENT_ABSENT && event->number > 0) buffer_printf(out, " %" PRIu32, event->number);
    if (event->times > 1) buffer_printf(out, "  (%" PRIu32 " times until then)", event->times);
    buffer_append(out, "\n", 1);
}

static void print_tick(struct buffer *out, uint64_t tick)
{
    if (tick == NEVER) {
        buffer_printf(out, " %10s", "open");
    } else {
        buffer_printf(out, " %10" PRIu64, tick);
    }
}

static void print_write(struct buffer *out, const struct write *write)
{
    static const char *const kinds[] = { "value", "part", "removal", "move", "deadline" };
    buffer_printf(out, "  write %-6" PRIu32 " %-8s %-10s sent %" PRIu64 ", answered", write->number,
                  kinds[write->kind], place_name(write->place), write->sent.tick);
    print_tick(out, write->answered.tick);
    if (write->ttl_ms > 0) buffer_printf(out, ", %" PRId64 " ms to live", write->ttl_ms);
    if (write->at_ms > 0) buffer_printf(out, ", until %" PRId64, write->at_ms);
    if (write->maybe) buffer_printf(out, ", if at all");
    if (write->seen_until > 0) {
        buffer_printf(out, ", seen upstream %" PRIu64 "-%" PRIu64, write->seen_from, write->seen_until);
    }
    buffer_append(out, "\n", 1);
}

void history_print(const struct history *history, struct buffer *out)
{
    size_t first = history->event_count > HISTORY_EVENTS ? history->event_count - HISTORY_EVENTS : 0;
    buffer_printf(out, "key \"%s\" of database %d, id %" PRIu32 "\n", history->name, history->db,
                  history->id);
    if (first > 0) buffer_printf(out, "(%zu earlier events are gone)\n", first);
    for (size_t i = first; i < history->event_count; i++) {
        print_event(out, &history->events[i % HISTORY_EVENTS]);
    }
    buffer_printf(out, "writes that may still count:\n");
    for (size_t i = 0; i < history->len; i++) print_write(out, &history->writes[i]);
}
