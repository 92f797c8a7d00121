#ifndef GV_CHECK_H
#define GV_CHECK_H
/*
 * What proves a secret without asking anybody: the checksums that vendors put
 * into their tokens, and the structure of what is encoded. A check that fails
 * proves nothing: most published examples of tokens fail theirs.
 *
 *	if (gv_check("crc32-base62", token, len) == GV_CHECK_RIGHT) …
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_check {
	GV_CHECK_NONE, /* there is no such check, or nothing to be checked */
	GV_CHECK_RIGHT,
	GV_CHECK_WRONG,
};

/* Whether it has a checksum, which chance does not get right; what is only
 * structure may be. */
bool gv_check_is_sum(const char *validator);

/* Whether there is such a validator: a rule that names another would never be
 * proved. */
bool gv_check_is_known(const char *validator);

/* Check a secret by the validator of its rule (share/git-vault/rules/README
 * lists them). */
enum gv_check gv_check(const char *validator, const char *p, size_t len);

/* Write the checksum that `validator` expects behind the `len` bytes that
 * stand before it in a token: how many characters, 0 where it has none. For
 * examples and tests. */
size_t
gv_check_sum(char out[16], const char *validator, const char *p, size_t len);

#endif
