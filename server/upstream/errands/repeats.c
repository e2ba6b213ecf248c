#include "server/upstream/errands/repeats.h"

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/net/connection.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/settlement.h"
#include "server/upstream/tier_state.h"

/* What went over a connection of its client's own may come home, behind a barrier, when the client has none
 * any more. */
static bool went_over_a_shared_connection(const struct errand *errand)
{
    return errand->send != NULL;
}

static bool may_repeat(const struct errand *errand, enum upstream_outcome outcome)
{
    const struct patron *patron = errand->patron;
    return outcome != UPSTREAM_REPLIED && !errand->repeated && went_over_a_shared_connection(errand) &&
           errand_is_read(errand) && patron->connection != NULL && patron->dedicated == NULL;
}

static void append(struct patron *patron, struct errand *errand)
{
    errand->next = NULL;
    if (patron->lost == NULL)
        patron->lost = errand;
    else
        patron->lost_newest->next = errand;
    patron->lost_newest = errand;
    patron->lost_count++;
}

static struct errand *take_first(struct patron *patron)
{
    struct errand *errand = patron->lost;
    patron->lost = errand->next;
    patron->lost_count--;
    return errand;
}

/* The client's connection may close as it is answered, and drops the rest then; so the caller keeps the
 * patron from ending with its last answer. */
static void answer(struct patron *patron, size_t count)
{
    for (; count > 0 && patron->lost != NULL; count--) {
        struct errand *errand = take_first(patron);
        settlement_make(errand, errand->came, buffer_slice(&errand->reply), errand->protocol);
    }
}

/* How many are to be answered as they came: up to the last that cannot be sent again. */
static size_t count_hopeless(const struct patron *patron)
{
    size_t hopeless = 0, place = 0;
    for (const struct errand *errand = patron->lost; errand != NULL; errand = errand->next) {
        place++;
        if (!errand->repeatable) hopeless = place;
    }
    return hopeless;
}

static void send_again(struct patron *patron)
{
    struct errand *errand = patron->lost;
    patron->lost = NULL;
    patron->lost_count = 0;
    while (errand != NULL) {
        struct errand *next = errand->next;
        struct loop *loop = errand->home;
        counter_add(&tier_of(loop)->stats.repeated, 1);
        errand_renew(errand);
        errand->send(errand);
        errand = next;
    }
}

static void open_nudge(struct loop *loop, struct letter *letter)
{
    (void)loop;
    alloc_free(letter);
}

/* The loop has a turn, at whose end it looks. */
static void nudge(struct loop *loop)
{
    struct letter *letter = ALLOC_NEW(struct letter);
    letter->open = open_nudge;
    mailbox_post(&loop->mailbox, letter);
}

static void enlist(struct patron *patron)
{
    struct loop *loop = patron->connection->loop;
    struct tier_loop *own = tier_of(loop);
    patron->lost_ms = (int64_t)uv_now(&loop->uv);
    patron->next_lost = own->lost;
    own->lost = patron;
    atomic_store(&own->anyone_lost, true);
    nudge(loop);
}

static void delist(struct tier_loop *own, const struct patron *patron)
{
    struct patron **at = &own->lost;
    while (*at != NULL && *at != patron) at = &(*at)->next_lost;
    if (*at != NULL) *at = patron->next_lost;
}

static struct patron *find_impatient(struct loop *loop)
{
    int64_t patience_ms = SETTING(loop->server->settings, upstream_timeout_ms);
    int64_t now_ms = (int64_t)uv_now(&loop->uv);
    struct patron *patron = tier_of(loop)->lost;
    while (patron != NULL && now_ms - patron->lost_ms < patience_ms) patron = patron->next_lost;
    return patron;
}

static void give_up(struct tier_loop *own, struct patron *patron)
{
    delist(own, patron);
    patron->outstanding++;
    answer(patron, patron->lost_count);
    patron_settle(patron);
}

/* All that the client has on its way has come. */
static void decide(struct patron *patron)
{
    patron->outstanding++;
    answer(patron, count_hopeless(patron));
    if (patron->lost != NULL) enlist(patron);
    patron_settle(patron);
}

void repeats_step(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    if (own->lost == NULL) return;
    bool up = atomic_load(&loop->server->tier->link.state) == LINK_UP;
    struct patron *patron;
    while ((patron = up ? own->lost : find_impatient(loop)) != NULL) {
        if (up) {
            own->lost = patron->next_lost;
            send_again(patron);
        } else {
            give_up(own, patron);
        }
    }
    if (own->lost == NULL) atomic_store(&own->anyone_lost, false);
}

void repeats_wake(struct tier *tier)
{
    for (unsigned i = 0; i < tier->server->loop_count; i++)
        if (atomic_load(&tier->loops[i].anyone_lost)) nudge(&tier->server->loops[i]);
}

bool repeats_take(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from)
{
    struct patron *patron = errand->patron;
    errand->repeatable = may_repeat(errand, outcome);
    if (!errand->repeatable && patron->lost == NULL) return false;
    errand->came = outcome;
    if (outcome == UPSTREAM_REPLIED) errand_keep(errand, reply, from);
    append(patron, errand);
    if (patron->lost_count == patron->outstanding) decide(patron);
    return true;
}

void repeats_drop(struct patron *patron)
{
    if (patron->lost == NULL) return;
    delist(&patron->lost->home->server->tier->loops[patron->lost->home->index], patron);
    answer(patron, patron->lost_count);
}
