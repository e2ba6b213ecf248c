#include "server/commands/zset/zset_add.h"

#include <math.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/zset.h"

/* How far an addition is. */
struct progress {
    struct value *zset;
    size_t added;
    size_t moved;
    double score; /* that the latest member has now */
    bool applied; /* the conditions let the latest member through */
};

/* What the score of a member is to become. False: the conditions do not let it through. */
static bool wants(const struct zset_addition *addition, const struct value *zset, const struct member *member,
                  double *score)
{
    double old;
    if (!zset_score(zset, member, &old)) return !addition->if_present;
    if (addition->if_absent) return false;
    if (addition->increment) *score += old;
    /* A sum that is no number is let through, to be refused. */
    return !(addition->if_less && *score >= old) && !(addition->if_greater && *score <= old);
}

static bool is_plain(const struct zset_addition *addition)
{
    return !addition->if_absent && !addition->if_present && !addition->if_greater && !addition->if_less &&
           !addition->increment;
}

/* False: the score is no number. */
static bool add_one(struct progress *progress, const struct zset_addition *addition,
                    const struct member *member, double score)
{
    progress->applied = is_plain(addition) || wants(addition, progress->zset, member, &score);
    progress->score = score;
    if (isnan(score)) return false;
    if (!progress->applied) return true;
    switch (zset_put(progress->zset, member, score)) {
    case ZSET_ADDED: progress->added++; break;
    case ZSET_MOVED: progress->moved++; break;
    case ZSET_SAME: break;
    }
    return true;
}

static void reply_progress(struct call *call, const struct zset_addition *addition,
                           const struct progress *progress)
{
    if (!addition->increment) {
        reply_int(call->reply, (int64_t)(progress->added + (addition->count_all ? progress->moved : 0)));
    } else if (progress->applied) {
        reply_double(call->reply, progress->score);
    } else {
        reply_null(call->reply);
    }
}

void zset_add(struct call *call, const struct zset_addition *addition)
{
    struct collection zset;
    if (!collection_edit(call, 1, &zset_type, &zset)) return;

    struct progress progress = { .zset = zset.value };
    bool is_number = true;
    for (size_t i = 0; i < addition->count && is_number; i++) {
        struct member member = collection_member(call, addition->first + (int)i * addition->step);
        is_number = add_one(&progress, addition, &member, addition->scores[i]);
    }
    enum change_event event = addition->increment ? EVENT_ZINCR : EVENT_ZADD;
    collection_commit(call, &zset, progress.added + progress.moved > 0 ? event : EVENT_NONE);
    if (is_number) {
        reply_progress(call, addition, &progress);
    } else {
        reply_error(call->reply, SLICE(ERR_SCORE_NAN));
    }
}

static bool read_word(struct zset_addition *addition, const struct call *call, int arg)
{
    if (call_arg_is(call, arg, "nx")) return addition->if_absent = true;
    if (call_arg_is(call, arg, "xx")) return addition->if_present = true;
    if (call_arg_is(call, arg, "ch")) return addition->count_all = true;
    if (call_arg_is(call, arg, "incr")) return addition->increment = true;
    if (call_arg_is(call, arg, "gt")) return addition->if_greater = true;
    if (call_arg_is(call, arg, "lt")) return addition->if_less = true;
    return false;
}

/* NULL: they go together. */
static const char *complaint_of(const struct zset_addition *addition)
{
    bool compares = addition->if_greater || addition->if_less;
    if (addition->if_absent && addition->if_present) return ERR_ZADD_NX_XX;
    if ((compares && addition->if_absent) || (addition->if_greater && addition->if_less))
        return ERR_ZADD_GT_LT;
    if (addition->increment && addition->count > 1) return ERR_ZADD_INCR;
    return NULL;
}

static bool read_words(struct zset_addition *addition, struct call *call)
{
    int arg = 2;
    while (arg < call->argc && read_word(addition, call, arg)) arg++;
    addition->first = arg + 1;
    addition->step = 2;
    addition->count = (size_t)(call->argc - arg) / 2;
    const char *complaint = ERR_SYNTAX;
    if (addition->count > 0 && (call->argc - arg) % 2 == 0) complaint = complaint_of(addition);
    if (complaint != NULL) reply_error(call->reply, slice_of_cstr(complaint));
    return complaint == NULL;
}

static bool read_scores(const struct zset_addition *addition, struct call *call, double *scores)
{
    for (size_t i = 0; i < addition->count; i++) {
        if (!call_arg_double(call, addition->first - 1 + (int)i * 2, &scores[i], SLICE(ERR_NOT_FLOAT)))
            return false;
    }
    return true;
}

static void add(struct call *call, struct zset_addition addition)
{
    struct zset_scores room;
    if (!read_words(&addition, call)) return;

    double *scores = zset_scores_init(&room, addition.count);
    addition.scores = scores;
    if (read_scores(&addition, call, scores)) zset_add(call, &addition);
    zset_scores_clear(&room);
}

static void zadd(struct call *call)
{
    add(call, (struct zset_addition){ 0 });
}

/* Redis reads the options of ZADD here as well. */
static void zincrby(struct call *call)
{
    add(call, (struct zset_addition){ .increment = true });
}

const struct command zset_add_commands[] = {
    { "zadd", zadd, .syntax = "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .member = 3, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS, .since = "1.2.0",
      .cost = "O(log N) for each member, N being the size of the sorted set",
      .reply = "integer; with INCR double or null",
      .summary = "Add members with their scores, or give those that are there other ones." },
    { "zincrby", zincrby, .syntax = "key increment member",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) }, .member = 3,
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_SORTED_SET, .group = "sorted-set",
      .tier = TIER_PASS, .since = "1.2.0", .cost = "O(log N), N being the size of the sorted set",
      .reply = "double", .summary = "Add to the score of a member." },
    { 0 },
};
