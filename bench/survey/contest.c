#include "bench/survey/contest.h"

#include <stdio.h>

#include "bench/kit/program.h"

#define OPTIONS_MAX 20

/* Behind those that all have. */
static void append(struct option *options, const struct option *added)
{
    size_t len = 0;
    while (options[len].name != NULL) len++;
    for (; added != NULL && added->name != NULL && len < OPTIONS_MAX; added++) options[len++] = *added;
}

void contest_parse(struct contest *contest, int argc, char **argv,
                   const struct contest_description *description)
{
    char rounds[64], file[64];
    snprintf(rounds, sizeof rounds, "of which the median counts (%d)", (int)description->rounds);
    snprintf(file, sizeof file, "(bench/results/DATE-%s.json)", description->name);
    struct option options[OPTIONS_MAX + 1] = {
        { "quick", OPTION_FLAG, &contest->quick, NULL, "one short round" },
        { "rounds", OPTION_COUNT, &contest->rounds, "N", rounds },
        PEERS_OPTIONS(&contest->options),
        { "strict", OPTION_FLAG, &contest->strict, NULL, "exit status 1 when a limit is exceeded" },
        { "commit", OPTION_TEXT, &contest->commit, "ID", "to be noted in the JSON" },
        { "json", OPTION_TEXT, &contest->json, "FILE", file },
        { "no-json", OPTION_FLAG, &contest->no_json, NULL, "write no file" },
    };
    append(options, description->added);
    options_parse_all(argc, argv, options);
    contest->name = description->name;
    if (contest->rounds == 0) contest->rounds = contest->quick ? 1 : description->rounds;
    if (contest->rounds > SAMPLES_MAX) contest->rounds = SAMPLES_MAX;
}

void contest_start(struct contest *contest)
{
    peers_start(&contest->peers, &contest->options);
}

int contest_end(struct contest *contest)
{
    for (size_t i = 0; i < contest->peers.len; i++) server_stop(&contest->peers.items[i]);
    findings_print(&contest->findings, &contest->peers);
    if (!contest->no_json)
        findings_save(&contest->findings, &contest->peers, contest->json, contest->name, contest->commit);
    bool above = contest->strict && findings_above(&contest->findings, &contest->peers) > 0;
    return contest->failed || above ? PROGRAM_FAILED : 0;
}
