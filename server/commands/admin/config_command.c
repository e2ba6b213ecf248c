#include <stddef.h>
#include <stdio.h>

#include "proto/base/buffer.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/config/config.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"
#include "server/exec/session/survey.h"
#include "server/observe/errorstats.h"
#include "server/observe/log.h"
#include "server/report/baseline.h"
#include "server/upstream/errands/passed_stats.h"
#include "server/upstream/tier.h"

struct pairs {
    struct reply *reply;
    size_t count;
};

static void write_pair(void *context, struct slice name, struct slice value)
{
    struct pairs *pairs = context;
    reply_bulk(pairs->reply, name);
    reply_bulk(pairs->reply, value);
    pairs->count++;
}

static void get(struct call *call)
{
    struct pairs pairs = { .reply = call->reply };
    struct reply_mark mark = reply_open_counted(call->reply);
    config_get(call->server->config, call->argv + 2, (size_t)call->argc - 2, write_pair, &pairs);
    reply_close_map(call->reply, mark, pairs.count);
}

static void log_warning(void *context, const char *warning)
{
    (void)context;
    log_write(LOG_LEVEL_WARNING, "%s", warning);
}

static void set(struct call *call)
{
    struct buffer error = { 0 };
    if (call->argc % 2 != 0) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    struct config_request request = {
        .pairs = call->argv + 2,
        .count = ((size_t)call->argc - 2) / 2,
        .from_this_machine = session_is_local(call->session),
    };
    loop_post(call->loop); /* what was changed before is announced as was asked for then */
    if (config_set(call->server->config, &request, &error))
        reply_ok(call->reply);
    else
        reply_error(call->reply, buffer_slice(&error));
    config_take_warnings(call->server->config, log_warning, NULL);
    buffer_clear(&error);
}

static void rewrite(struct call *call)
{
    struct buffer error = { 0 };
    if (config_rewrite(call->server->config, &error)) {
        log_write(LOG_LEVEL_NOTICE, "CONFIG REWRITE executed with success.");
        reply_ok(call->reply);
    } else {
        log_write(LOG_LEVEL_WARNING, "CONFIG REWRITE failed: %.*s", (int)error.len, error.data);
        reply_error(call->reply, buffer_slice(&error));
    }
    buffer_clear(&error);
}

static void reset_here(struct loop *loop, void *question, void *answer)
{
    (void)question;
    (void)answer;
    counters_reset(&loop->counters);
}

static void reset_done(struct session *session, struct reply *reply, void *question, void *answers,
                       size_t loops)
{
    (void)session;
    (void)question;
    (void)answers;
    (void)loops;
    reply_ok(reply);
}

static void reset_stat(struct call *call)
{
    static const struct survey survey = { .ask = reset_here, .done = reset_done };
    struct server *server = call->server;
    errorstats_reset(server->errorstats);
    baseline_take(server);
    if (server->tier != NULL) passed_stats_reset(tier_passed(server->tier));
    survey_start(call, &survey, NULL);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "GET <pattern>",
        "    Parameters whose names match the glob-like <pattern>, and their values.",
        "SET <directive> <value>",
        "    Change a parameter.",
        "RESETSTAT",
        "    Start counting anew what INFO tells.",
        "REWRITE",
        "    Write what was changed to the configuration file.",
        NULL,
    };
    help_reply(call, lines);
}

#define SERVER .group = "server"
#define ADMIN  (CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)

static const struct command config_subcommands[] = {
    { "rewrite", rewrite, .syntax = "", .flags = CMD_APART | ADMIN, SERVER, .since = "2.8.0", .cost = "O(1)",
      .reply = "OK", .summary = "Write what was changed to the configuration file." },
    { "get", get, .syntax = "parameter [parameter ...]", .flags = CMD_APART | ADMIN, SERVER,
      .tier = TIER_LOCAL | TIER_GETS_SETTINGS, .since = "2.0.0", .cost = "O(N) for N parameters",
      .reply = "map", .summary = "Parameters whose names match a pattern, and their values." },
    { "resetstat", reset_stat, .syntax = "", .flags = CMD_APART | ADMIN, SERVER, .since = "2.0.0",
      .cost = "O(1)", .reply = "OK", .summary = "Start counting anew what INFO tells." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, SERVER, .since = "5.0.0", .cost = "O(1)",
      .reply = "array", .summary = "Explain the subcommands." },
    { "set", set, .syntax = "parameter value [parameter value ...]", .flags = CMD_APART | ADMIN, SERVER,
      .tier = TIER_LOCAL | TIER_SETS_SETTINGS, .since = "2.0.0", .cost = "O(N) for N parameters",
      .reply = "OK", .summary = "Change parameters, all or none.",
      .tips = "request_policy:all_nodes response_policy:all_succeeded" },
    { 0 },
};

const struct command config_commands[] = {
    { "config", .syntax = "", .flags = CMD_TURNS_INPUT, .group = "server", .tier = TIER_LOCAL,
      .since = "2.0.0", .cost = "Depends on the subcommand", .summary = "About the parameters of the server.",
      .subcommands = config_subcommands },
    { 0 },
};
