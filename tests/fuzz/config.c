/*
 * Any text is a configuration or is refused with a report; one that is accepted can be rewritten, and the
 * result is accepted too and says the same. No file is touched.
 */
#include <stdint.h>
#include <stdlib.h>

#include "proto/base/contract.h"
#include "server/config/config.h"
#include "server/config/text/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(void *context, struct slice name, struct slice value)
{
    buffer_append(context, name.data, name.len);
    buffer_append(context, value.data, value.len);
}

static void take_all(struct config *config, struct buffer *out)
{
    config_get(config, (struct slice[]){ SLICE("*") }, 1, add, out);
}

static void load_rewritten(struct config *config, struct slice text)
{
    struct buffer rewritten = { 0 }, report = { 0 }, before = { 0 }, after = { 0 };
    rewrite_text(config, text, &rewritten);
    struct config *again = config_create();
    bool good = config_load_text(again, buffer_slice(&rewritten), &report);
    INVARIANT(good);
    take_all(config, &before);
    take_all(again, &after);
    INVARIANT(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    config_destroy(&again);
    buffer_clear(&rewritten);
    buffer_clear(&report);
    buffer_clear(&before);
    buffer_clear(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct config *config = config_create();
    struct buffer report = { 0 };
    if (config_load_text(config, text, &report)) {
        load_rewritten(config, text);
        load_rewritten(config, SLICE(""));
    } else {
        INVARIANT(report.len > 0);
    }
    buffer_clear(&report);
    config_destroy(&config);
    return 0;
}
