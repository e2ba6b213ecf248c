#include "server/upstream/errands/errand.h"

#include "proto/base/alloc.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/net/connection.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/dialect.h"
#include "server/upstream/errands/translation.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_state.h"

/* With the command's words as the upstream calls them. */
static struct errand *make(const struct call *call, const struct command_info *command)
{
    struct dialect dialect;
    const struct slice *words = dialect_begin(&dialect, call, command);
    size_t argc = (size_t)call->argc;
    size_t bytes = command_size(words, argc);
    char *memory = alloc_bytes(sizeof(struct errand) + argc * sizeof(struct slice) + bytes);
    struct errand *errand = (struct errand *)(void *)memory;
    errand->argv = (struct slice *)(void *)(memory + sizeof(*errand));
    char *space = memory + sizeof(*errand) + argc * sizeof(struct slice);
    command_place(space, words, argc, errand->argv);
    errand->request.bytes = slice_of(space, bytes);
    dialect_end(&dialect);
    return errand;
}

/* A write that takes another way than the lane is one of which nothing is told. */
static struct outcome outcome_of(const struct command_info *command, uint32_t policy,
                                 const struct slice *argv, int argc)
{
    bool tells = (policy & TIER_WRITE) && command->row->outcome != NULL;
    return tells ? command->row->outcome(argv, argc) : (struct outcome){ 0 };
}

struct errand *errand_create(struct call *call, const struct command_info *command, uint32_t policy)
{
    struct errand *errand = make(call, command);
    const struct slice *argv = errand->argv;
    struct session *session = call->session;
    *errand = (struct errand){
        .request = { .bytes = errand->request.bytes, .db = tier_upstream_db(call->server->tier, call->db) },
        .home = call->loop,
        .command = command,
        .envoy = session->envoy,
        .policy = policy,
        .outcome = outcome_of(command, policy, argv, call->argc),
        .db = call->db,
        .protocol = session->protocol,
        .unwanted = session_is_silent(session),
        .started = call->loop->ticks,
        .argc = call->argc,
        .argv = errand->argv,
    };
    errand->session = session->id;
    errand->patron = patron_of(session_connection(session));
    errand->may_join = errand->patron->outstanding == 0;
    errand->patron->outstanding++;
    errand->counted = true;
    errand->charged =
        sizeof(*errand) + (size_t)errand->argc * sizeof(struct slice) + errand->request.bytes.len;
    patron_send(errand->patron, errand->charged);
    room_take(&call->server->tier->room, errand->request.bytes.len);
    counter_add(&tier_of(call->loop)->stats.forwarded, 1);
    return errand;
}

void errand_uncount(struct errand *errand)
{
    if (errand->counted) room_give_back(&errand->home->server->tier->room, errand->request.bytes.len);
    errand->counted = false;
}

void errand_make_fills(struct errand *errand, size_t count)
{
    errand->fill_count = count;
    errand->fills = count == 1 ? &errand->only_fill : alloc_zeroed(count * sizeof(struct fill *));
}

static void drop_fills(struct errand *errand)
{
    if (errand->fills != &errand->only_fill) alloc_free(errand->fills);
    errand->fills = NULL;
    errand->only_fill = NULL;
    errand->fill_count = 0;
}

void errand_destroy(struct errand *errand)
{
    errand_uncount(errand);
    buffer_clear(&errand->reply);
    drop_fills(errand);
    alloc_free(errand);
}

bool errand_is_read(const struct errand *errand)
{
    if (errand->policy & TIER_READ) return true;
    const struct roster *roster = rosters_latest(&errand->home->server->tier->rosters);
    const struct roster_row *row = roster_find_call(roster, errand->argv, errand->argc);
    return errand->kind == KIND_PLAIN && row != NULL && row->reads;
}

void errand_renew(struct errand *errand)
{
    drop_fills(errand);
    buffer_clear(&errand->reply);
    errand->request.memory = NULL;
    errand->repeated = true;
}

struct buffer *errand_memory(struct errand *errand, struct slice reply)
{
    struct buffer *memory = errand->request.memory != NULL ? errand->request.memory : &errand->reply;
    return reply.len > 0 && memory->data == reply.data ? memory : NULL;
}

void errand_keep(struct errand *errand, struct slice reply, int from)
{
    struct buffer *memory = errand_memory(errand, reply);
    if (memory == &errand->reply) return;
    if (memory != NULL && !translation_changes(reply, from, errand->protocol)) {
        errand->reply = *memory;
        *memory = (struct buffer){ 0 };
    } else {
        translation_append(&errand->reply, reply, from, errand->protocol);
    }
    errand->request.memory = NULL;
}
