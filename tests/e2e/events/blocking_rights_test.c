/*
 * Clients that wait for keys, while what they may do changes: they are served by what they may then.
 */
#include "tests/e2e/events/scene.h"

TestSuite(blocking_rights, .timeout = 60);

#define NO_KEY     "(error) NOPERM this user has no permissions to access one of the keys used as arguments"
#define NO_COMMAND "(error) NOPERM this user has no permissions to run the 'blpop' command"

static void open_with_users(struct scene *scene)
{
    scene_open(scene);
    expect(scene->c, "ACL SETUSER all on nopass +@all ~*", "OK");
    expect(scene->c, "ACL SETUSER some on nopass +@all ~l ~m ~s", "OK");
    expect(&scene->w[0], "AUTH all x", "OK");
    expect(&scene->w[1], "AUTH some x", "OK");
}

Test(blocking_rights, who_may_no_more_is_told_so_and_the_next_is_served)
{
    struct scene scene;
    open_with_users(&scene);

    scene_block(&scene, 0, "BLPOP l 0");
    scene_block(&scene, 1, "BLPOP l 0");
    expect(scene.c, "ACL SETUSER all resetkeys ~m", "OK");
    expect(scene.c, "RPUSH l a", "(integer) 1");
    expect_next(&scene.w[0], NO_KEY);
    expect_next(&scene.w[1], "1) \"l\"\n2) \"a\"");
    cr_assert_eq(scene_info(scene.c, "acl_access_denied_key"), 1);

    scene_block(&scene, 0, "BLPOP m 0");
    expect(scene.c, "ACL SETUSER all -blpop", "OK");
    expect(scene.c, "RPUSH m a", "(integer) 1");
    expect_next(&scene.w[0], NO_COMMAND);
    expect(scene.c, "LRANGE m 0 -1", "1) \"a\"");
    expect(&scene.w[0], "PING", "PONG");
    scene_close(&scene);
}

Test(blocking_rights, who_may_again_is_served)
{
    struct scene scene;
    open_with_users(&scene);

    scene_block(&scene, 1, "BLMOVE l m LEFT LEFT 0");
    expect(scene.c, "ACL SETUSER some resetkeys ~l", "OK");
    expect(scene.c, "ACL SETUSER some resetkeys ~*", "OK");
    expect(scene.c, "RPUSH l a", "(integer) 1");
    expect_next(&scene.w[1], "\"a\"");

    scene_block(&scene, 1, "BLMOVE l m LEFT LEFT 0");
    expect(scene.c, "ACL SETUSER some resetkeys ~l", "OK");
    expect(scene.c, "RPUSH l a", "(integer) 1");
    expect_next(&scene.w[1], NO_KEY);
    expect(scene.c, "LRANGE l 0 -1", "1) \"a\"");
    scene_close(&scene);
}

Test(blocking_rights, streams_and_groups_are_no_exception)
{
    struct scene scene;
    open_with_users(&scene);

    expect(scene.c, "XGROUP CREATE s g $ MKSTREAM", "OK");
    scene_block(&scene, 0, "XREAD BLOCK 0 STREAMS s $");
    scene_block(&scene, 1, "XREADGROUP GROUP g me BLOCK 0 STREAMS s >");
    expect(scene.c, "ACL SETUSER all resetkeys", "OK");
    expect(scene.c, "ACL SETUSER some resetkeys ~l", "OK");
    expect(scene.c, "XADD s 1-1 f v", "\"1-1\"");
    expect_next(&scene.w[0], NO_KEY);
    expect_next(&scene.w[1], NO_KEY);
    expect(scene.c, "XPENDING s g", "1) (integer) 0\n2) (nil)\n3) (nil)\n4) (nil)");
    scene_close(&scene);
}

/* What a transaction takes away is missed by who is served at its end. */
Test(blocking_rights, a_transaction_takes_them_before_it_serves)
{
    struct scene scene;
    open_with_users(&scene);

    scene_block(&scene, 1, "BLPOP l 0");
    expect(scene.c, "MULTI", "OK");
    expect(scene.c, "RPUSH l a", "QUEUED");
    expect(scene.c, "ACL SETUSER some resetkeys ~m", "QUEUED");
    expect(scene.c, "EXEC", "1) (integer) 1\n2) OK");
    expect_next(&scene.w[1], NO_KEY);
    expect(scene.c, "LRANGE l 0 -1", "1) \"a\"");
    scene_close(&scene);
}

/* That it may not wait any more makes nothing of a user who has gone: its connection is closed. */
Test(blocking_rights, who_is_no_user_any_more_takes_nothing)
{
    struct scene scene;
    open_with_users(&scene);

    scene_block(&scene, 1, "BLPOP l 0");
    expect(scene.c, "MULTI", "OK");
    expect(scene.c, "ACL DELUSER some", "QUEUED");
    expect(scene.c, "RPUSH l a", "QUEUED");
    expect(scene.c, "EXEC", "1) (integer) 1\n2) (integer) 1");
    expect(scene.c, "LRANGE l 0 -1", "1) \"a\"");
    scene_close(&scene);
}
