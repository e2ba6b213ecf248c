#include "tests/scenarios/operations/queue_operations.h"

#include "proto/base/random.h"
#include "tests/support/client/reply_parts.h"

/* How long a pop waits for an element: not so long that its client does nothing else. */
#define BLOCK_S SLICE("0.02")

/* The history of a family's first list stands for both: elements are pushed to the one and moved to the
 * other. */

static struct queue *queue_of(const struct request *request)
{
    return request->parts[0].history->queue;
}

static bool is_settled(struct referee *referee, struct request *request, struct slice reply)
{
    if (!reply_is_error(reply)) return !request->parts[0].history->unsure;
    referee->refused++;
    if (!reply_is_refusal(reply)) request->parts[0].history->unsure = true;
    return false;
}

/* The number of an element; 0: it is none of this queue's. */
static uint32_t number_of(const struct request *request, struct slice element)
{
    struct token token;
    struct slice text = reply_part_text(element);
    if (text.len != TOKEN_BYTES || !token_read(text.data, &token)) return 0;
    return token.key == request->parts[0].history->id ? token.write : 0;
}

void build_rpush(struct draft *draft)
{
    char element[TOKEN_BYTES];
    struct history *list = draft_key(draft, 0);
    uint32_t number = draft_add_write(draft, list, (struct write){ .kind = WRITE_PART });
    token_write(element, (struct token){ list->id, number });
    COMMAND(draft, SLICE("RPUSH"), draft_name(list), slice_of(element, sizeof element));
}

void settle_rpush(struct referee *referee, struct request *request, struct slice reply)
{
    settle_write(referee, request, 0, reply);
    if (is_settled(referee, request, reply))
        queue_pushed(queue_of(request), request->parts[0].number, referee_now(referee).tick);
}

static void begin_pop(struct draft *draft)
{
    draft->request->blocks = true;
    draft_read(draft, draft_key(draft, 0));
    queue_pop_sent(queue_of(draft->request));
}

void build_blpop(struct draft *draft)
{
    begin_pop(draft);
    COMMAND(draft, SLICE("BLPOP"), draft_name(draft_key(draft, 1)), draft_name(draft_key(draft, 0)), BLOCK_S);
}

static void settle_pop(struct referee *referee, struct request *request, struct slice reply, uint32_t number)
{
    uint64_t tick = referee_now(referee).tick;
    referee->reads++;
    settle_complain(referee, request, 0, queue_popped(queue_of(request), number, tick), reply);
}

void settle_blpop(struct referee *referee, struct request *request, struct slice reply)
{
    if (!is_settled(referee, request, reply)) return;
    struct slice element = reply_part(reply, 1);
    uint32_t number = element.len == 0 ? 0 : number_of(request, element);
    if (element.len > 0 && number == 0)
        settle_complain(referee, request, 0, "an element that was never pushed", reply);
    settle_pop(referee, request, reply, number);
}

void build_blmove(struct draft *draft)
{
    begin_pop(draft);
    COMMAND(draft, SLICE("BLMOVE"), draft_name(draft_key(draft, 0)), draft_name(draft_key(draft, 1)),
            SLICE("LEFT"), SLICE("RIGHT"), BLOCK_S);
}

/* It stays an element of the queue. */
void settle_blmove(struct referee *referee, struct request *request, struct slice reply)
{
    if (is_settled(referee, request, reply)) settle_pop(referee, request, reply, 0);
}

void build_lrange(struct draft *draft)
{
    draft_read(draft, draft_key(draft, 0));
    COMMAND(
        draft, SLICE("EVAL"),
        SLICE("local all = redis.call('LRANGE', KEYS[1], 0, -1) "
              "for _, v in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do all[#all + 1] = v end return all"),
        SLICE("2"), draft_name(draft_key(draft, 0)), draft_name(draft_key(draft, 1)));
}

void settle_lrange(struct referee *referee, struct request *request, struct slice reply)
{
    struct reply_parts parts;
    struct slice element;
    uint64_t sent = request->sent.tick;
    if (!is_settled(referee, request, reply)) return;
    referee->reads++;
    for (reply_parts_init(&parts, reply); reply_parts_next(&parts, &element);) {
        uint32_t number = number_of(request, element);
        settle_complain(referee, request, 0,
                        number == 0 ? "an element that was never pushed"
                                    : queue_found(queue_of(request), number, sent),
                        reply);
    }
    settle_complain(referee, request, 0, queue_looked(queue_of(request), sent), reply);
}
