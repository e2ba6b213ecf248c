/*
 * scratch.h - a directory that a test may fill and that is gone afterwards.
 *
 * A test that fails leaves it behind: a server's log in it may say why.
 */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

#include "proto/base/buffer.h"

#define SCRATCH_PATH_MAX 256

struct scratch {
    char path[SCRATCH_PATH_MAX];
};

/* An empty directory below TMPDIR, or /tmp. */
void scratch_init(struct scratch *scratch);
/* Remove it with all that is in it. */
void scratch_clear(struct scratch *scratch);

/* `out` becomes the path of `name` inside the directory. */
void scratch_path(const struct scratch *scratch, const char *name, char out[static SCRATCH_PATH_MAX]);
/* Write `text` to the file `name`, and its path to `out`. */
void scratch_write(const struct scratch *scratch, const char *name, const char *text,
                   char out[static SCRATCH_PATH_MAX]);
/* Append the contents of a file, or nothing when it cannot be read. */
void scratch_read(const char *path, struct buffer *out);

#endif
