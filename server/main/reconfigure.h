/*
 * reconfigure.h - what has to happen when CONFIG SET changes more than a number that is read anyway.
 *
 * Threads: reconfigure_register() before the loops start; the hooks run on the loop of the client that asked,
 * under the config's lock.
 */
#ifndef SERVER_MAIN_RECONFIGURE_H
#define SERVER_MAIN_RECONFIGURE_H

struct server;

/* The server must outlive its config's use. */
void reconfigure_register(struct server *server);

#endif
