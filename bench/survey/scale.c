/* Ours beside ours: more keys than any cache holds, and more loops than one. */
#include <stdint.h>

#include "bench/kit/load/preload.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/survey.h"

#define ONE_LOOP  "--bind,127.0.0.1,--threads,1"
#define TWO_LOOPS "--bind,127.0.0.1,--threads,2"
#define FEW_KEYS  100000
#define MANY_KEYS 10000000

#define MANY_LIMIT 1.35
#define LOOP_LIMIT 1.10

/* Cost of the second load on the second server by that of the first on the first. */
static void add_ratio(struct survey *survey, struct finding *finding, const struct server *const servers[2],
                      const struct survey_load loads[2])
{
    for (uint64_t turn = 0; turn < survey_turns(survey); turn++) {
        double us[2];
        for (size_t i = 0; i < 2; i++) {
            size_t at = turn % 2 == 0 ? i : 1 - i;
            survey_try_shortly(survey, servers[at], &loads[at], turn);
            us[at] = survey->trial.us_per_op;
        }
        samples_add(&finding->values[NUTHATCH], us[1] / us[0]);
    }
}

static void compare_keys(struct survey *survey, const struct server *few, const struct server *many)
{
    static const struct {
        const char *name, *test;
        uint64_t depth;
    } cases[] = {
        { "GET, depth 16", "get", 16 },
        { "GET, depth 64", "get", 64 },
        { "SET, depth 16", "set", 16 },
        { "SET, depth 64", "set", 64 },
    };
    const struct server *const servers[] = { few, many };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct finding *finding = findings_add(&survey->findings, "ratio", LIMIT_ITSELF, MANY_LIMIT,
                                               "%s: 10 m keys / 100 k", cases[i].name);
        const struct survey_load loads[] = {
            { cases[i].test, cases[i].depth, .keys = FEW_KEYS },
            { cases[i].test, cases[i].depth, .keys = MANY_KEYS },
        };
        add_ratio(survey, finding, servers, loads);
    }
}

void survey_keys(struct survey *survey)
{
    struct server few, many;
    survey_say("10 million keys");
    survey_start_nuthatch(survey, &few, ONE_LOOP);
    preload_keys(&few.address, FEW_KEYS, SURVEY_VALUE_BYTES, false);
    server_pause(&few);
    survey_start_nuthatch(survey, &many, ONE_LOOP);
    preload_keys(&many.address, MANY_KEYS, SURVEY_VALUE_BYTES, false);
    server_pause(&many);
    compare_keys(survey, &few, &many);
    server_stop(&few);
    server_stop(&many);
}

static void start_anywhere(const struct survey *survey, struct server *server, const char *args)
{
    server_init(server, "nuthatch", survey->peers.items[NUTHATCH].path, args);
    server_start(server, SERVER_ANY_CORE);
    preload_keys(&server->address, SURVEY_KEYS, SURVEY_VALUE_BYTES, false);
    server_pause(server);
}

struct loop_servers {
    struct server one, another, two; /* of one loop, of one loop, of two */
};

struct loop_rows {
    struct finding *by_one, *by_two_servers;
};

static struct loop_rows add_loop_rows(struct survey *survey, const char *name)
{
    struct findings *findings = &survey->findings;
    return (struct loop_rows){
        findings_add(findings, "ratio", LIMIT_ITSELF, LOOP_LIMIT, "%s: two loops / one", name),
        findings_add(findings, "ratio", LIMIT_ITSELF, LOOP_LIMIT, "%s: two loops / two servers", name),
    };
}

enum { ONE, TWO_SERVERS, TWO, SETUPS };

static double cost_of(struct survey *survey, const struct loop_servers *servers, unsigned setup,
                      const struct survey_load *load, uint64_t turn)
{
    const struct server *const pair[] = { &servers->one, &servers->another };
    if (setup == TWO_SERVERS)
        survey_try_two(survey, pair, load, turn);
    else
        survey_try_shortly(survey, setup == ONE ? &servers->one : &servers->two, load, turn);
    return survey->trial.us_per_op;
}

static void compare_loops(struct survey *survey, const struct loop_servers *servers, const char *name,
                          const struct survey_load *load)
{
    struct loop_rows rows = add_loop_rows(survey, name);
    for (uint64_t turn = 0; turn < survey_turns(survey); turn++) {
        double us[SETUPS];
        for (unsigned i = 0; i < SETUPS; i++) {
            unsigned setup = turn % 2 == 0 ? i : SETUPS - 1 - i;
            us[setup] = cost_of(survey, servers, setup, load, turn);
        }
        samples_add(&rows.by_one->values[NUTHATCH], us[TWO] / us[ONE]);
        samples_add(&rows.by_two_servers->values[NUTHATCH], us[TWO] / us[TWO_SERVERS]);
    }
}

/* All are new, so that none has more keys or an older heap than the others. With two cores, two loops share
 * them with the load, wait for it and find their caches cold; and each has half of the connections, so that
 * its batches are shorter. Two servers of one loop that share the load have all that as well: beside them it
 * shows what locks and shared lines cost. CPU time per operation tells, throughput would not. */
void survey_loops(struct survey *survey)
{
    static const struct {
        const char *name;
        struct survey_load load;
    } cases[] = {
        { "GET", { .test = "get", .depth = 1 } },
        { "GET, depth 16", { .test = "get", .depth = 16 } },
        { "SET, depth 16", { .test = "set", .depth = 16 } },
        { "GET of one key, depth 16", { "get", 16, .keys = 1 } },
    };
    struct loop_servers servers;
    survey_say("two loops");
    start_anywhere(survey, &servers.one, ONE_LOOP);
    start_anywhere(survey, &servers.another, ONE_LOOP);
    start_anywhere(survey, &servers.two, TWO_LOOPS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        compare_loops(survey, &servers, cases[i].name, &cases[i].load);
    server_stop(&servers.one);
    server_stop(&servers.another);
    server_stop(&servers.two);
}
