#include "bench/survey/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "proto/base/alloc.h"
#include "proto/base/contract.h"

struct finding *findings_add(struct findings *findings, const char *unit, enum finding_limit kind,
                             double limit, const char *format, ...)
{
    REQUIRE(findings->len < FINDINGS_MAX);
    struct finding *finding = &findings->items[findings->len++];
    *finding = (struct finding){ .unit = unit, .kind = kind, .limit = limit };
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->name, sizeof finding->name, format, arguments);
    va_end(arguments);
    return finding;
}

double finding_ratio(const struct finding *finding, size_t other)
{
    double its = samples_median(&finding->values[other]);
    return its > 0 ? samples_median(&finding->values[NUTHATCH]) / its : 0;
}

/* Its place in the list; the length of the list when it is not there. */
static size_t floor_of(const struct peers *peers)
{
    size_t i = 0;
    while (i < peers->len && !peer_is_floor(&peers->items[i])) i++;
    return i;
}

/* The place of the one with the smallest number, ours and the floor apart; redis's when nobody has one. */
static size_t best_of(const struct finding *finding, const struct peers *peers)
{
    size_t best = REDIS;
    for (size_t i = 0; i < peers->len; i++) {
        if (i == NUTHATCH || peer_is_floor(&peers->items[i]) || finding->values[i].len == 0) continue;
        if (samples_median(&finding->values[i]) < samples_median(&finding->values[best])) best = i;
    }
    return best;
}

bool finding_is_above(const struct finding *finding, const struct peers *peers)
{
    size_t floor = floor_of(peers);
    if (finding->values[NUTHATCH].len == 0) return false;
    if (finding->floor_limit > 0 && floor < peers->len &&
        finding_ratio(finding, floor) > finding->floor_limit)
        return true;
    switch (finding->kind) {
    case LIMIT_NONE: return false;
    case LIMIT_OF_REDIS: return finding_ratio(finding, REDIS) > finding->limit;
    case LIMIT_OF_BEST: return finding_ratio(finding, best_of(finding, peers)) > finding->limit;
    case LIMIT_ITSELF: return samples_median(&finding->values[NUTHATCH]) > finding->limit;
    }
    return false;
}

static void add_number(struct table *table, double number)
{
    int digits = number >= 100 ? 0 : number >= 10 ? 1 : number >= 1 ? 2 : 3;
    table_add(table, "%.*f", digits, number);
}

static void add_heads(struct table *table, const struct peers *peers)
{
    table->columns = 6 + peers->len;
    table_add(table, "case");
    table_add(table, "unit");
    for (size_t i = 0; i < peers->len; i++) table_add(table, "%s", peers->items[i].name);
    table_add(table, "/ redis");
    table_add(table, "/ floor");
    table_add(table, "limit");
    table_add(table, "%s", "");
}

static void add_limit(struct table *table, const struct finding *finding)
{
    char of_floor[24] = "";
    if (finding->floor_limit > 0)
        snprintf(of_floor, sizeof of_floor, ", %.2f of floor", finding->floor_limit);
    switch (finding->kind) {
    case LIMIT_NONE: table_add(table, "%s", of_floor); break;
    case LIMIT_OF_REDIS: table_add(table, "%.2f of redis%s", finding->limit, of_floor); break;
    case LIMIT_OF_BEST: table_add(table, "%.2f of the best%s", finding->limit, of_floor); break;
    case LIMIT_ITSELF: table_add(table, "%.2f%s", finding->limit, of_floor); break;
    }
}

static void add_ratio(struct table *table, double ratio)
{
    if (ratio > 0)
        table_add(table, "%.2f", ratio);
    else
        table_add(table, "%s", "");
}

static void add_row(struct table *table, const struct finding *finding, const struct peers *peers)
{
    size_t floor = floor_of(peers);
    table_add(table, "%s", finding->name);
    table_add(table, "%s", finding->unit);
    for (size_t i = 0; i < peers->len; i++) {
        if (finding->values[i].len > 0)
            add_number(table, samples_median(&finding->values[i]));
        else
            table_add(table, "%s", "");
    }
    add_ratio(table, finding_ratio(finding, REDIS));
    add_ratio(table, floor < peers->len ? finding_ratio(finding, floor) : 0);
    add_limit(table, finding);
    table_add(table, "%s", finding_is_above(finding, peers) ? "above" : "");
}

size_t findings_above(const struct findings *findings, const struct peers *peers)
{
    size_t above = 0;
    for (size_t i = 0; i < findings->len; i++) above += finding_is_above(&findings->items[i], peers);
    return above;
}

void findings_print(const struct findings *findings, const struct peers *peers)
{
    struct table *table = ALLOC_NEW(struct table);
    add_heads(table, peers);
    for (size_t i = 0; i < findings->len; i++) add_row(table, &findings->items[i], peers);
    table_print(table);
    alloc_free(table);
}

static void report_values(const struct finding *finding, const struct peers *peers, struct report *report)
{
    report_begin(report, "values", '{');
    for (size_t i = 0; i < peers->len; i++) {
        const struct samples *values = &finding->values[i];
        if (values->len > 0) report_numbers(report, peers->items[i].name, values->values, values->len);
    }
    report_end(report, '}');
}

static const char *const limits_of[] = { "nothing", "redis", "the best", "itself" };

void findings_report(const struct findings *findings, const struct peers *peers, struct report *report)
{
    report_begin(report, "results", '[');
    for (size_t i = 0; i < findings->len; i++) {
        const struct finding *finding = &findings->items[i];
        fputs("\n", report->file);
        report_begin(report, NULL, '{');
        report_text(report, "case", finding->name);
        report_text(report, "unit", finding->unit);
        if (finding_ratio(finding, REDIS) > 0)
            report_number(report, "of_redis", finding_ratio(finding, REDIS));
        if (finding->kind != LIMIT_NONE) report_number(report, "limit", finding->limit);
        report_text(report, "limit_of", limits_of[finding->kind]);
        if (finding->floor_limit > 0) report_number(report, "limit_of_floor", finding->floor_limit);
        report_number(report, "above", finding_is_above(finding, peers));
        report_values(finding, peers, report);
        report_end(report, '}');
    }
    report_end(report, ']');
}

void findings_save(const struct findings *findings, const struct peers *peers, const char *path,
                   const char *name, const char *commit)
{
    struct report report;
    report_open(&report, path, name);
    if (commit != NULL) report_text(&report, "commit", commit);
    findings_report(findings, peers, &report);
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}
