#include "tests/scenarios/operations/operation.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "proto/base/random.h"
#include "tests/scenarios/collections/content.h"
#include "tests/support/client/reply_parts.h"

#define DRAWS_MAX 200

static const struct operation_table *const tables[] = { &read_operations,   &keyed_reads, &listed_reads,
                                                        &scored_reads,      &field_reads, &write_operations,
                                                        &collection_writes, &field_writes };

#define READ_TABLES 5
#define TABLES      (sizeof tables / sizeof *tables)

static size_t count_rows(size_t tables_len)
{
    size_t count = 0;
    for (size_t i = 0; i < tables_len; i++) count += tables[i]->len;
    return count;
}

size_t operation_count(void)
{
    return count_rows(TABLES);
}

size_t operation_read_count(void)
{
    return count_rows(READ_TABLES);
}

static const struct operation *row_of(size_t number)
{
    size_t i = 0;
    for (; number >= tables[i]->len; i++) number -= tables[i]->len;
    return &tables[i]->rows[number];
}

const char *operation_name(size_t number)
{
    return row_of(number)->name;
}

static bool has_all(const struct operation_set *set)
{
    bool all = true;
    for (size_t i = 0; i < operation_count(); i++) all = all && operation_set_has(set, i);
    return all;
}

void operation_print_names(const struct operation_set *set, struct buffer *out)
{
    const char *comma = "";
    if (has_all(set)) {
        buffer_printf(out, "all");
        return;
    }
    for (size_t i = 0; i < operation_count(); i++) {
        if (!operation_set_has(set, i)) continue;
        buffer_printf(out, "%s%s", comma, operation_name(i));
        comma = ",";
    }
}

static bool add_name(struct slice name, struct operation_set *set)
{
    for (size_t i = 0; i < operation_count(); i++) {
        if (!slice_equal(name, slice_of_cstr(operation_name(i)))) continue;
        operation_set_add(set, i);
        return true;
    }
    return false;
}

bool operation_parse_names(const char *text, struct operation_set *set)
{
    bool all = strcmp(text, "all") == 0;
    *set = all ? OPERATIONS_ALL : (struct operation_set){ { 0 } };
    while (!all && *text != '\0') {
        size_t len = strcspn(text, ",");
        if (!add_name(slice_of(text, len), set)) return false;
        text += len + (text[len] == ',');
    }
    return true;
}

void draft_command(struct draft *draft, const struct slice *argv, size_t argc)
{
    char digits[NUMBER_I64_MAX];
    buffer_append(draft->out, "*", 1);
    buffer_append(draft->out, digits, number_format_u64(digits, argc));
    for (size_t i = 0; i < argc; i++) {
        buffer_append(draft->out, "\r\n$", 3);
        buffer_append(draft->out, digits, number_format_u64(digits, argv[i].len));
        buffer_append(draft->out, "\r\n", 2);
        buffer_append(draft->out, argv[i].data, argv[i].len);
    }
    buffer_append(draft->out, "\r\n", 2);
}

struct history *draft_key(const struct draft *draft, unsigned i)
{
    return draft->family->members[i][draft->db];
}

struct slice draft_name(const struct history *history)
{
    return slice_of_cstr(history->name);
}

static struct part *add_part(struct draft *draft, struct history *history)
{
    struct request *request = draft->request;
    REQUIRE(request->len < REQUEST_PARTS);
    struct part *part = &request->parts[request->len++];
    *part = (struct part){ .history = history };
    history_retain(history);
    return part;
}

static void read_at(struct draft *draft, struct history *history, int place)
{
    struct part *part = add_part(draft, history);
    part->view = history_view(history, &draft->referee->visibility, place, draft->request->sent);
}

void draft_read(struct draft *draft, struct history *history)
{
    if (draft->referee->visibility.through) {
        draft_read_through(draft, history);
        return;
    }
    read_at(draft, history, draft->place);
}

void draft_read_collection(struct draft *draft, struct history *history)
{
    const struct visibility *visibility = &draft->referee->visibility;
    if (!visibility->by_time || draft->place == PLACE_UPSTREAM) {
        draft_read(draft, history);
        return;
    }
    struct part *part = add_part(draft, history);
    part->view = history_view_apart(history, visibility, draft->place, draft->request->sent);
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void draft_read_through(struct draft *draft, struct history *history)
{
    /* Where only time tells an instance, its next answer may be older: then this counts for the upstream. */
    read_at(draft, history, draft->referee->visibility.by_time ? PLACE_UPSTREAM : draft->place);
    struct view *view = &draft->request->parts[draft->request->len - 1].view;
    struct view upstream =
        history_view(history, &draft->referee->visibility, PLACE_UPSTREAM, draft->request->sent);
    view->value_floor = later(view->value_floor, upstream.value_floor);
    view->reset_floor = later(view->reset_floor, upstream.reset_floor);
    view->deadline_floor = later(view->deadline_floor, upstream.deadline_floor);
    if (upstream.count_floor > view->count_floor) view->count_floor = upstream.count_floor;
}

uint32_t draft_add_write(struct draft *draft, struct history *history, struct write write)
{
    struct part *part = add_part(draft, history);
    part->view = history_view(history, &draft->referee->visibility, PLACE_UPSTREAM, draft->request->sent);
    write.place = draft->place;
    write.client = draft->request->client;
    write.sent = draft->request->sent;
    if (write.kind == WRITE_SET) write.bytes = content_len(write.type, history->issued + 1);
    part->number = history_write(history, &write);
    history_note(history, (struct event){ .at = write.sent,
                                          .what = draft->request->operation->name,
                                          .phase = EVENT_SENT,
                                          .number = part->number,
                                          .place = (short)draft->place,
                                          .client = (short)draft->request->client });
    return part->number;
}

uint32_t value_bytes(uint32_t number)
{
    return (1 + number % (VALUE_TOKENS_MAX - 1)) * TOKEN_BYTES;
}

struct slice value_write(char out[static VALUE_TOKENS_MAX * TOKEN_BYTES], const struct history *history,
                         uint32_t number)
{
    uint32_t bytes = value_bytes(number);
    for (uint32_t at = 0; at < bytes; at += TOKEN_BYTES) {
        token_write(out + at, (struct token){ history->id, number });
    }
    return slice_of(out, bytes);
}

static bool has_room(struct draft *draft)
{
    struct family *family = draft->family;
    bool room = true;
    for (unsigned i = 0; i < family_width(family->kind); i++) {
        room =
            room && history_has_room(draft_key(draft, i), &draft->referee->visibility, draft->request->sent);
    }
    return room;
}

/* Of a key that cannot be judged, a fresh one takes the place. */
static void renew_unsure(struct draft *draft)
{
    bool unsure = false;
    if (draft->referee->keyspace.erasing) return;
    for (unsigned i = 0; i < family_width(draft->family->kind); i++)
        unsure = unsure || draft_key(draft, i)->unsure;
    if (unsure) keyspace_renew(&draft->referee->keyspace, draft->family, draft->request->sent);
}

static const struct operation *draw_row(struct draft *draft, const struct operation_set *set, bool writes)
{
    size_t first = writes ? operation_read_count() : 0, heaviest = 10;
    size_t len = writes ? operation_count() - first : operation_read_count();
    for (int i = 0; i < DRAWS_MAX; i++) {
        size_t number = first + random_below(draft->random, len);
        if (!operation_set_has(set, number)) continue;
        if (row_of(number)->newer && !draft->referee->has_fields) continue;
        if (random_below(draft->random, heaviest) < row_of(number)->weight) return row_of(number);
    }
    return NULL;
}

bool operation_draw(struct draft *draft, const struct operation_set *set, bool writes)
{
    const struct operation *row = draw_row(draft, set, writes);
    if (row == NULL) return false;
    struct request *request = draft->request;
    *request = (struct request){ .operation = row,
                                 .sent = referee_now(draft->referee),
                                 .place = draft->place,
                                 .client = request->client };
    draft->family = keyspace_draw(&draft->referee->keyspace, row->kinds, draft->random, request->sent);
    renew_unsure(draft);
    /* Too many writes whose fate is unknown: nothing could be said of this key any more. */
    if (writes && !has_room(draft)) {
        keyspace_renew(&draft->referee->keyspace, draft->family, request->sent);
    }
    row->build(draft);
    return true;
}

bool operation_draw_told(struct draft *draft)
{
    struct told *told = &draft->referee->told[draft->place];
    struct request *request = draft->request;
    if (told->history == NULL || told->history->db != draft->db) return false;
    *request = (struct request){ .operation = &told_operation,
                                 .sent = referee_now(draft->referee),
                                 .place = draft->place,
                                 .client = request->client };
    draft_read(draft, told->history);
    struct view *view = &request->parts[0].view;
    view->value_floor = later(view->value_floor, told->sent.tick);
    COMMAND(draft, SLICE("GET"), draft_name(told->history));
    history_release(&told->history);
    return true;
}

static void note(struct request *request, const struct part *part, enum event_phase phase, struct moment now)
{
    history_note(part->history, (struct event){ .at = now,
                                                .what = request->operation->name,
                                                .phase = phase,
                                                .number = part->number,
                                                .place = (short)request->place,
                                                .client = (short)request->client });
}

/* What happened to an element is not known. */
static void give_up_queue(const struct part *part)
{
    if (part->history->queue != NULL) part->history->unsure = true;
}

static void lose(struct referee *referee, struct request *request)
{
    struct moment now = referee_now(referee);
    for (size_t i = 0; i < request->len; i++) {
        struct part *part = &request->parts[i];
        give_up_queue(part);
        if (part->number == 0) continue;
        history_lose(part->history, part->number, now);
        note(request, part, EVENT_LOST, now);
    }
    referee->lost++;
}

/* Whether its reply may come from an instance that goes on alone. */
static bool is_uncertain(const struct referee *referee, const struct request *request)
{
    return request->sent.tick < referee->visibility.certain_from[request->place];
}

static void settle_uncertain(struct referee *referee, struct request *request, struct slice reply)
{
    struct moment now = referee_now(referee);
    bool failed = reply_is_error(reply) || request->operation->silent;
    bool refused = reply_is_refusal(reply) && !request->operation->silent;
    if (failed) referee->refused++;
    for (size_t i = 0; i < request->len; i++) {
        struct part *part = &request->parts[i];
        give_up_queue(part);
        if (part->number == 0) continue;
        if (refused)
            history_withdraw(part->history, part->number);
        else if (failed)
            history_lose(part->history, part->number, now);
        else
            history_answer_perhaps(part->history, part->number, now);
        note(request, part, refused ? EVENT_REFUSED : failed ? EVENT_LOST : EVENT_DONE, now);
    }
}

static bool is_nil(struct slice reply)
{
    return reply_begins(reply, "$-1") || reply_begins(reply, "_") || reply_begins(reply, "*-1");
}

void operation_prepare(struct referee *referee, struct request *request, unsigned at, struct slice reply)
{
    if (reply_is_error(reply)) {
        request->broken = true;
        return;
    }
    if (request->operation->writes && at > request->opening && !reply_begins(reply, "+QUEUED"))
        settle_complain(referee, request, 0, "a command of a transaction was executed before EXEC", reply);
}

/* A part of it was refused, so all of it must be. */
static void settle_broken(struct referee *referee, struct request *request, struct slice reply)
{
    if (!request->operation->writes) {
        referee->refused++;
        return;
    }
    if (!reply_is_error(reply) && !is_nil(reply))
        settle_complain(referee, request, 0, "a transaction was executed though a part was refused", reply);
    request->operation->settle(referee, request,
                               reply_is_error(reply) ? reply : SLICE("-EXECABORT in other words"));
}

static void raise_views(struct request *request)
{
    for (size_t i = 0; i < request->len; i++) {
        struct part *part = &request->parts[i];
        if (part->number == 0) history_raise_view(part->history, &part->view, request->client);
    }
}

void operation_settle(struct referee *referee, struct request *request, struct slice reply)
{
    if (reply.len == 0) {
        lose(referee, request);
    } else if (request->broken) {
        settle_broken(referee, request, reply);
    } else if (is_uncertain(referee, request)) {
        settle_uncertain(referee, request, reply);
    } else {
        raise_views(request);
        request->operation->settle(referee, request, reply);
    }
    for (size_t i = 0; i < request->len; i++) history_release(&request->parts[i].history);
    request->len = 0;
}

bool reply_is_error(struct slice reply)
{
    return reply.len > 0 && (reply.data[0] == '-' || reply.data[0] == '!');
}

bool reply_begins(struct slice reply, const char *text)
{
    size_t len = strlen(text);
    return reply.len >= len && memcmp(reply.data, text, len) == 0;
}

bool reply_is_refusal(struct slice reply)
{
    return reply_begins(reply, "-WRONGTYPE") || reply_begins(reply, "-OOM") ||
           reply_begins(reply, "-ERR no such key") || reply_begins(reply, "-MASTERDOWN") ||
           reply_begins(reply, "-LOADING") || reply_begins(reply, "-READONLY") ||
           reply_begins(reply, "-ERR Function not found") || reply_begins(reply, "-ERR unknown command");
}

void settle_complain(struct referee *referee, struct request *request, size_t i, const char *complaint,
                     struct slice reply)
{
    if (complaint != NULL) referee_complain(referee, request->parts[i].history, request, complaint, reply);
}

void settle_value(struct referee *referee, struct request *request, size_t i, struct slice reply)
{
    const struct part *part = &request->parts[i];
    if (reply_begins(reply, "-WRONGTYPE")) {
        referee->reads++;
        note(request, part, EVENT_READ, referee_now(referee));
        settle_complain(referee, request, i, history_read_present(part->history, &part->view, TYPE_HASH, 0),
                        reply);
    } else if (reply_is_error(reply)) {
        referee->refused++;
    } else {
        settle_text(referee, request, i, is_nil(reply) ? slice_of("", 0) : reply_part_text(reply), reply);
    }
}

void settle_text(struct referee *referee, struct request *request, size_t i, struct slice value,
                 struct slice reply)
{
    struct part *part = &request->parts[i];
    struct moment now = referee_now(referee);
    const char *complaint = NULL;
    struct event event = { .at = now,
                           .began = request->sent.tick,
                           .what = request->operation->name,
                           .phase = EVENT_READ,
                           .place = (short)part->view.place,
                           .client = (short)request->client };
    if (value.len == 0) {
        complaint = history_read_absent(part->history, &referee->visibility, &part->view, now);
        event.phase = EVENT_ABSENT;
    } else {
        complaint = history_read_value(part->history, &referee->visibility, &part->view, value, now);
        event.number = history_identify(part->history, value);
    }
    referee->reads++;
    history_note(part->history, event);
    settle_complain(referee, request, i, complaint, reply);
}

void settle_write(struct referee *referee, struct request *request, size_t i, struct slice reply)
{
    struct part *part = &request->parts[i];
    struct moment now = referee_now(referee);
    if (reply_is_error(reply)) {
        bool refused = reply_is_refusal(reply);
        if (refused) history_withdraw(part->history, part->number);
        if (!refused) history_lose(part->history, part->number, now);
        note(request, part, refused ? EVENT_REFUSED : EVENT_LOST, now);
        referee->refused++;
        return;
    }
    history_answer(part->history, part->number, now);
    note(request, part, EVENT_DONE, now);
    referee->writes++;
}
