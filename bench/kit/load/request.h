/*
 * request.h - any request, written as in redis-cli, with holes for numbers that vary.
 *
 *     "HSET hash:{20000} field:{10} value"      each a number below that, drawn anew for each request
 *     "ZADD board {1000000} m{+500000}"         one after the other from 0 on, and from 0 again at 500000
 *     "SETBIT bits 1{#1000000} 1"               with as many digits as the largest has
 *     "RPUSH list {=16}"                        sixteen letters, always the same
 *
 * A number has REQUEST_DIGITS digits otherwise, with zeros in front. Words are separated by single spaces. A
 * request that is malformed ends the program (program.h).
 *
 * Threads: one owner.
 */
#ifndef BENCH_KIT_LOAD_REQUEST_H
#define BENCH_KIT_LOAD_REQUEST_H

#include <stdint.h>

#include "proto/base/buffer.h"

#define REQUEST_DIGITS 7

struct request;

struct request *request_create(const char *text, uint64_t seed);
void request_destroy(struct request **request);
void request_append(struct request *request, struct buffer *out);

#endif
