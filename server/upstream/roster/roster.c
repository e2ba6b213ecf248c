#include "server/upstream/roster/roster.h"

#include <ctype.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/chains.h"
#include "proto/reply_reader.h"

struct roster {
    struct roster_row *rows;
    size_t len;
    size_t cap;
    struct chains by_name;
};

const struct roster_row *roster_find(const struct roster *roster, struct slice name)
{
    if (roster == NULL) return NULL;
    struct chain *at = chains_find(&roster->by_name, chains_hash_name(name));
    for (; at != NULL; at = chain_next(at)) {
        const struct roster_row *row = (const struct roster_row *)at;
        if (slice_equal_nocase(slice_of_cstr(row->name), name)) return row;
    }
    return NULL;
}

const struct roster_row *roster_find_call(const struct roster *roster, const struct slice *argv, int argc)
{
    char name[sizeof(((struct roster_row *)NULL)->name)];
    const struct roster_row *row = roster_find(roster, argv[0]);
    if (row == NULL || argc < 2 || argv[0].len + 1 + argv[1].len >= sizeof(name)) return row;
    memcpy(name, argv[0].data, argv[0].len);
    name[argv[0].len] = '|';
    memcpy(name + argv[0].len + 1, argv[1].data, argv[1].len);
    const struct roster_row *below = roster_find(roster, slice_of(name, argv[0].len + 1 + argv[1].len));
    return below != NULL ? below : row;
}

bool roster_accepts(const struct roster_row *row, int argc)
{
    return row->arity >= 0 ? argc == row->arity : argc >= -row->arity;
}

size_t roster_len(const struct roster *roster)
{
    return roster->len;
}

/* What runs other commands: Redis passes it over only because it tells MONITOR of it another way, before
 * those. Rows of the upstream's have but names. */
static bool runs_others(const struct roster_row *row)
{
    static const char *const names[] = { "eval",  "eval_ro",  "evalsha", "evalsha_ro",
                                         "fcall", "fcall_ro", "exec" };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(row->name, names[i]) == 0) return true;
    return false;
}

static void set_flag(struct roster_row *row, struct slice flag)
{
    if (slice_equal(flag, SLICE("readonly"))) row->reads = true;
    if (slice_equal(flag, SLICE("write"))) row->writes = true;
    if (slice_equal(flag, SLICE("blocking"))) row->blocks = true;
    if (slice_equal(flag, SLICE("movablekeys"))) row->moves_keys = true;
    if (slice_equal(flag, SLICE("may_replicate"))) row->may_replicate = true;
    if (slice_equal(flag, SLICE("admin")) || (slice_equal(flag, SLICE("skip_monitor")) && !runs_others(row)))
        row->unmonitored = true;
    if (slice_equal(flag, SLICE("skip_slowlog"))) row->unlogged = true;
    if (slice_equal(flag, SLICE("fast"))) row->fast = true;
}

/* Where what is of interest stands in a row. */
enum {
    PLACE_NAME,
    PLACE_ARITY,
    PLACE_FLAGS,
    PLACE_FIRST_KEY,
    PLACE_LAST_KEY,
    PLACE_STEP,
    PLACE_SUBCOMMANDS = 9
};

struct row_reader {
    struct roster_row row;
    int place; /* of the element that was begun last; -1: none */
};

static void read_name(struct roster_row *row, struct slice name)
{
    if (name.len >= sizeof(row->name)) return;
    for (size_t i = 0; i < name.len; i++) row->name[i] = (char)tolower((unsigned char)name.data[i]);
}

static void read_element(struct row_reader *reader, const struct reply_element *element)
{
    struct roster_row *row = &reader->row;
    switch (++reader->place) {
    case PLACE_NAME: read_name(row, element->text); break;
    case PLACE_ARITY: row->arity = (int)element->integer; break;
    case PLACE_FIRST_KEY: row->first_key = (int)element->integer; break;
    case PLACE_LAST_KEY: row->last_key = (int)element->integer; break;
    case PLACE_STEP: row->step = (int)element->integer; break;
    default: break;
    }
}

/* The row is read, as far as it goes; the reader is ready for another. */
static void end_row(struct roster *roster, struct row_reader *reader)
{
    const struct roster_row *row = &reader->row;
    bool good = reader->place >= PLACE_STEP && row->name[0] != '\0' && (row->first_key < 1 || row->step >= 1);
    if (good) {
        ARRAY_RESERVE(roster->rows, roster->len, roster->cap, 256);
        roster->rows[roster->len++] = *row;
    }
    *reader = (struct row_reader){ .place = -1 };
}

/* When they have found their places for good. */
static void index_rows(struct roster *roster)
{
    for (size_t i = 0; i < roster->len; i++) {
        struct roster_row *row = &roster->rows[i];
        chains_add(&roster->by_name, &row->by_name, chains_hash_name(slice_of_cstr(row->name)));
    }
}

/* An element `depth` aggregates deep: rows stand one deep, their elements two, flags three; the rows of
 * subcommands stand in the tenth element of their container's row, three deep, and so on. */
static void read_one(struct roster *roster, struct row_reader *top, struct row_reader *below, int depth,
                     const struct reply_element *element)
{
    bool nested = top->place == PLACE_SUBCOMMANDS;
    switch (depth) {
    case 1: end_row(roster, top); break;
    case 2:
        end_row(roster, below);
        read_element(top, element);
        break;
    case 3:
        if (top->place == PLACE_FLAGS) set_flag(&top->row, element->text);
        if (nested) end_row(roster, below);
        break;
    case 4:
        if (nested) read_element(below, element);
        break;
    case 5:
        if (nested && below->place == PLACE_FLAGS) set_flag(&below->row, element->text);
        break;
    default: break;
    }
}

static void read_rows(struct roster *roster, struct slice reply)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    struct row_reader top = { .place = -1 }, below = { .place = -1 };
    size_t at = 0, len;
    for (int depth = 0; reply_reader_next(&reader, slice_of(reply.data + at, reply.len - at), &element,
                                          &len) == READER_READY;
         depth = reader.depth) {
        at += len;
        read_one(roster, &top, &below, depth, &element);
        if (reply_reader_at_end(&reader)) break;
    }
    end_row(roster, &below);
    end_row(roster, &top);
}

struct roster *roster_create(struct slice reply)
{
    if (reply.len == 0 || reply.data[0] != '*') return NULL;
    struct roster *roster = ALLOC_NEW(struct roster);
    read_rows(roster, reply);
    index_rows(roster);
    return roster;
}

void roster_destroy(struct roster **roster)
{
    if (*roster == NULL) return;
    chains_clear(&(*roster)->by_name);
    alloc_free((*roster)->rows);
    alloc_free(*roster);
    *roster = NULL;
}
