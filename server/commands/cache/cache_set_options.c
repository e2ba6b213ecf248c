#include "server/commands/cache/cache_set_options.h"

#include <stddef.h>

#include "server/commands/cache/cache_errors.h"
#include "server/commands/cache/cache_tags.h"
#include "server/commands/cache/cache_words.h"
#include "server/commands/key/deadline.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "storage/dress/media_types.h"

#define JITTER_MAX 50

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

/* What is given in milliseconds, and kept in 32 bits of them. */
static bool read_ms(struct call *call, int arg, int64_t *ms, const char *error)
{
    if (!call_arg_int(call, arg, ms)) return false;
    if (*ms >= 0 && *ms <= (int64_t)DRESS_GRACE_MAX_MS) return true;
    reply_errorf(call->reply, error, call->command->full_name);
    return false;
}

static bool read_expire(struct call *call, int arg, enum deadline_unit unit,
                        struct cache_set_options *options)
{
    int64_t amount;
    if (options->timed) return refuse(call, SLICE(ERR_SYNTAX)); /* EX and PX say the same */
    options->timed = true;
    if (!call_arg_int(call, arg, &amount)) return false;
    if (amount > 0 && deadline_of(amount, unit, call->now_ms, &options->deadline_ms)) return true;
    reply_errorf(call->reply, ERR_INVALID_EXPIRE_FMT, call->command->full_name);
    return false;
}

static bool read_grace(struct call *call, int arg, struct cache_set_options *options)
{
    options->graced = true;
    return read_ms(call, arg, &options->grace_ms, ERR_INVALID_GRACE_FMT);
}

static bool read_jitter(struct call *call, int arg, struct cache_set_options *options)
{
    if (!call_arg_int(call, arg, &options->jitter_percent)) return false;
    if (options->jitter_percent >= 0 && options->jitter_percent <= JITTER_MAX) return true;
    return refuse(call, SLICE(ERR_NOT_INTEGER));
}

/* Control characters would be those of a header. */
static bool read_type(struct call *call, int arg, struct cache_set_options *options)
{
    struct slice type = call->argv[arg];
    if (type.len == 0 || type.len > MEDIA_TYPE_MAX) return refuse(call, SLICE(ERR_SYNTAX));
    for (size_t i = 0; i < type.len; i++)
        if ((unsigned char)type.data[i] < ' ' || type.data[i] == 0x7f) return refuse(call, SLICE(ERR_SYNTAX));
    options->type = type;
    return true;
}

/* Moves `*arg` from the number of tags behind the last of them. */
static bool read_tags(struct call *call, int *arg, struct cache_set_options *options)
{
    int64_t count;
    if (!call_arg_int(call, *arg, &count)) return false;
    if (count > DRESS_TAGS_MAX) return refuse(call, SLICE(ERR_TOO_MANY_TAGS));
    if (count < 1 || count > call->argc - *arg - 1) return refuse(call, SLICE(ERR_WRONG_TAGS));
    int from = *arg + 1;
    options->tag_count = (unsigned)count;
    *arg = from + (int)count;
    return cache_tags_read(call, from, *arg, options->tags);
}

enum word {
    WORD_EX,
    WORD_PX,
    WORD_GRACE,
    WORD_JITTER,
    WORD_TYPE,
    WORD_COST,
    WORD_TOKEN,
    WORD_VERSION,
    WORD_TAGS
};

static bool read_text(struct call *call, int arg, struct slice *text)
{
    *text = call->argv[arg];
    return true;
}

/* Moves `*arg` behind what it has read. */
static bool read_value(struct call *call, enum word word, int *arg, struct cache_set_options *options)
{
    if (*arg >= call->argc) return refuse(call, SLICE(ERR_SYNTAX));
    if (word == WORD_TAGS) return read_tags(call, arg, options);
    int value = (*arg)++;
    switch (word) {
    case WORD_EX: return read_expire(call, value, DEADLINE_IN_SECONDS, options);
    case WORD_PX: return read_expire(call, value, DEADLINE_IN_MS, options);
    case WORD_GRACE: return read_grace(call, value, options);
    case WORD_JITTER: return read_jitter(call, value, options);
    case WORD_TYPE: return read_type(call, value, options);
    case WORD_COST: return read_ms(call, value, &options->cost_ms, ERR_INVALID_COST_FMT);
    case WORD_TOKEN: return read_text(call, value, &options->token);
    default: return read_text(call, value, &options->version);
    }
}

bool cache_set_options_read(struct call *call, struct cache_set_options *options)
{
    *options = (struct cache_set_options){ .deadline_ms = ENTRY_NO_DEADLINE,
                                           .cost_ms = -1,
                                           .jitter_percent = SETTING(call_settings(call), cache_jitter) };
    static const char *const names[] = { "ex",   "px",    "grace",   "jitter", "type",
                                         "cost", "token", "version", "tags",   NULL };
    struct cache_words words = { .words = names };
    for (int arg = 4; arg < call->argc;) {
        int word = cache_words_take(&words, call, arg++);
        if (word < 0 || !read_value(call, (enum word)word, &arg, options)) return false;
    }
    if (!options->graced || options->timed) return true;
    reply_error(call->reply, SLICE(ERR_GRACE_NEEDS_TTL));
    return false;
}
