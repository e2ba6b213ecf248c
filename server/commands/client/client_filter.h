/*
 * client_filter.h - which clients CLIENT LIST and CLIENT KILL mean.
 *
 * Threads: read on the loop of the call; matched on every loop, unchanged meanwhile.
 * Ownership: client_filter_clear() frees the ids.
 */
#ifndef SERVER_COMMANDS_CLIENT_CLIENT_FILTER_H
#define SERVER_COMMANDS_CLIENT_CLIENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/core/address.h"

struct call;
struct connection;

enum client_type {
    CLIENT_TYPE_ANY,
    CLIENT_TYPE_NORMAL,
    CLIENT_TYPE_MASTER,
    CLIENT_TYPE_REPLICA,
    CLIENT_TYPE_PUBSUB
};

/* All zero matches everybody. */
struct client_filter {
    uint64_t *ids; /* NULL: any */
    size_t id_count;
    uint64_t not_id; /* 0: nobody is left out */
    enum client_type type;
    char peer[ADDRESS_TEXT_MAX]; /* empty: any */
    char local[ADDRESS_TEXT_MAX];
};

/* CLIENT LIST's options from argv[2] on. False after an error reply. */
bool client_filter_read_list(struct client_filter *filter, struct call *call);
/* CLIENT KILL's: `<address>`, or option and value pairs. */
bool client_filter_read_kill(struct client_filter *filter, struct call *call);

bool client_filter_matches(const struct client_filter *filter, const struct connection *connection);
void client_filter_clear(struct client_filter *filter);

#endif
