/*
 * prefixes.h - a list of prefixes of keys, as the configuration holds it.
 *
 * Threads: immutable between prefixes_read() and prefixes_clear().
 */
#ifndef SERVER_UPSTREAM_COPIES_PREFIXES_H
#define SERVER_UPSTREAM_COPIES_PREFIXES_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/config/settings.h"

struct prefixes {
    struct buffer text; /* what the items point into */
    struct slice *items;
    size_t count;
};

void prefixes_read(struct prefixes *prefixes, struct settings *settings, enum setting_text which);
void prefixes_clear(struct prefixes *prefixes);

/* Does the name start with one of them? */
bool prefixes_match(const struct prefixes *prefixes, struct slice name);

#endif
