#include "tests/scenarios/collections/sight.h"

#include "proto/base/number.h"
#include "proto/base/random.h"
#include "tests/support/client/reply_parts.h"

struct leaves leaves_of(struct slice reply)
{
    return (struct leaves){ .left = reply };
}

bool leaves_next(struct leaves *leaves, struct slice *text)
{
    struct reply_element element;
    size_t used;
    while (leaves->left.len > 0) {
        if (reply_reader_next(&leaves->reader, leaves->left, &element, &used) != READER_READY) return false;
        leaves->left = slice_of(leaves->left.data + used, leaves->left.len - used);
        if (element.type >= REPLY_ARRAY) continue;
        *text = element.type == REPLY_NULL ? slice_of("", 0) : element.text;
        return true;
    }
    return false;
}

size_t leaves_count(struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice text;
    size_t count = 0;
    while (leaves_next(&leaves, &text)) count++;
    return count;
}

void sight_ask(struct draft *draft, const char *command, const char *const *arguments)
{
    struct words words = { 0 };
    struct history *key = draft_key(draft, 0);
    draft_read_collection(draft, key);
    words_add_text(&words, command);
    words_add(&words, draft_name(key));
    for (; *arguments != NULL; arguments++) words_add_text(&words, *arguments);
    words_end(&words, draft->out);
}

uint32_t sight_draw_number(struct draft *draft, const struct history *history)
{
    size_t i = random_below(draft->random, history->len + 1);
    return i == history->len ? history->issued + 1 : history->writes[i].number;
}

static void note(struct request *request, struct moment now, uint32_t number)
{
    const struct part *part = &request->parts[0];
    history_note(part->history, (struct event){ .at = now,
                                                .began = request->sent.tick,
                                                .what = request->operation->name,
                                                .phase = EVENT_READ,
                                                .number = number,
                                                .place = (short)part->view.place,
                                                .client = (short)request->client });
}

static bool is_of_other_type(const struct write *write, const struct wanted *wanted)
{
    return write->type != wanted->type;
}

bool sight_is_judged(struct referee *referee, struct request *request, enum value_type type,
                     struct slice reply)
{
    const struct part *part = &request->parts[0];
    struct wanted wanted = { .history = part->history, .type = type };
    if (!reply_is_error(reply)) return true;
    if (!reply_begins(reply, "-WRONGTYPE")) {
        referee->refused++;
        return false;
    }
    referee->reads++;
    note(request, referee_now(referee), 0);
    if (!evidence_fits(&part->view, &wanted, is_of_other_type))
        settle_complain(referee, request, 0, "a type that the key no longer has", reply);
    return false;
}

void sight_of_text(struct referee *referee, struct request *request, struct slice text, struct slice reply)
{
    settle_text(referee, request, 0, text, reply);
}

void sight_of_both(struct referee *referee, struct request *request, struct slice one, struct slice other,
                   struct slice reply)
{
    bool equal = one.len >= TOKEN_BYTES && other.len >= TOKEN_BYTES
                     ? memcmp(one.data, other.data, TOKEN_BYTES) == 0
                     : one.len == other.len;
    sight_of_text(referee, request, one, reply);
    if (!equal && !request->parts[0].history->unsure)
        settle_complain(referee, request, 0, "one write of several elements is seen in part", reply);
}

void sight_of_number(struct referee *referee, struct request *request, const struct wanted *wanted,
                     bool (*fits)(const struct write *write, const struct wanted *wanted), bool or_absent,
                     struct slice reply)
{
    const struct part *part = &request->parts[0];
    struct moment now = referee_now(referee);
    referee->reads++;
    note(request, now, 0);
    if (evidence_fits(&part->view, wanted, fits)) return;
    if (or_absent && history_may_be_absent(part->history, &referee->visibility, &part->view, now)) return;
    settle_complain(referee, request, 0, "no state that the key may be in explains it", reply);
}

static bool has_len(const struct write *write, const struct wanted *wanted)
{
    return write->type == wanted->type && (write->bytes == 0 || write->bytes == wanted->found);
}

void sight_of_len(struct referee *referee, struct request *request, enum value_type type, int64_t len,
                  struct slice reply)
{
    struct wanted wanted = { .history = request->parts[0].history, .type = type, .found = len };
    if (len == 0)
        sight_of_text(referee, request, slice_of("", 0), reply);
    else
        sight_of_number(referee, request, &wanted, has_len, false, reply);
}

int64_t sight_number(struct slice text)
{
    int64_t number;
    return number_parse_i64(text, &number) ? number : -1;
}
