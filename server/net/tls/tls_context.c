#include "server/net/tls/tls_context.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/observe/log.h"

#define WARN(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)

/* A text of the settings, terminated; the caller clears it. Empty where nothing is set. */
static const char *copy_text(struct settings *settings, enum setting_text text, struct buffer *out)
{
    settings_copy_text(settings, text, out);
    buffer_append(out, "", 1);
    return out->data;
}

/* The text, or where that is empty what it falls back to. */
static const char *copy_either(struct settings *settings, enum setting_text text, enum setting_text other,
                               struct buffer *out)
{
    copy_text(settings, text, out);
    if (out->data[0] != '\0') return out->data;
    out->len = 0;
    return copy_text(settings, other, out);
}

static void warn_of(const char *what, const char *path)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    if (path != NULL)
        WARN("%s: %s: %s", what, path, reason);
    else
        WARN("%s: %s", what, reason);
}

static const struct {
    const char *name;
    uint64_t refused; /* the option that turns it off */
} protocols[] = {
    { "TLSv1", SSL_OP_NO_TLSv1 },
    { "TLSv1.1", SSL_OP_NO_TLSv1_1 },
    { "TLSv1.2", SSL_OP_NO_TLSv1_2 },
    { "TLSv1.3", SSL_OP_NO_TLSv1_3 },
};

#define PROTOCOLS (sizeof protocols / sizeof *protocols)

static uint64_t protocol_of(const char *word)
{
    for (size_t i = 0; i < PROTOCOLS; i++)
        if (strcasecmp(word, protocols[i].name) == 0) return protocols[i].refused;
    return 0;
}

static bool set_protocols(SSL_CTX *context, struct settings *settings)
{
    struct buffer text = { 0 };
    uint64_t refused = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3;
    bool known = true;
    copy_text(settings, TEXT_TLS_PROTOCOLS, &text);
    if (text.data[0] == '\0') refused = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
    char *rest = text.data;
    for (char *word = strtok_r(rest, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        known = known && protocol_of(word) != 0;
        refused &= ~protocol_of(word);
    }
    buffer_clear(&text);
    SSL_CTX_set_options(context, refused);
    if (!known)
        WARN("Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and "
             "'TLSv1.3'.");
    return known;
}

static bool set_ciphers(SSL_CTX *context, struct settings *settings)
{
    struct buffer text = { 0 };
    const char *list = copy_text(settings, TEXT_TLS_CIPHERS, &text);
    bool set = list[0] == '\0' || SSL_CTX_set_cipher_list(context, list) == 1;
    if (!set) WARN("Failed to configure ciphers: %s", list);
    text.len = 0;
    const char *suites = copy_text(settings, TEXT_TLS_CIPHERSUITES, &text);
    bool suited = suites[0] == '\0' || SSL_CTX_set_ciphersuites(context, suites) == 1;
    if (set && !suited) WARN("Failed to configure ciphersuites: %s", suites);
    buffer_clear(&text);
    ERR_clear_error();
    return set && suited;
}

/* Without a password for a key that has one OpenSSL would ask for it at the terminal. */
static int give_password(char *out, int size, int writing, void *password)
{
    size_t len = strlen(password);
    (void)writing;
    if (len > (size_t)size) return 0;
    memcpy(out, password, len);
    return (int)len;
}

struct identity_files {
    const char *certificate, *key;
    char *password;
};

static bool load_identity(SSL_CTX *context, const struct identity_files *files)
{
    SSL_CTX_set_default_passwd_cb(context, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, files->password);
    ERR_clear_error();
    bool certified = SSL_CTX_use_certificate_chain_file(context, files->certificate) == 1;
    if (!certified) warn_of("Failed to load certificate", files->certificate);
    bool keyed = certified && SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) == 1;
    if (certified && !keyed) warn_of("Failed to load private key", files->key);
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    SSL_CTX_set_default_passwd_cb(context, NULL);
    return keyed;
}

static bool load_authorities(SSL_CTX *context, const char *file, const char *directory)
{
    ERR_clear_error();
    if (file[0] == '\0') file = NULL;
    if (directory[0] == '\0') directory = NULL;
    if (file == NULL && directory == NULL) return true;
    if (SSL_CTX_load_verify_locations(context, file, directory) == 1) return true;
    warn_of("Failed to configure CA certificate(s) file/directory", NULL);
    return false;
}

/* Both ends. Buffers are given back while a connection is idle; who has shaken hands does so only once. */
static SSL_CTX *create(struct settings *settings, const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL) {
        warn_of("Failed to create a TLS context", NULL);
        return NULL;
    }
    SSL_CTX_set_options(context, SSL_OP_NO_SSLv3 | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (set_protocols(context, settings) && set_ciphers(context, settings)) return context;
    SSL_CTX_free(context);
    return NULL;
}

static bool read_dh(SSL_CTX *context, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        WARN("Failed to load %s: %s", path, strerror(errno));
        return false;
    }
    BIO *bio = BIO_new_fp(file, BIO_CLOSE);
    EVP_PKEY *parameters = PEM_read_bio_Parameters(bio, NULL);
    BIO_free(bio);
    bool set = parameters != NULL && SSL_CTX_set0_tmp_dh_pkey(context, parameters) == 1;
    if (set) return true;
    WARN("%s: failed to read DH params.", path);
    EVP_PKEY_free(parameters);
    ERR_clear_error();
    return false;
}

static bool set_dh(SSL_CTX *context, struct settings *settings)
{
    struct buffer path = { 0 };
    copy_text(settings, TEXT_TLS_DH_PARAMS_FILE, &path);
    bool set = path.data[0] != '\0' ? read_dh(context, path.data) : SSL_CTX_set_dh_auto(context, 1) == 1;
    buffer_clear(&path);
    return set;
}

/* One ticket is enough for who comes back, and each costs its time. */
static void set_sessions(SSL_CTX *context, struct settings *settings)
{
    static const unsigned char name[] = "nuthatch";
    bool cached = SETTING(settings, tls_session_caching);
    SSL_CTX_set_session_cache_mode(context, cached ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
    SSL_CTX_sess_set_cache_size(context, (long)SETTING(settings, tls_session_cache_size));
    SSL_CTX_set_timeout(context, (long)SETTING(settings, tls_session_cache_timeout_s));
    SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    SSL_CTX_set_num_tickets(context, cached ? 1 : 0);
    if (!cached) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
}

static void ask_for_certificates(SSL_CTX *context, struct settings *settings)
{
    int asked = SSL_VERIFY_NONE;
    switch ((enum setting_tls_auth)SETTING(settings, tls_auth_clients)) {
    case TLS_AUTH_NO: break;
    case TLS_AUTH_OPTIONAL: asked = SSL_VERIFY_PEER; break;
    case TLS_AUTH_YES: asked = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT; break;
    }
    SSL_CTX_set_verify(context, asked, NULL);
}

/* The texts of one context. */
struct texts {
    struct buffer certificate, key, password, ca_file, ca_directory;
};

static void clear_texts(struct texts *texts)
{
    if (texts->password.data != NULL) explicit_bzero(texts->password.data, texts->password.cap);
    buffer_clear(&texts->certificate);
    buffer_clear(&texts->key);
    buffer_clear(&texts->password);
    buffer_clear(&texts->ca_file);
    buffer_clear(&texts->ca_directory);
}

static struct identity_files files_of(const struct texts *texts)
{
    return (struct identity_files){ .certificate = texts->certificate.data,
                                    .key = texts->key.data,
                                    .password = texts->password.data };
}

static bool is_empty(const struct buffer *text)
{
    return text->data[0] == '\0';
}

/* What must be named before any of it is looked for. */
static const char *missing(const struct texts *texts, struct settings *settings)
{
    if (is_empty(&texts->certificate)) return "No tls-cert-file configured!";
    if (is_empty(&texts->key)) return "No tls-key-file configured!";
    bool asks = SETTING(settings, tls_auth_clients) != TLS_AUTH_NO || SETTING(settings, tls_cluster);
    if (asks && is_empty(&texts->ca_file) && is_empty(&texts->ca_directory))
        return "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, "
               "tls-replication or tls-auth-clients are enabled!";
    return NULL;
}

/* The identity for connections that are begun here is looked at with this one, as Redis does. */
static bool client_identity_is_good(struct settings *settings)
{
    struct texts texts = { 0 };
    copy_text(settings, TEXT_TLS_CLIENT_CERT_FILE, &texts.certificate);
    copy_text(settings, TEXT_TLS_CLIENT_KEY_FILE, &texts.key);
    copy_text(settings, TEXT_TLS_CLIENT_KEY_FILE_PASS, &texts.password);
    bool good = is_empty(&texts.certificate) || is_empty(&texts.key);
    if (!good) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        struct identity_files files = files_of(&texts);
        good = context != NULL && load_identity(context, &files);
        SSL_CTX_free(context);
    }
    clear_texts(&texts);
    return good;
}

static bool furnish_server(SSL_CTX *context, struct settings *settings, const struct texts *texts)
{
    struct identity_files files = files_of(texts);
    if (!load_identity(context, &files)) return false;
    if (!load_authorities(context, texts->ca_file.data, texts->ca_directory.data)) return false;
    if (!set_dh(context, settings) || !client_identity_is_good(settings)) return false;
    set_sessions(context, settings);
    ask_for_certificates(context, settings);
    if (SETTING(settings, tls_prefer_server_ciphers))
        SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    return true;
}

SSL_CTX *tls_context_for_clients(struct settings *settings)
{
    struct texts texts = { 0 };
    copy_text(settings, TEXT_TLS_CERT_FILE, &texts.certificate);
    copy_text(settings, TEXT_TLS_KEY_FILE, &texts.key);
    copy_text(settings, TEXT_TLS_KEY_FILE_PASS, &texts.password);
    copy_text(settings, TEXT_TLS_CA_CERT_FILE, &texts.ca_file);
    copy_text(settings, TEXT_TLS_CA_CERT_DIR, &texts.ca_directory);
    const char *complaint = missing(&texts, settings);
    if (complaint != NULL) WARN("%s", complaint);
    SSL_CTX *context = complaint == NULL ? create(settings, TLS_server_method()) : NULL;
    if (context != NULL && !furnish_server(context, settings, &texts)) {
        SSL_CTX_free(context);
        context = NULL;
    }
    clear_texts(&texts);
    return context;
}

static bool believe(SSL_CTX *context, struct settings *settings, const struct texts *texts)
{
    bool none = is_empty(&texts->ca_file) && is_empty(&texts->ca_directory);
    bool verifies = SETTING(settings, upstream_tls_verify) != TLS_VERIFY_NONE;
    SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (none) return SSL_CTX_set_default_verify_paths(context) == 1;
    return load_authorities(context, texts->ca_file.data, texts->ca_directory.data);
}

static bool furnish_upstream(SSL_CTX *context, struct settings *settings, const struct texts *texts)
{
    struct identity_files files = files_of(texts);
    if (!believe(context, settings, texts)) return false;
    if (is_empty(&texts->certificate)) return true;
    if (!is_empty(&texts->key)) return load_identity(context, &files);
    WARN("No upstream-tls-key-file configured!");
    return false;
}

/* What the texts say; they are cleared. */
static SSL_CTX *create_client(struct settings *settings, struct texts *texts,
                              bool (*furnish)(SSL_CTX *, struct settings *, const struct texts *))
{
    SSL_CTX *context = create(settings, TLS_client_method());
    if (context != NULL && !furnish(context, settings, texts)) {
        SSL_CTX_free(context);
        context = NULL;
    }
    clear_texts(texts);
    return context;
}

SSL_CTX *tls_context_for_upstream(struct settings *settings)
{
    struct texts texts = { 0 };
    copy_either(settings, TEXT_UPSTREAM_TLS_CERT_FILE, TEXT_TLS_CLIENT_CERT_FILE, &texts.certificate);
    copy_either(settings, TEXT_UPSTREAM_TLS_KEY_FILE, TEXT_TLS_CLIENT_KEY_FILE, &texts.key);
    copy_either(settings, TEXT_UPSTREAM_TLS_KEY_FILE_PASS, TEXT_TLS_CLIENT_KEY_FILE_PASS, &texts.password);
    copy_either(settings, TEXT_UPSTREAM_TLS_CA_CERT_FILE, TEXT_TLS_CA_CERT_FILE, &texts.ca_file);
    copy_either(settings, TEXT_UPSTREAM_TLS_CA_CERT_DIR, TEXT_TLS_CA_CERT_DIR, &texts.ca_directory);
    return create_client(settings, &texts, furnish_upstream);
}

/* As Redis looks at the certificates of its cluster: who has signed them, and not whose they are. */
static bool furnish_peers(SSL_CTX *context, struct settings *settings, const struct texts *texts)
{
    struct identity_files files = files_of(texts);
    const char *complaint = missing(texts, settings);
    if (complaint != NULL) {
        WARN("%s", complaint);
        return false;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return load_identity(context, &files) &&
           load_authorities(context, texts->ca_file.data, texts->ca_directory.data);
}

SSL_CTX *tls_context_for_peers(struct settings *settings)
{
    struct texts texts = { 0 };
    copy_either(settings, TEXT_TLS_CLIENT_CERT_FILE, TEXT_TLS_CERT_FILE, &texts.certificate);
    copy_either(settings, TEXT_TLS_CLIENT_KEY_FILE, TEXT_TLS_KEY_FILE, &texts.key);
    copy_either(settings, TEXT_TLS_CLIENT_KEY_FILE_PASS, TEXT_TLS_KEY_FILE_PASS, &texts.password);
    copy_text(settings, TEXT_TLS_CA_CERT_FILE, &texts.ca_file);
    copy_text(settings, TEXT_TLS_CA_CERT_DIR, &texts.ca_directory);
    return create_client(settings, &texts, furnish_peers);
}
