/*
 * http_coding.h - which codings of a value its reader understands (RFC 9110, 12.5.3).
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_CODING_H
#define PROTO_HTTP_FIELDS_HTTP_CODING_H

#include <stdbool.h>

#include "proto/base/slice.h"

/* Does Accept-Encoding list it, or `*`, with a weight above 0? */
bool http_coding_is_accepted(struct slice list, struct slice coding);

#endif
