/*
 * contract.h - promises that are checked in every build.
 *
 * REQUIRE states what a caller owes, INVARIANT what a module has promised itself. Both stay on in release: a
 * cache that has lost track of its own memory must stop before it hands out somebody else's. A broken one
 * prints where and what to standard error and aborts; the crash report follows from the signal.
 *
 * What a peer or the world does wrong is not for these: that is an error reply or a result.
 */
#ifndef PROTO_BASE_CONTRACT_H
#define PROTO_BASE_CONTRACT_H

#define REQUIRE(condition)                                                                                   \
    (__builtin_expect(!(condition), 0) ? contract_broken("REQUIRE", #condition, __FILE__, __LINE__) : (void)0)

#define INVARIANT(condition)                                                                                 \
    (__builtin_expect(!(condition), 0) ? contract_broken("INVARIANT", #condition, __FILE__, __LINE__)        \
                                       : (void)0)

_Noreturn void contract_broken(const char *kind, const char *condition, const char *file, int line);

#endif
