#include "bench/instructions/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/program.h"

#define LINE_MAX_BYTES 4096

static bool starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* Recursive calls stand as name'2. */
static void copy_name(char *out, size_t cap, const char *name)
{
    snprintf(out, cap, "%.*s", (int)strcspn(name, "'\n"), name);
}

static struct profile_function *find_function(struct profile *profile, const char *text, const char *library)
{
    char name[sizeof profile->functions[0].name];
    copy_name(name, sizeof name, starts(text, "0x") ? library : text);
    for (size_t i = 0; i < profile->functions_len; i++)
        if (strcmp(profile->functions[i].name, name) == 0) return &profile->functions[i];
    if (profile->functions_len == PROFILE_FUNCTIONS_MAX) program_fail("more functions than foreseen");
    struct profile_function *function = &profile->functions[profile->functions_len++];
    memcpy(function->name, name, sizeof name);
    return function;
}

bool profile_read(struct profile *profile, const char *path)
{
    char line[LINE_MAX_BYTES], library[64] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    *profile = (struct profile){ 0 };
    struct profile_function *function = NULL;
    bool of_call = false; /* the next line is what a call cost, which stands with the called function too */
    while (fgets(line, sizeof line, file) != NULL) {
        if (starts(line, "ob=")) {
            const char *slash = strrchr(line, '/');
            const char *name = slash != NULL ? slash + 1 : line;
            snprintf(library, sizeof library, "[%.*s]", (int)strcspn(name, "\n"), name);
        } else if (starts(line, "fn=")) {
            function = find_function(profile, line + strlen("fn="), library);
        } else if (starts(line, "calls=")) {
            of_call = true;
        } else if (line[0] >= '0' && line[0] <= '9' && function != NULL) {
            const char *cost = strchr(line, ' ');
            if (cost != NULL && !of_call) function->instructions += strtoull(cost, NULL, 10);
            of_call = false;
        }
    }
    fclose(file);
    for (size_t i = 0; i < profile->functions_len; i++)
        profile->instructions += profile->functions[i].instructions;
    return true;
}

static int by_cost(const void *a, const void *b)
{
    uint64_t left = ((const struct profile_function *)a)->instructions;
    uint64_t right = ((const struct profile_function *)b)->instructions;
    return (left < right) - (left > right);
}

void profile_sort(struct profile *profile)
{
    qsort(profile->functions, profile->functions_len, sizeof profile->functions[0], by_cost);
}
