/*
 * expect.h - examples that check themselves.
 *
 *     expect(&client, "SET k v PX 100", "OK");
 *     expect(&client, "GET k", "\"v\"");
 *
 * The reply is written as reply_text.h says. A wrong one fails the test at the line of the example.
 */
#ifndef TESTS_SUPPORT_CLIENT_EXPECT_H
#define TESTS_SUPPORT_CLIENT_EXPECT_H

#include "proto/base/slice.h"
#include "tests/support/client/client.h"

#define expect(client, line, text)           expect_at(__FILE__, __LINE__, client, line, text)
#define expect_start(client, line, text)     expect_start_at(__FILE__, __LINE__, client, line, text)
#define expect_next(client, text)            expect_next_at(__FILE__, __LINE__, client, text)
#define expect_raw(client, bytes, raw_reply) expect_raw_at(__FILE__, __LINE__, client, bytes, raw_reply)
#define expect_closed(client)                expect_closed_at(__FILE__, __LINE__, client)

/* The whole reply; its beginning; the whole reply to something sent before. */
void expect_at(const char *file, int line, struct client *client, const char *command, const char *text);
void expect_start_at(const char *file, int line, struct client *client, const char *command,
                     const char *text);
void expect_next_at(const char *file, int line, struct client *client, const char *text);
/* Bytes sent as they are, and the exact bytes that come back. */
void expect_raw_at(const char *file, int line, struct client *client, struct slice bytes,
                   struct slice raw_reply);
/* The server has closed the connection, or does so soon. */
void expect_closed_at(const char *file, int line, struct client *client);

#endif
