#include "server/config/settings.h"

#include <criterion/criterion.h>
#include <pthread.h>

#include "tests/unit/server/config/fixture.h"

#define ROUNDS 200

static void *read_on(void *context)
{
    struct settings *settings = context;
    struct buffer text = { 0 };
    for (int i = 0; i < ROUNDS; i++) {
        int64_t timeout_s = SETTING(settings, timeout_s);
        cr_assert(timeout_s == 0 || timeout_s == 5);
        settings_copy_text(settings, TEXT_REQUIREPASS, &text);
        cr_assert(text.len == 0 || slice_equal(buffer_slice(&text), SLICE("secret")));
    }
    buffer_clear(&text);
    return NULL;
}

Test(settings, are_read_whole_while_they_change)
{
    struct config *config = load("");
    pthread_t reader;
    cr_assert_eq(pthread_create(&reader, NULL, read_on, config_settings(config)), 0);
    for (int i = 0; i < ROUNDS; i++) {
        expect_set(config, i % 2 == 0 ? "timeout,5,requirepass,secret" : "timeout,0,requirepass,", "OK");
    }
    pthread_join(reader, NULL);
    config_destroy(&config);
}

Test(settings, compare_a_text_with_one_of_any_length)
{
    struct settings settings;
    settings_init(&settings);
    cr_expect(settings_text_is_empty(&settings, TEXT_REQUIREPASS));
    cr_expect(settings_text_equals(&settings, TEXT_REQUIREPASS, SLICE("")));
    settings_store_text(&settings, TEXT_REQUIREPASS, SLICE("ab"));
    cr_expect(settings_text_equals(&settings, TEXT_REQUIREPASS, SLICE("ab")));
    cr_expect_not(settings_text_equals(&settings, TEXT_REQUIREPASS, SLICE("abab")));
    cr_expect_not(settings_text_equals(&settings, TEXT_REQUIREPASS, SLICE("a")));
    settings_clear(&settings);
}
