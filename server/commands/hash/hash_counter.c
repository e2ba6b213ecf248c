#include <math.h>

#include "proto/base/number.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/string/sum.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/hash.h"

/* The number in a field, 0 where there is none, and the deadline, which stays. False: replied. */
static bool read_integer(struct call *call, const struct value *hash, const struct member *field,
                         int64_t *number, int64_t *deadline_ms)
{
    struct atom value = atom_of_integer(0);
    *deadline_ms = HASH_NO_DEADLINE;
    if (hash_look(hash, field, &value, deadline_ms) && !atom_is_integer(&value)) {
        reply_error(call->reply, SLICE(ERR_HASH_NOT_INTEGER));
        return false;
    }
    *number = value.integer;
    return true;
}

static void hincrby(struct call *call)
{
    int64_t by;
    struct collection hash;
    if (!call_arg_int(call, 3, &by) || !collection_edit(call, 1, &hash_type, &hash)) return;

    struct member field = collection_member(call, 2);
    int64_t number, deadline_ms;
    bool fits = read_integer(call, hash.value, &field, &number, &deadline_ms) &&
                sum_integers(call, number, by, &number);
    if (fits) {
        char text[NUMBER_I64_MAX];
        hash_put_until(hash.value, &field, slice_of(text, number_format_i64(text, number)), deadline_ms);
        reply_int(call->reply, number);
    }
    collection_commit(call, &hash, fits ? EVENT_HINCRBY : EVENT_NONE);
}

static bool read_fraction(struct call *call, const struct value *hash, const struct member *field,
                          long double *number, int64_t *deadline_ms)
{
    char scratch[NUMBER_I64_MAX];
    struct atom value = atom_of_integer(0);
    *deadline_ms = HASH_NO_DEADLINE;
    hash_look(hash, field, &value, deadline_ms);
    return sum_read_fraction(call, atom_text(&value, scratch), SLICE(ERR_HASH_NOT_FLOAT), number);
}

static bool read_increment(struct call *call, long double *by)
{
    if (!sum_read_fraction(call, call->argv[3], SLICE(ERR_NOT_FLOAT), by)) return false;
    if (!isinf(*by)) return true;
    reply_error(call->reply, SLICE(ERR_NOT_FINITE));
    return false;
}

static void hincrbyfloat(struct call *call)
{
    long double by;
    struct collection hash;
    if (!read_increment(call, &by) || !collection_edit(call, 1, &hash_type, &hash)) return;

    struct member field = collection_member(call, 2);
    long double number;
    int64_t deadline_ms;
    char digits[NUMBER_DOUBLE_MAX];
    struct slice sum;
    bool fits = read_fraction(call, hash.value, &field, &number, &deadline_ms) &&
                sum_fractions(call, number, by, digits, &sum);
    if (fits) {
        hash_put_until(hash.value, &field, sum, deadline_ms);
        reply_bulk(call->reply, sum);
    }
    collection_commit(call, &hash, fits ? EVENT_HINCRBYFLOAT : EVENT_NONE);
}

const struct command hash_counter_commands[] = {
    { "hincrby", hincrby, .syntax = "key field increment",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) }, .member = 2,
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash",
      .since = "2.0.0", .cost = "O(1)", .reply = "integer", .summary = "Add to the integer of a field." },
    { "hincrbyfloat", hincrbyfloat, .syntax = "key field increment",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) }, .member = 2,
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash",
      .since = "2.6.0", .cost = "O(1)", .reply = "bulk string",
      .summary = "Add to the number of a field, fractions included." },
    { 0 },
};
