#include "storage/dump/dump_list.h"

#include "storage/dump/encodings/length.h"
#include "storage/types/list.h"

/* What goes before each node where it is said. */
enum { NODE_PLAIN = 1, NODE_PACKED = 2 };

static bool add_all(struct source *source, enum elements_form form, struct list_fill *fill)
{
    struct elements elements;
    struct atom element;
    elements_open(&elements, source, form);
    while (elements_next(&elements, &element)) list_fill_add(fill, &element);
    return elements_close(&elements);
}

bool dump_list_read(struct source *source, enum elements_form form, struct value *list)
{
    struct list_fill fill;
    list_fill_init(&fill, list);
    bool good = add_all(source, form, &fill);
    list_fill_end(&fill);
    return good;
}

static void add_plain(struct source *source, struct list_fill *fill)
{
    struct buffer scratch = { 0 };
    struct atom element = dump_text_read(source, &scratch);
    if (element.text.len > ELEMENTS_TEXT_MAX) source_fail(source);
    if (!source->failed) list_fill_add(fill, &element);
    buffer_clear(&scratch);
}

static void add_node(struct source *source, enum dump_nodes nodes, struct list_fill *fill)
{
    uint64_t container = nodes == DUMP_NODES_SAYING ? length_read(source) : NODE_PACKED;
    if (container == NODE_PLAIN)
        add_plain(source, fill);
    else if (container == NODE_PACKED)
        add_all(source, nodes == DUMP_NODES_SAYING ? ELEMENTS_LISTPACK : ELEMENTS_ZIPLIST, fill);
    else
        source_fail(source);
}

bool dump_list_read_nodes(struct source *source, enum dump_nodes nodes, struct value *list)
{
    struct list_fill fill;
    list_fill_init(&fill, list);
    uint64_t count = length_read_count(source, 1);
    for (uint64_t i = 0; i < count && !source->failed; i++) add_node(source, nodes, &fill);
    list_fill_end(&fill);
    return !source->failed;
}

void dump_list_write(struct buffer *out, const struct value *list, enum dump_texts how)
{
    struct list_walk walk = list_walk(list, 0, LIST_TAIL);
    struct atom element;
    length_write(out, value_len(list));
    while (list_next(&walk, &element)) dump_text_write_atom(out, &element, how);
}
