/*
 * parking.h - calls that wait for shards that somebody keeps for long.
 *
 * A call whose access is refused (hold.h) has not run and is not lost: its connection waits, WAIT_PARKED, and
 * its request is run again when the shards are free. So no thread waits for a script, and only those clients
 * do that need what it has.
 *
 * Threads: the loop of the connection, but for parking_wake(), which is anybody's.
 */
#ifndef SERVER_EXEC_PARKING_H
#define SERVER_EXEC_PARKING_H

#include <stdint.h>

struct loop;
struct server;

/* A call of this loop was refused. It is to ask once more at once, and to be parked if it is refused again.
 */
void parking_note(struct loop *loop);
/* Let those loops ask again for which hold_close() or hold_asked() has set a bit. Outside of any access. */
void parking_wake(struct server *server, uint64_t loops);
/* The loop has run what was parked, as far as it could: at the end of a turn. */
void parking_asked(struct loop *loop);

#endif
