#include "server/upstream/link/link.h"

#include <stdio.h>

void link_init(struct link *link, unsigned databases)
{
    atomic_init(&link->state, LINK_TRYING);
    atomic_init(&link->protocol, 3);
    atomic_init(&link->databases, databases);
    pthread_mutex_init(&link->words_lock, NULL);
}

void link_clear(struct link *link)
{
    pthread_mutex_destroy(&link->words_lock);
}

/* Under the lock of words. */
static void write_upstreams(struct link *link, const struct identity *identity)
{
    const char *separator = identity->upstreams[0] != '\0' ? "," : "";
    snprintf(link->upstreams, sizeof(link->upstreams), "%s%s%s", identity->run_id, separator,
             identity->upstreams);
}

void link_note_server(struct link *link, const struct identity *identity, const char *no_database)
{
    atomic_store(&link->server, identity_server(identity));
    atomic_store(&link->seventeen, identity_is_before(identity, 7, 2));
    pthread_mutex_lock(&link->words_lock);
    snprintf(link->no_database, sizeof(link->no_database), "%s", no_database);
    write_upstreams(link, identity);
    pthread_mutex_unlock(&link->words_lock);
}

void link_note_upstreams(struct link *link, const struct identity *identity)
{
    pthread_mutex_lock(&link->words_lock);
    write_upstreams(link, identity);
    pthread_mutex_unlock(&link->words_lock);
}

void link_forget_upstreams(struct link *link)
{
    pthread_mutex_lock(&link->words_lock);
    link->upstreams[0] = '\0';
    pthread_mutex_unlock(&link->words_lock);
}

static void copy_words(struct link *link, const char *words, char *text, size_t size)
{
    pthread_mutex_lock(&link->words_lock);
    snprintf(text, size, "%s", words);
    pthread_mutex_unlock(&link->words_lock);
}

void link_copy_no_database(struct link *link, char *text, size_t size)
{
    copy_words(link, link->no_database, text, size);
}

void link_copy_upstreams(struct link *link, char *text, size_t size)
{
    copy_words(link, link->upstreams, text, size);
}
