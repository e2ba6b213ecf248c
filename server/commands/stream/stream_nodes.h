/*
 * stream_nodes.h - how large the radix tree would be in which Redis keeps the blocks of a stream: XINFO
 * STREAM tells it.
 *
 * Threads: plain functions.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_NODES_H
#define SERVER_COMMANDS_STREAM_STREAM_NODES_H

#include <stddef.h>

struct stream_root;

struct stream_nodes {
    size_t blocks;
    size_t radix_nodes;
};
struct stream_nodes stream_nodes_of(const struct stream_root *root);

#endif
