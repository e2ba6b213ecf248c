/*
 * signals.h - SIGTERM and SIGINT end the server; a second SIGINT ends it at once. SIGHUP has certificates and
 * keys read anew.
 *
 * The handlers are the kernel's own, not a loop's, so that insisting also works on a server whose loops are
 * busy or already gone.
 *
 * Threads: the main thread, before the loops start. One server per process.
 */
#ifndef SERVER_MAIN_SIGNALS_H
#define SERVER_MAIN_SIGNALS_H

struct server;

/* To be called after assembly_create(). */
void signals_watch(struct server *server);
/* To be called before assembly_destroy(): SIGINT ends the process as it usually does, SIGTERM and SIGHUP
 * nothing. */
void signals_forget(void);

#endif
