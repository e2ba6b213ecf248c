/*
 * collections - what sets and hashes cost without a server: CPU time of each operation, bytes above the
 * payload.
 *
 * A column is a shape, measured in a process of its own: one collection of many elements in random order, and
 * one of ten in the same way. Payload is the text of members, fields and values, 7 bytes for an integer.
 * `charged` is what a budget counts, `resident` what the process has grown by. To small ones are added what
 * stands beside them: the header of the entry and a slot of the table, not the key.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/table.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/memory/block.h"
#include "storage/types/hash.h"
#include "storage/types/set.h"

#define HASH_SEED 99

struct shape {
    const char *name;
    const struct value_type *type;
    size_t member_len; /* 0: an integer of seven digits */
    size_t value_len;
};

static const struct shape shapes[] = {
    { "hash 8 + 16", &hash_type, 8, 16 },
    { "hash 8 + 24", &hash_type, 8, 24 },
    { "set of 16", &set_type, 16, 0 },
    { "set of integers", &set_type, 0, 0 },
};

#define SHAPES (sizeof shapes / sizeof shapes[0])

enum row {
    NEW,
    FIND,
    MISS,
    ITERATE,
    RANDOM,
    AGAIN,
    REMOVE,
    FREE,
    CHARGED,
    RESIDENT,
    SMALL_FIND,
    SMALL_ITERATE,
    SMALL_CHANGE,
    SMALL_CHARGED,
    ROWS,
};

static const char *const row_names[ROWS] = {
    [NEW] = "new, ns",
    [FIND] = "find, ns",
    [MISS] = "find what is not there, ns",
    [ITERATE] = "iterate, ns",
    [RANDOM] = "draw, ns",
    [AGAIN] = "put what is there, ns",
    [REMOVE] = "remove, ns",
    [FREE] = "free, ns",
    [CHARGED] = "charged, bytes",
    [RESIDENT] = "resident, bytes",
    [SMALL_FIND] = "of ten: find, ns",
    [SMALL_ITERATE] = "of ten: iterate, ns",
    [SMALL_CHANGE] = "of ten: remove and put, ns",
    [SMALL_CHARGED] = "of ten: charged, bytes",
};

/* What a process measures is written to memory that it shares with its parent. */
struct result {
    double rows[ROWS];
};

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static size_t resident(void)
{
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &all, &pages) != 2) program_fail("no /proc/self/statm");
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The text of a number, as random as its hash is, and different from that of any other below 10^7. */
static struct slice text_of(const struct shape *shape, char *text, uint64_t number)
{
    if (shape->member_len == 0) return slice_of(text, (size_t)sprintf(text, "%llu", 1000000ULL + number));
    struct random random = { number };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    uint64_t bits = random_next(&random);
    for (size_t i = 0; i < shape->member_len; i++, bits >>= 6) {
        if (i % 10 == 9) bits = random_next(&random);
        text[i] = letters[bits & 63];
    }
    return slice_of(text, shape->member_len);
}

static void put(struct value *value, const struct shape *shape, uint64_t number)
{
    static const char payload[] = "value of some length, which is never an integer";
    char text[32];
    struct member member = member_of(text_of(shape, text, number), HASH_SEED);
    if (shape->type == &hash_type)
        hash_put(value, &member, slice_of(payload, shape->value_len));
    else
        set_add(value, &member);
}

static bool find(const struct value *value, const struct shape *shape, uint64_t number)
{
    char text[32];
    struct member member = member_of(text_of(shape, text, number), HASH_SEED);
    struct atom atom;
    return shape->type == &hash_type ? hash_find(value, &member, &atom) : set_has(value, &member);
}

static bool take(struct value *value, const struct shape *shape, uint64_t number)
{
    char text[32];
    struct member member = member_of(text_of(shape, text, number), HASH_SEED);
    return shape->type == &hash_type ? hash_remove(value, &member) : set_remove(value, &member);
}

static size_t walk(const struct value *value)
{
    size_t seen = 0;
    struct atom member, text;
    if (value->type == &hash_type) {
        struct hash_walk walk = hash_walk(value);
        while (hash_next(&walk, &member, &text)) seen += 1 + (text.text.len > 100);
    } else {
        struct set_walk walk = set_walk(value);
        while (set_next(&walk, &member)) seen += 1 + (member.text.len > 100);
    }
    return seen;
}

static double payload_of(const struct shape *shape)
{
    return (double)(shape->member_len > 0 ? shape->member_len : 7) + (double)shape->value_len;
}

/* Of making and hashing a text, which is no part of an operation. */
static double time_texts(const struct shape *shape, size_t elements)
{
    char text[32];
    uint64_t sink = 0;
    double began = now_ns();
    for (size_t i = 0; i < elements; i++) sink += member_of(text_of(shape, text, i), HASH_SEED).hash;
    __asm__ volatile("" : : "r"(sink));
    return (now_ns() - began) / (double)elements;
}

static double since(double began_ns, size_t times, double less)
{
    return (now_ns() - began_ns) / (double)times - less;
}

static uint64_t draw(void *state)
{
    return random_next(state);
}

static void draw_one(const struct value *value, struct random *random)
{
    struct atom member, text;
    if (value->type == &hash_type)
        hash_at_random(value, draw, random, &member, &text);
    else
        member = set_at_random(value, draw, random).member;
    __asm__ volatile("" : : "r"(&member) : "memory");
}

static void time_reads(const struct value *value, const struct shape *shape, size_t elements, double *rows)
{
    struct random random = { 1 };
    double text_ns = time_texts(shape, elements), began = now_ns();
    size_t found = 0;
    for (size_t i = 0; i < elements; i++) found += find(value, shape, random_below(&random, elements));
    rows[FIND] = since(began, elements, text_ns);
    began = now_ns();
    for (size_t i = 0; i < elements; i++)
        found += find(value, shape, elements + random_below(&random, elements));
    rows[MISS] = since(began, elements, text_ns);
    began = now_ns();
    found += walk(value);
    rows[ITERATE] = since(began, elements, 0);
    began = now_ns();
    for (size_t i = 0; i < elements; i++) draw_one(value, &random);
    rows[RANDOM] = since(began, elements, 0);
    if (found != 2 * elements) program_fail("elements were lost");
}

static void measure_large(const struct shape *shape, size_t elements, double *rows)
{
    double text_ns = time_texts(shape, elements);
    size_t before = resident();
    struct value value = value_make(shape->type, &value_limits_default, HASH_SEED);
    double began = now_ns();
    for (size_t i = 0; i < elements; i++) put(&value, shape, i);
    rows[NEW] = since(began, elements, text_ns);
    double count = (double)elements;
    rows[CHARGED] = (double)shape->type->bytes(value.root) / count - payload_of(shape);
    rows[RESIDENT] = (double)(resident() - before) / count - payload_of(shape);

    time_reads(&value, shape, elements, rows);
    began = now_ns();
    for (size_t i = 0; i < elements; i++) put(&value, shape, i * 7919 % elements);
    rows[AGAIN] = since(began, elements, text_ns);
    began = now_ns();
    for (size_t i = 0; i < elements / 2; i++) take(&value, shape, i * 7919 % elements);
    rows[REMOVE] = since(began, elements / 2, text_ns);
    began = now_ns();
    value_clear(&value);
    rows[FREE] = since(began, elements - elements / 2, 0);
}

#define SMALL       10
#define ENTRY_BYTES 8
#define KEY_BYTES   16
#define SLOT_BYTES  10.7

static void measure_small(const struct shape *shape, size_t times, double *rows)
{
    double text_ns = time_texts(shape, times);
    struct value value = value_make(shape->type, &value_limits_default, HASH_SEED);
    for (size_t i = 0; i < SMALL; i++) put(&value, shape, i);
    double beside =
        (double)block_real_size(ENTRY_BYTES + KEY_BYTES + value.packed_len) - KEY_BYTES + SLOT_BYTES;
    rows[SMALL_CHARGED] = beside / SMALL - payload_of(shape);

    size_t found = 0;
    double began = now_ns();
    for (size_t i = 0; i < times; i++) found += find(&value, shape, i % SMALL);
    rows[SMALL_FIND] = since(began, times, text_ns);
    began = now_ns();
    for (size_t i = 0; i < times / SMALL; i++) found += walk(&value);
    rows[SMALL_ITERATE] = since(began, times / SMALL * SMALL, 0);
    began = now_ns();
    for (size_t i = 0; i < times; i++) {
        take(&value, shape, i % SMALL);
        put(&value, shape, i % SMALL);
    }
    rows[SMALL_CHANGE] = since(began, times, 2 * text_ns);
    if (found != times + times / SMALL * SMALL) program_fail("elements were lost");
    value_clear(&value);
}

static void measure(const struct shape *shape, size_t elements, double *rows)
{
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) program_fail("no process");
    if (child == 0) {
        measure_large(shape, elements, rows);
        measure_small(shape, elements, rows);
        _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) program_fail("%s: failed", shape->name);
}

static void print(const struct result *results)
{
    struct table *table = ALLOC_NEW(struct table);
    table->columns = 1 + SHAPES;
    table_add(table, "an element");
    for (size_t i = 0; i < SHAPES; i++) table_add(table, "%s", shapes[i].name);
    for (size_t row = 0; row < ROWS; row++) {
        table_add(table, "%s", row_names[row]);
        for (size_t i = 0; i < SHAPES; i++) table_add(table, "%.1f", results[i].rows[row]);
    }
    table_print(table);
    alloc_free(table);
}

int main(int argc, char **argv)
{
    uint64_t elements = 1000000;
    const struct option options[] = {
        { "elements", OPTION_COUNT, &elements, "N", "of the large ones, from 1000 on (1m)" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (elements < 1000 || elements > 9000000) program_fail("--elements must be from 1000 to 9m");
    struct result *results =
        mmap(NULL, SHAPES * sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (results == MAP_FAILED) program_fail("no memory");
    for (size_t i = 0; i < SHAPES; i++) measure(&shapes[i], elements, results[i].rows);
    print(results);
    return EXIT_SUCCESS;
}
