#include "bench/survey/syscalls.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENT     "raw_syscalls:sys_enter"
#define ATTACH_US 300000

static _Noreturn void become_perf(pid_t server, int out)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)server);
    dup2(out, STDERR_FILENO);
    execlp("perf", "perf", "stat", "-x", ",", "-e", EVENT, "-p", pid, (char *)NULL);
    _exit(EXIT_FAILURE);
}

bool syscalls_start(struct syscalls *syscalls, pid_t server)
{
    int ends[2], status;
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    syscalls->perf = fork();
    if (syscalls->perf == 0) become_perf(server, ends[1]);
    close(ends[1]);
    syscalls->output = ends[0];
    usleep(ATTACH_US);
    if (syscalls->perf > 0 && waitpid(syscalls->perf, &status, WNOHANG) == 0) return true;
    close(ends[0]);
    return false;
}

bool syscalls_stop(struct syscalls *syscalls, uint64_t *count)
{
    char text[1024];
    kill(syscalls->perf, SIGINT);
    waitpid(syscalls->perf, NULL, 0);
    ssize_t len = read(syscalls->output, text, sizeof text - 1);
    close(syscalls->output);
    if (len <= 0) return false;
    text[len] = '\0';
    char *end;
    *count = strtoull(text, &end, 10);
    return end != text && *end == ',';
}
