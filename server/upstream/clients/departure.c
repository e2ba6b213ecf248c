#include "server/upstream/clients/departure.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/holder.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/clients/patrons.h"
#include "server/upstream/tier_state.h"

struct departure {
    struct upstream_request request;
    struct letter letter;
    struct tier *tier;
    char bytes[96];
};

static void on_reply(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct departure *departure = (struct departure *)request;
    struct tier *tier = departure->tier;
    (void)outcome; /* without a link the connection that waits is lost as well */
    (void)reply;
    alloc_free(departure);
    atomic_fetch_add(&tier->departures.known, 1);
    patrons_wake(tier);
}

static void send_departure(struct departure *departure)
{
    struct tier *tier = departure->tier;
    if (tier->upstream != NULL)
        tier->upstream->send(tier->upstream, &departure->request);
    else
        on_reply(&departure->request, UPSTREAM_UNSENT, SLICE(""));
}

static void open_letter(struct loop *loop, struct letter *letter)
{
    (void)loop;
    send_departure(HOLDER_OF(letter, struct departure, letter));
}

void departure_announce(struct loop *loop, int64_t upstream_id, const char *how)
{
    if (upstream_id == 0) return;
    char number[24];
    struct departure *departure = ALLOC_NEW(struct departure);
    int digits = snprintf(number, sizeof(number), "%lld", (long long)upstream_id);
    int len = snprintf(departure->bytes, sizeof(departure->bytes),
                       "*4\r\n$6\r\nCLIENT\r\n$7\r\nUNBLOCK\r\n$%d\r\n%s\r\n$%zu\r\n%s\r\n", digits, number,
                       strlen(how), how);
    departure->tier = loop->server->tier;
    departure->request = (struct upstream_request){ .bytes = slice_of(departure->bytes, (size_t)len),
                                                    .db = UPSTREAM_ANY_DB,
                                                    .done = on_reply };
    atomic_fetch_add(&departure->tier->departures.begun, 1);
    if (loop->index == 0) {
        send_departure(departure);
        return;
    }
    departure->letter.open = open_letter;
    mailbox_post(&loop->server->loops[0].mailbox, &departure->letter);
}

struct look {
    struct loop *home;
    uint64_t number;
    _Atomic unsigned unanswered;
};

struct look_letter {
    struct letter letter;
    struct look_letter *next; /* among those that the loop is to answer */
    struct look *look;
    struct loop *asked;
};

static bool is_asked(const struct tier *tier, unsigned index, const struct loop *by)
{
    return index != by->index && atomic_load_explicit(&tier->loops[index].waiting, memory_order_relaxed) > 0;
}

static void open_question(struct loop *loop, struct letter *letter)
{
    struct look_letter *question = (struct look_letter *)letter;
    question->next = tier_of(loop)->looks.questions;
    tier_of(loop)->looks.questions = question;
}

static void open_answer(struct loop *loop, struct letter *letter)
{
    struct look_letter *answer = (struct look_letter *)letter;
    struct look *look = answer->look;
    struct tier_loop *own = tier_of(loop);
    alloc_free(answer);
    if (atomic_fetch_sub(&look->unanswered, 1) > 1) return;
    /* A later one that is over saw more. */
    if (own->looks.over < look->number) own->looks.over = look->number;
    alloc_free(look);
    atomic_fetch_sub(&loop->server->tier->departures.looks, 1);
    patrons_wake(loop->server->tier);
}

void departure_looked(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    while (own->looks.questions != NULL) {
        struct look_letter *question = own->looks.questions;
        own->looks.questions = question->next;
        question->letter.open = open_answer;
        mailbox_post(&question->look->home->mailbox, &question->letter);
    }
}

static void begin_look(struct loop *loop)
{
    struct tier *tier = loop->server->tier;
    struct tier_loop *own = tier_of(loop);
    struct look_letter *questions = NULL;
    unsigned count = 0;
    struct look *look = ALLOC_NEW(struct look);
    look->home = loop;
    look->number = ++own->looks.number;
    for (unsigned i = 0; i < loop->server->loop_count; i++) {
        if (!is_asked(tier, i, loop)) continue;
        struct look_letter *question = ALLOC_NEW(struct look_letter);
        *question = (struct look_letter){ .next = questions, .look = look, .asked = &loop->server->loops[i] };
        question->letter.open = open_question;
        questions = question;
        count++;
    }
    atomic_init(&look->unanswered, count);
    if (count == 0) {
        own->looks.over = look->number;
        alloc_free(look);
    }
    if (count > 0) atomic_fetch_add(&tier->departures.looks, 1);
    while (questions != NULL) {
        struct look_letter *question = questions;
        questions = question->next;
        mailbox_post(&question->asked->mailbox, &question->letter);
    }
}

/* One that goes is announced before it no longer waits. */
bool departure_concerns(const struct loop *loop, const struct patron *patron)
{
    const struct tier *tier = loop->server->tier;
    if (patron != NULL && patron->look != 0) return true;
    for (unsigned i = 0; i < loop->server->loop_count; i++)
        if (is_asked(tier, i, loop)) return true;
    return departures_are_pending(&tier->departures);
}

static bool waits_for_look(struct loop *loop, struct patron *patron)
{
    struct tier_loop *own = tier_of(loop);
    if (patron->look == 0) {
        if (!own->looks.begun) begin_look(loop);
        own->looks.begun = true;
        patron->look = own->looks.number;
    }
    return patron->look > own->looks.over;
}

void departure_end_turn(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    own->looks.begun = false;
    own->looks.turn++;
}

/* What its client had sent as well by then goes with it. */
static void let_go(struct patron *patron, uint64_t turn)
{
    patron->look = patron->departures = 0;
    patron->let_go = turn + 1;
}

bool departure_holds(struct loop *loop, struct patron *patron)
{
    struct tier *tier = loop->server->tier;
    uint64_t turn = tier_of(loop)->looks.turn;
    if (patron->let_go == turn + 1) return false;
    if (waits_for_look(loop, patron)) return true;
    if (patron->departures == 0) patron->departures = atomic_load(&tier->departures.begun);
    if (patron->departures > atomic_load(&tier->departures.known)) return true;
    let_go(patron, turn);
    return false;
}
