#include "server/commands/zset/zset_bounds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/number.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

/* What strtod() makes of it up to the first NUL, as Redis reads bounds: leading space, no digits at all and
 * numbers that are too large are all welcome. */
static bool read_score(struct slice text, double *score)
{
    char copy[NUMBER_DOUBLE_MAX], *end;
    if (text.len >= sizeof copy) return false;
    slice_to_cstr(text, copy, sizeof copy);
    *score = strtod(copy, &end);
    return *end == '\0' && !isnan(*score);
}

bool zset_edge_read_score(struct zset_edge *bound, struct slice text)
{
    *bound = (struct zset_edge){ .open = text.len > 0 && text.data[0] == '(' };
    if (bound->open) text = slice_of(text.data + 1, text.len - 1);
    return read_score(text, &bound->score);
}

bool zset_edge_read_member(struct zset_edge *bound, struct slice text)
{
    *bound = (struct zset_edge){ 0 };
    if (text.len == 0) return false;
    bool alone = text.len == 1 || text.data[1] == '\0';
    switch (text.data[0]) {
    case '-': bound->endless = -1; return alone;
    case '+': bound->endless = 1; return alone;
    case '(': bound->open = true; break;
    case '[': break;
    default: return false;
    }
    bound->member = slice_of(text.data + 1, text.len - 1);
    return true;
}

static bool read_both(struct zset_bounds *bounds, bool (*read)(struct zset_edge *bound, struct slice text),
                      struct slice min, struct slice max)
{
    return read(&bounds->min, min) && read(&bounds->max, max);
}

bool zset_bounds_read(struct zset_bounds *bounds, struct call *call, enum zset_by by, int min, int max)
{
    struct slice from = call->argv[min], to = call->argv[max];
    *bounds = (struct zset_bounds){ .by = by };
    switch (by) {
    case ZSET_BY_RANK:
        return call_arg_int(call, min, &bounds->min.rank) && call_arg_int(call, max, &bounds->max.rank);
    case ZSET_BY_SCORE:
        if (read_both(bounds, zset_edge_read_score, from, to)) return true;
        reply_error(call->reply, SLICE(ERR_SCORE_BOUND));
        return false;
    case ZSET_BY_MEMBER:
        if (read_both(bounds, zset_edge_read_member, from, to)) return true;
        reply_error(call->reply, SLICE(ERR_MEMBER_BOUND));
        return false;
    }
    return false;
}

/* From rank `from` up to but not including `to`, as they come in the direction, less the offset. */
static struct zset_span span_of_ranks(const struct zset_bounds *bounds, size_t from, size_t to, size_t len,
                                      enum zset_direction direction)
{
    if (from >= to || bounds->offset >= to - from) return (struct zset_span){ 0 };
    size_t skipped = direction == ZSET_UP ? from : len - to;
    return (struct zset_span){ skipped + bounds->offset, to - from - bounds->offset };
}

static struct zset_span span_by_rank(const struct zset_bounds *bounds, size_t len)
{
    int64_t total = (int64_t)len, first = bounds->min.rank, last = bounds->max.rank;
    if (first < 0) first = first + total < 0 ? 0 : first + total;
    if (last < 0) last += total;
    if (last >= total) last = total - 1;
    if (first > last) return (struct zset_span){ 0 };
    return (struct zset_span){ (size_t)first, (size_t)(last - first + 1) };
}

static size_t members_below(const struct value *zset, const struct zset_edge *bound, bool or_equal)
{
    if (bound->endless != 0) return bound->endless < 0 ? 0 : value_len(zset);
    return zset_rank_of_member(zset, bound->member, or_equal);
}

static int compare(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool is_above(struct slice member, const struct zset_edge *min)
{
    if (min->endless != 0) return min->endless < 0;
    int order = compare(member, min->member);
    return min->open ? order > 0 : order >= 0;
}

static bool is_below(struct slice member, const struct zset_edge *max)
{
    if (max->endless != 0) return max->endless > 0;
    int order = compare(member, max->member);
    return max->open ? order < 0 : order <= 0;
}

/* The next member's text, to which `scratch` (NUMBER_I64_MAX bytes) may lend room. False: there is none. */
static bool next_text(struct zset_walk *walk, char *scratch, struct slice *text)
{
    struct atom member;
    double score;
    if (!zset_next(walk, &member, &score)) return false;
    *text = atom_text(&member, scratch);
    return true;
}

/* Whether the ends let anything through, as Redis asks before it looks. */
static bool ends_allow(const struct zset_bounds *bounds, const struct value *zset)
{
    char scratch[NUMBER_I64_MAX];
    struct slice text;
    struct zset_walk last = zset_walk(zset, value_len(zset) - 1, ZSET_UP),
                     first = zset_walk(zset, 0, ZSET_UP);
    return next_text(&last, scratch, &text) && is_above(text, &bounds->min) &&
           next_text(&first, scratch, &text) && is_below(text, &bounds->max);
}

static bool is_past(const struct zset_bounds *bounds, struct slice member, enum zset_direction direction)
{
    return direction == ZSET_UP ? !is_below(member, &bounds->max) : !is_above(member, &bounds->min);
}

static bool is_before(const struct zset_bounds *bounds, struct slice member, enum zset_direction direction)
{
    return direction == ZSET_UP ? !is_above(member, &bounds->min) : !is_below(member, &bounds->max);
}

/* Where scores differ a range by member has no meaning. Redis finds the first that is within the nearer
 * bound, leaves out `offset` unseen, and goes on as long as the farther bound allows; of a small set that is
 * told here as well. */
static struct zset_span span_of_walk(const struct zset_bounds *bounds, const struct value *zset,
                                     enum zset_direction direction)
{
    struct zset_span span = { 0 };
    char scratch[NUMBER_I64_MAX];
    struct slice text = SLICE("");
    if (!ends_allow(bounds, zset)) return span;

    struct zset_walk walk = zset_span_walk(&span, zset, direction);
    bool found = next_text(&walk, scratch, &text);
    for (; found && is_before(bounds, text, direction); found = next_text(&walk, scratch, &text))
        span.skipped++;
    if (!found || is_past(bounds, text, direction)) return span;

    for (uint64_t i = 0; found && i < bounds->offset; i++) {
        span.skipped++;
        found = next_text(&walk, scratch, &text);
    }
    for (; found && !is_past(bounds, text, direction); found = next_text(&walk, scratch, &text)) span.count++;
    return span;
}

static double score_at(const struct value *zset, size_t rank)
{
    struct atom member;
    double score = 0;
    struct zset_walk walk = zset_walk(zset, rank, ZSET_UP);
    zset_next(&walk, &member, &score);
    return score;
}

static struct zset_span span_by_member(const struct zset_bounds *bounds, const struct value *zset,
                                       enum zset_direction direction)
{
    size_t len = value_len(zset);
    if (len == 0) return (struct zset_span){ 0 };
    bool small = zset->root == NULL;
    if (small && score_at(zset, 0) != score_at(zset, len - 1)) return span_of_walk(bounds, zset, direction);
    size_t from = members_below(zset, &bounds->min, bounds->min.open);
    size_t to = members_below(zset, &bounds->max, !bounds->max.open);
    return span_of_ranks(bounds, from, to, len, direction);
}

struct zset_span zset_bounds_span(const struct zset_bounds *bounds, const struct value *zset,
                                  enum zset_direction direction)
{
    size_t len = value_len(zset);
    if (bounds->by == ZSET_BY_RANK) return span_by_rank(bounds, len);
    if (bounds->by == ZSET_BY_MEMBER) return span_by_member(bounds, zset, direction);
    size_t from = zset_rank_of_score(zset, bounds->min.score, bounds->min.open);
    size_t to = zset_rank_of_score(zset, bounds->max.score, !bounds->max.open);
    return span_of_ranks(bounds, from, to, len, direction);
}

struct zset_walk zset_span_walk(const struct zset_span *span, const struct value *zset,
                                enum zset_direction direction)
{
    size_t rank = direction == ZSET_UP ? span->skipped : value_len(zset) - 1 - span->skipped;
    return zset_walk(zset, rank, direction);
}
