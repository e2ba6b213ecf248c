#include "bench/survey/survey.h"

#include <stdio.h>

#include "bench/kit/load/workload.h"
#include "bench/kit/servers/server.h"

void survey_say(const char *what)
{
    fprintf(stderr, "%s\n", what);
}

static struct workload *make_workload(const struct server *server, const struct survey_load *load,
                                      uint64_t round)
{
    return workload_create(&(struct workload_options){
        .protocol = server->protocol,
        .test = load->test,
        .keys = load->keys > 0 ? load->keys : SURVEY_KEYS,
        .value_bytes = load->value > 0 ? load->value : SURVEY_VALUE_BYTES,
        .batch = load->batch > 0 ? load->batch : 1,
        .first_key = load->first_key,
        .sequential = load->requests > 0,
        .seed = round + 1,
    });
}

bool survey_can(const struct server *server, const struct survey_load *load)
{
    struct workload *workload = make_workload(server, load, 0);
    if (workload == NULL) return false;
    workload_destroy(&workload);
    return true;
}

static struct load_options options_of(const struct survey_load *load, struct workload *workload)
{
    return (struct load_options){ .clients = load->clients > 0 ? load->clients : SURVEY_CLIENTS,
                                  .depth = load->depth,
                                  .workload = workload };
}

static void look_for_errors(struct survey *survey, const struct server *server, const char *test)
{
    if (survey->trial.tally.errors == 0) return;
    if (!survey->failed) fprintf(stderr, "%s, %s: %s\n", server->name, test, survey->trial.tally.first_error);
    survey->failed = true;
}

void survey_try(struct survey *survey, const struct server *server, const struct survey_load *load,
                uint64_t round)
{
    struct workload *workload = make_workload(server, load, round);
    struct load_options options = options_of(load, workload);
    if (load->requests > 0)
        trial_run_requests(&survey->trial, server, options, load->requests);
    else
        trial_run(&survey->trial, server, options, survey->seconds);
    workload_destroy(&workload);
    look_for_errors(survey, server, load->test);
}

#define TURNS_A_ROUND 3
#define TURN_S        0.2

uint64_t survey_turns(const struct survey *survey)
{
    return survey->quick ? 1 : survey->rounds * TURNS_A_ROUND;
}

static double turn_s(const struct survey *survey)
{
    return survey->seconds < TURN_S ? survey->seconds : TURN_S;
}

void survey_try_shortly(struct survey *survey, const struct server *server, const struct survey_load *load,
                        uint64_t turn)
{
    double seconds = survey->seconds;
    survey->seconds = turn_s(survey);
    survey_try(survey, server, load, turn);
    survey->seconds = seconds;
}

void survey_try_two(struct survey *survey, const struct server *const servers[2],
                    const struct survey_load *load, uint64_t turn)
{
    struct workload *workload = make_workload(servers[0], load, turn);
    trial_run_two(&survey->trial, servers, options_of(load, workload), turn_s(survey));
    workload_destroy(&workload);
    look_for_errors(survey, servers[0], load->test);
}

bool survey_passes_over(const struct survey *survey, size_t peer)
{
    return survey->quick && peer > NUTHATCH;
}

void survey_start_nuthatch(const struct survey *survey, struct server *server, const char *args)
{
    server_init(server, "nuthatch", survey->peers.items[NUTHATCH].path, args);
    server_start(server, survey->alone ? SURVEY_SERVER_CORE : SERVER_ANY_CORE);
}
