#include "server/exec/acl/acl_check.h"

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

static struct acl_finding check(const struct selector *selector, const struct command_info *command,
                                const struct slice *argv, int argc)
{
    struct acl_finding finding = { ACL_GRANTED, 0 };
    const struct channel_spec *channels = &command->row->entitled;
    if (!selector_allows_command(selector, command, argv, argc))
        return (struct acl_finding){ ACL_NO_COMMAND, 0 };
    if (!selector->keys.all && command->first_key != 0) finding = check_keys(selector, command, argv, argc);
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
    if (root->keys.all || command->first_key == 0) return true;
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

static bool allows_command(const struct selector *selector, const struct acl_asked *asked)
{
    return selector_allows_command(selector, asked->command, asked->argv, asked->argc);
}

bool acl_grants_key(const struct acl_asked *asked, struct slice key, unsigned rights)
{
    for (size_t i = 0; i < asked->user->selector_count; i++) {
        const struct selector *selector = &asked->user->selectors[i];
        if (allows_command(selector, asked) && selector_allows_key(selector, key, rights)) return true;
    }
    return false;
}

bool acl_grants_every_key(const struct acl_asked *asked, unsigned rights)
{
    for (size_t i = 0; i < asked->user->selector_count; i++) {
        const struct selector *selector = &asked->user->selectors[i];
        if (allows_command(selector, asked) && selector_allows_every_key(selector, rights)) return true;
    }
    return false;
}

bool acl_hears(const struct user *user, struct slice channel, bool is_pattern)
{
    for (size_t i = 0; i < user->selector_count; i++)
        if (selector_allows_channel(&user->selectors[i], channel, is_pattern)) return true;
    return false;
}
