#include "tests/differential/verdict.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/reply_reader.h"
#include "tests/differential/divergences.h"
#include "tests/support/pace.h"

static bool read_element(struct slice *input, struct reply_reader *reader, struct reply_element *element)
{
    size_t consumed = 0;
    if (reply_reader_next(reader, *input, element, &consumed) != READER_READY) return false;
    *input = slice_of(input->data + consumed, input->len - consumed);
    return true;
}

static bool first_element(struct slice reply, struct reply_element *element)
{
    struct reply_reader reader = { 0 };
    return read_element(&reply, &reader, element);
}

static bool same_kind(struct slice ours, struct slice theirs)
{
    struct reply_element mine, other;
    return first_element(ours, &mine) && first_element(theirs, &other) && mine.type == other.type;
}

static bool same_shape(struct slice ours, struct slice theirs)
{
    struct reply_reader mine = { 0 }, other = { 0 };
    struct reply_element a, b;
    while (ours.len > 0 && theirs.len > 0) {
        if (!read_element(&ours, &mine, &a) || !read_element(&theirs, &other, &b)) return false;
        if (a.type != b.type) return false;
        if (a.type >= REPLY_ARRAY && a.len != b.len) return false;
    }
    return ours.len == theirs.len;
}

static bool close_enough(int64_t tolerance, struct slice ours, struct slice theirs)
{
    struct reply_element a, b;
    if (!first_element(ours, &a) || !first_element(theirs, &b)) return false;
    if (a.type != REPLY_INT || b.type != REPLY_INT || a.integer < 0 || b.integer < 0) return false;
    int64_t apart = a.integer > b.integer ? a.integer - b.integer : b.integer - a.integer;
    return apart <= tolerance * PACE;
}

static int compare_slices(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    size_t shorter = x->len < y->len ? x->len : y->len;
    int order = shorter == 0 ? 0 : memcmp(x->data, y->data, shorter);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* The elements of an aggregate in byte order, the pairs of a map each as one; NULL: no aggregate. */
static struct slice *sorted_elements(struct slice reply, size_t *len, struct reply_element *head)
{
    struct reply_reader reader = { 0 };
    if (!read_element(&reply, &reader, head) || head->type < REPLY_ARRAY) return NULL;
    int parts = head->type == REPLY_MAP ? 2 : 1;
    struct slice *elements = alloc_bytes(((size_t)head->len + 1) * sizeof *elements);
    for (*len = 0; *len < (size_t)head->len; ++*len) {
        const char *start = reply.data;
        for (int i = 0; i < parts; i++) {
            struct reply_reader part = { 0 };
            size_t size;
            if (reply_reader_skip(&part, reply, &size) != READER_READY) break;
            reply = slice_of(reply.data + size, reply.len - size);
        }
        elements[*len] = slice_of(start, (size_t)(reply.data - start));
    }
    qsort(elements, *len, sizeof *elements, compare_slices);
    return elements;
}

static bool same_elements(struct slice ours, struct slice theirs)
{
    struct reply_element head, other_head;
    size_t len = 0, other_len = 0;
    struct slice *mine = sorted_elements(ours, &len, &head);
    struct slice *other = sorted_elements(theirs, &other_len, &other_head);
    bool same = mine != NULL && other != NULL && head.type == other_head.type && len == other_len;
    for (size_t i = 0; same && i < len; i++) same = slice_equal(mine[i], other[i]);
    alloc_free(mine);
    alloc_free(other);
    return same;
}

static bool is_error(struct slice reply)
{
    return reply.len > 0 && (*reply.data == '-' || *reply.data == '!');
}

bool verdict_agree(const struct divergence *rule, struct slice ours, struct slice theirs)
{
    if (slice_equal(ours, theirs)) return true;
    if (rule == NULL || is_error(ours) || is_error(theirs)) return false;
    switch (rule->verb) {
    case DIVERGENCE_SKIP: return false;
    case DIVERGENCE_SORTED: return same_elements(ours, theirs);
    case DIVERGENCE_SHAPE: return same_shape(ours, theirs);
    case DIVERGENCE_KIND: return same_kind(ours, theirs);
    case DIVERGENCE_TOLERANCE: return close_enough(rule->tolerance, ours, theirs);
    case DIVERGENCE_ITERATED: return false; /* its player compares the whole iteration */
    }
    return false;
}
