/*
 * pace.h - how patient the tests are.
 *
 * A sanitizer makes the server several times slower, as does a processor that is emulated, and a test that
 * waits by the clock must wait longer then. Every waiting time in the tests is written for a release build
 * and multiplied by PACE.
 */
#ifndef TESTS_SUPPORT_PACE_H
#define TESTS_SUPPORT_PACE_H

#include <stdint.h>

#ifndef PACE_EMULATED
#define PACE_EMULATED 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PACE           6
#define PACE_SANITIZED 1
#elif PACE_EMULATED
#define PACE           10
#define PACE_SANITIZED 0
#else
#define PACE           1
#define PACE_SANITIZED 0
#endif

/* The resident memory of a process is not the server's alone: that of a sanitizer's allocator or of an
 * emulator is in it, and the server, which keeps what is resident within maxmemory, stores the less. */
#define PACE_SHARES_MEMORY (PACE_SANITIZED || PACE_EMULATED)

/* Milliseconds of a clock that is never set back. */
int64_t pace_now_ms(void);
void pace_sleep_ms(int64_t duration_ms);

#endif
