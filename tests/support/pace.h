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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PACE           6
#define PACE_SANITIZED 1
#elif defined(PACE_EMULATED)
#define PACE           10
#define PACE_SANITIZED 0
#else
#define PACE           1
#define PACE_SANITIZED 0
#endif

/* Milliseconds of a clock that is never set back. */
int64_t pace_now_ms(void);
void pace_sleep_ms(int64_t duration_ms);

#endif
