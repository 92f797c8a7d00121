#ifndef GV_ACCOUNT_H
#define GV_ACCOUNT_H
/*
 * Reads the lines "user:password" that chpasswd(8) is given: as a list of
 * cloud-init's "chpasswd:", in a here-document, by a pipe.
 *
 *	r = gv_account_read(text, len, &at, fn, ctx);
 */

#include <stddef.h>

struct gv_account {
	size_t name, name_len; /* the user's */
	size_t value, value_len;
};

typedef int (*gv_account_fn)(void *ctx, const struct gv_account *account);

/* Call `fn` for each account of the "chpasswd" that stands at `*at`, which is
 * moved behind what was read; hashes and what a shell puts in are left out. 0,
 * or what `fn` returned. */
int gv_account_read(
    const char *text, size_t len, size_t *at, gv_account_fn fn, void *ctx);

#endif
