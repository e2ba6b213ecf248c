#include "tests/support/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/base/contract.h"

void scratch_init(struct scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || strlen(parent) > SCRATCH_PATH_MAX / 2) parent = "/tmp";
    snprintf(scratch->path, sizeof scratch->path, "%s/nuthatch-test-XXXXXX", parent);
    REQUIRE(mkdtemp(scratch->path) != NULL);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    remove(path);
    return 0;
}

void scratch_clear(struct scratch *scratch)
{
    if (scratch->path[0] == '\0') return;
    nftw(scratch->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    scratch->path[0] = '\0';
}

void scratch_path(const struct scratch *scratch, const char *name, char out[static SCRATCH_PATH_MAX])
{
    int len = snprintf(out, SCRATCH_PATH_MAX, "%s/%s", scratch->path, name);
    REQUIRE(len > 0 && len < SCRATCH_PATH_MAX);
}

void scratch_write(const struct scratch *scratch, const char *name, const char *text,
                   char out[static SCRATCH_PATH_MAX])
{
    scratch_path(scratch, name, out);
    FILE *file = fopen(out, "w");
    REQUIRE(file != NULL);
    REQUIRE(fputs(text, file) >= 0);
    REQUIRE(fclose(file) == 0);
}

void scratch_read(const char *path, struct buffer *out)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) return;
    size_t got;
    while ((got = fread(buffer_reserve(out, 4096), 1, 4096, file)) > 0) buffer_commit(out, got);
    fclose(file);
}
