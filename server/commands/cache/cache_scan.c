#include <stddef.h>

#include "proto/base/glob.h"
#include "server/commands/cache/cache.h"
#include "server/commands/cache/cache_words.h"
#include "server/commands/key/scan_cursor.h"
#include "server/commands/key/scan_page.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"
#include "storage/shard/shard_walk.h"

#define COUNT_PRESET 10

enum wanted_state { STATE_ANY = -1 };

struct scan {
    struct slice pattern; /* data is NULL: any */
    int state;            /* of enum dress_state, or STATE_ANY */
    uint64_t tag;         /* 0: any */
    int64_t count;
    const struct bumps *bumps;
    int64_t now_ms;
};

static bool has_tag(const struct entry *entry, uint64_t tag)
{
    if (!entry_is_dressed(entry)) return false;
    struct dress dress = dress_read(entry);
    for (unsigned i = 0; i < dress.tag_count; i++)
        if (dress.tags[i] == tag) return true;
    return false;
}

static bool is_wanted(const void *context, const struct entry *entry)
{
    const struct scan *scan = context;
    if (entry_type(entry) == ENTRY_ABSENT) return false;
    if (scan->pattern.data != NULL && !glob_match(scan->pattern, entry_key(entry))) return false;
    if (scan->tag != 0 && !has_tag(entry, scan->tag)) return false;
    return scan->state == STATE_ANY ||
           scan->state == (int)bumps_judge(scan->bumps, entry, scan->now_ms).state;
}

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_state(struct call *call, int arg, int *state)
{
    if (call_arg_is(call, arg, "fresh"))
        *state = DRESS_FRESH;
    else if (call_arg_is(call, arg, "stale"))
        *state = DRESS_STALE;
    else if (call_arg_is(call, arg, "dead"))
        *state = DRESS_DEAD;
    else
        return refuse(call, SLICE(ERR_SYNTAX));
    return true;
}

static bool read_count(struct call *call, int arg, int64_t *count)
{
    if (!call_arg_int(call, arg, count)) return false;
    return *count >= 1 || refuse(call, SLICE(ERR_SYNTAX));
}

enum word { WORD_STATE, WORD_COUNT, WORD_MATCH, WORD_TAG };

static bool read_value(struct scan *scan, struct call *call, enum word word, int arg)
{
    if (arg >= call->argc) return refuse(call, SLICE(ERR_SYNTAX));
    if (word == WORD_STATE) return read_state(call, arg, &scan->state);
    if (word == WORD_COUNT) return read_count(call, arg, &scan->count);
    if (word == WORD_MATCH)
        scan->pattern = call->argv[arg];
    else
        scan->tag = bumps_hash(scan->bumps, call->argv[arg]);
    return true;
}

static bool read_words(struct scan *scan, struct call *call)
{
    static const char *const names[] = { "state", "count", "match", "tag", NULL };
    struct cache_words words = { .words = names };
    for (int arg = 3; arg < call->argc; arg += 2) {
        int word = cache_words_take(&words, call, arg);
        if (word < 0 || !read_value(scan, call, (enum word)word, arg + 1)) return false;
    }
    return true;
}

void cache_scan(struct call *call)
{
    uint64_t cursor;
    struct scan scan = { .state = STATE_ANY,
                         .count = COUNT_PRESET,
                         .bumps = keyspace_bumps(call->access.keyspace),
                         .now_ms = call->now_ms };
    if (!scan_cursor_parse(call->argv[2], &cursor)) {
        reply_error(call->reply, SLICE(ERR_INVALID_CURSOR));
        return;
    }
    if (!read_words(&scan, call)) return;
    const struct scan_page page = {
        .count = scan.count, .step = shard_scan_dressed, .wants = is_wanted, .context = &scan
    };
    scan_page_reply(&page, call, cursor);
}
