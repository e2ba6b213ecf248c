#include "tests/differential/compare/contest.h"

#include "tests/differential/compare/shrink.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/stream.h"
#include "tests/support/client/command_line.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/pace.h"

#define SHOWN_BYTES 2000

static void write_reply(struct buffer *report, const char *who, const struct buffer *reply)
{
    buffer_printf(report, "%s:\n", who);
    if (reply->len == 0) {
        buffer_printf(report, "  (no reply, or a closed connection)\n");
        return;
    }
    size_t shown = reply->len < SHOWN_BYTES ? reply->len : SHOWN_BYTES;
    buffer_printf(report, "  raw ");
    command_line_quote(report, slice_of(reply->data, shown));
    if (shown == reply->len) {
        buffer_printf(report, "\n  ");
        reply_text(report, buffer_slice(reply));
    }
    buffer_printf(report, "\n");
}

/* `first` is what was seen before the stream was made shorter; shown when the difference does not come again.
 */
static void write_report(struct buffer *report, const struct contest *contest, const struct step *steps,
                         size_t len, struct duel_way way, const struct difference *first)
{
    struct difference later = { 0 };
    bool again = !duel_play(&contest->duel, steps, len, way, &later);
    const struct difference *difference = again ? &later : first;
    size_t step = difference->step < len ? difference->step : len - 1;
    bool both = false;
    for (size_t i = 0; i < len; i++) both = both || steps[i].connection != 0;

    buffer_printf(report, "replies differ: seed %llu, RESP%d%s%s%s\n", (unsigned long long)way.seed,
                  way.protocol, way.plain ? "" : ", only when pipelined and cut as the seed says",
                  both ? ", needs two connections" : "", again ? "" : ", and not every time");
    buffer_printf(report, "--- script for redis-cli%s ---\n", way.protocol == 3 ? " -3" : "");
    stream_write_script(report, steps, step + 1);
    if (both) {
        buffer_printf(report, "--- connection of each line:");
        for (size_t i = 0; i <= step; i++) buffer_printf(report, " %d", steps[i].connection + 1);
        buffer_printf(report, "\n");
    }
    buffer_printf(report, "--- the last command's reply ---\n");
    write_reply(report, "ours", &difference->ours);
    write_reply(report, "Redis", &difference->theirs);
    buffer_printf(report,
                  "If that is right, or Redis 7.0 does not know it, docs/divergences.md says so: a row with\n"
                  "`skip COMMAND`, `lacks COMMAND OPTION` or another of its rules.\n");
    difference_clear(&later);
}

struct attempt {
    const struct duel *duel;
    struct duel_way way;
};

static bool play(void *context, const struct step *steps, size_t len, size_t *failed)
{
    const struct attempt *attempt = context;
    struct difference difference = { 0 };
    bool agree = duel_play(attempt->duel, steps, len, attempt->way, &difference);
    *failed = difference.step;
    difference_clear(&difference);
    return agree;
}

static void use_one_connection(struct step *step)
{
    step->connection = 0;
}

/* One command at a time, and one connection, where that is enough. */
static void shrink_way(struct shrinker *shrinker, struct attempt *attempt)
{
    if (!attempt->way.plain) {
        attempt->way.plain = true;
        attempt->way.plain = shrinker_fails(shrinker, shrinker->steps, shrinker->len);
    }
    shrink_all(shrinker, use_one_connection);
}

static void shrink(const struct contest *contest, struct stream *stream, struct duel_way *way)
{
    struct attempt attempt = { &contest->duel, *way };
    struct shrinker shrinker = { .play = play,
                                 .context = &attempt,
                                 .steps = stream->steps,
                                 .len = stream->len,
                                 .budget_ms = contest->shrink_ms };
    shrinker_init(&shrinker);
    shrink_way(&shrinker, &attempt);
    shrink_commands(&shrinker);
    shrink_way(&shrinker, &attempt);
    shrink_arguments(&shrinker);
    shrink_commands(&shrinker);
    shrinker_clear(&shrinker);
    stream->len = shrinker.len;
    *way = attempt.way;
}

static bool run_stream(const struct contest *contest, uint64_t seed, int protocol, struct buffer *report)
{
    struct stream stream;
    struct duel_way way = { .seed = seed, .protocol = protocol };
    stream_init(&stream, contest->catalogue, seed, protocol);
    struct difference first = { 0 };
    bool agree = duel_play(&contest->duel, stream.steps, stream.len, way, &first);
    if (!agree) {
        shrink(contest, &stream, &way);
        write_report(report, contest, stream.steps, stream.len, way, &first);
    }
    difference_clear(&first);
    stream_clear(&stream);
    return agree;
}

size_t contest_run(const struct contest *contest, struct buffer *report)
{
    int64_t deadline_ms = pace_now_ms() + contest->budget_ms;
    for (size_t i = 0; i < contest->streams; i++) {
        if (contest->budget_ms > 0 && pace_now_ms() >= deadline_ms) return i;
        if (!run_stream(contest, contest->seed + i, i % 2 == 0 ? 2 : 3, report)) return i;
    }
    return contest->streams;
}
