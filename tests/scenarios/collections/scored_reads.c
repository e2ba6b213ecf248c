/*
 * Reads of sorted sets. A score says by itself which write has given it.
 */
#include <stdio.h>

#include "proto/base/random.h"
#include "tests/scenarios/collections/sight.h"
#include "tests/support/client/reply_parts.h"

#define ZSET FAMILY_BIT(FAMILY_ZSET)

static void build_zscore(struct draft *draft)
{
    sight_ask(draft, "ZSCORE", ARGUMENTS("m0"));
}

static void build_zmscore(struct draft *draft)
{
    sight_ask(draft, "ZMSCORE", ARGUMENTS("m0", "m1"));
}

/* Empty: the member has no score. */
static struct slice token_of(char bytes[static CONTENT_WORD_MAX], const struct request *request,
                             struct slice score)
{
    if (score.len == 0) return score;
    return content_of_score(bytes, request->parts[0].history, sight_number(score));
}

static void settle_scores(struct referee *referee, struct request *request, struct slice one,
                          struct slice other, struct slice reply)
{
    char bytes[2][CONTENT_WORD_MAX];
    sight_of_both(referee, request, token_of(bytes[0], request, one), token_of(bytes[1], request, other),
                  reply);
}

static void settle_zscore(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice score = { 0 };
    if (!sight_is_judged(referee, request, TYPE_ZSET, reply)) return;
    leaves_next(&leaves, &score);
    settle_scores(referee, request, score, score, reply);
}

static void settle_zmscore(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice scores[2] = { 0 };
    if (!sight_is_judged(referee, request, TYPE_ZSET, reply)) return;
    for (int i = 0; i < 2; i++) leaves_next(&leaves, &scores[i]);
    settle_scores(referee, request, scores[0], scores[1], reply);
}

/* All of it, in each of the ways there are. */
static void build_zrange(struct draft *draft)
{
    switch (random_below(draft->random, 5)) {
    case 0: sight_ask(draft, "ZREVRANGE", ARGUMENTS("0", "-1", "WITHSCORES")); break;
    case 1: sight_ask(draft, "ZRANGEBYSCORE", ARGUMENTS("-inf", "+inf", "WITHSCORES")); break;
    case 2: sight_ask(draft, "ZREVRANGEBYSCORE", ARGUMENTS("+inf", "-inf", "WITHSCORES")); break;
    case 3: sight_ask(draft, "ZRANGE", ARGUMENTS("+inf", "-inf", "BYSCORE", "REV", "WITHSCORES")); break;
    default: sight_ask(draft, "ZRANGE", ARGUMENTS("0", "-1", "WITHSCORES")); break;
    }
}

static void settle_zrange(struct referee *referee, struct request *request, struct slice reply)
{
    struct leaves leaves = leaves_of(reply);
    struct slice member, score, found[2] = { 0 };
    if (!sight_is_judged(referee, request, TYPE_ZSET, reply)) return;
    while (leaves_next(&leaves, &member) && leaves_next(&leaves, &score)) {
        if (slice_equal(member, SLICE("m0"))) found[0] = score;
        if (slice_equal(member, SLICE("m1"))) found[1] = score;
    }
    settle_scores(referee, request, found[0], found[1], reply);
}

static void build_zrank(struct draft *draft)
{
    sight_ask(draft, "ZRANK", ARGUMENTS("m0"));
}

static void build_zrevrank(struct draft *draft)
{
    sight_ask(draft, "ZREVRANK", ARGUMENTS("m0"));
}

/* Of those that were there before a part was written nobody knows the scores. */
static bool has_rank(const struct write *write, const struct wanted *wanted)
{
    if (write->type != TYPE_ZSET) return false;
    return write->bytes == 0 || content_rank(write->number, 0, write->bytes) == wanted->found;
}

static bool has_rank_from_above(const struct write *write, const struct wanted *wanted)
{
    if (write->type != TYPE_ZSET) return false;
    return write->bytes == 0 ||
           write->bytes - 1 - content_rank(write->number, 0, write->bytes) == wanted->found;
}

static void settle_rank(struct referee *referee, struct request *request, struct slice reply,
                        bool (*fits)(const struct write *write, const struct wanted *wanted))
{
    struct wanted wanted = { .history = request->parts[0].history };
    if (!sight_is_judged(referee, request, TYPE_ZSET, reply)) return;
    wanted.found = sight_number(reply_part_text(reply));
    if (wanted.found < 0)
        sight_of_text(referee, request, slice_of("", 0), reply);
    else
        sight_of_number(referee, request, &wanted, fits, false, reply);
}

static void settle_zrank(struct referee *referee, struct request *request, struct slice reply)
{
    settle_rank(referee, request, reply, has_rank);
}

static void settle_zrevrank(struct referee *referee, struct request *request, struct slice reply)
{
    settle_rank(referee, request, reply, has_rank_from_above);
}

/* How many members have scores that are not older than a write's. */
static void ask_from(struct draft *draft, const char *command)
{
    char least[CONTENT_WORD_MAX];
    const struct history *key = draft_key(draft, 0);
    uint32_t number = sight_draw_number(draft, key);
    snprintf(least, sizeof least, "%lld", (long long)content_least_score(key, number));
    sight_ask(draft, command, ARGUMENTS(least, "+inf"));
    draft->request->parts[0].asked = number;
}

static void build_zcount(struct draft *draft)
{
    ask_from(draft, "ZCOUNT");
}

static void build_zrangebyscore(struct draft *draft)
{
    ask_from(draft, "ZRANGEBYSCORE");
}

static bool has_so_many(const struct write *write, const struct wanted *wanted)
{
    bool newer = write->number >= wanted->asked;
    if (write->type != TYPE_ZSET) return wanted->found == 0;
    if (wanted->found == 0) return !newer;
    return write->bytes == 0 || (newer && write->bytes == wanted->found);
}

static void settle_from(struct referee *referee, struct request *request, struct slice reply, int64_t found)
{
    const struct part *part = &request->parts[0];
    struct wanted wanted = { .history = part->history, .asked = part->asked, .found = found };
    sight_of_number(referee, request, &wanted, has_so_many, found == 0, reply);
}

static void settle_zcount(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_ZSET, reply)) return;
    settle_from(referee, request, reply, sight_number(reply_part_text(reply)));
}

static void settle_zrangebyscore(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_ZSET, reply)) return;
    settle_from(referee, request, reply, (int64_t)leaves_count(reply));
}

static void build_zcard(struct draft *draft)
{
    sight_ask(draft, "ZCARD", NO_ARGUMENTS);
}

static void settle_zcard(struct referee *referee, struct request *request, struct slice reply)
{
    if (!sight_is_judged(referee, request, TYPE_ZSET, reply)) return;
    sight_of_len(referee, request, TYPE_ZSET, sight_number(reply_part_text(reply)), reply);
}

static const struct operation rows[] = {
    { "zscore", false, 4, ZSET, build_zscore, .settle = settle_zscore },
    { "zmscore", false, 3, ZSET, build_zmscore, .settle = settle_zmscore },
    { "zrank", false, 2, ZSET, build_zrank, .settle = settle_zrank },
    { "zrevrank", false, 2, ZSET, build_zrevrank, .settle = settle_zrevrank },
    { "zrange", false, 3, ZSET, build_zrange, .settle = settle_zrange },
    { "zrangebyscore", false, 2, ZSET, build_zrangebyscore, .settle = settle_zrangebyscore },
    { "zcount", false, 2, ZSET, build_zcount, .settle = settle_zcount },
    { "zcard", false, 2, ZSET, build_zcard, .settle = settle_zcard },
};
const struct operation_table scored_reads = { rows, sizeof rows / sizeof *rows };
