#include <criterion/criterion.h>
#include <sys/mman.h>

#include "server/script/language/code.h"
#include "tests/support/two_luas.h"

/* CVE-2025-46819: signs in a bracket are counted in an int, and there are more of them. */
Test(code, of_more_than_a_gigabyte_is_not_looked_at)
{
    struct two_luas luas;
    size_t len = ((size_t)1 << 30) + 1;
    char *text = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cr_assert(text != MAP_FAILED);
    two_luas_open(&luas);
    cr_assert_neq(code_load(luas.ours, slice_of(text, len), "=name"), 0);
    cr_assert_str_eq(lua_tostring(luas.ours, -1), "script is too long");
    two_luas_close(&luas);
    munmap(text, len);
}
