/*
 * acl_file.h - users in a file of their own: aclfile.
 *
 * Threads: any, outside of an access: it reads and writes a file.
 */
#ifndef SERVER_EXEC_ACL_ACL_FILE_H
#define SERVER_EXEC_ACL_ACL_FILE_H

#include <stdbool.h>

#include "proto/base/buffer.h"

struct users;

/* In the place of all users there are. False, and nothing has changed, with a complaint. */
bool acl_file_load(struct users *users, const char *path, struct buffer *complaint);
/* The file is replaced as a whole. False with a complaint. */
bool acl_file_save(struct users *users, const char *path, struct buffer *complaint);
/* The lines that it holds, also those of a redis.conf. */
void acl_file_write(struct users *users, struct buffer *out);

#endif
