#include "server/http/http_client.h"

#include "server/core/loop.h"
#include "server/net/connection.h"

const char *http_client_request(const struct http_client *client)
{
    const struct connection *connection = client->connection;
    return connection_input(connection).data + connection->consumed;
}

struct slice http_client_field(const struct http_client *client, enum http_field_name name)
{
    const struct http_head *head = http_client_head(client);
    if (!http_head_has(head, name)) return (struct slice){ 0 };
    return http_head_value(head, http_client_request(client), name);
}

void http_client_next(struct http_client *client)
{
    http_reader_next(&client->reader);
    client->exchange = (struct http_exchange){ 0 };
    client->in_flight = false;
    client->began_ms = 0;
    client->rest_ms = client->connection->loop->now_ms;
}
