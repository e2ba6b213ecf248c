#include <criterion/criterion.h>
#include <stdio.h>

#include "server/script/texts.h"

static struct script *add(struct texts *texts, const char *text)
{
    struct sha1 sha1 = sha1_of(slice_of_cstr(text));
    return texts_add(texts, slice_of_cstr(text), &sha1, SCRIPT_PLAIN, 0);
}

static bool knows(struct texts *texts, const char *text)
{
    struct sha1 sha1 = sha1_of(slice_of_cstr(text));
    return texts_know(texts, &sha1);
}

Test(texts, of_what_was_only_evaluated_the_last_five_hundred_stay)
{
    struct texts *texts = texts_create();
    struct script *loaded = add(texts, "loaded"), *used = add(texts, "used");
    texts_keep(texts, loaded);
    for (int i = 0; i < 499; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", i);
        struct script *script = add(texts, text);
        texts_release(&script);
    }
    texts_use(texts, used);
    struct script *last = add(texts, "last");
    cr_assert(knows(texts, "loaded") && knows(texts, "used") && knows(texts, "last"));
    cr_assert_not(knows(texts, "0"));
    cr_assert(knows(texts, "1"));
    cr_assert_eq(texts_figures(texts).count, 501);
    cr_assert_eq(texts_figures(texts).evicted, 1);
    texts_release(&last);
    texts_release(&used);
    texts_release(&loaded);
    texts_destroy(&texts);
}

Test(texts, who_holds_one_that_was_flushed_sees_that_it_is_gone)
{
    struct texts *texts = texts_create();
    struct script *script = add(texts, "return 1");
    cr_assert_not(script_is_gone(script));
    texts_flush(texts);
    cr_assert(script_is_gone(script));
    cr_assert_eq(texts_figures(texts).bytes, 0);
    cr_assert_str_eq(script->name, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    texts_release(&script);
    texts_destroy(&texts);
}
