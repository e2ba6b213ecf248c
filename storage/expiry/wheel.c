#include "storage/expiry/wheel.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/segments.h"

#define LEVEL_1      256 /* index of its first slot */
#define LEVEL_2      320
#define SLOTS        384
#define LEVEL_1_BITS 8 /* ticks of one of its slots */
#define LEVEL_2_BITS 14
#define NEVER        UINT64_MAX

/*
 * A link is an item's number and one, and 0 is none; where a slot's list begins, `back` is the slot and
 * FIRST. So an item does not wait when its `back` is 0, as in memory that was never written.
 */
#define FIRST UINT32_C(0x80000000)

struct node {
    uint32_t next;
    uint32_t back;
    uint32_t fire; /* low half of the tick it waits for */
};

/*
 * An item lies in the lowest level in which its time and `tick` share the rest of their bits, so a slot of
 * level 1 or 2 is never behind the current one.
 */
struct wheel {
    uint64_t tick; /* every item's time is this or later */
    size_t len;
    struct segments nodes;
    uint32_t looked_at; /* link to where wheel_look() goes on */
    unsigned looked_in; /* the slot it came from */
    uint64_t used[SLOTS / 64];
    uint32_t slots[SLOTS]; /* links */
};

struct wheel *wheel_create(void)
{
    struct wheel *wheel = block_alloc_zeroed(sizeof *wheel);
    segments_init(&wheel->nodes, sizeof(struct node));
    return wheel;
}

void wheel_destroy(struct wheel **wheel)
{
    if (*wheel == NULL) return;
    segments_clear(&(*wheel)->nodes);
    block_free(*wheel, sizeof **wheel);
    *wheel = NULL;
}

static struct node *node_at(const struct wheel *wheel, uint32_t item)
{
    return segments_at(&wheel->nodes, item, sizeof(struct node));
}

static void set_slot(struct wheel *wheel, unsigned slot, uint32_t link)
{
    uint64_t bit = UINT64_C(1) << slot % 64;
    wheel->slots[slot] = link;
    if (link != 0)
        wheel->used[slot / 64] |= bit;
    else
        wheel->used[slot / 64] &= ~bit;
}

static void unlink_node(struct wheel *wheel, struct node *node)
{
    if (node->next != 0) node_at(wheel, node->next - 1)->back = node->back;
    if (node->back & FIRST)
        set_slot(wheel, node->back & ~FIRST, node->next);
    else
        node_at(wheel, node->back - 1)->next = node->next;
    *node = (struct node){ 0 };
    wheel->len--;
}

void wheel_extend(struct wheel *wheel, size_t items)
{
    segments_extend(&wheel->nodes, items);
}

void wheel_pop(struct wheel *wheel)
{
    struct node *node = node_at(wheel, (uint32_t)(wheel->nodes.count - 1));
    if (node->back != 0) unlink_node(wheel, node);
    segments_pop(&wheel->nodes);
}

static unsigned current_slot(const struct wheel *wheel, unsigned level_bits)
{
    unsigned within = (unsigned)(wheel->tick >> level_bits) % 64;
    return (level_bits == LEVEL_1_BITS ? LEVEL_1 : LEVEL_2) + within;
}

static unsigned slot_of(const struct wheel *wheel, uint64_t fire)
{
    uint64_t differs = fire ^ wheel->tick;
    if (differs >> LEVEL_1_BITS == 0) return (unsigned)fire % 256;
    if (differs >> LEVEL_2_BITS == 0) return LEVEL_1 + (unsigned)(fire >> LEVEL_1_BITS) % 64;
    return LEVEL_2 + (unsigned)(fire >> LEVEL_2_BITS) % 64;
}

/* When an item with this deadline is handed out at the latest, but for what is beyond the wheel's span. */
static uint64_t fire_tick(const struct wheel *wheel, int64_t deadline_ms)
{
    uint64_t fire = ((uint64_t)deadline_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
    uint64_t last = (((wheel->tick >> LEVEL_2_BITS) + 64) << LEVEL_2_BITS) - 1;
    if (fire < wheel->tick) return wheel->tick;
    return fire < last ? fire : last;
}

void wheel_start(struct wheel *wheel, int64_t now_ms)
{
    REQUIRE(wheel->len == 0);
    wheel->tick = now_ms > 0 ? (uint64_t)now_ms / WHEEL_TICK_MS : 0;
}

static void link_node(struct wheel *wheel, uint32_t item, uint64_t fire)
{
    unsigned slot = slot_of(wheel, fire);
    uint32_t first = wheel->slots[slot];
    if (first != 0) node_at(wheel, first - 1)->back = item + 1;
    *node_at(wheel, item) = (struct node){ .next = first, .back = FIRST | slot, .fire = (uint32_t)fire };
    set_slot(wheel, slot, item + 1);
    wheel->len++;
}

void wheel_place(struct wheel *wheel, uint32_t item, int64_t deadline_ms)
{
    REQUIRE(item < wheel->nodes.count && deadline_ms >= 0);
    uint64_t fire = fire_tick(wheel, deadline_ms);
    struct node *node = node_at(wheel, item);
    bool waits = node->back != 0;
    if (waits && (int32_t)((uint32_t)fire - node->fire) >= 0) return;
    if (waits) unlink_node(wheel, node);
    link_node(wheel, item, fire);
}

/* The first tick from now on at which a slot of level 0 fires, or one of a higher level has to be opened. */
static uint64_t next_tick(const struct wheel *wheel)
{
    unsigned from = (unsigned)wheel->tick % 256;
    for (unsigned word = from / 64; word < 4; word++) {
        uint64_t used = wheel->used[word];
        if (word == from / 64) used &= UINT64_MAX << from % 64;
        if (used != 0) return (wheel->tick & ~UINT64_C(255)) + word * 64 + (unsigned)__builtin_ctzll(used);
    }

    uint64_t block = wheel->tick >> LEVEL_1_BITS;
    uint64_t used = wheel->used[LEVEL_1 / 64] & ~(UINT64_MAX >> (63 - block % 64));
    if (used != 0) return ((block & ~UINT64_C(63)) + (unsigned)__builtin_ctzll(used)) << LEVEL_1_BITS;

    block = (wheel->tick >> LEVEL_2_BITS) + 1;
    used = wheel->used[LEVEL_2 / 64];
    if (used == 0) return NEVER;
    unsigned turn = block % 64;
    used = used >> turn | used << (-turn & 63);
    return (block + (unsigned)__builtin_ctzll(used)) << LEVEL_2_BITS;
}

/* The slot whose turn it is at the present tick, wide ones first; SLOTS when there is none. */
static unsigned open_slot(const struct wheel *wheel)
{
    unsigned level_2 = current_slot(wheel, LEVEL_2_BITS);
    if (wheel->slots[level_2] != 0) return level_2;
    unsigned level_1 = current_slot(wheel, LEVEL_1_BITS);
    if (wheel->slots[level_1] != 0) return level_1;
    unsigned level_0 = (unsigned)wheel->tick % 256;
    return wheel->slots[level_0] != 0 ? level_0 : SLOTS;
}

bool wheel_turn(struct wheel *wheel, int64_t now_ms, uint32_t *item)
{
    uint64_t now = now_ms > 0 ? (uint64_t)now_ms / WHEEL_TICK_MS : 0;
    for (;;) {
        unsigned slot = wheel->tick <= now ? open_slot(wheel) : SLOTS;
        if (slot < SLOTS) {
            *item = wheel->slots[slot] - 1;
            unlink_node(wheel, node_at(wheel, *item));
            return true;
        }
        uint64_t next = next_tick(wheel);
        if (next > now) {
            if (wheel->tick < now) wheel->tick = now;
            return false;
        }
        wheel->tick = next;
    }
}

bool wheel_peek(const struct wheel *wheel, uint32_t *item)
{
    unsigned slot = open_slot(wheel);
    if (slot < SLOTS) *item = wheel->slots[slot] - 1;
    return slot < SLOTS;
}

/* Along one list after the other. An item that moved or went meanwhile leads elsewhere, or nowhere. */
bool wheel_look(struct wheel *wheel, uint32_t *item)
{
    uint32_t link = wheel->looked_at;
    if (link > wheel->nodes.count || (link != 0 && node_at(wheel, link - 1)->back == 0)) link = 0;
    for (unsigned slots = 0; link == 0 && slots < SLOTS; slots++) {
        wheel->looked_in = (wheel->looked_in + 1) % SLOTS;
        link = wheel->slots[wheel->looked_in];
    }
    if (link == 0) return false;
    *item = link - 1;
    wheel->looked_at = node_at(wheel, *item)->next;
    return true;
}

int64_t wheel_next_ms(const struct wheel *wheel)
{
    uint64_t next = open_slot(wheel) < SLOTS ? wheel->tick : next_tick(wheel);
    return next == NEVER ? INT64_MAX : (int64_t)(next * WHEEL_TICK_MS);
}

int64_t wheel_anchor_ms(const struct wheel *wheel)
{
    return wheel->tick > 0 ? (int64_t)(wheel->tick - 1) * WHEEL_TICK_MS : 0;
}

size_t wheel_len(const struct wheel *wheel)
{
    return wheel->len;
}

size_t wheel_bytes(const struct wheel *wheel)
{
    return block_real_size(sizeof *wheel) + wheel->nodes.bytes;
}

void wheel_check(const struct wheel *wheel)
{
    size_t len = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        uint32_t back = FIRST | slot;
        INVARIANT((wheel->used[slot / 64] >> slot % 64 & 1) == (wheel->slots[slot] != 0));
        for (uint32_t link = wheel->slots[slot]; link != 0; len++) {
            INVARIANT(link <= wheel->nodes.count);
            const struct node *node = node_at(wheel, link - 1);
            INVARIANT(node->back == back);
            back = link;
            link = node->next;
        }
    }
    INVARIANT(len == wheel->len);
}

/* The first tick of a slot's turn. */
static uint64_t turn_of(const struct wheel *wheel, unsigned slot)
{
    uint64_t tick = wheel->tick;
    if (slot < LEVEL_1) return tick + ((slot - tick) & 255);
    unsigned bits = slot < LEVEL_2 ? LEVEL_1_BITS : LEVEL_2_BITS;
    uint64_t within = slot - (slot < LEVEL_2 ? LEVEL_1 : LEVEL_2);
    uint64_t block = (tick >> bits) + ((within - (tick >> bits)) & 63);
    return block << bits > tick ? block << bits : tick;
}

void wheel_check_item(const struct wheel *wheel, uint32_t item, int64_t deadline_ms)
{
    uint32_t back = node_at(wheel, item)->back;
    INVARIANT(back != 0);
    while (!(back & FIRST)) back = node_at(wheel, back - 1)->back;
    INVARIANT(turn_of(wheel, back & ~FIRST) <= fire_tick(wheel, deadline_ms));
}
