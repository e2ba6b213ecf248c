#include "server/upstream/reach.h"

#include <stdatomic.h>

#include "proto/base/number.h"
#include "server/loop.h"
#include "server/server.h"
#include "server/upstream/errand.h"
#include "server/upstream/roster.h"
#include "server/upstream/tier.h"

static struct reach keys_from(int first, int last, int step)
{
    return (struct reach){ .kind = REACH_KEYS, .first = first, .last = last, .step = step };
}

static const struct reach all = { .kind = REACH_ALL };

static bool has_word(const struct errand *errand, int from, struct slice word, int *at)
{
    for (int i = from; i < errand->argc; i++) {
        if (!slice_equal_nocase(errand->argv[i], word)) continue;
        *at = i;
        return true;
    }
    return false;
}

static struct reach counted(const struct errand *errand, int count_arg)
{
    int64_t count;
    bool told = count_arg < errand->argc && number_parse_i64(errand->argv[count_arg], &count);
    if (!told || count < 1 || count >= errand->argc - count_arg) return all;
    return keys_from(count_arg + 1, count_arg + (int)count, 1);
}

static struct reach of_streams(const struct errand *errand, int none)
{
    int at;
    (void)none;
    if (!has_word(errand, 1, SLICE("streams"), &at)) return all;
    int keys = (errand->argc - at - 1) / 2;
    return keys > 0 ? keys_from(at + 1, at + keys, 1) : all;
}

/* Other keys are read by patterns. */
static struct reach of_sort(const struct errand *errand, int key_arg)
{
    int at;
    if (has_word(errand, 2, SLICE("by"), &at) || has_word(errand, 2, SLICE("get"), &at)) return all;
    return keys_from(key_arg, key_arg, 1);
}

/* Commands that change nothing and whose keys stand behind their number or a word. */
static const struct {
    const char *name;
    struct reach (*find)(const struct errand *errand, int place);
    int place;
} movers[] = {
    { "zunion", counted, 1 },     { "zinter", counted, 1 },     { "zdiff", counted, 1 },
    { "zintercard", counted, 1 }, { "sintercard", counted, 1 }, { "xread", of_streams, 0 },
    { "sort_ro", of_sort, 1 },
};

static struct reach of_mover(const struct errand *errand)
{
    for (size_t i = 0; i < sizeof(movers) / sizeof(*movers); i++)
        if (slice_equal_nocase(errand->argv[0], slice_of_cstr(movers[i].name)))
            return movers[i].find(errand, movers[i].place);
    return all;
}

static struct reach of_row(const struct errand *errand, const struct roster_row *row)
{
    if (row->moves_keys) return row->reads ? of_mover(errand) : all;
    if (row->first_key < 1) return row->writes ? all : (struct reach){ .kind = REACH_NONE };
    int last = row->last_key < 0 ? errand->argc + row->last_key : row->last_key;
    bool there = row->first_key < errand->argc && last < errand->argc;
    return there ? keys_from(row->first_key, last, row->step) : all;
}

struct reach reach_of(const struct errand *errand)
{
    const struct roster *roster = atomic_load(&errand->home->server->tier->roster);
    const struct roster_row *row = roster_find_call(roster, errand->argv, errand->argc);
    struct reach reach = row == NULL || errand->kind == KIND_EXEC ? all : of_row(errand, row);
    reach.writes = reach.kind != REACH_NONE && !errand_is_read(errand);
    return reach;
}
