/*
 * client_survey.h - CLIENT LIST and CLIENT KILL, which concern the clients of all loops.
 *
 * Threads: as handlers; the calls are suspended until every loop has answered.
 */
#ifndef SERVER_COMMANDS_CLIENT_CLIENT_SURVEY_H
#define SERVER_COMMANDS_CLIENT_CLIENT_SURVEY_H

struct call;

void client_list(struct call *call);
void client_kill(struct call *call);
void client_unblock(struct call *call);

#endif
