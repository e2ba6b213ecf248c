/* The ends of OpenSSL: it reads from the window of its wire, and writes to the buffer of the loop. */
#include <string.h>

#include <openssl/bio.h>

#include "proto/base/contract.h"
#include "server/net/tls/tls_loop.h"
#include "server/net/tls/tls_state.h"

static int read_window(BIO *bio, char *bytes, size_t size, size_t *len)
{
    struct tls_wire *tls = BIO_get_data(bio);
    struct slice *window = &tls->window;
    BIO_clear_retry_flags(bio);
    if (window->len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *len = size < window->len ? size : window->len;
    memcpy(bytes, window->data, *len);
    *window = slice_of(window->data + *len, window->len - *len);
    return 1;
}

static int write_out(BIO *bio, const char *bytes, size_t size, size_t *len)
{
    struct tls_wire *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    buffer_append(&tls->loop->out, bytes, size);
    *len = size;
    return 1;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

/* Of the process, and never freed, as OpenSSL's own are. */
static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    INVARIANT(method != NULL);
    BIO_meth_set_read_ex(method, read_window);
    BIO_meth_set_write_ex(method, write_out);
    BIO_meth_set_ctrl(method, control);
}

BIO *tls_bio_create(struct tls_wire *tls)
{
    static uv_once_t once = UV_ONCE_INIT;
    uv_once(&once, make_method);
    BIO *bio = BIO_new(method);
    INVARIANT(bio != NULL);
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    return bio;
}
