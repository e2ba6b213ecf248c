/*
 * acl_live.h - clients that are connected when users change.
 *
 * Whoever is a user that has changed is the new one from now on, and leaves if there is none of that name any
 * more, or if it listens to channels that are not the user's any more.
 *
 * Threads: any loop. The clients of this loop are the new ones when it returns, and those of the others
 * before any command that comes after a reply which tells of the change.
 */
#ifndef SERVER_COMMANDS_ACL_ACL_LIVE_H
#define SERVER_COMMANDS_ACL_ACL_LIVE_H

struct call;
struct loop;

/* By a command, also within a transaction: what comes behind it there is asked for the new rights. Who is to
 * leave leaves when that has run. */
void acl_live_change(struct call *call);
/* Outside of an access. */
void acl_live_refresh(struct loop *loop);

#endif
