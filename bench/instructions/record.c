#include "bench/instructions/record.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <uv.h>

#include "bench/kit/program.h"
#include "server/memory/memory_use.h"

#define BUILD_LINE "# build: "

void record_describe_build(char *out, size_t cap)
{
    struct utsname system;
    uname(&system);
    snprintf(out, cap, "%s, compiler %s, %s, glibc %s, libuv %s, %s", system.machine, __VERSION__,
             BENCH_BUILD_KIND, gnu_get_libc_version(), uv_version_string(), memory_allocator_name());
}

void record_read(struct record *record, const char *path)
{
    char text[256];
    FILE *file = fopen(path, "re");
    if (file == NULL) program_fail("%s: %s", path, strerror(errno));
    *record = (struct record){ 0 };
    while (fgets(text, sizeof text, file) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        struct record_line *line = &record->lines[record->len];
        if (strncmp(text, BUILD_LINE, strlen(BUILD_LINE)) == 0)
            snprintf(record->build, sizeof record->build, "%.250s", text + strlen(BUILD_LINE));
        if (text[0] == '#' || text[0] == '\0') continue;
        if (record->len == RECORD_LINES_MAX) program_fail("%s: too many lines", path);
        if (sscanf(text, "%31[^;]; %" SCNu64 "; %lf; %lf", line->name, &line->depth, &line->instructions,
                   &line->allocations) != 4)
            program_fail("%s: what is '%s'?", path, text);
        record->len++;
    }
    fclose(file);
}

void record_write(const struct record *record, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) program_fail("%s: %s", path, strerror(errno));
    fprintf(file, BUILD_LINE "%s\n", record->build);
    fputs("# command; requests in flight; instructions per request; allocations per request\n", file);
    for (size_t i = 0; i < record->len; i++) {
        const struct record_line *line = &record->lines[i];
        fprintf(file, "%s; %" PRIu64 "; %.0f; %.2f\n", line->name, line->depth, line->instructions,
                line->allocations);
    }
    if (ferror(file) || fclose(file) != 0) program_fail("%s: cannot be written", path);
}

const struct record_line *record_find(const struct record *record, const char *name, uint64_t depth)
{
    for (size_t i = 0; i < record->len; i++)
        if (strcmp(record->lines[i].name, name) == 0 && record->lines[i].depth == depth)
            return &record->lines[i];
    return NULL;
}
