/*
 * encoding.h - what OBJECT ENCODING and DEBUG OBJECT call the way a value is kept.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_KEY_ENCODING_H
#define SERVER_COMMANDS_KEY_ENCODING_H

struct call;
struct entry;

/* Of `entry`, which was just found as argv[arg]. */
const char *encoding_name(const struct call *call, int arg, const struct entry *entry);

#endif
