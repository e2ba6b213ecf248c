/*
 * key_spec.h - which arguments of a command are keys, as its row says it: command.h. key_walk.h reads it.
 *
 * Threads: immutable.
 */
#ifndef SERVER_EXEC_COMMAND_KEY_SPEC_H
#define SERVER_EXEC_COMMAND_KEY_SPEC_H

#include <stdint.h>

struct slice;

/* What a command does with the keys of one spec, in COMMAND's words and order. */
enum key_use {
    KEY_RO = 1 << 0,
    KEY_RW = 1 << 1,
    KEY_OW = 1 << 2,
    KEY_RM = 1 << 3,
    KEY_ACCESS = 1 << 4,
    KEY_UPDATE = 1 << 5,
    KEY_INSERT = 1 << 6,
    KEY_DELETE = 1 << 7,
    KEY_VARIABLE = 1 << 8,    /* "variable_flags": depends on the options given, see `use_of` */
    KEY_INCOMPLETE = 1 << 10, /* there are calls in which the spec does not tell all */
    KEY_NO_KEY = 1 << 9,      /* "not_key": the name of a shard channel, which belongs to `channels` */
};

/* How the keys of a spec are found among the arguments. key_walk.h reads it. */
enum key_find {
    KEYS_AT,     /* from `first` to `last`, which counts from the end when negative (-1: the last argument) */
    KEYS_NUMBER, /* argv[first] says how many follow it */
    KEYS_WORD,   /* the argument behind the last `word`, which is sought from `first` on */
    KEYS_STREAMS, /* behind the first `word`, the first half of all that follows: XREAD */
    KEYS_BEHIND,  /* all behind `word`, at argv[first] or behind those of `values` that stand there */
    KEYS_EITHER,  /* argv[first] or, where that is empty, all behind the word of the spec that follows */
    KEYS_REST,    /* that one, which finds nothing by itself: clients are told where to look */
    KEYS_HIDDEN,  /* as KEYS_WORD; of Redis's own spec clients only learn that it does not tell */
    KEYS_DERIVED, /* made of what is stored, if one of `word` is there; then all shards are opened */
};

struct key_spec {
    int first; /* 0: no such keys */
    int last;
    int step;
    uint32_t use;
    const char *note;
    enum key_find find;
    const char *word; /* one or, separated by spaces, several of them, in capitals */
    /* The options that have values, each with a plus for each of them: "BY+ LIMIT++". What stands in the
     * place of a value is no word. */
    const char *values;
    uint32_t (*use_of)(const struct slice *argv, int argc); /* in this call, where it varies */
};

/* One key, and a range of them:                    KEY(1, KEY_RO | KEY_ACCESS)    KEYS(1, -1, 2, KEY_OW)
 * Behind their number, the number's place is told:  KEYS_COUNTED(1, KEY_RO | KEY_ACCESS)
 * Behind a word that is an option:                  KEY_AFTER("STORE", 6, KEY_OW | KEY_UPDATE,
 *                                                             .values = "COUNT+ STORE+")
 * The use may be followed by other fields:          KEY(1, KEY_RW | KEY_ACCESS, .note = "...") */
#define KEY(at, ...)                                                                                         \
    {                                                                                                        \
        .first = (at), .last = (at), .step = 1, .use = __VA_ARGS__                                           \
    }
#define KEYS(from, to, by, ...)                                                                              \
    {                                                                                                        \
        .first = (from), .last = (to), .step = (by), .use = __VA_ARGS__                                      \
    }
#define KEYS_COUNTED(at, ...)                                                                                \
    {                                                                                                        \
        .first = (at), .step = 1, .find = KEYS_NUMBER, .use = __VA_ARGS__                                    \
    }
/* A number of keys, each with its value behind it. */
#define PAIRS_COUNTED(at, ...)                                                                               \
    {                                                                                                        \
        .first = (at), .step = 2, .find = KEYS_NUMBER, .use = __VA_ARGS__                                    \
    }
#define KEY_AFTER(option, from, ...)                                                                         \
    {                                                                                                        \
        .first = (from), .step = 1, .find = KEYS_WORD, .word = (option), .use = __VA_ARGS__                  \
    }
#define KEYS_OF_STREAMS(from, ...)                                                                           \
    {                                                                                                        \
        .first = (from), .last = -1, .step = 1, .find = KEYS_STREAMS, .word = "STREAMS", .use = __VA_ARGS__  \
    }
/* What is behind the word is keys to the end: CACHE INVALIDATE. */
#define KEYS_ALL_BEHIND(option, from, ...)                                                                   \
    {                                                                                                        \
        .first = (from), .last = -1, .step = 1, .find = KEYS_BEHIND, .word = (option), .use = __VA_ARGS__    \
    }
/* SORT's, where Redis says "unknown": KEY_HIDDEN("STORE", 2, ...), KEYS_FROM_VALUES("BY GET", 2, ...). */
#define KEY_HIDDEN(option, from, ...)                                                                        \
    {                                                                                                        \
        .first = (from), .step = 1, .find = KEYS_HIDDEN, .word = (option), .use = __VA_ARGS__                \
    }
#define KEYS_FROM_VALUES(options, from, ...)                                                                 \
    {                                                                                                        \
        .first = (from), .step = 1, .find = KEYS_DERIVED, .word = (options), .use = __VA_ARGS__              \
    }
#define COMMAND_KEY_SPECS 3

#endif
