#include "tests/differential/crowd/match.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/contract.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/crowd/crowd.h"
#include "tests/differential/crowd/heard.h"
#include "tests/support/clock/moved_time.h"
#include "tests/support/pace.h"

/* A Redis that does not answer in this time does not answer at all: somebody has paused it. */
#define THEIR_PATIENCE_MS 500
#define OUR_PATIENCE_MS   2000
/* Within this everybody of ours has to be where everybody of theirs is. */
#define ROLL_MS 500

struct play {
    const struct match *match;
    const struct step *steps;
    size_t len;
    struct crowd ours, theirs;
    bool tracks; /* somebody does, in some step */
    bool flushes;
    bool announces;                  /* what happens to keys */
    bool by_prefix;                  /* somebody wants keys so */
    bool ignores_own;                /* somebody who wants keys by prefix */
    bool listens;                    /* to keys, some of which expire */
    bool waited[SCRIPT_CLIENTS_MAX]; /* before the step */
    struct heard_rules rules[SCRIPT_CLIENTS_MAX];
    size_t first, last; /* of the steps that are being played */
    struct disagreement *disagreement;
};

static bool open_both(struct play *play)
{
    size_t clients = script_clients(play->steps, play->len);
    bool open = crowd_open(&play->theirs, play->match->theirs, clients, THEIR_PATIENCE_MS);
    REQUIRE(open);
    if (!crowd_open(&play->ours, play->match->ours, clients, OUR_PATIENCE_MS)) return false;
    int64_t mine = crowd_next_id(&play->ours), other = crowd_next_id(&play->theirs);
    if (mine < other) crowd_skip_to(&play->ours, other);
    if (other < mine) crowd_skip_to(&play->theirs, mine);
    for (size_t i = 0; i < clients; i++) {
        crowd_replace(&play->ours, i);
        crowd_replace(&play->theirs, i);
    }
    return !play->ours.lost;
}

static enum match_result differ(struct play *play, size_t client, const char *what, struct slice ours,
                                struct slice theirs, bool rows)
{
    struct disagreement *out = play->disagreement;
    if (out == NULL) return MATCH_DIFFER;
    *out = (struct disagreement){ .step = play->last - 1, .client = (int)client, .what = what, .rows = rows };
    buffer_append(&out->ours, ours.data, ours.len);
    buffer_append(&out->theirs, theirs.data, theirs.len);
    return MATCH_DIFFER;
}

void disagreement_clear(struct disagreement *disagreement)
{
    buffer_clear(&disagreement->ours);
    buffer_clear(&disagreement->theirs);
}

static void note_rules(struct play *play, size_t client)
{
    struct heard_rules *rules = &play->rules[client];
    if (!play->theirs.members[client].standing.queues && !play->waited[client]) rules->len = 0;
    for (size_t i = play->first; i < play->last; i++) {
        const struct step *step = &play->steps[i];
        heard_rules_add(rules, divergences_find(play->match->divergences, step->argv, step->argc));
    }
}

static bool is_move(const struct play *play)
{
    int64_t ms;
    return script_is_move(&play->steps[play->first], &ms);
}

static bool is_word(const struct step *step, size_t at, const char *word)
{
    return at < step->argc && slice_equal_nocase(step->argv[at], slice_of_cstr(word));
}

/* BLPOP, BZMPOP ...: their names say it. */
static bool may_wait(const struct step *step)
{
    struct slice name = step->argv[0];
    bool moves = name.len > 4 && strncasecmp(name.data + name.len - 4, "move", 4) == 0;
    bool pops =
        memmem(name.data, name.len, "POP", 3) != NULL || memmem(name.data, name.len, "pop", 3) != NULL;
    return (name.data[0] == 'B' || name.data[0] == 'b') && (moves || pops);
}

static bool anybody_tracks(const struct step *steps, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_word(&steps[i], 0, "CLIENT") && is_word(&steps[i], 1, "TRACKING")) return true;
    return false;
}

static bool anybody_says(const struct step *steps, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++)
        for (size_t at = 0; at < steps[i].argc; at++)
            if (is_word(&steps[i], at, word)) return true;
    return false;
}

/* What is about clients is not said by one that waits. CLIENT KILL asks all loops, and others go on
 * meanwhile. And Redis tells who begins to want keys by prefix of what the same turn has changed before: of
 * the key that it was served from itself. */
static bool is_of_clients_and_waits(const struct play *play, const struct step *step)
{
    return play->theirs.members[step->connection].standing.waits &&
           (is_word(step, 0, "CLIENT") || is_word(step, 0, "INFO"));
}

/* A key past its deadline that something else would be stored in, or nothing, or that is watched, is told to
 * have expired; Redis does not look, and says what it does with what it finds. */
static bool finds_unseen(const struct play *play, const struct step *step)
{
    struct slice name = step->argv[0];
    bool stores =
        memmem(name.data, name.len, "STORE", 5) != NULL || memmem(name.data, name.len, "store", 5) != NULL;
    return play->listens && (stores || is_word(step, 0, "BITOP") || is_word(step, 0, "WATCH"));
}

/* Who is served changes the key again, in the same turn: for NOLOOP the first change counts with Redis. */
static bool may_serve(const struct play *play)
{
    for (size_t i = 0; i < play->theirs.len; i++)
        if (play->ignores_own && play->theirs.members[i].standing.waits) return true;
    return false;
}

/* What was flushed in the same transaction before is told to who begins to track in it; Redis does not. */
static bool tracks_behind_flush(const struct play *play, const struct step *step)
{
    return play->flushes && play->theirs.members[step->connection].standing.queues &&
           is_word(step, 0, "CLIENT") && is_word(step, 1, "TRACKING");
}

/* CONFIG and CLIENT run behind what else a transaction does, which is announced as was asked for before; and
 * of one that kills its own client Redis sends the first replies. */
static bool disturbs_announcements(const struct play *play, const struct step *step)
{
    bool is_apart = is_word(step, 0, "CONFIG") || (is_word(step, 0, "CLIENT") && is_word(step, 1, "KILL"));
    return play->announces && play->theirs.members[step->connection].standing.queues && is_apart;
}

static bool is_left_out(const struct play *play, size_t at)
{
    int64_t ms;
    const struct step *step = &play->steps[at];
    if (is_of_clients_and_waits(play, step) || finds_unseen(play, step)) return true;
    if (tracks_behind_flush(play, step) || may_serve(play)) return true;
    if (disturbs_announcements(play, step)) return true;
    if (play->tracks && divergences_untracked(play->match->divergences, step->argv, step->argc)) return true;
    if (!play->match->side_by_side || script_is_move(step, &ms) || script_is_close(step)) return false;
    bool pauses = is_word(step, 0, "CLIENT") && is_word(step, 1, "PAUSE");
    return pauses || play->theirs.members[step->connection].standing.waits;
}

/* Redis tells keys by prefix at the end of a turn: to whom is killed in it no more. And whether it is left
 * out is known when what was said before it has been answered. */
static bool is_said_alone(const struct play *play, const struct step *step)
{
    bool disturbs = is_word(step, 1, "KILL") || is_word(step, 0, "CONFIG");
    return disturbs && (play->by_prefix || play->announces);
}

/* The steps that leave in one write. */
static size_t end_of_write(const struct play *play, size_t first)
{
    int64_t ms;
    size_t end = first + 1;
    if (script_is_move(&play->steps[first], &ms)) return end;
    while (end < play->len && play->steps[end].joined && !script_is_move(&play->steps[end], &ms) &&
           play->steps[end].connection == play->steps[first].connection) {
        if (play->match->side_by_side && may_wait(&play->steps[end - 1])) break;
        if (is_said_alone(play, &play->steps[end])) break;
        if (is_left_out(play, end) || is_left_out(play, first)) break;
        end++;
    }
    return end;
}

/* Whose time is over goes on before anything else is said, or that would come first with one server only. */
static void end_waits(struct play *play)
{
    crowd_let_pass(&play->theirs);
    crowd_let_pass(&play->ours);
}

static void speak(struct play *play)
{
    int64_t ms = 0;
    const struct step *step = &play->steps[play->first];
    bool anybody_waits = false;
    for (size_t i = 0; i < play->theirs.len; i++) {
        play->waited[i] = play->theirs.members[i].standing.waits;
        anybody_waits |= play->waited[i];
    }
    bool moves = script_is_move(step, &ms);
    moved_time_advance(play->match->time, ms + 1);
    if (moves) return;
    if (anybody_waits && !play->match->side_by_side) end_waits(play);
    note_rules(play, (size_t)step->connection);
    crowd_say(&play->theirs, play->steps, play->first, play->last);
    crowd_say(&play->ours, play->steps, play->first, play->last);
}

static void write_token(const struct play *play, int pass, char token[32])
{
    snprintf(token, 32, "=%zu.%d=", play->last, pass);
}

/* Those who can answer are asked all at once: a server that has to wake up for each takes longer. */
static void ask_theirs(struct play *play, const char *token)
{
    struct crowd *crowd = &play->theirs;
    bool others = false;
    for (size_t i = 0; i < crowd->len; i++) {
        const struct standing *standing = &crowd->members[i].standing;
        others |= standing->waits || !standing->here;
        if (standing->here && !standing->waits) crowd_ask(crowd, i, token);
    }
    /* What was written for those who cannot be asked has left by then. */
    if (others) crowd_let_pass(crowd);
}

static enum match_result hear_theirs(struct play *play)
{
    struct crowd *crowd = &play->theirs;
    char token[32];
    write_token(play, 0, token);
    crowd_let_pass(crowd);
    if (is_move(play)) crowd_let_pass(crowd);
    crowd_call_roll(crowd);
    if (crowd->lost) return MATCH_UNSOUND;
    ask_theirs(play, token);
    for (size_t i = 0; i < crowd->len; i++) {
        struct member *member = &crowd->members[i];
        if (!member->standing.here)
            crowd_hear_out(crowd, i);
        else if (member->standing.waits)
            crowd_overhear(crowd, i, 0, 0);
        else
            crowd_hear(crowd, i, token);
        if (member->silent) return MATCH_UNSOUND;
    }
    return MATCH_AGREE;
}

/* The first client that stands otherwise than with Redis, or -1. */
static int find_other_standing(const struct play *play)
{
    for (size_t i = 0; i < play->ours.len; i++) {
        const struct buffer *mine = &play->ours.members[i].standing.row;
        const struct buffer *other = &play->theirs.members[i].standing.row;
        if (!slice_equal(buffer_slice(mine), buffer_slice(other))) return (int)i;
    }
    return -1;
}

/* Ours has several threads, and who is asked may not have read yet what was sent to it. */
static int settle(struct play *play)
{
    int64_t deadline_ms = pace_now_ms() + ROLL_MS * PACE;
    int other;
    do {
        crowd_call_roll(&play->ours);
        other = find_other_standing(play);
    } while (other >= 0 && !play->ours.lost && pace_now_ms() < deadline_ms);
    return other;
}

/* Whose commands this step has run: they are heard before those who may be told of it. */
static bool acts(const struct play *play, size_t client)
{
    bool speaks = !is_move(play) && (size_t)play->steps[play->first].connection == client;
    return speaks || (play->waited[client] && !play->theirs.members[client].standing.waits);
}

static void ask_one(struct play *play, size_t i, const char *token)
{
    struct member *member = &play->ours.members[i];
    const struct standing *standing = &play->theirs.members[i].standing;
    member->standing.queues = standing->queues;
    if (standing->here && !standing->waits && !member->silent) crowd_ask(&play->ours, i, token);
}

static void hear_one(struct play *play, size_t i, const char *token)
{
    const struct member *other = &play->theirs.members[i];
    if (!other->standing.here)
        crowd_hear_out(&play->ours, i);
    else if (other->standing.waits)
        crowd_overhear(&play->ours, i, other->heard.len, ROLL_MS);
    else
        crowd_hear(&play->ours, i, token);
}

static void hear_ours(struct play *play)
{
    char token[32];
    size_t acting = 0;
    write_token(play, 0, token);
    for (size_t i = 0; i < play->ours.len; i++) acting += acts(play, i);
    for (size_t i = 0; i < play->ours.len; i++)
        if (acts(play, i)) ask_one(play, i, token);
    for (size_t i = 0; i < play->ours.len; i++)
        if (acts(play, i)) hear_one(play, i, token);

    /* What one of those did may be news to another of them. */
    write_token(play, 1, token);
    for (size_t i = 0; i < play->ours.len; i++)
        if (!acts(play, i) || acting > 1) ask_one(play, i, token);
    for (size_t i = 0; i < play->ours.len; i++)
        if (!acts(play, i) || acting > 1) hear_one(play, i, token);
}

static bool have_heard_the_same(const struct play *play, size_t i)
{
    struct slice mine = buffer_slice(&play->ours.members[i].heard);
    struct slice other = buffer_slice(&play->theirs.members[i].heard);
    bool gone = !play->theirs.members[i].standing.here;
    return gone ? heard_begins(&play->rules[i], mine, other) : heard_agree(&play->rules[i], mine, other);
}

static enum match_result compare_heard(struct play *play)
{
    for (size_t i = 0; i < play->ours.len; i++) {
        const struct buffer *mine = &play->ours.members[i].heard;
        const struct buffer *other = &play->theirs.members[i].heard;
        if (have_heard_the_same(play, i)) continue;
        return differ(play, i, "is told something else", buffer_slice(mine), buffer_slice(other), false);
    }
    for (size_t i = 0; i < play->ours.len; i++) {
        const struct member *member = &play->ours.members[i];
        if (!member->silent) continue;
        bool gone = !play->theirs.members[i].standing.here;
        return differ(play, i, gone ? "should be gone" : "is answered no more",
                      buffer_slice(&member->standing.row),
                      buffer_slice(&play->theirs.members[i].standing.row), true);
    }
    return MATCH_AGREE;
}

static enum match_result hear(struct play *play)
{
    enum match_result result = hear_theirs(play);
    if (result != MATCH_AGREE) return result;
    int other = settle(play);
    if (!play->ours.lost) hear_ours(play);
    if (play->ours.lost)
        return differ(play, 0, "and all others: the server has gone", SLICE(""), SLICE(""), true);
    result = compare_heard(play);
    if (result != MATCH_AGREE || other < 0) return result;
    return differ(play, (size_t)other, "stands otherwise in CLIENT LIST",
                  buffer_slice(&play->ours.members[other].standing.row),
                  buffer_slice(&play->theirs.members[other].standing.row), true);
}

static void replace_gone(struct play *play)
{
    for (size_t i = 0; i < play->ours.len; i++) {
        play->ours.members[i].heard.len = play->theirs.members[i].heard.len = 0;
        if (play->theirs.members[i].standing.here) continue;
        crowd_replace(&play->ours, i);
        crowd_replace(&play->theirs, i);
    }
}

static enum match_result play_all(struct play *play)
{
    enum match_result result = MATCH_AGREE;
    for (play->first = 0; play->first < play->len && result == MATCH_AGREE; play->first = play->last) {
        play->last = end_of_write(play, play->first);
        if (is_left_out(play, play->first)) continue;
        speak(play);
        result = hear(play);
        if (result == MATCH_AGREE) replace_gone(play);
    }
    return result;
}

enum match_result match_play(const struct match *match, const struct step *steps, size_t len,
                             struct disagreement *disagreement)
{
    struct play play = { .match = match, .steps = steps, .len = len, .disagreement = disagreement };
    play.last = 1;
    play.tracks = anybody_tracks(steps, len);
    play.flushes = anybody_says(steps, len, "FLUSHALL") || anybody_says(steps, len, "FLUSHDB");
    play.listens =
        (play.tracks || anybody_says(steps, len, "notify-keyspace-events")) && anybody_says(steps, len, "PX");
    play.announces = anybody_says(steps, len, "notify-keyspace-events");
    bool by_prefix = play.by_prefix = play.tracks && anybody_says(steps, len, "BCAST");
    play.ignores_own = by_prefix && anybody_says(steps, len, "NOLOOP");
    for (size_t i = 0; i < SCRIPT_CLIENTS_MAX; i++) play.rules[i].by_prefix = by_prefix;
    enum match_result result = MATCH_AGREE;
    if (!open_both(&play))
        result = differ(&play, 0, "and all others: the server does not answer", SLICE(""), SLICE(""), true);
    else
        result = play_all(&play);
    /* Whoever was paused, the watcher perhaps, is so no longer. */
    if (result == MATCH_UNSOUND) moved_time_advance(match->time, 3600000);
    crowd_close(&play.ours);
    crowd_close(&play.theirs);
    return result;
}
