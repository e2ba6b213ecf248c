#include "server/exec/acl/acl_check.h"

#include <string.h>

#include "server/exec/acl/user.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"

/* What it takes to use a key so; of a question whether there is one, nothing. */
static inline unsigned rights_for(const struct key_spec *spec, const struct slice *argv, int argc)
{
    uint32_t use = spec->use_of != NULL ? spec->use_of(argv, argc) : spec->use;
    unsigned rights = use & KEY_ACCESS ? RIGHT_READ : 0;
    if (use & (KEY_INSERT | KEY_DELETE | KEY_UPDATE)) rights |= RIGHT_WRITE;
    return rights;
}

static struct acl_finding check_keys(const struct selector *selector, const struct command_info *command,
                                     const struct slice *argv, int argc)
{
    struct key_walk walk = key_walk(command->row, argv, argc);
    const struct key_spec *spec = NULL;
    unsigned rights = 0;
    while (key_next(&walk)) {
        if (walk.spec != spec) rights = rights_for(walk.spec, argv, argc);
        spec = walk.spec;
        if (!acl_patterns_match(&selector->keys, argv[walk.arg], rights))
            return (struct acl_finding){ ACL_NO_KEY, walk.arg };
    }
    return (struct acl_finding){ ACL_GRANTED, 0 };
}

static struct acl_finding check_channels(const struct selector *selector, const struct channel_spec *spec,
                                         const struct slice *argv, int argc)
{
    int last = spec->last < 0 ? argc - 1 : spec->last;
    for (int arg = spec->first; arg <= last && arg < argc; arg++)
        if (!selector_allows_channel(selector, argv[arg], spec->are_patterns))
            return (struct acl_finding){ ACL_NO_CHANNEL, arg };
    return (struct acl_finding){ ACL_GRANTED, 0 };
}

static bool allows_tag(const struct selector *selector, struct slice tag, unsigned rights)
{
    static const char prefix[] = "nuthatch:tag:";
    char key[sizeof(prefix) + ACL_TAG_LEN_MAX];
    size_t len = sizeof(prefix) - 1;
    if (tag.len > ACL_TAG_LEN_MAX) return true; /* none can be so long, as its command will say */
    memcpy(key, prefix, len);
    memcpy(key + len, tag.data, tag.len);
    return selector_allows_key(selector, slice_of(key, len + tag.len), rights);
}

static struct acl_finding check_tags(const struct selector *selector, const struct command *row,
                                     const struct slice *argv, int argc)
{
    struct tag_claim claim = { 0 };
    while (row->tags(argv, argc, &claim)) {
        bool every_key = claim.every_key && selector_allows_every_key(selector, claim.rights);
        for (int arg = claim.first; arg < claim.end && !every_key; arg++)
            if (claim.every_key || !allows_tag(selector, argv[arg], claim.rights))
                return (struct acl_finding){ ACL_NO_KEY, arg };
    }
    return (struct acl_finding){ ACL_GRANTED, 0 };
}

static struct acl_finding check(const struct selector *selector, const struct command_info *command,
                                const struct slice *argv, int argc)
{
    struct acl_finding finding = { ACL_GRANTED, 0 };
    const struct channel_spec *channels = &command->row->entitled;
    if (!selector_allows_command(selector, command, argv, argc))
        return (struct acl_finding){ ACL_NO_COMMAND, 0 };
    if (!selector->keys.all && command->first_key != 0) finding = check_keys(selector, command, argv, argc);
    if (finding.denial == ACL_GRANTED && command->row->tags != NULL && !selector->keys.all)
        finding = check_tags(selector, command->row, argv, argc);
    if (finding.denial == ACL_GRANTED && channels->first != 0 && !selector->channels.all)
        finding = check_channels(selector, channels, argv, argc);
    return finding;
}

static bool came_further(struct acl_finding a, struct acl_finding b)
{
    return a.denial > b.denial || (a.denial == b.denial && a.arg > b.arg);
}

/* Of most commands there is one key, in its place. */
bool acl_grants(const struct user *user, const struct command_info *command, const struct slice *argv,
                int argc)
{
    const struct selector *root = &user->selectors[0];
    const struct command *row = command->row;
    if (!selector_lists(root, command->id) || (row->entitled.first != 0 && !root->channels.all)) return false;
    if (root->keys.all) return true;
    if (row->tags != NULL) return false;
    if (command->first_key == 0) return true;
    if (!command->one_key || command->first_key >= argc) return false;
    return acl_patterns_match(&root->keys, argv[command->first_key], rights_for(&row->keys[0], argv, argc));
}

struct acl_finding acl_check(const struct user *user, const struct command_info *command,
                             const struct slice *argv, int argc)
{
    struct acl_finding furthest = { ACL_NO_COMMAND, 0 };
    for (size_t i = 0; i < user->selector_count; i++) {
        struct acl_finding finding = check(&user->selectors[i], command, argv, argc);
        if (finding.denial == ACL_GRANTED) return finding;
        if (came_further(finding, furthest)) furthest = finding;
    }
    return furthest;
}

static struct acl_finding check_foreign(const struct selector *selector, const struct acl_foreign *foreign,
                                        const struct slice *argv, int argc)
{
    if (!selector->all_commands) return (struct acl_finding){ ACL_NO_COMMAND, 0 };
    if (selector->keys.all) return (struct acl_finding){ ACL_GRANTED, 0 };
    if (foreign->any_key) return (struct acl_finding){ ACL_NO_KEY, 0 };
    int last = foreign->last_key < 0 ? argc + foreign->last_key : foreign->last_key;
    for (int arg = foreign->first_key; arg > 0 && arg <= last && arg < argc; arg += foreign->step)
        if (!selector_allows_key(selector, argv[arg], RIGHT_ALL))
            return (struct acl_finding){ ACL_NO_KEY, arg };
    return (struct acl_finding){ ACL_GRANTED, 0 };
}

struct acl_finding acl_check_foreign(const struct user *user, const struct acl_foreign *foreign,
                                     const struct slice *argv, int argc)
{
    struct acl_finding furthest = { ACL_NO_COMMAND, 0 };
    for (size_t i = 0; i < user->selector_count; i++) {
        struct acl_finding finding = check_foreign(&user->selectors[i], foreign, argv, argc);
        if (finding.denial == ACL_GRANTED) return finding;
        if (came_further(finding, furthest)) furthest = finding;
    }
    return furthest;
}

static bool allows_call(const struct selector *selector, const struct acl_asked *asked)
{
    return check(selector, asked->command, asked->argv, asked->argc).denial == ACL_GRANTED;
}

bool acl_grants_key(const struct acl_asked *asked, struct slice key, unsigned rights)
{
    for (size_t i = 0; i < asked->user->selector_count; i++) {
        const struct selector *selector = &asked->user->selectors[i];
        if (selector_allows_key(selector, key, rights) && allows_call(selector, asked)) return true;
    }
    return false;
}

bool acl_grants_tag(const struct acl_asked *asked, struct slice tag, unsigned rights)
{
    for (size_t i = 0; i < asked->user->selector_count; i++) {
        const struct selector *selector = &asked->user->selectors[i];
        if (allows_tag(selector, tag, rights) && allows_call(selector, asked)) return true;
    }
    return false;
}

bool acl_grants_every_key(const struct acl_asked *asked, unsigned rights)
{
    for (size_t i = 0; i < asked->user->selector_count; i++) {
        const struct selector *selector = &asked->user->selectors[i];
        if (selector_allows_every_key(selector, rights) && allows_call(selector, asked)) return true;
    }
    return false;
}

bool acl_hears(const struct user *user, struct slice channel, bool is_pattern)
{
    for (size_t i = 0; i < user->selector_count; i++)
        if (selector_allows_channel(&user->selectors[i], channel, is_pattern)) return true;
    return false;
}

bool acl_hears_any(const struct user *user)
{
    for (size_t i = 0; i < user->selector_count; i++)
        if (user->selectors[i].channels.all || user->selectors[i].channels.len > 0) return true;
    return false;
}
