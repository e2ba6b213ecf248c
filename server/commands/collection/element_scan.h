/*
 * element_scan.h - HSCAN, SSCAN and ZSCAN: some elements of a collection, and a cursor for the next call.
 *
 * A command brings a step, which shows some elements by the functions of its type, and a visitor:
 *
 *     static void show(void *context, const struct atom *member)
 *     {
 *         if (element_scan_wants(context, member)) element_scan_add(context, member);
 *     }
 *     static uint64_t step(struct element_scan *scan, uint64_t cursor)
 *     {
 *         return set_scan(&scan->value, cursor, show, scan);
 *     }
 *     static void sscan(struct call *call)
 *     {
 *         element_scan(call, &set_type, step, 0);
 *     }
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_COLLECTION_ELEMENT_SCAN_H
#define SERVER_COMMANDS_COLLECTION_ELEMENT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/commands/key/scan_options.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/value.h"

struct call;

struct element_scan {
    struct scan_options options;
    struct value value;  /* opened for reading */
    int64_t seen;        /* elements, whether or not they match */
    size_t len;          /* of what was added */
    struct buffer found; /* as replies: the cursor stands before them but is known after them */
    struct reply reply;  /* writes to `found` */
};

typedef uint64_t element_scan_step(struct element_scan *scan, uint64_t cursor);

/* The whole command: its key is argv[1], its cursor argv[2]. `words`: the scan_words that it knows. */
void element_scan(struct call *call, const struct value_type *type, element_scan_step *step, unsigned words);

/* For a visitor, once for each element. False: the pattern does not let it through. */
bool element_scan_wants(struct element_scan *scan, const struct atom *element);
/* The next element of the reply. */
void element_scan_add(struct element_scan *scan, const struct atom *element);
void element_scan_add_text(struct element_scan *scan, struct slice text);

#endif
