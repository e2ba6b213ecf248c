#include "tests/support/process/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proto/base/contract.h"
#include "tests/support/pace.h"

void terminal_open(struct terminal *terminal, const char *const *argv)
{
    *terminal = (struct terminal){ .fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };
    REQUIRE(terminal->fd >= 0 && grantpt(terminal->fd) == 0 && unlockpt(terminal->fd) == 0);
    int far = open(ptsname(terminal->fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(far >= 0);
    /* Line editors ask the terminal for its width in vain, and wait, when the kernel does not know it. */
    ioctl(far, TIOCSWINSZ, &(struct winsize){ .ws_row = 40, .ws_col = 200 });
    child_start(&terminal->child,
                &(struct child_options){ .argv = argv, .input = far, .output = far, .terminal = true });
    close(far);
}

void terminal_type(struct terminal *terminal, const char *line)
{
    struct buffer keys = { 0 };
    buffer_printf(&keys, "%s\r", line);
    REQUIRE(write(terminal->fd, keys.data, keys.len) == (ssize_t)keys.len);
    buffer_clear(&keys);
}

/* What is on the screen up to the end of `text` goes. */
static bool found(struct buffer *seen, const char *text)
{
    const char *at = seen->len == 0 ? NULL : memmem(seen->data, seen->len, text, strlen(text));
    if (at == NULL) return false;
    buffer_consume(seen, (size_t)(at - seen->data) + strlen(text));
    return true;
}

bool terminal_wait(struct terminal *terminal, const char *text, int timeout_ms)
{
    int64_t deadline_ms = pace_now_ms() + (int64_t)timeout_ms * PACE;
    while (!found(&terminal->seen, text)) {
        int64_t left_ms = deadline_ms - pace_now_ms();
        struct pollfd waiting = { .fd = terminal->fd, .events = POLLIN };
        if (left_ms <= 0 || poll(&waiting, 1, (int)left_ms) <= 0) return false;
        ssize_t got = read(terminal->fd, buffer_reserve(&terminal->seen, 4096), 4096);
        if (got <= 0) return false;
        buffer_commit(&terminal->seen, (size_t)got);
    }
    return true;
}

void terminal_close(struct terminal *terminal)
{
    child_stop(&terminal->child, 2000);
    close(terminal->fd);
    buffer_clear(&terminal->seen);
}
