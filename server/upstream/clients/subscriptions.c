#include "server/upstream/clients/subscriptions.h"

#include <stddef.h>

#include "proto/reply_reader.h"

static bool is_leaving(enum command_kind kind)
{
    return kind == KIND_UNSUBSCRIBE || kind == KIND_PUNSUBSCRIBE || kind == KIND_SUNSUBSCRIBE;
}

/* Channels, patterns or shard channels. */
static unsigned sort_of(enum command_kind kind)
{
    if (kind == KIND_SUBSCRIBE || kind == KIND_UNSUBSCRIBE) return 0;
    return kind == KIND_PSUBSCRIBE || kind == KIND_PUNSUBSCRIBE ? 1 : 2;
}

void subscriptions_ask(struct subscriptions *subscriptions, enum command_kind kind, int channels,
                       bool unwanted)
{
    unsigned at = (subscriptions->oldest + subscriptions->asked++) % SUBSCRIPTION_ASKS;
    subscriptions->asks[at] =
        (struct subscription_ask){ .kind = kind, .channels = channels, .unwanted = unwanted };
}

/* As the first word of a frame has it; KIND_PLAIN of a message. */
static enum command_kind kind_of_frame(struct slice word)
{
    static const struct {
        const char *word;
        enum command_kind kind;
    } frames[] = {
        { "subscribe", KIND_SUBSCRIBE },   { "unsubscribe", KIND_UNSUBSCRIBE },
        { "psubscribe", KIND_PSUBSCRIBE }, { "punsubscribe", KIND_PUNSUBSCRIBE },
        { "ssubscribe", KIND_SSUBSCRIBE }, { "sunsubscribe", KIND_SUNSUBSCRIBE },
    };
    for (unsigned i = 0; i < sizeof(frames) / sizeof(*frames); i++)
        if (slice_equal_nocase(word, slice_of_cstr(frames[i].word))) return frames[i].kind;
    return KIND_PLAIN;
}

/* The kind and the count of a confirmation; false: it is none. */
static bool read_confirmation(struct slice frame, enum command_kind *kind, int64_t *count)
{
    struct reply_reader reader = { 0 };
    struct reply_element element[4];
    size_t at = 0, len;
    for (int i = 0; i < 4; i++) {
        struct slice rest = slice_of(frame.data + at, frame.len - at);
        if (reply_reader_next(&reader, rest, &element[i], &len) != READER_READY) return false;
        at += len;
    }
    *kind = kind_of_frame(element[1].text);
    *count = element[3].integer;
    return element[0].len == 3 && element[3].type == REPLY_INT && errand_kind_is_subscription(*kind);
}

/* Channels and patterns are counted together, shard channels apart. */
static void set_count(struct subscriptions *subscriptions, unsigned sort, int64_t count)
{
    if (sort == 0) count -= subscriptions->counts[1];
    if (sort == 1) count -= subscriptions->counts[0];
    subscriptions->counts[sort] = count;
}

static void forget_oldest(struct subscriptions *subscriptions)
{
    subscriptions->oldest = (subscriptions->oldest + 1) % SUBSCRIPTION_ASKS;
    subscriptions->asked--;
}

static enum subscription_frame confirm(struct subscriptions *subscriptions, enum command_kind kind)
{
    struct subscription_ask *ask = &subscriptions->asks[subscriptions->oldest];
    if (subscriptions->asked == 0 || ask->kind != kind) return FRAME_OTHER;
    bool last = ask->channels > 0 ? --ask->channels == 0 : subscriptions->counts[sort_of(kind)] <= 0;
    if (!last) return FRAME_OTHER;
    forget_oldest(subscriptions);
    return FRAME_ANSWER;
}

/* What comes to a subscriber unasked is a push, or in RESP2 an array of three or four; a PING is answered
 * there by one of two. */
static bool is_message(struct slice frame)
{
    return frame.data[0] == '>' || (frame.data[0] == '*' && frame.len > 1 && frame.data[1] != '2');
}

enum subscription_frame subscriptions_note(struct subscriptions *subscriptions, struct slice frame)
{
    enum command_kind kind;
    int64_t count;
    if (read_confirmation(frame, &kind, &count)) {
        set_count(subscriptions, sort_of(kind), count);
        return confirm(subscriptions, kind);
    }
    if (is_message(frame) || subscriptions->asked == 0) return FRAME_OTHER;
    bool unwanted = subscriptions->asks[subscriptions->oldest].unwanted;
    forget_oldest(subscriptions);
    return unwanted ? FRAME_UNWANTED : FRAME_ANSWER;
}

static bool are_any(const struct subscriptions *subscriptions)
{
    return subscriptions->counts[0] > 0 || subscriptions->counts[1] > 0 || subscriptions->counts[2] > 0;
}

bool subscriptions_stay(const struct subscriptions *subscriptions)
{
    for (unsigned i = 0; i < subscriptions->asked; i++)
        if (is_leaving(subscriptions->asks[(subscriptions->oldest + i) % SUBSCRIPTION_ASKS].kind))
            return false;
    return are_any(subscriptions);
}

bool subscriptions_are_over(const struct subscriptions *subscriptions)
{
    return subscriptions->asked == 0 && !are_any(subscriptions);
}
