/*
 * play_state.h - a script or a function that runs, as far as it has come (play.h).
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_PLAY_STATE_H
#define SERVER_SCRIPT_PLAY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

struct play {
    struct call *call;    /* its command, whose arguments are the script's */
    const char *name;     /* its digest, or the function's name */
    int function;         /* place in Lua's registry */
    bool of_library;      /* it is a function: KEYS and ARGV are its arguments */
    uint32_t says;        /* of itself: of enum script_flag */
    uint32_t flags;       /* that, and what its caller demands of it */
    bool short_of_memory; /* as it began */
    bool wrote;
    bool killed;
    bool underway;  /* its function runs, or its reply is written: it may rest */
    bool busy;      /* others are told that the server is */
    uint64_t began; /* ticks */
    size_t start;   /* of its reply in what that is written to */
    int first_key;  /* arguments */
    int keys;
};

#endif
