/*
 * dump_payload.h - what DUMP says of a short string, for RESTORE.
 *
 * Threads: no state.
 */
#ifndef TESTS_SCENARIOS_DUMP_PAYLOAD_H
#define TESTS_SCENARIOS_DUMP_PAYLOAD_H

#include "proto/base/slice.h"

#define DUMP_TEXT_MAX    63
#define DUMP_PAYLOAD_MAX (DUMP_TEXT_MAX + 12)

/* `text` is at most DUMP_TEXT_MAX long. */
struct slice dump_payload_write(char out[static DUMP_PAYLOAD_MAX], struct slice text);

#endif
