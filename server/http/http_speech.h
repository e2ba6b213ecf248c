/*
 * http_speech.h - HTTP as a connection speaks it.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_HTTP_SPEECH_H
#define SERVER_HTTP_HTTP_SPEECH_H

#include "server/net/speech.h"

extern const struct speech http_speech;

#endif
