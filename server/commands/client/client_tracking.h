/*
 * client_tracking.h - CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CLIENT_CLIENT_TRACKING_H
#define SERVER_COMMANDS_CLIENT_CLIENT_TRACKING_H

struct call;

void client_tracking(struct call *call);
void client_caching(struct call *call);
void client_getredir(struct call *call);
void client_trackinginfo(struct call *call);

#endif
