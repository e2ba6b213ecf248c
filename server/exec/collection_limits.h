/*
 * collection_limits.h - when collections take the name of another encoding, as the settings say now.
 *
 * A container asks for eight numbers at every write. They stand together in the loop, and are read anew from
 * the settings after one of those was changed.
 *
 * Threads: those of a loop belong to it.
 */
#ifndef SERVER_EXEC_COLLECTION_LIMITS_H
#define SERVER_EXEC_COLLECTION_LIMITS_H

#include <stdint.h>

#include "storage/types/blocks/value.h"

struct call;
struct settings;

/* Zero at first. */
struct collection_limits {
    struct value_limits limits;
    uint64_t version; /* of the settings from which they were read */
};

/* As the settings are now, for who is no command. */
struct value_limits collection_limits_read(const struct settings *settings);
/* Never NULL; good and unchanged for the time of the call. */
const struct value_limits *collection_limits(const struct call *call);

#endif
