#include "tests/differential/compare/iteration.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "tests/differential/generate/arena.h"
#include "tests/differential/generate/stream.h"
#include "tests/support/client/client.h"

#define PAGES_MAX     10000
#define ARGUMENTS_MAX 64

struct set {
    struct slice *items;
    size_t len;
    size_t cap;
    struct arena arena;
};

static void add(struct set *set, struct slice item)
{
    ARRAY_RESERVE(set->items, set->len, set->cap, 16);
    set->items[set->len++] = arena_copy(&set->arena, item);
}

/* Scores are written in other ways by other versions: a number is told by its value. */
static void add_told(struct set *set, struct slice item)
{
    char text[64];
    int64_t integer;
    double value;
    if (!number_parse_i64(item, &integer) && number_parse_double(item, &value))
        item = slice_of(text, (size_t)snprintf(text, sizeof text, "%.17g", value));
    add(set, item);
}

/* Add the keys of a page; false when `reply` is none. `*cursor` points into the set's arena. */
static bool add_page(struct set *set, struct slice reply, struct slice *cursor)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    for (int i = 0; reply.len > 0; i++) {
        size_t consumed = 0;
        if (reply_reader_next(&reader, reply, &element, &consumed) != READER_READY) return false;
        reply = slice_of(reply.data + consumed, reply.len - consumed);
        if (i == 0 && (element.type != REPLY_ARRAY || element.len != 2)) return false;
        if (i == 1) *cursor = arena_copy(&set->arena, element.text);
        if (i == 2 && element.type != REPLY_ARRAY) return false;
        if (i > 2) add_told(set, element.text);
    }
    return true;
}

/* Behind the key, if there is one. */
static size_t cursor_place(const struct step *step)
{
    return slice_equal_nocase(step->argv[0], SLICE("scan")) ? 1 : 2;
}

static bool ask_page(struct client *client, const struct step *step, struct slice cursor, struct slice *reply)
{
    struct slice argv[ARGUMENTS_MAX];
    size_t place = cursor_place(step);
    for (size_t i = 0; i < step->argc; i++) argv[i] = i == place ? cursor : step->argv[i];
    return client_send_argv(client, step->argc, argv) && client_read(client, reply);
}

static int compare(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    if (x->len != y->len) return x->len > y->len ? 1 : -1;
    return x->len == 0 ? 0 : memcmp(x->data, y->data, x->len);
}

static void write_set(struct set *set, struct buffer *out)
{
    if (set->len > 0) qsort(set->items, set->len, sizeof *set->items, compare);
    size_t unique = 0;
    for (size_t i = 0; i < set->len; i++) {
        if (unique == 0 || compare(&set->items[unique - 1], &set->items[i]) != 0) {
            set->items[unique++] = set->items[i];
        }
    }
    client_format_argv(out, unique, set->items);
}

bool iteration_finish(struct client *client, const struct step *step, struct slice reply, struct buffer *out)
{
    struct set set = { 0 };
    struct slice cursor = { 0 };
    bool fine = true;
    int pages = 0;
    bool page = step->argc <= ARGUMENTS_MAX && add_page(&set, reply, &cursor);
    if (!page) buffer_append(out, reply.data, reply.len);
    /* A cursor that the server did not give out may start anywhere: only that there is a page counts. */
    if (page && !slice_equal(step->argv[cursor_place(step)], SLICE("0"))) {
        cursor = SLICE("0");
        set.len = 0;
    }
    while (page && fine && !slice_equal(cursor, SLICE("0"))) {
        fine =
            pages++ < PAGES_MAX && ask_page(client, step, cursor, &reply) && add_page(&set, reply, &cursor);
    }
    if (page && fine) write_set(&set, out);
    arena_clear(&set.arena);
    alloc_free(set.items);
    return fine;
}
