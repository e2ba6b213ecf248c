#include "tests/support/process/instance.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/contract.h"
#include "tests/support/client/client.h"
#include "tests/support/clock/moved_time.h"
#include "tests/support/pace.h"

#define ARGUMENTS_MAX 64
#define START_TRIES   5

const char *instance_program(enum instance_kind kind)
{
    if (kind == INSTANCE_REDIS) return "redis-server";
    const char *other = getenv(kind == INSTANCE_VALKEY ? "VALKEY_SERVER" : "NUTHATCH_UNDER_TEST");
    if (kind == INSTANCE_VALKEY) return other != NULL && *other != '\0' ? other : NULL;
    return other != NULL && *other != '\0' ? other : NUTHATCH_BINARY;
}

bool instance_is_redis(enum instance_kind kind)
{
    return strstr(instance_program(kind), "redis-server") != NULL;
}

bool instance_encrypts(void)
{
    return getenv("NUTHATCH_TEST_TLS") != NULL;
}

/* Below those that the kernel gives to clients, a block for each process: tests that run beside each other
 * must not be given the same one between a look and the server's bind. */
#define PORTS_FROM    10240
#define PORTS_OF_EACH 32
#define PORT_BLOCKS   690

static bool is_free(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(fd >= 0);
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return bound;
}

int instance_free_port(void)
{
    static int given;
    for (int tries = 0; tries < PORTS_OF_EACH * PORT_BLOCKS; tries++, given++) {
        int block = (getpid() + given / PORTS_OF_EACH) % PORT_BLOCKS;
        int port = PORTS_FROM + block * PORTS_OF_EACH + given % PORTS_OF_EACH;
        if (!is_free(port)) continue;
        given++;
        return port;
    }
    cr_assert_fail("no port is free");
    return 0;
}

/* Adds what starts a program in the time of `path`. A library that comes before a sanitizer's is no fault. */
static size_t enter_time(const char **argv, const char *path, char (*variables)[SCRATCH_PATH_MAX * 2])
{
    const char *sanitizer = getenv("ASAN_OPTIONS");
    snprintf(variables[0], sizeof *variables, MOVED_TIME_VARIABLE "=%s", path);
    snprintf(variables[1], sizeof *variables, "ASAN_OPTIONS=%s:verify_asan_link_order=0",
             sanitizer == NULL ? "" : sanitizer);
    const char *prefix[] = { "env", variables[0], variables[1], "LD_PRELOAD=" NUTHATCH_MOVED_CLOCK };
    memcpy(argv, prefix, sizeof prefix);
    return sizeof prefix / sizeof *prefix;
}

static void launch(struct instance *instance)
{
    const char *const *options = instance->options;
    char port[16], variables[2][SCRATCH_PATH_MAX * 2];
    snprintf(port, sizeof port, "%d", instance->port);
    const char *tls[] = { "--tls-auth-clients", "no",
                          "--tls-cert-file",    instance->certificates.server,
                          "--tls-key-file",     instance->certificates.server_key };
    const char *usual[] = { instance_program(instance->kind),
                            instance->encrypted ? "--tls-port" : "--port",
                            port,
                            "--bind",
                            "127.0.0.1",
                            "--unixsocket",
                            instance->socket_path,
                            "--dir",
                            instance->scratch.path,
                            "--save",
                            "",
                            instance->encrypted ? "--port" : NULL,
                            "0" };
    const char *argv[ARGUMENTS_MAX + 1] = { 0 };
    size_t argc = instance->time_path == NULL ? 0 : enter_time(argv, instance->time_path, variables);
    for (size_t i = 0; i < sizeof usual / sizeof *usual && usual[i] != NULL; i++) argv[argc++] = usual[i];
    for (size_t i = 0; instance->encrypted && i < sizeof tls / sizeof *tls; i++) argv[argc++] = tls[i];
    for (; options != NULL && *options != NULL; options++) {
        REQUIRE(argc < ARGUMENTS_MAX);
        argv[argc++] = *options;
    }
    child_start(&instance->child, &(struct child_options){ .argv = argv, .output_path = instance->log_path });
}

static bool answers(int port)
{
    struct client client;
    if (!client_open_tcp(&client, port)) return false;
    client_send_line(&client, "PING");
    struct slice reply;
    /* Any whole reply will do: a server with a password refuses the PING. */
    bool answered = client_read(&client, &reply);
    client_close(&client);
    return answered;
}

static bool becomes_ready(struct instance *instance)
{
    int64_t deadline_ms = pace_now_ms() + 10000 * PACE;
    while (pace_now_ms() < deadline_ms) {
        bool answered = answers(instance->port);
        if (child_wait(&instance->child, answered ? 0 : 5)) return false; /* then it was another's */
        if (answered) return true;
    }
    return false;
}

static void print_file(const char *path)
{
    struct buffer text = { 0 };
    scratch_read(path, &text);
    fprintf(stderr, "%.*s", (int)text.len, text.data);
    buffer_clear(&text);
}

static void earlier_log(const struct instance *instance, char out[static SCRATCH_PATH_MAX])
{
    scratch_path(&instance->scratch, "log-before-restart", out);
}

void instance_print_log(const struct instance *instance)
{
    char earlier[SCRATCH_PATH_MAX];
    earlier_log(instance, earlier);
    fprintf(stderr, "--- log of %s ---\n", instance_program(instance->kind));
    print_file(earlier);
    print_file(instance->log_path);
    fprintf(stderr, "---\n");
}

void instance_start(struct instance *instance, enum instance_kind kind, const char *const *options)
{
    instance_start_in_time(instance, kind, options, NULL);
}

void instance_start_in_time(struct instance *instance, enum instance_kind kind, const char *const *options,
                            const char *time_path)
{
    *instance = (struct instance){ .kind = kind, .options = options, .time_path = time_path };
    scratch_init(&instance->scratch);
    scratch_path(&instance->scratch, "log", instance->log_path);
    scratch_path(&instance->scratch, "socket", instance->socket_path);
    instance->encrypted = kind == INSTANCE_NUTHATCH && instance_encrypts();
    if (instance->encrypted) certificates_make(&instance->certificates, &instance->scratch);
    /* Somebody else may take the port between our look and the server's bind. */
    for (int i = 0; i < START_TRIES; i++) {
        instance->port = instance_free_port();
        if (instance->encrypted) client_encrypt_port(instance->port);
        launch(instance);
        if (becomes_ready(instance)) return;
        child_stop(&instance->child, 100);
    }
    instance_print_log(instance);
    scratch_clear(&instance->scratch);
    cr_assert_fail("%s does not start", instance_program(kind));
}

bool instance_restart(struct instance *instance)
{
    char earlier[SCRATCH_PATH_MAX];
    earlier_log(instance, earlier);
    child_stop(&instance->child, 1000);
    rename(instance->log_path, earlier);
    launch(instance);
    return becomes_ready(instance);
}

void instance_stop(struct instance *instance)
{
    child_stop(&instance->child, 10000);
    int code = child_exit_code(&instance->child);
    bool wrong = code != 0 && instance->kind == INSTANCE_NUTHATCH;
    if (wrong) instance_print_log(instance);
    scratch_clear(&instance->scratch);
    cr_assert(!wrong, "the server ended with code %d", code);
}

int64_t instance_rss_bytes(const struct instance *instance)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)instance->child.pid);
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    long long pages = 0;
    int got = fscanf(file, "%*d %lld", &pages);
    fclose(file);
    REQUIRE(got == 1);
    return pages * sysconf(_SC_PAGESIZE);
}
