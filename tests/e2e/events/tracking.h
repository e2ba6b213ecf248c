/*
 * tracking.h - a server, a client that is told of changes, and another that makes them.
 *
 * Threads: one owner.
 */
#ifndef TESTS_E2E_EVENTS_TRACKING_H
#define TESTS_E2E_EVENTS_TRACKING_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/process/instance.h"

/* A server, a client that tracks and speaks RESP3, and another that writes. */
struct pair {
    struct instance server;
    struct client reader;
    struct client writer;
};

static inline void pair_connect(struct pair *p, struct client *client, const char *greeting)
{
    cr_assert(client_open_tcp(client, p->server.port));
    if (greeting != NULL) client_ask(client, greeting);
}

static inline void pair_open_with(struct pair *p, const char *const *options)
{
    instance_start(&p->server, INSTANCE_NUTHATCH, options);
    pair_connect(p, &p->reader, "HELLO 3");
    pair_connect(p, &p->writer, NULL);
}

static inline void pair_open(struct pair *p)
{
    pair_open_with(p, NULL);
}

static inline void pair_close(struct pair *p)
{
    client_close(&p->reader);
    client_close(&p->writer);
    instance_stop(&p->server);
}

/* What the client has been told since it last asked: the texts of pushes, a space between them. */
#define expect_told(client, told) expect_told_at(__FILE__, __LINE__, client, told)
static inline void expect_told_at(const char *file, int line, struct client *client, const char *told)
{
    struct buffer heard = { 0 };
    struct slice reply;
    cr_assert(client_send_line(client, "PING"));
    while (client_read(client, &reply) && !slice_equal(reply, SLICE("+PONG\r\n"))) {
        if (heard.len > 0) buffer_append(&heard, " ", 1);
        reply_text(&heard, reply);
    }
    cr_assert_eq(client->trouble, CLIENT_FINE);
    buffer_append(&heard, "", 1);
    cr_assert_str_eq(heard.data, told, "%s:%d: told %s, not %s", file, line, heard.data, told);
    buffer_clear(&heard);
}

/* Several requests in one write, and all that comes back. */
#define expect_all(client, bytes, replies) expect_all_at(__FILE__, __LINE__, client, bytes, replies)
static inline void expect_all_at(const char *file, int line, struct client *client, const char *bytes,
                                 const char *replies)
{
    struct buffer heard = { 0 };
    struct slice reply;
    cr_assert(client_send(client, slice_of_cstr(bytes)));
    while (heard.len < strlen(replies) && client_read(client, &reply))
        buffer_append(&heard, reply.data, reply.len);
    cr_assert_eq(client->trouble, CLIENT_FINE);
    buffer_append(&heard, "", 1);
    cr_assert_str_eq(heard.data, replies, "%s:%d: told %s, not %s", file, line, heard.data, replies);
    buffer_clear(&heard);
}

#define TOLD(key) "1> \"invalidate\"\n2> 1) \"" key "\""
#define TOLD_ALL  "1> \"invalidate\"\n2> (nil)"

static inline bool pair_is_redis(void)
{
    return instance_is_redis(INSTANCE_NUTHATCH);
}

static inline long long pair_id(struct client *client)
{
    long long id = -1;
    struct slice reply = client_ask(client, "CLIENT ID");
    cr_assert_eq(sscanf(reply.data, ":%lld", &id), 1);
    return id;
}

#endif
