#include "server/http/keys/http_asked.h"

#define BIT(name) (UINT64_C(1) << (name))

static const uint64_t own = BIT(HTTP_NUTHATCH_COST) | BIT(HTTP_NUTHATCH_JITTER) | BIT(HTTP_NUTHATCH_LEASE) |
                            BIT(HTTP_NUTHATCH_OTHER) | BIT(HTTP_NUTHATCH_PASS) | BIT(HTTP_NUTHATCH_RENEW) |
                            BIT(HTTP_NUTHATCH_RETRY) | BIT(HTTP_NUTHATCH_SOFT) | BIT(HTTP_NUTHATCH_TOKEN) |
                            BIT(HTTP_NUTHATCH_TTL) | BIT(HTTP_NUTHATCH_VERSION);

/* With a token it is the end of a lease, and nothing is removed; without one there is no lease to end. */
static bool removes(const struct http_head *head)
{
    const uint64_t endings = BIT(HTTP_NUTHATCH_PASS) | BIT(HTTP_NUTHATCH_RENEW) | BIT(HTTP_NUTHATCH_RETRY);
    const uint64_t removal =
        BIT(HTTP_NUTHATCH_SOFT) | BIT(HTTP_FASTLY_SOFT_PURGE) | BIT(HTTP_IF_MATCH) | BIT(HTTP_IF_NONE_MATCH);
    uint64_t ending = head->seen & endings;
    if (!http_head_has(head, HTTP_NUTHATCH_TOKEN)) return (head->seen & own & ~BIT(HTTP_NUTHATCH_SOFT)) == 0;
    if (head->seen & (removal | (own & ~endings & ~BIT(HTTP_NUTHATCH_TOKEN)))) return false;
    return (ending & (ending - 1)) == 0; /* one at most */
}

static uint64_t fields_of_store(void)
{
    return BIT(HTTP_NUTHATCH_TTL) | BIT(HTTP_NUTHATCH_COST) | BIT(HTTP_NUTHATCH_JITTER) |
           BIT(HTTP_NUTHATCH_VERSION) | BIT(HTTP_NUTHATCH_TOKEN);
}

static bool fits_keys(const struct http_head *head)
{
    switch (head->method) {
    case METHOD_GET:
    case METHOD_HEAD:
        return (head->seen & own & ~(BIT(HTTP_NUTHATCH_LEASE) | BIT(HTTP_NUTHATCH_VERSION))) == 0;
    case METHOD_PUT:
    case METHOD_POST: return (head->seen & own & ~fields_of_store()) == 0;
    case METHOD_DELETE:
    case METHOD_PURGE: return removes(head);
    default: return (head->seen & own) == 0;
    }
}

bool http_asked_fits(const struct http_head *head, enum http_asked asked)
{
    if (asked == HTTP_ASKS_KEYS) return fits_keys(head);
    uint64_t fields = asked == HTTP_ASKS_TAGS ? BIT(HTTP_NUTHATCH_SOFT) : 0;
    return (head->seen & own & ~fields) == 0;
}
