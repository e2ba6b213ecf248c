#include "bench/tls/tls_client.h"

#include <fcntl.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "bench/kit/program.h"
#include "bench/kit/servers/address.h"

static void connect_to(struct tls_client *client, uint16_t port)
{
    struct address address = address_of_loopback(port);
    *client = (struct tls_client){ .fd = address_connect(&address) };
    if (client->fd < 0) program_fail("no connection to port %u", port);
    fcntl(client->fd, F_SETFL, fcntl(client->fd, F_GETFL) & ~O_NONBLOCK);
}

void tls_client_open(struct tls_client *client, SSL_CTX *context, uint16_t port)
{
    connect_to(client, port);
    client->ssl = SSL_new(context);
    SSL_set_fd(client->ssl, client->fd);
    if (SSL_connect(client->ssl) != 1) program_fail("no hands are shaken on port %u", port);
}

void tls_client_half_open(struct tls_client *client, struct slice hello, uint16_t port)
{
    connect_to(client, port);
    if (write(client->fd, hello.data, hello.len) != (ssize_t)hello.len) program_fail("nothing can be said");
}

void tls_client_close(struct tls_client *client)
{
    SSL_free(client->ssl);
    close(client->fd);
}

void tls_client_send(struct tls_client *client, struct slice bytes)
{
    size_t written;
    if (SSL_write_ex(client->ssl, bytes.data, bytes.len, &written) != 1 || written != bytes.len)
        program_fail("a connection was lost");
}

void tls_client_receive(struct tls_client *client, size_t len)
{
    static char room[256 << 10];
    for (size_t got; len > 0; len -= got) {
        size_t most = len < sizeof room ? len : sizeof room;
        if (SSL_read_ex(client->ssl, room, most, &got) != 1) program_fail("a connection was lost");
        if (room[0] == '-') program_fail("an error: %.*s", (int)(got < 80 ? got : 80), room);
    }
}

size_t tls_client_hello(SSL_CTX *context, char *out, size_t size)
{
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *said = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, said);
    (void)SSL_connect(ssl);
    int len = BIO_read(said, out, (int)size);
    SSL_free(ssl);
    if (len <= 0) program_fail("OpenSSL says nothing");
    return (size_t)len;
}
