/*
 * http_list.h - elements of a field whose value is a list.
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_LIST_H
#define PROTO_HTTP_FIELDS_HTTP_LIST_H

#include <stdbool.h>

#include "proto/base/slice.h"

/* The next that is not empty of `rest`, which is moved behind it. Elements are separated by commas, or by
 * blanks alone; commas within quotes separate nothing. False: there is no more. */
bool http_list_next(struct slice *rest, struct slice *element);
bool http_list_next_word(struct slice *rest, struct slice *element);

/* "name=value" or "name": the value without its quotes, without an address where there is none. */
void http_list_split(struct slice element, struct slice *name, struct slice *value);

#endif
