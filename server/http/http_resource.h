/*
 * http_resource.h - what there is to be asked for, and whether a request may ask for it.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_HTTP_RESOURCE_H
#define SERVER_HTTP_HTTP_RESOURCE_H

#include <stdbool.h>

#include "proto/base/slice.h"
#include "server/http/http_run.h"
#include "server/http/keys/http_asked.h"

struct http_client;

struct http_resource {
    struct slice path;
    bool has_key;          /* which is all that follows */
    bool has_query;        /* of its own, and reads it itself */
    bool is_public;        /* nobody need say who he is */
    enum http_asked asked; /* by fields of this server's own */
    unsigned methods;      /* a bit for each of enum http_method */
    enum http_step (*run)(struct http_client *client);
};

/* By the head alone: is it for this server, is there such a resource, may it be asked this way, from there,
 * by him? False: the response says why not, or `exchange.held` is set. */
bool http_resource_judge(struct http_client *client);
/* Run a request that is complete and was judged. */
enum http_step http_resource_run(struct http_client *client);

#endif
