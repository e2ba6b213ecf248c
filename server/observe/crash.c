#include "server/observe/crash.h"

#include <execinfo.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/observe/log.h"

#define FRAMES_MAX 100

static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

static void end_quietly(int number)
{
    static const char words[] = "Nuthatch cannot start here.\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, words, sizeof(words) - 1);
    (void)written;
    _exit(1);
}

void crash_end_quietly(void)
{
    struct sigaction action = { .sa_handler = end_quietly };
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, NULL);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

void crash_report_on(bool on)
{
    (void)on;
    (void)fatal_signals;
    signal(SIGABRT, SIG_DFL);
}

#else

static void write_text(int fd, const char *text)
{
    ssize_t written = write(fd, text, strlen(text));
    (void)written; /* there is nobody left to tell */
}

/* sigabbrev_np() and snprintf() of plain numbers allocate nothing and take no lock. */
static void write_what(int fd, int number, const siginfo_t *info)
{
    char line[256];
    snprintf(line, sizeof(line), "Nuthatch %s, process %d, ends by signal %d (SIG%s), code %d\n",
             NUTHATCH_VERSION, (int)getpid(), number, sigabbrev_np(number), info->si_code);
    write_text(fd, line);
    if (info->si_code <= 0) /* not the kernel: kill() or abort() */
        snprintf(line, sizeof(line), "Sent by process %d\n", (int)info->si_pid);
    else
        snprintf(line, sizeof(line), "Address: %p\n", info->si_addr);
    write_text(fd, line);
}

static void write_stack(int fd)
{
    void *frames[FRAMES_MAX];
    int len = backtrace(frames, FRAMES_MAX);
    write_text(fd, "\n------ STACK TRACE ------\n");
    backtrace_symbols_fd(frames, len, fd);
}

/* The signal's handler is the default one by now, so a fault in here ends the process too. */
static void report(int number, siginfo_t *info, void *context)
{
    (void)context;
    int fd = log_open_descriptor();
    if (fd >= 0) {
        write_text(fd, "\n\n=== NUTHATCH BUG REPORT START: please include all of it in a bug report ===\n");
        write_what(fd, number, info);
        write_stack(fd);
        write_text(fd, "\n=== NUTHATCH BUG REPORT END ===\n");
        log_close_descriptor(fd);
    }
    raise(number);
}

void crash_report_on(bool on)
{
    /* The first call of backtrace() loads a library, which a handler must not. */
    void *frame;
    if (on) backtrace(&frame, 1);

    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER };
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = report;
    struct sigaction usual = { .sa_handler = SIG_DFL };
    for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
        sigaction(fatal_signals[i], on ? &action : &usual, NULL);
}

#endif
