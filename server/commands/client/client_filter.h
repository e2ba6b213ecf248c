/*
 * client_filter.h - which clients CLIENT LIST and CLIENT KILL mean.
 *
 * Redis and Valkey ask for the same things in both; what each of them has besides what Redis 7.0 has is taken
 * by both commands here. A word that begins with NOT- leaves out the clients that the same word without it
 * means.
 *
 * Threads: read on the loop of the call; matched on every loop, unchanged meanwhile.
 * Ownership: client_filter_clear() frees what it holds.
 */
#ifndef SERVER_COMMANDS_CLIENT_CLIENT_FILTER_H
#define SERVER_COMMANDS_CLIENT_CLIENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct connection;

enum client_type {
    CLIENT_TYPE_ANY,
    CLIENT_TYPE_NORMAL,
    CLIENT_TYPE_MASTER,
    CLIENT_TYPE_REPLICA,
    CLIENT_TYPE_PUBSUB
};

/* What is compared as text. */
enum client_text {
    CLIENT_ADDRESS,
    CLIENT_LOCAL_ADDRESS,
    CLIENT_IP,
    CLIENT_NAME,
    CLIENT_LIBRARY_NAME,
    CLIENT_LIBRARY_VERSION,
    CLIENT_FLAGS, /* it has all of these letters */
    CLIENT_CAPABILITIES,
    CLIENT_USER,
    CLIENT_TEXTS
};

/* One side of a filter. All zero says nothing. */
struct client_traits {
    uint64_t *ids; /* NULL: any */
    size_t id_count;
    enum client_type type;
    bool in_db;
    unsigned db;
    char *texts[CLIENT_TEXTS]; /* NULL: any */
};

/* All zero matches everybody. */
struct client_filter {
    struct client_traits wanted; /* all that it says is true of a client */
    struct client_traits barred; /* nothing that it says is */
    uint64_t not_id;             /* 0: nobody is left out */
    int64_t min_age_s;
    int64_t min_idle_s;
};

/* CLIENT LIST's options from argv[2] on. False after an error reply. */
bool client_filter_read_list(struct client_filter *filter, struct call *call);
/* CLIENT KILL's: `<address>`, or option and value pairs. */
bool client_filter_read_kill(struct client_filter *filter, struct call *call);

bool client_filter_matches(const struct client_filter *filter, const struct connection *connection);
void client_filter_clear(struct client_filter *filter);

#endif
