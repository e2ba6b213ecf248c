#include "server/auth/password.h"

#include "server/config/settings.h"

bool password_is_unset(struct settings *settings)
{
    return settings_text_is_empty(settings, TEXT_REQUIREPASS);
}

bool password_admits(struct settings *settings, struct slice user, struct slice password)
{
    bool right = password_is_unset(settings) || settings_text_equals(settings, TEXT_REQUIREPASS, password);
    return right && slice_equal(user, SLICE("default"));
}
