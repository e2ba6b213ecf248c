/* What scripts set of their libraries is there for those that come later, on whichever loop they run. */
#include "tests/e2e/events/scene.h"

TestSuite(script_libraries, .timeout = 60);

static void open_with_loops(struct scene *scene)
{
    instance_start(&scene->example.server, INSTANCE_NUTHATCH, OPTIONS("--threads", "4"));
    cr_assert(client_open_tcp(&scene->example.client, scene->example.server.port));
    scene->c = &scene->example.client;
    for (int i = 0; i < WAITING; i++) cr_assert(client_open_tcp(&scene->w[i], scene->example.server.port));
}

Test(script_libraries, options_of_cjson_are_one_servers)
{
    struct scene scene;
    open_with_loops(&scene);
    for (int i = 0; i < WAITING; i++)
        expect(&scene.w[i], "EVAL \"return cjson.encode_max_depth()\" 0", "(integer) 1000");
    expect(scene.c, "EVAL \"return cjson.encode_max_depth(3)\" 0", "(integer) 3");
    for (int i = 0; i < WAITING; i++) {
        expect(&scene.w[i], "EVAL \"return cjson.encode_max_depth()\" 0", "(integer) 3");
        expect(&scene.w[i], "EVAL \"return pcall(cjson.encode, {{{{}}}}) and 1 or 0\" 0", "(integer) 0");
    }
    expect(&scene.w[2], "EVAL \"cjson.encode_max_depth(7) return cjson.new().encode_max_depth()\" 0",
           "(integer) 1000");
    expect(scene.c, "EVAL \"return cjson.encode_max_depth()\" 0", "(integer) 7");
    scene_close(&scene);
}

/* As in Redis, where they have another Lua. */
Test(script_libraries, functions_have_options_of_their_own)
{
    struct scene scene;
    open_with_loops(&scene);
    expect(scene.c,
           "FUNCTION LOAD \"#!lua name=lib\\nredis.register_function('depth', function(keys, args) "
           "return cjson.encode_max_depth(tonumber(args[1])) end)\"",
           "\"lib\"");
    expect(scene.c, "EVAL \"return cjson.encode_max_depth(3)\" 0", "(integer) 3");
    for (int i = 0; i < WAITING; i++) expect(&scene.w[i], "FCALL depth 0", "(integer) 1000");
    expect(&scene.w[1], "FCALL depth 0 5", "(integer) 5");
    for (int i = 0; i < WAITING; i++) expect(&scene.w[i], "FCALL depth 0", "(integer) 5");
    expect(&scene.w[3], "EVAL \"return cjson.encode_max_depth()\" 0", "(integer) 3");
    scene_close(&scene);
}
