/*
 * http_loop.h - what each loop keeps for HTTP: room for a reply that becomes a response, the date, and names
 * that the settings list, so that no request takes the settings' lock.
 *
 * Threads: the loop's.
 */
#ifndef SERVER_HTTP_HTTP_LOOP_H
#define SERVER_HTTP_HTTP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/http/fields/http_date.h"
#include "proto/reply.h"

struct loop;

struct http_loop {
    struct buffer answer; /* in RESP, of the command at hand */
    struct reply reply;   /* writes there */
    struct reply_values values;
    struct buffer key; /* decoded */
    int64_t date_s;    /* `date` is that of this second */
    char date[HTTP_DATE_LEN];
    uint64_t version; /* of the settings that these were copied from; 0: of none */
    struct buffer hosts, origins, tokens;
};

struct http_loop *http_loop_create(void);
void http_loop_destroy(struct http_loop **http);

/* Copy what the settings list, if it may have changed. */
void http_loop_refresh(struct loop *loop);
/* The date now, as HTTP writes it. */
struct slice http_loop_date(struct loop *loop);

/* Is `word` one of `words`, which are separated by one space? But for the case of letters. */
bool http_words_have(const struct buffer *words, struct slice word);
/* The next word at `*rest`, which is moved behind it. False: there is none. */
bool http_words_next(struct slice *rest, struct slice *word);

#endif
