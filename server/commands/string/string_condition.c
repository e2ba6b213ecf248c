#include "server/commands/string/string_condition.h"

#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#include "proto/base/number.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

enum string_condition string_condition_named(struct slice word)
{
    if (slice_equal_nocase(word, SLICE("ifeq"))) return STRING_IF_EQUAL;
    if (slice_equal_nocase(word, SLICE("ifne"))) return STRING_IF_DIFFERENT;
    if (slice_equal_nocase(word, SLICE("ifdeq"))) return STRING_IF_DIGEST;
    if (slice_equal_nocase(word, SLICE("ifdne"))) return STRING_IF_OTHER_DIGEST;
    return STRING_ALWAYS;
}

bool string_condition_is_good(struct call *call, enum string_condition condition, int arg)
{
    if (condition != STRING_IF_DIGEST && condition != STRING_IF_OTHER_DIGEST) return true;
    if (call->argv[arg].len == DIGEST_TEXT_LEN) return true;
    reply_error(call->reply, SLICE(ERR_DIGEST_LENGTH));
    return false;
}

void string_digest(const struct entry *entry, char text[DIGEST_TEXT_LEN])
{
    static const char digits[] = "0123456789abcdef";
    char scratch[NUMBER_I64_MAX];
    struct slice value = entry_text(entry, scratch);
    uint64_t hash = XXH3_64bits(value.data, value.len);
    for (int i = DIGEST_TEXT_LEN - 1; i >= 0; i--, hash >>= 4) text[i] = digits[hash & 15];
}

static bool has_digest(const struct entry *entry, struct slice wanted)
{
    char text[DIGEST_TEXT_LEN];
    string_digest(entry, text);
    return slice_equal_nocase(wanted, slice_of(text, sizeof text));
}

static bool has_text(const struct entry *entry, struct slice wanted)
{
    char scratch[NUMBER_I64_MAX];
    return slice_equal(entry_text(entry, scratch), wanted);
}

bool string_condition_holds(enum string_condition condition, struct slice wanted, const struct entry *entry)
{
    switch (condition) {
    case STRING_ALWAYS: break;
    case STRING_IF_ABSENT: return entry == NULL;
    case STRING_IF_PRESENT: return entry != NULL;
    case STRING_IF_EQUAL: return entry != NULL && has_text(entry, wanted);
    case STRING_IF_DIFFERENT: return entry == NULL || !has_text(entry, wanted);
    case STRING_IF_DIGEST: return entry != NULL && has_digest(entry, wanted);
    case STRING_IF_OTHER_DIGEST: return entry == NULL || !has_digest(entry, wanted);
    }
    return true;
}
