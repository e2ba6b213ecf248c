/*
 * stream_words.h - ids of streams among the arguments of a command, and in replies.
 *
 * Errors: false means that an error was replied. Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_WORDS_H
#define SERVER_COMMANDS_STREAM_STREAM_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/types/streams/stream_id.h"

struct atom;
struct call;
struct reply;
struct stream_entry;

/* A whole id; without a sequence number it has `seq`. */
bool stream_word_id(struct call *call, int arg, uint64_t seq, struct stream_id *id);
/* The same, or - or +. */
bool stream_word_id_or_end(struct call *call, int arg, uint64_t seq, struct stream_id *id);
/* An id of any text. Nothing is replied. */
bool stream_word_parse(struct slice text, uint64_t seq, struct stream_id *id);
/* The same, or "ms-*", which leaves the sequence number open. */
bool stream_word_partial_id(struct call *call, int arg, struct stream_id *id, bool *has_seq);
/* An end of a range: an id, one with ( in front that is not included, - or +. */
bool stream_word_start(struct call *call, int arg, struct stream_id *id);
bool stream_word_end(struct call *call, int arg, struct stream_id *id);

/* Room for any id as text. */
#define STREAM_ID_TEXT_MAX 42
struct slice stream_id_text(char scratch[STREAM_ID_TEXT_MAX], struct stream_id id);
void stream_reply_id(struct reply *reply, struct stream_id id);
/* The id, and fields and values by turns. */
void stream_reply_entry(struct reply *reply, struct stream_entry *entry);

#endif
