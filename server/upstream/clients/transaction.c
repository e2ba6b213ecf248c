#include "server/upstream/clients/transaction.h"

#include "proto/base/alloc.h"
#include "server/memory/client_account.h"
#include "server/upstream/channel/command_writer.h"

struct transaction_step *transaction_step_create(enum step_sort sort, int number, const struct slice *argv,
                                                 int argc)
{
    size_t words = (size_t)argc * sizeof(struct slice);
    size_t bytes = sizeof(struct transaction_step) + words + command_size(argv, (size_t)argc);
    char *memory = alloc_bytes(bytes);
    struct transaction_step *step = (struct transaction_step *)(void *)memory;
    *step = (struct transaction_step){ .sort = sort, .number = number, .bytes = bytes, .argc = argc };
    step->argv = (struct slice *)(void *)(memory + sizeof(*step));
    command_place(memory + sizeof(*step) + words, argv, (size_t)argc, step->argv);
    return step;
}

void transaction_steps_destroy(struct transaction_step *step)
{
    while (step != NULL) {
        struct transaction_step *next = step->next;
        alloc_free(step);
        step = next;
    }
}

static void charge(const struct transaction *transaction, enum account_kind kind, size_t bytes)
{
    if (transaction->account != NULL) client_account_add(transaction->account, kind, bytes);
}

static void discharge(const struct transaction *transaction)
{
    if (transaction->account == NULL) return;
    client_account_set(transaction->account, ACCOUNT_QUEUED, 0);
    client_account_set(transaction->account, ACCOUNT_ELSEWHERE, 0);
}

void transaction_queue(struct transaction *transaction, struct transaction_step *step)
{
    step->place = transaction->queued;
    step->next = NULL;
    if (transaction->steps == NULL)
        transaction->steps = step;
    else
        transaction->last->next = step;
    transaction->last = step;
    transaction->here += step->sort == STEP_HERE;
    charge(transaction, ACCOUNT_QUEUED, step->bytes);
}

/* Nobody sends MULTI inside of what it takes for a transaction: it is another attempt. */
static enum transaction_turn turn_when_refused(const struct transaction *transaction, enum command_kind kind)
{
    if (kind == KIND_MULTI && !transaction->unwatched) return TURN_AGAIN;
    if (kind == KIND_EXEC) return TURN_ABORT;
    return kind == KIND_DISCARD ? TURN_OK : TURN_REFUSE;
}

enum transaction_turn transaction_turn(const struct transaction *transaction, enum command_kind kind)
{
    if (transaction->watches > 0 && !transaction->watch_trusted) return TURN_WAIT;
    switch (transaction->state) {
    case TRANSACTION_NONE: return transaction->unwatched && kind == KIND_MULTI ? TURN_REFUSE : TURN_SEND;
    case TRANSACTION_ASKED: return transaction->multi_trusted ? TURN_SEND : TURN_WAIT;
    case TRANSACTION_ENDING: return TURN_WAIT;
    case TRANSACTION_REFUSED: return turn_when_refused(transaction, kind);
    default: return TURN_SEND;
    }
}

enum transaction_role transaction_role_of(const struct transaction *transaction, enum command_kind kind)
{
    if (kind == KIND_EXEC) return transaction->doomed ? ROLE_ABORT : ROLE_EXEC;
    if (kind == KIND_DISCARD) return ROLE_DISCARD;
    if (transaction_is_on(transaction)) return ROLE_QUEUED;
    if (kind == KIND_MULTI) return ROLE_MULTI;
    if (kind == KIND_WATCH) return ROLE_WATCH;
    return kind == KIND_UNWATCH ? ROLE_UNWATCH : ROLE_NONE;
}

enum transaction_role transaction_sent(struct transaction *transaction, enum command_kind kind)
{
    enum transaction_role role = transaction_role_of(transaction, kind);
    if (role == ROLE_MULTI) transaction->state = TRANSACTION_ASKED;
    if (role == ROLE_UNWATCH) transaction->watching = false;
    if (role == ROLE_WATCH) {
        transaction->watching = true;
        transaction->watches++;
    }
    if (role == ROLE_EXEC || role == ROLE_DISCARD || role == ROLE_ABORT) {
        transaction->before = transaction->state;
        transaction->state = TRANSACTION_ENDING;
    }
    return role;
}

static bool begins(struct slice reply, struct slice with)
{
    return reply.len >= with.len && slice_equal(slice_of(reply.data, with.len), with);
}

/* An error other than these leaves a transaction open, that of an EXEC with an argument too many say, where
 * the upstream is old. */
static bool is_over(struct slice reply)
{
    return reply.data[0] != '-' || begins(reply, SLICE("-EXECABORT")) ||
           begins(reply, SLICE("-ERR EXEC without MULTI")) ||
           begins(reply, SLICE("-ERR DISCARD without MULTI"));
}

/* What was watched stays so after an EXEC or DISCARD that had no transaction to end. */
static void ended(struct transaction *transaction, struct slice reply)
{
    if (!is_over(reply)) {
        transaction->state = transaction->before == TRANSACTION_NONE ? TRANSACTION_NONE : TRANSACTION_OPEN;
        return;
    }
    bool none = begins(reply, SLICE("-ERR"));
    bool watching = transaction->watching, unwatched = transaction->unwatched;
    transaction_end(transaction);
    transaction->watching = none && watching;
    transaction->unwatched = none && unwatched;
}

static void queued(struct transaction *transaction, struct transaction_step *step, struct slice reply,
                   size_t bytes)
{
    if (!begins(reply, SLICE("+QUEUED"))) {
        transaction_steps_destroy(step);
        return;
    }
    if (step != NULL) transaction_queue(transaction, step);
    transaction->queued++;
    charge(transaction, ACCOUNT_ELSEWHERE, bytes);
}

static void watched(struct transaction *transaction, bool refused)
{
    if (transaction->watches > 0) transaction->watches--;
    transaction->watch_trusted = !refused;
    if (!refused) return;
    transaction->unwatched = true;
    transaction_doom(transaction);
}

/* A WATCH that was sent behind it is another. */
static void unwatched(struct transaction *transaction)
{
    if (transaction->watches == 0) transaction->unwatched = false;
}

static void asked(struct transaction *transaction, bool refused)
{
    transaction->multi_trusted = !refused;
    if (transaction->state == TRANSACTION_ASKED)
        transaction->state = refused ? TRANSACTION_REFUSED : TRANSACTION_OPEN;
}

void transaction_replied(struct transaction *transaction, enum transaction_role role,
                         struct transaction_step *step, struct slice reply, size_t bytes)
{
    bool refused = reply.data[0] == '-';
    switch (role) {
    case ROLE_MULTI: asked(transaction, refused); break;
    case ROLE_WATCH: watched(transaction, refused); break;
    case ROLE_UNWATCH: unwatched(transaction); break;
    case ROLE_EXEC:
    case ROLE_DISCARD: ended(transaction, reply); break;
    case ROLE_ABORT: transaction_end(transaction); break;
    case ROLE_QUEUED: queued(transaction, step, reply, bytes); return;
    default: break;
    }
    transaction_steps_destroy(step);
}

void transaction_failed(struct transaction *transaction, enum transaction_role role)
{
    if (role == ROLE_MULTI) {
        transaction->multi_trusted = false;
        transaction->state = TRANSACTION_REFUSED;
    }
    if (role == ROLE_WATCH) watched(transaction, true);
    if (role == ROLE_UNWATCH) unwatched(transaction);
    if (role == ROLE_QUEUED) transaction_doom(transaction);
    if (role == ROLE_EXEC || role == ROLE_DISCARD || role == ROLE_ABORT) transaction_end(transaction);
}

void transaction_doom(struct transaction *transaction)
{
    if (transaction_is_on(transaction)) transaction->doomed = true;
}

void transaction_end(struct transaction *transaction)
{
    transaction_steps_destroy(transaction->steps);
    discharge(transaction);
    *transaction = (struct transaction){
        .account = transaction->account,
        .multi_trusted = transaction->multi_trusted,
        .watch_trusted = transaction->watch_trusted,
    };
}
