#include "server/commands/stream/stream_nodes.h"

#include <stdint.h>

#include "storage/types/streams/stream_root.h"

/* Keys are the first ids of blocks, 16 bytes each, the highest first. Where several part there is a node with
 * a byte for each, what they have in common on the way to it, or one has alone at its end, is another, and
 * each has one at its end. Going through the keys in order, the nodes that are open are those where the last
 * key has parted from others, from the top down. */
#define KEY_BYTES 16

struct parting {
    int depths[KEY_BYTES]; /* bytes in front of each */
    int len;
    size_t nodes;
};

/* Bytes that two different ids have in common from their beginning. */
static int common_bytes(struct stream_id a, struct stream_id b)
{
    if (a.ms != b.ms) return __builtin_clzll(a.ms ^ b.ms) / 8;
    return 8 + __builtin_clzll(a.seq ^ b.seq) / 8;
}

/* From behind a parting, -1 being the top, to `depth`: what is common to all that go there. */
static size_t way(int parting, int depth)
{
    return depth > parting + 1;
}

static void close_below(struct parting *parting, int depth)
{
    while (parting->len > 0 && parting->depths[parting->len - 1] > depth) {
        int closed = parting->depths[--parting->len];
        int above = parting->len > 0 ? parting->depths[parting->len - 1] : -1;
        parting->nodes += 1 + way(above > depth ? above : depth, closed);
    }
}

/* Where it parts from the key before and from the key behind. */
static void add_key(struct parting *parting, int before, int behind)
{
    close_below(parting, behind);
    if (behind >= 0 && (parting->len == 0 || parting->depths[parting->len - 1] < behind))
        parting->depths[parting->len++] = behind;
    parting->nodes += 1 + way(before > behind ? before : behind, KEY_BYTES);
}

struct stream_nodes stream_nodes_of(const struct stream_root *root)
{
    struct parting parting = { .len = 0 };
    struct stream_place place = stream_root_seek(root, STREAM_ID_MIN);
    if (place.block == NULL) return (struct stream_nodes){ 0, 1 };
    size_t blocks = 1;
    int before = -1;
    struct stream_id key = place.block->first;
    for (; stream_place_next(root, &place); blocks++) {
        int behind = common_bytes(key, place.block->first);
        add_key(&parting, before, behind);
        before = behind;
        key = place.block->first;
    }
    add_key(&parting, before, -1);
    return (struct stream_nodes){ blocks, parting.nodes };
}
