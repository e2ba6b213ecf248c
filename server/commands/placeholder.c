#include "server/commands/placeholder.h"

#include <stddef.h>
#include <string.h>

struct meaning {
    const char *command; /* NULL: of every command */
    const char *name;
    enum syntax_type type;
};

/* The first that fits counts. */
static const struct meaning meanings[] = {
    { "incrbyfloat", "increment", SYNTAX_DOUBLE },
    { NULL, "client-id", SYNTAX_INTEGER },
    { NULL, "count", SYNTAX_INTEGER },
    { NULL, "cursor", SYNTAX_INTEGER },
    { NULL, "db", SYNTAX_INTEGER },
    { NULL, "decrement", SYNTAX_INTEGER },
    { NULL, "destination-db", SYNTAX_INTEGER },
    { NULL, "end", SYNTAX_INTEGER },
    { NULL, "increment", SYNTAX_INTEGER },
    { NULL, "index", SYNTAX_INTEGER },
    { NULL, "index1", SYNTAX_INTEGER },
    { NULL, "index2", SYNTAX_INTEGER },
    { NULL, "len", SYNTAX_INTEGER },
    { NULL, "milliseconds", SYNTAX_INTEGER },
    { NULL, "min-match-len", SYNTAX_INTEGER },
    { NULL, "numreplicas", SYNTAX_INTEGER },
    { NULL, "offset", SYNTAX_INTEGER },
    { NULL, "protover", SYNTAX_INTEGER },
    { NULL, "samples", SYNTAX_INTEGER },
    { NULL, "seconds", SYNTAX_INTEGER },
    { NULL, "start", SYNTAX_INTEGER },
    { NULL, "timeout", SYNTAX_INTEGER },
    { NULL, "version", SYNTAX_INTEGER },
    { NULL, "pattern", SYNTAX_PATTERN },
    { NULL, "unix-time-seconds", SYNTAX_UNIX_TIME },
    { NULL, "unix-time-milliseconds", SYNTAX_UNIX_TIME },
};

enum syntax_type placeholder_type(const char *command, const char *name)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const struct meaning *meaning = &meanings[i];
        if (meaning->command != NULL && strcmp(meaning->command, command) != 0) continue;
        if (strcmp(meaning->name, name) == 0) return meaning->type;
    }
    return SYNTAX_STRING;
}

const char *placeholder_choice_name(const char *token)
{
    static const struct {
        const char *token;
        const char *name;
    } choices[] = {
        { "NX", "condition" }, { "EX", "expiration" },         { "ASYNC", "async" },
        { "WRITE", "mode" },   { "TIMEOUT", "timeout_error" },
    };
    if (token == NULL) return NULL;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        if (strcmp(choices[i].token, token) == 0) return choices[i].name;
    }
    return NULL;
}
