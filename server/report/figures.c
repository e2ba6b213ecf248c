#include "server/report/figures.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "server/report/info.h"

static void add(struct figures *figures, struct slice line)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == NULL) return;
    size_t name = (size_t)(colon - line.data);
    ARRAY_RESERVE(figures->items, figures->len, figures->cap, 256);
    figures->items[figures->len++] = (struct figure){ .name = slice_of(line.data, name),
                                                      .value = slice_of(colon + 1, line.len - name - 1) };
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
    for (const struct info_section *section = info_sections; section->name != NULL; section++)
        if (section->by_default) section->write(server, &figures->text);
    split(figures);
}

void figures_clear(struct figures *figures)
{
    buffer_clear(&figures->text);
    alloc_free(figures->items);
    figures->items = NULL;
    figures->len = figures->cap = 0;
}

struct slice figures_find(const struct figures *figures, struct slice name)
{
    for (size_t i = 0; i < figures->len; i++)
        if (slice_equal(figures->items[i].name, name)) return figures->items[i].value;
    return (struct slice){ 0 };
}
