/*
 * http_date.h - dates as HTTP writes them (RFC 9110, 5.6.7).
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_DATE_H
#define PROTO_HTTP_FIELDS_HTTP_DATE_H

#include <stdint.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT", without a terminator. */
#define HTTP_DATE_LEN 29

/* `unix_s` before the year 10000 and not before 1970. */
void http_date_format(char text[HTTP_DATE_LEN], int64_t unix_s);

#endif
