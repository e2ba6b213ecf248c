/*
 * terminal.h - a program at a terminal, with a test at the keyboard.
 */
#ifndef TESTS_SUPPORT_PROCESS_TERMINAL_H
#define TESTS_SUPPORT_PROCESS_TERMINAL_H

#include <stdbool.h>

#include "proto/base/buffer.h"
#include "tests/support/process/child.h"

struct terminal {
    struct child child;
    int fd;
    struct buffer seen; /* on the screen since the last text that was waited for */
};

/* `argv` is ended by NULL. */
void terminal_open(struct terminal *terminal, const char *const *argv);
/* Type the line and press return. */
void terminal_type(struct terminal *terminal, const char *line);
/* True once `text` appears; what stood before it is forgotten, and it is. */
bool terminal_wait(struct terminal *terminal, const char *text, int timeout_ms);
/* End the program if it still runs. */
void terminal_close(struct terminal *terminal);

#endif
