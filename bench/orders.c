/*
 * orders - what sorted sets and lists cost without a server: CPU time of each operation, bytes above the
 * payload.
 *
 * One large sorted set for each shape, filled in random order, and one list of twice as many elements of 16
 * bytes. Payload is the text of the member or element, 7 bytes for an integer, and 8 for a score.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/table.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/types/blocks/member.h"
#include "storage/types/list.h"
#include "storage/types/zset.h"

#define HASH_SEED 99
#define RANGE     100
#define TEXT_LEN  16

struct shape {
    const char *name;
    bool has_integers;   /* for members */
    double score_factor; /* of random scores below 2^53 */
};

static const struct shape shapes[] = {
    { "sorted set of 16, any double", false, 0x1p-53 },
    { "sorted set of 16, integers", false, 1 },
    { "sorted set of integers", true, 1 },
};

struct bench {
    const struct shape *shape;
    struct value value;
    struct random random;
    size_t elements;
    double began_ns;
    struct table *table;
};

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void begin(struct bench *bench)
{
    bench->began_ns = now_ns();
}

static void end(struct bench *bench, const char *operation, size_t times)
{
    table_add(bench->table, "%s, ns", operation);
    table_add(bench->table, "%.0f", (now_ns() - bench->began_ns) / (double)times);
}

static void tell_bytes(struct bench *bench, size_t payload)
{
    double bytes = (double)bench->value.type->bytes(bench->value.root);
    table_add(bench->table, "bytes above the payload");
    table_add(bench->table, "%.2f", bytes / (double)value_len(&bench->value) - (double)payload);
}

static struct member member_at(const struct bench *bench, char *text, size_t number)
{
    const char *format = bench->shape->has_integers ? "%zu" : "member:%zu--";
    int len = sprintf(text, format, 1000000 + number);
    return member_of(slice_of(text, (size_t)len), HASH_SEED);
}

static size_t any(struct bench *bench)
{
    return random_below(&bench->random, bench->elements);
}

static double any_score(struct bench *bench)
{
    if (bench->shape->score_factor == 1) return (double)random_below(&bench->random, 1000000);
    return (double)(random_next(&bench->random) >> 11) * bench->shape->score_factor;
}

static void put(struct bench *bench, size_t number)
{
    char text[32];
    struct member member = member_at(bench, text, number);
    zset_put(&bench->value, &member, any_score(bench));
}

static void fill(struct bench *bench)
{
    begin(bench);
    for (size_t i = 0; i < bench->elements; i++) put(bench, i * 7919 % bench->elements);
    end(bench, "put a new one", bench->elements);
    tell_bytes(bench, (bench->shape->has_integers ? 7 : TEXT_LEN) + 8);
}

static void look_up(struct bench *bench)
{
    char text[32];
    size_t times = bench->elements, rank, sum = 0;
    double score;
    begin(bench);
    for (size_t i = 0; i < times; i++) {
        struct member member = member_at(bench, text, any(bench));
        sum += zset_score(&bench->value, &member, &score);
    }
    end(bench, "score", times);
    begin(bench);
    for (size_t i = 0; i < times; i++) {
        struct member member = member_at(bench, text, any(bench));
        sum += zset_rank(&bench->value, &member, &rank, &score);
    }
    end(bench, "rank", times);
    if (sum != 2 * times) program_fail("members were lost");
    begin(bench);
    for (size_t i = 0; i < times; i++) sum += zset_rank_of_score(&bench->value, any_score(bench), false);
    end(bench, "rank of a score", times);
    __asm__ volatile("" : : "r"(sum));
}

static void walk_members(struct bench *bench, size_t rank, size_t count)
{
    struct atom member;
    double score;
    struct zset_walk walk = zset_walk(&bench->value, rank, ZSET_UP);
    while (count-- > 0 && zset_next(&walk, &member, &score)) __asm__ volatile("" : : "r"(&member) : "memory");
}

static void read_ranges(struct bench *bench)
{
    size_t times = bench->elements / RANGE;
    begin(bench);
    for (size_t i = 0; i < times; i++) walk_members(bench, any(bench), RANGE);
    end(bench, "range of 100", times);
    begin(bench);
    walk_members(bench, 0, bench->elements);
    end(bench, "walk, a member", bench->elements);
}

static void change(struct bench *bench)
{
    size_t times = bench->elements / 2;
    begin(bench);
    for (size_t i = 0; i < times; i++) put(bench, any(bench));
    end(bench, "put another score", times);
    begin(bench);
    for (size_t i = 0; i < times / 2; i++) zset_remove_ranks(&bench->value, 0, 1);
    end(bench, "pop the lowest", times / 2);
    begin(bench);
    value_clear(&bench->value);
    end(bench, "free, a member", bench->elements - times / 2);
}

static void measure_zset(struct table *table, const struct shape *shape, size_t elements)
{
    struct bench bench = { .shape = shape, .elements = elements, .table = table, .random = { 1 } };
    bench.value = value_make(&zset_type, &value_limits_default, HASH_SEED);
    table_add(table, "%s", shape->name);
    table_add(table, "%s", "");
    fill(&bench);
    look_up(&bench);
    read_ranges(&bench);
    change(&bench);
}

static void push(struct bench *bench, enum list_side side, const char *operation, size_t times)
{
    begin(bench);
    for (size_t i = 0; i < times; i++) list_push(&bench->value, side, SLICE("0123456789abcdef"));
    end(bench, operation, times);
}

static void read_list(struct bench *bench)
{
    struct atom element;
    size_t times = bench->elements / RANGE;
    begin(bench);
    for (size_t i = 0; i < bench->elements; i++) {
        element = list_at(&bench->value, any(bench));
        __asm__ volatile("" : : "r"(&element) : "memory");
    }
    end(bench, "at an index", bench->elements);
    begin(bench);
    for (size_t i = 0; i < times; i++) {
        struct list_walk walk = list_walk(&bench->value, any(bench), LIST_TAIL);
        for (size_t k = 0; k < RANGE && list_next(&walk, &element); k++)
            __asm__ volatile("" : : "r"(&element) : "memory");
    }
    end(bench, "range of 100", times);
}

static void measure_list(struct table *table, size_t elements)
{
    struct bench bench = { .elements = elements, .table = table, .random = { 1 } };
    bench.value = value_make(&list_type, &value_limits_default, HASH_SEED);
    table_add(table, "list of 16");
    table_add(table, "%s", "");
    push(&bench, LIST_HEAD, "push at the head", elements / 2);
    push(&bench, LIST_TAIL, "push at the tail", elements - elements / 2);
    tell_bytes(&bench, TEXT_LEN);
    read_list(&bench);
    begin(&bench);
    for (size_t i = 0; i < elements / 4; i++)
        list_insert(&bench.value, any(&bench), SLICE("0123456789abcdef"));
    end(&bench, "insert at an index", elements / 4);
    begin(&bench);
    for (size_t i = 0; i < elements / 4; i++) list_remove(&bench.value, 0, 1);
    end(&bench, "pop at the head", elements / 4);
    value_clear(&bench.value);
}

int main(int argc, char **argv)
{
    uint64_t elements = 1000000;
    const struct option options[] = {
        { "elements", OPTION_COUNT, &elements, "N", "of a sorted set, half of a list's, from 10000 on (1m)" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (elements < 10000 || elements > 8000000) program_fail("--elements must be from 10000 to 8m");
    struct table *table = ALLOC_NEW(struct table);
    table->columns = 2;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) measure_zset(table, &shapes[i], elements);
    measure_list(table, 2 * elements);
    table_print(table);
    alloc_free(table);
    return EXIT_SUCCESS;
}
