/*
 * crc64.h - the checksum at the end of payloads and files.
 *
 * The polynomial of Jones, bits reflected, nothing inverted: of "123456789" it is e9c6d914c4b8d9ca.
 *
 * Threads: no state but tables, which are constant.
 */
#ifndef STORAGE_DUMP_ENCODINGS_CRC64_H
#define STORAGE_DUMP_ENCODINGS_CRC64_H

#include <stdint.h>

#include "proto/base/slice.h"

/* Of what `sum` is of, 0 of nothing, and `bytes` behind it. */
uint64_t crc64(uint64_t sum, struct slice bytes);

#endif
