/*
 * recorded.h - what other servers were heard to say, kept in tests/differential/recorded/.
 *
 * NAME.commands is what they reply to COMMAND LIST, a name a line, in order. NAME.replies is a conversation:
 * a line that begins with "> " is said, and what follows, up to the next of them, an empty line or one that
 * begins with "#", is the reply as reply_text.h writes it. A server that answers so, or is to, is given the
 * conversation on one connection, with nothing in its databases.
 *
 * Threads: one owner.
 */
#ifndef TESTS_DIFFERENTIAL_RECORDED_H
#define TESTS_DIFFERENTIAL_RECORDED_H

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct client;

/* The text of recorded/`name`, which must be there. Give it back with buffer_clear(). */
struct buffer recorded_read(const char *name);

/* The next line of `text`, taken away from it, without its end. False: there is none. */
bool recorded_next_line(struct slice *text, struct slice *line);

/* Has the conversation with `client`. Each reply that differs fails the test, with its line in the file. */
void recorded_play(const char *name, struct client *client);

#endif
