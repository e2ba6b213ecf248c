#include "tests/scenarios/history/referee.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "tests/scenarios/history/token.h"
#include "tests/scenarios/operations/operation.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/pace.h"

void referee_init(struct referee *referee, const struct referee_options *options)
{
    *referee = (struct referee){ .started_ms = pace_now_ms(),
                                 .databases = options->databases,
                                 .has_fields = options->has_fields,
                                 .counts_due = options->counts_due };
    referee->visibility.through = options->through;
    referee->visibility.by_time = options->by_time;
    referee->visibility.bound_ms = options->bound_ms;
    referee->visibility.early_ms = options->early_ms;
    referee->visibility.slack_ms = options->slack_ms;
    referee->visibility.haste_ms = options->haste_ms;
    keyspace_init(&referee->keyspace, options->families, &referee->visibility, referee_now(referee));
}

static void forget_told(struct told *told)
{
    if (told->history != NULL) history_release(&told->history);
}

void referee_clear(struct referee *referee)
{
    for (int place = 0; place < PLACES; place++) forget_told(&referee->told[place]);
    keyspace_clear(&referee->keyspace);
    buffer_clear(&referee->complaint);
}

struct moment referee_now(struct referee *referee)
{
    return (struct moment){ ++referee->tick, pace_now_ms() - referee->started_ms };
}

int64_t referee_unix_ms(const struct referee *referee, int64_t ms)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    int64_t wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000;
    return wall_ms + ms - (pace_now_ms() - referee->started_ms);
}

void referee_tell(struct referee *referee, int place, struct slice value)
{
    struct token token;
    struct told *told = &referee->told[place];
    if (value.len < TOKEN_BYTES || !token_read(value.data, &token)) return;
    struct history *history = keyspace_find(&referee->keyspace, token.key);
    struct moment sent;
    if (history == NULL || !history_sent(history, token.write, &sent)) return;
    /* What is done without a link is undone, whoever was told of it. */
    if (sent.tick < referee->visibility.certain_from[place]) return;
    forget_told(told);
    *told = (struct told){ history, sent };
    history_retain(history);
}

void referee_complain(struct referee *referee, const struct history *history, const struct request *request,
                      const char *complaint, struct slice reply)
{
    struct buffer *out = &referee->complaint;
    if (referee->failed) return;
    referee->failed = true;
    buffer_printf(out, "%s\n", complaint);
    if (request != NULL) {
        buffer_printf(out, "%s, sent by client %d at %" PRIu64 " (%" PRId64 " ms), received at %" PRIu64 "\n",
                      request->operation->name, request->client, request->sent.tick, request->sent.ms,
                      referee->tick);
        buffer_printf(out, "to %s; its barrier stood at %" PRIu64 "\n",
                      request->place == PLACE_UPSTREAM ? "the upstream" : "an instance",
                      referee->visibility.barrier[request->place]);
    }
    if (reply.len > 0) {
        buffer_printf(out, "reply: ");
        reply_text(out, reply);
        buffer_append(out, "\n", 1);
    }
    if (history == NULL) return;
    history_print(history, out);
    snprintf(referee->failed_name, sizeof referee->failed_name, "%s", history->name);
    referee->failed_db = history->db;
}
