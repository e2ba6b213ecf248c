/*
 * http_run.h - runs a command for a request.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_HTTP_RUN_H
#define SERVER_HTTP_HTTP_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;
struct http_client;
struct http_reply;
struct survey;

enum http_step {
    HTTP_STEP_DONE,  /* there is a response */
    HTTP_STEP_LATER, /* there will be one */
    HTTP_STEP_HELD,  /* nothing happened: the connection waits, and the request is begun again */
};

struct http_command {
    const struct slice *argv; /* argv[0] is what Redis calls it, whatever clients here call it */
    size_t argc;
    /* Asked inside its access, when it runs here; false: it does not run, and `exchange.refused` is set. */
    bool (*guard)(struct call *call);
    /* Makes the response of its reply, which is empty when the guard refused. */
    void (*finish)(struct http_client *client, struct http_reply *reply);
    bool takes_value; /* it may keep the memory that the request came in: nothing of it is read any more */
};

/* A command that rename-command has taken out is refused at once: http_write_taken_out(). */
enum http_step http_run(struct http_client *client, const struct http_command *command);
/* Ask all loops; the survey has no question, and its reply is what `answered` is given. */
enum http_step http_run_survey(struct http_client *client, const struct survey *survey,
                               void (*answered)(struct http_client *client, struct http_reply *reply));
/* What `words` tell over RESP was put together otherwise, since `began` in ticks: MONITOR, the slow log and
 * CLIENT LIST are told of it as of that command, whose original name is `name`. Outside of an access. */
void http_run_tell(struct http_client *client, struct slice name, const struct slice *words, size_t count,
                   uint64_t began);
/* Bytes of an answer that comes late. May be called inside an access. */
void http_run_answer(struct http_client *client, struct slice bytes);
/* True: it was all there, and the response is written. */
bool http_run_late(struct http_client *client);
/* Nobody waits for it any more. */
void http_run_forget(struct http_client *client);

/* The client of a session that speaks HTTP. */
struct http_client *http_client_of(struct call *call);

#endif
