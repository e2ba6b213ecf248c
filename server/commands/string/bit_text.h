/*
 * bit_text.h - the string of a key whose bits a command is about to read or write.
 *
 * Threads: as call.h says.
 */
#ifndef SERVER_COMMANDS_STRING_BIT_TEXT_H
#define SERVER_COMMANDS_STRING_BIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;
struct entry;

/* The place of a bit. `width` is that of the fields which "#3" counts; 0: it may not be said. False: replied.
 */
bool bit_text_offset(struct call *call, int arg, unsigned width, uint64_t *offset);

/* A string that is written to in place. */
struct bit_text {
    char *bytes;
    size_t len;
    bool grew; /* it was made longer for this, or was not there at all */
};

/* That of the key argv[1], with zero bytes added until it is `len` long. False: replied. */
bool bit_text_open(struct call *call, size_t len, struct bit_text *text);

/* The string of `entry`, of argv[arg], `len` bytes long and to be edited by entry_text_edit() from then on.
 * NULL makes the key. Returns where it is now; does nothing for one that is so already. */
struct entry *bit_text_edit(struct call *call, int arg, struct entry *entry, size_t len);

#endif
