#include "storage/dump/dump_list.h"

#include "storage/dump/length.h"
#include "storage/types/list.h"

/* What goes before each node where it is said. */
enum { NODE_PLAIN = 1, NODE_PACKED = 2 };

static void push(struct value *list, const struct atom *element)
{
    char text[NUMBER_I64_MAX];
    list_push(list, LIST_TAIL, atom_text(element, text));
}

static bool push_all(struct source *source, enum elements_form form, struct value *list)
{
    struct elements elements;
    struct atom element;
    elements_open(&elements, source, form);
    while (elements_next(&elements, &element)) push(list, &element);
    return elements_close(&elements);
}

bool dump_list_read(struct source *source, enum elements_form form, struct value *list)
{
    if (!push_all(source, form, list)) return false;
    list_expect(list, 0, 0);
    return true;
}

static void push_plain(struct source *source, struct value *list)
{
    struct buffer scratch = { 0 };
    struct slice text = dump_text_read_bytes(source, &scratch);
    if (text.len > ELEMENTS_TEXT_MAX) source_fail(source);
    if (!source->failed) list_push(list, LIST_TAIL, text);
    buffer_clear(&scratch);
}

static void push_node(struct source *source, enum dump_nodes nodes, struct value *list)
{
    uint64_t container = nodes == DUMP_NODES_SAYING ? length_read(source) : NODE_PACKED;
    if (container == NODE_PLAIN)
        push_plain(source, list);
    else if (container == NODE_PACKED)
        push_all(source, nodes == DUMP_NODES_SAYING ? ELEMENTS_LISTPACK : ELEMENTS_ZIPLIST, list);
    else
        source_fail(source);
}

bool dump_list_read_nodes(struct source *source, enum dump_nodes nodes, struct value *list)
{
    uint64_t count = length_read_count(source, 1);
    for (uint64_t i = 0; i < count && !source->failed; i++) push_node(source, nodes, list);
    if (source->failed) return false;
    list_expect(list, 0, 0);
    return true;
}

void dump_list_write(struct buffer *out, const struct value *list, enum dump_texts how)
{
    struct list_walk walk = list_walk(list, 0, LIST_TAIL);
    struct atom element;
    length_write(out, value_len(list));
    while (list_next(&walk, &element)) dump_text_write_atom(out, &element, how);
}
