/*
 * numkeys.h - keys of which an argument says how many there are: "numkeys key [key ...]", and LIMIT behind
 * them.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_COLLECTION_NUMKEYS_H
#define SERVER_COMMANDS_COLLECTION_NUMKEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;

/* How many keys stand behind argv[arg]. False: replied, `excess` when there are fewer arguments than that.
 * Of SINTERCARD, LMPOP, ZMPOP and their like. */
bool numkeys_read(struct call *call, int arg, struct slice excess, int *count);
/* With the other words that ZUNION, ZINTER, ZDIFF, ZINTERCARD and their STORE forms have for it. */
bool numkeys_read_inputs(struct call *call, int arg, int *count);

/* The number in argv[arg], behind LIMIT; 0 is no limit. False: replied. */
bool numkeys_read_limit(struct call *call, int arg, int64_t *limit);

#endif
