#include "bench/kit/program.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void program_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(PROGRAM_NO_START);
}

void program_neighbour(const char *name, char *out, size_t cap)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0) program_fail("/proc/self/exe: %s", strerror(errno));
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    if ((size_t)snprintf(out, cap, "%s/%s", self, name) >= cap) program_fail("path too long: %s", self);
}

bool program_pin_thread(pid_t thread, int core)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (core == PROGRAM_ANY_CORE || i == core) CPU_SET((size_t)i, &cores);
    }
    return sched_setaffinity(thread, sizeof cores, &cores) == 0;
}

bool program_pin(int core)
{
    return program_pin_thread(0, core);
}

void program_go_first(bool first)
{
    int policy = first ? SCHED_FIFO : SCHED_OTHER;
    pthread_setschedparam(pthread_self(), policy,
                          &(struct sched_param){ .sched_priority = sched_get_priority_min(policy) });
}
