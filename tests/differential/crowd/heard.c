#include "tests/differential/crowd/heard.h"

#include "proto/base/buffer.h"
#include "proto/reply_reader.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/compare/verdict.h"
#include "tests/differential/crowd/arrangement.h"
#include "tests/differential/crowd/invalidations.h"
#include "tests/support/client/reply_parts.h"

void heard_rules_add(struct heard_rules *rules, const struct divergence *rule)
{
    if (rule != NULL && rules->len < HEARD_RULES_MAX) rules->items[rules->len++] = rule;
}

static bool take_frame(struct slice *from, struct slice *frame)
{
    struct reply_reader reader = { 0 };
    size_t len;
    if (reply_reader_skip(&reader, *from, &len) != READER_READY) return false;
    *frame = slice_of(from->data, len);
    *from = slice_of(from->data + len, from->len - len);
    return true;
}

/* A page of an iteration is chance here: who else changes keys meanwhile is not waited for. */
static bool agree_by_rule(const struct heard_rules *rules, struct slice ours, struct slice theirs)
{
    for (size_t i = 0; i < rules->len; i++) {
        struct divergence rule = *rules->items[i];
        if (rule.verb == DIVERGENCE_ITERATED) rule.verb = DIVERGENCE_KIND;
        if (verdict_agree(&rule, ours, theirs)) return true;
    }
    return slice_equal(ours, theirs);
}

/* Where all keys may have changed, Redis writes it in the protocol of another client. */
static bool is_null(struct slice part)
{
    return slice_equal(part, SLICE("_\r\n")) || slice_equal(part, SLICE("$-1\r\n"));
}

/* What EXEC answers: to each of its replies a rule of its own may apply. */
static bool agree_by_parts(const struct heard_rules *rules, struct slice ours, struct slice theirs)
{
    struct reply_parts mine, other;
    struct slice a, b;
    if (!reply_parts_init(&mine, ours) || !reply_parts_init(&other, theirs)) return false;
    if (mine.count != other.count || mine.head.type != other.head.type) return false;
    while (reply_parts_next(&mine, &a) && reply_parts_next(&other, &b)) {
        bool are_null = invalidation_is(ours) && is_null(a) && is_null(b);
        if (!are_null && !agree_by_rule(rules, a, b)) return false;
    }
    return true;
}

/* As long as both have some. `left` is what ours has more. */
static bool agree_frame_by_frame(const struct heard_rules *rules, struct slice ours, struct slice theirs,
                                 size_t *left)
{
    struct slice a, b;
    while (ours.len > 0 && theirs.len > 0) {
        if (!take_frame(&ours, &a) || !take_frame(&theirs, &b)) return false;
        if (!agree_by_rule(rules, a, b) && !agree_by_parts(rules, a, b)) return false;
    }
    *left = ours.len;
    return theirs.len == 0;
}

static bool agree_when_arranged(const struct heard_rules *rules, struct slice ours, struct slice theirs,
                                size_t *left)
{
    struct buffer mine = { 0 }, other = { 0 };
    arrange(&mine, ours, rules->by_prefix);
    arrange(&other, theirs, rules->by_prefix);
    bool agree = agree_frame_by_frame(rules, buffer_slice(&mine), buffer_slice(&other), left);
    buffer_clear(&mine);
    buffer_clear(&other);
    return agree;
}

bool heard_agree(const struct heard_rules *rules, struct slice ours, struct slice theirs)
{
    size_t left;
    if (slice_equal(ours, theirs)) return true;
    return agree_when_arranged(rules, ours, theirs, &left) && left == 0;
}

bool heard_begins(const struct heard_rules *rules, struct slice ours, struct slice theirs)
{
    size_t left;
    return agree_when_arranged(rules, ours, theirs, &left);
}
