#include "server/commands/admin/help.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

#include "proto/reply.h"
#include "server/exec/call.h"

#define NAME_MAX_SHOWN 32

static void reply_line(struct call *call, const char *line)
{
    reply_status(call->reply, slice_of_cstr(line));
}

static void reply_heading(struct call *call)
{
    char name[NAME_MAX_SHOWN + 1];
    size_t len = call->argv[0].len < NAME_MAX_SHOWN ? call->argv[0].len : NAME_MAX_SHOWN;
    for (size_t i = 0; i < len; i++) name[i] = (char)toupper((unsigned char)call->argv[0].data[i]);
    name[len] = '\0';

    char heading[NAME_MAX_SHOWN + 80];
    snprintf(heading, sizeof(heading), "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", name);
    reply_line(call, heading);
}

void help_reply(struct call *call, const char *const *lines)
{
    size_t count = 0;
    while (lines[count] != NULL) count++;

    reply_array(call->reply, count + 3);
    reply_heading(call);
    for (size_t i = 0; i < count; i++) reply_line(call, lines[i]);
    reply_line(call, "HELP");
    reply_line(call, "    Prints this help.");
}
