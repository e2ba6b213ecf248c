/*
 * session_gate.h - what stands between a session and the next command.
 *
 * Threads: immutable.
 */
#ifndef SERVER_EXEC_SESSION_SESSION_GATE_H
#define SERVER_EXEC_SESSION_SESSION_GATE_H

/* Why a command may not be run just like that: bits of `gates`, of which mostly none is set. */
enum session_gate {
    GATE_STRANGER = 1 << 0,   /* it has not given the password */
    GATE_MONITOR = 1 << 1,    /* it watches what others do */
    GATE_MULTI = 1 << 2,      /* between MULTI and EXEC: commands are queued */
    GATE_SUBSCRIBER = 1 << 3, /* it has subscribed to something */
    GATE_RESTRICTED = 1 << 4, /* its user may not do everything */
    GATE_ENVOY = 1 << 5,      /* its user goes to the upstream as another: auth/envoys.h */
    GATE_BARS = (1 << 6) - 1, /* all of these */
    /* These bar nothing, but there is more to do for a command. */
    GATE_TRACKER = 1 << 6, /* `on_read` and `on_end` are set */
    GATE_SILENCE = 1 << 7, /* CLIENT REPLY is not ON */
    GATE_END = 1 << 8,     /* `on_end` is to be called, also where there is nothing to be posted */
};

#endif
