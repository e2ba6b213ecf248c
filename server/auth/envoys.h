/*
 * envoys.h - as whom users of this server go to the upstream.
 *
 * With `upstream-auth shared` all go as the user in the upstream's address. With `user` those that an
 * `upstream-user` line names have an envoy: a user of the upstream's, as which their commands go up, over
 * connections that nobody else's commands take. What the upstream lets that user do is then the upstream's to
 * say for each command, so nothing is answered to them from copies, which were fetched with the rights of
 * another. Users without such a line go as the one in the address.
 *
 * Threads: immutable. Ownership: an envoy lives as long as the envoys, which outlive all sessions.
 */
#ifndef SERVER_AUTH_ENVOYS_H
#define SERVER_AUTH_ENVOYS_H

#include "proto/base/slice.h"
#include "server/config/upstream_url.h"

struct envoys;
struct settings;

struct envoy {
    struct slice name;       /* of our user */
    struct upstream_url url; /* the upstream's, with the envoy's name and password */
};

/* NULL: all go as one. */
struct envoys *envoys_create(struct settings *settings);
void envoys_destroy(struct envoys **envoys);

/* NULL: the user has none. So it is when `envoys` is NULL. */
const struct envoy *envoys_find(const struct envoys *envoys, struct slice name);

#endif
