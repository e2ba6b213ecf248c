#include "server/http/http_user.h"

#include <openssl/evp.h>

#include "proto/base/alloc.h"
#include "proto/http/fields/http_chars.h"
#include "server/auth/password.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/take_back.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"
#include "server/exec/command/table.h"
#include "server/exec/executor.h"
#include "server/http/http_client.h"
#include "server/http/http_loop.h"
#include "server/net/connection.h"

void http_user_forget(struct http_client *client)
{
    user_drop(&client->admitted);
    if (client->credentials.len > 0) memset(client->credentials.data, 0, client->credentials.len);
    client->credentials.len = 0;
}

/* Without a name: the user of the client's certificate, or what the default user may without a password. */
static bool seat_default(struct http_client *client)
{
    struct session *session = &client->connection->session;
    struct users *users = session->loop->server->users;
    if (connection_seat_certified(client->connection)) {
        client->named = true;
        return true;
    }
    if (client->named) {
        users_seat_default(users, session);
        client->named = false;
    }
    if (!user_is_open(session->user)) session->gates |= GATE_STRANGER;
    return session_is_authenticated(session);
}

static bool run_auth(struct http_client *client, struct slice name, struct slice password)
{
    struct loop *loop = client->connection->loop;
    struct http_loop *http = loop->http;
    struct slice argv[] = { SLICE("AUTH"), name, password };
    struct call call = executor_call(&client->connection->session, &http->reply, argv, 3);
    enum executed executed =
        executor_run(&call, command_table_find_original(loop->server->commands, argv[0]));
    bool admitted = executed == EXECUTED && http->answer.len > 0 && http->answer.data[0] == '+';
    if (executed == EXECUTED_WAIT) {
        client->exchange.held = true;
        connection_wait(client->connection, WAIT_PAUSED);
    }
    take_back(&http->reply, 0);
    return admitted;
}

/* Three bytes for each four digits; wiped when it is done with, since it is a password. */
static bool admit_basic(struct http_client *client, struct slice encoded)
{
    if (encoded.len == 0 || encoded.len % 4 != 0 || encoded.len > 4096) return false;
    unsigned char *text = alloc_bytes(encoded.len);
    int len = EVP_DecodeBlock(text, (const unsigned char *)encoded.data, (int)encoded.len);
    for (size_t i = encoded.len; len > 0 && i > 0 && encoded.data[i - 1] == '='; i--) len--;
    const char *colon = len > 0 ? memchr(text, ':', (size_t)len) : NULL;
    size_t name_len = colon != NULL ? (size_t)(colon - (const char *)text) : 0;
    bool admitted = colon != NULL && run_auth(client, slice_of(text, name_len),
                                              slice_of(colon + 1, (size_t)len - name_len - 1));
    OPENSSL_cleanse(text, encoded.len);
    alloc_free(text);
    return admitted;
}

static bool seat_user(struct http_client *client, struct slice name)
{
    struct session *session = &client->connection->session;
    struct user *user = users_find(session->loop->server->users, name);
    if (user != NULL && !(user->flags & USER_ON)) user_drop(&user);
    if (user == NULL) return false;
    users_seat(session, user);
    session->gates &= ~(uint32_t)GATE_STRANGER;
    return true;
}

/* All are looked at, whichever it is. */
static bool admit_bearer(struct http_client *client, struct slice token)
{
    struct password_hash given = password_hash_of(token), listed;
    struct slice rest = buffer_slice(&client->connection->loop->http->tokens), name, digits;
    struct slice found = { 0 };
    while (http_words_next(&rest, &name) && http_words_next(&rest, &digits)) {
        bool same = password_hash_read(&listed, digits) && password_hash_equal(&listed, &given);
        if (same) found = name;
    }
    return found.data != NULL && seat_user(client, found);
}

static bool admit(struct http_client *client, struct slice credentials)
{
    const char *blank = memchr(credentials.data, ' ', credentials.len);
    if (blank == NULL) return false;
    struct slice scheme = slice_of(credentials.data, (size_t)(blank - credentials.data));
    struct slice rest = http_trim(slice_of(blank, credentials.len - scheme.len));
    if (slice_equal_nocase(scheme, SLICE("Basic"))) return admit_basic(client, rest);
    if (slice_equal_nocase(scheme, SLICE("Bearer"))) return admit_bearer(client, rest);
    return false;
}

static bool is_remembered(const struct http_client *client, struct slice credentials)
{
    return client->named && client->admitted == client->connection->session.user &&
           client->credentials_version == client->connection->loop->http->version &&
           slice_equal(credentials, buffer_slice(&client->credentials));
}

static void remember(struct http_client *client, struct slice credentials)
{
    http_user_forget(client);
    client->admitted = user_hold(client->connection->session.user);
    buffer_append(&client->credentials, credentials.data, credentials.len);
    client->credentials_version = client->connection->loop->http->version;
}

bool http_user_seat(struct http_client *client)
{
    struct slice credentials = http_client_field(client, HTTP_AUTHORIZATION);
    if (credentials.data == NULL) return seat_default(client);
    if (is_remembered(client, credentials)) return true;
    client->named = true;
    if (!admit(client, credentials)) {
        http_user_forget(client);
        return false;
    }
    remember(client, credentials);
    return true;
}
