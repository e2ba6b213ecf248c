#include "bench/kit/report/report.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench/kit/program.h"

static void write_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < 0x20)
            fprintf(file, "\\u%04x", c);
        else
            fputc(c, file);
    }
    fputc('"', file);
}

static void write_name(struct report *report, const char *name)
{
    if (report->comma) fputs(", ", report->file);
    report->comma = true;
    if (name == NULL) return;
    write_string(report->file, name);
    fputs(": ", report->file);
}

void report_text(struct report *report, const char *name, const char *text)
{
    write_name(report, name);
    write_string(report->file, text);
}

void report_number(struct report *report, const char *name, double number)
{
    write_name(report, name);
    fprintf(report->file, "%.10g", number);
}

void report_begin(struct report *report, const char *name, char bracket)
{
    write_name(report, name);
    fputc(bracket, report->file);
    report->comma = false;
}

void report_end(struct report *report, char bracket)
{
    fputc(bracket, report->file);
    report->comma = true;
}

void report_numbers(struct report *report, const char *name, const double *numbers, size_t len)
{
    report_begin(report, name, '[');
    for (size_t i = 0; i < len; i++) report_number(report, NULL, numbers[i]);
    report_end(report, ']');
}

/* What /proc/cpuinfo calls the processor. */
static void read_processor(char *out, size_t cap)
{
    char line[256];
    out[0] = '\0';
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (file == NULL) return;
    while (out[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", strlen("model name")) != 0 || colon == NULL) continue;
        snprintf(out, cap, "%s", colon + strlen(": "));
        out[strcspn(out, "\n")] = '\0';
    }
    fclose(file);
}

static void write_machine(struct report *report)
{
    char processor[256];
    struct utsname system;
    read_processor(processor, sizeof processor);
    uname(&system);
    report_begin(report, "machine", '{');
    report_text(report, "processor", processor);
    report_number(report, "cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
    report_text(report, "kernel", system.release);
    report_end(report, '}');
}

void report_open(struct report *report, const char *path, const char *name)
{
    char date[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%dT%H%MZ", gmtime_r(&now, &utc));
    *report = (struct report){ 0 };
    if (path == NULL) {
        if (mkdir(BENCH_RESULTS, 0777) != 0 && errno != EEXIST)
            program_fail(BENCH_RESULTS ": %s", strerror(errno));
        snprintf(report->path, sizeof report->path, BENCH_RESULTS "/%s-%s.json", date, name);
    } else {
        snprintf(report->path, sizeof report->path, "%s", path);
    }
    report->file = fopen(report->path, "we");
    if (report->file == NULL) program_fail("%s: %s", report->path, strerror(errno));

    fputc('{', report->file);
    report_text(report, "benchmark", name);
    report_text(report, "date", date);
    write_machine(report);
}

void report_close(struct report *report)
{
    fputs("}\n", report->file);
    if (ferror(report->file) || fclose(report->file) != 0)
        program_fail("%s: cannot be written", report->path);
    report->file = NULL;
}
