/*
 * command_rules.h - the rules of a selector about commands: +get, -@dangerous, +config|get, +select|0.
 *
 * Threads: as selector.h, which calls them.
 */
#ifndef SERVER_EXEC_ACL_COMMAND_RULES_H
#define SERVER_EXEC_ACL_COMMAND_RULES_H

#include "server/exec/acl/selector.h"

/* All commands, or none, whatever was said before. */
void command_rules_set_all(struct selector *selector, bool allowed);
/* With its sign. */
enum rule_fault command_rules_apply(struct selector *selector, struct slice rule);

void command_rules_add_first(struct selector *selector, unsigned command, struct slice argument);
void command_rules_drop_firsts(struct selector *selector);

#endif
