#include "proto/http/fields/http_date.h"

#include <string.h>

static const char days[] = "ThuFriSatSunMonTueWed"; /* from the first day of 1970 on */
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct day {
    int year, month, day; /* of the month, both from 1 */
};

/* By eras of 400 years that begin in March, so that a leap day is the last of its year. */
static struct day day_of(int64_t days_since_1970)
{
    int64_t shifted = days_since_1970 + 719468;
    int64_t era = shifted / 146097;
    int64_t of_era = shifted % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t march_month = (5 * of_year + 2) / 153;
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    return (struct day){ .year = (int)(year + era * 400 + (month <= 2)),
                         .month = month,
                         .day = (int)(of_year - (153 * march_month + 2) / 5 + 1) };
}

static char *put_digits(char *at, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10) at[i] = (char)('0' + number % 10);
    return at + digits;
}

static char *put_text(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

void http_date_format(char text[HTTP_DATE_LEN], int64_t unix_s)
{
    int64_t days_since_1970 = unix_s / 86400;
    int of_day = (int)(unix_s % 86400);
    struct day day = day_of(days_since_1970);
    char *at = put_text(text, days + days_since_1970 % 7 * 3, 3);
    at = put_text(at, ", ", 2);
    at = put_digits(at, day.day, 2);
    *at++ = ' ';
    at = put_text(at, months + (day.month - 1) * 3, 3);
    *at++ = ' ';
    at = put_digits(at, day.year, 4);
    *at++ = ' ';
    at = put_digits(at, of_day / 3600, 2);
    *at++ = ':';
    at = put_digits(at, of_day / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, of_day % 60, 2);
    put_text(at, " GMT", 4);
}
