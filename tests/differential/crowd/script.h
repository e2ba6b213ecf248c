/*
 * script.h - what several clients say by turns, and the time that passes in between.
 *
 *     1 HELLO 3
 *     2 MULTI
 *     2+ INCR a          in one write with the line before
 *     1 CLIENT KILL ID @2
 *     2 @CLOSE           hangs up; the next line of 2 is a new client's
 *     * @MOVE 5000       milliseconds pass
 *
 * Clients have numbers from 1 on; `@2` is the ID that the server gave to client 2. Every client begins anew,
 * in RESP2. A line is what redis-cli would read. Steps are those of stream.h: `connection` is the client's
 * number less one.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_SCRIPT_H
#define TESTS_DIFFERENTIAL_CROWD_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/differential/generate/arena.h"
#include "tests/differential/generate/stream.h"

#define SCRIPT_CLIENTS_MAX 5

struct buffer;
struct catalogue;

struct script {
    struct step *steps;
    size_t len;
    struct arena arena; /* owns steps and arguments */
};

/* The same seed, catalogue and themes make the same script. `themes` are bits, 1 << THEME_TRACKING say, of
 * what it may be about; 0: anything. */
void script_init(struct script *script, const struct catalogue *catalogue, unsigned themes, uint64_t seed);
/* Take the next script of several, each below a line `== title`: false at the end. `from` is what is left. */
bool script_take(struct slice *from, struct slice *title, struct slice *text);
/* Out of its text; '#' begins a line that says nothing. False: a line that makes no sense. */
bool script_read(struct script *script, struct slice text);
void script_clear(struct script *script);

/* How many clients speak in it, and at least one. */
size_t script_clients(const struct step *steps, size_t len);
bool script_is_move(const struct step *step, int64_t *ms);
bool script_is_close(const struct step *step);
/* `text` names a client, by its index. */
bool script_names_client(struct slice text, size_t *client);

/* The text that script_read() reads. */
void script_write(struct buffer *out, const struct step *steps, size_t len);

#endif
