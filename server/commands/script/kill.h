/*
 * kill.h - SCRIPT KILL and FUNCTION KILL.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_SCRIPT_KILL_H
#define SERVER_COMMANDS_SCRIPT_KILL_H

struct call;

/* End what runs, if it is of this kind (watchdog.h) and has written nothing, and reply. */
void kill_running(struct call *call, unsigned kind);

#endif
