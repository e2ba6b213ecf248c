#include "server/http/page/http_page.h"

#include "proto/http/fields/http_etag.h"
#include "proto/http/http_path.h"
#include "proto/http/http_response.h"
#include "server/http/http_client.h"
#include "server/http/http_write.h"

const struct http_page_file *http_page_find(struct slice path)
{
    for (const struct http_page_file *file = http_page_files; file->path != NULL; file++)
        if (slice_equal(path, slice_of_cstr(file->path))) return file;
    return NULL;
}

static const struct http_page_file *asked(const struct http_client *client)
{
    struct slice path, query;
    http_path_split(http_text_slice(http_client_head(client)->target, http_client_request(client)), &path,
                    &query);
    return http_page_find(path);
}

static bool is_known(const struct http_client *client, struct slice etag)
{
    struct slice list;
    unsigned at = 0;
    while (
        http_head_each(http_client_head(client), http_client_request(client), HTTP_IF_NONE_MATCH, &at, &list))
        if (http_etag_matches(list, etag, HTTP_COMPARE_WEAK)) return true;
    return false;
}

/* Another version of this program has another page: a browser keeps it, and asks each time. */
static void write_validators(struct buffer *out, struct slice etag)
{
    http_response_field(out, SLICE("ETag"), etag);
    http_response_field(out, SLICE("Cache-Control"), SLICE("no-cache"));
}

/* Nothing is loaded from elsewhere, nothing runs that stands in the text, no other site shows it in a frame.
 */
static void write_policy(struct buffer *out)
{
    http_response_field(out, SLICE("Content-Security-Policy"),
                        SLICE("default-src 'self'; base-uri 'none'; form-action 'none'; "
                              "frame-ancestors 'none'"));
    http_response_field(out, SLICE("Cross-Origin-Resource-Policy"), SLICE("same-origin"));
    http_response_field(out, SLICE("Referrer-Policy"), SLICE("no-referrer"));
    http_response_field(out, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
}

static void write_file(struct http_client *client, const struct http_page_file *file)
{
    struct buffer *out = http_write_begin(client, 200);
    http_response_field(out, SLICE("Content-Type"), slice_of_cstr(file->type));
    write_validators(out, slice_of_cstr(file->etag));
    write_policy(out);
    http_write_end(client, out, file->len);
    if (http_client_head(client)->method != METHOD_HEAD) buffer_append(out, file->body, file->len);
}

enum http_step http_page_run(struct http_client *client)
{
    const struct http_page_file *file = asked(client);
    struct slice etag = slice_of_cstr(file->etag);
    if (!is_known(client, etag)) {
        write_file(client, file);
        return HTTP_STEP_DONE;
    }
    struct buffer *out = http_write_begin(client, 304);
    write_validators(out, etag);
    http_response_end(out);
    return HTTP_STEP_DONE;
}
