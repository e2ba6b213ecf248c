#include <criterion/criterion.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

#define SICILY "GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"

Test(geo, members_have_places)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, SICILY, "(integer) 2");
    expect(c, "ZSCORE Sicily Palermo", "\"3479099956230698\"");
    expect(c, "GEOPOS Sicily Palermo nobody",
           "1) 1) \"13.36138933897018433\"\n   2) \"38.11555639549629859\"\n2) (nil)");
    expect(c, "GEOHASH Sicily Palermo nobody Catania", "1) \"sqc8b49rny0\"\n2) (nil)\n3) \"sqdtr74hyu0\"");
    expect(c, "GEODIST Sicily Palermo Catania", "\"166274.1516\"");
    expect(c, "GEODIST Sicily Palermo Catania KM", "\"166.2742\"");
    expect(c, "GEODIST Sicily Palermo Catania mi", "\"103.3182\"");
    expect(c, "GEODIST Sicily Palermo Palermo", "\"0.0000\"");
    expect(c, "GEODIST Sicily Palermo nobody", "(nil)");
    expect(c, "GEODIST nobody a b", "(nil)");
    expect(c, "GEOPOS nobody a", "1) (nil)");
    expect(c, "GEOPOS Sicily", "(empty array)");
    expect(c, "GEODIST Sicily Palermo Catania x",
           "(error) ERR unsupported unit provided. please use M, KM, FT, MI");
    expect(c, "GEODIST Sicily Palermo Catania m m", "(error) ERR syntax error");
    example_close(&example);
}

Test(geo, a_place_is_on_the_map)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "GEOADD g NX 0 0 a", "(integer) 1");
    expect(c, "GEOADD g NX CH 1 1 a", "(integer) 0");
    expect(c, "GEOADD g XX CH 1 1 a 2 2 b", "(integer) 1");
    expect(c, "GEOADD g NX XX 1 1 a", "(error) ERR syntax error");
    expect(c, "GEOADD g 181 0 a", "(error) ERR invalid longitude,latitude pair 181.000000,0.000000");
    expect(c, "GEOADD g 0 0 a 0 86 b", "(error) ERR invalid longitude,latitude pair 0.000000,86.000000");
    expect(c, "GEOADD g x 0 a", "(error) ERR value is not a valid float");
    expect(c, "GEOADD g 0 0 a 1", "(error) ERR syntax error");
    expect(c, "GEOADD g 180 85.05112878 corner", "(integer) 1");
    expect(c, "ZCARD g", "(integer) 2");
    example_close(&example);
}

Test(geo, what_is_near_is_found)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, SICILY " 12.758489 38.788135 edge1 17.241510 38.788135 edge2", "(integer) 4");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC", "1) \"Catania\"\n2) \"Palermo\"");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHDIST COUNT 1",
           "1) 1) \"Catania\"\n   2) \"56.4413\"");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 400 km DESC",
           "1) \"edge1\"\n2) \"edge2\"\n3) \"Palermo\"\n4) \"Catania\"");
    expect(c, "GEOSEARCH Sicily FROMMEMBER Catania BYRADIUS 1 m WITHHASH",
           "1) 1) \"Catania\"\n   2) (integer) 3479447370796909");
    expect(c, "GEORADIUS Sicily 15 37 200 km WITHDIST WITHCOORD COUNT 1",
           "1) 1) \"Catania\"\n   2) \"56.4413\"\n   3) 1) \"15.08726745843887329\"\n      2) "
           "\"37.50266842333162032\"");
    expect(c, "GEORADIUSBYMEMBER_RO Sicily Catania 200 km DESC", "1) \"Palermo\"\n2) \"Catania\"");
    expect(c, "GEOSEARCH nobody FROMMEMBER x BYRADIUS 1 m", "(empty array)");
    example_close(&example);
}

Test(geo, what_is_found_can_be_stored)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, SICILY, "(integer) 2");
    expect(c, "GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYRADIUS 100 km", "(integer) 1");
    expect(c, "ZRANGE d 0 -1 WITHSCORES", "1) \"Catania\"\n2) \"3479447370796909\"");
    expect(c, "GEORADIUS Sicily 15 37 200 km STOREDIST d", "(integer) 2");
    expect(c, "ZRANGE d 0 -1", "1) \"Catania\"\n2) \"Palermo\"");
    expect(c, "ZRANGEBYSCORE d 56.441 56.442", "1) \"Catania\"");
    expect(c, "GEORADIUSBYMEMBER Sicily Palermo 1 m STORE Sicily", "(integer) 1");
    expect(c, "ZRANGE Sicily 0 -1", "1) \"Palermo\"");
    expect(c, "GEOSEARCHSTORE d nobody FROMLONLAT 15 37 BYRADIUS 100 km", "(integer) 0");
    expect(c, "EXISTS d", "(integer) 0");
    example_close(&example);
}

Test(geo, a_search_without_sense_is_refused)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, SICILY, "(integer) 2");
    expect(c, "GEOSEARCH Sicily FROMMEMBER x BYRADIUS 1 m",
           "(error) ERR could not decode requested zset member");
    expect(c, "GEOSEARCH Sicily BYRADIUS 1 m ASC COUNT 1",
           "(error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH");
    expect(c, "geosearch Sicily FROMLONLAT 1 1 ASC COUNT 1",
           "(error) ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 m", "(error) ERR syntax error");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m BYBOX 1 1 m", "(error) ERR syntax error");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS -1 m", "(error) ERR radius cannot be negative");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS x m", "(error) ERR need numeric radius");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYBOX x 1 m", "(error) ERR need numeric width");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYBOX 1 x m", "(error) ERR need numeric height");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYBOX 1 -1 m",
           "(error) ERR height or width cannot be negative");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m COUNT 0", "(error) ERR COUNT must be > 0");
    expect(c, "GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m ANY",
           "(error) ERR the ANY argument requires COUNT argument");
    expect(c, "GEOSEARCHSTORE d Sicily FROMLONLAT 1 1 BYRADIUS 1 m WITHDIST",
           "(error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    expect(c, "GEORADIUS Sicily 1 1 1 m WITHHASH STORE d",
           "(error) ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD "
           "options");
    expect(c, "GEORADIUS_RO Sicily 1 1 1 m STORE d", "(error) ERR syntax error");
    expect(c, "GEORADIUSBYMEMBER nobody x much m", "(empty array)");
    example_close(&example);
}

Test(geo, coordinates_are_doubles_where_the_protocol_has_them)
{
    struct example example;
    struct client *c = example_open(&example);

    expect_start(c, "HELLO 3", "1#");
    expect(c, SICILY, "(integer) 2");
    expect_raw(c, SLICE("GEOPOS Sicily Palermo nobody\r\n"),
               SLICE("*2\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n_\r\n"));
    expect_raw(c, SLICE("GEODIST Sicily Palermo Catania\r\n"), SLICE("$11\r\n166274.1516\r\n"));
    expect_raw(c, SLICE("GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km WITHDIST WITHHASH WITHCOORD\r\n"),
               SLICE("*1\r\n*4\r\n$7\r\nPalermo\r\n$6\r\n0.0000\r\n:3479099956230698\r\n*2\r\n"
                     ",13.36138933897018433\r\n,38.11555639549629859\r\n"));
    example_close(&example);
}
