#include "server/upstream/copies/prefixes.h"

#include "proto/base/alloc.h"

static void add(struct prefixes *prefixes, struct slice prefix)
{
    if (prefix.len == 0) return;
    size_t bytes = (prefixes->count + 1) * sizeof(*prefixes->items);
    prefixes->items = alloc_resize(prefixes->items, bytes);
    prefixes->items[prefixes->count++] = prefix;
}

void prefixes_read(struct prefixes *prefixes, struct settings *settings, enum setting_text which)
{
    *prefixes = (struct prefixes){ 0 };
    settings_copy_text(settings, which, &prefixes->text);
    const struct buffer *text = &prefixes->text;
    size_t start = 0;
    for (size_t at = 0; at < text->len; at++) {
        if (text->data[at] != ' ') continue;
        add(prefixes, slice_of(text->data + start, at - start));
        start = at + 1;
    }
    if (text->len > start) add(prefixes, slice_of(text->data + start, text->len - start));
}

void prefixes_clear(struct prefixes *prefixes)
{
    buffer_clear(&prefixes->text);
    alloc_free(prefixes->items);
    *prefixes = (struct prefixes){ 0 };
}

bool prefixes_match(const struct prefixes *prefixes, struct slice name)
{
    for (size_t i = 0; i < prefixes->count; i++) {
        struct slice prefix = prefixes->items[i];
        if (name.len >= prefix.len && slice_equal(slice_of(name.data, prefix.len), prefix)) return true;
    }
    return false;
}
