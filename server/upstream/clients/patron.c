#include "server/upstream/clients/patron.h"

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/net/connection.h"
#include "server/upstream/clients/dedicated_state.h"
#include "server/upstream/tier_state.h"

/* The commands that are under way for a client: at first, and at most, however short its replies were. */
#define WINDOW_FIRST 2
#define WINDOW_MAX   256
/* An estimate that was too high is lowered by this part. */
#define REPLY_BYTES_DECAY 4

/* Replies that have come for one client are handed over before the end of the turn when they are more. */
#define HAND_OVER_BYTES (256u << 10)

struct patron *patron_of(struct connection *connection)
{
    if (connection->session.patron != NULL) return connection->session.patron;
    struct patron *patron = ALLOC_NEW(struct patron);
    patron->connection = connection;
    patron->transaction.account = &connection->account;
    patron->window = WINDOW_FIRST;
    connection->session.patron = patron;
    return patron;
}

bool patron_is_waiting(const struct patron *patron)
{
    return patron != NULL && patron->dedicated != NULL && dedicated_is_waiting(patron->dedicated);
}

bool patron_is_subscribed(const struct patron *patron)
{
    return patron != NULL && patron->dedicated != NULL && patron->dedicated->subscribed;
}

void patron_mark(struct patron *patron)
{
    if (patron->dirty || patron->connection == NULL) return;
    struct tier_loop *loop = tier_of(patron->connection->loop);
    patron->dirty = true;
    patron->next_dirty = loop->dirty;
    loop->dirty = patron;
}

static void charge_replies(const struct patron *patron)
{
    if (patron->connection == NULL) return;
    client_account_set(&patron->connection->account, ACCOUNT_REPLIES,
                       patron->replies.len + patron->behind_bytes);
}

void patron_keep_behind(struct patron *patron, size_t bytes)
{
    patron->behind++;
    patron->behind_bytes += bytes;
    charge_replies(patron);
}

void patron_let_behind_go(struct patron *patron, size_t bytes)
{
    patron->behind--;
    patron->behind_bytes -= bytes;
    charge_replies(patron);
}

void patron_send(struct patron *patron, size_t bytes)
{
    client_account_add(&patron->connection->account, ACCOUNT_REQUESTS, bytes);
}

/* As many such replies as a client may leave unread, where that is fewer. */
static void move_window(struct patron *patron, size_t reply_bytes)
{
    size_t most = OUTPUT_HIGH / (reply_bytes + 1), wider = patron->window * 2;
    if (wider < most) most = wider;
    if (most > WINDOW_MAX) most = WINDOW_MAX;
    patron->window = most < WINDOW_FIRST ? WINDOW_FIRST : most;
}

void patron_received(struct patron *patron, size_t bytes, size_t reply_bytes)
{
    if (reply_bytes >= patron->reply_bytes)
        patron->reply_bytes = reply_bytes;
    else
        patron->reply_bytes -= (patron->reply_bytes - reply_bytes) / REPLY_BYTES_DECAY;
    move_window(patron, reply_bytes);
    if (patron->connection != NULL)
        client_account_take(&patron->connection->account, ACCOUNT_REQUESTS, bytes);
}

/* Whether more than `part` of what may be under way is. */
static bool is_deep(const struct patron *patron, size_t part)
{
    const struct client_account *account = &patron->connection->account;
    size_t owed = patron->outstanding * patron->reply_bytes + client_account_output(account);
    if (patron->outstanding == 0) return false;
    return patron->outstanding >= patron->window / part || owed >= OUTPUT_HIGH / part ||
           account->held[ACCOUNT_REQUESTS] >= OUTPUT_HIGH / part;
}

bool patron_holds_back(struct patron *patron)
{
    patron->deep = is_deep(patron, 1);
    if (patron->deep) connection_wait(patron->connection, WAIT_UPSTREAM);
    return patron->deep;
}

bool patron_may_go_on(struct patron *patron)
{
    if (!patron->deep || is_deep(patron, 2)) return false;
    patron->deep = false;
    return true;
}

/* A connection that is sent to may close, and its patron go with it. */
void patron_hand_over(struct patron *patron)
{
    struct buffer replies = patron->replies;
    patron->replies = (struct buffer){ 0 };
    charge_replies(patron);
    connection_send(patron->connection, &replies);
}

void patron_append(struct patron *patron, const char *bytes, size_t len)
{
    if (patron->connection == NULL) return;
    buffer_append(&patron->replies, bytes, len);
    patron_mark(patron);
    if (patron->replies.len < HAND_OVER_BYTES)
        charge_replies(patron);
    else
        patron_hand_over(patron);
}

void patron_take(struct patron *patron, struct buffer *reply)
{
    if (patron->connection != NULL && patron->replies.len > 0) patron_hand_over(patron);
    if (patron->connection == NULL) return;
    buffer_clear(&patron->replies);
    patron->replies = *reply;
    *reply = (struct buffer){ 0 };
    patron_mark(patron);
    patron_hand_over(patron);
}

static void free_patron(struct patron *patron)
{
    buffer_clear(&patron->replies);
    buffer_clear(&patron->read_in_transaction);
    alloc_free(patron);
}

static void look_again(struct patron *patron)
{
    if (patron->connection != NULL)
        patron_mark(patron);
    else if (patron->outstanding == 0 && patron->parcels == 0)
        free_patron(patron);
}

void patron_settle(struct patron *patron)
{
    patron->outstanding--;
    if (patron->outstanding == 0) patron->way = WAY_NONE;
    look_again(patron);
}

void patron_settle_parcel(struct patron *patron)
{
    patron->parcels--;
    look_again(patron);
}

static void leave_dirty(struct patron **at, const struct patron *patron)
{
    while (*at != patron) at = &(*at)->next_dirty;
    *at = patron->next_dirty;
}

static void leave_line(struct patron *patron)
{
    struct patron **at = &patron->held->first;
    while (*at != patron) at = &(*at)->next_held;
    *at = patron->next_held;
    patron->held = NULL;
}

void patron_leave(struct patron *patron)
{
    struct tier_loop *loop = tier_of(patron->connection->loop);
    if (patron->dirty) leave_dirty(&loop->dirty, patron);
    if (patron->held != NULL) leave_line(patron);
    patron->connection->session.patron = NULL;
    patron->transaction.account = NULL;
    patron->connection = NULL;
    patron->outstanding++; /* so that it outlives what comes of leaving */
}

static void stand_in(struct patron *patron, struct patron_line *line)
{
    connection_wait(patron->connection, WAIT_UPSTREAM);
    if (patron->held != NULL) return;
    patron->held = line;
    patron->next_held = line->first;
    line->first = patron;
    atomic_store(&line->any, true);
}

void patron_hold(struct patron *patron)
{
    stand_in(patron, &tier_of(patron->connection->loop)->held);
}

void patron_expect(struct patron *patron)
{
    stand_in(patron, &tier_of(patron->connection->loop)->expecting);
}
