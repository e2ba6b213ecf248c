#include "server/upstream/clients/departure.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/tier.h"

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
    atomic_fetch_add(&tier->departed, 1);
    tier_wake(tier);
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
    send_departure((struct departure *)(void *)((char *)letter - offsetof(struct departure, letter)));
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
    atomic_fetch_add(&departure->tier->departures, 1);
    if (loop->index == 0) {
        send_departure(departure);
        return;
    }
    departure->letter.open = open_letter;
    mailbox_post(&loop->server->loops[0].mailbox, &departure->letter);
}

bool departure_is_pending(const struct tier *tier)
{
    return atomic_load(&tier->departures) != atomic_load(&tier->departed) || atomic_load(&tier->looks) > 0;
}

/* --- looking ---------------------------------------------------------------------------------------------
 */

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
    question->next = tier_of(loop)->looks;
    tier_of(loop)->looks = question;
}

static void open_answer(struct loop *loop, struct letter *letter)
{
    struct look_letter *answer = (struct look_letter *)letter;
    struct look *look = answer->look;
    struct tier_loop *own = tier_of(loop);
    alloc_free(answer);
    if (atomic_fetch_sub(&look->unanswered, 1) > 1) return;
    /* A later one that is over saw more. */
    if (own->looked < look->number) own->looked = look->number;
    alloc_free(look);
    atomic_fetch_sub(&loop->server->tier->looks, 1);
    tier_wake(loop->server->tier);
}

void departure_looked(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    while (own->looks != NULL) {
        struct look_letter *question = own->looks;
        own->looks = question->next;
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
    look->number = ++own->look_number;
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
        own->looked = look->number;
        alloc_free(look);
    }
    if (count > 0) atomic_fetch_add(&tier->looks, 1);
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
    return departure_is_pending(tier);
}

static bool waits_for_look(struct loop *loop, struct patron *patron)
{
    struct tier_loop *own = tier_of(loop);
    if (patron->look == 0) {
        if (!own->look_begun) begin_look(loop);
        own->look_begun = true;
        patron->look = own->look_number;
    }
    return patron->look > own->looked;
}

void departure_end_turn(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    own->look_begun = false;
    own->turn++;
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
    uint64_t turn = tier_of(loop)->turn;
    if (patron->let_go == turn + 1) return false;
    if (waits_for_look(loop, patron)) return true;
    if (patron->departures == 0) patron->departures = atomic_load(&tier->departures);
    if (patron->departures > atomic_load(&tier->departed)) return true;
    let_go(patron, turn);
    return false;
}
