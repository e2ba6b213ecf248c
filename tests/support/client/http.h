/*
 * http.h - asks over HTTP and reads what is responded, for tests.
 *
 * A client of client.h is the connection. A request is written as it goes over the wire, or as its first line
 * and its fields, to which Host and the empty line are added:
 *
 *     http_expect(&client, "GET /keys/k", "", 404);
 *     http_expect(&client, "PUT /keys/k", "If-None-Match: *\r\n\r\nvalue", 201);
 *
 * Threads: one owner. No call waits longer than the client's timeout.
 */
#ifndef TESTS_SUPPORT_CLIENT_HTTP_H
#define TESTS_SUPPORT_CLIENT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"
#include "tests/support/client/client.h"

/* One response, good until the next is read. */
struct http_answer {
    int status;        /* 0: there was none */
    struct slice head; /* with its empty line */
    struct slice body;
};

/* Read the next response, one to HEAD without a body. */
struct http_answer http_next(struct client *client, bool to_head);
/* Send these bytes and read the response. */
struct http_answer http_raw(struct client *client, struct slice bytes);
/* `line` is a method and a target; `rest` fields, each with its CR LF, and behind an empty line a body, whose
 * Content-Length is added. */
struct http_answer http_ask(struct client *client, const char *line, const char *rest);

/* The value of a field, in any case of its name; without an address: there is none. */
struct slice http_answer_field(const struct http_answer *answer, const char *name);
bool http_answer_has(const struct http_answer *answer, const char *name, const char *value);

/* What does not respond with that status fails the test at the line of the example. Returns the response. */
#define http_expect(client, line, rest, status) http_expect_at(__FILE__, __LINE__, client, line, rest, status)
struct http_answer http_expect_at(const char *file, int line, struct client *client, const char *first,
                                  const char *rest, int status);
#define http_expect_raw(client, bytes, status) http_expect_raw_at(__FILE__, __LINE__, client, bytes, status)
struct http_answer http_expect_raw_at(const char *file, int line, struct client *client, struct slice bytes,
                                      int status);

#endif
