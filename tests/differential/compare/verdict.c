#include "tests/differential/compare/verdict.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "tests/differential/compare/divergences.h"
#include "tests/support/client/reply_parts.h"
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

/* The number that a double is, or a bulk string that reads as one. */
static bool is_number(const struct reply_element *element, double *value)
{
    if (element->type == REPLY_DOUBLE) *value = element->real;
    if (element->type == REPLY_BULK) return number_parse_double(element->text, value);
    return element->type == REPLY_DOUBLE;
}

static bool same_element(const struct reply_element *a, const struct reply_element *b)
{
    double x, y;
    if (a->type != b->type) return false;
    if (is_number(a, &x) && is_number(b, &y)) return x == y;
    if (a->type >= REPLY_ARRAY) return a->len == b->len;
    return a->integer == b->integer && slice_equal(a->text, b->text);
}

static bool same_numbers(struct slice ours, struct slice theirs)
{
    struct reply_reader mine = { 0 }, other = { 0 };
    struct reply_element a, b;
    while (ours.len > 0 && theirs.len > 0) {
        if (!read_element(&ours, &mine, &a) || !read_element(&theirs, &other, &b)) return false;
        if (!same_element(&a, &b)) return false;
    }
    return ours.len == theirs.len;
}

static int compare_slices(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    size_t shorter = x->len < y->len ? x->len : y->len;
    int order = shorter == 0 ? 0 : memcmp(x->data, y->data, shorter);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* The elements of an aggregate in byte order, the pairs of a map each as one; NULL: no aggregate. */
static struct slice *sorted_elements(struct slice reply, struct reply_parts *parts, size_t *len)
{
    if (!reply_parts_init(parts, reply)) return NULL;
    struct slice *elements = alloc_bytes((parts->count + 1) * sizeof *elements);
    for (*len = 0; reply_parts_next(parts, &elements[*len]); ++*len) {
        struct slice value;
        if (parts->head.type != REPLY_MAP || !reply_parts_next(parts, &value)) continue;
        /* Key and value stand side by side in the reply. */
        elements[*len].len += value.len;
    }
    qsort(elements, *len, sizeof *elements, compare_slices);
    return elements;
}

static bool same_elements(struct slice ours, struct slice theirs)
{
    struct reply_parts parts, other_parts;
    size_t len = 0, other_len = 0;
    struct slice *mine = sorted_elements(ours, &parts, &len);
    struct slice *other = sorted_elements(theirs, &other_parts, &other_len);
    bool same = mine != NULL && other != NULL && parts.head.type == other_parts.head.type && len == other_len;
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
    if (rule != NULL && rule->verb == DIVERGENCE_REFUSED) return is_error(ours);
    if (rule == NULL || is_error(ours) || is_error(theirs)) return false;
    switch (rule->verb) {
    case DIVERGENCE_SKIP:
    case DIVERGENCE_UNTRACKED:
    case DIVERGENCE_LACKS: return false;
    case DIVERGENCE_SORTED: return same_elements(ours, theirs);
    case DIVERGENCE_SHAPE: return same_shape(ours, theirs);
    case DIVERGENCE_KIND: return same_kind(ours, theirs);
    case DIVERGENCE_TOLERANCE: return close_enough(rule->tolerance, ours, theirs);
    case DIVERGENCE_REFUSED: return false; /* asked above */
    case DIVERGENCE_DOUBLES: return same_numbers(ours, theirs);
    case DIVERGENCE_ITERATED: return false; /* its player compares the whole iteration */
    }
    return false;
}
