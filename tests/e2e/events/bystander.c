#include "tests/e2e/events/bystander.h"

#include <criterion/criterion.h>

struct instance server;
struct client client, bystander;

void bystander_open(const char *const *options)
{
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, server.port));
    cr_assert(client_open_tcp(&bystander, server.port));
}

void bystander_close(void)
{
    client_close(&client);
    client_close(&bystander);
    instance_stop(&server);
}
