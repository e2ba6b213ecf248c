#include "server/exec/errors/refusal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_transaction.h"

#define QUOTED_MAX 128

/* An argument ends at its first NUL here, as in Redis, which prints it as a C string. */
static int shown_len(struct slice text, size_t most)
{
    return (int)strnlen(text.data, text.len < most ? text.len : most);
}

void refuse_unknown_command(struct call *call)
{
    char quoted[2 * QUOTED_MAX];
    size_t len = 0;
    quoted[0] = '\0';
    for (int i = 1; i < call->argc && len < QUOTED_MAX; i++)
        len += (size_t)sprintf(quoted + len, "'%.*s' ", shown_len(call->argv[i], QUOTED_MAX - len),
                               call->argv[i].data);
    reply_errorf(call->reply, "ERR unknown command '%.*s', with args beginning with: %s",
                 shown_len(call->argv[0], QUOTED_MAX), call->argv[0].data, quoted);
}

static void refuse_subcommand(struct call *call, const struct command_info *container, const char *complaint)
{
    char name[QUOTED_MAX + 1]; /* it may have been renamed to anything */
    size_t len = 0;
    for (; len < QUOTED_MAX && container->name[len] != '\0'; len++)
        name[len] = (char)toupper((unsigned char)container->name[len]);
    reply_errorf(call->reply, "ERR %s '%.*s'. Try %.*s HELP.", complaint,
                 shown_len(call->argv[1], QUOTED_MAX), call->argv[1].data, (int)len, name);
}

void refuse_unknown_subcommand(struct call *call, const struct command_info *container)
{
    refuse_subcommand(call, container, "unknown subcommand");
}

void refuse_subcommand_arguments(struct call *call, const struct command_info *container)
{
    refuse_subcommand(call, container, "unknown subcommand or wrong number of arguments for");
}

void refuse_arity(struct call *call, const struct command_info *command)
{
    reply_errorf(call->reply, ERR_ARITY_FMT, command->full_name);
}

struct slice refusal_busy(bool of_function)
{
    return of_function ? SLICE(ERR_BUSY_FUNCTION) : SLICE(ERR_BUSY);
}
