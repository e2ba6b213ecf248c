#include "server/commands/cache/cache_words.h"

#include <stddef.h>

#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

int cache_words_take(struct cache_words *words, struct call *call, int arg)
{
    int word = 0;
    while (words->words[word] != NULL && !(arg < call->argc && call_arg_is(call, arg, words->words[word])))
        word++;
    if (words->words[word] != NULL && !(words->seen >> word & 1)) {
        words->seen |= 1U << word;
        return word;
    }
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return -1;
}
