/*
 * acl_live.h - clients that are connected when users change.
 *
 * Whoever is a user that has changed is the new one from now on, and leaves if there is none of that name any
 * more, or if it listens to channels that are not the user's any more.
 *
 * Threads: any loop, outside of an access. The clients of this loop are done when it returns, and those of
 * the others before any command that comes after a reply which tells of the change.
 */
#ifndef SERVER_COMMANDS_ACL_ACL_LIVE_H
#define SERVER_COMMANDS_ACL_ACL_LIVE_H

struct loop;

void acl_live_refresh(struct loop *loop);

#endif
