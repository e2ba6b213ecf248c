#include "server/exec/acl/acl_patterns.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/glob.h"

static struct acl_pattern pattern_of(struct slice text, unsigned rights)
{
    struct acl_pattern pattern = { .text = alloc_cstr(text.data, text.len),
                                   .len = text.len,
                                   .rights = rights };
    size_t plain = 0;
    while (plain < text.len && memchr("*?[\\", text.data[plain], 4) == NULL) plain++;
    size_t in_head = plain < sizeof pattern.head ? plain : sizeof pattern.head;
    memset(&pattern.mask, 0xff, in_head);
    pattern.head = acl_head_of(slice_of(text.data, in_head));
    pattern.plain = plain;
    pattern.is_prefix = plain + 1 == text.len && text.data[plain] == '*';
    pattern.is_simple = pattern.is_prefix && plain == in_head;
    return pattern;
}

/* Apart, like the next, so that whoever asks for them rarely need not make ready for a call. */
__attribute__((noinline)) uint64_t acl_head_of_short(struct slice name)
{
    uint64_t head = 0;
    for (size_t i = 0; i < name.len; i++) ((char *)&head)[i] = name.data[i];
    return head;
}

__attribute__((noinline)) bool acl_pattern_matches_rest(const struct acl_pattern *pattern, struct slice name)
{
    if (memcmp(name.data, pattern->text, pattern->plain) != 0) return false;
    return pattern->is_prefix || glob_match(slice_of(pattern->text, pattern->len), name);
}

struct acl_patterns acl_patterns_copy(const struct acl_patterns *patterns)
{
    struct acl_patterns copy = { .all = patterns->all };
    for (size_t i = 0; i < patterns->len; i++) {
        const struct acl_pattern *item = &patterns->items[i];
        ARRAY_RESERVE(copy.items, copy.len, copy.cap, patterns->len);
        copy.items[copy.len++] = pattern_of(slice_of(item->text, item->len), item->rights);
    }
    return copy;
}

void acl_patterns_clear(struct acl_patterns *patterns)
{
    for (size_t i = 0; i < patterns->len; i++) alloc_free(patterns->items[i].text);
    alloc_free(patterns->items);
    *patterns = (struct acl_patterns){ 0 };
}

void acl_patterns_allow_all(struct acl_patterns *patterns)
{
    acl_patterns_clear(patterns);
    patterns->all = true;
}

static struct acl_pattern *find(struct acl_patterns *patterns, struct slice text)
{
    for (size_t i = 0; i < patterns->len; i++) {
        struct acl_pattern *item = &patterns->items[i];
        if (slice_equal(slice_of(item->text, item->len), text)) return item;
    }
    return NULL;
}

void acl_patterns_add(struct acl_patterns *patterns, struct slice text, unsigned rights)
{
    struct acl_pattern *item = find(patterns, text);
    if (item != NULL) {
        item->rights |= rights;
        return;
    }
    ARRAY_RESERVE(patterns->items, patterns->len, patterns->cap, 4);
    patterns->items[patterns->len++] = pattern_of(text, rights);
}
