#include "server/observe/keys/prefix.h"

#include <string.h>

struct prefix_rule prefix_rule_make(struct slice delimiter, unsigned depth)
{
    size_t len = delimiter.len < PREFIX_DELIMITER_MAX ? delimiter.len : PREFIX_DELIMITER_MAX;
    struct prefix_rule rule = { .len = len, .depth = depth };
    if (len > 0) memcpy(rule.delimiter, delimiter.data, len);
    return rule;
}

bool prefix_rule_equal(const struct prefix_rule *a, const struct prefix_rule *b)
{
    return a->depth == b->depth && a->len == b->len && memcmp(a->delimiter, b->delimiter, a->len) == 0;
}

/* Where a delimiter stands in `name`, from `from` on; its length where none does. */
static size_t next_delimiter(const struct prefix_rule *rule, struct slice name, size_t from)
{
    while (from < name.len && name.len - from >= rule->len) {
        const char *found = memchr(name.data + from, rule->delimiter[0], name.len - from);
        if (found == NULL) break;
        size_t at = (size_t)(found - name.data);
        if (name.len - at >= rule->len && memcmp(found, rule->delimiter, rule->len) == 0) return at;
        from = at + 1;
    }
    return name.len;
}

struct slice prefix_of(const struct prefix_rule *rule, struct slice name)
{
    size_t end = 0;
    if (rule->len == 0 || name.len == 0) return slice_of(name.data, 0);
    for (size_t depth = 0, from = 0; depth < rule->depth; depth++) {
        size_t at = next_delimiter(rule, name, from);
        if (at == name.len) break;
        end = at;
        from = at + rule->len;
    }
    return slice_of(name.data, end < PREFIX_NAME_MAX ? end : PREFIX_NAME_MAX);
}
