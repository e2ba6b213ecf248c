/*
 * dump_file.h - an RDB file: all keys of a server, and what was known of them.
 *
 *     REDIS0011 or VALKEY080      who wrote it, and the version of the format
 *     250 name value              something about the file, not needed here
 *     254 database                from here on
 *     252 time                    the deadline of the next key; 248 and 249: how long ago and how often it
 * was used type key value              as in a payload, with the key between them 255 checksum the end
 *
 * Every version is read, as far as its types are known. Values of modules are passed over, as are libraries
 * of functions that nobody takes.
 *
 * Threads: one owner. Ownership: the bytes are borrowed; what is read of them stands there or in the entry.
 */
#ifndef STORAGE_DUMP_DUMP_FILE_H
#define STORAGE_DUMP_DUMP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "storage/dump/dump_object.h"
#include "storage/dump/encodings/source.h"

struct dump_file {
    struct source source;
    const char *start;
    unsigned version;
    uint64_t db;
    uint64_t passed_over; /* keys whose values are unknown here, or empty */
    uint64_t libraries;   /* of functions, passed over as well */
    /* The text of a library. False: it is passed over. NULL: all are. */
    bool (*on_library)(void *context, struct slice text);
    void *context;
    uint64_t used_memory; /* of the server that wrote it, then; 0: it did not tell */
    uint64_t sum;         /* of all before `summed` */
    const char *summed;
};

struct dump_entry {
    struct dump_object object; /* its limits and seed are given; whoever takes its value clears it */
    struct buffer scratch;
    struct slice key;
    uint64_t db;
    int64_t deadline_ms; /* INT64_MIN: none */
    int64_t idle_s;      /* -1: not told */
    int uses;            /* the same */
};

/* False: this is no such file. */
bool dump_file_open(struct dump_file *file, struct slice bytes);
/* Bytes that are behind it. */
static inline size_t dump_file_done(const struct dump_file *file)
{
    return (size_t)(file->source.at - file->start);
}

enum dump_file_step {
    DUMP_FILE_ENTRY,
    DUMP_FILE_END,
    DUMP_FILE_CORRUPT,
    DUMP_FILE_WRONG_SUM,
    DUMP_FILE_UNKNOWN, /* a type of value that is unknown here: nobody can tell where it ends */
};
/* The next key, into an entry that dump_entry_clear() made ready. */
enum dump_file_step dump_file_next(struct dump_file *file, struct dump_entry *entry);
/* Let go of the value and of what was told of the key. */
void dump_entry_clear(struct dump_entry *entry);

#endif
