/*
 * acl_patterns.h - the patterns of keys, or channels, that a selector allows.
 *
 * Each begins with some bytes that match themselves alone, mostly more than one. The first eight of them are
 * kept as a word, so that a name is held against the wrong patterns at the cost of a comparison each; and
 * most patterns are such a prefix and a star, where nothing more need be tried.
 *
 * Threads: the owner's while they are added; immutable in a user that was published (user.h).
 */
#ifndef SERVER_EXEC_ACL_ACL_PATTERNS_H
#define SERVER_EXEC_ACL_ACL_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/slice.h"

struct acl_pattern {
    uint64_t head;   /* the first bytes that match themselves alone, at most eight, as a word */
    uint64_t mask;   /* which of its bits are */
    size_t plain;    /* so many bytes match themselves alone */
    unsigned rights; /* of keys: enum key_right */
    bool is_simple;  /* they are all in `head`, and behind them is a star, no more */
    bool is_prefix;  /* the same, of any length */
    char *text;      /* terminated, and may hold a NUL before that */
    size_t len;
};

struct acl_patterns {
    struct acl_pattern *items;
    size_t len, cap;
    bool all; /* every name; then there are no patterns */
};

struct acl_patterns acl_patterns_copy(const struct acl_patterns *patterns);
void acl_patterns_clear(struct acl_patterns *patterns);
void acl_patterns_allow_all(struct acl_patterns *patterns);
/* To one that is there `rights` are added. */
void acl_patterns_add(struct acl_patterns *patterns, struct slice text, unsigned rights);

/* The name begins as it does: does it match? */
bool acl_pattern_matches_rest(const struct acl_pattern *pattern, struct slice name);

/* As `head` of a pattern: zeros behind a name that is shorter. */
uint64_t acl_head_of_short(struct slice name);
static inline uint64_t acl_head_of(struct slice name)
{
    return name.len >= sizeof(uint64_t) ? bytes_load64(name.data) : acl_head_of_short(name);
}

static inline bool acl_pattern_matches(const struct acl_pattern *pattern, struct slice name, uint64_t head)
{
    if (((head ^ pattern->head) & pattern->mask) != 0) return false;
    if (name.len < pattern->plain) return false;
    return pattern->is_simple || acl_pattern_matches_rest(pattern, name);
}

/* Is there one that matches the name, with all of these rights? */
static inline bool acl_patterns_match(const struct acl_patterns *patterns, struct slice name, unsigned rights)
{
    uint64_t head = acl_head_of(name);
    const struct acl_pattern *item = patterns->items;
    for (size_t left = patterns->len; left > 0; left--, item++)
        if (acl_pattern_matches(item, name, head) && (item->rights & rights) == rights) return true;
    return false;
}

#endif
