/*
 * command_docs.h - COMMAND DOCS: what a command is for and which arguments it takes.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CATALOG_COMMAND_DOCS_H
#define SERVER_COMMANDS_CATALOG_COMMAND_DOCS_H

struct call;

void command_docs(struct call *call);

#endif
