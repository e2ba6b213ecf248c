/*
 * stream_trimming.h - MAXLEN and MINID, as XADD and XTRIM take them, and what becomes of references.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_TRIMMING_H
#define SERVER_COMMANDS_STREAM_STREAM_TRIMMING_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/types/stream_references.h"

struct call;
struct slice;

struct stream_trimming {
    struct stream_trim trim;
    enum stream_references references;
    bool has_references;
    bool is_asked; /* MAXLEN or MINID was given */
    int64_t limit;
    bool has_limit;
};

/* The option at argv[arg] with its values; how many arguments that is. 0: it is none, and nothing was
 * replied. Negative: an error was replied. */
int stream_trimming_read(struct call *call, int arg, struct stream_trimming *trimming);
/* When all options are read. False: they do not go together, which was replied. */
bool stream_trimming_settle(struct call *call, struct stream_trimming *trimming);

/* The words for what becomes of references. False: it is none of them. */
#define STREAM_REFERENCES_SYNTAX "KEEPREF | DELREF | ACKED"
bool stream_references_read(struct slice word, enum stream_references *references);

#endif
