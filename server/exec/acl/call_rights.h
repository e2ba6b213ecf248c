/*
 * call_rights.h - whether a call's user may reach a key that the command's row does not tell: a pattern of
 * SORT, a tag, what is asked beside a write.
 *
 * One selector of the user must allow both the command, as it stands, and the key. An unrestricted user pays
 * one branch.
 *
 * Threads: the loop of the call.
 */
#ifndef SERVER_EXEC_ACL_CALL_RIGHTS_H
#define SERVER_EXEC_ACL_CALL_RIGHTS_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;

/* `rights` are of enum key_right: selector.h. */
bool call_may_reach(const struct call *call, struct slice key, unsigned rights);
bool call_may_reach_all(const struct call *call, unsigned rights);

/* See acl_check.h. Tags that are arguments of a command with such a row have been asked for before it runs.
 */
bool call_may_reach_tag(const struct call *call, struct slice tag, unsigned rights);

/* Another command (its original name, as "cache|set"), with these arguments: for what is of use only to who
 * may run that later. One that was taken out nobody may. */
bool call_may_run(const struct call *call, struct slice command, const struct slice *argv, int argc);

/* As those about keys and tags, for what is refused otherwise: that is logged and counted then, as what a row
 * tells is. Of all keys the log is told `what` was asked for. */
bool call_is_let_reach(const struct call *call, struct slice key, unsigned rights);
bool call_is_let_reach_all(const struct call *call, struct slice what, unsigned rights);
bool call_is_let_reach_tag(const struct call *call, struct slice tag, unsigned rights);

#endif
