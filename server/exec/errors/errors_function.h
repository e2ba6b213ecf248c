/*
 * errors_function.h - the error texts of functions and their libraries, Redis's byte for byte, as those of
 * errors.h.
 *
 * What is wrong with a library is said without a code: it is ERR. Threads: any, they are constants.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_FUNCTION_H
#define SERVER_EXEC_ERRORS_ERRORS_FUNCTION_H

#define ERR_NO_FUNCTION         "ERR Function not found"
#define ERR_FUNCTION_NUMKEYS    "ERR Bad number of keys provided"
#define ERR_NO_LIBRARY          "ERR Library not found"
#define ERR_NO_LIBRARY_NAME     "ERR library name argument was not given"
#define ERR_FUNCTION_FLUSH      "ERR FUNCTION FLUSH only supports SYNC|ASYNC option"
#define ERR_NO_LIBRARY_TEXT     "ERR Function code is missing"
#define ERR_LOAD_OPTION_FMT     "ERR Unknown option given: %.*s"
#define ERR_LIST_ARGUMENT_FMT   "ERR Unknown argument %.*s"
#define ERR_RESTORE_POLICY      "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."
#define ERR_LIBRARY_PRESENT_FMT "Library %s already exists"

#define ERR_LIBRARY_NO_METADATA "Missing library metadata"
#define ERR_LIBRARY_METADATA    "Invalid library metadata"
#define ERR_LIBRARY_UNNAMED     "Library name was not given"
#define ERR_LIBRARY_OPTION_FMT  "Invalid metadata value given: %.*s"
#define ERR_LIBRARY_NAMED_TWICE "Invalid metadata value, name argument was given multiple times"
#define ERR_LIBRARY_NAME                                                                                     \
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character " \
    "long"
#define ERR_LIBRARY_ENGINE_FMT  "Engine '%.*s' not found"
#define ERR_LIBRARY_KNOWN_FMT   "Library '%s' already exists"
#define ERR_LIBRARY_COMPILE_FMT "Error compiling function: %s"
#define ERR_LIBRARY_FAILED_FMT  "Error registering functions: %s%s"
#define ERR_LIBRARY_EMPTY       "No functions registered"
#define ERR_FUNCTION_KNOWN_FMT  "Function %s already exists"
#define ERR_PAYLOAD_NO_LIBRARY  "Failed loading library payload"
#define ERR_PAYLOAD_FOREIGN     "given type is not a function"
#define ERR_PAYLOAD_EARLY       "Failed loading library name"

/* What redis.register_function() raises, without its code. */
#define COMPLAINT_NOT_LOADING    "redis.register_function can only be called on FUNCTION LOAD command"
#define COMPLAINT_LOAD_TIMEOUT   "FUNCTION LOAD timeout"
#define COMPLAINT_REGISTER_COUNT "wrong number of arguments to redis.register_function"
#define COMPLAINT_NO_TABLE                                                                                   \
    "calling redis.register_function with a single argument is only applicable to Lua table (representing "  \
    "named arguments)."
#define COMPLAINT_FIRST            "first argument to redis.register_function must be a string"
#define COMPLAINT_SECOND           "second argument to redis.register_function must be a function"
#define COMPLAINT_OPTION_TYPE      "named argument key given to redis.register_function is not a string"
#define COMPLAINT_OPTION           "unknown argument given to redis.register_function"
#define COMPLAINT_NAME_TYPE        "function_name argument given to redis.register_function must be a string"
#define COMPLAINT_DESCRIPTION_TYPE "description argument given to redis.register_function must be a string"
#define COMPLAINT_CALLBACK_TYPE    "callback argument given to redis.register_function must be a function"
#define COMPLAINT_FLAGS_TYPE                                                                                 \
    "flags argument to redis.register_function must be a table representing function flags"
#define COMPLAINT_FLAG        "unknown flag given"
#define COMPLAINT_NO_NAME     "redis.register_function must get a function name argument"
#define COMPLAINT_NO_CALLBACK "redis.register_function must get a callback argument"
#define COMPLAINT_KNOWN       "Function already exists in the library"

#endif
