/*
 * errors_script.h - the error texts of scripts and functions, as in errors.h. Threads: any.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_SCRIPT_H
#define SERVER_EXEC_ERRORS_ERRORS_SCRIPT_H

#define ERR_NO_SCRIPT          "NOSCRIPT No matching script. Please use EVAL."
#define ERR_SCRIPT_UNSHOWN     "NOSCRIPT No matching script."
#define ERR_SCRIPT_COMPILE_FMT "ERR Error compiling script (new function): %s"
#define ERR_SCRIPT_NUMKEYS     "ERR Number of keys can't be negative"
#define ERR_SCRIPT_FLUSH       "ERR SCRIPT FLUSH only support SYNC|ASYNC option"
#define ERR_SCRIPT_DEBUG       "ERR Use SCRIPT DEBUG YES/SYNC/NO"
#define ERR_SCRIPT_NO_DEBUGGER "ERR This server has no debugger for scripts"
#define ERR_SCRIPT_UNKILLABLE                                                                                \
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait "  \
    "the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
#define ERR_SCRIPT_NOT_BUSY  "NOTBUSY No scripts in execution right now."
#define ERR_SCRIPT_READ_ONLY "ERR Can not execute a script with write flag using *_ro command."
#define ERR_SCRIPT_OOM                                                                                       \
    "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
#define ERR_SCRIPT_FAILED_FMT "ERR Error running script %s, %.100s"

#define ERR_SCRIPT_BLOCK_FMT   "ERR %.*s command is not allowed with BLOCK option from scripts"
#define ERR_SHEBANG            "ERR Invalid script shebang"
#define ERR_SHEBANG_ENGINE_FMT "ERR Unexpected engine in script shebang: %.*s"
#define ERR_SHEBANG_OPTION_FMT "ERR Unknown lua shebang option: %.*s"
#define ERR_SHEBANG_FLAG_FMT   "ERR Unexpected flag in script shebang: %.*s"

/* What a script's commands are refused with, without their code. */
#define COMPLAINT_UNKNOWN       "Unknown Redis command called from script"
#define COMPLAINT_ARITY         "Wrong number of args calling Redis command from script"
#define COMPLAINT_FORBIDDEN     "This Redis command is not allowed from script"
#define COMPLAINT_COMMAND_RIGHT "The user executing the script can't run this command or subcommand"
#define COMPLAINT_KEY_RIGHT                                                                                  \
    "The user executing the script can't access at least one of the keys mentioned in the command arguments"
#define COMPLAINT_CHANNEL_RIGHT                                                                              \
    "The user executing the script can't publish to the channel mentioned in the command"
#define COMPLAINT_WRITES    "Write commands are not allowed from read-only scripts."
#define COMPLAINT_ARGUMENTS "Lua redis lib command arguments must be strings or integers"
#define COMPLAINT_KILLED    "Script killed by user with SCRIPT KILL..."
#define COMPLAINT_NOTHING   "Please specify at least one argument for this redis lib call"

#endif
