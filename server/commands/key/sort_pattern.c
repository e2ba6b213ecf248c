#include "server/commands/key/sort_pattern.h"

#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "server/commands/collection/collection.h"
#include "server/exec/call.h"
#include "storage/types/hash.h"

/* The arrow with something behind it; NULL: there is none. */
static const char *find_arrow(const char *from, const char *end)
{
    for (const char *at = from; at + 2 < end; at++) {
        if (at[0] == '-' && at[1] == '>') return at;
    }
    return NULL;
}

struct sort_pattern sort_pattern_of(struct slice text)
{
    struct sort_pattern pattern = { .kind = SORT_PATTERN_CONSTANT };
    if (text.len == 0) return pattern;
    const char *end = text.data + text.len, *visible_end = text.data + strnlen(text.data, text.len);
    struct slice visible = slice_of(text.data, (size_t)(visible_end - text.data));
    if (slice_equal(visible, SLICE("#"))) pattern.kind = SORT_PATTERN_ELEMENT;
    const char *star = memchr(visible.data, '*', visible.len);
    if (star == NULL) return pattern;

    const char *arrow = find_arrow(star + 1, visible_end);
    const char *behind_end = arrow != NULL ? arrow : end;
    pattern.kind = arrow != NULL ? SORT_PATTERN_FIELD : SORT_PATTERN_STRING;
    pattern.before = slice_of(text.data, (size_t)(star - text.data));
    pattern.behind = slice_of(star + 1, (size_t)(behind_end - star - 1));
    if (arrow != NULL) pattern.field = slice_of(arrow + 2, (size_t)(end - arrow - 2));
    return pattern;
}

static struct slice write_name(const struct sort_pattern *pattern, const struct atom *element,
                               struct buffer *name)
{
    char scratch[NUMBER_I64_MAX];
    struct slice text = atom_text(element, scratch);
    buffer_truncate(name, 0);
    buffer_append(name, pattern->before.data, pattern->before.len);
    buffer_append(name, text.data, text.len);
    buffer_append(name, pattern->behind.data, pattern->behind.len);
    return buffer_slice(name);
}

static struct atom atom_of_string(const struct entry *entry)
{
    int64_t integer;
    if (entry_encoding(entry) == ENTRY_INT && entry_integer(entry, &integer)) return atom_of_integer(integer);
    return atom_of_text(entry_text(entry, NULL));
}

static bool find_string(struct call *call, struct slice name, struct atom *found)
{
    const struct entry *entry = call_find_name(call, name);
    if (entry == NULL || entry_type(entry) != ENTRY_STRING) return false;
    *found = atom_of_string(entry);
    return true;
}

static bool find_field(struct call *call, struct slice name, struct slice field, struct atom *found)
{
    struct value hash;
    struct member member = collection_member_of(call, field);
    return collection_find(call, name, &hash_type, &hash) && hash_find(&hash, &member, found);
}

bool sort_pattern_find(const struct sort_pattern *pattern, struct call *call, const struct atom *element,
                       struct buffer *name, struct atom *found)
{
    struct atom of = *element;
    switch (pattern->kind) {
    case SORT_PATTERN_CONSTANT: return false;
    case SORT_PATTERN_ELEMENT: *found = of; return true;
    case SORT_PATTERN_STRING: return find_string(call, write_name(pattern, &of, name), found);
    case SORT_PATTERN_FIELD: return find_field(call, write_name(pattern, &of, name), pattern->field, found);
    }
    return false;
}
