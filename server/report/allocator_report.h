/*
 * allocator_report.h - the allocator's own account of itself, many lines long, for MEMORY MALLOC-STATS.
 *
 * Threads: any. Takes the allocator's locks: not for the request path.
 */
#ifndef SERVER_REPORT_ALLOCATOR_REPORT_H
#define SERVER_REPORT_ALLOCATOR_REPORT_H

#include <stdbool.h>

struct buffer;

/* Appends to `out`. False: this allocator gives no account. */
bool allocator_report(struct buffer *out);

#endif
