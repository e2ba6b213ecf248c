/*
 * lua_program.h - small programs in Lua, drawn at random: commands of the table with redis.call() and
 * redis.pcall(), what is done with what they return, and values that are returned themselves.
 *
 * Whatever a program does is certain: no address, no order of a hash table, no time.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_LUA_PROGRAM_H
#define TESTS_DIFFERENTIAL_GENERATE_LUA_PROGRAM_H

#include "proto/base/buffer.h"

struct catalogue;
struct divergences;
struct random;

/* Append one, with a first line that says something of it at times. Of commands for which the divergences
 * have a rule there is none. */
void lua_program_draw(struct buffer *program, const struct catalogue *catalogue,
                      const struct divergences *divergences, struct random *random);
/* The same without such a line: what a function may be made of. */
void lua_program_draw_body(struct buffer *program, const struct catalogue *catalogue,
                           const struct divergences *divergences, struct random *random);

#endif
