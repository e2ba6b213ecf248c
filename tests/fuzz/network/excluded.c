#include "tests/fuzz/network/excluded.h"

static const char page[] =
    "| reason | rules |\n"
    "|---|---|\n"
    "| ends the server, and rightly so | `skip SHUTDOWN` |\n"
    "| ends it, makes it wait or fills it, all on purpose | `skip DEBUG` |\n"
    "| makes everybody wait for as long as it says; speech.c has it with short times | `skip CLIENT PAUSE` "
    "|\n"
    "| any value of any setting; speech.c has limits with values that a server can live with | `skip CONFIG "
    "SET` |\n"
    "| locks out the one who looks whether all is well | `skip ACL SETUSER`, `skip ACL DELUSER`, `skip ACL "
    "LOAD` |\n"
    "| the upstream is another one afterwards, or none | `skip REPLICAOF`, `skip SLAVEOF`, `skip FAILOVER`, "
    "`skip CLUSTER`, `skip PSYNC`, `skip SYNC`, `skip REPLCONF`, `skip MIGRATE` |\n"
    "| a second process with the same memory | `skip SAVE`, `skip BGSAVE`, `skip BGREWRITEAOF`, "
    "`skip ACL SAVE`, `skip CONFIG REWRITE` |\n";

void excluded_init(struct divergences *excluded)
{
    divergences_init(excluded, slice_of(page, sizeof page - 1));
}
