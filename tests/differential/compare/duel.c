#include "tests/differential/compare/duel.h"

#include "proto/base/contract.h"
#include "proto/base/random.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/compare/iteration.h"
#include "tests/differential/compare/verdict.h"
#include "tests/differential/generate/stream.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/process/instance.h"

#define PIPELINE_MAX 40
/* Long enough that no send of a whole pipeline has to wait for our reading. */
#define PIECES_MAX 6
#define QUEUE_MAX  1024

struct side {
    struct client clients[STREAM_CONNECTIONS];
};

/* The commands that a transaction of one connection has queued, in order. */
struct queue {
    size_t steps[QUEUE_MAX];
    size_t len;
};

struct game {
    const struct duel *duel;
    const struct step *steps;
    size_t len;
    struct duel_way way;
    struct random random;
    struct side ours, theirs;
    struct queue queues[STREAM_CONNECTIONS];
    struct difference *difference;
};

static void side_open(struct side *side, int port, int protocol, struct instance *revivable)
{
    for (int i = 0; i < STREAM_CONNECTIONS; i++) {
        bool open = client_open_tcp(&side->clients[i], port);
        if (!open && revivable != NULL && instance_restart(revivable)) {
            open = client_open_tcp(&side->clients[i], port);
        }
        REQUIRE(open);
        client_ask(&side->clients[i], protocol == 3 ? "HELLO 3" : "PING");
    }
    client_ask(&side->clients[0], "FLUSHALL");
}

static void side_close(struct side *side)
{
    for (int i = 0; i < STREAM_CONNECTIONS; i++) client_close(&side->clients[i]);
}

static const struct divergence *rule_of(const struct game *game, const struct step *step)
{
    return divergences_find(game->duel->divergences, step->argv, step->argc);
}

static bool is_iterated(const struct game *game, size_t at)
{
    const struct divergence *rule = rule_of(game, &game->steps[at]);
    return rule != NULL && rule->verb == DIVERGENCE_ITERATED;
}

/* Where the pipeline that begins at `start` ends: at most one connection, and an iteration by itself. */
static size_t pipeline_end(struct game *game, size_t start)
{
    size_t most = game->way.plain ? 1 : 1 + random_below(&game->random, PIPELINE_MAX);
    size_t end = start + 1;
    if (is_iterated(game, start)) return end;
    while (end < game->len && end - start < most && !is_iterated(game, end) &&
           game->steps[end].connection == game->steps[start].connection) {
        end++;
    }
    return end;
}

static void send_pieces(struct game *game, struct client *client, struct slice bytes)
{
    struct random random = game->random;
    size_t pieces = game->way.plain ? 1 : 1 + random_below(&random, PIECES_MAX);
    for (; pieces > 1 && bytes.len > 1; pieces--) {
        size_t cut = 1 + random_below(&random, bytes.len - 1);
        client_send(client, slice_of(bytes.data, cut));
        bytes = slice_of(bytes.data + cut, bytes.len - cut);
    }
    client_send(client, bytes);
}

/* The reply to `step` into `out`, left empty when the connection failed. */
static void read_reply(struct game *game, struct client *client, size_t step, struct buffer *out)
{
    struct slice reply;
    if (!client_read(client, &reply)) return;
    if (is_iterated(game, step)) {
        if (!iteration_finish(client, &game->steps[step], reply, out)) out->len = 0;
    } else {
        buffer_append(out, reply.data, reply.len);
    }
}

/* What EXEC answers is the replies to what was queued, and to each its own rule applies. */
static bool agree_on_exec(const struct game *game, const struct queue *queue, struct slice ours,
                          struct slice theirs)
{
    struct reply_parts mine, other;
    struct slice a, b;
    if (!reply_parts_init(&mine, ours) || !reply_parts_init(&other, theirs)) return false;
    if (mine.count != other.count || mine.count != queue->len) return false;
    for (size_t i = 0; reply_parts_next(&mine, &a) && reply_parts_next(&other, &b); i++) {
        const struct divergence *rule = rule_of(game, &game->steps[queue->steps[i]]);
        struct divergence page = { .verb = DIVERGENCE_KIND };
        if (rule != NULL && rule->verb == DIVERGENCE_ITERATED) rule = &page;
        if (!verdict_agree(rule, a, b)) return false;
    }
    return true;
}

static bool is_word(struct slice reply, const char *word)
{
    return reply.len >= strlen(word) && memcmp(reply.data, word, strlen(word)) == 0;
}

static bool agree_on(struct game *game, size_t step, struct slice ours, struct slice theirs)
{
    struct queue *queue = &game->queues[game->steps[step].connection];
    bool agree = verdict_agree(rule_of(game, &game->steps[step]), ours, theirs);
    if (is_word(theirs, "+QUEUED")) {
        REQUIRE(queue->len < QUEUE_MAX);
        queue->steps[queue->len++] = step;
        return agree;
    }
    if (!agree && queue->len > 0) agree = agree_on_exec(game, queue, ours, theirs);
    /* Errors while queueing leave the transaction open; anything else has ended it. */
    if (!is_word(theirs, "-") || is_word(theirs, "-EXECABORT")) queue->len = 0;
    return agree;
}

static bool compare(struct game *game, size_t step)
{
    int connection = game->steps[step].connection;
    struct buffer ours = { 0 }, theirs = { 0 };
    read_reply(game, &game->ours.clients[connection], step, &ours);
    read_reply(game, &game->theirs.clients[connection], step, &theirs);
    bool agree = ours.len > 0 && agree_on(game, step, buffer_slice(&ours), buffer_slice(&theirs));
    if (!agree && game->difference != NULL) {
        *game->difference = (struct difference){ step, ours, theirs };
    } else {
        buffer_clear(&ours);
        buffer_clear(&theirs);
    }
    return agree;
}

static bool play_pipeline(struct game *game, size_t start, size_t end)
{
    int connection = game->steps[start].connection;
    struct buffer bytes = { 0 };
    for (size_t i = start; i < end; i++) {
        client_format_argv(&bytes, game->steps[i].argc, game->steps[i].argv);
    }
    send_pieces(game, &game->ours.clients[connection], buffer_slice(&bytes));
    send_pieces(game, &game->theirs.clients[connection], buffer_slice(&bytes));
    random_next(&game->random);
    buffer_clear(&bytes);

    bool agree = true;
    for (size_t i = start; agree && i < end; i++) agree = compare(game, i);
    return agree;
}

bool duel_play(const struct duel *duel, const struct step *steps, size_t len, struct duel_way way,
               struct difference *difference)
{
    struct game game = {
        .duel = duel, .steps = steps, .len = len, .way = way, .random = { way.seed }, .difference = difference
    };
    side_open(&game.ours, duel->port, way.protocol, duel->ours);
    side_open(&game.theirs, duel->oracle_port, way.protocol, NULL);
    bool agree = true;
    for (size_t start = 0, end = 0; agree && start < len; start = end) {
        end = pipeline_end(&game, start);
        agree = play_pipeline(&game, start, end);
    }
    side_close(&game.ours);
    side_close(&game.theirs);
    return agree;
}

void difference_clear(struct difference *difference)
{
    buffer_clear(&difference->ours);
    buffer_clear(&difference->theirs);
}
