#include "proto/http/fields/http_accept.h"

#include <stdbool.h>

#include "proto/http/fields/http_chars.h"
#include "proto/http/fields/http_list.h"

/* What is before the next semicolon; `*rest` goes behind it. */
static struct slice take_part(struct slice *rest)
{
    const char *end = memchr(rest->data, ';', rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
    size_t passed = end != NULL ? len + 1 : len;
    struct slice part = http_trim(slice_of(rest->data, len));
    *rest = slice_of(rest->data + passed, rest->len - passed);
    return part;
}

/* "1", "0.75", "0": thousandths. What is no weight counts for nothing. */
static int read_weight(struct slice text)
{
    int weight = 0, place = 1000;
    for (size_t i = 0; i < text.len && i < 5; i++) {
        if (i == 1 && text.data[i] == '.') continue;
        if (text.data[i] < '0' || text.data[i] > '9') return 0;
        weight += (text.data[i] - '0') * place;
        place /= 10;
    }
    return weight > 1000 ? 1000 : weight;
}

/* -1: it is another version. */
static int read_parameters(struct slice rest, struct slice version)
{
    int weight = 1000;
    while (rest.len > 0) {
        struct slice name, value;
        http_list_split(take_part(&rest), &name, &value);
        if (slice_equal_nocase(name, SLICE("q"))) weight = read_weight(value);
        if (slice_equal_nocase(name, SLICE("version")) && !slice_equal(value, version)) return -1;
    }
    return weight;
}

int http_accept_weight(struct slice list, struct slice type, struct slice version)
{
    struct slice element;
    int best = -1;
    while (http_list_next(&list, &element)) {
        if (!slice_equal_nocase(take_part(&element), type)) continue;
        int weight = read_parameters(element, version);
        if (weight > best) best = weight;
    }
    return best;
}
