/*
 * http_page.h - the page that a browser shows of this server, at `/`.
 *
 * The page is what stands in this folder beside the code: page.html, page.css, its scripts and its picture.
 * The build puts them into the program (cmake/embed.cmake), each under its own name, since a page whose
 * policy forbids code and styles within its text has them in files. They hold no data: the scripts ask
 * /stats.json, with the rights of who looks. A user is needed all the same, so that the browser asks for him
 * once, when the page is opened.
 *
 * Threads: the loop of the connection; the files are constant.
 */
#ifndef SERVER_HTTP_PAGE_HTTP_PAGE_H
#define SERVER_HTTP_PAGE_HTTP_PAGE_H

#include <stddef.h>

#include "proto/base/slice.h"
#include "server/http/http_run.h"

struct http_client;

struct http_page_file {
    const char *path, *type, *etag;
    const char *body;
    size_t len;
};

/* Ends with a file without a path. */
extern const struct http_page_file http_page_files[];

/* The file of that path, or NULL. */
const struct http_page_file *http_page_find(struct slice path);

/* 200, or 304 to a browser that has the file already. */
enum http_step http_page_run(struct http_client *client);

#endif
