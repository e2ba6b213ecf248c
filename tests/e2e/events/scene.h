/*
 * scene.h - a server of ours, a client that does things, and others that wait for them.
 *
 * Threads: one owner.
 */
#ifndef TESTS_E2E_EVENTS_SCENE_H
#define TESTS_E2E_EVENTS_SCENE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
#define WAITING    4

struct scene {
    struct example example;
    struct client *c;
    struct client w[WAITING];
};

static inline void scene_open(struct scene *scene)
{
    scene->c = example_open(&scene->example);
    for (int i = 0; i < WAITING; i++) cr_assert(client_open_tcp(&scene->w[i], scene->example.server.port));
}

static inline void scene_close(struct scene *scene)
{
    for (int i = 0; i < WAITING; i++) client_close(&scene->w[i]);
    example_close(&scene->example);
}

static inline long scene_info(struct client *client, const char *field)
{
    char start[64];
    snprintf(start, sizeof start, "\r\n%s:", field);
    struct slice info = client_ask(client, "INFO everything");
    const char *found = memmem(info.data, info.len, start, strlen(start));
    cr_assert_not_null(found, "no %s", field);
    return strtol(found + strlen(start), NULL, 10);
}

static inline void scene_wait_info(struct client *client, const char *field, long number)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    while (scene_info(client, field) != number) {
        cr_assert(pace_now_ms() < end_ms, "%s is not %ld", field, number);
        pace_sleep_ms(1);
    }
}

/* From now on it waits. */
static inline void scene_block(struct scene *scene, int waiting, const char *command)
{
    long before = scene_info(scene->c, "blocked_clients");
    cr_assert(client_send_line(&scene->w[waiting], command));
    scene_wait_info(scene->c, "blocked_clients", before + 1);
}

static inline void scene_expect_waiting(struct scene *scene, long count)
{
    cr_assert_eq(scene_info(scene->c, "blocked_clients"), count);
}

#endif
