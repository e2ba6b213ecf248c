#include "server/commands/cache/cache_options.h"

#include "server/commands/cache/cache_errors.h"
#include "server/commands/cache/cache_words.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_lease(struct call *call, int arg, int64_t *ms)
{
    if (!call_arg_int(call, arg, ms)) return false;
    if (*ms > 0 && *ms <= CACHE_LEASE_MAX_MS) return true;
    reply_errorf(call->reply, ERR_INVALID_LEASE_FMT, call->command->full_name);
    return false;
}

static bool read_wait(struct call *call, int arg, int64_t *ms)
{
    if (!call_arg_int(call, arg, ms)) return false;
    return (*ms >= 0 && *ms <= CACHE_WAIT_MAX_MS) || refuse(call, SLICE(ERR_TIMEOUT_NOT_INTEGER));
}

static bool read_version(struct call *call, int arg, struct cache_get_options *options)
{
    options->version = call->argv[arg];
    return options->versioned = true;
}

enum word { WORD_PEEK, WORD_FRESH, WORD_META, WORD_WAIT, WORD_VERSION, WORD_LEASE };

/* Moves `*arg` behind what it has read. */
static bool read_word(struct call *call, enum word word, int *arg, struct cache_get_options *options)
{
    if (word == WORD_PEEK) return options->peeks = true;
    if (word == WORD_FRESH) return options->fresh = true;
    if (word == WORD_META) return options->meta = true;
    int value = (*arg)++;
    if (value >= call->argc) return refuse(call, SLICE(ERR_SYNTAX));
    if (word == WORD_WAIT) return read_wait(call, value, &options->wait_ms);
    if (word == WORD_VERSION) return read_version(call, value, options);
    return read_lease(call, value, &options->lease_ms);
}

bool cache_get_options_read(struct call *call, struct cache_get_options *options)
{
    static const char *const names[] = { "peek", "fresh", "meta", "wait", "version", "lease", NULL };
    struct cache_words words = { .words = names };
    *options = (struct cache_get_options){ .lease_ms = SETTING(call_settings(call), cache_lease_ms) };
    for (int arg = 3; arg < call->argc;) {
        int word = cache_words_take(&words, call, arg++);
        if (word < 0 || !read_word(call, (enum word)word, &arg, options)) return false;
    }
    bool leases = words.seen >> WORD_LEASE & 1;
    return !(leases && options->peeks) || refuse(call, SLICE(ERR_SYNTAX));
}
