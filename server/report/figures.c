#include "server/report/figures.h"

#include <string.h>

#include "server/report/info.h"

static size_t hash_of(struct slice name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
    return hash;
}

/* The slot of that name, or the free one where it belongs. */
static size_t slot_of(const struct figures *figures, struct slice name)
{
    size_t slot = hash_of(name) % FIGURES_SLOTS;
    while (figures->slots[slot] != 0 && !slice_equal(figures->items[figures->slots[slot] - 1].name, name))
        slot = (slot + 1) % FIGURES_SLOTS;
    return slot;
}

static void add(struct figures *figures, struct slice line)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == NULL || figures->len == FIGURES_MAX) return;
    size_t name = (size_t)(colon - line.data);
    size_t slot = slot_of(figures, slice_of(line.data, name));
    figures->items[figures->len++] = (struct figure){ .name = slice_of(line.data, name),
                                                      .value = slice_of(colon + 1, line.len - name - 1) };
    figures->slots[slot] = (uint16_t)figures->len;
}

static void split(struct figures *figures)
{
    struct slice rest = buffer_slice(&figures->text);
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\r', rest.len);
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;
        add(figures, slice_of(rest.data, len));
        size_t passed = len + 2 < rest.len ? len + 2 : rest.len;
        rest = slice_of(rest.data + passed, rest.len - passed);
    }
}

void figures_read(struct figures *figures, struct server *server)
{
    figures->text.len = 0;
    figures->len = 0;
    memset(figures->slots, 0, sizeof(figures->slots));
    for (const struct info_section *section = info_sections; section->name != NULL; section++)
        if (section->by_default) section->write(server, &figures->text);
    split(figures);
}

void figures_clear(struct figures *figures)
{
    buffer_clear(&figures->text);
    figures->len = 0;
}

struct slice figures_find(const struct figures *figures, struct slice name)
{
    size_t slot = slot_of(figures, name);
    if (figures->slots[slot] == 0) return (struct slice){ 0 };
    return figures->items[figures->slots[slot] - 1].value;
}
