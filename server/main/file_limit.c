#include "server/main/file_limit.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "server/config/settings.h"
#include "server/observe/log.h"

/* What Redis keeps for itself, and what is needed here: standard streams, a pipe of libuv, /proc, files that
 * are open for a moment; of each loop a poll, an event, a pipe. */
#define RESERVED_LEAST 32
#define OWN_FILES      12
#define FILES_A_LOOP   4
/* To the upstream: the lane, with one that is about to replace it; of each loop one for each protocol. */
#define LANE_FILES   4
#define SIDES_A_LOOP 2

static int64_t count_words(struct settings *settings, enum setting_text which)
{
    struct buffer text = { 0 };
    settings_copy_text(settings, which, &text);
    int64_t words = 0;
    for (size_t i = 0; i < text.len; i++) words += text.data[i] != ' ' && (i == 0 || text.data[i - 1] == ' ');
    buffer_clear(&text);
    return words;
}

/* Descriptors that are nobody's client's. */
static int64_t reserved(struct settings *settings)
{
    int64_t loops = SETTING(settings, threads);
    int64_t files = OWN_FILES + FILES_A_LOOP * loops + count_words(settings, TEXT_BIND) +
                    !settings_text_is_empty(settings, TEXT_UNIXSOCKET);
    if (files < RESERVED_LEAST) files = RESERVED_LEAST;
    bool tier = !settings_text_is_empty(settings, TEXT_UPSTREAM);
    return tier ? files + LANE_FILES + SIDES_A_LOOP * loops : files;
}

/* Connections to the upstream of which a client may have one. */
static int64_t pool(struct settings *settings)
{
    return settings_text_is_empty(settings, TEXT_UPSTREAM) ? 0 : SETTING(settings, upstream_pool_size);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Of so many descriptors that clients and the pool share. */
static int64_t clients_of(int64_t files, int64_t pool_size)
{
    if (files <= 0) return 0;
    return files > 2 * pool_size ? files - pool_size : (files + 1) / 2;
}

/* The hard limit too where that is allowed, else as far as it reaches. Returns what it is then; `*failure`
 * says why it is too low. */
static rlim_t raise_to(struct rlimit limit, rlim_t wanted, int *failure)
{
    struct rlimit raised = { .rlim_cur = wanted,
                             .rlim_max = wanted > limit.rlim_max ? wanted : limit.rlim_max };
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
    *failure = errno;
    raised = (struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? limit.rlim_max : limit.rlim_cur;
}

static void report(int64_t clients, int64_t possible, rlim_t wanted, rlim_t had, int failure)
{
    log_write(LOG_LEVEL_WARNING,
              "You requested maxclients of %lld requiring at least %llu max file descriptors.",
              (long long)clients, (unsigned long long)wanted);
    log_write(LOG_LEVEL_WARNING, "Server can't set maximum open files to %llu because of OS error: %s.",
              (unsigned long long)wanted, strerror(failure));
    log_write(LOG_LEVEL_WARNING,
              "Current maximum open files is %llu. maxclients has been reduced to %lld to compensate for low "
              "ulimit. If you need higher maxclients increase 'ulimit -n'.",
              (unsigned long long)had, (long long)possible);
}

static void report_too_few(rlim_t had, rlim_t wanted)
{
    log_write(
        LOG_LEVEL_WARNING,
        "Your current 'ulimit -n' of %llu is not enough for the server to start. Please increase your open "
        "file limit to at least %llu. Exiting.",
        (unsigned long long)had, (unsigned long long)wanted);
}

int64_t file_limit_raise(struct settings *settings)
{
    int64_t clients = SETTING(settings, maxclients), own = reserved(settings), pooled = pool(settings);
    rlim_t wanted = (rlim_t)(clients + own + smaller(pooled, clients));
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return clients;
    int failure = 0;
    rlim_t had = raise_to(limit, wanted, &failure);
    if (had >= wanted) return clients;
    int64_t possible = clients_of((int64_t)had - own, pooled);
    if (possible == 0)
        report_too_few(had, wanted);
    else
        report(clients, possible, wanted, had, failure);
    return possible;
}
