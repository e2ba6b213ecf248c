/*
 * errors_acl.h - the error texts about users and what they may do.
 *
 * As in errors.h: Redis's, byte for byte. Threads: any, they are constants.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_ACL_H
#define SERVER_EXEC_ERRORS_ERRORS_ACL_H

#define ERR_NO_COMMAND_PERMISSION_FMT "NOPERM this user has no permissions to run the '%s' command"
#define ERR_NO_KEY_PERMISSION                                                                                \
    "NOPERM this user has no permissions to access one of the keys used as arguments"
#define ERR_NO_CHANNEL_PERMISSION                                                                            \
    "NOPERM this user has no permissions to access one of the channels used as arguments"
#define ERR_RULES_CHANGED_FMT                                                                                \
    "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This "  \
    "command is no longer allowed for the following reason: %s"
#define ERR_SORT_DENIED_FMT "ERR %s option of SORT denied due to insufficient ACL permissions."
#define ERR_ACL_RULE_FMT    "ERR Error in ACL SETUSER modifier '%.*s': %s"
#define ERR_ACL_OPEN_FMT    "ERR Unmatched parenthesis in acl selector starting at '%.*s'."
#define ERR_ACL_NAME        "ERR Usernames can't contain spaces or null characters"
#define ERR_ACL_DEFAULT     "ERR The 'default' user cannot be removed"
#define ERR_ACL_GENPASS                                                                                      \
    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to "  \
    "4096"
#define ERR_ACL_NO_FILE                                                                                      \
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the "   \
    "ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file "     \
    "set) in order to store users in the Redis configuration."
#define ERR_ACL_SAVE                                                                                         \
    "ERR There was an error trying to save the ACLs. Please check the server logs for more information"
#define ERR_ACL_CATEGORY_FMT   "ERR Unknown category '%.*s'"
#define ERR_ACL_NO_USER_FMT    "ERR User '%.*s' not found"
#define ERR_ACL_NO_COMMAND_FMT "ERR Command '%.*s' not found"

#endif
