#include "tests/support/certificates.h"

#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "proto/base/contract.h"

#define DAY_S 86400

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    REQUIRE(extension != NULL);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static void add_name(X509 *certificate, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
}

/* Signed by `authority`, or by itself. */
static struct identity make(const char *name, long serial, const struct identity *authority, EVP_PKEY *key)
{
    struct identity made = { .key = key != NULL ? key : EVP_EC_gen("P-256"), .certificate = X509_new() };
    X509 *certificate = made.certificate;
    REQUIRE(made.key != NULL && certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * DAY_S);
    X509_set_pubkey(certificate, made.key);
    add_name(certificate, name);
    const struct identity *signer = authority != NULL ? authority : &made;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer->certificate));
    if (authority == NULL) add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (authority != NULL) add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    REQUIRE(X509_sign(certificate, signer->key, EVP_sha256()) > 0);
    return made;
}

static void write_certificate(const struct scratch *scratch, const char *name, X509 *certificate,
                              char path[static SCRATCH_PATH_MAX])
{
    scratch_path(scratch, name, path);
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL && PEM_write_X509(file, certificate) == 1);
    fclose(file);
}

static void write_key(const struct scratch *scratch, const char *name, EVP_PKEY *key, const char *password,
                      char path[static SCRATCH_PATH_MAX])
{
    scratch_path(scratch, name, path);
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL);
    const EVP_CIPHER *cipher = password != NULL ? EVP_aes_256_cbc() : NULL;
    int len = password != NULL ? (int)strlen(password) : 0;
    REQUIRE(PEM_write_PKCS8PrivateKey(file, key, cipher, password, len, NULL, NULL) == 1);
    fclose(file);
}

static void write_twofold(const struct scratch *scratch, const struct identity *client,
                          const struct identity *ca, char path[static SCRATCH_PATH_MAX])
{
    struct identity twofold = make("app", 5, ca, client->key);
    add_name(twofold.certificate, "root");
    REQUIRE(X509_sign(twofold.certificate, ca->key, EVP_sha256()) > 0);
    write_certificate(scratch, "twofold.crt", twofold.certificate, path);
    X509_free(twofold.certificate);
}

void certificates_make(struct certificates *certificates, const struct scratch *scratch)
{
    struct identity ca = make("Test CA", 1, NULL, NULL);
    struct identity server = make("localhost", 2, &ca, NULL);
    struct identity renewed = make("localhost", 77, &ca, server.key);
    struct identity client = make("app", 3, &ca, NULL);
    struct identity stranger = make("app", 4, NULL, NULL);
    write_certificate(scratch, "ca.crt", ca.certificate, certificates->ca);
    write_certificate(scratch, "server.crt", server.certificate, certificates->server);
    write_certificate(scratch, "renewed.crt", renewed.certificate, certificates->renewed);
    write_certificate(scratch, "client.crt", client.certificate, certificates->client);
    write_certificate(scratch, "stranger.crt", stranger.certificate, certificates->stranger);
    write_key(scratch, "server.key", server.key, NULL, certificates->server_key);
    write_key(scratch, "locked.key", server.key, "secret", certificates->locked_key);
    write_key(scratch, "client.key", client.key, NULL, certificates->client_key);
    write_key(scratch, "stranger.key", stranger.key, NULL, certificates->stranger_key);
    write_twofold(scratch, &client, &ca, certificates->twofold);
    X509_free(renewed.certificate);
    const struct identity made[] = { ca, server, client, stranger };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        X509_free(made[i].certificate);
        EVP_PKEY_free(made[i].key);
    }
}
