#include "storage/dump/dump_libraries.h"

#include "storage/dump/dump_payload.h"

enum { MARK_LIBRARY = 245, MARK_EARLY = 246 };

void dump_libraries_write(struct buffer *out, struct slice text, enum dump_texts how)
{
    *buffer_reserve(out, 1) = (char)MARK_LIBRARY;
    buffer_commit(out, 1);
    dump_text_write(out, text, how);
}

void dump_libraries_end(struct buffer *out, size_t start)
{
    dump_payload_end(out, start);
}

/* Texts are read up to the end of the payload, as by Redis: one that is cut short takes in the foot. */
void dump_libraries_open(struct dump_libraries *libraries, struct slice payload)
{
    *libraries = (struct dump_libraries){ .source = source_of(payload),
                                          .end = payload.data + payload.len - DUMP_FOOT_BYTES };
}

enum dump_library dump_libraries_next(struct dump_libraries *libraries, struct slice *text)
{
    struct source *source = &libraries->source;
    if (source->at >= libraries->end) return DUMP_LIBRARY_END;
    unsigned mark = source_byte(source);
    if (mark == MARK_EARLY) return DUMP_LIBRARY_EARLY;
    if (mark != MARK_LIBRARY) return DUMP_LIBRARY_FOREIGN;
    *text = dump_text_read_bytes(source, &libraries->scratch);
    return source->failed ? DUMP_LIBRARY_CUT : DUMP_LIBRARY;
}

void dump_libraries_close(struct dump_libraries *libraries)
{
    buffer_clear(&libraries->scratch);
}
