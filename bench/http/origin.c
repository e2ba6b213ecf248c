#include "bench/http/origin.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/kit/program.h"
#include "bench/kit/servers/address.h"

static void write_file(const char *folder, const char *name, const char *text, size_t len)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(text, 1, len, file) != len) program_fail("cannot write %s", path);
    fclose(file);
}

static void make_folder(struct origin *origin)
{
    snprintf(origin->folder, sizeof origin->folder, "/tmp/nuthatch-bench-XXXXXX");
    if (mkdtemp(origin->folder) == NULL) program_fail("no temporary folder");
    chmod(origin->folder, 0755);
    origin->port = address_free_port();
}

static void start(struct origin *origin, const char *const *argv, int core)
{
    origin->pid = fork();
    if (origin->pid != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    program_pin(core);
    if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL) _exit(1);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(1);
}

void origin_start_nginx(struct origin *origin, size_t len, int core)
{
    static const char *const program = "/usr/sbin/nginx";
    char conf[1600], path[160], keys[160];
    *origin = (struct origin){ 0 };
    if (access(program, X_OK) != 0) return;
    make_folder(origin);
    snprintf(keys, sizeof keys, "%s/keys", origin->folder);
    mkdir(keys, 0755);
    char *value = malloc(len);
    memset(value, 'x', len);
    write_file(keys, "k", value, len);
    free(value);
    int conf_len = snprintf(
        conf, sizeof conf,
        "daemon off; master_process off; pid %s/pid; error_log /dev/null crit;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;\n"
        "open_file_cache max=100 inactive=1h; open_file_cache_valid 1h; etag on;\n"
        "client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s; uwsgi_temp_path %s; "
        "scgi_temp_path %s;\n"
        "server { listen 127.0.0.1:%u; root %s; } }\n",
        origin->folder, origin->folder, origin->folder, origin->folder, origin->folder, origin->folder,
        origin->port, origin->folder);
    write_file(origin->folder, "conf", conf, (size_t)conf_len);
    snprintf(path, sizeof path, "%s/conf", origin->folder);
    start(origin, (const char *const[]){ program, "-c", path, NULL }, core);
}

void origin_start_varnish(struct origin *origin, uint16_t behind, int core)
{
    static const char *const program = "/usr/sbin/varnishd";
    char vcl[400], path[160], listens[64], work[160];
    *origin = (struct origin){ 0 };
    if (access(program, X_OK) != 0) return;
    make_folder(origin);
    int len = snprintf(vcl, sizeof vcl,
                       "vcl 4.1;\nbackend default { .host = \"127.0.0.1\"; .port = \"%u\"; }\n"
                       "sub vcl_backend_response { set beresp.ttl = 1h; }\n",
                       behind);
    write_file(origin->folder, "vcl", vcl, (size_t)len);
    snprintf(path, sizeof path, "%s/vcl", origin->folder);
    snprintf(listens, sizeof listens, "127.0.0.1:%u", origin->port);
    snprintf(work, sizeof work, "%s/work", origin->folder);
    start(origin,
          (const char *const[]){ program, "-F", "-j", "none", "-a", listens, "-f", path, "-n", work, "-s",
                                 "malloc,64m", "-p", "thread_pools=1", NULL },
          core);
}

/* The first child of a process; 0: none. */
static pid_t child_of(pid_t pid)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%d", &child) != 1) child = 0;
    fclose(file);
    return child;
}

static uint64_t process_cpu_ns(pid_t pid)
{
    char path[64], each[360];
    uint64_t sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    if (folder == NULL) return 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        unsigned long long ran = 0;
        snprintf(each, sizeof each, "%s/%s/schedstat", path, entry->d_name);
        FILE *file = entry->d_name[0] != '.' ? fopen(each, "r") : NULL;
        if (file == NULL) continue;
        if (fscanf(file, "%llu", &ran) == 1) sum += ran;
        fclose(file);
    }
    closedir(folder);
    return sum;
}

uint64_t origin_cpu_ns(const struct origin *origin)
{
    pid_t child = child_of(origin->pid);
    return process_cpu_ns(origin->pid) + (child != 0 ? process_cpu_ns(child) : 0);
}

static void send_signal(const struct origin *origin, int number)
{
    pid_t child = child_of(origin->pid);
    kill(origin->pid, number);
    if (child != 0) kill(child, number);
}

void origin_pause(const struct origin *origin)
{
    if (origin->pid != 0) send_signal(origin, SIGSTOP);
}

void origin_resume(const struct origin *origin)
{
    if (origin->pid != 0) send_signal(origin, SIGCONT);
}

void origin_stop(struct origin *origin)
{
    char line[128];
    if (origin->pid == 0) return;
    send_signal(origin, SIGCONT);
    kill(origin->pid, SIGTERM);
    waitpid(origin->pid, NULL, 0);
    origin->pid = 0;
    snprintf(line, sizeof line, "rm -rf '%s'", origin->folder);
    if (system(line) != 0) fprintf(stderr, "%s is left behind\n", origin->folder);
}
