/*
 * info.h - the sections of INFO.
 *
 * Each is a function that appends its fields, `name:value\r\n`, below the heading that the caller writes. A
 * figure is true or it is not there: agents draw graphs of them.
 *
 * Threads: any loop, outside of an access; figures of several loops are summed without stopping them.
 */
#ifndef SERVER_REPORT_INFO_H
#define SERVER_REPORT_INFO_H

#include <stdbool.h>

#include "proto/base/buffer.h"

struct server;

struct info_section {
    const char *name; /* as in INFO <name>, and, capitalised, its heading */
    const char *heading;
    void (*write)(struct server *server, struct buffer *out);
    bool by_default; /* told by INFO without arguments */
};

/* In the order of INFO, ended by an empty one. */
extern const struct info_section info_sections[];

/* One field. */
void info_field(struct buffer *out, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void info_server(struct server *server, struct buffer *out);
void info_clients(struct server *server, struct buffer *out);
void info_memory(struct server *server, struct buffer *out);
void info_persistence(struct server *server, struct buffer *out);
void info_stats(struct server *server, struct buffer *out);
void info_replication(struct server *server, struct buffer *out);
void info_cpu(struct server *server, struct buffer *out);
void info_commandstats(struct server *server, struct buffer *out);
void info_errorstats(struct server *server, struct buffer *out);
void info_latencystats(struct server *server, struct buffer *out);
void info_cache(struct server *server, struct buffer *out);
void info_keyspace(struct server *server, struct buffer *out);

#endif
