#include "server/report/allocator_report.h"

#include "proto/base/buffer.h"

#ifdef NUTHATCH_JEMALLOC

#include <jemalloc/jemalloc.h>
#include <string.h>

static void append(void *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

bool allocator_report(struct buffer *out)
{
    malloc_stats_print(append, out, NULL);
    return true;
}

#else

bool allocator_report(struct buffer *out)
{
    (void)out;
    return false;
}

#endif
