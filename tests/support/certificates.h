/*
 * certificates.h - an authority and what it has signed, made anew for a test.
 *
 * Threads: one owner. The files lie in a scratch directory, and go with it.
 */
#ifndef TESTS_SUPPORT_CERTIFICATES_H
#define TESTS_SUPPORT_CERTIFICATES_H

#include "tests/support/scratch.h"

struct certificates {
    char ca[SCRATCH_PATH_MAX];
    char server[SCRATCH_PATH_MAX]; /* of "localhost" and 127.0.0.1 */
    char server_key[SCRATCH_PATH_MAX];
    char locked_key[SCRATCH_PATH_MAX]; /* the same, under the password "secret" */
    char client[SCRATCH_PATH_MAX];     /* of "app" */
    char twofold[SCRATCH_PATH_MAX];    /* of "app" and of "root", with the client's key */
    char client_key[SCRATCH_PATH_MAX];
    char renewed[SCRATCH_PATH_MAX];  /* another of the server's, with the same key and the serial number 77 */
    char stranger[SCRATCH_PATH_MAX]; /* of "app", signed by itself */
    char stranger_key[SCRATCH_PATH_MAX];
};

void certificates_make(struct certificates *certificates, const struct scratch *scratch);

#endif
