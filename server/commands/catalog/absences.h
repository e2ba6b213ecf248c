/*
 * absences.h - the commands of Redis and Valkey that are not here, and why: for docs/commands.md.
 *
 * Threads: immutable.
 */
#ifndef SERVER_COMMANDS_CATALOG_ABSENCES_H
#define SERVER_COMMANDS_CATALOG_ABSENCES_H

struct absence {
    const char *name; /* lower case; a container, for all that it contains, or "container|subcommand" */
    const char *reason;
};

/* Ended by an empty one. Those that have a row meanwhile are not listed on the page. */
extern const struct absence absences[];

#endif
