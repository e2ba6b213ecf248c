/*
 * http_write.h - responses, as this server gives them.
 *
 * Threads: the loop's. They are written to the loop's output, behind those to earlier requests.
 */
#ifndef SERVER_HTTP_HTTP_WRITE_H
#define SERVER_HTTP_HTTP_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"
#include "server/http/http_reply.h"

struct buffer;
struct http_client;

/* The status, the date, and what each response has; fields and http_write_end() follow. */
struct buffer *http_write_begin(struct http_client *client, int status);
/* The length of the body and the end of the head. */
void http_write_end(struct http_client *client, struct buffer *out, size_t body_len);

/* A whole response that says in words why there is no other. */
void http_write_refusal(struct http_client *client, int status, struct slice why);
/* The same with fields of the caller's in between. */
struct buffer *http_write_refusal_begin(struct http_client *client, int status);
void http_write_refusal_end(struct http_client *client, struct buffer *out, struct slice why);
/* The same for an error that a command replied. */
void http_write_error(struct http_client *client, struct slice error);
/* Refuses what takes a command that rename-command has taken out: nobody may, whatever his rights. */
void http_write_taken_out(struct http_client *client);
/* One without a body: 204, 201. */
void http_write_bare(struct http_client *client, int status);
/* A body in words, with 200. */
void http_write_text(struct http_client *client, struct slice type, struct slice text);

/* `part` of what `value` is, as a body; a pinned one goes from where it stands. */
void http_write_value(struct http_client *client, struct http_reply *reply, const struct http_element *value,
                      struct slice part);

#endif
