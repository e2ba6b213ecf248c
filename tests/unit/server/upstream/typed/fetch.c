/*
 * A value that is fetched whole, in every order of replies and news that matters.
 */
#include "server/upstream/typed/fetch.h"

#include <criterion/criterion.h>

#include "proto/base/buffer.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/command.h"
#include "server/upstream/tier_state.h"
#include "storage/dump/dump_payload.h"
#include "storage/dump/encodings/crc64.h"
#include "storage/keyspace/keyspace.h"
#include "storage/types/hash.h"
#include "tests/unit/server/upstream/scripted.h"

#define V(text) "$1\r\n" text "\r\n"
#define NIL     "$-1\r\n"
#define REFUSED "-NOPERM this user has no permissions to run the 'dump' command\r\n"
#define HASH    "%1\r\n$1\r\nf\r\n$1\r\nv\r\n"
#define UNKNOWN "-ERR unknown command 'MEMORY', with args beginning with: 'USAGE' 'k' \r\n"
#define OPTIONS(...)                                                                                         \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

static struct scripted *s;

static void open_scripted(void)
{
    s = scripted_open(NULL);
}

static void close_scripted(void)
{
    if (s != NULL) scripted_close(&s);
}

TestSuite(fetch, .init = open_scripted, .fini = close_scripted);

static const struct command *row_of(const char *name)
{
    for (const struct command *const *family = command_families; *family != NULL; family++)
        for (const struct command *row = *family; row->name != NULL; row++)
            if (strcmp(row->name, name) == 0) return row;
    cr_assert_fail("%s", name);
    return NULL;
}

/* As if the last of the reads that it takes had come home. */
static void fetch_by(const char *command)
{
    struct tier *tier = scripted_tier(s);
    struct slice name = SLICE("k");
    struct key key = keyspace_key(tier->server->keyspace, name);
    cr_assert(readings_note(&tier->readings, 0, key, 1));
    fetch_begin(fetch_create(tier, row_of(command), 0, name));
    advance(s, 0);
}

#define STAT(name) counter_get(&scripted_tier(s)->loops[0].stats.name)

/* { f: v } as DUMP tells it. */
static struct slice payload_reply(struct buffer *out)
{
    struct buffer payload = { 0 };
    struct value hash = value_make(&hash_type, &value_limits_default, 1);
    struct member field = member_of(SLICE("f"), 1);
    hash_put(&hash, &field, SLICE("v"));
    dump_payload_write(&payload, &hash, DUMP_PLAIN);
    buffer_printf(out, "$%zu\r\n", payload.len);
    buffer_append(out, payload.data, payload.len);
    buffer_append(out, "\r\n", 2);
    value_clear(&hash);
    buffer_clear(&payload);
    return buffer_slice(out);
}

static void answer_dump(void)
{
    struct buffer out = { 0 };
    answer_bytes(s, "DUMP k", payload_reply(&out));
    buffer_clear(&out);
}

static void keep_hash(void)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer_dump();
    answer(s, "PTTL k", ":-1\r\n");
    expect_quiet(s);
    expect_local(s, 0, "HGET k f", V("v"));
}

Test(fetch, a_value_is_kept_when_its_size_its_payload_and_its_ttl_have_come)
{
    keep_hash();
    expect_local(s, 1, "HLEN k", ":1\r\n");
    expect_local(s, 1, "TYPE k", "+hash\r\n");
    cr_assert_eq(STAT(typed_fills), 1);
    cr_assert_eq(STAT(typed_hits), 2);
}

Test(fetch, a_change_drops_it)
{
    keep_hash();
    invalidate(s, "k");
    say(s, 0, "TYPE k");
    answer(s, "TYPE k", "+none\r\n");
}

static void expect_discarded(void)
{
    expect_quiet(s);
    cr_assert_eq(STAT(typed_fills), 0);
    say(s, 0, "TYPE k");
    answer(s, "TYPE k", "+none\r\n");
    hear(s, 0, "+none\r\n");
}

Test(fetch, a_change_before_the_size_has_come_discards_it)
{
    fetch_by("hget");
    invalidate(s, "k");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    expect_discarded();
}

Test(fetch, a_change_before_the_payload_has_come_discards_it)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    invalidate(s, "k");
    answer_dump();
    answer(s, "PTTL k", ":-1\r\n");
    expect_discarded();
}

Test(fetch, a_change_between_the_payload_and_its_ttl_discards_it)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer_dump();
    invalidate(s, "k");
    answer(s, "PTTL k", ":-1\r\n");
    expect_discarded();
    cr_assert_eq(STAT(discarded_fills), 1);
}

Test(fetch, a_flush_discards_it)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    invalidate_all(s);
    answer_dump();
    answer(s, "PTTL k", ":-1\r\n");
    expect_discarded();
}

Test(fetch, a_write_of_ones_own_discards_it)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    say(s, 0, "DEL k");
    answer_dump();
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "DEL k", ":1\r\n");
    hear(s, 0, ":1\r\n");
    expect_discarded();
}

Test(fetch, a_key_that_went_between_the_payload_and_its_ttl_is_not_kept)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer_dump();
    answer(s, "PTTL k", ":-2\r\n");
    expect_discarded();
}

Test(fetch, a_lost_link_ends_it)
{
    fetch_by("hget");
    lose(s);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    lose(s);
    bring_up(s, UPSTREAM_TRACKS_ALL);
    expect_discarded();
    keep_hash();
}

Test(fetch, a_deadline_counts_from_when_the_payload_was_asked_for)
{
    fetch_by("hget");
    advance(s, 500);
    answer(s, "MEMORY USAGE k", ":80\r\n");
    advance(s, 60);
    answer_dump();
    answer(s, "PTTL k", ":100\r\n");
    expect_local(s, 0, "HGET k f", V("v"));
    advance(s, 39);
    expect_local(s, 0, "HGET k f", V("v"));
    advance(s, 1);
    say(s, 0, "TYPE k");
    answer(s, "TYPE k", "+none\r\n");
}

Test(fetch, an_absent_key_is_known_to_be_absent)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", "_\r\n");
    expect_quiet(s);
    expect_local(s, 0, "HGET k f", NIL);
    expect_local(s, 0, "EXISTS k", ":0\r\n");
    cr_assert_eq(STAT(typed_fills), 0);
}

Test(fetch, what_is_too_long_is_not_asked_for)
{
    scripted_close(&s);
    s = scripted_open(OPTIONS("--near-cache-max-value", "1000"));
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":1000000\r\n");
    expect_quiet(s);
    struct tier *tier = scripted_tier(s);
    cr_assert_eq(readings_of(&tier->readings, 0, keyspace_key(tier->server->keyspace, SLICE("k"))),
                 READINGS_DETERRED);
}

Test(fetch, a_payload_that_is_too_long_is_not_kept)
{
    scripted_close(&s);
    s = scripted_open(OPTIONS("--near-cache-max-value", "10"));
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer_dump();
    answer(s, "PTTL k", ":-1\r\n");
    expect_discarded();
}

Test(fetch, where_dump_is_refused_it_is_asked_for_plainly_and_dump_no_more)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "DUMP k", REFUSED);
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "HGETALL k", HASH);
    answer(s, "PTTL k", ":5000\r\n");
    expect_local(s, 0, "HGET k f", V("v"));
    expect_local(s, 0, "PTTL k", ":4999\r\n");
    invalidate(s, "k");
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "HGETALL k", "*2\r\n$1\r\nf\r\n$1\r\nw\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "HGET k f", V("w"));
}

Test(fetch, each_type_is_asked_for_by_a_command_of_its_own)
{
    fetch_by("scard");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "DUMP k", REFUSED);
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "SMEMBERS k", "~1\r\n$1\r\nm\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "SISMEMBER k m", ":1\r\n");
    invalidate(s, "k");
    fetch_by("llen");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "LRANGE k 0 -1", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "LINDEX k 1", V("b"));
    invalidate(s, "k");
    fetch_by("zcard");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "ZRANGE k 0 -1 WITHSCORES", "*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "ZSCORE k a", "$3\r\n1.5\r\n");
    invalidate(s, "k");
    fetch_by("bitcount");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "GET k", V("a"));
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "BITCOUNT k", ":3\r\n");
    invalidate(s, "k");
    fetch_by("xlen");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    expect_quiet(s);
}

Test(fetch, a_change_of_what_is_asked_for_plainly_discards_it)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "DUMP k", REFUSED);
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "HGETALL k", HASH);
    invalidate(s, "k");
    answer(s, "PTTL k", ":-1\r\n");
    expect_discarded();
}

Test(fetch, a_reply_that_is_no_such_value_is_not_kept)
{
    static const char *const replies[] = { "+OK\r\n",
                                           "%0\r\n",
                                           "*1\r\n$1\r\nf\r\n",
                                           "-WRONGTYPE\r\n",
                                           ":1\r\n",
                                           "*4\r\n$1\r\nf\r\n$1\r\nv\r\n$1\r\nf\r\n$1\r\nw\r\n",
                                           "*2\r\n$1\r\nf\r\n:1\r\n" };
    scripted_tier(s)->fetching.no_dump = true;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct tier *tier = scripted_tier(s);
        readings_clear(&tier->readings);
        readings_init(&tier->readings);
        fetch_by("hget");
        answer(s, "MEMORY USAGE k", ":80\r\n");
        answer(s, "HGETALL k", replies[i]);
        answer(s, "PTTL k", ":-1\r\n");
        expect_discarded();
    }
}

Test(fetch, a_payload_of_an_unknown_version_is_asked_for_plainly)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "DUMP k",
           "$14\r\n\x10"
           "abc"
           "\xff\xff"
           "12345678\r\n");
    answer(s, "PTTL k", ":-1\r\n");
    answer(s, "HGETALL k", HASH);
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "HGET k f", V("v"));
}

/* By its type: one that a later server has for them, whatever is in it. */
Test(fetch, a_hash_whose_fields_have_deadlines_is_not_kept)
{
    struct buffer reply = { 0 };
    char foot[10] = { DUMP_VERSION };
    char payload[] = { 24, 0 };
    uint64_t sum = crc64(crc64(0, slice_of(payload, 2)), slice_of(foot, 2));
    memcpy(foot + 2, &sum, sizeof sum);
    buffer_printf(&reply, "$12\r\n");
    buffer_append(&reply, payload, 2);
    buffer_append(&reply, foot, 10);
    buffer_append(&reply, "\r\n", 2);
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer_bytes(s, "DUMP k", buffer_slice(&reply));
    answer(s, "PTTL k", ":-1\r\n");
    expect_discarded();
    buffer_clear(&reply);
}

Test(fetch, where_memory_usage_is_refused_the_length_is_asked_for)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", UNKNOWN);
    answer(s, "HLEN k", ":1\r\n");
    answer_dump();
    answer(s, "PTTL k", ":-1\r\n");
    expect_local(s, 0, "HGET k f", V("v"));
    invalidate(s, "k");
    fetch_by("hget");
    answer(s, "HLEN k", ":10000000\r\n");
    expect_quiet(s);
}

Test(fetch, an_error_of_the_moment_ends_it_and_says_nothing_of_the_next)
{
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", "-LOADING Redis is loading the dataset in memory\r\n");
    expect_quiet(s);
    fetch_by("hget");
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer(s, "DUMP k", "-LOADING Redis is loading the dataset in memory\r\n");
    answer(s, "PTTL k", "-LOADING Redis is loading the dataset in memory\r\n");
    keep_hash();
}

Test(fetch, reads_of_the_key_wait_for_it)
{
    fetch_by("hget");
    say(s, 0, "HGET k f");
    say(s, 1, "HLEN k");
    hear_nothing(s, 0);
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer_dump();
    hear_nothing(s, 0);
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    hear(s, 1, ":1\r\n");
    expect_quiet(s);
    cr_assert_eq(STAT(coalesced), 2);
}

Test(fetch, it_is_not_begun_twice)
{
    struct tier *tier = scripted_tier(s);
    fetch_by("hget");
    fetch_begin(fetch_create(tier, row_of("hget"), 0, SLICE("k")));
    advance(s, 0);
    answer(s, "MEMORY USAGE k", ":80\r\n");
    answer_dump();
    answer(s, "PTTL k", ":-1\r\n");
    expect_quiet(s);
    fetch_begin(fetch_create(tier, row_of("hget"), 0, SLICE("k")));
    advance(s, 0);
    expect_quiet(s);
}
