#include "tests/support/process/capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "tests/support/process/child.h"
#include "tests/support/scratch.h"

/* A file that has no name any more, holding `text`, ready to be read. */
static int open_input(const struct scratch *scratch, struct slice text)
{
    char path[SCRATCH_PATH_MAX];
    scratch_path(scratch, "input", path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    while (text.len > 0) {
        ssize_t written = write(fd, text.data, text.len);
        REQUIRE(written > 0);
        text = slice_of(text.data + written, text.len - (size_t)written);
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

void capture_run(struct capture *capture, const char *const *argv, struct slice input, int timeout_ms)
{
    struct scratch scratch;
    char path[SCRATCH_PATH_MAX];
    scratch_init(&scratch);
    scratch_path(&scratch, "output", path);
    int fd = open_input(&scratch, input);
    struct child_options options = { .argv = argv, .input = fd, .output_path = path };
    capture->code = child_run(&options, timeout_ms);
    close(fd);

    struct buffer text = { 0 };
    scratch_read(path, &text);
    capture->text = alloc_cstr(text.data, text.len);
    buffer_clear(&text);
    scratch_clear(&scratch);
}

void capture_clear(struct capture *capture)
{
    alloc_free(capture->text);
    capture->text = NULL;
}

bool capture_contains(const struct capture *capture, const char *text)
{
    return strstr(capture->text, text) != NULL;
}
