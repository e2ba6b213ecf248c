#include "bench/kit/servers/server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/resp.h"
#include "bench/kit/program.h"

#define START_NS   (10 * CLOCK_NS_PER_S)
#define STOP_NS    (5 * CLOCK_NS_PER_S)
#define VERSION_MS 3000

/* The arguments of exec, and the text they point into. */
struct command_line {
    char text[2048];
    char *argv[SERVER_ARGUMENTS_MAX + 4];
};

static void copy(char *out, size_t cap, const char *text, size_t len)
{
    if (len >= cap) program_fail("too long: %s", text);
    memcpy(out, text, len);
    out[len] = '\0';
}

void server_init(struct server *server, const char *name, const char *spec, const char *args)
{
    *server = (struct server){ .protocol = &resp_protocol };
    const char *equals = strchr(spec, '=');
    const char *comma = strchr(spec, ',');
    bool named = equals != NULL && (comma == NULL || equals < comma);
    if (named)
        copy(server->name, sizeof server->name, spec, (size_t)(equals - spec));
    else
        copy(server->name, sizeof server->name, name, strlen(name));

    const char *path = named ? equals + 1 : spec;
    size_t path_len = comma != NULL ? (size_t)(comma - path) : strlen(path);
    copy(server->path, sizeof server->path, path, path_len);
    if (comma != NULL) args = comma + 1;
    copy(server->args, sizeof server->args, args, strlen(args));
}

/* Copy `args` with the port filled in; true if there was a place for it. */
static bool fill_port(const char *args, const char *port, char *out, size_t cap)
{
    const char *hole = strstr(args, "{port}");
    int before = hole != NULL ? (int)(hole - args) : (int)strlen(args);
    const char *after = hole != NULL ? hole + strlen("{port}") : "";
    snprintf(out, cap, "%.*s%s%s", before, args, hole != NULL ? port : "", after);
    return hole != NULL;
}

static void make_command_line(const struct server *server, const char *port, char *path,
                              struct command_line *line)
{
    static char port_option[] = "--port";
    size_t argc = 0;
    line->argv[argc++] = path;
    bool placed = fill_port(server->args, port, line->text, sizeof line->text - 8);
    char *rest = line->text;
    while (server->args[0] != '\0' && rest != NULL) {
        if (argc > SERVER_ARGUMENTS_MAX) program_fail("too many arguments for %s", server->name);
        line->argv[argc++] = strsep(&rest, ",");
    }
    if (!placed) {
        char *text = line->text + sizeof line->text - 8;
        snprintf(text, 8, "%s", port);
        line->argv[argc++] = port_option;
        line->argv[argc++] = text;
    }
    line->argv[argc] = NULL;
}

/* In the child, and only there: never returns. */
static _Noreturn void become(char **argv, int core, int out, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(PROGRAM_NO_START);
    program_pin(core); /* also where any will do: the parent may be kept to one */
    dup2(out, STDOUT_FILENO);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(PROGRAM_NO_START);
}

static pid_t spawn(char **argv, int core, int out)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) program_fail("fork: %s", strerror(errno));
    if (pid == 0) become(argv, core, out, parent);
    return pid;
}

/* It is past loading its configuration. */
static bool answers(const struct server *server)
{
    int fd = address_connect(&server->address);
    if (fd < 0) return false;
    char reply[64];
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    const char *ping = server->protocol->ping;
    bool answered = write(fd, ping, strlen(ping)) > 0 && poll(&poll_fd, 1, 1000) == 1 &&
                    read(fd, reply, sizeof reply) > 0;
    close(fd);
    return answered;
}

static void wait_until_it_answers(struct server *server)
{
    uint64_t end_ns = clock_now_ns() + START_NS;
    while (!answers(server)) {
        int status;
        if (waitpid(server->pid, &status, WNOHANG) == server->pid)
            program_fail("%s (%s) ended instead of listening", server->name, server->path);
        if (clock_now_ns() > end_ns) program_fail("%s (%s) does not answer", server->name, server->path);
        usleep(5000);
    }
}

void server_start(struct server *server, int core)
{
    char port[8];
    struct command_line line;
    uint16_t number = address_free_port();
    snprintf(port, sizeof port, "%u", number);
    make_command_line(server, port, server->path, &line);
    server->address = address_of_loopback(number);
    server->address.protocol = server->protocol;

    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    server->pid = spawn(line.argv, core, null);
    close(null);
    wait_until_it_answers(server);
}

void server_stop(struct server *server)
{
    if (server->pid == 0) return;
    kill(server->pid, SIGTERM);
    server_resume(server);
    uint64_t end_ns = clock_now_ns() + STOP_NS;
    int status;
    while (waitpid(server->pid, &status, WNOHANG) == 0) {
        if (clock_now_ns() > end_ns) kill(server->pid, SIGKILL);
        usleep(2000);
    }
    server->pid = 0;
}

void server_pause(const struct server *server)
{
    kill(server->pid, SIGSTOP);
}

void server_resume(const struct server *server)
{
    kill(server->pid, SIGCONT);
}

/* The first number of a file in /proc, or the one after so many others. */
static uint64_t read_number(const char *path, unsigned skipped)
{
    uint64_t number = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    for (unsigned i = 0; i <= skipped; i++) {
        if (fscanf(file, "%lu", &number) != 1) number = 0;
    }
    fclose(file);
    return number;
}

uint64_t server_cpu_ns(const struct server *server)
{
    char path[512];
    snprintf(path, sizeof path, "/proc/%d/task", (int)server->pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) program_fail("%s has ended", server->name);
    uint64_t total_ns = 0;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)server->pid, task->d_name);
        total_ns += read_number(path, 0);
    }
    closedir(tasks);
    return total_ns;
}

uint64_t server_rss_bytes(const struct server *server)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)server->pid);
    uint64_t pages = read_number(path, 1);
    if (pages == 0) program_fail("%s has ended", server->name);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The kernel forgets its high-water mark when a 5 is written to clear_refs. */
uint64_t server_peak_rss_bytes(const struct server *server)
{
    char path[64], line[256];
    uint64_t kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)server->pid);
    FILE *status = fopen(path, "r");
    if (status == NULL) program_fail("%s has ended", server->name);
    while (kib == 0 && fgets(line, sizeof line, status) != NULL) sscanf(line, "VmHWM: %" SCNu64, &kib);
    fclose(status);

    snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)server->pid);
    FILE *clear = fopen(path, "w");
    if (clear == NULL) program_fail("%s: %s", path, strerror(errno));
    fputs("5", clear);
    fclose(clear);
    return kib << 10;
}

void server_version(const struct server *server, char *out, size_t cap)
{
    static char option[] = "--version";
    char path[sizeof server->path];
    memcpy(path, server->path, sizeof path);
    char *argv[] = { path, option, NULL };
    int ends[2];
    out[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_t pid = spawn(argv, SERVER_ANY_CORE, ends[1]);
    close(ends[1]);

    struct pollfd poll_fd = { .fd = ends[0], .events = POLLIN };
    ssize_t len = poll(&poll_fd, 1, VERSION_MS) == 1 ? read(ends[0], out, cap - 1) : 0;
    out[len > 0 ? len : 0] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    close(ends[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
