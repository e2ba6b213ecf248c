/*
 * hotkeys.h - windows that HOTKEYS START opened.
 *
 * Threads: any loop.
 */
#ifndef SERVER_COMMANDS_ADMIN_HOTKEYS_H
#define SERVER_COMMANDS_ADMIN_HOTKEYS_H

struct server;

/* Close one whose DURATION is over. */
void hotkeys_look(struct server *server);

#endif
