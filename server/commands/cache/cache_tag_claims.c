#include "proto/base/number.h"
#include "server/commands/cache/cache_tags.h"
#include "server/exec/acl/selector.h"

static bool is_word(struct slice argument, const char *word)
{
    return slice_equal_nocase(argument, slice_of_cstr(word));
}

/* CACHE SET key value [...] TAGS numtags tag [tag ...]: all other words have one value each. */
bool cache_tags_given(const struct slice *argv, int argc, struct tag_claim *claim)
{
    int64_t count;
    int arg = claim->end != 0 ? claim->end : 4;
    while (arg + 1 < argc && !is_word(argv[arg], "tags")) arg += 2;
    if (arg + 1 >= argc || !number_parse_i64(argv[arg + 1], &count)) return false;
    if (count < 1 || count > argc - arg - 2) return false;
    *claim = (struct tag_claim){ .first = arg + 2, .end = arg + 2 + (int)count, .rights = RIGHT_READ };
    return true;
}

/* CACHE INVALIDATE [SOFT] TAGS tag [tag ...], or MATCH pattern. */
bool cache_tags_bumped(const struct slice *argv, int argc, struct tag_claim *claim)
{
    int word = argc > 2 && is_word(argv[2], "soft") ? 3 : 2;
    if (claim->end != 0 || word + 1 >= argc) return false;
    bool by_pattern = is_word(argv[word], "match");
    *claim =
        (struct tag_claim){ .first = word + 1, .end = argc, .rights = RIGHT_WRITE, .every_key = by_pattern };
    return by_pattern || is_word(argv[word], "tags");
}

/* CACHE SCAN cursor [... TAG tag]: words have one value each. Who is shown which keys have a tag has read it.
 */
bool cache_tags_scanned(const struct slice *argv, int argc, struct tag_claim *claim)
{
    int arg = claim->end != 0 ? claim->end : 3;
    while (arg + 1 < argc && !is_word(argv[arg], "tag")) arg += 2;
    if (arg + 1 >= argc) return false;
    *claim = (struct tag_claim){ .first = arg + 1, .end = arg + 2, .rights = RIGHT_READ };
    return true;
}
