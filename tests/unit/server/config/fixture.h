/*
 * fixture.h - a config and one-line ways to ask it.
 */
#ifndef TESTS_UNIT_SERVER_CONFIG_FIXTURE_H
#define TESTS_UNIT_SERVER_CONFIG_FIXTURE_H

#include <stdbool.h>

#include "server/config/config.h"

/* A config loaded from a text that must be good. */
struct config *load(const char *text);

/* CONFIG GET of one pattern must answer "name value\n" lines, in the order of the rows. */
void expect_get(struct config *config, const char *pattern, const char *expected);

/* CONFIG SET of "name value name value", cut at commas, must answer "OK" or the error. */
void expect_set(struct config *config, const char *pairs, const char *expected);

/* Loading the text must fail with this complaint about the line. */
void expect_refused(const char *text, size_t line, const char *complaint);

#endif
