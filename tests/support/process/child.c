#include "tests/support/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/contract.h"
#include "tests/support/pace.h"

static int open_output(const struct child_options *options)
{
    if (options->output > 0) return options->output;
    const char *path = options->output_path == NULL ? "/dev/null" : options->output_path;
    return open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

_Noreturn static void become(const struct child_options *options, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The parent may have died before the line above took effect. */
    if (getppid() != parent) _exit(126);

    int input = options->input > 0 ? options->input : open("/dev/null", O_RDONLY);
    int output = open_output(options);
    if (options->terminal) {
        setsid();
        ioctl(input, TIOCSCTTY, 0);
    }
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(126);
    if (options->directory != NULL && chdir(options->directory) != 0) _exit(126);
    /* Nothing of the test's is inherited: a kept socket would hide that its peer has closed. */
    for (int fd = 3; fd < 1024; fd++) close(fd);
    execvp(options->argv[0], (char *const *)options->argv);
    fprintf(stderr, "%s: %s\n", options->argv[0], strerror(errno));
    _exit(127);
}

void child_start(struct child *child, const struct child_options *options)
{
    pid_t parent = getpid();
    *child = (struct child){ .pid = fork() };
    REQUIRE(child->pid >= 0);
    if (child->pid == 0) become(options, parent);
}

static bool reap(struct child *child)
{
    if (child->ended || child->pid <= 0) return true;
    child->ended = waitpid(child->pid, &child->status, WNOHANG) == child->pid;
    return child->ended;
}

bool child_wait(struct child *child, int timeout_ms)
{
    int64_t deadline_ms = pace_now_ms() + (int64_t)timeout_ms * PACE;
    while (!reap(child)) {
        if (pace_now_ms() >= deadline_ms) return false;
        pace_sleep_ms(2);
    }
    return true;
}

int child_exit_code(const struct child *child)
{
    REQUIRE(child->ended);
    return WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 128 + WTERMSIG(child->status);
}

void child_signal(const struct child *child, int signal_number)
{
    if (!child->ended && child->pid > 0) kill(child->pid, signal_number);
}

void child_stop(struct child *child, int patience_ms)
{
    if (reap(child)) return;
    child_signal(child, SIGTERM);
    if (child_wait(child, patience_ms)) return;
    child_signal(child, SIGKILL);
    child_wait(child, 10000);
}

int child_run(const struct child_options *options, int timeout_ms)
{
    struct child child;
    child_start(&child, options);
    bool ended = child_wait(&child, timeout_ms);
    child_stop(&child, 1000);
    return ended ? child_exit_code(&child) : -1;
}
