#include "proto/http/fields/http_coding.h"

#include "proto/http/fields/http_chars.h"
#include "proto/http/fields/http_list.h"

/* "q=0", "q=0.000". */
static bool is_refused(struct slice parameters)
{
    struct slice name, weight;
    http_list_split(parameters, &name, &weight);
    if (!slice_equal_nocase(name, SLICE("q")) || weight.len == 0) return false;
    for (size_t i = 0; i < weight.len; i++)
        if (weight.data[i] != '0' && weight.data[i] != '.') return false;
    return true;
}

/* What is said of the coding by its name counts for more than what is said of all. */
bool http_coding_is_accepted(struct slice list, struct slice coding)
{
    struct slice element;
    bool any = false;
    while (http_list_next(&list, &element)) {
        const char *semicolon = memchr(element.data, ';', element.len);
        size_t len = semicolon != NULL ? (size_t)(semicolon - element.data) : element.len;
        struct slice name = http_trim(slice_of(element.data, len));
        bool refused = semicolon != NULL && is_refused(slice_of(semicolon + 1, element.len - len - 1));
        if (slice_equal_nocase(name, coding)) return !refused;
        if (slice_equal(name, SLICE("*"))) any = !refused;
    }
    return any;
}
