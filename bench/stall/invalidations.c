#include "bench/stall/invalidations.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/info.h"

#define TAGS             10
#define VALUE_BYTES      32
#define TAGS_PER_REQUEST 100
#define RSS_PATIENCE_S   6
#define PATIENCE_S       60
#define LOOKS_PER_S      10

static void ask(struct exchange *exchange, size_t argc, const char *const *argv)
{
    exchange_begin(exchange, argc);
    for (size_t i = 0; i < argc; i++) exchange_argument(exchange, argv[i], strlen(argv[i]));
    exchange_turn(exchange, 1);
    if (exchange->replies.errors > 0) program_fail("%s: %s", argv[0], exchange->replies.first_error);
}

void fill_tagged(const struct address *address, uint64_t keys)
{
    preload_requests(
        address,
        "CACHE SET tagged:{+100000000} {=8} EX 100000 TAGS 10 all:0 all:1 all:2 all:3 all:4 all:5 "
        "all:6 all:7 all:8 all:9",
        keys);
}

/* Until INFO tells no more than `most`. Returns the seconds that it took. */
static double wait_for(const struct address *address, const char *field, uint64_t most)
{
    uint64_t start_ns = clock_now_ns();
    while (info_number(address, field) > most) {
        if (clock_now_ns() - start_ns > PATIENCE_S * UINT64_C(1000000000))
            program_fail("%s %" PRIu64 " after %d s", field, info_number(address, field), PATIENCE_S);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000000 / LOOKS_PER_S }, NULL);
    }
    return (double)(clock_now_ns() - start_ns) / 1e9;
}

static uint64_t invalidate_ns(struct exchange *exchange, const char *tag)
{
    uint64_t start_ns = clock_now_ns();
    ask(exchange, 4, (const char *const[]){ "CACHE", "INVALIDATE", "TAGS", tag });
    return clock_now_ns() - start_ns;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Whether a tag has members is nothing that a bump looks at, so those that are dead by the first do for the
 * rest. */
static void time_tags(struct exchange *exchange, const char *kind, const char *whose)
{
    uint64_t ns[TAGS];
    for (int i = 0; i < TAGS; i++) {
        char tag[32];
        snprintf(tag, sizeof tag, "%s:%d", kind, i);
        ns[i] = invalidate_ns(exchange, tag);
    }
    qsort(ns, TAGS, sizeof ns[0], compare);
    const uint64_t *middle = ns + TAGS / 2, *worst = ns + TAGS - 1;
    fprintf(stderr, "%s: %.0f us at best, %.0f in the middle, %.0f at worst (limit 50)\n", whose,
            (double)ns[0] / 1e3, (double)*middle / 1e3, (double)*worst / 1e3);
}

void invalidate_tags(const struct address *address, uint64_t keys)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    uint64_t kept = info_number(address, "db0:keys=");
    char whose[64];
    snprintf(whose, sizeof whose, "a tag of %" PRIu64 " keys", keys);
    time_tags(&exchange, "nobody", "a tag of none");
    time_tags(&exchange, "all", whose);
    exchange_close(&exchange);
    fprintf(stderr, "memory back in %.1f s (limit 30)\n", wait_for(address, "db0:keys=", kept - keys));
}

void invalidate_by_pattern(const struct address *address, uint64_t keys)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    uint64_t start_ns = clock_now_ns();
    ask(&exchange, 4, (const char *const[]){ "CACHE", "INVALIDATE", "MATCH", "key:*" });
    uint64_t ns = clock_now_ns() - start_ns;
    exchange_close(&exchange);
    fprintf(stderr, "MATCH over %" PRIu64 " keys: %.2f s (limit, for ten million on two loops: 2)\n", keys,
            (double)ns / 1e9);
}

static void bump(struct exchange *exchange, const char *kind, uint64_t from)
{
    char tag[32];
    exchange_begin(exchange, 3 + TAGS_PER_REQUEST);
    exchange_argument(exchange, "CACHE", strlen("CACHE"));
    exchange_argument(exchange, "INVALIDATE", strlen("INVALIDATE"));
    exchange_argument(exchange, "TAGS", strlen("TAGS"));
    for (uint64_t i = from; i < from + TAGS_PER_REQUEST; i++)
        exchange_argument(exchange, tag, (size_t)snprintf(tag, sizeof tag, "%s:%" PRIu64, kind, i));
    exchange_turn(exchange, 1);
}

/* Returns how many are known when the last was invalidated. */
static uint64_t bump_all(const struct address *address, const char *kind, uint64_t tags)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    for (uint64_t i = 0; i < tags; i += TAGS_PER_REQUEST) bump(&exchange, kind, i);
    exchange_close(&exchange);
    return info_number(address, "cache_bumped_tags:");
}

/* Names are remembered in a megabyte, whatever becomes of the tags; what loading has left is given back. */
void prepare_tags(const struct address *address, uint64_t keys)
{
    preload_keys(address, keys, VALUE_BYTES, false);
    bump_all(address, "other", keys / 10);
    wait_for(address, "cache_bumped_tags:", 0);
    nanosleep(&(struct timespec){ .tv_sec = RSS_PATIENCE_S / 2 }, NULL);
}

/* In percent, as soon as it is within a hundredth, or else after patience. */
static double growth_since(const struct address *address, uint64_t before)
{
    double percent = 100;
    for (int look = 0; look < RSS_PATIENCE_S * LOOKS_PER_S && percent > 1; look++) {
        nanosleep(&(struct timespec){ .tv_nsec = 1000000000 / LOOKS_PER_S }, NULL);
        percent = ((double)info_number(address, "used_memory_rss:") / (double)before - 1) * 100;
    }
    return percent;
}

void invalidate_many_tags(const struct address *address, uint64_t keys)
{
    uint64_t before = info_number(address, "used_memory_rss:"), tags = keys / 10;
    uint64_t most = bump_all(address, "tag", tags);
    double seconds = wait_for(address, "cache_bumped_tags:", 0);
    fprintf(stderr,
            "%" PRIu64 " tags, %" PRIu64
            " of them kept at the end, none %.1f s later; RSS %+.2f %% (limit 1)\n",
            tags, most, seconds, growth_since(address, before));
}
