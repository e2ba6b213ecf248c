#include "server/script/libraries/character_class.h"

#include <ctype.h>

bool character_class_has(int letter, int character)
{
    bool has;
    switch (tolower(letter)) {
    case 'a': has = isalpha(character); break;
    case 'c': has = iscntrl(character); break;
    case 'd': has = isdigit(character); break;
    case 'l': has = islower(character); break;
    case 'p': has = ispunct(character); break;
    case 's': has = isspace(character); break;
    case 'u': has = isupper(character); break;
    case 'w': has = isalnum(character); break;
    case 'x': has = isxdigit(character); break;
    case 'z': has = character == 0; break;
    default: return letter == character;
    }
    return has != (isupper(letter) != 0);
}

/* A dash between two characters is a range, whatever the first is but `%`; one before the bracket is a dash.
 */
bool character_set_has(const char *set, const char *last, int character)
{
    const unsigned char *at = (const unsigned char *)set + 1, *end = (const unsigned char *)last;
    bool among = *at != '^';
    if (!among) at++;
    while (at < end) {
        if (*at == '%') {
            if (character_class_has(at[1], character)) return among;
            at += 2;
        } else if (at[1] == '-' && at + 2 < end) {
            if (at[0] <= character && character <= at[2]) return among;
            at += 3;
        } else {
            if (*at == character) return among;
            at++;
        }
    }
    return !among;
}
