#include "bench/instructions/measurement.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/instructions/script.h"
#include "bench/kit/program.h"

#define TUNABLES                                                                                             \
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-ERMS,-FSRM,-SSSE3,-SSE4_1,-SSE4_2,-BMI1,"     \
    "-BMI2,-MOVBE,-RTM,-AVX_Fast_Unaligned_Load"
#define NO_DECAY "dirty_decay_ms:-1,muzzy_decay_ms:-1"

bool measurement_is_possible(void)
{
    return system("command -v valgrind >/dev/null 2>&1") == 0;
}

/* In the child, and only there. */
static _Noreturn void become_valgrind(const char *program, const char *folder)
{
    char output[PATH_MAX], log[PATH_MAX];
    snprintf(output, sizeof output, "--callgrind-out-file=%s/out", folder);
    snprintf(log, sizeof log, "%s/log", folder);
    int fd = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    setenv("GLIBC_TUNABLES", TUNABLES, 1);
    setenv("MALLOC_CONF", NO_DECAY, 1);
    setenv("LD_BIND_NOW", "1", 1); /* or the first call of a function costs a search */
    execlp("valgrind", "valgrind", "--tool=callgrind", output, "--compress-strings=no", "--compress-pos=no",
           "--toggle-collect=" SCRIPT_TURN "*", "--dump-before=" SCRIPT_CASE_END "*", program, "--script",
           (char *)NULL);
    _exit(PROGRAM_NO_START);
}

static void show_log(const char *folder)
{
    char path[PATH_MAX], line[1024];
    snprintf(path, sizeof path, "%s/log", folder);
    FILE *file = fopen(path, "re");
    if (file == NULL) return;
    while (fgets(line, sizeof line, file) != NULL) fputs(line, stderr);
    fclose(file);
}

static bool run_valgrind(const char *program, const char *folder)
{
    pid_t pid = fork();
    if (pid < 0) program_fail("fork: %s", strerror(errno));
    if (pid == 0) become_valgrind(program, folder);
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void remove_folder(const char *folder, size_t parts)
{
    char path[PATH_MAX];
    for (size_t i = 1; i <= parts + 1; i++) {
        snprintf(path, sizeof path, "%s/out.%zu", folder, i);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/out", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/log", folder);
    unlink(path);
    rmdir(folder);
}

/* The script prints a line for each case, between those of valgrind. */
static size_t read_allocations(const char *folder, struct measurement *measurements, size_t cap)
{
    char path[PATH_MAX], line[1024];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/log", folder);
    FILE *file = fopen(path, "re");
    while (file != NULL && count < cap && fgets(line, sizeof line, file) != NULL)
        count += sscanf(line, SCRIPT_ALLOCATIONS " %" SCNu64, &measurements[count].allocations) == 1;
    if (file != NULL) fclose(file);
    return count;
}

void measurement_run(const char *program, struct measurement *measurements)
{
    char folder[] = "/tmp/nuthatch-instructions-XXXXXX", path[PATH_MAX];
    size_t count, read = 0;
    script_cases(&count);
    if (mkdtemp(folder) == NULL) program_fail("%s: %s", folder, strerror(errno));

    bool whole = run_valgrind(program, folder) && read_allocations(folder, measurements, count) == count;
    for (; whole && read < count; read++) {
        snprintf(path, sizeof path, "%s/out.%zu", folder, read + 1);
        whole = profile_read(&measurements[read].profile, path);
        if (whole) profile_sort(&measurements[read].profile);
    }
    if (!whole) show_log(folder);
    remove_folder(folder, count);
    if (!whole) program_fail("valgrind did not count all cases");
}
