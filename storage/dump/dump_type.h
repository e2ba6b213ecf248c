/*
 * dump_type.h - the numbers by which payloads and files tell in what form a value follows.
 *
 * Those that are written here are the oldest that can say it, which every Redis since 4 and every Valkey
 * reads; a stream's, since 7.0; a hash's whose fields have deadlines, since 7.4, or Valkey 9.
 */
#ifndef STORAGE_DUMP_DUMP_TYPE_H
#define STORAGE_DUMP_DUMP_TYPE_H

enum dump_type {
    DUMP_STRING = 0,
    DUMP_LIST = 1,
    DUMP_SET = 2,
    DUMP_ZSET_TEXT = 3, /* scores as text */
    DUMP_HASH = 4,
    DUMP_ZSET = 5,
    DUMP_MODULE = 7, /* in files only, where it is passed over */
    DUMP_HASH_ZIPMAP = 9,
    DUMP_LIST_ZIPLIST = 10,
    DUMP_SET_INTSET = 11,
    DUMP_ZSET_ZIPLIST = 12,
    DUMP_HASH_ZIPLIST = 13,
    DUMP_LIST_ZIPLISTS = 14,
    DUMP_STREAM_OLD = 15,
    DUMP_HASH_LISTPACK = 16,
    DUMP_ZSET_LISTPACK = 17,
    DUMP_LIST_LISTPACKS = 18,
    DUMP_STREAM = 19,
    DUMP_SET_LISTPACK = 20,
    DUMP_STREAM_ACTIVE = 21,    /* consumers have a time of activity */
    DUMP_HASH_TIMES_OLD = 22,   /* these four: fields have deadlines (dump_hash_times.h) */
    DUMP_HASH_TRIPLES_OLD = 23, /* in a listpack */
    DUMP_HASH_TIMES = 24,
    DUMP_HASH_TRIPLES = 25,
};

#endif
