/*
 * healthcheck.h - `nuthatch --healthcheck`: does the server of this configuration answer?
 *
 * For a container or a supervisor that has no redis-cli at hand. Given the file and the options that the
 * server was given, it asks where that one listens: its unix socket, else its port, else its port for TLS,
 * else, by GET /healthz, those for HTTP; at the first of the addresses where somebody listens. Whom it is
 * does not matter to it: a server that wants a password has answered, too, so none is sent, and so has one
 * that knows no PING (rename-command); and a certificate is not looked into, since it has its own end of the
 * talk in hand.
 *
 * Threads: the main thread, while it is alone. It waits at most HEALTHCHECK_TIMEOUT_S for each step.
 */
#ifndef SERVER_MAIN_HEALTHCHECK_H
#define SERVER_MAIN_HEALTHCHECK_H

struct settings;

#define HEALTHCHECK_TIMEOUT_S 3

/* The exit code: 0 if the server answers and serves; 1 if not, and standard error says what came instead. */
int healthcheck_run(struct settings *settings);

#endif
