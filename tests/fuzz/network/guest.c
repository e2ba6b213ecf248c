#include "tests/fuzz/network/guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/base/contract.h"
#include "tests/fuzz/network/speech.h"
#include "tests/support/pace.h"

#define STAY_MS_MAX 1500
#define PAUSE_MS    30
#define PIECE_MAX   (1 << 20)
#define HEAR_BYTES  65536

void guest_init(struct guest *guest, const struct guest_house *house, uint64_t seed)
{
    *guest = (struct guest){ .house = house, .random = { seed }, .fd = -1 };
}

static int dial_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0 && strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static int dial_tcp(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS) return fd;
    close(fd);
    return -1;
}

static void come(struct guest *guest, int64_t now_ms)
{
    bool over_tcp = guest->house->socket_path == NULL || random_chance(&guest->random, 50);
    guest->fd = over_tcp ? dial_tcp(guest->house->port) : dial_unix(guest->house->socket_path);
    guest->next_ms = now_ms + PAUSE_MS;
    if (guest->fd < 0) return;
    guest->seed = random_next(&guest->random);
    guest->speech.len = guest->said = 0;
    guest->ended_its_side = false;
    speech_write(&guest->speech, guest->house->catalogue, guest->seed);
    guest->reading = random_chance(&guest->random, 60)   ? GUEST_READS
                     : random_chance(&guest->random, 50) ? GUEST_READS_SLOWLY
                                                         : GUEST_NEVER_READS;
    guest->leaving = (enum guest_leaving)random_below(&guest->random, 3);
    guest->next_ms = now_ms;
    guest->leaves_ms = now_ms + (int64_t)random_below(&guest->random, STAY_MS_MAX);
    guest->visits++;
}

static void go(struct guest *guest, bool reset)
{
    if (guest->fd < 0) return;
    const struct linger linger = { .l_onoff = 1 };
    if (reset) setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(guest->fd);
    guest->fd = -1;
}

void guest_clear(struct guest *guest)
{
    go(guest, true);
    buffer_clear(&guest->speech);
}

/* Mostly all at once; otherwise cut anywhere, and the rest at once or after a while. */
static void say_piece(struct guest *guest, int64_t now_ms)
{
    size_t left = guest->speech.len - guest->said;
    size_t most = random_chance(&guest->random, 50) ? PIECE_MAX : random_chance(&guest->random, 50) ? 200 : 8;
    size_t len = 1 + random_below(&guest->random, most);
    ssize_t sent = send(guest->fd, guest->speech.data + guest->said, len < left ? len : left, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN) {
        go(guest, false);
        return;
    }
    if (sent > 0) {
        guest->said += (size_t)sent;
        guest->bytes_said += (uint64_t)sent;
    }
    if (random_chance(&guest->random, 25)) {
        guest->next_ms = now_ms + (int64_t)random_below(&guest->random, PAUSE_MS);
    }
}

static void leave(struct guest *guest, int64_t now_ms)
{
    if (guest->leaving != GUEST_ENDS_ITS_SIDE) {
        go(guest, guest->leaving == GUEST_RESETS);
        return;
    }
    /* It waits until the server lets it go, and reads what it is owed. */
    shutdown(guest->fd, SHUT_WR);
    guest->ended_its_side = true;
    guest->ended_ms = now_ms;
    guest->reading = GUEST_READS;
}

void guest_step(struct guest *guest, int64_t now_ms)
{
    if (now_ms < guest->next_ms || guest->ended_its_side) return;
    if (guest->fd < 0) {
        come(guest, now_ms);
        return;
    }
    bool impatient = random_chance(&guest->random, 1);
    if (guest->said < guest->speech.len && now_ms < guest->leaves_ms && !impatient) {
        say_piece(guest, now_ms);
        return;
    }
    /* Half of them stay a while when they have said all, and listen. */
    if (now_ms < guest->leaves_ms && guest->seed % 2 == 0) return;
    leave(guest, now_ms);
}

bool guest_wants_to_hear(const struct guest *guest)
{
    return guest->fd >= 0 && guest->reading != GUEST_NEVER_READS;
}

void guest_hear(struct guest *guest, int64_t now_ms)
{
    static char heard[HEAR_BYTES];
    size_t most = guest->reading == GUEST_READS_SLOWLY ? 100 : sizeof heard;
    ssize_t got = recv(guest->fd, heard, most, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) {
        guest->bytes_heard += (uint64_t)got;
        guest->ended_ms = now_ms;
        return;
    }
    go(guest, false);
    guest->ended_its_side = false;
    guest->next_ms = now_ms;
}

bool guest_is_kept(const struct guest *guest, int64_t now_ms, int64_t patience_ms)
{
    return guest->fd >= 0 && guest->ended_its_side && now_ms - guest->ended_ms > patience_ms;
}
