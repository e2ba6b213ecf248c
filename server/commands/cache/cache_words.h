/*
 * cache_words.h - the words behind the key of CACHE's subcommands, each of which is said once.
 *
 * One that is said again would leave open which of its values is meant, so it is a syntax error.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_WORDS_H
#define SERVER_COMMANDS_CACHE_CACHE_WORDS_H

struct call;

struct cache_words {
    const char *const *words; /* in lower case, up to NULL; at most 32 */
    unsigned seen;            /* a bit for each */
};

/* Which of them argv[arg] is. -1: none, or one that was there before, or there is none: an error was replied.
 */
int cache_words_take(struct cache_words *words, struct call *call, int arg);

#endif
