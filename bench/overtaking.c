/*
 * overtaking - does a PONG on a tracked connection overtake the news of a write that was acknowledged before
 * the PING?
 *
 *     overtaking PROGRAM [--rounds N] [--io-threads N] [--default] [--loaders N]
 *
 * PROGRAM is a Redis or Valkey. A round: a writer's SET is acknowledged, then the tracked connection is asked
 * PING, and when that is answered PING again. Counted are the rounds in which the news of the SET came behind
 * the first PONG, and those in which it came behind the second. The near cache releases what came over other
 * connections when it has such a PONG (server/upstream/errands/barrier.h). Other clients keep the server busy
 * meanwhile, and the tracked connection is read in small pieces, as a busy loop does.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS      8
#define LOAD_CLIENTS 100
/* Replies that are on their way to the tracked connection meanwhile, and their size. */
#define LANE_DEPTH 4
#define LANE_BYTES 3000

struct peer {
    int fd;
    char in[1 << 16];
    size_t len;
};

static struct {
    const char *program;
    int port;
    long rounds;
    int io_threads;
    int loaders;
    bool by_default;
} options = { .rounds = 100000, .io_threads = 4, .loaders = 2 };

static _Atomic bool over;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static void put(int fd, const char *text, size_t len)
{
    if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len) die("send");
}

static void say(struct peer *peer, const char *line)
{
    put(peer->fd, line, strlen(line));
}

/* Receives at most `piece` bytes. */
static void hear(struct peer *peer, size_t piece)
{
    size_t room = sizeof peer->in - 1 - peer->len;
    ssize_t len = recv(peer->fd, peer->in + peer->len, piece < room ? piece : room, 0);
    if (len <= 0) die("recv");
    peer->len += (size_t)len;
    peer->in[peer->len] = '\0';
}

/* Everything up to and with `mark` is consumed. True: `wanted` stands before it. */
static bool hear_up_to(struct peer *peer, const char *mark, const char *wanted)
{
    char *found;
    while ((found = strstr(peer->in, mark)) == NULL) hear(peer, 256);
    *found = '\0';
    bool seen = wanted == NULL || strstr(peer->in, wanted) != NULL;
    size_t used = (size_t)(found - peer->in) + strlen(mark);
    memmove(peer->in, peer->in + used, peer->len - used + 1);
    peer->len -= used;
    return seen;
}

/* Many clients with something to do in each turn of the server: some have their replies long before it ends.
 */
static void *load(void *unused)
{
    static const char line[] = "SET load x\r\n", reply[] = "+OK\r\n";
    struct peer *peers = calloc(LOAD_CLIENTS, sizeof *peers);
    (void)unused;
    for (int i = 0; i < LOAD_CLIENTS; i++) peers[i].fd = dial();
    while (!atomic_load(&over)) {
        for (int i = 0; i < LOAD_CLIENTS; i++) say(&peers[i], line);
        for (int i = 0; i < LOAD_CLIENTS; i++) hear_up_to(&peers[i], reply, NULL);
    }
    for (int i = 0; i < LOAD_CLIENTS; i++) close(peers[i].fd);
    free(peers);
    return NULL;
}

static pid_t start_server(void)
{
    char port[16], threads[16];
    options.port = 20000 + getpid() % 20000;
    snprintf(port, sizeof port, "%d", options.port);
    snprintf(threads, sizeof threads, "%d", options.io_threads);
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL) _exit(1);
        execl(options.program, options.program, "--port", port, "--bind", "127.0.0.1", "--save", "",
              "--io-threads", threads, (char *)NULL);
        _exit(1);
    }
    int fd = -1;
    for (int i = 0; i < 500 && (fd = dial()) < 0; i++) usleep(10000);
    if (fd < 0) die("connect");
    close(fd);
    return pid;
}

struct counts {
    long first;
    long second;
};

static void round_of(struct peer *lane, struct peer *writer, long i, struct counts *counts)
{
    char line[64], key[32];
    snprintf(key, sizeof key, "r:%ld\r\n", i);
    if (options.by_default) {
        snprintf(line, sizeof line, "GET r:%ld\r\n", i);
        say(lane, line);
        hear_up_to(lane, "_\r\n", NULL);
    }
    for (int j = 0; j < LANE_DEPTH; j++) say(lane, "GET large\r\n");
    snprintf(line, sizeof line, "SET r:%ld x\r\n", i);
    say(writer, line);
    hear_up_to(writer, "+OK\r\n", NULL);
    say(lane, "PING\r\n");
    if (hear_up_to(lane, "+PONG\r\n", key)) return;
    counts->first++;
    say(lane, "PING\r\n");
    if (hear_up_to(lane, "+PONG\r\n", key)) return;
    counts->second++;
    for (char *at; (at = strstr(lane->in, key)) == NULL;) hear(lane, 16);
}

static void measure(void)
{
    struct counts counts = { 0 };
    struct peer *lane = calloc(1, sizeof *lane), *writers = calloc(WRITERS, sizeof *writers);
    lane->fd = dial();
    for (int i = 0; i < WRITERS; i++) writers[i].fd = dial();
    char large[LANE_BYTES + 32];
    memset(large, 'x', sizeof large);
    memcpy(large, "SET large ", strlen("SET large "));
    memcpy(large + LANE_BYTES, "\r\n", 3);
    say(lane, large);
    hear_up_to(lane, "+OK\r\n", NULL);
    say(lane, "HELLO 3\r\nCLIENT ID\r\n");
    while (strstr(lane->in, "\r\n:") == NULL) hear(lane, 4096);
    say(lane,
        options.by_default ? "CLIENT TRACKING ON\r\n" : "CLIENT TRACKING ON BCAST NOLOOP PREFIX r:\r\n");
    hear_up_to(lane, "+OK\r\n", NULL);
    for (long i = 0; i < options.rounds; i++) round_of(lane, &writers[i % WRITERS], i, &counts);
    printf("%s, io-threads %d, %s: of %ld rounds the news came behind the first PONG in %ld, behind the "
           "second in %ld\n",
           options.program, options.io_threads, options.by_default ? "default" : "bcast", options.rounds,
           counts.first, counts.second);
    free(lane);
    free(writers);
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--default") == 0)
            options.by_default = true;
        else if (strcmp(argv[i], "--rounds") == 0 && ++i)
            options.rounds = atol(value);
        else if (strcmp(argv[i], "--io-threads") == 0 && ++i)
            options.io_threads = atoi(value);
        else if (strcmp(argv[i], "--loaders") == 0 && ++i)
            options.loaders = atoi(value);
        else
            options.program = argv[i];
    }
}

int main(int argc, char **argv)
{
    pthread_t loaders[64];
    read_options(argc, argv);
    if (options.program == NULL || options.loaders > 64) {
        fputs("overtaking PROGRAM [--rounds N] [--io-threads N] [--default] [--loaders N]\n", stderr);
        return 1;
    }
    pid_t server = start_server();
    for (int i = 0; i < options.loaders; i++) pthread_create(&loaders[i], NULL, load, NULL);
    measure();
    atomic_store(&over, true);
    for (int i = 0; i < options.loaders; i++) pthread_join(loaders[i], NULL);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}
