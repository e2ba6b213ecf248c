/*
 * aftermath.h - what follows from a command once its access is closed.
 *
 * Nothing calls the kernel, waits or frees much inside an access. What a handler must do of that kind it
 * leaves behind: the executor does it when the access that the command ran in is closed, be that the
 * command's own or that of the transaction around it, in the order in which it was left, and before any
 * reply leaves.
 *
 * Threads: the loop of the call.
 */
#ifndef SERVER_EXEC_AFTERMATH_H
#define SERVER_EXEC_AFTERMATH_H

struct loop;

/* Embedded in what it is about. */
struct aftermath {
    struct aftermath *next;
    void (*run)(struct loop *loop, struct aftermath *aftermath); /* owns it */
};

void aftermath_leave(struct loop *loop, struct aftermath *aftermath);
/* No access is open. */
void aftermath_run(struct loop *loop);

#endif
