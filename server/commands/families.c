#include "server/commands/families.h"

#include <stddef.h>

const struct command *const command_families[] = {
    command_commands,
    NULL,
};
